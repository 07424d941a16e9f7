"""nbval, which proves the lessons: it compares, and what it compares is the same on any day."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from nbval.plugin import get_sanitize_patterns

from helpers.files import PROJECT
from helpers.setup.programs import SANITIZE
from strict_s3.redact import redact, show
from tests.lessons.lesson import LESSONS, NOTEBOOKS

FIRST = NOTEBOOKS / "00-start-here.ipynb"
CORS = NOTEBOOKS / "07-let-the-browser-in.ipynb"  # shows a value
PATTERNS = get_sanitize_patterns(Path(SANITIZE).read_text(encoding="utf-8"))
# Python imports this at its start, in the kernel and in its local S3: both live 40 days later.
LATER = """
import datetime, time

AHEAD = datetime.timedelta(days=40, hours=7)
real, time_of_day = datetime.datetime, time.time


class Kind(type):
    def __instancecheck__(cls, value):
        return isinstance(value, real)


class Later(real, metaclass=Kind):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + AHEAD

    @classmethod
    def utcnow(cls):
        return real.now(datetime.UTC).replace(tzinfo=None) + AHEAD


datetime.datetime = Later
time.time = lambda: time_of_day() + AHEAD.total_seconds()
"""


def nbval(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q"]
    command += [f"--nbval-sanitize-with={SANITIZE}", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return subprocess.run(
        [*command, *map(str, arguments)],
        cwd=PROJECT,
        env={**os.environ, "S3_LESSONS_PROGRESS": "off", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def sanitized(text: str) -> str:
    for pattern, replacement in PATTERNS:
        text = re.sub(pattern, replacement, text)
    return text


def _change_text(cell: dict) -> bool:
    for output in cell["outputs"]:
        if output["output_type"] == "display_data":
            text = "".join(output["data"]["text/plain"])
            output["data"]["text/plain"] = text.replace("Request has expired", "Request is fine")
            return "Request is fine" in output["data"]["text/plain"]
    return False


def _change_value(cell: dict) -> bool:
    for output in cell["outputs"]:
        shown = "".join(output.get("data", {}).get("text/plain", ""))
        if output["output_type"] == "execute_result" and shown.startswith("(200, "):
            output["data"]["text/plain"] = [shown.replace("200", "201", 1)]
            return True
    return False


def _raise(cell: dict) -> bool:
    if "clean_up" not in "".join(cell["source"]):
        return False
    cell["source"] = ["raise RuntimeError('broken')"]
    return True


@pytest.mark.parametrize(
    ("lesson", "change"), [(FIRST, _change_text), (CORS, _change_value), (FIRST, _raise)]
)
def test_nbval_notices_an_output_that_is_not_what_the_cell_gives(lesson, change, tmp_path):
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    changed = next(cell for cell in code if change(cell))
    # What comes after it has no part in this.
    del notebook["cells"][notebook["cells"].index(changed) + 1 :]
    copy = tmp_path / lesson.name
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    done = nbval(copy)
    assert done.returncode == 1, done.stdout
    assert re.search(r"\b1 failed", done.stdout), done.stdout


# A pytest for each half, not for each lesson: to start one takes as long as a lesson.
@pytest.mark.parametrize("lessons", [LESSONS[::2], LESSONS[1::2]], ids=["even", "odd"])
def test_the_lessons_are_the_same_forty_days_later(lessons, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(LATER, encoding="utf-8")
    found = os.pathsep.join([str(tmp_path), str(PROJECT)])
    done = nbval(*lessons, PYTHONPATH=found)
    assert done.returncode == 0, redact(done.stdout[-3000:])


def test_the_clock_of_that_test_really_differs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(LATER, encoding="utf-8")
    say = "import boto3, botocore.compat as c; print(c.get_current_datetime().isoformat())"
    told = subprocess.run(
        [sys.executable, "-c", say],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    then = datetime.fromisoformat(told.stdout.strip()).replace(tzinfo=UTC)
    assert timedelta(days=40) < then - datetime.now(UTC) < timedelta(days=41)


def day(service, days: float, path: str) -> str:
    """What lessons print, on a day: URLs, refusals, decisions, dates of several kinds."""
    service.server.command({"do": "clock", "offset": days * 86400})
    now = service.now()

    def sign(moment: datetime, method: str = "GET") -> str:
        return service.sign(method, path, now=moment)

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for url in (sign(now), sign(now - timedelta(hours=2)), sign(now + timedelta(hours=2))):
            print(redact(url))
            show(requests.get(url))
            for name, passed, detail in service.decision()["checks"]:
                print(name, passed, redact(detail))
        show(requests.put(sign(now)))
        print(now.isoformat(), now, now.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        print(now.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    return out.getvalue()


def test_the_sanitizer_makes_two_days_equal(service):
    path = f"/{service.bucket}/lesson-99/a.txt"
    service.put("lesson-99/a.txt")
    today, later = day(service, 0, path), day(service, 68.3, path)
    assert today != later
    assert sanitized(today) == sanitized(later)


def test_the_sanitizer_hides_nothing_else():
    kept = (
        "403 Forbidden <Code>AccessDenied</Code> X-Amz-Expires=1800 seven days, 604800 seconds "
        "lesson-09/20260101.txt 1800000 ms eu-west-2 ExpiresIn=31536000 Content-Length: 16"
    )
    assert sanitized(kept) == kept
