"""The forms that sign a URL: GET and PUT."""

from __future__ import annotations

from helpers.forms import cards
from helpers.forms.attempts import Attack
from helpers.forms.markup import Markup
from helpers.forms.signed_url import GetModel, PutModel, SignedUrl
from helpers.forms.url_attacks import attacks
from helpers.forms.views.signing import SigningForm
from helpers.lab import Lab
from strict_s3.explainer import inspect_url


class UrlForm(SigningForm):
    """A URL, taken apart."""

    send_label = "Send the request"

    def about(self, signed: SignedUrl) -> Markup:
        return cards.section(
            f"The URL: {signed.method} and nothing else",
            cards.anatomy(inspect_url(signed.url).segments),
            cards.secret({"url": "URL", "curl": "curl"}, signed.ends),
            cards.headers_to_send(signed.headers, signed.size),
        )

    def secrets(self, signed: SignedUrl) -> dict[str, str]:
        return {"url": signed.url, "curl": signed.curl()}

    def attacks(self, signed: SignedUrl) -> list[Attack]:
        return attacks(signed, self.model.lab)


class GetForm(UrlForm):
    """Sign a URL for downloading. `values` fill fields in: ``GetForm(lab, Key="a.txt")``."""

    def __init__(self, lab: Lab, **values: str) -> None:
        super().__init__(GetModel(lab, **values))


class PutForm(UrlForm):
    """Sign a URL for uploading with PUT; `values` as for `GetForm`."""

    def __init__(self, lab: Lab, **values: str) -> None:
        super().__init__(PutModel(lab, **values))
