"""One client's connection: bytes in, requests out; answers in, bytes out. The loop calls it.

IDLE -> HEAD -> (BODY) -> answered in the loop  -> SENDING -> IDLE
             -> BUSY, a worker answers it       -> SENDING -> IDLE, or DRAINING -> closed
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING

from ...rules.errors import RequestHeaderSectionTooLarge, RequestTimeout, S3Error
from ...rules.request import Request
from ..refusal import new_ids, refusal
from ..response import Response
from .body import ReceivedBody, StreamedBody
from .head import (
    MAX_HEADERS,
    Framing,
    RequestLine,
    may_have_body,
    read_headers,
    read_request_line,
    request_of,
    response_head,
)
from .stream import PROGRESS, Stream

if TYPE_CHECKING:
    from .loop import Server

# Seconds. A head is sent in one go by every client there is; ten seconds are a slow network.
HEAD_SECONDS = 10
IDLE_SECONDS = 60  # between two requests
BODY_SECONDS = 20  # without progress; S3 ends such requests after about as long
SEND_SECONDS = 60  # in which a client takes nothing of its answer
# After an early refusal the rest of the body is read and thrown away for this long or this much,
# because closing a connection with unread data can destroy the answer on its way.
DRAIN_BYTES, DRAIN_SECONDS = 64 * 1024 * 1024, 5

SMALL_BODY = 128 * 1024  # bytes: such a body is collected and answered in the loop
_RECEIVE = 64 * 1024  # bytes asked for at a time
_SEND_IN_A_TURN = 1024 * 1024  # bytes for one client before the next one's turn
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class State(Enum):
    """What a connection waits for."""

    IDLE = auto()  # a request
    HEAD = auto()  # the rest of a head
    BODY = auto()  # the rest of a small body
    BUSY = auto()  # a worker, who has the socket meanwhile
    SENDING = auto()  # the client, who takes its answer
    DRAINING = auto()  # the end of what nobody wants


class Connection:
    """The state of one client. All methods but `_answer_in_a_worker` run in the loop's thread."""

    __slots__ = (
        "_body_came",
        "_buffer",
        "_close",
        "_drain",
        "_drained",
        "_framing",
        "_line_checked",
        "_old",
        "_out",
        "_pieces",
        "_request",
        "_scanned",
        "_server",
        "_source_ip",
        "deadline",
        "socket",
        "state",
    )

    def __init__(self, server: Server, connection: socket.socket, source_ip: str) -> None:
        self.socket, self._server, self._source_ip = connection, server, source_ip
        self._buffer = b""
        self._scanned = 0  # where to look for the end of the head from
        self._line_checked = False
        self._request: Request | None = None
        self._framing = Framing(0, False, False, False)
        self._old = False  # HTTP/1.0
        self._body_came = 0
        self._out: bytes | memoryview = b""
        self._pieces: Iterator[bytes] | None = None
        self._close = False  # after this answer
        self._drain = False
        self._drained = 0
        self._wait(State.IDLE, IDLE_SECONDS)

    # From the loop.

    def readable(self) -> None:
        """Something has come, or the client has ended."""
        try:
            data = self.socket.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if self.state is State.DRAINING:
            self._drained += len(data)
            if not data or self._drained > DRAIN_BYTES:
                self._server.drop(self)
        elif not data and self.state is State.BODY:
            self._answer(self._buffer, close=True)  # that its body is incomplete
        elif not data:
            self._server.drop(self)
        else:
            self._buffer = self._buffer + data if self._buffer else data
            self._advance()

    def writable(self) -> None:
        """The client takes more of its answer."""
        self._send()

    def expired(self) -> None:
        """The deadline of its state has passed."""
        if self.state in (State.HEAD, State.BODY):
            self._refuse(RequestTimeout())
        else:
            self._server.drop(self)

    def dropped(self) -> None:
        """Let go of everything."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()  # a generator, which may hold an open file
        self._pieces = self._request = None
        self._buffer = self._out = b""
        self.socket.close()

    # Requests.

    def _advance(self) -> None:
        """Answer as many requests as have come, up to one that has to wait for something."""
        while self.state in (State.IDLE, State.HEAD, State.BODY):
            if self._request is None and not self._read_head():
                return
            assert self._request is not None
            framing = self._framing
            if framing.chunked or framing.expects_continue or framing.length > SMALL_BODY:
                self._hand_over()
                return
            if len(self._buffer) < framing.length:
                self._wait_for_body()
                return
            if not _is_quick(self._request):
                self._hand_over()
                return
            body, self._buffer = self._buffer[: framing.length], self._buffer[framing.length :]
            self._answer(body, framing.close)

    def _answer(self, body: bytes, close: bool) -> None:
        """Answer the request here and now."""
        request, self._request = self._request, None
        assert request is not None
        read = ReceivedBody(body).read
        self.respond(request, self._server.handler.handle(request, read), close)

    def _read_head(self) -> bool:
        """True if a head is complete; it is `_request` and `_framing` then."""
        if self.state is State.IDLE and self._buffer[:2] == b"\r\n":
            self._buffer = self._buffer[2:]  # one empty line before a request is allowed
        if not self._buffer:
            return False
        try:
            found = _END_OF_HEAD.search(self._buffer, self._scanned)
            if (found.end() if found else len(self._buffer)) > MAX_HEADERS:
                raise RequestHeaderSectionTooLarge(MaxSizeAllowed=MAX_HEADERS)
            if found is None:
                self._wait_for_head()
                return False
            lines = io.BytesIO(self._buffer[: found.end()])
            line = read_request_line(lines.readline())
            headers, self._framing = read_headers(lines.readline, line.protocol)
        except S3Error as error:
            self._refuse(error)
            return False
        self._buffer = self._buffer[found.end() :]
        self._scanned, self._line_checked = 0, False
        self._begin(line, request_of(line, headers, self._source_ip))
        return True

    def _begin(self, line: RequestLine, request: Request) -> None:
        self._request, self._old, self._body_came = request, line.protocol != b"HTTP/1.1", 0

    def _wait_for_head(self) -> None:
        self._scanned = max(len(self._buffer) - 2, 0)
        if not self._line_checked and b"\n" in self._buffer:
            # What is no request at all is refused at once, not when its time is up.
            read_request_line(self._buffer[: self._buffer.index(b"\n") + 1])
            self._line_checked = True
        if self.state is State.IDLE:
            self._wait(State.HEAD, HEAD_SECONDS)

    def _wait_for_body(self) -> None:
        # Time begins anew with progress, not with every byte.
        if self.state is not State.BODY or len(self._buffer) - self._body_came >= PROGRESS:
            self._body_came = len(self._buffer)
            self._wait(State.BODY, BODY_SECONDS)

    def _hand_over(self) -> None:
        self._wait(State.BUSY, 0)
        self._server.run(self, self._answer_in_a_worker)

    def _answer_in_a_worker(self) -> None:
        request = self._request
        assert request is not None
        stream = Stream(self.socket, BODY_SECONDS, self._buffer)
        body = StreamedBody(stream, self._framing)
        response = self._server.handler.handle(request, body.read)
        buffer = stream.close()

        def finish() -> None:
            self._request, self._buffer = None, buffer
            self._drain = body.still_coming
            self.respond(request, response, self._framing.close or body.unread)

        self._server.call(self, finish)

    # Answers.

    def respond(self, request: Request, response: Response, close: bool) -> None:
        """Begin to send an answer; the connection is closed after it if `close`."""
        self._close = close
        connection = []
        if close:
            connection.append(b"connection: close")
        elif self._old:
            connection.append(b"connection: keep-alive")
        head = response_head(response, *connection)
        if request.method == "HEAD" or not may_have_body(response):
            self._out = head
        elif isinstance(response.body, bytes):
            self._out = head + response.body
        else:
            self._out, self._pieces = head, response.body
        self._wait(State.SENDING, SEND_SECONDS)
        self._send()

    def _refuse(self, error: S3Error) -> None:
        """Answer and close: where the next request begins is not known."""
        ids = new_ids()
        answer = refusal(error, ids)
        answer.add([("x-amz-request-id", ids.request_id), ("x-amz-id-2", ids.host_id)])
        self._request, self._drain = None, True
        self.respond(Request("GET", "/"), answer, True)

    def _send(self) -> None:
        """Send what the client takes, within one turn."""
        left = _SEND_IN_A_TURN
        while left > 0:
            if not self._out and not self._next_piece():
                self._sent()
                return
            try:
                sent = self.socket.send(self._out)
            except BlockingIOError:
                break
            except OSError:
                self._server.drop(self)
                return
            left -= sent
            self.deadline = self._server.now() + SEND_SECONDS
            self._out = b"" if sent == len(self._out) else memoryview(self._out)[sent:]
        self._server.watch(self, writing=True)

    def _next_piece(self) -> bool:
        if self._pieces is None:
            return False
        try:
            self._out = next(self._pieces)
        except StopIteration:
            self._pieces = None
            return False
        except Exception:  # a body that cannot be read any more: the client sees it cut off
            self._close, self._drain, self._pieces = True, False, None
            return False
        return True

    def _sent(self) -> None:
        """The answer is out."""
        if not self._close:
            self._wait(State.IDLE, IDLE_SECONDS)
            self._server.watch(self, writing=False)
            if self._buffer:
                self._server.soon(self, self._advance)
        elif self._drain:
            self._begin_to_drain()
        else:
            self._server.drop(self)

    def _begin_to_drain(self) -> None:
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._server.drop(self)
            return
        self._buffer = b""
        self._wait(State.DRAINING, DRAIN_SECONDS)
        self._server.watch(self, writing=False)

    def _wait(self, state: State, seconds: float) -> None:
        self.state = state
        self.deadline = time.monotonic() + seconds


def _is_quick(request: Request) -> bool:
    """True if the loop can answer it itself: no operation that reads or hashes whole objects.

    Copies do, and what is sent by POST: completing an upload, deleting a thousand keys, IAM.
    """
    if request.method == "POST" or "copy-source" in request.query_string.lower():
        return False
    return "x-amz-copy-source" not in request.header_map
