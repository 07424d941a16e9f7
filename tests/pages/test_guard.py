"""Who may talk to the page's server: sign-in, Host, Origin, and the headers of every answer."""

from __future__ import annotations

import socket
import sys
from importlib import import_module
from io import BytesIO
from types import ModuleType

import pytest
import requests
from flask import Flask

from helpers.pages.guard import MAX_BODY, guard, json_of
from helpers.pages.server import PageServer
from helpers.pages.upload_page.app import Options
from helpers.pages.upload_page.run import UploadPage
from strict_s3.rules.limits import MIB
from strict_s3.rules.request import Request
from tests.pages.conftest import LIMITS, ORIGINS

# Sign-in.


@pytest.mark.parametrize("user", ["a", "ann-b", "0x", "a" * 32])
def test_names_that_sign_in(page, user):
    answer = page.sign_in(user)
    assert (answer.status_code, answer.get_json()) == (200, {"user": user})
    assert page.get("/session").get_json()["user"] == user


@pytest.mark.parametrize(
    "user", ["", "-a", "a b", "ann/../bob", "a.b", "é", "a" * 33, "a\x00", None, 5, ["a"]]
)
def test_names_that_do_not(page, user):
    assert page.sign_in(user).status_code == 400


@pytest.mark.parametrize("user", [" ann ", "Ann", "ANN\n"])
def test_blanks_and_capitals_do_not_matter(page, user):
    code = page.check.code
    for typed in (code.upper(), f" {code}\t", code.replace("-", ""), code.replace("-", " - ")):
        answer = page.post("/sign-in", {"user": user, "code": typed})
        assert (answer.status_code, answer.get_json()) == (200, {"user": "ann"})


@pytest.mark.parametrize(
    ("code", "status"), [("", 403), ("wrong", 403), ("é", 403), (None, 400), (5, 400)]
)
def test_a_wrong_code(page, code, status):
    assert page.post("/sign-in", {"user": "ann", "code": code}).status_code == status
    assert page.get("/session").get_json()["user"] is None


def test_the_cookie(page):
    set_cookie = page.sign_in().headers["Set-Cookie"]
    assert set_cookie.startswith("upload-page-8020=")
    assert "HttpOnly" in set_cookie
    assert "SameSite=Strict" in set_cookie
    assert "Domain" not in set_cookie


def test_a_made_up_cookie(page):
    page.client.set_cookie("upload-page-8020", "made-up", domain="127.0.0.1")
    assert page.sign().status_code == 401


def test_a_sign_in_ends(ann):
    ann.ticks.now += 8 * 3600 - 1
    assert ann.sign().status_code == 200
    ann.ticks.now += 2
    assert ann.sign().status_code == 401


def test_a_tab_that_shows_somebody_else_signs_nothing(ann):
    ann.sign_in("bob")
    shown = {"X-User": "ann", "Origin": ORIGINS[0]}
    wanted = {"name": "a.png", "type": "image/png", "size": 5, "how": "post"}
    for path in ("/sign", "/link", "/parts/complete", "/sign-out"):
        refused = ann.client.post(
            path, json=wanted, headers=shown, base_url="http://127.0.0.1:8020"
        )
        assert refused.status_code == 401
        assert refused.get_json()["error"] == "You are signed in as bob now, in another tab."
    assert ann.get("/session").get_json()["user"] == "bob"
    shown["X-User"] = "bob"
    signed = ann.client.post("/sign", json=wanted, headers=shown, base_url="http://127.0.0.1:8020")
    assert signed.get_json()["key"].startswith("uploads/bob/")


