"""Checksums that an upload declares, and how they are computed.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html.
Only headers and trailers count: a checksum in the query of a presigned URL (some SDKs put one
there) is signed but not compared with the body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import Final, Literal, Protocol

from .errors import (
    InvalidDigest,
    InvalidRequest,
    MalformedTrailerError,
    NotImplementedByS3,
)
from .payload import STREAMING_SIGNED
from .request import Request

PREFIX = "x-amz-checksum-"
ChecksumType = Literal["FULL_OBJECT", "COMPOSITE"]
FULL_OBJECT: Final = "FULL_OBJECT"
COMPOSITE: Final = "COMPOSITE"
# Lengths in bytes of each algorithm's value.
LENGTHS = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
# S3 accepts these too, since 2026.
NOT_COMPUTED = ("MD5", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128")
# Headers that only begin like a checksum.
_ABOUT_CHECKSUMS = ("ALGORITHM", "MODE", "TYPE")
# What S3 computes and stores when an upload declares none.
DEFAULT = "CRC64NVME"


Crc = Callable[[bytes, int], int]  # of data, going on from a value


def crc_in_python(polynomial: int, bits: int) -> Crc:
    """A CRC whose polynomial is written with its lowest power first: a few MB a second.

    >>> hex(crc_in_python(0x82F63B78, 32)(b"123456789", 0))
    '0xe3069283'
    """
    table = list(range(256))
    for _ in range(8):
        table = [(value >> 1) ^ (polynomial if value & 1 else 0) for value in table]
    ones = (1 << bits) - 1

    def calc(data: bytes, value: int) -> int:
        value ^= ones
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        return value ^ ones

    return calc


try:
    import anycrc
except ImportError:  # Pyodide has none
    _CRC32C = crc_in_python(0x82F63B78, 32)
    _CRC64NVME = crc_in_python(0x9A6C9329AC4BC9B5, 64)
else:
    # Rather than AWS's awscrt: with that installed, boto3 signs by other code than without.
    _CRC32C = anycrc.Model("CRC32C").calc
    _CRC64NVME = anycrc.Model("CRC64-NVME").calc


class Hasher(Protocol):
    """What hashlib's objects and `_Crc` share."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    """A cyclic redundancy check with hashlib's interface; its value is big-endian."""

    def __init__(self, function: Crc, size: int) -> None:
        self._function, self._size, self._value = function, size, 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def hasher(algorithm: str) -> Hasher:
    """A fresh hasher for one of the five algorithms, by its upper-case name."""
    match algorithm:
        case "CRC32":
            return _Crc(zlib.crc32, 4)
        case "CRC32C":
            return _Crc(_CRC32C, 4)
        case "CRC64NVME":
            return _Crc(_CRC64NVME, 8)
        case "SHA1":
            return hashlib.sha1(usedforsecurity=False)
        case "SHA256":
            return hashlib.sha256()
    raise ValueError(f"{algorithm!r} is none of {', '.join(LENGTHS)}")


def declared_md5(request: Request) -> bytes | None:
    """The 16 bytes of Content-MD5, or None. Raises InvalidDigest if they are not 16 bytes."""
    text = request.header_map.get("content-md5")
    if text is None:
        return None
    digest = _decoded(text)
    if len(digest) != 16:
        raise InvalidDigest(**{"Content-MD5": text})
    return digest


def declared_checksum(request: Request) -> tuple[str, str]:
    """(algorithm, base64 value) of the upload's x-amz-checksum-* header or trailer.

    The value is "" if it comes as a trailer; both are "" if none is declared. Raises
    InvalidRequest for two of them, an unknown algorithm or a value of the wrong length.
    """
    if request.method == "POST" and "uploadId" in request.parameters:
        # CompleteMultipartUpload: the header is about the object, not about this body.
        return "", ""
    headers = [
        (name.removeprefix(PREFIX).upper(), value)
        for name, value in request.header_map.items()
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).upper() not in _ABOUT_CHECKSUMS
    ]
    trailer = _announced(request)
    named = request.header("x-amz-sdk-checksum-algorithm").upper()
    if named and not computed(named):
        raise InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            f"types: [{', '.join(sorted((*LENGTHS, *NOT_COMPUTED)))}]"
        )
    if len(headers) > 1:
        raise InvalidRequest(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    if (
        headers
        and trailer == headers[0][0]
        and request.header("x-amz-content-sha256") == STREAMING_SIGNED
    ):
        # AWS's SDK for Java announces a trailer, sends none, and has its value as a header. S3
        # takes that (pgsty/silo#107). It refuses both where a trailer comes (versitygw#1657); its
        # answer to two different algorithms, or to a body that is not chunked, is not known.
        trailer = ""
    if headers and trailer:
        raise InvalidRequest("Expecting a single x-amz-checksum- header")
    if not headers and not trailer:
        if named:
            raise InvalidRequest(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                "x-amz-trailer headers were found."
            )
        return "", ""
    algorithm, value = headers[0] if headers else (trailer, "")
    if not computed(algorithm):
        raise InvalidRequest(
            "The algorithm type you specified in x-amz-checksum- header is invalid."
        )
    if named and named != algorithm:
        raise InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if headers:
        _check_value(algorithm, value, "header")
    return algorithm, value


def trailing_checksum(algorithm: str, trailers: Mapping[str, str]) -> str:
    """The base64 value of the checksum after the body.

    Raises MalformedTrailerError if it is missing, InvalidRequest if its length is wrong.
    """
    value = trailers.get(PREFIX + algorithm.lower())
    if value is None:
        raise MalformedTrailerError()
    _check_value(algorithm, value, "trailing header")
    return value


def _announced(request: Request) -> str:
    """The algorithm whose value will come as a trailer, or ""."""
    text = request.header("x-amz-trailer").strip().lower()
    algorithm = text.removeprefix(PREFIX).upper()
    if text and (not text.startswith(PREFIX) or not computed(algorithm)):
        raise InvalidRequest("The value specified in the x-amz-trailer header is not supported")
    return algorithm


def computed(algorithm: str) -> bool:
    """Is it one of S3's algorithms? Raises NotImplementedByS3 for one that is missing here."""
    if algorithm in NOT_COMPUTED:
        raise NotImplementedByS3(
            f"{algorithm} is a checksum of S3 that this local S3 does not compute"
        )
    return algorithm in LENGTHS


def _check_value(algorithm: str, value: str, where: str) -> None:
    if len(_decoded(value)) != LENGTHS[algorithm]:
        raise InvalidRequest(f"Value for {PREFIX}{algorithm.lower()} {where} is invalid.")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def require_digest(headers: Mapping[str, str]) -> None:
    """Some documents come with an MD5 or checksum (names in lower case). Raises InvalidRequest."""
    if "content-md5" not in headers and not any(name.startswith(PREFIX) for name in headers):
        raise InvalidRequest(
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
        )
