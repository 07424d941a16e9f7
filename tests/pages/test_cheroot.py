"""What the pages change about cheroot is not cheroot's public API: one version is pinned.

Before another version is pinned, each name here must still mean what `helpers.pages.local_server`
takes it for; a test that fails says which does not exist any more.
"""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator
from importlib.metadata import version

import pytest
from cheroot.server import HTTPConnection, HTTPServer

from helpers.settings import PROJECT


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), None, minthreads=1, maxthreads=1)
    made.prepare()
    yield made
    made.stop()


def test_the_version_is_pinned_exactly():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"cheroot=={version('cheroot')}" in project["dependency-groups"]["lessons"]


@pytest.mark.parametrize(
    "name", ["process_conn", "error_log", "_connections.put", "requests._spawn_worker"]
)
def test_what_is_called_or_replaced_is_still_called_so(server, name):
    found = server
    for part in name.split("."):
        assert hasattr(found, part), f"cheroot changed {name}"
        found = getattr(found, part)
    assert callable(found)


def test_what_a_new_connection_is_known_by(server):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = HTTPConnection(server, ours)
        assert connection.last_used is None
        assert connection.rfile.has_data() is False
