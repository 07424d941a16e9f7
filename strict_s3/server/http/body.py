"""A request's body as an operation reads it: already here, or read as it comes."""

from __future__ import annotations

from ...rules.errors import IncompleteBody, RequestTimeout
from .chunks import Chunks
from .head import Framing
from .stream import Stream

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class ReceivedBody:
    """A small body that has come as a whole."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; b"" at the end."""
        taken = self._data[self._at : self._at + size] if self._data else b""
        self._at += len(taken)
        return taken


class StreamedBody:
    """A body that a worker reads. It is asked for ("100 Continue") when it is first read."""

    def __init__(self, stream: Stream, framing: Framing) -> None:
        self._stream = stream
        self._chunks = Chunks(stream) if framing.chunked else None
        self._left = framing.length
        self._must_ask = framing.expects_continue

    def read(self, size: int) -> bytes:
        """Up to `size` bytes. Raises RequestTimeout, IncompleteBody, BadRequest."""
        try:
            if self._must_ask:
                self._must_ask = False
                self._stream.write(CONTINUE)
            if self._chunks is not None:
                return self._chunks.read(size)
            data = self._stream.read(min(size, self._left))
        except TimeoutError:
            raise RequestTimeout() from None
        except OSError:  # the client is gone
            raise IncompleteBody() from None
        self._left -= len(data)
        return data

    @property
    def unread(self) -> bool:
        """True if not all of it has been read: nobody knows where the next request begins."""
        return not self._chunks.closed if self._chunks is not None else self._left > 0
