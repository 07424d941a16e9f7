"""HTTP/1.1 for the gate: cheroot's threads and sockets, our reading of the request line.

cheroot (the server of CherryPy) is used without WSGI: a WSGI environ loses what signatures need,
the raw path and the spelling of header names.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

from cheroot.server import Gateway, HTTPConnection, HTTPRequest

from ...rules.errors import (
    BadRequest,
    IncompleteBody,
    InternalError,
    RequestHeaderSectionTooLarge,
    RequestTimeout,
    S3Error,
)
from ...rules.request import Request
from ..gate import new_request_id
from ..response import Response
from .chunks import Chunks
from .head import (
    MAX_HEADERS,
    NOT_HTTP,
    RequestLine,
    may_have_body,
    read_headers,
    read_request_line,
    request_of,
    response_head,
)
from .local_server import LOOPBACK, LocalServer
from .stream import Stream

THREADS = 16
LINGER = 0.01  # seconds that a worker waits for a connection's next request
TIMEOUT = 60  # seconds that a silent connection is kept
# After an early refusal the rest of the body is read and thrown away for this long or this much,
# because closing a connection with unread data can destroy the answer on its way.
DRAIN_BYTES, DRAIN_SECONDS = 64 * 1024 * 1024, 5

# What is answered where cheroot would answer with this status.
_ANSWERS: dict[str, Callable[[str], S3Error]] = {
    "408": lambda _: RequestTimeout(),
    "413": lambda _: RequestHeaderSectionTooLarge(MaxSizeAllowed=MAX_HEADERS),
    "414": lambda _: RequestHeaderSectionTooLarge(MaxSizeAllowed=MAX_HEADERS),
    "500": lambda _: InternalError(),
}


class Handler(Protocol):
    """What answers the requests: the gate, or what stands in front of it."""

    def handle(self, request: Request, read: Callable[[int], bytes]) -> Response: ...


class _HTTPRequest(HTTPRequest):
    headers: tuple[tuple[str, str], ...] = ()
    continues = b""  # what to say when the body is first wanted

    def _line(self) -> bytes:
        # Without a limit cheroot's wrapper, which counts, would put it together from many pieces.
        line: bytes = self.rfile.readline(MAX_HEADERS + 1 - self.rfile.bytes_read)
        return line

    def read_request_line(self) -> bool:
        """Method, raw target and protocol. cheroot's own version refuses keys with ``//``."""
        line = self._line()
        if line == b"\r\n":  # one empty line before a request is allowed
            line = self._line()
        self.started_request = True
        if not line:
            return False
        try:
            parts = read_request_line(line)
        except S3Error as error:
            self.refuse(error)
            return False
        self.method, self.uri, self.request_protocol = parts
        self.response_protocol = self.request_protocol.decode()
        return True

    def read_request_headers(self) -> bool:
        """The headers, and what they say about the body and the connection."""
        try:
            self.headers, framing = read_headers(self._line, self.request_protocol)
        except S3Error as error:
            self.refuse(error)
            return False
        self.chunked_read = framing.chunked
        self.inheaders[b"Content-Length"] = framing.length  # for cheroot
        self.close_connection = framing.close
        if framing.expects_continue:
            # cheroot would answer at once; here it is sent when the body is first wanted, so that
            # a refused upload is never sent at all.
            self.continues = b"HTTP/1.1 100 Continue\r\n\r\n"
        return True

    def simple_response(self, status: Any, msg: str = "") -> None:
        """Every answer that cheroot would give by itself, in S3's form."""
        self.refuse(_ANSWERS.get(str(status)[:3], BadRequest)(NOT_HTTP))

    def refuse(self, error: S3Error) -> None:
        """Answer and close: where the next request begins is not known."""
        body = error.to_xml(request_id := new_request_id(), request_id)
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
            f"Content-Type: application/xml\r\nx-amz-request-id: {request_id}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.close_connection = True
        self.conn.wfile.write(head.encode() + body)


