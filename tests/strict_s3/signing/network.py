"""A network that fails: a proxy on 127.0.0.1 that cuts connections when it is told to."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable


class Network:
    """Passes bytes on to `port`. Each connection is cut both ways after the next of `cuts` bytes
    (below zero: never); after `moment` bytes in all, `then` is called once."""

    def __init__(
        self,
        port: int,
        cuts: list[int],
        moment: int = -1,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        self._to, self._cuts, self.cut = port, cuts, 0
        self._moment, self._then = moment, then
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        # A thread in accept() is woken by a shutdown, not by a close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in list(self._open):
            _end(wire)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            with self._lock:
                limit = [self._cuts.pop(0) if self._cuts else -1]
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                thread = threading.Thread(target=self._pass_on, args=(one, other, limit))
                thread.start()
                self._threads.append(thread)

    def _pass_on(self, one: socket.socket, other: socket.socket, limit: list[int]) -> None:
        try:
            while data := one.recv(65536):
                self._count(len(data))
                with self._lock:
                    left = limit[0]
                    limit[0] = left if left < 0 else max(0, left - len(data))
                if 0 <= left < len(data):
                    other.sendall(data[:left])
                    self.cut += 1
                    break
                other.sendall(data)
        except OSError:
            pass
        _end(one)
        _end(other)

    def _count(self, passed: int) -> None:
        with self._lock:
            before, self._moment = self._moment, self._moment - passed
        if before >= 0 > self._moment:
            self._then()


def random_cuts(dice: random.Random, count: int, size: int) -> list[int]:
    """Where that many connections are cut: in the first bytes, or anywhere in `size`."""
    return [
        dice.randrange(3000) if dice.random() < 0.4 else dice.randrange(size) for _ in range(count)
    ]


def _end(wire: socket.socket) -> None:
    with contextlib.suppress(OSError):
        wire.shutdown(socket.SHUT_RDWR)
    wire.close()
