"""`judge`: a policy that allows one thing more, or one thing less, is told which."""

from __future__ import annotations

import json

import pytest

from helpers.errors import NotYet
from helpers.exercises.policies import STRANGER, Grant, judge, unfilled, user_named

BUCKET = "presignedurldemo"
INBOX = f"arn:aws:s3:::{BUCKET}/inbox/*"
ANN = user_named("ann")
STORE = Grant(frozenset({"s3:PutObject"}), "inbox/", ("reports/q3.txt",))
READ = Grant(frozenset({"s3:GetObject"}), "inbox/")
ONLY_HERE = {"IpAddress": {"aws:SourceIp": "127.0.0.1"}}


def policy(*statements: tuple[object, object] | dict[str, object]) -> str:
    """Each a pair of Action and Resource that is allowed, or a whole statement."""
    every = [
        s if isinstance(s, dict) else {"Effect": "Allow", "Action": s[0], "Resource": s[1]}
        for s in statements
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": every})


STORES = ("s3:PutObject", INBOX)


@pytest.mark.parametrize(
    "text",
    [
        policy(STORES),
        policy(("S3:putobject", [INBOX])),
        policy(("s3:PutObject", INBOX.replace("arn:aws:", "arn:*:"))),
        policy(
            ("s3:*", "*"),
            {"Effect": "Deny", "NotAction": "s3:PutObject", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "NotResource": INBOX},
        ),
    ],
)
def test_exactly_what_was_asked_for(text):
    judge(text, BUCKET, ANN, STORE)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("s3:PutObjectTagging", INBOX), "s3:PutObjectTagging on"),
        (("s3:GetObjectVersion", "*"), "s3:GetObjectVersion on"),
        (("iam:CreateUser", "*"), "iam:CreateUser on"),
        (("ec2:*", "*"), "ec2:Any on"),
        (("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), "s3:ListBucket on"),
        (("s3:PutObject", f"arn:aws:s3:::{BUCKET}/inbox*"), "/inbox.txt"),
        (("s3:PutObject", f"arn:aws:s3:::{BUCKET}/reports/*"), "/reports/q3.txt"),
        (("s3:PutObject", f"arn:aws:s3:::{BUCKET}/nobody-knows/*"), "/nobody-knows/Any"),
        (("s3:PutObject", f"arn:aws:s3:::{BUCKET}/home/${{aws:username}}/*"), "/home/ann/Any"),
        (("s3:PutObject", "arn:aws:s3:::*/inbox/*"), f"{BUCKET}-other/inbox/a.txt"),
        (
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ONLY_HERE},
            "s3:AbortMultipartUpload",
        ),
    ],
)
def test_the_first_thing_too_much_is_named(more, named):
    with pytest.raises(NotYet, match="it also allows") as problem:
        judge(policy(STORES, more), BUCKET, ANN, STORE)
    assert named in str(problem.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (policy(("s3:PutObject", f"arn:aws:s3:::{BUCKET}/inbox/?.txt")), "inbox/2026/11/b.txt"),
        (policy(("s3:PutObject", "arn:aws:s3:::{BUCKET}/inbox/*")), "write an f before"),
        (
            policy({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ONLY_HERE}),
            "the request has 203.0.113.7",
        ),
    ],
)
def test_the_first_thing_too_little_is_named(text, named):
    with pytest.raises(NotYet, match="it does not allow s3:PutObject on") as problem:
        judge(text, BUCKET, ANN, STORE)
    assert named in str(problem.value)


def test_a_bucket_policy_is_judged_for_strangers():
    read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": INBOX}
    judge(policy(read), BUCKET, STRANGER, READ)
    write = {**read, "Principal": {"AWS": "123456789012"}, "Action": "s3:PutObject"}
    with pytest.raises(NotYet, match="also allows s3:PutObject"):
        judge(policy(read, write), BUCKET, STRANGER, READ)


def test_a_variable_of_a_policy_is_no_forgotten_f():
    assert unfilled(policy(("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*"))) == ""
