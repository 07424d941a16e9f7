"""The verdict: what is wrong, in the order in which it matters, or that nothing is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was found. A `fault` makes a request fail; anything else is worth knowing.

    `what` is a sentence or two; `why` and `fix` are "" where `what` says it all.
    """

    what: str
    fault: bool = False
    why: str = ""
    fix: str = ""

    @property
    def text(self) -> str:
        """All of it in one paragraph."""
        return " ".join(filter(None, (self.what, self.why, self.fix)))


@dataclass(frozen=True)
class Verdict:
    """What a report says first. `fault` is False if nothing is wrong."""

    what: str
    why: str = ""
    fix: str = ""
    fault: bool = False


NO_VERDICT = Verdict("")


def fault(what: str, why: str = "", fix: str = "") -> Finding:
    """Something that makes the request fail."""
    return Finding(what, True, why, fix)


def note(what: str) -> Finding:
    """Something that is worth knowing."""
    return Finding(what)


def decide(findings: Iterable[Finding], otherwise: str) -> tuple[Verdict, tuple[Finding, ...]]:
    """The verdict, and the findings that are left to tell: first what is wrong too."""
    ordered = sorted(findings, key=lambda each: not each.fault)
    if ordered and ordered[0].fault:
        first, *rest = ordered
        return Verdict(first.what, first.why, first.fix, True), tuple(rest)
    return Verdict(otherwise), tuple(ordered)
