"""One client's connection: bytes in, requests out; answers in, bytes out. The loop calls it.

IDLE -> HEAD -> (BODY) -> answered in the loop  -> SENDING -> IDLE, or DRAINING -> closed
             -> BUSY, a worker answers it       -> SENDING -> IDLE, or DRAINING -> closed
"""

from __future__ import annotations

import contextlib
import logging
import math
import re
import socket
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING, NoReturn

from ...rules.errors import (
    InvalidURI,
    RequestTimeout,
    S3Error,
    SlowDown,
)
from ...rules.request import Request
from ..refusal import new_ids, refusal
from ..response import Response
from .body import CONTINUE, ReceivedBody, StreamedBody
from .head import (
    MAX_HEADERS,
    STARTS_REQUEST,
    Framing,
    check_size,
    may_have_body,
    read_head,
    read_request_line,
    response_head,
)
from .stream import PROGRESS, Stream

if TYPE_CHECKING:
    from .loop import Server

log = logging.getLogger(__name__)


class State(Enum):
    """What a connection waits for."""

    IDLE = auto()  # a request
    HEAD = auto()  # the rest of a head
    BODY = auto()  # the rest of a small body
    BUSY = auto()  # a worker, which has the socket meanwhile
    SENDING = auto()  # the client, to accept the rest of its answer
    DRAINING = auto()  # the end of what nobody wants


# Seconds without progress after which a connection is ended. Clients send a head in one go, so
# that ten seconds are a slow network. S3 ends a body that has stopped after about 20.
PATIENCE: dict[State, float] = {
    State.IDLE: 60,
    State.HEAD: 10,
    State.BODY: 20,
    State.BUSY: math.inf,  # its worker has a patience of its own
    State.SENDING: 60,
    State.DRAINING: 5,
}
# After an early refusal the rest of the body is read and thrown away, because closing a connection
# with unread data can destroy the answer on its way; but not more than this.
DRAIN_BYTES = 64 * 1024 * 1024

SMALL_BODY = 128 * 1024  # bytes: such a body is collected and answered in the loop
_RECEIVE = 64 * 1024  # bytes asked for at a time
_IN_ONE_GO = 16 * 1024  # bytes of a body that are copied behind the head, to be sent together
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class _BodyMissing(BaseException):
    """An operation has asked for a body that has not come; no `except Exception` must see it."""


