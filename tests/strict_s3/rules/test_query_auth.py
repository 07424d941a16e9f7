"""Presigned URLs: each refusal with AWS's words, and the nearest request that passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.rules import sigv4
from strict_s3.rules.errors import InvalidURI, S3Error
from strict_s3.rules.request import Request
from tests.strict_s3.rules.signing import ACCESS_KEY, HOST, KEYS, NOW, USER, presigned, verify

PARAMETERS = "AuthorizationQueryParametersError"
REQUIRED = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
CREDENTIAL = "Error parsing the X-Amz-Credential parameter; "
LONG = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
WEEK = (
    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must "
    "be less than 604800 seconds"
)


def with_parameter(name: str, value: str | None) -> str:
    """The right URL with one parameter replaced, or taken out."""
    base, _, query = presigned().partition("?")
    pairs = [item for item in query.split("&") if not item.startswith(f"{name}=")]
    if value is not None:
        pairs.append(f"{name}={quote(value, safe='')}")
    return f"{base}?{'&'.join(pairs)}"


def refusal(url: str, method: str = "GET", headers=(), now=NOW) -> S3Error:
    with pytest.raises(S3Error) as caught:
        verify(Request.build(method, url, headers), now)
    return caught.value


def test_the_right_url_is_accepted():
    who = verify(Request.build("GET", presigned()))
    assert who.identity == USER
    assert (who.auth_type, who.signature_version) == ("REST-QUERY-STRING", "AWS4-HMAC-SHA256")
    assert who.age_ms(NOW + timedelta(seconds=2)) == 2000


@pytest.mark.parametrize(
    "name", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"]
)
def test_a_parameter_is_missing_empty_or_there_twice(name):
    full = f"X-Amz-{name}"
    for url in (
        with_parameter(full, None),
        with_parameter(full, ""),
        f"{presigned()}&{full}=again",
    ):
        error = refusal(url)
        assert (error.status, error.code, error.message) == (400, PARAMETERS, REQUIRED)


def test_a_session_token_is_there_twice():
    url = presigned(access_key="ASIASESSION", session_token="the+token/of=it")
    assert verify(Request.build("GET", url)).access_key == "ASIASESSION"
    for again in ("the%2Btoken%2Fof%3Dit", "another", ""):
        error = refusal(f"{url}&X-Amz-Security-Token={again}")
        assert (error.status, error.code, error.message) == (400, PARAMETERS, REQUIRED)


def test_a_signed_header_that_stands_in_the_query_too_need_not_be_sent():
    """As the JavaScript SDK v2 signs: x-amz-… alone, and with the query's value alone."""
    name, value = "x-amz-server-side-encryption", "AES256"
    url = presigned("PUT", headers={name: value}, query=[(name, value)])
    assert verify(Request.build("PUT", url))
    assert verify(Request.build("PUT", url, [(name, value)]))
    other = [(name, "aws:kms")]
    assert refusal(url, "PUT", other).code == "SignatureDoesNotMatch"
    changed = url.replace(f"{name}={value}", f"{name}=aws%3Akms")
    assert refusal(changed, "PUT").code == "SignatureDoesNotMatch"
    digest = ("content-md5", "4QrcOUm6Wau+VuBX8g+IPg==")
    url = presigned("PUT", headers=dict([digest]), query=[digest])
    assert refusal(url, "PUT").code == "SignatureDoesNotMatch"
    assert verify(Request.build("PUT", url, [digest]))


@pytest.mark.parametrize(
    ("name", "value", "message", "fields"),
    [
        (
            "Algorithm",
            "AWS4-HMAC-SHA1",
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
            {},
        ),
        ("Date", "2013-05-24T00:00:00Z", LONG, {}),
        ("Date", "20130524T000000", LONG, {}),
        ("Date", "20131324T000000Z", LONG, {}),
        ("Date", "\uff120130524T000000Z", LONG, {}),  # a full-width digit
        ("Expires", "abc", "X-Amz-Expires should be a number", {}),
        ("Expires", "1.5", "X-Amz-Expires should be a number", {}),
        ("Expires", "9" * 5000, "X-Amz-Expires should be a number", {}),
        ("Expires", str(2**63), "X-Amz-Expires should be a number", {}),
        ("Expires", str(2**63 - 1), WEEK, {}),
        ("Expires", "-1", "X-Amz-Expires must be non-negative", {}),
        ("Expires", "604801", WEEK, {}),
        (
            "Credential",
            f"{ACCESS_KEY}/20130524/us-east-1/aws4_request",
            CREDENTIAL + "the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            {},
        ),
        (
            "Credential",
            "/20130524/us-east-1/s3/aws4_request",
            CREDENTIAL + "the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            {},
        ),
        (
            "Credential",
            f"{ACCESS_KEY}/2013-05-24/us-east-1/s3/aws4_request",
            CREDENTIAL + 'incorrect date format "2013-05-24". This date in the credential must be '
            'in the format "yyyyMMdd".',
            {},
        ),
        (
            "Credential",
            f"{ACCESS_KEY}/20130524//s3/aws4_request",
            CREDENTIAL + "a non-empty region must be provided in the credential.",
            {},
        ),
        (
            "Credential",
            f"{ACCESS_KEY}/20130524/eu-west-2/s3/aws4_request",
            CREDENTIAL + "the region 'eu-west-2' is wrong; expecting 'us-east-1'",
            {"Region": "us-east-1"},
        ),
        (
            "Credential",
            f"{ACCESS_KEY}/20130524/us-east-1/ec2/aws4_request",
            CREDENTIAL + 'incorrect service "ec2". This endpoint belongs to "s3".',
            {},
        ),
        (
            "Credential",
            f"{ACCESS_KEY}/20130524/us-east-1/s3/aws5_request",
            CREDENTIAL + 'incorrect terminal "aws5_request". This endpoint uses "aws4_request".',
            {},
        ),
        (
            "Credential",
            f"{ACCESS_KEY}/20130525/us-east-1/s3/aws4_request",
            'Invalid credential date "20130525". This date is not the same as X-Amz-Date: '
            '"20130524".',
            {},
        ),
    ],
)
def test_a_malformed_parameter(name, value, message, fields):
    error = refusal(with_parameter(f"X-Amz-{name}", value))
    assert (error.status, error.code) == (400, PARAMETERS)
    assert (error.message, error.fields) == (message, fields)


