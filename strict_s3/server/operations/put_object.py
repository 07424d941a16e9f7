"""PutObject and UploadPart: the body is received and verified, then stored in one step.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ...rules import acls, conditions, encryption, metadata, object_lock, uploads
from ...rules.checksums import COMPOSITE, DEFAULT, FULL_OBJECT, declared_checksum
from ...rules.conditions import State
from ...rules.errors import InvalidRequest, NoSuchUpload
from ...rules.object_lock import Retention
from ..call import Call
from ..response import Headers, Response
from ..store.bodies import Body
from ..store.bucket import Bucket
from ..store.objects import SSE_S3, Encryption, ObjectVersion, Part, Upload
from ..store.store import Store
from .body import Received, receive
from .objects import checksum_headers, encryption_headers, expiration_header


def put_object(store: Store, call: Call) -> Response:
    """PutObject. Raises what `new_object`, `check_condition` and `receive` raise."""
    bucket = store.bucket(call.bucket)
    new = new_object(store, bucket, call)
    if new.retention or object_lock.HOLD in call.headers:
        object_lock.check_digest(call.request.header_map)
    check_condition(bucket, call)
    fill(new, receive(store.spool, call))
    # Asked again with the lock held: somebody else may have written while the body arrived.
    with store.lock:
        check_condition(store.bucket(call.bucket), call)
        bucket.put(new)
    headers = written(bucket, new)
    headers.append(("x-amz-checksum-type", FULL_OBJECT))
    return Response(200, headers)


def upload_part(store: Store, call: Call) -> Response:
    """UploadPart: one part of a multipart upload that is under way."""
    number = uploads.part_number(call.request.parameters["partNumber"])
    bucket = store.bucket(call.bucket)
    upload = find_upload(store, bucket, call)
    encryption.check_part(call.headers, upload.template.encryption.customer_key_md5)
    _check_algorithm(upload, call)
    got = receive(store.spool, call, algorithm=upload.algorithm or DEFAULT)
    part = Part(number, store.clock.now(), got.body, part_etag(upload, got.md5), got.checksum)
    keep_part(store, bucket, call, part)
    stored = replace(upload.template, etag=part.etag, checksum=part.checksum)
    return Response(200, list(_written(stored).items()))


def find_upload(store: Store, bucket: Bucket, call: Call) -> Upload:
    """The upload that the request names. Raises NoSuchUpload."""
    upload_id = call.request.parameters["uploadId"]
    upload = store.upload(bucket, upload_id, call.key)
    if upload is None:
        raise NoSuchUpload(UploadId=upload_id)
    return upload


def part_etag(upload: Upload, md5: str) -> str:
    """The ETag of a part whose MD5 is `md5`, in hexadecimal."""
    return md5 if upload.template.encryption.etag_is_md5 else secrets.token_hex(16)


def keep_part(store: Store, bucket: Bucket, call: Call, part: Part) -> None:
    """Store a part, if its upload is still under way. Raises NoSuchUpload."""
    with store.lock:
        find_upload(store, bucket, call).parts[part.number] = part


def _check_algorithm(upload: Upload, call: Call) -> None:
    """A part's checksum must be of the upload's algorithm. Raises InvalidRequest.

    A composite checksum is made of those of the parts, so that each part must declare one.
    """
    if not upload.algorithm:
        return
    declared, _ = declared_checksum(call.request)
    missing = not declared and upload.checksum_type == COMPOSITE
    if missing or declared not in ("", upload.algorithm):
        raise InvalidRequest(
            "Checksum Type mismatch occurred, expected checksum Type: "
            f"{upload.algorithm.lower()}, actual checksum Type: {declared.lower() or 'null'}"
        )


def new_object(store: Store, bucket: Bucket, call: Call) -> ObjectVersion:
    """The object that an upload's headers describe, still without its body.

    Raises what `uploads.check_upload`, `acls.check_object_acl`, `encryption_of` and the rules of
    Object Lock raise.
    """
    # A form's fields are text already; only headers carry RFC 2047 words.
    headers = call.headers if call.form else metadata.decoded(call.headers)
    tags = uploads.check_upload(headers)
    block = store.public_access_block(bucket.name).block_public_acls
    acls.check_object_acl(headers, bucket.settings.ownership, block_public=block)
    new = ObjectVersion(
        call.key,
        store.clock.now(),
        Body(),
        headers=uploads.kept_headers(headers),
        encryption=encryption_of(store, bucket, headers),
        storage_class=headers.get("x-amz-storage-class", "STANDARD"),
        website_redirect=headers.get(uploads.REDIRECT, ""),
        tags=tags,
    )
    new.retention = object_lock.retention_asked_for(headers, call.now)
    new.legal_hold = object_lock.legal_hold_asked_for(headers)
    if new.retention or new.legal_hold:
        object_lock.check_enabled(bucket.settings.object_lock, in_headers=True)
    new.retention = new.retention or default_retention(bucket, new.modified)
    return new


def default_retention(bucket: Bucket, now: datetime) -> Retention | None:
    """The retention that the bucket gives to a version made `now`."""
    default = bucket.settings.default_retention
    if default is None:
        return None
    return Retention(default.mode, object_lock.default_until(default.days, default.years, now))


def encryption_of(store: Store, bucket: Bucket, headers: Mapping[str, str]) -> Encryption:
    """The encryption that an upload asks for, or else the bucket's default.

    Raises what `encryption.customer_key` and `encryption.kms_key_arn` raise.
    """
    key_md5 = encryption.customer_key(headers, blocked=bucket.settings.sse_c_blocked)
    if key_md5:
        return Encryption(customer_key_md5=key_md5)
    default = bucket.settings.encryption
    algorithm = headers.get(encryption.SSE, default.algorithm)
    if algorithm == "AES256":
        return SSE_S3
    key_id = headers.get(encryption.KMS_KEY_ID)
    if key_id is None:
        # With the header alone S3 takes the account's own key, not the bucket's.
        key_id = "" if encryption.SSE in headers else default.kms_key_id
    bucket_key = headers.get(encryption.BUCKET_KEY, str(default.bucket_key)).lower() == "true"
    arn = encryption.kms_key_arn(key_id, bucket.region, store.account)
    return Encryption(algorithm, arn, bucket_key, headers.get(encryption.CONTEXT, ""))


def fill(new: ObjectVersion, got: Received) -> None:
    """Give an object the body that has been received."""
    new.body, new.checksum = got.body, got.checksum
    new.etag = got.md5 if new.encryption.etag_is_md5 else secrets.token_hex(16)


def check_condition(bucket: Bucket, call: Call) -> None:
    """Conditional writes. Raises what `conditions.check_write` raises."""
    conditions.check_write(call.headers, state_of(bucket, call.key), call.key)


def state_of(bucket: Bucket, key: str) -> State | None:
    """The current object of a key, as conditions look at it."""
    current = bucket.current(key)
    if current is None or current.delete_marker:
        return None
    return State(current.etag, current.modified)


def written(bucket: Bucket, stored: ObjectVersion) -> Headers:
    """What the answer to a write says of the object."""
    headers = list(_written(stored).items())
    if bucket.settings.versioning == "Enabled":
        headers.append(("x-amz-version-id", stored.version_id))
    headers += expiration_header(bucket, stored).items()
    return headers


def encryption_written(stored: ObjectVersion) -> dict[str, str]:
    """How the answer to a write says that an object is encrypted: with the KMS context too."""
    context = stored.encryption.context
    return encryption_headers(stored) | ({encryption.CONTEXT: context} if context else {})


def _written(stored: ObjectVersion) -> dict[str, str]:
    etag = {"etag": stored.quoted_etag}
    return etag | encryption_written(stored) | checksum_headers(stored)
