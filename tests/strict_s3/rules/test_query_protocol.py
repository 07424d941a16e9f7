"""The Query protocol: how a form is read, and how a refusal is written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strict_s3.rules.identity import Identity, Session
from strict_s3.rules.query_protocol import QueryError, check_action, read_form
from strict_s3.rules.request import Request
from strict_s3.rules.services import protocol_of, service_of
from strict_s3.rules.sessions import session_refusal
from tests.strict_s3.rules.test_iam import ANN

FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


def read(body: bytes = b"", target: str = "/", headers=(FORM,), method: str = "POST"):
    return read_form(Request.build(method, target, headers), body)


def test_query_and_body_are_one_form():
    assert read(b"UserName=a+b%2B&Path=%C3%A9&&x", "/?Action=GetUser&e=") == {
        "Action": "GetUser",
        "e": "",
        "UserName": "a b+",
        "Path": "é",
        "x": "",
    }
    assert read(target="/?Action=GetUser", headers=(), method="GET") == {"Action": "GetUser"}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"body": b"a=1&a=1"}, 400),
        ({"body": b"a=1", "target": "/?a=1"}, 400),
        ({"target": "/?a&a"}, 400),
        ({"body": b"%61=1&a=1"}, 400),
        ({"body": b"a=%ff"}, 400),
        ({"body": b"%ff=a"}, 400),
        ({"body": b"a", "headers": ()}, 400),
        ({"body": b"a", "headers": (("content-type", "text/plain"),)}, 400),
        ({"body": b"a", "headers": (("content-type", FORM[1] + "; x=y"),)}, 400),
        ({"body": b"a", "headers": (("content-type", f"{FORM[1][:33]}; charset=utf-16"),)}, 400),
        ({"body": b"a", "headers": (FORM, FORM)}, 400),
        ({"body": b"a", "headers": (FORM, ("content-encoding", "gzip"))}, 400),
        ({"headers": (("content-encoding", "aws-chunked"),)}, 400),
        ({"method": "PUT"}, 405),
        ({"method": "HEAD"}, 405),
        ({"target": "/bucket"}, 404),
        ({"target": "//"}, 404),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(given, status):
    with pytest.raises(QueryError) as caught:
        read(**given)
    assert caught.value.status == status


def test_the_version():
    operations = ("GetUser",)
    for form in ({"Action": "GetUser"}, {"Action": "GetUser", "Version": "2010-05-08"}):
        assert check_action(form, operations, "2010-05-08") == "GetUser"
    with pytest.raises(QueryError, match=r"404 InvalidAction: .* for version 201"):
        check_action({"Action": "GetUser", "Version": "201"}, operations, "2010-05-08")


# Whose request it is.


def test_the_service_is_the_one_of_the_credential_scope():
    def signed(scope, **more):
        header = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/{scope}/aws4_request, SignedHeaders=h"
        return Request.build("POST", "/", [("Authorization", header), *more.items()])

    for name in ("s3", "iam", "sts", "sqs", "dynamodb"):
        assert service_of(signed(f"eu-west-2/{name}")) == name
    # What is no service's name is left to S3, which says what is wrong.
    for scope in ("eu-west-2/s4", "iam", "eu-west-2/", "eu-west-2/iam/iam/x"):
        assert service_of(signed(scope)) == "s3"
    for header in ("", "Basic aWFtOnN0cw==", "AWS AKIA:iam", "AWS4-HMAC-SHA256 iam/aws4_request"):
        assert service_of(Request.build("GET", "/", [("Authorization", header)])) == "s3"
    assert service_of(Request.build("GET", "/?X-Amz-Credential=A/1/r/iam/aws4_request")) == "s3"


@pytest.mark.parametrize(
    ("service", "headers", "protocol"),
    [
        ("sqs", [], "json"),
        ("lambda", [], "rest-json"),
        ("ec2", [], "ec2"),
        ("sns", [], "query"),
        ("route53", [], "rest-xml"),
        ("monitoring", [("x-amz-target", "x")], "json"),
        ("monitoring", [("smithy-protocol", "rpc-v2-cbor")], "cbor"),
    ],
)
def test_the_protocol_in_which_another_service_would_answer(service, headers, protocol):
    assert protocol_of(service, Request.build("POST", "/", headers)) == protocol


# What sessions cannot call.

NOW = Session(datetime(2026, 1, 1, tzinfo=UTC))
ROOT = Identity("root", ANN.account, "arn:root")
WHO = {
    "root": ROOT,
    "root session": Identity("root", ANN.account, "arn:root", session=NOW),
    "user": ANN,
    "user session": Identity("user", ANN.account, ANN.arn, "ann", session=NOW),
    "federated": Identity("federated-user", ANN.account, "arn:f", "ann", session=NOW),
    "role": Identity("assumed-role", ANN.account, "arn:r", session=NOW),
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
CAN = {
    "iam": {"root", "user", "role"},
    "GetCallerIdentity": set(WHO),
    "AssumeRole": {"user", "user session", "role"},
    "GetSessionToken": {"root", "user"},
    "GetFederationToken": {"root", "user"},
}


@pytest.mark.parametrize("action", CAN)
@pytest.mark.parametrize("who", WHO)
def test_who_can_call_what(action, who):
    service = "iam" if action == "iam" else "sts"
    refusal = session_refusal(service, "GetUser" if service == "iam" else action, WHO[who])
    assert (refusal is None) == (who in CAN[action])
