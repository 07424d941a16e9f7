"""What the server changes about cheroot is not cheroot's public API: one version is pinned.

Before another version is pinned, each name here must still mean what `strict_s3.server.http` takes
it for; a test that fails says which does not exist any more.
"""

from __future__ import annotations

import io
import socket
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from cheroot.server import (
    HTTPConnection,
    HTTPRequest,
    HTTPServer,
    KnownLengthRFile,
    SizeCheckWrapper,
)

PROJECT = Path(__file__).parents[3]
OVERRIDDEN = (
    (HTTPServer, "process_conn"),
    (HTTPServer, "error_log"),
    (HTTPRequest, "read_request_line"),
    (HTTPRequest, "read_request_headers"),
    (HTTPRequest, "simple_response"),
    (HTTPConnection, "communicate"),
)


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), None, minthreads=1, maxthreads=1)
    made.prepare()
    yield made
    made.stop()


@pytest.fixture
def connection(server) -> Iterator[HTTPConnection]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield HTTPConnection(server, ours)


def test_the_version_is_pinned_exactly():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"cheroot=={version('cheroot')}" in project["dependencies"]


@pytest.mark.parametrize(("owner", "name"), OVERRIDDEN)
def test_what_is_overridden_is_still_called_so(owner, name):
    assert callable(getattr(owner, name))


@pytest.mark.parametrize(
    "name", ["_connections.put", "requests._queue.empty", "requests._spawn_worker"]
)
def test_what_the_server_uses_of_its_threads(server, name):
    found = server
    for part in name.split("."):
        assert hasattr(found, part), f"cheroot changed {name}"
        found = getattr(found, part)
    assert callable(found)


def test_what_the_server_asks_before_it_keeps_a_connection(server, connection):
    assert server.can_add_keepalive_connection is True
    assert connection.last_used is None, "a connection that has not served a request yet"
    assert connection.RequestHandlerClass is HTTPRequest


def test_what_a_request_is_told_by_its_reader(server, connection):
    request = connection.RequestHandlerClass(server, connection)
    told = ("inheaders", "started_request", "chunked_read", "close_connection", "sent_headers")
    assert [name for name in told if not hasattr(request, name)] == []
    assert SizeCheckWrapper(io.BytesIO(b"head"), 4).bytes_read == 0
    assert KnownLengthRFile(io.BytesIO(b"body"), 4).remaining == 4
