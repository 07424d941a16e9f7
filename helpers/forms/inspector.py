"""The inspector's model: a text that somebody pasted, read, and the reports as cards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from helpers.forms import cards
from helpers.forms.markup import Markup, join, tag
from strict_s3.explainer import Explanation, FormReport, Part, UrlReport, inspect_text


def inspect(text: str, signed: str = "", now: datetime | None = None) -> Markup:
    """The card for a URL, a form's fields as JSON, or S3's error.

    `signed` is the URL that was signed, to compare an error with. Raises InspectError.
    """
    report = inspect_text(text, signed.strip() or None, now)
    if isinstance(report, Explanation):
        return explanation(report)
    return form(report) if isinstance(report, FormReport) else url(report)


def url(report: UrlReport) -> Markup:
    """A presigned URL, taken apart and explained."""
    return join(
        [
            cards.section(
                f"A presigned URL, Signature Version {report.version}",
                cards.anatomy(report.segments),
                cards.countdown(report.ends_at_latest) if report.ends_at_latest else None,
            ),
            _listed("What it says", report.facts),
            cards.section("Its parameters", _parts(report.parameters)),
            _warned(report.warnings),
            cards.section("In what was pasted", _bullets(report.repairs))
            if report.repairs
            else None,
        ]
    )


def form(report: FormReport) -> Markup:
    """A form's fields, and its policy as sentences."""
    return join(
        [
            cards.section(
                f"A form for POST, Signature Version {report.version}",
                tag("p", "An upload is accepted if:"),
                _bullets(report.sentences),
                cards.countdown(report.ends) if report.ends else None,
            ),
            _listed("What it says", report.facts),
            cards.section("Its fields", _parts(report.fields)),
            _warned(report.warnings),
        ]
    )


def explanation(report: Explanation) -> Markup:
    """Why S3 refused."""
    code = " ".join(filter(None, (str(report.status or ""), report.code)))
    return join(
        [
            cards.section(
                "Why S3 refused" if report.refused else "No refusal",
                tag("p", tag("strong", code), " ", report.message) if code else None,
                cards.sentences(
                    ("What", report.what), ("Why", report.why), ("The fix", report.fix)
                ),
                cards.differences(report),
            ),
            _warned(report.also),
            _listed("S3 also says", report.facts) if report.facts else None,
        ]
    )


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


def _warned(sentences: Iterable[str]) -> Markup | None:
    found = list(sentences)
    return cards.section("Look out", _bullets(found)) if found else None


def _bullets(sentences: Iterable[str]) -> Markup:
    return tag("ul", *[tag("li", sentence) for sentence in sentences])
