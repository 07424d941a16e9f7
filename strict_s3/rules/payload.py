"""The payload hash that a request declares, and bodies that are signed chunk by chunk.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html. S3's answers to
a body that breaks these rules are as others recorded them on AWS (versitygw issues 1600 to 1695).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from . import sigv4
from .errors import (
    IncompleteBody,
    InvalidArgument,
    InvalidRequest,
    MalformedTrailerError,
    NotImplementedByS3,
    S3Error,
    SignatureDoesNotMatch,
)
from .request import Request, whole_number
from .sigv4 import EMPTY_SHA256, UNSIGNED_PAYLOAD, Scope

STREAMING_SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
STREAMING_UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_STREAMING = (STREAMING_UNSIGNED_TRAILER, STREAMING_SIGNED, STREAMING_SIGNED_TRAILER)
_ASYMMETRIC = tuple(name.replace("HMAC", "ECDSA-P256") for name in _STREAMING[1:])

MIN_CHUNK = 8 * 1024  # bytes of every chunk but the last
_PIECE = 64 * 1024  # bytes passed on at a time
_LINE_LIMIT = 8 * 1024  # bytes of one chunk header or trailer line
_TRAILER_LIMIT = 16  # lines
_BROKEN = "The request body terminated unexpectedly"


class InvalidChunkSizeError(S3Error):
    code = "InvalidChunkSizeError"
    default = f"Only the last chunk is allowed to have a size less than {MIN_CHUNK} bytes"


@dataclass(frozen=True)
class Payload:
    """What x-amz-content-sha256 says; `declared` is its text, as the canonical request has it."""

    declared: str
    chunked: bool = False  # the body is in aws-chunked framing
    chunks_signed: bool = False
    has_trailer: bool = False
    sha256: str = ""  # the body's own hash, if declared
    trailer: str = ""  # the header that x-amz-trailer announces for after the body


def declared_payload(request: Request) -> Payload:
    """The payload hash of a request; "" if it declares none. Raises InvalidArgument.

    A presigned request can declare any text: S3 signs it as it is and ignores it, as others
    measured on AWS. Only the values above say something about the body.
    """
    text = request.header("x-amz-content-sha256")
    if text in ("", UNSIGNED_PAYLOAD):
        return Payload(text)
    if re.fullmatch("[0-9a-fA-F]{64}", text):
        return Payload(text, sha256=text.lower())
    if text in _STREAMING:
        signed = text != STREAMING_UNSIGNED_TRAILER
        has_trailer = text.endswith("-TRAILER")
        announced = request.header("x-amz-trailer").strip().lower() if has_trailer else ""
        return Payload(text, True, signed, has_trailer, trailer=announced)
    if "X-Amz-Algorithm" in request.parameters:
        return Payload(text)
    if text in _ASYMMETRIC:
        raise NotImplementedByS3("Signature Version 4A is not implemented here", Header=text)
    raise InvalidArgument(
        f"x-amz-content-sha256 must be {', '.join((UNSIGNED_PAYLOAD, *_STREAMING, *_ASYMMETRIC))} "
        "or a valid sha256 value.",
        ArgumentName="x-amz-content-sha256",
        ArgumentValue=text,
    )


def check_trailer(payload: Payload, operation: str) -> None:
    """Only an upload can have a checksum behind its body. Raises InvalidRequest.

    Measured in September 2026 of reads, deletes and configurations (brekkylab/backlot,
    backlot/routers/s3.py).
    """
    if payload.has_trailer and operation not in ("PutObject", "UploadPart"):
        raise InvalidRequest("The value of x-amz-content-sha256 header is invalid.")


def decoded_length(request: Request) -> int | None:
    """x-amz-decoded-content-length: the bytes of the body without its framing."""
    return whole_number(request.header("x-amz-decoded-content-length"))


@dataclass
class ChunkSigner:
    """Signs one chunk after another; each signature covers the one before."""

    key: bytes = field(repr=False)
    scope: Scope
    date: str
    previous: str = field(repr=False)  # the request's own ("seed") signature to begin with

    def chunk(self, sha256: str) -> str:
        """The signature of the next chunk, from the SHA-256 of its data."""
        return self._next(f"{sigv4.ALGORITHM}-PAYLOAD", f"{EMPTY_SHA256}\n{sha256}")

    def trailer(self, sha256: str) -> str:
        """The signature of the trailing headers, from the SHA-256 of their canonical lines."""
        return self._next(f"{sigv4.ALGORITHM}-TRAILER", sha256)

    def _next(self, algorithm: str, rest: str) -> str:
        text = f"{algorithm}\n{self.date}\n{self.scope}\n{self.previous}\n{rest}"
        self.previous = sigv4.signature(self.key, text)
        return self.previous


class ChunkedBody:
    """Undoes aws-chunked framing, piece by piece, verifying each chunk that is signed.

    A chunk's data is passed on before its signature has been compared, so that a large chunk takes
    no memory. The store must therefore commit nothing until the iteration has ended. After that,
    `trailers` has the announced trailing header (lower-case name), if there was one.
    """

    def __init__(
        self, read: Callable[[int], bytes], payload: Payload, signer: ChunkSigner | None
    ) -> None:
        """Raises InvalidRequest for signed chunks without a `signer` to verify them."""
        if payload.chunks_signed and signer is None:
            raise InvalidRequest("The value of x-amz-content-sha256 header is invalid.")
        self._read, self._payload = read, payload
        self._signer = signer if payload.chunks_signed else None
        self._buffer = b""
        self.trailers: dict[str, str] = {}

    def __iter__(self) -> Iterator[bytes]:
        """The data in pieces of at most 64 KiB.

        Raises IncompleteBody (broken framing), InvalidChunkSizeError, MalformedTrailerError,
        SignatureDoesNotMatch.
        """
        previous = MIN_CHUNK
        for number in count(1):
            size, provided = self._chunk_header()
            if size and previous < MIN_CHUNK:
                raise InvalidChunkSizeError(Chunk=number, BadChunkSize=previous)
            previous = size
            sha256 = hashlib.sha256() if self._signer else None
            left = size
            while left:
                piece = self._some(min(left, _PIECE))
                left -= len(piece)
                if sha256 is not None:
                    sha256.update(piece)
                yield piece
            if self._signer and sha256 is not None:
                _compare(self._signer.chunk(sha256.hexdigest()), provided)
            if size == 0:
                break
            if self._line() != b"":
                raise IncompleteBody(_BROKEN)
        self._read_trailers()
        # Clients send different numbers of final line ends. Anything else was not signed.
        rest = self._buffer
        while not rest.strip(b"\r\n"):
            rest = self._read(_PIECE)
            if not rest:
                return
        raise IncompleteBody(_BROKEN)

    def _chunk_header(self) -> tuple[int, str]:
        size, _, extension = self._line().partition(b";")
        signed = re.fullmatch(b"chunk-signature=([0-9a-fA-F]{64})", extension)
        if not re.fullmatch(b"[0-9a-fA-F]{1,12}", size) or (self._signer and not signed):
            raise IncompleteBody(_BROKEN)
        return int(size, 16), signed[1].decode() if signed else ""

    def _read_trailers(self) -> None:
        canonical, provided = b"", ""
        for line in self._trailer_lines():
            name, colon, value = line.partition(b":")
            key = name.strip().lower().decode("latin-1")
            text = value.strip().decode("latin-1")
            if self._signer and key == "x-amz-trailer-signature" and not provided:
                provided = text
            elif colon and key == self._payload.trailer and key not in self.trailers:
                self.trailers[key] = text
                canonical += f"{key}:{text}\n".encode("latin-1")
            else:
                raise MalformedTrailerError()
        if self._payload.trailer and not self.trailers:
            raise MalformedTrailerError()
        if self._signer and self._payload.has_trailer:
            if not self.trailers:
                raise IncompleteBody(_BROKEN)
            _compare(self._signer.trailer(hashlib.sha256(canonical).hexdigest()), provided)

    def _trailer_lines(self) -> Iterator[bytes]:
        for _ in range(_TRAILER_LIMIT):
            line = self._line()
            if not line:
                return
            yield line
        raise MalformedTrailerError()

    def _some(self, length: int) -> bytes:
        """At least one and at most `length` bytes."""
        if not self._buffer:
            self._buffer = self._read(_PIECE)
            if not self._buffer:
                raise IncompleteBody(_BROKEN)
        piece, self._buffer = self._buffer[:length], self._buffer[length:]
        return piece

    def _line(self) -> bytes:
        """The next line without its CRLF."""
        while (cut := self._buffer.find(b"\r\n")) < 0:
            more = self._read(_PIECE) if len(self._buffer) <= _LINE_LIMIT else b""
            if not more:
                raise IncompleteBody(_BROKEN)
            self._buffer += more
        line, self._buffer = self._buffer[:cut], self._buffer[cut + 2 :]
        return line


def _compare(expected: str, provided: str) -> None:
    if not hmac.compare_digest(expected.encode(), provided.encode("latin-1", "replace")):
        raise SignatureDoesNotMatch(SignatureProvided=provided)
