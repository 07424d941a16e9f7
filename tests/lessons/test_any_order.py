"""The last cell of a lesson leaves nothing behind, whatever was skipped, run twice or run alone.

The cells are run in this process, which is quick enough to leave out each cell in turn, at the
local S3 reached as `.env` names a real one: it is asked before and read afterwards.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from helpers import lab as lab_module
from helpers.settings import Settings
from tests.lessons.lesson import LESSONS, as_a_new_kernel, cells, text
from tests.lessons.test_real_account import state

CODE = {path: [text(cell) for cell in cells(path, "code")] for path in LESSONS}
# What makes something that has to go again, or the name of it. In CI each cell is left out once.
_MAKES = re.compile(r"will_make|put_bucket|Uploader\(|Page\(|Bench\(|scratch|\.keep\(")
EACH = bool(os.environ.get("CI"))
SKIPS = [
    pytest.param(path, number, id=f"{path.stem}-{number}")
    for path in LESSONS
    for number, code in enumerate(CODE[path][:-1])
    if EACH or _MAKES.search(code)
]

# Lessons in which a cell takes away what it needs: a policy, an object, an upload.
TAKES_AWAY: set[str] = set()

Run = Callable[[Iterable[str]], list[str]]


@pytest.fixture
def account(service, monkeypatch, tmp_path) -> Run:
    """Runs cells as a new kernel does that is connected to a real S3; returns what went wrong."""
    root = service.server.root
    settings = Settings(
        root.access_key, root.secret_key, service.bucket, service.region, None, service.endpoint
    )
    as_a_new_kernel(monkeypatch, settings, tmp_path, ["y"])

    def run(code: Iterable[str]) -> list[str]:
        monkeypatch.setattr(lab_module, "_current", None)
        names: dict[str, Any] = {"__name__": "__main__"}
        wrong = []
        for cell in code:
            with contextlib.redirect_stdout(io.StringIO()):
                try:
                    exec(compile(cell, "<cell>", "exec"), names)
                except Exception as problem:
                    wrong.append(f"{cell}\n-> {problem!r}")
        return wrong

    return run


def test_there_is_something_to_leave_out():
    assert len(SKIPS) >= 12


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_last_cell_right_after_the_first_and_alone(path, account, service):
    before = state(service)
    assert account([CODE[path][0], CODE[path][-1]]) == []
    assert account([CODE[path][-1]]) == []
    assert state(service) == before


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_cell_twice(path, account, service):
    before = state(service)
    wrong = account(cell for cell in CODE[path] for _ in range(2))
    assert wrong == [] or path.name[:2] in TAKES_AWAY
    assert CODE[path][-1] not in "".join(wrong)
    assert state(service) == before


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_last_cell_in_a_new_kernel(path, account, service):
    """As after a crash half-way: what was made is known from the disk alone."""
    before = state(service)
    middle = len(CODE[path]) * 3 // 4
    account(CODE[path][:middle])
    assert account([CODE[path][-1]]) == []
    assert state(service) == before


@pytest.mark.parametrize(("path", "number"), SKIPS)
def test_any_cell_left_out(path: Path, number: int, account, service):
    before = state(service)
    code = CODE[path]
    account([*code[:number], *code[number + 1 : -1]])
    assert account([code[-1]]) == [], "the last cell in a new kernel"
    account([*code[:number], *code[number + 1 : -1], code[-1]])
    assert state(service) == before
