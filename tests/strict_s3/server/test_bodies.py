"""Stored bodies: in memory or on disk, without a descriptor each, and gone with their object."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from strict_s3.server.store.bodies import IN_MEMORY, PIECE, Body, Spool

LARGE = os.urandom(IN_MEMORY + 10)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def body_of(spool: Spool, data: bytes, expected: int | None = None) -> Body:
    writer = spool.writer(len(data) if expected is None else expected)
    for start in range(0, len(data), PIECE):
        writer.write(data[start : start + PIECE])
    return writer.finish()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"x", LARGE[:IN_MEMORY]])
def test_small_bodies_need_no_file(folder, data):
    body = body_of(Spool(), data)
    assert (body.size, body.read(), files(folder)) == (len(data), data, [])


@pytest.mark.parametrize("expected", [len(LARGE), 0])
def test_large_bodies_are_files_also_if_nobody_has_said_how_large(folder, expected):
    spool = Spool()
    body = body_of(spool, LARGE, expected)
    assert len(files(folder)) == 1
    assert body.size == len(LARGE) and body.read() == LARGE
    assert body.read(5, 12) == LARGE[5:12]
    assert max(len(piece) for piece in body.pieces()) == PIECE


def test_a_body_of_others_reads_across_their_seams(folder):
    spool = Spool()
    parts = [b"abc", LARGE, b"", b"def"]
    whole, joined = b"".join(parts), Body.joined([body_of(spool, part) for part in parts])
    assert (joined.size, joined.read()) == (len(whole), whole)
    for start, stop in [(0, 3), (2, 5), (3, 3), (len(whole) - 4, len(whole)), (1, len(whole))]:
        assert joined.read(start, stop) == whole[start:stop]


def test_a_file_goes_with_the_last_body_that_uses_it(folder):
    spool = Spool()
    part = body_of(spool, LARGE)
    joined = Body.joined([part, part])
    del part
    assert len(files(folder)) == 1
    del joined
    assert files(folder) == []


def test_what_is_discarded_leaves_nothing(folder):
    spool = Spool()
    writer = spool.writer(len(LARGE))
    writer.write(LARGE)
    writer.discard()
    assert files(folder) == []


def test_the_folder_goes_with_its_owner(folder):
    spool = Spool()
    body_of(spool, LARGE)
    assert len(list(folder.iterdir())) == 1
    del spool
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc to count descriptors in")
def test_no_descriptor_is_held(folder):
    spool = Spool()
    before = len(os.listdir("/proc/self/fd"))
    bodies = [body_of(spool, LARGE) for _ in range(20)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert all(body.read(0, 1) == LARGE[:1] for body in bodies)
