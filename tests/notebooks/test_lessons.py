"""What every lesson must be: read as data, not run (nbval runs them)."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.notebooks.lesson import LESSONS, NOTEBOOKS, cells, text

SECTIONS = ("## What you'll learn", "## What you need", "## In practice", "## Recap")
MAX_LINES = 15
SECRETS = re.compile(
    r"X-Amz-Signature=[0-9a-f]{16}|\b[0-9a-f]{64}\b|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|X-Amz-Security-Token=\w|aws_secret_access_key"
)


def headings(path: Path) -> list[str]:
    prose = "\n".join(text(cell) for cell in cells(path, "markdown"))
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.M | re.S)
    return re.findall(r"^#+ .+$", prose, re.M)


def test_the_lessons_are_found():
    assert LESSONS[0].name == "00-start-here.ipynb"
    assert len(LESSONS) >= 2


@pytest.fixture(params=LESSONS, ids=[path.stem for path in LESSONS])
def lesson(request) -> Path:
    return request.param


def test_headings(lesson):
    found = headings(lesson)
    assert found[0].startswith("# ")
    levels = [len(line.partition(" ")[0]) for line in found]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for section in SECTIONS:
        assert section in found, section


def test_code_cells_are_short_executed_and_explained(lesson):
    notebook = json.loads(lesson.read_text(encoding="utf-8"))
    for before, cell in zip([None, *notebook["cells"]], notebook["cells"], strict=False):
        if cell["cell_type"] != "code":
            continue
        assert len(text(cell).splitlines()) <= MAX_LINES, text(cell)
        assert cell["execution_count"] is not None, text(cell)
        assert before is not None, text(cell)
        assert not any(output["output_type"] == "error" for output in cell["outputs"])


def test_no_secret_or_usable_url_is_stored(lesson):
    for cell in cells(lesson, "code"):
        stored = json.dumps(cell["outputs"]) + text(cell)
        assert not SECRETS.search(stored), SECRETS.search(stored)


def test_the_scan_finds_what_it_looks_for():
    for secret in (
        "X-Amz-Signature=" + "ab" * 32,
        "<SignatureProvided>" + "0" * 64,
        "AKIAIOSFODNN7EXAMPLE",
        "X-Amz-Security-Token=F",
    ):
        assert SECRETS.search(json.dumps(secret))
    assert not SECRETS.search("X-Amz-Signature=… AKIA…")


def test_pictures_have_alt_text_and_exist(lesson):
    for cell in cells(lesson, "markdown"):
        for alt, target in re.findall(r"!\[(.*?)\]\((.*?)\)", text(cell)):
            assert len(alt) > 20, target
            assert (NOTEBOOKS / target).is_file(), target


def test_internal_links_resolve(lesson):
    for cell in cells(lesson, "markdown"):
        for target in re.findall(r"\]\(([^)#:]+)\)", text(cell)):
            assert (NOTEBOOKS / target).exists(), target


def test_one_kernel_for_all(lesson):
    metadata = json.loads(lesson.read_text(encoding="utf-8"))["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["language_info"] == {"name": "python"}


def test_fine_print_has_its_date_and_source(lesson):
    prose = "\n".join(text(cell) for cell in cells(lesson, "markdown"))
    fine_print = prose.partition("## In practice")[2].partition("\n## ")[0]
    with_link = [line for line in fine_print.splitlines() if "https://" in line]
    assert with_link
    assert all(re.search(r"20\d\d", line) for line in with_link)
