"""CopyObject and UploadPartCopy: the bytes are shared, never copied.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from xml.etree.ElementTree import Element

from ...rules import conditions, copying, encryption, uploads
from ...rules.checksums import DEFAULT, FULL_OBJECT, hasher
from ...rules.conditions import State
from ...rules.copying import CopySource
from ...rules.errors import InvalidArgument, InvalidRequest, NoSuchKey, NoSuchVersion, S3Error
from ...rules.operations import copied_tags_needs
from .. import xml
from ..call import Call
from ..response import Response
from ..store.bodies import Body
from ..store.bucket import Bucket
from ..store.objects import NULL_VERSION, SSE_S3, Checksum, Encryption, ObjectVersion, Part
from ..store.store import Store
from .objects import check_version_id, marker_headers
from .put_object import (
    check_condition,
    encryption_of,
    encryption_written,
    find_upload,
    keep_part,
    new_object,
    part_etag,
)

_ARCHIVED = "Operation is not valid for the source object's storage class"


def copy_object(store: Store, call: Call) -> Response:
    """CopyObject: another object with the same bytes."""
    copying.check_no_body(call.request)
    bucket = store.bucket(call.bucket)
    source, old = _find_source(store, call)
    copying.check_source_size(old.size)
    # Recorded: before the ACL that the copy may ask for.
    _check_onto_itself(bucket, call, old, encryption_of(store, bucket, call.headers))
    new = new_object(store, bucket, call)
    if not copying.replaces(call.headers, copying.METADATA_DIRECTIVE):
        new.headers = old.headers
    if not copying.replaces(call.headers, copying.TAGGING_DIRECTIVE):
        new.tags = _tags_to_copy(call, old)
    _share_body(new, old, uploads.checksum_algorithm(call.headers))
    with store.lock:
        bucket = store.bucket(call.bucket)
        check_condition(bucket, call)
        bucket.put(new)
    root = xml.result("CopyObjectResult")
    xml.add(root, LastModified=xml.instant(new.modified), ETag=new.quoted_etag)
    _add_checksum(root, new.checksum, with_type=True)
    answer = xml.document(root)
    answer.headers += encryption_written(new).items()
    if bucket.settings.versioning:
        answer.headers.append(("x-amz-version-id", new.version_id))
    _say_version(answer, source, old)
    return answer


def upload_part_copy(store: Store, call: Call) -> Response:
    """UploadPartCopy: a part made of an object, or of a range of its bytes."""
    number = uploads.part_number(call.request.parameters["partNumber"])
    bucket = store.bucket(call.bucket)
    upload = find_upload(store, bucket, call)
    encryption.check_part(call.headers, upload.template.encryption.customer_key_md5)
    source, old = _find_source(store, call)
    start, stop = copying.source_range(call.headers.get(copying.RANGE), old.size)
    copying.check_source_size(stop - start)
    body = old.body.part(start, stop)
    md5, checksum = _digests(body, upload.algorithm or DEFAULT)
    part = Part(number, store.clock.now(), body, part_etag(upload, md5), checksum)
    keep_part(store, bucket, call, part)
    root = xml.result("CopyPartResult")
    xml.add(root, LastModified=xml.instant(part.modified), ETag=f'"{part.etag}"')
    _add_checksum(root, checksum if upload.algorithm else None, with_type=False)
    answer = xml.document(root)
    answer.headers += encryption_written(upload.template).items()
    _say_version(answer, source, old)
    return answer


def _find_source(store: Store, call: Call) -> tuple[Bucket, ObjectVersion]:
    """The object that is copied, and its bucket.

    Raises NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidRequest for a delete marker,
    PreconditionFailed, and InvalidObjectState for an archived object.
    """
    source = call.operation.source
    assert source is not None
    bucket = store.bucket(source.bucket)
    if source.version is not None:
        _check_version(call, source.version)
    found = bucket.object(source.key, source.version)
    if found is None and source.version is not None:
        raise NoSuchVersion(Key=source.key, VersionId=source.version)
    if found is None or (found.delete_marker and source.version is None):
        error = _missing(call, source)
        if found is not None and isinstance(error, NoSuchKey):
            error.headers |= marker_headers(found)
        raise error
    if found.delete_marker:
        raise InvalidRequest(
            "The source of a copy request may not specifically refer to a delete marker by "
            "version id."
        )
    stored_with = found.encryption.customer_key_md5
    encryption.check_key(call.headers, stored_with, encryption.OF_THE_SOURCE)
    conditions.check_source(call.headers, State(found.etag, found.modified), call.now)
    uploads.check_readable(found.storage_class, _ARCHIVED)
    return bucket, found


def _check_version(call: Call, version: str) -> None:
    """Raises InvalidRequest or, for a part, InvalidArgument: both as others measured on AWS."""
    try:
        check_version_id(version, copying.COPY_SOURCE)
    except InvalidArgument:
        if call.operation.name == "CopyObject":
            raise InvalidRequest() from None
        raise


def _missing(call: Call, source: CopySource) -> S3Error:
    # Only whoever may list a bucket learns that a key is not there.
    denied = call.why_not((("s3:ListBucket", f"arn:aws:s3:::{source.bucket}"),))
    return denied or NoSuchKey(Key=source.key)


def _check_onto_itself(bucket: Bucket, call: Call, old: ObjectVersion, new: Encryption) -> None:
    if bucket.current(call.key) is not old:
        return  # another object, or an older version of this one
    # Recorded: a default that somebody has put counts as a change, even if it is S3's own.
    default_was_put = bucket.settings.encryption is not SSE_S3
    changes = new != old.encryption or default_was_put
    copying.check_onto_itself(call.headers, encryption_changes=changes)


def _tags_to_copy(call: Call, old: ObjectVersion) -> dict[str, str]:
    """The source's tags, if the caller may read and write them. Raises AccessDenied."""
    source = call.operation.source
    if old.tags and source is not None:
        denied = call.why_not(copied_tags_needs(source, call.bucket, call.key))
        if denied is not None:
            raise denied
    return old.tags


