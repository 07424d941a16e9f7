"""Stored bodies: in memory or in one file without a name, and gone with their object."""

from __future__ import annotations

import gc
import os
import random
import tempfile
import threading
from pathlib import Path

import pytest

from strict_s3.server.store.bodies import IN_MEMORY, PIECE, Body, Spool

LARGE = os.urandom(2 * PIECE + 10)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def body_of(spool: Spool, data: bytes, piece: int = PIECE) -> Body:
    writer = spool.writer()
    for start in range(0, len(data), piece):
        writer.write(data[start : start + piece])
    return writer.finish()


@pytest.mark.parametrize("data", [b"", b"x", LARGE[:IN_MEMORY]])
def test_small_bodies_need_no_file(data):
    spool = Spool()
    body = body_of(spool, data)
    assert (body.size, body.read(), spool.size) == (len(data), data, 0)


@pytest.mark.parametrize("piece", [1000, PIECE - 1, PIECE, len(LARGE)])
def test_large_bodies_are_in_blocks_whatever_pieces_they_came_in(piece):
    spool = Spool()
    body = body_of(spool, LARGE, piece)
    assert spool.size == 3 * PIECE
    assert body.size == len(LARGE) and body.read() == LARGE
    assert body.read(5, 12) == LARGE[5:12]
    assert body.read(PIECE - 1, PIECE + 2) == LARGE[PIECE - 1 : PIECE + 2]
    assert max(len(piece) for piece in body.pieces()) == PIECE


def test_a_body_of_others_reads_across_their_seams():
    spool = Spool()
    parts = [b"abc", LARGE, b"", b"def"]
    whole, joined = b"".join(parts), Body.joined([body_of(spool, part) for part in parts])
    assert (joined.size, joined.read()) == (len(whole), whole)
    for start, stop in [(0, 3), (2, 5), (3, 3), (len(whole) - 4, len(whole)), (1, len(whole))]:
        assert joined.read(start, stop) == whole[start:stop]
        assert joined.part(start, stop).read() == whole[start:stop]


def test_blocks_are_free_after_the_last_body_that_uses_them():
    spool = Spool()
    part = body_of(spool, LARGE)
    joined = Body.joined([part, part])
    reading = joined.pieces()
    next(reading)
    del part, joined
    assert spool.size == 3 * PIECE  # somebody is still reading
    reading.close()
    assert spool.size == 0


def test_a_free_block_is_used_again_and_the_file_ends_after_the_last_in_use():
    spool = Spool()
    bodies = [body_of(spool, LARGE) for _ in range(3)]
    del bodies[1]
    assert spool.size == 9 * PIECE
    bodies.append(body_of(spool, LARGE))
    assert spool.size == 9 * PIECE
    del bodies[1]
    assert spool.size == 6 * PIECE
    assert all(body.read() == LARGE for body in bodies)


def test_what_is_discarded_leaves_nothing():
    spool = Spool()
    writer = spool.writer()
    writer.write(LARGE)
    writer.discard()
    assert spool.size == 0


def test_the_file_has_no_name_and_is_closed_with_its_owner(folder):
    before = descriptors()
    spool = Spool()
    body = body_of(spool, LARGE)
    if os.name != "nt":  # where the system deletes it when it is closed, however that happens
        assert list(folder.iterdir()) == []
    del spool
    assert body.read() == LARGE
    del body
    assert (descriptors(), list(folder.iterdir())) == (before, [])


def test_bodies_hold_no_descriptors():
    spool = Spool()
    body_of(spool, LARGE)
    before = descriptors()
    bodies = [body_of(spool, LARGE) for _ in range(20)]
    assert descriptors() == before
    assert all(body.read(0, 1) == LARGE[:1] for body in bodies)


def descriptors() -> int:
    gc.collect()
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0


def test_threads_never_get_each_others_blocks():
    spool, wrong = Spool(), []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        kept: list[tuple[Body, bytes]] = []
        for _ in range(60):
            data = dice.randbytes(dice.randrange(IN_MEMORY, 3 * PIECE))
            kept.append((body_of(spool, data), data))
            if len(kept) > 4:
                body, data = kept.pop(dice.randrange(len(kept)))
                if body.read() != data:
                    wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    body_of(spool, LARGE)  # whatever came back while another thread had the lock
    assert spool.size == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for a file's length")
def test_a_full_disk_loses_nothing_that_is_stored():
    import resource
    import signal

    spool = Spool()
    kept = body_of(spool, LARGE)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spool.size + 1000, hard))
    try:
        writer = spool.writer()
        with pytest.raises(OSError, match="File too large"):
            writer.write(LARGE)
        writer.discard()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert spool.size == 3 * PIECE
    assert (kept.read(), body_of(spool, LARGE).read()) == (LARGE, LARGE)


def test_without_a_place_for_the_file_small_bodies_are_still_kept(monkeypatch):
    def nowhere(**_: object) -> None:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryFile", nowhere)
    spool = Spool()
    with pytest.raises(OSError, match="No usable temporary directory"):
        body_of(spool, LARGE)
    assert body_of(spool, b"small").read() == b"small"


def test_bodies_that_outlive_the_file_are_no_trouble_at_the_end_of_the_process():
    spool = Spool()
    body = body_of(spool, LARGE)
    spool._file.close()  # as `weakref.finalize` does
    del body  # an error here would be a warning, which fails the test
    gc.collect()
