"""Bodies that have been received: small ones in memory, large ones in one temporary file.

That file has no name from the moment it is made, so that however the process ends, nothing is
left of it; and thousands of stored parts hold one descriptor between them. It is handed out in
blocks. A block is free again when the last body that uses it is gone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import weakref
from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from sortedcontainers import SortedList

PIECE = 256 * 1024  # bytes read or written at a time, and the size of a block
IN_MEMORY = 128 * 1024  # bytes of a body that needs no block


class Body:
    """Bytes that nobody changes any more: in memory, in blocks, or several of both in a row."""

    __slots__ = ("_spans", "size")

    def __init__(self, *sources: bytes | _Blocks) -> None:
        self._take(_Span(source, 0, _length(source)) for source in sources)

    def _take(self, spans: Iterable[_Span]) -> None:
        self._spans = tuple(spans)
        self.size = sum(span.last - span.first for span in self._spans)

    @classmethod
    def joined(cls, bodies: Iterable[Body]) -> Body:
        """One body made of others, without a copy of their bytes."""
        body = cls()
        body._take(span for each in bodies for span in each._spans)
        return body

    def part(self, start: int, stop: int) -> Body:
        """The body that has the bytes from `start` to before `stop`, without a copy of them."""
        body = Body()
        body._take(self._spans_within(start, stop))
        return body

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces of at most 256 KiB."""
        for source, first, last in self._spans_within(start, self.size if stop is None else stop):
            if isinstance(source, bytes):
                yield source[first:last]
            else:
                yield from source.pieces(first, last)

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Those bytes at once, for a body that is known to be small."""
        return b"".join(self.pieces(start, stop))

    def _spans_within(self, start: int, stop: int) -> Iterator[_Span]:
        at = 0
        for source, first, last in self._spans:
            length = last - first
            skipped, kept = max(start - at, 0), min(stop - at, length)
            at += length
            if skipped < kept:
                yield _Span(source, first + skipped, first + kept)


class _Span(NamedTuple):
    """Bytes of a source, from `first` to before `last`."""

    source: bytes | _Blocks
    first: int
    last: int


def _length(source: bytes | _Blocks) -> int:
    return len(source) if isinstance(source, bytes) else source.size


class BodyWriter:
    """Takes a body in pieces; `finish` makes it a `Body`, `discard` leaves nothing behind."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._small: list[bytes] = []
        self._blocks: _Blocks | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add `data`. Raises OSError if the disk is full, or if there is no place for a file."""
        self.size += len(data)
        if self.size <= IN_MEMORY:
            self._small.append(data)
            return
        if self._blocks is None:
            self._blocks = _Blocks(self._spool)
            for piece in self._small:
                self._blocks.append(piece)
            self._small.clear()
        self._blocks.append(data)

    def finish(self) -> Body:
        """The body, complete. The writer is used up."""
        return Body(self._blocks or b"".join(self._small))

    def discard(self) -> None:
        """Forget what has been written."""
        self._blocks = None
        self._small.clear()


class _Blocks:
    """Bytes in blocks of the spool, which are free again when this is gone."""

    __slots__ = ("_numbers", "_spool", "size")

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._numbers = array("L")
        self.size = 0

    def append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            used = self.size % PIECE
            if not used:
                self._numbers.append(self._spool.take())
            here = rest[: PIECE - used]
            self._spool.write(here, self._numbers[-1] * PIECE + used)
            self.size += len(here)
            rest = rest[len(here) :]

    def pieces(self, first: int, last: int) -> Iterator[bytes]:
        while first < last:
            index, skipped = divmod(first, PIECE)
            size = min(PIECE - skipped, last - first)
            yield self._spool.read(size, self._numbers[index] * PIECE + skipped)
            first += size

    def __del__(self) -> None:
        self._spool.give_back(self._numbers)


class Spool:
    """A temporary file without a name, in blocks of 256 KiB; made when it is first needed.

    The lowest free block is used first, and the file ends after the last one in use.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()  # for everything below, and the end of the file
        self._free: SortedList[int] = SortedList()
        self._end = 0  # blocks of the file
        # Blocks come back when some object is deleted, which may happen while this very thread
        # has the lock: they are left here, and put in order by whoever can have it.
        self._returned: deque[array[int]] = deque()

    def writer(self) -> BodyWriter:
        """Where a body goes."""
        return BodyWriter(self)

    @property
    def size(self) -> int:
        """The file's length in bytes."""
        return self._end * PIECE

    def take(self) -> int:
        """A block for the caller alone. Raises OSError without a place for the file."""
        with self._lock:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
                weakref.finalize(self, self._file.close)
            self._put_in_order()
            if self._free:
                return int(self._free.pop(0))
            self._end += 1
            return self._end - 1

    def give_back(self, blocks: array[int]) -> None:
        """These blocks are free, from any thread and in the middle of anything."""
        self._returned.append(blocks)
        if self._lock.acquire(blocking=False):
            try:
                self._put_in_order()
            finally:
                self._lock.release()

    def _put_in_order(self) -> None:
        while self._returned:
            self._free.update(self._returned.popleft())
        before = self._end
        while self._free and self._free[-1] == self._end - 1:
            self._end = self._free.pop()
        # At the end of the process the file may be closed before the bodies have gone.
        if self._end < before and self._file is not None and not self._file.closed:
            with contextlib.suppress(OSError):  # as long as it was, then
                self._file.truncate(self._end * PIECE)

    def write(self, data: memoryview, at: int) -> None:
        """Write into a block that the caller has."""
        assert self._file is not None
        while data:
            size = _write(self._file, data, at)
            data, at = data[size:], at + size

    def read(self, size: int, at: int) -> bytes:
        """`size` bytes of a block that the caller has."""
        assert self._file is not None
        data = _read(self._file, size, at)
        if len(data) < size:
            raise OSError("the temporary file has become shorter")
        return data


if sys.platform == "win32":  # which has no reading and writing at a place
    _at_a_place = threading.Lock()

    def _write(file: IO[bytes], data: memoryview, at: int) -> int:
        with _at_a_place:
            file.seek(at)
            return file.write(data)

    def _read(file: IO[bytes], size: int, at: int) -> bytes:
        with _at_a_place:
            file.seek(at)
            return file.read(size)

else:

    def _write(file: IO[bytes], data: memoryview, at: int) -> int:
        return os.pwrite(file.fileno(), data, at)

    def _read(file: IO[bytes], size: int, at: int) -> bytes:
        return os.pread(file.fileno(), size, at)