def _share_body(new: ObjectVersion, old: ObjectVersion, algorithm: str) -> None:
    """Give the copy its source's bytes, with an ETag and a checksum of its own.

    Both are those of the whole, whatever the source's were made of; they are computed only if
    the source's cannot be taken.
    """
    new.body, new.checksum = old.body, old.checksum
    kept = old.checksum.algorithm if old.checksum else DEFAULT
    wanted = algorithm or kept
    same = old.checksum is not None and old.checksum.type == FULL_OBJECT and kept == wanted
    if same and not old.parts and old.encryption.etag_is_md5:
        new.etag = old.etag
    else:
        new.etag, new.checksum = _digests(old.body, wanted)
    if not new.encryption.etag_is_md5:
        new.etag = secrets.token_hex(16)


def _digests(body: Body, algorithm: str) -> tuple[str, Checksum]:
    """MD5 in hexadecimal, and the checksum, of a whole body."""
    md5, checksum = hashlib.md5(usedforsecurity=False), hasher(algorithm)
    for piece in body.pieces():
        md5.update(piece)
        checksum.update(piece)
    return md5.hexdigest(), Checksum(algorithm, base64.b64encode(checksum.digest()).decode())


def _add_checksum(root: Element, checksum: Checksum | None, *, with_type: bool) -> None:
    if checksum is not None:
        xml.add(root, **{f"Checksum{checksum.algorithm}": checksum.value})
        xml.add(root, ChecksumType=checksum.type if with_type else None)


def _say_version(answer: Response, source: Bucket, old: ObjectVersion) -> None:
    if source.settings.versioning and old.version_id != NULL_VERSION:
        answer.headers.append(("x-amz-copy-source-version-id", old.version_id))
