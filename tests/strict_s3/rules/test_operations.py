"""Every operation that boto3 can send is recognised, with the permission that it needs."""

from __future__ import annotations

import re
from contextlib import suppress

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.rules import operations, s3_operations
from strict_s3.rules.operations import put_object_needs, s3_operation
from strict_s3.rules.request import Request
from strict_s3.rules.s3_operations import BUCKET, OBJECT, REFUSED, SUBRESOURCES

# Two names of boto3's for one and the same request.
SAME_REQUEST = {
    f"{verb}Bucket{name}": f"{verb}Bucket{name}Configuration"
    for verb in ("Get", "Put")
    for name in ("Lifecycle", "Notification")
}
SAME_REQUEST["ListDirectoryBuckets"] = "ListBuckets"  # its host alone differs
KNOWN = {name for name, _ in (*BUCKET.values(), *OBJECT.values())} | {
    *("ListBuckets", "ListObjectsV2", "PostObject", "CopyObject", "UploadPartCopy")
}
BUCKET_ARN, KEY = "arn:aws:s3:::b", "arn:aws:s3:::b/k"


def client():
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    return boto3.client("s3", "eu-west-2", endpoint_url="http://127.0.0.1:1", **keys)


@pytest.fixture(scope="module")
def s3():
    return client()


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
    if kind == "string":
        given = {"CopySource": "source/key", "Bucket": "bucket"}.get(name)
        return given or (shape.enum or ["k" * max(1, shape.metadata.get("min", 1))])[0]
    values = {"map": {}, "boolean": True, "timestamp": "2026-01-01T00:00:00Z", "blob": b"x"}
    return values.get(kind, 1)


def sent(s3, operation: str) -> Request:
    """The request that boto3 sends for an operation, caught before it leaves."""
    caught = []

    def catch(request, **_):
        caught.append(request)
        return AWSResponse(request.url, 500, {}, None)

    model = s3.meta.service_model.operation_model(operation)
    s3.meta.events.register_first("before-send.*.*", catch)
    # An answer without a body is an error or none, depending on the operation.
    with suppress(Exception):
        s3._make_api_call(operation, minimal(model.input_shape) if model.input_shape else {})
    s3.meta.events.unregister("before-send.*.*", catch)
    (one,) = caught
    headers = ((n, v.decode() if isinstance(v, bytes) else v) for n, v in one.headers.items())
    return Request.build(one.method, one.url, headers)


def asked(method: str, target: str, headers: dict[str, str] | None = None):
    """The operation of a path-style request."""
    return of(Request.build(method, target, (headers or {}).items()))


def of(request: Request):
    _, bucket, *rest = request.decoded_path.split("/", 2)
    return s3_operation(request, bucket, rest[0] if rest else "")


def test_every_s3_operation_of_boto3_is_recognised(s3):
    names = s3.meta.service_model.operation_names
    assert len(names) > 100
    found = {name: of(sent(s3, name)) for name in names}
    expected = {name: None if name in REFUSED else SAME_REQUEST.get(name, name) for name in names}
    assert {name: one and one.name for name, one in found.items()} == expected


def test_the_table_names_only_operations_that_boto3_knows(s3):
    assert KNOWN - {"PostObject"} <= set(s3.meta.service_model.operation_names)
    assert set(s3.meta.service_model.operation_names) - KNOWN == {*REFUSED, *SAME_REQUEST}


def test_permissions_agree_with_what_botocore_documents(s3):
    """Where an operation's documentation names permissions, ours are among them."""
    compared, wrong = 0, {}
    for name in s3.meta.service_model.operation_names:
        text = s3.meta.service_model.operation_model(name).documentation
        documented = {action.lower() for action in re.findall(r"s3:[A-Z]\w+", text)}
        if documented and name not in REFUSED:
            needed = {action.lower() for action, _ in of(sent(s3, name)).needs}
            compared += 1
            if not needed <= documented:
                wrong[name] = (needed, documented)
    assert compared > 60
    assert wrong == {}


def test_a_configuration_with_an_id_is_not_the_list_of_them():
    for name in ("analytics", "intelligent-tiering", "inventory", "metrics"):
        listed, one = asked("GET", f"/b?{name}"), asked("GET", f"/b?id=1&{name}")
        assert listed.name == one.name.replace("Get", "List") + "s"
        assert listed.needs == one.needs
        assert asked("DELETE", f"/b?{name}") is None
    assert asked("GET", "/b?id=1").name == "ListObjects"


