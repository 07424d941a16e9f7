"""The cost of a request does not grow with what is stored.

Nothing is timed: the calls that Python makes for a request are counted, and the memory that it
needs meanwhile, with little stored and with fifty times as much. `tests/benchmarks/growth.py` has
times, for far more.
"""

from __future__ import annotations

import io
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from strict_s3.options import Options
from strict_s3.rules import sigv4
from strict_s3.rules.identity import Credential
from strict_s3.rules.request import Request
from strict_s3.server.response import Response
from strict_s3.server.service import Service

FEW, MANY = 100, 4_000
MORE_CALLS, MORE_BYTES = 40, 16 * 1024  # what a search in something sorted may need in addition
HOST = "localhost:9000"


class Small:
    """A service in this process, asked by presigned requests."""

    def __init__(self) -> None:
        self.service = Service(Options(bucket="demo"))
        self.key: Credential = self.service.root

    def ask(self, method: str, path: str, body: bytes = b"", **query: str) -> Response:
        url = sigv4.presign(
            method,
            f"http://{HOST}",
            HOST,
            path,
            access_key=self.key.access_key,
            secret_key=self.key.secret_key,
            region=self.service.options.region,
            now=datetime.now(UTC),
            expires=60,
            query=[(name.replace("_", "-"), value) for name, value in query.items()],
        )
        request = Request.build(method, url, [("content-length", str(len(body)))])
        answer = self.service.handle(request, io.BytesIO(body).read)
        assert answer.status in (200, 204, 404), answer.body
        return answer

    def iam(self, action: str, **params: object) -> bytes:
        return self.service.store.iam.carry_out(action, params, self.service.root.identity, "id")


def cost(work: Callable[[], object]) -> tuple[int, int]:
    """How many calls `work` makes, and how many bytes it needs meanwhile, the second time."""
    work()
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return calls, peak - before


def grows(s3: Small, add: Callable[[int], object], work: Callable[[], object]) -> list[str]:
    """What of `work` costs more when `add` has been called often."""
    for number in range(FEW):
        add(number)
    calls, needed = cost(work)
    for number in range(FEW, MANY):
        add(number)
    more_calls, more_needed = cost(work)
    found = [f"{calls} calls, then {more_calls}"] * (more_calls > calls + MORE_CALLS)
    return found + [f"{needed} bytes, then {more_needed}"] * (more_needed > needed + MORE_BYTES)


OF_OBJECTS: dict[str, Callable[[Small], object]] = {
    "PutObject": lambda s3: s3.ask("PUT", "/demo/000050", b"x"),
    "GetObject": lambda s3: s3.ask("GET", "/demo/000050"),
    "GetObject of nothing": lambda s3: s3.ask("GET", "/demo/nothing"),
    "DeleteObject": lambda s3: s3.ask("DELETE", "/demo/nothing"),
    "a page in the middle": lambda s3: s3.ask(
        "GET", "/demo", list_type="2", start_after="000040", max_keys="50"
    ),
    "folders": lambda s3: s3.ask("GET", "/demo", list_type="2", delimiter="0", max_keys="1"),
    "versions": lambda s3: s3.ask("GET", "/demo", versions="", max_keys="10"),
}


@pytest.mark.parametrize("what", OF_OBJECTS)
def test_with_the_objects_of_a_bucket(what):
    s3 = Small()
    put = s3.service.store.bucket("demo").put
    s3.ask("PUT", "/demo/000000", b"x")
    template = s3.service.store.bucket("demo").object("000000")

    def add(number: int) -> None:
        put(replace(template, key=f"{number:06}"))

    assert grows(s3, add, lambda: OF_OBJECTS[what](s3)) == []


@pytest.mark.parametrize(
    ("what", "work"),
    [
        ("GetObject", lambda s3: s3.ask("GET", "/demo/k")),
        ("ListBuckets", lambda s3: s3.ask("GET", "/", max_buckets="10")),
        ("GetBucketLocation", lambda s3: s3.ask("GET", "/b-5", location="")),
    ],
)
def test_with_the_buckets(what, work):
    s3 = Small()
    assert grows(s3, lambda n: s3.service.store.create_bucket(f"b-{n}"), lambda: work(s3)) == []


@pytest.mark.parametrize(
    ("what", "work"),
    [
        ("GetObject", lambda s3: s3.ask("GET", "/demo/k")),
        ("PutUserPolicy", lambda s3: s3.iam("PutUserPolicy", UserName="u5", **POLICY)),
        ("ListUsers", lambda s3: s3.iam("ListUsers", MaxItems=10)),
        ("GetUser", lambda s3: s3.iam("GetUser", UserName="u5")),
    ],
)
def test_with_the_users(what, work):
    s3 = Small()
    s3.iam("CreateUser", UserName="ann")
    s3.iam("PutUserPolicy", UserName="ann", **POLICY)
    s3.iam("CreateAccessKey", UserName="ann")
    s3.key = next(map(s3.service.store.find_key, s3.service.store.iam._account.keys))
    assert grows(s3, lambda n: s3.iam("CreateUser", UserName=f"u{n}"), lambda: work(s3)) == []


POLICY = {
    "PolicyName": "p",
    "PolicyDocument": '{"Version": "2012-10-17", "Statement": '
    '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}',
}


def test_what_an_object_takes():
    s3, count = Small(), 500
    s3.ask("PUT", "/demo/first", b"x")
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(count):
            s3.ask("PUT", f"/demo/folder/{number:06}", b"x")
        s3.service.gate.decisions.clear()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / count <= 3 * 1024
