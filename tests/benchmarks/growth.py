"""Does a request cost more when more is stored? Part of python3 -m tests.benchmarks

Objects, buckets and users are added in steps. After each: the time of one request of each kind
(median of nine), and the server's memory. A column that grows with the steps is a finding.
"""

from __future__ import annotations

import socket
import statistics
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import boto3
from botocore.config import Config

from tests.own_process import OwnProcess, exchange

_TIMES = 9
_STEPS = 3  # each ten times as large as the one before
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
)


def main(objects: int = 100_000, buckets: int = 1_000, users: int = 5_000) -> None:
    """Tables of sizes and times."""
    with OwnProcess() as server, server.wire() as wire:
        _objects(server, wire, _steps(objects))
    with OwnProcess() as server:
        _buckets(server, _steps(buckets))
    with OwnProcess() as server:
        _users(server, _steps(users))


def _steps(largest: int) -> list[int]:
    return [max(largest // 10**n, 1) for n in reversed(range(_STEPS))]


def _objects(server: OwnProcess, wire: socket.socket, steps: list[int]) -> None:
    requests: dict[str, tuple[str, str, dict[str, str]]] = {
        "PUT": ("PUT", f"{0:07}", {}),
        "GET": ("GET", f"{0:07}", {}),
        "GET, missing": ("GET", "missing", {}),
        "list 10": ("GET", "", {"list-type": "2", "max-keys": "10"}),
        "list 1,000": ("GET", "", {"list-type": "2"}),
        "last page": ("GET", "", {"list-type": "2"}),
        "by folder": ("GET", "", {"list-type": "2", "delimiter": "0", "max-keys": "10"}),
        "versions": ("GET", "", {"versions": "", "max-keys": "10"}),
    }
    _heading("objects", "KiB each", *requests)
    before, made = server.status.memory_info().rss, 0
    for count in steps:
        for number in range(made, count):
            assert exchange(wire, server.request("PUT", f"{number:07}", 1), b"x")[0] == 200
        made, memory, times = count, server.status.memory_info().rss, []
        for name, (method, key, query) in requests.items():
            if name == "last page":
                query = query | {"start-after": f"{count - 11:07}"}
            body = b"x" if method == "PUT" else b""
            head = server.request(method, key, len(body), **query)
            times.append(_median(lambda h=head, b=body: exchange(wire, h, b)))
        _row(count, memory, (memory - before) / 1024 / count, *times)
    began = time.perf_counter()
    pages = _all_pages(server, wire, 10_000)
    taken = time.perf_counter() - began
    print(f"10,000 objects at most, listed in {pages} pages: {taken:.2f} s", flush=True)


def _all_pages(server: OwnProcess, wire: socket.socket, most: int) -> int:
    pages, query = 0, {"list-type": "2"}
    while pages * 1000 < most:
        found = ElementTree.fromstring(exchange(wire, server.request("GET", "", **query))[1])
        pages += 1
        token = found.findtext(f"{_NAMESPACE}NextContinuationToken")
        if token is None:
            break
        query["continuation-token"] = token
    return pages


def _buckets(server: OwnProcess, steps: list[int]) -> None:
    s3 = server.client()
    where = {"LocationConstraint": server.ready["region"]}
    s3.put_object(Bucket=server.bucket, Key="k", Body=b"x")
    requests: dict[str, Callable[[], Any]] = {
        "GetObject": lambda: s3.get_object(Bucket=server.bucket, Key="k")["Body"].read(),
        "its tagging": lambda: s3.put_bucket_tagging(Bucket="bucket-0", Tagging={"TagSet": []}),
        "list 100": lambda: s3.list_buckets(MaxBuckets=100),
    }

    def add(number: int) -> None:
        s3.create_bucket(Bucket=f"bucket-{number}", CreateBucketConfiguration=where)

    _table("buckets", server, steps, add, requests)


def _users(server: OwnProcess, steps: list[int]) -> None:
    s3 = server.client()
    iam = boto3.client(
        "iam",
        region_name=server.ready["region"],
        endpoint_url=server.endpoint,
        aws_access_key_id=server.ready["access_key"],
        aws_secret_access_key=server.ready["secret_key"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    s3.put_object(Bucket=server.bucket, Key="k", Body=b"x")
    policy = {"UserName": "u0", "PolicyName": "p", "PolicyDocument": _POLICY}
    requests: dict[str, Callable[[], Any]] = {
        "GetObject": lambda: s3.get_object(Bucket=server.bucket, Key="k")["Body"].read(),
        "its policy": lambda: iam.put_user_policy(**policy),
        "list 100": lambda: iam.list_users(MaxItems=100),
    }

    def add(number: int) -> None:
        iam.create_user(UserName=f"u{number}")
        iam.create_access_key(UserName=f"u{number}")

    _table("users", server, steps, add, requests)


def _table(
    what: str,
    server: OwnProcess,
    steps: list[int],
    add: Callable[[int], None],
    requests: dict[str, Callable[[], Any]],
) -> None:
    _heading(what, "KiB each", *requests)
    add(0)
    for ask in requests.values():  # the first of a kind has something imported
        ask()
    before, made = server.status.memory_info().rss, 1
    for count in steps:
        for number in range(made, count):
            add(number)
        made, memory = count, server.status.memory_info().rss
        each = (memory - before) / 1024 / count
        _row(count, memory, each, *(_median(ask) for ask in requests.values()))


def _heading(what: str, *columns: str) -> None:
    print(f"\n| {what:>8} | {'MiB':>5} |" + "".join(f" {name:>12} |" for name in columns))
    print(f"|{'-' * 9}:|{'-' * 6}:|" + f"{'-' * 13}:|" * len(columns))


def _row(count: int, memory: int, *figures: float) -> None:
    """Milliseconds, but for the first of the figures."""
    cells = "".join(f" {figure:12.2f} |" for figure in figures)
    print(f"| {count:8,} | {memory / 2**20:5.0f} |{cells}", flush=True)


def _median(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
