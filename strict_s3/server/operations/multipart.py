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
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import quote
from xml.etree.ElementTree import Element

from ...rules import conditions, encryption, object_lock
from ...rules.checksums import DEFAULT, FULL_OBJECT, PREFIX, computed, hasher
from ...rules.documents import COMPLETE_MULTIPART_UPLOAD
from ...rules.errors import (
    BadDigest,
    EntityTooSmall,
    InvalidArgument,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    MalformedXML,
    NoSuchUpload,
)
from ...rules.lifecycle import upload_end
from ...rules.limits import MIN_PART
from ...rules.uploads import check_declared_size, multipart_checksum
from .. import xml
from ..call import Call
from ..response import Headers, Response
from ..store.bodies import Body
from ..store.bucket import Bucket
from ..store.objects import Checksum, ObjectVersion, Part, PartInfo, Upload
from ..store.store import Store
from .body import read_document
from .put_object import (
    check_condition,
    default_retention,
    encryption_written,
    find_upload,
    new_object,
    written,
)


class NamedPart(NamedTuple):
    """A part as CompleteMultipartUpload names it; `checksums` are by algorithm."""

    number: int
    etag: str
    checksums: dict[str, str]


def create_upload(store: Store, call: Call) -> Response:
    """CreateMultipartUpload: what the object is to be; its parts come later."""
    bucket = store.bucket(call.bucket)
    template = new_object(store, bucket, call)
    algorithm, kind = multipart_checksum(call.headers)
    initiator = call.who.identity.arn
    upload_id = secrets.token_urlsafe(96)
    upload = Upload(upload_id, call.key, call.now, template, algorithm, kind, initiator)
    upload.retained = object_lock.MODE in call.headers
    with store.lock:
        bucket.add_upload(upload)
    root = xml.result("InitiateMultipartUploadResult")
    xml.add(root, Bucket=call.bucket, Key=call.key, UploadId=upload_id)
    answer = xml.document(root)
    answer.headers += encryption_written(template).items()
    answer.headers += abort_headers(bucket, upload)
    if algorithm:
        answer.headers += [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)]
    return answer


def abort_headers(bucket: Bucket, upload: Upload) -> Headers:
    """When a lifecycle rule will abort an upload, if one will."""
    end = upload_end(bucket.settings.lifecycle, upload.key, upload.initiated)
    if end is None:
        return []
    at, rule_id = end
    return [
        ("x-amz-abort-date", format_datetime(at, usegmt=True)),
        ("x-amz-abort-rule-id", quote(rule_id, safe="")),
    ]


def abort_upload(store: Store, call: Call) -> Response:
    """AbortMultipartUpload: its parts are gone."""
    bucket = store.bucket(call.bucket)
    with store.lock:
        bucket.remove_upload(find_upload(store, bucket, call))
    return Response(204)


def complete_upload(store: Store, call: Call) -> Response:
    """CompleteMultipartUpload. Raises InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest …"""
    body = read_document(store.spool, call)
    bucket = store.bucket(call.bucket)
    done = _completed_already(bucket, call)
    if done is not None:
        return _completed_again(bucket, call, done, _parts_named(body))
    upload = find_upload(store, bucket, call)
    key_md5 = upload.template.encryption.customer_key_md5
    encryption.check_whole_upload(call.headers, key_md5, checksums=bool(upload.algorithm))
    named = _parts_named(body)
    _check_mode(call, upload)
    parts = _verified_parts(upload, named)
    _check_condition(bucket, call, upload)
    new = _joined(call, upload, parts)
    with store.lock:
        # Asked again: another may have completed, aborted or written while this one read.
        done = _completed_already(bucket, call)
        if done is not None:
            return _completed_again(bucket, call, done, named)
        find_upload(store, store.bucket(call.bucket), call)
        _check_condition(bucket, call, upload)
        new.modified = store.clock.now()
        if not upload.retained:
            new.retention = default_retention(bucket, new.modified)
        bucket.remove_upload(upload)
        bucket.put(new)
    return _completed(bucket, call, new)


def _check_condition(bucket: Bucket, call: Call, upload: Upload) -> None:
    check_condition(bucket, call)
    if upload.overtaken:
        conditions.check_overtaken(call.headers, call.key)


def _completed_already(bucket: Bucket, call: Call) -> ObjectVersion | None:
    """The object that this upload has become, while it is the newest of its key."""
    current = bucket.current(call.key)
    same = current is not None and current.upload_id == call.parameter("uploadId")
    return current if same else None


def _completed_again(
    bucket: Bucket, call: Call, done: ObjectVersion, named: list[NamedPart]
) -> Response:
    """Asked again, after an answer that was lost: S3 gives it once more (adobe/S3Mock#2586).

    What it answers if other parts are named isn't known. Raises NoSuchUpload then.
    """
    if [(part.number, part.etag) for part in done.parts] != [(p.number, p.etag) for p in named]:
        raise NoSuchUpload(UploadId=call.parameter("uploadId"))
    return _completed(bucket, call, done)


