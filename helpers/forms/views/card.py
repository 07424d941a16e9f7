"""Two small widgets with JavaScript of their own: a card, and the message beside a field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from helpers.forms.fields import Remark

_HERE = Path(__file__).parent


class Card(anywidget.AnyWidget):
    """HTML with buttons. A button's ``data-ask`` comes back to `on_ask`, and with it what stands in
    the card's text areas, by their ``data-tell``.

    `html` is a trait: JupyterLab may save it in the notebook, so it holds nothing secret. A
    secret goes to the browser in a message (`reveal`, `copy`), only when somebody asks for it,
    and messages are saved nowhere.
    """

    _esm = _HERE / "card.js"
    _css = _HERE / "style.css"
    html = traitlets.Unicode("").tag(sync=True)
    outdated = traitlets.Unicode("").tag(sync=True)  # why the card is dimmed, if it is

    def __init__(self, on_ask: Callable[[str, dict[str, str]], None] | None = None) -> None:
        super().__init__()
        self.secrets: dict[str, str] = {}
        self._on_ask = on_ask
        self.on_msg(self._hear)

    def __repr__(self) -> str:
        return "Card()"

    def show(self, html: str, say: str = "") -> None:
        """Draw the card anew; `say` is what a screen reader is told."""
        self.html = str(html)  # a plain text, not `Markup`, whose methods escape
        if say:
            self.send({"say": say})

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        ask, view = str(content.get("ask", "")), content.get("view")
        verb, _, name = ask.partition(":")
        if verb in ("reveal", "copy"):
            text = self.secrets.get(name)
            if text is not None:
                self.send({verb: text, "name": name, "view": view})
        elif self._on_ask is not None:
            self._on_ask(ask, dict(content.get("texts", {})))


class Message(anywidget.AnyWidget):
    """The sentence beside a field, read aloud when it changes, and tied to the field."""

    _esm = _HERE / "message.js"
    text = traitlets.Unicode("").tag(sync=True)
    problem = traitlets.Bool(False).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.add_class("s3-beside")

    def __repr__(self) -> str:
        return "Message()"

    def show(self, remark: Remark) -> None:
        with self.hold_sync():
            self.text, self.problem = remark.text, remark.problem
