"""``helpers room`` over sockets: a room of thirty, a hostile one, and a notebook's own side."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from helpers.errors import LabError, NotYet
from helpers.exercises import progress, room
from helpers.exercises.checking import exercise
from helpers.files import PROJECT
from helpers.lab import Lab
from helpers.pages import server
from helpers.setup.room import run
from helpers.setup.room.run import Room
from tests.setup.test_commands import POSIX

LAB = Lab("bucket", "eu-west-2", "key", "secret", local=False)
TOKEN = "0123456789abcdef"


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setattr(run, "PORT", 0)
    monkeypatch.setattr(run, "BOARD_PORT", 0)
    made = Room()
    yield made
    made.stop()


@pytest.fixture
def learner(tmp_path, monkeypatch):
    """A learner's folder of progress."""
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / ".progress.json"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(monkeypatch):
    """A check of exercise 04.2 that takes 42 for right."""
    monkeypatch.setattr(progress, "_registered", set(progress._registered))

    @exercise("04", 2)
    def check_answer(lab, answer):
        if answer != 42:
            raise NotYet("it is 42.")
        return "right."

    return check_answer


@pytest.fixture
def at_once(monkeypatch):
    """Reports are sent before the check returns, so that a test can look."""

    class Now(threading.Thread):
        def start(self) -> None:
            self.run()

    monkeypatch.setattr(room.threading, "Thread", Now)


def picture(served: Room) -> dict:
    url, _, key = served.url.partition("#")
    answer = requests.get(f"{url}picture", headers={"X-Code": key}, timeout=10)
    assert answer.status_code == 200
    return answer.json()


def send(served: Room, headers: dict[str, str] | None = None, **more: object) -> requests.Response:
    sent = {"code": served.code, "name": "Ann", "token": TOKEN, "exercise": "04.1"}
    sent |= {"passed": True, "done": [], **more}
    return requests.post(f"{served.address}/report", json=sent, headers=headers, timeout=10)


# A notebook's side.


def test_nothing_is_sent_before_somebody_joins(learner, check, monkeypatch):
    monkeypatch.setattr(room, "_post", lambda *_: pytest.fail("this was sent"))
    check(LAB, 41)
    check(LAB, 42)
    assert sorted(path.name for path in learner.iterdir()) == [".progress.json"]


def test_a_notebook_that_has_joined(served, learner, check, at_once, capsys):
    progress.record("04", 1)
    room.join(served.address, served.code, "Ann")
    assert "not your code" in capsys.readouterr().out
    check(LAB, ...)  # untouched: this is nobody's try
    rows = picture(served)["exercises"]
    assert rows == [{"name": "04.1", "done": 1, "trying": 0}]
    check(LAB, 41)
    assert picture(served)["exercises"][1] == {"name": "04.2", "done": 0, "trying": 1}
    check(LAB, 42)
    assert picture(served)["exercises"][1] == {"name": "04.2", "done": 1, "trying": 0}
    room.join(served.address, served.code, "Ann")  # the same notebook may join again
    room.leave()
    room.leave()
    before = picture(served)
    check(LAB, 41)
    assert picture(served) == before
    assert not (learner / ".room.json").exists()


def test_what_is_sent_is_that_alone(learner, check, at_once, monkeypatch):
    posted = []
    monkeypatch.setattr(
        requests.Session,
        "post",
        lambda self, url, **more: posted.append((url, more, self.trust_env)) or OK,
    )
    room.join("http://192.168.1.20:8031", "code", "Ann")
    check(LAB, 42)
    (_, _, _), (url, more, trusts) = posted
    assert (url, trusts) == ("http://192.168.1.20:8031/report", False)
    assert (more["timeout"], more["allow_redirects"]) == (3, False)
    assert len(more["json"].pop("token")) >= 16
    assert more["json"] == {
        "code": "code",
        "name": "Ann",
        "exercise": "04.2",
        "passed": True,
        "done": ["04.2"],
    }


OK = requests.Response()
OK.status_code = 200


