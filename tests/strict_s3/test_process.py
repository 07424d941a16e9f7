"""The child process: it answers or ends, leaves nothing behind, and outlives nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest
import requests

import strict_s3
from strict_s3 import process

from .waiting import gone, wait_until

ROOT = str(Path(strict_s3.__file__).parent.parent)
posix = pytest.mark.skipif(os.name == "nt", reason="signals and forks as on POSIX")


def child_of(s3) -> psutil.Process:
    return psutil.Process(s3._transport._process.pid)


def program(code: str, **more) -> subprocess.Popen:
    """Another Python that runs `code`, with strict_s3 on its path by `sys.path` alone."""
    head = f"import os, signal, sys, time; sys.path.insert(0, {ROOT!r}); import strict_s3\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_nothing_secret_is_in_its_command_line_or_environment():
    with strict_s3.start(access_key="me-myself", secret_key="and-i-for-ever") as s3:
        child = child_of(s3)
        assert "strict_s3" in child.cmdline()
        shown = " ".join([*child.cmdline(), *child.environ().values()])
        assert "and-i-for-ever" not in shown
        assert "me-myself" not in shown


@pytest.fixture
def odd_package(tmp_path):
    """A folder with a package that the child alone imports: it warns, chats, and leaves a mark."""
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "anycrc.py").write_text(
        "import pathlib, sys, warnings\n"
        f"pathlib.Path({str(tmp_path / 'imported')!r}).touch()\n"
        "print('a word', file=sys.stderr, flush=True)\n"
        "print('another', flush=True)\n"
        "warnings.warn('an old package', DeprecationWarning)\n"
        "raise ImportError\n"
    )
    return folder


def test_it_imports_from_where_this_process_does_and_is_not_disturbed(odd_package, tmp_path):
    # Warnings as errors are for the code under test.
    around = {**os.environ, "PYTHONWARNINGS": "error"}
    code = (
        f"sys.path.insert(0, {str(odd_package)!r}); s3 = strict_s3.start(); print(s3.decisions())"
    )
    out, err = program(code, cwd=tmp_path, env=around).communicate(timeout=60)
    assert (out, err) == ("[]\n", "")
    assert (tmp_path / "imported").exists()


def test_it_imports_nothing_from_the_working_directory(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('this is not the json you want')")
    code = f"""
        sys.path = [entry for entry in sys.path if entry]
        os.chdir({str(tmp_path)!r})
        print(strict_s3.start().alive)
    """
    out, err = program(code).communicate(timeout=60)
    assert out == "True\n", err


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise RuntimeError", "os._exit(4)"])
def test_a_program_that_forgets_to_stop_it_ends_and_so_does_the_server(ending):
    code = f"s3 = strict_s3.start(); print(s3._transport._process.pid, flush=True); {ending}"
    done = program(code)
    begun = time.monotonic()
    out, _ = done.communicate(timeout=60)
    assert time.monotonic() - begun < 30
    assert gone(int(out))


def test_it_says_nothing_on_standard_error_unless_asked():
    code = """
        import requests
        with strict_s3.start(log={log}) as s3:
            url = f"{{s3.endpoint_url}}/demo/k?X-Amz-Signature=abc"
            assert requests.get(url).status_code >= 400
    """
    assert program(code.format(log=False)).communicate(timeout=60) == ("", "")
    out, err = program(code.format(log=True)).communicate(timeout=60)
    assert out == ""
    assert "GET /demo/k 4" in err
    assert "abc" not in err


def test_a_program_with_closed_standard_streams_can_start_one(tmp_path):
    code = """
        os.close(0), os.close(1), os.close(2)
        with strict_s3.start() as s3:
            open("alive", "w").write(str(s3.alive))
    """
    program(code, cwd=tmp_path).communicate(timeout=60)
    assert (tmp_path / "alive").read_text() == "True"


@posix
def test_it_ends_when_its_parent_is_killed():
    parent = program(
        "s3 = strict_s3.start(); print(s3._transport._process.pid, flush=True); time.sleep(60)"
    )
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    assert gone(child)


@posix
def test_it_ends_when_its_parent_is_killed_though_a_fork_still_holds_the_pipe():
    parent = program("""
        s3 = strict_s3.start()
        forked = os.fork()
        if not forked:
            time.sleep(60)
        print(s3._transport._process.pid, forked, flush=True)
        time.sleep(60)
    """)
    child, forked = map(int, parent.stdout.readline().split())
    parent.kill()
    parent.wait()
    try:
        assert gone(child)
        assert psutil.pid_exists(forked)
    finally:
        os.kill(forked, signal.SIGKILL)
        parent.communicate()


@posix
def test_a_forked_process_can_send_requests_and_neither_asks_nor_ends_it():
    out, err = program("""
        import requests
        s3 = strict_s3.start()
        if not os.fork():
            print(requests.get(s3.endpoint_url).status_code)
            for use in (s3.decisions, s3.reset):
                try:
                    use()
                except strict_s3.ServerError as problem:
                    print(problem)
            s3.stop()
            sys.exit()  # with its atexit functions
        os.wait()
        print(s3.alive, s3.decisions()[0]["status"])
    """).communicate(timeout=60)
    lines = out.splitlines()
    assert lines[0] == "403", err
    assert "belongs to process" in lines[1]
    assert "belongs to process" in lines[2]
    assert lines[3] == "True 403"


@posix
@pytest.mark.parametrize("delay", [0.01, 0.1, 0.3])
def test_an_interrupt_during_start_leaves_nothing_behind(delay):
    started = program(
        f"""
        import threading
        strict_s3.start  # imported
        threading.Timer({delay}, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            while True:
                strict_s3.start().stop()
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        os.read(0, 1)
    """,
        stdin=subprocess.PIPE,
    )
    assert started.stdout.readline() == "interrupted\n"
    try:
        for child in psutil.Process(started.pid).children():
            assert gone(child.pid)
    finally:
        started.communicate("x", timeout=60)


@posix
def test_ctrl_c_in_the_terminal_is_for_the_parent_alone():
    with strict_s3.start() as s3:
        assert os.getpgid(child_of(s3).pid) != os.getpgid(0)
        os.kill(child_of(s3).pid, signal.SIGINT)
        assert s3.decisions() == []


@posix
def test_a_wait_that_was_interrupted_does_not_shift_the_answers():
    with strict_s3.start() as s3:
        child = child_of(s3)
        child.suspend()
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            s3.decisions()
        child.resume()
        assert s3.offset.total_seconds() == 0
        assert s3.decisions() == []


@posix
def test_a_child_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(process, "ASK_SECONDS", 0.3)
    s3 = strict_s3.start()
    child = child_of(s3)
    child.suspend()
    with pytest.raises(strict_s3.ServerError, match=r"did not answer for 0 seconds and was ended"):
        s3.decisions()
    assert not s3.alive
    assert not child.is_running()
    with pytest.raises(strict_s3.ServerError, match="has stopped"):
        s3.reset()


def test_a_child_that_was_killed_is_said_at_once():
    s3 = strict_s3.start()
    child_of(s3).kill()
    assert wait_until(lambda: not s3.alive)
    for use in (s3.decisions, s3.reset, lambda: s3.offset):
        with pytest.raises(strict_s3.ServerError, match="has stopped"):
            use()
    s3.stop()


@pytest.mark.parametrize(
    ("code", "seconds", "words"),
    [
        ("import time; time.sleep(60)", 0.3, "did not answer for 0 seconds and was ended"),
        ("raise SystemExit(1)", 30, "has stopped"),
        ("print('Welcome to Python!')", 30, "has stopped"),
        ("""print('{"error": "It has no moto."}')""", 30, "did not start. It has no moto"),
        ("import os, time; os.close(1); time.sleep(60)", 30, "has stopped"),
    ],
    ids=["hangs", "ends", "chatters", "cannot import", "closes its output"],
)
def test_a_child_that_does_not_start_is_one_sentence_and_is_gone(monkeypatch, code, seconds, words):
    monkeypatch.setattr(process, "_CHILD", code)
    monkeypatch.setattr(process, "START_SECONDS", seconds)
    popen, started = subprocess.Popen, []

    def noted(*arguments, **more):
        started.append(popen(*arguments, **more))
        return started[-1]

    monkeypatch.setattr(process.subprocess, "Popen", noted)
    with pytest.raises(strict_s3.ServerError, match=words) as problem:
        strict_s3.start()
    assert "\n" not in str(problem.value)
    (child,) = started
    assert gone(child.pid)


def test_a_port_that_is_taken():
    with strict_s3.start() as s3:
        port = int(s3.endpoint_url.rpartition(":")[2])
        with pytest.raises(strict_s3.ServerError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            strict_s3.start(port=port)
    with strict_s3.start(port=port) as again:  # and free again at once
        assert again.endpoint_url.endswith(f":{port}")


@pytest.mark.parametrize("port", [-1, 65536, "80", True, None])
def test_a_port_that_is_none(port):
    with pytest.raises(strict_s3.OptionError, match="it is a number from 1 to 65535"):
        strict_s3.start(port=port)


def test_hosts():
    with strict_s3.start(host="0.0.0.0") as s3:
        assert s3.endpoint_url.startswith("http://127.0.0.1:")
        assert requests.get(s3.endpoint_url).status_code == 403
    with pytest.raises(strict_s3.ServerError, match=r"no\.such\.host\.invalid is no address"):
        strict_s3.start(host="no.such.host.invalid")
    with pytest.raises(strict_s3.OptionError, match="host is ''"):
        strict_s3.start(host="")


def test_it_is_not_to_be_had_without_a_python(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(strict_s3.ServerError, match=r"Use strict_s3.in_process\(\)"):
        strict_s3.start()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(strict_s3.ServerError, match="No process can be started here"):
        strict_s3.start()


def test_long_answers_do_not_fill_the_pipe():
    with strict_s3.start() as s3:
        for _ in range(100):
            requests.get(f"{s3.endpoint_url}/{s3.bucket}/{'k' * 60_000}")
        assert sum(len(decision["path"]) for decision in s3.decisions(100)) > 5_000_000


# The protocol itself, without `process`.


def raw(*lines: bytes, close_output: bool = False) -> tuple[list[dict], int]:
    """What the child answers to these lines, after its ready line, and its exit status."""
    child = subprocess.Popen(
        [sys.executable, "-m", "strict_s3.server.server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert set(json.loads(child.stdout.readline())) == {
        "endpoint",
        "region",
        "access_key",
        "secret_key",
        "bucket",
    }
    if close_output:
        child.stdout.close()
    child.stdin.write(b"\n".join(lines) + b"\n")
    child.stdin.close()
    answers = [] if close_output else [json.loads(line) for line in child.stdout]
    child.stdout.close()
    return answers, child.wait(20)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (b"{", "The order failed: JSONDecodeError"),
        (b"[" * 100_000, "The order failed: RecursionError"),
        (b"7", "The order failed"),
        (b"\xff", "The order failed"),
        (b"{}", "There is no command None: clock, decisions, reset."),
        (b'{"do": "dance"}', "There is no command 'dance'"),
        (b'{"do": "clock", "offset": 1e12}', "goes from the year 1970"),
        (b'{"do": "clock", "offset": 1e300}', "goes from the year 1970"),
        (b'{"do": "clock", "offset": NaN}', "goes from the year 1970"),
        (b'{"do": "clock", "offset": "60"}', "it is a number of seconds"),
        (b'{"do": "clock", "at": "2027-01-31T12:00:00"}', "without a time zone"),
        (b'{"do": "clock", "at": 7}', "write a time as 2027-01-31T12:00:00Z"),
        (b'{"do": "clock", "at": "0001-01-01T00:00:00+14:00"}', "goes from the year 1970"),
        (b'{"do": "decisions", "last": "all"}', "it is how many decisions"),
    ],
)
def test_every_order_is_answered_and_the_next_one_too(order, words):
    (refused, good), status = raw(order, b'{"do": "clock", "offset": 60, "id": 7}')
    assert words in refused["error"]
    assert (good["id"], good["ok"]["offset"], status) == (7, 60, 0)


def test_it_ends_when_nobody_reads_its_answers():
    assert raw(*[b'{"do": "clock"}'] * 3, close_output=True) == ([], 0)
