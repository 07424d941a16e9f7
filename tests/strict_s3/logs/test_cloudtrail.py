"""Decisions as CloudTrail's data events."""

from __future__ import annotations

import json

import pytest
import requests

from strict_s3 import Credentials, cloudtrail, in_process
from tests.service import allow, document

ALLOW = json.loads(document(allow("s3:*")))


@pytest.fixture
def s3():
    with in_process(bucket="demo", region="us-east-1") as server:
        server.client().put_object(Bucket="demo", Key="a.txt", Body=b"hello")
        yield server


def last_event(s3):
    found = cloudtrail(s3.decisions(1))
    assert len(found) == 1
    json.dumps(found)
    return found[0]


def link(s3, credentials=None, key="a.txt", **params):
    return s3.client(credentials or s3.user(ALLOW)).generate_presigned_url(
        "get_object", {"Bucket": "demo", "Key": key, **params}, ExpiresIn=300
    )


def test_a_link_of_a_user(s3):
    url = link(s3, ResponseContentType="text/plain")
    response = requests.get(url, headers={"user-agent": "curl/8.5.0"})
    event = last_event(s3)
    decision = s3.decisions(1)[0]
    user = event["userIdentity"]
    assert user.pop("accessKeyId").startswith("AKIA")
    assert user.pop("principalId").startswith("AIDA")
    assert user.pop("userName") == user.pop("arn").rpartition("/")[2]
    assert user == {"type": "IAMUser", "accountId": "123456789012"}
    parameters = event["requestParameters"]
    assert parameters.pop("X-Amz-Date")
    assert parameters == {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Expires": "300",
        "X-Amz-SignedHeaders": "host",
        "response-content-type": "text/plain",
        "bucketName": "demo",
        "key": "a.txt",
        "Host": decision["host"],
    }
    assert event["additionalEventData"] == {
        "AuthenticationMethod": "QueryString",
        "SignatureVersion": "SigV4",
        "bytesTransferredIn": 0,
        "bytesTransferredOut": 5,
        "x-amz-id-2": response.headers["x-amz-id-2"],
    }
    assert event["eventTime"] == decision["time"][:19] + "Z"
    left = {name: event[name] for name in event if not isinstance(event[name], dict)}
    assert left.pop("eventID") == last_event(s3)["eventID"]
    assert left | {"eventTime": ""} == {
        "eventVersion": "1.11",
        "eventTime": "",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "[curl/8.5.0]",
        "responseElements": None,
        "requestID": response.headers["x-amz-request-id"],
        "readOnly": True,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::demo/a.txt"},
            {
                "accountId": "123456789012",
                "type": "AWS::S3::Bucket",
                "ARN": "arn:aws:s3:::demo",
            },
        ],
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": "123456789012",
        "eventCategory": "Data",
    }


def test_a_link_of_a_session(s3):
    requests.get(link(s3, s3.session(ALLOW)))
    who = last_event(s3)["userIdentity"]
    assert (who["type"], who["accessKeyId"][:4]) == ("AssumedRole", "ASIA")
    issuer = who["sessionContext"]["sessionIssuer"]
    assert issuer["type"] == "Role"
    assert issuer["arn"] == f"arn:aws:iam::123456789012:role/{issuer['userName']}"
    assert who["principalId"] == f"{issuer['principalId']}:{issuer['userName']}"
    assert who["sessionContext"]["attributes"]["creationDate"].endswith("Z")


