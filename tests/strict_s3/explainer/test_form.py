"""The inspector of POST forms."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.explainer import InspectError, inspect_form

TOKEN = "FwoGNOTAREALTOKEN/+="


@cache
def client(token, version):
    return boto3.client(
        "s3",
        region_name="eu-west-2",
        aws_access_key_id="ASIAIOSFODNN7EXAMPLE" if token else "AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(signature_version=version, s3={"addressing_style": "virtual"}),
    )


def form(fields=None, conditions=(), key="user1/a.png", token=None, expires=600, version="s3v4"):
    signer = client(token, version)
    return signer.generate_presigned_post("bucket", key, fields, list(conditions), expires)


def by_hand(policy, **fields):
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    signed = form()["fields"]
    return {**signed, "policy": encoded, **fields}


FULL = [
    ["starts-with", "$key", "user1/"],
    ["content-length-range", 0, 100_000],
    ["starts-with", "$Content-Type", "image/"],
    ["starts-with", "$x-amz-meta-tag", ""],
    {"success_action_status": "201"},
]


def test_conditions_as_sentences():
    fields = {"Content-Type": "image/png", "success_action_status": "201", "x-amz-meta-tag": ""}
    post = form(fields, FULL)
    report = inspect_form(post)
    assert (report.version, report.bucket, report.key) == (4, "bucket", "user1/a.png")
    assert report.region == "eu-west-2"
    for sentence in (
        "key must start with `user1/`",
        "the file has 0 to 100,000 bytes",
        "content-type must start with `image/`",
        "x-amz-meta-tag must be in the form, and can be anything",
        "success_action_status must be exactly `201`",
        "bucket must be exactly `bucket`",
    ):
        assert sentence in report.sentences
    assert report.lengths == (0, 100_000)
    assert report.missing == report.extra == ()
    assert report.refusal == ""
    assert timedelta(0) < report.ends - datetime.now(UTC) <= timedelta(minutes=10)
    assert report.policy["conditions"]
    assert report.warnings == ("S3 ignores every field after the file: append the file last.",)
    # The fields alone, and both as JSON, say the same.
    for same in (post["fields"], json.dumps(post), json.dumps(post["fields"])):
        assert inspect_form(same).sentences == report.sentences


def test_neither_signature_nor_token_is_shown():
    post = form(token=TOKEN)
    report = inspect_form(post)
    assert report.temporary
    for text in (str(report), repr(vars(report))):
        assert "NOTAREALTOKEN" not in text
        assert post["fields"]["x-amz-signature"] not in text
        assert post["fields"]["policy"] not in text
        assert "ASIAIOSFODNN7EXAMPLE" not in str(report)
    long = inspect_form(form(token=TOKEN, expires=7200))
    assert any("ends with the session" in warning for warning in long.warnings)


def test_missing_conditions_and_extra_fields():
    post = form({"acl": "public-read"}, [{"success_action_status": "201"}])
    report = inspect_form(post)
    assert report.extra == ("acl",)
    assert report.missing == ("success_action_status must be exactly `201`: the field is missing",)
    assert "Policy Condition failed" in report.refusal
    assert any("makes the object public" in warning for warning in report.warnings)


def test_a_policy_that_does_not_name_the_bucket():
    post = form()
    document = json.loads(base64.b64decode(post["fields"]["policy"]))
    document["conditions"].remove({"bucket": "bucket"})
    encoded = base64.b64encode(json.dumps(document).encode()).decode()
    report = inspect_form({**post, "fields": {**post["fields"], "policy": encoded}})
    assert "No condition names the bucket" in str(report.verdict)
    assert report.refusal.endswith("Extra input fields: bucket")
    assert [part.value for part in report.repairs] == ['{"bucket": "bucket"}']


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (form(expires=10_000_000), "seven days"),
        (form(), "The size is not limited"),
        (form(key="a/${filename}"), "contains the file's name"),
        (form(), "no Content-Type field"),
        (form({"acl": "private"}, [{"acl": "private"}]), "refuse ACLs"),
        (form({"x-amz-tagging": "a=b"}, [{"x-amz-tagging": "a=b"}]), "field is called tagging"),
        (form(version="s3"), "Signature Version 2"),
        (by_hand({"expiration": "2100-01-01T00:00:00Z", "conditions": []}), "Any key is allowed"),
        (by_hand({"expiration": "2100-01-01T00:00:00Z", "conditions": [{}]}), "cannot read"),
        (by_hand({"expiration": "2100-01-01T00:00:00Z", "conditions": [], "x": 1}), "Unexpected:"),
        (
            by_hand({"expiration": "2100-01-01T00:00:00Z", "conditions": [["eq", "key", "k"]]}),
            "can never be met",
        ),
        ({"url": "https://b.s3.amazonaws.com/", "fields": form()["fields"]}, "not name a region"),
        ({"url": "https://other.s3.eu-west-2.amazonaws.com", **form() | {"url": "https://other.s3"
          ".eu-west-2.amazonaws.com"}}, "the upload goes to `other`"),
    ],
)  # fmt: skip
def test_warnings(fields, words):
    assert any(words in warning for warning in inspect_form(fields).warnings)


def test_expired():
    report = inspect_form(form(), datetime.now(UTC) + timedelta(minutes=11))
    assert report.refusal.endswith("Invalid according to Policy: Policy expired.")
    assert "ended" in str(report)


def test_a_token_of_another_form():
    post = form(token=TOKEN)
    post["fields"]["x-amz-security-token"] = "ANOTHERTOKEN"
    report = inspect_form(post)
    assert "it is a different one" in report.missing[0]
    assert "TOKEN" not in str(report)


@pytest.mark.parametrize("given", ["", "{", "[]", "7", {}, {"fields": 7}, {"key": "k"}, 7, None])
def test_no_form_is_one_clear_error(given):
    with pytest.raises(InspectError) as refused:
        inspect_form(given)
    assert "\n" not in str(refused.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=10)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(JSON, JSON, st.text(max_size=30))
def test_any_policy(conditions, expiration, policy):
    for fields in (
        by_hand({"expiration": expiration, "conditions": conditions}),
        by_hand({"expiration": "2100-01-01T00:00:00Z", "conditions": conditions}, key=policy),
        {"policy": policy},
        by_hand(conditions),
    ):
        report = inspect_form(fields)
        assert str(report)
        assert fields.get("x-amz-signature", "no signature") not in str(report) + repr(vars(report))
