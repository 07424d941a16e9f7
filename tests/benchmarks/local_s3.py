"""The local S3 beside moto_server, in one run: python3 -m tests.benchmarks.local_s3

Rounds of the two are interleaved, figures are medians, and the ratios are what counts: absolute
numbers depend on the computer. The client is a small HTTP client of its own (keep-alive sockets,
responses read to their end), so that it does not limit the servers.
"""

from __future__ import annotations

import json
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from urllib.parse import urlsplit

import boto3
import psutil
from botocore.config import Config

from helpers.rules import query_auth
from helpers.rules.authentication import Endpoint
from helpers.rules.decision import Decision
from helpers.rules.identity import Credential, Identity
from helpers.rules.request import Request

ROUNDS = 5
SECONDS = 3
BODY = b"x" * 1024
BUCKET = "presignedurldemo"


class Peer:
    """A server process and the way to sign for it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = time.perf_counter()
        if name == "local S3":
            command = [sys.executable, "-m", "helpers", "serve", "--json"]
        else:
            command = [sys.executable, "-m", "moto.server", "-p", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                ready = json.loads(line)
                self.endpoint = ready["endpoint"]
                self.keys = (ready["access_key"], ready["secret_key"])
                break
            if found := re.search(r"Running on (http://127.0.0.1:\d+)", line):
                self.endpoint, self.keys = found[1], ("AKIDEXAMPLE", "secret")
                break
        # Its log has to go somewhere, or the pipe fills up.
        self.reader = subprocess.Popen(
            [sys.executable, "-c", "import sys\nfor _ in sys.stdin.buffer: pass"],
            stdin=self.process.stdout,
        )
        self.s3 = boto3.client(
            "s3",
            region_name="eu-west-2",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.keys[0],
            aws_secret_access_key=self.keys[1],
            config=Config(signature_version="s3v4"),
        )
        if name != "local S3":
            where = {"LocationConstraint": "eu-west-2"}
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        self.s3.put_object(Bucket=BUCKET, Key="k", Body=BODY)
        self.first_put = time.perf_counter() - self.started

    def url(self, operation: str) -> str:
        return self.s3.generate_presigned_url(operation, {"Bucket": BUCKET, "Key": "k"}, 3600)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.kill()
        self.reader.wait()


def _requests(method: str, url: str, seconds: float) -> int:
    """Requests answered 200 on one connection in `seconds`."""
    parts = urlsplit(url)
    head = f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    body = BODY if method == "PUT" else b""
    message = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    address = (parts.hostname, parts.port)
    wire = socket.create_connection(address)
    done, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        wire.sendall(message)
        data = b""
        while b"\r\n\r\n" not in data:
            piece = wire.recv(65536)
            if not piece:
                raise RuntimeError(f"connection closed after {data[:100]!r}")
            data += piece
        top, _, rest = data.partition(b"\r\n\r\n")
        if not top.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(top.decode())
        length = re.search(rb"content-length: *(\d+)", top, re.I)
        while length and len(rest) < int(length[1]):
            rest += wire.recv(65536)
        done += 1
        if b"connection: close" in top.lower():
            wire.close()
            wire = socket.create_connection(address)
    wire.close()
    return done


def rate(method: str, url: str, clients: int) -> float:
    """Requests per second with that many clients, each a process of its own."""
    with get_context("spawn").Pool(clients) as pool:
        counts = pool.starmap(_requests, [(method, url, SECONDS)] * clients)
    return sum(counts) / SECONDS


def checks_cost() -> float:
    """Microseconds for all checks of one presigned GET, signature included."""
    key, secret, now = "AKIAIOSFODNN7EXAMPLE", "secret", datetime.now(UTC)
    s3 = boto3.client(
        "s3",
        region_name="eu-west-2",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(signature_version="s3v4"),
    )
    url = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "k"}, 3600)
    lookup = {key: Credential(key, secret, Identity("root"))}.get

    def once() -> None:
        request = Request.build("GET", url)
        decision = Decision("GET", request.path)
        endpoint = Endpoint("eu-west-2")
        query_auth.authenticate(request, decision, now=now, endpoint=endpoint, lookup=lookup)

    return median_of(lambda: _time(once, 2000))


def _time(work: Callable[[], None], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def median_of(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(ROUNDS))


def main() -> None:
    names = ("local S3", "moto_server")
    starts: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            peer = Peer(name)
            starts[name].append(peer.first_put)
            peer.stop()
    report("start to first PUT, s", starts, less_is_better=True)
    peers = [Peer(name) for name in names]
    try:
        for method, operation in (("GET", "get_object"), ("PUT", "put_object")):
            for clients in (1, 8):
                found: dict[str, list[float]] = {name: [] for name in names}
                for _ in range(ROUNDS):
                    for peer in peers:
                        found[peer.name].append(rate(method, peer.url(operation), clients))
                report(f"1 KiB {method}, {clients} client(s), requests/s", found)
        memory = {p.name: [psutil.Process(p.process.pid).memory_info().rss / 2**20] for p in peers}
        report("memory afterwards, MiB", memory, less_is_better=True)
    finally:
        for peer in peers:
            peer.stop()
    print(f"all checks of a presigned GET: {checks_cost():.0f} µs")


def report(what: str, found: dict[str, list[float]], less_is_better: bool = False) -> None:
    ours, theirs = (statistics.median(values) for values in found.values())
    ratio = theirs / ours if less_is_better else ours / theirs
    figures = f"local S3 {ours:9.2f}   moto_server {theirs:9.2f}   {ratio:5.2f} times"
    print(f"{what:40} {figures}", flush=True)


if __name__ == "__main__":
    main()