class _Gateway(Gateway):
    """One request from cheroot to the gate and back."""

    def respond(self) -> None:
        req = self.req
        line = RequestLine(req.method, req.uri, req.request_protocol)
        request = request_of(line, req.headers, req.conn.remote_addr or LOOPBACK)
        body = _Body(req)
        response = req.server.handler.handle(request, body.read)
        _send(req, request, response, body)


class _Body:
    """The request's body; asks for it ("100 Continue") when it is first read."""

    def __init__(self, req: Any) -> None:
        self._req = req
        self._asked = not req.continues
        self._data = Chunks(req.conn.rfile) if req.chunked_read else req.rfile

    def read(self, length: int) -> bytes:
        """Up to `length` bytes. Raises RequestTimeout, IncompleteBody: neither is our failure."""
        try:
            if not self._asked:
                self._asked = True
                self._req.conn.wfile.write(self._req.continues)
            data: bytes = self._data.read(length)
        except TimeoutError:
            raise RequestTimeout() from None
        except OSError:  # the client is gone
            raise IncompleteBody() from None
        return data

    @property
    def unread(self) -> bool:
        """True if the client may still be sending."""
        if isinstance(self._data, Chunks):
            return not self._data.closed
        return bool(self._data.remaining)

    @property
    def never_asked(self) -> bool:
        return not self._asked


def _send(req: Any, request: Request, response: Response, body: _Body) -> None:
    """Head and body; a small answer in one piece, so that it travels in one packet."""
    early = body.unread
    if early or not req.server.can_add_keepalive_connection:
        req.close_connection = True
    connection = []
    if req.close_connection:
        connection.append(b"connection: close")
    elif req.response_protocol == "HTTP/1.0":
        connection.append(b"connection: keep-alive")
    head = response_head(response, *connection)
    req.sent_headers = True
    write = req.conn.wfile.write
    if request.method == "HEAD" or not may_have_body(response):
        write(head)
    elif isinstance(response.body, bytes):
        write(head + response.body)
    else:
        write(head)
        for piece in response.body:
            write(piece)
    if early and not body.never_asked:
        _drain(req.conn.socket)


def _drain(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_WR)
        left, until = DRAIN_BYTES, time.monotonic() + DRAIN_SECONDS
        while left > 0 and (seconds := until - time.monotonic()) > 0:
            connection.settimeout(seconds)
            data = connection.recv(65536)
            if not data:
                break
            left -= len(data)
    except OSError:
        pass


class _Connection(HTTPConnection):
    RequestHandlerClass = _HTTPRequest

    def __init__(self, server: Any, connection: socket.socket, makefile: object = None) -> None:
        super().__init__(server, connection, lambda *_: None)
        self.rfile = self.wfile = Stream(connection, TIMEOUT)

    def communicate(self) -> bool:
        """Requests, one after another; True if more may come, and somebody else should watch.

        cheroot gives a connection back to its watching thread after every request, which costs
        more than the request: two changes of threads. A client that has more to ask mostly does
        so at once, so its worker waits for it a moment, if no one else is waiting for a worker.
        """
        while super().communicate():  # type: ignore[no-untyped-call]
            others = not self.server.requests._queue.empty()
            if others or not self.rfile.wait(LINGER):
                return True
        return False


class Server(LocalServer):
    """An HTTP server for `handler`, listening from the moment it is made."""

    ConnectionClass = _Connection

    def __init__(self, handler: Handler, port: int = 0, host: str = LOOPBACK) -> None:
        """Raises OSError if the port is taken or the host is not this computer's."""
        super().__init__(port, _Gateway, host=host, minthreads=THREADS, maxthreads=THREADS)
        self.handler = handler
        self.max_request_header_size = MAX_HEADERS
        self.request_queue_size = 256
        self.timeout = TIMEOUT
        self.shutdown_timeout = 0  # nobody waits for requests under way
        self.keep_alive_conn_limit = 256
        self.prepare()
