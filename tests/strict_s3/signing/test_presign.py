"""What `Presigner` refuses, when its URLs begin and end, and what it keeps to itself."""

from __future__ import annotations

import pickle
import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import islice, repeat

import boto3
import pytest
import requests
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.errors import PresignError
from strict_s3.rules import sigv4
from strict_s3.signing.presigner import Credentials, Presigner, encoded_key

NOW = datetime(2026, 11, 25, 20, 45, 17, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", SECRET)


def presigner(credentials=CREDENTIALS, **more):
    more = {"region": "eu-west-2", "bucket": "presignedurldemo", "clock": NOW.timestamp} | more
    return Presigner(credentials, **more)


def refusal(function, *arguments, **options) -> str:
    with pytest.raises(PresignError) as refused:
        function(*arguments, **options)
    return str(refused.value)


def test_awss_published_example():
    signer = presigner(
        region="us-east-1",
        bucket="examplebucket",
        clock=datetime(2013, 5, 24, tzinfo=UTC).timestamp,
        endpoint="https://s3.amazonaws.com",
        addressing="virtual",
    )
    assert signer.get("test.txt", expires=86400).endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


@given(
    method=st.sampled_from(("GET", "PUT", "DELETE")),
    paths=st.lists(st.text(st.characters(exclude_categories=["Cs"])).map("/".__add__), min_size=1),
    headers=st.dictionaries(st.sampled_from(("content-type", "x-amz-acl")), st.just("a  b ")),
    query=st.lists(st.tuples(st.sampled_from("aZ~"), st.text("é/ +"))),
    token=st.sampled_from((None, "a+b/c=")),
)
def test_many_paths_at_once_are_the_same_as_one_by_one(method, paths, headers, query, token):
    same = {
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "region": "eu-west-2",
        "now": NOW,
        "expires": 60,
        "session_token": token,
        "headers": headers,
        "query": query,
    }
    url = sigv4.UrlToSign.build(method, "https://h", "h", **same)
    sign = sigv4.path_signer(url, SECRET)
    for path in paths:
        plain = sigv4.presign(method, "https://h", "h", path, secret_key=SECRET, **same)
        assert sign(sigv4.canonical_uri(path)) == plain


@pytest.mark.parametrize(
    "expires", [0, -1, 604801, 10_000_000, 1.5, 60.0, "60", None, True, 10**30]
)
def test_a_life_that_s3_refuses_is_refused(expires):
    told = refusal(presigner().get, "k", expires=expires)
    assert told == (f"expires is {expires!r}; S3 accepts 1 to 604800 whole seconds (seven days).")


@pytest.mark.parametrize("expires", [1, 604800])
def test_the_nearest_lives_that_s3_takes(expires):
    assert f"X-Amz-Expires={expires}&" in presigner().get("k", expires=expires)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "A key needs at least one character; this one is empty."),
        ("a\ud800", "a lone surrogate"),
        ("x" * 1025, "has 1025 bytes of UTF-8; S3 accepts at most 1024."),
        ("é" * 513, "has 1026 bytes of UTF-8"),
        (5, "A key must be text, not int."),
        (b"k", "A key must be text, not bytes."),
        (None, "A key must be text, not NoneType."),
    ],
)
def test_a_key_that_no_object_has_is_refused(key, told):
    assert told in refusal(presigner().get, key)


def test_the_nearest_keys_that_objects_have():
    signer = presigner()
    for key in ("x" * 1024, "é" * 512, "/", "\0", "..", " "):
        assert "X-Amz-Signature" in signer.get(key)


def test_a_key_that_is_its_own_encoding_costs_no_encoding():
    """With one empty line among a few hundred, `presign` asks this of every key."""
    key = "photos/2026/IMG_0001~a.jpg"
    assert encoded_key(key) is key
    assert encoded_key("/ä") == "/%C3%A4"


