"""The page for others: two workers, TLS in front, accounts of one's own, a log in JSON.

Two processes of waitress on two ports, as a proxy would ask them in turn. waitress, because it is
pure Python and runs on Windows too, where gunicorn does not; two ports, because SO_REUSEPORT is
Linux's and would not say which of them answered.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from helpers.errors import LabError, Refused
from helpers.pages.upload_page import wsgi
from helpers.pages.upload_page.limits import amount, too_large
from helpers.pages.upload_page.sessions import RateLimit, Sessions
from helpers.pages.upload_page.store import Store
from tests.own_process import PROJECT
from tests.pages.conftest import Page, Ticks
from tests.setup.test_commands import POSIX

ORIGIN = "https://uploads.example.com"
LEARNERS = 30


def check(user: str, secret: str) -> str:
    """Accounts of one's own."""
    if (user, secret) != ("Ann@example.com", "correct horse"):
        raise Refused(403, "Name and password do not match.")
    return "ann-17"


class Workers:
    """Two processes and one store. Each request goes to the next."""

    def __init__(self, ports: list[int]) -> None:
        self._next = itertools.cycle(ports)
        self._lock = threading.Lock()

    def ask(self, method: str, path: str, cookie: str = "", **more) -> requests.Response:
        with self._lock:
            port = next(self._next)
        headers = {"Host": "uploads.example.com", "Origin": ORIGIN, "Cookie": cookie}
        url = f"http://127.0.0.1:{port}{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    def sign_in(self, user: str, code: str = "abcd-efgh") -> str:
        """The cookie, as a browser sends it."""
        response = self.ask("POST", "/sign-in", json={"user": user, "code": code})
        assert response.status_code == 200, response.text
        return response.headers["Set-Cookie"].partition(";")[0]

    def sign(self, cookie: str, **changed) -> requests.Response:
        wanted = {"name": "a.png", "type": "image/png", "size": 5, "how": "post", **changed}
        return self.ask("POST", "/sign", cookie, json=wanted)


def environment(service, store: Path, **more: str) -> dict[str, str]:
    root = service.server.root
    settings = {"ORIGIN": ORIGIN, "BUCKET": service.bucket, "STORE": str(store), **more}
    return {
        **{f"UPLOAD_PAGE_{name}": value for name, value in settings.items()},
        "AWS_ACCESS_KEY_ID": root.access_key,
        "AWS_SECRET_ACCESS_KEY": root.secret_key,
        "AWS_DEFAULT_REGION": service.region,
        "AWS_ENDPOINT_URL_S3": service.endpoint,
    }


@contextmanager
def served(variables: dict[str, str], log: Path, ports: tuple[int, ...] = (0, 0)):
    """As many workers as ports; 0 is a free one."""
    workers, found = [], []
    try:
        for number, port in enumerate(ports):
            file = log.with_suffix(f".{number}")
            command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}"]
            command += ["--threads=8", "--call", "helpers.pages.upload_page.wsgi:application"]
            with file.open("ab") as stderr:
                worker = subprocess.Popen(
                    command, cwd=PROJECT, env=os.environ | variables, stderr=stderr
                )
            workers.append(worker)
            found.append((worker, file, port))
        yield Workers([port or listening(*rest) for *rest, port in found])
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def listening(worker: subprocess.Popen, log: Path) -> int:
    """The port that the worker says it serves on."""
    while worker.poll() is None:
        if said := re.search(r"Serving on http://127.0.0.1:(\d+)", log.read_text()):
            return int(said[1])
        threading.Event().wait(0.02)  # it is starting: there is nothing else to wait for
    raise AssertionError(log.read_text())


@pytest.fixture
def two(service, tmp_path):
    variables = environment(service, tmp_path / "page.sqlite", CODE="abcd-efgh")
    with served(variables, tmp_path / "log") as workers:
        yield workers


