"""Blocks of keys signed by several processes, in order: what is behind ``presign --workers``.

The command's own process signs too, whatever the workers have no room for. Keys and URLs travel in
shared memory and only their sizes through a pipe, so a worker never blocks on a full pipe. On two
processors that signs 1,000,000 keys in 1.0 s, where `concurrent.futures.ProcessPoolExecutor` takes
1.8 s and one process 1.7 s: the URLs are 330 MB, which the executor copies several times.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle
from multiprocessing import get_context, resource_tracker
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PresignError
from .presigner import Presigner, encoded_key

if TYPE_CHECKING:
    from ctypes import Array, c_ubyte
    from multiprocessing.connection import Connection

BLOCK = 16 * 1024  # bytes of keys that are read, signed and written at a time
MAX_WORKERS = 32
_BUFFER = 1024 * 1024  # bytes of shared memory for the URLs of a block; more go through the pipe
_BUFFERS = 2  # of each worker: it signs one block while the next arrives


@dataclass(frozen=True)
class Signed:
    """A signed block: a line of text for each of its lines, and the problems by line number.

    `text` may be in shared memory, where it is valid until the next block is asked for.
    """

    text: bytes | memoryview
    lines: int
    problems: dict[int, str] = field(default_factory=dict)  # by line, from 0


@dataclass(frozen=True)
class Job:
    """What is signed for every key."""

    signer: Presigner
    method: str
    expires: int  # seconds
    query: dict[str, str]
    headers: dict[str, str]

    def frozen(self) -> Job:
        """This job with the credentials of this moment, so that another process can be sent it."""
        signer = self.signer.frozen()
        return self if signer is self.signer else replace(self, signer=signer)

    def check(self) -> None:
        """Raises `PresignError` if it cannot be signed for any key."""
        self._urls(())

    def sign(self, block: bytes) -> Signed:
        """The URLs for whole lines. Raises `PresignError` for a problem that is not one line's."""
        lines = block.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        try:
            text = "\n".join(self._urls([line.decode() for line in lines]))
            return Signed(text.encode() + b"\n", len(lines))
        except (PresignError, UnicodeDecodeError):
            return self._sign_line_by_line(lines)

    def _sign_line_by_line(self, lines: list[bytes]) -> Signed:
        keys, problems = {}, {}
        for number, line in enumerate(lines):
            try:
                if line:
                    key = line.decode()
                    encoded_key(key)
                    keys[number] = key
            except UnicodeDecodeError as error:
                problems[number] = f"this is not UTF-8 ({error.reason} at byte {error.start + 1})."
            except PresignError as error:
                problems[number] = str(error)
        urls = dict(zip(keys, self._urls(keys.values()), strict=True))
        text = "".join(f"{urls.get(number, '')}\n" for number in range(len(lines)))
        return Signed(text.encode(), len(lines), problems)

    def _urls(self, keys: Iterable[str]) -> Iterator[str]:
        return self.signer.urls(
            self.method, keys, expires=self.expires, query=self.query, headers=self.headers
        )


def signed(job: Job, blocks: Iterable[bytes], workers: int) -> Generator[Signed]:
    """Each block signed, in order, with few of them in memory. Raises `PresignError`.

    A block is whole lines, about `BLOCK` bytes of them. A much shorter one means that keys arrive
    slowly, and then every result is passed on at once.
    """
    team: list[_Worker] = []
    pending: deque[_Worker | _Result] = deque()
    try:
        for _ in range(workers - 1):
            team.append(_started(job))
        for block in _with_final_error(blocks):
            if isinstance(block, PresignError):
                pending.append(_Result(block))
                break
            more_to_come = len(block) > BLOCK // 2
            worker = min(team, key=lambda worker: worker.blocks, default=None)
            if worker and worker.blocks < _BUFFERS and more_to_come:
                worker.submit(job.frozen(), block)
                pending.append(worker)
            else:
                pending.append(_Result(_sign(job, block)))
            max_pending = 2 * _BUFFERS * workers if more_to_come else 0
            while pending and (pending[0].is_ready() or len(pending) > max_pending):
                yield from pending.popleft().result()
        for source in pending:
            yield from source.result()
    finally:
        for worker in team:
            worker.end()


