"""A strict S3 in a process of its own, and requests to it that no library makes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config

from strict_s3.rules import sigv4

PROJECT = Path(__file__).parent.parent
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class OwnProcess:
    """``strict_s3 serve --json``; `prefix` is a command that starts it (``["prlimit", …]``)."""

    def __init__(
        self,
        prefix: Iterable[str] = (),
        env: dict[str, str] | None = None,
        stderr: int | IO[Any] = subprocess.DEVNULL,
        quiet: bool = True,
    ) -> None:
        command = [*prefix, sys.executable, "-m", "strict_s3", "serve"]
        self.process = subprocess.Popen(
            command + (["--json"] if quiet else []),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=PROJECT,
            env=os.environ | (env or {}),
        )
        assert self.process.stdout is not None
        try:
            self.ready: dict[str, str] = json.loads(self.process.stdout.readline())
        except BaseException:
            self.stop()
            raise
        self.endpoint, self.bucket = self.ready["endpoint"], self.ready["bucket"]
        parts = urlsplit(self.endpoint)
        self.address = (parts.hostname, parts.port)
        self.status = psutil.Process(self.process.pid)

    def client(self) -> Any:
        """A boto3 client with the root key, which tries once."""
        return boto3.client(
            "s3",
            region_name=self.ready["region"],
            endpoint_url=self.endpoint,
            aws_access_key_id=self.ready["access_key"],
            aws_secret_access_key=self.ready["secret_key"],
            config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
        )

    def request(self, method: str, key: str, length: int = 0, **query: str) -> bytes:
        """The head of a presigned request; a body of `length` bytes belongs behind it."""
        url = sigv4.presign(
            method,
            self.endpoint,
            f"{self.address[0]}:{self.address[1]}",
            f"/{self.bucket}/{key}",
            query=list(query.items()),
            access_key=self.ready["access_key"],
            secret_key=self.ready["secret_key"],
            region=self.ready["region"],
            now=datetime.now(UTC),
            expires=3600,
        )
        head = f"{method} {url.removeprefix(self.endpoint)} HTTP/1.1\r\n"
        head += f"Host: {self.address[0]}:{self.address[1]}\r\n"
        return f"{head}Content-Length: {length}\r\n\r\n".encode()

    @contextlib.contextmanager
    def wire(self) -> Iterator[socket.socket]:
        """A connection."""
        with socket.create_connection(self.address, timeout=30) as made:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield made

    def stop(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> OwnProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def exchange(wire: socket.socket, *sent: bytes) -> tuple[int, bytes]:
    """Send a request; status and body of its answer (not for HEAD). OSError if there is none."""
    for data in sent:
        wire.sendall(data)
    got = bytearray()
    while (end := got.find(b"\r\n\r\n")) < 0:
        _receive(wire, got)
    found = _LENGTH.search(got, 0, end)
    whole = end + 4 + (int(found[1]) if found else 0)
    while len(got) < whole:
        _receive(wire, got)
    return int(got[9:12]), bytes(got[end + 4 :])


def _receive(wire: socket.socket, got: bytearray) -> None:
    data = wire.recv(2**18)
    if not data:
        raise ConnectionError(f"the connection ended after {bytes(got[:200])!r}")
    got += data
