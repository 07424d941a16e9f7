"""Which statement decides, and the local S3's own checks."""

from __future__ import annotations

import pytest
import requests

from helpers.errors import LabError
from helpers.lab import Lab
from strict_s3.explainer import InspectError, inspect_access, why
from strict_s3.explainer.decisions import read_decision
from tests.service import allow, document

ANN = "arn:aws:iam::123456789012:user/ann"
OBJECT = "arn:aws:s3:::bucket/user1/a"


def test_an_allow():
    report = inspect_access(ANN, "s3:GetObject", OBJECT, identity_policies=document(
        allow("s3:PutObject"), allow("s3:GetObject", resource="arn:aws:s3:::bucket/user1/*")
    ))  # fmt: skip
    assert report.allowed
    assert report.decided_by == '"identity policy", statement 2'
    assert [step.matched for step in report.steps] == [False, True]
    assert "✗" in str(report) and "✓" in str(report) and "is allowed" in str(report)


def test_a_deny_beats_it_and_conditions_are_looked_at():
    deny = {
        "Sid": "FromOutside",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
        "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
    }
    policies = {
        "identity_policies": [document(allow("s3:*"))],
        "bucket_policy": {"Version": "2012-10-17", "Statement": deny},
    }
    outside = inspect_access(
        ANN, "s3:GetObject", OBJECT, context={"aws:SourceIp": "198.51.100.1"}, **policies
    )
    assert not outside.allowed
    assert outside.decided_by == '"bucket policy", statement FromOutside'
    inside = inspect_access(
        ANN, "s3:GetObject", OBJECT, context={"aws:SourceIp": "203.0.113.7"}, **policies
    )
    assert inside.allowed


def test_nothing_allows():
    report = inspect_access(ANN, "s3:GetObject", OBJECT)
    assert not report.allowed and report.decided_by == ""
    assert "Nothing allows s3:GetObject" in report.reason
    limited = inspect_access(
        ANN,
        "s3:GetObject",
        OBJECT,
        identity_policies=document(allow("s3:*")),
        boundary=document(allow("iam:*")),
    )
    assert "permissions boundary" in limited.reason
    session = inspect_access(
        "arn:aws:sts::123456789012:assumed-role/role/session",
        "s3:GetObject",
        OBJECT,
        identity_policies=document(allow("s3:*")),
        session_policy=document(allow("s3:PutObject")),
    )
    assert "session policy" in session.reason


@pytest.mark.parametrize(
    ("action", "resource", "words"),
    [
        ("s3:GetObject", "arn:aws:s3:::bucket", "Action does not apply to any resource(s)"),
        ("s3:GetObjekt", "arn:aws:s3:::bucket/*", "Policy has invalid action"),
        ("s3:GetObject", "arn:aws:s3:::another/*", "Policy has invalid resource"),
    ],
)
def test_a_bucket_policy_that_s3_does_not_take(action, resource, words):
    policy = document(allow(action, resource=resource, Principal="*"))
    with pytest.raises(InspectError) as caught:
        inspect_access(ANN, "s3:GetObject", OBJECT, bucket_policy=policy)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("arn:aws:iam::123456789012:root", True),
        (ANN, False),
        ("arn:aws:iam::123456789012:user/path/ben", True),
        ("arn:aws:sts::123456789012:assumed-role/role/session", True),
        ("arn:aws:sts::123456789012:federated-user/carl", False),
        ("anonymous", False),
    ],
)
def test_principals(principal, allowed):
    policy = document(
        allow(
            "s3:GetObject",
            resource="arn:aws:s3:::bucket/*",
            Principal={
                "AWS": [
                    "arn:aws:iam::123456789012:user/path/ben",
                    "arn:aws:iam::123456789012:role/role",
                ]
            },
        )
    )
    report = inspect_access(principal, "s3:GetObject", OBJECT, bucket_policy=policy)
    assert report.allowed is allowed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ann", "s3:GetObject", OBJECT), "principal"),
        (("arn:aws:iam::1:user/ann", "s3:GetObject", OBJECT), "principal"),
        ((ANN, "GetObject", OBJECT), "action"),
        ((ANN, "s3:GetObject", "bucket/key"), "ARN"),
    ],
)
def test_what_cannot_be_asked(arguments, words):
    with pytest.raises(InspectError, match=words):
        inspect_access(*arguments)


@pytest.mark.parametrize("policy", ["{", {"Statement": 7}, {"Statement": [{"Effect": "Maybe"}]}])
def test_what_is_no_policy(policy):
    with pytest.raises(InspectError):
        inspect_access(ANN, "s3:GetObject", OBJECT, identity_policies=policy)


class Behind:
    """The service as `why` asks a lab."""

    def __init__(self, service) -> None:
        self._service = service

    def decisions(self, last=1):
        return self._service.server.command({"do": "decisions", "last": last})


def test_why_shows_every_check_and_one_cross(service):
    lab = Behind(service)
    with pytest.raises(InspectError, match="not had a request yet"):
        why(lab)
    service.put()
    url = service.presign("get_object")
    requests.get(url)
    assert why(lab).failed is None
    assert "✗" not in str(why(lab))
    requests.put(url, data=b"x")
    found = why(lab)
    assert found.failed is not None and found.failed.name == "signature"
    lines = str(found).splitlines()
    assert lines[0] == "PUT -> 403"
    # A detail that is too long for a notebook's cell goes on in the next line.
    marks = [line[2] for line in lines[1:] if line[2] != " "]
    assert marks == ["✓"] * (len(marks) - 1) + ["✗"] and len(marks) > 5
    assert max(map(len, lines)) <= 78
    assert service.server.root.access_key not in str(found)
    requests.get(f"{service.endpoint}/no-such-bucket/k")
    assert why(lab).failed is not None and why(lab).failed.name == "bucket"


def test_why_for_a_refusal_outside_the_checks(service):
    requests.post(f"{service.endpoint}/{service.bucket}", data=b"x")
    text = str(why(Behind(service)))
    assert "\n  ✗ PreconditionFailed: " in text


def test_a_real_s3_does_not_say():
    lab = Lab("bucket", "eu-west-2", "AKIDEXAMPLE", "s", local=False)
    with pytest.raises(LabError, match="does not say"):
        why(lab)


def test_a_path_cannot_write_into_it():
    decision = {
        "method": "GET", "path": "/", "identity": "anonymous", "action": "", "resource": "",
        "status": 403, "error": "AccessDenied", "message": "a\nb",
        "checks": [["parameters", True, "x\n  ✗ signature: no"]],
    }  # fmt: skip
    assert len(str(read_decision(decision)).splitlines()) == 3
