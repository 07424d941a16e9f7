"""ACLs of buckets and objects: the owner has full control, and nobody else has anything.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html; which ACLs are taken is said
in `rules.acls`.
"""

from __future__ import annotations

from xml.etree.ElementTree import SubElement

from ...rules import acls
from ...rules.bucket_errors import MissingSecurityHeader, UnexpectedContent
from ...rules.ownership import canonical_id
from .. import xml
from ..call import Call
from ..response import Response
from ..store.bucket import Bucket
from ..store.objects import ObjectVersion
from ..store.store import Store
from .body import read_document
from .objects import find_object, find_version

_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def get_bucket_acl(store: Store, call: Call) -> Response:
    """GetBucketAcl."""
    return _owners(store)


def get_object_acl(store: Store, call: Call) -> Response:
    """GetObjectAcl: all objects belong to the bucket's owner."""
    bucket = store.bucket(call.bucket)
    return _of_version(_owners(store), bucket, find_object(bucket, call))


def put_bucket_acl(store: Store, call: Call) -> Response:
    """PutBucketAcl. Raises what `acls.check_put_bucket_acl` and `acls.check_document` raise."""
    return _put(store, call, acls.check_put_bucket_acl)


def put_object_acl(store: Store, call: Call) -> Response:
    """PutObjectAcl. Raises what `acls.check_put_object_acl` and `acls.check_document` raise."""
    bucket = store.bucket(call.bucket)
    found = find_version(bucket, call)
    return _of_version(_put(store, call, acls.check_put_object_acl), bucket, found)


def _of_version(answer: Response, bucket: Bucket, version: ObjectVersion) -> Response:
    if bucket.settings.versioning:
        answer.headers.append(("x-amz-version-id", version.version_id))
    return answer


def _put(store: Store, call: Call, check: acls.Check) -> Response:
    ownership = store.bucket(call.bucket).settings.ownership
    body = read_document(store.spool, call)
    in_headers = acls.is_given(call.headers)
    if in_headers and body:
        raise UnexpectedContent()
    if body:
        acls.check_document(xml.parse(body), canonical_id(store.account), ownership)
    elif in_headers:
        block = store.public_access_block(call.bucket).block_public_acls
        check(call.headers, ownership, block_public=block)
    else:
        raise MissingSecurityHeader(MissingHeaderName="x-amz-acl")
    return Response(200)


def _owners(store: Store) -> Response:
    root = xml.result("AccessControlPolicy")
    xml.owner(root, store.account)
    grant = SubElement(SubElement(root, "AccessControlList"), "Grant")
    grantee = SubElement(grant, "Grantee", {"xmlns:xsi": _XSI, "xsi:type": "CanonicalUser"})
    xml.add(grantee, ID=canonical_id(store.account))
    xml.add(grant, Permission="FULL_CONTROL")
    return xml.document(root)
