"""``python3 -m helpers presign``: a URL a line, and what is said about a line that has none."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import signal
import subprocess
import sys
import threading
from unittest.mock import Mock

import psutil
import pytest
import requests

from helpers.files import PROJECT
from strict_s3.errors import PresignError
from strict_s3.signing import command as presign_command
from strict_s3.signing.presigner import Credentials
from strict_s3.signing.source import Source
from strict_s3.signing.workers import BLOCK

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals, pipes and terminals of POSIX")
PLACE = ["--bucket=presignedurldemo", "--region=eu-west-2"]
CREDENTIALS = Credentials("AKIAIOSFODNN7EXAMPLE", "secret")
KEYS = {"S3_ACCESS_KEY": "AKIAIOSFODNN7EXAMPLE", "S3_SECRET_KEY": "secret"}


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "helpers", "presign", *options]


def run(*options: str, given: bytes = b"", **more) -> subprocess.CompletedProcess[bytes]:
    around = {n: v for n, v in os.environ.items() if not n.startswith("S3_")} | KEYS
    around["PYTHONPATH"] = str(PROJECT)
    return subprocess.run(
        command(*options), input=given, capture_output=True, env=around, timeout=60, **more
    )


def starts(text: bytes) -> list[bytes]:
    """What stands between the host and the signing parameters, a line each."""
    return [line.partition(b"amazonaws.com/")[2].partition(b"?")[0] for line in text.splitlines()]


def test_a_line_for_a_line(tmp_path):
    (tmp_path / "keys.txt").write_bytes("a/b.jpg\nä b\nlast".encode())
    done = run("get", "--keys=keys.txt", *PLACE, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert starts(done.stdout) == [b"a/b.jpg", b"%C3%A4%20b", b"last"]
    assert done.stdout.count(b"X-Amz-Expires=900&") == 3
    assert done.stdout.endswith(b"\n")


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_lines_are_named_and_keep_their_place(workers):
    given = b"\xef\xbb\xbfa\r\n\nb\xff\n" + b"x" * 1025 + b"\nc\n"
    done = run("put", "--keys=-", f"--workers={workers}", *PLACE, given=given)
    assert done.returncode == 1
    assert starts(done.stdout) == [b"a", b"", b"", b"", b"c"]
    told = done.stderr.decode().splitlines()
    assert told[0].startswith("line 3: this is not UTF-8")
    assert told[1].startswith("line 4: The key 'xxxx")
    assert told[2:] == ["2 of 5 lines could not be signed."]


def test_workers_keep_the_order_over_many_blocks(tmp_path):
    # 13 bytes a line, so that blocks end within lines.
    count = 5 * BLOCK // 13
    lines = [f"{number:012}".encode() for number in range(count)]
    lines[count - 2] = b"x" * 1025
    (tmp_path / "keys.txt").write_bytes(b"\n".join(lines))
    done = run("get", f"--keys={tmp_path / 'keys.txt'}", "--workers=2", *PLACE)
    assert starts(done.stdout) == [*lines[:-2], b"", lines[-1]]
    assert done.stderr.startswith(b"line %d: " % (count - 1))


@pytest.mark.parametrize("workers", [1, 2])
def test_keys_that_come_slowly_are_signed_as_they_come(workers):
    with subprocess.Popen(
        command("get", "--keys=-", f"--workers={workers}", *PLACE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | KEYS,
        cwd=PROJECT,
    ) as process:
        too_late = threading.Timer(30, process.kill)
        too_late.start()
        for key in (b"a", b"b"):
            process.stdin.write(key + b"\n")
            process.stdin.flush()
            assert starts(process.stdout.readline()) == [key]  # while its input is still open
        too_late.cancel()


def test_no_keys_are_no_urls():
    done = run("get", "--keys=-", *PLACE)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_urls_work(service, tmp_path):
    root = service.server.root
    where = {"S3_ACCESS_KEY": root.access_key, "S3_SECRET_KEY": root.secret_key}
    options = [f"--endpoint-url={service.endpoint}", *PLACE, "--keys=-", "--expires=2h"]

    def url(*more: str) -> str:
        done = subprocess.run(
            command(*more, *options),
            input=b"scale/a b\n",
            capture_output=True,
            env=os.environ | where,
            cwd=PROJECT,
        )
        assert done.returncode == 0, done.stderr
        assert root.secret_key.encode() not in done.stdout + done.stderr
        return done.stdout.decode().strip()

    upload = url("put", "--header=Content-Type: image/png")
    assert requests.put(upload, b"x").status_code == 403
    assert requests.put(upload, b"x", headers={"Content-Type": "image/png"}).status_code == 200
    got = requests.get(url("get", "--query=response-content-type=text/plain"))
    assert (got.content, got.headers["content-type"]) == (b"x", "text/plain")
    service.later(hours=2, seconds=1)
    assert "Request has expired" in requests.get(got.url).text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--expires=8d"], "expires is 691200; S3 accepts 1 to 604800 whole seconds"),
        (["--expires=0"], "expires is 0"),
        (["--expires=soon"], "--expires is 'soon'"),
        (["--expires=1.5h"], "--expires is '1.5h'"),
        (["--bucket=x"], "'x' is not a bucket name"),
        (["--endpoint-url=localhost"], "The endpoint 'localhost' is not a usable URL"),
        (["--workers=0"], "--workers is 0; give a number from 1 to 32."),
        (["--query=a"], "--query is 'a'"),
        (["--header=a=b"], "--header is 'a=b'"),
        (["--query==x"], "--query is '=x'"),
        (["--query=a=1", "--query=a=2"], "--query names a twice"),
        (["--header=a:1", "--header=A:2"], "The header a is given twice"),
        (["--header=a:1", "--header=a:2"], "--header names a twice"),
        (["--keys=none.txt"], "--keys: 'none.txt' cannot be read (No such file or directory)."),
    ],
)
def test_a_wrong_option_is_one_line_and_no_url(capsys, options, told):
    source = Source("a test", CREDENTIALS)
    assert presign_command.main(["get", "--keys=-", *PLACE, *options], source=lambda: source) == 1
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(told)
    assert error.count("\n") == 1


def test_what_is_missing_is_named(capsys):
    def main(*options: str, source=lambda: Source(".env", CREDENTIALS)) -> str:
        assert presign_command.main(["get", "--keys=-", *options], source=source) == 1
        return capsys.readouterr().err

    assert main("--region=eu-west-2") == "--bucket is missing, and .env does not name one.\n"
    assert main("--bucket=demo") == "--region is missing, and .env does not name one.\n"
    told = main(*PLACE, source=lambda: None)
    assert told.startswith("There are no keys to sign with. Keys come from --profile NAME")


@pytest.mark.parametrize(
    ("text", "found"),
    [("900", 900), ("900s", 900), ("15m", 900), ("2h", 7200), ("7d", 604800)],
)
def test_lives(text, found):
    assert presign_command.seconds(text) == found


def test_a_line_without_end_is_refused_before_it_fills_the_memory():
    done = run("get", "--keys=-", *PLACE, given=b"a\n" + b"x" * 2**20)
    assert done.returncode == 1
    assert done.stderr.startswith(b"line 2: this is longer than any key")


@pytest.mark.parametrize("before", [0, 1, BLOCK - 5000, BLOCK - 2500, BLOCK - 1, BLOCK])
@pytest.mark.parametrize("length", [1025, 5000, BLOCK])
def test_a_line_that_is_no_key_costs_that_line_alone(before, length):
    lines = [b"a" * 99] * (before // 100) + [b"b" * (before % 100 - 1)] * (before % 100 > 1)
    lines += [b"x" * length, b"after"]
    found = b"".join(presign_command.blocks(io.BufferedReader(io.BytesIO(b"\n".join(lines)))))
    assert found == b"\n".join(lines)


@pytest.mark.parametrize("before", [0, 1, 100, BLOCK - 1])
def test_a_longer_one_is_no_list_of_keys(before):
    given = b"\n" * before + b"x" * (BLOCK + 1) + b"\nafter\n"
    found = []
    with pytest.raises(PresignError, match=rf"^line {before + 1}: this is longer than any key"):
        found.extend(presign_command.blocks(io.BufferedReader(io.BytesIO(given))))
    assert b"".join(found) == b"\n" * before


class Slowly(io.BytesIO):
    """Comes a byte at a time."""

    def read1(self, _size: int = -1) -> bytes:
        return self.read(1)


@pytest.mark.parametrize("slow", [io.BytesIO, Slowly])
@pytest.mark.parametrize(
    ("given", "found"),
    [
        (b"\xef\xbb\xbfa\nb\n", b"a\nb\n"),
        (b"\xef\xbb\xbf", b""),
        (b"\xef\xbb", b"\xef\xbb"),  # to be named as a line that is not UTF-8
        (b"\xef\xbb\xbf\xef\xbb\xbfa", b"\xef\xbb\xbfa"),
        (b"a\n\xef\xbb\xbfb\n", b"a\n\xef\xbb\xbfb\n"),
        (b"", b""),
    ],
)
def test_only_the_first_mark_of_utf_8_is_no_part_of_a_key(slow, given, found):
    assert b"".join(presign_command.blocks(slow(given))) == found


def test_a_file_that_stops_being_readable_is_one_sentence():
    class Broken(io.BytesIO):
        name = "keys.txt"
        read1 = Mock(side_effect=[b"a\n", OSError(5, "Input/output error")])

    found = presign_command.blocks(Broken())
    assert next(found) == b"a\n"
    with pytest.raises(PresignError, match=r"--keys: 'keys.txt' cannot be read \(Input/output"):
        next(found)


def endless() -> subprocess.Popen[bytes]:
    """Keys without end, and the command that signs them in two workers."""
    return subprocess.Popen(
        command("get", "--keys=-", "--workers=2", *PLACE),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | KEYS,
        cwd=PROJECT,
    )


def feed(process: subprocess.Popen[bytes]) -> threading.Thread:
    def write() -> None:
        assert process.stdin is not None
        try:
            while True:
                process.stdin.write(b"some/key\n" * 50_000)
        except OSError:
            pass

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@POSIX
@pytest.mark.parametrize(("how", "status"), [("close", 141), ("interrupt", 130), ("kill", -9)])
def test_it_stops_cleanly(how, status):
    process = endless()
    thread = feed(process)
    try:
        assert b"/some/key?" in process.stdout.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 2
        if how == "close":
            process.stdout.close()
        else:
            process.send_signal(signal.SIGINT if how == "interrupt" else signal.SIGKILL)
            if how == "interrupt":
                _drain(process)
        assert process.wait(20) == status
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive
        if how != "kill":  # then multiprocessing's own tracker says what was left to it
            assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        thread.join(10)


@POSIX
def test_by_nohup_it_outlives_its_terminal():
    with subprocess.Popen(
        ["sh", "-c", f"trap '' HUP; exec {shlex.join(command('get', '--keys=-', *PLACE))}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | KEYS,
        cwd=PROJECT,
    ) as process:
        for key in (b"a", b"b"):
            process.stdin.write(key + b"\n")
            process.stdin.flush()
            assert starts(process.stdout.readline()) == [key]
            process.send_signal(signal.SIGHUP)


def _drain(process: subprocess.Popen[bytes]) -> None:
    while process.stdout.read(2**20):
        pass


@POSIX
def test_progress_is_for_a_terminal():
    import termios  # not on Windows

    master, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    done = subprocess.run(
        command("get", "--keys=-", *PLACE),
        input=b"a\n" * 3,
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=os.environ | KEYS,
        cwd=PROJECT,
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal without programs says so on Linux
        while piece := os.read(master, 65536):
            shown += piece
    os.close(master)
    assert done.returncode == 0
    assert b"3.00 URLs" in shown
    assert b"X-Amz" not in shown


@pytest.mark.skipif(os.name == "nt", reason="the shell's way to close standard output")
def test_a_closed_standard_output_is_one_clear_line():
    done = run_in_shell("get", "--keys=-", *PLACE, redirection=">&-", given=b"a\n")
    told = b"Standard output is closed. Write the URLs to a file: > urls.txt"
    assert (done.returncode, done.stderr.splitlines()) == (1, [told])


@pytest.mark.skipif(os.name == "nt", reason="the shell's way to close standard error")
@pytest.mark.parametrize("workers", [1, 2])
def test_with_a_closed_standard_error_there_are_urls_and_nothing_else(workers):
    options = ["get", "--keys=-", f"--workers={workers}", *PLACE]
    done = run_in_shell(*options, redirection="2>&-", given=b"a\n\xff\nb\n")
    assert (done.returncode, starts(done.stdout)) == (1, [b"a", b"", b"b"])
    done = run_in_shell(*options, "--expires=0", redirection="2>&-", given=b"a\n")
    assert (done.returncode, done.stdout) == (1, b"")


def run_in_shell(*options: str, redirection: str, given: bytes):
    around = {n: v for n, v in os.environ.items() if not n.startswith("S3_")} | KEYS
    around["PYTHONPATH"] = str(PROJECT)
    line = f"exec {shlex.join(command(*options))} {redirection}"
    return subprocess.run(
        ["sh", "-c", line], input=given, capture_output=True, env=around, cwd=PROJECT, timeout=60
    )
