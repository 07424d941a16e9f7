"""IAM's operations by boto3, and the words of their refusals.

Statuses, codes and messages are those recorded on AWS in February 2026, where they were.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from strict_s3.rules.identity import Identity
from strict_s3.rules.query_protocol import QueryError
from strict_s3.server.clock import Clock
from strict_s3.server.store.iam import Iam
from strict_s3.server.store.iam.account import OPERATIONS, QUOTAS
from strict_s3.server.store.iam.aws_policies import aws_policies

ACCOUNT = "123456789012"
ROOT = Identity("root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "", ACCOUNT)
READ = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        },
    }
)


class Raw:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self):
        yield self.content


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return Iam(ACCOUNT, clock)


def client(store: Iam, caller: Identity = ROOT):
    """A boto3 client whose requests are carried out without a server, by `caller`."""

    def send(request, **_):
        form = dict(parse_qsl(request.body, keep_blank_values=True))
        action = form["Action"]
        try:
            params = store.model.read(action, form)
            status, answer = 200, store.carry_out(action, params, caller, "id")
        except QueryError as error:
            status, answer = error.status, error.to_xml("id")
        return AWSResponse(request.url, status, {"content-type": "text/xml"}, Raw(answer))

    made = boto3.client(
        "iam",
        region_name="eu-west-2",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )
    made.meta.events.register("before-send.iam", send)
    return made


@pytest.fixture
def iam(store):
    return client(store)


def refusal(call, **params) -> tuple[int, str, str]:
    """Status, code and message of a refused call."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    found = error["Error"]
    return error["ResponseMetadata"]["HTTPStatusCode"], found["Code"], found["Message"]


def arn(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def principal(made: dict) -> Identity:
    """Whoever a created user is, or a session of a created role."""
    if "RoleId" in made:
        session = f"{made['RoleId']}:s"
        return Identity("assumed-role", ACCOUNT, "x", "", session, made["Arn"])
    return Identity("user", ACCOUNT, made["Arn"], made["UserName"], made["UserId"])


# Users.


def test_a_user_from_beginning_to_end(iam, clock):
    made = iam.create_user(UserName="ann", Path="/team/")["User"]
    assert made == {
        "Path": "/team/",
        "UserName": "ann",
        "UserId": made["UserId"],
        "Arn": arn("user/team", "ann"),
        "CreateDate": clock.now().replace(microsecond=0),
    }
    assert made["UserId"].startswith("AIDA")
    assert len(made["UserId"]) == 21
    assert iam.get_user(UserName="ann")["User"] == made
    iam.update_user(UserName="ann", NewUserName="eve", NewPath="/")
    eve = iam.get_user(UserName="eve")["User"]
    assert (eve["UserId"], eve["Arn"]) == (made["UserId"], arn("user", "eve"))
    assert refusal(iam.get_user, UserName="ann") == (
        404,
        "NoSuchEntity",
        "The user with name ann cannot be found.",
    )
    iam.delete_user(UserName="eve")
    assert iam.list_users()["Users"] == []


def test_dates_are_the_clocks(iam, clock):
    clock.offset = timedelta(days=400)
    created = iam.create_user(UserName="ann")["User"]["CreateDate"]
    assert abs(created - datetime.now(UTC) - timedelta(days=400)) < timedelta(minutes=1)


def test_names_are_not_distinguished_by_case(iam):
    iam.create_user(UserName="Ann")
    taken = (409, "EntityAlreadyExists")
    assert refusal(iam.create_user, UserName="ann")[:2] == taken
    assert iam.get_user(UserName="ANN")["User"]["UserName"] == "Ann"
    assert refusal(iam.update_user, UserName="Ann", NewUserName="ANN")[:2] == taken
    for make, name in ((iam.create_group, "GroupName"), (iam.create_policy, "PolicyName")):
        more = {"PolicyDocument": READ} if name == "PolicyName" else {}
        make(**{name: "Same"}, **more)
        assert refusal(make, **{name: "sAME"}, **more)[:2] == taken


def test_lists_are_ordered_paged_and_filtered_by_path(iam):
    for number, name in enumerate(["b", "A", "c", "D"]):
        iam.create_user(UserName=name, Path=f"/{number}/x/")
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 3})
    assert [[user["UserName"] for user in page["Users"]] for page in pages] == [
        ["A", "b", "c"],
        ["D"],
    ]
    assert [u["UserName"] for u in iam.list_users(PathPrefix="/1/")["Users"]] == ["A"]
    assert refusal(iam.list_users, Marker="?!")[1:] == ("ValidationError", "Invalid Marker.")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
         "Member must not be null"),
        ({"UserName": "a/b"}, "The specified value for userName is invalid. It must contain only "
         "alphanumeric characters and/or the following: +=,.@_-"),
        ({"UserName": "a" * 65}, "1 validation error detected: Value at 'userName' failed to "
         "satisfy constraint: Member must have length less than or equal to 64"),
        ({"UserName": "a", "Path": "x"}, "The specified value for path is invalid. It must begin "
         "and end with / and contain only alphanumeric characters and/or / characters."),
        ({"UserName": "a", "Tags": [{"Key": "k*", "Value": ""}]}, "1 validation error detected: "
         "Value at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular "
         r"expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"),
        ({"UserName": "a", "Tags": [{"Key": str(n), "Value": ""} for n in range(51)]},
         "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must "
         "have length less than or equal to 50"),
    ],
)  # fmt: skip
def test_parameters_that_are_not_valid(iam, params, message):
    assert refusal(iam.create_user, **params) == (400, "ValidationError", message)


