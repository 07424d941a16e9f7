"""What the CORS form and the IAM form have in common: rows, the call, a question, its answer."""

from __future__ import annotations

from typing import Any, Protocol

import ipywidgets

from helpers.forms import cards
from helpers.forms.fields import Fields, Remark
from helpers.forms.markup import Markup, join, tag
from helpers.forms.views.base import FormView, Row
from helpers.forms.views.card import Card
from helpers.forms.views.row_list import RowList


class QuestionModel(Protocol):
    """Rows, and fields that ask about them."""

    title: str
    fields: Fields
    rows: list[Any]

    def remark(self, name: str) -> Remark: ...
    def new_row(self) -> Any: ...
    def row_remark(self, row: Any) -> Remark: ...
    def problems(self) -> list[str]: ...
    def code(self) -> str: ...


class QuestionForm(FormView):
    """Rows, the call that they make, a question, and the verdict as it changes.

    Subclasses say what the verdict is (`verdict`), and what the buttons below it do.
    """

    def __init__(self, name: str, model: QuestionModel, noun: str, question: str) -> None:
        super().__init__(name)
        self.model = model
        self._rows = RowList(self, model, noun, self.changed)
        self._fields = [Row(self, model, one, self.changed) for one in model.fields.fields.values()]
        title, heading = Card(), Card()
        title.show(tag("h3", model.title))
        heading.show(tag("h4", question))
        self._call, self._verdict = Card(), Card()
        fields = ipywidgets.VBox(self._fields)
        fields.add_class("s3-rows")
        self.children = [
            *(title, self._rows, self._call, heading, fields, self._verdict, self.result)
        ]
        self.changed()
        self.result.show(self.buttons())

    def verdict(self) -> Markup:
        """The rules' own answer to the question."""
        raise NotImplementedError

    def buttons(self) -> Markup:
        """What can be tried."""
        raise NotImplementedError

    def changed(self) -> None:
        for row in self._fields:
            row.refresh()
        self._rows.refresh()
        problems = self.model.problems()
        if problems:
            self._call.show(cards.incomplete(problems))
            self._verdict.show("")
            return
        self._call.secrets["code"] = self.model.code()
        self._call.show(cards.code(self.model.code()))
        self._verdict.show(self.verdict())

    def with_problem(self, problem: Markup) -> Markup:
        return join([self.buttons(), problem])
