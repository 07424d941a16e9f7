"""The form that signs a form upload."""

from __future__ import annotations

import json
from collections.abc import Iterable

from helpers.forms import cards
from helpers.forms.attempts import Attack
from helpers.forms.markup import Markup, tag
from helpers.forms.post import Condition, PostModel, SignedForm
from helpers.forms.post_attacks import attacks
from helpers.forms.views.signing import SigningForm
from helpers.lab import Lab
from strict_s3.redact import HIDDEN, redact


class PostForm(SigningForm):
    """Sign an HTML form; `conditions` are those that it starts with, `values` fill fields in."""

    send_label = "Send the form with its file"
    model: PostModel

    def __init__(
        self, lab: Lab, conditions: Iterable[Condition] | None = None, **values: str
    ) -> None:
        super().__init__(PostModel(lab, conditions, **values))

    def about(self, signed: SignedForm) -> Markup:
        policy = redact(json.dumps(signed.policy, indent=2, ensure_ascii=False))
        shown = {
            **{name: redact(value) for name, value in signed.fields.items()},
            "policy": "(base64; decoded below)",
            "x-amz-signature": HIDDEN,
            "file": signed.filename,
        }
        if "x-amz-security-token" in shown:
            shown["x-amz-security-token"] = HIDDEN
        rows = [(tag("code", name), value) for name, value in shown.items()]
        return cards.section(
            "The form: these fields, and then the file",
            tag("p", "It is sent to ", tag("code", redact(signed.url)), " as multipart/form-data."),
            cards.table(("Field", "Value"), rows),
            cards.fold("The policy, decoded", tag("pre", policy, tabindex="0")),
            cards.secret({"fields": "fields", "curl": "curl"}, signed.ends),
        )

    def secrets(self, signed: SignedForm) -> dict[str, str]:
        fields = json.dumps({"url": signed.url, "fields": signed.fields}, indent=2)
        return {"fields": fields, "curl": signed.curl()}

    def attacks(self, signed: SignedForm) -> list[Attack]:
        return attacks(signed, self.model)
