"""The condition keys of a request: what a policy's Condition can look at.

Source: "AWS global condition context keys" in the IAM user guide, "Condition keys for Amazon S3"
in the Service authorization reference, and "Amazon S3 signature Version 4 authentication
specific policy keys" in the S3 API reference. `condition_keys` lists them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from . import condition_keys, object_lock
from .authentication import Authentication, iso
from .copying import TAGGING_DIRECTIVE
from .identity import Identity
from .request import Request

# Condition keys that carry the value of a header of the same name (or, hoisted, of the query).
_HEADER_KEYS = (
    "x-amz-acl",
    "x-amz-bucket-namespace",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-object-ownership",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
_CONDITIONS = ("if-match", "if-none-match")
_LISTING = ("prefix", "delimiter", "max-keys")
_PRINCIPAL_TYPES = {
    "root": "Account",
    "user": "User",
    "assumed-role": "AssumedRole",
    "federated-user": "FederatedUser",
    "anonymous": "Anonymous",
}


@dataclass(frozen=True)
class Facts:
    """What the request itself does not say: the time (UTC), where it arrived, and tags.

    `action` is what the permission is for, and `operation` what the request asks for.
    `object_tags` are those of the object that is asked for, if the action looks at them
    (`condition_keys.EXISTING_TAG`); `principal_tags` those of the
    caller's user or role and of its session.
    """

    now: datetime
    region: str
    account: str
    action: str = ""
    operation: str = ""
    object_tags: Mapping[str, str] = field(default_factory=dict)
    principal_tags: Mapping[str, str] = field(default_factory=dict)


def request_context(
    request: Request, authentication: Authentication, facts: Facts
) -> dict[str, str | list[str]]:
    """The condition keys that a request has, with their values. Only tags keep their case."""
    identity = authentication.identity
    context: dict[str, str | list[str]] = {
        # Nothing comes here by way of an AWS service, and every resource is of this account.
        "aws:viaawsservice": "false",
        "aws:principalisawsservice": "false",
        "aws:currenttime": iso(facts.now),
        "aws:epochtime": str(int(facts.now.timestamp())),
        "aws:securetransport": "true" if request.secure else "false",
        "aws:sourceip": request.source_ip,
        "aws:requestedregion": facts.region,
        "aws:resourceaccount": facts.account,
        "s3:resourceaccount": facts.account,
        "aws:principaltype": _PRINCIPAL_TYPES[identity.kind],
    }
    for key, value in (
        ("aws:useragent", request.header("user-agent")),
        ("aws:referer", request.header("referer")),
        ("s3:authtype", authentication.auth_type),
        ("s3:signatureversion", authentication.signature_version),
    ):
        if value:
            context[key] = value
    age = authentication.age_ms(facts.now)
    if age is not None:
        context["s3:signatureage"] = str(age)
    context |= _principal(identity)
    for tag, value in facts.principal_tags.items():
        context[f"aws:principaltag/{tag.lower()}"] = value
    headers = request.effective_headers
    for name in _HEADER_KEYS:
        if name in headers:
            context[f"s3:{name}"] = headers[name]
    if "x-amz-content-sha256" not in headers and authentication.auth_type:
        # A presigned request is signed with this hash unless the signer gave another.
        context["s3:x-amz-content-sha256"] = request.parameters.get(
            "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"
        )
    if facts.operation in condition_keys.DESCRIBES_OBJECTS:
        context |= _of_object(headers, facts)
    return context | _of_action(request, headers, facts)


def _of_object(headers: Mapping[str, str], facts: Facts) -> dict[str, str | list[str]]:
    """The tags and the lock that an upload's headers ask for."""
    tagging = headers.get("x-amz-tagging", "")
    if facts.operation == "CopyObject" and headers.get(TAGGING_DIRECTIVE) != "REPLACE":
        tagging = ""  # the source's tags are copied
    keys = tag_keys(dict(parse_qsl(tagging, keep_blank_values=True)))
    if facts.action in condition_keys.LOCKING:
        until = object_lock.iso_8601(headers.get(object_lock.UNTIL, ""))
        mode, hold = headers.get(object_lock.MODE), headers.get(object_lock.HOLD)
        keys |= lock_keys(mode, until, hold, facts.now)
    return keys


def _of_action(
    request: Request, headers: Mapping[str, str], facts: Facts
) -> dict[str, str | list[str]]:
    """The keys that only some actions have."""
    action, context = facts.action, dict[str, str | list[str]]()
    if action in condition_keys.LISTING and facts.operation.startswith("List"):
        for name in _LISTING:
            if name in request.parameters:
                context[f"s3:{name}"] = request.parameters[name]
    if action in condition_keys.WRITING_OR_DELETING:
        for name in _CONDITIONS:
            if name in headers:
                context[f"s3:{name}"] = headers[name]
    if action == "s3:PutObject":
        creates = facts.operation in condition_keys.CREATES_OBJECTS
        context["s3:objectcreationoperation"] = str(creates).lower()
    return context | {f"s3:existingobjecttag/{tag}": v for tag, v in facts.object_tags.items()}


def tag_keys(tags: Mapping[str, str]) -> dict[str, str | list[str]]:
    """The keys for tags that an object is to get."""
    if not tags:
        return {}
    keys: dict[str, str | list[str]] = {"s3:requestobjecttagkeys": list(tags)}
    return keys | {f"s3:requestobjecttag/{key}": value for key, value in tags.items()}


def lock_keys(
    mode: str | None, until: datetime | None, hold: str | None, now: datetime
) -> dict[str, str | list[str]]:
    """The keys for the lock that a version is to get.

    How AWS counts the days that remain is not documented: here a day that has begun counts, so
    that "at most 10" is never more.
    """
    keys: dict[str, str | list[str]] = {}
    if mode is not None:
        keys["s3:object-lock-mode"] = mode
    if hold is not None:
        keys["s3:object-lock-legal-hold"] = hold
    if until is not None:
        keys["s3:object-lock-retain-until-date"] = iso(until)
        days = -((now - until) // timedelta(days=1))
        keys["s3:object-lock-remaining-retention-days"] = str(days)
    return keys


def _principal(identity: Identity) -> dict[str, str]:
    if identity.kind == "anonymous":
        return {"aws:userid": "anonymous"}
    keys = {
        # For a session this key holds the role's ARN.
        "aws:principalarn": identity.role_arn or identity.arn,
        "aws:principalaccount": identity.account,
        "aws:userid": identity.user_id,
    }
    if identity.kind == "user":
        keys["aws:username"] = identity.user_name
    if identity.session is not None:
        keys["aws:tokenissuetime"] = iso(identity.session.issued_at)
        # In every request with temporary credentials; there is no MFA here.
        keys["aws:multifactorauthpresent"] = "false"
        if identity.session.source_identity:
            keys["aws:sourceidentity"] = identity.session.source_identity
    return keys
