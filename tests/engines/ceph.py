"""Ceph RGW, a real S3 engine, on this computer: one monitor, one OSD in memory, one gateway.

Everything listens on 127.0.0.1 and lives in one folder; nothing is kept. Debian and Ubuntu:
apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool")
INSTALL = "apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common"
WAIT = 90  # seconds for each step
_CONF = """\
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon}]
auth cluster required = none
auth service required = none
auth client required = none
# Without authentication there is no key to encrypt with, which the gateway would ask for.
ms mon client mode = crc
ms bind ipv6 = false
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = {folder}
pid file = {folder}/$name.pid
admin socket = {folder}/$name.asok
log file = {folder}/$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
paxos propose interval = 0.1
[mon]
mon data = {folder}/mon.$id
[osd]
osd data = {folder}/osd.$id
osd objectstore = memstore
memstore device bytes = 1073741824
osd class load list = *
osd class default list = *
[client.rgw.a]
rgw data = {folder}/rgw
rgw frontends = beast endpoint=127.0.0.1:{rgw}
rgw dns name = localhost
"""


def missing_programs() -> list[str]:
    """The programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class Ceph:
    """A running cluster. `endpoint`, `access_key` and `secret_key` are those of its S3."""

    def __init__(self, folder: Path) -> None:
        """Start it in an empty folder with a short path (Unix sockets live in it)."""
        self._folder = folder
        self._conf = folder / "ceph.conf"
        mon, rgw = _free_port(), _free_port()
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        text = _CONF.format(fsid=fsid, mon=mon, rgw=rgw, folder=folder)
        self._conf.write_text(text)
        for name in ("osd.0", "rgw"):
            (folder / name).mkdir()
        self.endpoint = f"http://127.0.0.1:{rgw}"

        address = f"[v2:127.0.0.1:{mon}]"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, "monmap")
        self._run("ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap")
        self._run("ceph-mon", "-i", "a")
        self._until("the monitor answers", lambda: self._ceph("osd", "dump"))
        self._ceph("osd", "new", osd)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self._run("ceph-osd", "-i", "0")
        self._until(
            "the OSD is up", lambda: '"num_up_osds":1' in self._ceph("osd", "stat", "-f", "json")
        )
        # Ceph makes the keys: given as arguments, everybody on the computer could see them.
        user = ("user", "create", "--uid=main", "--display-name=main")
        made = json.loads(self._run("radosgw-admin", "--name", "client.rgw.a", *user))
        (keys,) = made["keys"]
        self.access_key: str = keys["access_key"]
        self.secret_key: str = keys["secret_key"]
        self._run("radosgw", "-n", "client.rgw.a")
        self._until("the gateway answers", self._answers)

    def stop(self) -> None:
        """End its three daemons."""
        # The gateway first: it waits minutes for an OSD that is gone.
        for name in ("client.rgw.a", "osd.0", "mon.a"):
            file = self._folder / f"{name}.pid"
            if file.exists() and (text := file.read_text().strip()):
                _kill(int(text))

    def _run(self, program: str, *arguments: str) -> str:
        conf = [] if program == "monmaptool" else ["-c", str(self._conf)]
        done = subprocess.run(
            [program, *conf, *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments[:2])}: {done.stderr[-800:]}")
        return done.stdout

    def _ceph(self, *arguments: str) -> str:
        return self._run("ceph", "--name", "client.admin", "--connect-timeout", "5", *arguments)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.endpoint, timeout=2):
                return True
        except urllib.error.HTTPError:
            return True

    def _until(self, what: str, check: Callable[[], object]) -> None:
        end = time.monotonic() + WAIT
        while True:
            try:
                if check():
                    return
            except (RuntimeError, OSError, subprocess.TimeoutExpired):
                pass
            if time.monotonic() > end:
                raise RuntimeError(f"gave up waiting: {what}; its logs are in {self._folder}")
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
