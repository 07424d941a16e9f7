"""Reading and writing objects: ranges, conditions, metadata, conditional writes, parts.

Sources: GetObject, HeadObject, PutObject and UploadPart in the Amazon S3 API reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from werkzeug.http import http_date, parse_date, parse_etags, parse_range_header

from ...rules import tags
from ...rules.context import hoisted_headers
from ...rules.errors import (
    AccessControlListNotSupported,
    InvalidArgument,
    InvalidEncryptionAlgorithmError,
    InvalidRange,
    InvalidStorageClass,
    KeyTooLongError,
    MetadataTooLarge,
    MethodNotAllowed,
    NoSuchKey,
    NoSuchUpload,
    NoSuchVersion,
    NotImplementedByS3,
    PreconditionFailed,
)
from ...rules.payload import ChunkSigner, Payload
from ...rules.request import Request, whole_number
from ..response import Response
from ..store.store import Store
from ..store.stored import NewObject, StoredObject
from .body import PIECE, Read, receive

MAX_KEY = 1024  # bytes of UTF-8
MAX_METADATA = 2048  # bytes of names and values together
_OVERRIDES = {
    "response-cache-control": "cache-control",
    "response-content-disposition": "content-disposition",
    "response-content-encoding": "content-encoding",
    "response-content-language": "content-language",
    "response-content-type": "content-type",
    "response-expires": "expires",
}
# Canned ACLs that a bucket with ACLs disabled takes. AWS documents only the first; uploads with
# "private" from the bucket's own account are reported to succeed too.
_TAKEN_ACLS = ("bucket-owner-full-control", "private")
_STORAGE_CLASSES = (
    *("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
    *("GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"),
)
_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")


def get_object(store: Store, request: Request, bucket: str, key: str) -> Response:
    """GetObject and HeadObject. Raises NoSuchKey, PreconditionFailed, InvalidRange …"""
    version = request.parameters.get("versionId")
    found = store.get_object(bucket, key, version)
    if found is None:
        if version is not None:
            raise NoSuchVersion(Key=key, VersionId=version)
        raise NoSuchKey(Key=key)
    if isinstance(found, str):
        if version is not None:
            raise MethodNotAllowed(Method=request.method, ResourceType="DeleteMarker")
        raise NoSuchKey(Key=key)
    headers = found.headers()
    headers |= {"etag": found.etag, "last-modified": http_date(found.last_modified)}
    headers["accept-ranges"] = "bytes"
    if _not_modified(request, found):
        kept = {n: v for n, v in headers.items() if not n.startswith("content-")}
        return Response(304, list(kept.items()))
    for parameter, name in _OVERRIDES.items():
        if parameter in request.parameters:
            headers[name] = request.parameters[parameter]

    start, stop, status = 0, found.size, 200
    wanted = _range(request, found)
    if wanted is not None:
        start, stop, status = *wanted, 206
        headers["content-range"] = f"bytes {start}-{stop - 1}/{found.size}"
    elif request.header("x-amz-checksum-mode").upper() == "ENABLED" and found.checksum:
        # The stored checksum is of the whole object, so it goes with the whole object only.
        headers[f"x-amz-checksum-{found.checksum_algorithm.lower()}"] = found.checksum
        headers["x-amz-checksum-type"] = found.checksum_type
    if found.parts and "partNumber" in request.parameters:
        headers["x-amz-mp-parts-count"] = str(found.parts)
    pieces = _read(found, start, stop)
    body: bytes | Iterator[bytes] = next(pieces, b"") if stop - start <= PIECE else pieces
    return Response(status, list(headers.items()), body, stop - start)


def _read(found: StoredObject, start: int, stop: int) -> Iterator[bytes]:
    while start < stop:
        piece = found.read_at(start, min(PIECE, stop - start))
        start += len(piece)
        yield piece


def _not_modified(request: Request, found: StoredObject) -> bool:
    """RFC 9110's conditions, in its order. Raises PreconditionFailed."""
    headers = request.header_map
    etag = found.etag.strip('"')
    if "if-match" in headers:
        if not parse_etags(headers["if-match"]).contains(etag):
            raise PreconditionFailed(Condition="If-Match")
    elif (since := _date(headers.get("if-unmodified-since"))) and found.last_modified > since:
        raise PreconditionFailed(Condition="If-Unmodified-Since")
    if "if-none-match" in headers:
        return parse_etags(headers["if-none-match"]).contains_weak(etag)
    since = _date(headers.get("if-modified-since"))
    return since is not None and found.last_modified <= since


def _date(text: str | None) -> datetime | None:
    return parse_date(text) if text else None


