"""What the forms that sign have in common: fields, the call, try it, break it."""

from __future__ import annotations

from typing import Any, Protocol

import ipywidgets

from helpers.forms import cards
from helpers.forms.attack import Attack
from helpers.forms.attempts import Attempts
from helpers.forms.fields import Fields, Remark
from helpers.forms.markup import Markup, join, tag
from helpers.forms.sending import Answer
from helpers.forms.views.base import FormView, Row
from helpers.forms.views.card import Card
from helpers.lab import Lab


class SigningModel(Protocol):
    """A model that signs something."""

    title: str
    lab: Lab
    fields: Fields

    def remark(self, name: str) -> Remark: ...
    def problems(self) -> list[str]: ...
    def code(self) -> str: ...
    def sign(self) -> Any: ...
    def try_it(self, signed: Any) -> Answer: ...


class SigningForm(FormView):
    """Fields, the call that they make, and what becomes of its result.

    Subclasses say what there is to see (`about`), to keep secret, and to attack.
    """

    send_label = "Send it"

    def __init__(self, name: str, model: SigningModel) -> None:
        super().__init__(name)
        self.model = model
        self.signed: Any = None
        self._attempts: Attempts | None = None
        self._tried: Markup | None = None
        self.rows = [Row(self, model, one, self.changed) for one in model.fields.fields.values()]
        title, self._call = Card(), Card()
        title.show(tag("h3", model.title))
        self.sign_button = ipywidgets.Button(description="Sign", button_style="primary")
        self.on_click(self.sign_button, self.sign)
        fields = ipywidgets.VBox([*self.rows, *self.more_fields()])
        fields.add_class("s3-rows")
        self.children = [title, fields, self._call, self.sign_button, self.result]
        self.changed()

    def more_fields(self) -> list[Any]:
        """Widgets below the rows."""
        return []

    def about(self, signed: Any) -> Markup:
        """What was signed, without its secrets."""
        raise NotImplementedError

    def secrets(self, signed: Any) -> dict[str, str]:
        """What can be revealed and copied."""
        raise NotImplementedError

    def attacks(self, signed: Any) -> list[Attack]:
        raise NotImplementedError

    def changed(self) -> None:
        """A field has another value: say what there is to say, and show the call."""
        for row in self.rows:
            row.refresh()
        problems = self.model.problems()
        self.sign_button.disabled = bool(problems)
        if problems:
            self._call.show(cards.incomplete(problems))
        else:
            self._call.secrets["code"] = self.model.code()
            self._call.show(cards.code(self.model.code()))

    def sign(self) -> None:
        """Run the call and show what it made."""
        self.signed = self.model.sign()
        self.result.secrets = self.secrets(self.signed)
        self._tried = None
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
        return join([problem, self._html() if self._attempts else None])

    def _draw(self, say: str) -> None:
        self.result.show(self._html(), say)

    def _html(self) -> Markup:
        assert self._attempts is not None
        send = tag("div", cards.button("try", self.send_label), class_="s3-buttons")
        return join(
            [
                self.about(self.signed),
                cards.section("Try it", send, self._tried),
                cards.section("Break it", self._attempts.html()),
            ]
        )
