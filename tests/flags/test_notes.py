"""What is kept of a learner's flags, points, and tokens for a contest without a network."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from helpers.errors import LabError
from helpers.exercises import lesson_14, progress, room
from helpers.files import PROJECT
from helpers.flags import tokens
from helpers.flags.levels import LEVELS
from helpers.flags.notes import Notes
from tests.flags.test_levels import RIGHT, SOLVERS


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The folder where a learner's files are."""
    monkeypatch.setenv(progress.VARIABLE, str(tmp_path / ".progress.json"))
    return tmp_path


@pytest.fixture
def lab(service, arena, monkeypatch):
    monkeypatch.setattr(lesson_14, "_arena", arena)
    return service.lab()


def test_a_level_is_done_when_it_is_captured_and_mended(kept, lab, capsys):
    attack, (fixed, *_) = SOLVERS[1], RIGHT[1]

    def dots(world): ...

    def play(*functions):
        lesson_14.play(lab, 1, *functions)
        return " ".join(capsys.readouterr().out.split())

    assert play(dots, ...).startswith("Not done yet: replace the dots")
    assert play(attack).startswith("Not done yet: level 1 is captured, and now")
    assert play(..., fixed).startswith("Passed: level 1 is captured and mended")
    assert play(attack, LEVELS[1].signer()).startswith(
        "Not done yet: level 1 is captured, but not mended: your own attack still works"
    )
    assert play(attack, 3).startswith("Not done yet: a function was expected, not 3")
    assert progress.load() == {"14": {1}}
    assert play(SOLVERS[2], fixed).startswith("Passed: ")
    lesson_14.play(lab, 2, ..., fixed)
    assert "level 2 is mended, and not captured yet" in capsys.readouterr().out
    found = json.loads((kept / ".flags.json").read_text())
    assert (found["captured"], found["mended"]) == ([1], [1, 2])


def test_the_board_is_told_of_a_level(kept, lab, monkeypatch):
    told = []
    monkeypatch.setattr(room, "tell", lambda *report: told.append(report))
    lesson_14.play(lab, 1, SOLVERS[1], LEVELS[1].signer())
    lesson_14.play(lab, 1, SOLVERS[1], RIGHT[1][0])
    assert told == [("14", 1, False), ("14", 1, True)]
    assert room.exercise_name("14", 1) == "14.level-01"


def test_untouched_shows_the_card(kept, lab, capsys):
    lesson_14.play(lab, 4, ..., ...)
    said = capsys.readouterr().out
    assert said.startswith("Not done yet: replace the dots")
    for part in ("A key that isn't a key", "def sign(", "**It happened.**", "flags.hint(4)"):
        assert part in said


def test_hints_come_one_by_one_and_cost_points(kept, capsys):
    Notes(captured={3}, mended={3}).save(kept / ".flags.json")
    found = []
    for _ in range(4):
        lesson_14.hint(3)
        found.append(len([line for line in capsys.readouterr().out.splitlines() if ". " in line]))
    assert found == [1, 2, 4, 4]  # the last time with how to see the solution
    lesson_14.scores()
    said = capsys.readouterr().out
    assert "Checked too early" in said and "16 of 300 points" in said
    lesson_14.solution(3)
    assert "def encoded(" in capsys.readouterr().out
    lesson_14.hint(3)
    lesson_14.scores()
    assert "0 of 300 points" in capsys.readouterr().out


@pytest.mark.parametrize("number", [0, 13, "3", None, 1.5])
def test_a_level_that_is_none(number, kept, lab):
    for call in (lesson_14.level, lesson_14.hint, lesson_14.solution):
        with pytest.raises(LabError, match="numbered 1 to 12"):
            call(number)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"captured": 1}', '{"hints": [1]}'])
def test_a_file_that_is_no_notes_counts_as_none(text, kept):
    (kept / ".flags.json").write_text(text)
    assert Notes.load(kept / ".flags.json") == Notes()


def test_notes_that_cannot_be_written_are_lost_and_nothing_else(tmp_path):
    (tmp_path / "file").touch()
    Notes(captured={1}).save(tmp_path / "file" / ".flags.json")
    Notes(captured={1}).save(None)
    assert Notes.load(None) == Notes()


def test_a_contestant_gets_tokens(kept, lab, capsys):
    lesson_14.join("Ann", tokens.kit("secret", "Ann"))
    lesson_14.hint(1)
    lesson_14.play(lab, 1, SOLVERS[1], RIGHT[1][0])
    found = [w for w in capsys.readouterr().out.split() if w.startswith("L01-")]
    assert [tokens.read("secret", "ann ", text) for text in found] == [
        (1, "capture", 1),
        (1, "mend", 1),
    ]
    for name, text in (
        ("bob", found[0]),
        ("ann", found[0].replace("-1-", "-0-")),
        ("ann", found[0].replace("L01", "L02")),
        ("ann", found[0].replace("capture", "mend")),
    ):
        with pytest.raises(ValueError, match="was not made for"):
            tokens.read("secret", name, text)
    with pytest.raises(ValueError, match="was not made for"):
        tokens.read("another", "ann", found[0])
    with pytest.raises(ValueError, match="isn't a token"):
        tokens.read("secret", "ann", "L01")
    lesson_14.join("", "")
    lesson_14.play(lab, 1, SOLVERS[1], RIGHT[1][0])
    assert "Token" not in capsys.readouterr().out


def test_contestants_have_different_signers():
    names = [f"contestant {number}" for number in range(40)]
    found = [LEVELS[3].source(tokens.variant(tokens.kit("secret", name))) for name in names]
    assert len(set(found)) == 3
    assert tokens.variant("") == 0


def test_the_instructors_commands():
    def run(*arguments):
        command = [sys.executable, "-m", "helpers.flags.tokens", *arguments]
        return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)

    kits = run("kits", "secret", "ann", "bob").stdout.splitlines()
    assert kits[0] == f'flags.join("ann", "{tokens.kit("secret", "ann")}")' and len(kits) == 2
    good = tokens.token(tokens.kit("secret", "ann"), 3, "mend", 2)
    done = run("check", "secret", "ann", good, "L99")
    assert done.returncode == 1
    assert done.stdout == "ann: level 3, mend, 2 hint(s)\n" and "isn't a token" in done.stderr
    assert run("check").returncode == 2
