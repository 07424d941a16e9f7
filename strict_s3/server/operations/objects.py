"""GetObject and HeadObject: versions, conditions, ranges, and headers by request.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime

from ...rules import encryption, lifecycle, metadata, object_lock, ranges
from ...rules.checksums import COMPOSITE
from ...rules.conditions import State, not_modified, range_applies
from ...rules.errors import (
    AccessDenied,
    InvalidArgument,
    InvalidPartNumber,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchKey,
    NoSuchVersion,
    S3Error,
)
from ...rules.s3_operations import VERSION_ACTIONS
from ...rules.uploads import check_readable, part_number
from ..call import Call
from ..response import Response
from ..store import version_ids
from ..store.bodies import PIECE
from ..store.bucket import Bucket
from ..store.objects import NULL_VERSION, ObjectVersion
from ..store.store import Store


def get_object(store: Store, call: Call) -> Response:
    """GetObject and HeadObject. Raises NoSuchKey, PreconditionFailed, InvalidRange …"""
    bucket = store.bucket(call.bucket)
    number = _part_asked_for(call)
    found = find_object(bucket, call)
    encryption.check_read(call.headers, found.encryption.customer_key_md5)
    headers = object_headers(bucket, found, call)
    if call.parameter("versionId") is None:
        headers |= expiration_header(bucket, found)
    state = State(found.etag, found.modified)
    if not_modified(call.request.header_map, state, call.now):
        kept = {n: v for n, v in headers.items() if not n.startswith("content-")}
        return Response(304, list(kept.items()))
    if call.request.method == "GET":
        check_readable(found.storage_class)
    headers |= metadata.overrides(call.request.parameters)
    start, stop, status = 0, found.size, 200
    span = _range(call, found, number, state)
    if span is not None:
        start, stop, status = *span, 206
        headers["content-range"] = f"bytes {start}-{stop - 1}/{found.size}"
    if _wants_checksum(call):
        whole = stop - start == found.size
        headers |= _checksum_of(found, number, whole=whole)
    if found.parts and number is not None:
        headers["x-amz-mp-parts-count"] = str(len(found.parts))
    small = stop - start <= PIECE
    body: bytes | Iterator[bytes] = (found.body.read if small else found.body.pieces)(start, stop)
    return Response(status, list(headers.items()), body, stop - start)


def find_object(bucket: Bucket, call: Call) -> ObjectVersion:
    """The object, or the version of it, that a request reads.

    Raises NoSuchKey, NoSuchVersion, InvalidArgument for what is no version id, and for a delete
    marker NoSuchKey or MethodNotAllowed with the headers that say what is there.
    """
    found = _find(bucket, call)
    if found.delete_marker:
        named = call.parameter("versionId") is not None
        raise _marked(found, call, None if named else _missing(call))
    return found


def find_version(bucket: Bucket, call: Call) -> ObjectVersion:
    """The version whose tags, retention or legal hold a request is about.

    Raises what `find_object` raises; a delete marker has none of these, so that it is always
    MethodNotAllowed.
    """
    found = _find(bucket, call)
    if found.delete_marker:
        raise _marked(found, call, None)
    return found


def check_version_id(version_id: str, name: str = "versionId") -> None:
    """Raises InvalidArgument for what this S3 has never given to a version."""
    if version_id != NULL_VERSION and version_ids.number(version_id) is None:
        raise InvalidArgument(
            "Invalid version id specified", ArgumentName=name, ArgumentValue=version_id
        )


def _find(bucket: Bucket, call: Call) -> ObjectVersion:
    version = call.parameter("versionId")
    if version is not None:
        check_version_id(version)
    found = bucket.object(call.key, version)
    if found is not None:
        return found
    if version is not None:
        raise NoSuchVersion(Key=call.key, VersionId=version)
    raise _missing(call)


def _missing(call: Call) -> NoSuchKey | AccessDenied:
    # Only whoever may list a bucket learns that a key is not there.
    denied = call.why_not((("s3:ListBucket", f"arn:aws:s3:::{call.bucket}"),))
    return denied or NoSuchKey(Key=call.key)


def _marked(marker: ObjectVersion, call: Call, error: S3Error | None) -> S3Error:
    """`error`, or else MethodNotAllowed, with what is said of a delete marker."""
    if error is None:
        error = MethodNotAllowed(Method=call.request.method, ResourceType="DeleteMarker")
        error.headers["last-modified"] = format_datetime(marker.modified, usegmt=True)
        error.headers["allow"] = "DELETE"
    error.headers |= marker_headers(marker)
    return error


def marker_headers(marker: ObjectVersion) -> dict[str, str]:
    """What a refusal says of the delete marker that is in the way."""
    return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version_id}


def object_headers(bucket: Bucket, found: ObjectVersion, call: Call) -> dict[str, str]:
    """What GetObject and HeadObject say about an object, without its length."""
    headers = metadata.encoded(found.headers)
    headers["etag"] = found.quoted_etag
    headers["last-modified"] = format_datetime(found.modified, usegmt=True)
    headers["accept-ranges"] = "bytes"
    headers |= encryption_headers(found)
    if found.storage_class != "STANDARD":
        headers["x-amz-storage-class"] = found.storage_class
    if found.website_redirect:
        headers["x-amz-website-redirect-location"] = found.website_redirect
    if bucket.settings.versioning:
        headers["x-amz-version-id"] = found.version_id
    if found.tags and _may(call, "GetObjectTagging"):
        headers["x-amz-tagging-count"] = str(len(found.tags))
    if found.retention and _may(call, "GetObjectRetention"):
        headers[object_lock.MODE] = found.retention.mode
        headers[object_lock.UNTIL] = object_lock.written(found.retention.until)
    if found.legal_hold and _may(call, "GetObjectLegalHold"):
        headers[object_lock.HOLD] = found.legal_hold
    return headers


def _may(call: Call, name: str) -> bool:
    """Tags and locks are shown to those who may read them ("Response elements" of GetObject)."""
    action = f"s3:{name}"
    if call.parameter("versionId") is not None:
        action = VERSION_ACTIONS.get(name, action)
    return call.why_not(((action, f"arn:aws:s3:::{call.bucket}/{call.key}"),)) is None


def expiration_header(bucket: Bucket, current: ObjectVersion) -> dict[str, str]:
    """When a lifecycle rule will expire the current version of a key, if one will."""
    value = lifecycle.expiration(bucket.settings.lifecycle, current)
    return {"x-amz-expiration": value} if value else {}


def encryption_headers(version: ObjectVersion) -> dict[str, str]:
    """How an object is encrypted, as the answers to reads and writes say it."""
    kept = version.encryption
    if kept.customer_key_md5:
        return {
            encryption.CUSTOMER_ALGORITHM: kept.algorithm,
            encryption.CUSTOMER_KEY_MD5: kept.customer_key_md5,
        }
    headers = {encryption.SSE: kept.algorithm}
    if kept.kms_key_id:
        headers[encryption.KMS_KEY_ID] = kept.kms_key_id
    if kept.bucket_key:
        headers[encryption.BUCKET_KEY] = "true"
    return headers


def checksum_headers(version: ObjectVersion) -> dict[str, str]:
    """The checksum of an object, ``x-amz-checksum-crc64nvme`` or whichever it has."""
    checksum = version.checksum
    return {f"x-amz-checksum-{checksum.algorithm.lower()}": checksum.value} if checksum else {}


def _wants_checksum(call: Call) -> bool:
    """Raises InvalidRequest for another mode than ENABLED, in whatever case."""
    mode = call.headers.get("x-amz-checksum-mode")
    if mode is not None and mode.upper() != "ENABLED":
        # Measured in September 2026 (brekkylab/backlot, backlot/routers/s3.py).
        raise InvalidRequest("Value for x-amz-checksum-mode header is invalid.")
    return mode is not None


def _checksum_of(found: ObjectVersion, part: int | None, *, whole: bool) -> dict[str, str]:
    """The checksum that goes with what is read: of the whole object, or of a part that has one."""
    checksum = found.checksum
    if checksum is None:
        return {}
    kind = {"x-amz-checksum-type": checksum.type}
    if part is not None and found.parts and checksum.type == COMPOSITE:
        value = found.parts[part - 1].checksum
        return {f"x-amz-checksum-{checksum.algorithm.lower()}": value} | kind
    return checksum_headers(found) | kind if whole else {}


def _part_asked_for(call: Call) -> int | None:
    """The partNumber. S3 refuses it before it looks for the key. Raises InvalidRequest …"""
    number = call.parameter("partNumber")
    if number is None:
        return None
    if "range" in call.request.header_map:
        raise InvalidRequest("Cannot specify both Range header and partNumber query parameter")
    return part_number(number)


def _range(
    call: Call, found: ObjectVersion, part: int | None, state: State
) -> tuple[int, int] | None:
    """The (start, stop) asked for by Range or partNumber; None for the whole object."""
    if part is not None:
        if part > max(len(found.parts), 1):
            raise InvalidPartNumber(
                PartNumberRequested=part, ActualPartCount=max(len(found.parts), 1)
            )
        return found.part_range(part) if found.size else None
    text = call.request.header("range")
    if not text or not range_applies(call.request.header_map, state):
        return None
    return ranges.span(text, found.size)
