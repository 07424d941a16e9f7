"""What the CORS form and the IAM form have in common: rows, the call, a question, its answer."""

from __future__ import annotations

import ipywidgets

from helpers.forms.markup import Markup, join, tag
from helpers.forms.model import FormModel
from helpers.forms.views.card import Card
from helpers.forms.views.model_form import ModelForm


class QuestionForm(ModelForm):
    """Rows, the call that they make, a question, and the verdict as it changes.

    Subclasses say what the verdict is (`verdict`), and what the buttons below it do.
    """

    question = ""
    again = "The form has changed: try it again."

    def __init__(self, model: FormModel) -> None:
        super().__init__(model)
        heading, self.answer = Card(), Card()
        heading.show(tag("h4", self.question))
        fields = ipywidgets.VBox(self.lines)
        fields.add_class("s3-rows")
        self.children = [
            *(self.title, self.rows, self.call, heading, fields, self.answer, self.result)
        ]
        self.changed()
        self.result.show(self.buttons())

    def verdict(self) -> Markup:
        """The rules' own answer to the question."""
        raise NotImplementedError

    def buttons(self) -> Markup:
        """What can be tried."""
        raise NotImplementedError

    def changed(self) -> list[str]:
        problems = super().changed()
        self.answer.show("" if problems else self.verdict())
        return problems

    def with_problem(self, problem: Markup) -> Markup:
        return join([self.buttons(), problem])
