"""What every lesson must be: read as data, not run (nbval runs them)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from helpers.files import PROJECT
from tests.lessons.lesson import LESSONS, NOTEBOOKS, cells, exercise_of, text
from tests.secret_scan import secrets_in

_NAMES = """
00-start-here 01-private-by-default 02-set-up-iam 03-read-a-presigned-url 04-share-with-get
05-upload-with-put 06-upload-with-post 07-let-the-browser-in 08-the-upload-page 09-lock-it-down
10-sign-by-hand 11-sign-at-scale 12-take-it-to-work 13-when-a-link-has-leaked 14-capture-the-flag
"""
FIRST = NOTEBOOKS / "00-start-here.ipynb"
SECTIONS = ("## What you'll learn", "## What you need", "## In practice", "## Recap")
MAX_LINES = 15  # of a code cell
MAX_WORDS, MAX_CELLS = 1500, 20  # of a lesson: its prose, and its code cells
# Lessons of the first edition, which are longer.
TOO_LONG: set[str] = set()
PAPERS = [*sorted(PROJECT.glob("*.md")), PROJECT / "strict_s3" / "README.md"]
PAGES = [*PAPERS, *sorted(NOTEBOOKS.glob("*.md")), *LESSONS]
IGNORED = ("nbval-ignore-output", "nbval-skip", "nbval-raises-exception", "raises-exception")


def prose(path: Path, code_blocks: bool = False) -> str:
    """A page's Markdown; fenced blocks, which are not prose, only if asked for."""
    if path.suffix == ".md":
        whole = path.read_text(encoding="utf-8")
    else:
        whole = "\n\n".join(text(cell) for cell in cells(path, "markdown"))
    return whole if code_blocks else re.sub(r"^```.*?^```", "", whole, flags=re.M | re.S)


def words(path: Path) -> int:
    """How much there is to read: without code, pictures and the targets of links."""
    unread = r"!\[.*?\]\(\S*?\)|\]\(\S*?\)|<[^>]+>"
    seen = re.sub(unread, " ", prose(path), flags=re.S).split()
    return sum(1 for word in seen if re.search(r"\w", word))


def headings(path: Path) -> list[str]:
    return re.findall(r"^#+ .+$", prose(path), re.M)


def anchors(path: Path) -> set[str]:
    """The headings of a page as GitHub and JupyterLab name them in a link."""
    titles = [line.lstrip("#").strip() for line in headings(path)]
    github = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return github | {title.replace(" ", "-") for title in titles}


def images(markdown: str) -> list[tuple[str, str]]:
    """(alternative text, target) of every image, in Markdown or in HTML."""
    found = re.findall(r"!\[(.*?)\]\((\S*?)\)", markdown, re.S)
    for tag in re.findall(r"<img\b[^>]*>", markdown):
        of = dict(re.findall(r"(\w+)=\"(.*?)\"", tag))
        found.append((of.get("alt", ""), of.get("src", "")))
    return found


def links(markdown: str) -> list[str]:
    """Targets inside the project."""
    targets = re.findall(r"\]\(([^)\s]+)\)", markdown) + re.findall(r'href="(.*?)"', markdown)
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


@pytest.fixture(params=LESSONS, ids=[path.stem for path in LESSONS])
def lesson(request) -> Path:
    return request.param


@pytest.fixture(params=PAGES, ids=[path.stem for path in PAGES])
def page(request) -> Path:
    return request.param


def test_every_lesson_is_found_and_in_its_place():
    assert [path.stem for path in LESSONS] == [
        name for name in _NAMES.split() if (NOTEBOOKS / f"{name}.ipynb").exists()
    ]
    everywhere = {
        path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in str(path)
    }
    assert everywhere == set(LESSONS), "nbval and these tests look at notebooks/*.ipynb only"


@pytest.mark.parametrize("place", ["README.md", "notebooks/00-start-here.ipynb"])
def test_every_lesson_is_on_the_map(lesson, place):
    """With its number, its title and its minutes, which are those that the lesson names."""
    if place.endswith("ipynb") and lesson == FIRST:
        return
    target = f"notebooks/{lesson.name}" if place == "README.md" else lesson.name
    rows = re.findall(
        r"^\| \[(\d\d) [^\]]+\]\((\S+)\) \|.*\| *(\d+) \|$", prose(PROJECT / place), re.M
    )
    minutes = {where: (number, int(time)) for number, where, time in rows}
    own = re.search(r"\*\*Time:\*\*\D*(\d+) minutes", prose(lesson))
    assert own, "the lesson does not say how long it takes"
    assert minutes.get(target) == (lesson.name[:2], int(own[1]))


def test_each_lesson_leads_to_the_next():
    for lesson, following in pairwise(LESSONS):
        assert f"]({following.name})" in prose(lesson).partition("**Next:**")[2], lesson.name
    assert f"]({FIRST.name})" in prose(LESSONS[-1]).partition("**Back to:**")[2]