def test_the_root_is_a_user_without_a_name(iam):
    found = iam.get_user()["User"]
    assert (found["Arn"], found["UserId"]) == (ROOT.arn, ACCOUNT)


def test_without_a_name_the_caller_is_meant(iam, store):
    made = iam.create_user(UserName="ann")["User"]
    ann = client(store, principal(made))
    assert ann.get_user()["User"] == made
    key = ann.create_access_key()["AccessKey"]
    assert key["UserName"] == "ann"
    assert ann.list_access_keys()["AccessKeyMetadata"][0]["AccessKeyId"] == key["AccessKeyId"]
    role = client(store, Identity("assumed-role", ACCOUNT, "x", role_arn=arn("role", "r")))
    assert refusal(role.create_access_key) == (
        400,
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )


# Access keys.


def test_access_keys(iam, store):
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    found = store.find_key(key["AccessKeyId"])
    assert found.secret_key == key["SecretAccessKey"]
    assert (found.identity.arn, found.active) == (arn("user", "ann"), True)
    iam.create_access_key(UserName="ann")
    assert refusal(iam.create_access_key, UserName="ann") == (
        409,
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    one = {"UserName": "ann", "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(**one, Status="Inactive")
    assert not store.find_key(key["AccessKeyId"]).active
    iam.update_user(UserName="ann", NewUserName="eve")
    assert store.find_key(key["AccessKeyId"]).identity.arn == arn("user", "eve")
    one["UserName"] = "eve"
    iam.delete_access_key(**one)
    assert store.find_key(key["AccessKeyId"]) is None
    assert refusal(iam.delete_access_key, **one) == (
        404,
        "NoSuchEntity",
        f"The Access Key with id {one['AccessKeyId']} cannot be found.",
    )


def test_the_root_can_have_one_more_key(iam, store):
    key = iam.create_access_key()["AccessKey"]
    assert "UserName" not in key
    assert store.find_key(key["AccessKeyId"]).identity == ROOT
    assert refusal(iam.create_access_key)[1] == "LimitExceeded"
    iam.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert store.find_key(key["AccessKeyId"]) is None


def test_secrets_are_not_in_a_repr(iam, store):
    iam.create_user(UserName="ann")
    secret = iam.create_access_key(UserName="ann")["AccessKey"]["SecretAccessKey"]
    assert secret not in repr(store._account.user("ann"))


# What has to go first.


@pytest.mark.parametrize(
    ("give", "message"),
    [
        (("create_access_key", {}), "must delete access keys first."),
        (("put_user_policy", {"PolicyName": "p", "PolicyDocument": READ}), "must delete policies"),
        (("attach_user_policy", {"PolicyArn": arn("policy", "p")}), "must detach all policies"),
        (("add_user_to_group", {"GroupName": "g"}), "must remove users from group first."),
    ],
)
def test_a_user_that_still_has_something(iam, give, message):
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="g")
    iam.create_policy(PolicyName="p", PolicyDocument=READ)
    name, params = give
    getattr(iam, name)(UserName="ann", **params)
    status, code, said = refusal(iam.delete_user, UserName="ann")
    assert (status, code) == (409, "DeleteConflict")
    assert said.startswith(f"Cannot delete entity, {message}")


def test_a_group_or_role_that_still_has_something(iam):
    iam.create_user(UserName="ann")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="ann")
    conflict = (409, "DeleteConflict")
    assert refusal(iam.delete_group, GroupName="g")[:2] == conflict
    iam.remove_user_from_group(GroupName="g", UserName="ann")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=READ)
    assert refusal(iam.delete_group, GroupName="g")[:2] == conflict
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=READ)
    assert refusal(iam.delete_role, RoleName="r")[:2] == conflict


