"""Clean-up removes what lessons made, all of it, and nothing else."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from helpers import lab as lab_module
from helpers.clean_up import remove_bucket, remove_policy, remove_role, remove_user
from helpers.errors import LabError
from helpers.lab import Lab, connect

ANYTHING = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ANYTHING]})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"}}
        ],
    }
)


@pytest.fixture
def lab():
    lab = connect()
    yield lab
    lab.reset()


def test_users_and_roles_go_with_all_that_they_hold(lab):
    iam = lab.client("iam")
    arn = {
        name: iam.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"]
        for name in ("s3-lessons-x", "s3-lessons-y", "their-own")
    }
    iam.create_policy_version(PolicyArn=arn["s3-lessons-x"], PolicyDocument=POLICY)
    iam.create_user(UserName="s3-lessons-u")
    iam.create_access_key(UserName="s3-lessons-u")
    iam.put_user_policy(UserName="s3-lessons-u", PolicyName="p", PolicyDocument=POLICY)
    iam.attach_user_policy(UserName="s3-lessons-u", PolicyArn=arn["s3-lessons-x"])
    iam.attach_user_policy(UserName="s3-lessons-u", PolicyArn=arn["their-own"])
    iam.create_role(RoleName="s3-lessons-r", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="s3-lessons-r", PolicyName="p", PolicyDocument=POLICY)
    iam.attach_role_policy(RoleName="s3-lessons-r", PolicyArn=arn["s3-lessons-y"])
    for _ in range(2):  # the second time there is nothing left to do
        remove_user(lab, "s3-lessons-u")
        remove_role(lab, "s3-lessons-r")
    assert not iam.list_users()["Users"]
    assert not iam.list_roles()["Roles"]
    left = [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    assert left == ["their-own"]


def test_a_policy_goes_from_whoever_has_it(lab):
    iam = lab.client("iam")
    arn = iam.create_policy(PolicyName="s3-lessons-x", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.create_user(UserName="s3-lessons-u")
    iam.attach_user_policy(UserName="s3-lessons-u", PolicyArn=arn)
    iam.create_role(RoleName="s3-lessons-r", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="s3-lessons-r", PolicyArn=arn)
    iam.create_policy(PolicyName="s3-lessons-x2", PolicyDocument=POLICY)
    for _ in range(2):
        remove_policy(lab, "s3-lessons-x")
    left = [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    assert left == ["s3-lessons-x2"]
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["s3-lessons-u"]


def test_a_lessons_bucket_goes_with_its_objects(lab):
    s3 = lab.client()
    name = f"{lab.bucket}-lesson-01"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": lab.region})
    s3.put_object(Bucket=name, Key="a b/+", Body=b"x")
    s3.put_object(Bucket=lab.bucket, Key="kept")
    for _ in range(2):
        remove_bucket(lab, name)
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [lab.bucket]
    assert s3.head_object(Bucket=lab.bucket, Key="kept")


@pytest.mark.parametrize("remove", [remove_bucket, remove_user, remove_role, remove_policy])
def test_other_names_are_not_touched(lab, remove):
    with pytest.raises(LabError, match="alice"):
        remove(lab, "alice")
    with pytest.raises(LabError, match="not made by a lesson"):
        remove_bucket(lab, lab.bucket)


def test_other_refusals_are_not_passed_over(lab):
    stranger = lab.with_key({"AccessKeyId": "AKIANOBODY", "SecretAccessKey": "x"})
    with pytest.raises(ClientError, match="security token"):
        remove_user(stranger, "s3-lessons-u")


def test_with_key_is_the_same_s3_for_somebody_else(lab):
    iam = lab.client("iam")
    iam.create_user(UserName="s3-lessons-u")
    user = lab.with_key(iam.create_access_key(UserName="s3-lessons-u")["AccessKey"])
    assert user.client("sts").get_caller_identity()["Arn"].endswith(":user/s3-lessons-u")
    session = user.with_key(user.client("sts").get_session_token()["Credentials"])
    assert session.session_token
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/s3-lessons-u")
    assert session.with_key({"AccessKeyId": "A", "SecretAccessKey": "s"}).session_token is None


def test_a_real_account_is_asked_first(lab, monkeypatch, capsys):
    def nobody(question):
        raise RuntimeError(question)  # what a notebook run by a program does

    monkeypatch.setattr("builtins.input", nobody)
    lab.ask("make a user")
    lab.let_it_settle()
    assert capsys.readouterr().out == ""

    real = Lab("b", "eu-west-2", "AKIA", "s", local=False)
    with pytest.raises(LabError, match="Nothing was changed"):
        real.ask("make a user")
    assert "At AWS this lesson will make a user." in capsys.readouterr().out
    for answer, agreed in (("yes", True), (" Y ", True), ("", False), ("maybe", False)):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        if agreed:
            real.ask("make a user")
        else:
            with pytest.raises(LabError, match="Nothing was changed"):
                real.ask("make a user")
    waited = []
    monkeypatch.setattr(lab_module.time, "sleep", waited.append)
    real.let_it_settle()
    assert waited == [lab_module.SETTLE_SECONDS]
