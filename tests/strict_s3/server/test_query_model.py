"""The models of IAM and STS: how a form is read and a result written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strict_s3.rules.query_protocol import QueryError
from strict_s3.server.query_model import QueryModel

ROLE = "arn:aws:iam::123456789012:role/r"


def test_every_parameter_of_a_form_is_known_or_refused():
    model = QueryModel("iam")
    form = {"Action": "CreateAccessKey", "UserName": "ann"}
    assert model.read("CreateAccessKey", form) == {"UserName": "ann"}
    for name in ("username", "UserName.member.1", "X", "Tags.member.1.Key"):
        with pytest.raises(QueryError) as caught:
            model.read("CreateAccessKey", form | {name: "eve"})
        assert caught.value.status == 501
        assert repr(name) in caught.value.message


@pytest.mark.parametrize("number", ["0", "01", "-1", "x", "1.0", ""])
def test_lists_are_numbered_from_one(number):
    form = {"UserName": "a", f"TagKeys.member.{number}": "k"}
    with pytest.raises(QueryError) as caught:
        QueryModel("iam").read("UntagUser", form)
    assert caught.value.status == 501


def test_lists_keep_their_numbers_order():
    form = {"UserName": "a"} | {f"TagKeys.member.{n}": f"k{n}" for n in (10, 2, 1)}
    assert QueryModel("iam").read("UntagUser", form)["TagKeys"] == ["k1", "k2", "k10"]


@pytest.mark.parametrize(
    ("service", "action", "field", "value"),
    [
        ("iam", "CreateRole", "MaxSessionDuration", "1e4"),
        ("iam", "CreateRole", "MaxSessionDuration", "٣٦٠٠"),
        ("iam", "ListPolicies", "OnlyAttached", "True"),
        ("sts", "GetSessionToken", "DurationSeconds", "900.0"),
    ],
)
def test_numbers_and_booleans_are_written_one_way(service, action, field, value):
    with pytest.raises(QueryError) as caught:
        QueryModel(service).read(action, {field: value})
    assert (caught.value.status, caught.value.code) == (400, "MalformedInput")


def test_sts_quotes_the_value():
    form = {"RoleArn": ROLE, "RoleSessionName": "Session1:2"}
    with pytest.raises(QueryError) as caught:
        QueryModel("sts").read("AssumeRole", form)
    assert caught.value.message == (
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy "
        r"constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )


def test_a_result_is_written_in_the_models_order_and_escaped():
    result = {
        "User": {"UserName": "a", "Path": "/&/", "CreateDate": datetime(2026, 1, 2, tzinfo=UTC)}
    }
    assert QueryModel("iam").write("GetUser", result, "id") == (
        b'<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User>'
        b"<Path>/&amp;/</Path><UserName>a</UserName><CreateDate>2026-01-02T00:00:00Z</CreateDate>"
        b"</User></GetUserResult><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
        b"</GetUserResponse>"
    )
