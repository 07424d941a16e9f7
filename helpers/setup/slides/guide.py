"""What INSTRUCTOR.md says: run sheets, votes, and the table of wrong answers.

The page is the one place where an instructor plans. Change a run sheet there, and the slides
follow: a row shows the lessons it links to, and of each the headings that it names in “ ”.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import LabError
from helpers.files import PROJECT

PAGE = PROJECT / "notebooks" / "INSTRUCTOR.md"
SHEETS = {
    "web": "90 minutes for web developers",
    "security": "90 minutes for security people",
    "half-day": "Half a day",
}


@dataclass(frozen=True)
class Row:
    """A row of a run sheet. Times are in minutes; `shown` holds (lesson's number, headings)."""

    begins: int
    minutes: int
    what: str
    checkpoint: str
    cut: str
    shown: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Vote:
    """A question with answers by letter. `beliefs` is why somebody picks a wrong one.

    It belongs to the `place`-th prediction under a heading of a lesson.
    """

    number: int
    title: str
    lesson: str
    heading: str
    place: int
    question: str
    answers: dict[str, str]
    beliefs: dict[str, str]
    right: str


def page(path: Path = PAGE) -> str:
    return path.read_text(encoding="utf-8")


def rows(sheet: str, text: str) -> list[Row]:
    """The rows of a run sheet, such as "web". Raises `LabError` if the page has none."""
    section = _section(text, SHEETS[sheet])
    found = []
    for line in re.findall(r"^\| \d+:\d\d \|.*$", section, re.MULTILINE):
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        begins, minutes, what, checkpoint, cut = [*cells, "", ""][:5]
        hours, _, rest = begins.partition(":")
        due = 60 * int(hours) + int(rest)
        found.append(Row(due, int(minutes), what, checkpoint, cut, _shown(what)))
    if not found:
        raise LabError(f"INSTRUCTOR.md has no rows under “{SHEETS[sheet]}”.")
    return found


def _shown(what: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each lesson that is linked to, with the headings named until the next link."""
    pieces = re.split(r"\[(\d\d)\]\(\d\d-[^)]*\)", what)
    return tuple(
        (number, tuple(re.findall("“(.+?)”", text)))
        for number, text in zip(pieces[1::2], pieces[2::2], strict=True)
    )


def votes(text: str) -> list[Vote]:
    """The votes of the page, in order."""
    found = []
    for part in re.split(r"^#### Vote ", _section(text, "Ten votes"), flags=re.MULTILINE)[1:]:
        head, _, rest = part.partition("\n")
        number, _, title = head.partition(": ")
        question = rest.partition("\n|")[0].strip()
        where = re.match(r"\(\[(\d\d)\]\(\d\d-[^)]*\), “(.+?)”(?:, question (\d))?\)", question)
        lines = re.findall(r"^\| (\**)([A-D])\** \| (.*?) \| (.*?) \|$", rest, re.MULTILINE)
        right = [letter for stars, letter, _, _ in lines if stars]
        if where is None or len(right) != 1 or len(lines) < 3:
            raise LabError(f"Vote {number} needs a lesson, three answers, and one in bold.")
        found.append(
            Vote(
                int(number),
                title,
                where[1],
                where[2],
                int(where[3] or 1),
                question.replace(where[0], "").strip(),
                {letter: answer for _, letter, answer, _ in lines},
                {letter: belief for _, letter, _, belief in lines},
                right[0],
            )
        )
    return found


def wrong_answers(text: str) -> list[tuple[str, str, str, str]]:
    """(exercise, what was done, what is seen, what to ask) of each row of the table."""
    section = _section(text, "What people get wrong")
    return re.findall(r"^\| (\d\d\.\d+) \| (.*?) \| (.*?) \| (.*?) \|$", section, re.MULTILINE)


def _section(text: str, heading: str) -> str:
    """What is under a heading, up to the next of its level or above."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    if found is None:
        raise LabError(f"INSTRUCTOR.md has no heading “{heading}”.")
    rest = text[found.end() :]
    after = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: after.start()] if after else rest
