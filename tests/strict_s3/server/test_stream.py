"""The bytes of a connection: all of them, in order, and no endless waiting."""

from __future__ import annotations

import random
import socket
import threading

import pytest

from strict_s3.server.http.stream import PROGRESS, Stream


@pytest.fixture
def ends():
    """(our stream, the client's socket); whoever is silent is given up at once."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Stream(ours, lambda: 0), theirs


def test_lines_and_bytes_by_turns(ends):
    stream, client = ends
    client.sendall(b"PUT / HTTP/1.1\r\nA: b\r\n\r\nbody\nnext")
    assert stream.readline() == b"PUT / HTTP/1.1\r\n"
    assert stream.readline() == b"A: b\r\n"
    assert stream.readline() == b"\r\n"
    assert stream.read(4) == b"body"
    assert stream.readline() == b"\n"
    assert stream.read(4) == b"next"


def test_a_line_ends_at_its_limit(ends):
    stream, client = ends
    client.sendall(b"0123456789\nx")
    assert stream.readline(4) == b"0123"
    assert stream.readline(6) == b"456789"
    assert stream.readline(1) == b"\n"


def test_at_the_end_there_is_less(ends):
    stream, client = ends
    client.sendall(b"half a li")
    client.close()
    assert stream.readline() == b"half a li"
    assert stream.readline() == b""
    assert stream.read(5) == b""


def test_silence_is_given_up(ends):
    stream, client = ends
    with pytest.raises(TimeoutError):
        stream.readline()
    client.sendall(b"some")
    with pytest.raises(TimeoutError):
        stream.read(5)


def test_a_client_that_does_not_read_is_given_up(ends):
    stream, _ = ends
    with pytest.raises(TimeoutError):
        stream.write(b"x" * 64 * 2**20)


def test_whatever_the_pieces_nothing_is_lost():
    chance = random.Random(7)
    sent = chance.randbytes(3 * 2**20)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        stream = Stream(ours, lambda: 20)

        def echo() -> None:
            while data := theirs.recv(chance.randrange(1, 200_000)):
                theirs.sendall(data)

        client = threading.Thread(target=echo)
        client.start()
        writer = threading.Thread(target=stream.write, args=(sent,))
        writer.start()
        got = b""
        while len(got) < len(sent):
            size = chance.randrange(1, 100_000)
            left = min(size, len(sent) - len(got))
            got += stream.readline(left) if chance.random() < 0.5 else stream.read(left)
        assert got == sent
        writer.join()
        ours.shutdown(socket.SHUT_WR)
        client.join()


def test_a_closed_one_holds_nothing(ends):
    stream, client = ends
    client.sendall(b"a line\nand a body that nobody wants")
    stream.readline()
    assert stream.close() == b"and a body that nobody wants"
    assert stream._data == b""


def test_what_came_before_is_read_first():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        stream = Stream(ours, lambda: 0, b"already ")
        theirs.sendall(b"here")
        assert stream.read(12) == b"already here"


def test_patience_is_for_progress_not_for_single_bytes(monkeypatch):
    now = 0.0
    monkeypatch.setattr("strict_s3.server.http.stream.time.monotonic", lambda: now)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        stream = Stream(ours, lambda: 20)
        for _ in range(19):
            now += 1
            theirs.sendall(b"x" * 100)
            stream.read(100)
        now += 1.5  # 2,000 bytes in more than 20 seconds
        with pytest.raises(TimeoutError):
            stream.read(1)
        theirs.sendall(b"x" * PROGRESS)
        assert len(stream.read(PROGRESS)) == PROGRESS
