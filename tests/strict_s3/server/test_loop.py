"""The HTTP server's loop: what clients do to it, and that no client suffers from another."""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from strict_s3.rules.request import Request
from strict_s3.server.http import loop, workers
from strict_s3.server.http.connection import PATIENCE, SMALL_BODY, Connection, State
from strict_s3.server.http.head import MAX_HEAD, MAX_HEADERS
from strict_s3.server.http.loop import Server
from strict_s3.server.response import Response
from tests.strict_s3.waiting import wait_until

LARGE = SMALL_BODY + 1  # bytes: for a worker


class Handler:
    """Answers by the request's path, and remembers what it has seen."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.go = threading.Event()  # what /wait waits for
        self.waiting = threading.Event()
        self.closed = threading.Event()  # the generator of /download

    def handle(self, request: Request, read: Callable[[int], bytes]) -> Response:
        self.seen.append(request.path)
        name = request.path.split("/")[1]
        if name == "refuse":
            return Response(403, [], b"no")
        if name == "fail":
            raise RuntimeError("on purpose")
        if name == "wait":
            self.waiting.set()
            self.go.wait(10)
        if name == "download":
            return Response(200, [], self._pieces(), 64 * 2**20)
        if name == "broken":
            return Response(200, [], self._broken(), 8)
        if name == "none":
            return Response(204)
        data = b""
        while piece := read(65536):
            data += piece
        return Response(200, [], data or request.path.encode())

    def _pieces(self) -> Iterator[bytes]:
        try:
            for _ in range(64):
                yield b"x" * 2**20
        finally:
            self.closed.set()

    def _broken(self) -> Iterator[bytes]:
        yield b"half"
        raise OSError("the disk is gone")


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def server(handler) -> Iterator[Server]:
    made = Server(handler)
    thread = threading.Thread(target=made.serve)
    thread.start()
    yield made
    handler.go.set()
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


@contextlib.contextmanager
def wire(server: Server, sent: bytes = b"") -> Iterator[socket.socket]:
    """A connection, on which that has been sent."""
    with socket.create_connection(server.bind_addr, timeout=10) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.sendall(sent)
        yield made


def get(path: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: h", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def put(path: str, length: int, *headers: str, method: str = "PUT") -> bytes:
    """A head that announces a body."""
    return get(path, f"Content-Length: {length}", *headers, method=method)


class Responses:
    """Reads responses from a connection, one after another."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")

    def next(self, *, body: bool = True) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers; status 0 if the connection has ended."""
        line = self._file.readline()
        if not line:
            return 0, b"", {}
        headers = {}
        while (field := self._file.readline()) != b"\r\n":
            name, _, value = field.decode().partition(": ")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", 0)) if body else 0
        return int(line.split()[1]), self._file.read(size), headers

    def close(self) -> None:
        self._file.close()


def answer(connection: socket.socket, *, body: bool = True) -> tuple[int, bytes]:
    """Status and body of the next response."""
    responses = Responses(connection)
    try:
        return responses.next(body=body)[:2]
    finally:
        responses.close()


def alive(server: Server) -> bool:
    with wire(server, get("/alive", "Connection: close")) as one:
        return answer(one) == (200, b"/alive")


def deserted(server: Server) -> bool:
    """True once it has let go of every connection."""
    return wait_until(lambda: not server._connections)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# One connection.


def test_requests_are_answered_in_order_also_behind_a_workers(server):
    sent = [get(f"/{n}", method="POST" if n % 3 == 1 else "GET") for n in range(9)]
    sent[4] = get("/4", method="PUT", body=b"y" * LARGE)
    with wire(server, b"".join(sent)) as one:
        responses = Responses(one)
        got = [responses.next()[1] for _ in range(9)]
        responses.close()
    assert got == [b"/0", b"/1", b"/2", b"/3", b"y" * LARGE, b"/5", b"/6", b"/7", b"/8"]


def test_pipelined_requests_do_not_keep_the_others_waiting(server, handler):
    sent = get("/wait") + b"".join(get(f"/first/{n}") for n in range(200))
    with wire(server) as second, wire(server, sent) as first:
        assert handler.waiting.wait(10)
        second.sendall(get("/second"))
        handler.go.set()
        assert answer(second) == (200, b"/second")
        assert handler.seen.index("/second") < 10
        responses = Responses(first)
        assert [responses.next()[0] for _ in range(201)] == [200] * 201
        responses.close()


def test_a_request_may_come_byte_by_byte(server):
    with wire(server) as one:
        for byte in get("/x", method="PUT", body=b"hello"):
            one.sendall(bytes([byte]))
        assert answer(one) == (200, b"hello")
        one.sendall(get("/y"))
        assert answer(one) == (200, b"/y")


@pytest.mark.parametrize("before", [[b"\r\n"], [b"\r", b"\n"]])
def test_an_empty_line_before_a_request_is_allowed(server, before):
    with wire(server) as one:
        for piece in before:
            one.sendall(piece)
        one.sendall(get("/x"))
        assert answer(one) == (200, b"/x")


class Dripping:
    """A socket from which bytes come one by one."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def recv(self, size: int) -> bytes:
        self._at += 1
        return self._data[self._at - 1 : self._at]


