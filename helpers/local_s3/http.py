"""HTTP/1.1 for the gate: cheroot's threads and sockets, our reading of the request line.

cheroot (the server of CherryPy) is used without WSGI: a WSGI environ loses what signatures need,
the raw path and the spelling of header names.
"""

from __future__ import annotations

import os
import socket
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from cheroot.server import Gateway, HeaderReader, HTTPConnection, HTTPRequest, HTTPServer

from helpers.local_s3.gate import Gate
from helpers.local_s3.response import Response
from helpers.rules.errors import InvalidURI, S3Error
from helpers.rules.request import Request

MAX_HEADERS = 64 * 1024  # bytes of request line and headers
THREADS = 16
TIMEOUT = 60  # seconds that a silent connection is kept
# After an early refusal the rest of the body is read and thrown away for this long or this much,
# because closing a connection with unread data can destroy the answer on its way.
DRAIN_BYTES, DRAIN_SECONDS = 64 * 1024 * 1024, 5


class _Headers(HeaderReader):
    """Keeps every header line as it was sent, besides cheroot's own dict."""

    def __call__(self, rfile: Any, hdict: Any = None) -> Any:
        lines = _Lines(rfile)
        found = super().__call__(lines, hdict)
        found[b""] = lines.kept
        return found


class _Lines:
    def __init__(self, rfile: Any) -> None:
        self._rfile = rfile
        self.kept: list[tuple[str, str]] = []

    def readline(self) -> bytes:
        line: bytes = self._rfile.readline()
        name, colon, value = line.partition(b":")
        if colon:
            text = value.strip()
            try:
                decoded = text.decode()
            except UnicodeDecodeError:
                decoded = text.decode("latin-1")
            self.kept.append((name.strip().lower().decode("latin-1"), decoded))
        return line


class _HTTPRequest(HTTPRequest):
    header_reader = _Headers()

    def read_request_line(self) -> bool:
        """Method, raw target and protocol. cheroot's own version refuses keys with ``//``."""
        line = self.rfile.readline()
        if line == b"\r\n":  # one empty line before a request is allowed
            line = self.rfile.readline()
        self.started_request = True
        if not line:
            return False
        parts = line.strip().split(b" ")
        if len(parts) != 3 or parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
            self.refuse(InvalidURI())
            return False
        self.method, self.uri, self.request_protocol = parts
        self.response_protocol = self.request_protocol.decode()
        if not self.uri.startswith(b"/") or b"#" in self.uri:
            self.refuse(InvalidURI(URI=self.uri.decode("latin-1")))
            return False
        return True

    def read_request_headers(self) -> bool:
        # cheroot answers "100 Continue" at once; here it is sent when the body is first wanted,
        # so that a refused upload is never sent at all.
        server_says_yes = self.conn.wfile.write
        held: list[bytes] = []
        self.conn.wfile.write = held.append
        try:
            success: bool = super().read_request_headers()  # type: ignore[no-untyped-call]
        finally:
            self.conn.wfile.write = server_says_yes
        self.continues = b"".join(held) if success else b""
        if not success:
            self.refuse(S3Error("The headers of the request could not be read."))
        elif (
            b"Content-Length" in self.inheaders and not self.inheaders[b"Content-Length"].isdigit()
        ):
            self.refuse(S3Error("The Content-Length of the request is not a number of bytes."))
            return False
        return success

    def simple_response(self, status: Any, msg: str = "") -> None:
        """Every answer that cheroot would give by itself, in S3's form."""
        error = S3Error(msg or str(status))
        self.refuse(error, str(status)[:3])

    def refuse(self, error: S3Error, status: str = "400") -> None:
        body = error.to_xml()
        head = (
            f"HTTP/1.1 {status} {error.code}\r\nContent-Type: application/xml\r\n"
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
            tuple(req.inheaders[b""]),
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

    def read(self, length: int) -> bytes:
        if not self._asked:
            self._asked = True
            self._req.conn.wfile.write(self._req.continues)
        data: bytes = self._req.rfile.read(length)
        return data

    @property
    def unread(self) -> bool:
        """True if the client may still be sending."""
        if self._req.chunked_read:
            return not getattr(self._req.rfile, "closed", False)
        return bool(getattr(self._req.rfile, "remaining", 0))

    @property
    def never_asked(self) -> bool:
        return not self._asked


def _send(req: Any, request: Request, response: Response, body: _Body) -> None:
    status = response.status
    headers = [(name.encode(), _latin1(value)) for name, value in response.headers]
    headers.append((b"server", b"AmazonS3"))
    length = response.content_length()
    if status not in (204, 304):
        headers.append((b"content-length", str(length).encode()))
    early = body.unread
    if early:
        req.close_connection = True
    req.status = f"{status} {HTTPStatus(status).phrase}".encode()
    req.outheaders = headers
    req.ensure_headers_sent()
    if request.method != "HEAD" and status not in (204, 304):
        pieces = [response.body] if isinstance(response.body, bytes) else response.body
        for piece in pieces:
            req.conn.wfile.write(piece)
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
        connection.settimeout(DRAIN_SECONDS)
        left = DRAIN_BYTES
        while left > 0 and (data := connection.recv(65536)):
            left -= len(data)
    except OSError:
        pass


class _Connection(HTTPConnection):
    RequestHandlerClass = _HTTPRequest


class Server(HTTPServer):
    """The gate, listening on 127.0.0.1."""

    ConnectionClass = _Connection

    def __init__(self, gate: Gate, port: int = 0) -> None:
        """Raises OSError if the port is taken."""
        with socket.socket() as probe:  # cheroot would leave its socket open when this fails
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        super().__init__(("127.0.0.1", port), _Gateway, minthreads=THREADS, maxthreads=THREADS)
        self.gate = gate
        self.max_request_header_size = MAX_HEADERS
        self.request_queue_size = 256
        self.timeout = TIMEOUT
        self.shutdown_timeout = 1
        self.keep_alive_conn_limit = 256
        self.prepare()

    def process_conn(self, conn: Any) -> None:
        """Give a connection to a worker thread, once it has something to say.

        cheroot gives new ones to a worker at once, which then waits; browsers open connections
        in advance, and a few dozen of those would hold every worker.
        """
        if conn.last_used is None and not conn.rfile.has_data():
            self._connections.put(conn)  # type: ignore[attr-defined]
        else:
            super().process_conn(conn)

    @property
    def port(self) -> int:
        return int(self.bind_addr[1])

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """cheroot's own complaints (a client that went away) are not the learner's concern."""
