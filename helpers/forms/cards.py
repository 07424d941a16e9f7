"""What the cards say, as HTML: no widget, and nothing that is secret.

Colour never carries a meaning alone: each verdict is also a word and a sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from helpers.forms.markup import Markup, join, tag
from helpers.forms.sending import Answer
from strict_s3.explainer import Explanation, InspectError, Part, Why, explain
from strict_s3.redact import readable, redact

_LONGEST = 600  # characters of an object that are shown
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT[\d:]+Z)")  # which is not broken at its hyphens
# Short labels for the pieces of a URL, which `strict_s3.explainer` takes apart.
_PIECES = {
    "scheme": "how it travels",
    "host": "where S3 is",
    "service": "service",
    "domain": "AWS",
    "key": "key of the object",
    "X-Amz-Algorithm": "how it was signed",
    "X-Amz-Credential": "key, day, region, service",
    "X-Amz-Date": "when it was signed, UTC",
    "X-Amz-Expires": "its lifetime in seconds",
    "X-Amz-SignedHeaders": "headers that are covered",
    "X-Amz-Signature": "the proof, hidden",
    "X-Amz-Security-Token": "the session's token, hidden",
}


def button(ask: str, text: str, *, disabled: str = "", about: str = "") -> Markup:
    """A button that asks the form to do something; `disabled` is the reason why it cannot."""
    return tag(
        "button",
        text,
        type="button",
        class_="s3-button",
        data_ask=ask,
        disabled=bool(disabled),
        title=disabled or about or None,
        aria_label=f"{text}: {about}" if about else None,
    )


def buttons(*each: Markup) -> Markup:
    return tag("div", *each, class_="s3-buttons")


def problem(sentence: str) -> Markup:
    return tag("p", tag("strong", "✗ Not done. "), redact(sentence), class_="s3-problem")


def code(text: str, for_aws: str) -> Markup:
    """The call, with buttons that copy it as it stands, and as it is written for AWS."""
    title = "The call that this form makes"
    copies = button("copy:code", "Copy code"), button("copy:aws", "Copy for AWS")
    head = tag("div", tag("span", title), tag("span", *copies), class_="s3-head")
    shown = tag("pre", text, tabindex="0", aria_label=title)
    label = "The call for AWS, with the credentials of a profile or a role"
    box = tag("pre", for_aws, hidden=True, data_secret="aws", tabindex="0", aria_label=label)
    return join([head, shown, box])


def incomplete(problems: Sequence[str]) -> Markup:
    """In place of the call, while a field is not right."""
    return tag(
        "p",
        "The call appears here once every field is right. Still to do: ",
        tag("strong", problems[0].partition(":")[0]),
        f" and {len(problems) - 1} more" if len(problems) > 1 else "",
        ".",
        class_="s3-note",
    )


def label(piece: Part) -> str:
    """What the piece of a URL is, in two or three words."""
    if piece.label.startswith("response-"):
        return "header of the response"
    return _PIECES.get(piece.label, piece.label)


def colour(piece: Part) -> str:
    """The name of the piece's colour in the style sheet."""
    name = piece.label.removeprefix("X-Amz-").lower()
    return name if name.isidentifier() or name == "security-token" else "other"


def anatomy(pieces: Iterable[Part]) -> Markup:
    """The URL, a labelled piece after the other."""
    items = [
        tag(
            "li",
            tag("span", label(piece), class_="s3-label"),
            tag("code", piece.text),
            class_=f"s3-piece s3-{colour(piece)}",
            title=piece.explanation or None,
        )
        for piece in pieces
    ]
    return tag("ul", *items, class_="s3-anatomy", aria_label="The URL, piece by piece")


def countdown(ends: datetime) -> Markup:
    """How long is left; the card's JavaScript counts."""
    until = f"{ends:%Y-%m-%d %H:%M:%S} UTC"
    time = tag("time", until, data_ends=int(ends.timestamp()), datetime=ends.isoformat())
    return tag("span", time, class_="s3-countdown")


def secret(names: dict[str, str], ends: datetime) -> Markup:
    """Buttons to reveal and copy what Python keeps (name: label), and the countdown to its end.

    The text itself is sent when it is asked for, and is never part of the card.
    """
    boxes = [
        tag("pre", hidden=True, data_secret=name, tabindex="0", aria_label=f"{words}, in full")
        for name, words in names.items()
    ]
    first = next(iter(names))
    return tag(
        "div",
        button(f"reveal:{first}", f"Reveal {names[first]}"),
        [button(f"copy:{name}", f"Copy {words}") for name, words in names.items()],
        countdown(ends),
        boxes,
        class_="s3-secret",
    )


def headers_to_send(headers: dict[str, str], size: int | None) -> Markup | None:
    """What the user of a URL has to send besides Host."""
    rows = list(headers.items())
    if size is not None:
        rows.append(("content-length", f"{size} (HTTP clients send it by themselves)"))
    if not rows:
        return None
    return join(
        [
            tag("p", "The client has to send exactly these headers:"),
            table(("Header", "Value"), rows),
        ]
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    head = tag("tr", *[tag("th", name, scope="col") for name in heads])
    body = [tag("tr", *[tag("td", cell) for cell in row]) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *body)), class_="s3-table")