# Groups.


def test_groups(iam):
    made = iam.create_group(GroupName="g", Path="/x/")["Group"]
    assert made["GroupId"].startswith("AGPA")
    iam.create_user(UserName="ann")
    for _ in range(2):
        iam.add_user_to_group(GroupName="g", UserName="ann")
    assert [user["UserName"] for user in iam.get_group(GroupName="g")["Users"]] == ["ann"]
    assert iam.list_groups_for_user(UserName="ann")["Groups"] == [made]
    iam.update_user(UserName="ann", NewUserName="eve")
    assert [user["UserName"] for user in iam.get_group(GroupName="g")["Users"]] == ["eve"]
    iam.update_group(GroupName="g", NewGroupName="h")
    assert iam.list_groups()["Groups"][0]["GroupName"] == "h"
    for _ in range(2):  # removing who is no member is no fault
        iam.remove_user_from_group(GroupName="h", UserName="eve")
    assert refusal(iam.add_user_to_group, GroupName="h", UserName="no")[2] == (
        "The user with name no cannot be found."
    )
    assert refusal(iam.add_user_to_group, GroupName="no", UserName="eve")[2] == (
        "The group with name no cannot be found."
    )
    assert (
        iam.get_account_summary()["SummaryMap"] | {"Users": 1, "Groups": 1}
        == (iam.get_account_summary()["SummaryMap"])
    )


# Policies of users, groups and roles.


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_inline_and_attached_policies(iam, kind):
    name = {f"{kind.title()}Name": "x"}
    more = {"AssumeRolePolicyDocument": TRUST} if kind == "role" else {}
    getattr(iam, f"create_{kind}")(**name, **more)
    getattr(iam, f"put_{kind}_policy")(**name, PolicyName="p", PolicyDocument=READ)
    got = getattr(iam, f"get_{kind}_policy")(**name, PolicyName="p")
    assert got["PolicyDocument"] == json.loads(READ)
    assert getattr(iam, f"list_{kind}_policies")(**name)["PolicyNames"] == ["p"]
    getattr(iam, f"delete_{kind}_policy")(**name, PolicyName="p")
    assert refusal(getattr(iam, f"get_{kind}_policy"), **name, PolicyName="p") == (
        404,
        "NoSuchEntity",
        f"The {kind} policy with name p cannot be found.",
    )
    policy = iam.create_policy(PolicyName="m", PolicyDocument=READ)["Policy"]["Arn"]
    attach, detach = (getattr(iam, f"{verb}_{kind}_policy") for verb in ("attach", "detach"))
    listed = getattr(iam, f"list_attached_{kind}_policies")
    for _ in range(2):
        attach(**name, PolicyArn=policy)
    assert listed(**name)["AttachedPolicies"] == [{"PolicyName": "m", "PolicyArn": policy}]
    assert listed(**name, PathPrefix="/other/")["AttachedPolicies"] == []
    entities = iam.list_entities_for_policy(PolicyArn=policy)
    assert [e[f"{kind.title()}Name"] for e in entities[f"Policy{kind.title()}s"]] == ["x"]
    assert refusal(iam.delete_policy, PolicyArn=policy)[1] == "DeleteConflict"
    detach(**name, PolicyArn=policy)
    assert refusal(detach, **name, PolicyArn=policy) == (
        404,
        "NoSuchEntity",
        f"Policy {policy} was not found.",
    )
    none = arn("policy", "none")
    assert refusal(attach, **name, PolicyArn=none) == (
        404,
        "NoSuchEntity",
        f"Policy {none} does not exist or is not attachable.",
    )
    assert refusal(attach, **name, PolicyArn="a-name-and-no-arn-at-all") == (
        400,
        "ValidationError",
        "Invalid ARN:  Could not be parsed!",
    )


