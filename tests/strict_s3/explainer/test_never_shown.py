"""No secret of a paste is in a report, whatever the paste; and long pastes take bounded work."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.errors import InspectError
from strict_s3.explainer import decode, inspect_text
from strict_s3.explainer.cutting import MAX_CANDIDATES
from strict_s3.explainer.secrets import secrets_of, without
from tests.strict_s3.explainer.corpus import NOW, URL

# Where a paste has its secrets; {} is the secret, {q} the same percent-encoded.
PLACES = (
    "https://b.s3.eu-west-2.amazonaws.com/k?X-Amz-Signature={q}",
    f"{URL}&X-Amz-Security-Token={{q}}",
    "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1&Signature={q}",
    f"{URL}&x-amz-server-side-encryption-customer-key={{q}}",
    "https://ann:{q}@b.s3.amazonaws.com/k?X-Amz-Signature=0",
    "https://d1.cloudfront.net/k?Expires=1893456000&Key-Pair-Id=K&Signature={q}",
    "https://storage.googleapis.com/b/k?GoogleAccessId=a&Expires=1&Signature={q}",
    "https://a.supabase.co/storage/v1/object/sign/b/k?token={q}",
    "https://a.blob.core.windows.net/c/k?sv=1&sig={q}",
    f"curl -H 'Authorization: Bearer {{}}' '{URL}'",
    f"curl -H 'Authorization: Basic {{}}' '{URL}'",
    f"curl -H 'Cookie: session={{}}' '{URL}'",
    f"curl -u ann:{{}} '{URL}'",
    f"curl -H 'x-amz-server-side-encryption-customer-key: {{}}' '{URL}'",
    f"fetch('{URL}', {{{{ headers: {{{{ Authorization: 'Bearer {{}}' }}}} }}}})",
    f"requests.get('{URL}', headers={{{{'Authorization': 'Basic {{}}'}}}})",
    "aws_secret_access_key = {}\n" + URL,
    "password: {}\n" + URL,
    "<Error><Code>InvalidToken</Code><Message>x</Message><Token-0>{}</Token-0></Error>",
    "<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>{}</SignatureProvided></Error>",
    "<Error><Code>InvalidArgument</Code><ArgumentName>Authorization</ArgumentName>"
    "<ArgumentValue>Bearer {}</ArgumentValue></Error>",
    "<Error><Code>InvalidArgument</Code><ArgumentName>X-Amz-Security-Token</ArgumentName>"
    "<ArgumentValue>{}</ArgumentValue></Error>",
    "<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>GET\n/k\n\n"
    "authorization:Bearer {}\nhost:h\n\nauthorization;host\nUNSIGNED-PAYLOAD</CanonicalRequest>"
    "</Error>",
    "GET /k?X-Amz-Signature={q} HTTP/1.1\nHost: b.s3.amazonaws.com\nAuthorization: Bearer {}\n\n",
    '{{"fields": {{"key": "k", "policy": "e30=", "x-amz-signature": "{}"}}}}',
    '{{"fields": {{"key": "k", "policy": "e30=", "x-amz-security-token": "{}"}}}}',
    '[{{"name": "policy", "value": "e30="}}, {{"name": "x-amz-signature", "value": "{}"}}]',
    '<input name="policy" value="e30="><input name="x-amz-signature" value="{}">',
    '["eq", "$x-amz-security-token", "{}"]',
)
SECRET = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", min_size=20, max_size=60
)
AROUND = st.text(max_size=30) | st.sampled_from(["", "\n", "> ", "&amp;", "<", '"', "{", "curl "])


def everything_of(text: str) -> str:
    try:
        report = inspect_text(text, now=NOW)
    except InspectError as problem:
        return str(problem)
    return report.full() + json.dumps(report.as_dict(), ensure_ascii=False) + repr(report)


@given(SECRET, st.sampled_from(PLACES), AROUND, AROUND)
def test_a_marked_secret_is_never_shown(secret, place, before, after):
    marked = f"Zq7{secret}"  # neither a word nor harmless
    text = f"{before}{place.format(marked, q=quote(marked, safe=''))}{after}"
    shown = everything_of(text)
    assert marked not in shown
    assert quote(marked, safe="") not in shown
    assert marked[:16] not in shown  # nor its beginning


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_anything_is_a_report_or_one_sentence(text):
    try:
        report = inspect_text(text, now=NOW)
    except InspectError as problem:
        assert str(problem) and "\n" not in str(problem)
    else:
        assert report.verdict.what and str(report).startswith(report.verdict.what[:20])
        assert json.dumps(report.as_dict())


@pytest.mark.parametrize("text", ["signature: host", "password: required", "token = undefined"])
def test_words_are_no_secrets(text):
    assert secrets_of(text) == frozenset()
    assert without("the host is required", secrets_of(text)) == "the host is required"


@pytest.mark.parametrize(
    "piece",
    ["https://", "word ", "&amp;", "=3D", "\\u0026", "curl ", "<Error><Code>", "X-Amz-Date=1\n&"],
)
def test_long_pastes_take_bounded_work(piece, monkeypatch):
    """The candidates that are scored do not grow with the text: 4 MB are as many as 400 kB."""
    counts = []
    for length in (400_000, 4_000_000):
        scored: list[str] = []
        sense = decode.sense_of

        def counted(url: str, scored=scored, sense=sense) -> float:
            scored.append(url)
            return sense(url)

        monkeypatch.setattr(decode, "sense_of", counted)
        everything_of((piece * (length // len(piece))) + " " + URL)
        monkeypatch.setattr(decode, "sense_of", sense)
        counts.append(len(scored))
        assert sum(map(len, scored)) < 60_000_000
    assert counts[0] == counts[1] <= MAX_CANDIDATES * decode.MAX_STATES
