"""The same cells on another S3: each lesson is run against Ceph's gateway, as `.env` names one.

Compared with what the lesson stores are statuses, error codes and all else that is printed, but
neither the sentences of errors, which are each engine's own, nor names that cannot be the same: the
endpoint and the key. A cell that Ceph answers in another way says so in its metadata:
"ceph" is the reason. A reason that begins with ENDS means that the rest cannot be run there.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest

from helpers.settings import Settings
from tests.engines.table import Target
from tests.lessons.lesson import LESSONS, as_a_new_kernel, cells, text
from tests.lessons.test_nbval import sanitized

pytestmark = pytest.mark.engine
BUCKET, REGION = "presignedurldemo", "eu-west-2"  # as in the stored outputs
ENDS = "Ends here: "
# Only the local S3 has a clock to move and tells its decisions.
_LOCAL = re.compile(r"lab\.(local|why|later|decisions|server|at)\b")
# An error's elements other than its code, and what a lesson says of where it is.
_OWN = re.compile(
    r"^\s*<(?!Code>|/?Error>)[\w-]+/?>.*\n?|^\s+\S.*</(?!Code|Error)[\w-]+>\n?"
    r"|^At http.*\n|^Its last cell.*\n|^Connected to (?:.*\n){3}|^Requests may cost money\.\n",
    re.M,
)
_NAMES = [
    (re.compile(r"(?:AKIA…|ASIA…|[A-Z0-9]{20})(?:%2F|/)(?:DAY|\d{8})"), "KEY/DAY"),
    (re.compile(r"\b[A-Z0-9]{4}…[A-Z0-9]{0,4}"), "KEY"),
]


def comparable(printed: str) -> str:
    """What both engines have to agree on."""
    found = _OWN.sub("", sanitized(printed))
    for pattern, name in _NAMES:
        found = pattern.sub(name, found)
    return "\n".join(line.strip() for line in found.splitlines() if line.strip())


def stored(cell: dict[str, Any]) -> str:
    """What a cell printed and displayed when the lesson was saved."""
    parts = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            parts.append("".join(output["text"]))
        elif output["output_type"] == "display_data":
            parts.append("".join(output["data"]["text/plain"]) + "\n")
    return "".join(parts)


@pytest.fixture
def run(ceph: Target, monkeypatch, tmp_path) -> Callable[[str], str]:
    """Runs a cell in a kernel's place; returns what it printed, or the exception as a line."""
    where = Settings(ceph.access_key, ceph.secret_key, BUCKET, REGION, endpoint_url=ceph.endpoint)
    as_a_new_kernel(monkeypatch, where, tmp_path, ["y"])
    ceph.s3.create_bucket(Bucket=BUCKET)
    names: dict[str, Any] = {"__name__": "__main__"}

    def run_cell(code: str) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(code, "<cell>", "exec"), names)
            except Exception as problem:
                print(f"{type(problem).__name__}: {problem}")
        return printed.getvalue()

    return run_cell


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_on_ceph(path: Path, run, ceph):
    wrong = []
    code = cells(path, "code")
    for number, cell in enumerate(code[:-1]):
        reason = cell["metadata"].get("ceph", "")
        got, wanted = comparable(run(text(cell))), comparable(stored(cell))
        if reason.startswith(ENDS):
            assert got != wanted, f"cell {number} works on Ceph: take its reason away"
            break
        if _LOCAL.search(text(cell)):
            continue
        if (got != wanted) is not bool(reason):
            told = "\n".join(unified_diff(wanted.splitlines(), got.splitlines(), lineterm="", n=0))
            wrong.append(f"cell {number} ({cell['id']}), {reason or 'no reason'}:\n{told}")
    assert not run(text(code[-1])).startswith(("LabError", "ClientError"))
    assert not wrong, "\n".join(wrong)
    left = ceph.s3.list_objects_v2(Bucket=BUCKET, Prefix="lesson-").get("KeyCount")
    assert left == 0
