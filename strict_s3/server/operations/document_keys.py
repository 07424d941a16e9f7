"""Condition keys that are in a request's document, or in a form's field.

Policies look at what a request asks for: the tags that an object is to get, a lock, a bucket's
region. So these documents are read before the permission is decided, by the same rules as later.
"""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element

from ...rules import object_lock, tags
from ...rules.context import lock_keys, tag_keys
from ...rules.documents import CREATE_BUCKET, LEGAL_HOLD, RETENTION
from ...rules.errors import S3Error
from .. import xml
from ..call import Call
from ..store.store import Store
from .body import read_document
from .post_object import tags_of_form

Keys = dict[str, str | list[str]]


def keys_of_document(store: Store, call: Call) -> Keys:
    """The keys; {} also for a document that the operation will refuse."""
    try:
        if call.form is not None:
            return tag_keys(tags_of_form(call.form) or {})
        reader = _READERS.get(call.operation.name)
        if reader is None:
            return {}
        return reader(xml.parse(read_document(store.spool, call)), call)
    except S3Error:
        return {}


def _tags(root: Element, call: Call) -> Keys:
    return tag_keys(tags.from_xml(root))


def _retention(root: Element, call: Call) -> Keys:
    asked = RETENTION.checked(root)
    until = object_lock.iso_8601(asked.findtext("RetainUntilDate") or "")
    return lock_keys(asked.findtext("Mode"), until, None, call.now)


def _legal_hold(root: Element, call: Call) -> Keys:
    return lock_keys(None, None, LEGAL_HOLD.checked(root).findtext("Status"), call.now)


def _bucket(root: Element, call: Call) -> Keys:
    asked, keys = CREATE_BUCKET.checked(root), Keys()
    location = asked.findtext("LocationConstraint")
    if location:
        keys["s3:locationconstraint"] = location
    pairs = [
        (tag.findtext("Key") or "", tag.findtext("Value") or "")
        for tag in asked.findall("Tags/Tag")
    ]
    if pairs:
        keys["aws:tagkeys"] = [key for key, _ in pairs]
    return keys | {f"aws:requesttag/{key}": value for key, value in pairs}


_READERS: dict[str, Callable[[Element, Call], Keys]] = {
    "CreateBucket": _bucket,
    "PutObjectLegalHold": _legal_hold,
    "PutObjectRetention": _retention,
    "PutObjectTagging": _tags,
}
