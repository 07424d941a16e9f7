"""How a report is printed: the verdict first, then why, the fix, and what else was read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .services import Service
from .verdict import Finding, Verdict
from .words import Part, Readable, bullets, listing, wrapped


class Report(Readable):
    """A report: prints itself, verdict first; `full()` has the anatomy, `as_dict()` JSON's values.

    `verdict` is the verdict; `undone` says what had to be undone to read the paste; `repairs` are
    pieces to copy (a CORS rule, a condition, a command), each with its label.
    """

    verdict: Verdict
    undone: tuple[str, ...]
    repairs: tuple[Part, ...]

    def sections(self) -> Iterable[tuple[str, list[str]]]:
        """Headings and lines after the verdict."""
        return ()

    def anatomy(self) -> Iterable[tuple[str, list[str]]]:
        """What only `full` shows."""
        return ()

    def head(self) -> list[str]:
        """Lines after the verdict and before why; none by default."""
        return []

    def __str__(self) -> str:
        return "\n".join(self._lines(full=False))

    def full(self) -> str:
        """All of it."""
        return "\n".join(self._lines(full=True))

    def _lines(self, full: bool) -> list[str]:
        lines = [*wrapped(self.verdict.what, "", ""), *self.head()]
        for label, text in (("Why:  ", self.verdict.why), ("Fix:  ", self.verdict.fix)):
            if text:
                lines += wrapped(text, label, "      ")
        sections = [*self.sections(), *(self.anatomy() if full else ())]
        if self.undone:
            sections.insert(0, ("In what was pasted", bullets(self.undone, "-")))
        for part in self.repairs:
            sections.append((part.label, [f"  {line}" for line in part.value.splitlines()]))
        for heading, body in sections:
            if body:
                lines += [heading, *body]
        return lines

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it; times are ISO 8601, in UTC."""
        fields = {
            each.name: _plain(getattr(self, each.name))
            for each in dataclasses.fields(self)  # type: ignore[arg-type]
        }
        return {"report": type(self).__name__, "verdict": _plain(self.verdict), **fields}


class SignedReport(Report):
    """Of a URL or a form that was signed: its verdict tells the first of the `findings`."""

    findings: tuple[Finding, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that was found, what makes the request fail first, a paragraph each."""
        return tuple(finding.text for finding in self.findings)

    @property
    def others(self) -> tuple[Finding, ...]:
        """The findings that the verdict does not tell."""
        return self.findings[1:] if self.verdict.fault else self.findings


def finding_sections(findings: Iterable[Finding]) -> list[tuple[str, list[str]]]:
    """Findings as two sections: what is wrong too, and what to look out for."""
    findings = list(findings)
    return [
        ("Also wrong", bullets(each.text for each in findings if each.fault)),
        ("Look out", bullets(each.text for each in findings if not each.fault)),
    ]


def listed(heading: str, parts: Iterable[Part]) -> tuple[str, list[str]]:
    """Labelled parts under a heading."""
    return heading, listing(parts)


def _plain(value: Any) -> Any:
    if isinstance(value, Service):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Report):
            return value.as_dict()
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