def test_documents_that_are_not_valid(iam):
    iam.create_user(UserName="ann")
    broken = {"UserName": "ann", "PolicyName": "p", "PolicyDocument": "{}"}
    malformed = (400, "MalformedPolicyDocument", "Syntax errors in policy.")
    assert refusal(iam.put_user_policy, **broken) == malformed
    old = READ.replace("2012-10-17", "2008-10-17")
    assert refusal(iam.create_policy, PolicyName="p", PolicyDocument=old)[2] == (
        "Policy document must be version 2012-10-17 or greater."
    )
    iam.put_user_policy(**broken | {"PolicyDocument": old})
    assert refusal(iam.create_role, RoleName="r", AssumeRolePolicyDocument="no")[2] == (
        "This policy contains invalid Json"
    )


def test_numbers_and_booleans_need_no_quotation_marks(iam):
    iam.create_user(UserName="ann")
    condition = {
        "NumericGreaterThan": {"s3:signatureAge": 600000},
        "Bool": {"aws:SecureTransport": False},
    }
    statement = json.loads(READ)["Statement"][0] | {"Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
    got = iam.get_user_policy(UserName="ann", PolicyName="p")["PolicyDocument"]
    assert got["Statement"]["Condition"] == condition


def test_sizes_are_counted_without_white_space(iam):
    iam.create_user(UserName="ann")
    document = json.loads(READ)
    document["Statement"][0]["Resource"] = ["arn:aws:s3:::" + "b" * 1900]
    put = {"UserName": "ann", "PolicyName": "p"}
    iam.put_user_policy(**put, PolicyDocument=json.dumps(document, indent=40))
    document["Statement"][0]["Resource"][0] += "b" * 200
    assert refusal(iam.put_user_policy, **put, PolicyDocument=json.dumps(document))[2] == (
        "Maximum policy size of 2048 bytes exceeded for user ann"
    )


# Managed policies.


def test_versions_of_a_policy(iam):
    made = iam.create_policy(PolicyName="p", PolicyDocument=READ, Description="d")["Policy"]
    assert "Description" not in made
    of = {"PolicyArn": made["Arn"]}
    assert iam.get_policy(**of)["Policy"] == made | {"Description": "d", "Tags": []}
    second = iam.create_policy_version(**of, PolicyDocument=READ, SetAsDefault=True)
    assert second["PolicyVersion"]["IsDefaultVersion"]
    assert [v["VersionId"] for v in iam.list_policy_versions(**of)["Versions"]] == ["v2", "v1"]
    got = iam.get_policy_version(**of, VersionId="v2")["PolicyVersion"]
    assert got["Document"] == json.loads(READ)
    iam.set_default_policy_version(**of, VersionId="v1")
    assert refusal(iam.delete_policy_version, **of, VersionId="v1")[1:] == (
        "DeleteConflict",
        "Cannot delete the default version of a policy.",
    )
    assert refusal(iam.delete_policy, **of)[1] == "DeleteConflict"
    iam.delete_policy_version(**of, VersionId="v2")
    assert refusal(iam.get_policy_version, **of, VersionId="v2")[1:] == (
        "NoSuchEntity",
        f"Policy {made['Arn']} version v2 does not exist or is not attachable.",
    )
    for _ in range(4):
        iam.create_policy_version(**of, PolicyDocument=READ)
    assert refusal(iam.create_policy_version, **of, PolicyDocument=READ)[:2] == (
        409,
        "LimitExceeded",
    )
    for number in range(3, 7):
        iam.delete_policy_version(**of, VersionId=f"v{number}")
    iam.delete_policy(**of)
    assert refusal(iam.get_policy, **of)[2] == f"Policy {made['Arn']} was not found."


def test_policies_that_aws_manages(iam, store):
    ann = principal(iam.create_user(UserName="ann")["User"])
    reads = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    assert iam.get_policy(PolicyArn=reads)["Policy"]["AttachmentCount"] == 0
    iam.attach_user_policy(UserName="ann", PolicyArn=reads)
    assert iam.get_policy(PolicyArn=reads)["Policy"]["AttachmentCount"] == 1
    (policy,) = store.policies_of(ann).identity
    assert "s3:Get*" in policy.statements[0].actions
    attached = iam.list_policies(OnlyAttached=True)["Policies"]
    assert [policy["Arn"] for policy in attached] == [reads]
    version = iam.get_policy(PolicyArn=reads)["Policy"]["DefaultVersionId"]
    assert iam.get_policy_version(PolicyArn=reads, VersionId=version)["PolicyVersion"]["Document"]
    assert refusal(iam.get_policy_version, PolicyArn=reads, VersionId="v1")[:2] == (
        501,
        "NotImplemented",
    )
    assert refusal(iam.delete_policy, PolicyArn=reads)[:2] == (403, "AccessDenied")
    assert refusal(iam.get_policy, PolicyArn=reads.replace("policy/", "policy/x/"))[0] == 404


def test_all_policies_that_aws_manages_can_be_evaluated(iam, store):
    iam.create_group(GroupName="g")
    listed = iam.get_paginator("list_policies").paginate(Scope="AWS")
    found = [policy["Arn"] for page in listed for policy in page["Policies"]]
    assert len(found) == len(list(aws_policies())) > 1500
    for policy in found:
        assert store.managed_policy(policy)
    with_path = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    assert with_path in found


def test_an_arn_has_its_path(iam, store):
    made = iam.create_policy(PolicyName="p", PolicyDocument=READ, Path="/x/")["Policy"]["Arn"]
    assert made == arn("policy/x", "p")
    assert store.managed_policy(made)
    assert refusal(iam.get_policy, PolicyArn=arn("policy", "p"))[:2] == (404, "NoSuchEntity")


def test_moto_is_not_imported():
    # The tests have imported it themselves, if at all: a new interpreter has not.
    code = (
        "from strict_s3.server.clock import Clock; from strict_s3.server.store.iam import Iam; "
        "iam = Iam('123456789012', Clock()); "
        "assert iam.managed_policy('arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'); "
        "import sys; assert not [m for m in sys.modules if m.split('.')[0] == 'moto']"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# Roles and boundaries.


def test_a_role_from_beginning_to_end(iam, store):
    made = iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=TRUST, Description="d", MaxSessionDuration=7200
    )["Role"]
    assert made["RoleId"].startswith("AROA")
    assert not {"Description", "MaxSessionDuration"} & set(made)
    assert made["AssumeRolePolicyDocument"] == json.loads(TRUST)
    got = iam.get_role(RoleName="r")["Role"]
    assert (got["Description"], got["MaxSessionDuration"]) == ("d", 7200)
    iam.update_role(RoleName="r", MaxSessionDuration=3600)
    assert iam.list_roles()["Roles"][0]["MaxSessionDuration"] == 3600
    assert iam.update_role_description(RoleName="r", Description="e")["Role"]["Description"] == "e"
    iam.create_user(UserName="ann")
    other = TRUST.replace(":root", ":user/ann")
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=other)
    assert store.find_role(made["Arn"]).assume_role_policy_document == other
    assert store.find_role(arn("role/path", "r")) is None
    assert iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"] == []
    iam.delete_role(RoleName="r")
    assert store.find_role(made["Arn"]) is None


