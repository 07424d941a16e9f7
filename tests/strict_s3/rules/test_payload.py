"""Chunked bodies and checksums: any framing decodes, any changed byte is refused."""

from __future__ import annotations

import base64
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.rules import sigv4
from strict_s3.rules.checksums import LENGTHS, declared_checksum, declared_md5, hasher
from strict_s3.rules.errors import (
    IncompleteBody,
    InvalidArgument,
    InvalidDigest,
    InvalidRequest,
    MalformedTrailerError,
    NotImplementedByS3,
    S3Error,
    SignatureDoesNotMatch,
)
from strict_s3.rules.payload import (
    MIN_CHUNK,
    STREAMING_SIGNED,
    STREAMING_SIGNED_TRAILER,
    STREAMING_UNSIGNED_TRAILER,
    ChunkedBody,
    ChunkSigner,
    InvalidChunkSizeError,
    declared_payload,
)
from strict_s3.rules.request import Request
from strict_s3.rules.sigv4 import Scope

SCOPE = Scope("20130524", "us-east-1")
DATE = "20130524T000000Z"
KEY = sigv4.signing_key("secret", SCOPE)


def signer() -> ChunkSigner:
    return ChunkSigner(KEY, SCOPE, DATE, "0" * 64)


def payload(kind: str, trailer: str = ""):
    headers = [("x-amz-content-sha256", kind)] + ([("x-amz-trailer", trailer)] if trailer else [])
    return declared_payload(Request.build("PUT", "/k", headers))


def framed(pieces: list[bytes], kind: str, trailers: dict[str, str] | None = None) -> bytes:
    """`pieces` as an aws-chunked stream, signed if `kind` is signed."""
    sign, out = signer(), b""
    for piece in [*pieces, b""]:
        extension = ""
        if kind != STREAMING_UNSIGNED_TRAILER:
            extension = f";chunk-signature={sign.chunk(hashlib.sha256(piece).hexdigest())}"
        out += f"{len(piece):x}{extension}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    lines = "".join(f"{name}:{value}\n" for name, value in (trailers or {}).items())
    out += lines.replace("\n", "\r\n").encode()
    if kind == STREAMING_SIGNED_TRAILER:
        mark = sign.trailer(hashlib.sha256(lines.encode()).hexdigest())
        out += f"x-amz-trailer-signature:{mark}\r\n".encode()
    return out + b"\r\n"


def decoded(
    stream: bytes, kind: str, at_most: int = 1 << 20, trailer: str = ""
) -> tuple[bytes, dict[str, str]]:
    source = io.BytesIO(stream)
    body = ChunkedBody(lambda n: source.read(min(n, at_most)), payload(kind, trailer), signer())
    return b"".join(body), body.trailers


