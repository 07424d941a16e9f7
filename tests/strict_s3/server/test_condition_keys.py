"""Each condition key of `rules.condition_keys`: a Deny with it bites, and an Allow allows.

The conditions are those of AWS's guides, or the simplest that the key can have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.rules.condition_keys import GIVEN, NEVER, is_known
from tests.service import allow, document
from tests.strict_s3.server.test_post import form, send
from tests.strict_s3.server.test_sts import assume, role

ACCOUNT = "123456789012"
TAGS = "<Tagging><TagSet><Tag><Key>class</Key><Value>{}</Value></Tag></TagSet></Tagging>"
KMS = {"ServerSideEncryption": "aws:kms"}
KEY_ID = f"arn:aws:kms:eu-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LATER = datetime(2040, 1, 1, tzinfo=UTC)
Ask = Callable[[Any, Any], Any]


def call(operation: str, **params: Any) -> Ask:
    """An operation of boto3 on the object ``k``."""
    return lambda service, s3: getattr(s3, operation)(Bucket=service.bucket, Key="k", **params)


def listing(**params: Any) -> Ask:
    return lambda service, s3: s3.list_objects_v2(Bucket=service.bucket, **params)


def create(where=None, **params: Any) -> Ask:
    def ask(service, s3):
        configuration = {"LocationConstraint": service.region, **(where or {})}
        s3.create_bucket(Bucket="another", CreateBucketConfiguration=configuration, **params)

    return ask


def url(operation: str = "get_object", headers=None, **params: Any) -> Ask:
    """A presigned URL that is used."""

    def ask(service, s3):
        method = {"get_object": "GET", "put_object": "PUT"}[operation]
        signed = service.presign(operation, s3=s3, **params)
        return requests.request(method, signed, headers=headers or {})

    return ask


def post(**fields: str) -> Ask:
    """A form upload."""

    def ask(service, s3):
        conditions = [{name: value} for name, value in fields.items()]
        return send(*form(service, *conditions, fields=fields, s3=s3))

    return ask


get, put = partial(call, "get_object"), partial(call, "put_object")
copy = partial(call, "copy_object")
part = call("upload_part", UploadId="none", PartNumber=1)
tag = partial(call, "put_object_tagging")


def tagging(value: str) -> Ask:
    return tag(Tagging={"TagSet": [{"Key": "class", "Value": value}]})


def retain(days: float, mode: str = "GOVERNANCE") -> Ask:
    def ask(service, s3):
        until = service.now() + timedelta(days=days)
        retention = {"Mode": mode, "RetainUntilDate": until}
        s3.put_object_retention(Bucket=service.bucket, Key="k", Retention=retention)

    return ask


def hold(status: str) -> Ask:
    return call("put_object_legal_hold", LegalHold={"Status": status})


def delete(*items: dict[str, str]) -> Ask:
    def ask(service, s3):
        answer = s3.delete_objects(Bucket=service.bucket, Delete={"Objects": list(items)})
        codes = {error["Code"] for error in answer.get("Errors", ())}
        if "AccessDenied" in codes:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObjects")

    return ask


def source(key: str) -> dict[str, str]:
    return {"CopySource": f"presignedurldemo/{key}"}


@dataclass
class Case:
    """A condition that holds for the request `yes` and not for `no`, its nearest neighbour."""

    key: str
    operator: str
    value: Any
    yes: Ask
    no: Ask
    action: str = "s3:GetObject"
    who: str = "user"
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def condition(self) -> dict[str, Any]:
        return {self.operator: {self.key: self.value}}


PUT, LIST, MAKE = ({"action": f"s3:{name}"} for name in ("PutObject", "ListBucket", "CreateBucket"))
TAG, DELETE = {"action": "s3:PutObjectTagging"}, {"action": "s3:DeleteObject"}
LOCK, HOLD = {"action": "s3:PutObjectRetention"}, {"action": "s3:PutObjectLegalHold"}
EQUALS, NULL = "StringEquals", "Null"

# Keys that depend on the request.
CASES = [
    Case("aws:referer", "StringLike", "https://shop/*", url(headers={"Referer": "https://shop/a"}),
         url(headers={"Referer": "https://else/a"})),
    Case("aws:UserAgent", "StringLike", "shop/*", url(headers={"User-Agent": "shop/1"}), url()),
    Case("aws:TagKeys", "ForAnyValue:StringEquals", "team",
         create(where={"Tags": [{"Key": "team", "Value": "a"}]}),
         create(where={"Tags": [{"Key": "cost", "Value": "a"}]}), **MAKE),
    Case("aws:RequestTag/team", EQUALS, "a",
         create(where={"Tags": [{"Key": "team", "Value": "a"}]}),
         create(where={"Tags": [{"Key": "team", "Value": "b"}]}), **MAKE),
    Case("s3:authType", EQUALS, "REST-QUERY-STRING", url(), get()),
    Case("s3:authType", EQUALS, "REST-HEADER", get(), url()),
    Case("s3:authType", EQUALS, "POST", post(), url("put_object"), **PUT),
    Case("s3:x-amz-content-sha256", EQUALS, "UNSIGNED-PAYLOAD", url(), get()),
    Case("s3:prefix", EQUALS, "mine/", listing(Prefix="mine/"), listing(Prefix="mine"), **LIST),
    Case("s3:prefix", NULL, "true", listing(), listing(Prefix="mine/"), **LIST),
    Case("s3:delimiter", EQUALS, "/", listing(Delimiter="/"), listing(), **LIST),
    Case("s3:max-keys", "NumericGreaterThan", 10, listing(MaxKeys=11), listing(MaxKeys=10), **LIST),
    # Conditional writes and deletes.
    Case("s3:if-none-match", NULL, "true", put(), put(IfNoneMatch="*"), **PUT),
    Case("s3:if-match", NULL, "true", put(), put(IfMatch="*"), **PUT),
    Case("s3:if-match", NULL, "true", call("delete_object"), call("delete_object", IfMatch="*"),
         **DELETE),
    Case("s3:if-match", NULL, "true", delete({"Key": "k"}), delete({"Key": "k", "ETag": "*"}),
         **DELETE),
    Case("s3:ObjectCreationOperation", "Bool", "false", part, put(), **PUT),
    Case("s3:ObjectCreationOperation", "Bool", "false", call("create_multipart_upload"), post(),
         **PUT),
    Case("s3:ObjectCreationOperation", "Bool", "true", copy(**source("other")), part, **PUT),
    Case("s3:ObjectCreationOperation", "Bool", "true",
         call("complete_multipart_upload", UploadId="none"), part, **PUT),
    # Tags.
    *(
        Case(key, operator, value, yes, no, **which)
        for key, operator, value in [
            ("s3:RequestObjectTag/class", EQUALS, "secret"),
            ("s3:RequestObjectTag/Class", "StringLike", "se*"),
        ]
        for yes, no, which in [
            (put(Tagging="class=secret"), put(Tagging="class=open"), PUT),
            (put(Tagging="class=secret"), put(), PUT),
            (url("put_object", Tagging="class=secret", headers={"x-amz-tagging": "class=secret"}),
             url("put_object"), PUT),
            (post(tagging=TAGS.format("secret")), post(tagging=TAGS.format("open")), PUT),
            (post(tagging=TAGS.format("secret"), **{"x-amz-tagging": "class=open"}),
             post(tagging=TAGS.format("open"), **{"x-amz-tagging": "class=secret"}), PUT),
            (copy(**source("other"), Tagging="class=secret", TaggingDirective="REPLACE"),
             copy(**source("other")), PUT),
            (call("create_multipart_upload", Tagging="class=secret"),
             call("create_multipart_upload"), PUT),
            (tagging("secret"), tagging("open"), TAG),
        ]
    ),
    Case("s3:RequestObjectTagKeys", "ForAnyValue:StringEquals", "class", tagging("a"),
         tag(Tagging={"TagSet": [{"Key": "other", "Value": "a"}]}), **TAG),
    Case("s3:ExistingObjectTag/class", EQUALS, "secret", get(),
         lambda service, s3: s3.get_object(Bucket=service.bucket, Key="other"),
         before={"Tagging": "class=secret"}),
    # Copies and versions.
    Case("s3:x-amz-copy-source", "StringLike", "presignedurldemo/public/*",
         copy(**source("public/a")), copy(**source("private/a")), **PUT),
    Case("s3:x-amz-metadata-directive", EQUALS, "COPY",
         copy(**source("other"), MetadataDirective="COPY"),
         copy(**source("other"), MetadataDirective="REPLACE"), **PUT),
    Case("s3:VersionId", EQUALS, "null", get(VersionId="null"), get(VersionId="3" * 32),
         action="s3:GetObjectVersion"),
    # Headers of uploads, also from a form's fields.
    Case("s3:x-amz-acl", EQUALS, "public-read", put(ACL="public-read"), put(ACL="private"), **PUT),
    Case("s3:x-amz-acl", EQUALS, "public-read", post(acl="public-read"), post(), **PUT),
    *(
        Case(f"s3:x-amz-grant-{name}", NULL, "false", put(**{param: "id=x"}), put(), **PUT)
        for name, param in [("full-control", "GrantFullControl"), ("read", "GrantRead"),
                            ("read-acp", "GrantReadACP"), ("write-acp", "GrantWriteACP")]
    ),
    Case("s3:x-amz-grant-write", NULL, "false", create(GrantWrite="id=x"), create(), **MAKE),
    Case("s3:x-amz-server-side-encryption", "StringNotEquals", "aws:kms", put(), put(**KMS), **PUT),
    Case("s3:x-amz-server-side-encryption", NULL, "true", post(),
         post(**{"x-amz-server-side-encryption": "AES256"}), **PUT),
    Case("s3:x-amz-server-side-encryption-aws-kms-key-id", "ArnNotEqualsIfExists", KEY_ID,
         put(**KMS, SSEKMSKeyId=KEY_ID[:-1] + "c"), put(**KMS, SSEKMSKeyId=KEY_ID), **PUT),
    Case("s3:x-amz-server-side-encryption-customer-algorithm", NULL, "false",
         put(SSECustomerAlgorithm="AES", SSECustomerKey="k" * 32), put(), **PUT),
    Case("s3:x-amz-storage-class", "StringNotEqualsIfExists", "STANDARD_IA",
         put(StorageClass="GLACIER"), put(StorageClass="STANDARD_IA"), **PUT),
    Case("s3:x-amz-website-redirect-location", NULL, "false",
         put(WebsiteRedirectLocation="/b"), put(), **PUT),
    # New buckets.
    Case("s3:locationconstraint", "StringLike", "eu-*", create(),
         create(where={"LocationConstraint": "us-west-2"}), **MAKE),
    Case("s3:x-amz-object-ownership", EQUALS, "ObjectWriter",
         create(ObjectOwnership="ObjectWriter"), create(), **MAKE),
    Case("s3:x-amz-bucket-namespace", EQUALS, "account-regional",
         create(BucketNamespace="account-regional"), create(), **MAKE),
    # Object Lock: "Setting limits on retention periods with a bucket policy".
    Case("s3:object-lock-remaining-retention-days", "NumericGreaterThan", "10",
         retain(10.01), retain(10), **LOCK),
    Case("s3:object-lock-remaining-retention-days", "NumericGreaterThan", "10",
         put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=LATER), put(), **PUT),
    Case("s3:object-lock-mode", EQUALS, "COMPLIANCE", retain(1, "COMPLIANCE"), retain(1), **LOCK),
    Case("s3:object-lock-mode", EQUALS, "COMPLIANCE",
         put(ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=LATER),
         put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=LATER), **PUT),
    Case("s3:object-lock-retain-until-date", "DateGreaterThan", "2039-01-01T00:00:00Z",
         put(ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=LATER), put(), **PUT),
    Case("s3:object-lock-retain-until-date", "DateGreaterThan", "2030-01-01T00:00:00Z",
         retain(5000), retain(1), **LOCK),
    Case("s3:object-lock-legal-hold", EQUALS, "OFF", hold("OFF"), hold("ON"), **HOLD),
    Case("s3:object-lock-legal-hold", EQUALS, "ON", put(ObjectLockLegalHoldStatus="ON"), put(),
         **PUT),
]  # fmt: skip


ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
FULL = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
TEAM, COST = ([{"Key": key, "Value": "red"}] for key in ("team", "cost"))


def assuming(**params: Any) -> Ask:
    named = {"RoleArn": ROLE, "RoleSessionName": "session", **params}
    return lambda service, keys: service.client("sts", keys).assume_role(**named)


def iam(operation: str, **params: Any) -> Ask:
    return lambda service, keys: getattr(service.client("iam", keys), operation)(**params)


ASSUME = "sts:AssumeRole"
# Keys of IAM and STS: "Actions, resources, and condition keys" for both, and the IAM user guide.
OF_SERVICES = [
    ("sts:ExternalId", EQUALS, "abc", ASSUME, assuming(ExternalId="abc"), assuming()),
    ("sts:RoleSessionName", "StringLike", "admin-*", ASSUME,
     assuming(RoleSessionName="admin-ann"), assuming(RoleSessionName="ann")),
    ("sts:SourceIdentity", EQUALS, "ann", ASSUME,
     assuming(SourceIdentity="ann"), assuming(SourceIdentity="eve")),
    ("sts:TransitiveTagKeys", "ForAnyValue:StringEquals", "team", ASSUME,
     assuming(Tags=TEAM, TransitiveTagKeys=["team"]), assuming(Tags=TEAM)),
    ("aws:RequestTag/team", EQUALS, "red", ASSUME, assuming(Tags=TEAM), assuming(Tags=COST)),
    ("aws:TagKeys", "ForAnyValue:StringEquals", "team", "iam:TagUser",
     iam("tag_user", UserName="bob", Tags=TEAM), iam("tag_user", UserName="bob", Tags=COST)),
    ("aws:ResourceTag/team", EQUALS, "red", "iam:GetUser",
     iam("get_user", UserName="tagged"), iam("get_user", UserName="bob")),
    ("iam:ResourceTag/team", EQUALS, "red", "iam:GetUser",
     iam("get_user", UserName="tagged"), iam("get_user", UserName="bob")),
    ("iam:PolicyARN", "ArnEquals", FULL, "iam:AttachUserPolicy",
     iam("attach_user_policy", UserName="bob", PolicyArn=FULL),
     iam("attach_user_policy", UserName="bob", PolicyArn=BOUNDARY)),
    ("iam:PermissionsBoundary", "StringNotEquals", BOUNDARY, "iam:CreateUser",
     iam("create_user", UserName="x"),
     iam("create_user", UserName="y", PermissionsBoundary=BOUNDARY)),
]  # fmt: skip


@pytest.mark.parametrize(("key", "operator", "value", "action", "yes", "no"), OF_SERVICES)
def test_keys_of_iam_and_sts(service, key, operator, value, action, yes, no):
    ann = service.user("ann")
    role(service, actions=("sts:TagSession", "sts:SetSourceIdentity"))
    for name, tags in (("bob", []), ("tagged", TEAM)):
        service.client("iam").create_user(UserName=name, Tags=tags)
    condition = {operator: {key: value}}
    rule = {"Action": action, "Resource": "*", "Condition": condition}
    others = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    for statements, refused in (
        ([allow("*"), {"Effect": "Deny", **rule}], (True, False)),
        ([others, {"Effect": "Allow", **rule}], (False, True)),
    ):
        give(service, *statements)
        assert tuple(is_refused(ask, service, ann) for ask in (yes, no)) == refused


def denied(service, keys: dict[str, str], ask: Ask) -> bool:
    return is_refused(ask, service, service.client(keys=keys))


def is_refused(ask: Ask, *arguments: Any) -> bool:
    try:
        answer = ask(*arguments)
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied"
    return isinstance(answer, requests.Response) and "<Code>AccessDenied" in answer.text


def give(service, *statements: dict[str, Any]) -> None:
    service.client("iam").put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=document(*statements)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.key}-{c.operator}")
def test_a_deny_bites_and_an_allow_allows(service, case):
    ann = service.user("ann")
    service.put(**case.before)
    service.put("other")
    service.put("public/a")
    service.put("private/a")
    deny = {"Effect": "Deny", "Action": case.action, "Resource": "*", "Condition": case.condition}
    give(service, allow("*"), deny)
    assert (denied(service, ann, case.yes), denied(service, ann, case.no)) == (True, False)
    others = {"Effect": "Allow", "NotAction": case.action, "Resource": "*"}
    give(service, others, allow(case.action, Condition=case.condition))
    service.put(**case.before)
    service.server.store.buckets.pop("another", None)
    assert (denied(service, ann, case.yes), denied(service, ann, case.no)) == (False, True)


# Keys of who asks, where and when: (key, operator, a value that matches, one that doesn't, who).
ALWAYS = [
    ("aws:SecureTransport", "Bool", "false", "true", "user"),
    ("aws:SourceIp", "IpAddress", "127.0.0.0/8", "203.0.113.0/24", "user"),
    ("aws:CurrentTime", "DateGreaterThan", "2020-01-01T00:00:00Z", "2900-01-01T00:00:00Z", "user"),
    ("aws:EpochTime", "NumericLessThan", 9999999999, 1, "user"),
    ("aws:RequestedRegion", EQUALS, "eu-west-2", "eu-west-1", "user"),
    ("aws:ResourceAccount", EQUALS, ACCOUNT, "210987654321", "user"),
    ("s3:ResourceAccount", EQUALS, ACCOUNT, "210987654321", "user"),
    ("aws:ViaAWSService", "Bool", "false", "true", "user"),
    ("aws:PrincipalIsAWSService", "Bool", "false", "true", "user"),
    ("aws:PrincipalAccount", EQUALS, ACCOUNT, "210987654321", "user"),
    ("aws:PrincipalType", EQUALS, "User", "Account", "user"),
    ("aws:PrincipalType", EQUALS, "AssumedRole", "User", "role"),
    ("aws:PrincipalArn", "ArnLike", f"arn:aws:iam::{ACCOUNT}:user/ann",
     f"arn:aws:iam::{ACCOUNT}:user/ann2", "user"),
    # A session has its role's ARN there, not its own.
    ("aws:PrincipalArn", "ArnEquals", f"arn:aws:iam::{ACCOUNT}:role/r",
     f"arn:aws:sts::{ACCOUNT}:assumed-role/r/session", "role"),
    ("aws:username", EQUALS, "ann", "bob", "user"),
    ("aws:username", NULL, "true", "false", "role"),
    ("aws:userid", "StringLike", "AROA*:session", "AROA*:other", "role"),
    ("aws:userid", "StringLike", "AIDA*", "AROA*", "user"),
    ("aws:PrincipalTag/team", EQUALS, "red", "blue", "user"),
    ("aws:PrincipalTag/team", EQUALS, "green", "red", "role"),
    ("aws:TokenIssueTime", "DateLessThan", "2900-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "role"),
    ("aws:TokenIssueTime", NULL, "true", "false", "user"),
    ("aws:MultiFactorAuthPresent", "BoolIfExists", "false", "true", "role"),
    ("aws:MultiFactorAuthPresent", NULL, "true", "false", "user"),
    ("aws:SourceIdentity", EQUALS, "ann", "eve", "role"),
    ("s3:signatureversion", EQUALS, "AWS4-HMAC-SHA256", "AWS", "user"),
    ("s3:signatureAge", "NumericLessThan", 600000, 0, "user"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "operator", "yes", "no", "who"), ALWAYS)
def test_who_where_and_when(service, key, operator, yes, no, who):
    service.put()
    ann, iam = service.user("ann", allow("sts:*")), service.client("iam")
    iam.tag_user(UserName="ann", Tags=[{"Key": "Team", "Value": "red"}])
    keys, put_policy, name = ann, iam.put_user_policy, {"UserName": "ann"}
    if who == "role":
        arn = role(
            service,
            Tags=[{"Key": "Team", "Value": "green"}],
            actions=("sts:SetSourceIdentity",),
        )
        keys = assume(service, ann, arn, SourceIdentity="ann")
        put_policy, name = iam.put_role_policy, {"RoleName": "r"}
    for value, holds in ((yes, True), (no, False)):
        condition = {operator: {key: value}}
        read = {"Action": "s3:GetObject", "Resource": "*"}
        deny = {"Effect": "Deny", **read, "Condition": condition}
        for statements, refused in (
            ([allow("*"), deny], holds),
            ([allow("sts:*"), {**deny, "Effect": "Allow"}], not holds),
        ):
            put_policy(**name, PolicyName="p", PolicyDocument=document(*statements))
            assert denied(service, keys, url()) is refused, (value, statements)


def test_every_key_has_its_cases():
    tried = {case.key.lower() for case in CASES}
    tried |= {key.lower() for key, *_ in (*ALWAYS, *OF_SERVICES)}
    given = {key.lower() for key in GIVEN}
    assert {key for key in given if not any(one.startswith(key) for one in tried)} == set()
    assert all(is_known(key) for key in tried)


def test_no_key_is_both_given_and_never_there():
    never = [key for keys in NEVER.values() for key in keys.split()]
    assert len(never) == len(set(never))
    assert not set(never) & GIVEN


TAGGED, LOCKED = ("s3:RequestObjectTag/class", "open"), ("s3:object-lock-mode", "GOVERNANCE")


@pytest.mark.parametrize(
    ("condition", "action", "query", "headers"),
    [
        (TAGGED, "s3:PutObjectTagging", "tagging", {"x-amz-tagging": "class=open"}),
        (
            TAGGED,
            "s3:PutObject",
            "",
            {"x-amz-tagging": "class=open", "x-amz-copy-source": "presignedurldemo/other"},
        ),
        (LOCKED, "s3:PutObjectRetention", "retention", {"x-amz-object-lock-mode": "GOVERNANCE"}),
        (("s3:prefix", "mine/"), "s3:ListBucket", "prefix=mine/", {}),
    ],
)
def test_what_an_operation_ignores_gives_no_permission(service, condition, action, query, headers):
    service.put()
    service.put("other", Tagging="class=secret")
    key, value = condition
    others = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
    ann = service.user("ann", others, allow(action, Condition={"StringEquals": {key: value}}))
    signer = {"access_key": ann["AccessKeyId"], "secret_key": ann["SecretAccessKey"]}
    method, name = ("GET", "missing") if action == "s3:ListBucket" else ("PUT", "k")
    pairs = [tuple(f"{query}=".split("=")[:2])] if query else []
    url = service.sign(method, f"/{service.bucket}/{name}", query=pairs, headers=headers, **signer)
    body = TAGS.replace("class", "other").format("x") if query == "tagging" else b""
    assert requests.request(method, url, headers=headers, data=body).status_code == 403


@pytest.mark.parametrize("tags", ["class=secret&CLASS=open", "CLASS=open&class=secret"])
def test_a_tag_is_not_hidden_by_another_of_almost_the_same_key(service, tags):
    ann = service.user("ann")
    for operator, action, ask in (
        ("s3:RequestObjectTag/class", "s3:PutObject", put(Tagging=tags)),
        ("s3:ExistingObjectTag/class", "s3:GetObject", get()),
    ):
        service.put(Tagging=tags)
        condition = {"StringEquals": {operator: "secret"}}
        deny = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
        give(service, allow("*"), deny)
        assert denied(service, ann, ask)
        give(service, allow("s3:PutObjectTagging"), allow(action, Condition=condition))
        assert not denied(service, ann, ask)
        service.put(Tagging="CLASS=secret")  # alone, a key in another case is the same
        give(service, allow("*"), deny)
        assert denied(service, ann, put(Tagging="CLASS=secret") if "Request" in operator else ask)


@pytest.mark.parametrize(
    ("key", "action", "ask"),
    [
        ("s3:if-none-match", "s3:GetObject", get(IfNoneMatch='"other"')),
        ("s3:if-match", "s3:GetObject", get(IfMatch="*")),
        ("s3:ObjectCreationOperation", "s3:PutObjectTagging", tagging("a")),
        ("s3:RequestObjectTagKeys", "s3:PutObjectTagging", tag(Tagging={"TagSet": []})),
        ("s3:max-keys", "s3:ListBucketMultipartUploads",
         lambda service, s3: s3.list_multipart_uploads(Bucket=service.bucket, MaxUploads=5)),
    ],
)  # fmt: skip
def test_keys_that_an_action_has_not(service, key, action, ask):
    """As AWS lists them: a guard with such a key sees nothing, whatever is sent."""
    service.put()
    ann = service.user("ann", allow("*"))
    absent = {"Null": {key: "true"}}
    give(service, allow("*"), {**allow(action, Condition=absent), "Effect": "Deny"})
    assert denied(service, ann, ask)
    give(
        service, allow("*"), {**allow(action, Condition={"Null": {key: "false"}}), "Effect": "Deny"}
    )
    assert not denied(service, ann, ask)


def test_tags_that_are_there_do_not_guard_against_writing_and_deleting(service):
    """As AWS documents it: "this condition key is not supported" for PutObject and DeleteObject."""
    ann = service.user("ann")
    for action, ask in (
        ("s3:PutObject", put()),
        ("s3:DeleteObject", call("delete_object")),
        ("s3:DeleteObject", delete({"Key": "k"})),
    ):
        service.put(Tagging="keep=yes")
        keep = {"StringEquals": {"s3:ExistingObjectTag/keep": "yes"}}
        deny = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": keep}
        give(service, allow("*"), deny)
        assert not denied(service, ann, ask)
        service.put(Tagging="keep=yes")
        give(service, allow(action, Condition=keep))
        assert denied(service, ann, ask)
