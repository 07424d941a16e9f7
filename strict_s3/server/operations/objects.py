"""GetObject and HeadObject: versions, conditions, ranges, and headers by request.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.http import http_date, parse_range_header

from ...rules.conditions import State, not_modified
from ...rules.errors import (
    InvalidArgument,
    InvalidRange,
    MethodNotAllowed,
    NoSuchKey,
    NoSuchVersion,
)
from ...rules.uploads import part_number
from ..call import Call
from ..response import Response
from ..store.bodies import PIECE
from ..store.bucket import Bucket
from ..store.objects import ObjectVersion
from ..store.store import Store

_OVERRIDES = {
    "response-cache-control": "cache-control",
    "response-content-disposition": "content-disposition",
    "response-content-encoding": "content-encoding",
    "response-content-language": "content-language",
    "response-content-type": "content-type",
    "response-expires": "expires",
}


def get_object(store: Store, call: Call) -> Response:
    """GetObject and HeadObject. Raises NoSuchKey, PreconditionFailed, InvalidRange …"""
    bucket = store.bucket(call.bucket)
    found = find_object(bucket, call)
    headers = object_headers(bucket, found)
    if not_modified(call.request.header_map, State(found.etag, found.modified)):
        kept = {n: v for n, v in headers.items() if not n.startswith("content-")}
        return Response(304, list(kept.items()))
    for parameter, name in _OVERRIDES.items():
        value = call.parameter(parameter)
        if value is not None:
            headers[name] = value

    start, stop, status = 0, found.size, 200
    span = _range(call, found)
    if span is not None:
        start, stop, status = *span, 206
        headers["content-range"] = f"bytes {start}-{stop - 1}/{found.size}"
    elif call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED" and found.checksum:
        # The stored checksum is of the whole object, so it goes with the whole object only.
        headers |= checksum_headers(found)
        headers["x-amz-checksum-type"] = found.checksum.type
    if found.parts and call.parameter("partNumber") is not None:
        headers["x-amz-mp-parts-count"] = str(len(found.parts))
    pieces = found.body.pieces(start, stop)
    body: bytes | Iterator[bytes] = next(pieces, b"") if stop - start <= PIECE else pieces
    return Response(status, list(headers.items()), body, stop - start)


def find_object(bucket: Bucket, call: Call) -> ObjectVersion:
    """The object, or the version of it, that a request names.

    Raises NoSuchKey, NoSuchVersion, and for a delete marker NoSuchKey or MethodNotAllowed with
    the headers that say what is there.
    """
    version = call.parameter("versionId")
    found = bucket.object(call.key, version)
    if found is None:
        if version is not None:
            raise NoSuchVersion(Key=call.key, VersionId=version)
        raise _missing(call)
    if found.delete_marker:
        error = _missing(call)
        if version is not None:
            error = MethodNotAllowed(Method=call.request.method, ResourceType="DeleteMarker")
            error.headers["last-modified"] = http_date(found.modified)
            error.headers["allow"] = "DELETE"
        error.headers |= {"x-amz-delete-marker": "true", "x-amz-version-id": found.version_id}
        raise error
    return found


def _missing(call: Call) -> NoSuchKey | MethodNotAllowed:
    # Only whoever may list a bucket learns that a key is not there.
    denied = call.why_not((("s3:ListBucket", f"arn:aws:s3:::{call.bucket}"),))
    if denied is not None:
        raise denied
    return NoSuchKey(Key=call.key)


def object_headers(bucket: Bucket, found: ObjectVersion) -> dict[str, str]:
    """What GetObject and HeadObject say about an object, without its length."""
    headers = dict(found.headers)
    headers["etag"] = found.quoted_etag
    headers["last-modified"] = http_date(found.modified)
    headers["accept-ranges"] = "bytes"
    headers |= encryption_headers(found)
    if found.storage_class != "STANDARD":
        headers["x-amz-storage-class"] = found.storage_class
    if found.website_redirect:
        headers["x-amz-website-redirect-location"] = found.website_redirect
    if bucket.settings.versioning:
        headers["x-amz-version-id"] = found.version_id
    if found.tags:
        headers["x-amz-tagging-count"] = str(len(found.tags))
    return headers


def encryption_headers(version: ObjectVersion) -> dict[str, str]:
    """How an object is encrypted, as the answers to reads and writes say it."""
    encryption = version.encryption
    headers = {"x-amz-server-side-encryption": encryption.algorithm}
    if encryption.kms_key_id:
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = encryption.kms_key_id
    if encryption.bucket_key:
        headers["x-amz-server-side-encryption-bucket-key-enabled"] = "true"
    return headers


def checksum_headers(version: ObjectVersion) -> dict[str, str]:
    """The checksum of an object, ``x-amz-checksum-crc64nvme`` or whichever it has."""
    checksum = version.checksum
    return {f"x-amz-checksum-{checksum.algorithm.lower()}": checksum.value} if checksum else {}


def _range(call: Call, found: ObjectVersion) -> tuple[int, int] | None:
    """The (start, stop) asked for by Range or partNumber; None for the whole object."""
    text = call.request.header("range")
    number = call.parameter("partNumber")
    if number is not None:
        if text:
            raise InvalidArgument("Cannot specify both Range header and partNumber query parameter")
        part = part_number(number)
        if part > max(len(found.parts), 1):
            raise InvalidRange(
                "The requested partnumber is not satisfiable",
                PartNumberRequested=number,
                ActualPartCount=max(len(found.parts), 1),
            )
        return found.part_range(part)
    parsed = parse_range_header(text) if text else None
    # S3 serves the whole object for a range that it cannot read, and for several at once.
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return None
    first, _ = parsed.ranges[0]
    if first is not None and first < 0 and found.size:
        return max(found.size + first, 0), found.size  # the last bytes, or all that there are
    span = parsed.range_for_length(found.size)
    if span is None:
        raise InvalidRange(RangeRequested=text, ActualObjectSize=found.size)
    return span
