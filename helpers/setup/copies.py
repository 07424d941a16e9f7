"""Working copies of the lessons: what a learner opens, runs and writes in.

`notebooks/` holds the lessons with their outputs, which the tests compare. A learner predicts
before there is anything to see, so the copies in `work/` have none. They belong to the learner:
an update replaces a copy only while its cells are as they were handed out.

Standard library only, because it is used before there is an environment.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from helpers.errors import EnvironmentProblem
from helpers.files import FLAGS, PROGRESS, PROJECT, ROOM, WORK, read_notes, write_whole

NOTEBOOKS = PROJECT / "notebooks"
WITH_OUTPUTS = PROJECT / "work-with-outputs"  # as deep, for the links
# What each copy's cells were when it was handed out: {file name: fingerprint}.
HANDED_OUT = ".handed-out.json"
ALL = "all"
FIRST = "00-start-here.ipynb"
ARTICLE = "ARTICLE.md"  # which the first lesson links to
RUNBOOK = "RUNBOOK.html"  # which lesson 13 links to
EXAMPLES = "examples"  # to take along
_OWN = {"__pycache__", "node_modules", ".pytest_cache"}  # of a run, not of the project
WITH_FLAGS = "14"  # the lesson that keeps notes of its own


def prepare(with_outputs: bool = False) -> Path:
    """Make the copies that are missing and refresh those that nobody wrote in.

    Returns their folder: `work`, or `work-with-outputs`. Says which lessons are newer than a copy
    that was written in. Raises EnvironmentProblem if the folder cannot be written.
    """
    folder = WITH_OUTPUTS if with_outputs else WORK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handed_out = read_notes(folder / HANDED_OUT)
        for lesson in lessons():
            copy, new = folder / lesson.name, _copy_of(lesson, with_outputs)
            fresh, before = fingerprint(new), handed_out.get(lesson.name)
            now = _fingerprint_of(copy) if copy.exists() else before
            if now == fresh and copy.exists():
                handed_out[lesson.name] = fresh
            elif now == before:
                write_whole(copy, _text(new))
                handed_out[lesson.name] = fresh
            elif before != fresh:
                _say(
                    f"{lesson.name} has changed since you began to write in your copy, which is "
                    f"kept. For the new one: python3 -m helpers reset {lesson.name[:2]}"
                )
        _copy_examples(folder, handed_out)
        write_whole(folder / HANDED_OUT, json.dumps(handed_out, indent=1, sort_keys=True))
        shutil.copytree(NOTEBOOKS / "images", folder / "images", dirs_exist_ok=True)
        for name in (ARTICLE, RUNBOOK):
            shutil.copy(NOTEBOOKS / name, folder / name)
    except OSError as problem:
        raise EnvironmentProblem(
            f"The lessons' working copies cannot be made: {problem}. Make sure that you can write "
            f"in {folder} and that the disk has space, and start again."
        ) from problem
    return folder


def reset(names: list[str]) -> list[Path]:
    """Fresh copies of these lessons: their numbers ("06"), or "all". Returns the copies.

    A copy that was written in or run is kept beside the fresh one, as `06-….before-1.ipynb`. The
    lessons' exercises count as not done again. Raises EnvironmentProblem for a name that is no
    lesson's.
    """
    by_number = {path.name.partition("-")[0]: path for path in lessons()}
    chosen: list[Path] = []
    for name in names:
        if name == ALL:
            chosen += by_number.values()
        elif name and name.zfill(2) in by_number:
            chosen.append(by_number[name.zfill(2)])
        else:
            raise EnvironmentProblem(
                f"There is no lesson {name!r}. The lessons are {', '.join(by_number)}, or {ALL!r}."
            )
    made = []
    for lesson in dict.fromkeys(chosen):
        copy = WORK / lesson.name
        if copy.exists():
            if copy.read_bytes() == _text(_copy_of(lesson, False)).encode():
                copy.unlink()
            else:
                kept = _unused(copy)
                copy.rename(kept)
                _say(f"your copy is kept as {kept.relative_to(PROJECT)}")
        made.append(copy)
    prepare()
    _forget_progress({copy.name.partition("-")[0] for copy in made})
    if ALL in names:  # somebody else's turn
        PROGRESS.with_name(ROOM).unlink(missing_ok=True)
    return made


def lessons() -> list[Path]:
    """The lessons as they are published, in order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def fingerprint(notebook: dict[str, Any]) -> str:
    """Changes with the cells' kinds and texts, and not with outputs, counts or metadata."""
    cells = [[cell["cell_type"], "".join(cell["source"])] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def without_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook as it is before anything has run: no outputs, counts or widgets' states."""
    metadata = {name: value for name, value in notebook["metadata"].items() if name != "widgets"}
    cells = [
        {**cell, "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "metadata": metadata, "cells": cells}


def _copy_of(lesson: Path, with_outputs: bool) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(lesson.read_text(encoding="utf-8"))
    return notebook if with_outputs else without_outputs(notebook)


def _copy_examples(folder: Path, handed_out: dict[str, str]) -> None:
    """Likewise the examples' files: those that are missing, or that nobody wrote in."""
    for file in sorted((NOTEBOOKS / EXAMPLES).rglob("*")):
        name = file.relative_to(NOTEBOOKS)
        if file.is_dir() or not _OWN.isdisjoint(name.parts):
            continue
        new, copy = file.read_bytes(), folder / name
        if not copy.exists() or _digest(copy.read_bytes()) == handed_out.get(name.as_posix()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(new)
            handed_out[name.as_posix()] = _digest(new)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _fingerprint_of(copy: Path) -> str:
    """A copy's fingerprint; for a file that is no notebook any more, one that fits no lesson."""
    try:
        return fingerprint(json.loads(copy.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):
        return "written in"


def _forget_progress(numbers: set[str]) -> None:
    if WITH_FLAGS in numbers:
        PROGRESS.with_name(FLAGS).unlink(missing_ok=True)
    done = read_notes(PROGRESS)
    left = {lesson: exercises for lesson, exercises in done.items() if lesson not in numbers}
    if left != done:
        write_whole(PROGRESS, json.dumps(left, sort_keys=True))


def _unused(copy: Path) -> Path:
    number = 1
    while (kept := copy.with_suffix(f".before-{number}.ipynb")).exists():
        number += 1
    return kept


def _text(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":  # Binder and Codespaces, once the environment is there
    prepare()
