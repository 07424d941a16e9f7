"""What the checks of policies share: a policy as text, a user who has it, and its measure.

Requests show that a policy does what it should; that it does nothing else, no number of requests
shows. `judge` asks the local S3's own evaluator about every action of S3 and IAM, on keys inside,
at the edges and elsewhere, and on whatever the policy itself names.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.exceptions import ClientError

from helpers.clean_up import delete_user
from helpers.errors import NotYet
from helpers.lab import Lab
from strict_s3.rules.iam import Applicable, evaluate
from strict_s3.rules.iam_conditions import Context
from strict_s3.rules.identity import ACCOUNT, ANONYMOUS, Identity
from strict_s3.rules.policy import MalformedPolicy, Policy, parse_policy
from strict_s3.rules.s3_operations import BUCKET, OBJECT, VERSION_ACTIONS


def policy_text(policy: object) -> str:
    """A policy given as a dictionary or as JSON text, as text. Raises `NotYet` for other things."""
    if isinstance(policy, str) and policy:
        return policy
    if not isinstance(policy, dict):
        raise NotYet("this should be a policy: a dictionary, or the same as JSON text.")
    try:
        return json.dumps(policy)
    except TypeError as problem:
        raise NotYet(f"this policy cannot be written as JSON: {problem}.") from None


def put_bucket_policy(s3: Any, bucket: str, policy: str) -> None:
    """Give the bucket this policy. Raises `NotYet` with S3's words if S3 refuses it."""
    try:
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    except ClientError as problem:
        said = problem.response["Error"]["Message"]
        if "does not apply" in said:
            said += (
                f": s3:GetObject is about objects (arn:aws:s3:::{bucket}/…), s3:ListBucket is "
                f"about the bucket (arn:aws:s3:::{bucket})."
            )
        if "invalid resource" in said.lower():
            arrived = ", ".join(re.findall(r'arn:[^"]+', policy)) or "no ARN"
            said += f" (what arrived is {arrived}, and the bucket is {bucket})."
        raise NotYet(f"S3 does not accept this policy: {said}{unfilled(policy)}") from None


def as_new_user(lab: Lab, name: str, policy: str) -> Lab:
    """The lab as a new user with one policy and one key. Raises `NotYet` if IAM refuses it."""
    iam = lab.client("iam")
    lab.made.note({"users": [name]}, {})
    delete_user(iam, name)
    iam.create_user(UserName=name)
    try:
        iam.put_user_policy(UserName=name, PolicyName="exercise", PolicyDocument=policy)
    except ClientError as problem:
        said = problem.response["Error"]["Message"]
        if "principal" in said.lower():
            said += " That is who already has this policy."
        raise NotYet(f"IAM does not accept this policy: {said}") from None
    key = iam.create_access_key(UserName=name)["AccessKey"]
    lab.let_it_settle()
    return lab.with_key(key)


STRANGER = ANONYMOUS
_NO_REQUEST = (  # permissions that no request asks for by itself
    *("s3:BypassGovernanceRetention", "s3:InitiateReplication", "s3:ReplicateDelete"),
    *("s3:ReplicateObject", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner"),
    *("s3:ListAllMyBuckets", "s3:CreateJob", "s3:PutAccountPublicAccessBlock"),
)
_S3 = sorted(
    {*VERSION_ACTIONS.values(), *_NO_REQUEST}
    | {action for table in (OBJECT, BUCKET) for _, action in table.values() if action}
)
# Two requests that have nothing in common, so that a condition which only one meets is noticed.
_HERE: Context = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "false"}
_ELSEWHERE: Context = {"aws:SourceIp": "203.0.113.7", "aws:SecureTransport": "true"}


@dataclass(frozen=True)
class Wanted:
    """What a policy is to allow: `actions` on each object under `prefix`, and nothing else.

    `others` are further keys that it must not open. With `conditions` the statements' conditions
    count; otherwise what is allowed on a condition counts as allowed, because it can be met.
    """

    actions: frozenset[str]
    prefix: str
    others: tuple[str, ...] = ()
    conditions: bool = False


def user_named(name: str) -> Identity:
    """A user of the lessons' account, for `judge`."""
    return Identity("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/{name}", name, "AIDAEXAMPLE")