def test_a_sign_in_is_one_for_both_workers(two):
    cookie = two.sign_in("ann")
    users = [two.ask("GET", "/session", cookie).json()["user"] for _ in range(4)]
    assert users == ["ann"] * 4
    two.ask("POST", "/sign-out", cookie, json={})
    assert [two.sign(cookie).status_code for _ in range(2)] == [401] * 2


def test_the_limit_is_one_for_both_workers(two):
    cookie = two.sign_in("ann")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: two.sign(cookie), range(70)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 10
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)


def test_thirty_learners_at_once(two, service):
    """Each signs in, uploads two files and reads one of them again."""

    def learner(number: int) -> None:
        cookie = two.sign_in(f"learner-{number}")
        for how in ("post", "put"):
            signed = two.sign(cookie, how=how).json()
            assert signed["key"].startswith(f"uploads/learner-{number}/")
            if how == "post":
                sent = requests.post(signed["url"], signed["fields"], files={"file": b"12345"})
            else:
                sent = requests.put(signed["url"], b"12345", headers=signed["headers"])
            assert sent.ok
        link = two.ask("POST", "/link", cookie, json={"key": signed["key"]}).json()
        assert requests.get(link["url"]).content == b"12345"

    with ThreadPoolExecutor(LEARNERS) as pool:
        list(pool.map(learner, range(LEARNERS)))
    assert len(service.stored()) == 2 * LEARNERS


def test_the_cookie_behind_tls(two):
    response = two.ask("POST", "/sign-in", json={"user": "ann", "code": "abcd-efgh"})
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-upload-page=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie
    ended = two.ask("POST", "/sign-out", cookie.partition(";")[0], json={})
    assert "Secure" in ended.headers["Set-Cookie"]


def test_another_host_is_refused_here_too(two):
    port = next(two._next)
    assert requests.get(f"http://127.0.0.1:{port}/").status_code == 421


def test_both_were_killed_and_nobody_notices(service, tmp_path):
    variables = environment(service, tmp_path / "page.sqlite", CODE="abcd-efgh")
    with served(variables, tmp_path / "log") as workers:
        cookie = workers.sign_in("ann")
        begun = workers.sign(cookie, how="parts", ticket="ticket-1").json()
    with served(variables, tmp_path / "log2") as workers:
        assert workers.ask("GET", "/session", cookie).json()["user"] == "ann"
        assert workers.sign(cookie, how="parts", ticket="ticket-1").json() == begun


def test_the_log_is_json_and_holds_no_secret(service, tmp_path):
    variables = environment(service, tmp_path / "page.sqlite", CODE="abcd-efgh")
    with served(variables, tmp_path / "log", (0,)) as worker:
        cookie = worker.sign_in("ann")
        signed = worker.sign(cookie).json()
        worker.ask("POST", "/link", cookie, json={"key": signed["key"]})
        worker.ask("POST", "/sign-in", json={"user": "ann", "code": "abcd-wrong"})
        worker.ask("GET", "/?code=abcd-efgh%0A{}", cookie)
        worker.ask("GET", "/nowhere%0A{}/abcd-efgh", cookie)
    text = (tmp_path / "log.0").read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert [(line["method"], line["route"], line["status"], line["user"]) for line in lines] == [
        ("POST", "/sign-in", 200, None),
        ("POST", "/sign", 200, "ann"),
        ("POST", "/link", 200, "ann"),
        ("POST", "/sign-in", 403, None),
        ("GET", "/", 200, None),
        ("GET", "(no such page)", 404, None),
    ]
    assert all(line["time"].endswith("+00:00") and line["milliseconds"] >= 0 for line in lines)
    root = service.server.root
    secret = cookie.partition("=")[2]
    for hidden in ("abcd", "X-Amz", "Signature", secret, signed["key"], root.secret_key):
        assert hidden not in text


