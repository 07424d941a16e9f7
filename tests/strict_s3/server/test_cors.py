"""CORS over HTTP: what a browser is told, and that nothing else is decided by it."""

from __future__ import annotations

import pytest
import requests
from botocore.exceptions import ClientError

from tests.service import error_of

NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers "
    "are not whitelisted by the resource's CORS spec."
)
PAGE = "https://page.example"
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def configure(service, *rules):
    full = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], **rule} for rule in rules]
    service.client().put_bucket_cors(Bucket=service.bucket, CORSConfiguration={"CORSRules": full})


def preflight(service, origin=PAGE, method="GET", headers="", path="/k", bucket=None):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    url = f"{service.endpoint}/{bucket or service.bucket}{path}"
    return requests.options(url, headers={name: value for name, value in asked.items() if value})


def test_without_a_configuration(service):
    answer = preflight(service)
    assert error_of(answer) == (
        403,
        "AccessForbidden",
        "CORSResponse: CORS is not enabled for this bucket.",
    )
    assert "<Method>GET</Method><ResourceType>BUCKET</ResourceType>" in answer.text
    service.put()
    got = requests.get(service.presign("get_object"), headers={"Origin": PAGE})
    assert got.text == "body"
    assert not [name for name in got.headers if name.lower().startswith("access-control-")]


def test_requests_that_are_no_preflight(service):
    configure(service, {})
    no_origin = preflight(service, origin="")
    message = "Insufficient information. Origin request header needed."
    assert error_of(no_origin) == (400, "BadRequest", message)
    assert error_of(preflight(service, method=""))[:2] == (400, "BadRequest")
    for method in ("put", "TRACE"):
        message = f"Invalid Access-Control-Request-Method: {method}"
        assert error_of(preflight(service, method=method)) == (400, "BadRequest", message)
    for method in ("PATCH", "OPTIONS"):  # S3 knows them; no rule can allow them
        assert error_of(preflight(service, method=method))[:2] == (403, "AccessForbidden")
    missing = preflight(service, bucket="no-such-bucket")
    assert error_of(missing)[1:] == ("AccessForbidden", "CORSResponse: Bucket not found")


def test_without_a_method_the_bucket_and_its_rules_are_looked_for_first(service):
    bucket = preflight(service, method="", bucket="no-such-bucket")
    rules = preflight(service, method="")
    for answer, message in (
        (bucket, "CORSResponse: Bucket not found"),
        (rules, "CORSResponse: CORS is not enabled for this bucket."),
    ):
        assert error_of(answer) == (403, "AccessForbidden", message)
        assert "<Method>OPTIONS</Method>" in answer.text
    configure(service, {})
    message = "Invalid Access-Control-Request-Method: null"
    assert error_of(preflight(service, method="")) == (400, "BadRequest", message)


def test_outside_a_preflight_too_the_method_asked_for_counts(service):
    configure(service, {})
    service.put()
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "PUT"}
    got = requests.get(service.presign("get_object"), headers=asked)
    assert "access-control-allow-origin" not in got.headers
    asked["Access-Control-Request-Method"] = "GET"
    got = requests.get(service.presign("get_object"), headers=asked)
    assert got.headers["access-control-allow-origin"] == "*"


def test_an_empty_origin_is_kept_and_matches_nothing(service):
    configure(service, {"AllowedOrigins": [""]})
    rules = service.client().get_bucket_cors(Bucket=service.bucket)["CORSRules"]
    assert rules == [{"AllowedMethods": ["GET"], "AllowedOrigins": [""]}]
    assert error_of(preflight(service)) == (403, "AccessForbidden", NOT_ALLOWED)