# The request, its headers in brackets, the operation, and its actions on the bucket or the object.
PERMISSIONS = """
GET /b/k                                          -> GetObject: GetObject
GET /b/k?x-id=PutObject&response-content-type=a   -> GetObject: GetObject
GET /b/k?X-Amz-Algorithm=a&X-Amz-Signature=b      -> GetObject: GetObject
GET /b/k?cache-buster&prefix=a                    -> GetObject: GetObject
GET /b/k?versionId=1                              -> GetObject: GetObjectVersion
GET /b/k?partNumber=1                             -> GetObject: GetObject
HEAD /b/k                                         -> HeadObject: GetObject
HEAD /b/k?versionId=1&partNumber=1                -> HeadObject: GetObjectVersion
GET /b/k?acl                                      -> GetObjectAcl: GetObjectAcl
GET /b/k?attributes           -> GetObjectAttributes: GetObject GetObjectAttributes
GET /b/k?attributes&versionId=1 -> GetObjectAttributes: GetObjectVersion GetObjectVersionAttributes
GET /b/k?retention&versionId=1                    -> GetObjectRetention: GetObjectRetention
GET /b/k?uploadId=u&part-number-marker=2          -> ListParts: ListMultipartUploadParts
PUT /b/k                                          -> PutObject: PutObject
PUT /b/k?x-amz-acl=a [x-amz-tagging]       -> PutObject: PutObject PutObjectAcl PutObjectTagging
PUT /b/k?X-Amz-Tagging=a [x-amz-grant-read] -> PutObject: PutObject PutObjectAcl
PUT /b/k [x-amz-object-lock-mode]                 -> PutObject: PutObject PutObjectRetention
POST /b/k?uploads [x-amz-object-lock-legal-hold]
    -> CreateMultipartUpload: PutObject PutObjectLegalHold
PUT /b/k?partNumber=2&uploadId=u [x-amz-acl]      -> UploadPart: PutObject
DELETE /b/k                                       -> DeleteObject: DeleteObject
DELETE /b/k?versionId=1                           -> DeleteObject: DeleteObjectVersion
DELETE /b/k [x-amz-bypass-governance-retention]
    -> DeleteObject: DeleteObject BypassGovernanceRetention
PUT /b/k?retention&x-amz-bypass-governance-retention=true
    -> PutObjectRetention: PutObjectRetention BypassGovernanceRetention
GET /b?list-type=2&prefix=a&max-keys=1            -> ListObjectsV2: ListBucket
GET /b?list-type=2&versions                       -> ListObjectVersions: ListBucketVersions
GET /b/?delimiter=/                               -> ListObjects: ListBucket
HEAD /b                                           -> HeadBucket: ListBucket
DELETE /b?cors                                    -> DeleteBucketCors: PutBucketCORS
DELETE /b?policy                                  -> DeleteBucketPolicy: DeleteBucketPolicy
DELETE /b?tagging                                 -> DeleteBucketTagging: PutBucketTagging
POST /b?delete                                    -> DeleteObjects:
PUT /b?logging                                    -> PutBucketLogging: PutBucketLogging
PUT /b?requestPayment                     -> PutBucketRequestPayment: PutBucketRequestPayment
GET /b?abac                                       -> GetBucketAbac: GetBucketAbac
GET /b?object-lock        -> GetObjectLockConfiguration: GetBucketObjectLockConfiguration
GET /b?versioning                                 -> GetBucketVersioning: GetBucketVersioning
DELETE /b?website                                 -> DeleteBucketWebsite: DeleteBucketWebsite
DELETE /b?intelligent-tiering&id=1
    -> DeleteBucketIntelligentTieringConfiguration: PutIntelligentTieringConfiguration
PUT /b?x-amz-acl=private                          -> CreateBucket: CreateBucket
PUT /b?x-amz-acl=public-read [x-amz-object-ownership]
    -> CreateBucket: CreateBucket PutBucketAcl PutBucketOwnershipControls
PUT /b [x-amz-grant-write]                        -> CreateBucket: CreateBucket PutBucketAcl
PUT /b [x-amz-bucket-object-lock-enabled]
    -> CreateBucket: CreateBucket PutBucketObjectLockConfiguration PutBucketVersioning
"""
CASE = re.compile(r"(\w+) (\S+)(?: \[(\S+)\])?\s+-> (\w+):(.*)")


