"""CopyObject and UploadPartCopy, as AWS's recorded answers have them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.server.store.objects import Encryption
from tests.service import allow, error_of

ILLEGAL = (
    "This copy request is illegal because it is trying to copy an object to itself without "
    "changing the object's metadata, storage class, website redirect location or encryption "
    "attributes."
)


def copy(service, source="k", key="c", **more):
    at = {"Bucket": service.bucket, "Key": key}
    return service.client().copy_object(**at, CopySource=f"{service.bucket}/{source}", **more)


def head(service, key="c", **more):
    return service.client().head_object(Bucket=service.bucket, Key=key, **more)


def begin(service, key="c") -> str:
    at = {"Bucket": service.bucket, "Key": key}
    return service.client().create_multipart_upload(**at)["UploadId"]


def refused(call, *args, **more) -> dict:
    with pytest.raises(ClientError) as caught:
        call(*args, **more)
    return caught.value.response["Error"]


def test_a_copy_has_its_sources_bytes_and_metadata(service):
    put = service.put(Metadata={"a": "=?UTF-8?Q?=C3=A4?="}, ContentLanguage="de")
    copied = copy(service, Metadata={"b": "ignored"}, ContentType="text/x-ignored")
    result = copied["CopyObjectResult"]
    assert result["ETag"] == put["ETag"]
    assert result["ChecksumCRC32"] == put["ChecksumCRC32"]
    assert result["ChecksumType"] == "FULL_OBJECT"
    assert copied["ServerSideEncryption"] == "AES256"
    old, new = head(service, "k"), head(service)
    assert (new["Metadata"], new["ContentLanguage"]) == (old["Metadata"], "de")
    assert new["ContentType"] == old["ContentType"]
    got = service.client().get_object(Bucket=service.bucket, Key="c")
    assert got["Body"].read() == b"body"


def test_no_byte_is_copied(service):
    service.put(body=b"x" * 2_000_000)
    copy(service)
    bucket = service.server.store.bucket(service.bucket)
    assert bucket.object("c").body is bucket.object("k").body


def test_metadata_is_replaced_as_a_whole(service):
    service.put(Metadata={"a": "1"}, ContentType="image/png", ContentLanguage="de")
    copy(service, MetadataDirective="REPLACE", Metadata={"b": "2"}, CacheControl="no-store")
    new = head(service)
    assert (new["Metadata"], new["CacheControl"]) == ({"b": "2"}, "no-store")
    assert (new["ContentType"], "ContentLanguage" in new) == ("binary/octet-stream", False)


@pytest.mark.parametrize("name", ["Metadata", "Tagging"])
def test_directives_that_are_none(service, name):
    service.put()
    error = refused(copy, service, **{f"{name}Directive": "replace"})
    assert (error["Code"], error["Message"]) == (
        "InvalidArgument",
        f"Unknown {name.lower()} directive.",
    )


def test_tags_come_along_unless_they_are_replaced(service):
    s3, bucket = service.client(), service.bucket
    service.put(Tagging="a=1")
    for directive, tagging, found in [
        ({}, {}, {"a": "1"}),
        ({"TaggingDirective": "COPY"}, {"Tagging": "b=2"}, {"a": "1"}),
        ({"TaggingDirective": "REPLACE"}, {"Tagging": "b=2"}, {"b": "2"}),
        ({"TaggingDirective": "REPLACE"}, {}, {}),
    ]:
        copy(service, **directive, **tagging)
        tags = s3.get_object_tagging(Bucket=bucket, Key="c")["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == found


def test_who_may_not_read_tags_does_not_copy_them(service):
    service.put("tagged", Tagging="a=1")
    service.put("plain")
    url = f"/{service.bucket}/c"
    for actions, status in [
        (("s3:GetObject", "s3:PutObject"), 403),
        (("s3:GetObject", "s3:PutObject", "s3:GetObjectTagging"), 403),
        (("s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:PutObjectTagging"), 200),
    ]:
        s3 = service.client(keys=service.user(f"ann{len(actions)}", allow(*actions)))
        at = {"Bucket": service.bucket, "Key": "c"}
        s3.copy_object(**at, CopySource=f"{service.bucket}/plain")
        s3.copy_object(**at, CopySource=f"{service.bucket}/tagged", TaggingDirective="REPLACE")
        if status == 200:
            s3.copy_object(**at, CopySource=f"{service.bucket}/tagged")
        else:
            error = refused(s3.copy_object, **at, CopySource=f"{service.bucket}/tagged")
            assert "ObjectTagging" in error["Message"], url


def test_a_source_that_is_not_there(service):
    error = refused(copy, service, "no")
    assert (error["Code"], error["Key"]) == ("NoSuchKey", "no")
    s3 = service.client()
    at = {"Bucket": service.bucket, "Key": "c"}
    error = refused(s3.copy_object, **at, CopySource="no-such-bucket/k")
    assert (error["Code"], error["BucketName"]) == ("NoSuchBucket", "no-such-bucket")
    reader = service.client(keys=service.user("ann", allow("s3:GetObject", "s3:PutObject")))
    assert refused(reader.copy_object, **at, CopySource=f"{service.bucket}/no")["Code"] == (
        "AccessDenied"
    )


def test_versions_of_the_source(service):
    service.settings.versioning = "Enabled"
    first = service.put(body=b"1")["VersionId"]
    second = service.put(body=b"22")["VersionId"]
    copied = copy(service)
    assert copied["CopySourceVersionId"] == second
    assert head(service, VersionId=copied["VersionId"])["ContentLength"] == 2
    assert copy(service, f"k?versionId={first}")["CopySourceVersionId"] == first
    assert head(service)["ContentLength"] == 1
    service.client().delete_object(Bucket=service.bucket, Key="k", VersionId=first)
    error = refused(copy, service, f"k?versionId={first}")
    assert (error["Code"], error["VersionId"]) == ("NoSuchVersion", first)
    error = refused(copy, service, "k?versionId=abc")
    assert (error["Code"], error["Message"]) == ("InvalidRequest", "Invalid Request")
    upload = {"Key": "c", "UploadId": begin(service)}
    at = {"Bucket": service.bucket, "PartNumber": 1, **upload}
    part = service.client().upload_part_copy
    error = refused(part, **at, CopySource=f"{service.bucket}/k?versionId=abc")
    assert (error["Message"], error["ArgumentName"], error["ArgumentValue"]) == (
        "Invalid version id specified",
        "x-amz-copy-source",
        "abc",
    )


def test_a_delete_marker_is_no_source(service):
    service.settings.versioning = "Enabled"
    service.put()
    marker = service.client().delete_object(Bucket=service.bucket, Key="k")["VersionId"]
    with pytest.raises(ClientError) as caught:
        copy(service)
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"
    assert headers["x-amz-delete-marker"] == "true"
    assert headers["x-amz-version-id"] == marker
    error = refused(copy, service, f"k?versionId={marker}")
    assert (error["Code"], error["Message"]) == (
        "InvalidRequest",
        "The source of a copy request may not specifically refer to a delete marker by version id.",
    )


def test_suspended_versioning_says_null_of_a_copy(service):
    service.settings.versioning = "Suspended"
    service.put()
    copied = copy(service)
    assert (copied["VersionId"], "CopySourceVersionId" in copied) == ("null", False)


@pytest.mark.parametrize(
    "change",
    [
        {"MetadataDirective": "REPLACE"},
        {"StorageClass": "STANDARD"},
        {"WebsiteRedirectLocation": "/there"},
        {"ServerSideEncryption": "AES256"},
    ],
)
def test_a_copy_onto_itself_changes_something(service, change):
    service.put(Metadata={"a": "1"})
    for nothing in ({}, {"Metadata": {"b": "2"}}, {"MetadataDirective": "COPY"}):
        error = refused(copy, service, key="k", **nothing)
        assert (error["Code"], error["Message"]) == ("InvalidRequest", ILLEGAL)
    copy(service, key="k", **change)


def test_an_encryption_that_changes_by_itself_is_a_change(service):
    service.put(ServerSideEncryption="aws:kms")
    copy(service, key="k")
    assert head(service, "k")["ServerSideEncryption"] == "AES256"
    assert refused(copy, service, key="k")["Message"] == ILLEGAL
    service.settings.encryption = Encryption()  # a default that somebody has put
    copy(service, key="k")


def test_the_version_of_a_copy_is_that_of_its_source_alone(service):
    service.settings.versioning = "Enabled"
    first = service.put()["VersionId"]
    service.put()
    this = {"StringEquals": {"s3:VersionId": first}}
    reads, writes = allow("s3:GetObject*", Condition=this), allow("s3:PutObject")
    ann = service.client(keys=service.user("ann", reads, writes))
    source = {"Bucket": service.bucket, "Key": "k"}
    at = {"Bucket": service.bucket, "Key": "k", "MetadataDirective": "REPLACE"}
    assert refused(ann.copy_object, **at, CopySource=source)["Code"] == "AccessDenied"
    ann.copy_object(**at, CopySource=source | {"VersionId": first})
    bob = service.client(keys=service.user("bob", reads, writes | {"Condition": this}))
    error = refused(bob.copy_object, **at, CopySource=source | {"VersionId": first})
    assert "s3:PutObject" in error["Message"]


def test_an_older_version_is_copied_over_the_newest(service):
    service.settings.versioning = "Enabled"
    first = service.put(body=b"1")["VersionId"]
    second = service.put(body=b"22")["VersionId"]
    assert refused(copy, service, f"k?versionId={second}", "k")["Message"] == ILLEGAL
    copy(service, f"k?versionId={first}", "k")
    assert head(service, "k")["ContentLength"] == 1


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "CRC32"])
def test_the_checksum_is_the_one_asked_for_or_the_sources(service, algorithm):
    service.put(ChecksumAlgorithm="SHA256")
    result = copy(service)["CopyObjectResult"]
    expected = service.put("other", ChecksumAlgorithm=algorithm)[f"Checksum{algorithm}"]
    assert [name for name in result if name.startswith("ChecksumS")] == ["ChecksumSHA256"]
    result = copy(service, ChecksumAlgorithm=algorithm)["CopyObjectResult"]
    assert result[f"Checksum{algorithm}"] == expected
    path, headers = f"/{service.bucket}/c", {"x-amz-copy-source": f"{service.bucket}/k"}
    headers["x-amz-checksum-algorithm"] = "MD6"
    answer = requests.put(service.sign("PUT", path, headers=headers), headers=headers)
    assert "Checksum algorithm provided is unsupported" in error_of(answer)[2]


def test_a_copy_of_parts_has_the_etag_and_checksum_of_the_whole(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    upload = s3.create_multipart_upload(**at, ChecksumAlgorithm="SHA256")["UploadId"]
    part = s3.upload_part(
        **at, UploadId=upload, PartNumber=1, Body=b"body", ChecksumAlgorithm="SHA256"
    )
    named = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]
    s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": named})
    result = copy(service)["CopyObjectResult"]
    assert result["ETag"] == f'"{hashlib.md5(b"body").hexdigest()}"'
    assert (result["ChecksumSHA256"], result["ChecksumType"]) == (
        part["ChecksumSHA256"],
        "FULL_OBJECT",
    )
    assert "PartsCount" not in head(service, PartNumber=1)


def test_storage_class_and_redirect_are_those_of_the_request(service):
    service.put(StorageClass="STANDARD_IA", WebsiteRedirectLocation="/a")
    copy(service)
    assert not {"StorageClass", "WebsiteRedirectLocation"} & set(head(service))
    copy(service, StorageClass="ONEZONE_IA", WebsiteRedirectLocation="https://b.example/")
    assert (head(service)["StorageClass"], head(service)["WebsiteRedirectLocation"]) == (
        "ONEZONE_IA",
        "https://b.example/",
    )


@pytest.mark.parametrize("name", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_source(service, name):
    service.put(StorageClass=name)
    error = refused(copy, service)
    assert (error["Code"], error["StorageClass"]) == ("InvalidObjectState", name)
    service.put(StorageClass="GLACIER_IR")
    copy(service)


def test_conditions_on_the_source(service):
    etag = service.put()["ETag"]
    now = datetime.now(UTC)
    day = timedelta(days=1)
    for condition, name in [
        ({"Match": '"other"', "NoneMatch": etag, "UnmodifiedSince": now - day}, "Match"),
        ({"NoneMatch": etag, "UnmodifiedSince": now - day}, "Unmodified-Since"),
        ({"NoneMatch": etag}, "None-Match"),
        ({"NoneMatch": etag.strip('"')}, "None-Match"),
        ({"ModifiedSince": now}, "Modified-Since"),
    ]:
        asked = {f"CopySourceIf{key}": value for key, value in condition.items()}
        for call in (copy, copy_part):
            error = refused(call, service, **asked)
            assert error["Code"] == "PreconditionFailed"
            assert error["Condition"] == f"x-amz-copy-source-If-{name}"
    right = {
        "CopySourceIfMatch": etag,
        "CopySourceIfUnmodifiedSince": now - day,  # not looked at: If-Match holds
        "CopySourceIfModifiedSince": now + day,  # not looked at: in the future
    }
    copy(service, **right)
    copy_part(service, **right)


def test_conditions_on_the_destination(service):
    etag = service.put()["ETag"]
    copy(service, IfNoneMatch="*")
    assert refused(copy, service, IfNoneMatch="*")["Condition"] == "If-None-Match"
    assert refused(copy, service, IfMatch='"other"')["Condition"] == "If-Match"
    assert refused(copy, service, key="new", IfMatch=etag)["Code"] == "NoSuchKey"
    copy(service, IfMatch=etag)
    for unknown in ({"IfNoneMatch": etag}, {"IfMatch": "*"}, {"IfMatch": etag, "IfNoneMatch": "*"}):
        assert refused(copy, service, **unknown)["Code"] == "NotImplemented"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("wrongformat", "Invalid copy source object key"),
        ("", "Invalid copy source bucket name"),
        ("/b/", "Invalid copy source object key"),
        ("arn:aws:s3:::b/k", "Invalid copy source bucket name"),
        ("b/%%%%", "Invalid copy source encoding."),
        ("b/%ff", "Invalid copy source encoding."),
        ("b/k?versionId=", "Version id cannot be the empty string"),
    ],
)
@pytest.mark.parametrize("query", [[], [("partNumber", "1"), ("uploadId", "u")]])
def test_copy_sources_that_are_none(service, source, message, query):
    headers = {"x-amz-copy-source": source}
    url = service.sign("PUT", f"/{service.bucket}/c", headers=headers, query=query)
    status, code, told = error_of(requests.put(url, headers=headers))
    assert (status, code) == (400, "InvalidArgument")
    assert message in told


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:s3:eu-west-2:123456789012:accesspoint/p/object/k",
        "arn%3Aaws%3As3%3Aeu-west-2%3A123456789012%3Aaccesspoint%2Fp%2Fobject%2Fk",
        "arn:aws:s3::123456789012:accesspoint/m.mrap/object/k",
        "arn:aws:s3-outposts:eu-west-2:123456789012:outpost/o/accesspoint/p/object/k",
    ],
)
def test_a_copy_source_in_an_access_point_is_not_carried_out(service, arn):
    headers = {"x-amz-copy-source": arn}
    answer = requests.put(
        service.sign("PUT", f"/{service.bucket}/c", headers=headers), headers=headers
    )
    assert error_of(answer)[:2] == (501, "NotImplemented")
    assert "Access points" in answer.text


@pytest.mark.parametrize("host", ["http://localhost:8080", "https://s3.us-east-1.amazonaws.com"])
def test_a_copy_source_is_a_url(service, host):
    service.put("a b", b"x")
    headers = {"x-amz-copy-source": f"{host}/{service.bucket}/a%20b"}
    answer = requests.put(
        service.sign("PUT", f"/{service.bucket}/c", headers=headers), headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert requests.get(service.presign("get_object", Key="c")).text == "x"


def test_a_copy_source_in_the_query_is_not_carried_out(service):
    service.put()
    query = [("x-amz-copy-source", f"{service.bucket}/k")]
    answer = requests.put(service.sign("PUT", f"/{service.bucket}/c", query=query))
    assert error_of(answer)[:2] == (501, "NotImplemented")
    assert "<Header>x-amz-copy-source</Header>" in answer.text
    assert requests.get(service.presign("get_object", Key="c")).status_code == 404


KEYS = ["file%2Fname", "a b/", "a//", "a/%F0%9F%98%80/", "a+b", "é/日本", "?x=1", "k?versionId=1"]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_copied_byte_for_byte(service, key):
    s3, bucket = service.client(), service.bucket
    service.put(key, key.encode())
    s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == key.encode()


def copy_part(service, source="k", span=None, **more):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "parts"}
    upload = s3.create_multipart_upload(**at)["UploadId"]
    if span is not None:
        more["CopySourceRange"] = span
    return s3.upload_part_copy(
        **at, UploadId=upload, PartNumber=1, CopySource=f"{service.bucket}/{source}", **more
    )


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (None, b"0123456789"),
        ("bytes=0-9", b"0123456789"),
        ("bytes=0-8", b"012345678"),
        ("bytes=1-1", b"1"),
    ],
)
def test_a_part_is_a_range_of_the_source(service, span, expected):
    service.put(body=b"0123456789")
    result = copy_part(service, span=span)["CopyPartResult"]
    assert result["ETag"] == f'"{hashlib.md5(expected).hexdigest()}"'
    assert not [name for name in result if name.startswith("Checksum")]


FORM = (
    "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "
    "are the zero-based offsets of the first and last bytes to copy"
)


@pytest.mark.parametrize(
    ("span", "code", "message"),
    [
        *(
            (span, "InvalidArgument", FORM)
            for span in ("0-8", "bytes=1-0", "bytes=-1-", "bytes=0--1", "bytes=0-1,3-4,7-9")
        ),
        *((span, "InvalidArgument", FORM) for span in ("bytes=-", "bytes=-0", "bytes=1-")),
        (
            "bytes=0-100",
            "InvalidArgument",
            "Range specified is not valid for source object of size: 10",
        ),
        (
            "bytes=0-10",
            "InvalidArgument",
            "Range specified is not valid for source object of size: 10",
        ),
        *(
            (
                span,
                "InvalidRequest",
                "The specified copy range is invalid for the source object size",
            )
            for span in ("bytes=10-10", "bytes=100-200")
        ),
    ],
)
def test_ranges_that_are_none(service, span, code, message):
    service.put(body=b"0123456789")
    error = refused(copy_part, service, span=span)
    assert (error["Code"], error["Message"]) == (code, message)


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_copied_parts_have_the_uploads_checksum(service, kind):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "parts"}
    expected = service.put()["ChecksumCRC32"]
    service.put(ChecksumAlgorithm="SHA256")
    asked = {"ChecksumAlgorithm": "CRC32", "ChecksumType": kind}
    upload = s3.create_multipart_upload(**at, **asked)["UploadId"]
    source = {"CopySource": f"{service.bucket}/k"}
    part = s3.upload_part_copy(**at, UploadId=upload, PartNumber=1, **source)["CopyPartResult"]
    assert part["ChecksumCRC32"] == expected
    named = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": expected}]
    done = s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": named})
    assert done["ChecksumType"] == kind
    assert s3.get_object(**at)["Body"].read() == b"body"


def test_a_part_of_a_large_file_is_shared(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "parts"}
    service.put(body=bytes(range(256)) * 8192)  # 2 MiB
    upload = s3.create_multipart_upload(**at)["UploadId"]
    tags = []
    for number, span in ((1, "bytes=5-1000000"), (2, "bytes=1000001-2000000")):
        # The first part is too small to be completed with the second, so one upload for each.
        part = s3.upload_part_copy(
            **at,
            UploadId=upload,
            PartNumber=number,
            CopySource=f"{service.bucket}/k",
            CopySourceRange=span,
        )
        tags.append({"PartNumber": number, "ETag": part["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": tags[1:]})
    whole = (bytes(range(256)) * 8192)[1000001:2000001]
    assert s3.get_object(**at)["Body"].read() == whole
    got = s3.get_object(**at, Range="bytes=10-19")["Body"].read()
    assert got == whole[10:20]


def test_a_part_for_an_upload_that_is_not_there(service):
    service.put()
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "parts"}
    error = refused(
        s3.upload_part_copy,
        **at,
        UploadId="no",
        PartNumber=1,
        CopySource=f"{service.bucket}/k",
    )
    assert error["Code"] == "NoSuchUpload"


def test_a_copy_has_no_body(service):
    service.put()
    headers = {"x-amz-copy-source": f"/{service.bucket}/k"}
    url = service.sign("PUT", f"/{service.bucket}/copy", headers=headers)
    refused = error_of(requests.put(url, headers=headers, data=b"x"))
    assert refused[:2] == (400, "InvalidRequest")
    assert refused[2].startswith("The request included a body.")
    assert service.stored() == ["k"]
    assert requests.put(url, headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
@pytest.mark.parametrize("key", ["", "/k"])
def test_only_a_put_names_a_copy_source(service, method, key):
    service.put()
    headers = {"x-amz-copy-source": f"/{service.bucket}/k"}
    query = [("uploadId", "a")] if method == "POST" else []
    url = service.sign(method, f"/{service.bucket}{key}", headers=headers, query=query)
    answer = requests.request(method, url, headers=headers)
    assert answer.status_code == 400
    if method != "HEAD":
        message = "You can only specify a copy source header for copy requests."
        assert error_of(answer)[1:] == ("InvalidArgument", message)
    assert service.stored() == ["k"]
