"""GetObjectAttributes, object tagging, object ACLs, archived objects, the owner condition."""

from __future__ import annotations

import pytest
import requests
from botocore.exceptions import ClientError

from tests.service import allow, error_of

EVERY = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]


def attributes(service, names=EVERY, key="k", **more):
    at = {"Bucket": service.bucket, "Key": key}
    told = service.client().get_object_attributes(**at, ObjectAttributes=names, **more)
    return {name: told[name] for name in (*EVERY, "VersionId", "LastModified") if name in told}


def refused(call, **more) -> dict:
    with pytest.raises(ClientError) as caught:
        call(**more)
    return caught.value.response["Error"]


def test_what_is_asked_for_and_nothing_else(service):
    put = service.put(StorageClass="STANDARD_IA")
    told = attributes(service)
    assert told.pop("LastModified")
    assert told == {
        "ETag": put["ETag"].strip('"'),
        "Checksum": {"ChecksumCRC32": put["ChecksumCRC32"], "ChecksumType": "FULL_OBJECT"},
        "StorageClass": "STANDARD_IA",
        "ObjectSize": 4,
    }
    service.put()
    assert attributes(service, ["StorageClass"])["StorageClass"] == "STANDARD"
    assert set(attributes(service, ["ObjectSize"])) == {"ObjectSize", "LastModified"}


def in_parts(service, *bodies, kind="COMPOSITE"):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    asked = {"ChecksumAlgorithm": "CRC32", "ChecksumType": kind}
    upload = s3.create_multipart_upload(**at, **asked)["UploadId"]
    named = []
    for number, body in enumerate(bodies, 1):
        part = s3.upload_part(**at, UploadId=upload, PartNumber=number, Body=body)
        named.append(
            {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        )
    return named, s3.complete_multipart_upload(
        **at, UploadId=upload, MultipartUpload={"Parts": named}
    )


FIVE = b"a" * 5 * 1024 * 1024


def test_parts_are_listed_with_a_composite_checksum(service):
    named, done = in_parts(service, FIVE, b"c")
    told = attributes(service)
    assert told["Checksum"] == {
        "ChecksumCRC32": done["ChecksumCRC32"].removesuffix("-2"),
        "ChecksumType": "COMPOSITE",
    }
    sizes = {1: len(FIVE), 2: 1}
    parts = [
        {
            "PartNumber": part["PartNumber"],
            "ChecksumCRC32": part["ChecksumCRC32"],
            "Size": sizes[part["PartNumber"]],
        }
        for part in named
    ]
    assert told["ObjectParts"] == {
        "TotalPartsCount": 2,
        "PartNumberMarker": 0,
        "NextPartNumberMarker": 2,
        "MaxParts": 1000,
        "IsTruncated": False,
        "Parts": parts,
    }
    page = attributes(service, MaxParts=1)["ObjectParts"]
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == (True, 1)
    page = attributes(service, MaxParts=1, PartNumberMarker=1)["ObjectParts"]
    assert (page["IsTruncated"], page["Parts"]) == (False, parts[1:])
    page = attributes(service, MaxParts=1, PartNumberMarker=10)["ObjectParts"]
    assert (page["NextPartNumberMarker"], "Parts" in page) == (0, False)


def test_parts_are_counted_with_a_checksum_of_the_whole(service):
    in_parts(service, FIVE, b"c", kind="FULL_OBJECT")
    assert attributes(service)["ObjectParts"] == {"TotalPartsCount": 2}


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_the_checksum_of_a_part_is_read_with_it(service, kind):
    named, done = in_parts(service, FIVE, b"c", kind=kind)
    at = {"Bucket": service.bucket, "Key": "k", "ChecksumMode": "ENABLED"}
    for call in (service.client().head_object, service.client().get_object):
        part = call(**at, PartNumber=2)
        own = named[1]["ChecksumCRC32"] if kind == "COMPOSITE" else None
        assert (part.get("ChecksumCRC32"), part["PartsCount"]) == (own, 2)
        assert call(**at)["ChecksumCRC32"] == done["ChecksumCRC32"]


def test_the_checksum_goes_with_a_range_that_is_the_whole(service):
    checksum = service.put(body=b"0123456789")["ChecksumCRC32"]
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    for span, whole in [("0-8", False), ("0-100", True), ("-15", True), ("1-", False)]:
        told = s3.get_object(**at, Range=f"bytes={span}", ChecksumMode="ENABLED")
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert told.get("ChecksumCRC32") == (checksum if whole else None)
    told = s3.get_object(**at, PartNumber=1, ChecksumMode="ENABLED")
    assert (told["ContentRange"], told["ChecksumCRC32"]) == ("bytes 0-9/10", checksum)


def test_parts_that_are_none(service):
    service.put()
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    error = refused(s3.get_object, **at, PartNumber=2)
    assert (error["Code"], error["ActualPartCount"]) == ("InvalidPartNumber", "1")
    error = refused(s3.get_object, **at, PartNumber=1, Range="bytes=0-1")
    assert (error["Code"], error["Message"]) == (
        "InvalidRequest",
        "Cannot specify both Range header and partNumber query parameter",
    )


def test_parts_are_refused_before_the_key_is_looked_for(service):
    service.put()
    url = service.sign("GET", f"/{service.bucket}/no-such-key", query=[("partNumber", "0")])
    message = "Part number must be an integer between 1 and 10000, inclusive"
    assert error_of(requests.get(url)) == (400, "InvalidArgument", message)
    url = service.sign("GET", f"/{service.bucket}/k", query=[("partNumber", "02")])
    assert "<PartNumberRequested>2<" in requests.get(url).text
    url = service.sign("GET", f"/{service.bucket}/k", query=[("partNumber", "1")])
    assert error_of(requests.get(url, headers={"range": ""}))[:2] == (400, "InvalidRequest")


@pytest.mark.parametrize("mode", ["DISABLED", "yes", ""])
def test_there_is_one_checksum_mode(service, mode):
    service.put()
    headers = {"x-amz-checksum-mode": mode}
    for method in ("GET", "HEAD"):
        url = service.sign(method, f"/{service.bucket}/k", headers=headers)
        answer = requests.request(method, url, headers=headers)
        assert answer.status_code == 400
        message = "Value for x-amz-checksum-mode header is invalid."
        assert method == "HEAD" or error_of(answer) == (400, "InvalidRequest", message)
    headers = {"x-amz-checksum-mode": "enabled"}
    url = service.sign("GET", f"/{service.bucket}/k", headers=headers)
    assert "x-amz-checksum-type" in requests.get(url, headers=headers).headers


@pytest.mark.parametrize("names", ["", ",ETag", "ETag,,ObjectSize", "ETag, ,ObjectSize"])
def test_an_attribute_of_no_name(service, names):
    service.put()
    headers = {"x-amz-object-attributes": names}
    url = service.sign("GET", f"/{service.bucket}/k", query=[("attributes", "")], headers=headers)
    answer = requests.get(url, headers=headers)
    assert error_of(answer)[1:] == ("InvalidArgument", "Invalid attribute name specified.")
    assert "<ArgumentValue></ArgumentValue>" in answer.text
    headers = {"x-amz-object-attributes": "ETag,,"}
    url = service.sign("GET", f"/{service.bucket}/k", query=[("attributes", "")], headers=headers)
    assert "<ETag>" in requests.get(url, headers=headers).text


def test_an_acl_is_that_of_a_version(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    service.put()
    assert "x-amz-version-id" not in s3.get_object_acl(**at)["ResponseMetadata"]["HTTPHeaders"]
    service.settings.versioning, service.settings.ownership = "Enabled", "ObjectWriter"
    version = service.put()["VersionId"]
    for answer in (s3.get_object_acl(**at), s3.put_object_acl(**at, ACL="private")):
        assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"] == version


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            {"x-amz-object-attributes": ","},
            (
                400,
                "InvalidRequest",
                "The x-amz-object-attributes header specifying the attributes to be retrieved is "
                "either missing or empty",
            ),
        ),
        (
            {},
            (
                400,
                "InvalidRequest",
                "The x-amz-object-attributes header specifying the attributes to be retrieved is "
                "either missing or empty",
            ),
        ),
        (
            {"x-amz-object-attributes": "ETag,Dummy"},
            (400, "InvalidArgument", "Invalid attribute name specified."),
        ),
    ],
)
def test_attributes_that_are_none(service, names, told):
    service.put()
    path = f"/{service.bucket}/k"
    url = service.sign("GET", path, query=[("attributes", "")], headers=names)
    assert error_of(requests.get(url, headers=names)) == told


