"""The inspector of presigned URLs: what boto3's URLs say, and any text at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import boto3
import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.explainer import InspectError, inspect_url
from strict_s3.explainer.words import hide
from strict_s3.rules import sigv4
from tests.strict_s3.explainer.test_paste import SIGNATURE, URL

SIGNED = datetime(2018, 2, 10, 17, 13, 15, tzinfo=UTC)
# In two pieces, so that the scan for tokens does not take it for one.
ACCOUNT = "0123456789abcdef" * 2  # of Cloudflare
TOKEN = "FwoG" + "ZXIvYXdzEBYaDNOTAREALTOKEN/+="


def signed(operation="get_object", expires=3600, region="eu-west-2", token=None, s3=None, **params):
    """A URL by boto3 itself, and the moment of signing."""
    client = boto3.client(
        "s3",
        region_name=region,
        aws_access_key_id="ASIAIOSFODNN7EXAMPLE" if token else "AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(signature_version="s3v4", s3=s3 or {"addressing_style": "virtual"}),
    )
    params = {"Bucket": "bucket", "Key": "k", **params}
    return client.generate_presigned_url(operation, params, expires)


def test_the_articles_url():
    report = inspect_url(URL, SIGNED + timedelta(minutes=29))
    assert (report.bucket, report.key, report.region) == (
        "presignedurldemo",
        "image.png",
        "eu-west-2",
    )
    assert report.version == 4
    assert report.signed_at == SIGNED
    assert report.expires == 1800
    assert report.ends == report.ends_at_latest == SIGNED + timedelta(minutes=30)
    assert report.send == ("host",)
    assert report.host.style == "virtual"
    assert report.refusal == ""
    text = str(report)
    assert repr(report) == text  # what a notebook shows of a last line
    assert "1 minute left" in text
    assert "AKIA…MPLE" in text
    assert "not in the URL" in text
    assert [part.label for part in report.parameters] == [
        item.partition("=")[0] for item in URL.partition("?")[2].split("&")
    ]
    assert all(part.explanation for part in report.segments)
    late = inspect_url(URL, SIGNED + timedelta(minutes=31))
    assert late.refusal.startswith("403 AccessDenied: Request has expired")
    early = inspect_url(URL, SIGNED - timedelta(minutes=16))
    assert "Request is not yet valid" in early.refusal


def test_now_may_be_in_any_zone():
    zone = timezone(timedelta(hours=5))
    assert inspect_url(URL, SIGNED.astimezone(zone)).refusal == ""


@pytest.mark.parametrize("text", [URL, f"<{URL}>"])
def test_neither_signature_nor_token_is_kept(text):
    report = inspect_url(text)
    for shown in (str(report), repr(vars(report)), report.redacted):
        assert SIGNATURE not in shown
        assert "AKIAIOSFODNN7EXAMPLE" not in shown
    temporary = inspect_url(signed(token=TOKEN))
    for shown in (str(temporary), repr(vars(temporary)), temporary.redacted):
        assert "NOTAREALTOKEN" not in shown
    assert report.redacted == URL.replace(SIGNATURE, "…").replace(
        "AKIAIOSFODNN7EXAMPLE", "AKIA…MPLE"
    )


def test_a_temporary_key_ends_with_its_session():
    report = inspect_url(signed(token=TOKEN, expires=604800))
    assert report.temporary
    assert report.ends_at_latest == report.signed_at + timedelta(hours=36)
    assert any("ExpiredToken" in warning for warning in report.warnings)
    short = inspect_url(signed(token=TOKEN, expires=60))
    assert short.ends_at_latest == short.ends
    assert not any("ExpiredToken" in warning for warning in short.warnings)
    assert not any("ExpiredToken" in w for w in inspect_url(signed(expires=604800)).warnings)
    without = inspect_url(signed().replace("AKIAIOS", "ASIAIOS"))
    assert any("without its session token" in warning for warning in without.warnings)


@pytest.mark.parametrize(
    ("host", "style", "bucket", "region", "kind"),
    [
        ("b.s3.eu-west-2.amazonaws.com", "virtual", "b", "eu-west-2", "virtual-hosted"),
        ("s3.eu-west-2.amazonaws.com/b", "path", "b", "eu-west-2", "path"),
        ("b.s3.amazonaws.com", "virtual", "b", "", "global"),
        ("s3.amazonaws.com/b", "path", "b", "", "global"),
        ("b.s3-eu-west-1.amazonaws.com", "virtual", "b", "eu-west-1", "virtual"),
        ("b.s3.dualstack.eu-west-2.amazonaws.com", "virtual", "b", "eu-west-2", "dual-stack"),
        ("b.s3-accelerate.amazonaws.com", "virtual", "b", "", "acceleration"),
        ("b.s3-accelerate.dualstack.amazonaws.com", "virtual", "b", "", "acceleration"),
        ("b.s3-fips.us-gov-west-1.amazonaws.com", "virtual", "b", "us-gov-west-1", "FIPS"),
        ("b.s3.cn-north-1.amazonaws.com.cn", "virtual", "b", "cn-north-1", "virtual"),
        ("s3-external-1.amazonaws.com/b", "path", "b", "us-east-1", "path"),
        ("my.dotted.b.s3.eu-west-2.amazonaws.com", "virtual", "my.dotted.b", "eu-west-2", ""),
        ("a-1.s3-accesspoint.eu-west-2.amazonaws.com", "virtual", "a-1", "eu-west-2", "access"),
        ("b--x--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "virtual", "b--x--x-s3",
         "us-east-1", "S3 Express"),
        ("127.0.0.1:9000/b", "path", "b", "", "address"),
        ("localhost:9000/b", "path", "b", "", "address"),
        ("minio:9000/b", "path", "b", "", "address"),
        ("b.localhost:4566", "virtual", "b", "", "this computer"),
        (f"{ACCOUNT}.r2.cloudflarestorage.com/b", "path", "b", "", "R2"),
        (f"b.{ACCOUNT}.eu.r2.cloudflarestorage.com", "virtual", "b", "", "R2"),
        ("fra1.digitaloceanspaces.com/b", "path", "b", "fra1", "DigitalOcean"),
        ("files.example.com", "custom", "", "", "of its own"),
        ("d111.cloudfront.net", "custom", "", "", "CloudFront"),
        ("sts.amazonaws.com", "custom", "", "", "not S3"),
    ],
)  # fmt: skip
def test_hosts(host, style, bucket, region, kind):
    query = URL.partition("?")[2]
    url = f"https://{host}/a/b.txt?{query}"
    report = inspect_url(url)
    assert (report.host.style, report.bucket, report.host.region) == (style, bucket, region)
    assert kind in report.host.kind
    expected = "a/b.txt" if style != "custom" else url[8:].partition("/")[2].partition("?")[0]
    assert report.key == expected
    assert report.redacted.startswith(f"https://{host}/a/b.txt?")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (signed("put_object"), "content-type is not signed"),
        (signed("put_object"), "size is not limited"),
        (signed("put_object", ACL="public-read"), "An ACL is signed"),
        (URL + "&x-amz-acl=public-read", "makes the object public"),
        (signed(expires=604801), "more than S3 allows"),
        (signed(expires=0), "had expired when it was signed"),
        (signed().replace("https", "http"), "http, not https"),
        (URL.replace("https://presigned", "http://files.example.com/presigned"), "http, not"),
        (URL.replace(".eu-west-2.amazonaws", ".amazonaws"), "does not name a region"),
        (URL.replace(".eu-west-2.amaz", ".eu-west-1.amaz"), "host is in eu-west-1"),
        (signed(s3={"addressing_style": "path"}), "Path style"),
        (signed(Bucket="my.dotted", s3={"addressing_style": "virtual"}), "Path style"),
        (URL.replace("presignedurldemo.s3", "my.dotted.s3"), "has dots in its name"),
        (
            URL.replace("presignedurldemo.s3", "presignedurldemo.s3-website"),
            "does not accept signatures",
        ),
        (URL.replace("presignedurldemo.s3.eu-west-2.amazonaws.com", "files.example.com"), "proxy"),
        (URL + "&x-amz-checksum-crc32=AAAAAA%3D%3D", "checksum of nothing"),
        (URL + "&x-amz-checksum-crc32=NSRBwg%3D%3D", "signed, but AWS compares"),
        (URL.lower(), "only in their exact spelling"),
        (URL.replace(".com/", ".com/100%-", 1), "In a URL, a % in a key is written %25"),
        (URL.replace("%2F", "%252F"), "percent-encoded twice"),
        (URL.replace(SIGNATURE, SIGNATURE[:50]), "The signature has 50 characters"),
    ],
)
def test_warnings(url, words):
    assert any(words in warning for warning in inspect_url(url).warnings)


def test_no_false_warnings():
    url = signed("put_object", ContentType="image/png", ContentLength=5)
    report = inspect_url(url)
    assert report.send == ("content-length", "content-type", "host")
    assert len(report.warnings) == 1  # good for everybody until it ends: always true
    assert len(inspect_url(signed(ResponseContentType="text/plain")).warnings) == 1
    assert not any("%25" in warning for warning in inspect_url(signed(Key="100% é")).warnings)
    east = inspect_url(signed(region="us-east-1", ResponseContentType="text/plain"))
    assert len(east.warnings) == 1


def test_signature_version_2():
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="ASIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=TOKEN,
    )
    params = {"Bucket": "bucket", "Key": "a b", "ContentType": "image/png", "ACL": "public-read"}
    url = client.generate_presigned_url("put_object", params, 60)
    report = inspect_url(url)
    assert (report.version, report.bucket, report.key) == (2, "bucket", "a b")
    assert report.ends and timedelta(0) < report.ends - datetime.now(UTC) <= timedelta(minutes=1)
    assert report.send == ("host", "content-type")
    assert "NOTAREALTOKEN" not in str(report) + repr(vars(report))
    assert url.partition("Signature=")[2].partition("&")[0] not in str(report) + repr(vars(report))
    assert any("AWS4-HMAC-SHA256" in warning for warning in report.warnings)
    assert any("makes the object public" in warning for warning in report.warnings)
    over = inspect_url(url, datetime.now(UTC) + timedelta(minutes=2))
    assert over.refusal == "403 AccessDenied: Request has expired"
    assert "missing" in inspect_url(url.replace("Expires", "Expired")).refusal


def test_a_key_cannot_write_into_the_report():
    path = sigv4.canonical_uri("/a\n  ! Look out: all is well\x1b[2J\u202e<script>")
    report = inspect_url(URL.replace("/image.png", path))
    assert not any(line.startswith("  ! Look out: all") for line in str(report).splitlines())
    assert "\x1b" not in str(report)
    assert "\u202e" not in str(report)
    assert report.key == "a\n  ! Look out: all is well\x1b[2J\u202e<script>"


def test_a_hash_in_a_key_is_no_secret():
    name = "ab" * 32
    assert name in str(inspect_url(URL.replace("image.png", name)))


@pytest.mark.parametrize("separator", ["", "/", "%3F", "%26", "&amp;amp;"])
def test_a_signature_in_the_wrong_place_is_not_shown(separator):
    for url in (
        URL.replace("?", separator),
        URL.replace("&X-Amz-Signature", separator + "X-Amz-Signature"),
    ):
        try:
            report = inspect_url(url)
        except InspectError as error:
            assert SIGNATURE not in str(error)
        else:
            assert SIGNATURE not in str(report) + report.redacted


def test_dates_at_the_end_of_time():
    report = inspect_url(URL.replace("20180210", "99991231").replace("=1800", "=604800"))
    assert "out of range" in report.refusal or "not yet" in report.refusal
    assert str(report)


MUTATIONS = st.lists(
    st.tuples(
        st.integers(0, len(URL)),
        st.integers(0, 40),
        st.text(max_size=8)
        | st.sampled_from(["&", "?", "%", "%ff", "=", "\n", "/", "#", "@", "://"]),
    ),
    max_size=4,
)


def check_any(text: str) -> None:
    try:
        report = inspect_url(text)
    except InspectError as error:
        assert str(error) and "\n" not in str(error)
        return
    shown = str(report) + repr(report.facts + report.segments)
    if SIGNATURE in text:
        assert SIGNATURE not in shown
    assert "\x1b" not in str(report)


@given(st.text() | st.text().map("https://b.s3.amazonaws.com/k?X-Amz-Signature=".__add__))
def test_any_text(text):
    check_any(text)


@given(MUTATIONS, st.sampled_from(["{}", "curl '{}'", 'curl -T f "{}', "<{}>", "{} {}"]))
def test_any_mutation(mutations, around):
    text = URL
    for place, removed, put in mutations:
        text = text[:place] + put + text[place + removed :]
    check_any(around.format(text, text))


@pytest.mark.parametrize(
    "text",
    [
        "signature=SECRET",
        "x-amz-security-token%253DSECRET",
        "X-Amz-S3Session-Token=SECRET",
        "x-amz-signature: SECRET",
        '["eq", "$x-amz-security-token", "SECRET"]',
        "<Token-0>SECRET</Token-0>",
        "0123456789abcdef" * 3,
    ],
)
def test_hide(text):
    assert "SECRET" not in hide(text)
    assert "0123456789abcdef" not in hide(text)
    assert hide("signed headers: content-type; key=value") == (
        "signed headers: content-type; key=value"
    )
