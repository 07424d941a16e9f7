"""Bodies in chunks: read strictly, and to their end, so that the next request begins after it."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

import pytest

from strict_s3.rules.errors import BadRequest, IncompleteBody
from strict_s3.server.http.chunks import Chunks
from strict_s3.server.http.stream import Stream
from tests.service import allow, document

END = b"0\r\n\r\n"


@pytest.fixture
def ends():
    """(our stream, the client's socket)."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Stream(ours, lambda: 5), theirs


def send(client: socket.socket, sent: bytes) -> None:
    # More than a socket holds is sent while it is read.
    def work() -> None:
        with contextlib.suppress(OSError):  # it may be refused before all of it has come
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)

    threading.Thread(target=work, daemon=True).start()


@pytest.mark.parametrize(
    "sent",
    [
        b"5\r\nhello\r\n" + END,
        b"2\r\nhe\r\n3\r\nllo\r\n" + END,
        b"005;name=value\r\nhello\r\n" + END,
        b"5 ;name\r\nhello\r\n" + END,
        b"5\r\nhello\r\n0\r\nA: a trailer\r\nB: and another\r\n\r\n",
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_body_and_not_a_byte_more(ends, sent, size):
    stream, client = ends
    send(client, sent + b"GET /next")
    body = Chunks(stream)
    data = b""
    while piece := body.read(size):
        data += piece
    assert (data, body.closed, body.read(size)) == (b"hello", True, b"")
    assert stream.read(9) == b"GET /next"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"+5\r\nhello\r\n" + END, BadRequest),
        (b"-5\r\nhello\r\n" + END, BadRequest),
        (b"0x5\r\nhello\r\n" + END, BadRequest),
        (b"0_5\r\nhello\r\n" + END, BadRequest),
        (b" 5\r\nhello\r\n" + END, BadRequest),
        (b"five\r\nhello\r\n" + END, BadRequest),
        (b"\r\nhello\r\n" + END, BadRequest),
        (b"5\nhello\r\n" + END, BadRequest),
        (b"5\r\nhelloXX" + END, BadRequest),
        (b"0" * 5000, BadRequest),
        (b"5;" + b"a" * 5000, BadRequest),
        (b"5\r\nhello\r\n0\r\n" + b"A: b\r\n" * 20_000, BadRequest),
        (b"5\r\nhello\r\n0\r\nA: b\n\r\n", BadRequest),
        (b"5\r\nhello\r\n0\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n", BadRequest),
        (b"5\r\nhello\r\n0\r\nA : b\r\n\r\n", BadRequest),
        (b"5\r\nhello\r\n0\r\n a: folded\r\n\r\n", BadRequest),
        (b"", IncompleteBody),
        (b"5", IncompleteBody),
        (b"5\r\nhel", IncompleteBody),
        (b"5\r\nhello", IncompleteBody),
        (b"5\r\nhello\r\n", IncompleteBody),
        (b"5\r\nhello\r\n0\r\n", IncompleteBody),
        (b"f" * 16 + b"\r\nhello\r\n", IncompleteBody),
    ],
)
def test_what_is_broken_is_the_clients_fault(ends, sent, error):
    stream, client = ends
    send(client, sent)
    body = Chunks(stream)
    with pytest.raises(error):
        while body.read(64):
            pass
    assert not body.closed


def upload(service, key: str, chunks: bytes) -> bytes:
    """What an upload in chunks, by anybody, and a request after it are answered."""
    s3 = service.client()
    s3.delete_public_access_block(Bucket=service.bucket)
    anybody = allow("s3:PutObject", Principal="*", resource=f"arn:aws:s3:::{service.bucket}/*")
    s3.put_bucket_policy(Bucket=service.bucket, Policy=document(anybody))
    host = service.endpoint.removeprefix("http://")
    request = (
        f"PUT /{service.bucket}/{key} HTTP/1.1\r\nHost: {host}\r\n"
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n"
        "x-amz-decoded-content-length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    after = f"GET /none HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", service.server.http.port), timeout=10) as wire:
        wire.sendall(request + chunks + after)
        out = b""
        while piece := wire.recv(65536):
            out += piece
    return out


AWS_CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"


def test_after_trailers_comes_the_next_request(service):
    sent = b"%x\r\n%b\r\n0\r\nA: a trailer\r\n\r\n" % (len(AWS_CHUNKED), AWS_CHUNKED)
    answers = upload(service, "k", sent)
    assert re.findall(rb"HTTP/1.1 ([0-9]+)", answers) == [b"200", b"404"]  # no such bucket
    assert service.stored() == ["k"]


def test_broken_chunks_store_nothing_and_end_the_connection(service):
    answers = upload(service, "k", b"+%x\r\n%b\r\n" % (len(AWS_CHUNKED), AWS_CHUNKED) + END)
    assert re.findall(rb"HTTP/1.1 ([0-9]+)", answers) == [b"400"]
    assert b"<Code>BadRequest</Code>" in answers
    assert service.stored() == []
