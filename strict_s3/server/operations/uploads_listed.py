"""ListParts and ListMultipartUploads: what is under way, a page at a time.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
"""

from __future__ import annotations

from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

from ...rules.errors import InvalidArgument
from ...rules.limits import MAX_LIST
from ...rules.request import whole_number
from .. import xml
from ..call import Call
from ..response import Response
from ..store.store import Store
from .multipart import find_upload


def list_parts(store: Store, call: Call) -> Response:
    """ListParts: by number, up to 1,000 at a time."""
    upload = find_upload(store, store.bucket(call.bucket), call)
    after = number_of(call, "part-number-marker", 0)
    size = min(number_of(call, "max-parts", MAX_LIST), MAX_LIST)
    later = [part for number, part in sorted(upload.parts.items()) if number > after]
    shown = later[:size]
    root = xml.result("ListPartsResult")
    xml.add(root, Bucket=call.bucket, Key=encoded(call, root, call.key), UploadId=upload.id)
    xml.add(root, StorageClass=upload.template.storage_class, PartNumberMarker=after)
    xml.add(root, NextPartNumberMarker=shown[-1].number if shown else 0, MaxParts=size)
    xml.add(root, IsTruncated=len(later) > len(shown))
    if upload.algorithm:
        xml.add(root, ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    for part in shown:
        item = SubElement(root, "Part")
        xml.add(item, PartNumber=part.number, LastModified=xml.instant(part.modified))
        xml.add(item, ETag=f'"{part.etag}"', Size=part.body.size)
        if upload.algorithm == part.checksum.algorithm:
            xml.add(item, **{f"Checksum{part.checksum.algorithm}": part.checksum.value})
    return xml.document(root)


def list_uploads(store: Store, call: Call) -> Response:
    """ListMultipartUploads: those under way, by key and then by when they were begun."""
    bucket = store.bucket(call.bucket)
    prefix = call.parameter("prefix") or ""
    size = min(number_of(call, "max-uploads", MAX_LIST), MAX_LIST)
    key_marker, id_marker = call.parameter("key-marker") or "", call.parameter("upload-id-marker")
    uploads = [
        upload
        for upload in sorted(store.uploads(bucket), key=lambda u: (u.key, u.initiated, u.id))
        if upload.key.startswith(prefix) and upload.key >= key_marker
    ]
    if key_marker:
        same = [upload.id for upload in uploads if upload.key == key_marker]
        # Without an upload id, all of the marker's own key are past.
        past = same[: same.index(id_marker) + 1] if id_marker in same else same
        uploads = [upload for upload in uploads if upload.id not in past]
    shown = uploads[:size]
    root = xml.result("ListMultipartUploadsResult")
    xml.add(root, Bucket=call.bucket, KeyMarker=encoded(call, root, key_marker))
    xml.add(root, UploadIdMarker=id_marker or "")
    if len(uploads) > len(shown) and shown:
        last = shown[-1]
        xml.add(root, NextKeyMarker=encoded(call, root, last.key), NextUploadIdMarker=last.id)
    xml.add(root, Prefix=encoded(call, root, prefix), MaxUploads=size)
    xml.add(root, IsTruncated=len(uploads) > len(shown))
    for upload in shown:
        item = SubElement(root, "Upload")
        xml.add(item, Key=encoded(call, root, upload.key), UploadId=upload.id)
        xml.add(item, StorageClass=upload.template.storage_class)
        xml.add(item, Initiated=xml.instant(upload.initiated))
        if upload.algorithm:
            xml.add(item, ChecksumAlgorithm=upload.algorithm, ChecksumType=upload.checksum_type)
    return xml.document(root)


def number_of(call: Call, name: str, default: int) -> int:
    """A number in the query, `default` without one. Raises InvalidArgument."""
    text = call.parameter(name) or str(default)
    number = whole_number(text)
    if number is None or number > 2**31 - 1:
        raise InvalidArgument(
            f"Argument {name} must be an integer between 0 and 2147483647",
            ArgumentName=name,
            ArgumentValue=text,
        )
    return number


def encoded(call: Call, root: Element, text: str) -> str:
    """The text, encoded if the request wants that: XML cannot carry every key."""
    if call.parameter("encoding-type") != "url":
        return text
    if root.find("EncodingType") is None:
        SubElement(root, "EncodingType").text = "url"
    return quote(text, safe="/")
