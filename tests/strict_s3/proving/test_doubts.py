"""What can't be known is never proved: rows whose answer an unknown value could change."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

from tests.strict_s3.proving.conftest import wrong

HEAD = """
Parameters: {Unset: {Type: String}, Flag: {Type: String}}
Conditions: {IsOn: !Equals [!Ref Flag, "on"]}
Resources:
  Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files}}
  Table: {Type: AWS::DynamoDB::Table}
  Signer:
    Type: AWS::IAM::User
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::files/in/*"}
"""
ROWS = """
template: t.yaml
expect:
  Signer:
    PUT in/*: 200
    GET in/a: no
    anything else: no
  anonymous: nothing
"""
ALL = {"Signer: PUT in/*", "Signer: GET in/a", "Signer: anything else"}
NO = ALL - {"Signer: PUT in/*"}


def statement(text: str) -> str:
    """The template with one more statement."""
    return f"{HEAD}              - {{{text}}}\n"


def resource(text: str) -> str:
    """The template with one more resource."""
    return HEAD + textwrap.indent(textwrap.dedent(text).strip("\n"), "  ") + "\n"


def in_doubt(proof: Any) -> set[str]:
    """The rows that can't be told; all others are as expected."""
    found = {name for name, said in wrong(proof).items() if said.startswith("can't tell: ")}
    assert found == set(wrong(proof))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Effect: Allow, Action: "s3:GetObject", Resource: !ImportValue Arn', NO),
        ('Effect: Allow, Action: "s3:*", Resource: !Sub "arn:aws:s3:::${Unset}/*"', NO),
        ('Effect: Allow, Action: "s3:*", Resource: !Sub ["${B}/*", {B: !Ref Unset}]', NO),
        ("Effect: Allow, Action: !Ref Unset, Resource: !Sub '${Files.Arn}/*'", NO),
        ("Effect: Allow, NotAction: !Ref Unset, Resource: !Sub '${Files.Arn}/*'", NO),
        ('Effect: Allow, Action: "s3:GetObject", NotResource: !Ref Unset', NO),
        ("Effect: !If [IsOn, Allow, Deny], Action: '*', Resource: '*'", ALL),
        (
            "Effect: Allow, Action: 's3:GetObject', Resource: '*', "
            "Condition: {StringEquals: {'aws:username': !Ref Unset}}",
            NO,
        ),
        # What can't be read at all can be anything.
        ('Effect: Allow, Action: "s3:GetObject", Resource: !Sub ["${Unset}"]', NO),
        ('Effect: Allow, Action: "s3:GetObject", Resource: !Join [1]', NO),
        ('Effect: Allow, Action: "s3:GetObject", Resource: !Select [0, !Ref Unset]', NO),
        ('Effect: Allow, Action: "s3:GetObject", Resource: !Join ["", [!Ref Unset, "/*"]]', NO),
        # Only GET of this one key could be allowed.
        (
            'Effect: Allow, Action: "s3:GetObject", Resource: !Sub "arn:aws:s3:::files/${Unset}/b"',
            {"Signer: anything else"},
        ),
        ('Effect: Deny, Action: "s3:PutObject", Resource: !Ref Unset', {"Signer: PUT in/*"}),
        # These can't matter.
        ('Effect: Allow, Action: "dynamodb:*", Resource: !GetAtt Table.Arn', set()),
        ('Effect: Allow, Action: "s3:*", Resource: !Sub "arn:aws:s3:::logs-${Unset}/*"', None),
        ('Effect: Deny, Action: "s3:GetObject", Resource: !Ref Unset', set()),
        (
            "Effect: Deny, Action: 's3:*', Resource: '*', "
            "Condition: {StringNotEquals: {'aws:SourceVpce': !Ref Unset}}",
            set(),
        ),
    ],
)
def test_a_statement_with_an_unknown_value(prove, text, found):
    proof = prove(ROWS, t__yaml=statement(text))
    if found is None:  # another bucket: only the rest is in doubt
        found = {"Signer: anything else"}
    assert in_doubt(proof) == found
    assert proof.passed is (not found)
    assert any(": was left out: " in note for note in proof.notes)


USER_POLICY = """
More:
  Type: AWS::IAM::UserPolicy
  {more}
  Properties:
    UserName: !Ref Signer
    PolicyDocument: {{Version: "2012-10-17", Statement: {statement}}}
"""
ANY = "[{Effect: Allow, Action: '*', Resource: '*'}]"
BUCKET_POLICY = """
More:
  Type: AWS::S3::BucketPolicy
  Properties:
    Bucket: {bucket}
    PolicyDocument:
      Version: "2012-10-17"
      Statement:
        - {{Effect: Allow, Principal: {who}, Action: "s3:GetObject",
           Resource: "arn:aws:s3:::files/*"}}
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (USER_POLICY.format(more="", statement="!Ref Unset"), ALL),
        (USER_POLICY.format(more="", statement="[!Ref Unset]"), ALL),
        (USER_POLICY.format(more="Condition: IsOn", statement=ANY), ALL),
        (BUCKET_POLICY.format(bucket="!Ref Unset", who='"*"'), ALL),
        (BUCKET_POLICY.format(bucket="!Ref Files", who="{AWS: !Ref Unset}"), NO),
        (BUCKET_POLICY.format(bucket="!Ref Files", who="{Service: !Ref Unset}"), set()),
        ("More: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: g}}", ALL),
        ("More: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Files}}}", NO),
        ("More: {Type: AWS::Serverless::Connector, Properties: {Source: {Id: Table}}}", set()),
    ],
)
def test_a_resource_with_an_unknown_value(prove, text, found):
    assert in_doubt(prove(ROWS, t__yaml=resource(text))) == found


def test_a_macro_can_write_anything(prove):
    for head in ("Transform: [AWS::Serverless-2016-10-31, Ours]\n", "Transform: Ours\n"):
        assert in_doubt(prove(ROWS, t__yaml=head + HEAD)) == ALL
    assert in_doubt(prove(ROWS, t__yaml="Transform: AWS::Serverless-2016-10-31\n" + HEAD)) == set()
    more = "More: {Type: AWS::IAM::User, Properties: {Fn::Transform: {Name: AWS::Include}}}"
    assert in_doubt(prove(ROWS, t__yaml=resource(more))) == ALL


PUBLIC = "PublicAccessBlockConfiguration: {BlockPublicAcls: false}"


@pytest.mark.parametrize(
    ("properties", "doubted"),
    [
        (f"AccessControl: PublicRead, {PUBLIC}", True),
        (f"AccessControl: !Ref Unset, {PUBLIC}", True),
        (f"AccessControl: Private, {PUBLIC}", False),
        ("AccessControl: PublicRead", False),  # which a new bucket ignores
    ],
)
def test_a_public_acl_is_not_proved_away(prove, properties, doubted):
    template = HEAD.replace("BucketName: files", f"BucketName: files, {properties}")
    rest = "Signer: anything else"
    found = {rest, "anonymous: anything else"} if doubted else set()
    assert in_doubt(prove(ROWS, t__yaml=template)) == found


def test_a_boundary_with_an_unknown_value(prove):
    """What a boundary may allow besides counts only with a policy that allows it too."""
    bound = """
    Bound:
      Type: AWS::IAM::ManagedPolicy
      Properties:
        PolicyDocument:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Action: "s3:PutObject", Resource: "*"}
            - {Effect: Allow, Action: "s3:Delete*", Resource: !Ref Unset}
    """
    user = HEAD.replace('"s3:PutObject"', '["s3:PutObject", "s3:DeleteObject"]')
    user = user.replace("Policies:", "PermissionsBoundary: !Ref Bound\n      Policies:")
    template = user + textwrap.indent(textwrap.dedent(bound).strip("\n"), "  ")
    assert in_doubt(prove(ROWS, t__yaml=template)) == {"Signer: anything else"}


def test_a_trust_policy_with_an_unknown_value(prove):
    role = """
    Role:
      Type: AWS::IAM::Role
      Properties:
        AssumeRolePolicyDocument:
          Version: "2012-10-17"
          Statement:
            - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
            - {Effect: Allow, Principal: {AWS: !Ref Unset}, Action: "sts:AssumeRole"}
    """
    rows = "template: t.yaml\nexpect:\n  Signer: {ASSUME Role: no}\n  root: {ASSUME Role: no}\n"
    proof = prove(rows, t__yaml=resource(role))
    assert in_doubt(proof) == {"Signer: ASSUME Role", "root: ASSUME Role"}


def test_the_report_and_the_exit_status(prove, tmp_path, capsys):
    from strict_s3.proving.command import main

    template = statement('Effect: Allow, Sid: S, Action: "s3:Get*", Resource: !Ref Unset')
    text = " ".join(str(prove(ROWS, t__yaml=template)).split())
    assert "table.prove.yaml: 4 rows, 2 can't be told" in text
    assert (
        "? GET in/a: can't tell (expected no) S3 said 403 AccessDenied here, but t.yaml: Signer, "
        "statement S: was left out: parameter Unset has no value" in text
    )
    assert main([str(tmp_path / "table.prove.yaml")]) == 1
    assert "? anything else: can't tell" in capsys.readouterr().out
    with_value = ROWS + "parameters: {Unset: 'arn:aws:s3:::files/out/*'}\n"
    found = wrong(prove(with_value, t__yaml=template))
    assert set(found) == {"Signer: anything else"}
    assert "more is allowed" in found["Signer: anything else"]


def tf(*resources: dict[str, Any]) -> str:
    bucket = {"address": "aws_s3_bucket.files", "type": "aws_s3_bucket", "name": "files",
              "values": {"bucket": "files"}}  # fmt: skip
    user = {"address": "aws_iam_user.u", "type": "aws_iam_user", "name": "u",
            "values": {"name": "u"}}  # fmt: skip
    return json.dumps({"values": {"root_module": {"resources": [bucket, user, *resources]}}})


def made(kind: str, **values: Any) -> dict[str, Any]:
    return {"address": f"{kind}.x", "type": kind, "name": "x", "values": values}


EVERYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ([], ""),
        ([made("aws_iam_user_group_membership", user="u", groups=["g"])], "can't tell"),
        ([made("aws_iam_policy_attachment", users=["u"], policy_arn="a")], "can't tell"),
        ([made("aws_s3_bucket_acl", acl="private")], ""),
        ([made("aws_s3_bucket_acl", acl="public-read")], ""),
        (
            [
                made("aws_s3_bucket_acl", acl="public-read"),
                made("aws_s3_bucket_public_access_block", bucket="files"),
            ],
            "can't tell",
        ),
        ([made("aws_iam_user_policy", user="u", policy=EVERYTHING)], "200: GET"),
    ],
)
def test_what_terraform_gives_besides(prove, resources, said):
    rows = "terraform: t.json\nexpect: {u: nothing}\n"
    assert wrong(prove(rows, t__json=tf(*resources))).get("u: anything else", "").startswith(said)
    assert bool(wrong(prove(rows, t__json=tf(*resources)))) is bool(said)


def test_a_roles_own_lists_in_terraform(prove):
    arn = "arn:aws:iam::123456789012:policy/p"
    own = made("aws_iam_policy", name="p", arn=arn, policy=EVERYTHING)
    for values in (
        {"managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]},
        {"managed_policy_arns": [arn]},
        {"inline_policy": [{"name": "p", "policy": EVERYTHING}]},
    ):
        role = made("aws_iam_role", name="r", **values)
        found = wrong(prove("terraform: t.json\nexpect: {x: nothing}\n", t__json=tf(own, role)))
        assert found["x: anything else"].startswith("200"), found
    plan = made("aws_iam_role", name="r", inline_policy=[{"name": "p"}])
    proof = prove("terraform: t.json\nexpect: {x: nothing}\n", t__json=tf(plan))
    assert wrong(proof)["x: anything else"].startswith("can't tell")


def test_the_policy_that_an_older_configuration_writes_into_the_bucket(prove):
    policy = json.loads(EVERYTHING)
    policy["Statement"] |= {"Principal": {"AWS": "arn:aws:iam::123456789012:user/u"},
                            "Resource": "arn:aws:s3:::files/*", "Action": "s3:*"}  # fmt: skip
    text = tf().replace(
        '"bucket": "files"', f'"bucket": "files", "policy": {json.dumps(json.dumps(policy))}'
    )
    proof = prove("terraform: t.json\nexpect: {u: {GET a: 200}}\n", t__json=text)
    assert wrong(proof) == {}


NAMED = "arn:aws:iam::123456789012:role/service/app/signer"


def test_paths_of_users_and_roles(prove):
    """In a template, in Terraform and in a table."""
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": NAMED}, "Action": "s3:GetObject",
                      "Resource": "arn:aws:s3:::files/a"},
    }  # fmt: skip
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}}  # fmt: skip
    rows = "expect:\n  signer: {GET a: 200, PUT a: 403, anything else: no}\n"
    table = (
        "bucket: files\nbucket-policy: b.json\nidentities:\n"
        "  signer: {role: none.json, path: /service/app/, trust: trust.json}\n"
    )
    none = {"Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}}  # fmt: skip
    files = {"b__json": policy, "none__json": none, "trust__json": trust}
    assert wrong(prove(table + rows, **files)) == {}

    properties = {"Path": "/service/app/", "RoleName": "signer", "AssumeRolePolicyDocument": trust}
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    named = json.loads(
        json.dumps(policy).replace(json.dumps(NAMED), '{"Fn::GetAtt": "signer.Arn"}')
    )
    template = {"Resources": {
        "files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files"}},
        "signer": role,
        "policy": {"Type": "AWS::S3::BucketPolicy",
                   "Properties": {"Bucket": "files", "PolicyDocument": named}}}}  # fmt: skip
    for document in (named, policy):
        template["Resources"]["policy"]["Properties"]["PolicyDocument"] = document
        assert wrong(prove("template: t.json\n" + rows, t__json=template)) == {}

    state = tf(
        {"address": "aws_iam_role.signer", "type": "aws_iam_role", "name": "signer",
         "values": {"name": "signer", "path": "/service/app/"}},
        made("aws_s3_bucket_policy", bucket="files", policy=json.dumps(policy)),
    )  # fmt: skip
    assert wrong(prove("terraform: t.json\n" + rows, t__json=state)) == {}
