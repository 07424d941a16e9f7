"""Servers that a test starts itself: as a process, without one, and two at once."""

from __future__ import annotations

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto import mock_aws

import strict_s3

START = pytest.mark.parametrize("start", [strict_s3.start, strict_s3.in_process])


def link(s3: strict_s3.Server) -> str:
    params = {"Bucket": s3.bucket, "Key": "a.txt"}
    return s3.client().generate_presigned_url("get_object", params, 60)


@START
def test_one(start):
    with start(region="eu-central-1", bucket="own") as s3:
        s3.client().put_object(Bucket="own", Key="a.txt", Body=b"hello")
        url = link(s3)
        assert requests.get(url).content == b"hello"
        assert requests.get(url.replace("Expires=60", "Expires=600")).status_code == 403
        with s3.later(seconds=61):
            assert requests.get(url).status_code == 403
        assert s3.decisions()[0]["checks"][-1][:2] == ["time", False]


@START
def test_two_share_nothing(start):
    with start(bucket="same") as one, start(bucket="same") as two:
        one.client().put_object(Bucket="same", Key="a.txt", Body=b"one")
        assert two.client().list_objects_v2(Bucket="same")["KeyCount"] == 0
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            boto3.client(
                "s3", **{**one.boto3_args, "aws_access_key_id": two.access_key}
            ).list_buckets()
        two.reset()
        assert requests.get(link(one)).content == b"one"


@START
def test_beside_moto(start):
    with mock_aws():
        theirs = boto3.client("s3", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        theirs.create_bucket(Bucket="mocked")
        sqs = boto3.client("sqs", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        sqs.create_queue(QueueName="mocked")
        with start(bucket="ours") as s3:
            names = [bucket["Name"] for bucket in s3.client().list_buckets()["Buckets"]]
            assert names == ["ours"]
            s3.reset()
        assert [bucket["Name"] for bucket in theirs.list_buckets()["Buckets"]] == ["mocked"]
        assert len(sqs.list_queues()["QueueUrls"]) == 1


def test_what_was_patched_is_put_back():
    with strict_s3.in_process() as s3:
        url = link(s3)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
