"""The one CORS rule that a page needs: added, found again, taken away; others stay."""

from __future__ import annotations

import base64

import pytest
import requests

from helpers.errors import Refused
from helpers.pages import cors
from helpers.pages.cors_bench.bench import CorsBench
from helpers.pages.upload_page.preflight import ask_preflight
from helpers.pages.upload_page.run import UploadPage

PAGE = "http://127.0.0.1:8020"
RULE = cors.page_rule("page", [PAGE], ["PUT", "POST"], ["content-type"])
OTHER = {"ID": "other", "AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}


def test_added_and_taken_away_again(service):
    s3, bucket = service.client(), service.bucket
    assert cors.rules_of(s3, bucket) == []
    cors.remove_rule(s3, bucket, "page")
    cors.add_rule(s3, bucket, RULE)
    cors.add_rule(s3, bucket, RULE)
    assert cors.rules_of(s3, bucket) == [RULE]
    cors.remove_rule(s3, bucket, "page")
    assert cors.rules_of(s3, bucket) == []


def test_other_rules_stay(service):
    s3, bucket = service.client(), service.bucket
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [OTHER]})
    before = cors.rules_of(s3, bucket)
    cors.add_rule(s3, bucket, RULE)
    assert [rule["ID"] for rule in cors.rules_of(s3, bucket)] == ["page", "other"]
    cors.remove_rule(s3, bucket, "page")
    assert cors.rules_of(s3, bucket) == before


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RULE, True),
        ({**RULE, "AllowedOrigins": ["*"]}, True),
        ({**RULE, "AllowedHeaders": ["*"]}, True),
        ({**RULE, "AllowedHeaders": ["Content-Type", "ETag"]}, True),
        ({**RULE, "AllowedOrigins": ["http://localhost:8020"]}, False),
        ({**RULE, "AllowedMethods": ["PUT"]}, False),
        ({**RULE, "AllowedHeaders": []}, False),
        (OTHER, False),
        # A star inside, as S3 reads it.
        ({**RULE, "AllowedOrigins": ["http://127.0.0.1:*"]}, True),
        ({**RULE, "AllowedHeaders": ["content-*"]}, True),
        ({**RULE, "AllowedOrigins": ["https://*"]}, False),
    ],
)
def test_what_lets_a_page_in(rule, expected):
    assert cors.lets_in([rule], RULE) is expected


def test_rules_let_a_page_in_together():
    each = [{**RULE, "AllowedMethods": [method]} for method in RULE["AllowedMethods"]]
    assert cors.lets_in(each, RULE)
    assert not cors.lets_in(each[:1], RULE)
    assert not cors.lets_in([], RULE)


def test_it_can_be_pasted_into_the_console():
    assert '"AllowedOrigins": [\n      "http://127.0.0.1:8020"' in cors.as_text(RULE)


def test_the_page_sets_its_rule_and_takes_it_away(lab, service):
    page = UploadPage(lab)
    try:
        assert page.is_let_in
        for how in ("post", "put"):
            assert ask_preflight(f"{service.endpoint}/{service.bucket}/k", how, page.origin) == {
                "reached": True,
                "allowed": True,
                "code": "",
                "message": "",
            }
    finally:
        page.stop()
    assert cors.rules_of(service.client(), service.bucket) == []


def test_on_a_real_s3_nothing_is_changed_unasked(lab, service):
    lab.local = False
    page = UploadPage(lab)
    try:
        assert not page.is_let_in
        assert cors.rules_of(service.client(), service.bucket) == []
        page.let_in()
        assert page.is_let_in
    finally:
        page.stop()
    assert cors.rules_of(service.client(), service.bucket) == []


def test_why_a_browser_may_not(ann, service):
    told = ann.post("/preflight", {"how": "put"}).get_json()
    assert told == {
        "reached": True,
        "allowed": False,
        "code": "AccessForbidden",
        "message": "CORSResponse: CORS is not enabled for this bucket.",
    }
    cors.add_rule(service.client(), service.bucket, RULE)
    assert ann.post("/preflight", {"how": "post"}).get_json()["allowed"] is True
    # The headers of the PUT are not all in that rule.
    assert "not whitelisted" in ann.post("/preflight", {"how": "put"}).get_json()["message"]


def test_a_preflight_that_nobody_answers():
    told = ask_preflight("http://127.0.0.1:9/", "post", PAGE)
    assert told == {"reached": False, "allowed": False, "code": "", "message": ""}


@pytest.mark.parametrize(
    ("status", "origin", "allowed"),
    [
        *[(200, PAGE, True), (200, "*", True), (200, None, False)],
        *[(200, "http://other", False), (403, PAGE, False)],
    ],
)
def test_what_a_browser_takes_for_a_yes(status, origin, allowed, monkeypatch):
    """An ok status and its own origin (https://fetch.spec.whatwg.org/#cors-preflight-fetch)."""
    answer = requests.Response()
    answer.status_code, answer._content = status, b""
    answer.headers.update({"Access-Control-Allow-Origin": origin} if origin else {})
    monkeypatch.setattr(requests, "options", lambda *_, **__: answer)
    assert ask_preflight("http://x/", "post", PAGE)["allowed"] is allowed


def test_an_answer_that_is_no_xml(monkeypatch):
    class Answer:
        ok, headers, content = False, {}, b"<html>"

    monkeypatch.setattr(requests, "options", lambda *_, **__: Answer())
    assert ask_preflight("http://x/", "post", PAGE)["code"] == ""


@pytest.fixture
def bench(service):
    made = CorsBench(service.lab())
    yield made
    made.stop()


def test_the_bench_sends_what_its_page_plays(bench, service):
    url = bench.start("own", PAGE)["put"]["url"]
    sent = {"method": "PUT", "url": url, "headers": [["origin", PAGE]], "body": "aGVsbG8="}
    answer = bench.send(sent, "Mozilla/5.0")
    assert answer["status"] == 200
    assert dict(answer["headers"])["access-control-allow-origin"] == PAGE
    assert service.decision()["user_agent"] == "Mozilla/5.0"
    get = bench.send({"method": "GET", "url": url, "headers": [], "body": ""}, "Mozilla/5.0")
    assert get["status"] == 403 and b"SignatureDoesNotMatch" in base64.b64decode(get["body"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"url": "https://s3.example/"}, 403),
        ({"url": ["a"]}, 403),
        ({"headers": "ab"}, 400),
        ({"headers": [["a", "b\n"]]}, 400),
        ({"body": "é"}, 400),
        ({"body": None}, 400),
    ],
)
def test_the_bench_sends_nothing_else(bench, change, status):
    url = bench.start("own", PAGE)["put"]["url"]
    with pytest.raises(Refused) as refused:
        bench.send({"method": "PUT", "url": url, "headers": [], "body": ""} | change, "Mozilla/5.0")
    assert refused.value.status == status
