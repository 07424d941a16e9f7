"""DeleteObject and DeleteObjects: versions, delete markers, conditions, locks.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
"""

from __future__ import annotations

from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from ...rules import conditions, object_lock
from ...rules.checksums import require_digest
from ...rules.documents import DELETE
from ...rules.errors import (
    NoSuchVersion,
    NotImplementedByS3,
    S3Error,
    UserKeyMustBeSpecified,
)
from ...rules.operations import delete_object_needs
from .. import xml
from ..call import Call
from ..response import Response
from ..store import version_ids
from ..store.bucket import Bucket
from ..store.objects import NULL_VERSION
from ..store.store import Store
from .body import read_document
from .objects import check_version_id
from .put_object import state_of


class Target(NamedTuple):
    """What is to be deleted: a key, or one version of it, if its current ETag is `match`."""

    key: str
    version_id: str | None = None
    match: str | None = None


class Deleted(NamedTuple):
    """What a delete has done: whether a delete marker was made or removed, and the version."""

    marker: bool = False
    version_id: str | None = None


def delete_object(store: Store, call: Call) -> Response:
    """DeleteObject: 204, also for what is not there."""
    bucket = store.bucket(call.bucket)
    version = call.parameter("versionId")
    conditions.check_delete(call.headers, version)
    bypass = object_lock.bypass_asked_for(call.headers, bucket.settings.object_lock)
    if version is not None:
        check_version_id(version)
    target = Target(call.key, version, call.headers.get("if-match"))
    _check_may_compare(call, target)
    done = _delete(store, bucket, target, bypass=bypass)
    answer = Response(204)
    if done.marker:
        answer.headers.append(("x-amz-delete-marker", "true"))
    if done.version_id is not None:
        answer.headers.append(("x-amz-version-id", done.version_id))
    return answer


def delete_objects(store: Store, call: Call) -> Response:
    """DeleteObjects: up to 1,000, each for itself; the answer lists the deleted and the refused."""
    require_digest(call.request.header_map)
    root = DELETE.checked(xml.parse(read_document(store.spool, call)))
    bucket = store.bucket(call.bucket)
    bypass = object_lock.bypass_asked_for(call.headers, bucket.settings.object_lock)
    targets = _targets(root)
    quiet = (root.findtext("Quiet") or "").strip().lower() == "true"
    answer = xml.result("DeleteResult")
    for target in targets:
        try:
            _check_allowed(call, target)
            done = _delete(store, bucket, target, bypass=bypass)
        except S3Error as error:
            item = SubElement(answer, "Error")
            xml.add(item, Key=target.key, VersionId=target.version_id)
            xml.add(item, Code=error.code, Message=error.message)
            error.__traceback__ = None
            continue
        if not quiet:
            item = SubElement(answer, "Deleted")
            xml.add(item, Key=target.key, VersionId=target.version_id)
            if done.marker:
                xml.add(item, DeleteMarker=True, DeleteMarkerVersionId=done.version_id)
    return xml.document(answer)


def _delete(store: Store, bucket: Bucket, target: Target, *, bypass: bool) -> Deleted:
    """Delete one key or version. Raises AccessDenied, NoSuchKey, PreconditionFailed."""
    key, version, match = target
    now = store.clock.now()
    with store.lock:
        if match is not None:
            conditions.check_current(match, state_of(bucket, key), key)
        if version is None:
            marker = bucket.delete(key, now)
            return Deleted(True, marker.version_id) if marker else Deleted()
        found = bucket.object(key, version)
        if found is None:
            return Deleted(False, version)
        object_lock.check_delete(found.retention, found.legal_hold, now, bypass=bypass)
        bucket.remove(key, version)
        return Deleted(found.delete_marker, version)


def _targets(root: Element) -> list[Target]:
    targets = []
    for item in root.findall("Object"):
        key, version = item.findtext("Key"), item.findtext("VersionId")
        if not key:
            raise UserKeyMustBeSpecified()
        targets.append(Target(key, version or None, item.findtext("ETag")))
    return [*dict.fromkeys(targets)]  # measured: one that is named twice is deleted once


def _check_allowed(call: Call, target: Target) -> None:
    """The permission for one item, and its version id. Raises AccessDenied, NoSuchVersion."""
    key, version, match = target
    asked = object_lock.BYPASS in call.headers
    needs = delete_object_needs(call.bucket, key, version, bypass_governance=asked)
    denied = call.why_not(needs, {"s3:versionid": version, "s3:if-match": match})
    if denied is not None:
        raise denied
    _check_may_compare(call, target)
    if version not in (None, NULL_VERSION) and version_ids.number(version or "") is None:
        raise NoSuchVersion()
    if match is not None and version is not None:
        raise NotImplementedByS3(Header="If-Match")


def _check_may_compare(call: Call, target: Target) -> None:
    """To compare an ETag is to read it (the user guide asks for s3:GetObject)."""
    if target.match not in (None, "*"):
        resource = f"arn:aws:s3:::{call.bucket}/{target.key}"
        denied = call.why_not((("s3:GetObject", resource),))
        if denied is not None:
            raise denied
