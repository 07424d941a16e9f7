"""``python3 -m helpers inspect``, as a person at a terminal uses it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from helpers.setup import environment
from strict_s3.explainer import command
from tests.strict_s3.explainer.test_explain import xml
from tests.strict_s3.explainer.test_form import form
from tests.strict_s3.explainer.test_paste import SIGNATURE, URL


def run(*arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helpers", "inspect", *arguments],
        cwd=environment.PROJECT,
        env=os.environ | {"PYTHONUTF8": "1"} | variables,
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_a_url_as_an_argument_and_on_standard_input():
    by_argument = run(URL)
    by_input = run("-", given=URL + "\n")
    for done in (by_argument, by_input):
        assert (done.returncode, done.stderr) == (1, "")  # the URL of 2018 has expired
        assert done.stdout.startswith("The URL has expired")
        assert "presignedurldemo" in done.stdout
        assert SIGNATURE not in done.stdout


def test_a_terminal_without_the_letters():
    done = run(URL, PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert "AKIA?MPLE" in done.stdout


def test_the_name_of_a_file_and_a_closed_standard_input(tmp_path, monkeypatch, capsys):
    file = tmp_path / "paste.txt"
    file.write_text(URL)
    assert command.main([str(file)]) == 2
    assert f"{file} is a file, and its text is needed: inspect < {file}" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", None)  # <&-
    assert command.main([]) == 2
    assert capsys.readouterr().err == (
        "Standard input is closed. Give the text, or a file: < paste.txt\n"
    )


def test_no_presigned_url_is_one_sentence_and_2():
    done = run("https://example.com/")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1 and "without a signature" in done.stderr


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        (json.dumps(form(expires=86400)), 0, "Policy: the upload is accepted if"),
        (
            json.dumps(form(expires=86400)["fields"], indent=2),
            0,
            "Policy: the upload is accepted if",
        ),
        (xml("NoSuchKey", "The specified key does not exist.", Key="k"), 1, "no object with"),
        (f"HTTP/1.1 403 Forbidden\n\n{xml('ExpiredToken', 'x')}\n", 1, "session"),
        (json.dumps({"url": URL}), 1, "presigned URL"),
        ("", 2, ""),
        ("{}", 2, ""),
        ('{"url": 1}', 2, ""),
        ("<Error><Code>", 2, ""),
        ("\ufeff" + URL, 1, "presigned URL"),
    ],
)
def test_what_standard_input_may_hold(text, status, words, monkeypatch, capsys):
    stream = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    assert command.main([]) == status
    shown = capsys.readouterr()
    assert words in shown.out
    assert shown.err.count("\n") == (1 if status == 2 else 0)


def test_json_without_a_url_is_taken_for_a_form(capsys):
    assert command.main(['{"url": 1}']) == 2
    assert "no policy" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_is_one_sentence():
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "helpers", "inspect", URL],
            cwd=environment.PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "The output cannot be written (No space left on device).\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows' pipes close in another way")
def test_a_reader_that_has_gone_is_told_nothing():
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "inspect", URL],
        cwd=environment.PROJECT,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_bytes_that_are_no_text(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00"), "utf-8"))
    assert command.main([]) == 2
    assert "no URL" in capsys.readouterr().err