def _range(request: Request, found: StoredObject) -> tuple[int, int] | None:
    """The (start, stop) asked for by Range or partNumber; None for the whole object."""
    number = request.parameters.get("partNumber")
    if number is not None:
        part = _part_number(number)
        if part > max(found.parts, 1):
            raise InvalidRange(RangeRequested=f"part {number}", ActualObjectSize=found.size)
        return found.part_range(part)
    text = request.header("range")
    parsed = parse_range_header(text) if text else None
    # S3 serves the whole object for a range that it cannot read, and for several at once.
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return None
    span = parsed.range_for_length(found.size)
    if span is None:
        raise InvalidRange(RangeRequested=text, ActualObjectSize=found.size)
    return span


def put_object(
    store: Store,
    request: Request,
    bucket: str,
    key: str,
    read: Read,
    payload: Payload,
    signer: ChunkSigner | None,
) -> Response:
    """PutObject: the body is received and verified, then stored in one step."""
    headers = hoisted_headers(request)
    tagging = check_upload(key, headers)
    check_write_condition(store, request, bucket, key)
    received = receive(read, request, payload, signer)
    new = NewObject(
        received.file,
        received.size,
        received.md5,
        headers,
        received.algorithm,
        received.checksum,
        tagging,
    )
    # Asked again with the lock held: somebody else may have written while the body arrived.
    with store.locked():
        check_write_condition(store, request, bucket, key)
        stored = store.put_object(bucket, key, new)
    answer = _written(stored)
    answer.append(("x-amz-checksum-type", "FULL_OBJECT"))
    if stored.version_id is not None:
        answer.append(("x-amz-version-id", stored.version_id))
    return Response(200, answer)


def _written(stored: StoredObject) -> list[tuple[str, str]]:
    return [
        ("etag", stored.etag),
        ("x-amz-server-side-encryption", stored.encryption),
        (f"x-amz-checksum-{stored.checksum_algorithm.lower()}", stored.checksum),
    ]


def check_upload(key: str, headers: dict[str, str]) -> dict[str, str]:
    """What an upload may carry, whichever way it comes: key, ACL, metadata. Returns its tags."""
    if len(key.encode()) > MAX_KEY:
        raise KeyTooLongError(Size=len(key.encode()), MaxSizeAllowed=MAX_KEY)
    acl = headers.get("x-amz-acl", headers.get("acl", _TAKEN_ACLS[0]))
    if acl not in _TAKEN_ACLS or any(name.startswith("x-amz-grant-") for name in headers):
        raise AccessControlListNotSupported()
    if headers.get("x-amz-storage-class", "STANDARD") not in _STORAGE_CLASSES:
        raise InvalidStorageClass(StorageClassRequested=headers["x-amz-storage-class"])
    if headers.get("x-amz-server-side-encryption", "AES256") not in _ENCRYPTIONS:
        raise InvalidEncryptionAlgorithmError()
    prefix = "x-amz-meta-"
    size = sum(
        len(name) - len(prefix) + len(value.encode())
        for name, value in headers.items()
        if name.startswith(prefix)
    )
    if size > MAX_METADATA:
        raise MetadataTooLarge(Size=size, MaxSizeAllowed=MAX_METADATA)
    return tags.from_header(headers.get("x-amz-tagging", ""))


def check_write_condition(store: Store, request: Request, bucket: str, key: str) -> None:
    """Conditional writes: If-None-Match: * and If-Match: etag."""
    headers = request.header_map
    none_match, match = headers.get("if-none-match"), headers.get("if-match")
    if none_match is None and match is None:
        return
    if none_match not in (None, "*"):
        raise NotImplementedByS3(
            Header="If-None-Match", additionalMessage="We don't accept the provided value."
        )
    found = store.get_object(bucket, key, None)
    exists = isinstance(found, StoredObject)
    if none_match == "*" and exists:
        raise PreconditionFailed(Condition="If-None-Match")
    if match is not None:
        if not isinstance(found, StoredObject):
            raise NoSuchKey(Key=key)
        if match.strip('"') not in ("*", found.etag.strip('"')):
            raise PreconditionFailed(Condition="If-Match")


def upload_part(
    store: Store,
    request: Request,
    bucket: str,
    key: str,
    read: Read,
    payload: Payload,
    signer: ChunkSigner | None,
) -> Response:
    """UploadPart: one part of a multipart upload that is under way."""
    number, upload = _part_number(request.parameters["partNumber"]), request.parameters["uploadId"]
    if store.upload(bucket, upload, key) is None:
        raise NoSuchUpload(UploadId=upload)
    got = receive(read, request, payload, signer)
    new = NewObject(
        got.file, got.size, got.md5, checksum_algorithm=got.algorithm, checksum=got.checksum
    )
    with store.locked():
        if store.upload(bucket, upload, key) is None:
            raise NoSuchUpload(UploadId=upload)
        return Response(200, _written(store.put_part(bucket, upload, number, new)))


def _part_number(text: str) -> int:
    number = whole_number(text)
    if number is None or not 1 <= number <= 10000:
        raise InvalidArgument(
            "Part number must be an integer between 1 and 10000, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=text,
        )
    return number
