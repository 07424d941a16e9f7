"""Every exercise, in its lesson: untouched, solved, otherwise right, and wrong in several ways."""

from __future__ import annotations

import importlib
from itertools import pairwise

import pytest

from helpers.errors import LabError
from helpers.exercises.checking import NOT_DONE, PASSED
from helpers.exercises.progress import OFF, VARIABLE
from helpers.lab import connect
from tests.lessons.lesson import (
    LESSONS,
    Exercise,
    Here,
    cells,
    exercise_of,
    text,
    variation_of,
)


def _exercises(path) -> list[tuple[dict, Exercise | None]]:
    """Each code cell, with the exercise in it if there is one."""
    every = [*cells(path), None]
    return [(a, exercise_of(a, b)) for a, b in pairwise(every) if a["cell_type"] == "code"]


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_each_exercise_in_its_lesson(path, monkeypatch):
    monkeypatch.setenv(VARIABLE, OFF)
    found = _exercises(path)
    exercises = [exercise for _, exercise in found if exercise]
    if path.name.startswith("00-"):
        assert not exercises  # the map, and a first look
        return
    assert len(exercises) >= 2
    answers = importlib.import_module(f"tests.lessons.answers.lesson_{path.name[:2]}")
    names = [exercise.name for exercise in exercises]
    assert names == list(dict.fromkeys(names)) == list(answers.RIGHT) == list(answers.WRONG)
    variations = {v.name: v for cell, _ in found if (v := variation_of(cell))}
    tried = getattr(answers, "VARIATIONS", {})
    assert list(variations) == list(tried)
    running, lab = Here(), connect()
    lab.reset()
    for cell, exercise in found:
        if exercise:
            _try(running, exercise, answers.RIGHT[exercise.name], answers.WRONG[exercise.name])
        elif variation := variation_of(cell):
            _vary(running, variation, *tried[variation.name])
        else:
            running.run(text(cell))


def _said(running: Here, exercise: Exercise, answer: str) -> str:
    """What the check prints for an answer, as one line: where it is broken is not the point."""
    return " ".join(running.run(f"{answer}\n{exercise.check}").split())


def _vary(running: Here, variation: Exercise, right: list[str], wrong: list[tuple[str, str]]):
    """A variation is not done as it stands in the lesson, and its answers are judged."""
    assert right and wrong, variation.name
    as_it_stands = (variation.stub, "")
    for answer, hint in [as_it_stands, *wrong]:
        told = _said(running, variation, answer)
        assert told.startswith(NOT_DONE) and hint in told, (variation.name, answer, told)
    for answer in right:
        told = _said(running, variation, answer)
        assert told.startswith(PASSED), (variation.name, answer, told)


def _try(running: Here, exercise: Exercise, right: list[str], wrong: list[tuple[str, str]]):
    def said(answer: str) -> str:
        return _said(running, exercise, answer)

    assert said(exercise.stub).startswith(f"{NOT_DONE}replace the dots"), exercise.name
    assert len(wrong) >= 2, exercise.name
    for answer, hint in wrong:
        told = said(answer)
        assert told.startswith(NOT_DONE), (exercise.name, answer, told)
        assert hint in told, (exercise.name, answer, told)
    assert right, exercise.name
    # The solution comes last, so that the lesson goes on with it.
    for answer in [*right, exercise.solution]:
        assert said(answer).startswith(PASSED), (exercise.name, answer, said(answer))


def test_a_stopped_server_is_one_clear_message():
    lab = connect()
    lab.close()
    with pytest.raises(LabError, match=r"Run connect\(\) again"):
        lab.decisions()
    assert connect() is not lab