def test_attributes_of_versions(service):
    service.settings.versioning = "Enabled"
    first = service.put()["VersionId"]
    service.put(body=b"longer")
    assert attributes(service)["ObjectSize"] == 6
    told = attributes(service, VersionId=first)
    assert (told["ObjectSize"], told["VersionId"]) == (4, first)
    marker = service.client().delete_object(Bucket=service.bucket, Key="k")["VersionId"]
    call, at = service.client().get_object_attributes, {"Bucket": service.bucket, "Key": "k"}
    assert refused(call, **at, ObjectAttributes=EVERY)["Code"] == "NoSuchKey"
    error = refused(call, **at, ObjectAttributes=EVERY, VersionId=marker)
    assert error["Code"] == "MethodNotAllowed"


def test_tags_of_an_object(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    service.put(Tagging="b=2&a=1")
    assert s3.get_object_tagging(**at)["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "2"},
    ]
    s3.put_object_tagging(**at, Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(**at)["TagSet"] == [{"Key": "c", "Value": ""}]
    assert s3.head_object(**at)["TagCount"] == 1
    s3.delete_object_tagging(**at)
    assert s3.get_object_tagging(**at)["TagSet"] == []
    assert "TagCount" not in s3.head_object(**at)
    error = refused(s3.put_object_tagging, **at | {"Key": "no"}, Tagging={"TagSet": []})
    assert (error["Code"], error["Key"]) == ("NoSuchKey", "no")


def test_tags_of_versions(service):
    service.settings.versioning = "Enabled"
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    first, second = (service.put(Tagging=f"v={n}")["VersionId"] for n in (1, 2))
    assert s3.get_object_tagging(**at)["VersionId"] == second
    new = {"Tagging": {"TagSet": [{"Key": "v", "Value": "1b"}]}}
    assert s3.put_object_tagging(**at, VersionId=first, **new)["VersionId"] == first
    assert s3.get_object_tagging(**at, VersionId=first)["TagSet"][0]["Value"] == "1b"
    assert s3.get_object_tagging(**at)["TagSet"][0]["Value"] == "2"
    assert s3.delete_object_tagging(**at, VersionId=first)["VersionId"] == first


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "MissingRequestBodyError"),
        ("<Other><TagSet/></Other>", "MalformedXML"),
        ("<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML"),
    ],
)
def test_documents_of_tags_that_are_none(service, body, code):
    service.put(Tagging="a=1")
    url = service.sign("PUT", f"/{service.bucket}/k", query=[("tagging", "")])
    assert error_of(requests.put(url, body))[:2] == (400, code)