def test_headings(lesson):
    found = headings(lesson)
    assert found[0].startswith("# ")
    levels = [len(line.partition(" ")[0]) for line in found]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    places = [found.index(section) if section in found else None for section in SECTIONS]
    assert None not in places, dict(zip(SECTIONS, places, strict=True))
    assert places == sorted(places)
    whole = prose(lesson)
    for word in ("**Necessary:**", "**Helpful:**", "**Time:**"):
        assert word in whole.partition("## What you need")[2].partition("\n## ")[0], word
    assert "**Predict:**" in whole


def test_code_cells_are_short_executed_in_order_and_explained(lesson):
    every = cells(lesson)
    code = [cell for cell in every if cell["cell_type"] == "code"]
    for before, cell in pairwise([None, *every]):
        if cell["cell_type"] == "code":
            assert before is not None and before["cell_type"] == "markdown", text(cell)
            assert len(text(cell).splitlines()) <= MAX_LINES, text(cell)
            assert text(cell).strip(), "an empty cell"
    # Saved as one Run All from a fresh kernel leaves it.
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", text(cell)
            assert output.get("name") != "stderr", text(cell)
            assert output.get("execution_count", cell["execution_count"]) == cell["execution_count"]
    number = lesson.name.partition("-")[0]
    assert any(f'connect("{number}")' in text(cell) for cell in code[:-1])
    # It works alone, after a restart of the kernel too.
    last = f'from helpers import connect\n\nconnect("{number}").clean_up()'
    assert text(code[-1]) == last


def test_a_lesson_is_not_too_long(lesson):
    long = words(lesson) > MAX_WORDS or len(cells(lesson, "code")) > MAX_CELLS
    known = lesson.name[:2] in TOO_LONG
    assert long == known, (words(lesson), len(cells(lesson, "code")))


# Turns of phrase that have to be read twice. Each has a plain word that is always right.
HABITS = re.compile(
    r"\b(another one|mostly|go(?:es)? on with|that which|tak(?:e|es|ing) on a role"
    r"|what nobody|gives? up)\b",
    re.I,
)


def test_plain_english(page):
    if page not in PAPERS:
        assert HABITS.findall(prose(page)) == []


def test_plain_english_in_hints():
    hints = sorted((PROJECT / "helpers" / "exercises").glob("*.py"))
    assert hints
    for path in hints:
        assert HABITS.findall(path.read_text(encoding="utf-8")) == [], path.name


def test_what_counts_as_a_word(tmp_path):
    page = tmp_path / "page.md"
    shown = "# Two words\n\n![a picture](a.svg) [one](https://a.example/b) <b>two</b> | - `three`"
    page.write_text(f"{shown}\n\n```python\ncode = 1\n```\n", encoding="utf-8")
    assert words(page) == 5


def test_nothing_is_hidden_from_nbval_without_a_reason(lesson):
    for cell in cells(lesson, "code"):
        tags = cell["metadata"].get("tags", [])
        hidden = [tag for tag in tags if tag in IGNORED] + re.findall(r"NBVAL_\w+", text(cell))
        assert not hidden or len(cell["metadata"].get("reason", "")) > 20, (hidden, text(cell))
        assert "PYTEST_VALIDATE_IGNORE_OUTPUT" not in text(cell)


def test_enough_exercises(lesson):
    found = [exercise_of(a, b) for a, b in pairwise([*cells(lesson), None])]
    names = [exercise.name for exercise in found if exercise]
    assert len(names) >= (0 if lesson == FIRST else 2)
    assert len(re.findall(r"^## Exercise", prose(lesson), re.M)) == len(names)


def test_no_secret_or_usable_url_is_stored(lesson):
    for cell in cells(lesson):
        assert secrets_in(text(cell)) == []
        for output in cell.get("outputs", []):
            for value in output.get("data", {"text": output.get("text", "")}).values():
                said = value if isinstance(value, str) else json.dumps(value)
                said = "".join(value) if isinstance(value, list) else said
                assert secrets_in(said) == [], text(cell)


def test_pictures_have_alt_text_and_exist(page):
    for alt, target in images(prose(page)):
        assert len(alt) > 20, target
        assert (page.parent / target).is_file(), target


def test_every_picture_is_used_and_describes_itself():
    used = {Path(target).name for path in PAGES for _, target in images(prose(path))}
    pictures = [path for path in (NOTEBOOKS / "images").iterdir() if path.is_file()]
    assert {path.name for path in pictures} == used
    for path in pictures:
        if path.suffix == ".svg":
            drawing = path.read_text(encoding="utf-8")
            for part in ("<title", "<desc", 'role="img"', "viewBox="):
                assert part in drawing, (path.name, part)
            assert "<script" not in drawing and "@import" not in drawing
            width = re.search(r'<svg[^>]* width="(\d+)"', drawing)
            assert width and int(width[1]) <= 640, path.name
            assert not re.search(r'(?:href|src)="http', drawing), path.name


