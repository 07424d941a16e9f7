"""What can be wrong with the parts of a policy document, and how AWS says it.

Recorded on AWS in February 2026 for IAM. S3's words for bucket policies are those that users have
quoted in public; where nobody has, they are "Invalid policy syntax.".
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Literal

PolicyKind = Literal["identity", "resource", "session", "boundary", "trust"]
KINDS: dict[PolicyKind, str] = {
    "identity": "identity policy",
    "resource": "bucket policy",
    "session": "session policy",
    "boundary": "permissions boundary",
    "trust": "trust policy",
}


class MalformedPolicy(ValueError):
    """A policy document that AWS would refuse.

    The message names what is wrong and the fix; `aws` is what AWS says of it.
    """

    def __init__(self, message: str, aws: str) -> None:
        self.aws = aws
        super().__init__(message)


class Phase(IntEnum):
    """When AWS comes to a fault. Of several it names the first; syntax comes before all these."""

    VERSION = 1
    LEGACY = 2
    SIDS = 3
    PRINCIPALS = 4
    ACTIONS = 5
    RESOURCES = 6
    FORMATS = 7
    PREFIXES = 8


Fault = tuple[Phase, str, str]  # phase, message, AWS's words

_LEGACY = "The policy failed legacy parsing"
_INVALID_PRINCIPAL = "Invalid principal in policy"
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "*")
_IAM_PATHS = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/"),
    *("server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/"),
    *("report/", "access-report/"),
)
# Accepted too (AWS's own policies have it), though the message does not name it.
_UNNAMED_PATHS = ("*", "role-template/")
# Resources of S3 that have a region, unlike buckets and objects.
_REGIONAL_S3 = ("accesspoint/", "job/", "storage-lens", "async-request/", "access-grants/")


def syntax_words(kind: PolicyKind, s3: str = "") -> str:
    """What AWS says of a fault of syntax; `s3` is S3's own wording of it."""
    return (s3 or "Invalid policy syntax.") if kind == "resource" else "Syntax errors in policy."


def action_fault(action: str, kind: PolicyKind, where: str) -> Fault | None:
    """What is wrong with an action's form, or None."""
    message = f'{where} has the action "{action}"; write service:Action, such as s3:GetObject.'
    if kind == "resource":
        if action == "*" or re.fullmatch(r"(?i:s3):[A-Za-z*?]+", action):
            return None
        return Phase.PREFIXES, message, "Policy has invalid action"
    if kind == "trust":
        if action.lower().startswith("sts:"):
            return None
        only = "AssumeRole policy may only specify STS AssumeRole actions."
        return Phase.PREFIXES, f"{where}: a trust policy has actions of STS alone.", only
    vendor, *more = action.split(":")
    aws = ""
    if not more and action != "*":
        aws = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    elif len(more) > 1:
        aws = "Actions/Condition can contain only one colon."
    elif vendor != "*" and not re.fullmatch(r"[A-Za-z0-9.-]+", vendor):
        aws = f"Vendor {vendor} is not valid"
    return (Phase.PREFIXES, message, aws) if aws else None


def resource_fault(resource: str, kind: PolicyKind, where: str) -> Fault | None:
    """What is wrong with a resource's form, or None."""
    if resource == "*":
        return None
    example = "such as arn:aws:s3:::bucket/*"
    message = f'{where} has the resource "{resource}"; write "*" or an ARN, {example}.'
    if kind == "resource":
        wrong = not resource.startswith("arn:")
        return (Phase.FORMATS, message, "Policy has invalid resource") if wrong else None
    parts = resource.split(":")
    if len(parts) == 1:
        aws = f'Resource {resource} must be in ARN format or "*".'
        return Phase.FORMATS, message, aws
    partition, rest = parts[1], parts[2:]
    if partition not in _PARTITIONS:
        shown = [*rest[:3], ":".join(rest[3:]) or "*"] if len(rest) > 3 else rest
        padded = ":".join([*shown, *["*"] * (4 - len(shown))])
        aws = f'Partition "{partition}" is not valid for resource "arn:{partition}:{padded}".'
        return Phase.FORMATS, message, aws
    if not rest or re.search(r"[*?]", rest[0]):
        aws = "Resource vendor must be fully qualified and cannot contain regexes."
        return Phase.FORMATS, message, aws
    if not rest[0] or ("::" in resource and len(parts) < 6):
        return Phase.LEGACY, message, _LEGACY
    if len(parts) < 6:
        return None
    aws = _service_fault(rest[0], rest[1], ":".join(rest[3:]), resource)
    return (Phase.FORMATS, message, aws) if aws else None


def _service_fault(service: str, region: str, path: str, resource: str) -> str:
    """What is wrong with an ARN of S3 or IAM, whose ARNs have no region; "" if nothing."""
    if service == "s3" and region and not path.startswith(_REGIONAL_S3):
        return f"Resource {resource} can not contain region information."
    if service == "iam" and region:
        return f"IAM resource {resource} cannot contain region information."
    if service == "iam" and path != "root" and not path.startswith(_UNNAMED_PATHS + _IAM_PATHS):
        listed = ", ".join(_IAM_PATHS)
        return f'IAM resource path must either be "*", root, or start with {listed}.'
    return ""


# An account, a user, a role, a session, the account's root; or the unique id that AWS leaves in
# the place of a user or role that has been deleted. A group is no principal.
_AWS_PRINCIPAL = re.compile(
    r"\*|\d{12}|A[A-Z0-9]{15,}|arn:aws[\w-]*:(iam::\d{12}:(root|(user|role)/.+)"
    r"|sts::\d{12}:(assumed-role|federated-user)/.+|iam::cloudfront:user/.+)"
)
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
_CANONICAL = re.compile("[0-9a-f]{64}")


def principal_fault(principal: tuple[str, str], kind: PolicyKind, where: str) -> Fault | None:
    """What is wrong with one principal (its type and its value), or None.

    A CloudFront origin access identity is a principal too, by its canonical id or its ARN.
    """
    principal_type, value = principal
    known = {
        "AWS": _AWS_PRINCIPAL,
        "Service": _SERVICE,
        "CanonicalUser": _CANONICAL,
        "Federated": re.compile(".+"),
    }
    aws = _INVALID_PRINCIPAL
    if kind == "trust":
        aws += f': "{principal_type}":"{value}"'
    if principal_type not in known:
        return Phase.PRINCIPALS, f'{where} has the unknown principal type "{principal_type}".', aws
    if known[principal_type].fullmatch(value):
        return None
    fix = (
        'use "*", an account id or an ARN of a user, role or root.'
        if principal_type == "AWS"
        else f"it is not a {principal_type} principal, such as cloudfront.amazonaws.com."
    )
    return Phase.PRINCIPALS, f'{where}: Invalid principal in policy: "{value}"; {fix}', aws
