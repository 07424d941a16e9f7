"""Slides of one lesson, by rule: a picture, then question -> output -> why for each prediction.

A question is a code cell with **Predict:** in the text before it. The paragraph that asks and the
code are a slide; the output and the first words of the explanation are the next. What else the
lesson says there is for the speaker's notes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

MAX_WORDS = 55  # of an explanation on a slide: the rest is in the notes
MAX_LINES, MAX_COLUMNS = 16, 96  # of code or output
PREDICT = re.compile(r"\*\*Predict:?\*\*")
# What a cell shows that has only a text in its place when it is saved.
_LIVE = re.compile(r"(\.panel\(\)|(Form|Inspector)\(.*\)|^uploader)\Z", re.MULTILINE)


@dataclass(frozen=True)
class Slide:
    """One slide: `body` and `notes` are Markdown, `kind` is a class in the style sheet."""

    heading: str
    kind: str
    body: str
    notes: tuple[str, ...] = ()


@dataclass
class Section:
    """What is under one heading of a lesson, in pieces: ("text", Markdown) or ("code", cell)."""

    heading: str
    pieces: list[tuple[str, Any]] = field(default_factory=list)


def title(path: Path) -> str:
    """The lesson's own title."""
    return _sections(path)[0].heading


def headings(path: Path) -> list[str]:
    return [section.heading for section in _sections(path)]


def slides(path: Path, only: tuple[str, ...] = ()) -> list[Slide]:
    """The slides of the sections that are named, or of all that ask or show something."""
    found = []
    for section in _sections(path):
        if not only or section.heading in only:
            made = _of(section)
            told = _told(section)
            if only and (not made or (len(made) == 1 and told.body.startswith("|"))):
                made.append(told)
            found += made
    return found


def _sections(path: Path) -> list[Section]:
    """What is under each heading, in order. The first is the lesson's title."""
    found: list[Section] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found[-1].pieces.append(("code", cell))
            continue
        for block in _blocks(source):
            if heading := re.match(r"#+ (.+)", block):
                found.append(Section(heading[1]))
            else:
                found[-1].pieces.append(("text", block))
    return found


def _blocks(markdown: str) -> list[str]:
    """Paragraphs, lists, tables and fenced code, each whole; without HTML comments."""
    found: list[str] = []
    fenced = False
    for block in re.split(r"\n\s*\n", markdown.strip()):
        if fenced:
            found[-1] += f"\n\n{block}"
        else:
            found.append(block)
        fenced ^= len(re.findall(r"^```", block, re.MULTILINE)) % 2 == 1
    return [block.rstrip() for block in found if block]


def _of(section: Section) -> list[Slide]:
    """Its pictures, and its predictions with their answers."""
    made: list[Slide] = []
    before: list[str] = []
    answered = False
    for kind, piece in section.pieces:
        if kind == "text":
            if _is_picture(piece):
                made.append(Slide(section.heading, "picture", piece))
                answered = False
            elif answered and not PREDICT.search(piece):
                made[-1] = _explained(made[-1], piece)
            else:
                before.append(piece)
                answered = False
            continue
        asked = [block for block in before if PREDICT.search(block)]
        answered = bool(asked)
        if asked:
            source = "".join(piece["source"])
            notes = tuple(block for block in before if block not in asked)
            card = _card(piece)
            body = "\n\n".join([*asked, *([] if card else [_fenced(source, "python")])])
            if _LIVE.search(source):
                body += "\n\n*Live, in the lesson.*"
            if card:
                made.append(Slide(section.heading, "told", card[0], card[1:]))
            made.append(Slide(section.heading, "question", body, notes))
            if not (card or _LIVE.search(source)):
                made.append(Slide(section.heading, "answer", _output(piece)))
        before = []
    if any(map(PREDICT.search, before)):  # without code: what follows is the answer
        place = next(n for n, block in enumerate(before) if PREDICT.search(block)) + 1
        made.append(Slide(section.heading, "question", "\n\n".join(before[:place])))
        if after := [block for block in before[place:] if not re.match("</?details", block)]:
            made.append(Slide(section.heading, "answer", "\n\n".join(after)))
    return made


def _told(section: Section) -> Slide:
    """A section that asks nothing: its first words, list, table or task."""
    texts = [text for kind, text in section.pieces if kind == "text" and not _is_picture(text)]
    code = [piece for kind, piece in section.pieces if kind == "code"][:1]
    shown: list[str] = []
    for text in texts:
        if (shown and _words([*shown, text]) > 2 * MAX_WORDS) or "<details>" in text:
            break
        shown.append(text)
    if len(shown) > 1 and shown[-1].endswith(":"):  # what it leads to isn't shown
        shown.pop()
    notes = tuple(texts[len(shown) :])
    if "Exercise" in section.heading:
        shown += [_fenced("".join(cell["source"]), "python") for cell in code]
    return Slide(section.heading, "told", "\n\n".join(shown), notes)


def _explained(slide: Slide, text: str) -> Slide:
    """The answer with the next block of its explanation: on the slide while there is room."""
    if text.startswith("**Your turn:**"):
        return slide
    if text.endswith(":"):  # what it leads to isn't shown
        text = text[: text.rfind(". ") + 1]
    told = slide.body.rpartition("```")[2]
    if slide.kind == "answer" and not slide.notes and text and "```" not in text:
        if _words([told, text]) <= MAX_WORDS:
            return replace(slide, body=f"{slide.body}\n\n{text}")
        if not told.strip() and "|" not in text:
            first = re.split(r"(?<=[.:]) (?=[A-Z“`*])", text.replace("\n", " "))[0]
            if _words([first]) <= MAX_WORDS:
                return replace(slide, body=f"{slide.body}\n\n{first}", notes=(text,))
    return replace(slide, notes=(*slide.notes, text)) if text else slide


def _card(cell: dict[str, Any]) -> tuple[str, ...]:
    """A card that a cell shows as Markdown, such as a level's: the task, then what else it says."""
    for output in cell["outputs"]:
        text = "".join(output.get("data", {}).get("text/markdown", []))
        if text:
            task, mark, rest = text.lstrip("-\n").partition("**It happened.**")
            return (task.strip(), f"{mark}{rest}".strip()) if rest else (task.strip(),)
    return ()


def _output(cell: dict[str, Any]) -> str:
    """What a cell printed and showed, as text in a fence; "" if that is nothing."""
    texts = []
    for output in cell["outputs"]:
        shown = output.get("text") or output.get("data", {}).get("text/plain", [])
        texts.append("".join(shown).rstrip("\n"))
    return _fenced("\n".join(text for text in texts if text), "text")


def _fenced(text: str, language: str) -> str:
    """A block of code; what is too long for a slide ends with a word about the rest."""
    if not text:
        return ""
    lines: list[str] = []
    for line in text.splitlines():
        line = line if len(line) <= MAX_COLUMNS else f"{line[: MAX_COLUMNS - 1]}…"
        lines.append(line)
    if len(lines) > MAX_LINES:
        left = len(lines) - MAX_LINES + 1
        lines = [*lines[: MAX_LINES - 1], f"… ({left} more lines in the lesson)"]
    return "\n".join([f"```{language}", *lines, "```"])


def _is_picture(block: str) -> bool:
    return bool(re.match(r"!\[|<img\b|<p[^>]*>\s*<img\b", block))


def _words(blocks: list[str]) -> int:
    return len(" ".join(blocks).split())
