"""Policy documents: what AWS takes, and the one sentence for what it does not."""

from __future__ import annotations

import json

import pytest

from strict_s3.rules.policy import MalformedPolicy, parse_policy
from strict_s3.rules.public_access import is_public

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
SERVICE = {"Service": "ec2.amazonaws.com"}


def document(*statements, **more):
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (document(ALLOW), "identity"),
        (document(ALLOW, Id="x"), "identity"),
        (document({**ALLOW, "Sid": "Read1"}, {**ALLOW, "Sid": ""}), "identity"),
        (document({**ALLOW, "Principal": "*", "Sid": "Read, and no more"}), "resource"),
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
            document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": SERVICE}),
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
        (document({**ALLOW, "Action": []}), "identity", "has neither"),
        (document({**ALLOW, "Action": [1]}), "identity", "list of strings"),
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


@pytest.mark.parametrize("kind", ["identity", "resource", "session", "trust"])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(document({**ALLOW, "Sid": "\ud800"})),
        json.dumps(document({**ALLOW, "Resource": "arn:aws:s3:::b/\udfff"}), ensure_ascii=False),
        json.dumps(document(ALLOW)).encode("utf-16"),
        json.dumps(document({**ALLOW, "Sid": "é"}), ensure_ascii=False).encode("latin-1"),
    ],
)
def test_what_is_no_text_in_utf_8(text, kind):
    with pytest.raises(MalformedPolicy, match="is not valid JSON"):
        parse_policy(text, name="p", kind=kind)


@pytest.mark.parametrize(
    ("statement", "public"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": "123456789012"}}, False),
        ({"Principal": "*", "Effect": "Deny"}, False),
        ({"NotPrincipal": {"AWS": "123456789012"}}, True),
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
        # An anonymous request has no such key, and meets these.
        *(
            ({"Principal": "*", "Condition": {operator: {"aws:PrincipalAccount": "1"}}}, public)
            for operator, public in [
                ("StringEqualsIfExists", True),
                ("ForAllValues:StringEquals", True),
                ("ForAnyValue:StringEqualsIfExists", True),
                ("StringNotEqualsIfExists", True),
                ("ForAnyValue:StringNotEquals", True),
                ("ForAnyValue:StringEquals", False),
            ]
        ),
        ({"Principal": "*", "Condition": {"Null": {"aws:PrincipalAccount": "false"}}}, True),
        # An address is a range of them to IpAddress alone; a variable is anybody's.
        *(
            ({"Principal": "*", "Condition": {operator: {"aws:SourceIp": value}}}, True)
            for operator, value in [
                ("StringLike", "10.*"),
                ("StringEquals", "127.0.0.1"),
                ("NumericEquals", "5"),
                ("NotIpAddress", "10.0.0.0/8"),
                ("IpAddressIfExists", "10.0.0.0/8"),
                ("IpAddress", "${aws:SourceIp}"),
            ]
        ),
        *(
            (
                {"Principal": "*", "Condition": {"StringLike": {"s3:DataAccessPointArn": value}}},
                public,
            )
            for value, public in [
                ("arn:aws:s3:eu-west-2:123456789012:accesspoint/*", False),
                ("arn:aws:s3:eu-west-2:*:accesspoint/ours", True),
            ]
        ),
    ],
)
def test_public(statement, public):
    policy = parse_policy(document({**ALLOW, **statement}), name="b", kind="resource")
    assert is_public(policy) is public


# What AWS says, recorded in February 2026 with CreatePolicy. One statement each; None leaves an
# element out.

SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
COLONS = "Actions/Condition can contain only one colon."
NO_ACTION = "Policy statement must contain actions."
NO_RESOURCE = "Policy statement must contain resources."
SID_CHARACTERS = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
    "expression [0-9A-Za-z]*"
)
SIDS = "Statement IDs (SID) in a single policy must be unique."
OLD = "Policy document must be version 2012-10-17 or greater."
VENDOR = "Resource vendor must be fully qualified and cannot contain regexes."


def statement(**elements):
    merged = {**ALLOW, "Resource": "arn:aws:s3:::b", **elements}
    return {name: value for name, value in merged.items() if value is not None}


def dated(text):
    return statement(Condition={"DateLessThan": {"aws:CurrentTime": text}})


