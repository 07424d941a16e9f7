"""The inspector's model: a text that somebody pasted, read, and the report as cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from helpers.forms import cards
from helpers.forms.markup import Markup, join, tag
from strict_s3.explainer import (
    ConsoleReport,
    DocumentReport,
    Explanation,
    Finding,
    FormReport,
    Part,
    Report,
    UrlReport,
    inspect_text,
)


def inspect(text: str, signed: str = "", now: datetime | None = None) -> Markup:
    """The cards for whatever was pasted; the verdict is the first.

    `signed` is the URL that was signed, to compare an error with. Raises InspectError.
    """
    return card(inspect_text(text, signed.strip() or None, now))


def card(report: Report) -> Markup:
    """The card of a report."""
    undone = cards.section("In what was pasted", _bullets(report.undone)) if report.undone else None
    return join([verdict(report), *_repairs(report), *_body(report), undone])


def verdict(report: Report) -> Markup:
    """What is wrong, why, and the fix; or that nothing is."""
    said = report.verdict
    word = cards.verdict_word("Wrong" if said.fault else "Fine", not said.fault)
    code = ""
    if isinstance(report, Explanation):
        code = " ".join(filter(None, (str(report.status or ""), report.code)))
    return cards.section(
        "Verdict",
        tag("p", word, " · ", tag("strong", said.what)),
        tag("p", "S3 says: ", tag("code", code), " ", report.message)  # type: ignore[attr-defined]
        if code
        else None,
        cards.sentences(("Why", said.why), ("The fix", said.fix)),
    )


def _body(report: Report) -> Iterator[Markup | None]:
    """What each kind of report has beside the verdict."""
    if isinstance(report, UrlReport):
        yield _warned(report.others)
        yield from url(report)
    elif isinstance(report, FormReport):
        yield _warned(report.others)
        yield from form(report)
    elif isinstance(report, Explanation):
        yield from explanation(report)
    elif isinstance(report, ConsoleReport | DocumentReport):
        yield _warned(report.findings)
        if isinstance(report, DocumentReport):
            yield _listed(f"What this {report.kind} says", report.facts)
        elif report.request:
            yield from url(report.request)


def url(report: UrlReport) -> Iterator[Markup]:
    """A presigned URL, taken apart and explained."""
    yield cards.section(
        f"A presigned URL, Signature Version {report.signed_with}",
        cards.anatomy(report.segments),
        cards.countdown(report.ends_at_latest) if report.ends_at_latest else None,
        cards.fold("What it says", _parts(report.facts), is_open=True),
        cards.fold(f"Its parameters ({len(report.parameters)})", _parts(report.parameters)),
    )


def form(report: FormReport) -> Iterator[Markup]:
    """A form's fields, and its policy as sentences."""
    yield cards.section(
        f"A form for POST, Signature Version {report.version}",
        tag("p", "An upload is accepted if:"),
        _bullets(report.sentences),
        cards.countdown(report.ends) if report.ends else None,
        cards.fold("What it says", _parts(report.facts), is_open=True),
        cards.fold(f"Its fields ({len(report.fields)})", _parts(report.fields)),
    )


def explanation(report: Explanation) -> Iterator[Markup | None]:
    """What differs, what else is known, and the URL in the same paste."""
    yield cards.differences(report)
    yield cards.section("Look out", _bullets(report.also)) if report.also else None
    yield _listed("S3 also says", report.facts) if report.facts else None
    if report.request:
        yield from url(report.request)


def _repairs(report: Report) -> Iterator[Markup]:
    """Pieces to copy that put it right."""
    for part in report.repairs:
        box = tag("pre", part.value, tabindex="0", aria_label=part.label)
        yield cards.section(part.label, box)


def _listed(heading: str, parts: Iterable[Part]) -> Markup:
    return cards.section(heading, _parts(parts))


def _parts(parts: Iterable[Part]) -> Markup:
    rows = [
        (
            tag("code", part.label) if part.label.lower().startswith("x-amz") else part.label,
            [tag("strong", part.value), tag("br") if part.value else None, part.explanation],
        )
        for part in parts
    ]
    return cards.table(("Name", "Value and meaning"), rows)


def _warned(findings: Iterable[Finding]) -> Markup | None:
    wrong = [each.text for each in findings if each.fault]
    known = [each.text for each in findings if not each.fault]
    return join(
        [
            cards.section("Also wrong", _bullets(wrong)) if wrong else None,
            cards.section("Look out", _bullets(known)) if known else None,
        ]
    )


def _bullets(sentences: Iterable[str]) -> Markup:
    return tag("ul", *[tag("li", sentence) for sentence in sentences])
