"""Lesson 01, private by default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from botocore.exceptions import ClientError, ParamValidationError

from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, refuse, send, variation
from helpers.exercises.policies import (
    STRANGER,
    Grant,
    judge,
    policy_text,
    put_bucket_policy,
    why_not,
)
from helpers.lab import Lab

_SWITCHES = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_FILES = ("site/index.txt", "site/img/logo.txt", "site-drafts/plan.txt", "private/report.txt")


_READ = frozenset({"s3:GetObject"})


@variation
def try_brochures(lab: Lab, bucket: str, statement: object) -> str:
    """A statement that publishes ``brochures/`` and nothing else."""
    del lab  # nothing is sent
    text = policy_text({"Version": "2012-10-17", "Statement": [statement]})
    judge(text, bucket, STRANGER, Grant(_READ, "brochures/", ("press/logo.txt",)))
    return "with it strangers could read brochures/, and do nothing else."


@exercise("01", 1)
def check_policy(lab: Lab, bucket: str, policy: object) -> str:
    """A bucket policy that publishes ``site/`` for reading, and nothing else."""
    text = policy_text(policy)
    with _open_bucket(lab, bucket) as s3:
        put_bucket_policy(s3, bucket, text)
        lab.let_it_settle()
        address = f"{s3.meta.endpoint_url}/{bucket}"

        def stranger(method: str, key: str, **more: Any) -> requests.Response:
            return send(method, f"{address}/{key}", **more)

        why = why_not(text, bucket, STRANGER, "s3:GetObject", "site/index.txt")
        expect(stranger("GET", "site/index.txt"), f"a stranger cannot read site/index.txt. {why}")
        expect(
            stranger("GET", "site/img/logo.txt"),
            "a stranger cannot read site/img/logo.txt. In a Resource, * means any characters, "
            "slashes too: put one after site/",
        )
        refuse(
            stranger("GET", "private/report.txt"),
            "private/report.txt is public too. Name the prefix in the Resource, before the *.",
        )
        refuse(
            stranger("GET", "site-drafts/plan.txt"),
            "site-drafts/plan.txt is public too: site* also matches site-drafts. A prefix is "
            "only text, so end it with its slash.",
        )
        refuse(
            stranger("GET", ""),
            "a stranger can list every key of the bucket, private/report.txt among them. "
            "Reading an object needs one action only.",
        )
        refuse(
            stranger("PUT", "site/index.txt", data=b"defaced"),
            "a stranger has just overwritten site/index.txt. Which single action is reading?",
        )
        refuse(
            stranger("DELETE", "site/index.txt"),
            "a stranger has just deleted site/index.txt. Which action is reading?",
        )
    grant = Grant(_READ, "site/", (*_FILES[2:], "press/logo.txt", "brochures/a.txt"))
    judge(text, bucket, STRANGER, grant)
    return "strangers read site/, and every other action of S3 is refused to them."


@exercise("01", 2)
def check_switches(lab: Lab, bucket: str, switches: object) -> str:
    """Block Public Access so that strangers are out, and the same policy can be set again."""
    if not isinstance(switches, dict):
        raise NotYet('this should be a dictionary, such as {"BlockPublicAcls": True}.')
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement = allow | {"Resource": f"arn:aws:s3:::{bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with _open_bucket(lab, bucket) as s3:
        put_bucket_policy(s3, bucket, policy)
        try:
            s3.put_public_access_block(
                Bucket=bucket,
                PublicAccessBlockConfiguration=dict.fromkeys(_SWITCHES, False) | switches,
            )
        except ParamValidationError:
            raise NotYet(
                f"boto3 knows four switches: {', '.join(_SWITCHES)}. Each is True or False."
            ) from None
        lab.let_it_settle()
        refuse(
            send("GET", f"{s3.meta.endpoint_url}/{bucket}/private/report.txt"),
            "a stranger still reads private/report.txt. BlockPublicPolicy only checks "
            "policies that are set from now on; which switch checks requests?",
        )
        try:
            s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        except ClientError:
            raise NotYet(
                "strangers are out, but tonight's deployment was refused its PutBucketPolicy. "
                "Which switch refuses to set a public policy? Leave that one off."
            ) from None
    return "strangers are out though the policy is still there, and the deployment goes through."


@contextmanager
def _open_bucket(lab: Lab, bucket: str) -> Iterator[Any]:
    """The lesson's bucket with a few files and Block Public Access off; closed afterwards."""
    s3 = lab.client()
    for key in _FILES:
        s3.put_object(Bucket=bucket, Key=key, Body=b"of lesson 01")
    s3.delete_public_access_block(Bucket=bucket)
    try:
        yield s3
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
        everything = dict.fromkeys(_SWITCHES, True)
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=everything)