@pytest.mark.parametrize(
    ("given", "aws"),
    [
        ("no JSON", SYNTAX),
        ({"Statement": statement()}, OLD),
        (document(statement()) | {"Version": "2008-10-17"}, OLD),
        (document(statement()) | {"Version": "2013-10-17"}, SYNTAX),
        ({"Version": "2012-10-17"}, SYNTAX),
        (document(statement(), Id=["x"]), SYNTAX),
        (document(statement(), More="x"), SYNTAX),
        (document(statement(Effect="may")), SYNTAX),
        (document(statement(Effect="denY")), LEGACY),
        (document(statement(Effect=None)), SYNTAX),
        (document(statement(Sid={})), SYNTAX),
        (document(statement(Action="GetObject")), NO_VENDOR),
        (document(statement(Action=None, NotAction="")), NO_VENDOR),
        (document(statement(Action="a a:Get")), "Vendor a a is not valid"),
        (document(statement(Action="s3:Get:Object")), COLONS),
        (document(statement(Action={})), SYNTAX),
        (document(statement(Action=[[]])), SYNTAX),
        (document(statement(Action=[], NotAction="s3:*")), SYNTAX),
        (document(statement(Action=None)), NO_ACTION),
        (document(statement(Action=[])), NO_ACTION),
        (document(statement(Action=None, Resource=None)), NO_ACTION),
        (document(statement(Resource=None)), NO_RESOURCE),
        (document(statement(Resource=[])), NO_RESOURCE),
        (document(statement(Resource=None, Action="none")), NO_RESOURCE),
        (document(statement(NotResource=[])), SYNTAX),
        (document(statement(Resource=["x", {}])), SYNTAX),
        (document(statement(Resource="b/*")), 'Resource b/* must be in ARN format or "*".'),
        (document(statement(Resource="")), 'Resource  must be in ARN format or "*".'),
        (
            document(statement(Resource="x", Action="s:3:Get")),
            'Resource x must be in ARN format or "*".',
        ),
        (
            document(statement(Resource="a:nowhere")),
            'Partition "nowhere" is not valid for resource "arn:nowhere:*:*:*:*".',
        ),
        (
            document(statement(Resource="a:b:c")),
            'Partition "b" is not valid for resource "arn:b:c:*:*:*".',
        ),
        (
            document(statement(Resource="a:b:c:d:e:f:g:h")),
            'Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".',
        ),
        (
            document(statement(Resource="aws:s3:::b")),
            'Partition "s3" is not valid for resource "arn:s3:::b:*".',
        ),
        (document(statement(Resource="arn:aws")), VENDOR),
        (document(statement(Resource="arn:aws:*:::b")), VENDOR),
        (document(statement(Resource="arn:aws:s3::b")), LEGACY),
        (document(statement(Resource=None, NotResource="arn:aws:s3::b")), LEGACY),
        (document(statement(Resource="arn:aws::b")), LEGACY),
        (document(statement(Resource="arn:aws::::b", Action=None)), LEGACY),
        (
            document(statement(Resource="arn:aws:s3:us-east-1::b")),
            "Resource arn:aws:s3:us-east-1::b can not contain region information.",
        ),
        (
            document(statement(Resource="arn:aws:iam:us-east-1::user/a")),
            "IAM resource arn:aws:iam:us-east-1::user/a cannot contain region information.",
        ),
        (document(statement(Condition=[])), SYNTAX),
        (document(statement(Condition={"a": "b"})), SYNTAX),
        (document(statement(Condition={"DateGreaterThan": []})), SYNTAX),
        (document(statement(Condition={"StringEquals": {"a": {}}})), SYNTAX),
        (document(statement(Condition={"x": {"a": "1"}})), SYNTAX),
        (document(statement(Condition={"ForAnyValue::StringEquals": {"a": "x"}})), SYNTAX),
        (document(dated("soon")), LEGACY),
        (document(dated("234-13")), LEGACY),
        (document(dated("2016-12-13t2:00:00.593194+1")), LEGACY),
        (document(dated("2016-12-13t2:00:00.1999999999+10:59")), LEGACY),
        (document(dated("9223372036854775808")), LEGACY),
        (document(statement(Sid="autogenerated-id")), SID_CHARACTERS),
        (document(statement(Sid="allow it")), SID_CHARACTERS),
        # Of several faults one is named.
        ({"Statement": [statement(Sid="a"), statement(Sid="a")]}, OLD),
        (document(statement(Sid="a"), statement(Sid="a", Action=None)), SIDS),
        (document(statement(Sid="a", Effect="aLLow"), statement(Sid="a")), LEGACY),
        (document({**dated("soon"), "Resource": "arn:error:s3:::b"}), LEGACY),
        (document({"Effect": "Deny"}, statement()), NO_ACTION),
        (document(statement(Principal="*")), "Policy document should not specify a principal."),
    ],
)
def test_the_words_of_aws(given, aws):
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text, name="p", kind="identity", latest=True)
    assert caught.value.aws == aws