def test_joining_ends_after_half_a_day(served, learner, monkeypatch):
    room.join(served.address, served.code, "Ann")
    assert room._kept()
    now = room.time.time() + 12 * 3600 + 1
    monkeypatch.setattr(room.time, "time", lambda: now)
    assert room._kept() is None


def test_a_board_that_is_gone_disturbs_no_lesson(served, learner, check, at_once, capsys):
    room.join(served.address, served.code, "Ann")
    served.stop()
    capsys.readouterr()
    check(LAB, 42)
    assert capsys.readouterr().out == "Passed: right.\n"
    assert progress.load() == {"04": {2}}
    with pytest.raises(LabError, match=r"can't be reached .* room\.hand_in\('Ben'\)"):
        room.join(served.address, served.code, "Ben")


def test_a_check_does_not_wait_for_the_board(learner, check, monkeypatch):
    """Somebody listens and never answers."""
    monkeypatch.setattr(room, "_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        note = {"address": f"http://127.0.0.1:{port}", "code": "c", "name": "Ann", "token": TOKEN}
        (learner / ".room.json").write_text(json.dumps({**note, "until": 1e12}))
        before = set(threading.enumerate())
        check(LAB, 42)
        new = set(threading.enumerate()) - before
        sending = [one for one in new if one.name == "board"]
        assert len(sending) == 1, "it is still waiting, and the check has returned"
    for thread in sending:
        thread.join(10)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"until": "x"}', '{"until": 1e12}'])
def test_a_note_that_is_none_counts_as_not_joined(text, learner, check):
    (learner / ".room.json").write_text(text)
    check(LAB, 42)
    assert progress.load() == {"04": {2}}


@pytest.mark.parametrize(
    "address", ["", "192.168.1.20:8031", "http://evil.example:80", "ftp://1.2.3.4:5", "http://a"]
)
def test_an_address_is_one_of_this_network(address, learner):
    with pytest.raises(LabError, match="is not the address of a board"):
        room.join(address, "code", "Ann")


def test_a_refusal_is_told(served, learner):
    with pytest.raises(LabError, match="refused: That is not the code on the board"):
        room.join(served.address, "wrong", "Ann")
    with pytest.raises(LabError, match="refused: A name has"):
        room.join(served.address, served.code, "<b>")
    send(served)
    with pytest.raises(LabError, match="refused: Ann is taken"):
        room.join(served.address, served.code, "Ann")
    assert not (learner / ".room.json").exists()


def test_tests_send_nothing(served, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, progress.OFF)
    with pytest.raises(LabError, match="switched off"):
        room.join(served.address, served.code, "Ann")
    assert room._kept() is None


def test_a_file_for_rooms_without_a_network(served, learner, check):
    check(LAB, 42)
    path = room.hand_in("Zoë O'Neil")
    assert path.name == "progress-of-Zoë-O-Neil.json"
    run.add(served.board, path)
    assert picture(served)["names"] == [{"name": "Zoë O'Neil", "done": 1, "by_file": True}]