def test_the_longest_life_is_seven_days():
    week = Request.build("GET", presigned(expires=604800))
    assert verify(week, NOW + timedelta(days=7)).identity == USER
    error = refusal(presigned(expires=604800), now=NOW + timedelta(days=7, seconds=1))
    assert error.message == "Request has expired"


def test_expired():
    error = refusal(presigned(expires=60), now=NOW + timedelta(seconds=61))
    assert (error.status, error.code, error.message) == (403, "AccessDenied", "Request has expired")
    assert error.fields == {
        "X-Amz-Expires": "60",
        "Expires": "2013-05-24T00:01:00Z",
        "ServerTime": "2013-05-24T00:01:01Z",
    }
    assert verify(Request.build("GET", presigned(expires=60)), NOW + timedelta(seconds=60))


def test_a_life_of_zero_seconds_is_over_at_once():
    assert refusal(presigned(expires=0), now=NOW + timedelta(milliseconds=1)).code == "AccessDenied"


def test_not_yet_valid():
    ahead = {"now": NOW + timedelta(minutes=16)}
    error = refusal(presigned(**ahead))
    assert (error.code, error.message) == ("AccessDenied", "Request is not yet valid")
    assert error.fields["X-Amz-Date"] == str(int(ahead["now"].timestamp() * 1000))
    assert list(error.fields) == ["X-Amz-Date", "Expires", "ServerTime"]
    assert verify(Request.build("GET", presigned(now=NOW + timedelta(minutes=15))))


def test_the_end_of_the_calendar():
    error = refusal(presigned(now=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), expires=60))
    assert error.message == "Request is not yet valid"
    assert error.fields["Expires"] == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize("key", ["AKIAUNKNOWN", "AKIAINACTIVE"])
def test_unknown_or_inactive_key(key):
    error = refusal(presigned(access_key=key))
    assert (error.status, error.code) == (403, "InvalidAccessKeyId")
    assert error.fields == {"AWSAccessKeyId": key}


def test_session_token():
    session = {"access_key": "ASIASESSION"}
    right = presigned(**session, session_token="the+token/of=it")
    assert verify(Request.build("GET", right)).access_key == "ASIASESSION"
    missing = refusal(presigned(**session))
    assert missing.code == "InvalidAccessKeyId"
    other = refusal(presigned(**session, session_token="another"))
    assert (other.status, other.code) == (400, "InvalidToken")
    assert other.fields == {"Token-0": "another"}
    with_long_lived_key = refusal(presigned(session_token="another"))
    assert with_long_lived_key.code == "InvalidToken"
    ended = refusal(right, now=NOW + timedelta(hours=1))
    assert (ended.status, ended.code) == (400, "ExpiredToken")
    assert ended.message == "The provided token has expired."


def test_signature_does_not_match_shows_the_working():
    error = refusal(presigned(), method="PUT")
    assert (error.status, error.code) == (403, "SignatureDoesNotMatch")
    assert list(error.fields) == [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ]
    assert error.fields["CanonicalRequest"].startswith("PUT\n/test.txt\nX-Amz-Algorithm=")
    assert error.fields["StringToSignBytes"].startswith("41 57 53 34 2d 48 4d 41 43")


METHODS = ["GET", "HEAD", "PUT", "DELETE", "POST"]