@pytest.mark.parametrize(
    "given",
    [
        statement(Action="iam: what ever "),
        statement(Action="service-prefix:name"),
        statement(Action="s3.s:Get"),
        statement(Action="*:*"),
        statement(Resource=["arn:aws:s3:::b", "*"]),
        statement(Resource="arn:aws:s33:::b"),
        statement(Resource="arn:aws:nothing"),
        statement(Resource="arn:aws:iam:::user/a"),
        statement(Resource="arn:aws:iam::*:user/${aws:username}"),
        statement(Resource="arn:aws:iam::123456789012:root"),
        statement(Resource="arn:aws:s3:us-west-2:123456789012:accesspoint/a"),
        statement(Resource="arn:aws:ec2:us-east-1::b"),
        statement(Condition={}),
        statement(Condition={"DateGreaterThan": {}}),
        statement(Condition={"DateGreaterThan": {"a": []}}),
        statement(Condition={"anything": {}, "else": {}}),
        statement(Condition={"ForAnyValue:StringEqualsIfExists": {"a": "x"}}),
        dated("01T"),
        dated("2019-07-01T13:20:15Z"),
        dated("2016-12-13T21:20:37.593194+00:00"),
        dated("2016-12-13t2:00:00.593194+23"),
        dated("-292275054"),
        dated("1700000000"),
        dated(1_700_000_000),
    ],
)
def test_accepted_by_aws(given):
    assert parse_policy(document(given), name="p", kind="identity", latest=True).statements


def test_empty_sids_are_not_compared():
    assert parse_policy(document(statement(Sid=""), statement(Sid="")), name="p", kind="identity")


@pytest.mark.parametrize(
    ("given", "aws"),
    [
        ("[]", "Invalid policy syntax."),
        ("no", "Policies must be valid JSON and the first byte must be '{'"),
        ({}, "Missing required field Statement"),
        (document(), "Could not parse the policy: Statement is empty!"),
        (document(ALLOW), "Missing required field Principal"),
        (document({**ALLOW, "Effect": "hello"}), "Invalid effect: hello"),
        (document({**ALLOW, "Principal": "*", "Action": "iam:Get"}), "Policy has invalid action"),
        (document({**ALLOW, "Principal": "*", "Resource": "b"}), "Policy has invalid resource"),
        (document({**ALLOW, "Principal": {"AWS": "ann"}}), "Invalid principal in policy"),
        (
            document({**ALLOW, "Principal": {"AWS": "arn:aws:iam::123456789012:group/g"}}),
            "Invalid principal in policy",
        ),
        (document({**ALLOW, "Principal": {"Service": "s3"}}), "Invalid principal in policy"),
    ],
)
def test_the_words_of_s3(given, aws):
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text, name="b", kind="resource")
    assert caught.value.aws == aws


@pytest.mark.parametrize(
    "principal",
    [
        SERVICE,
        {"Service": ["logging.s3.amazonaws.com", "cloudfront.amazonaws.com"]},
        {"CanonicalUser": "ab" * 32},
        {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"},
        {"AWS": "arn:aws:sts::123456789012:assumed-role/r/s"},
        {"Federated": "cognito-identity.amazonaws.com"},
    ],
)
def test_principals_of_a_bucket_policy(principal):
    assert parse_policy(document({**ALLOW, "Principal": principal}), name="b", kind="resource")


@pytest.mark.parametrize(
    ("given", "aws"),
    [
        ("no", "This policy contains invalid Json"),
        ({"Action": "sts:AssumeRole", "Principal": SERVICE, "Resource": "*"}, "Has prohibited"),
        ({"Action": "s3:GetObject", "Principal": SERVICE}, "AssumeRole policy may only specify"),
        ({"Action": "sts:AssumeRole"}, "Missing required field Principal"),
        (
            {"Action": "sts:AssumeRole", "Principal": {"AWS": "ann"}},
            'Invalid principal in policy: "AWS":"ann"',
        ),
    ],
)
def test_the_words_about_trust(given, aws):
    text = given if isinstance(given, str) else json.dumps(document({"Effect": "Allow", **given}))
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text, name="r", kind="trust")
    assert caught.value.aws.startswith(aws)
