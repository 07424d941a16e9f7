"""The servers that are compared, each as a process: started, signed for, stopped.

moto_server is there anyway. The others are installed for the benchmarks alone: s3rver (npm) by
package.json beside this file, ministack (PyPI) into an environment of its own, because it wants
one certain version of botocore and would change the one that is tested here.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
BUCKET = "presignedurldemo"
REGION = "eu-west-2"
START_SECONDS = 60
OURS, MOTO = "local S3", "moto_server"
_S3RVER = HERE / "node_modules" / "s3rver" / "bin" / "s3rver.js"
_MINISTACK = Path(".venv-bench", "Scripts" if os.name == "nt" else "bin")
INSTALL = {
    "s3rver": "npm ci --prefix tests/benchmarks",
    "ministack": (
        "python3 -m venv .venv-bench && "
        f"{(_MINISTACK / 'pip').as_posix()} install ministack==1.5.33"
    ),
}
NAMES = (OURS, MOTO, *INSTALL)


def installed() -> list[str]:
    """The servers that can be started here; says how to get the others."""
    found = [OURS, MOTO]
    if _S3RVER.exists() and shutil.which("node"):
        found.append("s3rver")
    if _ministack():
        found.append("ministack")
    for name in INSTALL:
        if name not in found:
            print(f"without {name}: {INSTALL[name]}", file=sys.stderr)
    return found


def _ministack() -> str | None:
    return shutil.which("ministack", path=str(PROJECT / _MINISTACK)) or shutil.which("ministack")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Peer:
    """A server process, and the way to sign for it.

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
            self.s3 = boto3.client(
                "s3",
                region_name=REGION,
                endpoint_url=self.endpoint,
                aws_access_key_id=self.keys[0],
                aws_secret_access_key=self.keys[1],
                config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
            )
            self._await_port(begun)
            if name in (MOTO, "ministack"):
                where = {"LocationConstraint": REGION}
                self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
            self.s3.put_object(Bucket=BUCKET, Key="k", Body=b"x" * 1024)
        except BaseException:
            self.stop()
            raise
        self.first_put = time.perf_counter() - begun
        self.idle = self.memory

    def _start(self) -> subprocess.Popen[str]:
        variables = dict(os.environ)
        self._port = _free_port()
        if self.name == OURS:
            command = [sys.executable, "-m", "helpers", "serve", "--json"]
        elif self.name == MOTO:
            command = [sys.executable, "-m", "moto.server", "-p", str(self._port)]
        elif self.name == "s3rver":
            command = ["node", str(_S3RVER), "-d", self._folder.name, "-a", "127.0.0.1"]
            command += ["-p", str(self._port), "--configure-bucket", BUCKET]
            self.keys = ("S3RVER", "S3RVER")
        else:
            command = [_ministack() or "ministack"]
            # Its signature checks on: otherwise it would do less work than the others.
            variables |= {"GATEWAY_PORT": str(self._port), "AUTH": "true"}
            self.keys = ("test", "test")
        # Logs are written, as they are by a server that somebody uses, but nobody reads them.
        self._log = open(Path(self._folder.name, "log"), "wb")  # noqa: SIM115
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

    def _await_port(self, begun: float) -> None:
        parts = urlsplit(self.endpoint)
        while True:
            try:
                socket.create_connection((parts.hostname, parts.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.perf_counter() - begun > START_SECONDS:
                    log = Path(self._folder.name, "log").read_text(errors="replace")
                    raise RuntimeError(f"{self.name} did not start: {log[-500:]}") from None
                time.sleep(0.01)

    def url(self, operation: str) -> str:
        return self.s3.generate_presigned_url(operation, {"Bucket": BUCKET, "Key": "k"}, 3600)

    @property
    def memory(self) -> float:
        """MiB in use now."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._log.close()
        self._folder.cleanup()


def table(what: str, found: dict[str, list[float]], *, less_is_better: bool = False) -> None:
    """One line: the median of each server, and ours against moto_server's and the best other's."""
    medians = {name: statistics.median(values) for name, values in found.items()}

    def against(other: float) -> float:
        return other / medians[OURS] if less_is_better else medians[OURS] / other

    others = [value for name, value in medians.items() if name != OURS]
    best = min(others) if less_is_better else max(others)
    figures = "".join(f"{medians[name]:12.2f}" for name in medians)
    print(f"{what:34}{figures}{against(medians[MOTO]):10.2f}{against(best):10.2f}", flush=True)


def heading(names: list[str]) -> None:
    columns = "".join(f"{name:>12}" for name in names)
    print(f"{'':34}{columns}{'x moto':>10}{'x best':>10}", flush=True)
