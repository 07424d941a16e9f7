"""Bodies that have been received: small ones in memory, large ones in a folder of their own.

A file is open only while it is written or read, so that thousands of stored parts hold no
descriptor; it is deleted with the last object that uses it.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator
from itertools import count
from typing import IO, NamedTuple

IN_MEMORY = 1024 * 1024  # bytes kept in memory before the disk is used
PIECE = 256 * 1024  # bytes read or written at a time


class Body:
    """Bytes that nobody changes any more: in memory, in files, or several of both in a row."""

    __slots__ = ("_spans", "size")

    def __init__(self, *sources: bytes | _File) -> None:
        self._take(_Span(source, 0, _length(source)) for source in sources)

    def _take(self, spans: Iterable[_Span]) -> None:
        self._spans = tuple(spans)
        self.size = sum(span.last - span.first for span in self._spans)

    @classmethod
    def joined(cls, bodies: Iterable[Body]) -> Body:
        """One body made of others, without a copy of their bytes."""
        body = cls()
        body._take(span for one in bodies for span in one._spans)
        return body

    def part(self, start: int, stop: int) -> Body:
        """The body that has the bytes from `start` to before `stop`, without a copy of them."""
        body = Body()
        body._take(self._spans_within(start, stop))
        return body

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop`, in pieces of at most 256 KiB."""
        for span in self._spans_within(start, self.size if stop is None else stop):
            yield from _pieces_of(*span)

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

    source: bytes | _File
    first: int
    last: int


class _File:
    """A file of the spool, deleted when no body refers to it any more."""

    __slots__ = ("__weakref__", "path", "size")

    def __init__(self, path: str, size: int) -> None:
        self.path, self.size = path, size
        weakref.finalize(self, _delete, path)


def _length(source: bytes | _File) -> int:
    return len(source) if isinstance(source, bytes) else source.size


def _pieces_of(source: bytes | _File, first: int, last: int) -> Iterator[bytes]:
    if isinstance(source, bytes):
        if first == 0 and last == len(source) <= PIECE:
            yield source
            return
        for start in range(first, last, PIECE):
            yield source[start : min(start + PIECE, last)]
        return
    with open(source.path, "rb") as file:
        file.seek(first)
        while first < last and (piece := file.read(min(PIECE, last - first))):
            first += len(piece)
            yield piece


class BodyWriter:
    """Takes a body in pieces; `finish` makes it a `Body`, `discard` leaves nothing behind."""

    def __init__(self, spool: Spool, expected: int) -> None:
        self._path = "" if expected <= IN_MEMORY else spool.new_path()
        self._file: IO[bytes] = open(self._path, "xb") if self._path else io.BytesIO()  # noqa: SIM115
        self._spool = spool
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add `data`. Raises OSError if the disk is full."""
        if not self._path and self.size + len(data) > IN_MEMORY:
            self._move_to_disk()
        self._file.write(data)
        self.size += len(data)

    def finish(self) -> Body:
        """The body, complete. The writer is used up."""
        if isinstance(self._file, io.BytesIO):
            return Body(self._file.getvalue())
        self._file.close()
        return Body(_File(self._path, self.size))

    def discard(self) -> None:
        """Forget what has been written."""
        self._file.close()
        if self._path:
            _delete(self._path)

    def _move_to_disk(self) -> None:
        # A form's file, whose length nobody declared, turns out to be large.
        path = self._spool.new_path()
        file = open(path, "xb")  # noqa: SIM115
        if isinstance(self._file, io.BytesIO):
            file.write(self._file.getbuffer())
        self._path, self._file = path, file


class Spool:
    """A folder for large bodies, made when it is first needed and removed with its owner."""

    def __init__(self) -> None:
        self._folder = ""
        self._numbers = count()
        self._lock = threading.Lock()

    def writer(self, expected: int) -> BodyWriter:
        """Where a body of about `expected` bytes goes."""
        return BodyWriter(self, expected)

    def new_path(self) -> str:
        """The path of a file that does not exist yet. Raises OSError without a place for it."""
        with self._lock:
            if not self._folder or not os.path.isdir(self._folder):
                self._folder = tempfile.mkdtemp(prefix="strict-s3-")
                # At the end of the process too, which weakref.finalize sees to.
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            return os.path.join(self._folder, str(next(self._numbers)))


def _delete(path: str) -> None:
    # Windows keeps a file that somebody is still reading; the folder's end takes it along.
    with contextlib.suppress(OSError):
        os.unlink(path)
