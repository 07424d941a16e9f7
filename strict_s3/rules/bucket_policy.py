"""Bucket policies: which of them S3 takes, beyond what every policy document must be.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html; the messages are
AWS's own. That S3 refuses a misspelt condition key is reported only for some keys; here it refuses
all that AWS's lists do not have, because a guard with such a key guards nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import MalformedPolicyDocument, PolicyTooLarge
from .limits import MAX_BUCKET_POLICY
from .policy import MalformedPolicy, Policy, parse_policy
from .s3_actions import ACCOUNT_ACTIONS, BUCKET_ACTIONS, OBJECT_ACTIONS, matching, misplaced

_ACTIONS = OBJECT_ACTIONS | BUCKET_ACTIONS | ACCOUNT_ACTIONS
_ORDER = (
    *("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal"),
    *("Action", "NotAction", "Resource", "NotResource", "Condition"),
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_GLOBAL_KEYS = frozenset(
    (
        *("AssumedRoot", "CalledVia", "CalledViaFirst", "CalledViaLast", "ChatbotSourceArn"),
        *("CurrentTime", "Ec2InstanceSourcePrivateIPv4", "Ec2InstanceSourceVpc", "EpochTime"),
        *("FederatedProvider", "IsMcpServiceRequest", "MultiFactorAuthAge"),
        *("MultiFactorAuthPresent", "PrincipalAccount", "PrincipalArn", "PrincipalIsAWSService"),
        *("PrincipalOrgID", "PrincipalOrgPaths", "PrincipalServiceName"),
        *("PrincipalServiceNamesList", "PrincipalType", "referer", "RequestedRegion"),
        *("ResourceAccount", "ResourceOrgID", "ResourceOrgPaths", "SecureTransport"),
        *("SourceAccount", "SourceArn", "SourceIdentity", "SourceIp", "SourceOrgID"),
        *("SourceOrgPaths", "SourceOwner", "SourceVpc", "SourceVpcArn", "SourceVpce", "TagKeys"),
        *("TokenIssueTime", "UserAgent", "userid", "username", "ViaAWSService"),
        *("VpceAccount", "VpceOrgID", "VpceOrgPaths", "VpcSourceIp"),
    )
)
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_S3_KEYS = frozenset(
    (
        *("AccessGrantsInstanceArn", "AccessGrantScope", "AccessGrantsLocationScope"),
        *("AccessPointNetworkOrigin", "authType", "DataAccessPointAccount", "DataAccessPointArn"),
        *("delimiter", "destinationRegion", "ExistingJobOperation", "ExistingJobPriority"),
        *("if-match", "if-none-match", "InventoryAccessibleOptionalFields"),
        *("isReplicationPauseRequest", "JobSuspendedCause", "locationconstraint", "max-keys"),
        *("object-lock-legal-hold", "object-lock-mode", "object-lock-remaining-retention-days"),
        *("object-lock-retain-until-date", "ObjectCreationOperation", "prefix"),
        *("RequestJobOperation", "RequestJobPriority", "RequestObjectTagKeys", "ResourceAccount"),
        *("signatureAge", "signatureversion", "TlsVersion", "VersionId", "x-amz-acl"),
        *("x-amz-bucket-namespace", "x-amz-content-sha256", "x-amz-copy-source"),
        *("x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp"),
        *("x-amz-grant-write", "x-amz-grant-write-acp", "x-amz-metadata-directive"),
        *("x-amz-object-ownership", "x-amz-server-side-encryption"),
        "x-amz-server-side-encryption-aws-kms-key-id",
        *("x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class"),
        "x-amz-website-redirect-location",
    )
)
_KEYS = frozenset(f"aws:{key.lower()}" for key in _GLOBAL_KEYS) | frozenset(
    f"s3:{key.lower()}" for key in _S3_KEYS
)
# Keys that end in a tag's key.
_TAG_KEYS = (
    *("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "s3:accesspointtag/"),
    *("s3:buckettag/", "s3:existingobjecttag/", "s3:requestobjecttag/"),
)


def check_bucket_policy(bucket: str, document: str | bytes) -> Policy:
    """The policy of a bucket. Raises MalformedPolicyDocument, PolicyTooLarge.

    >>> check_bucket_policy("demo", '{"Statement": {"Effect": "Allow", "Principal": "*", '
    ...     '"Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo"}}')
    Traceback (most recent call last):
    strict_s3.rules.errors.MalformedPolicyDocument: 400 MalformedPolicy: Action does not apply to \
any resource(s) in statement
    """
    text = document.encode() if isinstance(document, str) else document
    if not text.startswith(b"{"):
        raise MalformedPolicyDocument()
    try:
        policy = parse_policy(text, name=bucket, kind="resource")
    except MalformedPolicy as problem:
        raise MalformedPolicyDocument(problem.aws) from None
    # Blanks do not count.
    size = len(json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode())
    if size > MAX_BUCKET_POLICY:
        raise PolicyTooLarge()
    first = next(problems(bucket, policy), None)
    if first is not None:
        raise first
    return policy


def problems(bucket: str, policy: Policy) -> Iterator[MalformedPolicyDocument]:
    """What S3 would not take in a policy for this bucket, in its order."""
    own = f"arn:aws:s3:::{bucket}"
    for statement in policy.statements:
        for action in statement.actions:
            if not matching(action, _ACTIONS):
                yield MalformedPolicyDocument("Policy has invalid action", Detail=action)
        for resource in statement.resources:
            if resource != own and not resource.startswith((f"{own}/", f"{own}*")):
                yield MalformedPolicyDocument("Policy has invalid resource", Detail=resource)
        for _, key, _ in statement.conditions:
            if not _is_known(key):
                yield MalformedPolicyDocument("Policy has an invalid condition key", Detail=key)
        if not statement.not_actions and not statement.not_resources:
            for action in misplaced(statement.actions, statement.resources):
                yield MalformedPolicyDocument(
                    "Action does not apply to any resource(s) in statement", Detail=action
                )


def _is_known(key: str) -> bool:
    key = key.lower()
    vendor = key.partition(":")[0]
    if vendor == key:
        return False
    # Keys of other services (ec2:SourceInstanceArn, a web identity's) are for them to know.
    return vendor not in ("aws", "s3") or key in _KEYS or key.startswith(_TAG_KEYS)


def normalised(document: str | bytes) -> str:
    """A policy's JSON as S3 gives it back: without blanks, in its order of elements.

    A list of one is that one, and an account's number is the ARN of its root.

    >>> normalised('{"Statement": {"Action": ["s3:GetObject"], "Effect": "Allow"}}')
    '{"Statement":[{"Effect":"Allow","Action":"s3:GetObject"}]}'
    """
    return json.dumps(_normal(json.loads(document)), separators=(",", ":"), ensure_ascii=False)


def _normal(value: Any, name: str = "") -> Any:
    """`value`, the member `name` of an object."""
    if name == "Statement":
        return [_normal(one) for one in (value if isinstance(value, list) else [value])]
    if isinstance(value, list):
        values = [_normal(one, name) for one in value]
        return values[0] if len(values) == 1 else values
    if isinstance(value, Mapping):
        return {key: _normal(value[key], key) for key in sorted(value, key=_place)}
    if name == "AWS" and isinstance(value, str) and re.fullmatch("[0-9]{12}", value):
        return f"arn:aws:iam::{value}:root"
    return value


def _place(key: str) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)
