"""A connection's bytes, both ways.

In place of cheroot's own file objects, which are written for every kind of socket: they go byte
by byte through what they read, and each of their calls tells the system twice whether it may wait.
With several clients that is a third of a small request's time, because every call into the system
lets another thread in.
"""

from __future__ import annotations

import selectors
import socket

# select() cannot watch a descriptor over 1023; Windows has nothing else, and no such limit.
_Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)
_PIECE = 64 * 1024  # bytes asked for at a time


class Stream:
    """Reads and writes a connected socket; `TimeoutError` if the other side is silent for long.

    `patience` is how long, in seconds. For one thread at a time.
    """

    def __init__(self, connection: socket.socket, patience: float) -> None:
        connection.settimeout(0)
        self._socket, self._patience = connection, patience
        self._incoming = _Selector()
        self._incoming.register(connection, selectors.EVENT_READ)
        self._data, self._at = b"", 0  # what has come, and up to where it is read
        self.closed = False

    def has_data(self) -> bool:
        """True if something has come that is not read yet."""
        return self._at < len(self._data)

    def wait(self, seconds: float) -> bool:
        """True if there is something to read, or the other side has ended, within `seconds`."""
        return self.has_data() or bool(self._incoming.select(seconds))

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
        """Send all of `data`."""
        sent = self._send(data)
        rest = memoryview(data)[sent:]
        while rest:
            rest = rest[self._send(rest) :]

    def close(self) -> None:
        """Let go of the socket, which is not closed by this."""
        if not self.closed:
            self.closed = True
            self._incoming.close()
            # Connections and requests refer to each other, and may stay for a while after this.
            self._data, self._at = b"", 0

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def _receive(self, size: int) -> bytes:
        while True:
            try:
                return self._socket.recv(size)
            except BlockingIOError:
                if not self._incoming.select(self._patience):
                    raise TimeoutError("timed out") from None

    def _send(self, data: bytes | memoryview) -> int:
        while True:
            try:
                return self._socket.send(data)
            except BlockingIOError:
                with _Selector() as outgoing:
                    outgoing.register(self._socket, selectors.EVENT_WRITE)
                    if not outgoing.select(self._patience):
                        raise TimeoutError("timed out") from None
