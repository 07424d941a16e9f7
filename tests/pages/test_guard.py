"""Who may talk to the page's server: sign-in, Host, Origin, and the headers of every answer."""

from __future__ import annotations

import socket

import pytest
import requests

from helpers.errors import Refused
from helpers.pages.server import MAX_BODY
from helpers.pages.upload_page.run import UploadPage
from helpers.pages.upload_page.sessions import RateLimit, Sessions
from tests.pages.conftest import LIMITS, Ticks

# Sign-in.


@pytest.mark.parametrize("user", ["a", "ann-b", "0x", "a" * 32])
def test_names_that_sign_in(page, user):
    answer = page.sign_in(user)
    assert (answer.status_code, answer.get_json()) == (200, {"user": user})
    assert page.get("/session").get_json()["user"] == user


@pytest.mark.parametrize(
    "user", ["", "-a", "A", "ann/../bob", "a.b", "é", "a" * 33, "a\n", None, 5, ["a"]]
)
def test_names_that_do_not(page, user):
    assert page.sign_in(user).status_code == 400


@pytest.mark.parametrize("code", ["", "wrong", None, 5, "é", "\ud800"])
def test_a_wrong_code(page, code):
    assert page.post("/sign-in", {"user": "ann", "code": code}).status_code == 403
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


def test_guessing_the_code(page):
    answers = [page.post("/sign-in", {"user": "ann", "code": "x"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [403] * 20 + [429]
    assert page.sign_in().status_code == 429  # the right one waits as well
    page.ticks.now += 61
    assert page.sign_in().status_code == 200


def test_codes_and_tokens_are_never_the_same_twice():
    assert len({Sessions().code for _ in range(50)}) == 50
    sessions = Sessions(Ticks())
    tokens = {sessions.sign_in("ann", sessions.code) for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 43


def test_old_sign_ins_make_room():
    ticks = Ticks()
    sessions = Sessions(ticks)
    first = sessions.sign_in("ann", sessions.code)
    for _ in range(1000):
        ticks.now += 10
        last = sessions.sign_in("ann", sessions.code)
    assert sessions.user(first) is None
    assert sessions.user(last) == "ann"


def test_the_limit_forgets_who_is_gone():
    ticks = Ticks()
    limit = RateLimit(1, 60, ticks)
    for number in range(1001):
        limit.take(str(number), "tries")
    ticks.now += 61
    limit.take("new", "tries")
    assert len(limit._times) == 1
    with pytest.raises(Refused):
        limit.take("new", "tries")


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
    sent = {"user": "ann", "code": page.sessions.code}
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
        big = requests.post(f"{page.url}sign", data=b"x" * (MAX_BODY + 1))
        assert big.status_code == 413
        with pytest.raises(OSError):
            UploadPage(lab, port=page.port)
    finally:
        page.stop()
        page.stop()
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", page.port)):
        pass


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
    page = UploadPage(lab, embedded=True)
    try:
        policy = requests.get(page.url).headers["Content-Security-Policy"]
        assert "frame-ancestors http://127.0.0.1:* http://localhost:*" in policy
    finally:
        page.stop()


def test_what_the_page_is_told(page):
    told = page.get("/session").get_json()
    assert (told["user"], told["max_bytes"], told["seconds"]) == (None, LIMITS.max_bytes, 900)
    assert tuple(told["types"]) == LIMITS.types