def test_a_document_without_tags_takes_them_away(service):
    service.put(Tagging="a=1")
    url = service.sign("PUT", f"/{service.bucket}/k", query=[("tagging", "")])
    assert requests.put(url, "<Tagging/>").status_code == 200
    assert service.client().get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"] == []


def test_the_owner_has_every_right(service):
    service.put()
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    told = s3.get_object_acl(**at)
    owner = told["Owner"]["ID"]
    assert told["Grants"] == [
        {"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    ]
    assert s3.list_objects(Bucket=service.bucket)["Contents"][0]["Owner"]["ID"] == owner
    assert refused(s3.put_object_acl, **at, ACL="private")["Code"] == (
        "AccessControlListNotSupported"
    )
    service.settings.versioning = "Enabled"
    s3.delete_object(**at)
    assert refused(s3.get_object_acl, **at)["Code"] == "NoSuchKey"
    assert refused(s3.put_object_acl, **at, ACL="private")["Code"] == "MethodNotAllowed"


@pytest.mark.parametrize("name", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_is_there_but_cannot_be_read(service, name):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    service.put(StorageClass=name)
    error = refused(s3.get_object, **at)
    assert (error["Code"], error["Message"], error["StorageClass"]) == (
        "InvalidObjectState",
        "The operation is not valid for the object's storage class",
        name,
    )
    assert requests.get(service.presign("get_object")).status_code == 403
    assert s3.head_object(**at)["StorageClass"] == name
    assert refused(s3.restore_object, **at, RestoreRequest={"Days": 1})["Code"] == "NotImplemented"
    service.put(StorageClass="GLACIER_IR")
    assert s3.get_object(**at)["Body"].read() == b"body"


def test_the_account_that_is_expected_to_own_the_bucket(service):
    own, other = "123456789012", "999999999999"
    service.put()
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    for call, more in [
        (s3.get_object, at),
        (s3.put_object, at),
        (s3.delete_object, at),
        (s3.list_objects_v2, {"Bucket": service.bucket}),
    ]:
        error = refused(call, **more, ExpectedBucketOwner=other)
        assert error["Code"] == "AccessDenied"
        for value in ("0000", "abcd", f"{own}0", "aa000000000$"):
            error = refused(call, **more, ExpectedBucketOwner=value)
            assert (error["Code"], error["Message"]) == (
                "InvalidBucketOwnerAWSAccountID",
                "The value of the expected bucket owner parameter must be an AWS Account ID... "
                f"[{value}]",
            )
        call(**more, ExpectedBucketOwner=own)
    service.put()
    copy = {"Bucket": service.bucket, "Key": "c", "CopySource": f"{service.bucket}/k"}
    assert refused(s3.copy_object, **copy, ExpectedSourceBucketOwner=other)["Code"] == (
        "AccessDenied"
    )
    s3.copy_object(**copy, ExpectedSourceBucketOwner=own, ExpectedBucketOwner=own)


@pytest.mark.parametrize("in_query", [True, False])
def test_the_owner_expected_by_a_presigned_url(service, in_query):
    service.put()
    expected = {"x-amz-expected-bucket-owner": "999999999999"}
    path = f"/{service.bucket}/k"
    if in_query:
        answer = requests.get(service.sign("GET", path, query=list(expected.items())))
    else:
        answer = requests.get(service.sign("GET", path, headers=expected), headers=expected)
    assert error_of(answer) == (403, "AccessDenied", "Access Denied")


def test_who_may_not_list_is_not_told_what_is_missing(service):
    ann = service.client(keys=service.user("ann", allow("s3:Get*", "s3:Put*")))
    at = {"Bucket": service.bucket, "Key": "no"}
    for call, more in [
        (ann.get_object_tagging, {}),
        (ann.get_object_attributes, {"ObjectAttributes": ["ETag"]}),
        (ann.get_object_acl, {}),
    ]:
        assert refused(call, **at, **more)["Code"] == "AccessDenied"