def judge(text: str, bucket: str, who: Identity, wanted: Wanted) -> None:
    """Measure a policy: an identity policy of `who`, or a bucket policy if that is `STRANGER`.

    Raises `NotYet` with the first action and resource that it should allow and doesn't, or the
    other way round.
    """
    policy = _parsed(text, who)
    loose = policy if wanted.conditions else _at_its_worst(policy)
    inside = [f"{wanted.prefix}{rest}" for rest in ("a.txt", "2026/11/b.txt", "ä +.txt", _random())]
    for key in inside:
        for action in sorted(wanted.actions):
            for context in (_HERE, _ELSEWHERE):
                why = _verdict(policy, who, action, f"arn:aws:s3:::{bucket}/{key}", context)
                if why:
                    raise NotYet(f"it does not allow {action} on {key}. {why}{unfilled(text)}")
    named = [_example(r, who) for s in policy.statements if s.allow for r in s.resources]
    for action, resource in _questions(policy, bucket, wanted, inside, named):
        if not _verdict(loose, who, action, resource, _HERE):
            raise NotYet(f"it also allows {action} on {resource}. That is more than was asked for.")


def why_not(text: str, bucket: str, who: Identity, action: str, key: str) -> str:
    """Why the policy alone does not allow `who` an action on an object; an empty text if it does.

    No sentence: it has no full stop at its end.
    """
    arn = f"arn:aws:s3:::{bucket}/{key}"
    return _verdict(_parsed(text, who), who, action, arn, _HERE).rstrip(".")


def _parsed(text: str, who: Identity) -> Policy:
    """An identity policy, or a bucket policy for `STRANGER`. Raises `NotYet` if it is neither."""
    kind = "resource" if who is STRANGER else "identity"
    try:
        return parse_policy(text, name="your policy", kind=kind)  # type: ignore[arg-type]
    except MalformedPolicy as problem:
        raise NotYet(f"this is not a policy that S3 accepts: {problem}") from None


def _questions(
    policy: Policy, bucket: str, wanted: Wanted, inside: Iterable[str], named: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Every action with every resource on which the policy must not allow it.

    `inside` are keys of objects; `named` are ARNs that the policy names itself.
    """
    bucket_arn, bare = f"arn:aws:s3:::{bucket}", wanted.prefix.rstrip("/")
    outside = [f"{bare}.txt", f"{bare}-old/a.txt", bare, f"x{bare}/a.txt", bare.upper() + "/a.txt"]
    outside += [_random(), f"{_random()}/a.txt", "a.txt", *wanted.others]
    resources = [f"{bucket_arn}/{key}" for key in (*inside, *outside)]
    resources += [bucket_arn, f"{bucket_arn}-other/{wanted.prefix}a.txt", "*", *named]
    own = [_example(a) for s in policy.statements if s.allow for a in s.actions]
    iam = boto3.client("iam", region_name="us-east-1").meta.service_model.operation_names
    others = [*(f"iam:{name}" for name in iam), "sts:AssumeRole", "kms:Decrypt", *own]
    others = [action for action in others if ":" in action and not action.lower().startswith("s3:")]
    for action in _S3:
        for resource in resources:
            if not (action in wanted.actions and resource.startswith(f"{bucket_arn}/{bare}/")):
                yield action, resource
    for action in others:
        for resource in ("*", f"arn:aws:iam::{ACCOUNT}:user/somebody", *resources):
            yield action, resource


def _verdict(policy: Policy, who: Identity, action: str, resource: str, context: Context) -> str:
    """Why the policy alone does not allow it; an empty text if it does."""
    keys = {**context, "aws:username": who.user_name, "aws:PrincipalArn": who.arn}
    applies = Applicable(**{policy.kind: (policy,)})  # type: ignore[arg-type]
    found = evaluate(action, resource, {k: v for k, v in keys.items() if v}, who, applies)
    return "" if found.allowed else found.reason


def _at_its_worst(policy: Policy) -> Policy:
    """The policy when each allow's condition is met, by whom it names, and no deny's is."""
    anybody = None if policy.kind == "identity" else (("AWS", "*"),)
    return replace(
        policy,
        statements=tuple(
            replace(s, conditions=(), principals=anybody, not_principals=False) if s.allow else s
            for s in policy.statements
            if s.allow or not s.conditions
        ),
    )


def _example(pattern: str, who: Identity = STRANGER) -> str:
    """Something that a pattern of a policy matches, for `who`."""
    text = pattern.replace("arn:*:", "arn:aws:").replace("${aws:username}", who.user_name)
    return text.replace("*", "Any").replace("?", "A")


def unfilled(text: str) -> str:
    """A hint if a name in braces was to be filled in (``{BUCKET}``), else an empty text."""
    found = re.search(r'"([^"]*(?<!\$)\{\w[^"]*)"', text)
    return f" What arrived is {found[1]}: write an f before the quotes." if found else ""


def _random() -> str:
    return secrets.token_hex(4)
