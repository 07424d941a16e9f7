"""ListParts and ListMultipartUploads: what is under way, a page at a time.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, islice
from operator import attrgetter
from xml.etree.ElementTree import Element, SubElement

from sortedcontainers import SortedDict

from ...rules import encryption
from ...rules.errors import InvalidArgument
from ...rules.ownership import canonical_id
from .. import xml
from ..call import Call
from ..response import Response
from ..store.objects import Upload
from ..store.store import Store
from .multipart import abort_headers
from .pages import (
    Common,
    Scope,
    add_common,
    encoded,
    encoding,
    number_of,
    page_size,
    walk,
)
from .put_object import find_upload

_UPLOAD_ID = re.compile("[A-Za-z0-9_-]{128}").fullmatch  # as `multipart.create_upload` makes them


def list_parts(store: Store, call: Call) -> Response:
    """ListParts: by number, up to 1,000 at a time."""
    bucket = store.bucket(call.bucket)
    upload = find_upload(store, bucket, call)
    key_md5 = upload.template.encryption.customer_key_md5
    encryption.check_whole_upload(call.headers, key_md5, checksums=bool(upload.algorithm))
    after = number_of(call, "part-number-marker", 0)
    size = page_size(call, "max-parts")
    with store.lock:
        later = [part for number, part in sorted(upload.parts.items()) if number > after]
    shown = later[:size]
    root = xml.result("ListPartsResult")
    xml.add(root, Bucket=call.bucket, Key=encoded(call, call.key), UploadId=upload.id)
    _add_people(root, store, upload)
    xml.add(root, StorageClass=upload.template.storage_class, PartNumberMarker=after)
    xml.add(root, NextPartNumberMarker=shown[-1].number if shown else 0, MaxParts=size)
    xml.add(root, EncodingType=encoding(call))
    xml.add(root, IsTruncated=len(later) > len(shown))
    if upload.algorithm:
        xml.add(root, ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    for part in shown:
        item = SubElement(root, "Part")
        xml.add(item, PartNumber=part.number, LastModified=xml.instant(part.modified))
        xml.add(item, ETag=f'"{part.etag}"', Size=part.body.size)
        if upload.algorithm:
            xml.add(item, **{f"Checksum{part.checksum.algorithm}": part.checksum.value})
    answer = xml.document(root)
    answer.headers += abort_headers(bucket, upload)
    return answer


def list_uploads(store: Store, call: Call) -> Response:
    """ListMultipartUploads: those under way, by key and then by when they were begun."""
    bucket, scope = store.bucket(call.bucket), Scope.of(call)
    key_marker = call.parameter("key-marker") or ""
    # Without a key marker S3 does not look at it.
    id_marker = (call.parameter("upload-id-marker") or "") if key_marker else ""
    encoding(call)  # S3 looks at it first
    size = page_size(call, "max-uploads")
    with store.lock:
        begun = sorted(store.uploads(bucket), key=lambda upload: (upload.key, upload.initiated))
    by_key = SortedDict({key: list(same) for key, same in groupby(begun, attrgetter("key"))})
    entries = _entries(by_key, scope, key_marker, id_marker)
    page = list(islice(entries, size))
    truncated = bool(page) and next(entries, None) is not None
    last = page[-1] if page and isinstance(page[-1], Upload) else None
    root = xml.result("ListMultipartUploadsResult")
    xml.add(root, Bucket=call.bucket, KeyMarker=encoded(call, key_marker))
    xml.add(root, UploadIdMarker=id_marker)
    xml.add(root, NextKeyMarker=encoded(call, last.key) if last else "")
    xml.add(root, NextUploadIdMarker=last.id if last else "")
    xml.add(root, Delimiter=encoded(call, scope.delimiter) if scope.delimiter else None)
    xml.add(root, Prefix=encoded(call, scope.prefix) if scope.prefix else None, MaxUploads=size)
    xml.add(root, EncodingType=encoding(call), IsTruncated=truncated)
    for upload in page:
        if isinstance(upload, Upload):
            _add_upload(call, root, store, upload)
    add_common(call, root, (entry.prefix for entry in page if isinstance(entry, Common)))
    return xml.document(root)


def _entries(
    by_key: SortedDict[str, list[Upload]], scope: Scope, key_marker: str, id_marker: str
) -> Iterator[Upload | Common]:
    if id_marker:
        yield from _after(by_key, scope, key_marker, id_marker)
    first = scope.first(key_marker)
    for entry in walk(lambda key: by_key.irange(minimum=key), scope, first, lambda key: True):
        if isinstance(entry, Common):
            yield entry
        else:
            yield from by_key[entry]


def _after(
    by_key: SortedDict[str, list[Upload]], scope: Scope, key: str, upload_id: str
) -> list[Upload]:
    """The marker's own key's uploads behind the marker, which may have ended meanwhile.

    Raises InvalidArgument for an upload of another key, and for what is no upload's id.
    """
    if not _UPLOAD_ID(upload_id) or any(
        each.id == upload_id for same in by_key.values() for each in same if each.key != key
    ):
        raise InvalidArgument(
            "Invalid uploadId marker", ArgumentName="upload-id-marker", ArgumentValue=upload_id
        )
    if scope.common(key) is not None or not key.startswith(scope.prefix):
        return []
    same: list[Upload] = by_key.get(key, [])
    ids = [upload.id for upload in same]
    return same[ids.index(upload_id) + 1 :] if upload_id in ids else same


def _add_upload(call: Call, root: Element, store: Store, upload: Upload) -> None:
    item = SubElement(root, "Upload")
    xml.add(item, Key=encoded(call, upload.key), UploadId=upload.id)
    _add_people(item, store, upload)
    xml.add(item, StorageClass=upload.template.storage_class)
    xml.add(item, Initiated=xml.instant(upload.initiated))
    if upload.algorithm:
        xml.add(item, ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)


def _add_people(parent: Element, store: Store, upload: Upload) -> None:
    """Initiator and Owner: the account's root is shown by its canonical id, users by their ARN."""
    arn = upload.initiator
    is_root = arn in ("", store.root.identity.arn)
    owner = canonical_id(store.account)
    name = "root" if is_root else arn.rpartition("/")[2]
    xml.add(SubElement(parent, "Initiator"), ID=owner if is_root else arn, DisplayName=name)
    xml.owner(parent, store.account)
