"""A template as a world: intrinsic functions, resources, and what is said of the rest."""

from __future__ import annotations

import json
import re
import textwrap
from datetime import UTC, datetime
from typing import Any

import pytest

from strict_s3 import ProveError
from strict_s3.proving.cloudformation import read_template
from strict_s3.proving.intrinsics import Resolver, Unresolved
from strict_s3.proving.world import World
from tests.strict_s3.proving.conftest import wrong

BUCKET = {"Type": "AWS::S3::Bucket"}
TEMPLATE = {
    "Parameters": {
        "Stage": {"Type": "String", "Default": "test", "AllowedValues": ["test", "live"]},
        "Origins": {
            "Type": "CommaDelimitedList",
            "Default": "https://a.example, https://b.example",
        },
        "Secret": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/secret"},
        "Unset": {"Type": "String"},
    },
    "Mappings": {"Ages": {"test": {"days": 7}, "live": {"days": 30}}},
    "Conditions": {
        "IsLive": {"Fn::Equals": [{"Ref": "Stage"}, "live"]},
        "IsTest": {"Fn::Not": [{"Condition": "IsLive"}]},
        "Both": {"Fn::And": [{"Condition": "IsTest"}, {"Condition": "IsLive"}]},
        "Either": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "IsLive"}]},
    },
    "Resources": {"Files": BUCKET, "Queue": {"Type": "AWS::SQS::Queue"}},
}


def resolver() -> Resolver:
    names = {"Files": {"": "files", "Arn": "arn:aws:s3:::files"}}
    return Resolver(TEMPLATE, "t.yaml", {}, "eu-west-2", lambda name: names.get(name, {}))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Ref": "Stage"}, "test"),
        ({"Ref": "Origins"}, ["https://a.example", "https://b.example"]),
        ({"Ref": "AWS::Region"}, "eu-west-2"),
        ({"Ref": "AWS::AccountId"}, "123456789012"),
        ({"Ref": "Files"}, "files"),
        ({"Fn::GetAtt": "Files.Arn"}, "arn:aws:s3:::files"),
        ({"Fn::GetAtt": ["Files", "Arn"]}, "arn:aws:s3:::files"),
        ({"Fn::Sub": "${Files.Arn}/${!aws:username}"}, "arn:aws:s3:::files/${aws:username}"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Files"}}]}, "files-test"),
        ({"Fn::Join": ["/", [{"Fn::GetAtt": "Files.Arn"}, "*"]]}, "arn:aws:s3:::files/*"),
        ({"Fn::If": ["IsLive", 1, {"Fn::If": ["Either", 2, 3]}]}, 2),
        ([{"Fn::If": ["Both", 1, {"Ref": "AWS::NoValue"}]}, 2], [2]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ({"Fn::FindInMap": ["Ages", {"Ref": "Stage"}, "days"]}, 7),
        ({"Fn::Select": [1, {"Fn::Split": [",", "x,y"]}]}, "y"),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::ToJsonString": {"a": {"Ref": "Stage"}}}, '{"a": "test"}'),
    ],
)  # fmt: skip
def test_intrinsic_functions(value, found):
    assert resolver()(value) == found


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Fn::ImportValue": "x"}, "Fn::ImportValue 'x' cannot be known offline"),
        ({"Ref": "Unset"}, "parameter Unset has no value"),
        ({"Ref": "Secret"}, "parameter Secret has no value"),
        ({"Ref": "Queue"}, "Queue is known only when the stack is there"),
        ({"Fn::GetAtt": "Files.WebsiteURL"}, "Files.WebsiteURL is known only"),
        ({"Fn::Select": [5, ["a"]]}, "Fn::Select .* cannot be read"),
        ({"Fn::Join": "x"}, "Fn::Join 'x' cannot be read"),
        ({"Fn::FindInMap": ["Ages", "none", "days"]}, "cannot be read"),
        ({"Fn::Sub": "${Unset}"}, "parameter Unset"),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "cannot be known offline"),
    ],
)
def test_what_cant_be_known_is_said(value, said):
    with pytest.raises(Unresolved, match=said):
        resolver()(value)


def test_growth_has_an_end():
    value: Any = "x" * 1000
    for _ in range(9):
        value = {"Fn::Join": ["", [value, value, value]]}
    with pytest.raises(Unresolved, match="more than 200,000"):
        resolver()(value)


def read(resources: dict[str, Any], given: dict[str, Any] | None = None, **more: Any) -> World:
    template = {**TEMPLATE, "Resources": resources, **more}
    return read_template(json.dumps(template), "t.json", given or {}, World("", datetime.now(UTC)))


NAMED = {"Bucket": "a-of-the-stack"}


def bucket(**properties: Any) -> dict[str, Any]:
    return {"A": {**BUCKET, "Properties": properties}}


