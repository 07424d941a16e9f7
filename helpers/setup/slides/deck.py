"""Decks as files that need nothing else: no network, no server, no other file beside them."""

from __future__ import annotations

import base64
import html
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbconvert.filters import markdown2html

from helpers.errors import LabError
from helpers.files import PROJECT
from helpers.setup.slides import guide, lesson
from helpers.setup.slides.lesson import Slide

NOTEBOOKS = PROJECT / "notebooks"
FOLDER = PROJECT / "slides"
KEY = "wrong-answers"
_REVEALS = ("answer", "told")
_STATIC = Path(__file__).parent / "static"
_KINDS = {".svg": "image/svg+xml", ".png": "image/png"}
_KEYS = "→ or space: next · ←: back · T: light or dark · S: speaker's notes · F: full screen"
# Nothing is loaded from anywhere; what runs is in the file.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
{script}
</body>
</html>
"""


@dataclass(frozen=True)
class Shown:
    """A slide in a deck: when it is due ("0:23", or "" without a run sheet), and whose it is."""

    slide: Slide
    due: str
    footer: str


def main(names: list[str], folder: Path = FOLDER) -> int:
    """``helpers slides``: write the decks that are named, or all; returns the exit status."""
    names = names or [*guide.SHEETS, KEY]
    lessons = {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    if unknown := [name for name in names if name not in (*guide.SHEETS, *lessons, KEY)]:
        known = ", ".join([*guide.SHEETS, KEY])
        print(
            f"{unknown[0]}: no such deck. There are {known}, and lessons by number, such as 04.",
            file=sys.stderr,
        )
        return 2
    try:
        text = guide.page()
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            if name == KEY:
                made = key(text)
            elif name in guide.SHEETS:
                made = deck(guide.SHEETS[name], of_sheet(name, text, lessons))
            else:
                made = deck(lesson.title(lessons[name]), of_lesson(lessons[name], text))
            path = folder / f"{name}.html"
            path.write_text(made, encoding="utf-8")
            print(f"{path}")
    except (LabError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Open them in a browser. {_KEYS}. They can be printed.")
    return 0


def of_lesson(path: Path, text: str) -> list[Shown]:
    """All slides of a lesson."""
    name = f"{path.name[:2]} {lesson.title(path)}"
    return [Shown(slide, "", name) for slide in _with_votes(path, (), text)]


def of_sheet(sheet: str, text: str, lessons: dict[str, Path]) -> list[Shown]:
    """The slides of a run sheet, row by row. Raises `LabError` for a heading that isn't there."""
    found = []
    for row in guide.rows(sheet, text):
        # Which headings are shown is not for the screen: they follow.
        plan = re.sub(r":?\s*“[^”]*”(, “[^”]*”)*", "", row.what)
        for number, _ in row.shown:
            named = f"**{number} {lesson.title(lessons[number])}**" if number in lessons else number
            plan = re.sub(rf"\[{number}\]\([^)]*\)", named, plan, count=1)
        body = [plan, f"{row.minutes} minutes"]
        notes = [f"**Checkpoint:** {row.checkpoint}"] if row.checkpoint else []
        notes += [f"**If you are late, cut:** {row.cut}"] if row.cut else []
        made = [(Slide(_clock(row.begins), "row", "\n\n".join(body), tuple(notes)), "")]
        for number, headings in row.shown:
            path = lessons.get(number)
            if path is None:
                raise LabError(f"INSTRUCTOR.md shows a lesson {number}, which isn't there.")
            if missing := set(headings) - set(lesson.headings(path)):
                raise LabError(f"{path.name} has no heading “{min(missing)}”.")
            name = f"{number} {lesson.title(path)}"
            if headings:
                made += [(slide, name) for slide in _with_votes(path, headings, text)]
        for place, (slide, name) in enumerate(made):
            due = _clock(row.begins + row.minutes * place // len(made))
            found.append(Shown(slide, due, name))
    return found


def _with_votes(path: Path, headings: tuple[str, ...], text: str) -> Iterator[Slide]:
    """A lesson's slides, and before the answer to a question that has a vote, the vote."""
    votes = {(v.heading, v.place): v for v in guide.votes(text) if v.lesson == path.name[:2]}
    asked: Counter[str] = Counter()
    for slide in lesson.slides(path, headings):
        asked[slide.heading] += slide.kind in _REVEALS
        if slide.kind in _REVEALS and (vote := votes.get((slide.heading, asked[slide.heading]))):
            beliefs = "\n".join(f"- {k}: {v}" for k, v in vote.beliefs.items())
            answers = "\n".join(f"- **{k}** {v}" for k, v in vote.answers.items())
            notes = (f"Right: **{vote.right}**.", beliefs)
            title = f"Vote {vote.number}: {vote.title}"
            yield Slide(title, "vote", f"{vote.question}\n\n{answers}", notes)
        yield slide


def deck(title: str, shown: list[Shown]) -> str:
    """The file: every slide, the notes, and the script that turns the pages."""
    first = Slide("S3 presigned URLs, hands-on", "first", title, (_KEYS,))
    every = [Shown(first, shown[0].due if shown else "", ""), *shown]
    body = "\n".join(_section(one, place) for place, one in enumerate(every, 1))
    script = f"<script>{_static('deck.js')}</script>"
    return _PAGE.format(
        title=html.escape(title), style=_static("deck.css"), body=body, script=script
    )


def key(text: str) -> str:
    """The table of wrong answers, and the votes' right ones, to print on A4."""
    parts = ["<h1>What people get wrong</h1>", "<p>Ask, rather than tell.</p>"]
    head = "".join(
        f"<th>{name}</th>" for name in ("", "What they did", "What they see", "What to ask")
    )
    last = ""
    for exercise, *cells in guide.wrong_answers(text):
        number = exercise[:2]
        if number != last:
            parts += ["</tbody></table>"] if last else []
            path = next(iter(sorted(NOTEBOOKS.glob(f"{number}-*.ipynb"))))
            parts.append(f"<h2>{number} {html.escape(lesson.title(path))}</h2>")
            parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>")
            last = number
        columns = "".join(f"<td>{_inline(cell)}</td>" for cell in cells)
        parts.append(f"<tr><th>{exercise}</th>{columns}</tr>")
    parts.append("</tbody></table><h2>The votes</h2><table><tbody>")
    for vote in guide.votes(text):
        answer = _inline(vote.answers[vote.right])
        parts.append(
            f"<tr><th>{vote.number}</th><td>{_inline(vote.title)}</td>"
            f"<td>{vote.right}: {answer}</td></tr>"
        )
    parts.append("</tbody></table>")
    style = _static("key.css")
    return _PAGE.format(title="Key", style=style, body="\n".join(parts), script="")


def _section(shown: Shown, place: int) -> str:
    slide = shown.slide
    notes = "".join(_rendered(note) for note in slide.notes)
    due = f"<p class='due'>{shown.due}</p>" if shown.due else ""
    return (
        f"<section class='slide {slide.kind}' id='{place}'><h2>{_inline(slide.heading)}</h2>"
        f"<div class='body'>{_rendered(slide.body)}</div>"
        f"<footer>{html.escape(shown.footer)}</footer>"
        f"<aside>{due}{notes}</aside></section>"
    )


def _rendered(markdown: str) -> str:
    """HTML without links, which lead nowhere from here, and with the pictures in it."""
    made = re.sub(r"</?a\b[^>]*>|<a class=.*?</a>", "", str(markdown2html(markdown)))

    def inside(found: re.Match[str]) -> str:
        path = NOTEBOOKS / found[1]
        data = base64.b64encode(path.read_bytes()).decode()
        return f'src="data:{_KINDS[path.suffix]};base64,{data}"'

    return re.sub(r'src="([^":]+)"', inside, made)


def _inline(markdown: str) -> str:
    return re.sub(r"^<p>|</p>$", "", _rendered(markdown).strip())


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")
