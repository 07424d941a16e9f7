"""What the checks of policies share: a policy as text, a user who has it, and its measure.

Requests show that a policy does what it should; that it does nothing else, no number of requests
shows. `judge` asks the local S3's own evaluator about every action of S3 and IAM, on keys inside,
at the edges and elsewhere, and on whatever the policy itself names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import product
from typing import Any

from botocore.exceptions import ClientError

from helpers.clean_up import delete_user
from helpers.errors import NotYet
from helpers.lab import Lab
from strict_s3.proving.grid import Subject, first_excess, inside, questions
from strict_s3.proving.grid import user_named as user_named
from strict_s3.rules.iam_conditions import Context
from strict_s3.rules.identity import ANONYMOUS, Identity
from strict_s3.rules.policy import MalformedPolicy, PolicyKind, parse_policy


def policy_text(policy: object) -> str:
    """A policy given as a dictionary or as JSON text, as text. Raises `NotYet` for other things."""
    if not isinstance(policy, str | dict) or policy == "":
        raise NotYet("this should be a policy: a dictionary, or the same as JSON text.")
    if isinstance(policy, dict) and "Statement" not in policy:
        raise NotYet('this has no "Statement": {"Version": "2012-10-17", "Statement": […]}.')
    try:
        text = policy if isinstance(policy, str) else json.dumps(policy)
        text.encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise NotYet(f"this policy cannot be written as JSON: {problem}.") from None
    return text


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
# Two requests that have nothing in common, so that a condition which only one meets is noticed.
_HERE: Context = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "false"}
_ELSEWHERE: Context = {"aws:SourceIp": "203.0.113.7", "aws:SecureTransport": "true"}


@dataclass(frozen=True)
class Grant:
    """What a policy is to allow: `actions` on each object under `prefix`, and nothing else.

    `others` are further keys that it must not open. What is allowed on a condition counts as
    allowed, because the condition can be met.
    """

    actions: frozenset[str]
    prefix: str
    others: tuple[str, ...] = ()


def judge(text: str, bucket: str, who: Identity, grant: Grant) -> None:
    """Measure a policy: an identity policy of `who`, or a bucket policy if that is `STRANGER`.

    Raises `NotYet` with the first action and resource that it should allow and doesn't, or the
    other way round.
    """
    subject = _subject(text, bucket, who)
    asked = product(inside(grant.prefix), sorted(grant.actions), (_HERE, _ELSEWHERE))
    for key, action, context in asked:
        found = subject.verdict(action, f"arn:aws:s3:::{bucket}/{key}", context)
        if not found.allowed:
            raise NotYet(f"it does not allow {action} on {key}. {found.reason}{unfilled(text)}")
    below = f"arn:aws:s3:::{bucket}/{grant.prefix.rstrip('/')}/"
    excess = first_excess(
        subject.at_its_worst(whoever=True),
        questions(subject, [grant.prefix], grant.others),
        lambda action, resource: action in grant.actions and resource.startswith(below),
        _HERE,
    )
    if excess is not None:
        (action, resource), _ = excess
        raise NotYet(f"it also allows {action} on {resource}. That is more than was asked for.")


def why_not(text: str, bucket: str, who: Identity, action: str, key: str) -> str:
    """Why the policy alone does not allow `who` an action on an object; an empty text if it does.

    No sentence: it has no full stop at its end.
    """
    found = _subject(text, bucket, who).verdict(action, f"arn:aws:s3:::{bucket}/{key}", _HERE)
    return "" if found.allowed else found.reason.rstrip(".")


def _subject(text: str, bucket: str, who: Identity) -> Subject:
    """An identity policy, or a bucket policy for `STRANGER`. Raises `NotYet` if it is neither."""
    kind: PolicyKind = "resource" if who is STRANGER else "identity"
    try:
        policy = parse_policy(text, name="your policy", kind=kind)
    except MalformedPolicy as problem:
        raise NotYet(f"this is not a policy that S3 accepts: {problem}") from None
    return Subject(who, bucket, **{kind: (policy,)})  # type: ignore[arg-type]


def unfilled(text: str) -> str:
    """A hint if a name in braces was to be filled in (``{BUCKET}``), else an empty text."""
    found = re.search(r'"([^"]*(?<!\$)\{\w[^"]*)"', text)
    return f" What arrived is {found[1]}: write an f before the quotes." if found else ""
