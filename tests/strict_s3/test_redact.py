"""Nothing that works is ever shown."""

from __future__ import annotations

import base64

import requests

from strict_s3.redact import readable, redact, redact_key, show
from strict_s3.server.server import DEFAULT_REGION

SIGNATURE = "ab" * 32


def test_what_is_hidden_and_what_is_not():
    url = (
        "https://b.s3.eu-west-2.amazonaws.com/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101"
        f"&X-Amz-Expires=60&X-Amz-Security-Token=secret%2Btoken%3D&X-Amz-Signature={SIGNATURE}"
    )
    shown = redact(url)
    assert SIGNATURE not in shown
    assert "secret" not in shown
    assert "IOSFODNN7EXAMPLE" not in shown
    assert shown.startswith("https://b.s3.eu-west-2.amazonaws.com/k?X-Amz-Credential=AKIA…")
    assert "X-Amz-Expires=60" in shown
    old = redact("https://b/k?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=a%2Bb%3D&Expires=1")
    assert "a%2Bb" not in old
    assert redact("nothing to hide") == "nothing to hide"
    assert redact_key("AKIAIOSFODNN7EXAMPLE") == "AKIA…MPLE"
    assert redact_key("short") == "…"


def test_a_customers_key_is_hidden_and_its_md5_is_not():
    name = "x-amz-server-side-encryption-customer-key"
    for text in (f"/k?{name}=c2VjcmV0%3D&X-Amz-Date=1", f"{name}:c2VjcmV0=\n{name}-md5:bWQ1"):
        assert "c2VjcmV0" not in redact(text)
    assert redact(f"{name}-md5:bWQ1") == f"{name}-md5:bWQ1"


def test_a_policy_in_base64_names_the_key():
    text = '{"conditions": [{"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20260101/eu-west-2/s3"}]}'
    encoded = base64.b64encode(text.encode()).decode()
    assert redact(f"<StringToSign>{encoded}</StringToSign>") == (
        f"<StringToSign>{encoded[:16]}…</StringToSign>"
    )
    harmless = base64.b64encode(b"no key in here" * 8).decode()
    assert redact(harmless) == harmless


def test_session_tokens_in_what_s3_says():
    for text in (
        "<Error><Code>ExpiredToken</Code><Token-0>FwoGsecret/+=</Token-0></Error>",
        'Policy Condition failed: ["eq", "$x-amz-security-token", "FwoGsecret/+="]',
        '{"x-amz-security-token": "FwoGsecret/+=", "x-amz-signature":"secret"}',
        "<SignatureProvided>secret=</SignatureProvided>",
    ):
        assert "secret" not in redact(text).replace("security", "")
    assert redact('["eq", "$key", "secret"]') == '["eq", "$key", "secret"]'


def test_a_refusal_shows_no_signature_and_no_ids(service, capsys):
    service.put()
    url = service.presign("get_object")
    show(requests.put(url))
    out = capsys.readouterr().out
    assert out.startswith("403 Forbidden\n<Error>\n  <Code>SignatureDoesNotMatch</Code>\n")
    assert url.rpartition("=")[2] not in out
    assert service.server.root.access_key not in out
    assert "RequestId" not in out
    assert f"/{DEFAULT_REGION}/s3/aws4_request" in out
    show(requests.get(url))
    assert capsys.readouterr().out == "200 OK\nbody\n"
    show(requests.head(url))
    assert capsys.readouterr().out == "403 Forbidden\n"


def test_text_that_is_no_xml_is_only_redacted():
    assert readable(f"<html> {SIGNATURE}") == "<html> …"
    assert readable(b"\xff") == "\ufffd"
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Error><Code>&a;</Code></Error>'
    assert readable(bomb) == bomb


def test_the_refusal_of_a_session_that_has_ended_hides_its_token(service, capsys):
    session = service.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    root = service.server.root
    shown = readable(
        "<Error><Code>ExpiredToken</Code><Message>User &quot;a&quot; &amp; it&apos;s</Message>"
        f"<Token-0>{session['SessionToken']}</Token-0><Key>{root.access_key}</Key></Error>"
    )
    assert "<Token-0>…</Token-0>" in shown
    assert 'User "a" & it\'s' in shown
    assert session["SessionToken"] not in shown and root.access_key not in shown
