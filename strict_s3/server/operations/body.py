"""Receiving a body: streamed to a temporary file, and compared with all that was declared of it.

Nothing is stored until `receive` has returned; on any error its file is gone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from ...rules.checksums import (
    DEFAULT,
    Hasher,
    declared_checksum,
    declared_md5,
    hasher,
    trailing_checksum,
)
from ...rules.errors import (
    BadDigest,
    BadRequest,
    EntityTooLarge,
    IncompleteBody,
    InvalidRequest,
    MissingContentLength,
    XAmzContentSHA256Mismatch,
)
from ...rules.payload import ChunkedBody, ChunkSigner, Payload, decoded_length
from ...rules.request import Request, whole_number

Read = Callable[[int], bytes]

MAX_PUT = 5 * 1024**3  # bytes: the limit of a single PUT
IN_MEMORY = 1024 * 1024  # bytes kept in memory before the disk is used
PIECE = 256 * 1024  # bytes read at a time


@dataclass
class Received:
    """A body that is all that it was declared to be. `md5` is in hexadecimal, `checksum` base64."""

    file: IO[bytes]
    size: int
    md5: str
    algorithm: str
    checksum: str


def receive(
    read: Read,
    request: Request,
    payload: Payload,
    signer: ChunkSigner | None,
    limit: int = MAX_PUT,
    *,
    upload: bool = True,
) -> Received:
    """Read the whole body of `request` from `read` (which returns b"" at its end).

    Verifies length, chunk signatures, SHA-256, Content-MD5 and checksum, in S3's order, and
    raises the S3Error of the first that differs; EntityTooLarge if more than `limit` bytes are
    declared. `upload` is false for a configuration, which may not have trailers.
    """
    _check_kind(request, payload, signer, upload)
    wanted_md5 = declared_md5(request)
    algorithm, wanted = declared_checksum(request)
    length = _declared_length(request, payload)
    if length > limit:
        raise EntityTooLarge(ProposedSize=length, MaxSizeAllowed=limit)
    md5 = hashlib.md5(usedforsecurity=False)
    sha256 = hashlib.sha256() if payload.sha256 else None
    checksum = hasher(algorithm or DEFAULT)
    hashers: list[Hasher] = [md5, checksum, *([sha256] if sha256 else [])]

    chunks: ChunkedBody | None = None
    pieces: Iterable[bytes]
    if payload.chunked:
        pieces = chunks = ChunkedBody(read, payload, signer)
    else:
        pieces = _pieces(read, length)
    file, size = _spool(pieces, hashers, length)
    try:
        if size != length:
            raise _wrong_length(payload, length, size)
        if sha256 and not hmac.compare_digest(sha256.hexdigest(), payload.sha256):
            raise XAmzContentSHA256Mismatch(
                ClientComputedContentSHA256=payload.sha256,
                S3ComputedContentSHA256=sha256.hexdigest(),
            )
        if wanted_md5 is not None and wanted_md5 != md5.digest():
            # S3 shows an object's own MD5 in hexadecimal, a configuration's as it was sent.
            expected = wanted_md5.hex() if upload else request.header("content-md5")
            raise BadDigest(CalculatedDigest=_base64(md5), ExpectedDigest=expected)
        if algorithm and not wanted:
            wanted = trailing_checksum(algorithm, chunks.trailers if chunks else {})
        if wanted and wanted != _base64(checksum):
            raise BadDigest(f"The {algorithm} you specified did not match the calculated checksum.")
    except BaseException:
        file.close()
        raise
    return Received(file, size, md5.hexdigest(), algorithm or DEFAULT, _base64(checksum))


def read_small(read: Read, request: Request, limit: int) -> bytes:
    """A small body (a configuration, a form) as bytes; EntityTooLarge over `limit` bytes."""
    length = whole_number(request.header("content-length", "0")) or 0
    if "chunked" in request.header("transfer-encoding").lower():
        length = limit + 1
    data = bytearray()
    while len(data) < length and (piece := read(min(PIECE, length - len(data)))):
        data += piece
        if len(data) > limit:
            raise EntityTooLarge(MaxSizeAllowed=limit)
    return bytes(data)


def _check_kind(
    request: Request, payload: Payload, signer: ChunkSigner | None, upload: bool
) -> None:
    """Refuse a kind of payload that does not go with this request. Raises InvalidRequest."""
    if payload.has_trailer and not upload:
        raise InvalidRequest("The value of x-amz-content-sha256 header is invalid.")
    signed = "authorization" in request.header_map or "X-Amz-Algorithm" in request.parameters
    if payload.chunks_signed and signer is None and not signed:
        raise InvalidRequest(
            "Anonymous requests don't support this x-amz-content-sha256 value. Please use "
            "UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER."
        )


def _declared_length(request: Request, payload: Payload) -> int:
    if payload.chunked:
        length = decoded_length(request)
        if length is None:
            raise MissingContentLength()
        return length
    text = request.header("content-length")
    if "chunked" in request.header("transfer-encoding").lower() or not text:
        # S3 wants the length before the data.
        raise MissingContentLength()
    length = whole_number(text)
    if length is None:
        raise BadRequest("An error occurred when parsing the HTTP request.")
    return length


def _wrong_length(payload: Payload, expected: int, provided: int) -> IncompleteBody:
    if payload.chunked:
        return IncompleteBody("The request body terminated unexpectedly")
    return IncompleteBody(NumberBytesExpected=expected, NumberBytesProvided=provided)


def _pieces(read: Read, length: int) -> Iterator[bytes]:
    left = length
    while left and (piece := read(min(PIECE, left))):
        left -= len(piece)
        yield piece


def _spool(pieces: Iterable[bytes], hashers: list[Hasher], length: int) -> tuple[IO[bytes], int]:
    """A file of `pieces`, at its end, and its size: at most one piece more than `length`."""
    # A small body needs no temporary file at all.
    file: IO[bytes]
    if length <= IN_MEMORY:
        file = io.BytesIO()
    else:
        file = cast("IO[bytes]", tempfile.TemporaryFile(prefix="local-s3-"))  # noqa: SIM115
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > length:
                break
            for one in hashers:
                one.update(piece)
            file.write(piece)
    except BaseException:
        file.close()
        raise
    return file, size


def _base64(one: Hasher) -> str:
    return base64.b64encode(one.digest()).decode()
