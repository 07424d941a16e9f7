"""Retention and legal hold of one version.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
"""

from __future__ import annotations

from typing import cast
from xml.etree.ElementTree import Element

from ...rules import object_lock
from ...rules.checksums import require_digest
from ...rules.documents import LEGAL_HOLD, RETENTION
from ...rules.errors import MalformedXML, NoSuchObjectLockConfiguration
from ...rules.object_lock import LegalHold, Mode, Retention
from .. import xml
from ..call import Call
from ..response import Response
from ..store.bucket import Bucket
from ..store.store import Store
from .body import read_document
from .objects import find_version


def get_object_retention(store: Store, call: Call) -> Response:
    """GetObjectRetention. Raises NoSuchObjectLockConfiguration if it has never been set."""
    found = find_version(_locked_bucket(store, call), call)
    if found.retention is None:
        raise NoSuchObjectLockConfiguration()
    root = xml.result("Retention")
    xml.add(root, Mode=found.retention.mode)
    xml.add(root, RetainUntilDate=object_lock.written(found.retention.until))
    return xml.document(root)


def put_object_retention(store: Store, call: Call) -> Response:
    """PutObjectRetention: extended by anybody who may, shortened only with the bypass."""
    body = _document(store, call)
    if not body:
        raise MalformedXML()  # not what other documents are answered: versity/versitygw#1185
    root = xml.parse(body, "Retention")
    bucket = _locked_bucket(store, call)
    new = _retention(root, call)
    with store.lock:
        found = find_version(bucket, call)
        bypass = object_lock.bypasses(call.headers)
        object_lock.check_change(found.retention, new, call.now, bypass=bypass)
        found.retention = new
    return Response(200)


def get_object_legal_hold(store: Store, call: Call) -> Response:
    """GetObjectLegalHold. Raises NoSuchObjectLockConfiguration if it has never been set."""
    found = find_version(_locked_bucket(store, call), call)
    if not found.legal_hold:
        raise NoSuchObjectLockConfiguration()
    root = xml.result("LegalHold")
    xml.add(root, Status=found.legal_hold)
    return xml.document(root)


def put_object_legal_hold(store: Store, call: Call) -> Response:
    """PutObjectLegalHold: ON or OFF. Raises MalformedXML for anything else."""
    body = _document(store, call)
    if not body:  # as recorded, and unlike other documents
        raise MalformedXML()
    bucket = _locked_bucket(store, call)
    status = LEGAL_HOLD.checked(xml.parse(body)).findtext("Status")
    with store.lock:
        find_version(bucket, call).legal_hold = cast(LegalHold, status)
    return Response(200)


def _document(store: Store, call: Call) -> bytes:
    """The body, which must come with a digest: https://github.com/versity/versitygw/issues/1311."""
    body = read_document(store.spool, call)
    require_digest(call.request.header_map)
    return body


def _locked_bucket(store: Store, call: Call) -> Bucket:
    bucket = store.bucket(call.bucket)
    object_lock.check_enabled(bucket.settings.object_lock)
    return bucket


def _retention(root: Element, call: Call) -> Retention | None:
    """The retention of a document, None for an empty one. Raises MalformedXML, InvalidArgument."""
    document = RETENTION.checked(root)
    mode, text = document.findtext("Mode"), document.findtext("RetainUntilDate")
    if mode is None and text is None:
        return None
    until = object_lock.iso_8601(text or "")
    if mode is None or until is None:
        raise MalformedXML()
    object_lock.check_future(until, call.now, "RetainUntilDate", text or "")
    return Retention(cast(Mode, mode), until)