def _legal(pieces: list[bytes]) -> list[bytes]:
    """All but the last made long enough to be a chunk."""
    return [piece * (MIN_CHUNK // len(piece) + 1) for piece in pieces[:-1]] + pieces[-1:]


CRC32 = {"x-amz-checksum-crc32": "AAAAAA=="}
chunks = st.lists(st.binary(min_size=1, max_size=200), max_size=4).map(_legal)
kinds = st.sampled_from([STREAMING_SIGNED, STREAMING_SIGNED_TRAILER, STREAMING_UNSIGNED_TRAILER])


@given(chunks, kinds, st.integers(1, 9000))
def test_any_chunking_decodes_to_the_body(pieces, kind, at_most):
    trailers = {} if kind == STREAMING_SIGNED else CRC32
    stream = framed(pieces, kind, trailers)
    assert decoded(stream, kind, at_most, "".join(trailers)) == (b"".join(pieces), trailers)


@given(
    chunks.filter(bool),
    st.sampled_from([STREAMING_SIGNED, STREAMING_SIGNED_TRAILER]),
    st.data(),
)
def test_any_changed_byte_of_signed_data_is_refused(pieces, kind, data):
    trailers = CRC32 if kind == STREAMING_SIGNED_TRAILER else {}
    stream = framed(pieces, kind, trailers)
    at = data.draw(st.integers(0, len(stream) - 1))
    changed = (
        stream[:at] + bytes([stream[at] ^ (1 << data.draw(st.integers(0, 7)))]) + stream[at + 1 :]
    )
    try:
        found = decoded(changed, kind, trailer="".join(trailers))
    except S3Error:
        return
    # The letter case of hexadecimal digits and of names carries no meaning.
    assert found == (b"".join(pieces), trailers)


@given(chunks.filter(bool), kinds, st.data())
def test_a_cut_stream_is_refused(pieces, kind, data):
    trailers = {} if kind == STREAMING_SIGNED else CRC32
    stream = framed(pieces, kind, trailers)
    cut = data.draw(st.integers(0, len(stream) - 1))
    with pytest.raises((IncompleteBody, SignatureDoesNotMatch)):
        decoded(stream[:cut], kind, trailer="".join(trailers))


@given(kinds)
def test_what_follows_the_end_is_refused(kind):
    trailers = {} if kind == STREAMING_SIGNED else CRC32
    stream = framed([b"abc"], kind, trailers)
    assert decoded(stream + b"\r\n", kind, trailer="".join(trailers))[0] == b"abc"
    with pytest.raises(IncompleteBody):
        decoded(stream + b"GET / HTTP/1.1", kind, trailer="".join(trailers))


@pytest.mark.parametrize("kind", [STREAMING_SIGNED, STREAMING_UNSIGNED_TRAILER])
def test_only_the_last_chunk_may_be_small(kind):
    large, small = b"a" * MIN_CHUNK, b"b" * (MIN_CHUNK - 1)
    assert decoded(framed([large, small], kind), kind)[0] == large + small
    with pytest.raises(InvalidChunkSizeError) as caught:
        decoded(framed([small, large], kind), kind)
    assert caught.value.fields == {"Chunk": "2", "BadChunkSize": "8191"}


@pytest.mark.parametrize("kind", [STREAMING_SIGNED, STREAMING_SIGNED_TRAILER])
def test_signed_chunks_that_nobody_can_verify_are_refused(kind):
    with pytest.raises(InvalidRequest):
        ChunkedBody(io.BytesIO(framed([b"abc"], kind)).read, payload(kind), None)


def test_the_signature_of_the_trailer_is_compared():
    name, kind = "".join(CRC32), STREAMING_SIGNED_TRAILER
    stream = framed([b"abc"], kind, CRC32)
    assert decoded(stream, kind, trailer=name) == (b"abc", CRC32)
    head, line, signature = stream.rpartition(b"x-amz-trailer-signature:")
    other = b"0" if signature[:1] != b"0" else b"1"
    for changed in (
        head + line + other + signature[1:],
        head + line + b"\r\n\r\n",  # an empty one
        head + b"\r\n",  # none
        stream.replace(b"AAAAAA==", b"AAAAAQ=="),
    ):
        with pytest.raises(SignatureDoesNotMatch):
            decoded(changed, kind, trailer=name)


def test_a_trailer_is_the_announced_one_once_and_no_other():
    name = "".join(CRC32)
    for trailers, announced in [(CRC32, ""), (CRC32, "x-amz-checksum-sha1"), ({}, name)]:
        stream = framed([b"a"], STREAMING_UNSIGNED_TRAILER, trailers)
        with pytest.raises(MalformedTrailerError):
            decoded(stream, STREAMING_UNSIGNED_TRAILER, trailer=announced)
    line = f"{name}:AAAAAA==\r\n".encode()
    with pytest.raises(MalformedTrailerError):
        decoded(b"0\r\n" + line + line + b"\r\n", STREAMING_UNSIGNED_TRAILER, trailer=name)


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (b"zz\r\n", IncompleteBody),
        (b"\r\n", IncompleteBody),
        (b"-5\r\n", IncompleteBody),
        (b"fffffffffffffff\r\n", IncompleteBody),
        (b"1" * 9000, IncompleteBody),
        (b"2\r\nabc\r\n0\r\n\r\n", IncompleteBody),
        (b"", IncompleteBody),
        (b"0\r\nno-colon\r\n\r\n", MalformedTrailerError),
        (b"0\r\n" + b"a:b\r\n" * 20 + b"\r\n", MalformedTrailerError),
    ],
)
def test_malformed_framing(stream, error):
    with pytest.raises(error):
        decoded(stream, STREAMING_UNSIGNED_TRAILER)