def test_a_dripped_head_or_body_is_not_scanned_again_for_each_byte(server):
    line = b"PUT /" + b"a" * (MAX_HEAD - MAX_HEADERS) + b" HTTP/1.1\r\nHost: h\r\n"
    data = line + b"A:\r\n" * (MAX_HEADERS // 4 - 40)
    dripped = Connection(server, Dripping(data), "127.0.0.1")
    began = time.thread_time()
    for _ in range(len(data)):
        dripped.readable()
    assert time.thread_time() - began < 2  # 0.2; scanned each time it would be a minute
    assert dripped.state is State.HEAD


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET / HTTP/1.1\nHost: h\n\n", 400, b"InvalidURI"),
        (b"GET / HTTP/1.1\r\nHost: h\n\r\n", 400, b"BadRequest"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"x" * MAX_HEADERS, 400, b"HeaderSectionTooLarge"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"x" * MAX_HEADERS + b"\r\n\r\n", 400, b"TooLarge"),
        (b"GET /" + b"a" * MAX_HEAD, 400, b"<MaxSizeAllowed>8192</MaxSizeAllowed>"),
        (b"\x16\x03\x01\x02", 400, b"InvalidURI"),  # the beginning of TLS
        (b"GET /\r\n", 400, b"InvalidURI"),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, b"BadRequest"),
    ],
)
def test_what_is_no_http_is_refused_at_once(server, sent, status, code):
    with wire(server, sent) as one:
        got = answer(one)
        assert (got[0], code in got[1]) == (status, True)
        assert one.recv(1) == b""
    assert deserted(server)


def test_a_head_may_have_long_headers_behind_a_longer_line(server):
    """Presigned URLs with a session token and a long key are long; S3 counts the headers."""
    fields = b"Host: h\r\nA: "
    fields += b"x" * (MAX_HEADERS - len(fields) - 4) + b"\r\n\r\n"
    with wire(server, b"GET /" + b"a" * 2 * MAX_HEADERS + b" HTTP/1.1\r\n" + fields) as one:
        assert answer(one)[0] == 200


def test_http_1_0(server):
    with wire(server, b"GET /x HTTP/1.0\r\n\r\n") as one:
        responses = Responses(one)
        status, body, headers = responses.next()
        assert (status, body, headers["connection"]) == (200, b"/x", "close")
        assert responses.next()[0] == 0
        responses.close()
    with wire(server, b"GET /x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" * 2) as one:
        responses = Responses(one)
        assert [responses.next()[2]["connection"] for _ in range(2)] == ["keep-alive"] * 2
        responses.close()