def test_any_origin_and_one_origin(service):
    configure(service, {"MaxAgeSeconds": 3000, "ExposeHeaders": ["ETag", "x-amz-request-id"]})
    anybody = preflight(service)
    assert anybody.status_code == 200
    assert anybody.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in anybody.headers
    assert anybody.headers["access-control-allow-methods"] == "GET"
    assert anybody.headers["access-control-expose-headers"] == "ETag, x-amz-request-id"
    assert anybody.headers["access-control-max-age"] == "3000"
    assert anybody.headers["vary"] == VARY
    configure(service, {"AllowedOrigins": [PAGE]})
    one = preflight(service)
    assert one.headers["access-control-allow-origin"] == PAGE
    assert one.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        ({"AllowedOrigins": ["https://*.example"]}, {}, True),
        ({"AllowedOrigins": ["https://*.example"]}, {"origin": "https://page.example.org"}, False),
        ({"AllowedOrigins": ["http://*"]}, {}, False),
        ({"AllowedOrigins": ["https://page.example:8443"]}, {}, False),
        ({"AllowedMethods": ["PUT", "POST"]}, {"method": "POST"}, True),
        ({"AllowedMethods": ["PUT", "POST"]}, {"method": "GET"}, False),
        ({"AllowedHeaders": ["Content-Type"]}, {"headers": "content-type"}, True),
        ({"AllowedHeaders": ["content-type"]}, {"headers": "Content-Type, X-Amz-Acl"}, False),
        ({"AllowedHeaders": ["x-amz-*"]}, {"headers": "x-amz-acl,X-AMZ-Meta-A"}, True),
        ({"AllowedHeaders": ["*"]}, {"headers": "anything"}, True),
        ({}, {"headers": "content-type"}, False),
        ({"AllowedHeaders": ["Authorization"]}, {"headers": "content-type"}, False),
    ],
)
def test_matching(service, rule, asked, allowed):
    configure(service, rule)
    answer = preflight(service, **asked)
    if allowed:
        assert answer.status_code == 200
        wanted = asked.get("headers", "").lower().replace(",", ", ").replace("  ", " ")
        assert answer.headers.get("access-control-allow-headers", "") == wanted
    else:
        assert error_of(answer) == (403, "AccessForbidden", NOT_ALLOWED)
        assert "<ResourceType>OBJECT</ResourceType>" in answer.text


def test_the_first_matching_rule_answers(service):
    configure(
        service,
        {"AllowedOrigins": ["https://other.example"], "MaxAgeSeconds": 1},
        {"AllowedOrigins": [PAGE], "AllowedMethods": ["PUT"], "MaxAgeSeconds": 2},
        {"AllowedOrigins": [PAGE], "MaxAgeSeconds": 3},
        {"MaxAgeSeconds": 4},
    )
    assert preflight(service).headers["access-control-max-age"] == "3"
    assert service.decision()["checks"][-1] == ["CORS", True, f"rule 3 allows GET from {PAGE}"]
    assert preflight(service, method="PUT").headers["access-control-max-age"] == "2"
    assert preflight(service, method="DELETE").status_code == 403
    reasons = service.decision()["checks"][-1][2]
    assert "rule 1: origin" in reasons
    assert "rule 2: method DELETE is not in PUT" in reasons


def test_headers_on_success_and_on_refusal(service):
    configure(service, {"AllowedOrigins": [PAGE], "ExposeHeaders": ["ETag"]})
    service.put()
    url = service.presign("get_object")
    for answer, status in [
        (requests.get(url, headers={"Origin": PAGE}), 200),
        (requests.get(url[:-1], headers={"Origin": PAGE}), 403),
        (requests.get(url.replace("/k?", "/none?"), headers={"Origin": PAGE}), 403),
        (requests.get(service.presign("get_object", "none"), headers={"Origin": PAGE}), 404),
    ]:
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-expose-headers"] == "ETag"
        assert answer.headers["vary"] == VARY
    assert "vary" not in requests.get(url).headers


def test_cors_is_not_access_control(service):
    configure(service, {"AllowedOrigins": [PAGE], "AllowedMethods": ["GET", "PUT"]})
    elsewhere = {"Origin": "https://evil.example"}
    assert preflight(service, origin=elsewhere["Origin"], method="PUT").status_code == 403
    stored = requests.put(service.presign("put_object"), data=b"stored", headers=elsewhere)
    assert stored.status_code == 200
    assert "access-control-allow-origin" not in stored.headers
    got = requests.get(service.presign("get_object"), headers=elsewhere)
    assert got.text == "stored"


