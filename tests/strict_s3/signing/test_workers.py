"""Blocks of keys signed by several processes: in order, and what goes wrong at its turn."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from datetime import UTC, datetime
from multiprocessing.context import SpawnProcess
from pathlib import Path

import psutil
import pytest
from botocore.credentials import ReadOnlyCredentials

from strict_s3.errors import PresignError
from strict_s3.signing.presigner import Credentials, Presigner
from strict_s3.signing.workers import BLOCK, Job, signed


def job(token: str | None = None, ends: datetime | None = None, clock=None) -> Job:
    keys = Credentials("AKIAIOSFODNN7EXAMPLE", "secret", token, ends)
    more = {"clock": clock} if clock else {}
    return Job(Presigner(keys, "eu-west-2", "presignedurldemo", **more), "GET", 60, {}, {})


def full_blocks(count: int) -> list[bytes]:
    """Blocks of `BLOCK` bytes, no two lines of them the same."""
    lines = BLOCK // 16
    return [
        b"".join(b"%015d\n" % (number * lines + line) for line in range(lines))
        for number in range(count)
    ]


def keys_of(text: bytes) -> bytes:
    urls = text.split()
    return b"".join(url.partition(b".com/")[2].partition(b"?")[0] + b"\n" for url in urls)


@pytest.mark.parametrize("token", [None, "t" * 2000], ids=["in shared memory", "too large for it"])
def test_every_block_comes_in_its_order(token):
    blocks, results = full_blocks(24), signed(job(token), iter(full_blocks(24)), 3)
    first = next(results)
    # The first is not signed here, so that this test is of the workers.
    assert isinstance(first.text, bytes if token else memoryview)
    texts = [bytes(first.text), *(bytes(one.text) for one in results)]
    assert [keys_of(text) for text in texts] == blocks
    assert all((token is not None) == (b"Security-Token" in text) for text in texts)


def test_no_more_blocks_are_taken_than_needed_to_keep_all_busy():
    taken = []

    def watched():
        for block in full_blocks(200):
            taken.append(block)
            yield block

    results = signed(job(), watched(), 2)
    for done, _ in enumerate(results, 1):
        assert len(taken) - done <= 10


def test_nothing_is_held_back_while_keys_come_slowly():
    done = []

    def keys():
        yield from full_blocks(3)
        yield b"the first that came late\n"
        assert len(done) == 4  # before more is asked for
        yield from full_blocks(1)

    for one in signed(job(), keys(), 3):
        done.append(one)
    assert len(done) == 5


def test_a_worker_that_is_ended_is_named_and_the_others_end_too():
    results = signed(job(), iter(full_blocks(400)), 3)
    next(results)
    team = _workers()
    assert len(team) == 2
    team[0].kill()
    with pytest.raises(PresignError, match="Something ended a worker process"):
        list(results)
    _, alive = psutil.wait_procs(team, timeout=10)
    assert not alive


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc which signals are blocked")
def test_ctrl_c_waits_while_a_worker_starts_and_never_reaches_one(monkeypatch):
    """At a terminal it is for all of them: a worker would end in the middle of its imports."""
    start, blocked = SpawnProcess.start, []

    def watched(process: SpawnProcess) -> None:
        start(process)
        blocked.append(_blocks_ctrl_c(os.getpid()))

    monkeypatch.setattr(SpawnProcess, "start", watched)
    results = signed(job(), iter(full_blocks(2)), 3)
    next(results)
    assert blocked == [True, True]
    assert [_blocks_ctrl_c(worker.pid) for worker in _workers()] == [True, True]
    assert not _blocks_ctrl_c(os.getpid())
    results.close()


def _blocks_ctrl_c(process: int) -> bool:
    told = Path(f"/proc/{process}/status").read_text().partition("SigBlk:")[2].split()[0]
    return bool(int(told, 16) >> (signal.SIGINT - 1) & 1)


def _workers() -> list[psutil.Process]:
    family = psutil.Process().children()
    return [one for one in family if "spawn_main" in " ".join(one.cmdline())]


def test_a_worker_that_cannot_be_started_is_one_sentence_and_the_others_end(monkeypatch):
    start, started = SpawnProcess.start, []

    def only_one(process: SpawnProcess) -> None:
        if started:
            raise OSError(11, "Resource temporarily unavailable")
        start(process)
        started.append(psutil.Process(process.pid))

    monkeypatch.setattr(SpawnProcess, "start", only_one)
    with pytest.raises(PresignError, match=r"cannot be started \(Resource temporarily.*fewer"):
        next(signed(job(), iter(full_blocks(3)), 3))
    _, alive = psutil.wait_procs(started, timeout=10)
    assert not alive


@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_signed_at_all_is_raised(workers):
    past = job("t", datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(PresignError, match="renew the session"):
        list(signed(past, iter(full_blocks(3)), workers))


def test_a_session_that_ends_on_the_way_stops_the_rest():
    ends = datetime(2026, 11, 25, tzinfo=UTC)
    time = [ends.timestamp() - 60]
    results = signed(job("t", ends, lambda: time[0]), iter([b"a\nb\n", b"c\n"]), 1)
    assert next(results).lines == 2
    time[0] += 1
    with pytest.raises(PresignError, match="renew the session"):
        next(results)


@pytest.mark.parametrize("workers", [1, 3])
def test_what_was_read_before_a_problem_is_signed(workers):
    def keys():
        yield from full_blocks(9)
        raise PresignError("this is longer than any key")

    texts = []
    with pytest.raises(PresignError, match="longer than any key"):
        for one in signed(job(), keys(), workers):
            texts.append(bytes(one.text))
    assert [keys_of(text) for text in texts] == full_blocks(9)


class Renewed:
    """A session of boto3, with the token that it has at the moment."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._lock = threading.Lock()  # boto3's have one, and so cannot be pickled

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return ReadOnlyCredentials("ASIAEXAMPLE", "secret", self.token)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_session_that_is_renewed_on_the_way_is_so_in_every_process(workers):
    session, count = Renewed("old"), 60

    def blocks():
        for number, block in enumerate(full_blocks(count)):
            if number == count // 2:
                session.token = "new"
            yield block

    renewing = Job(Presigner(session, "eu-west-2", "presignedurldemo"), "GET", 60, {}, {})
    texts = [bytes(one.text) for one in signed(renewing, blocks(), workers)]
    tokens = [set(re.findall(rb"Security-Token=(\w+)", text)) for text in texts]
    assert tokens == [{b"old"}] * (count // 2) + [{b"new"}] * (count // 2)
    assert [keys_of(text) for text in texts] == full_blocks(count)