def test_responses_without_a_body(server):
    with wire(server, get("/x", method="HEAD") + get("/none") + get("/y")) as one:
        responses = Responses(one)
        status, _, headers = responses.next(body=False)
        assert (status, headers["content-length"]) == (200, "2")
        assert responses.next()[:2] == (204, b"")
        assert responses.next()[:2] == (200, b"/y")
        responses.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("requests", [1, 5])
def test_a_client_that_has_ended_its_side_is_still_answered(server, method, requests):
    with wire(server, get("/x", method=method) * requests) as one:
        one.shutdown(socket.SHUT_WR)
        responses = Responses(one)
        assert [responses.next()[0] for _ in range(requests + 1)] == [200] * requests + [0]
        responses.close()


def test_a_connection_does_not_linger_after_its_last_answer(server):
    with wire(server, get("/x") + get("/y", "Connection: close")):
        assert wait_until(lambda: server.handler.seen == ["/x", "/y"])
        assert wait_until(lambda: not server._connections, 2)


def test_half_a_body_and_the_end_is_half_a_body(server):
    with wire(server, put("/x", 10) + b"half") as one:
        one.shutdown(socket.SHUT_WR)
        assert answer(one) == (200, b"half")  # the gate compares the length


def test_a_body_that_cannot_be_read_to_its_end_ends_the_connection(server):
    with wire(server, get("/broken")) as one:
        data = b""
        while piece := one.recv(1000):
            data += piece
    assert data.endswith(b"content-length: 8\r\n\r\nhalf")


# "Expect: 100-continue".


def test_a_small_body_is_asked_for_only_if_it_is_wanted(server):
    with wire(server, put("/refuse", 5, "Expect: 100-continue")) as one:
        assert answer(one) == (403, b"no")
        assert one.recv(1) == b""  # it might send the body or not: the next request is not found
    with wire(server, put("/x", 5, "Expect: 100-continue")) as one:
        assert one.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        one.sendall(b"hello" + get("/next"))
        responses = Responses(one)
        assert [responses.next()[1] for _ in range(2)] == [b"hello", b"/next"]
        responses.close()


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("length", [5, LARGE])
def test_who_expects_and_does_not_wait(server, method, length):
    body = b"z" * length
    with wire(server, put("/x", length, "Expect: 100-continue", method=method) + body) as one:
        responses = Responses(one)
        status, got, _ = responses.next()
        if status == 100:
            status, got, _ = responses.next()
        assert (status, got) == (200, body)
        responses.close()


def test_who_has_begun_to_send_is_not_asked(server):
    with wire(server, put("/x", 5, "Expect: 100-continue") + b"hel") as one:
        assert wait_until(lambda: [c.state for c in server._connections] == [State.BODY])
        one.sendall(b"lo")
        assert answer(one) == (200, b"hello")


@pytest.mark.parametrize("sent", [b"", b"hel"])
def test_who_is_asked_and_never_sends_is_told_and_holds_no_thread(server, monkeypatch, sent):
    monkeypatch.setitem(PATIENCE, State.BODY, 0.2)
    before = server._workers._threads
    with wire(server, put("/x", 5, "Expect: 100-continue")) as one:
        responses = Responses(one)
        assert responses.next()[0] == 100
        one.sendall(sent)
        assert server._workers._threads == before
        status, body, _ = responses.next()
        assert (status, b"RequestTimeout" in body) == (400, True)
        responses.close()
    assert deserted(server)


# Patience.


