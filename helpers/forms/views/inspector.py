"""The inspector: paste something, and read what it says."""

from __future__ import annotations

from helpers.forms import cards, inspector
from helpers.forms.markup import join, tag
from helpers.forms.views.base import FormView
from helpers.forms.views.card import Card


class UrlInspector(FormView):
    """Paste a presigned URL, a command, a form, S3's error, or a browser's CORS line.

    What is pasted is never a widget's value, so that it cannot be saved with the notebook: the
    card sends it in a message, and only the redacted report comes back.
    """

    def __init__(self) -> None:
        super().__init__()
        paste = Card(self._asked)
        signed = _area("signed", "The URL that was signed", 2)
        paste.show(
            join(
                [
                    tag("h3", "Inspect a URL, a form, an error or whatever you have"),
                    _area(
                        "text",
                        "A URL or command, a form, an error, a CORS line or rules, a policy",
                        5,
                    ),
                    cards.fold("Compare an error with the URL that was signed", signed),
                    cards.buttons(cards.button("inspect", "Inspect")),
                ]
            )
        )
        self.children = [paste, self.result]

    def asked(self, ask: str, texts: dict[str, str]) -> None:
        if ask == "inspect":
            html = inspector.inspect(texts.get("text", ""), texts.get("signed", ""))
            self.result.show(html, "Inspected. The report is below.")


def _area(name: str, label: str, rows: int) -> str:
    return tag(
        "label",
        tag("span", label, class_="s3-label"),
        tag(
            "textarea",
            data_tell=name,
            rows=rows,
            spellcheck="false",
            autocomplete="off",
            autocapitalize="off",
        ),
    )
