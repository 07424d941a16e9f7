"""explain() on answers as they were recorded on AWS, on every code, and on answers of others."""

from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from xml.sax.saxutils import escape

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.explainer import InspectError, Meant, explain, inspect_text, read_error
from strict_s3.explainer.causes import CAUSES, Facts, find_cause, first_match
from strict_s3.rules import bucket_errors, errors, payload
from strict_s3.rules.errors import S3Error
from strict_s3.rules.inputs import check as check_inputs
from tests.strict_s3.explainer.test_paste import SIGNATURE, URL

UNKNOWN = "no explanation of this code"
SIX = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "key and signing method."
)
FORBIDDEN = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are "
    "not whitelisted by the resource's CORS spec."
)
FIELD = (
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of "
    "the fields."
)


def xml(code, message, **fields) -> str:
    """An error document of AWS, made of its recorded fields."""
    items = {"Code": code, "Message": message, **fields, "RequestId": "R", "HostId": "H"}
    body = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in items.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{body}</Error>'


# What AWS answered (sources: LocalStack's recorded snapshots and GitHub threads), and a piece of
# the explanation that it must get.
RECORDED = [
    (("AccessDenied", "Request has expired"), {"X-Amz-Expires": 60, "Expires":
      "2026-02-01T10:00:00Z", "ServerTime": "2026-02-01T10:01:00Z"}, "valid until 2026-02-01T10"),
    (("AccessDenied", "Request has expired"), {"Expires": "2026-02-01T10:00:00Z", "ServerTime":
      "2026-02-01T10:01:00Z"}, "S3's clock says 2026-02-01T10:01:00Z"),
    (("ExpiredToken", "The provided token has expired."), {"Token-0": "SECRETTOKEN"}, "session"),
    (("AccessDenied", "Request is not yet valid"), {"X-Amz-Date": 1769940000000, "Expires":
      "2026-02-01T11:00:00Z", "ServerTime": "2026-02-01T10:00:00Z"}, "more than 15 minutes"),
    (("RequestTimeTooSkewed", "The difference between the request time and the current time is "
      "too large."), {"RequestTime": "20260201T100000Z", "ServerTime": "2026-02-01T11:00:00Z",
      "MaxAllowedSkewMilliseconds": 900000}, "Set the clock"),
    (("AccessDenied", "There were headers present in the request which were not signed"),
      {"HeadersNotSigned": "x-amz-acl"}, "isn't signed: x-amz-acl"),
    (("AuthorizationQueryParametersError", SIX), {}, "S3 needs six parameters"),
    (("AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds); "
      "that is, the given X-Amz-Expires must be less than 604800 seconds"), {}, "more than 7 days"),
    (("AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; the "
      "region 'us-east-1' is wrong; expecting 'ap-south-1'"), {"Region": "ap-south-1"},
      "Signed for region us-east-1; the bucket is in ap-south-1"),
    (("AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter; the "
      'Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
      {}, "X-Amz-Credential is malformed"),
    (("AccessDenied", "Invalid according to Policy: Policy expired."), {}, "form has expired"),
    (("AccessDenied", "Invalid according to Policy: Policy Condition failed: "
      '["eq", "$success_action_redirect", "http://localhost/redirect"]'), {},
      "success_action_redirect must be exactly `http://localhost/redirect`"),
    (("AccessDenied", 'Invalid according to Policy: Policy Condition failed: ["starts-with", '
      '"key", "a"]'), {}, "can never be met"),
    (("AccessDenied", "Invalid according to Policy: Extra input fields: x-amz-tagging"), {},
      "does not name: x-amz-tagging"),
    (("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
      {"ProposedSize": 12, "MaxSizeAllowed": 10}, "the policy allows 10"),
    (("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"),
      {"ProposedSize": 2, "MinSizeAllowed": 5}, "at least 5"),
    (("InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must "
      "have exactly one property specified."), {}, "cannot read the form's policy"),
    (("InvalidArgument", FIELD), {"ArgumentName": "key", "ArgumentValue": ""}, "the file last"),
    (("PreconditionFailed", "At least one of the pre-conditions you specified did not hold"),
      {"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"},
      "send FormData"),
    (("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket."),
      {"Method": "PUT", "ResourceType": "BUCKET"}, "no CORS configuration at all"),
    (("AccessForbidden", FORBIDDEN), {"Method": "PUT", "ResourceType": "OBJECT"}, "No CORS rule"),
    (("BadRequest", "Insufficient information. Origin request header needed."), {}, "preflight"),
    (("AccessControlListNotSupported", "The bucket does not allow ACLs"), {}, "not accept ACLs"),
    (("BadDigest", "The CRC32 you specified did not match the calculated checksum."), {},
      "WHEN_REQUIRED"),
    (("PermanentRedirect", "The bucket you are attempting to access must be addressed using the "
      "specified endpoint."), {"Endpoint": "b.s3.eu-west-2.amazonaws.com"}, "another region"),
    (("AccessDenied", "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
      's3:PutObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the '
      "s3:PutObject action"), {}, "user/ann is not allowed to perform s3:PutObject"),
    (("InvalidRequest", "The object was stored using a form of Server Side Encryption. The correct "
      "parameters must be provided to retrieve the object."), {}, "customer's own key"),
    (("AccessDenied", "Requests specifying Server Side Encryption with Customer provided keys must "
      "provide the correct secret key."), {}, "isn't the key"),
    (("AccessDenied", "Access Denied"), {}, "Three causes look alike"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "fields", "words"), RECORDED, ids=lambda v: str(v)[:40])
def test_as_recorded_on_aws(said, fields, words):
    found = explain(xml(*said, **fields))
    text = " ".join(str(found).split())
    assert words in text
    assert UNKNOWN not in text
    assert (found.code, found.message) == said
    assert found.what and found.why and found.fix
    assert "(not said)" not in text
    assert "SECRETTOKEN" not in text + repr(vars(found))
    assert explain(xml(*said, **fields).encode()) == found


def test_signature_does_not_match_as_recorded_on_aws():
    canonical = (
        "PUT\n/test-key\nX-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE"
        "%2F20260201%2Feu-west-2%2Fs3%2Faws4_request&X-Amz-Date=20260201T100000Z"
        "&X-Amz-Expires=60&X-Amz-Security-Token=NOTAREALTOKEN&X-Amz-SignedHeaders=content-type"
        "%3Bhost\ncontent-type:application/x-www-form-urlencoded\n"
        "host:b.s3.eu-west-2.amazonaws.com\n\ncontent-type;host\nUNSIGNED-PAYLOAD"
    )
    text = f"AWS4-HMAC-SHA256\n20260201T100000Z\n20260201/eu-west-2/s3/aws4_request\n{SIGNATURE}"
    document = xml(
        "SignatureDoesNotMatch",
        MISMATCH,
        AWSAccessKeyId="AKIAIOSFODNN7EXAMPLE",
        StringToSign=text,
        SignatureProvided=SIGNATURE,
        StringToSignBytes=text.encode().hex(" "),
        CanonicalRequest=canonical,
        CanonicalRequestBytes=canonical.encode().hex(" "),
    )
    query = canonical.split("\n")[2]
    url = f"https://b.s3.eu-west-2.amazonaws.com/test-key?{query}&X-Amz-Signature={SIGNATURE}"
    meant = Meant("PUT", url, {"Content-Type": "image/png"})
    found = explain(document, meant)
    assert [one.what for one in found.differences] == ["content-type"]
    wanted = "signed content-type:image/png, sent application/x-www-form-urlencoded"
    assert wanted in found.why.lower()
    for result in (found, explain(document), explain(document, url)):
        for secret in (SIGNATURE, "NOTAREALTOKEN", "AKIAIOSFODNN7EXAMPLE"):
            assert secret not in str(result) + repr(vars(result))
    assert explain(document, Meant("PUT", url, {"content-type": "application/x-www-form-"
                                                 "urlencoded"})).differences == ()  # fmt: skip
    other = explain(document, Meant("GET", url.replace("NOTAREAL", "ANOTHER"), {}))
    assert {"method", "parameter X-Amz-Security-Token"} <= {d.what for d in other.differences}
    assert "ANOTHERTOKEN" not in str(other) + repr(vars(other))
    assert "NOTAREALTOKEN" not in str(other) + repr(vars(other))


def test_signature_version_2_as_recorded_on_aws():
    document = xml(
        "SignatureDoesNotMatch",
        MISMATCH,
        AWSAccessKeyId="AKIAIOSFODNN7EXAMPLE",
        StringToSign="PUT\n\nimage/jpeg\n1770000000\n/bucket/key",
        SignatureProvided="abc=",
    )
    url = "https://bucket.s3.amazonaws.com/key?AWSAccessKeyId=A&Expires=1770000000&Signature=abc%3D"
    found = explain(document, Meant("PUT", url, {"content-type": "image/png"}))
    assert [one.what for one in found.differences] == ["content-type"]
    assert "Signed content-type:image/png, sent image/jpeg" in found.why
    wrong = explain(document, Meant("GET", url.replace("/key", "/other"), {}))
    assert [one.what for one in wrong.differences] == ["method", "content-type", "path"]


def every_error() -> list[type[S3Error]]:
    found: list[type[S3Error]] = [S3Error]
    for kind in found:
        found += kind.__subclasses__()
    return found


@pytest.mark.parametrize(
    ("operation", "inputs"),
    [
        ("DeleteObject", {"x-amz-mfa": "1"}),
        ("CopyObject", {"x-amz-object-lock-event-hold": "ON"}),
        ("PostObject", {"x-amz-copy-source": "b/k"}),
    ],
)
def test_what_only_the_local_s3_does_not_carry_out(operation, inputs):
    with pytest.raises(errors.NotImplementedByS3) as caught:
        check_inputs(operation, inputs)
    found = explain(caught.value.to_xml("R", "H"))
    assert found.what == "The local S3 does not carry this out."
    assert next(iter(inputs)) in found.message
    assert "Transfer-Encoding" not in str(found)
    of_s3 = explain(errors.NotImplementedByS3().to_xml("R", "H"))
    assert of_s3.what == "S3 does not support this."


def test_every_code_of_the_rules_is_explained():
    assert payload.InvalidChunkSizeError in every_error()
    assert bucket_errors.NoSuchTagSet in every_error()
    codes = {kind.code for kind in every_error()} - {errors.SignatureDoesNotMatch.code}
    assert len(codes) > 40
    assert codes - {cause.code for cause in CAUSES} == set()
    for kind in every_error():
        found = explain(kind("Something").to_xml("R", "H"))
        assert UNKNOWN not in found.why, kind.code
        default = explain(kind().to_xml("R", "H"))
        assert all(text.rstrip().endswith((".", ")")) for text in (default.what, default.why))


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: f"{cause.code}: {cause.pattern}"[:50])
def test_every_entry_can_be_reached_by_the_paste_it_carries(cause):
    said = read_error(cause.example)
    match = first_match(said.code, said.message, said.fields)
    assert match is not None and match[0] is cause
    report = inspect_text(cause.example)
    assert report.verdict.fault and report.verdict.what and report.verdict.fix


def test_a_code_without_an_entry_has_no_cause():
    assert find_cause("NoSuchCode", "", Facts()) is None


def test_an_unknown_code():
    found = explain(xml("BrandNewError", "Something new."))
    assert found.refused and UNKNOWN in found.why


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "not an S3 error"),
        ("hello", "not an S3 error"),
        ("<html><Error></html>", "not an S3 error"),
        ("<Error><Code></Code></Error>", "not an S3 error"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Error><Code>&b;</Code></Error>', "not an S3 error"),
        (None, "Expected a response"),
        (7, "Expected a response"),
    ],
)
def test_what_is_no_answer(given, words):
    with pytest.raises(InspectError, match=words):
        explain(given)