def test_a_file_that_cannot_be_written_is_one_sentence(learner, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert room.hand_in("x" * 300).name == f"progress-of-{'x' * 60}.json"
    (tmp_path / "progress-of-Ann.json").mkdir()
    with pytest.raises(LabError, match=r"progress-of-Ann\.json can't be written \("):
        room.hand_in("Ann")


def test_an_untouched_level_is_no_try(served, learner, at_once, service):
    """Run All runs them all; who has written nothing is not stuck."""
    from helpers.exercises import lesson_14

    room.join(served.address, served.code, "Ann")
    lesson_14.CHECKS[3](service.lab(), lesson_14.untouched, lesson_14.untouched)
    assert picture(served)["exercises"] == []
    lesson_14.CHECKS[3](service.lab(), "no function", "no function")
    assert picture(served)["exercises"] == [{"name": "14.level-03", "done": 0, "trying": 1}]


def test_levels_are_flags():
    assert room.exercise_name("14", 3) == "14.level-03"
    assert room.exercise_name("04", 2) == "04.2"


# The board's side.


def test_thirty_at_once(served):
    names = [f"learner {number}" for number in range(30)]

    def lesson(name: str) -> set[int]:
        """Joins, fails twice, passes, and goes on to the next."""
        mine = {"name": name, "token": name.rjust(16, "x")}
        answers = [send(served, **mine, exercise="", passed=False)]
        for each in ("04.1", "04.2", "06.1"):
            for passed in (False, False, True):
                answers.append(send(served, **mine, exercise=each, passed=passed))
        return {answer.status_code for answer in answers}

    with ThreadPoolExecutor(30) as pool:
        assert set().union(*pool.map(lesson, names)) == {200}
    seen = picture(served)
    assert seen["people"] == 30
    assert seen["exercises"] == [
        {"name": name, "done": 30, "trying": 0} for name in ("04.1", "04.2", "06.1")
    ]
    assert seen["stuck"] == []


BODY = '{"code": "%s", "name": "Ann", "token": "0123456789abcdef", "exercise": "", '
REST = '"passed": false, "done": []}'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BODY + REST, 200),
        ("", 400),
        ("[]", 400),
        ("{", 400),
        ("null", 400),
        ("[" * 4000, 400),
        ('{"a":' * 600 + "1" + "}" * 600, 400),
        ("1" * 4096, 400),
        ("\ud800".encode("utf-16", "surrogatepass"), 400),
        (b"\xff\xfe", 400),
        ("x" * 4097, 413),
        ("x" * 100_000, 413),
        (BODY + '"passed": NaN, "done": []}', 400),
        (BODY + '"passed": false, "done": {}}', 400),
        (BODY + '"passed": false, "done": [], "admin": true}', 400),
        (BODY.replace('"%s"', '["%s"]') + REST, 403),
        (BODY.replace('"%s"', "null") + REST, 403),
        (BODY.replace('"%s"', '"\\ud800%s"') + REST, 400),
    ],
)
def test_a_hostile_body(body, status, served):
    sent = (body % served.code if "%s" in body else body) if isinstance(body, str) else body
    data = sent.encode() if isinstance(sent, str) else sent
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{served.address}/report", data=data, headers=headers, timeout=10)
    assert answer.status_code == status, answer.text
    assert len(answer.text) < 300
    assert set(answer.json()) == ({"ok"} if status == 200 else {"error"})


def test_a_body_without_a_length_has_a_most_too(served):
    headers = {"Content-Type": "application/json"}
    chunks = iter([b"x" * 1000] * 10)
    url = f"{served.address}/report"
    assert requests.post(url, data=chunks, headers=headers, timeout=10).status_code in (400, 413)
    assert send(served).status_code == 200


def test_a_web_page_cannot_report(served):
    """From another page (its Origin), by a form, or by a name that is pointed at this computer."""
    port = served.address.rpartition(":")[2]
    for origin in ("http://evil.example", "null", served.address):
        assert send(served, {"Origin": origin}).status_code == 403
    for host in (
        f"evil.example:{port}",
        "evil.example",
        f"192.168.1.1.evil.example:{port}",
        "[x",
        "9" * 5000,
    ):
        assert send(served, {"Host": host}).status_code == 421
    form = {"Content-Type": "text/plain"}
    assert send(served, form).status_code == 400
    preflight = requests.options(f"{served.address}/report", timeout=10)
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert picture(served)["people"] == 0
    for host in (f"192.168.1.20:{port}", f"localhost:{port}", "10.0.0.1"):
        assert send(served, {"Host": host}).status_code == 200


def test_guessing_is_slow_and_stops_nobody_else(served, monkeypatch):
    statuses = [send(served, code=f"guess-{n}").status_code for n in range(25)]
    assert set(statuses) == {403}
    assert picture(served)["people"] == 0
    monkeypatch.setattr(served.board._rate_of_address, "_limit", 30)
    statuses = [send(served, code=f"guess-{n}").status_code for n in range(10)]
    assert statuses == [403] * 5 + [429] * 5
    assert picture(served)["people"] == 0


