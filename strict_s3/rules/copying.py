"""Copies: the source that a header names, the directives, the range of a part.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html; the messages are those
recorded on AWS, or reported from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from .errors import InvalidArgument, InvalidRequest, NotImplementedByS3, S3Error
from .limits import MAX_PUT
from .request import Request, has_broken_escape, whole_number

COPY_SOURCE = "x-amz-copy-source"
RANGE = "x-amz-copy-source-range"
METADATA_DIRECTIVE = "x-amz-metadata-directive"
TAGGING_DIRECTIVE = "x-amz-tagging-directive"
_DIRECTIVES = {METADATA_DIRECTIVE: "metadata", TAGGING_DIRECTIVE: "tagging"}
# One of these makes a copy of an object onto itself a change, even if the value is the old one.
_CHANGES = ("x-amz-storage-class", "x-amz-website-redirect-location")
_ENCRYPTION = "x-amz-server-side-encryption"

# Percent-encoded, as S3 asks for. What other parsers of URLs would cut off or strip (";", "#",
# other parameters, control characters) could make a store read another key than this rule does.
_CLEAR = r"[!\"$-:<->@-~]"  # \x21 to \x7e without those
_COPY_SOURCE = re.compile(rf"({_CLEAR}+)(\?versionId=(?:(?!&){_CLEAR})+)?")
_BUCKET_NAME = re.compile(r"[A-Za-z0-9._-]+")
# Recorded of CopyObject: the whole URL of the source, path-style, is taken too.
_HOST = re.compile(r"https?://[^/]+(?=/)")


@dataclass(frozen=True)
class CopySource:
    """What ``x-amz-copy-source: /bucket/key?versionId=…`` names. `version` is None without one."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.bucket}/{self.key}"

    @property
    def read_action(self) -> str:
        """The permission to read it."""
        return "s3:GetObject" if self.version is None else "s3:GetObjectVersion"


def check_no_body(request: Request) -> None:
    """CopyObject has no body. Raises InvalidRequest.

    Reported from AWS: https://github.com/versity/versitygw/issues/1242.
    """
    if whole_number(request.header("content-length", "0")):
        raise InvalidRequest(
            "The request included a body. Requests of this type must not include a non-empty body."
        )


def misplaced_source(request: Request) -> S3Error | None:
    """Why a request that is no PUT must not name a copy source; None if it doesn't.

    Reported from AWS: https://github.com/versity/versitygw/pull/1642. It says so of a POST only
    where that is about an upload.
    """
    post = request.method == "POST" and "uploadId" in request.parameters
    if COPY_SOURCE in request.header_map and (post or request.method in ("GET", "HEAD", "DELETE")):
        return InvalidArgument(
            "You can only specify a copy source header for copy requests.",
            ArgumentName=COPY_SOURCE,
            ArgumentValue=request.header(COPY_SOURCE),
        )
    return None


def copy_source(request: Request) -> CopySource:
    """The source of a copy. Raises what `copy_source_problem` returns."""
    found = _parsed(request)
    if isinstance(found, CopySource):
        return found
    raise found


def copy_source_problem(request: Request) -> S3Error | None:
    """Why a request that names a copy source is no copy; None if it is one, or names none."""
    named = COPY_SOURCE in request.header_map or in_query(request)
    found = _parsed(request) if named else None
    return found if isinstance(found, S3Error) else None


def _parsed(request: Request) -> CopySource | S3Error:
    if in_query(request):
        # Presigners of the SDKs for JavaScript and PHP put it there. AWS did not read it: such a
        # URL stored an empty object (aws/aws-sdk-php#1275 in 2017 and 2019, aws-sdk-js-v3#3283 in
        # 2022). Whether it does today is not known; storing nothing and saying so harms nobody.
        return NotImplementedByS3(
            Header=COPY_SOURCE,
            additionalMessage="A copy source in the query is not carried out: send it as a header",
        )
    text = request.header(COPY_SOURCE)
    host = _HOST.match(text)
    text = text[host.end() :] if host else text
    if has_broken_escape(text):
        return _invalid("Invalid copy source encoding.")
    match = _COPY_SOURCE.fullmatch(text)
    try:
        path = unquote_plus(match[1] if match else text, errors="strict").removeprefix("/")
    except UnicodeDecodeError:
        return _invalid("Invalid copy source encoding.")
    bucket, _, key = path.partition("/")
    if path.startswith("arn:") and "accesspoint/" in path:  # API_CopyObject.html; Outposts', too
        return NotImplementedByS3(
            Header=COPY_SOURCE,
            additionalMessage="Access points are not carried out: name the bucket",
        )
    if not _BUCKET_NAME.fullmatch(bucket):
        return _invalid("Invalid copy source bucket name")
    if key and text.endswith("?versionId="):
        return InvalidArgument(
            "Version id cannot be the empty string", ArgumentName=COPY_SOURCE, ArgumentValue=""
        )
    if not key or match is None:
        return _invalid("Invalid copy source object key")
    return CopySource(bucket, key, match[2].partition("=")[2] if match[2] else None)


def in_query(request: Request) -> bool:
    """Does the query name a copy source, in whatever case?"""
    return any(name.lower() == COPY_SOURCE for name in request.parameters)


def _invalid(message: str) -> InvalidArgument:
    return InvalidArgument(message, ArgumentName=COPY_SOURCE, ArgumentValue=COPY_SOURCE)


def replaces(headers: Mapping[str, str], directive: str) -> bool:
    """True for ``REPLACE``, False for ``COPY`` (the default). Raises InvalidArgument."""
    value = headers.get(directive, "COPY")
    if value not in ("COPY", "REPLACE"):
        raise InvalidArgument(
            f"Unknown {_DIRECTIVES[directive]} directive.",
            ArgumentName=directive,
            ArgumentValue=value,
        )
    return value == "REPLACE"


def check_onto_itself(headers: Mapping[str, str], *, encryption_changes: bool) -> None:
    """A copy of an object onto itself must change something. Raises InvalidRequest.

    `encryption_changes`: whether the object would be encrypted otherwise than it is, or the bucket
    has a default encryption that somebody has set.
    """
    if replaces(headers, METADATA_DIRECTIVE) or encryption_changes:
        return
    if any(name in headers for name in _CHANGES) or _ENCRYPTION in headers:
        return
    raise InvalidRequest(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes."
    )


def check_source_size(size: int) -> None:
    """One request copies at most 5 GiB. Raises InvalidRequest."""
    if size > MAX_PUT:
        raise InvalidRequest(
            "The specified copy source is larger than the maximum allowable size for a copy "
            f"source: {MAX_PUT}"
        )


def source_range(text: str | None, size: int) -> tuple[int, int]:
    """(start, stop) of the bytes that UploadPartCopy copies from a source of `size` bytes.

    Raises InvalidArgument, InvalidRequest.
    """
    if text is None:
        return 0, size
    first, dash, last = text.removeprefix("bytes=").partition("-")
    start, end = whole_number(first), whole_number(last)
    if not text.startswith("bytes=") or not dash or start is None or end is None or start > end:
        raise InvalidArgument(
            f"The {RANGE} value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            ArgumentName=RANGE,
            ArgumentValue=text,
        )
    if start >= size:
        raise InvalidRequest("The specified copy range is invalid for the source object size")
    if end >= size:
        raise InvalidArgument(
            f"Range specified is not valid for source object of size: {size}",
            ArgumentName=RANGE,
            ArgumentValue=text,
        )
    return start, end + 1
