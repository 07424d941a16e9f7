"""Small requests to the local S3 and to other servers, in one run: python3 -m tests.benchmarks

Rounds of the servers are interleaved, figures are medians, and the ratios are what counts:
absolute numbers depend on the computer. The client is a small HTTP client of its own (keep-alive
sockets, responses read to their end), so that it does not limit the servers.
"""

from __future__ import annotations

import re
import socket
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from strict_s3.rules import query_auth
from strict_s3.rules.authentication import Endpoint, Verifier
from strict_s3.rules.decision import Decision
from strict_s3.rules.identity import Credential, Identity
from strict_s3.rules.request import Request
from tests.benchmarks.peers import BUCKET, Peer, heading, table

BODY = b"x" * 1024


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


def rate(method: str, url: str, clients: int, seconds: float) -> float:
    """Requests per second with that many clients, each a process of its own."""
    with get_context("spawn").Pool(clients) as pool:
        counts = pool.starmap(_requests, [(method, url, seconds)] * clients)
    return sum(counts) / seconds


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
        query_auth.authenticate(request, decision, Verifier(Endpoint("eu-west-2"), lookup, now))

    return statistics.median(_time(once, 2000) for _ in range(5))


def _time(work: Callable[[], None], times: int) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - begun) / times * 1e6


def main(names: list[str], rounds: int, seconds: float) -> None:
    """Start, memory, and 1 KiB presigned GET and PUT with 1 and 8 clients."""
    heading(names)
    starts: dict[str, list[float]] = {name: [] for name in names}
    idle: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            peer = Peer(name)
            starts[name].append(peer.first_put)
            idle[name].append(peer.idle)
            peer.stop()
    table("start to first PUT, s", starts, less_is_better=True)
    table("memory at rest after it, MiB", idle, less_is_better=True)
    peers = [Peer(name) for name in names]
    try:
        for method, operation in (("GET", "get_object"), ("PUT", "put_object")):
            for clients in (1, 8):
                found: dict[str, list[float]] = {name: [] for name in names}
                for _ in range(rounds):
                    for peer in peers:
                        found[peer.name].append(rate(method, peer.url(operation), clients, seconds))
                table(f"1 KiB {method}, {clients} client(s), per second", found)
        memory = {peer.name: [peer.memory] for peer in peers}
        table("memory after all of these, MiB", memory, less_is_better=True)
    finally:
        for peer in peers:
            peer.stop()
    print(f"all checks of a presigned GET: {checks_cost():.0f} µs")
