"""Every operation of IAM and STS that boto3 can send is recognised, with its permission."""

from __future__ import annotations

import boto3
import pytest

from strict_s3.rules.iam_operations import query_operation
from strict_s3.rules.identity import Identity

ACCOUNT = "123456789012"
ANN = Identity("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/team/ann", "ann")


def client(service: str):
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    return boto3.client(service, "eu-west-2", endpoint_url="http://127.0.0.1:1", **keys)


def needs(action: str, caller: Identity = ANN, **form: str):
    service = "sts" if action.startswith(("Assume", "GetFederation")) else "iam"
    return query_operation(
        service, {"Action": action, **form}, account=ACCOUNT, caller=caller
    ).needs


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_every_operation_of_iam_and_sts_is_recognised(service):
    refused = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "AssumeRoot"}
    for name in client(service).meta.service_model.operation_names:
        found = query_operation(service, {"Action": name}, account=ACCOUNT, caller=ANN)
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
        form = {field: arns[field] if field == "PolicyArn" else "x" for field in required}
        if required:
            assert needs(name, **form)[0][1] in [arns[field] for field in required], name
        elif shape and "UserName" in shape.members:
            assert needs(name)[0][1] == ANN.arn, name
            assert needs(name, UserName="x")[0][1] == arns["UserName"], name
        checked += bool(required)
    assert checked > 60


@pytest.mark.parametrize(
    ("action", "form", "resource"),
    [
        ("CreateUser", {"UserName": "bob", "Path": "/x/"}, "user/x/bob"),
        ("GetUser", {"UserName": "bob", "Path": "/x/"}, "user/bob"),
        ("CreatePolicy", {"PolicyName": "p", "Path": "/x/"}, "policy/x/p"),
        ("AttachRolePolicy", {"RoleName": "r", "PolicyArn": "arn:p"}, "role/r"),
        ("AddUserToGroup", {"UserName": "u", "GroupName": "g"}, "group/g"),
        ("CreateAccessKey", {}, "user/team/ann"),
        ("CreateAccessKey", {"UserName": ""}, "user/team/ann"),
        ("CreateAccessKey", {"UserName": "ann"}, "user/team/ann"),
        ("ChangePassword", {"UserName": "bob"}, "user/team/ann"),
    ],
)
def test_iam_resources(action, form, resource):
    assert needs(action, **form) == ((f"iam:{action}", f"arn:aws:iam::{ACCOUNT}:{resource}"),)


def test_what_names_no_resource_needs_all_of_them():
    # The key that GetAccessKeyLastUsed names may be anybody's, and a role has no own user.
    role = Identity("assumed-role", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s")
    for action, caller in (("ListUsers", ANN), ("GetAccessKeyLastUsed", ANN), ("GetUser", role)):
        assert needs(action, caller, AccessKeyId="AKIDEXAMPLE") == ((f"iam:{action}", "*"),)


def test_two_permissions_for_one_call():
    user = f"arn:aws:iam::{ACCOUNT}:user"
    assert needs("UpdateUser", UserName="bob", NewUserName="eve", NewPath="/x/") == (
        ("iam:UpdateUser", f"{user}/bob"),
        ("iam:UpdateUser", f"{user}/x/eve"),
    )
    pass_role = ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/r")
    assert needs("AddRoleToInstanceProfile", InstanceProfileName="i", RoleName="r")[1] == pass_role
    tags = {"RoleArn": "arn:r", "Tags.member.1.Key": "a", "SourceIdentity": "s"}
    actions = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    assert needs("AssumeRole", **tags) == tuple((action, "arn:r") for action in actions)
    federated = ("sts:GetFederationToken", f"arn:aws:sts::{ACCOUNT}:federated-user/n")
    assert needs("GetFederationToken", Name="n") == (federated,)


@pytest.mark.parametrize("action", ["", "Nonsense", "getUser", "GetUser ", "s3:GetObject", "*"])
def test_an_unknown_action_is_no_operation(action):
    for service in ("iam", "sts"):
        for form in ({}, {"Action": action}):
            assert query_operation(service, form, account=ACCOUNT, caller=ANN) is None
