"""Receiving a body: streamed to the spool, and compared with all that was declared of it.

Nothing is stored until `receive` has returned; on any error nothing of it is left.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...rules import sigv4
from ...rules.checksums import (
    DEFAULT,
    Hasher,
    declared_checksum,
    declared_md5,
    hasher,
    trailing_checksum,
)
from ...rules.errors import (
    NOT_HTTP,
    BadDigest,
    BadRequest,
    EntityTooLarge,
    IncompleteBody,
    InvalidArgument,
    InvalidRequest,
    MaxMessageLengthExceeded,
    MissingContentLength,
    NotImplementedByS3,
    S3Error,
    XAmzContentSHA256Mismatch,
)
from ...rules.limits import MAX_PUT
from ...rules.payload import ChunkedBody, ChunkSigner, decoded_length
from ...rules.request import Request, whole_number
from ..call import Call, Read
from ..store.bodies import PIECE, Body, Spool
from ..store.objects import Checksum

MAX_DOCUMENT = 2 * 1024 * 1024  # bytes: the largest configuration or list of keys


@dataclass
class Received:
    """A body that is all that it was declared to be. `md5` is in hexadecimal."""

    body: Body
    md5: str
    checksum: Checksum


class Declared:
    """The digests that a request declares of its body, and what they turn out to be."""

    def __init__(self, request: Request, algorithm: str = DEFAULT) -> None:
        """`algorithm` is computed if none is declared.

        Raises InvalidDigest, InvalidRequest: a declaration that is not valid.
        """
        self._wanted_md5 = declared_md5(request)
        self._md5_text = request.header("content-md5")
        self._is_part = "uploadId" in request.parameters
        declared, self._wanted = declared_checksum(request)
        self.algorithm, self._is_declared = declared or algorithm, bool(declared)
        self.md5 = hashlib.md5(usedforsecurity=False)
        self._checksum = hasher(self.algorithm)

    def update(self, data: bytes) -> None:
        self.md5.update(data)
        self._checksum.update(data)

    def compare(self, trailers: dict[str, str], *, is_object: bool = True) -> Checksum:
        """Compare with what was declared; returns the checksum. Raises BadDigest."""
        if self._wanted_md5 is not None and not hmac.compare_digest(
            self._wanted_md5, self.md5.digest()
        ):
            # S3 shows an object's own MD5 in hexadecimal, a part's or configuration's as sent.
            whole = is_object and not self._is_part
            expected = self._wanted_md5.hex() if whole else self._md5_text
            raise BadDigest(CalculatedDigest=_base64(self.md5), ExpectedDigest=expected)
        wanted = self._wanted
        if self._is_declared and not wanted:
            wanted = trailing_checksum(self.algorithm, trailers)
        calculated = _base64(self._checksum)
        if wanted and not hmac.compare_digest(wanted, calculated):
            raise BadDigest(
                f"The {self.algorithm} you specified did not match the calculated checksum."
            )
        return Checksum(self.algorithm, calculated)


def receive(
    spool: Spool,
    call: Call,
    limit: int = MAX_PUT,
    *,
    is_object: bool = True,
    algorithm: str = DEFAULT,
) -> Received:
    """Read the whole body of a request.

    Verifies length, chunk signatures, SHA-256, Content-MD5 and checksum, in S3's order, and
    raises the S3Error of the first that differs; EntityTooLarge or, of a configuration,
    MaxMessageLengthExceeded if more than `limit` bytes are declared. `is_object` is false for a
    configuration. `algorithm` is the checksum that is computed if none is declared.
    """
    signer = _chunk_signer(call) if call.payload.chunks_signed else None
    _check_kind(call, signer)
    declared = Declared(call.request, algorithm)
    # Without a length a request has no body (RFC 9112, section 6.3).
    length = _declared_length(call, default=None if is_object else 0)
    if length > limit:
        if not is_object:
            raise MaxMessageLengthExceeded(MaxMessageLengthBytes=limit)
        raise EntityTooLarge(ProposedSize=length, MaxSizeAllowed=limit)
    sha256 = hashlib.sha256() if call.payload.sha256 else None
    chunks: ChunkedBody | None = None
    pieces: Iterable[bytes]
    if call.payload.chunked:
        pieces = chunks = ChunkedBody(call.read, call.payload, signer)
    else:
        pieces = _pieces(call.read, length)
    writer = spool.writer()
    try:
        for piece in pieces:
            declared.update(piece)
            if sha256 is not None:
                sha256.update(piece)
            writer.write(piece)
            if writer.size > length:
                break
        if writer.size != length:
            raise _wrong_length(call, length, writer.size)
        if sha256 and not hmac.compare_digest(sha256.hexdigest(), call.payload.sha256):
            raise XAmzContentSHA256Mismatch(
                ClientComputedContentSHA256=call.payload.sha256,
                S3ComputedContentSHA256=sha256.hexdigest(),
            )
        checksum = declared.compare(chunks.trailers if chunks else {}, is_object=is_object)
        return Received(writer.finish(), declared.md5.hexdigest(), checksum)
    except BaseException:
        writer.discard()
        raise


def read_document(spool: Spool, call: Call) -> bytes:
    """The body of a configuration, verified like any other; b"" if there is none.

    It is read once: asked again, this is the same document, or raises the same S3Error.
    """
    if call.document is None:
        try:
            call.document = receive(spool, call, MAX_DOCUMENT, is_object=False).body.read()
        except S3Error as error:
            call.document = error
    if isinstance(call.document, S3Error):
        raise call.document
    return call.document


def read_small(read: Read, request: Request, limit: int) -> bytes:
    """A small body as bytes; EntityTooLarge over `limit` bytes."""
    length = whole_number(request.header("content-length", "0")) or 0
    if "chunked" in request.header("transfer-encoding").lower():
        length = limit + 1
    data = bytearray()
    while len(data) < length and (piece := read(min(PIECE, length - len(data)))):
        data += piece
        if len(data) > limit:
            raise EntityTooLarge(MaxSizeAllowed=limit)
    return bytes(data)


def _chunk_signer(call: Call) -> ChunkSigner | None:
    """What continues the request's own signature over the chunks of its body."""
    who = call.who
    if not who.scope or not who.signed_at:
        return None
    date = sigv4.amz_date(who.signed_at)
    return ChunkSigner(who.signing_key, who.scope, date, who.signature)