def test_a_session_of_a_user_and_a_federated_one(s3):
    sts = s3.client("sts", s3.user(json.loads(document(allow("s3:*", "sts:*")))))
    for made, kind in (
        (sts.get_session_token(), "IAMUser"),
        (sts.get_federation_token(Name="guest", Policy=json.dumps(ALLOW)), "FederatedUser"),
    ):
        keys = made["Credentials"]
        used = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        s3.client(used).get_object(Bucket="demo", Key="a.txt")
        who = last_event(s3)["userIdentity"]
        assert who["type"] == kind
        assert who["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_denied_is_an_event_and_anonymous_too(s3):
    requests.get(link(s3, s3.user(json.loads(document(allow("s3:ListBucket"))))))
    event = last_event(s3)
    assert event["errorCode"] == "AccessDenied"
    assert "is not authorized to perform: s3:GetObject" in event["errorMessage"]
    requests.get(f"{s3.endpoint_url}/demo/a.txt")
    event = last_event(s3)
    assert event["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": "",
        "accountId": "anonymous",
    }
    assert "AuthenticationMethod" not in event["additionalEventData"]


def test_failed_authentication_is_no_event(s3):
    url = link(s3)
    with s3.later(minutes=6):
        requests.get(url)
    assert s3.decisions(1)[0]["message"] == "Request has expired"
    assert cloudtrail(s3.decisions(1)) == []
    requests.get(url + "0")
    assert cloudtrail(s3.decisions(1)) == []
    requests.get(url.replace("AKIA", "AKIB"))
    assert (s3.decisions(1)[0]["error"], cloudtrail(s3.decisions(1))) == ("InvalidAccessKeyId", [])
    requests.get(url, headers={"authorization": "AWS4-HMAC-SHA256 x"})
    requests.get(f"{s3.endpoint_url}/demo/a.txt", headers={"authorization": "AWS a:b"})
    form = s3.client().generate_presigned_post("demo", "form.txt")
    broken = form["fields"] | {"x-amz-signature": "0" * 64}
    requests.post(form["url"], data=broken, files={"file": b"123"})
    assert [one["status"] for one in s3.decisions(3)] == [400, 400, 403]
    assert cloudtrail(s3.decisions(3)) == []


def test_forms_and_lists(s3):
    form = s3.client().generate_presigned_post("demo", "form.txt")
    requests.post(form["url"], data=form["fields"], files={"file": b"123"})
    event = last_event(s3)
    assert (event["eventName"], event["readOnly"]) == ("PostObject", False)
    assert event["additionalEventData"]["AuthenticationMethod"] == "HtmlForm"
    assert event["additionalEventData"]["bytesTransferredIn"] > 3
    assert set(event["requestParameters"]) == {"bucketName", "Host", "key"}
    s3.client().list_objects_v2(Bucket="demo", Prefix="a")
    event = last_event(s3)
    assert event["eventName"] == "ListObjects"
    assert event["resources"][0] == {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::demo/"}
    assert event["requestParameters"]["prefix"] == "a"


def test_management_events_and_other_services_are_not_written(s3):
    before = len(cloudtrail(s3.decisions(1000)))
    s3.client().get_bucket_versioning(Bucket="demo")
    s3.client().list_buckets()
    s3.client("iam").list_users()
    requests.options(f"{s3.endpoint_url}/demo/a.txt", headers={"origin": "https://a.example"})
    requests.get(f"{s3.endpoint_url}/no-such-bucket/k")
    assert len(cloudtrail(s3.decisions(1000))) == before


def test_nothing_secret(s3):
    session = s3.session(ALLOW)
    url = link(s3, session)
    requests.get(url, headers={"referer": url, "user-agent": url})
    text = json.dumps([s3.decisions(5), cloudtrail(s3.decisions(5))])
    for secret in (session.secret_key, session.session_token, url.partition("Signature=")[2]):
        assert secret and secret not in text


@pytest.mark.parametrize("agent", ["x" * 3000, "é" * 900, '"\\\t'])
def test_a_long_user_agent_is_cut(s3, agent):
    requests.get(link(s3), headers={"user-agent": agent.encode()})
    event = last_event(s3)
    inside = event["userAgent"][1:-1]
    assert agent.startswith(inside) and len(inside.encode()) <= 1024
    assert json.loads(json.dumps(event)) == event
