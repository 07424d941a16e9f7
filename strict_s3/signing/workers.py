"""Blocks of keys signed by several processes, in order: what is behind ``presign --workers``.

The command's own process is one of the workers: it signs whatever the others have no room for.
Keys and URLs travel in memory that both processes see; through the pipe between them go only
their sizes, so that no answer waits until somebody has time to read it.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing import get_context, resource_tracker
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PresignError
from .presigner import Presigner, encoded_key

if TYPE_CHECKING:
    from ctypes import Array, c_ubyte
    from multiprocessing.connection import Connection

BLOCK = 16 * 1024  # bytes of keys that are read, signed and written in one go
MOST_WORKERS = 32
_ROOM = 1024 * 1024  # bytes for the URLs of a block; more of them go through the pipe
_AHEAD = 2  # blocks that a worker has: one to sign, and one to come when that is done


@dataclass(frozen=True)
class Signed:
    """A block of lines, signed: as many lines of text, and what was wrong with which.

    `text` may lie in shared memory, where it stays until the next block is asked for.
    """

    text: bytes | memoryview
    lines: int
    wrong: dict[int, str] = field(default_factory=dict)  # by line, from 0


@dataclass(frozen=True)
class Job:
    """What is signed for every key."""

    signer: Presigner
    method: str
    expires: int
    query: dict[str, str]
    headers: dict[str, str]

    def check(self) -> None:
        """Raises `PresignError` if it cannot be signed for any key."""
        self._urls(())

    def sign(self, block: bytes) -> Signed:
        """The URLs for whole lines. Raises `PresignError` if the reason is not a line's own."""
        lines = block.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        try:
            text = "\n".join(self._urls([line.decode() for line in lines]))
            return Signed(text.encode() + b"\n", len(lines))
        except (PresignError, UnicodeDecodeError):
            return self._sign_what_can_be(lines)

    def _sign_what_can_be(self, lines: list[bytes]) -> Signed:
        keys, wrong = {}, {}
        for number, line in enumerate(lines):
            try:
                if line:
                    key = line.decode()
                    encoded_key(key)
                    keys[number] = key
            except UnicodeDecodeError as problem:
                wrong[number] = f"this is not UTF-8 ({problem.reason} at byte {problem.start + 1})."
            except PresignError as problem:
                wrong[number] = str(problem)
        urls = dict(zip(keys, self._urls(keys.values()), strict=True))
        text = "".join(f"{urls.get(number, '')}\n" for number in range(len(lines)))
        return Signed(text.encode(), len(lines), wrong)

    def _urls(self, keys: Iterable[str]) -> Iterator[str]:
        return self.signer.urls(
            self.method, keys, expires=self.expires, query=self.query, headers=self.headers
        )


def signed(job: Job, blocks: Iterable[bytes], workers: int) -> Generator[Signed]:
    """Each block signed, in order, with few of them in memory. Raises `PresignError`.

    A block is whole lines, about `BLOCK` bytes of them; a much shorter one means that no more have
    come yet, and then nothing is held back.
    """
    team: list[_Worker] = []
    waiting: deque[_Worker | _Here] = deque()
    try:
        for _ in range(workers - 1):
            team.append(_started(job))
        for block in _with_their_problem(blocks):
            if isinstance(block, PresignError):
                waiting.append(_Here(block))
                break
            more_to_come = len(block) > BLOCK // 2
            worker = min(team, key=lambda one: one.has, default=None)
            if worker and worker.has < _AHEAD and more_to_come:
                worker.give(block)
                waiting.append(worker)
            else:
                waiting.append(_Here(_sign(job, block)))
            most = 2 * _AHEAD * workers if more_to_come else 0
            while waiting and (waiting[0].is_ready() or len(waiting) > most):
                yield from waiting.popleft().answer()
        for one in waiting:
            yield from one.answer()
    finally:
        for worker in team:
            worker.end()


