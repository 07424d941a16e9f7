"""Which S3 operation a request is, and which permissions it needs.

Sources: "Actions, resources, and condition keys for Amazon S3" in the Service authorization
reference, and "Required permissions for Amazon S3 API operations" in the Amazon S3 user guide.
A request that is no known operation is None: refused, never waved through. So is one that names
two operations at once, since a store behind this rule could pick the other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .copying import COPY_SOURCE, CopySource, copy_source, copy_source_problem, in_query
from .request import Request
from .s3_operations import (
    AT_A_KEY,
    BUCKET,
    IGNORED_AT_A_BUCKET,
    IGNORED_AT_A_KEY,
    OBJECT,
    QUALIFIERS,
    REFUSED,
    SUBRESOURCES,
    VERSION_ACTIONS,
)

Needs = tuple[tuple[str, str], ...]

_COPY = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
_MAY_BYPASS = ("DeleteObject", "PutObjectRetention")
_NOT_READ_AT_A_KEY = ("logging", "versions")  # `misrouted.wrong_place` has S3's words for it


@dataclass(frozen=True)
class Operation:
    """An API operation and the (action, resource ARN) pairs that must all be allowed.

    `source` is what a CopyObject or UploadPartCopy reads.
    """

    name: str
    needs: Needs
    source: CopySource | None = None


def s3_operation(request: Request, bucket: str, key: str) -> Operation | None:
    """The S3 operation of a request on a bucket and key ("" where it names none).

    A form upload (PostObject) has its key in the form: the caller passes that one, or "" before
    it has read the form, when the resource that is needed is ``bucket/``, an object of no name.
    """
    method, query = request.method, request.parameters
    named = subresources(method, query, bool(key)) if query else ()
    if not bucket:
        if method == "GET" and not named and not key:
            return Operation("ListBuckets", (("s3:ListAllMyBuckets", "arn:aws:s3:::*"),))
        return None
    if method == "POST" and not named:
        return _post_object(request, bucket, key)
    if key and AT_A_KEY.isdisjoint(named):
        return _object_operation(request, bucket, key, named)
    if key and method == "GET" and named[0] in _NOT_READ_AT_A_KEY:
        return None
    return _bucket_operation(request, bucket, named)


def subresources(method: str, query: Mapping[str, str], of_key: bool) -> tuple[str, ...]:
    """The query names that choose the operation, in alphabetical order."""
    named = [name for name in query if name in SUBRESOURCES]
    if named and method in ("GET", "HEAD"):
        ignored = IGNORED_AT_A_KEY if of_key else IGNORED_AT_A_BUCKET
        named = [name for name in named if name not in ignored]
    # A part number chooses a part of a GET or HEAD, but makes a PUT one of a part.
    if "partNumber" in query and (named or method == "PUT" or not of_key):
        named.append("partNumber")
    elif not named:
        return ()
    for name, beside in QUALIFIERS.items():
        if name in query and name not in named and any(one in named for one in beside):
            named.append(name)
    return tuple(sorted(named))


def _bucket_operation(request: Request, bucket: str, named: tuple[str, ...]) -> Operation | None:
    found = BUCKET.get((request.method, *named))
    if found is None:
        return None
    name, action = found
    arn = _arn(bucket)
    if name == "ListObjects" and request.parameters.get("list-type") == "2":
        name = "ListObjectsV2"
    needs = _on(action, arn)
    if name == "CreateBucket":
        needs += _bucket_extras(request, arn)
    return Operation(name, needs)


def _object_operation(
    request: Request, bucket: str, key: str, named: tuple[str, ...]
) -> Operation | None:
    found = OBJECT.get((request.method, *named))
    if found is None:
        return None
    name, action = found
    arn = _arn(bucket, key)
    version = request.parameters.get("versionId")
    if version is not None:
        if not version:
            return None  # S3: "Version id cannot be the empty string"
        action = VERSION_ACTIONS.get(name, action)
    needs = _on(action, arn)
    source: CopySource | None = None
    if name == "GetObjectAttributes":
        return Operation(name, (("s3:GetObject" if version is None else _VERSION, arn), *needs))
    if name in _COPY:
        names = _watched_names(request)
        if COPY_SOURCE in names:
            if copy_source_problem(request) is not None:
                return None
            source = copy_source(request)
            name, needs = _COPY[name], ((source.read_action, source.arn), *needs)
        if names and name != "UploadPart":
            needs += _extras(names, arn)
    elif name == "CreateMultipartUpload":
        needs += _extras({*_watched_names(request)} - {_MATCH}, arn)
    elif name == "CompleteMultipartUpload":
        needs += _extras({*_watched_names(request)} & {_MATCH}, arn)
    elif name in _MAY_BYPASS and _BYPASS in _watched_names(request):
        needs += ((_BYPASS_ACTION, arn),)
    return Operation(name, needs, source)


_VERSION = "s3:GetObjectVersion"
_BYPASS = "x-amz-bypass-governance-retention"
_BYPASS_ACTION = "s3:BypassGovernanceRetention"


def _post_object(request: Request, bucket: str, key: str) -> Operation | None:
    """A form upload goes to the bucket: a POST to an object is nothing.

    POST /WriteGetObjectResponse is one of the REFUSED; no bucket can have that name.
    """
    if request.path.strip("/") not in ("", bucket) or bucket in REFUSED:
        return None
    return Operation("PostObject", (("s3:PutObject", f"{_arn(bucket)}/{key}"),))


def put_object_needs(bucket: str, key: str, fields: Mapping[str, str]) -> Needs:
    """What an HTML form upload needs; `fields` are its fields by lower-case name."""
    arn = _arn(bucket, key)
    spelled = {"acl": "x-amz-acl", "tagging": "x-amz-tagging"}
    names = {spelled.get(name, name) for name in fields}
    return (("s3:PutObject", arn), *_extras(names, arn))


def delete_object_needs(
    bucket: str, key: str, version: str | None, *, bypass_governance: bool = False
) -> Needs:
    """What deleting one of the keys that a DeleteObjects body lists needs.

    `bypass_governance`: whether the request carries ``x-amz-bypass-governance-retention``.
    """
    arn = _arn(bucket, key)
    needs = _on("s3:DeleteObjectVersion" if version else "s3:DeleteObject", arn)
    return (*needs, (_BYPASS_ACTION, arn)) if bypass_governance else needs


def copied_tags_needs(source: CopySource, bucket: str, key: str) -> Needs:
    """What a CopyObject to `bucket` and `key` needs besides, if it takes its source's tags along.

    Only the store knows whether the source has tags.
    """
    return (
        (f"{source.read_action}Tagging", source.arn),
        ("s3:PutObjectTagging", _arn(bucket, key)),
    )


_GRANTS = frozenset(
    f"x-amz-grant-{what}" for what in ("full-control", "read", "read-acp", "write", "write-acp")
)
_MATCH = "if-match"
_EXTRA_ACTIONS = dict.fromkeys(("x-amz-acl", *_GRANTS), "s3:PutObjectAcl") | {
    # To compare an ETag is to read it:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    _MATCH: "s3:GetObject",
    "x-amz-tagging": "s3:PutObjectTagging",
    "x-amz-object-lock-mode": "s3:PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "s3:PutObjectRetention",
    "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
}
_WATCHED = frozenset(_EXTRA_ACTIONS) | {_BYPASS, COPY_SOURCE}


def _watched_names(request: Request) -> list[str]:
    """The headers sent that need a permission; a presigned URL may carry them in its query."""
    names = [name for name in request.effective_headers if name in _WATCHED]
    return [*names, COPY_SOURCE] if in_query(request) else names


def _extras(names: Iterable[str], arn: str) -> Needs:
    """Permissions for what a write does besides: it sets ACL, tags or lock, or reads an ETag."""
    actions = {_EXTRA_ACTIONS[name] for name in names if name in _EXTRA_ACTIONS}
    return tuple((action, arn) for action in sorted(actions))


def _bucket_extras(request: Request, arn: str) -> Needs:
    """Permissions for what CreateBucket sets besides ("Permissions" of its API reference)."""
    sent = request.effective_headers
    actions: list[str] = []
    if sent.get("x-amz-acl", "private") != "private" or not _GRANTS.isdisjoint(sent):
        actions.append("s3:PutBucketAcl")
    if sent.get("x-amz-bucket-object-lock-enabled", "false").lower() != "false":
        actions += ["s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning"]
    if "x-amz-object-ownership" in sent:
        actions.append("s3:PutBucketOwnershipControls")
    return tuple((action, arn) for action in actions)


def _on(action: str, arn: str) -> Needs:
    return ((action, arn),) if action else ()


def _arn(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