@pytest.mark.parametrize(
    ("state", "sent"),
    [
        (State.HEAD, b"GET / HTTP/1.1\r\nHost:"),
        (State.HEAD, b"GE"),
        (State.BODY, put("/x", 10) + b"half"),
        (State.BODY, put("/x", LARGE) + b"half"),
        (State.BODY, get("/x", "Transfer-Encoding: chunked", method="PUT") + b"5\r\nhel"),
    ],
)
def test_half_a_request_is_told_that_its_time_is_up(server, handler, monkeypatch, state, sent):
    monkeypatch.setitem(PATIENCE, state, 0.2)
    monkeypatch.setattr(handler, "handle", _refusing_half_bodies)
    with wire(server, sent) as one:
        status, body = answer(one)
        assert (status, b"<Code>RequestTimeout</Code>" in body) == (400, True)
        assert one.recv(1) == b""
    assert deserted(server)


def _refusing_half_bodies(request: Request, read: Callable[[int], bytes]) -> Response:
    from strict_s3.rules.errors import S3Error
    from strict_s3.server.refusal import new_ids, refusal

    try:
        read(LARGE)
    except S3Error as error:
        return refusal(error, new_ids())
    return Response(200)


@pytest.mark.parametrize(
    ("state", "sent"),
    [
        (State.IDLE, b""),
        (State.IDLE, get("/x")),
        (State.SENDING, get("/download")),
        (State.DRAINING, b"nonsense\r\n\r\n"),
    ],
)
def test_silence_elsewhere_ends_the_connection(server, monkeypatch, state, sent):
    monkeypatch.setitem(PATIENCE, state, 0.2)
    with wire(server, sent):
        assert wait_until(lambda: server._connections)
        assert deserted(server)


def test_patience_is_for_progress(server, monkeypatch):
    now = 0.0
    monkeypatch.setattr(Server, "now", staticmethod(lambda: now))
    with wire(server, put("/x", 20_000) + b"x" * 1000) as one:
        assert wait_until(lambda: [c.state for c in server._connections] == [State.BODY])
        (connection,) = server._connections
        now = 19.0
        one.sendall(b"x" * 1000)  # hardly anything
        assert wait_until(lambda: len(connection._buffer) == 2000)
        assert connection.since == 0
        one.sendall(b"x" * 5000)
        assert wait_until(lambda: connection.since == 19)
        one.sendall(b"x" * 13_000)
        assert answer(one) == (200, b"x" * 20_000)
        assert wait_until(lambda: connection.state is State.IDLE)
        one.sendall(get("/download"))
        assert wait_until(lambda: connection.state is State.SENDING)
        now = 70.0
        left = 8 * 2**20
        while left:
            left -= len(one.recv(left))
        assert wait_until(lambda: connection.since == 70)


# Clients that vanish.


@pytest.mark.parametrize("goodbye", ["close", "reset"])
@pytest.mark.parametrize(
    ("state", "sent"),
    [
        (State.IDLE, b""),
        (State.HEAD, b"GET / HT"),
        (State.BODY, put("/x", 10) + b"half"),
        (State.BUSY, put("/x", LARGE) + b"half"),
        (State.BUSY, get("/wait", method="POST")),
        (State.SENDING, get("/download")),
        (State.DRAINING, b"nonsense\r\n\r\n"),
    ],
)
def test_a_client_may_vanish_in_any_state(server, handler, state, sent, goodbye):
    with wire(server, sent) as one:
        assert wait_until(lambda: [c.state for c in server._connections] == [state])
        if goodbye == "reset":
            reset(one)
    handler.go.set()
    assert deserted(server)
    assert handler.closed.wait(10 if state is State.SENDING else 0) == (state is State.SENDING)
    assert alive(server)


def test_a_connection_that_is_gone_before_it_is_looked_at(server, monkeypatch):
    real = socket.socket.setsockopt

    def gone(self, *args):  # as on macOS
        if self.getsockname() == server.bind_addr:
            monkeypatch.setattr(socket.socket, "setsockopt", real)
            raise OSError(errno.EINVAL, "Invalid argument")
        return real(self, *args)

    monkeypatch.setattr(socket.socket, "setsockopt", gone)
    with socket.create_connection(server.bind_addr, timeout=10) as one:
        assert one.recv(1) == b""
    assert alive(server)


