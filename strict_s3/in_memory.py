"""A connection of urllib3's that reaches a service in this process by calling it: no socket.

What travels is HTTP/1.1: urllib3 writes a request's head, and the server's own parser reads it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from urllib3 import HTTPConnectionPool, HTTPHeaderDict
from urllib3.util.request import body_to_chunks

from .rules.errors import IncompleteBody, S3Error
from .rules.request import Request
from .server.call import Read
from .server.http.head import check_size, may_have_body, read_head, response_head
from .server.refusal import new_ids, refusal
from .server.response import Response

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection
else:  # In Pyodide, the other name is that of a class that asks the browser.
    from urllib3.connectionpool import HTTPConnection

LOOPBACK = "127.0.0.1"
Handle = Callable[[Request, Read], Response]


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int


class Pool(HTTPConnectionPool):
    """A pool of one connection to a service, with the settings of the `pool` that was asked."""

    def __init__(self, pool: HTTPConnectionPool, asked: Origin, handle: Handle) -> None:
        super().__init__(asked.host, asked.port, timeout=pool.timeout, retries=pool.retries)
        self.headers, self.scheme = pool.headers, asked.scheme
        self._handle = handle

    def _new_conn(self) -> _Connection:
        kind = _SecureConnection if self.scheme == "https" else _Connection
        return kind(self._handle, self.host, self.port)


class _Connection(HTTPConnection):
    """Sends a request to a service by calling it. For one request after another."""

    def __init__(self, handle: Handle, host: str, port: int | None) -> None:
        super().__init__(host, port)
        self._handle, self._wire = handle, _Wire()

    def connect(self) -> None:
        self.sock = self._wire

    @property
    def is_connected(self) -> bool:
        return self.sock is not None

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        chunked: bool = False,
        **options: Any,
    ) -> None:
        """urllib3 writes the head; the body is not sent but read, as the service asks for it."""
        pieces, length = body_to_chunks(body, method, self.blocksize)
        given = HTTPHeaderDict(headers or {})
        if not chunked and "content-length" not in given and "transfer-encoding" not in given:
            chunked = pieces is not None and length is None
            if length is not None:
                given["Content-Length"] = str(length)
        self._wire.sent.clear()
        super().request(method, url, None, given, chunked=chunked, **options)
        incoming = _Body(pieces or ())
        # What follows the head is an empty body in chunks.
        head = bytes(self._wire.sent).partition(b"\r\n\r\n")[0]
        self._wire.response = self._answer(b"%b\r\n\r\n" % head, incoming)
        if incoming.problem is not None:
            self.close()
            raise incoming.problem

    def _answer(self, head: bytes, incoming: _Body) -> Iterable[bytes]:
        """What the service answers to `head` and the body that comes in, as pieces of HTTP."""
        try:
            check_size(head.find(b"\n") + 1, len(head))
            request, framing = read_head(head, LOOPBACK)
        except S3Error as error:
            ids = new_ids()
            answer = refusal(error, ids)
            answer.headers += ids.headers()
            return _pieces(answer)
        incoming.limit(None if framing.chunked else framing.length)
        response = self._handle(request, incoming.read)
        return _pieces(response, with_body=request.method != "HEAD")


class _SecureConnection(_Connection):
    """The same for a public_url with https: what TLS there is, is in front of the S3."""

    default_port: ClassVar[int] = 443  # type: ignore[misc]


class _Wire:
    """What `http.client` takes for a socket: it keeps what is sent, and has the response."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.response: Iterable[bytes] = ()

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Pieces(self.response))

    def settimeout(self, seconds: float | None) -> None:
        """Nothing here waits."""

    def shutdown(self, how: int) -> None:
        """Nobody is at the other side."""

    def close(self) -> None:
        self.response = ()


class _Body:
    """A request's body, read from what the client gave for it."""

    def __init__(self, pieces: Iterable[bytes | str]) -> None:
        encoded = (p.encode() if isinstance(p, str) else p for p in pieces)
        self._file = io.BufferedReader(_Pieces(encoded))
        self._left: int | None = 0
        self.problem: BaseException | None = None

    def limit(self, length: int | None) -> None:
        """It has `length` bytes, or ends with what the client gave."""
        self._left = length

    def read(self, length: int) -> bytes:
        """`length` bytes; fewer only at the end. Raises IncompleteBody if the client fails."""
        if self._left is not None:
            length = min(length, self._left)
        try:
            data = self._file.read(length)
        except BaseException as problem:  # the client's own, which is for the client to see
            self.problem = problem
            raise IncompleteBody() from None
        if self._left is not None:
            self._left -= len(data)
        return data


class _Pieces(io.RawIOBase):
    """A file of an iterable's pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece).cast("B")
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def _pieces(response: Response, with_body: bool = True) -> Iterable[bytes]:
    head = response_head(response)
    if not with_body or not may_have_body(response):
        return (head,)
    body = (response.body,) if isinstance(response.body, bytes) else response.body
    return chain((head,), body)
