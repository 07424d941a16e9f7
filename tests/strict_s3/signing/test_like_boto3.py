"""The URLs of `Presigner` beside boto3's own, byte for byte, for the same time.

1,000 examples in the suite, more if HYPOTHESIS_EXAMPLES asks for more.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from unittest import mock

import boto3
from botocore import auth
from botocore.config import Config
from hypothesis import assume, example, given
from hypothesis import strategies as st

from strict_s3.signing.presigner import Credentials, Presigner

NOW = datetime(2026, 11, 25, 20, 45, 17, tzinfo=UTC)
REGIONS = [
    region
    for partition in boto3.session.Session().get_available_partitions()
    for region in boto3.session.Session().get_available_regions("s3", partition)
]
ENDPOINTS = (
    *(None, None, "http://127.0.0.1:9000", "https://127.0.0.1/", "http://localhost:8333"),
    *(
        "https://s3.example.com",
        "https://S3.Example.com:443/",
        "http://minio:80",
        "http://[::1]:90",
    ),
    *(
        "https://hub.example.com/user/ann/proxy/8333/",
        "http://hub.example.com:8000/s3",
        "http://h/a~b",
        "https://h:0443",
        "https://h:",
        "http://h:00080",
        "https://s3-accelerate.amazonaws.com",
        "https://s3-accelerate.dualstack.amazonaws.com/",
    ),
)
ADDRESSES = ("http://127.0.0.1:9000", "https://127.0.0.1/", "http://[::1]:90")
# The names in S3's API, and in boto3's.
QUERY = {
    "response-cache-control": "ResponseCacheControl",
    "response-content-disposition": "ResponseContentDisposition",
    "response-content-encoding": "ResponseContentEncoding",
    "response-content-language": "ResponseContentLanguage",
    "response-content-type": "ResponseContentType",
    "versionId": "VersionId",
}
HEADERS = {
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "content-encoding": "ContentEncoding",
    "content-language": "ContentLanguage",
    "content-type": "ContentType",
    "if-none-match": "IfNoneMatch",
    "x-amz-checksum-sha256": "ChecksumSHA256",
    "x-amz-expected-bucket-owner": "ExpectedBucketOwner",
    "x-amz-object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-storage-class": "StorageClass",
    "x-amz-tagging": "Tagging",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
OPERATIONS = {"GET": "get_object", "HEAD": "head_object", "PUT": "put_object"}
OPERATIONS["DELETE"] = "delete_object"


@cache
def client(region, endpoint, addressing, token):
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": addressing, "us_east_1_regional_endpoint": "regional"},
        ),
    )


def boto3s(region, bucket, endpoint, addressing, token, method, key, expires, params):
    s3 = client(region, endpoint, addressing, token)
    with mock.patch.object(auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None)):
        return s3.generate_presigned_url(
            OPERATIONS[method], {"Bucket": bucket, "Key": key, **params}, expires
        )


characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, min_size=1, max_size=30)
awkward = st.text(
    st.sampled_from("./~%+ ?#&=\\\0\n\r\tä€😀\u202e'\"()*!aB0-_"), min_size=1, max_size=40
)
keys = st.one_of(texts, awkward, st.text("abc019/._~-", min_size=1, max_size=60))
buckets = st.one_of(
    st.sampled_from(
        ("presignedurldemo", "a.b.c", "MyOldBucket", "old_bucket", "a1-", "my--bucket")
    ),
    st.from_regex(r"[a-z0-9][a-z0-9.-]{1,30}[a-z0-9]", fullmatch=True),
    st.from_regex(r"[a-z0-9-]{60,66}", fullmatch=True),
).filter(lambda name: not re.search(r"--(xa?|op|table)-s3$", name))
visible = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)


@st.composite
def requests(draw):
    method = draw(st.sampled_from(sorted(OPERATIONS)))
    query, headers = {}, {}
    if method in ("GET", "HEAD"):
        query = draw(st.dictionaries(st.sampled_from(sorted(QUERY)), texts, max_size=3))
    if method == "PUT":
        headers = draw(st.dictionaries(st.sampled_from(sorted(HEADERS)), visible, max_size=4))
        for name in draw(
            st.sets(st.text("ab9-", min_size=1, max_size=8).map("x-amz-meta-".__add__), max_size=2)
        ):
            headers[name] = draw(visible)
        if draw(st.booleans()):
            headers["content-length"] = str(draw(st.integers(0, 5 * 2**30)))
    return method, query, headers


def as_params(query, headers):
    params = {QUERY[name]: value for name, value in query.items()}
    meta = {n.removeprefix("x-amz-meta-"): v for n, v in headers.items() if "-meta-" in n}
    if meta:
        params["Metadata"] = meta
    for name, value in headers.items():
        if name == "content-length":
            params["ContentLength"] = int(value)
        elif name in HEADERS:
            params[HEADERS[name]] = value
    return params


@given(
    region=st.sampled_from(REGIONS),
    bucket=buckets,
    endpoint=st.sampled_from(ENDPOINTS),
    addressing=st.sampled_from(("auto", "virtual", "path")),
    token=st.sampled_from((None, "IQoJb3JpZ2luX2VjE/+=token")),
    request=requests(),
    key=keys,
    expires=st.integers(1, 604800),
)
@example("us-east-1", "buck", None, "virtual", None, ("GET", {}, {}), "/a/../b//./c/", 60)
@example("us-east-1", "buck", None, "path", "t+/", ("GET", {"versionId": "="}, {}), "/", 604800)
@example("eu-west-2", "a.b.c", "http://h/x", "virtual", None, ("DELETE", {}, {}), "~", 1)
def test_as_boto3(region, bucket, endpoint, addressing, token, request, key, expires):
    # boto3 puts a bucket's name with dots in front of an address: a.b.127.0.0.1 is no host.
    assume(not ("." in bucket and addressing == "virtual" and endpoint in ADDRESSES))
    # And to S3's accelerated endpoints it would send what they do not take: a bucket in the path.
    in_host = addressing != "path" and re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", bucket)
    assume(in_host or "accelerate" not in (endpoint or ""))
    method, query, headers = request
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "secret", token)
    signer = Presigner(credentials, region, bucket, endpoint, addressing, NOW.timestamp)
    if addressing == "auto" and endpoint is None:
        addressing = "virtual"  # boto3's own "auto" names no region in the host
    theirs = boto3s(
        region, bucket, endpoint, addressing, token, method, key, expires, as_params(query, headers)
    )
    ours = list(signer.urls(method, [key, key], expires=expires, query=query, headers=headers))
    assert ours == [theirs, theirs]
