"""Every operation that boto3 can send is recognised, with the permission that it needs."""

from __future__ import annotations

from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from helpers.rules.identity import Identity
from helpers.rules.operations import delete_object_needs, query_operation, s3_operation
from helpers.rules.request import Request
from helpers.rules.s3_operations import BUCKET, OBJECT, SUBRESOURCES

# What a request cannot tell apart, or what is not for this kind of bucket.
SAME_REQUEST = {
    "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
    "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "ListBucketAnalyticsConfigurations": "GetBucketAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetBucketIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetBucketInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetBucketMetricsConfiguration",
    "ListObjectAnnotations": "GetObjectAnnotation",
    "ListDirectoryBuckets": "ListBuckets",
}
REFUSED = {
    "CreateSession": "directory buckets (S3 Express) only",
    "WriteGetObjectResponse": "Object Lambda only, on a host of its own",
}


def client(service: str = "s3"):
    return boto3.client(
        service,
        region_name="eu-west-2",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(signature_version="s3v4" if service == "s3" else None),
    )


def minimal(shape, name=""):
    """The smallest value that satisfies a botocore shape."""
    kind = shape.type_name
    if kind == "structure" and getattr(shape, "is_tagged_union", False):
        first = next(iter(shape.members))
        return {first: minimal(shape.members[first], first)}
    if kind == "structure":
        return {m: minimal(shape.members[m], m) for m in shape.required_members}
    if kind == "list":
        return [minimal(shape.member)]
    if kind == "map":
        return {}
    if kind in ("integer", "long"):
        return 1
    if kind == "boolean":
        return True
    if kind in ("float", "double"):
        return 1.0
    if kind == "timestamp":
        return "2026-01-01T00:00:00Z"
    if kind == "blob":
        return b"x"
    if name == "CopySource":
        return "source/key"
    if name == "Bucket":
        return "bucket"
    if shape.metadata.get("min", 1) > 1:
        return "k" * shape.metadata["min"]
    return shape.enum[0] if getattr(shape, "enum", None) else "k"


def sent(s3, operation: str) -> Request:
    """The request that boto3 sends for an operation, caught before it leaves."""
    caught = []

    def catch(request, **_):
        caught.append(request)
        return AWSResponse(request.url, 500, {}, None)

    model = s3.meta.service_model.operation_model(operation)
    arguments = minimal(model.input_shape) if model.input_shape else {}
    s3.meta.events.register_first("before-send.*.*", catch)
    try:
        s3._make_api_call(operation, arguments)
    except Exception:
        if not caught:
            raise
    finally:
        s3.meta.events.unregister("before-send.*.*", catch)
    return Request.build(
        caught[0].method,
        urlsplit(caught[0].url)._replace(scheme="", netloc="").geturl(),
        [(n, v.decode() if isinstance(v, bytes) else str(v)) for n, v in caught[0].headers.items()],
    )