def test_a_bad_key_is_refused_at_its_turn():
    urls = presigner().urls("GET", ["good", "", "good"])
    assert "/good?" in next(urls)
    assert "empty" in refusal(next, urls)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"headers": {"a b": "x"}}, "'a b' is not a header name"),
        ({"headers": {"Host": "x"}}, "host is always signed"),
        ({"headers": {"A": "1", "a": "2"}}, "The header a is given twice"),
        ({"headers": {"x-amz-meta-a": "a\r\nb: c"}}, "visible ASCII"),
        ({"headers": {"x-amz-meta-a": "é"}}, "visible ASCII"),
        ({"headers": {"content-length": 5}}, "content-length has 5"),
        ({"headers": {"content-length": "5 MB"}}, "content-length is '5 MB'"),
        ({"headers": {"Authorization": "x"}}, "makes S3 refuse a presigned URL"),
        ({"headers": {"transfer-encoding": "chunked"}}, "makes S3 refuse a presigned URL"),
        ({"headers": {"x-amz-content-sha256": "0" * 64}}, "is signed for UNSIGNED-PAYLOAD"),
        ({"query": {"Signature": "x"}}, "S3 refuses a URL with both"),
        ({"query": {"x-amz-expires": "9"}}, "x-amz-expires is added by signing"),
        ({"query": {"X-Amz-Signature": "9"}}, "leave it out of query"),
        ({"query": {"": "9"}}, "with the value '9' has no name"),
        ({"query": {"partNumber": 9}}, "both must be text"),
        ({"query": {"a": "\udfff"}}, "surrogate"),
    ],
)
def test_a_header_or_parameter_that_cannot_work_is_refused_at_once(options, told):
    assert told in refusal(presigner().urls, "PUT", [], **options)


def test_a_parameter_that_is_not_the_signatures_own_is_taken():
    assert "x-amz-checksum-mode=ENABLED" in presigner().get(
        "k", query={"x-amz-checksum-mode": "ENABLED"}
    )


def test_a_method_that_no_object_knows_is_refused():
    assert "'get' is not one of the methods" in refusal(presigner().urls, "get", [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"region": ""}, "'' is not a region code"),
        ({"region": "eu-west-2/"}, "is not a region code"),
        ({"bucket": "a"}, "is not a bucket name"),
        ({"bucket": "a/b"}, "is not a bucket name"),
        ({"bucket": "arn:aws:s3:::b"}, "is not a bucket name"),
        ({"bucket": "b--euw2-az1--x-s3"}, "is a directory bucket"),
        ({"bucket": "b--euw2-az1--xa-s3"}, "is an access point of a directory bucket"),
        ({"bucket": f"ap-o{'0' * 33}--op-s3"}, "is an access point of S3 on Outposts"),
        ({"region": "aws-global"}, "is not a region code"),
        ({"region": "fips-us-east-1"}, "is not a region code"),
        ({"region": "us-east-1-fips"}, "is not a region code"),
        ({"region": "s3-external-1"}, "is not a region code"),
        ({"region": "-", "endpoint": "http://h"}, "is not a region code"),
        ({"endpoint": "https://s3-accelerate.amazonaws.com", "bucket": "a.b"}, "has no dots"),
        (
            {"endpoint": "https://s3-accelerate.amazonaws.com", "addressing": "path"},
            "only in the host name",
        ),
        ({"endpoint": "https://h/a/../b"}, "is not a usable URL"),
        ({"endpoint": "https://h/%2e/b"}, "is not a usable URL"),
        ({"endpoint": "https://h/a%2Fb"}, "is not a usable URL"),
        ({"endpoint": "https://h/%E4"}, "is not a usable URL"),
        ({"addressing": "dns"}, "use auto, virtual or path"),
        ({"endpoint": "s3.example.com"}, "is not a usable URL"),
        ({"endpoint": "ftp://h"}, "is not a usable URL"),
        ({"endpoint": "https://"}, "is not a usable URL"),
        ({"endpoint": "https://u:p@h"}, "The endpoint has a user"),
        ({"endpoint": "https://h/?a=b"}, "is not a usable URL"),
        ({"endpoint": "https://h/#a"}, "is not a usable URL"),
        ({"endpoint": "https://h:port"}, "is not a usable URL"),
        ({"endpoint": "https://h/a b"}, "is not a usable URL"),
        ({"endpoint": "https://[::1"}, "is not a usable URL"),
    ],
)
def test_a_place_that_cannot_be_is_refused(change, told):
    assert told in refusal(presigner, **change)