@pytest.mark.parametrize("kind", ["user", "role"])
def test_permissions_boundaries(iam, store, kind):
    name = {f"{kind.title()}Name": "x"}
    more = {"AssumeRolePolicyDocument": TRUST} if kind == "role" else {}
    create, get = getattr(iam, f"create_{kind}"), getattr(iam, f"get_{kind}")
    put = getattr(iam, f"put_{kind}_permissions_boundary")
    take = getattr(iam, f"delete_{kind}_permissions_boundary")
    none = arn("policy", "none")
    assert refusal(create, **name, **more, PermissionsBoundary=none) == (
        404,
        "NoSuchEntity",
        f"Scope ARN: {none} does not exist or is not attachable.",
    )
    wrong = f"arn:aws:iam::{ACCOUNT}:not_a_policy/x"
    assert refusal(create, **name, **more, PermissionsBoundary=wrong) == (
        400,
        "InvalidInput",
        "Invalid ARN:  Could not be parsed!",
    )
    policy = iam.create_policy(PolicyName="m", PolicyDocument=READ)["Policy"]["Arn"]
    made = create(**name, **more, PermissionsBoundary=policy)[kind.title()]
    said = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy}
    assert made["PermissionsBoundary"] == said
    who = principal(made)
    assert store.policies_of(who).boundary.name == "m"
    assert refusal(iam.delete_policy, PolicyArn=policy)[1] == "DeleteConflict"
    assert iam.get_policy(PolicyArn=policy)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    take(**name)
    assert store.policies_of(who).boundary is None
    assert "PermissionsBoundary" not in get(**name)[kind.title()]
    assert refusal(take, **name)[:2] == (404, "NoSuchEntity")
    put(**name, PermissionsBoundary=policy)
    assert store.policies_of(who).boundary.name == "m"


