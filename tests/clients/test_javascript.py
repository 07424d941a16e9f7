"""The AWS SDK for JavaScript v3 and its presigner, in both directions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from strict_s3.rules import sigv4
from tests.clients.conftest import JS, run
from tests.programs import missing, program
from tests.service import error_of


@pytest.fixture
def js(service):
    """Run one action of calls.mjs."""
    node = program("node", "install Node.js 18 or newer")
    if not (JS / "node_modules" / "@aws-sdk" / "client-s3").is_dir():
        missing(f"the JavaScript packages are not installed: npm ci --prefix {JS}")

    def call(action: str, key: str = "k", **more):
        order = {**service.server.describe(), "do": action, "key": key, **more}
        done = run([node, str(JS / "calls.mjs")], input=json.dumps(order))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


KEYS = ["plain.txt", "a b+c/é ~!*'().txt", "%41&=?#"]


@pytest.mark.parametrize("key", KEYS)
def test_requests_that_the_sdk_signs(js, service, key):
    assert "etag" in js("put", key, body="from JavaScript")
    assert js("get", key) == {"body": "from JavaScript"}
    stored = service.client().get_object(Bucket=service.bucket, Key=key)
    assert stored["Body"].read() == b"from JavaScript"


def test_a_streamed_body_with_a_checksum_in_its_trailer(js):
    body = "é" * 300_000
    assert "etag" in js("put_stream", body=body)
    assert js("get") == {"body": body}


def test_a_wrong_secret_is_refused(js):
    assert js("put", body="x", secret_key="wrong") == {
        "error": "SignatureDoesNotMatch",
        "status": 403,
    }


@pytest.mark.parametrize("key", KEYS)
def test_urls_signed_in_javascript_are_accepted_here(js, key):
    put = js("presign_put", key)["url"]
    # The SDK puts the checksum of an empty body into the query; S3 does not compare it.
    assert "x-amz-checksum-crc32=AAAAAA%3D%3D" in put
    assert requests.put(put, data=b"123456").status_code == 200
    get = js("presign_get", key)["url"]
    assert requests.get(get).text == "123456"
    assert error_of(requests.put(get, data=b"x"))[1] == "SignatureDoesNotMatch"
    assert error_of(requests.get(get.replace("Expires=900", "Expires=901")))[0] == 403


def test_metadata_that_javascript_moves_into_the_query_is_stored(js, service):
    url = js("presign_put", input={"Metadata": {"colour": "red"}})["url"]
    assert requests.put(url, data=b"x").status_code == 200
    head = service.client().head_object(Bucket=service.bucket, Key="k")
    assert head["Metadata"] == {"colour": "red"}


def test_the_traps_of_the_presigner_that_lesson_05_names(js):
    """It leaves Content-Type unsigned, and adds the checksum of an empty body, unless told."""
    page, picture = {"Content-Type": "text/html"}, {"Content-Type": "image/png"}
    typed = {"input": {"ContentType": "image/png"}}
    loose = js("presign_put", **typed)["url"]
    assert "X-Amz-SignedHeaders=host&" in loose
    assert requests.put(loose, data=b"<h1>", headers=page).status_code == 200
    strict = js("presign_put", signable=["content-type"], when_required=True, **typed)["url"]
    assert "x-amz-checksum" not in strict
    assert error_of(requests.put(strict, data=b"<h1>", headers=page))[1] == "SignatureDoesNotMatch"
    assert requests.put(strict, data=b"x", headers=picture).status_code == 200
    exact = js("presign_put", input={"ContentLength": 3})["url"]
    assert "X-Amz-SignedHeaders=content-length%3Bhost" in exact
    assert requests.put(exact, data=b"123").status_code == 200
    assert requests.put(exact, data=b"1234").status_code == 403


@pytest.mark.parametrize("key", KEYS)
def test_urls_signed_in_python_work_in_javascript(js, service, key):
    put = service.presign("put_object", key)
    assert js("fetch", url=put, method="PUT", body="by fetch")["status"] == 200
    # fetch adds a Content-Type, which is not signed here and so may be sent.
    get = service.presign("get_object", key)
    assert js("fetch", url=get, method="GET") == {"status": 200, "text": "by fetch"}
    refused = js("fetch", url=get, method="PUT", body="no")
    assert (refused["status"], "SignatureDoesNotMatch" in refused["text"]) == (403, True)


@pytest.mark.parametrize("key", KEYS)
def test_python_and_javascript_make_the_same_signature(js, service, key):
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
    url = js("presign_get", key, expires=3600, signed_at=moment.isoformat())["url"]
    parts = urlsplit(url)
    theirs = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = [(n, v) for n, v in theirs.items() if n in ("x-id", "X-Amz-Content-Sha256")]
    extra += [(n, v) for n, v in theirs.items() if n.startswith("x-amz-")]
    ours = sigv4.presign(
        "GET",
        f"{parts.scheme}://{parts.netloc}",
        parts.netloc,
        f"/{service.bucket}/{key}",
        access_key=service.server.root.access_key,
        secret_key=service.server.root.secret_key,
        region=service.region,
        now=moment,
        expires=3600,
        query=extra,
    )
    assert dict(parse_qsl(urlsplit(ours).query, keep_blank_values=True)) == theirs
