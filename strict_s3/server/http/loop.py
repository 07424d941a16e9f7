"""The HTTP server: one loop for all connections, and workers for what takes long.

One thread reads heads and small bodies, has them answered and sends the answers, so that no
request waits for another thread, and a client that sends half a request costs a few bytes. A
large body is read by a worker, which has its connection meanwhile.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from heapq import nsmallest
from typing import Any, Protocol

from ...rules.request import Request
from ..response import Response
from .connection import PATIENCE, Connection, State
from .workers import Workers

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
BACKLOG = 1024  # connections that the system keeps until they are accepted
SWEEP_SECONDS = 0.5  # between two looks at who has made no progress
MAX_CONNECTIONS = 8192
# Patience while others wait for what a connection holds: a thread, or its place.
CROWDED_SECONDS = 2
_ACCEPT_IN_A_TURN = 64
# Bytes that are sent in one turn of the loop: to all who take them, and to each at least.
_SEND_TO_ALL, _SEND_TO_EACH = 1024 * 1024, 64 * 1024
_SPARE = 64  # descriptors for everything that is no connection


class Handler(Protocol):
    """What answers the requests: the gate, or what stands in front of it."""

    def handle(self, request: Request, read: Callable[[int], bytes]) -> Response: ...


class Server:
    """An HTTP server for `handler`, listening from the moment it is made; `serve` runs it."""

    def __init__(self, handler: Handler, port: int = 0, host: str = LOOPBACK) -> None:
        """Raises OSError if the port is taken or `host` is not this computer's."""
        self.handler = handler
        self._socket = _listening(host, port)
        self.bind_addr: tuple[str, int] = self._socket.getsockname()[:2]
        self._max = _max_connections()
        self._connections: dict[Connection, int] = {}  # with the events that are watched
        self._selector = selectors.DefaultSelector()
        self._ready: deque[Callable[[], object]] = deque()  # for the loop, from any thread
        self._workers = Workers()
        self._waker, self._wake = socket.socketpair()
        for end in (self._waker, self._wake):
            end.setblocking(False)
        self._stopped = False
        self._paused = False
        self.share = _SEND_TO_ALL  # bytes that a connection may send in this turn

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self.bind_addr[1]

    now = staticmethod(time.monotonic)

    def serve(self) -> None:
        """Answer requests until `stop` is called from another thread."""
        read = selectors.EVENT_READ
        self._selector.register(self._waker, read, self._woken)
        self._selector.register(self._socket, read, self._accept)
        sweep = 0.0
        try:
            while not self._stopped:
                ready = self._selector.select(self._timeout())
                self.share = max(_SEND_TO_ALL // (len(ready) or 1), _SEND_TO_EACH)
                for key, events in ready:
                    self._turn(key.data, events)
                for _ in range(len(self._ready)):
                    self._ready.popleft()()
                if (now := self.now()) >= sweep:
                    sweep = now + SWEEP_SECONDS
                    self._sweep(now)
        finally:
            self._end()

    def stop(self) -> None:
        """End `serve`, and every connection; requests under way are not waited for."""
        self._stopped = True
        self._rouse()

    # For connections.

    def watch(self, connection: Connection, *, writing: bool) -> None:
        """Wait until the client sends, or until it takes more of its answer."""
        events = selectors.EVENT_WRITE if writing else selectors.EVENT_READ
        before = self._connections.get(connection)
        if before == events or before is None:
            return
        if before:
            self._selector.modify(connection.socket, events, connection)
        else:
            self._selector.register(connection.socket, events, connection)
        self._connections[connection] = events

    def soon(self, connection: Connection, step: Callable[[], object]) -> None:
        """Have the loop take this step of a connection in its next turn."""
        self._ready.append(lambda: self._have(connection, step))

    def run(self, connection: Connection, job: Callable[[], Callable[[], object]]) -> None:
        """Have a worker do `job` with the connection, and then the loop what `job` returns."""
        if self._connections[connection]:
            self._selector.unregister(connection.socket)
            self._connections[connection] = 0

        def work() -> None:
            try:
                finish = job()
            except Exception:
                log.exception("a worker failed")
                self.soon(connection, lambda: self.drop(connection))
            else:
                self.soon(connection, finish)
            self._rouse()

        try:
            self._workers.run(work)
        except RuntimeError:
            connection.slow_down()

    def patience(self) -> float:
        """Seconds that a worker waits for progress of a body."""
        return CROWDED_SECONDS if self._workers.short else PATIENCE[State.BODY]

    def drop(self, connection: Connection) -> None:
        """Close a connection."""
        events = self._connections.pop(connection, None)
        if events is None:
            return
        if events:
            self._selector.unregister(connection.socket)
        connection.dropped()

    # The loop.

    def _timeout(self) -> float | None:
        if self._ready:
            return 0
        return SWEEP_SECONDS if self._connections or self._paused else None

    def _turn(self, target: Any, events: int) -> None:
        if not isinstance(target, Connection):
            target()
        elif events & selectors.EVENT_WRITE:
            self._have(target, target.writable)
        else:
            self._have(target, target.readable)

    def _have(self, connection: Connection, step: Callable[[], object]) -> None:
        """One step of a connection. What goes wrong ends that connection, and no other."""
        if connection not in self._connections:  # dropped in this very turn
            return
        try:
            step()
        except Exception:
            log.exception("a connection failed")
            self.drop(connection)

    def _rouse(self) -> None:
        # Full means that it will wake in any case; closed, that there is nobody left to wake.
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._waker.recv(4096)

    def _accept(self) -> None:
        for _ in range(_ACCEPT_IN_A_TURN):
            try:
                connection, address = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # there is no descriptor left, or no memory
                if not self._make_room():
                    self._pause()
                return
            if len(self._connections) >= self._max and not self._make_room():
                connection.close()
                continue
            try:
                self._welcome(connection, address)
            except OSError:  # it has gone again
                connection.close()

    def _welcome(self, connection: socket.socket, address: Any) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Connection(self, connection, _source_ip(address))
        self._selector.register(connection, selectors.EVENT_READ, client)
        self._connections[client] = selectors.EVENT_READ

    def _make_room(self) -> bool:
        """Close the connections that have been silent longest; False if all are at work.

        Some at once, so that a crowd does not cost a search for each that comes.
        """
        long_ago = self.now() - CROWDED_SECONDS
        for states in (State.IDLE,), (State.HEAD, State.DRAINING), (State.BODY, State.SENDING):
            silent = [c for c in self._connections if c.state in states]
            if State.IDLE not in states:
                silent = [c for c in silent if c.since <= long_ago]
            for connection in nsmallest(len(silent) // 64 or 1, silent, key=lambda c: c.since):
                self.drop(connection)
            if silent:
                return True
        return False

    def _pause(self) -> None:
        """Accept nobody until the next sweep: the system would say the same again at once."""
        if not self._paused:
            self._paused = True
            self._selector.unregister(self._socket)

    def _sweep(self, now: float) -> None:
        for connection in [c for c in self._connections if now - c.since >= PATIENCE[c.state]]:
            self._have(connection, connection.expired)
        if self._paused:
            self._paused = False
            self._selector.register(self._socket, selectors.EVENT_READ, self._accept)

    def _end(self) -> None:
        for connection in list(self._connections):
            self.drop(connection)
        self._selector.close()
        for end in (self._socket, self._waker, self._wake):
            end.close()


def _listening(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    server = socket.socket(family, kind, protocol)
    try:
        if os.name != "nt":  # where it would let two servers have the same port
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(address)
        server.listen(BACKLOG)
        server.setblocking(False)
    except OSError:
        server.close()
        raise
    return server


def _source_ip(address: Any) -> str:
    """A client's address as policies write it, also where IPv4 comes in through IPv6."""
    ip = str(address[0]).partition("%")[0]
    return ip.removeprefix("::ffff:") if "." in ip else ip


def _max_connections() -> int:
    """How many connections the limit of descriptors allows, once it is as high as it may be.

    None of them needs another descriptor: bodies share one.
    """
    if sys.platform == "win32":  # whose select() watches 512 sockets
        return 512 - 12
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # macOS allows less than it says: 10,240 for one process.
    for limit in (MAX_CONNECTIONS + _SPARE, hard):
        if soft < limit and (hard == resource.RLIM_INFINITY or limit <= hard):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                soft = limit
    return max(16, min(MAX_CONNECTIONS, soft - _SPARE))
