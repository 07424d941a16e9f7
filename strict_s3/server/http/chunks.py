"""A request's body that comes in chunks: ``Transfer-Encoding: chunked`` (RFC 9112, section 7.1).

This is HTTP's own framing; S3's, aws-chunked, is undone in ``rules/payload.py``, perhaps within it.
In place of cheroot's own reader, which takes ``+5``, ``0x5`` and ``-5`` for sizes, calls a client's
broken chunk an error of the server, and leaves trailers to be read as the next request.
"""

from __future__ import annotations

import re

from ...rules.errors import NOT_HTTP, BadRequest, IncompleteBody
from .head import FIELD_NAME
from .stream import Stream

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r\n").fullmatch
_LONGEST_LINE = 4 * 1024  # bytes of a chunk's size and extensions
_MAX_TRAILERS = 64 * 1024  # bytes of all of them; they are thrown away


class Chunks:
    """The body's data, without its chunks. `closed` once all of the body has been read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._left = 0  # bytes of the chunk that are not read yet
        self.closed = False

    def read(self, size: int) -> bytes:
        """`size` bytes; fewer only at the end. Raises BadRequest, IncompleteBody."""
        pieces = []
        while size and (self._left or self._begin_chunk()):
            piece = self._stream.read(min(size, self._left))
            if not piece:
                raise _ended()
            pieces.append(piece)
            size -= len(piece)
            self._left -= len(piece)
            if not self._left and self._line(2) != b"\r\n":
                raise _broken()
        return b"".join(pieces)

    def _begin_chunk(self) -> bool:
        if self.closed:
            return False
        found = _SIZE(self._line(_LONGEST_LINE))
        if not found:
            raise _broken()
        self._left = int(found[1], 16)
        if not self._left:
            self._skip_trailers()
            self.closed = True
        return bool(self._left)

    def _skip_trailers(self) -> None:
        left = _MAX_TRAILERS
        while (line := self._line(left)) != b"\r\n":
            left -= len(line)
            # A line that is no header is perhaps the next request, and not to be thrown away.
            name, colon, _ = line.partition(b":")
            if left <= 0 or not line.endswith(b"\r\n") or not colon or not FIELD_NAME(name):
                raise _broken()

    def _line(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        if len(line) < limit and not line.endswith(b"\n"):
            raise _ended()
        return line


def _broken() -> BadRequest:
    return BadRequest(NOT_HTTP)


def _ended() -> IncompleteBody:
    return IncompleteBody("The request body terminated unexpectedly")
