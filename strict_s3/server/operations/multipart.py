"""Multipart uploads: begin, list, complete. (A part itself is received in `objects`.)

Sources: CreateMultipartUpload, ListParts, ListMultipartUploads and CompleteMultipartUpload in the
Amazon S3 API reference; "Multipart upload limits" and "Checking object integrity" in the user
guide. The object appears in one step, with all parts verified, or not at all.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from typing import NamedTuple
from urllib.parse import parse_qsl, quote
from xml.etree.ElementTree import Element, SubElement, tostring

from ...rules.checksums import DEFAULT, LENGTHS, PREFIX, hasher
from ...rules.context import hoisted_headers
from ...rules.errors import (
    BadDigest,
    EntityTooSmall,
    InvalidArgument,
    InvalidPart,
    InvalidPartOrder,
    InvalidRequest,
    MalformedXML,
    NoSuchUpload,
    readable_xml,
)
from ...rules.request import Request, whole_number
from ..response import Response
from ..store.store import Store
from ..store.stored import NewObject, StoredObject, Upload
from .body import IN_MEMORY, PIECE
from .bucket_settings import parse_xml
from .objects import check_upload, check_write_condition

MIN_PART = 5 * 1024**2  # bytes, for every part but the last
_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
_FULL, _COMPOSITE = "FULL_OBJECT", "COMPOSITE"


class Part(NamedTuple):
    """A part as CompleteMultipartUpload names it, with what is stored under that number."""

    number: int
    etag: str
    stored: StoredObject


def create(store: Store, request: Request, bucket: str, key: str) -> Response:
    """CreateMultipartUpload: what the object is to be; its parts come later."""
    headers = hoisted_headers(request)
    check_upload(key, headers)
    algorithm, kind = _checksum_wanted(headers)
    upload = store.create_upload(bucket, key, headers, algorithm, kind)
    root = _result("InitiateMultipartUploadResult")
    _add(root, Bucket=bucket, Key=key, UploadId=upload.id)
    answer = _xml(root)
    if algorithm:
        answer.headers += [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)]
    return answer


def _checksum_wanted(headers: dict[str, str]) -> tuple[str, str]:
    """(algorithm, type) as CreateMultipartUpload asks for them; no algorithm is ""."""
    algorithm = headers.get("x-amz-checksum-algorithm", "").upper()
    if algorithm and algorithm not in LENGTHS:
        raise InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
        )
    natural = _FULL if algorithm in ("", "CRC64NVME") else _COMPOSITE
    kind = headers.get("x-amz-checksum-type", natural).upper()
    if "x-amz-checksum-type" in headers and not algorithm:
        raise InvalidRequest(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm "
            "header."
        )
    # A full-object checksum is put together from those of parts, which SHA cannot do.
    impossible = {_FULL: ("SHA1", "SHA256"), _COMPOSITE: ("CRC64NVME",)}
    if kind not in impossible:
        raise InvalidRequest("Value for x-amz-checksum-type header is invalid.")
    if algorithm in impossible[kind]:
        raise InvalidRequest(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum "
            "algorithm."
        )
    return algorithm, kind


def list_parts(store: Store, request: Request, bucket: str, key: str) -> Response:
    """ListParts: by number, up to 1,000 at a time."""
    upload = _upload(store, request, bucket, key)
    after, most = _number(request, "part-number-marker", 0), _number(request, "max-parts", 1000)
    later = [(number, part) for number, part in upload.parts() if number > after]
    shown = later[: min(most, 1000)]
    root = _result("ListPartsResult")
    _add(root, Bucket=bucket, Key=_encoded(request, root, key), UploadId=upload.id)
    _add(root, StorageClass=upload.storage_class, PartNumberMarker=after)
    _add(root, NextPartNumberMarker=shown[-1][0] if shown else 0, MaxParts=min(most, 1000))
    _add(root, IsTruncated=str(len(later) > len(shown)).lower())
    if upload.algorithm:
        _add(root, ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    for number, part in shown:
        item = SubElement(root, "Part")
        _add(item, PartNumber=number, LastModified=f"{part.last_modified:%Y-%m-%dT%H:%M:%S.000Z}")
        _add(item, ETag=part.etag, Size=part.size)
        if upload.algorithm == part.checksum_algorithm:
            _add(item, **{f"Checksum{part.checksum_algorithm}": part.checksum})
    return _xml(root)


def list_uploads(store: Store, request: Request, bucket: str) -> Response:
    """ListMultipartUploads: those under way, by key and then by when they were begun."""
    get = request.parameters.get
    prefix, most = get("prefix", ""), _number(request, "max-uploads", 1000)
    after = (get("key-marker", ""), get("upload-id-marker", ""))
    found = [
        upload
        for upload in sorted(store.uploads(bucket), key=lambda u: (u.key, u.initiated, u.id))
        if upload.key.startswith(prefix) and upload.key >= after[0]
    ]
    same = [upload.id for upload in found if upload.key == after[0]]
    if after[0]:
        # Without an upload id, all of the marker's own key are past.
        passed = same[: same.index(after[1]) + 1] if after[1] in same else same
        found = [upload for upload in found if upload.id not in passed]
    shown = found[: min(most, 1000)]
    root = _result("ListMultipartUploadsResult")
    _add(root, Bucket=bucket, KeyMarker=_encoded(request, root, after[0]), UploadIdMarker=after[1])
    if len(found) > len(shown) and shown:
        last = shown[-1]
        _add(root, NextKeyMarker=_encoded(request, root, last.key), NextUploadIdMarker=last.id)
    _add(root, Prefix=_encoded(request, root, prefix), MaxUploads=min(most, 1000))
    _add(root, IsTruncated=str(len(found) > len(shown)).lower())
    for upload in shown:
        item = SubElement(root, "Upload")
        _add(item, Key=_encoded(request, root, upload.key), UploadId=upload.id)
        _add(item, StorageClass=upload.storage_class)
        _add(item, Initiated=f"{upload.initiated:%Y-%m-%dT%H:%M:%S.000Z}")
        if upload.algorithm:
            _add(item, ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    return _xml(root)


def complete(store: Store, request: Request, bucket: str, key: str, body: bytes) -> Response:
    """CompleteMultipartUpload. Raises InvalidPart, InvalidPartOrder, EntityTooSmall, BadDigest …"""
    wanted = _parts_named(body)
    done = store.completed(bucket, request.parameters["uploadId"], key)
    if done is not None:  # asked again, after an answer that was lost
        return _completed(request, bucket, key, done)
    upload = _upload(store, request, bucket, key)
    parts = _verified_parts(upload, wanted)
    check_write_condition(store, request, bucket, key)
    new = _joined(request, upload, parts)
    try:
        with store.locked():
            # Asked again: another may have completed, aborted or written while this one read.
            done = store.completed(bucket, upload.id, key)
            if done is not None:
                new.file.close()
                return _completed(request, bucket, key, done)
            _upload(store, request, bucket, key)
            check_write_condition(store, request, bucket, key)
            sizes = {part.number: part.stored.size for part in parts}
            stored = store.complete_upload(bucket, upload, sizes, new)
    except BaseException:
        new.file.close()
        raise
    return _completed(request, bucket, key, stored)


def _parts_named(body: bytes) -> list[tuple[int, str, Element]]:
    root = parse_xml(body)
    found = []
    for item in root.findall("{*}Part"):
        number, etag = whole_number(item.findtext("{*}PartNumber") or ""), item.findtext("{*}ETag")
        if number is None or etag is None:
            raise MalformedXML()
        found.append((number, etag.strip().strip('"'), item))
    if not found:
        raise MalformedXML()
    return found


def _verified_parts(upload: Upload, wanted: list[tuple[int, str, Element]]) -> list[Part]:
    numbers = [number for number, _, _ in wanted]
    if numbers != sorted(set(numbers)):
        raise InvalidPartOrder(UploadId=upload.id)
    stored = dict(upload.parts())
    parts = []
    for number, etag, item in wanted:
        part = stored.get(number)
        if part is None or not _is_the_one(part, etag, item):
            raise InvalidPart(UploadId=upload.id, PartNumber=number, ETag=etag)
        parts.append(Part(number, etag, part))
    for number, etag, part in parts[:-1]:
        if part.size < MIN_PART:
            raise EntityTooSmall(
                ETag=etag, MinSizeAllowed=MIN_PART, PartNumber=number, ProposedSize=part.size
            )
    return parts


def _is_the_one(part: StoredObject, etag: str, item: Element) -> bool:
    declared = item.findtext(f"{{*}}Checksum{part.checksum_algorithm}")
    return part.etag.strip('"') == etag and declared in (None, part.checksum)


def _joined(request: Request, upload: Upload, parts: list[Part]) -> NewObject:
    """All parts in one file, and what was declared of the whole compared with it."""
    algorithm = upload.algorithm or DEFAULT
    whole, digests, etag = hasher(algorithm), hasher(algorithm), hashlib.md5(usedforsecurity=False)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (it is kept)
    try:
        size = 0
        for part in parts:
            own, offset = hasher(algorithm), 0
            while offset < part.stored.size:
                piece = part.stored.read_at(offset, PIECE)
                offset += len(piece)
                file.write(piece)
                (whole if upload.checksum_type == _FULL else own).update(piece)
            digests.update(own.digest())
            etag.update(bytes.fromhex(part.etag))
            size += part.stored.size
        final = whole if upload.checksum_type == _FULL else digests
        checksum = _base64(final.digest())
        _compare(request, upload, algorithm, checksum, len(parts), size)
    except BaseException:
        file.close()
        raise
    tags = dict(parse_qsl(upload.headers.get("x-amz-tagging", ""), keep_blank_values=True))
    md5 = f"{etag.hexdigest()}-{len(parts)}"
    return NewObject(file, size, md5, upload.headers, algorithm, checksum, tags)


def _compare(
    request: Request, upload: Upload, algorithm: str, checksum: str, parts: int, size: int
) -> None:
    declared_size = request.header("x-amz-mp-object-size")
    if declared_size and declared_size != str(size):
        raise InvalidRequest(
            f"The provided 'x-amz-mp-object-size' header value {declared_size} does not match "
            f"what was computed: {size}"
        )
    kind = request.header("x-amz-checksum-type")
    if kind and kind.upper() != upload.checksum_type:
        raise InvalidRequest(
            f"The upload was created using the {upload.checksum_type} checksum mode. The complete "
            "request must use the same checksum mode."
        )
    declared = request.header(f"{PREFIX}{algorithm.lower()}")
    told = checksum if upload.checksum_type == _FULL else f"{checksum}-{parts}"
    if declared and declared not in (told, checksum):
        raise BadDigest(
            f"The {algorithm.lower()} you specified did not match the calculated checksum."
        )


def _completed(request: Request, bucket: str, key: str, stored: StoredObject) -> Response:
    root = _result("CompleteMultipartUploadResult")
    _add(root, Location=f"http://{request.host}/{bucket}/{quote(key)}", Bucket=bucket, Key=key)
    _add(root, ETag=stored.etag)
    _add(root, **{f"Checksum{stored.checksum_algorithm}": stored.checksum})
    _add(root, ChecksumType=stored.checksum_type)
    answer = _xml(root)
    answer.headers.append(("x-amz-server-side-encryption", stored.encryption))
    if stored.version_id is not None:
        answer.headers.append(("x-amz-version-id", stored.version_id))
    return answer


def _upload(store: Store, request: Request, bucket: str, key: str) -> Upload:
    name = request.parameters["uploadId"]
    upload = store.upload(bucket, name, key)
    if upload is None:
        raise NoSuchUpload(UploadId=name)
    return upload


def _number(request: Request, name: str, default: int) -> int:
    text = request.parameters.get(name, "") or str(default)
    number = whole_number(text)
    if number is None or number > 2**31 - 1:
        raise InvalidArgument(
            f"Argument {name} must be an integer between 0 and 2147483647",
            ArgumentName=name,
            ArgumentValue=text,
        )
    return number


def _encoded(request: Request, root: Element, text: str) -> str:
    """The text, encoded if the request wants that: XML cannot carry every key."""
    if request.parameters.get("encoding-type") != "url":
        return text
    if root.find("EncodingType") is None:
        SubElement(root, "EncodingType").text = "url"
    return quote(text, safe="/")


def _result(name: str) -> Element:
    return Element(name, xmlns=_XMLNS)


def _add(parent: Element, **values: object) -> None:
    for name, value in values.items():
        SubElement(parent, name).text = readable_xml(str(value))


def _xml(root: Element) -> Response:
    text = b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root)
    return Response(200, [("content-type", "application/xml")], text)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