@pytest.mark.parametrize(
    ("resources", "given", "said"),
    [
        ({}, {}, "makes 0 buckets"),
        ({"A": BUCKET, "B": BUCKET}, {}, "makes 2 buckets. Write bucket: .*: A, B"),
        ({"A": {}}, {}, "A needs a Type"),
        ({"A": []}, {}, "must be a mapping"),
        ({"A": BUCKET}, {"Stge": "x"}, "has no parameter 'Stge'. Did you mean Stage?"),
        ({"A": BUCKET}, {"Stage": "x"}, "parameter Stage is 'x'; allowed: test, live"),
        ({"A": {**BUCKET, "Condition": "IsLiv"}}, {}, "no condition 'IsLiv'. Did you mean IsLive?"),
        (bucket(BucketName={"Ref": "A"}), {}, "depends on itself"),
        (bucket(BucketName={"Ref": "Non"}), {}, "neither a resource nor a parameter 'Non'"),
        (bucket(CorsConfiguration={"CorsRule": []}), {}, "Did you mean CorsRules?"),
        (
            bucket(CorsConfiguration={"CorsRules": [{"ExposeHeaders": []}]}),
            {},
            "Did you mean ExposedHeaders?",
        ),
        (
            bucket(LifecycleConfiguration={"Rules": [{"ExpirationInDays": "x"}]}),
            {},
            "'x' is not a whole number",
        ),
        (
            {**bucket(), "P": {"Type": "AWS::S3::BucketPolicy", "Properties": NAMED}},
            {},
            "needs a policy document",
        ),
    ],
)
def test_what_is_wrong_with_a_template(resources, given, said):
    with pytest.raises(ProveError) as problem:
        read(resources, given)
    assert re.search(said, str(problem.value))


def test_conditions_that_go_in_a_circle():
    circle = {"A": {"Condition": "B"}, "B": {"Condition": "A"}}
    with pytest.raises(ProveError, match="depends on itself"):
        read({"F": {**BUCKET, "Condition": "A"}}, Conditions=circle)


def statement(action: str, resource: Any, sid: str = "S") -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


TRUST = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})
MANAGED = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
EVERYTHING = {"Fn::Sub": "${Files.Arn}/*"}


def test_users_roles_and_functions_with_their_policies():
    own = {"PolicyName": "p", "PolicyDocument": document(statement("s3:GetObject", EVERYTHING))}
    role = {
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [own],
        "RoleName": "r",
        "Tags": [
            {"Key": "team", "Value": {"Ref": "Stage"}},
            {"Key": "a", "Value": {"Ref": "Unset"}},
        ],
        "ManagedPolicyArns": [{"Ref": "Shared"}, MANAGED],
        "PermissionsBoundary": {"Ref": "Shared"},
    }
    world = read(
        {
            "Files": BUCKET,
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "User": {"Type": "AWS::IAM::User"},
            "Off": {"Type": "AWS::IAM::User", "Condition": "IsLive"},
            "Shared": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": document(statement("s3:PutObject", EVERYTHING))},
            },
            "Extra": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "PolicyDocument": document(
                        statement("s3:DeleteObject", EVERYTHING),
                        statement("sqs:SendMessage", {"Fn::GetAtt": "Queue.Arn"}, "Send"),
                    ),
                    "Roles": [{"Ref": "Role"}],
                    "Users": [{"Ref": "User"}],
                },
            },
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Function": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "Policies": [
                        {"S3ReadPolicy": {"BucketName": {"Ref": "Files"}}},
                        {"DynamoDBCrudPolicy": {"TableName": "t"}},
                        "AmazonS3ReadOnlyAccess",
                    ]
                },
            },
            "WithRole": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"Role": {"Fn::GetAtt": "Role.Arn"}},
            },
        }
    )
    people = world.people
    assert set(people) == {"Role", "User", "Function"}
    assert people["Role"].iam_name == "r"
    assert people["Role"].tags == (("team", "test"),)
    names = [policy.name for policy in people["Role"].policies]
    assert names == ["t.json: Role", "t.json: Shared", "t.json: Extra"]
    assert people["Role"].managed == (MANAGED,)
    assert people["Role"].boundary is not None and people["Role"].trust is not None
    assert [policy.name for policy in people["User"].policies] == ["t.json: Extra"]
    reads = people["Function"].policies[0].value["Statement"][0]
    assert reads["Resource"][0] == "arn:aws:s3:::files-of-the-stack"
    assert people["Function"].managed == (MANAGED,)
    notes = "\n".join(map(str, world.notes))
    assert "Extra, statement Send: was left out: Queue.Arn is known only" in notes
    assert "DynamoDBCrudPolicy is not proved here" in notes
    assert "Queue (AWS::SQS::Queue)" in notes


