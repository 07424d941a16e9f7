"""One place decides what a pasted text is, for the command line and the form alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from helpers.forms import inspector
from strict_s3.errors import InspectError
from strict_s3.explainer import (
    Explanation,
    FormReport,
    UrlReport,
    command,
    inspect_text,
    read_error,
)
from tests.strict_s3.explainer.test_explain import xml
from tests.strict_s3.explainer.test_form import form
from tests.strict_s3.explainer.test_paste import URL

REFUSAL = xml("NoSuchKey", "The specified key does not exist.", Key="k")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (URL, UrlReport),
        (f"here it is:\n{URL}\n", UrlReport),
        (json.dumps({"url": URL}), UrlReport),
        (json.dumps({"url": URL, "fields": {}}), UrlReport),
        (json.dumps({"url": URL, "headers": {"content-type": "image/png"}}), UrlReport),
        (json.dumps(form()), FormReport),
        (json.dumps(form()["fields"], indent=2), FormReport),
        (json.dumps({"url": URL, "fields": form()["fields"]}), FormReport),
        (REFUSAL, Explanation),
        (f"HTTP/1.1 404 Not Found\nContent-Type: application/xml\n\n{REFUSAL}", Explanation),
        (json.dumps({"url": URL}) + REFUSAL, Explanation),
    ],
)
def test_what_it_is(text, kind):
    assert isinstance(inspect_text(text), kind)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Nothing was pasted"),
        (" \n", "Nothing was pasted"),
        ("hello", "no URL"),
        ("x" * 16_000_001, "more than 16,000,000 characters"),
        ("https://example.com/a", "a URL without a signature"),
        ('{"url": "https://example.com/a"}', "a URL without a signature"),
        ('{"fields": {"key": "a"}}', "no policy"),
        ('{"url": "https://b.s3.amazonaws.com/", "fields": {"key": "a"}}', "no policy"),
        ("{}", "no policy"),
        ('{"policy": "x"', "not JSON"),
        ("<Error><Code>", "not an S3 error"),
    ],
)
def test_what_is_none_of_the_three_is_the_same_sentence_everywhere(text, words, capsys):
    with pytest.raises(InspectError, match=words) as refused:
        inspect_text(text)
    with pytest.raises(InspectError) as in_the_form:
        inspector.inspect(text)
    assert str(in_the_form.value) == str(refused.value)
    if len(text) < 1000:
        assert command.main(["--", text]) == 2
        assert capsys.readouterr().err == f"{refused.value}\n"


def test_what_was_signed_and_when_reach_the_reader():
    mismatch = xml(
        "SignatureDoesNotMatch",
        "x",
        CanonicalRequest="PUT\n/k\n\nhost:h\n\nhost\nUNSIGNED-PAYLOAD",
        SignatureProvided="0" * 64,
    )
    explained = inspect_text(mismatch, {"method": "GET", "url": "https://h/k"})
    assert [difference.what for difference in explained.differences] == ["method"]
    long_ago, much_later = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    assert "not yet valid" in inspect_text(URL, now=long_ago).refusal
    assert "expired" in inspect_text(URL, now=much_later).refusal


def test_only_text_is_read():
    with pytest.raises(InspectError, match="Expected text, got dict"):
        inspect_text({})  # type: ignore[arg-type]
    assert inspect_text(URL.encode("utf-16")).undone[0].startswith("The text was UTF-16")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (REFUSAL, ("NoSuchKey", "The specified key does not exist.", {"Key": "k"})),
        (REFUSAL.encode(), ("NoSuchKey", "The specified key does not exist.", {"Key": "k"})),
        ("<a:Error xmlns:a='x'><a:Code>C</a:Code></a:Error>", ("C", "", {})),
        ("<Error><Code>A &amp; B</Code></Error>", ("A & B", "", {})),
        ("<Error><Code>cut off", ("", "", {})),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Error><Code>&b;</Code></Error>', ("", "", {})),
        ("<Code>NoSuchKey</Code>", ("", "", {})),
        ("", ("", "", {})),
        (b"\xff\xfe", ("", "", {})),
    ],
)
def test_reading_an_error(text, expected):
    code, message, fields = read_error(text)
    fields = {name: value for name, value in fields.items() if name not in ("RequestId", "HostId")}
    assert (code, message, fields) == expected
