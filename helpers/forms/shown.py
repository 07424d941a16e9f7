"""`show`: what S3 answered or decided under a cell, as a card where one can be drawn, else as text.

A card's text is what a saved notebook keeps, what nbval compares and what a screen reader can have.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from helpers.forms.markup import Markup, join, tag
from strict_s3.explainer import Report, Why, read_error
from strict_s3.redact import redact, response_text


def show(seen: Any) -> None:
    """Show a `requests.Response`, an explanation (`explain`), or a decision (`Why`); redacted.

    The verdict comes first, in words and in colour; S3's XML is folded. Outside a notebook, in a
    saved one and for a screen reader it is the same as text.

        show(requests.get(url))
        show(explain(requests.get(url)))
    """
    from helpers.forms import cards, inspector

    if isinstance(seen, Why):
        show_card(str(seen), lambda: cards.decision(seen))
    elif isinstance(seen, Report):
        show_card(str(seen), lambda: inspector.card(seen))
    else:
        text = response_text(seen)
        show_card(text, lambda: response(seen.status_code, text, seen.text))


def show_card(text: str, draw: Callable[[], Markup]) -> None:
    """Show the card that `draw` makes, or in its place `text`, which says the same."""
    if not in_notebook():
        print(text)
        return
    from IPython.display import display

    from helpers.forms.views.shown import Shown

    display(Shown(draw(), text))  # type: ignore[no-untyped-call]


def response(status: int, text: str, body: str) -> Markup:
    """The card of a response whose text, as `response_text` gives it, is `text`."""
    from helpers.forms import cards

    first, _, rest = text.partition("\n")
    error = read_error(body) if status >= 400 else None
    code = error.code if error else ""
    says = error.message if error else ""
    is_xml = rest.startswith("<")
    return join(
        [
            tag(
                "p",
                cards.verdict_word(first, status < 400),
                [" · ", cards.error_code(code)] if code else None,
            ),
            tag("p", tag("q", redact(says))) if says else None,
            cards.fold("S3's XML", tag("pre", rest, tabindex="0"), is_open=not code)
            if is_xml
            else (tag("pre", rest, tabindex="0") if rest else None),
        ]
    )


def in_notebook() -> bool:
    """True where IPython can draw under a cell; False in a terminal, and in plain Python."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