def verdict_word(word: str, good: bool) -> Markup:
    """``✓ Served``: a sign, a word and a colour."""
    return tag("strong", "✓ " if good else "✗ ", word, class_="s3-served" if good else "s3-refused")


def error_code(code: str) -> Markup:
    """An error's code, which a narrow card may break between its words and nowhere else."""
    words = re.split(r"(?<=[a-z0-9])(?=[A-Z])", code)
    return tag("code", [[word, tag("wbr")] for word in words], class_="s3-code")


def verdict(answer: Answer) -> Markup:
    """``✗ Refused 403 AccessDenied``, as a line."""
    return tag(
        "span",
        verdict_word("Refused" if answer.refused else "Served", not answer.refused),
        f" {answer.status} {answer.reason}",
        [" · ", error_code(answer.error.code)] if answer.error.code else None,
    )


def spoken(answer: Answer) -> str:
    """The verdict for those who do not see the card."""
    word = "Refused" if answer.refused else "Served"
    return f"{word}: {answer.status} {answer.error.code} {answer.decided}".strip()


def answer(got: Answer, meant: Mapping[str, object] | None = None) -> Markup:
    """An answer in full: the verdict, why, the fix, and folded: body, headers, checks.

    `meant` is the request as it was signed (`strict_s3.explainer.explain`).
    """
    return join(
        [
            tag("p", verdict(got)),
            tag("p", "S3 says: ", tag("q", redact(got.error.message)))
            if got.error.message
            else None,
            deciding(got),
            meaning(got, meant),
            body(got),
            fold(
                f"Headers ({len(got.headers)})",
                table(("Header", "Value"), [(name, redact(text)) for name, text in got.headers]),
            ),
            checks(got),
        ]
    )


def deciding(got: Answer) -> Markup | None:
    """Which check refused, as far as anybody says."""
    if got.decided:
        name, _, detail = redact(got.decided).partition(": ")
        return tag("p", "Deciding check: ", tag("strong", name), f" ({detail})")
    return None


def meaning(got: Answer, meant: Mapping[str, object] | None) -> Markup | None:
    """A refusal in words, by the inspector; nothing for an answer that it cannot read."""
    try:
        report = explain(got.text, dict(meant or {})) if got.refused else None
    except InspectError:  # a HEAD has no body to explain
        return None
    if report is None or not report.refused:
        return None
    return join([sentences(("Why", report.why), ("The fix", report.fix)), differences(report)])


def sentences(*named: tuple[str, str]) -> list[Markup]:
    """Sentences with their names in front; an empty one is left out."""
    return [tag("p", tag("strong", f"{name}: "), text) for name, text in named if text]


def differences(report: Explanation) -> Markup | None:
    """What was signed beside what was sent."""
    rows = [
        (tag("strong", found.what), found.words, tag("code", found.signed), tag("code", found.sent))
        for found in report.differences
    ]
    return table(("What differs", "How", "Signed", "Sent"), rows) if rows else None


def body(got: Answer) -> Markup | None:
    """The body of an answer: S3's XML folded, an object's text cut."""
    text = got.text
    if not text:
        return None
    if got.refused or text.lstrip().startswith("<?xml"):
        return fold("S3's XML", tag("pre", readable(got.body), tabindex="0"))
    if "\ufffd" in text or "\0" in text:
        size = f"more than {len(got.body)}" if got.cut else str(len(got.body))
        return tag("p", f"The body: {size} bytes that are no text.")
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return fold("The body", tag("pre", redact(shown), tabindex="0"), is_open=True)


def checks(got: Answer) -> Markup | None:
    """The local S3's checks, in order, up to the one that refused."""
    if not got.checks:
        return None
    return fold(f"What S3 checked ({len(got.checks)})", _list_of(got.checks))


def decision(seen: Why) -> Markup:
    """What the local S3 saw and decided: the verdict, and each check in its order."""
    refused = seen.status >= 400
    made = [tuple(check) for check in seen.checks]
    if seen.error and seen.failed is None:
        made.append((seen.error, False, seen.message))
    stopped = next((name for name, passed, _ in made if not passed), "")
    return join(
        [
            tag(
                "p",
                verdict_word("Refused" if refused else "Served", not refused),
                f" · {seen.method} · {seen.status}",
                [" · stopped by the check ", tag("strong", stopped)] if stopped else None,
            ),
            _list_of(made),
        ]
    )


def _list_of(made: Iterable[Sequence[object]]) -> Markup:
    """Checks: (name, passed, detail)."""
    items = [
        tag(
            "li",
            verdict_word("passed" if passed else "failed", bool(passed)),
            f" {name}: ",
            [
                tag("span", part, class_="s3-whole") if _MOMENT.fullmatch(part) else part
                for part in _MOMENT.split(redact(str(detail)))
            ],
        )
        for name, passed, detail in made
    ]
    return tag("ol", *items)


def fold(heading: str, *content: object, is_open: bool = False) -> Markup:
    return tag("details", tag("summary", heading), *content, open=is_open)


def section(heading: str, *content: object) -> Markup:
    return tag("section", tag("h4", heading), *content, aria_label=heading)
