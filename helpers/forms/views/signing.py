"""What the forms that sign have in common: fields, the call, try it, break it."""

from __future__ import annotations

from typing import Any

import ipywidgets

from helpers.forms import cards
from helpers.forms.attempts import Attack, Attempts
from helpers.forms.markup import Markup, join
from helpers.forms.model import FormModel
from helpers.forms.views.model_form import ModelForm


class SigningForm(ModelForm):
    """Fields, the call that they make, and what becomes of its result.

    Subclasses say what there is to see (`about`), to keep secret, and to attack. Their models also
    have `sign`, and `try_it` for what that returns.
    """

    send_label = "Send it"

    def __init__(self, model: FormModel) -> None:
        super().__init__(model)
        self.signed: Any = None
        self._attempts: Attempts | None = None
        self._tried: Markup | None = None
        self.sign_button = ipywidgets.Button(description="Sign", button_style="primary")
        self.on_click(self.sign_button, self.sign)
        fields = ipywidgets.VBox([*self.lines, *([self.rows] if model.noun else [])])
        fields.add_class("s3-rows")
        self.children = [self.title, fields, self.call, self.sign_button, self.result]
        self.changed()

    def about(self, signed: Any) -> Markup:
        """What was signed, without its secrets."""
        raise NotImplementedError

    def secrets(self, signed: Any) -> dict[str, str]:
        """What can be revealed and copied."""
        raise NotImplementedError

    def attacks(self, signed: Any) -> list[Attack]:
        raise NotImplementedError

    def changed(self) -> list[str]:
        problems = super().changed()
        self.sign_button.disabled = bool(problems)
        return problems

    def sign(self) -> None:
        """Run the call and show what it made."""
        self.signed = self.model.sign()
        self.result.secrets = self.secrets(self.signed)
        self._tried = None
        self.is_new()
        self._attempts = Attempts(self.attacks(self.signed), self.model.lab)
        self._draw("Signed. S3 was not asked. Below: the result, and buttons to try it.")

    def asked(self, ask: str, texts: dict[str, str]) -> None:
        if self._attempts is None:
            return
        if ask == "try":
            answer = self.model.try_it(self.signed)
            self._tried = cards.answer(answer, self.signed.meant())
            self._draw(cards.spoken(answer))
        else:
            self._draw(self._attempts.asked(ask))

    def with_problem(self, problem: Markup) -> Markup:
        return join([problem, self._html()])

    def _draw(self, say: str) -> None:
        self.result.show(self._html(), say)

    def _html(self) -> Markup:
        if self._attempts is None:
            return join([])
        send = cards.buttons(cards.button("try", self.send_label))
        return join(
            [
                self.about(self.signed),
                cards.section("Try it", send, self._tried),
                cards.section("Break it", self._attempts.html()),
            ]
        )
