"""What an upload may carry, whichever way it comes: PUT, form, copy or multipart.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import encryption, tags
from .checksums import COMPOSITE, FULL_OBJECT, LENGTHS, ChecksumType, computed
from .errors import (
    InvalidArgument,
    InvalidObjectState,
    InvalidRedirectLocation,
    InvalidRequest,
    InvalidStorageClass,
    KeyTooLongError,
    MetadataTooLarge,
)
from .limits import MAX_KEY, MAX_METADATA, MAX_PARTS
from .metadata import META
from .request import whole_number

STORAGE_CLASSES = (
    *("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
    *("GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"),
)
# What is in one of these must be restored before it can be read.
ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
REDIRECT = "x-amz-website-redirect-location"
# Headers of an upload that come back with every download, besides x-amz-meta-*.
CONTENT_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)


def check_upload(headers: Mapping[str, str]) -> dict[str, str]:
    """Check storage class, encryption, redirect and metadata; returns the tags.

    `headers` are by lower-case name, a form's fields included, with RFC 2047 words decoded. Raises
    InvalidStorageClass, InvalidRedirectLocation, MetadataTooLarge, and what
    `encryption.check_write` and `tags.from_header` raise.
    """
    if headers.get("x-amz-storage-class", "STANDARD") not in STORAGE_CLASSES:
        raise InvalidStorageClass(StorageClassRequested=headers["x-amz-storage-class"])
    encryption.check_write(headers)
    if REDIRECT in headers and not headers[REDIRECT].startswith(("/", "http://", "https://")):
        raise InvalidRedirectLocation()
    size = sum(
        len(name) - len(META) + len(value.encode())
        for name, value in headers.items()
        if name.startswith(META)
    )
    if size > MAX_METADATA:
        raise MetadataTooLarge(Size=size, MaxSizeAllowed=MAX_METADATA)
    return tags.from_header(headers.get("x-amz-tagging", ""))


def check_key(key: str) -> None:
    """Raises KeyTooLongError, whatever is done with the key.

    Reported from AWS of PutObject, of GetObject (appoxy/aws#128,
    flowwer-dev/pull-request-stats#33) and of HeadObject (s3fs-fuse/s3fs-fuse#1602). What it answers
    to a deletion, and to callers who may not do that, isn't known.
    """
    if len(key.encode()) > MAX_KEY:
        raise KeyTooLongError(Size=len(key.encode()), MaxSizeAllowed=MAX_KEY)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those headers of an upload that GetObject returns."""
    kept = {
        name: value
        for name, value in headers.items()
        if name in CONTENT_HEADERS or name.startswith(META)
    }
    # "aws-chunked" is how the body travels, not how the object is encoded
    # (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html).
    encodings = kept.get("content-encoding", "").split(",")
    others = [each.strip() for each in encodings if each.strip().lower() != "aws-chunked"]
    if len(others) < len(encodings):
        del kept["content-encoding"]
        kept |= {"content-encoding": ",".join(others)} if others else {}
    return {"content-type": "binary/octet-stream"} | kept


def check_readable(storage_class: str, message: str | None = None) -> None:
    """An archived object cannot be read before it is restored. Raises InvalidObjectState."""
    if storage_class in ARCHIVED:
        raise InvalidObjectState(message, StorageClass=storage_class)


def part_number(text: str) -> int:
    """A part's number, 1 to 10,000. Raises InvalidArgument."""
    number = whole_number(text)
    if number is None or not 1 <= number <= MAX_PARTS:
        raise InvalidArgument(
            f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=text,
        )
    return number


def check_declared_size(text: str) -> None:
    """x-amz-mp-object-size is a number of bytes. Raises InvalidRequest.

    In the words of s3err/s3err.go of versity/versitygw, which are AWS's.
    """
    if re.fullmatch("-[0-9]{1,18}", text) and int(text) < 0:
        message = f"Value for x-amz-mp-object-size header is less than zero: '{text}'"
        raise InvalidRequest(message)
    if not re.fullmatch("[0-9]{1,18}", text):
        raise InvalidRequest(f"Value for x-amz-mp-object-size header is invalid: '{text}'")


def checksum_algorithm(headers: Mapping[str, str]) -> str:
    """The algorithm in x-amz-checksum-algorithm, "" for none.

    Raises InvalidRequest, NotImplementedByS3 for one that is not computed here.
    """
    algorithm = headers.get("x-amz-checksum-algorithm", "").upper()
    if algorithm and not computed(algorithm):
        raise InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            f"types: [{', '.join(sorted(LENGTHS))}]"
        )
    return algorithm


def multipart_checksum(headers: Mapping[str, str]) -> tuple[str, ChecksumType]:
    """(algorithm, type) that CreateMultipartUpload asks for; the algorithm is "" if it asks none.

    Raises InvalidRequest for what does not exist or does not go together.
    """
    algorithm = checksum_algorithm(headers)
    natural: ChecksumType = FULL_OBJECT if algorithm in ("", "CRC64NVME") else COMPOSITE
    kind = headers.get("x-amz-checksum-type", natural).upper()
    if "x-amz-checksum-type" in headers and not algorithm:
        raise InvalidRequest(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header."
        )
    # A full-object checksum is put together from those of parts, which SHA cannot do.
    impossible: dict[ChecksumType, tuple[str, ...]] = {
        FULL_OBJECT: ("SHA1", "SHA256"),
        COMPOSITE: ("CRC64NVME",),
    }
    for known, algorithms in impossible.items():
        if kind == known:
            if algorithm in algorithms:
                raise InvalidRequest(
                    f"The {kind} checksum type cannot be used with the {algorithm.lower()} "
                    "checksum algorithm."
                )
            return algorithm, known
    raise InvalidRequest("Value for x-amz-checksum-type header is invalid.")
