"""Every operation of IAM and STS that boto3 can send is recognised, with its permission."""

from __future__ import annotations

import boto3
import pytest

from strict_s3.rules.iam_operations import iam_operation, query_context, sts_operation
from strict_s3.rules.identity import Identity

ACCOUNT = "123456789012"
ANN = Identity("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/team/ann", "ann")


def client(service: str):
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    return boto3.client(service, "eu-west-2", endpoint_url="http://127.0.0.1:1", **keys)


def known(kind: str, name: str) -> str | None:
    """There is one user with a path."""
    return ANN.arn if (kind, name.lower()) == ("user", "ann") else None


def operation(service: str, action: str, caller: Identity = ANN, **params):
    if service == "sts":
        return sts_operation(action, params, caller)
    return iam_operation(action, params, caller, known)


def needs(action: str, caller: Identity = ANN, **params):
    service = "sts" if action.startswith(("Assume", "GetFederation")) else "iam"
    return operation(service, action, caller, **params).needs


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_every_operation_of_iam_and_sts_is_recognised(service):
    refused = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "AssumeRoot"}
    for name in client(service).meta.service_model.operation_names:
        found = operation(service, name)
        assert (found is None) == (name in refused)
        free = service == "sts" and name in ("GetCallerIdentity", "GetSessionToken")
        if found:
            assert [action for action, _ in found.needs] == ([] if free else [f"{service}:{name}"])


def test_iam_resources_follow_the_fields_that_botocore_requires():
    """A user, group, role, profile or policy that an operation must name is its resource."""
    made, checked = client("iam"), 0
    kinds = {"UserName": "user", "GroupName": "group", "RoleName": "role", "PolicyArn": "policy"}
    kinds["InstanceProfileName"] = "instance-profile"
    arns = {field: f"arn:aws:iam::{ACCOUNT}:{kind}/x" for field, kind in kinds.items()}
    for name in made.meta.service_model.operation_names:
        shape = made.meta.service_model.operation_model(name).input_shape
        required = [field for field in arns if shape and field in shape.required_members]
        params = {field: arns[field] if field == "PolicyArn" else "x" for field in required}
        if required:
            assert needs(name, **params)[0][1] in [arns[field] for field in required], name
        elif shape and "UserName" in shape.members:
            assert needs(name)[0][1] == ANN.arn, name
            assert needs(name, UserName="x")[0][1] == arns["UserName"], name
        checked += bool(required)
    assert checked > 60


@pytest.mark.parametrize(
    ("action", "params", "resource"),
    [
        ("CreateUser", {"UserName": "bob", "Path": "/x/"}, "user/x/bob"),
        ("CreateUser", {"UserName": "ann"}, "user/ann"),
        ("GetUser", {"UserName": "bob"}, "user/bob"),
        ("CreatePolicy", {"PolicyName": "p", "Path": "/x/"}, "policy/x/p"),
        ("AttachRolePolicy", {"RoleName": "r", "PolicyArn": "arn:p"}, "role/r"),
        ("AddUserToGroup", {"UserName": "u", "GroupName": "g"}, "group/g"),
        ("CreateAccessKey", {}, "user/team/ann"),
        ("CreateAccessKey", {"UserName": ""}, "user/"),
        ("CreateAccessKey", {"UserName": "ann"}, "user/team/ann"),
        ("PutUserPolicy", {"UserName": "ANN"}, "user/team/ann"),
        ("ChangePassword", {"UserName": "bob"}, "user/team/ann"),
        ("ListUsers", {}, "user/"),
        ("ListUsers", {"PathPrefix": "/x/"}, "user/x/"),
        ("ListRoles", {}, "role/"),
    ],
)
def test_iam_resources(action, params, resource):
    assert needs(action, **params) == ((f"iam:{action}", f"arn:aws:iam::{ACCOUNT}:{resource}"),)


def test_what_names_no_resource_needs_all_of_them():
    for action in ("ListPolicies", "GetAccountSummary", "GetAccessKeyLastUsed"):
        assert needs(action, AccessKeyId="AKIDEXAMPLE") == ((f"iam:{action}", "*"),)
    role = Identity("assumed-role", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s")
    assert needs("GetUser", role) == (("iam:GetUser", role.arn),)


def test_two_permissions_for_one_call():
    user = f"arn:aws:iam::{ACCOUNT}:user"
    assert needs("UpdateUser", UserName="ann", NewUserName="eve", NewPath="/x/") == (
        ("iam:UpdateUser", f"{user}/team/ann"),
        ("iam:UpdateUser", f"{user}/x/eve"),
    )
    assert needs("UpdateUser", UserName="ann", NewUserName="eve")[1][1] == f"{user}/team/eve"
    assert needs("UpdateUser", UserName="ann", NewPath="/")[1][1] == f"{user}/ann"
    assert len(needs("UpdateUser", UserName="ann")) == 1
    tags = [{"Key": "a", "Value": "b"}]
    assert needs("CreateUser", UserName="eve", Tags=tags) == (
        ("iam:CreateUser", f"{user}/eve"),
        ("iam:TagUser", f"{user}/eve"),
    )
    session = {"RoleArn": "arn:r", "Tags": tags, "SourceIdentity": "s"}
    actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    assert needs("AssumeRole", **session) == tuple((action, "arn:r") for action in actions)
    federated = ("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/n")
    assert needs("GetFederationToken", Name="n") == (federated,)


@pytest.mark.parametrize("action", ["", "Nonsense", "getUser", "GetUser ", "s3:GetObject", "*"])
def test_an_unknown_action_is_no_operation(action):
    for service in ("iam", "sts"):
        assert operation(service, action) is None


@pytest.mark.parametrize(
    ("action", "params", "keys"),
    [
        ("GetUser", {"UserName": "a"}, {}),
        (
            "TagUser",
            {"Tags": [{"Key": "Team", "Value": "x"}]},
            {"aws:requesttag/Team": "x", "aws:tagkeys": ["Team"]},
        ),
        ("UntagUser", {"TagKeys": ["Team"]}, {"aws:tagkeys": ["Team"]}),
        ("AttachUserPolicy", {"PolicyArn": "arn:p"}, {"iam:policyarn": "arn:p"}),
        ("GetPolicy", {"PolicyArn": "arn:p"}, {}),
        ("CreateUser", {"PermissionsBoundary": "arn:b"}, {"iam:permissionsboundary": "arn:b"}),
        (
            "AssumeRole",
            {"ExternalId": "x", "RoleSessionName": "s", "TransitiveTagKeys": ["a"]},
            {
                "sts:externalid": "x",
                "sts:rolesessionname": "s",
                "sts:transitivetagkeys": ["a"],
            },
        ),
    ],
)
def test_condition_keys(action, params, keys):
    assert query_context(action, params, {}, None) == keys


def test_condition_keys_of_the_entity():
    found = query_context("PutUserPolicy", {}, {"Team": "x"}, "arn:b")
    assert found == {
        "aws:resourcetag/Team": "x",
        "iam:resourcetag/Team": "x",
        "iam:permissionsboundary": "arn:b",
    }
    # A new user's boundary is the one that the request gives.
    assert query_context("CreateUser", {}, {}, "arn:b") == {}
