"""Control over HTTP: health for everybody, the rest for who has the token."""

from __future__ import annotations

import io
import json

import pytest

from strict_s3.options import Options
from strict_s3.rules.request import Request
from strict_s3.server.control import Control
from strict_s3.server.service import Service

TOKEN = "a-long-random-text"
BUCKET = "control"
OWN = "http://127.0.0.1:9000"


@pytest.fixture(scope="module")
def control():
    return Control(Service(Options(bucket=BUCKET)), TOKEN)


def ask(control, method, path, body=b"", token=TOKEN, **headers):
    """Status, and the JSON that came."""
    pairs = list(headers.items())
    if token is not None:
        pairs.append(("authorization", f"Bearer {token}"))
    if body:
        pairs.append(("content-length", str(len(body))))
    url = path if "://" in path else OWN + path
    response = control.handle(Request.build(method, url, pairs), io.BytesIO(body).read)
    assert response.headers[:2] == [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
    ]
    return response.status, json.loads(response.body)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1:9000", "localhost", "s3:9000", "[::1]:9000", "10.0.0.7"]
)
def test_health_needs_no_token_and_no_signature(control, method, host):
    without = Control(control.service)
    for each in (control, without):
        answer = ask(each, method, f"http://{host}/_strict_s3/health", token=None)
        assert answer == (200, {"status": "ok"})
    assert len(control.service.gate.decisions) == 0


def test_the_clock(control):
    assert ask(control, "GET", "/_strict_s3/clock")[1]["offset"] == 0
    status, moved = ask(control, "PUT", "/_strict_s3/clock", b'{"offset": 1860}')
    assert (status, moved["offset"]) == (200, 1860)
    assert control.service.clock.offset.total_seconds() == 1860
    set_to = b'{"at": "2030-01-01T00:00:00Z", "do": "reset"}'
    assert ask(control, "PUT", "/_strict_s3/clock", set_to)[1]["now"].startswith("2030-01-01T00:00")
    assert ask(control, "POST", "/_strict_s3/reset") == (200, "done")
    assert ask(control, "GET", "/_strict_s3/clock")[1]["offset"] == 0


def test_decisions_and_reset(control):
    for key in "ab":
        request = Request.build("GET", f"{OWN}/{BUCKET}/{key}")
        assert control.handle(request, io.BytesIO().read).status == 403
    assert len(ask(control, "GET", "/_strict_s3/decisions")[1]) == 1
    status, decisions = ask(control, "GET", "/_strict_s3/decisions?last=5")
    assert (status, [decision["path"] for decision in decisions]) == (
        200,
        [f"/{BUCKET}/a", f"/{BUCKET}/b"],
    )
    ask(control, "POST", "/_strict_s3/reset")
    assert ask(control, "GET", "/_strict_s3/decisions") == (200, [])


def test_the_logs(control):
    request = Request.build("GET", f"{OWN}/{BUCKET}/a", [("user-agent", "x/1")])
    control.handle(request, io.BytesIO().read)
    status, found = ask(control, "GET", "/_strict_s3/cloudtrail?last=5")
    assert (status, [event["userAgent"] for event in found["Records"]]) == (200, ["[x/1]"])
    asked = Request.build(
        "GET", f"{OWN}/_strict_s3/access-log?last=5", [("authorization", f"Bearer {TOKEN}")]
    )
    answer = control.handle(asked, io.BytesIO().read)
    assert ("content-type", "text/plain") in answer.headers
    assert answer.body.decode().count("\n") == 1
    assert ' REST.GET.OBJECT a "GET /' in answer.body.decode()


@pytest.mark.parametrize("token", [None, "", "another", TOKEN.upper(), TOKEN + "x", "ü"])
@pytest.mark.parametrize(
    "path", ["clock", "decisions", "access-log", "cloudtrail", "reset", "nothing", ""]
)
def test_without_the_token_nothing_is_told_or_done(control, token, path):
    status, answer = ask(control, "POST", f"/_strict_s3/{path}", token=token)
    assert (status, list(answer)) == (401, ["error"])


def test_the_scheme_is_bearer(control):
    answer = ask(control, "GET", "/_strict_s3/clock", token=None, authorization=f"Basic {TOKEN}")
    assert answer[0] == 401


def test_a_server_without_a_token_has_no_control(control):
    status, answer = ask(Control(control.service), "GET", "/_strict_s3/clock", token="")
    assert status == 404
    assert "--control" in answer["error"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("DELETE", "clock", "GET, PUT"), ("GET", "reset", "POST"), ("POST", "health", "GET")],
)
def test_other_methods(control, method, path, allowed):
    request = Request.build(
        method, f"{OWN}/_strict_s3/{path}", [("authorization", f"Bearer {TOKEN}")]
    )
    response = control.handle(request, io.BytesIO().read)
    assert response.status == 405
    assert ("allow", allowed) in response.headers


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Send "),
        (b"{", "Send "),
        (b"[" * 50_000, "Send "),
        (b"7", "Send "),
        (b"{}", "Send "),
        (b"x" * 70_000, "too long"),
        (b'{"offset": "60"}', "number of seconds"),
        (b'{"offset": 1e12}', "1970 to 9998"),
        (b'{"at": "tomorrow"}', "write a time as"),
        (b'{"at": "2030-01-01"}', "without a time zone"),
    ],
)
def test_a_clock_that_cannot_be_set(control, body, words):
    status, answer = ask(control, "PUT", "/_strict_s3/clock", body)
    assert status == 400
    assert words in answer["error"]
    assert control.service.clock.offset.total_seconds() == 0


def test_other_paths_and_numbers(control):
    assert ask(control, "GET", "/_strict_s3/dance")[0] == 404
    assert ask(control, "GET", "/_strict_s3/decisions?last=all")[0] == 400
    assert ask(control, "GET", "/_strict_s3/decisions?last=-1")[0] == 400


@pytest.mark.parametrize(
    "url",
    [
        f"http://{BUCKET}.localhost:9000/_strict_s3/health",
        f"http://{BUCKET}.LOCALHOST/_strict_s3/reset",
        f"{OWN}/{BUCKET}/_strict_s3/health",
        f"{OWN}/_strict_s3",
        f"{OWN}//_strict_s3/health",
        f"{OWN}/_strict_s3/%FF/_strict_s3/health",
    ],
)
def test_elsewhere_it_is_a_key_like_any_other(control, url):
    request = Request.build("GET", url, [("authorization", f"Bearer {TOKEN}")])
    response = control.handle(request, io.BytesIO().read)
    assert ("content-type", "application/xml") in response.headers
    assert response.status >= 400


def test_behind_a_proxy_whether_it_strips_its_path_or_not():
    control = Control(Service(Options(bucket=BUCKET, public_url="https://hub.example/user/ann")))
    for url in (
        "https://hub.example/user/ann/_strict_s3/health",
        "http://hub.example/_strict_s3/health",
        f"{OWN}/_strict_s3/health",
    ):
        assert ask(control, "GET", url, token=None) == (200, {"status": "ok"})
    request = Request.build("GET", "https://another.example/_strict_s3/health")
    assert control.handle(request, io.BytesIO().read).status >= 400