@pytest.mark.parametrize("region", ["us-gov-west-1", "eu-isoe-west-1", "eusc-de-east-1"])
def test_the_regions_of_aws_have_their_hosts(region):
    assert f".s3.{region}." in presigner(region=region).get("k")


@pytest.mark.parametrize("region", ["auto", "RegionOne", "garage", "fr-par", "nyc3"])
def test_other_s3s_have_regions_of_their_own(region):
    assert f"%2F{region}%2Fs3" in presigner(region=region, endpoint="http://h").get("k")


@pytest.mark.parametrize("headers", [{"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, {}])
def test_headers_that_are_near_the_refused_ones_are_signed(headers):
    headers = headers | {"content-length": "0", "x-amz-meta-authorization": "x"}
    assert "authorization" in presigner().put("k", headers=headers)


def test_a_password_in_the_endpoint_is_not_repeated():
    told = refusal(presigner, endpoint="https://user:hush@h:90/a")
    assert "user or a password before 'h:90'" in told
    assert "hush" not in told
    assert "//h/a@b/" in presigner(endpoint="https://h/a@b").get("k")  # that is no user


def test_one_key_in_place_of_a_list_is_not_taken_for_its_letters():
    assert "give a list of keys" in refusal(presigner().urls, "GET", "a/b.jpg")


def test_a_name_with_dots_is_not_put_in_front_of_an_address():
    url = presigner(endpoint="http://127.0.0.1:1", bucket="a.b.c", addressing="virtual").get("k")
    assert url.startswith("http://127.0.0.1:1/a.b.c/k?")


def test_an_encoded_prefix_is_encoded_once():
    url = presigner(endpoint="https://hub/user/ann%40x.org/proxy/1/").get("k")
    assert url.startswith("https://hub/user/ann%40x.org/proxy/1/presignedurldemo/k?")


@pytest.mark.parametrize(
    ("written", "encoded"),
    [("ann@x.org", "ann%40x.org"), ("a+b", "a%2Bb"), ("50%", "50%25"), ("a^b", "a%5Eb")],
)
def test_a_prefix_stays_as_it_is_written_and_is_signed_encoded(written, encoded):
    as_written = presigner(endpoint=f"https://hub/{written}/").get("k")
    kept = encoded if set("%^") & set(written) else written  # no URL has these two as they are
    assert as_written.startswith(f"https://hub/{kept}/presignedurldemo/k?")
    assert as_written.replace(kept, encoded, 1) == presigner(endpoint=f"https://hub/{encoded}").get(
        "k"
    )


def test_a_url_may_not_claim_to_outlive_its_session():
    ends = NOW + timedelta(seconds=600)
    signer = presigner(Credentials("ASIA", SECRET, "token", ends))
    assert "X-Amz-Expires=600" in signer.get("k", expires=600)
    assert refusal(signer.get, "k", expires=601) == (
        "The session ends at 2026-11-25T20:55:17Z, so a URL cannot be valid for 601 seconds. "
        "Ask for at most 600 seconds, or renew the session."
    )
    past = presigner(Credentials("ASIA", SECRET, "token", NOW))
    assert "That is past: renew the session." in refusal(past.get, "k", expires=1)
    assert "time zone" in refusal(Credentials, "a", "b", "c", datetime(2026, 1, 1))


def test_keys_that_come_slowly_are_signed_with_their_own_time():
    time = [NOW.timestamp()]
    signer = presigner(
        Credentials("ASIA", SECRET, "token", NOW + timedelta(hours=2)), clock=lambda: time[0]
    )
    urls = signer.urls("GET", repeat("k"), expires=3600)
    assert "X-Amz-Date=20261125T204517Z" in next(urls)
    time[0] += 0.5
    assert "X-Amz-Date=20261125T204517Z" in next(urls)
    time[0] += 3599
    assert "X-Amz-Date=20261125T214516Z" in next(urls)
    time[0] += 2
    assert "renew the session" in refusal(next, urls)


def test_secrets_are_in_no_repr_and_no_message():
    signer = presigner(Credentials("AKIAIOSFODNN7EXAMPLE", SECRET, "tokentoken"))
    urls = signer.urls("GET", ["k"])
    for text in (repr(signer), str(signer), repr(signer.credentials), repr(urls)):
        assert SECRET not in text
        assert "tokentoken" not in text
    assert SECRET not in refusal(Credentials, "", SECRET)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("AKIA ", SECRET), "access key"),
        (("AKIA", f"{SECRET}\n"), "secret key"),
        (("AKIA", SECRET, "to\nken"), "session token"),
    ],
)
def test_a_line_break_in_a_key_was_copied_by_mistake(keys, name):
    told = refusal(Credentials, *keys)
    assert told == f"The {name} has a space or line break in it. Copy it again."


