"""Configurations that a bucket has many of: none can be put here, and none is there."""

from __future__ import annotations

import pytest
import requests
from botocore.exceptions import ClientError

from tests.service import error_of

KINDS = ["analytics", "intelligent-tiering", "inventory", "metrics"]
NONE = (404, "NoSuchConfiguration", "The specified configuration does not exist.")


def ask(service, method, query, bucket=None):
    path = f"/{bucket or service.bucket}"
    return requests.request(method, service.sign(method, path, query=query))


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_none(service, kind):
    with_id = [(kind, ""), ("id", "a")]
    listed = ask(service, "GET", [(kind, "")])
    assert listed.status_code == 200
    assert "<IsTruncated>false</IsTruncated>" in listed.text
    assert "<Id>" not in listed.text
    assert error_of(ask(service, "GET", with_id)) == NONE
    assert error_of(ask(service, "DELETE", with_id)) == NONE
    assert error_of(ask(service, "PUT", with_id))[:2] == (501, "NotImplemented")
    for method, query in (("GET", [(kind, "")]), ("GET", with_id), ("DELETE", with_id)):
        assert error_of(ask(service, method, query, "nobody-has-it"))[1] == "NoSuchBucket"


def test_a_list_is_read_by_boto3(service):
    s3 = service.client()
    answer = s3.list_bucket_metrics_configurations(Bucket=service.bucket)
    assert (answer["IsTruncated"], "MetricsConfigurationList" in answer) == (False, False)
    with pytest.raises(ClientError, match="continuation token"):
        s3.list_bucket_metrics_configurations(Bucket=service.bucket, ContinuationToken="x")
