"""A proof as text: one line for each row, more for those that are not as expected."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ..redact import redact
from .results import CANNOT_TELL

if TYPE_CHECKING:
    from .results import Proof, Result

WIDTH = 98  # columns
_MARKS = {True: "✓", False: "✗"}


def report(proof: Proof, quiet: bool = False) -> str:
    """The verdict first, then every row, then what is not proved.

    If it is `quiet`, only the rows that are not as expected follow the verdict.
    """
    wrong = sum(not result.passed for result in proof)
    count = f"{len(proof)} row{'s' if len(proof) != 1 else ''}"
    unsure = sum(result.said == CANNOT_TELL for result in proof)
    counts = (f"{wrong - unsure} not as expected", f"{unsure} can't be told")
    said = [text for text in counts if not text.startswith("0 ")]
    verdict = ", ".join(said) or "all as expected"
    lines = [f"{proof.table}: {count}, {verdict}"]
    who = ""
    for result in proof:
        if quiet and result.passed:
            continue
        if result.identity != who:
            who = result.identity
            lines += ["", f"  {who}"]
        lines += _row(result)
    if proof.notes and not quiet:
        lines += ["", "  not proved here"]
        for note in proof.notes:
            lines += _wrapped(f"    ! {note}", 6)
    return redact("\n".join(lines))


def _row(result: Result) -> list[str]:
    said = result.said if result.passed else f"{result.said} (expected {result.expected})"
    mark = "?" if result.said == CANNOT_TELL else _MARKS[result.passed]
    lines = _wrapped(f"    {mark} {result.request}: {said}", 6)
    decided = result.decided
    if result.passed and decided.startswith("Nothing allows "):
        decided = decided.partition(": statement ")[0]  # why each did not match is for a fault
    return lines + _wrapped(f"      {decided}", 6)


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
