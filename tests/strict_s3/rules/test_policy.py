"""Policy documents: what AWS takes, and the one sentence for what it does not."""

from __future__ import annotations

import json

import pytest

from strict_s3.rules.policy import MalformedPolicy, parse_policy
from strict_s3.rules.public_access import is_public

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def document(*statements, **more):
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (document(ALLOW), "identity"),
        (document(ALLOW, Id="x"), "identity"),
        ({"Statement": ALLOW}, "identity"),
        (document({**ALLOW, "Action": ["s3:Get*", "*"]}), "identity"),
        (
            document({"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b"}),
            "session",
        ),
        (document({**ALLOW, "Principal": "*"}), "resource"),
        (document({**ALLOW, "Principal": {"AWS": ["123456789012", "*"]}}), "resource"),
        (
            document({**ALLOW, "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:user/a"}}),
            "resource",
        ),
        (
            document(
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "x"}}
            ),
            "trust",
        ),
        (document({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": False}}}), "identity"),
        (document({**ALLOW, "Condition": {"NumericLessThan": {"s3:signatureAge": 5}}}), "identity"),
    ],
)
def test_taken(given, kind):
    assert parse_policy(json.dumps(given), name="p", kind=kind).statements


def condition(operator, key="aws:SourceIp", value="x"):
    return document({**ALLOW, "Condition": {operator: {key: value}}})


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        ("{", "identity", "not valid JSON"),
        ("[]", "identity", "must be a JSON object"),
        ('{"Statement": [], "Statement": []}', "identity", "stands twice"),
        ("[" * 100_000, "identity", "nested too deeply"),
        (document(), "identity", "needs a Statement"),
        (document(ALLOW, Extra=1), "identity", '"Extra"'),
        (document(ALLOW) | {"Version": "2024-01-01"}, "identity", "2024-01-01"),
        (document("no"), "identity", "must be a JSON object"),
        (document({**ALLOW, "Effect": "allow"}), "identity", "'allow'"),
        (document({**ALLOW, "Actions": "x"}), "identity", '"Actions"'),
        (document({**ALLOW, "NotAction": "x"}), "identity", "has both"),
        (document({"Effect": "Allow", "Action": "s3:*"}), "identity", "has neither"),
        (document({**ALLOW, "Action": "GetObject"}), "identity", '"GetObject"'),
        (document({**ALLOW, "Action": []}), "identity", "list of strings"),
        (document({**ALLOW, "Resource": "bucket/*"}), "identity", '"bucket/*"'),
        (document({**ALLOW, "Principal": "*"}), "identity", "Principal belongs"),
        (document(ALLOW), "resource", "needs a Principal"),
        (document({**ALLOW, "Principal": {"AWS": "ann"}}), "resource", '"ann"'),
        (document({**ALLOW, "Principal": {"Aws": "*"}}), "resource", '"Aws"'),
        (document({**ALLOW, "Principal": "*"}), "trust", "has no Resource"),
        (document({**ALLOW, "Sid": "a"}, {**ALLOW, "Sid": "a"}), "identity", '"a"'),
        (condition("StringEqual"), "identity", '"StringEqual"'),
        (condition("ForSome:StringEquals"), "identity", "ForSome"),
        (condition("IpAddress"), "identity", "'x'"),
        (condition("NumericEquals"), "identity", "'x'"),
        (condition("DateLessThan"), "identity", "'x'"),
        (condition("Bool"), "identity", "'x'"),
        (condition("Null"), "identity", "'x'"),
        (condition("StringEquals", value={"a": 1}), "identity", "string, number or boolean"),
    ],
)
def test_refused(given, kind, says):
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text, name="p", kind=kind)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": "123456789012"}}, False),
        ({"Principal": "*", "Effect": "Deny"}, False),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}, False),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}}, True),
        *(
            ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": addresses}}}, public)
            for addresses, public in [
                ("11.0.0.0/8", False),
                ("10.0.0.0/7", True),
                ("2001:db8::/32", False),
                ("2001:db8::/31", True),
                (["2001:db8::/32", "11.0.0.0/8"], False),
                (["2001:db8::/32", "10.0.0.0/7"], True),
                (["2001:db8::/31", "11.0.0.0/8"], True),
            ]
        ),
        ({"Principal": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:SourceArn": "*"}}}, True),
        ({"Principal": "*", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, False),
    ],
)
def test_public(statement, public):
    policy = parse_policy(document({**ALLOW, **statement}), name="b", kind="resource")
    assert is_public(policy) is public
