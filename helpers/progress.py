"""What a learner has done: a small file next to the notebooks, ignored by git, free to delete."""

from __future__ import annotations

import json
import os
from pathlib import Path

from helpers.settings import PROJECT

# Tests set this, so that they neither read nor write what a learner has done.
VARIABLE = "S3_LESSONS_PROGRESS"
FILE = PROJECT / "notebooks" / ".progress.json"
OFF = "off"

# (lesson, exercise) of every check that has been imported.
_registered: set[tuple[str, int]] = set()


def register(lesson: str, number: int) -> None:
    """There is such an exercise."""
    _registered.add((lesson, number))


def record(lesson: str, number: int) -> None:
    """That exercise is done. A file that cannot be written loses the note and nothing else."""
    path = _path()
    if path is None:
        return
    done = {lesson: sorted(numbers) for lesson, numbers in load().items()}
    done[lesson] = sorted({*done.get(lesson, []), number})
    beside = path.with_suffix(f".{os.getpid()}")
    try:
        beside.write_text(json.dumps(done, sort_keys=True), encoding="utf-8")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)


def load() -> dict[str, set[int]]:
    """The exercises that are done, by lesson. A file that is no progress counts as none."""
    path = _path()
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path else {}
        return {str(lesson): {int(n) for n in numbers} for lesson, numbers in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _path() -> Path | None:
    chosen = os.environ.get(VARIABLE, "")
    if chosen == OFF:
        return None
    return Path(chosen) if chosen else FILE
