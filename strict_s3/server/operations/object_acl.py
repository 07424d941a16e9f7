"""GetObjectAcl and PutObjectAcl, where ACLs are disabled ("Bucket owner enforced").

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from xml.etree.ElementTree import SubElement

from ...rules.errors import AccessControlListNotSupported
from ...rules.ownership import canonical_id
from .. import xml
from ..call import Call
from ..response import Response
from ..store.store import Store
from .objects import find_object, find_version

_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def get_object_acl(store: Store, call: Call) -> Response:
    """GetObjectAcl: the bucket's owner has full control, nobody else has anything."""
    find_object(store.bucket(call.bucket), call)
    return owner_has_all(store.account)


def put_object_acl(store: Store, call: Call) -> Response:
    """PutObjectAcl is always refused. Raises AccessControlListNotSupported."""
    find_version(store.bucket(call.bucket), call)
    raise AccessControlListNotSupported()


def owner_has_all(account: str) -> Response:
    """The only ACL there is, of a bucket or an object."""
    root = xml.result("AccessControlPolicy")
    xml.owner(root, account)
    grant = SubElement(SubElement(root, "AccessControlList"), "Grant")
    kind = {"xmlns:xsi": _INSTANCE, "xsi:type": "CanonicalUser"}
    xml.add(SubElement(grant, "Grantee", kind), ID=canonical_id(account))
    xml.add(grant, Permission="FULL_CONTROL")
    return xml.document(root)
