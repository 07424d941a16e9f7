"""Multipart uploads: create, list, complete, abort. (`put_object` receives a part.)

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html. The object
appears in one step, with all parts verified, or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import NamedTuple
from xml.etree.ElementTree import Element

from ...rules.checksums import DEFAULT, FULL_OBJECT, PREFIX, hasher
from ...rules.errors import (
    BadDigest,
    EntityTooSmall,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    MalformedXML,
    NoSuchUpload,
)
from ...rules.limits import MIN_PART
from ...rules.request import whole_number
from ...rules.uploads import multipart_checksum
from .. import xml
from ..call import Call
from ..response import Response
from ..store.bodies import Body
from ..store.bucket import Bucket
from ..store.objects import Checksum, ObjectVersion, Part, PartInfo, Upload
from ..store.store import Store
from .body import read_document
from .objects import encryption_headers
from .put_object import check_condition, new_object, written


class NamedPart(NamedTuple):
    """A part as CompleteMultipartUpload names it."""

    number: int
    etag: str
    element: Element


def create_upload(store: Store, call: Call) -> Response:
    """CreateMultipartUpload: what the object is to be; its parts come later."""
    bucket = store.bucket(call.bucket)
    template = new_object(store, bucket, call)
    algorithm, kind = multipart_checksum(call.headers)
    initiator = call.who.identity.arn
    upload_id = secrets.token_urlsafe(96)
    upload = Upload(upload_id, call.key, call.now, template, algorithm, kind, initiator)
    with store.lock:
        bucket.uploads[upload_id] = upload
    root = xml.result("InitiateMultipartUploadResult")
    xml.add(root, Bucket=call.bucket, Key=call.key, UploadId=upload_id)
    answer = xml.document(root)
    answer.headers += encryption_headers(template).items()
    if algorithm:
        answer.headers += [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)]
    return answer


def abort_upload(store: Store, call: Call) -> Response:
    """AbortMultipartUpload: its parts are gone."""
    bucket = store.bucket(call.bucket)
    with store.lock:
        upload = find_upload(store, bucket, call)
        del bucket.uploads[upload.id]
    return Response(204)


def complete_upload(store: Store, call: Call) -> Response:
    """CompleteMultipartUpload. Raises InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest …"""
    named = _parts_named(read_document(store.spool, call))
    bucket = store.bucket(call.bucket)
    done = _completed_already(bucket, call)
    if done is not None:  # asked again, after an answer that was lost
        return _completed(bucket, call, done)
    upload = find_upload(store, bucket, call)
    parts = _verified_parts(upload, named)
    check_condition(bucket, call)
    new = _joined(call, upload, parts)
    with store.lock:
        # Asked again: another may have completed, aborted or written while this one read.
        done = _completed_already(bucket, call)
        if done is not None:
            return _completed(bucket, call, done)
        find_upload(store, store.bucket(call.bucket), call)
        check_condition(bucket, call)
        new.modified = store.clock.now()
        bucket.put(new)
        del bucket.uploads[upload.id]
    return _completed(bucket, call, new)


def find_upload(store: Store, bucket: Bucket, call: Call) -> Upload:
    """The upload that the request names. Raises NoSuchUpload."""
    upload_id = call.request.parameters["uploadId"]
    upload = store.upload(bucket, upload_id, call.key)
    if upload is None:
        raise NoSuchUpload(UploadId=upload_id)
    return upload


def _completed_already(bucket: Bucket, call: Call) -> ObjectVersion | None:
    """The object that this upload has become, while it is the newest of its key."""
    current = bucket.current(call.key)
    same = current is not None and current.upload_id == call.parameter("uploadId")
    return current if same else None


def _parts_named(body: bytes) -> list[NamedPart]:
    parts = []
    for element in xml.parse(body).findall("{*}Part"):
        number = whole_number(element.findtext("{*}PartNumber") or "")
        etag = element.findtext("{*}ETag")
        if number is None or etag is None:
            raise MalformedXML()
        parts.append(NamedPart(number, etag.strip().strip('"'), element))
    if not parts:
        raise MalformedXML()
    return parts


def _verified_parts(upload: Upload, named: list[NamedPart]) -> list[Part]:
    numbers = [part.number for part in named]
    if numbers != sorted(set(numbers)):
        raise InvalidPartOrder(UploadId=upload.id)
    parts = []
    for number, etag, element in named:
        part = upload.parts.get(number)
        if part is None or not _matches(part, etag, element):
            raise InvalidPart(UploadId=upload.id, PartNumber=number, ETag=etag)
        parts.append(part)
    for part in parts[:-1]:
        if part.body.size < MIN_PART:
            raise EntityTooSmall(
                ETag=part.etag,
                MinSizeAllowed=MIN_PART,
                PartNumber=part.number,
                ProposedSize=part.body.size,
            )
    return parts


def _matches(part: Part, etag: str, element: Element) -> bool:
    declared = element.findtext(f"{{*}}Checksum{part.checksum.algorithm}")
    return part.etag == etag and declared in (None, part.checksum.value)


def _joined(call: Call, upload: Upload, parts: list[Part]) -> ObjectVersion:
    """The object made of those parts; what was declared of the whole is compared with it."""
    algorithm = upload.algorithm or DEFAULT
    body = Body.joined([part.body for part in parts])
    whole = hasher(algorithm)
    if upload.checksum_type == FULL_OBJECT:
        for piece in body.pieces():
            whole.update(piece)
    else:
        for part in parts:
            whole.update(_part_digest(part, algorithm))
    value = base64.b64encode(whole.digest()).decode()
    if upload.checksum_type != FULL_OBJECT:
        value += f"-{len(parts)}"
    _compare(call, upload, Checksum(algorithm, value, upload.checksum_type), body.size)
    etag = hashlib.md5(usedforsecurity=False)
    for part in parts:
        etag.update(bytes.fromhex(part.etag))
    return replace(
        upload.template,
        body=body,
        etag=f"{etag.hexdigest()}-{len(parts)}",
        checksum=Checksum(algorithm, value, upload.checksum_type),
        parts=tuple(PartInfo(p.number, p.body.size, p.checksum.value) for p in parts),
        upload_id=upload.id,
    )


def _part_digest(part: Part, algorithm: str) -> bytes:
    if part.checksum.algorithm == algorithm:
        return base64.b64decode(part.checksum.value)
    own = hasher(algorithm)
    for piece in part.body.pieces():
        own.update(piece)
    return own.digest()


def _compare(call: Call, upload: Upload, checksum: Checksum, size: int) -> None:
    declared_size = call.headers.get("x-amz-mp-object-size")
    if declared_size and declared_size != str(size):
        raise InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {declared_size} does not match "
            f"what was computed: {size}"
        )
    kind = call.headers.get("x-amz-checksum-type")
    if kind and kind.upper() != upload.checksum_type:
        raise InvalidRequest(
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete "
            "request must use the same checksum mode."
        )
    name = checksum.algorithm.lower()
    declared = call.headers.get(f"{PREFIX}{name}")
    if declared and declared not in (checksum.value, checksum.value.partition("-")[0]):
        raise BadDigest(f"The {name} you specified did not match the calculated checksum.")


def _completed(bucket: Bucket, call: Call, stored: ObjectVersion) -> Response:
    root = xml.result("CompleteMultipartUploadResult")
    location = call.addresses.url_of(call.request, call.place)
    xml.add(root, Location=location, Bucket=call.bucket, Key=call.key, ETag=stored.quoted_etag)
    if stored.checksum:
        xml.add(root, **{f"Checksum{stored.checksum.algorithm}": stored.checksum.value})
        xml.add(root, ChecksumType=stored.checksum.type)
    answer = xml.document(root)
    kept = ("etag", "x-amz-checksum")  # those are in the document
    answer.headers += [pair for pair in written(bucket, stored) if not pair[0].startswith(kept)]
    return answer