@pytest.mark.parametrize("signed", METHODS)
@pytest.mark.parametrize("sent", METHODS)
def test_a_url_is_good_for_its_own_method_only(signed, sent):
    request = Request.build(sent, presigned(signed))
    if signed == sent:
        assert verify(request).identity == USER
    else:
        assert refusal(presigned(signed), method=sent).code == "SignatureDoesNotMatch"


def test_headers_that_must_be_signed():
    error = refusal(presigned(), headers=[("X-Amz-Acl", "public-read"), ("x-amz-meta-a", "1")])
    assert (error.status, error.code) == (403, "AccessDenied")
    assert error.message == "There were headers present in the request which were not signed"
    assert error.fields == {"HeadersNotSigned": "x-amz-acl, x-amz-meta-a"}
    assert refusal(presigned(), headers=[("Content-MD5", "x")]).code == "AccessDenied"
    assert refusal(with_parameter("X-Amz-SignedHeaders", "date")).fields == {
        "HeadersNotSigned": "host"
    }
    # An unsigned Content-Type, Range or the like changes nothing.
    free = [("content-type", "image/png"), ("range", "bytes=0-1"), ("user-agent", "test")]
    assert verify(Request.build("GET", presigned(), free)).identity == USER


def test_a_signed_header_must_be_sent_as_it_was_signed():
    url = presigned("PUT", headers={"content-type": "image/png"})
    right = Request.build("PUT", url, [("Content-Type", " image/png ")])
    assert verify(right).identity == USER
    for headers in ([], [("content-type", "image/gif")]):
        assert refusal(url, "PUT", headers).code == "SignatureDoesNotMatch"


def test_a_path_that_is_not_utf8():
    with pytest.raises(InvalidURI):
        verify(Request.build("GET", presigned().replace("test.txt", "%ff")))


keys = st.text(min_size=1, max_size=60).filter(
    lambda text: text.encode("utf-8", "ignore").decode() == text
)


@given(
    st.sampled_from(METHODS),
    keys,
    st.integers(1, 604800),
    st.dictionaries(
        st.text("abcxyz", min_size=1, max_size=8).map("x-amz-meta-".__add__), st.just("v w")
    ),
    st.data(),
)
def test_any_valid_url_is_accepted_within_its_life(method, key, expires, headers, data):
    url = presigned(method, f"/{key}", expires=expires, headers=headers)
    moment = NOW + timedelta(seconds=data.draw(st.integers(0, expires)))
    assert verify(Request.build(method, url, headers.items()), moment).identity == USER


def _changed(text: str, data) -> str:
    """`text` with one character replaced, removed or added."""
    at = data.draw(st.integers(0, max(len(text) - 1, 0)))
    letter = data.draw(st.sampled_from("abcXYZ0189-_.~"))
    kind = data.draw(st.sampled_from(["replace", "remove", "add"]))
    if kind == "add" or not text:
        return text[:at] + letter + text[at:]
    return text[:at] + ("" if kind == "remove" else letter) + text[at + 1 :]


@given(st.sampled_from(METHODS), keys, st.data())
def test_any_single_change_is_refused(method, key, data):
    headers = {"x-amz-meta-note": "one two", "content-type": "text/plain"}
    query = [("response-content-type", "text/html"), ("versionId", "null")]
    url = presigned(method, f"/{key}", headers=headers, query=query)
    right = Request.build(method, url, headers.items())
    assert verify(right).identity == USER

    part = data.draw(st.sampled_from(["method", "path", "host", "parameter", "header"]))
    pairs = list(right.query)
    sent = dict(right.headers)
    other_method, path = method, right.decoded_path
    if part == "method":
        other_method = data.draw(st.sampled_from([m for m in METHODS if m != method]))
    elif part == "path":
        path = "/" + _changed(path[1:], data)
    elif part == "host":
        sent["host"] = _changed(HOST, data)
    elif part == "header":
        name = data.draw(st.sampled_from(sorted(headers)))
        sent[name] = _changed(sent[name], data)
    else:
        at = data.draw(st.integers(0, len(pairs) - 1))
        name, value = pairs[at]
        what = data.draw(st.sampled_from(["value", "value", "name", "left out"]))
        if what == "left out":
            del pairs[at]
        else:
            pairs[at] = (name, _changed(value, data)) if what == "value" else (f"{name}x", value)
    changed = Request.build(
        other_method,
        f"{sigv4.canonical_uri(path)}?{sigv4.canonical_query(pairs)}",
        sent.items(),
    )
    same = (
        changed.method == right.method
        and changed.decoded_path == right.decoded_path
        and sorted(changed.query) == sorted(right.query)
        and changed.header_map == right.header_map
    )
    if same:
        return
    with pytest.raises(S3Error) as caught:
        verify(changed)
    assert 400 <= caught.value.status < 500


def test_no_secret_in_any_repr():
    request = Request.build("GET", presigned())
    shown = repr(verify(request)) + repr(KEYS[ACCESS_KEY])
    assert request.parameters["X-Amz-Signature"] not in shown
    assert KEYS[ACCESS_KEY].secret_key not in shown
