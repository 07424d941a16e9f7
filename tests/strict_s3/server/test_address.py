"""Hosts and paths: which bucket and key a request names, and the address that people use."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest

from strict_s3.rules import sigv4
from strict_s3.rules.identity import Credential, Identity
from strict_s3.rules.request import Request
from strict_s3.server.address import Addresses, Place
from strict_s3.server.clock import Clock
from strict_s3.server.gate import Gate
from strict_s3.server.response import Response
from strict_s3.server.store.store import Store

PUBLIC = "https://hub.example/user/ann/proxy/9000"
ACCOUNT = "123456789012"
ROOT = Credential(
    "AKIAROOT", "secret", Identity("root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "", ACCOUNT)
)


def request(url: str) -> Request:
    return Request.build("GET", url)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:9000/", Place("", "")),
        ("http://127.0.0.1:9000/b", Place("b", "")),
        ("http://127.0.0.1:9000/b/", Place("b", "")),
        ("http://127.0.0.1:9000/b/a%20b//c", Place("b", "a b//c")),
        ("http://b.localhost:9000/k", Place("b", "k", True)),
        ("http://B.LocalHost/k", Place("b", "k", True)),
        ("http://a.b.localhost:9000/", Place("a.b", "", True)),
        ("http://[::1]:9000/b/k", Place("b", "k")),
        ("http://s3:9000/b/k", Place("b", "k")),
    ],
)
def test_bucket_and_key(url, place):
    assert Addresses().locate(request(url)) == place


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://127.0.0.1:9000/b/k", Place("b", "k")),
        ("http://localhost:9000/b/k", Place("b", "k")),
        ("http://b.localhost:9000/k", Place("b", "k", True)),
        ("https://hub.example/b/k", Place("b", "k")),
        ("https://HUB.example/user/ann/proxy/9000/b/k", Place("b", "k")),
        ("https://hub.example/user/ann/proxy/9000", Place("", "")),
        # A client may encode more of it.
        ("https://hub.example/user/%61nn/proxy/9000/b/%6b", Place("b", "k")),
        # Another user's prefix is a path like any other.
        ("https://hub.example/user/bob/proxy/9000/b", Place("user", "bob/proxy/9000/b")),
        ("https://third.example/b/k", Place("third.example", "b/k", True)),
    ],
)
def test_with_a_public_url_other_hosts_name_a_bucket(url, place):
    addresses = Addresses(PUBLIC)
    inner, _ = addresses.received(request(url))
    assert addresses.locate(inner) == place


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("http://127.0.0.1:9000/b", "http://127.0.0.1:9000/b/a%2Fb%20c"),
        ("http://b.localhost:9000/", "http://b.localhost:9000/a%2Fb%20c"),
        (f"{PUBLIC}/b", f"{PUBLIC}/b/a%2Fb%20c"),
    ],
)
def test_the_url_of_an_object_is_at_the_address_that_was_asked(sent, shown):
    addresses = Addresses(PUBLIC)
    inner, _ = addresses.received(request(sent))
    place = addresses.locate(inner)
    assert addresses.url_of(inner, Place(place.bucket, "a/b c", place.in_host)) == shown


class Service:
    def __init__(self, public_url: str) -> None:
        clock = Clock()
        self.gate = Gate(Store("eu-west-2", clock, ROOT), clock, public_url=public_url)
        self.gate.store.create_bucket("b")

    def send(self, method: str, signed: str, sent: str, body: bytes = b"") -> Response:
        """Sign one URL, send its query to another."""
        base, _, path = signed.partition("/b/")
        parts = Request.build(method, base)
        prefix = "" if parts.path == "/" else parts.path
        url = sigv4.presign(
            method,
            base.removesuffix(prefix),
            parts.host,
            f"{prefix}/b/{path}",
            access_key=ROOT.access_key,
            secret_key=ROOT.secret_key,
            region="eu-west-2",
            now=datetime.now(UTC),
            expires=60,
        )
        headers = [("content-length", str(len(body)))] if body else []
        target = sent + "?" + url.partition("?")[2]
        return self.gate.handle(Request.build(method, target, headers), BytesIO(body).read)


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        (f"{PUBLIC}/b/k", f"{PUBLIC}/b/k"),  # a proxy that leaves the path as it is
        (f"{PUBLIC}/b/k", "https://hub.example/b/k"),  # one that strips its own part
        ("http://127.0.0.1:9000/b/k", "http://127.0.0.1:9000/b/k"),
    ],
)
def test_a_url_for_either_address_works(signed, sent):
    service = Service(PUBLIC)
    assert service.send("PUT", signed, sent, b"body").status == 200
    assert service.send("GET", signed, sent).body == b"body"


@pytest.mark.parametrize("told", ["https://s3.example", "https://s3.example:443"])
@pytest.mark.parametrize("used", ["https://s3.example", "https://s3.example:443"])
def test_the_port_that_a_scheme_has_anyway_can_be_left_out(told, used):
    service = Service(told)
    assert service.send("PUT", f"{used}/b/k", f"{used}/b/k", b"body").status == 200
    other = "https://s3.example:4430/b/k"
    assert service.send("GET", other, other).status == 404


@pytest.mark.parametrize(
    ("signed", "sent", "code"),
    [
        # Signed for the public address, sent to the other one, and the other way round.
        (f"{PUBLIC}/b/k", "http://127.0.0.1:9000/b/k", "SignatureDoesNotMatch"),
        ("http://127.0.0.1:9000/b/k", f"{PUBLIC}/b/k", "SignatureDoesNotMatch"),
        ("https://hub.example/b/k", f"{PUBLIC}/b/k", "SignatureDoesNotMatch"),
        # A host that nobody has named is a bucket, as on S3.
        ("https://third.example/b/k", "https://third.example/b/k", "NoSuchBucket"),
    ],
)
def test_a_url_for_a_third_address_does_not(signed, sent, code):
    answer = Service(PUBLIC).send("GET", signed, sent)
    assert f"<Code>{code}</Code>".encode() in answer.body


def test_https_at_the_public_address_is_secure():
    seen, _ = Addresses(PUBLIC).received(Request("GET", "/b", headers=(("host", "hub.example"),)))
    assert seen.secure
    seen, _ = Addresses(PUBLIC).received(Request("GET", "/b", headers=(("host", "127.0.0.1:9"),)))
    assert not seen.secure
    plain = [("host", "hub.example"), ("x-forwarded-proto", "http")]
    assert not Addresses(PUBLIC).received(Request.build("GET", "/b", plain))[0].secure


@pytest.mark.parametrize(
    ("public", "policy", "referrer"),
    [(PUBLIC, "sandbox", "no-referrer"), ("https://s3.example", None, None)],
)
def test_what_is_stored_below_somebodys_site_can_do_nothing_there(public, policy, referrer):
    clock = Clock()
    gate = Gate(Store("eu-west-2", clock, ROOT), clock, public_url=public)
    answer = gate.handle(request(f"{public}/b/k"), BytesIO().read)
    assert dict(answer.headers).get("content-security-policy") == policy
    assert dict(answer.headers).get("referrer-policy") == referrer


def test_a_proxy_that_changes_the_host_names_the_public_one():
    sent = [("host", "localhost:9000"), ("x-forwarded-host", "hub.example")]
    inner, signed = Addresses(PUBLIC).received(Request.build("GET", "/b/k", sent))
    assert (signed.host, signed.path) == ("hub.example", "/user/ann/proxy/9000/b/k")
    assert (inner.host, inner.path, inner.secure) == ("hub.example", "/b/k", True)
    other = [("host", "localhost:9000"), ("x-forwarded-host", "third.example")]
    assert Addresses(PUBLIC).received(Request.build("GET", "/b", other))[1].host == "localhost:9000"