# Tags.


def test_tags_of_users_ignore_case_and_those_of_policies_do_not(iam, store):
    two = [{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    assert refusal(iam.create_user, UserName="ann", Tags=two) == (
        400,
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    ann = principal(iam.create_user(UserName="ann", Tags=two[:1])["User"])
    iam.tag_user(UserName="ann", Tags=two[1:])
    assert iam.list_user_tags(UserName="ann")["Tags"] == two[1:]
    assert iam.get_user(UserName="ann")["User"]["Tags"] == two[1:]
    assert store.principal_tags(ann) == {"team": "b"}
    iam.untag_user(UserName="ann", TagKeys=["TEAM"])
    assert iam.list_user_tags(UserName="ann")["Tags"] == []
    policy = iam.create_policy(PolicyName="p", PolicyDocument=READ, Tags=two)["Policy"]["Arn"]
    assert iam.list_policy_tags(PolicyArn=policy)["Tags"] == two
    assert refusal(iam.tag_policy, PolicyArn=policy, Tags=two[:1] * 2)[2] == (
        "Duplicate tag keys found."
    )
    many = [{"Key": str(n), "Value": ""} for n in range(50)]
    assert refusal(iam.tag_policy, PolicyArn=policy, Tags=many)[1] == "LimitExceeded"


# Policies as a decision sees them.


def test_policies_of_a_user_are_its_own_and_its_groups(iam, store):
    ann = principal(iam.create_user(UserName="ann")["User"])
    iam.create_group(GroupName="g")
    assert store.policies_of(ann).identity == ()
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=READ)
    iam.put_group_policy(GroupName="g", PolicyName="theirs", PolicyDocument=READ)
    policy = iam.create_policy(PolicyName="m", PolicyDocument=READ)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="g", PolicyArn=policy)
    assert [p.name for p in store.policies_of(ann).identity] == ["own"]
    iam.add_user_to_group(GroupName="g", UserName="ann")
    assert [p.name for p in store.policies_of(ann).identity] == ["own", "theirs", "m"]
    assert store.policies_of(ann) is store.policies_of(ann)
    iam.remove_user_from_group(GroupName="g", UserName="ann")
    assert [p.name for p in store.policies_of(ann).identity] == ["own"]
    iam.update_user(UserName="ann", NewUserName="eve")
    assert [p.name for p in store.policies_of(ann).identity] == ["own"]
    assert store.current(ann).user_name == "eve"
    store.reset()
    assert store.current(ann) is None
    assert store.policies_of(ann).identity == ()


def test_two_accounts_in_one_process_share_nothing(clock):
    one, other = Iam(ACCOUNT, clock), Iam(ACCOUNT, clock)
    client(one).create_user(UserName="ann")
    assert client(other).list_users()["Users"] == []
    other.reset()
    assert len(client(one).list_users()["Users"]) == 1


# Everything that IAM has: obeyed, refused or 501.

MODEL = ServiceModel(
    Loader([Loader.BUILTIN_DATA_PATH]).load_service_model("iam", "service-2"), "iam"
)
# Parameters that only AWS's newest operations have, and that are not carried out.
NOT_OBEYED = {
    ("CreateRole", "MaxSigninSessionDuration"),
    ("ListServiceSpecificCredentials", "AllUsers"),
    ("ListServiceSpecificCredentials", "ServiceName"),
    ("UpdateRole", "MaxSigninSessionDuration"),
    ("UpdateRole", "ResetMaxSigninSessionDuration"),
}


def example(shape, name):
    """A value that a parameter of that shape can have."""
    if shape.type_name == "structure":
        return {key: example(member, key) for key, member in shape.members.items()}
    if shape.type_name == "list":
        return [example(shape.member, name)]
    if shape.type_name == "map":
        return {}
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "integer":
        return shape.metadata.get("min", 1)
    if shape.enum:
        return shape.enum[0]
    known = {
        "Path": "/x/",
        "NewPath": "/x/",
        "PathPrefix": "/",
        "VersionId": "v1",
        "Marker": "YQ==",
    }
    if "Document" in name:
        return TRUST if "Assume" in name else READ
    if "Arn" in name or name == "PermissionsBoundary":
        return arn("policy", "example")
    return known.get(name, "x" * 20)


@pytest.mark.parametrize("action", sorted(MODEL.operation_names))
def test_every_operation_is_carried_out_or_501(store, action):
    shape = MODEL.operation_model(action).input_shape
    params = example(shape, "") if shape else {}
    if action not in OPERATIONS:
        with pytest.raises(QueryError) as caught:
            store.carry_out(action, params, ROOT, "id")
        assert (caught.value.status, caught.value.code) == (501, "NotImplemented")
        assert action in caught.value.message
        return
    for name in shape.members if shape else ():
        if (action, name) in NOT_OBEYED:
            with pytest.raises(QueryError) as caught:
                store.carry_out(action, {name: params[name]}, ROOT, "id")
            assert caught.value.status == 501
            assert caught.value.message.startswith(f"{name} is a parameter of {action}")
        else:
            assert name in OPERATIONS[action].obeys


class Watched(dict):
    """Notes which parameters are looked at."""

    def __init__(self, params):
        super().__init__(params)
        self.seen = set()

    def __getitem__(self, name):
        self.seen.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self.seen.add(name)
        return super().get(name, default)

    def __contains__(self, name):
        self.seen.add(name)
        return super().__contains__(name)


@pytest.mark.parametrize("action", sorted(OPERATIONS))
def test_every_parameter_that_is_said_to_be_obeyed_is_looked_at(store, iam, action):
    name = "x" * 20
    iam.create_policy(PolicyName="example", PolicyDocument=READ)
    iam.create_policy_version(PolicyArn=arn("policy", "example"), PolicyDocument=READ)
    iam.set_default_policy_version(PolicyArn=arn("policy", "example"), VersionId="v2")
    if not action.startswith("Create"):
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    if action == "CreateAccessKey":
        iam.create_user(UserName=name)
    for kind in ("user", "group", "role") if not action.startswith(("Create", "Delete")) else ():
        who = {f"{kind.title()}Name": name}
        getattr(iam, f"put_{kind}_policy")(**who, PolicyName=name, PolicyDocument=READ)
        getattr(iam, f"attach_{kind}_policy")(**who, PolicyArn=arn("policy", "example"))
    shape = MODEL.operation_model(action).input_shape
    given = example(shape, "") if shape else {}
    if action == "UpdateAssumeRolePolicy":
        given["PolicyDocument"] = TRUST
    params = Watched({name: given[name] for name in OPERATIONS[action].obeys})
    try:
        OPERATIONS[action].handler(store._account, params, ROOT)
    except QueryError as error:
        # Refused for what is or isn't there, not for the parameters.
        assert error.status in (404, 409), error
        if action not in ("UpdateAccessKey", "DeleteAccessKey"):
            params.seen |= {"PolicyName", "PolicyArn", "VersionId", "PolicyDocument"}
    left = set(params) - params.seen
    if action in ("UpdateAccessKey",):
        left -= {"Status"}  # looked at once the key is found: see test_access_keys
    assert left <= {"Marker", "MaxItems"} if action.startswith("List") else not left


def test_paging_is_looked_at(store):
    listing = [name for name in OPERATIONS if "Marker" in OPERATIONS[name].obeys]
    nothing = {"ListMFADevices", "ListSSHPublicKeys", "ListSigningCertificates",
               "ListServiceSpecificCredentials", "ListInstanceProfilesForRole"}  # fmt: skip
    assert len(set(listing) - nothing) == 18


def test_quotas_are_told_in_the_summary(iam):
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["UsersQuota"] == QUOTAS["Users"] == 5000
    assert summary["AccessKeysPerUserQuota"] == 2