@pytest.mark.parametrize("case", CASE.findall(PERMISSIONS), ids=" ".join)
def test_permissions(case):
    method, target, header, name, actions = case
    found = asked(method, target, {header: "true"} if header else {})
    arn = KEY if target.startswith("/b/k") else BUCKET_ARN
    assert (found.name, found.needs) == (name, tuple((f"s3:{a}", arn) for a in actions.split()))


def test_no_line_of_the_table_is_skipped():
    assert len(CASE.findall(PERMISSIONS)) == PERMISSIONS.count("->") == 42


def test_a_version_has_actions_of_its_own():
    for (method, *names), (name, action) in OBJECT.items():
        if name in s3_operations.VERSION_ACTIONS:
            action = action.replace("Object", "ObjectVersion", 1)
        (*_, last) = asked(method, f"/b/k?versionId=1&{'&'.join(names)}").needs
        assert last == (action, KEY)


@pytest.mark.parametrize("name", sorted(s3_operations.AT_A_KEY - {"logging", "versions"}))
def test_a_sub_resource_of_the_bucket_needs_the_bucket_at_a_key_too(name):
    for method in ("GET", "PUT", "POST", "DELETE"):
        at_the_bucket = asked(method, f"/b?{name}")
        assert asked(method, f"/b/k?{name}") == at_the_bucket
        assert at_the_bucket is None or all(arn == BUCKET_ARN for _, arn in at_the_bucket.needs)


def test_a_read_ignores_what_belongs_to_the_other_address():
    for name in s3_operations.IGNORED_AT_A_KEY:
        assert asked("GET", f"/b/k?{name}") == asked("GET", "/b/k")
        assert asked("PUT", f"/b/k?{name}") is asked("DELETE", f"/b/k?{name}") is None
    for name in s3_operations.IGNORED_AT_A_BUCKET:
        assert asked("HEAD", f"/b?{name}") == asked("HEAD", "/b")
        assert asked("PUT", f"/b?{name}") is asked("DELETE", f"/b?{name}") is None


def test_listing_buckets_is_about_no_bucket():
    for target in ("/", "/?prefix=b&max-buckets=1&x-id=ListBuckets"):
        assert asked("GET", target).needs == (("s3:ListAllMyBuckets", "arn:aws:s3:::*"),)


@pytest.mark.parametrize(
    "line",
    [
        *("GET /b/k?acl&tagging", "GET /b?versions&acl", "POST /b/k?policy", "HEAD /b/k?acl"),
        *("GET /b/k?versionId=", "DELETE /b/k?versionId", "DELETE /b/k?uploadId=u&tagging"),
        *("GET /b/k?uploadId=u&partNumber=1", "PUT /b/k?uploadId=u", "PUT /b/k?partNumber=1"),
        *("PATCH /b/k", "get /b/k", "POST /b/k", "POST /b?acl", "POST /", "GET /?acl"),
        *("PUT /b/k?annotation", "DELETE /b/k?acl", "GET /b?session", "PUT /b/k?renameObject"),
    ],
)
def test_no_known_operation(line):
    assert asked(*line.split()) is None
    assert asked(*line.split(), {"content-type": "multipart/form-data; boundary=x"}) is None


@pytest.mark.parametrize(
    ("source", "action", "resource"),
    [
        ("src/a", "GetObject", "src/a"),
        ("/src/a%20b", "GetObject", "src/a b"),
        ("/src/a%20b?versionId=7", "GetObjectVersion", "src/a b"),
        ("src%2Fa%3FversionId%3D7", "GetObject", "src/a?versionId=7"),
        ("src/%C3%A9%3B%2B%23", "GetObject", "src/é;+#"),
    ],
)
def test_a_copy_also_needs_to_read_its_source(source, action, resource):
    read = (f"s3:{action}", f"arn:aws:s3:::{resource}")
    headers = {"x-amz-copy-source": source, "x-amz-acl": "private"}
    copy = asked("PUT", "/b/k", headers)
    assert copy.name == "CopyObject"
    assert copy.needs == (read, ("s3:PutObject", KEY), ("s3:PutObjectAcl", KEY))
    part = asked("PUT", "/b/k?partNumber=1&uploadId=u", headers)
    assert (part.name, part.needs[:2]) == ("UploadPartCopy", copy.needs[:2])
    tags = ((f"s3:{action}Tagging", read[1]), ("s3:PutObjectTagging", KEY))
    assert copy.source is not None
    assert operations.copied_tags_needs(copy.source, "b", "k") == tags


