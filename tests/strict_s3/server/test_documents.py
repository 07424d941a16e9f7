"""Configurations that are sent: the right kind is stored, another is refused in S3's words."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.service import error_of

VERSIONING = "<VersioningConfiguration>{}</VersioningConfiguration>"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (VERSIONING.format("<Status>Enabled</Status>"), 200, ""),
        (VERSIONING.format("<Status>Suspended</Status>"), 200, ""),
        (VERSIONING.format("<Status>Off</Status>"), 400, "MalformedXML"),
        (VERSIONING.format(""), 400, "IllegalVersioningConfigurationException"),
        ("<CompleteMultipartUpload/>", 400, "MalformedXML"),
        ("<CreateBucketConfiguration/>", 400, "MalformedXML"),
        ("", 400, "MissingRequestBodyError"),
    ],
)
def test_versioning(service, body, status, code):
    answer = service.put_document("versioning", body)
    assert answer.status_code == status
    if code:
        assert error_of(answer)[:2] == (400, code)


def test_a_document_of_another_operation_is_refused(service):
    taken = "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"
    assert service.put_document("tagging", taken).status_code == 204
    refused = service.put_document("tagging", "<Delete/>")
    assert error_of(refused)[:2] == (400, "MalformedXML")


def test_tags_of_an_upload(service):
    s3 = service.client()
    service.put("k", Tagging="awards=first%20prize")
    assert s3.get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"] == [
        {"Key": "awards", "Value": "first prize"}
    ]
    s3.put_object_tagging(Bucket=service.bucket, Key="k", Tagging={"TagSet": []})
    assert s3.get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"] == []
    for refused in (
        lambda: service.put("new", Tagging="a=1&a=2"),
        lambda: s3.create_multipart_upload(Bucket=service.bucket, Key="new", Tagging="a=%25"),
        lambda: s3.copy_object(
            Bucket=service.bucket, Key="new", CopySource=f"{service.bucket}/k", Tagging="aws:a=1"
        ),
    ):
        with pytest.raises(ClientError) as caught:
            refused()
        assert caught.value.response["Error"]["Code"] == "InvalidArgument"
    assert s3.list_objects_v2(Bucket=service.bucket)["KeyCount"] == 1


def test_a_copy_of_nothing_says_what_is_missing(service):
    s3 = service.client()
    upload = s3.create_multipart_upload(Bucket=service.bucket, Key="k")["UploadId"]
    with pytest.raises(ClientError) as caught:
        s3.upload_part_copy(
            Bucket=service.bucket,
            Key="k",
            UploadId=upload,
            PartNumber=1,
            CopySource=f"{service.bucket}/not-there",
        )
    assert caught.value.response["Error"]["Code"] == "NoSuchKey"


def test_iam_quotes_what_xml_cannot_carry(service):
    answer = service.client("iam")
    with pytest.raises(ClientError) as caught:
        answer.delete_user(UserName="a\x01b")
    assert caught.value.response["Error"]["Code"] in ("NoSuchEntity", "ValidationError")
