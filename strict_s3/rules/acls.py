"""Access control lists: which of them a bucket takes.

New buckets have ACLs disabled ("bucket owner enforced"), and take those only that change nothing.
A bucket with another Object Ownership takes ACLs, too; here only those that give nobody else
anything, because all that is stored belongs to one account. Others are 501. Grants to e-mail
addresses are 405 since October 2025
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html).
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol
from xml.etree.ElementTree import Element

from .bucket_errors import (
    InvalidBucketAclWithBlockPublicAccess,
    InvalidBucketAclWithObjectOwnership,
    MalformedAcl,
)
from .documents import ACCESS_CONTROL_POLICY
from .errors import (
    AccessControlListNotSupported,
    AccessDenied,
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    MethodNotAllowed,
    NotImplementedByS3,
)
from .public_access import PUBLIC_ACLS
from .schema import local_name

ENFORCED = "BucketOwnerEnforced"
# Of an object. AWS documents only the first for buckets with ACLs disabled; uploads with
# "private" from the bucket's own account are reported to succeed too.
ACCEPTED = ("bucket-owner-full-control", "private")
_OF_BUCKETS = ("private", *PUBLIC_ACLS, "log-delivery-write")
_OF_OBJECTS = (*ACCEPTED, *PUBLIC_ACLS, "aws-exec-read", "bucket-owner-read")
_GROUPS = tuple(
    f"http://acs.amazonaws.com/groups/{name}"
    for name in ("global/AllUsers", "global/AuthenticatedUsers", "s3/LogDelivery")
)
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_BY_EMAIL = "AmazonCustomerByEmail"
_TYPES = ("CanonicalUser", _BY_EMAIL, "Group")
_GRANTEE = re.compile(r"""\s*(?P<kind>id|uri|emailAddress)\s*=\s*(["']?)(?P<value>[^"']+)\2\s*""")
_ID = re.compile("[0-9a-f]{64}")  # a canonical user id
_OWNER_ALONE = (*ACCEPTED, "bucket-owner-read")  # the account owns the bucket and the object


class Check(Protocol):
    """`check_put_object_acl` or `check_put_bucket_acl`."""

    def __call__(
        self, headers: Mapping[str, str], ownership: str, *, block_public: bool
    ) -> None: ...


def is_given(headers: Mapping[str, str]) -> bool:
    """True if headers (lower-case names) name an ACL."""
    return "x-amz-acl" in headers or bool(_grants(headers))


def check_object_acl(headers: Mapping[str, str], ownership: str, *, block_public: bool) -> None:
    """The ACL that an upload names in its headers, if it does.

    `ownership` is the bucket's Object Ownership ("" if it has none), `block_public` its
    BlockPublicAcls. Raises AccessControlListNotSupported, AccessDenied, InvalidArgument,
    InvalidRequest, MethodNotAllowed, NotImplementedByS3.
    """
    if not is_given(headers):
        return
    _check_arguments(headers, _OF_OBJECTS)
    if ownership == ENFORCED:
        if _grants(headers) or headers["x-amz-acl"] not in ACCEPTED:
            raise AccessControlListNotSupported()
        return
    _check(headers, block_public=block_public)


def _check_enabled(ownership: str) -> None:
    """Where ACLs are disabled none can be put. Raises AccessControlListNotSupported."""
    if ownership == ENFORCED:
        raise AccessControlListNotSupported()


def check_put_bucket_acl(headers: Mapping[str, str], ownership: str, *, block_public: bool) -> None:
    """The ACL that PutBucketAcl names in its headers. Raises as `check_object_acl` does."""
    _check_arguments(headers, _OF_BUCKETS)
    _check_enabled(ownership)
    _check(headers, block_public=block_public)


def check_put_object_acl(headers: Mapping[str, str], ownership: str, *, block_public: bool) -> None:
    """That of PutObjectAcl: where ACLs are disabled none can be put, not even "private"."""
    _check_arguments(headers, _OF_OBJECTS)
    _check_enabled(ownership)
    _check(headers, block_public=block_public)


def check_new_bucket_acl(headers: Mapping[str, str], ownership: str) -> None:
    """The ACL that CreateBucket names, if it does; public access to new buckets is blocked.

    Raises InvalidBucketAclWithObjectOwnership, InvalidBucketAclWithBlockPublicAccess, and what
    `check_object_acl` raises.
    """
    if not is_given(headers):
        return
    _check_arguments(headers, _OF_BUCKETS)
    acl = headers.get("x-amz-acl", "")
    if ownership == ENFORCED and (_grants(headers) or acl != "private"):
        raise InvalidBucketAclWithObjectOwnership()
    if acl in PUBLIC_ACLS:
        raise InvalidBucketAclWithBlockPublicAccess()
    _check(headers, block_public=True)


def check_document(root: Element, owner: str, ownership: str) -> None:
    """An AccessControlPolicy in place of headers; `owner` is the account's canonical id.

    Raises MalformedAcl, MethodNotAllowed, InvalidArgument, AccessControlListNotSupported, and
    NotImplementedByS3 for a grant to anybody else, or without full control for the owner.
    """
    try:
        policy = ACCESS_CONTROL_POLICY.checked(root)
    except MalformedXML:
        raise MalformedAcl() from None
    types = {grantee.get(_TYPE) for grantee in root.iter() if _is_grantee(grantee)}
    if not types <= set(_TYPES):
        raise MalformedAcl()
    if _BY_EMAIL in types:
        raise MethodNotAllowed()
    for element in policy.iter("ID"):
        _check_named("CanonicalUser/ID", element.text or "", (owner,), "Invalid id")
    for element in policy.iter("URI"):
        _check_named("Group/URI", element.text or "", _GROUPS, "Invalid group uri")
    _check_enabled(ownership)
    grants = policy.findall("AccessControlList/Grant")
    if any(grant.find("Grantee/ID") is None for grant in grants):
        raise NotImplementedByS3(
            "AccessControlPolicy gives access to others by an ACL, which this local S3 does not "
            "carry out; use a policy"
        )
    if not any(grant.findtext("Permission") == "FULL_CONTROL" for grant in grants):
        raise NotImplementedByS3(
            "AccessControlPolicy takes FULL_CONTROL from the owner, which this local S3 does not "
            "carry out"
        )


def _is_grantee(element: Element) -> bool:
    return local_name(element) == "Grantee"


def _check_named(name: str, value: str, known: tuple[str, ...], message: str) -> None:
    if value not in known:
        raise InvalidArgument(message, ArgumentName=name, ArgumentValue=value)


def _check_arguments(headers: Mapping[str, str], canned: tuple[str, ...]) -> None:
    """That the headers can be read, which S3 looks at before it asks what the bucket allows."""
    acl, grants = headers.get("x-amz-acl"), _grants(headers)
    if acl is not None and grants:
        raise InvalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
    for name in grants:
        _check_grantees(name, headers[name])
    if acl is not None and acl not in canned:
        raise InvalidArgument("", ArgumentName="x-amz-acl", ArgumentValue=acl)


def _check(headers: Mapping[str, str], *, block_public: bool) -> None:
    acl, grants = headers.get("x-amz-acl"), _grants(headers)
    if acl in PUBLIC_ACLS and block_public:
        raise AccessDenied()
    if acl not in _OWNER_ALONE:
        name = grants[0] if acl is None else f"x-amz-acl: {acl}"
        raise NotImplementedByS3(
            f"{name} gives access to others by an ACL, which this local S3 does not carry out; "
            "use a policy",
            Header=name.partition(":")[0],
        )


def _check_grantees(header: str, text: str) -> None:
    """``id="…", uri="…"``: that can be read at all, and are groups that exist."""
    for grantee in text.split(","):
        match = _GRANTEE.fullmatch(grantee)
        if match is None:
            raise InvalidArgument(
                "Argument format not recognized", ArgumentName=header, ArgumentValue=text
            )
        if match["kind"] == "emailAddress":
            raise MethodNotAllowed()
        if match["kind"] == "uri":
            _check_named("uri", match["value"], _GROUPS, "Invalid group uri")
        elif match["kind"] == "id" and not _ID.fullmatch(match["value"]):
            raise InvalidArgument("Invalid id", ArgumentName="id", ArgumentValue=match["value"])


def _grants(headers: Mapping[str, str]) -> list[str]:
    return sorted(name for name in headers if name.startswith("x-amz-grant-"))