# Too many of them.


def test_the_oldest_idle_connection_makes_room(server):
    server._max = 4
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(wire(server, get("/x"))) for _ in range(3)]
        for one in idle:
            assert answer(one) == (200, b"/x")
        stack.enter_context(wire(server, put("/x", 10) + b"half"))
        assert wait_until(lambda: len(server._connections) == 4)
        idle[0].sendall(get("/again"))
        assert answer(idle[0]) == (200, b"/again")
        assert alive(server)
        assert idle[1].recv(1) == b""
        assert answer_to(idle[0], "/x") == answer_to(idle[2], "/x") == (200, b"/x")


def answer_to(connection: socket.socket, path: str) -> tuple[int, bytes]:
    connection.sendall(get(path))
    return answer(connection)


def test_whoever_is_at_work_is_not_closed_for_another(server, monkeypatch):
    monkeypatch.setattr(loop, "CROWDED_SECONDS", 60)  # on a busy computer two pass quickly
    server._max = 2
    with wire(server, put("/x", 10) + b"half") as first, wire(server, b"GET") as second:
        assert wait_until(lambda: len(server._connections) == 2)
        with wire(server) as third:
            assert third.recv(1) == b""
        first.sendall(b"-other")
        assert answer(first) == (200, b"half-other")
        second.sendall(get("/x")[3:])
        assert answer(second) == (200, b"/x")


def test_but_whoever_has_stopped_is(server, monkeypatch):
    monkeypatch.setattr(loop, "CROWDED_SECONDS", 0)
    server._max = 2
    with wire(server, put("/x", 10) + b"half") as first, wire(server, put("/x", 10)):
        assert wait_until(lambda: len(server._connections) == 2)
        assert alive(server)
        assert first.recv(1) == b""


class NoDescriptor:
    """The listening socket, while the system has no descriptor for another one."""

    def __init__(self, real: socket.socket, times: int) -> None:
        self._real, self.times = real, times

    def accept(self):
        if self.times:
            self.times -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return self._real.accept()

    def __getattr__(self, name: str):
        return getattr(self._real, name)


def test_without_a_descriptor_the_oldest_idle_connection_is_closed(server):
    with wire(server, get("/x")) as idle:
        assert answer(idle) == (200, b"/x")
        server._socket = NoDescriptor(server._socket, 1)
        assert alive(server)
        assert idle.recv(1) == b""


def test_without_a_descriptor_and_with_nobody_to_close_it_tries_again(server, monkeypatch):
    monkeypatch.setattr(loop, "SWEEP_SECONDS", 0.05)
    server._socket = NoDescriptor(server._socket, 3)
    assert alive(server)
    assert server._socket.times == 0


def test_a_crowd_of_stalled_uploads_holds_the_threads_for_a_moment_only(server, monkeypatch):
    monkeypatch.setattr(loop, "CROWDED_SECONDS", 0.1)
    server._workers = workers.Workers(4)
    asked: list[float] = []
    patience = server.patience

    def seen() -> float:
        asked.append(patience())
        return asked[-1]

    monkeypatch.setattr(server, "patience", seen)
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(wire(server, put("/x", LARGE) + b"half"))
        assert wait_until(lambda: asked == [20] * 4)  # all of them wait
        with wire(server, get("/x", method="PUT", body=b"y" * LARGE)) as one:
            assert answer(one) == (200, b"y" * LARGE)


def test_threads_refused(server, monkeypatch):
    def refused(self) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(workers.threading.Thread, "start", refused)
        with wire(server, get("/x", method="POST")) as one:
            status, body = answer(one)
            assert (status, b"<Code>SlowDown</Code>" in body) == (503, True)
            assert one.recv(1) == b""
        assert alive(server)  # the loop needs none
    with wire(server, get("/x", method="POST")) as one:
        assert answer(one) == (200, b"/x")
        monkeypatch.setattr(workers.threading.Thread, "start", refused)
        with contextlib.ExitStack() as stack:  # one thread after all: they wait for it
            many = [stack.enter_context(wire(server, get("/x", method="POST"))) for _ in range(5)]
            assert [answer(one) for one in many] == [(200, b"/x")] * 5


