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

from .condition_keys import LISTING_KEYS, is_known, may_be_listing
from .errors import MalformedPolicyDocument, PolicyTooLarge
from .limits import MAX_BUCKET_POLICY
from .policy import MalformedPolicy, Policy, parse_policy
from .s3_actions import ACCOUNT_ACTIONS, BUCKET_ACTIONS, OBJECT_ACTIONS, matching, misplaced

_ACTIONS = OBJECT_ACTIONS | BUCKET_ACTIONS | ACCOUNT_ACTIONS
_ORDER = (
    *("Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal"),
    *("Action", "NotAction", "Resource", "NotResource", "Condition"),
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
            if not is_known(key):
                yield MalformedPolicyDocument("Policy has an invalid condition key", Detail=key)
        if not statement.not_actions and not statement.not_resources:
            for action in misplaced(statement.actions, statement.resources):
                yield MalformedPolicyDocument(
                    "Action does not apply to any resource(s) in statement", Detail=action
                )
        if not statement.not_actions and any(
            key.lower() in LISTING_KEYS and not may_be_listing(action)
            for _, key, _ in statement.conditions
            for action in statement.actions
        ):
            yield MalformedPolicyDocument(
                "Conditions do not apply to combination of actions and resources in statement"
            )


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
        return [_normal(each) for each in (value if isinstance(value, list) else [value])]
    if isinstance(value, list):
        values = [_normal(each, name) for each in value]
        return values[0] if len(values) == 1 else values
    if isinstance(value, Mapping):
        return {key: _normal(value[key], key) for key in sorted(value, key=_place)}
    if name == "AWS" and isinstance(value, str) and re.fullmatch("[0-9]{12}", value):
        return f"arn:aws:iam::{value}:root"
    return value


def _place(key: str) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)
