"""What people really paste: each way of it gives the same URL, and says what was repaired."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strict_s3.explainer import InspectError, inspect_url
from strict_s3.explainer.pasted import find_url

SIGNATURE = "12b74b0788aa036bc7c3d03b3f20c61f1f91cc9ad8873e3314255dc479a25351"
URL = (
    "https://presignedurldemo.s3.eu-west-2.amazonaws.com/image.png"
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20180210%2Feu-west-2%2Fs3%2Faws4_request"
    "&X-Amz-Date=20180210T171315Z&X-Amz-Expires=1800"
    f"&X-Amz-Signature={SIGNATURE}&X-Amz-SignedHeaders=host"
)
BROKEN = "\n".join(URL[i : i + 60] for i in range(0, len(URL), 60))


@pytest.mark.parametrize(
    ("text", "repair"),
    [
        (URL, ""),
        (f"  {URL}\n", ""),
        (f'"{URL}"', "around the URL"),
        (f"'{URL}'", "around the URL"),
        (f"<{URL}>", "around the URL"),
        (f"“{URL}”", "around the URL"),
        (f"Here it is: {URL}, thanks!", ", after the URL"),
        (f"The link\n{URL}\nThanks for your help", ""),
        (f"See {URL}.", ". after the URL"),
        (f"[image]({URL})", "around the URL"),
        (URL.replace("&", "&amp;"), "It had &amp; for &"),
        (f'<a href="{URL.replace("&", "&amp;")}">', "It had &amp; for &"),
        (URL.replace("&", "\\u0026"), "escaped as in JSON"),
        ('{"url": "' + URL.replace("/", "\\/") + '"}', "escaped as in JSON"),
        (BROKEN, "Line breaks"),
        (BROKEN.replace("\n", "\r\n"), "Line breaks"),
        (f"<{BROKEN}>", "Line breaks"),
        (f"Dear all,\n\n{URL.replace('&', chr(10) + '&')}\n\nBest wishes\nAnn", "Line breaks"),
        (URL.replace("%", "%25").replace("://", "%3A%2F%2F").replace("&", "%26"), "whole URL"),
        (f"curl '{URL}'", "curl command"),
        (f"$ curl -sS \\\n  -o image.png \\\n  '{URL}'", "curl command"),
        (f"curl {URL}", "not in quotes"),
        (f"curl -X PUT -T image.png '{URL}", ""),
    ],
)
def test_the_same_url_however_it_comes(text, repair):
    pasted = find_url(text)
    assert pasted.url == URL
    said = (*pasted.repairs, *pasted.sent.problems)
    assert repair in " ".join(said)
    assert bool(repair) == bool(said)
    now = datetime(2018, 2, 10, 17, 20, tzinfo=UTC)
    report, plain = inspect_url(text, now), inspect_url(URL, now)
    facts = [part for part in plain.facts if part.label != "method" or not pasted.method]
    assert (list(report.facts), report.segments) == (facts, plain.segments)


def test_a_space_in_the_path_is_part_of_the_key():
    report = inspect_url(URL.replace("image.png", "my holiday picture.png"))
    assert report.key == "my holiday picture.png"
    assert "a space in it" in report.undone[0]


@pytest.mark.parametrize(
    ("command", "method", "headers"),
    [
        ("curl '{}'", "GET", {}),
        ("curl -I '{}'", "HEAD", {}),
        ("curl -T a.png '{}'", "PUT", {}),
        ("curl --request delete '{}'", "DELETE", {}),
        ("curl -XPUT -HContent-Type:image/png --data-binary @a '{}'", "PUT", {"content-type": 1}),
        ("curl '{}' -d @a", "POST", {"content-type": "application/x-www-form-urlencoded"}),
        ("curl -d @a -H 'Content-Type: image/png' '{}'", "POST", {"content-type": "image/png"}),
        (
            "curl -F file=@a '{}'",
            "POST",
            {"content-type": "multipart/form-data; boundary=…"},
        ),
        ("curl --url='{}' --header 'X-Amz-Acl: private'", "GET", {"x-amz-acl": "private"}),
    ],
)
def test_what_a_curl_command_would_send(command, method, headers):
    pasted = find_url(command.format(URL))
    assert pasted.url == URL
    assert pasted.method == method
    expected = {name: "image/png" if value == 1 else value for name, value in headers.items()}
    assert dict(pasted.headers) == expected
    assert f"The curl command sends {method}" in str(inspect_url(command.format(URL)))


def test_a_signed_header_that_the_command_does_not_send():
    url = URL.replace("Headers=host", "Headers=content-type%3Bhost")
    silent = inspect_url(f"curl -T a.png '{url}'")
    assert any("content-type is signed, but the command" in w for w in silent.warnings)
    right = inspect_url(f"curl -T a.png -H 'Content-Type: image/png' '{url}'")
    assert not any("the command does not" in w for w in right.warnings)
    loose = inspect_url(f"curl -T a.png -H 'x-amz-acl: private' '{URL}'")
    assert any("x-amz-acl, which is not signed" in w for w in loose.warnings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Nothing was pasted"),
        ("   \n", "Nothing was pasted"),
        ("hello", "no URL"),
        ("ftp://host/key?X-Amz-Signature=1", "no URL"),
        ("https://", "not a whole URL"),
        ("https://[", "not a whole URL"),
        ("https://example.com/page", "without a signature"),
        ("https://b.s3.eu-west-2.amazonaws.com/k", "an S3 URL without a signature"),
        ("https://d1.cloudfront.net/k?Expires=1&Signature=x&Key-Pair-Id=K", "CloudFront"),
        ("https://storage.googleapis.com/b/k?X-Goog-Signature=0", "Google"),
        ("https://a.blob.core.windows.net/c/k?sv=1&sig=x", "Azure"),
        ("https://b.s3.amazonaws.com/%ff?X-Amz-Signature=0", "not UTF-8"),
        (URL + "&a=b" * 9_000, "characters"),
        (None, "Expected a URL as text"),
        (b"https://x", "Expected a URL as text"),
    ],
)
def test_no_presigned_url_is_one_clear_error(text, words):
    with pytest.raises(InspectError, match=words) as refused:
        inspect_url(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("length", range(70, len(URL) - 1, 7))
def test_a_url_that_was_cut_off(length):
    text = URL[:length]
    try:
        report = inspect_url(text)
    except InspectError as error:
        assert "X-Amz-Algorithm=" not in text
        assert "cut off" in str(error)
    else:
        complete = text.endswith("X-Amz-SignedHeaders=hos") or "SignedHeaders=h" in text
        assert complete or any("cut off" in warning for warning in report.warnings)
        assert SIGNATURE[:8] not in str(report) + repr(vars(report))


def test_long_texts_take_no_long_time():
    """What is looked at has an end: sixty thousand lines are not put together one by one."""
    pasted = find_url(URL + "\n&a=b" * 60_000)
    assert pasted.url.count("&a=b") < 1_000
