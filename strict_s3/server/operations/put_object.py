"""PutObject and UploadPart: the body is received and verified, then stored in one step.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from ...rules import conditions, uploads
from ...rules.checksums import FULL_OBJECT
from ...rules.conditions import State
from ...rules.errors import NoSuchUpload
from ..call import Call
from ..response import Headers, Response
from ..store.bodies import Body
from ..store.bucket import Bucket
from ..store.objects import Encryption, ObjectVersion, Part
from ..store.store import Store
from .body import Received, receive
from .objects import checksum_headers, encryption_headers


def put_object(store: Store, call: Call) -> Response:
    """PutObject. Raises what `new_object`, `check_condition` and `receive` raise."""
    bucket = store.bucket(call.bucket)
    new = new_object(store, bucket, call)
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
    upload_id = call.request.parameters["uploadId"]
    bucket = store.bucket(call.bucket)
    if store.upload(bucket, upload_id, call.key) is None:
        raise NoSuchUpload(UploadId=upload_id)
    got = receive(store.spool, call)
    part = Part(number, store.clock.now(), got.body, got.md5, got.checksum)
    with store.lock:
        upload = store.upload(bucket, upload_id, call.key)
        if upload is None:
            raise NoSuchUpload(UploadId=upload_id)
        upload.parts[number] = part
    stored = replace(upload.template, etag=part.etag, checksum=part.checksum)
    return Response(200, _written(stored))


def new_object(store: Store, bucket: Bucket, call: Call) -> ObjectVersion:
    """The object that an upload's headers describe, still without its body.

    Raises what `uploads.check_upload` raises.
    """
    headers = call.headers
    tags = uploads.check_upload(call.key, headers)
    return ObjectVersion(
        call.key,
        store.clock.now(),
        Body(),
        headers=uploads.kept_headers(headers),
        encryption=encryption_of(bucket, headers),
        storage_class=headers.get("x-amz-storage-class", "STANDARD"),
        website_redirect=headers.get("x-amz-website-redirect-location", ""),
        tags=tags,
    )


def encryption_of(bucket: Bucket, headers: Mapping[str, str]) -> Encryption:
    """The encryption that an upload asks for, or else the bucket's default."""
    algorithm = headers.get("x-amz-server-side-encryption")
    if algorithm is None:
        return bucket.settings.encryption
    return Encryption(
        algorithm,
        headers.get("x-amz-server-side-encryption-aws-kms-key-id", ""),
        headers.get("x-amz-server-side-encryption-bucket-key-enabled", "").lower() == "true",
    )


def fill(new: ObjectVersion, got: Received) -> None:
    """Give an object the body that has been received."""
    new.body, new.checksum = got.body, got.checksum
    # With a KMS key the ETag is not the MD5 ("Object" in the API reference).
    new.etag = got.md5 if new.encryption.algorithm == "AES256" else secrets.token_hex(16)


def check_condition(bucket: Bucket, call: Call) -> None:
    """Conditional writes. Raises what `conditions.check_write` raises."""
    current = bucket.current(call.key)
    state = None
    if current is not None and not current.delete_marker:
        state = State(current.etag, current.modified)
    conditions.check_write(call.headers, state, call.key)


def written(bucket: Bucket, stored: ObjectVersion) -> Headers:
    """What the answer to a write says of the object."""
    headers = _written(stored)
    if bucket.settings.versioning == "Enabled":
        headers.append(("x-amz-version-id", stored.version_id))
    return headers


def _written(stored: ObjectVersion) -> Headers:
    headers = {"etag": stored.quoted_etag} | encryption_headers(stored) | checksum_headers(stored)
    return list(headers.items())