def _with_their_problem(blocks: Iterable[bytes]) -> Iterator[bytes | PresignError]:
    """The blocks, and last what kept more from being read, for its turn after all of them."""
    try:
        yield from blocks
    except PresignError as problem:
        yield problem


def _sign(job: Job, block: bytes) -> Signed | PresignError:
    try:
        return job.sign(block)
    except PresignError as problem:
        return problem


class _Here:
    """A block signed in this process. What is wrong with it is said at its turn."""

    def __init__(self, signed: Signed | PresignError) -> None:
        self._signed = signed

    def is_ready(self) -> bool:
        return True

    def answer(self) -> Iterator[Signed]:
        if isinstance(self._signed, PresignError):
            raise self._signed
        yield self._signed


class _InRoom(NamedTuple):
    """What a worker answers: `Signed`, but for the text, of which it says the size in bytes."""

    size: int
    lines: int
    wrong: dict[int, str]


class _Worker:
    """A process that signs blocks. It ends when the pipe to it is closed, by whatever cause."""

    def __init__(self, job: Job) -> None:
        context = get_context("spawn")
        arrays = [context.RawArray("B", _ROOM) for _ in range(_AHEAD)]
        self._rooms = [memoryview(array).cast("B") for array in arrays]
        self._given = self._written = 0
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(job, theirs, arrays), daemon=True)
        with _stop_later():
            self._process.start()
        theirs.close()

    @property
    def has(self) -> int:
        """How many blocks it has been given that are not written yet, at most `_AHEAD`."""
        return self._given - self._written

    def give(self, block: bytes) -> None:
        self._rooms[self._given % _AHEAD][: len(block)] = block
        self._given += 1
        try:
            self._pipe.send(len(block))
        except OSError:
            raise _gone() from None

    def is_ready(self) -> bool:
        return self._pipe.poll()

    def answer(self) -> Iterator[Signed]:
        """Its next block; the room of that is free again when the caller comes back."""
        try:
            found: _InRoom | Signed | PresignError = self._pipe.recv()
        except (EOFError, OSError):
            raise _gone() from None
        if isinstance(found, PresignError):
            raise found
        if isinstance(found, _InRoom):
            room = self._rooms[self._written % _AHEAD]
            found = Signed(room[: found.size], found.lines, found.wrong)
        yield found
        self._written += 1

    def end(self) -> None:
        self._pipe.close()
        self._process.terminate()
        self._process.join()


@contextmanager
def _stop_later() -> Iterator[None]:
    """A signal to stop waits: half started, a worker would end with a traceback.

    Ctrl-C at a terminal is for the workers too, but they are told to end by the command. A program
    that is started while a signal is blocked has it blocked from its first moment on, when Python
    does not ignore it yet. In this process, to block it is not enough, since another thread (tqdm
    has one) may get it: so it is also noted, in place of being heeded.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # Process.start would do it, and unblock the signal
    told: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heeded = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    handlers = {one: signal.signal(one, lambda number, _: told.append(number)) for one in heeded}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if told:
        raise KeyboardInterrupt


def _started(job: Job) -> _Worker:
    try:
        return _Worker(job)
    except OSError as problem:  # too many processes, open files, or too little memory
        raise PresignError(
            f"A worker process cannot be started ({problem.strerror}). Take fewer --workers."
        ) from None


def _gone() -> PresignError:
    return PresignError("A worker process has been ended from outside. Start the command again.")


def _work(job: Job, pipe: Connection, arrays: list[Array[c_ubyte]]) -> None:
    """What a worker does: a block's keys are overwritten by its URLs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command says when to stop
    rooms = cycle(memoryview(array).cast("B") for array in arrays)
    try:
        for room in rooms:
            block = bytes(room[: pipe.recv()])
            try:
                found = job.sign(block)
            except PresignError as problem:
                pipe.send(problem)
                continue
            size = len(found.text)
            if size > _ROOM:
                pipe.send(found)
            else:
                room[:size] = found.text
                pipe.send(_InRoom(size, found.lines, found.wrong))
    except (EOFError, OSError):
        pass  # the command has ended
