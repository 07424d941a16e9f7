"""Bucket policies: what S3 says of those that it does not take, and how it writes the others."""

from __future__ import annotations

import json

import pytest

from strict_s3.rules.bucket_policy import check_bucket_policy, normalised
from strict_s3.rules.errors import MalformedPolicyDocument, PolicyTooLarge
from strict_s3.rules.s3_actions import BUCKET_ACTIONS, OBJECT_ACTIONS, matching, misplaced

OWN = "arn:aws:s3:::demo"
STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": "123456789012"},
    "Action": "s3:GetObject",
    "Resource": f"{OWN}/*",
}


def policy(**changes) -> str:
    kept = {key: value for key, value in (STATEMENT | changes).items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


def refusal(text: str) -> tuple[str, str]:
    """The message, and the detail that it names."""
    with pytest.raises(MalformedPolicyDocument) as caught:
        check_bucket_policy("demo", text)
    assert caught.value.code == "MalformedPolicy"
    return caught.value.message, caught.value.fields.get("Detail", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Policies must be valid JSON and the first byte must be '{'"),
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
        (
            policy().replace("2012-10-17", "2012-10-18"),
            "The policy must contain a valid version string",
        ),
        (policy(Effect="Perhaps"), "Invalid effect: Perhaps"),
        (policy(Principal=None), "Missing required field Principal"),
        (policy(Principal={"AWS": "ann"}), "Invalid principal in policy"),
        (policy(Action=None), "Missing required field Action"),
        (policy(Resource=None), "Missing required field Resource"),
    ],
)
def test_documents_that_are_no_policy(text, message):
    assert refusal(text)[0] == message


MISPLACED_KEY = "Conditions do not apply to combination of actions and resources in statement"
PREFIX = {"Condition": {"StringLike": {"s3:prefix": "a/*"}}}


@pytest.mark.parametrize(
    ("changes", "message", "detail"),
    [
        ({"Action": "s3:GetObjekt"}, "Policy has invalid action", "s3:GetObjekt"),
        ({"Action": ["s3:GetObject", "s3:Objekt*"]}, "Policy has invalid action", "s3:Objekt*"),
        (
            {"Resource": "arn:aws:s3:::other/*"},
            "Policy has invalid resource",
            "arn:aws:s3:::other/*",
        ),
        ({"Resource": "arn:aws:s3:::demos"}, "Policy has invalid resource", "arn:aws:s3:::demos"),
        ({"Resource": "*"}, "Policy has invalid resource", "*"),
        (
            {"Condition": {"StringEquals": {"s3:x-amz-acls": "a"}}},
            "Policy has an invalid condition key",
            "s3:x-amz-acls",
        ),
        (
            {"Condition": {"IpAddress": {"aws:SourceIpAddress": "192.0.2.1"}}},
            "Policy has an invalid condition key",
            "aws:SourceIpAddress",
        ),
        (
            {"Condition": {"StringEquals": {"SourceIp": "a"}}},
            "Policy has an invalid condition key",
            "SourceIp",
        ),
        (
            {"Resource": OWN},
            "Action does not apply to any resource(s) in statement",
            "s3:GetObject",
        ),
        (
            {"Action": "s3:ListAllMyBuckets"},
            "Action does not apply to any resource(s) in statement",
            "s3:ListAllMyBuckets",
        ),
        *(
            ({**changes, "Condition": {"StringLike": {key: "a"}}}, MISPLACED_KEY, "")
            for key in ("s3:prefix", "S3:Delimiter", "s3:max-keys")
            for changes in (
                {"Action": "s3:GetObject"},
                {"Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": OWN},
            )
        ),
    ],
)
def test_policies_that_s3_does_not_take(changes, message, detail):
    assert refusal(policy(**changes)) == (message, detail)


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "S3:getobject"},
        {"Action": ["s3:*"], "Resource": OWN},
        {"Action": "*"},
        {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [OWN, f"{OWN}/*"]},
        {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": f"{OWN}*"},
        {"Action": "s3:ReplicateObject"},
        {"Action": "S3:ListBucket", "Resource": OWN, **PREFIX},
        {"Action": ["s3:listbucketversions", "s3:List*", "s3:*"], "Resource": [OWN, f"{OWN}/*"]}
        | PREFIX,
        {"Action": None, "NotAction": "s3:GetObject", "Resource": OWN, **PREFIX},
        {"Action": "s3:GetBucketTagging", "Resource": OWN},
        {"Action": None, "NotAction": "s3:GetObject", "Resource": OWN},
        {"Resource": None, "NotResource": OWN},
        {"Condition": {"StringEquals": {"s3:ExistingObjectTag/color": "red"}}},
        {"Condition": {"StringEquals": {"aws:principaltag/team": "blue"}}},
        {"Condition": {"Bool": {"AWS:SecureTransport": "false"}}},
        {"Condition": {"ArnLike": {"ec2:SourceInstanceArn": "arn:aws:ec2:*:*:instance/*"}}},
        {"Condition": {"NumericGreaterThan": {"s3:signatureAge": 600000}}},
    ],
)
def test_policies_that_s3_takes(changes):
    assert len(check_bucket_policy("demo", policy(**changes)).statements) == 1


def test_the_largest_policy():
    compact = json.dumps(json.loads(policy(Sid="")), separators=(",", ":"))
    room = 20 * 1024 - len(compact)
    check_bucket_policy("demo", policy(Sid="x" * room))
    with pytest.raises(PolicyTooLarge):
        check_bucket_policy("demo", policy(Sid="x" * (room + 1)))
    with pytest.raises(PolicyTooLarge):
        check_bucket_policy("demo", policy(Sid="x" * (room - 1) + "é"))
    check_bucket_policy("demo", policy(Sid="x" * (room - 2) + "é"))


def test_how_s3_writes_a_policy():
    sent = {
        "Statement": {
            "Condition": {"StringEquals": {"s3:prefix": ["a/"], "aws:username": ["x", "y"]}},
            "Resource": [OWN],
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/ann"]},
            "Sid": "é",
            "Effect": "Allow",
        },
        "Id": "mine",
        "Version": "2012-10-17",
    }
    assert normalised(json.dumps(sent, indent=4)) == (
        '{"Version":"2012-10-17","Id":"mine","Statement":[{"Sid":"é","Effect":"Allow","Principal":'
        '{"AWS":["arn:aws:iam::123456789012:root","arn:aws:iam::123456789012:user/ann"]},"Action":'
        '["s3:ListBucket","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::demo","Condition":'
        '{"StringEquals":{"s3:prefix":"a/","aws:username":["x","y"]}}}]}'
    )
    assert normalised(normalised(json.dumps(sent))) == normalised(json.dumps(sent))
    for kept in (
        '{"Statement":[{"Principal":{"AWS":"*"}}]}',
        '{"Statement":[{"Principal":{"CanonicalUser":"123456789012"}}]}',
        '{"Statement":[{"Condition":{"StringLike":{"s3:prefix":"b"},"Null":{"s3:prefix":"true"}}}]}',
        '{"Statement":[{"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}',
    ):
        assert normalised(kept) == kept


def test_actions_and_their_sort():
    assert not OBJECT_ACTIONS & BUCKET_ACTIONS
    assert matching("s3:Get*", OBJECT_ACTIONS) and matching("s3:Get*", BUCKET_ACTIONS)
    assert misplaced(["s3:GetObject*"], [OWN]) == ["s3:GetObject*"]
    assert misplaced(["s3:GetObject", "s3:ListBucket"], ["*"]) == []
    assert misplaced(["s3:ListBucket"], [f"{OWN}/*"]) == ["s3:ListBucket"]
