"""``python3 -m helpers site``, which runs in the site's own environment."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from helpers.errors import EnvironmentProblem
from helpers.setup import copies
from helpers.setup.environment import say
from helpers.setup.site import lite, pages

# Papers that are pages of the site, beside the lessons.
PAPERS = ("ARTICLE.md", "INSTRUCTOR.md")


def build(output: Path) -> int:
    """Write the site into `output`, in the place of an older site; returns its bytes.

    Nothing is half done: what was there stays until all has worked. Raises `EnvironmentProblem`
    and OSError.
    """
    # A file that only this site has: all that is there will be deleted.
    if output.exists() and not (output / "_static" / "why-worker.js").exists():
        raise EnvironmentProblem(
            f"{output} exists and isn't a site that this command has built. Name another folder, "
            "or remove it."
        )
    output.parent.mkdir(parents=True, exist_ok=True)  # if that fails, then before all the work
    lessons = copies.lessons()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        made = scratch / "site"
        say("making the pages to read")
        pages.build(made, scratch, lessons, [copies.NOTEBOOKS / paper for paper in PAPERS])
        say("making the lessons to run")
        lite.build(made / "lite", scratch, lessons)
        size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
        if output.exists():
            shutil.rmtree(output)
        shutil.move(made, output)
    return size


def main(folder: str) -> int:
    """Build into that folder; returns the exit status."""
    output = Path(folder).resolve()
    try:
        size = build(output)
    except EnvironmentProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"The site can't be written to {output}: {problem}", file=sys.stderr)
        return 1
    say(f"{output}: {size / 1e6:.0f} MB. It needs nothing else, and asks no other host.")
    say(f"to look at it: python3 -m http.server --bind 127.0.0.1 --directory {output} 8080")
    return 0
