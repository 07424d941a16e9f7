"""`show`: an HTTP response under a cell, as a card where one can be drawn, else as text."""

from __future__ import annotations

import sys
from typing import Any

from helpers.forms.markup import Markup, join, tag
from strict_s3.explainer import read_error
from strict_s3.redact import redact, response_text


def show(response: Any) -> None:
    """Show a `requests.Response`: the status, what S3 says, and folded its XML; all redacted.

    Outside a notebook, in a saved one and for a screen reader it is the same as text.

        show(requests.get(url))
    """
    text = response_text(response)
    if not _in_notebook():
        print(text)
        return
    from IPython.display import display

    from helpers.forms.views.shown import Shown

    display(Shown(card(response.status_code, text, response.text), text))  # type: ignore[no-untyped-call]


def card(status: int, text: str, body: str) -> Markup:
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
                [" · ", tag("code", code)] if code else None,
            ),
            tag("p", tag("q", redact(says))) if says else None,
            cards.fold("S3's XML", tag("pre", rest, tabindex="0"), is_open=not code)
            if is_xml
            else (tag("pre", rest, tabindex="0") if rest else None),
        ]
    )


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")
