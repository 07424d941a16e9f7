"""A lesson as the tests see it: its cells, its exercises, and a place to run them in."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from helpers import clean_up
from helpers import lab as lab_module
from helpers.exercises import lesson_14
from helpers.exercises.progress import OFF, VARIABLE
from helpers.flags.notes import Notes
from helpers.settings import Settings

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
_CHECK = re.compile(r"^(check_\w+)\(", re.M)
_VARIATION = re.compile(r"^(try_\w+)\(", re.M)
_SOLUTION = re.compile(r"<details><summary>Solution</summary>\s*```python\n(.*?)```", re.S)


def cells(path: Path, kind: str = "") -> list[dict[str, Any]]:
    """The cells of a notebook, all or those of a kind (``code``, ``markdown``)."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if kind in ("", cell["cell_type"])]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def fenced(path: Path, language: str) -> list[str]:
    """The blocks of a lesson's prose that are fenced as `language` (``js``, ``console``)."""
    prose = "\n".join(text(cell) for cell in cells(path, "markdown"))
    return re.findall(rf"^```{language}\n(.*?)^```$", prose, re.M | re.S)


@dataclass(frozen=True)
class Exercise:
    """A stub that the learner replaces, the call that checks it, and the printed solution."""

    name: str
    stub: str
    check: str
    solution: str


def exercise_of(cell: dict[str, Any], following: dict[str, Any] | None) -> Exercise | None:
    """The exercise in a code cell, with the solution in the cell after it."""
    code = text(cell)
    found = _CHECK.search(code)
    if cell["cell_type"] != "code" or not found:
        return None
    solution = _SOLUTION.search(text(following)) if following else None
    assert solution, f"{found[1]}: no <details><summary>Solution</summary> in the next cell"
    return Exercise(found[1], code[: found.start()], code[found.start() :], solution[1])


def variation_of(cell: dict[str, Any]) -> Exercise | None:
    """The variation in a code cell: code to change, and the call that checks it. No solution."""
    code = text(cell)
    found = _VARIATION.search(code)
    if cell["cell_type"] != "code" or not found:
        return None
    return Exercise(found[1], code[: found.start()], code[found.start() :], "")


class Here:
    """Runs cells in this process, which is quicker than a kernel; `show` prints as text."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def run(self, code: str) -> str:
        """Run code as a cell; returns what it printed."""
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, "<cell>", "exec"), self._names)
        return printed.getvalue()


def as_a_new_kernel(
    monkeypatch: pytest.MonkeyPatch, where: Settings, folder: Path, answers: list[str]
) -> None:
    """Have `connect` find the S3 `where` in `.env`, as a new kernel's first cell does.

    What lessons note on disk goes to `folder`; the last of `answers` is what they are told when
    they ask, and they wait for nothing.
    """
    monkeypatch.setenv(VARIABLE, OFF)
    monkeypatch.setattr(clean_up, "MADE", folder / "made.json")
    monkeypatch.setattr(lab_module, "load_settings", lambda: where)
    monkeypatch.setattr(lab_module, "_current", None)
    monkeypatch.setattr(lesson_14, "_notes", Notes())
    monkeypatch.setattr(lab_module.time, "sleep", lambda seconds: None)
    monkeypatch.setattr("builtins.input", lambda question: answers[-1])
