"""What the checks of policies share: a policy as text, and a user who has it."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from helpers.clean_up import delete_user
from helpers.errors import NotYet
from helpers.lab import Lab


def policy_text(policy: object) -> str:
    """A policy given as a dictionary or as JSON text, as text. Raises `NotYet` for other things."""
    if isinstance(policy, str):
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
        raise NotYet(f"S3 does not take this policy: {said}") from None


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
        raise NotYet(
            f"IAM does not take this policy: {said} (A user's policy has no Principal.)"
        ) from None
    key = iam.create_access_key(UserName=name)["AccessKey"]
    lab.let_it_settle()
    return lab.with_key(key)