def _check_kind(call: Call, signer: ChunkSigner | None) -> None:
    """Refuse a kind of payload that does not go with this request.

    Raises InvalidArgument (in AWS's words, as s3err/invalid-argument.go of versity/versitygw has
    them), InvalidRequest.
    """
    encoding = call.request.header("content-encoding")
    chunked = "aws-chunked" in [each.strip() for each in encoding.lower().split(",")]
    if chunked and call.payload.declared == sigv4.UNSIGNED_PAYLOAD:
        raise InvalidArgument(
            "aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is "
            "supplied.",
            ArgumentName="Content-Encoding",
            ArgumentValue=encoding,
        )
    if call.payload.chunks_signed and signer is None and not call.who.auth_type:
        raise InvalidRequest(
            "Anonymous requests don't support this x-amz-content-sha256 value. Please use "
            "UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER."
        )


def _declared_length(call: Call, default: int | None) -> int:
    if call.payload.chunked:
        length = decoded_length(call.request)
        if length is None:
            raise MissingContentLength()
        return length
    text = call.request.header("content-length")
    if "chunked" in call.request.header("transfer-encoding").lower():
        # S3 wants the length before the data; as reported of AWS (aws/aws-sdk-js#1237 and others).
        raise NotImplementedByS3(Header="Transfer-Encoding")
    if not text:
        if default is None:
            raise MissingContentLength()
        return default
    length = whole_number(text)
    if length is None:
        raise BadRequest(NOT_HTTP)
    return length


def _wrong_length(call: Call, expected: int, provided: int) -> IncompleteBody:
    if call.payload.chunked:
        return IncompleteBody("The request body terminated unexpectedly")
    return IncompleteBody(NumberBytesExpected=expected, NumberBytesProvided=provided)


def _pieces(read: Read, length: int) -> Iterator[bytes]:
    left = length
    while left and (piece := read(min(PIECE, left))):
        left -= len(piece)
        yield piece


def _base64(digest: Hasher) -> str:
    return base64.b64encode(digest.digest()).decode()
