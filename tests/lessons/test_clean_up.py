"""Clean-up removes what lessons made, all of it, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from helpers import clean_up
from helpers import lab as lab_module
from helpers.errors import LabError
from helpers.lab import Lab, connect
from helpers.settings import Settings

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
    lab = connect("01")
    lab.made = clean_up.Made()
    yield lab
    lab.reset()


@pytest.fixture
def account(lab, monkeypatch, tmp_path):
    """The local S3 as the S3 that .env names, for which everybody says yes; connects anew."""
    monkeypatch.setattr(clean_up, "MADE", tmp_path / "work" / "made.json")
    monkeypatch.setattr(lab_module, "_current", None)
    monkeypatch.setattr("builtins.input", lambda question: "y")
    monkeypatch.setattr(lab_module.time, "sleep", lambda seconds: None)
    settings = Settings(
        lab.access_key, lab.secret_key, lab.bucket, lab.region, endpoint_url=lab.endpoint_url
    )
    monkeypatch.setattr(lab_module, "load_settings", lambda: settings)

    def restarted(lesson: str = "07") -> Lab:
        """What a new kernel's first cell returns."""
        monkeypatch.setattr(lab_module, "_current", None)
        return connect(lesson)

    return restarted


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
    names = {"users": ["s3-lessons-u"], "roles": ["s3-lessons-r"]}
    lab.made.note({**names, "policies": ["s3-lessons-x", "s3-lessons-y"]}, {})
    for _ in range(2):  # the second time there is nothing left to do
        lab.clean_up()
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
    assert clean_up.delete_policy(iam, "s3-lessons-x") is True
    assert clean_up.delete_policy(iam, "s3-lessons-x") is False
    left = [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    assert left == ["s3-lessons-x2"]
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["s3-lessons-u"]


def test_a_lessons_bucket_goes_with_its_objects(lab):
    s3 = lab.client()
    name = f"{lab.bucket}-lesson-01"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": lab.region})
    on = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=on)
    for _ in range(2):
        s3.put_object(Bucket=name, Key="a b/+", Body=b"x")
    s3.delete_object(Bucket=name, Key="a b/+")
    s3.create_multipart_upload(Bucket=name, Key="unfinished")
    s3.put_object(Bucket=lab.bucket, Key="kept")
    assert clean_up.delete_bucket(s3, name) is True
    assert clean_up.delete_bucket(s3, name) is False
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [lab.bucket]
    assert s3.head_object(Bucket=lab.bucket, Key="kept")


@pytest.mark.parametrize("kind", clean_up.KINDS)
def test_other_names_are_not_touched(lab, kind):
    client = lab.client("s3" if kind == "buckets" else "iam")
    for refused in (
        lambda: clean_up.DELETE[kind](client, "alice"),
        lambda: lab.will_make(**{kind: ["alice"]}),
        lambda: lab.made.note({kind: ["alice"]}, {}),
    ):
        with pytest.raises(LabError, match="'alice' was not made by a lesson"):
            refused()
    assert not lab.made


def test_other_refusals_are_not_passed_over(lab):
    stranger = lab.with_key({"AccessKeyId": "AKIANOBODY", "SecretAccessKey": "x"})
    with pytest.raises(ClientError, match="security token"):
        clean_up.delete_user(stranger.client("iam"), "s3-lessons-u")


def test_one_step_that_fails_keeps_no_other_from_being_done(lab, monkeypatch, capsys):
    iam, name = lab.client("iam"), f"{lab.bucket}-lesson-01"
    lab.will_make("cors", users=["s3-lessons-u"], buckets=[name])
    iam.create_user(UserName="s3-lessons-u")
    lab.on_clean_up("stopped it", Path("/no/such/file").unlink)
    lab.client().put_object(Bucket=lab.bucket, Key="lesson-01/a")
    real = clean_up.delete_bucket
    problem = ClientError({"Error": {"Code": "SlowDown", "Message": "Slow down"}}, "DeleteBucket")

    def slow_down(s3, name):
        raise problem

    monkeypatch.setitem(clean_up.DELETE, "buckets", slow_down)
    with pytest.raises(LabError, match=r"run this cell again: stopped it: .*Slow down"):
        lab.clean_up()
    said = capsys.readouterr().out
    assert "put back the bucket's CORS rules" in said
    assert "deleted the IAM user s3-lessons-u" in said
    assert "deleted 1 object in lesson-01/" in said
    assert lab.made.names["buckets"] == [name]
    monkeypatch.setitem(clean_up.DELETE, "buckets", real)
    lab.client().create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": lab.region}
    )
    lab.clean_up()
    assert capsys.readouterr().out == f"deleted the bucket {name}\n"
    lab.clean_up()
    assert capsys.readouterr().out == "nothing is left of this lesson\n"
    assert not lab.made


