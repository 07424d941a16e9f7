"""The corpus of pastes: what has to be said is said, nothing false is, and no secret is shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from strict_s3.errors import InspectError
from strict_s3.explainer import inspect_text
from tests.strict_s3.explainer.corpus import NOW, SECRETS, Case, cases

CASES = cases()


def said_of(paste: str) -> tuple[bool | None, str]:
    """Is there a fault (None: it can't be read), and all that is said in one line."""
    try:
        report = inspect_text(paste, now=NOW)
    except InspectError as problem:
        return None, str(problem)
    for text in (report.full(), repr(report.as_dict())):
        assert not any(secret in text for secret in SECRETS)
    return report.verdict.fault, " ".join(str(report).split())


def found(patterns: tuple[str, ...], text: str) -> set[str]:
    return {pattern for pattern in patterns if re.search(pattern, text, re.IGNORECASE)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_paste(case: Case) -> None:
    fault, text = said_of(case.paste)
    assert set(case.says) - found(case.says, text) == set(), text
    assert found(case.never, text) == set(), text
    if case.fault is not None:
        assert fault is case.fault, text
    assert not any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("case", [c for c in CASES if c.twin], ids=lambda case: case.id)
def test_the_same_paste_without_the_fault(case: Case) -> None:
    fault, text = said_of(case.twin)
    assert not fault, text
    assert found(case.twin_never, text) == set(), text


def test_the_corpus_is_large_and_sourced() -> None:
    assert len(CASES) >= 200
    assert len({case.id for case in CASES}) == len(CASES)
    assert len({case.paste for case in CASES}) >= len(CASES) - 3
    assert all(urlsplit(case.source).scheme == "https" for case in CASES)
    with_twin = {case.kind for case in CASES if case.twin}
    assert with_twin >= {"damaged", "time", "host", "facts", "command", "form", "document"}
