"""Many clients that hold the server up, beside one that behaves: that one must not notice."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import sys
import time
from collections.abc import Iterator

import pytest

from tests.own_process import OwnProcess, exchange
from tests.strict_s3.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="select() ends at 512 sockets")
REQUESTS = 100  # of the client that behaves
MEDIAN, WORST = 0.1, 1.0  # seconds
TRIES = 3  # computers that are shared stall now and then
STORED = b"x" * 8 * 2**20


@pytest.fixture(scope="module")
def server() -> Iterator[OwnProcess]:
    _allow_sockets(3000)
    with OwnProcess() as made, made.wire() as wire:
        head = made.request("PUT", "large", len(STORED))
        assert exchange(wire, head, STORED)[0] == 200
        yield made


def _allow_sockets(count: int) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


@contextlib.contextmanager
def crowd(server: OwnProcess, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """That many connections on which `sent` has been sent, and nothing is read."""
    with contextlib.ExitStack() as stack:
        wires = []
        for _ in range(count):
            wires.append(stack.enter_context(server.wire()))
            wires[-1].sendall(sent)
        yield wires


def times(server: OwnProcess) -> list[float]:
    """Seconds that each request of a client took that reads and writes by turns."""
    body = os.urandom(1024)
    put, get = server.request("PUT", "small", len(body)), server.request("GET", "small")
    taken = []
    with server.wire() as wire:
        for n in range(REQUESTS):
            began = time.perf_counter()
            status, content = exchange(wire, get) if n % 2 else exchange(wire, put, body)
            taken.append(time.perf_counter() - began)
            assert (status, content) == (200, body if n % 2 else b"")
    return taken


CROWDS = {
    "1,000 half-sent heads": (1000, lambda s: b"GET /x HTTP/1.1\r\nHost: h\r\nA: "),
    "200 stalled uploads": (200, lambda s: s.request("PUT", "stalled", 10**6) + b"abc"),
    "200 stalled small uploads": (200, lambda s: s.request("PUT", "stalled", 1000) + b"abc"),
    "200 that wait to be asked": (
        200,
        lambda s: s.request("PUT", "stalled", 1000)[:-2] + b"Expect: 100-continue\r\n\r\n",
    ),
    "200 readers that stop": (200, lambda s: s.request("GET", "large")),
    "2,000 idle connections": (2000, lambda s: b""),
}


@pytest.mark.parametrize("what", CROWDS)
def test_a_client_that_behaves_does_not_notice_the_crowd(server, what):
    count, sent = CROWDS[what]
    before = server.status.memory_info().rss
    with crowd(server, count, sent(server)):
        assert wait_until(lambda: len(server.status.net_connections()) > count)
        for _ in range(TRIES):
            taken = times(server)
            median, worst = statistics.median(taken), max(taken)
            if median <= MEDIAN and worst <= WORST:
                break
        grown = (server.status.memory_info().rss - before) / 2**20
    print(f"{what}: median {median * 1000:.1f} ms, worst {worst * 1000:.0f} ms, {grown:+.0f} MiB")
    assert (median <= MEDIAN, worst <= WORST) == (True, True), taken
    assert grown < 64
    assert max(times(server)[:1]) <= WORST  # also as soon as the crowd has left
    listed = server.client().list_objects_v2(Bucket=server.bucket)["Contents"]
    assert [item["Key"] for item in listed] == ["large", "small"]  # nothing is half stored


def test_more_connections_than_descriptors():
    with OwnProcess(["prlimit", "--nofile=256:256"]) as server:
        with crowd(server, 400, b""):
            assert max(times(server)) <= WORST
            assert server.status.num_fds() <= 256
        assert max(times(server)) <= WORST
        assert wait_until(lambda: server.status.num_fds() < 20)


def test_stored_parts_and_objects_hold_no_descriptor():
    part = os.urandom(2 * 2**20)
    with OwnProcess(["prlimit", "--nofile=256:256"]) as server, server.wire() as wire:
        s3 = server.client()
        upload = s3.create_multipart_upload(Bucket=server.bucket, Key="m")["UploadId"]
        before = server.status.num_fds()
        for number in range(1, 301):
            query = {"partNumber": str(number), "uploadId": upload}
            assert exchange(wire, server.request("PUT", "m", len(part), **query), part)[0] == 200
        for number in range(2000):
            head = server.request("PUT", f"{number:04}", 150_000)
            assert exchange(wire, head, part[number : number + 150_000])[0] == 200
        assert server.status.num_fds() <= before + 1  # the file that all of them are in
        for number in (0, 1000, 1999):
            got = exchange(wire, server.request("GET", f"{number:04}"))
            assert got == (200, part[number : number + 150_000])
        s3.abort_multipart_upload(Bucket=server.bucket, Key="m", UploadId=upload)
        s3.close()
