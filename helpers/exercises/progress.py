"""What a learner has done: a small file beside the working copies, free to delete."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
from contextlib import suppress
from pathlib import Path

from helpers.files import PROGRESS, PROJECT, read_notes, write_whole

# Tests set this, so that they neither read nor write what a learner has done.
VARIABLE = "S3_LESSONS_PROGRESS"
OFF = "off"
_IN_A_ROW = 6  # exercises that the table names one by one

# (lesson, exercise) of every check that has been imported.
_registered: set[tuple[str, int]] = set()


def register(lesson: str, number: int) -> None:
    """There is such an exercise."""
    _registered.add((lesson, number))


def note(name: str = "") -> Path | None:
    """Where progress is kept, or the file `name` beside it. None if it is switched off."""
    chosen = os.environ.get(VARIABLE, "")
    if chosen == OFF:
        return None
    path = Path(chosen) if chosen else PROGRESS
    return path.with_name(name) if name else path


def record(lesson: str, number: int) -> None:
    """That exercise is done. A file that cannot be written loses the note and nothing else."""
    path = note()
    if path is None:
        return
    done = {lesson: sorted(numbers) for lesson, numbers in load().items()}
    done[lesson] = sorted({*done.get(lesson, []), number})
    with suppress(OSError):
        write_whole(path, json.dumps(done, sort_keys=True))


def load() -> dict[str, set[int]]:
    """The exercises that are done, by lesson. A file that is no progress counts as none."""
    found = read_notes(note())
    try:
        return {lesson: {int(n) for n in numbers} for lesson, numbers in found.items()}
    except (ValueError, TypeError):
        return {}


def progress() -> None:
    """Print which exercises are done, a row a lesson."""
    print(table())


def table() -> str:
    """A row a lesson: which exercises are done. One sentence as long as none is."""
    done = load()
    every = every_exercise()
    rows = [
        (_name(lesson), [(n, n in done.get(lesson, ())) for n in sorted(numbers)])
        for lesson, numbers in sorted(every.items())
    ]
    count = sum(is_done for _, exercises in rows for _, is_done in exercises)
    if not count:
        return "No exercise is done yet. Each one that passes its check is noted here."
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:{width}}   {_in_words(found)}" for name, found in rows]
    total = sum(len(exercises) for _, exercises in rows)
    head = f"{'lesson':{width}}   exercises"
    rest = f"{count} of {total} done. To begin a lesson again: python3 -m helpers reset NN"
    return "\n".join(line.rstrip() for line in (head, *lines, "", rest))


def _in_words(exercises: list[tuple[int, bool]]) -> str:
    """The exercises of a lesson; the many levels of a contest as their number."""
    if len(exercises) > _IN_A_ROW:
        return f"{sum(is_done for _, is_done in exercises)} of {len(exercises)} levels done"
    return "   ".join(f"{n} {'done' if is_done else '-':4}" for n, is_done in exercises)


def every_exercise() -> dict[str, set[int]]:
    """The exercises' numbers by lesson, also of those that this notebook has not imported."""
    from helpers import exercises

    for module in pkgutil.iter_modules(exercises.__path__):
        if module.name.startswith("lesson_"):
            importlib.import_module(f"{exercises.__name__}.{module.name}")
    found: dict[str, set[int]] = {}
    for lesson, number in _registered:
        found.setdefault(lesson, set()).add(number)
    return found


def _name(lesson: str) -> str:
    found = sorted((PROJECT / "notebooks").glob(f"{lesson}-*.ipynb"))
    return found[0].stem.replace("-", " ") if found else lesson
