"""Signatures in the Authorization header: each refusal with AWS's words, and what passes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strict_s3.rules import header_auth, sigv4
from strict_s3.rules.authentication import Authentication, Endpoint, Verifier
from strict_s3.rules.decision import Decision
from strict_s3.rules.errors import S3Error
from strict_s3.rules.request import Request
from strict_s3.rules.sigv4 import EMPTY_SHA256, Scope
from tests.strict_s3.rules.signing import ACCESS_KEY, HOST, KEYS, NOW, SECRET_KEY, USER

COMPONENTS = (
    "The authorization header is malformed; the authorization header requires three components: "
    "Credential, SignedHeaders, and Signature."
)


def signed(service: str = "s3", payload: str = EMPTY_SHA256, **more: str) -> dict[str, str]:
    """Headers of a right GET of ``/test.txt?a=1``; `more` are further signed headers."""
    moment = more.pop("x-amz-date", sigv4.amz_date(NOW))
    headers = {"host": HOST, "x-amz-date": moment, **more}
    if service == "s3":
        headers["x-amz-content-sha256"] = payload
    scope = Scope(moment[:8], "us-east-1", service)
    names = sorted(headers)
    canonical = sigv4.canonical_request(request(headers), names, payload)
    key = sigv4.signing_key(SECRET_KEY, scope)
    signature = sigv4.signature(key, sigv4.string_to_sign(moment, scope, canonical))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    return headers


def request(headers: dict[str, str]) -> Request:
    return Request.build("GET", "/test.txt?a=1", headers.items())


def verify(headers: dict[str, str], service: str = "s3", now=NOW, **changes) -> Authentication:
    return header_auth.authenticate(
        request(headers),
        Decision("GET", "/test.txt"),
        Verifier(Endpoint("us-east-1", service), KEYS.get, now, changes.get("also_now")),
        changes.get("payload", headers.get("x-amz-content-sha256", "")),
    )


def refusal(headers: dict[str, str], **more) -> S3Error:
    with pytest.raises(S3Error) as caught:
        verify(headers, **more)
    return caught.value


def replaced(old: str, new: str) -> dict[str, str]:
    headers = signed()
    return {**headers, "authorization": headers["authorization"].replace(old, new)}


@pytest.mark.parametrize(
    "payload", [EMPTY_SHA256, "UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
)
def test_the_right_header_is_accepted(payload):
    who = verify(signed(payload=payload))
    assert (who.identity, who.auth_type) == (USER, "REST-HEADER")


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_other_services_sign_the_body_for_their_own_name(service):
    assert verify(signed(service), service, payload=EMPTY_SHA256).identity == USER
    error = refusal(signed(service), service="s3", payload=EMPTY_SHA256)
    assert error.message.endswith(f'incorrect service "{service}". This endpoint belongs to "s3".')


def test_a_date_header_serves_where_x_amz_date_is_missing():
    headers = signed()
    moment = headers.pop("x-amz-date")
    headers["date"] = "Fri, 24 May 2013 00:00:00 GMT"
    names = ["date", "host", "x-amz-content-sha256"]
    canonical = sigv4.canonical_request(request(headers), names, EMPTY_SHA256)
    scope = Scope(moment[:8], "us-east-1")
    text = sigv4.string_to_sign(moment, scope, canonical)
    signature = sigv4.signature(sigv4.signing_key(SECRET_KEY, scope), text)
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope},SignedHeaders={';'.join(names)},"
        f"Signature={signature}"
    )
    assert verify(headers).identity == USER


@pytest.mark.parametrize("minutes", [15, -15])
def test_clock_skew(minutes):
    headers = signed()
    assert verify(headers, now=NOW + timedelta(minutes=minutes)).identity == USER
    error = refusal(headers, now=NOW + timedelta(minutes=minutes, seconds=minutes / 15))
    assert (error.status, error.code) == (403, "RequestTimeTooSkewed")
    assert error.fields["RequestTime"] == "20130524T000000Z"
    assert error.fields["MaxAllowedSkewMilliseconds"] == "900000"


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        (replaced("Credential=", "Credentials="), "AuthorizationHeaderMalformed", COMPONENTS),
        (replaced("SignedHeaders=", ""), "AuthorizationHeaderMalformed", COMPONENTS),
        (replaced("Signature=", "Sig="), "AuthorizationHeaderMalformed", COMPONENTS),
        (
            replaced("AWS4-HMAC-SHA256 ", "Bearer "),
            "InvalidArgument",
            "Unsupported Authorization Type",
        ),
        (
            {**signed(), "authorization": "AWS4-HMAC-SHA256"},
            "InvalidArgument",
            "Authorization header is invalid -- one and only one ' ' (space) required",
        ),
        (
            {**signed(), "authorization": f"AWS {ACCESS_KEY}:frJIUN8DYpKDtOLCwo//yllqDzg="},
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256.",
        ),
        (
            replaced("us-east-1", "eu-west-2"),
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'eu-west-2' is wrong; expecting "
            "'us-east-1'",
        ),
        (
            replaced("/20130524/", "/20130523/"),
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; Invalid credential date. "
            "Date is not the same as X-Amz-Date.",
        ),
        (
            replaced(f"={ACCESS_KEY}", "=AKIAUNKNOWN"),
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        (
            {**signed(), "x-amz-date": "today"},
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header",
        ),
        (
            {name: value for name, value in signed().items() if name != "x-amz-date"},
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header",
        ),
        (
            {name: value for name, value in signed().items() if "sha256" not in name},
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
        ),
        (
            {**signed(), "x-amz-meta-late": "1"},
            "AccessDenied",
            "There were headers present in the request which were not signed",
        ),
        (
            {**signed(range="bytes=0-1"), "range": "bytes=0-2"},
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        ),
    ],
)
def test_refused(headers, code, message):
    error = refusal(headers)
    assert (error.code, error.message) == (code, message)