# Each of these is read in two ways by two parsers of URLs, or is no object of this S3.
@pytest.mark.parametrize(
    "source",
    [
        *("", "/", "no-key", "b/", "//b/k", "/%2Fb/k", "b/k#x", "b/k;x", "b/k?x=1"),
        *("b/k?versionId=", "b/k?versionId=1&x", "b/k?x&versionId=1", "b/k?versionId=1?x"),
        *("b/\tk", "b/k\x7f", " b/k", "b/\xe9", "b/%FF", "s3://b/k", "http://host", "http:///b/k"),
        "arn:aws:s3:eu-west-2:1:accesspoint/a/object/k",
    ],
)
def test_an_unclear_copy_source_is_refused(source):
    headers = {"x-amz-copy-source": source}
    assert asked("PUT", "/b/k", headers) is None
    assert asked("PUT", "/b/k?partNumber=1&uploadId=u", headers) is None


def test_a_copy_source_in_the_query_is_no_plain_upload():
    assert asked("PUT", "/b/k?X-Amz-Copy-Source=src/a") is None
    assert asked("PUT", "/b/k?x-amz-copy-source=src/a", {"x-amz-copy-source": "b/other"}) is None


def test_a_form_upload_needs_its_forms_key():
    for request in (Request.build("POST", "/b"), Request.build("POST", "/", [("host", "b.x")])):
        found = s3_operation(request, "b", "k")
        assert (found.name, found.needs) == ("PostObject", (("s3:PutObject", KEY),))
        # Never nothing at all, even before the form was read.
        assert s3_operation(request, "b", "").needs == (("s3:PutObject", "arn:aws:s3:::b/"),)
    fields = {"key": "k", "acl": "public-read", "tagging": "<a/>", "x-amz-object-lock-mode": "a"}
    more = ("PutObjectAcl", "PutObjectRetention", "PutObjectTagging")
    assert put_object_needs("b", "k", {}) == (("s3:PutObject", KEY),)
    assert put_object_needs("b", "k", fields)[1:] == tuple((f"s3:{one}", KEY) for one in more)


def test_each_deleted_key_needs_its_own_permission():
    delete, bypass = operations.delete_object_needs, ("s3:BypassGovernanceRetention", KEY)
    assert delete("b", "k", None) == (("s3:DeleteObject", KEY),)
    assert delete("b", "k", "v") == (("s3:DeleteObjectVersion", KEY),)
    assert delete("b", "k", None, bypass_governance=True)[1:] == (bypass,)


OTHERS = ("versionId", "list-type", "prefix", "x-id", "nonsense", *s3_operations.QUALIFIERS)
NAMES = st.sampled_from([*sorted(SUBRESOURCES), *OTHERS])


@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]),
    st.lists(st.tuples(NAMES, st.sampled_from(["", "=", "=2"])), max_size=4),
    st.sampled_from(["", "b"]),
    st.sampled_from(["", "k"]),
    st.one_of(st.none(), st.text()),
)
def test_any_combination_is_a_known_operation_or_none(method, names, bucket, key, source):
    query = "&".join(name + value for name, value in names)
    headers = [] if source is None else [("x-amz-copy-source", source)]
    found = s3_operation(Request.build(method, f"/{bucket}/{key}?{query}", headers), bucket, key)
    if found is None:
        return
    assert found.name in KNOWN
    # Only deleting many keys asks for nothing here.
    assert bool(found.needs) == (found.name != "DeleteObjects")
    chosen = {name for name, _ in names} & SUBRESOURCES
    if method in ("GET", "HEAD"):
        chosen -= s3_operations.IGNORED_AT_A_KEY if key else s3_operations.IGNORED_AT_A_BUCKET
    assert len(chosen) <= 1
    if not chosen:
        plain = s3_operation(Request.build(method, f"/{bucket}/{key}", headers), bucket, key)
        assert found.name in (plain.name, "ListObjectsV2")
