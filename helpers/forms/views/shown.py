"""A card under a cell, whose text is what a saved notebook keeps."""

from __future__ import annotations

from typing import Any

import ipywidgets

from helpers.forms.markup import Markup
from helpers.forms.views.card import Card


class Shown(ipywidgets.Box):
    """Draws `html`; where widgets are not drawn it is `text`."""

    def __init__(self, html: Markup, text: str) -> None:
        card = Card()
        card.show(html)
        super().__init__((card,))
        self._text = text
        self.add_class("s3-shown")

    def __repr__(self) -> str:
        return self._text

    def _repr_mimebundle_(self, **more: Any) -> dict[str, str]:
        """As every widget's, but with all of its text: theirs ends after 110 characters."""
        bundle: dict[str, str] = super()._repr_mimebundle_(**more)
        return {**bundle, "text/plain": self._text}