def test_a_pool_shrinks_again(server, monkeypatch):
    monkeypatch.setattr(workers, "IDLE_SECONDS", 0.05)
    with wire(server, get("/x", method="POST")) as one:
        assert answer(one) == (200, b"/x")
    assert wait_until(lambda: server._workers._threads == 0)
    assert server._workers._free == 0


# The server itself.


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_failure_ends_one_connection(server, caplog, method):
    with wire(server, get("/x")) as other:
        assert answer(other) == (200, b"/x")
        with wire(server, get("/fail", method=method)) as one:
            assert one.recv(1) == b""
        assert answer_to(other, "/x") == (200, b"/x")
    assert "failed" in caplog.text


def test_stop_waits_for_nobody(handler):
    server = Server(handler)
    thread = threading.Thread(target=server.serve)
    thread.start()
    with (
        wire(server, put("/x", LARGE) + b"half") as upload,
        wire(server, get("/download")) as download,
        wire(server, get("/wait", method="POST")),
        wire(server, b"GET") as half,
    ):
        states = {State.BUSY, State.SENDING, State.HEAD}
        assert wait_until(lambda: {c.state for c in server._connections} == states)
        server.stop()
        thread.join(5)
        assert not thread.is_alive()
        assert handler.closed.is_set()
        for one in (upload, half):
            assert one.recv(1) == b""
        with contextlib.suppress(ConnectionError):
            while download.recv(2**20):
                pass
        handler.go.set()  # its worker finds nobody left
    assert wait_until(lambda: not [t for t in threading.enumerate() if is_busy(t, server)])
    with pytest.raises(OSError):
        socket.create_connection(server.bind_addr, timeout=1)


def is_busy(thread: threading.Thread, server: Server) -> bool:
    return thread.name == "strict-s3-worker" and server._workers._free < server._workers._threads


def test_the_port_is_free_again_at_once(handler):
    first = Server(handler)
    thread = threading.Thread(target=first.serve)
    thread.start()
    with wire(first, get("/x")) as one:
        assert answer(one) == (200, b"/x")
        first.stop()
        thread.join(5)
        second = Server(handler, first.port)
        with pytest.raises(OSError):
            Server(handler, first.port)
        second._end()


def test_ipv6(handler):
    try:
        server = Server(handler, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    thread = threading.Thread(target=server.serve)
    thread.start()
    with wire(server, get("/x")) as one:
        assert answer(one) == (200, b"/x")
    server.stop()
    thread.join(5)


@pytest.mark.parametrize(
    ("address", "ip"),
    [
        (("127.0.0.1", 1), "127.0.0.1"),
        (("::1", 1, 0, 0), "::1"),
        (("::ffff:192.0.2.7", 1, 0, 0), "192.0.2.7"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::1"),
    ],
)
def test_an_address_is_written_as_policies_write_it(address, ip):
    assert loop._source_ip(address) == ip


def test_windows_watches_512_sockets(monkeypatch):
    monkeypatch.setattr(loop.sys, "platform", "win32")
    assert loop._max_connections() + 3 <= 512  # the listening one, and the pair that wakes it


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize(("soft", "hard", "most"), [(256, 256, 192), (256, 4096, 4032)])
def test_there_are_fewer_connections_than_descriptors(monkeypatch, soft, hard, most):
    import resource

    limits = (soft, hard)

    def set_limits(_: int, new: tuple[int, int]) -> None:
        nonlocal limits
        limits = new

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", set_limits)
    assert loop._max_connections() == most
    assert limits == (hard, hard)
