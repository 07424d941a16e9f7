"""What every form's view is made of: inputs, a card, and errors that are never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets
from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import LabError
from helpers.forms import cards
from helpers.forms.fields import Fields
from helpers.forms.markup import Markup
from helpers.forms.views.card import Card
from strict_s3.errors import StrictS3Error
from strict_s3.redact import redact


def in_words(problem: BaseException) -> str:
    """An exception as a sentence for the person in front of the form."""
    if isinstance(problem, (LabError, StrictS3Error)):
        return str(problem)
    if isinstance(problem, ClientError):
        error = problem.response.get("Error", {})
        return redact(f"S3 refused: {error.get('Code')}: {error.get('Message')}")
    if isinstance(problem, BotoCoreError):
        return redact(f"boto3 could not do this: {problem}")
    return redact(
        f"This is a fault of the form, not yours ({type(problem).__name__}: {problem}). "
        "The code above the card works without the form."
    )


class FormView(ipywidgets.VBox):
    """A form. Its text in a saved notebook is its name, and says how to get it."""

    def __init__(self) -> None:
        super().__init__()
        self.result = Card(self._asked)
        self.add_class("s3-form")

    def __repr__(self) -> str:
        return f"{type(self).__name__}: run this cell to use the form"

    def asked(self, ask: str, texts: dict[str, str]) -> None:
        """A button of the result's card was pressed."""

    def _asked(self, ask: str, texts: dict[str, str]) -> None:
        with self.guarded():
            self.asked(ask, texts)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What goes wrong inside is told in the card: a callback has nobody else to tell."""
        try:
            yield
        except Exception as problem:
            sentence = in_words(problem)
            self.result.show(self.with_problem(cards.problem(sentence)), sentence)

    def with_problem(self, problem: Markup) -> Markup:
        """The card when something could not be done: what was there stays."""
        return problem

    def on_click(self, button: Any, action: Callable[[], None]) -> None:
        def clicked(_button: Any) -> None:
            with self.guarded():
                action()

        button.on_click(clicked)

    def changed(self) -> object:
        """A field has another value."""

    def input(self, held: Fields, name: str, **look: Any) -> Any:
        """A widget for one field of `held`: writes what is typed there, and then `changed`."""
        field = held.fields[name]
        look |= {"value": held[name], "description": field.label}
        if field.choices:
            options = [(label, choice) for choice, label in field.choices]
            widget = ipywidgets.Dropdown(options=options, **look)
        else:
            widget = ipywidgets.Text(placeholder=field.placeholder, **look)

        def typed(change: Any) -> None:
            with self.guarded():
                held[name] = change["new"]
                self.changed()

        widget.observe(typed, "value")
        return widget
