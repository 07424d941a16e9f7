"""Good, bad and broken clients for minutes: part of python3 -m tests.benchmarks

Each client takes random steps. A good one reads back what it wrote and lists what it has, a bad
one must be refused with the right status, and a broken one leaves in the middle. At the end the
server must have given no wrong answer, its memory must not have grown, and no descriptor, thread
or temporary file may be left over.
"""

from __future__ import annotations

import random
import socket
import struct
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from tests.own_process import OwnProcess, exchange

CLIENTS = 12
KEYS = 8  # of each client
SIZES = (0, 1, 1024, 100_000, 200_000, 1_000_000)  # bytes; the last two are not kept in memory
GROWTH_MIB = 16  # that the second half may need more than the first
_LOOKS = 20  # at the server, on the way
_SETTLE_SECONDS = 20  # until threads without work have ended
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset
_XML = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Client:
    """One client: `step` does one of its requests, and adds to `wrong` what should not be."""

    def __init__(self, server: OwnProcess, number: int, wrong: list[str]) -> None:
        self._server, self._wrong = server, wrong
        self._dice = random.Random(number)
        self._prefix = f"client-{number}/"
        self._stored: dict[str, bytes] = {}
        self._wire: socket.socket | None = None
        self.steps: Counter[str] = Counter()
        good = (self.put, self.get, self.get_range, self.delete, self.list, self.multipart)
        bad = (self.tampered, self.other_life, self.others_url, self.anonymous, self.two_hosts)
        broken = (self.half_head, self.half_body, self.no_reader, self.garbage)
        self._plans: list[Callable[[], None]] = [*good, *good, *bad, *broken]

    def step(self) -> None:
        """One request, whole or not."""
        plan = self._dice.choice(self._plans)
        self.steps[plan.__name__] += 1
        try:
            plan()
        except OSError as problem:
            self._wrong.append(f"{plan.__name__}: {type(problem).__name__}: {problem}")
            self.close()

    def close(self) -> None:
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    # Good.

    def put(self) -> None:
        key, body = self._key(), self._body()
        self._expect("put", 200, self._request("PUT", key, body))
        self._stored[key] = body

    def get(self) -> None:
        key = self._key()
        if key in self._stored:
            self._expect("get", 200, self._request("GET", key), self._stored[key])
        else:
            self._expect("get of nothing", 404, self._request("GET", key))

    def get_range(self) -> None:
        key = self._key()
        body = self._stored.get(key, b"")
        if body:
            start = self._dice.randrange(len(body))
            head = self._server.request("GET", key)
            head = head[:-2] + f"Range: bytes={start}-\r\n\r\n".encode()
            self._expect("range", 206, exchange(self._connected(), head), body[start:])

    def delete(self) -> None:
        key = self._key()
        self._expect("delete", 204, self._request("DELETE", key))
        self._stored.pop(key, None)

    def list(self) -> None:
        query = {"list-type": "2", "prefix": self._prefix}
        status, document = self._request("GET", "", **query)
        keys = [item.text for item in ElementTree.fromstring(document).iter(f"{_XML}Key")]
        if status != 200 or keys != sorted(self._stored):
            self._wrong.append(f"list: {status}, {keys}, not {sorted(self._stored)}")

    def multipart(self) -> None:
        key, body = self._key(), self._body()
        _, document = self._request("POST", key, uploads="")
        upload = ElementTree.fromstring(document).findtext(f"{_XML}UploadId") or ""
        sent = self._request("PUT", key, body, partNumber="1", uploadId=upload)
        self._expect("part", 200, sent)
        if self._dice.random() < 0.5:
            self._expect("abort", 204, self._request("DELETE", key, uploadId=upload))
            return
        _, listed = self._request("GET", key, uploadId=upload)
        etag = next(ElementTree.fromstring(listed).iter(f"{_XML}ETag")).text
        part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        whole = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>".encode()
        self._expect("complete", 200, self._request("POST", key, whole, uploadId=upload))
        self._stored[key] = body

    # Bad.

    def tampered(self) -> None:
        head = self._server.request("GET", self._key())
        target, space, rest = head.partition(b" HTTP")
        last = b"0" if not target.endswith(b"0") else b"1"
        self._expect(
            "tampered", 403, exchange(self._connected(), target[:-1] + last + space + rest)
        )

    def other_life(self) -> None:
        head = self._server.request("PUT", self._key(), 1).replace(b"=3600&", b"=36&")
        self._expect("other life", 403, exchange(self._connected(), head, b"x"))

    def others_url(self) -> None:
        head = self._server.request("GET", self._key())
        own, other = (quote(text).encode() for text in (self._prefix, "client-x/"))
        self._expect("other key", 403, exchange(self._connected(), head.replace(own, other)))

    def anonymous(self) -> None:
        head = f"GET /{self._server.bucket}/{self._key()} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        self._expect("anonymous", 403, exchange(self._connected(), head.encode()))

    def two_hosts(self) -> None:
        self._on_its_own(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", expected=400)

    # Broken: on a connection of their own.

    def half_head(self) -> None:
        self._on_its_own(b"GET /x HTTP/1.1\r\nHost: h\r\nA: ")

    def half_body(self) -> None:
        size = self._dice.choice((1000, 1_000_000))
        head = self._server.request("PUT", f"{self._prefix}broken", size)
        self._on_its_own(head + b"x" * self._dice.randrange(size))

    def no_reader(self) -> None:
        self._on_its_own(self._server.request("GET", self._key()))

    def garbage(self) -> None:
        self._on_its_own(b"\x16\x03\x01" + self._dice.randbytes(100), expected=400)

    # What they have in common.

    def _key(self) -> str:
        return f"{self._prefix}{self._dice.randrange(KEYS)}"

    def _body(self) -> bytes:
        return self._dice.randbytes(self._dice.choice(SIZES))

    def _connected(self) -> socket.socket:
        if self._wire is None:
            self._wire = socket.create_connection(self._server.address, timeout=30)
            self._wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._wire

    def _request(self, method: str, key: str, body: bytes = b"", **query: str) -> tuple[int, bytes]:
        head = self._server.request(method, key, len(body), **query)
        return exchange(self._connected(), head, body)

    def _on_its_own(self, data: bytes, expected: int = 0) -> None:
        with socket.create_connection(self._server.address, timeout=30) as wire:
            if expected:
                self._expect("what is no HTTP", expected, exchange(wire, data))
                return
            wire.sendall(data)
            if self._dice.random() < 0.5:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def _expect(
        self, what: str, status: int, answer: tuple[int, bytes], body: bytes | None = None
    ) -> None:
        if answer[0] != status:
            self._wrong.append(f"{what}: {answer[0]} in place of {status}: {answer[1][:200]!r}")
        elif body is not None and answer[1] != body:
            self._wrong.append(f"{what}: other bytes than were stored")


def soak(server: OwnProcess, again: Callable[[int], bool], wrong: list[str]) -> Counter[str]:
    """All clients at once: each takes step after step while `again(steps so far)`."""
    clients = [Client(server, number, wrong) for number in range(CLIENTS)]

    def work(client: Client) -> None:
        steps = 0
        while len(wrong) < 20 and again(steps):
            client.step()
            steps += 1
        client.close()

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum((client.steps for client in clients), Counter[str]())


def left_over(server: OwnProcess, folder: str, before: tuple[int, int]) -> list[str]:
    """What the server still has a while after the last client: nothing, or a sentence each.

    `before` are its descriptors and threads before the first client. The file for large bodies
    has no name.
    """
    end = time.monotonic() + _SETTLE_SECONDS
    descriptors, threads = before
    while time.monotonic() < end:
        more = server.status.num_fds() - descriptors - 1, server.status.num_threads() - threads
        if max(more) <= 0:
            break
        time.sleep(0.2)
    names = ("descriptors", "threads")
    found = [
        f"{count} {name} are left" for count, name in zip(more, names, strict=True) if count > 0
    ]
    files = [path.name for path in Path(folder).iterdir()]
    return found + [f"files are left: {files}"] * bool(files)


def main(minutes: float) -> None:
    """Prints what the server has, from time to time; exits with 1 if anything is wrong."""
    wrong: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        OwnProcess(env={"TMPDIR": folder}) as server,
    ):
        before = server.status.num_fds(), server.status.num_threads()
        began = time.monotonic()
        end = began + minutes * 60
        memory: list[float] = []

        def watch() -> None:
            while not done.wait(minutes * 60 / _LOOKS):
                memory.append(server.status.memory_info().rss / 2**20)
                fds, threads = server.status.num_fds(), server.status.num_threads()
                print(
                    f"{time.monotonic() - began:6.0f} s {memory[-1]:6.1f} MiB {fds:4} descriptors "
                    f"{threads:4} threads",
                    flush=True,
                )

        done = threading.Event()
        watcher = threading.Thread(target=watch)
        watcher.start()
        steps = soak(server, lambda _: time.monotonic() < end, wrong)
        done.set()
        watcher.join()
        wrong += left_over(server, folder, before)
    half = len(memory) // 2
    if half and (grown := max(memory[half:]) - max(memory[:half])) > GROWTH_MIB:
        wrong.append(f"{grown:.0f} MiB more in the second half")
    print(f"{steps.total():,} steps: {', '.join(f'{n} {what}' for what, n in steps.items())}")
    print("\n".join(wrong) or "nothing is wrong, and nothing is left over")
    if wrong:
        sys.exit(1)
