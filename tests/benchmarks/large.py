"""1 GiB through every server: part of python3 -m tests.benchmarks

PUT, GET and form POST with presigned requests; throughput, and the server's highest memory.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.benchmarks.peers import BUCKET, Failed, Peer, running
from tests.benchmarks.report import Report

PIECE = b"x" * (1024 * 1024)
PATIENCE_SECONDS = 120
_LOOK_SECONDS = 0.02


def main(report: Report, mib: int) -> None:
    """One run; each server is started anew for each request."""
    size = mib * 2**20
    for send in (put, get, post):
        what = f"{mib} MiB {send.__name__.upper()}"
        for name in report.servers:
            try:
                with running(name) as peer:
                    if send is get:
                        put(peer, size)
                    with _peak(peer) as peak:
                        rate = send(peer, size)
            except (Failed, OSError) as problem:
                report.failed(f"{name}, {what}", problem)
                continue
            report.add(what, "MiB/s", name, rate)
            report.add(f"{what}, memory", "MiB", name, max(peak), less_is_better=True)


@contextlib.contextmanager
def _peak(peer: Peer) -> Iterator[list[float]]:
    """The server's memory in MiB, from time to time during a block."""
    seen, done = [peer.memory], threading.Event()
    processes = peer.processes()  # once: to look for them takes long

    def watch() -> None:
        while not done.wait(_LOOK_SECONDS):
            seen.append(sum(one.memory_info().rss for one in processes) / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def put(peer: Peer, size: int) -> float:
    return _exchange("PUT", peer.url("put_object"), b"", size, b"", "")


def get(peer: Peer, size: int) -> float:
    return _exchange("GET", peer.url("get_object"), b"", 0, b"", "", expected=size)


def post(peer: Peer, size: int) -> float:
    made = peer.s3.generate_presigned_post(BUCKET, "k", ExpiresIn=600)
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}'
    fields = "".join(part.format(name, f"{value}\r\n") for name, value in made["fields"].items())
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    before = (fields + file).encode()
    return _exchange(
        "POST", made["url"], before, size, b"\r\n--b--\r\n", "multipart/form-data; boundary=b"
    )


def _exchange(
    method: str,
    url: str,
    before: bytes,
    size: int,
    after: bytes,
    content_type: str,
    expected: int = 0,
) -> float:
    """Send a body of `size` bytes between two ends, read the whole answer; MiB/s."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    length = len(before) + size + len(after)
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {length}\r\n"
    head += f"Content-Type: {content_type}\r\n" if content_type else ""
    address = (parts.hostname, parts.port)
    begun = time.perf_counter()
    with socket.create_connection(address, timeout=PATIENCE_SECONDS) as wire:
        wire.sendall(f"{head}Connection: close\r\n\r\n".encode() + before)
        for _ in range(size // len(PIECE)):
            wire.sendall(PIECE)
        wire.sendall(after)
        got, first = 0, b""
        buffer = bytearray(1024 * 1024)
        while count := wire.recv_into(buffer):
            first = first or bytes(buffer[:200])
            got += count
    if not first.startswith((b"HTTP/1.1 20", b"HTTP/1.0 20")) or got < expected:
        raise Failed(first.decode("latin-1") or "no answer")
    return max(size, expected) / 2**20 / (time.perf_counter() - begun)