def _with_final_error(blocks: Iterable[bytes]) -> Iterator[bytes | PresignError]:
    """The blocks, then the error that ended reading, in order."""
    try:
        yield from blocks
    except PresignError as error:
        yield error


def _sign(job: Job, block: bytes) -> Signed | PresignError:
    try:
        return job.sign(block)
    except PresignError as error:
        return error


class _Result:
    """A block signed in this process; its error is raised when its turn comes."""

    def __init__(self, outcome: Signed | PresignError) -> None:
        self._outcome = outcome

    def is_ready(self) -> bool:
        return True

    def result(self) -> Iterator[Signed]:
        if isinstance(self._outcome, PresignError):
            raise self._outcome
        yield self._outcome


class _InBuffer(NamedTuple):
    """A worker's reply: `Signed`, with the size of its text in the buffer in place of the text."""

    size: int
    lines: int
    problems: dict[int, str]


class _Worker:
    """A process that signs blocks. It ends when the pipe to it is closed, for whatever reason."""

    def __init__(self, job: Job) -> None:
        context = get_context("spawn")
        arrays = [context.RawArray("B", _BUFFER) for _ in range(_BUFFERS)]
        self._buffers = [memoryview(array).cast("B") for array in arrays]
        self._submitted = self._written = 0
        self._job = job.frozen()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(self._job, theirs, arrays), daemon=True)
        with _signals_deferred():
            self._process.start()
        theirs.close()

    @property
    def blocks(self) -> int:
        """How many of its blocks are not written yet, at most `_BUFFERS`."""
        return self._submitted - self._written

    def submit(self, job: Job, block: bytes) -> None:
        self._buffers[self._submitted % _BUFFERS][: len(block)] = block
        self._submitted += 1
        try:
            if job != self._job:  # its session has been renewed
                self._pipe.send(job)
                self._job = job
            self._pipe.send(len(block))
        except OSError:
            raise _ended() from None

    def is_ready(self) -> bool:
        return self._pipe.poll()

    def result(self) -> Iterator[Signed]:
        """Its next block, whose buffer is free again when the caller comes back."""
        try:
            reply: _InBuffer | Signed | PresignError = self._pipe.recv()
        except (EOFError, OSError):
            raise _ended() from None
        if isinstance(reply, PresignError):
            raise reply
        if isinstance(reply, _InBuffer):
            buffer = self._buffers[self._written % _BUFFERS]
            reply = Signed(buffer[: reply.size], reply.lines, reply.problems)
        yield reply
        self._written += 1

    def end(self) -> None:
        self._pipe.close()
        self._process.terminate()
        self._process.join()


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Signals that stop the command wait: a worker interrupted in its start prints a traceback.

    Ctrl-C at a terminal reaches the workers too, but it is the command that ends them. A process
    that is started while a signal is blocked has it blocked from the beginning, before Python can
    ignore it. Here, blocking is not enough, since another thread (tqdm has one) may receive the
    signal; so its handler only takes a note, and KeyboardInterrupt is raised afterwards.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # Process.start would do it, and unblock the signal
    received: list[int] = []
    stopping = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heeded = [number for number in stopping if signal.getsignal(number) != signal.SIG_IGN]
    handlers = {
        number: signal.signal(number, lambda number, _: received.append(number))
        for number in heeded
    }
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if received:
        raise KeyboardInterrupt


def _started(job: Job) -> _Worker:
    try:
        return _Worker(job)
    except OSError as error:  # too many processes, open files, or too little memory
        raise PresignError(
            f"A worker process cannot be started ({error.strerror}). Use fewer --workers."
        ) from None


def _ended() -> PresignError:
    return PresignError("Something ended a worker process. Start the command again.")


def _work(job: Job, pipe: Connection, arrays: list[Array[c_ubyte]]) -> None:
    """The worker's loop: it overwrites a block's keys with its URLs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command ends its workers
    buffers = cycle(memoryview(array).cast("B") for array in arrays)
    try:
        for buffer in buffers:
            while isinstance(message := pipe.recv(), Job):
                job = message
            try:
                done = job.sign(bytes(buffer[:message]))
            except PresignError as error:
                pipe.send(error)
                continue
            size = len(done.text)
            if size > _BUFFER:
                pipe.send(done)
            else:
                buffer[:size] = done.text
                pipe.send(_InBuffer(size, done.lines, done.problems))
    except (EOFError, OSError):
        pass  # the command has ended