def test_the_receiver_has_nothing_else(served):
    for path in ("/", "/picture", "/static/board.js", "/hand-in", "/remove"):
        assert requests.get(f"{served.address}{path}", timeout=10).status_code == 404
        assert requests.post(f"{served.address}{path}", json={}, timeout=10).status_code == 404
    assert requests.get(f"{served.address}/report", timeout=10).status_code == 405


def test_only_the_boards_address_opens_the_board(served):
    url, _, key = served.url.partition("#")
    mine = {"X-Code": key}
    asked = [
        (requests.get(f"{url}picture", timeout=10), 403),
        (requests.get(f"{url}picture", headers={"X-Code": "é"}, timeout=10), 403),
        (requests.get(f"{url}picture", headers={**mine, "Host": "evil.example"}, timeout=10), 421),
        (requests.post(f"{url}remove", headers=mine, json={}, timeout=10), 403),
        (requests.get(url, timeout=10), 200),
    ]
    assert [answer.status_code for answer, _ in asked] == [status for _, status in asked]
    assert key not in asked[-1][0].text and served.code not in asked[-1][0].text
    with pytest.raises(requests.ConnectionError):  # the room's addresses do not have it
        requests.get(f"http://127.0.0.2:{url.rpartition(':')[2]}", timeout=10)


def test_silent_connections_keep_nobody_out(served, monkeypatch):
    """Somebody opens as many as an address may have; an own one beyond that is closed at once."""
    monkeypatch.setattr(server, "MAX_CONNECTIONS_OF_ADDRESS", 5)
    port = int(served.address.rpartition(":")[2])
    opened = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(8)]
    try:
        closed = [one for one in opened if _is_closed(one)]
        assert len(closed) == 3
        assert picture(served)["people"] == 0  # the board is a server of its own
    finally:
        for one in opened:
            one.close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(10)
    assert send(served).status_code == 200, "their places are free again"


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.3)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


# The command.


def _run(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "helpers", "room", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@POSIX
def test_the_command_says_where_and_keeps_nothing(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"name": "Ann", "done": ["04.1"]}')
    with _run("--port=0", "--add", str(file)) as command:
        said = ""
        for line in command.stdout:
            said += line
            if "Nothing is kept" in line:
                break
        url, key = re.search(r"(http://127\.0\.0\.1:\d+/)#(\S+)", said).groups()
        assert 'room.join("http://127.0.0.1:' in said
        assert "Only this computer can send reports" in said
        answer = requests.get(f"{url}picture", headers={"X-Code": key}, timeout=10).json()
        assert answer["names"] == [{"name": "Ann", "done": 1, "by_file": True}]
        command.send_signal(signal.SIGINT)
        assert command.wait(10) == 0
        assert command.stdout.read() == "Stopped. Nothing was kept.\n"
        assert command.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "192.0.2.1"], "--host is an address of this computer"),
        (["--host", "no such host"], "--host is an address of this computer"),
        (["--add", "none.json"], "none.json: No such file or directory."),
    ],
)
def test_a_mistake_gets_one_sentence(arguments, sentence):
    with _run("--port=0", *arguments) as command:
        _, said = command.communicate(timeout=60)
    assert command.returncode == 1
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_the_network_is_let_in_only_when_asked(monkeypatch):
    monkeypatch.setattr(run, "PORT", 0)
    monkeypatch.setattr(run, "BOARD_PORT", 0)
    wide = Room("0.0.0.0")
    try:
        port = wide.address.rpartition(":")[2]
        assert requests.get(f"http://127.0.0.2:{port}/report", timeout=10).status_code == 405
        assert re.fullmatch(r"http://[\d.]+:\d+", wide.address)
        assert not wide.address.startswith("http://0.0.0.0")
    finally:
        wide.stop()
    narrow = Room()
    try:
        port = narrow.address.rpartition(":")[2]
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.2:{port}/report", timeout=10)
    finally:
        narrow.stop()
