"""Decks made of the lessons: what becomes a slide, when it is due, and that nothing is loaded."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from helpers.errors import LabError
from helpers.files import PROJECT
from helpers.setup.slides import deck, guide, lesson
from helpers.setup.slides.lesson import Slide
from tests.lessons.lesson import LESSONS
from tests.secret_scan import secrets_in

BY_NUMBER = {path.name[:2]: path for path in LESSONS}
TEXT = guide.page()


def notebook(tmp_path, *cells: object):
    """A lesson of these cells: a text is Markdown, a pair is code with what it printed."""
    made = []
    for cell in cells:
        if isinstance(cell, str):
            made.append({"cell_type": "markdown", "source": [cell]})
        else:
            code, printed = cell
            outputs = [{"output_type": "stream", "name": "stdout", "text": [printed]}]
            made.append({"cell_type": "code", "source": [code], "outputs": outputs})
    path = tmp_path / "99-a-lesson.ipynb"
    path.write_text(json.dumps({"cells": made}), encoding="utf-8")
    return path


def test_a_question_its_output_and_why(tmp_path):
    path = notebook(
        tmp_path,
        "# A lesson\n\nIntroduction.",
        "## What then?\n\nSome context.\n\n**Predict:** 200 or 403?",
        ("get()", "403\n"),
        "Because.\n\nAnd so on, at length.\n\n```console\n$ curl\n```\n\n## Next\n\nText.",
        ("other()", "1\n"),
    )
    assert lesson.title(path) == "A lesson"
    question, answer = lesson.slides(path)
    body = "**Predict:** 200 or 403?\n\n```python\nget()\n```"
    assert question == Slide("What then?", "question", body, ("Some context.",))
    assert answer.kind == "answer"
    assert answer.body == "```text\n403\n```\n\nBecause.\n\nAnd so on, at length."
    assert answer.notes == ("```console\n$ curl\n```",)
    (told,) = lesson.slides(path, ("Next",))
    assert (told.kind, told.body) == ("told", "Text.")


def test_what_is_long_is_cut_and_the_rest_is_in_the_notes(tmp_path):
    long = "A first sentence. " + "Words " * 80
    path = notebook(
        tmp_path,
        "# A\n\n## B\n\n**Predict:** what?",
        ("a()\n" * 40, "x" * 200 + "\n" + "line\n" * 40),
        f"{long}\n\n**Your turn:** change it.",
    )
    question, answer = lesson.slides(path)
    for slide in (question, answer):
        lines = slide.body.splitlines()
        assert "more lines in the lesson)" in slide.body
        assert len(lines) <= lesson.MAX_LINES + 5
        assert max(map(len, lines)) <= lesson.MAX_COLUMNS
    assert answer.body.endswith("A first sentence.")
    assert answer.notes == (long.strip(),)


def test_pictures_and_what_is_live(tmp_path):
    path = notebook(
        tmp_path,
        "# A\n\n## B\n\n![what it shows, in words](images/share-with-get.svg)\n\n**Predict** it.",
        ("bench.panel()", "a text in its place"),
        "It showed that.",
    )
    picture, question = lesson.slides(path)
    assert picture.kind == "picture"
    assert question.body.endswith("*Live, in the lesson.*")
    assert question.notes == ("It showed that.",)
    made = deck.deck("A", [deck.Shown(picture, "0:10", "99 A")])
    assert 'src="data:image/svg+xml;base64,' in made


def test_what_leads_to_nothing_is_not_shown(tmp_path):
    table = "| a |\n|---|\n" + "| words and words |\n" * 60
    path = notebook(tmp_path, f"# A\n\n## B\n\nFirst.\n\nThis table:\n\n{table}")
    (told,) = lesson.slides(path, ("B",))
    assert (told.body, told.notes) == ("First.", ("This table:", table.rstrip()))


def test_a_question_without_code_and_a_card(tmp_path):
    told = "# A\n\n## B\n\nBefore.\n\n**Predict:** which?\n\n<details><summary>Ours</summary>"
    path = notebook(
        tmp_path, f"{told}\n\nThis.\n\n</details>", "## C\n\n**Predict:** how?", ("x()", "")
    )
    made = json.loads(path.read_text(encoding="utf-8"))
    card = {"text/markdown": ["---\n\nThe task.\n\n**It happened.** Somewhere."]}
    made["cells"][-1]["outputs"] = [{"output_type": "display_data", "data": card}]
    path.write_text(json.dumps(made), encoding="utf-8")
    assert lesson.slides(path) == [
        Slide("B", "question", "Before.\n\n**Predict:** which?"),
        Slide("B", "answer", "This."),
        Slide("C", "told", "The task.", ("**It happened.** Somewhere.",)),
        Slide("C", "question", "**Predict:** how?"),
    ]


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_every_prediction_of_a_lesson_is_asked(path):
    asked = 0
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        asked += len(lesson.PREDICT.findall("".join(cell["source"])))
    made = lesson.slides(path)
    questions = [slide for slide in made if slide.kind == "question"]
    assert len(questions) >= 2
    assert sum(len(lesson.PREDICT.findall(slide.body)) for slide in questions) == asked
    shown = deck.deck("A", deck.of_lesson(path, TEXT))
    assert secrets_in(shown) == []
    assert shown.count("<section ") > len(made)


@pytest.mark.parametrize("sheet", guide.SHEETS)
def test_a_run_sheet_is_a_deck(sheet):
    shown = deck.of_sheet(sheet, TEXT, BY_NUMBER)
    rows = guide.rows(sheet, TEXT)
    assert [one.due for one in shown if one.slide.kind == "row"] == [
        deck._clock(row.begins) for row in rows
    ]
    minutes = [60 * int(one.due.split(":")[0]) + int(one.due.split(":")[1]) for one in shown]
    assert minutes == sorted(minutes)
    headings = [one.slide.heading for one in shown]
    for row in rows:
        for _, named in row.shown:
            assert set(named) <= set(headings)
    kinds = {one.slide.kind for one in shown}
    assert {"row", "picture", "question", "vote", "answer", "told"} >= kinds >= {"row", "question"}
    for place, one in enumerate(shown):
        if one.slide.kind == "vote":
            assert shown[place + 1].slide.kind == "answer", "the vote, and then what happens"
            assert "Right: **" in one.slide.notes[0]
            assert "right" not in one.slide.body.lower()


def test_every_vote_has_its_place_in_a_lesson():
    for vote in guide.votes(TEXT):
        made = deck.of_lesson(BY_NUMBER[vote.lesson], TEXT)
        headings = [one.slide.heading for one in made]
        place = headings.index(f"Vote {vote.number}: {vote.title}")
        assert headings[place + 1] == vote.heading


def test_nothing_is_loaded_and_nothing_leads_away(tmp_path, capsys):
    assert deck.main([], tmp_path) == 0
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["half-day.html", "security.html", "web.html", "wrong-answers.html"]
    said = capsys.readouterr().out
    for path in tmp_path.iterdir():
        assert str(path) in said
        page = path.read_text(encoding="utf-8")
        assert "default-src 'none'" in page
        assert not re.search(r"<(?:link|script|img)[^>]*(?:src|href)=[\"'](?!data:)", page)
        assert not re.search(r"<a |@import|(?<!\w)url\(", page)
        assert len(page) < 2_000_000


def test_the_key_has_every_row_and_every_vote():
    page = deck.key(TEXT)
    assert page.count("<tr>") > len(guide.wrong_answers(TEXT)) + len(guide.votes(TEXT))
    assert len(guide.wrong_answers(TEXT)) == len(re.findall(r"^\| \d\d\.\d+ \|.*…", TEXT, re.M))
    assert "@page { size: A4" in page


def test_a_name_that_is_no_deck(tmp_path, capsys):
    assert deck.main(["web", "nonsense"], tmp_path) == 2
    error = capsys.readouterr().err
    assert error.startswith("nonsense: no such deck. There are web, security, half-day")
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("### Half a day", "### A day", "no heading “Half a day”"),
        ("“What happens in minute 31?”, “Can", "“What?”, “Can", "has no heading “What?”"),
        ("[04](04-share-with-get.ipynb)", "[44](44-none.ipynb)", "a lesson 44, which isn't there"),
        ("| **C** | the link answers 404", "| C | the link answers 404", "Vote 3 needs a lesson"),
    ],
)
def test_a_page_that_does_not_fit_says_where(before, after, sentence):
    assert before in TEXT
    with pytest.raises(LabError, match=re.escape(sentence)):
        deck.of_sheet("half-day", TEXT.replace(before, after), BY_NUMBER)


def test_the_command(tmp_path):
    command = [sys.executable, "-m", "helpers", "slides", "99"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "99: no such deck" in done.stderr
