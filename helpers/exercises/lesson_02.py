"""Lesson 02, set up IAM."""

from __future__ import annotations

import json
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from helpers.clean_up import IAM_PREFIX, delete_user
from helpers.errors import NotYet
from helpers.exercises.checking import exercise, refuse, send, variation
from helpers.exercises.policies import (
    Grant,
    as_new_user,
    judge,
    policy_text,
    unfilled,
    user_named,
    why_not,
)
from helpers.lab import Lab

UPLOADER = f"{IAM_PREFIX}02-uploader"
LEAKY = f"{IAM_PREFIX}02-leaky"
_INBOX = "lesson-02/inbox"
_OTHERS = ("lesson-02/reports/q3.txt", "lesson-02/salaries.txt", "lesson-02/leak/plan.txt")
_LEAKED = "lesson-02/leak/plan.txt"
_WEEK = 604800  # seconds


@variation
def try_read_only(lab: Lab, policy: object) -> str:
    """An identity policy that reads ``lesson-02/reports/`` and does nothing else."""
    grant = Grant(frozenset({"s3:GetObject"}), "lesson-02/reports/", _OTHERS[1:])
    judge(policy_text(policy), lab.bucket, user_named(UPLOADER), grant)
    return "it reads lesson-02/reports/, and allows nothing else."


@exercise("02", 1)
def check_uploader(lab: Lab, policy: object) -> str:
    """An identity policy that lets its holder store into ``lesson-02/inbox/`` and nothing else."""
    text = policy_text(policy)
    lab.client().put_object(Bucket=lab.bucket, Key=f"{_INBOX}/theirs.txt", Body=b"theirs")
    try:
        s3 = as_new_user(lab, UPLOADER, text).client()
        _try_uploader(s3, lab.bucket, text)
    finally:
        delete_user(lab.client("iam"), UPLOADER)
    grant = Grant(frozenset({"s3:PutObject"}), f"{_INBOX}/", _OTHERS)
    judge(text, lab.bucket, user_named(UPLOADER), grant)
    return "it stores into lesson-02/inbox/. Of all other actions of S3 and IAM it allows none."


def _try_uploader(s3: Any, bucket: str, policy: str) -> None:
    for key in (f"{_INBOX}/a.txt", f"{_INBOX}/2026/b.txt"):
        if refused := _refused(s3.put_object, Bucket=bucket, Key=key, Body=b"mine"):
            why = why_not(policy, bucket, user_named(UPLOADER), "s3:PutObject", key) or refused
            raise NotYet(f"it cannot store {key}. {why}.{unfilled(policy)}")
    own = {"Bucket": bucket, "Key": f"{_INBOX}/a.txt"}
    for allowed, hint in (
        (_may(s3.get_object, **own), "it can read what is in the inbox. Storing is one action"),
        (
            _may(s3.put_object, Bucket=bucket, Key="lesson-02/a.txt", Body=b""),
            "it can store outside of lesson-02/inbox/. Name the prefix in the Resource",
        ),
        (
            _may(s3.put_object, Bucket=bucket, Key="lesson-02/inbox-old.txt", Body=b""),
            "it can store lesson-02/inbox-old.txt. End the prefix with its slash, before the *",
        ),
        (
            _may(s3.list_objects_v2, Bucket=bucket, MaxKeys=1),
            "it can list the bucket. Storing needs no s3:ListBucket",
        ),
        (_may(s3.delete_object, **own), "it can delete. Storing is one action, s3:PutObject"),
    ):
        if allowed:
            raise NotYet(f"{hint}.")


def leak(lab: Lab) -> tuple[str, str]:
    """A user with one key, made anew, and a URL signed with that key which is in wrong hands."""
    statement = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{lab.bucket}/lesson-02/leak/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    user = as_new_user(lab, LEAKY, policy)
    lab.client().put_object(Bucket=lab.bucket, Key=_LEAKED, Body=b"The plan")
    url: str = user.client().generate_presigned_url(
        "get_object", Params={"Bucket": lab.bucket, "Key": _LEAKED}, ExpiresIn=_WEEK
    )
    return LEAKY, url


@exercise("02", 2)
def check_rotation(lab: Lab, user: str, leaked: str, client: Any) -> str:
    """The user continues with a new key, and what the old one signed is worthless."""
    if not isinstance(client, BaseClient) or not hasattr(client, "put_object"):
        raise NotYet(
            "this should be an S3 client. lab.with_key(key).client() makes one, where key is the "
            "AccessKey in the response to create_access_key."
        )
    lab.let_it_settle()
    mine = {"Bucket": lab.bucket, "Key": "lesson-02/leak/mine.txt"}
    # Also puts back what may have been deleted to make the URL fail.
    lab.client().put_object(Bucket=lab.bucket, Key=_LEAKED, Body=b"The plan")
    refuse(
        send("GET", leaked),
        "the leaked URL still works. It is valid as long as its key: update_access_key with "
        'Status="Inactive". Which key? Its ID is in the URL\'s X-Amz-Credential, and '
        f'list_access_keys(UserName="{user}") has it too.',
    )
    for call, more in ((client.put_object, {"Body": b"mine"}), (client.get_object, {})):
        if refused := _refused(call, **mine, **more):
            raise NotYet(
                "the leaked URL is refused, but your client cannot continue. Make the new key "
                f"first, and leave the policy alone. S3 said: {refused}"
            )
    own = lab.client("iam").list_access_keys(UserName=user)["AccessKeyMetadata"]
    signed = client.generate_presigned_url("get_object", mine)
    if not any(key["AccessKeyId"] in signed for key in own):
        raise NotYet(
            "your client signs with a different user's key. Use "
            f'create_access_key(UserName="{user}").'
        )
    if _may(client.list_objects_v2, Bucket=lab.bucket, MaxKeys=1):
        raise NotYet(f"{user} is allowed more than before. Leave the policies alone.")
    return "the leaked URL is refused long before its week is over, and the application continues."


def _refused(call: Any, **params: Any) -> str:
    """Why S3 refuses a call, or an empty text if it does not."""
    try:
        call(**params)
    except ClientError as problem:
        error = problem.response["Error"]
        return f"{error['Code']}: {error['Message']}"
    return ""


def _may(call: Any, **params: Any) -> bool:
    return not _refused(call, **params)
