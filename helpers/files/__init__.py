"""Where the project and a learner's notes are, and how a file is written: whole or not at all.

Standard library only: the commands need it before there is an environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# The working copies. In a browser, where JupyterLite keeps a reader's files.
WORK = Path("/drive/work") if sys.platform == "emscripten" else PROJECT / "work"
# The learner's notes beside them, all free to delete:
PROGRESS = WORK / ".progress.json"  # which exercises are done
ROOM = ".room.json"  # the instructor's board that the last person joined
FLAGS = ".flags.json"  # what was captured in lesson 14
MADE = WORK / ".made.json"  # what a lesson has made on a real S3 and not removed yet


def read_notes(path: Path | None) -> dict[str, Any]:
    """The JSON object in a file; empty for no file, and for one that holds none."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to, which takes its place once everything is written.

    A full disk, or an error in between, leaves what was there. Raises OSError.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8, and make its folder. All of it or nothing. Raises OSError."""
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
