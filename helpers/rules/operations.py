"""Which S3 operation a request is, and which permissions it needs.

Source: "Actions, resources, and condition keys for Amazon S3" (and for IAM, and for STS) in the
Service authorization reference, and "Required permissions for Amazon S3 API operations" in the
Amazon S3 user guide. A request that is no known operation is None: refused, never waved through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from helpers.rules.identity import Identity
from helpers.rules.request import Request
from helpers.rules.s3_operations import BUCKET, OBJECT, SUBRESOURCES

Needs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Operation:
    """An API operation and the (action, resource ARN) pairs that must all be allowed."""

    name: str
    needs: Needs


def s3_operation(request: Request, bucket: str, key: str) -> Operation | None:
    """The S3 operation of a request on a bucket and key ("" where it names none)."""
    method, query = request.method, request.parameters
    named = [name for name in SUBRESOURCES if name in query] if query else []
    if "uploadId" in named and "partNumber" in query:
        named.append("partNumber")
    if not bucket:
        if method == "GET" and not named:
            return Operation("ListBuckets", (("s3:ListAllMyBuckets", "*"),))
        return None
    if not key:
        if method == "GET" and not named and query.get("list-type") == "2":
            return Operation("ListObjectsV2", (("s3:ListBucket", _arn(bucket)),))
        found = BUCKET.get((method, *named))
        return found and Operation(found[0], _on(found[1], _arn(bucket)))
    return _object_operation(request, bucket, key, tuple(named))


def _object_operation(
    request: Request, bucket: str, key: str, named: tuple[str, ...]
) -> Operation | None:
    found = OBJECT.get((request.method, *named))
    if found is None:
        return None
    name, action = found
    arn = _arn(bucket, key)
    version = "Version" if "versionId" in request.parameters else ""
    if name in ("PutObject", "UploadPart") and "x-amz-copy-source" in request.header_map:
        source = _copy_source(request.header("x-amz-copy-source"))
        if source is None:
            return None
        name = "CopyObject" if name == "PutObject" else "UploadPartCopy"
        return Operation(name, (source, ("s3:PutObject", arn), *_extra_needs(request, arn)))
    if name == "GetObjectAttributes":
        actions = (f"s3:GetObject{version}", f"s3:GetObject{version}Attributes")
        return Operation(name, tuple((one, arn) for one in actions))
    if version and name in _VERSIONED:
        action = _VERSIONED[name]
    needs = _on(action, arn)
    if name in ("PutObject", "CreateMultipartUpload"):
        needs += _extra_needs(request, arn)
    if name == "PutObjectRetention" and request.header("x-amz-bypass-governance-retention"):
        needs += (("s3:BypassGovernanceRetention", arn),)
    return Operation(name, needs)


_VERSIONED = {
    "GetObject": "s3:GetObjectVersion",
    "HeadObject": "s3:GetObjectVersion",
    "GetObjectAcl": "s3:GetObjectVersionAcl",
    "GetObjectTagging": "s3:GetObjectVersionTagging",
    "DeleteObject": "s3:DeleteObjectVersion",
    "DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "PutObjectAcl": "s3:PutObjectVersionAcl",
    "PutObjectTagging": "s3:PutObjectVersionTagging",
}


def put_object_needs(bucket: str, key: str, fields: Mapping[str, str]) -> Needs:
    """What an HTML form upload needs; `fields` are its fields by lower-case name."""
    arn = _arn(bucket, key)
    needs: Needs = (("s3:PutObject", arn),)
    if "acl" in fields:
        needs += (("s3:PutObjectAcl", arn),)
    if "tagging" in fields:
        needs += (("s3:PutObjectTagging", arn),)
    return needs


def delete_object_needs(bucket: str, key: str, version: str | None) -> Needs:
    """What deleting one of the keys that a DeleteObjects body lists needs."""
    return _on("s3:DeleteObjectVersion" if version else "s3:DeleteObject", _arn(bucket, key))


def _extra_needs(request: Request, arn: str) -> Needs:
    """Permissions for what an upload sets besides the object: ACL, tags, lock."""
    names = {*request.header_map, *(name.lower() for name in request.parameters)}
    needs: Needs = ()
    if "x-amz-acl" in names or any(name.startswith("x-amz-grant-") for name in names):
        needs += (("s3:PutObjectAcl", arn),)
    if "x-amz-tagging" in names:
        needs += (("s3:PutObjectTagging", arn),)
    if "x-amz-object-lock-mode" in names or "x-amz-object-lock-retain-until-date" in names:
        needs += (("s3:PutObjectRetention", arn),)
    if "x-amz-object-lock-legal-hold" in names:
        needs += (("s3:PutObjectLegalHold", arn),)
    return needs


def _copy_source(value: str) -> tuple[str, str] | None:
    """The permission to read what ``x-amz-copy-source: /bucket/key?versionId=…`` names."""
    path, mark, version = value.partition("?versionId=")
    bucket, slash, key = unquote(path).removeprefix("/").partition("/")
    # Access points are ARNs in place of a bucket; there are none here.
    if not slash or not key or ":" in bucket:
        return None
    return ("s3:GetObjectVersion" if mark and version else "s3:GetObject", _arn(bucket, key))


def _on(action: str, arn: str) -> Needs:
    return ((action, arn),) if action else ()


def _arn(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


# IAM and STS: the Query protocol, whose operation is the form field Action.

_IAM_RESOURCES = (
    ("UserName", "user"),
    ("GroupName", "group"),
    ("RoleName", "role"),
    ("InstanceProfileName", "instance-profile"),
)
_NO_PERMISSION = frozenset(("GetCallerIdentity", "GetSessionToken"))
# Nothing here can verify a web identity or SAML assertion.
_REFUSED = frozenset(("AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "AssumeRoot"))


def query_operation(
    service: Literal["iam", "sts"], form: Mapping[str, str], *, account: str, caller: Identity
) -> Operation | None:
    """The IAM or STS operation that a form names, or None if it names none."""
    name = form.get("Action", "")
    if not name.isalnum() or not name.isascii() or name in _REFUSED:
        return None
    if service == "sts":
        if name in _NO_PERMISSION:
            return Operation(name, ())
        resource = form.get("RoleArn", "*")
        if name == "GetFederationToken":
            resource = f"arn:aws:sts::{account}:federated-user/{form.get('Name', '')}"
        return Operation(name, ((f"sts:{name}", resource),))
    return Operation(name, ((f"iam:{name}", _iam_resource(form, account, caller)),))


def _iam_resource(form: Mapping[str, str], account: str, caller: Identity) -> str:
    name = form["Action"]
    path = form.get("Path", "/")
    if name in ("AddUserToGroup", "RemoveUserFromGroup"):
        return f"arn:aws:iam::{account}:group/{form.get('GroupName', '')}"
    if name == "CreatePolicy":
        return f"arn:aws:iam::{account}:policy{path}{form.get('PolicyName', '')}"
    for field, sort in _IAM_RESOURCES:
        if field in form:
            where = path if name.startswith("Create") else "/"
            return f"arn:aws:iam::{account}:{sort}{where}{form[field]}"
    if "PolicyArn" in form:
        return form["PolicyArn"]
    # These act on the caller's own user when they name none.
    own = ("AccessKey", "GetUser", "ChangePassword", "LoginProfile", "MFADevice")
    if caller.kind == "user" and any(part in name for part in own):
        return caller.arn
    return "*"
