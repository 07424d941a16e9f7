"""ListObjects, ListObjectsV2 and ListObjectVersions.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html; the order of the
elements is that of answers of AWS.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from ...rules.errors import InvalidArgument
from ...rules.limits import MAX_LIST
from ...rules.listing import number
from ...rules.uploads import ARCHIVED
from .. import xml
from ..call import Call
from ..response import Response
from ..store import version_ids
from ..store.bucket import Bucket
from ..store.objects import ObjectVersion
from ..store.store import Store
from .objects import check_version_id
from .pages import (
    Common,
    Scope,
    add_common,
    encoded,
    encoding,
    number_of,
    token_for,
    token_value,
    walk,
)

_OPTIONAL = "x-amz-optional-object-attributes"


class Page(NamedTuple):
    """Objects and common prefixes in their order, and whether more follow."""

    entries: list[ObjectVersion | Common]
    truncated: bool

    @property
    def versions(self) -> list[ObjectVersion]:
        return [entry for entry in self.entries if isinstance(entry, ObjectVersion)]

    @property
    def prefixes(self) -> list[str]:
        return [entry.prefix for entry in self.entries if isinstance(entry, Common)]

    @property
    def last(self) -> str:
        """The key or the common prefix that the page ends with."""
        entry = self.entries[-1]
        return entry.prefix if isinstance(entry, Common) else entry.key


def list_objects(store: Store, call: Call) -> Response:
    """ListObjects, the first version: pages by the last key."""
    bucket, marker = store.bucket(call.bucket), call.parameter("marker") or ""
    encoding(call)  # S3 looks at it first
    scope, size = Scope.of(call), number_of(call, "max-keys", MAX_LIST, "maxKeys")
    with store.lock:  # the order of keys must not change while it is walked
        page = _page(_current(bucket, scope, marker), size)
    root = xml.result("ListBucketResult")
    xml.add(root, Name=bucket.name, Prefix=encoded(call, scope.prefix))
    xml.add(root, Marker=encoded(call, marker))
    if page.truncated and scope.delimiter:
        # Without a delimiter a client takes the last key.
        xml.add(root, NextMarker=encoded(call, page.last))
    xml.add(root, MaxKeys=size)
    _finish(call, root, scope, page)
    # Recorded: anonymous callers are not told the owner.
    return _answer(call, store, root, page, with_owner=bool(call.who.auth_type))


def list_objects_v2(store: Store, call: Call) -> Response:
    """ListObjectsV2: pages by a token."""
    bucket, token = store.bucket(call.bucket), call.parameter("continuation-token")
    start_after = call.parameter("start-after")
    encoding(call)  # S3 looks at it first
    marker = (start_after or "") if token is None else token_value(token)
    scope, size = Scope.of(call), number_of(call, "max-keys", MAX_LIST, "maxKeys")
    with store.lock:  # the order of keys must not change while it is walked
        page = _page(_current(bucket, scope, marker), size)
    root = xml.result("ListBucketResult")
    xml.add(root, Name=bucket.name, Prefix=encoded(call, scope.prefix))
    if start_after is not None and token is None:
        xml.add(root, StartAfter=encoded(call, start_after))
    xml.add(root, ContinuationToken=token)
    xml.add(root, NextContinuationToken=token_for(page.last) if page.truncated else None)
    xml.add(root, KeyCount=len(page.entries), MaxKeys=size)
    _finish(call, root, scope, page)
    with_owner = call.parameter("fetch-owner") == "true"
    return _answer(call, store, root, page, with_owner=with_owner)


def list_versions(store: Store, call: Call) -> Response:
    """ListObjectVersions: every version and delete marker, the newest of a key first."""
    bucket, key_marker = store.bucket(call.bucket), call.parameter("key-marker") or ""
    id_marker, scope = call.parameter("version-id-marker"), Scope.of(call)
    if id_marker is not None:
        check_version_id(id_marker, "version-id-marker")
    encoding(call)
    size = number(call.parameter("max-keys") or str(MAX_LIST)) or 0
    if size < 0:
        raise InvalidArgument("max-keys cannot be negative", ArgumentName="max-keys")
    if id_marker is not None and not key_marker:
        size = 0  # there is no such key, and S3 shows nothing behind it
    with store.lock:
        page = _page(_versions(bucket, scope, key_marker, id_marker), size)
        newest = [bucket.current(entry.key) for entry in page.versions]
    root = xml.result("ListVersionsResult")
    xml.add(root, Name=bucket.name, Prefix=encoded(call, scope.prefix))
    xml.add(root, KeyMarker=encoded(call, key_marker), VersionIdMarker=id_marker or "")
    if page.truncated:
        last = page.entries[-1]
        xml.add(root, NextKeyMarker=encoded(call, page.last))
        xml.add(root, NextVersionIdMarker=None if isinstance(last, Common) else last.version_id)
    xml.add(root, MaxKeys=size)
    if call.parameter("delimiter") == "":
        xml.add(root, Delimiter="")  # this listing says it, the others don't
    _finish(call, root, scope, page)
    with_restore = _wants_restore_status(call)
    for version, current in zip(page.versions, newest, strict=True):
        item = SubElement(root, "DeleteMarker" if version.delete_marker else "Version")
        xml.add(item, Key=encoded(call, version.key), VersionId=version.version_id)
        xml.add(item, IsLatest=version is current)
        _describe(item, version, store.account)
        _add_restore_status(item, version, with_restore)
    return _document(call, store, root, page)


def _page(entries: Iterator[ObjectVersion | Common], size: int) -> Page:
    shown = list(islice(entries, min(size, MAX_LIST)))
    # A page of no keys is never truncated, or a client would ask for ever.
    return Page(shown, bool(shown) and next(entries, None) is not None)


def _current(bucket: Bucket, scope: Scope, marker: str) -> Iterator[ObjectVersion | Common]:
    """The objects that are there now; keys whose newest version is a delete marker are not."""

    def is_there(key: str) -> bool:
        newest = bucket.current(key)
        return newest is not None and not newest.delete_marker

    for entry in walk(bucket.keys_from, scope, scope.first(marker), is_there):
        if isinstance(entry, Common):
            yield entry
        elif (newest := bucket.current(entry)) is not None:
            yield newest


def _versions(
    bucket: Bucket, scope: Scope, key_marker: str, id_marker: str | None
) -> Iterator[ObjectVersion | Common]:
    shown = key_marker.startswith(scope.prefix) and scope.common(key_marker) is None
    if id_marker is not None and shown:
        # The rest of the marker's own key, even if the marker has been deleted meanwhile.
        yield from _after(bucket, key_marker, id_marker)
    for entry in walk(bucket.keys_from, scope, scope.first(key_marker), lambda key: True):
        if isinstance(entry, Common):
            yield entry
        else:
            yield from reversed(bucket.versions.get(entry, ()))


def _after(bucket: Bucket, key: str, version_id: str) -> list[ObjectVersion]:
    """The versions of a key that are older than one of them, the newest first."""
    versions = list(reversed(bucket.versions.get(key, ())))
    marker = version_ids.number(version_id)
    past = 0
    for index, version in enumerate(versions):
        number = version_ids.number(version.version_id)
        newer = number is not None and marker is not None and number >= marker
        if newer or version.version_id == version_id:
            past = index + 1
    return versions[past:]


def _finish(call: Call, root: Element, scope: Scope, page: Page) -> None:
    """What stands between the markers and the entries of every listing."""
    xml.add(root, Delimiter=encoded(call, scope.delimiter) if scope.delimiter else None)
    xml.add(root, EncodingType=encoding(call))
    xml.add(root, IsTruncated=page.truncated)


def _answer(call: Call, store: Store, root: Element, page: Page, *, with_owner: bool) -> Response:
    with_restore = _wants_restore_status(call)
    for version in page.versions:
        item = SubElement(root, "Contents")
        xml.add(item, Key=encoded(call, version.key))
        _describe(item, version, store.account if with_owner else "")
        _add_restore_status(item, version, with_restore)
    return _document(call, store, root, page)


def _describe(item: Element, version: ObjectVersion, owner: str) -> None:
    """What every listing says of a version; `owner` is an account, "" to leave it out."""
    xml.add(item, LastModified=xml.instant(version.modified))
    if not version.delete_marker:
        xml.add(item, ETag=version.quoted_etag)
        if version.checksum is not None:
            xml.add(item, ChecksumAlgorithm=version.checksum.algorithm)
            xml.add(item, ChecksumType=version.checksum.type)
        xml.add(item, Size=version.size)
    if owner:
        xml.owner(item, owner)
    if not version.delete_marker:
        xml.add(item, StorageClass=version.storage_class)


def _add_restore_status(item: Element, version: ObjectVersion, wanted: bool) -> None:
    if wanted and version.storage_class in ARCHIVED:
        xml.add(SubElement(item, "RestoreStatus"), IsRestoreInProgress=False)


def _wants_restore_status(call: Call) -> bool:
    """Raises InvalidArgument for an optional attribute that does not exist."""
    text = call.headers.get(_OPTIONAL)
    names = [] if text is None else [name.strip() for name in text.split(",")]
    for name in names:
        if name != "RestoreStatus":
            raise InvalidArgument(
                "Invalid attribute name specified", ArgumentName=_OPTIONAL, ArgumentValue=name
            )
    return bool(names)


def _document(call: Call, store: Store, root: Element, page: Page) -> Response:
    add_common(call, root, page.prefixes)
    answer = xml.document(root)
    answer.headers.append(("x-amz-bucket-region", store.region))
    return answer
