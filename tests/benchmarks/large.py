"""1 GiB through the local S3 beside moto_server: part of python3 -m tests.benchmarks

PUT, form POST and GET with presigned requests; throughput and the server's peak memory.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil

from tests.benchmarks.peers import BUCKET, Peer, heading, table

PIECE = b"x" * (1024 * 1024)


class Peak:
    """The highest memory of a process, in MiB, while a block runs."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self.mib = 0.0

    def __enter__(self) -> Peak:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.mib = max(self.mib, self._process.memory_info().rss / 2**20)

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _exchange(method: str, url: str, before: bytes, size: int, after: bytes, kind: str) -> float:
    """Send a body of `size` bytes between two ends, read the whole answer; MiB/s."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    length = len(before) + size + len(after)
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {length}\r\n"
    head += f"Content-Type: {kind}\r\n" if kind else ""
    begun = time.perf_counter()
    with socket.create_connection((parts.hostname, parts.port)) as wire:
        wire.sendall(f"{head}Connection: close\r\n\r\n".encode() + before)
        for piece in _pieces(size):
            wire.sendall(piece)
        wire.sendall(after)
        got, first = 0, b""
        buffer = bytearray(1024 * 1024)
        while count := wire.recv_into(buffer):
            first = first or bytes(buffer[:200])
            got += count
    if not first.startswith((b"HTTP/1.1 20", b"HTTP/1.0 20")):
        raise RuntimeError(first.decode("latin-1"))
    return max(size, got) / 2**20 / (time.perf_counter() - begun)


def _pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // len(PIECE)):
        yield PIECE


def put(peer: Peer, size: int) -> float:
    return _exchange("PUT", peer.url("put_object"), b"", size, b"", "")


def get(peer: Peer, size: int) -> float:
    return _exchange("GET", peer.url("get_object"), b"", 0, b"", "")


def post(peer: Peer, size: int) -> float:
    made = peer.s3.generate_presigned_post(BUCKET, "k", ExpiresIn=600)
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}'
    fields = "".join(part.format(name, f"{value}\r\n") for name, value in made["fields"].items())
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    before = (fields + file).encode()
    return _exchange(
        "POST", made["url"], before, size, b"\r\n--b--\r\n", "multipart/form-data; boundary=b"
    )


def main(names: list[str], rounds: int, mib: int) -> None:
    """A large PUT, GET and POST: MiB per second, and the server's peak memory."""
    size = mib * 2**20
    heading(names)
    for what in (put, get, post):
        rates: dict[str, list[float]] = {name: [] for name in names}
        peaks: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                peer = Peer(name)
                try:
                    if what is get:
                        put(peer, size)
                    with Peak(peer.process.pid) as peak:
                        rates[name].append(what(peer, size))
                    peaks[name].append(peak.mib)
                finally:
                    peer.stop()
        verb = what.__name__.upper()
        table(f"{mib} MiB {verb}, MiB/s", rates)
        highest = {name: [max(values)] for name, values in peaks.items()}
        table(f"{mib} MiB {verb}, peak memory, MiB", highest, less_is_better=True)
