"""HTTP/1.1 for the gate: cheroot's threads and sockets, our reading of the request line.

cheroot (the server of CherryPy) is used without WSGI: a WSGI environ loses what signatures need,
the raw path and the spelling of header names.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from cheroot.server import Gateway, HTTPConnection, HTTPRequest

from ...rules.errors import (
    BadRequest,
    IncompleteBody,
    InternalError,
    InvalidURI,
    NotImplementedByS3,
    RequestHeaderSectionTooLarge,
    RequestTimeout,
    S3Error,
)
from ...rules.request import Request
from ..gate import Gate, new_request_id
from ..response import Response
from .chunks import FIELD_NAME, Chunks
from .local_server import LocalServer
from .stream import Stream

MAX_HEADERS = 64 * 1024  # bytes of request line and headers
THREADS = 16
LINGER = 0.01  # seconds that a worker waits for a connection's next request
TIMEOUT = 60  # seconds that a silent connection is kept
# After an early refusal the rest of the body is read and thrown away for this long or this much,
# because closing a connection with unread data can destroy the answer on its way.
DRAIN_BYTES, DRAIN_SECONDS = 64 * 1024 * 1024, 5


_NOT_HTTP = "An error occurred when parsing the HTTP request."
# What is answered where cheroot would answer with this status.
_ANSWERS: dict[str, Callable[[str], S3Error]] = {
    "408": lambda _: RequestTimeout(),
    "413": lambda _: RequestHeaderSectionTooLarge(MaxSizeAllowed=MAX_HEADERS),
    "414": lambda _: RequestHeaderSectionTooLarge(MaxSizeAllowed=MAX_HEADERS),
    "500": lambda _: InternalError(),
}


class _BrokenHeaders(Exception):
    """Header lines that HTTP does not allow."""


# RFC 9112, section 3. S3 takes a target with bytes over 127 too, but no control characters.
_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) (HTTP/1\.[01])\r\n"
).fullmatch
_BAD_VALUE = re.compile(rb"[\x00\r\n]")


def _read_headers(readline: Callable[[], bytes]) -> list[tuple[str, str]]:
    """(lower-case name, value) of every header line, in order, up to the empty line.

    Strict where laxness would let two readers see two requests (RFC 9112, "Field Syntax"): no
    folded lines, no space before the colon, no bare line feeds. Raises `_BrokenHeaders`.
    """
    found = []
    while (line := readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if line[-2:] != b"\r\n" or not FIELD_NAME(name):
            raise _BrokenHeaders
        value = value[:-2].strip(b" \t")
        if _BAD_VALUE.search(value):
            raise _BrokenHeaders
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        found.append((name.decode().lower(), text))
    return found


def _body_length(headers: Mapping[str, list[str]]) -> int:
    """Content-Length, 0 without one. Raises `_BrokenHeaders` if it is not one number."""
    lengths = headers.get("content-length", ["0"])
    text = lengths[0]
    if len(set(lengths)) > 1 or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _BrokenHeaders
    return int(text)


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
        found = _REQUEST_LINE(line)
        if not found:
            self.refuse(InvalidURI())
            return False
        self.method, self.uri, self.request_protocol = found.groups()
        self.response_protocol = self.request_protocol.decode()
        if not self.uri.startswith(b"/") or b"#" in self.uri:
            self.refuse(InvalidURI(URI=self.uri.decode("latin-1")))
            return False
        return True

    def read_request_headers(self) -> bool:
        """The headers, and what they say about the body and the connection."""
        try:
            self.headers = tuple(_read_headers(self._line))
            by_name: dict[str, list[str]] = {}
            for name, value in self.headers:
                by_name.setdefault(name, []).append(value)
            length = _body_length(by_name)
            if "transfer-encoding" in by_name and "content-length" in by_name:
                raise _BrokenHeaders  # which of the two ends the body?
            current = self.response_protocol == "HTTP/1.1"
            if len(by_name.get("host", ())) != 1 and (current or "host" in by_name):
                raise _BrokenHeaders  # RFC 9112, section 3.2: exactly one
        except _BrokenHeaders:
            self.refuse(BadRequest(_NOT_HTTP))
            return False
        coding = ",".join(by_name.get("transfer-encoding", ())).lower()
        if coding not in ("", "chunked"):
            self.refuse(NotImplementedByS3(Header="Transfer-Encoding"))
            return False
        self.chunked_read = bool(coding)
        self.inheaders[b"Content-Length"] = length  # for cheroot
        wishes = {
            word.strip().lower() for word in ",".join(by_name.get("connection", ())).split(",")
        }
        self.close_connection = "close" in wishes or not (current or "keep-alive" in wishes)
        if current and "100-continue" in (text.lower() for text in by_name.get("expect", ())):
            # cheroot would answer at once; here it is sent when the body is first wanted, so that
            # a refused upload is never sent at all.
            self.continues = b"HTTP/1.1 100 Continue\r\n\r\n"
        return True

    def simple_response(self, status: Any, msg: str = "") -> None:
        """Every answer that cheroot would give by itself, in S3's form."""
        self.refuse(_ANSWERS.get(str(status)[:3], BadRequest)(_NOT_HTTP))

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
        target = req.uri.decode("latin-1")
        if not target.isascii():
            target = quote(req.uri, safe="/?&=%:@!$'()*+,;~-._")
        path, _, query = target.partition("?")
        request = Request(
            req.method.decode("latin-1"),
            path,
            query,
            req.headers,
            source_ip=req.conn.remote_addr or "127.0.0.1",
        )
        body = _Body(req)
        response = req.server.gate.handle(request, body.read)
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
    status = response.status
    early = body.unread
    if early or not req.server.can_add_keepalive_connection:
        req.close_connection = True
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [b"%b: %b" % (name.encode(), _latin1(value)) for name, value in response.headers]
    lines += [b"server: AmazonS3", b"date: %b" % formatdate(usegmt=True).encode()]
    has_body = status not in (204, 304)
    if has_body:
        lines.append(b"content-length: %d" % response.content_length())
    if req.close_connection:
        lines.append(b"connection: close")
    elif req.response_protocol == "HTTP/1.0":
        lines.append(b"connection: keep-alive")
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    req.sent_headers = True
    write = req.conn.wfile.write
    if request.method == "HEAD" or not has_body:
        write(head)
    elif isinstance(response.body, bytes):
        write(head + response.body)
    else:
        write(head)
        for piece in response.body:
            write(piece)
    if early and not body.never_asked:
        _drain(req.conn.socket)


def _latin1(value: str) -> bytes:
    """A header value as bytes: Latin-1 if it fits, else the UTF-8 that S3 sends; no line breaks."""
    value = value.replace("\r", " ").replace("\n", " ")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()


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
    """The gate, listening on 127.0.0.1."""

    ConnectionClass = _Connection

    def __init__(self, gate: Gate, port: int = 0) -> None:
        """Raises OSError if the port is taken."""
        super().__init__(port, _Gateway, minthreads=THREADS, maxthreads=THREADS)
        self.gate = gate
        self.max_request_header_size = MAX_HEADERS
        self.request_queue_size = 256
        self.timeout = TIMEOUT
        self.shutdown_timeout = 0  # nobody waits for requests under way
        self.keep_alive_conn_limit = 256
        self.prepare()