def test_internal_links_resolve(page):
    for target in links(prose(page)):
        file, _, anchor = target.partition("#")
        where = page.parent / file if file else page
        assert where.exists(), target
        assert not anchor or anchor in anchors(where), target


def test_one_form_for_all(lesson):
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    assert notebook["metadata"] == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags", "reason", "ceph"}, cell["metadata"]


def test_fine_print_has_its_date_and_source(lesson):
    """Each statement: a page and when it was read, or what it was tried with and when."""
    fine_print = prose(lesson).partition("## In practice")[2].partition("\n## ")[0]
    statements = re.findall(r"^- .*(?:\n  .*)*", fine_print, re.M)
    assert statements
    for statement in statements:
        assert re.search(r"\b20\d\d\b", statement), statement
        assert re.search(r"https://|\b[Tt]ried with\b|\b[Mm]easured\b", statement), statement


ARTICLE = NOTEBOOKS / "ARTICLE.md"
# Its headings, in their order.
OF_THE_ARTICLE = """
How can I allow users to access objects in S3?
So what are presigned URLs anyway?
How do I create a presigned URL then?
Generating the presigned URLs using the AWS JS SDK
Using the presigned URLs
So are there any drawbacks?
Presigned POST URLS
POST URL Parameters
How can I secure this further?
References
"""


def _rows(section: str) -> list[list[str]]:
    """The rows of a table of the page about the article, without its head."""
    table = prose(ARTICLE).partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return rows[1:]


def test_every_section_of_the_article_has_its_lesson():
    rows = _rows("Where each section is")
    found = [row[0].partition(" (")[0] for row in rows]
    wanted = OF_THE_ARTICLE.strip().splitlines()
    assert [heading for heading in found if heading in wanted] == wanted
    taught = set()
    for heading, lessons in rows:
        linked = re.findall(r"\[(\d\d)\]\((\d\d)-", lessons)
        assert linked or heading == "References", heading
        assert all(shown == where for shown, where in linked)
        taught |= {shown for shown, _ in linked}
    # 10 is how the signature is made; 13 and 14 are what the article does not expect.
    assert taught == {name[:2] for name in _NAMES.split()} - {"00", "10", "13", "14"}
    references = prose(ARTICLE).partition("## References")[2]
    for source in ("leonid.shevtsov.me/post/", "docs.aws.amazon.com/AWSJavaScriptSDK/"):
        assert source in references


def test_every_correction_of_the_article_has_its_source_and_its_lesson():
    rows = _rows("What has changed")
    assert len(rows) >= 20
    for says, today, lessons in rows:
        assert re.search(r"\b20[12]\d\b", today), says
        assert re.search(r"https://|\btried with\b|\bread in\b", today), says
        numbers = re.findall(r"\[?(\d\d)\b", re.sub(r"\(.*?\)", "", lessons))
        assert numbers and all(number in _NAMES.replace("-", " ").split() for number in numbers), (
            says
        )
        linked = re.findall(r"\[(\d\d)\]\((\d\d)-", lessons)
        assert all(shown == where for shown, where in linked), says


def _ruff(*arguments: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", "--extension=ipynb:ipynb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_cells_are_linted_and_formatted(tmp_path):
    lessons = [str(path) for path in LESSONS]
    for arguments in (["check"], ["format", "--check"]):
        done = _ruff(*arguments, *lessons)
        assert done.returncode == 0, done.stdout
    bad = tmp_path / "99-bad.ipynb"
    notebook = json.loads(FIRST.read_text(encoding="utf-8"))
    notebook["cells"][-1]["source"] = ["x = undefined\n", f"y = '{'y' * 80}'"]
    bad.write_text(json.dumps(notebook), encoding="utf-8")
    told = _ruff("check", f"--config={NOTEBOOKS / 'ruff.toml'}", str(bad)).stdout
    assert "F821" in told
    assert "E501" in told


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        ("![](images/share-with-get.svg)", test_pictures_have_alt_text_and_exist),
        (
            "![a picture that says what it shows](images/none.svg)",
            test_pictures_have_alt_text_and_exist,
        ),
        ('<img src="images/share-with-get.svg">', test_pictures_have_alt_text_and_exist),
        ("[a lesson](99-none.ipynb)", test_internal_links_resolve),
        ("[a part](#no-such-heading)", test_internal_links_resolve),
        ("# A second title", test_headings),
        ("Another one goes on with it.", test_plain_english),
        ("#### Too deep", test_headings),
        ("key: AKIA" + "Z7" * 8, test_no_secret_or_usable_url_is_stored),
    ],
)
def test_a_broken_page_is_noticed(broken, problem, tmp_path):
    shutil.copytree(NOTEBOOKS, tmp_path, dirs_exist_ok=True)
    copy = tmp_path / FIRST.name
    problem(copy)
    notebook = json.loads(copy.read_text(encoding="utf-8"))
    last = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"][-1]
    last["source"] = [*last["source"], "\n", "\n", f"{broken}\n"]
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    with pytest.raises(AssertionError):
        problem(copy)