def test_true_is_the_text_true():
    """CloudFormation passes on text, whatever YAML or JSON reads."""
    flags = {"Flag": {"Type": "String", "Default": True, "AllowedValues": [True, False]}}
    block = {"BlockPublicAcls": {"Ref": "Flag"}, "BlockPublicPolicy": "false"}
    files = {"Type": "AWS::S3::Bucket", "Properties": {"PublicAccessBlockConfiguration": block}}
    for given in ({}, {"Flag": "true"}, {"Flag": True}):
        for other in ("true", True):
            conditions = {"IsOn": {"Fn::Equals": [{"Ref": "Flag"}, other]}}
            user = {"Type": "AWS::IAM::User", "Condition": "IsOn"}
            resources = {"Files": files, "User": user}
            world = read(resources, given, Parameters=flags, Conditions=conditions)
            assert set(world.people) == {"User"}
            assert world.public_access_block is not None
            found = {"BlockPublicAcls": True, "BlockPublicPolicy": False}
            assert world.public_access_block.value == found


def test_what_sam_makes_itself():
    """A function's role can be named, and has what Globals says."""
    reads, writes = (
        {"PolicyDocument": document(statement(action, EVERYTHING))}
        for action in ("s3:GetObject", "s3:PutObject")
    )
    named = {"Fn::GetAtt": "SignerRole.Arn"}
    denies = {"Effect": "Deny", "Principal": {"AWS": named}, "Action": "s3:*", "Resource": "*"}
    guard = {"Bucket": {"Ref": "Files"}, "PolicyDocument": document(denies)}
    resources = {
        "Files": {**BUCKET, "Connectors": {}},
        "Bound": {"Type": "AWS::IAM::ManagedPolicy", "Properties": reads},
        "Signer": {"Type": "AWS::Serverless::Function"},
        "Writes": {
            "Type": "AWS::IAM::RolePolicy",
            "Properties": {"RoleName": {"Ref": "SignerRole"}, "PolicyName": "w", **writes},
        },
        "Guard": {"Type": "AWS::S3::BucketPolicy", "Properties": guard},
    }
    limits = {"Function": {"PermissionsBoundary": {"Ref": "Bound"}}}
    world = read(resources, Globals=limits)
    signer = world.people["Signer"]
    assert signer.boundary is not None
    assert [policy.name for policy in signer.policies] == ["t.json: Writes"]
    assert world.bucket_policy is not None
    assert "role/Signer" in world.bucket_policy.text
    assert [str(note) for note in world.notes] == [
        "t.json: Files: what its Connectors allow is not proved here."
    ]
    with pytest.raises(ProveError, match="Again is a second policy of the bucket"):
        read({**resources, "Again": resources["Guard"]})


def test_what_a_condition_leaves_out():
    nothing = {"Ref": "AWS::NoValue"}
    own = document(statement("s3:GetObject", EVERYTHING), {"Fn::If": ["IsLive", 5, nothing]})
    properties = {
        "RoleName": {"Fn::If": ["IsLive", "live", nothing]},
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [{"Fn::If": ["IsTest", {"PolicyDocument": own}, nothing]}],
        "ManagedPolicyArns": [{"Fn::If": ["IsLive", {"Ref": "Unset"}, nothing]}],
    }
    settings = {"VersioningConfiguration": {"Fn::If": ["IsLive", {"Status": "Enabled"}, nothing]}}
    world = read(
        {
            "Files": {**BUCKET, "Properties": settings},
            "Role": {"Type": "AWS::IAM::Role", "Properties": properties},
        }
    )
    role = world.people["Role"]
    assert (role.iam_name, role.managed, world.versioning) == ("Role", (), None)
    assert len(role.policies[0].value["Statement"]) == 1
    assert world.notes == []


def test_a_bucket_with_all_its_settings(prove):
    template = """
    Parameters: {Days: {Type: Number}}
    Resources:
      Other: {Type: AWS::S3::Bucket}
      Files:
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !Sub "files-${AWS::AccountId}"
          OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}
          PublicAccessBlockConfiguration: {BlockPublicPolicy: true}
          VersioningConfiguration: {Status: Enabled}
          NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}
          LifecycleConfiguration:
            Rules:
              - {Status: Enabled, Prefix: in/, ExpirationInDays: !Ref Days,
                 NoncurrentVersionExpiration: {NoncurrentDays: "1"},
                 TagFilters: [{Key: a, Value: b}]}
      Signer:
        Type: AWS::IAM::User
        Properties:
          Policies:
            - PolicyName: p
              PolicyDocument:
                Version: 2012-10-17
                Statement:
                  - {Effect: Allow, Action: "s3:*", Resource: !Sub "${Files.Arn}/in/*"}
    """
    rows = """
    expect:
      Signer:
        GET in/a, by header, tagged a=b, after 1 d: 200
        GET in/a, by header, tagged a=c, after 9 d: 200
        GET in/a, by header, tagged a=b, after 9 d: 403
        PUT in/a, header x-amz-acl=public-read: 501
        PUT out/a: 403
    """
    head = "template: t.yaml\nbucket: Files\nparameters: {Days: 3}\n"
    proof = prove(head + textwrap.dedent(rows), t__yaml=textwrap.dedent(template))
    assert wrong(proof) == {}
    notes = "\n".join(proof.notes)
    assert "Files, NotificationConfiguration: is not proved here" in notes
    assert "Other: is not made" in notes
    assert "arn:aws:s3:::files-123456789012/out/a" in proof.results[-1].decided
