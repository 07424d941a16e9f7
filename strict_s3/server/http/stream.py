"""The bytes of a connection whose request a worker reads: a large body, or one in chunks."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable

# select() cannot watch a descriptor over 1023; Windows has nothing else, and no such limit.
_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)
_PIECE = 64 * 1024  # bytes asked for at a time
_LOOK_SECONDS = 1.0  # between two looks at the patience that is left
# Patience is for progress, not for single bytes: this much must come before it begins anew.
PROGRESS = 4 * 1024  # bytes


class Stream:
    """Reads a non-blocking socket; `TimeoutError` if hardly anything comes for a while.

    `patience` says for how many seconds, and may say fewer later. `data` is what has been read
    already. For one thread at a time.
    """

    def __init__(
        self, connection: socket.socket, patience: Callable[[], float], data: bytes = b""
    ) -> None:
        self._socket, self._patience = connection, patience
        self._incoming = _Selector()
        self._incoming.register(connection, selectors.EVENT_READ)
        self._data, self._at = data, 0  # what has come, and up to where it is read
        self._came, self._since = 0, time.monotonic()  # bytes since the last progress, and when

    def readline(self, limit: int = _PIECE) -> bytes:
        """Up to and with the next line feed, or `limit` bytes, or all there is before the end."""
        while True:
            end = self._data.find(b"\n", self._at, self._at + limit) + 1
            if end or len(self._data) - self._at >= limit:
                return self._take((end or self._at + limit) - self._at)
            more = self._receive(_PIECE)
            if not more:
                return self._take(len(self._data) - self._at)
            self._data, self._at = self._data[self._at :] + more, 0

    def read(self, size: int) -> bytes:
        """`size` bytes; fewer only at the end."""
        pieces = [self._take(min(size, len(self._data) - self._at))]
        missing = size - len(pieces[0])
        while missing and (piece := self._receive(missing)):
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def write(self, data: bytes) -> None:
        """Send all of `data`, a line or two."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                with _Selector() as outgoing:
                    outgoing.register(self._socket, selectors.EVENT_WRITE)
                    if not outgoing.select(self._patience()):
                        raise TimeoutError("timed out") from None

    def close(self) -> bytes:
        """Let go of the socket, which is not closed by this; returns what has not been read."""
        self._incoming.close()
        rest, self._data, self._at = self._data[self._at :], b"", 0
        return rest

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def _receive(self, size: int) -> bytes:
        while True:
            try:
                data = self._socket.recv(size)
            except BlockingIOError:
                self._await()
                continue
            self._came += len(data)
            if self._came >= PROGRESS:
                self._came, self._since = 0, time.monotonic()
            return data

    def _await(self) -> None:
        """Wait until something comes. Raises TimeoutError."""
        while True:
            left = self._since + self._patience() - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            if self._incoming.select(min(left, _LOOK_SECONDS)):
                return