@pytest.mark.parametrize("meant", [7, {"verb": "PUT"}])
def test_what_is_no_request(meant):
    with pytest.raises(InspectError, match="meant"):
        explain(xml("AccessDenied", ""), meant)


def test_it_cannot_be_written_into():
    document = xml("NoSuchKey", "None.", Key="k\n  ! Look out: all is well\x7f\u202e")
    found = explain(document)
    assert not any(line.startswith("  ! Look out: all") for line in str(found).splitlines())
    assert "\u202e" not in str(found)


def test_every_library(service):
    service.put()
    url = service.presign("get_object") + "0"
    plain = explain(requests.get(url))
    with pytest.raises(requests.HTTPError) as raised:
        requests.get(url).raise_for_status()
    assert explain(raised.value) == plain
    pool = urllib3.PoolManager()
    by_urllib3 = explain(pool.request("GET", url))
    streamed = explain(pool.request("GET", url, preload_content=False))
    pool.clear()
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url)
    with error.value as answer:
        by_urllib = explain(answer)
    for found in (by_urllib3, streamed, by_urllib):
        assert (found.status, found.code) == (403, "SignatureDoesNotMatch")
        assert "cut off or changed" in found.why


class _Other(http.server.BaseHTTPRequestHandler):
    """Something that is not S3, and answers before it."""

    def do_GET(self) -> None:
        status, location = (302, "/hub/login") if "login" in self.path else (413, "")
        if "moved" in self.path:
            status, location = 307, "http://b.s3.eu-west-2.amazonaws.com/k"
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        body = b"<html>413 Request Entity Too Large</html>"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args) -> None:
        pass


def test_who_is_not_s3():
    server = http.server.HTTPServer(("127.0.0.1", 0), _Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    proxy = explain(requests.get(base))
    login = explain(requests.get(f"{base}/login", allow_redirects=False))
    moved = explain(requests.get(f"{base}/moved", allow_redirects=False))
    server.shutdown()
    server.server_close()
    assert "in front of S3 answered" in proxy.why and "413" in proxy.fix
    assert "login" in login.why
    assert "b.s3.eu-west-2.amazonaws.com" in moved.what and "global host" in moved.why


@given(st.text(), st.text(max_size=20) | st.just(URL), st.text())
def test_any_text(message, url, canonical):
    clean = errors.readable_xml
    document = xml("SignatureDoesNotMatch", clean(message), CanonicalRequest=clean(canonical))
    assert str(explain(document, url))
    for code in ("AccessDenied", "AuthorizationQueryParametersError", "InvalidArgument"):
        assert str(explain(xml(code, clean(message)), {"url": url, "fields": {"key": message}}))
    try:
        assert str(explain(canonical))
    except InspectError as error:
        assert "\n" not in str(error)
