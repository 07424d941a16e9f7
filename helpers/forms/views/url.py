"""The forms that sign a URL: GET and PUT."""

from __future__ import annotations

import ipywidgets

from helpers.forms import cards
from helpers.forms.anatomy import segments
from helpers.forms.attempts import Attempts
from helpers.forms.markup import Markup, join, tag
from helpers.forms.signed_url import GetModel, PutModel, SignedUrl, UrlModel
from helpers.forms.url_attacks import attacks, carry_out
from helpers.forms.views.base import FormView, Row
from helpers.forms.views.card import Card
from helpers.lab import Lab


class UrlForm(FormView):
    """Fields, the call that they make, and what becomes of the URL."""

    def __init__(self, name: str, model: UrlModel) -> None:
        super().__init__(name)
        self.model = model
        self.signed: SignedUrl | None = None
        self._attempts: Attempts | None = None
        self._tried: Markup | None = None
        self._rows = [
            Row(self, model, field, self._changed) for field in model.fields.fields.values()
        ]
        rows = ipywidgets.VBox(self._rows)
        rows.add_class("s3-rows")
        title, self._call = Card(), Card()
        title.show(tag("h3", model.title))
        self.sign_button = ipywidgets.Button(description="Sign", button_style="primary")
        self.on_click(self.sign_button, self.sign)
        self.children = [title, rows, self._call, self.sign_button, self.result]
        self._changed()

    def _changed(self) -> None:
        for row in self._rows:
            row.refresh()
        self.sign_button.disabled = not self.model.ready
        if self.model.ready:
            self._call.secrets["code"] = self.model.code()
            self._call.show(cards.code(self.model.code()))
        else:
            self._call.show(cards.incomplete(self.model.fields.problems()))

    def sign(self) -> None:
        """Make the URL and show it."""
        self.signed = self.model.sign()
        self.result.secrets = {"url": self.signed.url}
        self._tried = None
        found = {attack.name: attack for attack in attacks(self.signed, self.model.lab)}
        self._attempts = Attempts(
            list(found.values()), lambda name: carry_out(found[name], self.model.lab)
        )
        self._draw("Signed. S3 was not asked. The URL is below, with buttons to try it.")

    def asked(self, ask: str, text: str) -> None:
        if self.signed is None or self._attempts is None:
            return
        if ask == "try":
            answer = self.model.try_it(self.signed)
            self._tried = cards.answer(answer)
            self._draw(cards.spoken(answer))
        else:
            self._draw(self._attempts.asked(ask))

    def _draw(self, say: str) -> None:
        assert self.signed is not None and self._attempts is not None
        signed, bucket = self.signed, self.model.lab.bucket
        html = join(
            [
                cards.section(
                    f"The URL: {signed.method} and nothing else",
                    cards.anatomy(segments(signed.url, bucket)),
                    cards.secret("url", "URL", signed.ends),
                    cards.headers_to_send(signed.headers, signed.size),
                ),
                cards.section(
                    "Try it",
                    tag("div", cards.button("try", f"Send {signed.method}"), class_="s3-buttons"),
                    self._tried,
                ),
                cards.section("Break it", self._attempts.html()),
            ]
        )
        self.result.show(html, say)


class GetForm(UrlForm):
    """Sign a URL for downloading. `values` fill fields in: ``GetForm(lab, Key="a.txt")``."""

    def __init__(self, lab: Lab, **values: str) -> None:
        super().__init__("GetForm", GetModel(lab, **values))


class PutForm(UrlForm):
    """Sign a URL for uploading with PUT; `values` as for `GetForm`."""

    def __init__(self, lab: Lab, **values: str) -> None:
        super().__init__("PutForm", PutModel(lab, **values))
