"""Many clients at once, cheaply: a load that costs the servers' computer little.

Each client is a connection with one request that was signed before, and sends it again as soon as
it has the whole answer. A few processes share the clients, each with one selector, and begin
together at a barrier. On this project's computer such a client takes about 17 microseconds of
processor time for a request.
"""

from __future__ import annotations

import os
import re
import selectors
import socket
import time
from array import array
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

START_SECONDS = 60  # for all processes to be there
WARM_UP_SECONDS = 0.3  # before anything is counted
PATIENCE_SECONDS = 10.0  # for one answer
MAX_FAILURES = 20  # of one client in a row: then it stops
_PROCESSES = max((os.cpu_count() or 1) // 2, 1)  # the other half of the processors is the server's
_barrier: Any = None  # of a process of clients
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


@dataclass
class Result:
    """What some clients have done: answers a second, the seconds that each took, and errors."""

    rate: float = 0.0
    times: array[float] = field(default_factory=lambda: array("d"))
    errors: Counter[str] = field(default_factory=Counter)

    def percentile(self, percent: float) -> float:
        """That percentile of the times, in milliseconds; 0 if there was no answer."""
        ordered = sorted(self.times)
        return ordered[int((len(ordered) - 1) * percent / 100)] * 1000 if ordered else 0.0


def run(address: tuple[str, int], messages: list[bytes], seconds: float) -> Result:
    """As many clients as there are messages (whole requests), for that long."""
    count, context = min(_PROCESSES, len(messages)), get_context("spawn")
    share = (context.Barrier(count),)
    whole = Result()
    with ProcessPoolExecutor(count, context, initializer=_get_ready, initargs=share) as pool:
        futures = [pool.submit(_work, address, messages[n::count], seconds) for n in range(count)]
        for part in (future.result() for future in futures):
            whole.rate += part.rate
            whole.times.extend(part.times)
            whole.errors += part.errors
    return whole


def _get_ready(barrier: Any) -> None:
    """In each process: one task is for all of its clients, and waits for the other processes."""
    global _barrier
    _barrier = barrier


def _work(address: tuple[str, int], messages: list[bytes], seconds: float) -> Result:
    crowd = _Crowd(address)
    clients = [_Client(crowd, message) for message in messages]
    _barrier.wait(START_SECONDS)
    for client in clients:
        client.send()
    crowd.turn_until(time.perf_counter() + WARM_UP_SECONDS)
    crowd.result, began = Result(), time.perf_counter()
    crowd.turn_until(began + seconds)
    crowd.result.rate = len(crowd.result.times) / (time.perf_counter() - began)
    return crowd.result


class _Crowd:
    """The clients of one process."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address, self.result = address, Result()
        self.selector = selectors.DefaultSelector()
        self._clients: set[_Client] = set()

    def turn_until(self, end: float) -> None:
        look = 0.0
        while (now := time.perf_counter()) < end and self._clients:
            for key, _ in self.selector.select(min(end - now, 1)):
                key.data.receive()
            if now >= look:
                look = now + 1
                for client in [c for c in self._clients if now - c.sent > PATIENCE_SECONDS]:
                    client.failed("no answer in time")

    def welcome(self, client: _Client) -> None:
        self._clients.add(client)

    def bid_farewell(self, client: _Client) -> None:
        self._clients.discard(client)


class _Client:
    """One connection and its request."""

    def __init__(self, crowd: _Crowd, message: bytes) -> None:
        self._crowd, self._message = crowd, message
        self._data = b""
        self._failures = 0
        self.sent = time.perf_counter()
        self._connect()
        crowd.welcome(self)

    def _connect(self) -> None:
        self._wire = socket.create_connection(self._crowd.address, timeout=PATIENCE_SECONDS)
        self._wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._crowd.selector.register(self._wire, selectors.EVENT_READ, self)

    def _hang_up(self) -> None:
        self._crowd.selector.unregister(self._wire)
        self._wire.close()

    def send(self) -> None:
        self.sent = time.perf_counter()
        try:
            self._wire.sendall(self._message)
        except OSError as problem:
            self.failed(type(problem).__name__)

    def receive(self) -> None:
        try:
            piece = self._wire.recv(256 * 1024)
        except OSError as problem:
            self.failed(type(problem).__name__)
            return
        if not piece:
            self.failed("the connection ended without an answer")
            return
        self._data += piece
        end = self._data.find(b"\r\n\r\n") + 4
        if end == 3 or not self._is_whole(end):
            return
        data, self._data = self._data, b""
        result = self._crowd.result
        if data.startswith(b"200", 9):
            result.times.append(time.perf_counter() - self.sent)
            self._failures = 0
        else:
            result.errors[f"status {data[9:12].decode('latin-1')}"] += 1
        if _CLOSE.search(data, 0, end):
            self._hang_up()
            self._connect()
        self.send()

    def _is_whole(self, end: int) -> bool:
        length = _LENGTH.search(self._data, 0, end)
        if length:
            return len(self._data) >= end + int(length[1])
        return not _CHUNKED.search(self._data, 0, end) or self._data.endswith(b"\r\n0\r\n\r\n")

    def failed(self, why: str) -> None:
        """Try again on a new connection, but not for ever."""
        self._crowd.result.errors[why] += 1
        self._failures += 1
        self._data = b""
        self._hang_up()
        if self._failures < MAX_FAILURES:
            try:
                self._connect()
            except OSError:
                self._crowd.result.errors["no connection"] += 1
            else:
                self.send()
                return
        self._crowd.bid_farewell(self)
