"""What a learner has done: noted when a check passes, shown as a table, and never in the way."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from helpers.errors import NotYet
from helpers.exercises import progress
from helpers.exercises.checking import exercise
from helpers.files import PROGRESS, PROJECT
from helpers.lab import Lab
from tests.lessons.lesson import LESSONS

LAB = Lab("bucket", "eu-west-2", "key", "secret", local=False)


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / ".progress.json"
    monkeypatch.setenv(progress.VARIABLE, str(path))
    return path


@pytest.fixture
def check(monkeypatch):
    """A check of lesson 04 that takes 42 for right."""
    every = progress.every_exercise()  # what is imported later would be lost for other tests
    monkeypatch.setattr(progress, "_registered", {(k, n) for k in every for n in every[k]})

    @exercise("04", 2)
    def check_answer(lab, answer):
        if answer != 42:
            raise NotYet("it is 42.")
        return "right."

    return check_answer


def test_only_a_passed_check_is_noted(file, check, capsys):
    check(LAB, ...)
    check(LAB, 41)
    assert not file.exists()
    progress.progress()
    assert capsys.readouterr().out.endswith(
        "No exercise is done yet. Each one that passes its check is noted here.\n"
    )
    check(LAB, 42)
    check(LAB, 42)
    check(LAB, 41)  # what was done stays done
    assert json.loads(file.read_text()) == {"04": [2]}
    capsys.readouterr()
    progress.progress()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["lesson", "exercises"]
    assert "04 share with get" in "\n".join(lines)
    row = next(line for line in lines if line.startswith("04 "))
    assert row.endswith("1 -      2 done")
    assert lines[-1].startswith("1 of ")
    file.unlink()
    assert progress.table().startswith("No exercise is done yet")


def test_every_lesson_has_a_row_in_a_kernel_that_imported_none(file):
    file.write_text('{"04": [1, 2]}')
    code = "from helpers.exercises import progress; print(progress.table())"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    rows = {line[:2] for line in done.stdout.splitlines() if line[:2].isdigit()}
    assert "0 of 12 levels done" in done.stdout
    assert rows - {"2 "} >= {path.name[:2] for path in LESSONS[1:]}


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"04": 1}', '{"04": ["x"]}', "\ufeff{}"])
def test_a_file_that_is_no_progress_counts_as_none_and_is_replaced(text, file, check):
    file.write_text(text, encoding="utf-8")
    assert progress.load() == {}
    check(LAB, 42)
    assert progress.load() == {"04": {2}}


def test_progress_that_cannot_be_written_loses_the_note_only(tmp_path, monkeypatch, check, capsys):
    (tmp_path / "a-file").touch()
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / "a-file" / "progress"))
    check(LAB, 42)
    assert capsys.readouterr().out == "Passed: right.\n"
    assert progress.load() == {}


def test_tests_neither_read_nor_write_it(monkeypatch, check):
    monkeypatch.setenv(progress.VARIABLE, progress.OFF)
    before = PROGRESS.read_bytes() if PROGRESS.exists() else None
    check(LAB, 42)
    assert progress.load() == {}
    assert (PROGRESS.read_bytes() if PROGRESS.exists() else None) == before


def test_git_ignores_it():
    assert PROGRESS.parent == PROJECT / "work"
    assert "work/" in (PROJECT / ".gitignore").read_text(encoding="utf-8").split()