class Connection:
    """The state of one client. Everything but `_answer_in_a_worker` runs in the loop's thread."""

    __slots__ = (
        "_ask",
        "_body_came",
        "_buffer",
        "_close",
        "_drain",
        "_drained",
        "_framing",
        "_line_checked",
        "_out",
        "_pieces",
        "_request",
        "_scanned",
        "_server",
        "_source_ip",
        "since",
        "socket",
        "state",
    )

    def __init__(self, server: Server, connection: socket.socket, source_ip: str) -> None:
        self.socket, self._server, self._source_ip = connection, server, source_ip
        self._buffer = bytearray()
        self._scanned = 0  # where to look for the end of the head from
        self._line_checked = False
        self._request: Request | None = None
        self._framing = Framing(0, False, False, False, True)
        self._ask = False  # the client waits to be asked for the body
        self._body_came = 0
        self._out: bytes | memoryview = b""
        self._pieces: Iterator[bytes] | None = None
        self._close = False  # after this answer
        self._drain = False  # before that: more may come, which must not destroy the answer
        self._drained = 0
        self._wait(State.IDLE)

    # From the loop.

    def readable(self) -> None:
        """Something has come, or the client has ended."""
        if self.state is State.IDLE and self._buffer:
            return  # the next request has come already, and is about to have its turn
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
        elif data:
            self._buffer += data
            self._advance()
        elif self.state is State.BODY:
            self._answer(bytes(self._buffer), close=True)  # that its body is incomplete
        else:
            self._server.drop(self)

    def writable(self) -> None:
        """The client accepts more of its answer."""
        self._send()

    def expired(self) -> None:
        """It has made no progress for as long as there is patience for its state."""
        if self.state in (State.HEAD, State.BODY):
            self._refuse(RequestTimeout())
        else:
            self._server.drop(self)

    def dropped(self) -> None:
        """Let go of everything."""
        self._pieces = self._request = None
        self._buffer, self._out = bytearray(), b""
        self.socket.close()  # which a worker that waits for it will notice

    def slow_down(self) -> None:
        """Refuse the request: the system gives no thread to answer it in."""
        self._refuse(SlowDown())

    # Requests.

    def _advance(self) -> None:
        """Go on with the next request: answer it, or wait for what it lacks."""
        if self.state not in (State.IDLE, State.HEAD, State.BODY):
            return
        if self._request is None:
            self._read_head()
            if self._request is None:
                return
        framing = self._framing
        if framing.chunked or framing.length > SMALL_BODY:
            self._hand_over()
        elif len(self._buffer) < framing.length:
            self._wait_for_body()
        elif not _is_quick(self._request):
            self._hand_over()
        else:
            body = bytes(self._buffer[: framing.length])
            del self._buffer[: framing.length]
            self._answer(body, framing.close)

    def _answer(self, body: bytes, close: bool) -> None:
        """Answer the request here and now."""
        request, self._request = self._request, None
        assert request is not None
        read = ReceivedBody(body).read
        self.respond(request, self._server.handler.handle(request, read), close)

    def _read_head(self) -> None:
        """Find the next request, if all of its head has come."""
        if not self._scanned and self._buffer.startswith(b"\r\n"):
            del self._buffer[:2]  # an empty line before a request is allowed
        if not self._buffer:
            return
        try:
            found = _END_OF_HEAD.search(self._buffer, self._scanned)
            end = found.end() if found else len(self._buffer)
            if end > MAX_HEADERS:
                check_size(self._buffer.find(b"\n") + 1, end)
            if found is None:
                self._wait_for_head()
                return
            head = bytes(self._buffer[:end])
            self._request, self._framing = read_head(head, self._source_ip)
        except S3Error as error:
            self._refuse(error)
            return
        del self._buffer[:end]
        self._scanned, self._line_checked = 0, False
        self._ask, self._body_came = self._framing.expects_continue, 0

    def _wait_for_head(self) -> None:
        # What is no request at all is refused at once, not when its time is up.
        if not self._line_checked:
            if self._buffer[0] not in STARTS_REQUEST and self._buffer != b"\r":  # TLS, for one
                raise InvalidURI()
            end = self._buffer.find(b"\n", self._scanned) + 1
            if end:
                read_request_line(bytes(self._buffer[:end]))
                self._line_checked = True
        self._scanned = max(len(self._buffer) - 2, 0)
        if self.state is State.IDLE:
            self._wait(State.HEAD)

    def _wait_for_body(self) -> None:
        if self._ask and not self._buffer and not self._ask_for_body():
            return
        # Patience begins anew with progress, not with every byte.
        if self.state is not State.BODY or len(self._buffer) - self._body_came >= PROGRESS:
            self._body_came = len(self._buffer)
            self._wait(State.BODY)

    def _ask_for_body(self) -> bool:
        """Send "100 Continue", unless the request is refused without its body: then False.

        To find that out, the operation is begun; when it wants the body it is given up, and begun
        again with the body.
        """
        request, self._ask = self._request, False
        assert request is not None
        if _is_quick(request):
            with contextlib.suppress(_BodyMissing):
                response = self._server.handler.handle(request, _missing)
                self._request, self._drain = None, True
                self.respond(request, response, True)
                return False
        # If its last answer fills the socket, it is not asked: it may send all the same.
        with contextlib.suppress(BlockingIOError):
            self.socket.send(CONTINUE)
        return True

    def _hand_over(self) -> None:
        self._wait(State.BUSY)
        self._server.run(self, self._answer_in_a_worker)

    def _answer_in_a_worker(self) -> Callable[[], None]:
        """Answer the request in another thread; returns what the loop does then."""
        request = self._request
        assert request is not None
        stream = Stream(self.socket, self._server.patience, bytes(self._buffer))
        body = StreamedBody(stream, self._framing)
        response = self._server.handler.handle(request, body.read)
        rest = bytearray(stream.close())

        def finish() -> None:
            self._request, self._buffer = None, rest
            self._drain = body.unread
            self.respond(request, response, self._framing.close or body.unread)

        return finish

    # Answers.

    def respond(self, request: Request, response: Response, close: bool) -> None:
        """Begin to send an answer; the connection is closed after it if `close`."""
        self._close = close
        self._drain = self._drain or bool(self._buffer)
        connection = []
        if close:
            connection.append(b"connection: close")
        elif not self._framing.current:
            connection.append(b"connection: keep-alive")
        self._out = response_head(response, *connection)
        if request.method != "HEAD" and may_have_body(response):
            if not isinstance(response.body, bytes):
                self._pieces = response.body
            elif len(response.body) <= _IN_ONE_GO:
                self._out += response.body
            else:
                self._pieces = iter((response.body,))
        self._wait(State.SENDING)
        self._send()

    def _refuse(self, error: S3Error) -> None:
        """Answer and close: where the next request begins is not known."""
        ids = new_ids()
        answer = refusal(error, ids)
        answer.headers += ids.headers()
        self._request, self._drain = None, True
        self.respond(Request("GET", "/"), answer, True)

    def _send(self) -> None:
        """Send what the client accepts, within one turn."""
        left = self._server.share
        while left > 0:
            if not self._out and not self._next_piece():
                self._sent()
                return
            try:
                sent = self.socket.send(self._out if len(self._out) <= left else self._out[:left])
            except BlockingIOError:
                break
            except OSError:
                self._server.drop(self)
                return
            left -= sent
            self.since = self._server.now()
            self._out = b"" if sent == len(self._out) else memoryview(self._out)[sent:]
        self._server.watch(self, writing=True)

    def _next_piece(self) -> bool:
        if self._pieces is None:
            return False
        try:
            self._out = memoryview(next(self._pieces))
        except StopIteration:
            self._pieces = None
            return False
        except Exception:  # the client sees its body cut off
            log.exception("a body cannot be read")
            self._close, self._drain, self._pieces = True, False, None
            return False
        return True

    def _sent(self) -> None:
        """The answer is out."""
        if not self._close:
            self._drain = False
            self._wait(State.IDLE)
            self._server.watch(self, writing=False)
            if self._buffer:  # but the others have their turns first
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
        self._buffer = bytearray()
        self._wait(State.DRAINING)
        self._server.watch(self, writing=False)

    def _wait(self, state: State) -> None:
        self.state, self.since = state, self._server.now()


def _missing(size: int) -> NoReturn:
    raise _BodyMissing


def _is_quick(request: Request) -> bool:
    """True if the loop can answer it itself: no operation that reads or hashes whole objects.

    Copies do, and what is sent by POST: completing an upload, deleting a thousand keys, IAM.
    """
    if request.method == "POST" or "copy-source" in request.query_string.lower():
        return False
    return "x-amz-copy-source" not in request.header_map