def test_the_store_holds_no_token_and_is_ones_own(service, tmp_path):
    path = tmp_path / "page.sqlite"
    with served(environment(service, path, CODE="abcd-efgh"), tmp_path / "log", (0,)) as worker:
        cookie = worker.sign_in("ann")
        worker.ask("POST", "/sign-in", json={"user": "ann", "code": "abcd-wrong"})
        files = list(tmp_path.glob("page.sqlite*"))
        kept = b"".join(file.read_bytes() for file in files)
        assert b"ann" in kept
        assert cookie.partition("=")[2].encode() not in kept
        assert b"abcd" not in kept
        if os.name == "posix":
            assert {file.stat().st_mode & 0o077 for file in files} == {0}


def test_accounts_of_ones_own(service, tmp_path):
    variables = environment(
        service, tmp_path / "page.sqlite", ACCOUNTS="tests.pages.test_workers:check"
    )
    with served(variables, tmp_path / "log", (0,)) as worker:
        assert worker.ask("GET", "/session").json()["stub"] is False
        wrong = {"user": "Ann@example.com", "code": "wrong"}
        answers = [worker.ask("POST", "/sign-in", json=wrong) for _ in range(21)]
        assert [answer.status_code for answer in answers] == [403] * 20 + [429]
    # A password is taken as it is: no blanks and capitals are forgiven there.
    page = Page(service, check=check)
    for name, password in (("ann@example.com", "correct horse"), (wrong["user"], "correcthorse")):
        assert page.post("/sign-in", {"user": name, "code": password}).status_code == 403
    signed = page.post("/sign-in", {"user": "Ann@example.com", "code": "correct horse"})
    assert signed.get_json() == {"user": "ann-17"}
    assert page.sign().get_json()["key"].startswith("uploads/ann-17/")


