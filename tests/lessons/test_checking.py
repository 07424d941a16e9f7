"""Checks on a real S3, whose clock can't be moved and which may say less than AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from helpers.errors import NotYet
from helpers.exercises import lesson_01, lesson_03, lesson_10
from helpers.exercises.checking import expect, expires, send


@pytest.fixture
def real(service):
    return replace(service.lab(), local=False, server=None)


@pytest.mark.parametrize(
    ("seconds", "right"), [(300, True), (295, True), (1800, False), (60, False)]
)
def test_a_lifetime_is_judged_by_what_a_url_says(service, real, seconds, right):
    url = service.presign("put_object", "k", seconds)
    if right:
        expires(real, 300, lambda: send("PUT", url, data=b"x"))
    else:
        with pytest.raises(NotYet, match="it says that it works for"):
            expires(real, 300, lambda: send("PUT", url, data=b"x"))


@pytest.mark.parametrize(("seconds", "right"), [(900, True), (3600, False), (30, False)])
def test_a_lifetime_is_judged_by_what_a_form_says(service, real, seconds, right):
    form = service.client().generate_presigned_post(service.bucket, "k", ExpiresIn=seconds)

    def upload() -> requests.Response:
        return requests.post(form["url"], data=form["fields"], files={"file": b"x"})

    if right:
        expires(real, 900, upload)
    else:
        with pytest.raises(NotYet, match="it says that it works for"):
            expires(real, 900, upload)


def test_no_praise_for_a_link_that_lives_too_long(service, real, capsys):
    service.put("k")
    lesson_03.try_five_minutes(real, service.presign("get_object", "k", 1800))
    assert capsys.readouterr().out.startswith("Not done yet: it says that it works for 30 minutes")


async def asked():
    return "a URL"


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (asked, "your function begins with async def"),
        (asked(), "your answer is a coroutine"),
        (None, "your answer is None"),
        (object, "not <class 'object'> (type)"),
    ],
)
def test_what_no_exercise_asks_for(service, capsys, answer, hint):
    lesson_03.try_five_minutes(service.lab(), answer)
    assert f"Not done yet: {hint}" in " ".join(capsys.readouterr().out.split()).replace(
        "this should be a URL (text that starts with http), ", ""
    )


def test_a_value_that_no_check_foresees(service, capsys):
    lesson_01.check_policy(service.lab(), 5, {"Statement": []})
    told = " ".join(capsys.readouterr().out.split())
    assert told.startswith("Not done yet: the check cannot use one of its values: TypeError")
    assert "what the lesson made still under its own name" in told


def test_a_hint_quotes_no_more_than_a_screen(service, capsys):
    url = service.presign("put_object", "k", 60)
    lesson_03.check_reading(service.lab(), url, "A" * 100_000, datetime.now(UTC))
    told = capsys.readouterr().out
    assert "S3 refuses\nAAA" in told
    assert len(told) < 2_100


def refusal_without_its_working(service) -> requests.Response:
    url = service.presign("get_object")
    answer = requests.get(f"{url}&x=1")
    code = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
    answer._content = code
    return answer


def test_an_s3_that_does_not_show_its_working(service, real):
    refused = refusal_without_its_working(service)
    with pytest.raises(NotYet, match=r"should work\. S3 answered 403 SignatureDoesNotMatch"):
        expect(refused, "It should work", lab=real)
    with pytest.raises(NotYet, match="this S3 doesn't tell the canonical request"):
        lesson_10.canonical_request(refused)
