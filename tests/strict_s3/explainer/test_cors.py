"""A page's request played through CORS rules: the browser's half here, S3's half against S3."""

from __future__ import annotations

import pytest
import requests

from strict_s3.explainer import InspectError, inspect_cors

PAGE = "https://page.example"
RULE = {"AllowedOrigins": [PAGE], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*"]}
XML = (
    '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>'
    "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    "<AllowedMethod>PUT</AllowedMethod><AllowedMethod>POST</AllowedMethod>"
    "<MaxAgeSeconds>3000</MaxAgeSeconds><AllowedHeader>Authorization</AllowedHeader>"
    "</CORSRule></CORSConfiguration>"
)


@pytest.mark.parametrize(
    ("method", "headers", "asked"),
    [
        ("GET", {}, None),
        ("HEAD", {}, None),
        ("POST", {}, None),
        ("POST", {"Content-Type": "multipart/form-data; boundary=x"}, None),
        ("GET", {"Range": "bytes=0-9"}, None),
        ("GET", {"Range": "bytes=-9"}, "range"),
        ("GET", {"Accept": "x" * 129}, "accept"),
        ("POST", {"Content-Type": "image/png"}, "content-type"),
        ("PUT", {}, ""),
        ("DELETE", {}, ""),
        ("PUT", {"X-Amz-Meta-B": "1", "Content-Type": "image/png"}, "content-type,x-amz-meta-b"),
        ("GET", {"If-None-Match": "x"}, "if-none-match"),
        ("GET", {"Content-Length": "3", "Sec-Fetch-Mode": "cors"}, None),
    ],
)
def test_what_the_browser_asks(method, headers, asked):
    report = inspect_cors([RULE], PAGE, method, headers)
    if asked is None:
        assert report.preflight is None
        return
    expected = {"origin": PAGE, "access-control-request-method": method}
    if asked:
        expected["access-control-request-headers"] = asked
    assert report.preflight == expected


def test_the_articles_configuration_fails_for_uploads():
    report = inspect_cors(XML, PAGE, "put", {"Content-Type": "image/png"})
    assert not report.sent and not report.visible
    assert report.rule is None
    assert report.reasons == ("rule 1: header content-type is not in Authorization",)
    assert "never sent" in report.page
    plain = inspect_cors(XML.encode(), PAGE, "PUT")
    assert plain.visible and plain.rule == 1
    assert plain.answer["access-control-max-age"] == "3000"


def test_the_second_rule_may_answer():
    rules = {"CORSRules": [RULE, {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}
    report = inspect_cors(rules, "https://other.example", "GET")
    assert report.rule == 2
    assert report.reasons[0].startswith("rule 1: origin https://other.example is not in")
    assert "rule 2" in str(report) and "rule 1: origin" in str(report)


def test_a_form_is_stored_although_the_page_sees_nothing():
    report = inspect_cors(None, PAGE, "POST", {"Content-Type": "multipart/form-data"})
    assert report.sent and not report.visible
    assert any("stored all the same" in note for note in report.notes)
    assert "although S3 carries it out" in report.page


def test_credentials_do_not_go_with_a_star():
    assert inspect_cors(XML, PAGE, "GET").visible
    assert not inspect_cors(XML, PAGE, "GET", credentials=True).visible
    assert inspect_cors([RULE], PAGE, "GET", credentials=True).visible


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ("<x/>", "S3 refuses"),
        ("nonsense", "not a CORS configuration"),
        ([RULE | {"AllowedMethods": ["PATCH"]}], "PATCH"),
        ([RULE | {"AllowedOrigins": "*"}], "must be a list"),
        ([RULE | {"AllowedHeader": ["*"]}], "can't have AllowedHeader"),
        ([7], "not a CORS configuration"),
        ([RULE | {"ExposeHeaders": ["*"]}], "wildcard"),
        ({"CORSRules": []}, "S3 refuses"),
        ({"Rules": []}, "S3 refuses"),
    ],
)
def test_what_s3_does_not_take(configuration, words):
    with pytest.raises(InspectError, match=words):
        inspect_cors(configuration, PAGE, "GET")


@pytest.mark.parametrize("origin", ["", "page.example", "https://page.example/", "https://a b"])
def test_what_is_no_origin(origin):
    with pytest.raises(InspectError, match="origin"):
        inspect_cors([RULE], origin, "GET")


@pytest.mark.parametrize("origin", [PAGE, "https://other.example"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("headers", [{}, {"x-amz-meta-a": "1"}, {"Content-Type": "image/png"}])
def test_the_same_as_the_local_s3(service, origin, method, headers):
    service.client().put_bucket_cors(
        Bucket=service.bucket, CORSConfiguration={"CORSRules": [RULE | {"MaxAgeSeconds": 9}]}
    )
    report = inspect_cors([RULE | {"MaxAgeSeconds": 9}], origin, method, headers)
    service.put()
    url = f"{service.endpoint}/{service.bucket}/k"
    if report.preflight is not None:
        answer = requests.options(url, headers=report.preflight)
        assert (answer.status_code == 200) == report.sent
    if report.sent:
        answer = requests.request(method, url, headers={"Origin": origin})
        assert ("access-control-allow-origin" in answer.headers) == report.visible
        for name, value in report.answer.items():
            assert answer.headers[name] == value


def test_listening_to_the_progress_of_an_upload_asks_first():
    simple = inspect_cors([RULE], PAGE, "POST")
    assert simple.preflight is None and simple.sent
    listening = inspect_cors([RULE], PAGE, "POST", progress=True)
    assert listening.preflight is not None and not listening.sent
    assert "progress of the upload" in listening.why_preflight