def _parts_named(body: bytes) -> list[NamedPart]:
    parts = []
    root = COMPLETE_MULTIPART_UPLOAD.checked(xml.parse(body)) if body else Element("")
    for element in root:
        values = {child.tag: child.text or "" for child in element}
        number, etag = int(values.pop("PartNumber")), values.pop("ETag").strip().strip('"')
        checksums = {name.removeprefix("Checksum"): value for name, value in values.items()}
        parts.append(NamedPart(number, etag, checksums))
    if not parts:
        raise MalformedXML() if body else InvalidRequest("You must specify at least one part")
    for part in parts:
        if part.number < 1:
            raise InvalidArgument(
                "PartNumber must be >= 1", ArgumentName="PartNumber", ArgumentValue=part.number
            )
    return parts


def _verified_parts(upload: Upload, named: list[NamedPart]) -> list[Part]:
    numbers = [part.number for part in named]
    if numbers != sorted(set(numbers)):
        raise InvalidPartOrder(UploadId=upload.id)
    for each in named:
        _check_checksums_named(upload, each)
    parts = []
    for each in named:
        part = upload.parts.get(each.number)
        if part is None or not _matches(upload, part, each):
            raise InvalidPart(UploadId=upload.id, PartNumber=each.number, ETag=each.etag)
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


def _check_checksums_named(upload: Upload, named: NamedPart) -> None:
    """Each part of a composite checksum must be named with its own, and with no other.

    Raises InvalidRequest, BadDigest.
    """
    own = upload.algorithm
    others = [algorithm for algorithm in named.checksums if algorithm != own]
    if own and others:
        raise BadDigest(
            f"The {others[0].lower()} you specified for part {named.number} did not match what we "
            "received."
        )
    if own and not named.checksums and upload.checksum_type != FULL_OBJECT:
        raise InvalidRequest(
            f"The upload was created using a {own.lower()} checksum. The complete request must "
            "include the checksum for each part. It was missing for part "
            f"{named.number} in the request."
        )


def _matches(upload: Upload, part: Part, named: NamedPart) -> bool:
    # Without an algorithm at its creation an upload keeps no checksums of parts but the default.
    kept = part.checksum.algorithm == (upload.algorithm or DEFAULT)
    own = {part.checksum.algorithm: part.checksum.value} if kept else {}
    return part.etag == named.etag and named.checksums.items() <= own.items()


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
            whole.update(base64.b64decode(part.checksum.value))
    value = base64.b64encode(whole.digest()).decode()
    if upload.checksum_type != FULL_OBJECT:
        value += f"-{len(parts)}"
    checksum = Checksum(algorithm, value, upload.checksum_type)
    _compare(call, upload, checksum, body.size)
    # Recorded: with a customer's key there is no checksum that was not asked for.
    kept = bool(upload.algorithm) or not upload.template.encryption.customer_key_md5
    etag = hashlib.md5(usedforsecurity=False)
    for part in parts:
        etag.update(bytes.fromhex(part.etag))
    return replace(
        upload.template,
        body=body,
        etag=f"{etag.hexdigest()}-{len(parts)}",
        checksum=checksum if kept else None,
        parts=tuple(PartInfo(p.number, p.body.size, p.checksum.value, p.etag) for p in parts),
        upload_id=upload.id,
    )


def _check_mode(call: Call, upload: Upload) -> None:
    """x-amz-checksum-type must be what the upload was created with. Raises InvalidRequest."""
    kind = call.headers.get("x-amz-checksum-type")
    created = upload.checksum_type if upload.algorithm else "null"
    if kind and kind.upper() != created:
        raise InvalidRequest(
            f"The upload was created using the {created} checksum mode. The complete request must "
            "use the same checksum mode."
        )


def _compare(call: Call, upload: Upload, checksum: Checksum, size: int) -> None:
    """What the request declares of the whole object. Raises InvalidRequest, BadDigest."""
    declared_size = call.headers.get("x-amz-mp-object-size")
    if declared_size:
        check_declared_size(declared_size)
    if declared_size and int(declared_size) != size:
        raise InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {declared_size} does not match "
            f"what was computed: {size}"
        )
    declared = {
        name.removeprefix(PREFIX).upper(): value
        for name, value in call.request.header_map.items()
        if name.startswith(PREFIX) and computed(name.removeprefix(PREFIX).upper())
    }
    own = declared.get(checksum.algorithm)
    if not upload.algorithm:
        # Recorded: checksums other than the default are not looked at then.
        wrong = own is not None and own != checksum.value
    elif upload.checksum_type == FULL_OBJECT:
        # Recorded: without the type S3 takes the value for a composite one.
        typed = "x-amz-checksum-type" in call.headers
        wrong = bool(declared) and not (typed and declared == {checksum.algorithm: checksum.value})
    else:
        wrong = bool(declared) and own not in (checksum.value, checksum.value.partition("-")[0])
    if wrong:
        name = checksum.algorithm.lower()
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
