"""STS: who gets which session, what it can do, and when it ends."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from botocore.exceptions import ClientError

from tests.service import allow, document
from tests.strict_s3.server.test_query_services import signed

ACCOUNT = "123456789012"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
ALL = allow("*")


def role(service, name: str = "r", *statements, condition=None, actions=(), **more) -> str:
    """A role that the whole account can assume; its ARN."""
    iam = service.client("iam")
    trust = {
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", *actions],
        "Principal": {"AWS": ROOT_ARN},
    }
    if condition:
        trust["Condition"] = condition
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **more)
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=document(*statements or [ALL])
    )
    return made["Role"]["Arn"]


def assume(service, keys, arn: str, **more) -> dict[str, str]:
    sts = service.client("sts", keys)
    return sts.assume_role(RoleArn=arn, RoleSessionName="session", **more)["Credentials"]


def refusal(call, **params) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return (
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"]["Code"],
        answer["Error"]["Message"],
    )


def status(service, keys, key: str = "k") -> int:
    """What a GET of an object is answered."""
    try:
        service.client(keys=keys).get_object(Bucket=service.bucket, Key=key)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]
    return 200


@pytest.fixture
def ann(service):
    service.put()
    return service.user("ann", ALL)


# Who can call what.


def test_the_root_assumes_no_role(service):
    arn = role(service)
    root = service.client("sts")
    denied = (403, "AccessDenied", "Roles may not be assumed by root accounts.")
    assert refusal(root.assume_role, RoleArn=arn, RoleSessionName="s1") == denied
    session = root.get_session_token()["Credentials"]
    assert refusal(
        service.client("sts", session).assume_role, RoleArn=arn, RoleSessionName="s1"
    ) == (denied)
    assert service.decision()["checks"][-1][:2] == ["AccessDenied", False]


def test_a_session_of_a_user_without_mfa(service, ann):
    arn = role(service)
    session = service.client("sts", ann).get_session_token()["Credentials"]
    assert status(service, session) == 200
    sts = service.client("sts", session)
    assert sts.get_caller_identity()["Arn"].endswith(":user/ann")
    assert status(service, assume(service, session, arn)) == 200
    for name, params in (("get_session_token", {}), ("get_federation_token", {"Name": "bob"})):
        action = {"get_session_token": "GetSessionToken"}.get(name, "GetFederationToken")
        assert refusal(getattr(sts, name), **params) == (
            403,
            "AccessDenied",
            f"Cannot call {action} with session credentials",
        )
    assert refusal(service.client("iam", session).list_users) == (
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_a_session_of_the_root_without_mfa(service):
    session = service.client("sts").get_session_token()["Credentials"]
    assert refusal(service.client("iam", session).list_users)[1] == "InvalidClientTokenId"


def test_a_federated_user(service, ann):
    arn = role(service)
    made = service.client("sts", ann).get_federation_token(Name="bob", Policy=document(ALL))
    assert made["FederatedUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    keys = made["Credentials"]
    assert status(service, keys) == 200
    sts = service.client("sts", keys)
    assert sts.get_caller_identity()["UserId"] == f"{ACCOUNT}:bob"
    assert refusal(sts.assume_role, RoleArn=arn, RoleSessionName="s1")[:2] == (403, "AccessDenied")
    assert refusal(service.client("iam", keys).list_users)[1] == "InvalidClientTokenId"


def test_a_federated_user_has_what_its_user_and_its_policy_allow(service, ann):
    sts = service.client("sts", ann)
    nothing = sts.get_federation_token(Name="bob")
    assert nothing["PackedPolicySize"] == 0
    assert status(service, nothing["Credentials"]) == 403
    service.client("iam").delete_user_policy(UserName="ann", PolicyName="p")
    policy = document(allow("s3:GetObject"))
    root = service.client("sts").get_federation_token(Name="bob", Policy=policy)["Credentials"]
    assert status(service, root) == 200
    assert refusal(service.client(keys=root).list_buckets)[:2] == (403, "AccessDenied")


def test_a_session_of_a_role(service, ann):
    keys = assume(service, ann, role(service))
    sts = service.client("sts", keys)
    assert service.client("iam", keys).list_users()["Users"]
    message = "Cannot call GetSessionToken with session credentials"
    assert refusal(sts.get_session_token) == (403, "AccessDenied", message)
    assert refusal(sts.get_federation_token, Name="bob")[:2] == (403, "AccessDenied")


# How long.


def test_role_chaining_lasts_an_hour_at_most(service, ann):
    arn = role(service, MaxSessionDuration=43200)
    long = service.client("sts", ann).assume_role(
        RoleArn=arn, RoleSessionName="s1", DurationSeconds=43200
    )["Credentials"]
    assert long["Expiration"] - datetime.now(UTC) > timedelta(hours=11)
    sts = service.client("sts", long)
    assert refusal(sts.assume_role, RoleArn=arn, RoleSessionName="s2", DurationSeconds=3601) == (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining",
    )
    chained = sts.assume_role(RoleArn=arn, RoleSessionName="s2", DurationSeconds=3600)
    assert chained["Credentials"]


def test_a_role_limits_its_sessions(service, ann):
    arn = role(service)
    assert refusal(
        service.client("sts", ann).assume_role,
        RoleArn=arn,
        RoleSessionName="s1",
        DurationSeconds=3601,
    ) == (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


@pytest.mark.parametrize(
    ("who", "asked", "hours"), [("root", {}, 1), ("root", {"DurationSeconds": 129600}, 1),
                                ("ann", {}, 12), ("ann", {"DurationSeconds": 129600}, 36)]
)  # fmt: skip
def test_a_session_of_the_root_lasts_an_hour_at_most(service, ann, who, asked, hours):
    sts = service.client("sts", None if who == "root" else ann)
    for made in (sts.get_session_token(**asked), sts.get_federation_token(Name="bob", **asked)):
        left = made["Credentials"]["Expiration"] - datetime.now(UTC)
        assert timedelta(hours=hours, minutes=-1) < left <= timedelta(hours=hours)


# Names.


@pytest.mark.parametrize("name", [None, "a/b", "a", "a" * 33, "a*", "é-é"])
def test_names_of_federated_users(service, name):
    form = {} if name is None else {"Name": name}
    answer = signed(service, "sts", {"Action": "GetFederationToken", **form})
    assert (answer.status_code, "ValidationError" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "arn",
    [
        "nothing-valid-in-here",
        "arn:a::::something/test-role",
        "arn:a:::something/test-role",
        "arn:a:a::aaaaaaaaaa:",
    ],
)
def test_arns_that_are_none(service, ann, arn):
    form = {"Action": "AssumeRole", "RoleArn": arn, "RoleSessionName": "s1"}
    answer = signed(service, "sts", form, keys=ann)
    assert f"<Code>ValidationError</Code><Message>{arn} is invalid</Message>" in answer.text


def test_a_role_that_is_not_there(service, ann):
    arn = f"arn:aws:iam::{ACCOUNT}:role/none"
    assert refusal(service.client("sts", ann).assume_role, RoleArn=arn, RoleSessionName="s1") == (
        403,
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: sts:AssumeRole on "
        f"resource: {arn}",
    )


# What the trust policy looks at.


def test_the_external_id(service, ann):
    arn = role(service, condition={"StringEquals": {"sts:ExternalId": "abc"}})
    assert assume(service, ann, arn, ExternalId="abc")
    for more in ({}, {"ExternalId": "abd"}):
        params = {"RoleArn": arn, "RoleSessionName": "s1", **more}
        assert refusal(service.client("sts", ann).assume_role, **params)[:2] == (
            403,
            "AccessDenied",
        )


def test_the_session_name(service, ann):
    condition = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    sts, arn = service.client("sts", ann), role(service, condition=condition)
    assert sts.assume_role(RoleArn=arn, RoleSessionName="ann")
    assert refusal(sts.assume_role, RoleArn=arn, RoleSessionName="bob")[1] == "AccessDenied"


def test_a_principal_that_is_not_there(service, ann):
    iam = service.client("iam")
    for gone in ("user/none", "role/none", "user/path/ann"):
        arn = f"arn:aws:iam::{ACCOUNT}:{gone}"
        trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": arn}})
        assert refusal(iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust) == (
            400,
            "MalformedPolicyDocument",
            f'Invalid principal in policy: "AWS":"{arn}"',
        )


def test_a_new_user_of_the_same_name_is_not_trusted(service):
    iam = service.client("iam")
    first = iam.create_user(UserName="eve")["User"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": first["Arn"]}}
    made = iam.create_role(RoleName="r", AssumeRolePolicyDocument=document(trust))["Role"]
    iam.delete_user(UserName="eve")
    shown = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert shown[0]["Principal"] == {"AWS": first["UserId"]}
    again = service.user("eve", ALL)
    call = service.client("sts", again).assume_role
    assert refusal(call, RoleArn=made["Arn"], RoleSessionName="s1")[1] == "AccessDenied"


# Tags and the source identity.

TAGS = [{"Key": "Team", "Value": "red"}, {"Key": "Cost", "Value": "1"}]


def test_session_tags(service, ann):
    mine = allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    tag = ("sts:TagSession",)
    arn = role(service, "tagged", mine, actions=tag)
    assert status(service, assume(service, ann, arn, Tags=TAGS)) == 200
    assert status(service, assume(service, ann, arn)) == 403
    untrusting = role(service, "other", mine)
    call = service.client("sts", ann).assume_role
    params = {"RoleArn": untrusting, "RoleSessionName": "s1", "Tags": TAGS}
    status_code, code, message = refusal(call, **params)
    assert (status_code, code) == (403, "AccessDenied")
    assert "is not authorized to perform: sts:TagSession" in message


def test_a_user_and_a_role_have_their_own_tags(service):
    mine = allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})
    service.put()
    ann = service.user("ann", mine, allow("sts:*"))
    assert status(service, ann) == 403
    iam = service.client("iam")
    iam.tag_user(UserName="ann", Tags=TAGS)
    assert status(service, ann) == 200
    keys = assume(service, ann, role(service, "r", mine))
    assert status(service, keys) == 403
    iam.tag_role(RoleName="r", Tags=TAGS)
    assert status(service, keys) == 200


@pytest.mark.parametrize("key", ["Team", "team"])
def test_a_sessions_tag_takes_the_place_of_its_roles_in_any_case(service, ann, key):
    mine = allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})
    arn = role(service, "r", mine, actions=("sts:TagSession",), Tags=TAGS)
    assert status(service, assume(service, ann, arn)) == 200
    other = assume(service, ann, arn, Tags=[{"Key": key, "Value": "blue"}])
    assert status(service, other) == 403


def test_transitive_tags(service, ann):
    mine = allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/Team": "red"}})
    arn = role(service, "r", mine, allow("sts:*"), actions=("sts:TagSession",))
    first = assume(service, ann, arn, Tags=TAGS, TransitiveTagKeys=["Team"])
    second = assume(service, first, arn)
    assert status(service, second) == 200
    third = service.client("sts", second).assume_role
    for key in ("Team", "TEAM"):
        params = {"RoleArn": arn, "RoleSessionName": "s1", "Tags": [{"Key": key, "Value": "x"}]}
        assert refusal(third, **params) == (
            400,
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session.",
        )
    fleeting = assume(service, assume(service, ann, arn, Tags=TAGS), arn)
    assert status(service, fleeting) == 403


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"Tags": [*TAGS, {"Key": "team", "Value": "x"}]},
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            {"Tags": TAGS, "TransitiveTagKeys": ["Other"]},
            "The specified transitive tag key must be included in the requested tags.",
        ),
    ],
)
def test_tags_that_are_not_valid(service, ann, given, message):
    arn = role(service, actions=("sts:TagSession",))
    params = {"RoleArn": arn, "RoleSessionName": "s1", **given}
    assert refusal(service.client("sts", ann).assume_role, **params) == (
        400,
        "InvalidParameterValue",
        message,
    )


def test_the_source_identity_stays(service, ann):
    seen = allow("s3:GetObject", Condition={"StringEquals": {"aws:SourceIdentity": "ann"}})
    arn = role(service, "r", seen, allow("sts:*"), actions=("sts:SetSourceIdentity",))
    first = assume(service, ann, arn, SourceIdentity="ann")
    second = assume(service, first, arn)
    assert status(service, second) == 200
    call = service.client("sts", second).assume_role
    params = {"RoleArn": arn, "RoleSessionName": "s1", "SourceIdentity": "eve"}
    assert refusal(call, **params)[:2] == (403, "AccessDenied")


@pytest.mark.parametrize(
    ("given", "action"),
    [
        ({"SourceIdentity": "ann"}, "sts:SetSourceIdentity"),
        ({"Tags": TAGS, "TransitiveTagKeys": ["Team"]}, "sts:TagSession"),
    ],
)
def test_what_a_session_hands_on_needs_permission_too(service, ann, given, action):
    first = role(service, "first", allow("sts:*"), actions=(action,))
    trusting = role(service, "trusting", actions=(action,))
    untrusting = role(service, "untrusting")
    keys = assume(service, ann, first, **given)
    assert assume(service, keys, trusting)
    call = service.client("sts", keys).assume_role
    code, message = refusal(call, RoleArn=untrusting, RoleSessionName="s1")[1:]
    assert code == "AccessDenied"
    assert f"assumed-role/first/session is not authorized to perform: {action} on" in message
    # Tags that are not transitive end with their session.
    if "Tags" in given:
        assert assume(service, assume(service, ann, first, Tags=TAGS), untrusting)


# Recipes of AWS's user guide.


def test_revoke_older_sessions(service, ann):
    """IAM user guide, "Revoking IAM role temporary security credentials"."""
    arn = role(service)
    old = assume(service, ann, arn)
    url = service.presign("get_object", s3=service.client(keys=old))
    assert status(service, old) == 200
    service.later(seconds=2)
    now = service.server.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    older = {"DateLessThan": {"aws:TokenIssueTime": now}}
    revoke = {"Effect": "Deny", "Action": ["*"], "Resource": ["*"], "Condition": older}
    service.client("iam").put_role_policy(
        RoleName="r", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document(revoke)
    )
    assert requests.get(url).status_code == 403
    assert status(service, old) == 403
    service.later(seconds=2)
    assert status(service, assume(service, ann, arn)) == 200


@pytest.mark.parametrize(
    ("condition", "session", "long_lived"),
    [
        # "Denies access unless MFA is present": Bool bites on temporary credentials alone.
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, 403, 200),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, 403, 403),
        ({"Null": {"aws:TokenIssueTime": "false"}}, 403, 200),
        # "Denies access to AWS based on the source IP".
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
          "Bool": {"aws:ViaAWSService": "false"}}, 403, 403),
        ({"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}, 200, 200),
        ({"StringEquals": {"aws:ResourceAccount": ACCOUNT}}, 403, 403),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, 403, 403),
    ],
)  # fmt: skip
def test_conditions_in_a_deny(service, ann, condition, session, long_lived):
    keys = service.client("sts", ann).get_session_token()["Credentials"]
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition}
    service.client("iam").put_user_policy(
        UserName="ann", PolicyName="deny", PolicyDocument=document(deny)
    )
    assert (status(service, keys), status(service, ann)) == (session, long_lived)


def test_permissions_boundaries(service):
    service.put()
    iam = service.client("iam")
    listing = document(allow("s3:ListBucket", "sts:*"))
    policy = iam.create_policy(PolicyName="m", PolicyDocument=listing)["Policy"]["Arn"]
    iam.create_user(UserName="ann", PermissionsBoundary=policy)
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document(ALL))
    ann = iam.create_access_key(UserName="ann")["AccessKey"]
    session = service.client("sts", ann).get_session_token()["Credentials"]
    for keys in (ann, session):
        message = refusal(service.client(keys=keys).get_object, Bucket=service.bucket, Key="k")[2]
        assert message.endswith("because no permissions boundary allows the s3:GetObject action")
    iam.delete_user_permissions_boundary(UserName="ann")
    assert (status(service, ann), status(service, session)) == (200, 200)


# Session policies.


def test_session_policies_by_arn(service, ann):
    arn = role(service)
    reads = {"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
    made = service.client("sts", ann).assume_role(
        RoleArn=arn, RoleSessionName="s1", PolicyArns=[reads]
    )
    assert 0 < made["PackedPolicySize"] < 100
    keys = made["Credentials"]
    assert status(service, keys) == 200
    put = {"Bucket": service.bucket, "Key": "k", "Body": b""}
    assert refusal(service.client(keys=keys).put_object, **put)[1] == "AccessDenied"
    params = {"RoleArn": arn, "RoleSessionName": "s1", "PolicyArns": [reads] * 40}
    assert refusal(service.client("sts", ann).assume_role, **params)[:2] == (400, "ValidationError")
    params["PolicyArns"] = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/none"}]
    assert refusal(service.client("sts", ann).assume_role, **params)[:2] == (400, "ValidationError")


def test_session_policies_that_are_too_large(service, ann):
    arn = role(service, actions=("sts:TagSession",))
    tags = [{"Key": f"k{n}", "Value": "v" * 200} for n in range(10)]
    params = {"RoleArn": arn, "RoleSessionName": "s1", "Tags": tags, "Policy": document(ALL)}
    assert refusal(service.client("sts", ann).assume_role, **params)[1] == "PackedPolicyTooLarge"
    assert not service.server.gate.sts._issued


# Parameters.


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/ann", "TokenCode": "123456"},
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your "
            "MFA serial number is valid and associated with this user.",
        ),
        (
            {"TokenCode": "123456"},
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time "
            "pass code.",
        ),
    ],
)
def test_there_are_no_mfa_devices(service, ann, given, message):
    sts = service.client("sts", ann)
    assert refusal(sts.get_session_token, **given) == (403, "AccessDenied", message)


def test_what_is_not_carried_out(service, ann):
    sts, arn = service.client("sts", ann), role(service)
    contexts = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/x", "ContextAssertion": "abcd"}]
    params = {"RoleArn": arn, "RoleSessionName": "s1", "ProvidedContexts": contexts}
    assert refusal(sts.assume_role, **params)[:2] == (501, "NotImplemented")
    assert refusal(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")[:2] == (
        501,
        "NotImplemented",
    )


# What is issued.


def test_credentials_look_like_those_of_aws(service, ann):
    keys = service.client("sts", ann).get_session_token()["Credentials"]
    assert re.fullmatch("ASIA[A-Z2-7]{16}", keys["AccessKeyId"])
    assert re.fullmatch("[A-Za-z0-9+/]{40}", keys["SecretAccessKey"])
    token = keys["SessionToken"]
    assert len(token) > 300
    assert set("+/=") <= set(token)


def test_sessions_end_with_their_user_and_follow_its_name(service, ann):
    iam = service.client("iam")
    session = service.client("sts", ann).get_session_token()["Credentials"]
    iam.update_user(UserName="ann", NewUserName="eve")
    assert status(service, session) == 200
    arn = service.client("sts", session).get_caller_identity()["Arn"]
    assert arn.endswith("user/eve")
    iam.delete_access_key(UserName="eve", AccessKeyId=ann["AccessKeyId"])
    assert status(service, session) == 200
    iam.delete_user_policy(UserName="eve", PolicyName="p")
    iam.delete_user(UserName="eve")
    iam.create_user(UserName="eve")
    assert refusal(service.client("sts", session).get_caller_identity)[1] == "InvalidClientTokenId"


def test_every_token_has_what_a_url_must_encode(service, monkeypatch):
    drawn = iter([bytes(260), b"\xfb\xef\xbe" * 86 + b"ab", b"\xfb\xef\xff" * 86 + b"ab"])
    monkeypatch.setattr("strict_s3.server.sts.token_bytes", lambda _: next(drawn))
    keys = service.client("sts").get_session_token()["Credentials"]
    assert set("+/=") <= set(keys["SessionToken"])