def test_will_make_begins_afresh(lab):
    lab.will_make(users=["s3-lessons-u"])
    for _ in range(2):
        lab.client("iam").create_user(UserName="s3-lessons-u")
        lab.will_make(users=["s3-lessons-u"])
    assert not lab.client("iam").list_users()["Users"]


def test_an_s3_without_iam_is_one_sentence(lab, monkeypatch):
    def not_here(iam, name):
        raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 405}}, "ListAccessKeys")

    monkeypatch.setitem(clean_up.DELETE, "users", not_here)
    with pytest.raises(LabError, match=r"can't be asked about the IAM user s3-lessons-u.*local S3"):
        lab.will_make(users=["s3-lessons-u"])
    monkeypatch.undo()
    lab.clean_up()


RULES = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://theirs.example"]}]


def test_a_restarted_kernel_loses_neither_names_nor_settings(lab, account, capsys):
    s3, iam = lab.client(), lab.client("iam")
    s3.put_bucket_cors(Bucket=lab.bucket, CORSConfiguration={"CORSRules": RULES})
    first = account()
    first.will_make("cors", "lifecycle", users=["s3-lessons-u"])
    assert "make the IAM user s3-lessons-u and change the CORS rules of" in capsys.readouterr().out
    iam.create_user(UserName="s3-lessons-u")
    s3.delete_bucket_cors(Bucket=lab.bucket)
    again = account()  # half-way: the rules of now are the lesson's own
    again.will_make("cors", "lifecycle")
    account("08").clean_up()  # another lesson's end is not this one's
    assert iam.list_users()["Users"]
    last = account()
    last.clean_up()
    assert s3.get_bucket_cors(Bucket=lab.bucket)["CORSRules"] == RULES
    assert not iam.list_users()["Users"]
    assert json.loads(clean_up.MADE.read_text()) == {}
    assert lab.secret_key not in clean_up.MADE.read_text()


def test_notes_are_on_disk_before_anything_is_changed(account, monkeypatch):
    real = account()
    noted = []
    delete = clean_up.delete_user
    monkeypatch.setitem(
        clean_up.DELETE,
        "users",
        lambda iam, name: noted.append(clean_up.MADE.read_text()) or delete(iam, name),
    )
    real.will_make("cors", users=["s3-lessons-u"])
    assert '"s3-lessons-u"' in noted[0] and '"cors"' in noted[0]


def test_notes_that_cannot_be_read_count_as_none(account):
    clean_up.MADE.parent.mkdir()
    for text in ("", "[]", "{"):
        Path(clean_up.MADE).write_text(text)
        account().clean_up()


def test_a_scratch_folder_is_removed(lab):
    folder = lab.scratch()
    (folder / ".env").write_text("SECRET=x")
    lab.clean_up()
    assert not folder.exists()


def test_with_key_is_the_same_s3_for_somebody_else(lab):
    iam = lab.client("iam")
    iam.create_user(UserName="s3-lessons-u")
    user = lab.with_key(iam.create_access_key(UserName="s3-lessons-u")["AccessKey"])
    assert user.client("sts").get_caller_identity()["Arn"].endswith(":user/s3-lessons-u")
    session = user.with_key(user.client("sts").get_session_token()["Credentials"])
    assert session.session_token
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/s3-lessons-u")
    assert session.with_key({"AccessKeyId": "A", "SecretAccessKey": "s"}).session_token is None


def test_a_real_account_is_asked_first(lab, account, monkeypatch, capsys):
    def nobody(question):
        raise RuntimeError(question)  # what a notebook run by a program does

    user = {"users": ["s3-lessons-u"]}
    real = account()
    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(LabError, match="Nothing was changed"):
        real.will_make("cors", **user)
    assert "this lesson will make the IAM user s3-lessons-u and" in capsys.readouterr().out
    for answer, agreed in (("yes", True), (" Y ", True), ("", False), ("maybe", False)):
        monkeypatch.setattr("builtins.input", lambda question, answer=answer: answer)
        real.made.agreed.clear()
        if agreed:
            real.will_make(**user)
            real.will_make(**user)  # asked once
            assert capsys.readouterr().out.count("this lesson will") == 1
        else:
            with pytest.raises(LabError, match="Nothing was changed"):
                real.will_make(**user)
            capsys.readouterr()
    lab.will_make("cors", **user)  # the notebook's own S3
    capsys.readouterr()
    waited = []
    monkeypatch.setattr(lab_module.time, "sleep", waited.append)
    lab.let_it_settle()
    assert waited == []
    real.let_it_settle()
    assert waited == [lab_module.SETTLE_SECONDS]
    assert capsys.readouterr().out.startswith("Waiting 15 seconds")