def test_a_temporary_key_needs_its_token():
    assert "only with its session token" in refusal(Credentials, "ASIAEXAMPLE", SECRET)


class Role:
    """What boto3 keeps of an assumed role: renewed when it is asked for its key near its end."""

    def __init__(self, *tokens: str) -> None:
        self._tokens = list(tokens)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        return ReadOnlyCredentials("ASIAIOSFODNN7EXAMPLE", SECRET, token)


def test_boto3s_credentials_are_asked_at_each_signing():
    signer = presigner(Role("checked", "first", "checked", "second"))
    for token in ("first", "second"):
        url = signer.get("k")
        assert f"X-Amz-Security-Token={token}" in url
        own = Credentials("ASIAIOSFODNN7EXAMPLE", SECRET, token)
        assert presigner(own).get("k") == url


def test_boto3s_credentials_are_asked_again_while_keys_come_slowly():
    time = [NOW.timestamp()]
    urls = presigner(Role("checked", "first", "second"), clock=lambda: time[0]).urls(
        "GET", ["k"] * 3
    )
    assert "token=first" in next(urls).lower() and "token=first" in next(urls).lower()
    time[0] += 1
    assert "token=second" in next(urls).lower()


def test_a_session_of_boto3_as_people_have_it():
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", SECRET)
    expected = presigner().get("k")
    assert presigner(session.get_credentials()).get("k") == expected
    assert presigner(session.get_credentials().get_frozen_credentials()).get("k") == expected
    signer = presigner(session.get_credentials())
    assert SECRET not in repr(signer)
    assert pickle.loads(pickle.dumps(signer.frozen())).credentials == CREDENTIALS
    frozen = presigner(session.get_credentials().get_frozen_credentials())
    assert SECRET not in repr(frozen)


def test_what_are_no_credentials_is_refused():
    assert "boto3 has found none" in refusal(presigner, None)
    assert "credentials is of type tuple" in refusal(presigner, ("AKIAIOSFODNN7EXAMPLE", SECRET))
    assert SECRET not in refusal(presigner, ("AKIAIOSFODNN7EXAMPLE", SECRET))
    no_token = boto3.Session("ASIAIOSFODNN7EXAMPLE", SECRET).get_credentials()
    assert "only with its session token" in refusal(presigner(no_token).get, "k")


def test_it_can_be_sent_to_another_process():
    signer = Presigner(CREDENTIALS, "eu-west-2", "presignedurldemo")
    assert pickle.loads(pickle.dumps(signer)) == signer


def test_a_million_keys_take_no_more_memory_than_ten():
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in islice(presigner().urls("GET", (f"k{n}" for n in range(count))), count):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(10)
    assert peak(100_000) < peak(10) + 20_000


def test_the_urls_work(service):
    root = service.server.root
    signer = Presigner(
        Credentials(root.access_key, root.secret_key),
        service.region,
        service.bucket,
        service.endpoint,
    )
    key = "scale/ä b+c/../d"
    upload = signer.put(key, headers={"content-type": "text/plain", "x-amz-meta-a": "b  c"})
    session = requests.Session()
    # requests would resolve the dots by itself.
    prepared = requests.Request("PUT", upload, data=b"body", headers={"content-type": "text/plain"})
    refused = session.send(_untouched(prepared, upload))
    assert refused.status_code == 403, "a signed header is missing"
    prepared.headers["x-amz-meta-a"] = "b c"
    assert session.send(_untouched(prepared, upload)).status_code == 200
    download = signer.get(key, query={"response-content-type": "image/png"})
    got = session.send(_untouched(requests.Request("GET", download), download))
    assert (got.content, got.headers["content-type"]) == (b"body", "image/png")
    session.close()


def _untouched(request, url):
    prepared = request.prepare()
    prepared.url = url
    return prepared