def test_every_s3_operation_of_boto3_is_recognised():
    s3 = client()
    wrong = {}
    names = s3.meta.service_model.operation_names
    assert len(names) > 100
    for name in names:
        if name in REFUSED:
            continue
        request = sent(s3, name)
        _, bucket, *rest = request.decoded_path.split("/", 2)
        found = s3_operation(request, bucket, rest[0] if rest else "")
        if found is None or found.name != SAME_REQUEST.get(name, name):
            wrong[name] = (request.method, request.path, request.query_string, found)
    assert wrong == {}


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_every_operation_of_iam_and_sts_is_recognised(service):
    caller = Identity("user", "123456789012", "arn:aws:iam::123456789012:user/ann", "ann")
    refused = {"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "AssumeRoot"}
    for name in client(service).meta.service_model.operation_names:
        found = query_operation(service, {"Action": name}, account="123456789012", caller=caller)
        assert (found is None) == (name in refused)
        if found and found.needs:
            assert found.needs[0][0] == f"{service}:{name}"


KEY = "arn:aws:s3:::b/k"


@pytest.mark.parametrize(
    ("method", "target", "headers", "name", "needs"),
    [
        ("GET", "/b/k", {}, "GetObject", [("s3:GetObject", KEY)]),
        (
            "GET",
            "/b/k?x-id=GetObject&response-content-type=a",
            {},
            "GetObject",
            [("s3:GetObject", KEY)],
        ),
        ("GET", "/b/k?versionId=1", {}, "GetObject", [("s3:GetObjectVersion", KEY)]),
        ("GET", "/b/k?partNumber=1", {}, "GetObject", [("s3:GetObject", KEY)]),
        ("HEAD", "/b/k", {}, "HeadObject", [("s3:GetObject", KEY)]),
        ("GET", "/b/k?acl", {}, "GetObjectAcl", [("s3:GetObjectAcl", KEY)]),
        (
            "GET",
            "/b/k?attributes",
            {},
            "GetObjectAttributes",
            [("s3:GetObject", KEY), ("s3:GetObjectAttributes", KEY)],
        ),
        ("PUT", "/b/k", {}, "PutObject", [("s3:PutObject", KEY)]),
        (
            "PUT",
            "/b/k?x-amz-acl=public-read",
            {"x-amz-tagging": "a=b"},
            "PutObject",
            [("s3:PutObject", KEY), ("s3:PutObjectAcl", KEY), ("s3:PutObjectTagging", KEY)],
        ),
        (
            "PUT",
            "/b/k",
            {"x-amz-copy-source": "/src/a%20b?versionId=7"},
            "CopyObject",
            [("s3:GetObjectVersion", "arn:aws:s3:::src/a b"), ("s3:PutObject", KEY)],
        ),
        ("PUT", "/b/k?partNumber=2&uploadId=u", {}, "UploadPart", [("s3:PutObject", KEY)]),
        ("DELETE", "/b/k?versionId=1", {}, "DeleteObject", [("s3:DeleteObjectVersion", KEY)]),
        (
            "GET",
            "/b?list-type=2&prefix=a",
            {},
            "ListObjectsV2",
            [("s3:ListBucket", "arn:aws:s3:::b")],
        ),
        ("DELETE", "/b?cors", {}, "DeleteBucketCors", [("s3:PutBucketCORS", "arn:aws:s3:::b")]),
        (
            "DELETE",
            "/b?policy",
            {},
            "DeleteBucketPolicy",
            [("s3:DeleteBucketPolicy", "arn:aws:s3:::b")],
        ),
        ("GET", "/", {}, "ListBuckets", [("s3:ListAllMyBuckets", "*")]),
    ],
)
def test_permissions(method, target, headers, name, needs):
    request = Request.build(method, target, headers.items())
    _, bucket, *rest = request.decoded_path.split("/", 2)
    found = s3_operation(request, bucket, rest[0] if rest else "")
    assert found is not None
    assert (found.name, list(found.needs)) == (name, needs)


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/b/k?acl&tagging", {}),
        ("PATCH", "/b/k", {}),
        ("POST", "/b/k", {}),
        ("POST", "/", {}),
        ("PUT", "/b/k?uploadId=u", {}),
        ("DELETE", "/b/k?acl", {}),
        ("GET", "/b?session", {}),
        ("PUT", "/b/k", {"x-amz-copy-source": "no-key"}),
        ("PUT", "/b/k", {"x-amz-copy-source": "arn:aws:s3:eu-west-2:1:accesspoint/a/object/k"}),
    ],
)
def test_no_known_operation(method, target, headers):
    request = Request.build(method, target, headers.items())
    _, bucket, *rest = request.decoded_path.split("/", 2)
    assert s3_operation(request, bucket, rest[0] if rest else "") is None


@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]),
    st.lists(st.sampled_from([*SUBRESOURCES, "partNumber", "versionId", "prefix"]), max_size=4),
    st.sampled_from(["", "b"]),
    st.sampled_from(["", "k"]),
)
def test_any_combination_is_a_known_operation_or_none(method, names, bucket, key):
    request = Request.build(method, f"/{bucket}/{key}?{'&'.join(names)}")
    found = s3_operation(request, bucket, key)
    known = {name for name, _ in (*BUCKET.values(), *OBJECT.values())}
    assert found is None or found.name in known | {"ListBuckets", "ListObjectsV2"}


def test_iam_resources():
    def needs(caller_kind="user", **form):
        arn = "arn:aws:iam::1:user/ann"
        found = query_operation("iam", form, account="1", caller=Identity("user", "1", arn, "ann"))
        return found.needs

    assert needs(Action="CreateUser", UserName="bob") == (
        ("iam:CreateUser", "arn:aws:iam::1:user/bob"),
    )
    assert needs(Action="CreateUser", UserName="bob", Path="/x/") == (
        ("iam:CreateUser", "arn:aws:iam::1:user/x/bob"),
    )
    assert needs(Action="CreateAccessKey") == (("iam:CreateAccessKey", "arn:aws:iam::1:user/ann"),)
    assert needs(Action="ListUsers") == (("iam:ListUsers", "*"),)
    assert needs(Action="GetPolicy", PolicyArn="arn:p") == (("iam:GetPolicy", "arn:p"),)


def test_each_deleted_key_needs_its_own_permission():
    assert delete_object_needs("b", "k", None) == (("s3:DeleteObject", KEY),)
    assert delete_object_needs("b", "k", "v") == (("s3:DeleteObjectVersion", KEY),)
