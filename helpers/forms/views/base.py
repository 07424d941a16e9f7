"""What every form's view is made of: rows, and errors that are never lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import ipywidgets
from botocore.exceptions import BotoCoreError, ClientError

from helpers.forms import cards
from helpers.forms.fields import Field, Fields, FormProblem, Remark
from helpers.forms.markup import Markup
from helpers.forms.views.card import Card, Message
from helpers.lab import LabError
from strict_s3.redact import redact

_LABEL_WIDTH = "130px"
_FIELD_WIDTH = "380px"


class Model(Protocol):
    """What a row needs to know of a form's model."""

    fields: Fields

    def remark(self, name: str) -> Remark: ...


def in_words(problem: BaseException) -> str:
    """An exception as a sentence for the person in front of the form."""
    if isinstance(problem, (FormProblem, LabError)):
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

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.result = Card(self._asked)
        self.add_class("s3-form")

    def __repr__(self) -> str:
        return f"{self._name}: run this cell to use the form"

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


class Row(ipywidgets.HBox):
    """A field with its label, and its message beside it."""

    def __init__(self, form: FormView, model: Model, field: Field, changed: Callable[[], None]):
        self.message = Message()
        self.message.add_class("s3-beside")
        self.input = _input(field, model.fields[field.name])
        super().__init__([self.input, self.message])
        self.add_class("s3-row")
        self._model, self._field = model, field
        self.refresh()

        def typed(change: Any) -> None:
            with form.guarded():
                model.fields[field.name] = change["new"]
                changed()

        self.input.observe(typed, "value")

    def __repr__(self) -> str:
        return f"Row({self._field.name})"

    def refresh(self) -> None:
        """Say what there is to say about the field now."""
        remark = self._model.remark(self._field.name)
        with self.message.hold_sync():
            self.message.text, self.message.problem = remark.text, remark.problem


def _input(field: Field, value: str) -> Any:
    common: dict[str, Any] = {
        "description": field.label,
        "style": {"description_width": _LABEL_WIDTH},
        "layout": ipywidgets.Layout(width=_FIELD_WIDTH, max_width="100%"),
    }
    if field.choices:
        options = [(label, choice) for choice, label in field.choices]
        return ipywidgets.Dropdown(options=options, value=value, **common)
    return ipywidgets.Text(value=value, placeholder=field.placeholder, **common)