def test_an_id_that_is_no_folder():
    sessions = Sessions(Store(), lambda *_: "../bob")
    with pytest.raises(ValueError, match="a user's id is"):
        sessions.sign_in("ann", "x")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ORIGIN": ""}, "UPLOAD_PAGE_ORIGIN is not set"),
        ({"BUCKET": ""}, "UPLOAD_PAGE_BUCKET is not set"),
        ({"ORIGIN": "http://uploads.example.com"}, "has to be like https://uploads"),
        ({"ORIGIN": "uploads.example.com"}, "has to be like https://uploads"),
        ({"ORIGIN": "https://uploads.example.com/page"}, "has to be like https://uploads"),
        # None of these would ever be in a Host or an Origin header.
        ({"ORIGIN": "https://Uploads.example.com"}, "as a browser sends it"),
        ({"ORIGIN": "https://uploads.example.com:443"}, "as a browser sends it"),
        ({"ORIGIN": "https://uploads.example.com:99999"}, "as a browser sends it"),
        ({"ORIGIN": "https://me:pass@uploads.example.com"}, "as a browser sends it"),
        ({"ORIGIN": "https://\xfcploads.example.com"}, "as a browser sends it"),
        ({"ORIGIN": "https://"}, "as a browser sends it"),
        ({"CODE": ""}, "Set UPLOAD_PAGE_ACCOUNTS to module:function, or UPLOAD_PAGE_CODE."),
        # All that is left of it is "", which everybody knows.
        ({"CODE": " - -- - - "}, "too easy to guess: 8 letters and digits at least"),
        ({"CODE": "abc-defg"}, "too easy to guess"),
        # Not the code in its place: it is there as well.
        ({"ACCOUNTS": "json"}, "UPLOAD_PAGE_ACCOUNTS is 'json', not a module:function"),
        ({"ACCOUNTS": "json:nothing"}, "no attribute 'nothing'"),
        ({"ACCOUNTS": "no_such_module:check"}, "No module named 'no_such_module'"),
        ({"ACCOUNTS": ":check"}, "Empty module name"),
        ({"PREFIX": "uploads"}, "it has to be like uploads/"),
        ({"PREFIX": "/"}, "it has to be like uploads/"),
        ({"MAX_MIB": "many"}, "has to be a number, 1 to 51200000"),
        ({"MAX_MIB": "0"}, "has to be a number"),
        ({"MAX_MIB": "51200001"}, "has to be a number"),
        ({"STORE": "/"}, "/ cannot be used as the page's store: "),
    ],
)
def test_what_is_missing_is_said(service, tmp_path, monkeypatch, changed, told):
    settings = {"CODE": "abcd-efgh", **changed}
    for name, value in environment(service, tmp_path / "page.sqlite", **settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(wsgi, "_log_to_standard_error", lambda: None)
    with pytest.raises(LabError, match=told):
        wsgi.application()


def test_the_rules_for_a_bucket_are_printed(service, tmp_path):
    variables = os.environ | environment(service, tmp_path / "none")
    command = [sys.executable, "-m", "helpers.pages.upload_page.wsgi"]
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True)
    cors, lifecycle = done.stdout.replace("]\n[", "]\0[").split("\0")
    assert json.loads(cors)[0]["AllowedOrigins"] == [ORIGIN]
    assert json.loads(lifecycle)[0]["Filter"] == {"Prefix": "uploads/"}
    variables["UPLOAD_PAGE_ORIGIN"] = "http://x"
    done = subprocess.run(command, cwd=PROJECT, env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


# The store by itself.


def test_nothing_is_kept_of_a_change_that_fails(tmp_path):
    store = Store(tmp_path / "s")
    limit = RateLimit(store, 1)
    limit.take("ann", "tries")
    with pytest.raises(Refused):
        limit.take("ann", "tries")
    with store.change() as db:
        assert db.execute("SELECT count(*) FROM taken").fetchone() == (1,)
    store.close()
    store.close()


def test_the_limit_forgets_who_is_gone():
    ticks = Ticks()
    store = Store(clock=ticks)
    limit = RateLimit(store, 1)
    for number in range(1001):
        limit.take(str(number), "tries")
    ticks.now += 61
    limit.take("new", "tries")
    with store.change() as db:
        assert db.execute("SELECT who FROM taken").fetchall() == [("new",)]
    with pytest.raises(Refused, match="Try again in 60 s"):
        limit.take("new", "tries")


def test_sign_ins_that_have_ended_are_deleted():
    ticks = Ticks()
    sessions = Sessions(Store(clock=ticks), lambda *_: "ann")
    first = sessions.sign_in("ann", "x")[1]
    ticks.now += 8 * 3600
    assert sessions.user(first) is None
    second = sessions.sign_in("ann", "x")[1]
    assert sessions.user(second) == "ann"
    with sessions._store.change() as db:
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


@POSIX
def test_a_process_that_forks_opens_a_file_of_its_own(tmp_path):
    store = Store(tmp_path / "s")
    limit = RateLimit(store, 2)
    limit.take("ann", "tries")
    mine = store._db
    child = os.fork()
    if child == 0:  # pragma: no cover
        limit.take("ann", "tries")
        os._exit(0 if store._db is not mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with pytest.raises(Refused):
        limit.take("ann", "tries")


def test_a_store_that_cannot_be_used_is_a_503(ann, caplog):
    def broken() -> float:
        raise sqlite3.OperationalError("database is locked")

    ann.store.now = broken
    caplog.set_level(logging.ERROR)
    refused = ann.sign()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "database is locked" in caplog.text
    assert "locked" not in refused.text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        *[(0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB")],
        *[(1536, "1.5 KiB"), (100 * 1024**2, "100 MiB"), (10**9, "954 MiB"), (2**50, "1024 TiB")],
    ],
)
def test_amounts(size, text):
    assert amount(size) == text


def test_a_byte_too_much_is_not_said_to_be_as_large_as_the_largest():
    said = too_large(500 * 1024**2 + 1, 500 * 1024**2)
    assert said == "This file is larger by 1 byte; up to 500 MiB are accepted here."