def test_a_preflight_needs_no_signature_and_gives_nothing_away(service):
    configure(service, {})
    service.put()
    signed = service.presign("get_object").replace("X-Amz-Signature=", "X-Amz-Signature=0")
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    answer = requests.options(signed, headers=asked)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"AllowedMethods": ["PATCH"]}, "Unsupported method is PATCH"),
        ({"AllowedMethods": ["get"]}, "Unsupported method is get"),
        ({"AllowedOrigins": ["http://*.*.example"]}, "can not have more than one wildcard"),
        ({"AllowedHeaders": ["*-*"]}, "can not have more than one wildcard"),
        ({"AllowedHeaders": ["x y"]}, 'AllowedHeader "x y" contains invalid character.'),
        ({"ExposeHeaders": ["ETag", "x:y"]}, 'AllowedHeader "x:y" contains invalid character.'),
        ({"ExposeHeaders": ["*"]}, "We currently do not support wildcard for ExposeHeader"),
        ({"ID": "x" * 256}, "ID length should not exceed allowed limit of 255"),
    ],
)
def test_configurations_that_are_refused(service, rule, message):
    with pytest.raises(ClientError, match="InvalidRequest") as caught:
        configure(service, rule)
    assert message in str(caught.value)


def test_a_preflight_names_headers_that_can_be(service):
    configure(service, {})
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    asked["Access-Control-Request-Headers"] = "x-a, x y"
    answer = requests.options(f"{service.endpoint}/{service.bucket}/k", headers=asked)
    message = 'Access-Control-Request-Headers "x y" contains invalid character.'
    assert error_of(answer) == (400, "BadRequest", message)


def test_the_document_is_at_most_64_kib(service):
    origins = [f"https://{number:05}.example" for number in range(1200)]
    configure(service, {"ID": "x" * 255, "AllowedOrigins": origins})
    with pytest.raises(ClientError, match="MaxMessageLengthExceeded"):
        configure(service, {"AllowedOrigins": origins * 2})
    (kept,) = service.client().get_bucket_cors(Bucket=service.bucket)["CORSRules"]
    assert kept["AllowedOrigins"] == origins


def test_at_most_a_hundred_rules(service):
    configure(service, *[{}] * 100)
    with pytest.raises(ClientError, match="100 rules"):
        configure(service, *[{}] * 101)
    read = service.client().get_bucket_cors(Bucket=service.bucket)["CORSRules"]
    assert len(read) == 100
    service.client().delete_bucket_cors(Bucket=service.bucket)
    assert error_of(preflight(service))[2] == "CORSResponse: CORS is not enabled for this bucket."


@pytest.mark.parametrize(
    "body",
    [
        b"not xml",
        b"<CORSConfiguration/>",
        b"<Other><CORSRule/></Other>",
        b"<CORSConfiguration><CORSRule/></CORSConfiguration>",
        b"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>"
        b"</CORSConfiguration>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><CORSConfiguration>&a;</CORSConfiguration>',
    ],
)
def test_malformed_configurations(service, body):
    answer = service.put_document("cors", body)
    assert error_of(answer)[:2] == (400, "MalformedXML"), answer.text


def test_a_page_may_post_a_form(service):
    configure(service, {"AllowedOrigins": [PAGE], "AllowedMethods": ["POST"]})
    made = service.client().generate_presigned_post(service.bucket, "k")
    for origin, told in ((PAGE, PAGE), ("https://evil.example", None)):
        answer = requests.post(
            made["url"],
            data=made["fields"],
            files={"file": b"x"},
            headers={"Origin": origin},
        )
        assert answer.status_code == 204
        assert answer.headers.get("access-control-allow-origin") == told


def test_a_preflight_without_a_method_is_answered_by_what_the_bucket_has(service):
    """Recorded on AWS: what is missing first is the bucket, then its configuration."""
    asked = {"Origin": "https://page.example"}
    shown = "<Method>OPTIONS</Method><ResourceType>BUCKET</ResourceType>"
    nowhere = requests.options(f"{service.endpoint}/no-such-bucket/k", headers=asked)
    assert error_of(nowhere) == (403, "AccessForbidden", "CORSResponse: Bucket not found")
    assert shown in nowhere.text
    unset = requests.options(f"{service.endpoint}/{service.bucket}/k", headers=asked)
    assert error_of(unset)[2] == "CORSResponse: CORS is not enabled for this bucket."
    assert shown in unset.text


def test_an_empty_origin_is_kept_and_matches_nobody(service):
    rule = {"AllowedOrigins": [""], "AllowedMethods": ["GET"]}
    s3 = service.client()
    s3.put_bucket_cors(Bucket=service.bucket, CORSConfiguration={"CORSRules": [rule]})
    assert s3.get_bucket_cors(Bucket=service.bucket)["CORSRules"] == [rule]
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "GET"}
    refused = requests.options(f"{service.endpoint}/{service.bucket}/k", headers=asked)
    assert error_of(refused)[:2] == (403, "AccessForbidden")