def test_trailers_only_where_they_were_announced():
    with pytest.raises(MalformedTrailerError):
        decoded(framed([b"a"], STREAMING_SIGNED, {"x-a": "b"}), STREAMING_SIGNED)


def test_declared_payload():
    assert payload("UNSIGNED-PAYLOAD").sha256 == ""
    assert payload("AB" * 32).sha256 == "ab" * 32
    assert declared_payload(Request.build("GET", "/")).declared == ""
    with pytest.raises(InvalidArgument) as caught:
        payload("ab" * 31)
    assert caught.value.message.startswith("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ")
    assert caught.value.message.endswith(" or a valid sha256 value.")
    with pytest.raises(NotImplementedByS3):
        payload("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")


# The check value of each algorithm: its value for the nine bytes "123456789".
@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("CRC32", "cbf43926"),
        ("CRC32C", "e3069283"),
        ("CRC64NVME", "ae8b14860a799888"),
        ("SHA1", hashlib.sha1(b"123456789", usedforsecurity=False).hexdigest()),
        ("SHA256", hashlib.sha256(b"123456789").hexdigest()),
    ],
)
def test_check_values(algorithm, value):
    one = hasher(algorithm)
    one.update(b"1234")
    one.update(b"56789")
    assert one.digest().hex() == value
    assert len(one.digest()) == LENGTHS[algorithm]


def upload(**headers: str) -> Request:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Request.build("PUT", "/k", pairs)


def test_declared_checksum():
    crc = base64.b64encode(b"1234").decode()
    assert declared_checksum(upload()) == ("", "")
    assert declared_checksum(upload(x_amz_checksum_crc32=crc)) == ("CRC32", crc)
    assert declared_checksum(upload(x_amz_trailer="x-amz-checksum-sha256")) == ("SHA256", "")
    # AWS's SDK for Java announces as a trailer what it has as a header, and sends no trailer.
    both = {"x_amz_checksum_crc32": crc, "x_amz_trailer": "x-amz-checksum-crc32"}
    signed = upload(x_amz_content_sha256=STREAMING_SIGNED, **both)
    assert declared_checksum(signed) == ("CRC32", crc)
    # In the query it is signed, and not compared with the body.
    query = Request.build("PUT", "/k?x-amz-checksum-crc32=AAAAAA%3D%3D")
    assert declared_checksum(query) == ("", "")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x_amz_checksum_crc32": "AA=="}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x_amz_checksum_crc32": "?"}, "Value for x-amz-checksum-crc32 header is invalid."),
        (
            {"x_amz_checksum_crc32": "AAAAAA==", "x_amz_checksum_sha1": "A" * 27 + "="},
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        (
            {"x_amz_sdk_checksum_algorithm": "CRC32"},
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.",
        ),
        (
            {
                "x_amz_checksum_crc32": "AAAAAA==",
                "x_amz_trailer": "x-amz-checksum-crc32",
                "x_amz_content_sha256": STREAMING_UNSIGNED_TRAILER,
            },
            "Expecting a single x-amz-checksum- header",
        ),
        (
            {"x_amz_trailer": "x-amz-meta-late"},
            "The value specified in the x-amz-trailer header is not supported",
        ),
    ],
)
def test_checksums_that_cannot_be(headers, message):
    with pytest.raises(InvalidRequest) as caught:
        declared_checksum(upload(**headers))
    assert caught.value.message == message


def test_declared_md5():
    right = base64.b64encode(hashlib.md5(b"", usedforsecurity=False).digest()).decode()
    assert declared_md5(upload()) is None
    assert len(declared_md5(upload(content_md5=right)) or b"") == 16
    with pytest.raises(InvalidDigest):
        declared_md5(upload(content_md5="nonsense"))