def test_guessing_the_code(page):
    answers = [page.post("/sign-in", {"user": "ann", "code": "x"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [403] * 20 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert page.sign_in("ANN ").status_code == 429  # the right one waits as well
    assert page.sign_in("bob").status_code == 200  # whom somebody else's guesses do not hold up
    page.ticks.now += 61
    assert page.sign_in().status_code == 200


def test_guessing_under_many_names(page):
    for number in range(600):
        page.post("/sign-in", {"user": f"n{number}", "code": "x"})
    assert page.sign_in("bob").status_code == 429


def test_right_codes_are_no_guesses(page):
    assert {page.sign_in().status_code for _ in range(30)} == {200}


# Host and Origin.


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8020", "127.0.0.1", "127.0.0.1:8021", "[::1]:8020", ""]
)
def test_another_host_is_refused(ann, host):
    """DNS rebinding: the name is the attacker's, the address ours."""
    for path in ("/", "/session", "/static/page.js"):
        answer = ann.client.get(path, base_url="http://127.0.0.1:8020", headers={"Host": host})
        assert answer.status_code == 421
    assert ann.post("/sign-in", {}, host=host or "x").status_code == 421


@pytest.mark.parametrize(
    "origin",
    [None, "null", "", "http://evil.example", "http://127.0.0.1:8888", "https://127.0.0.1:8020"],
)
def test_another_origin_is_refused(ann, origin):
    wanted = {"name": "a.png", "type": "image/png", "size": 5, "how": "post"}
    for path, sent in (("/sign", wanted), ("/sign-in", {}), ("/sign-out", {}), ("/link", {})):
        answer = ann.post(path, sent, origin=origin)
        assert answer.status_code == 403
        assert "not sent by the page" in answer.get_json()["error"]
    assert ann.sign().status_code == 200


def test_both_names_of_this_computer(page):
    assert page.get("/", host="localhost:8020").status_code == 200
    sent = {"user": "ann", "code": page.check.code}
    answer = page.post("/sign-in", sent, origin="http://localhost:8020", host="localhost:8020")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/session", "/static/page.js", "/static/none.js", "/nowhere"]
)
def test_headers_of_every_answer(page, service, path):
    answer = page.get(path)
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {service.endpoint}"
    assert policy["require-trusted-types-for"] == "'script'"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "access-control-allow-origin" not in answer.headers


def test_nothing_but_the_page_is_served(page):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/app.py", "/.env"):
        assert page.get(path).status_code == 404
    assert page.get("/sign").status_code == 405


# The server itself.


def test_it_listens_on_this_computer_alone_and_stops(lab, service):
    page = UploadPage(lab)
    try:
        assert requests.get(page.url).status_code == 200
        assert page._server.server_address[0] == "127.0.0.1"
        assert repr(page) == f"Upload page at {page.url}"
        # A panel in a JupyterLab at localhost shows it there, for the sake of its cookie.
        assert requests.get(f"http://localhost:{page.port}/session").status_code == 200
        with pytest.raises(OSError):
            UploadPage(lab, port=page.port)
    finally:
        page.stop()
        page.stop()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", page.port)):
        pass


def echo(origins):
    """A guarded app that answers with what it was sent."""
    app = Flask(__name__)
    guard(app, origins, {})
    app.add_url_rule("/", view_func=lambda: json_of(("a",)), methods=["POST"])
    return app


def in_browser(monkeypatch):
    """A page in JupyterLite, and what its service worker would hand a request to."""
    handles = []
    browser = ModuleType("helpers.address.browser")
    browser.open_page = lambda *each: handles.extend(each) or ("http://127.0.0.1/page/1/", list)
    monkeypatch.setitem(sys.modules, browser.__name__, browser)
    sys.modules.pop("helpers.pages.in_browser", None)
    page = import_module("helpers.pages.in_browser").BrowserPage(echo)
    return page, handles[0]


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413), (MIB, 413)])
def test_a_body_has_a_most_on_a_server_and_in_a_browser(size, status, monkeypatch):
    body = b'{"a":"%b"}' % (b"x" * (size - 8))
    page = PageServer(echo)
    headers = {"Origin": page.origin, "Content-Type": "application/json"}
    served = requests.post(page.url, body, headers=headers, timeout=10)
    page.stop()
    page, handle = in_browser(monkeypatch)
    headers = [*(headers | {"Origin": page.origin, "Content-Length": str(size)}).items()]
    caught = handle(Request.build("POST", page.url, headers), BytesIO(body).read)
    assert (served.status_code, served.content) == (caught.status, caught.body)
    assert caught.status == status
    assert list(served.json()) == ["a" if status == 200 else "error"]


def test_connections_that_say_nothing_hold_nobody_up(lab):
    page = UploadPage(lab)
    silent = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(20)]
    try:
        assert requests.get(page.url, timeout=5).status_code == 200
    finally:
        for connection in silent:
            connection.close()
        page.stop()


def test_a_page_that_may_be_framed_may_be_so_by_this_computer_alone(lab):
    page = UploadPage(lab, options=Options(embedded=True))
    try:
        policy = requests.get(page.url).headers["Content-Security-Policy"]
        assert "frame-ancestors 'self' http://127.0.0.1:* http://localhost:*" in policy
    finally:
        page.stop()


def test_what_the_page_is_told(page):
    told = page.get("/session").get_json()
    assert (told["user"], told["max_bytes"], told["seconds"]) == (None, LIMITS.max_bytes, 900)
    assert told["stub"] is True
    assert tuple(kind["type"] for kind in told["kinds"]) == LIMITS.types
    assert told["kinds"][1] == {"type": "image/jpeg", "name": "JPEG", "ends": [".jpg", ".jpeg"]}


# Codespaces, whose proxy writes its own side into Host and Origin.

PUBLIC = "https://fuzzy-dog-9000.app.github.dev"


@pytest.mark.parametrize(
    ("host", "origin", "forwarded", "status"),
    [
        ("fuzzy-dog-9000.app.github.dev", PUBLIC, None, 200),
        ("localhost:9000", PUBLIC, "fuzzy-dog-9000.app.github.dev", 200),
        ("localhost:9000", "http://localhost:9000", "fuzzy-dog-9000.app.github.dev", 200),
        ("localhost:9000", "https://localhost:9000", "fuzzy-dog-9000.app.github.dev", 200),
        ("localhost:9000", "http://localhost:9000", None, 421),
        ("localhost:9000", "http://localhost:9000", "fuzzy-cat-9000.app.github.dev", 421),
        ("localhost:9001", "http://localhost:9000", "fuzzy-dog-9000.app.github.dev", 421),
        ("site.example", PUBLIC, "fuzzy-dog-9000.app.github.dev", 421),
        ("localhost:9000", "http://localhost:9001", "fuzzy-dog-9000.app.github.dev", 403),
        ("localhost:9000", "https://site.example", "fuzzy-dog-9000.app.github.dev", 403),
        ("localhost:9000", "null", "fuzzy-dog-9000.app.github.dev", 403),
    ],
)
def test_behind_a_proxy_that_names_the_browsers_host(host, origin, forwarded, status):
    app = Flask(__name__)
    guard(app, (PUBLIC,), {})
    app.add_url_rule("/", view_func=lambda: "", methods=["POST"])
    headers = {"Host": host, "Origin": origin, "X-Forwarded-Host": forwarded or ""}
    answer = app.test_client().post("/", headers=headers, environ_overrides={"SERVER_PORT": "9000"})
    assert answer.status_code == status
