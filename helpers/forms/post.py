"""POST: the model of the form that signs an HTML form upload."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from helpers.forms import code, fields
from helpers.forms.fields import Field, Remark
from helpers.forms.model import FormModel, RowModel
from helpers.forms.sending import Answer, Outgoing, send
from strict_s3.rules.post_policy import parse_post_policy

FILENAME = "${filename}"
EXACT, PREFIX, RANGE = "eq", "starts-with", "content-length-range"
# Fields that take no condition of their own, and why not.
_TAKEN = {
    "key": "the key has its own field above, and boto3 makes its condition: remove this row.",
    "bucket": "boto3 adds this condition by itself: remove this row.",
    "file": "a condition can limit the file's size, and nothing else of it: choose the size.",
    "policy": "a policy can't have a condition for itself: remove this row.",
    **{
        f"x-amz-{name}": "boto3 adds this condition by itself: remove this row."
        for name in ("algorithm", "credential", "date", "security-token", "signature")
    },
}


_KINDS = (
    (EXACT, "a field is exactly"),
    (PREFIX, "a field starts with"),
    (RANGE, "the size, in bytes"),
)


def _field_name(value: str) -> str:
    if not value:
        return "a condition is about a field: write its name, such as Content-Type."
    if not re.fullmatch("[A-Za-z0-9_-]+", value):
        return f"{fields.shorten(value)} isn't a field's name: write letters and dashes, without $."
    return _TAKEN.get(value.lower(), "")


class Condition(RowModel):
    """A condition of the policy, and the value that the form sends for its field."""

    own = (
        Field("kind", "Condition", EXACT, choices=_KINDS, room=20),
        Field("field", "field", check=_field_name, placeholder="Content-Type", room=22),
        Field("first", "value"),
        Field("second", "sent"),
    )

    def labels(self) -> dict[str, str]:
        return {
            "kind": "Condition",
            **{
                EXACT: {"field": "field", "first": "value"},
                PREFIX: {"field": "field", "first": "prefix", "second": "form sends"},
                RANGE: {"first": "at least", "second": "at most"},
            }[self["kind"]],
        }

    def remark(self, name: str) -> Remark:
        if self["kind"] == RANGE and name in ("first", "second"):
            wrong = fields.size(self[name])
            if not wrong and name == "second" and not fields.size(self["first"]):
                wrong = _order(int(self["first"]), int(self["second"]))
            return Remark(wrong, bool(wrong))
        if self["kind"] == PREFIX and self["field"].lower() == "success_action_status":
            return Remark("S3 compares this field exactly: choose 'is exactly'.", True)
        return super().remark(name)

    def hint(self) -> str:
        if self["kind"] == RANGE:
            return "Counts the file alone, not the form around it."
        if self["kind"] == PREFIX and not self["second"].startswith(self["first"]):
            return "The value that the form sends doesn't start with this: S3 will refuse it."
        if self["kind"] == PREFIX and not self["first"]:
            return "Any value will do, but the field has to be named."
        return ""

    @property
    def sent(self) -> str:
        """The value that the form sends in this field."""
        return self["second"] if self["kind"] == PREFIX else self["first"]

    def as_condition(self) -> dict[str, str] | list[str | int]:
        if self["kind"] == RANGE:
            return [RANGE, int(self["first"]), int(self["second"])]
        if self["kind"] == PREFIX:
            return [PREFIX, f"${self['field']}", self["first"]]
        return {self["field"]: self["first"]}


def _order(least: int, most: int) -> str:
    if least > most:
        return f"{most} is less than {least}, so no file would fit: exchange the two."
    return ""


@dataclass(frozen=True)
class SignedForm:
    """A form as boto3 makes it: where it goes, its hidden fields, and a file to try it with."""

    url: str
    fields: dict[str, str] = field(repr=False)
    filename: str
    body: bytes = field(repr=False)

    @property
    def policy(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(base64.b64decode(self.fields["policy"]))
        return found

    @property
    def ends(self) -> datetime:
        """UTC."""
        return parse_post_policy(self.fields["policy"]).expiration

    def outgoing(
        self,
        form: dict[str, str] | None = None,
        *,
        body: bytes | None = None,
        file_first: bool = False,
    ) -> Outgoing:
        """The form as a browser sends it: multipart/form-data, the file last."""
        parts: list[tuple[str, Any]] = [
            (name, (None, value)) for name, value in (self.fields if form is None else form).items()
        ]
        file = ("file", (self.filename, self.body if body is None else body))
        parts.insert(0 if file_first else len(parts), file)
        ready = requests.Request("POST", self.url, files=parts).prepare()
        assert isinstance(ready.body, bytes)
        return Outgoing(
            "POST", self.url, {"Content-Type": ready.headers["Content-Type"]}, ready.body
        )

    def meant(self) -> dict[str, Any]:
        """The form as it was signed, for `strict_s3.explainer.refusal`."""
        return {"method": "POST", "url": self.url, "fields": self.fields}

    def curl(self) -> str:
        """The form as a command for a POSIX shell; it sends ``FILE``. Holds the signature."""
        words = ["curl"]
        for name, value in self.fields.items():
            words += ["--form-string", f"{name}={value}"]
        return shlex.join([*words, "--form", "file=@FILE", self.url])


def _key_note(value: str) -> str:
    if value.endswith(FILENAME):
        inside = value.removesuffix(FILENAME)
        return f"Any name that starts with {inside}" if inside else "Any key at all: too much."
    if FILENAME in value:
        return "boto3 writes a condition for ${filename} only where it is the end of the key."
    return fields.key_note(value) or "Exactly this key."


def _file_name(value: str) -> str:
    if not value or re.search('[\\x00-\\x1f\\x7f"]', value):
        return f"{fields.shorten(value)} isn't a file's name: write one, such as hello.txt."
    return ""


def _bytes(value: str) -> str:
    return f"{fields.byte_count(len(value.encode()))} (UTF-8)"


class PostModel(FormModel):
    """What a form may upload, as rows of conditions."""

    title = "Sign a form for uploading with POST"
    noun = "condition"
    row_type = Condition

    own = (
        Field("Key", "Key of the object", check=fields.key, note=_key_note),
        Field("ExpiresIn", "Lifetime in seconds", "1800", fields.seconds, fields.duration),
        Field("filename", "Name of the file", "hello.txt", check=_file_name),
        Field("body", "Text to upload", "Hello from the form", note=_bytes),
    )

    @staticmethod
    def usual() -> list[RowModel]:
        """The article's: an answer of 201 and at most 100,000 bytes. And a type, which it lacks."""
        return [
            Condition(kind=EXACT, field="success_action_status", first="201"),
            Condition(kind=PREFIX, field="Content-Type", first="text/", second="text/plain"),
            Condition(kind=RANGE, first="0", second="100000"),
        ]

    def row_remark(self, row: RowModel) -> Remark:
        remark = super().row_remark(row)
        if not remark.problem and self._twice(row):
            return Remark(f"There are two rows for {self._name(row)}: remove one.", True)
        return remark

    def code(self) -> str:
        made = code.call(
            "form = ",
            "s3.generate_presigned_post",
            code.Name("lab.bucket"),
            self.fields["Key"],
            Fields={row["field"]: row.sent for row in self.rows if row["kind"] != RANGE},
            Conditions=[row.as_condition() for row in self.rows],
            ExpiresIn=int(self.fields["ExpiresIn"]),
        )
        return f"{code.CLIENT}\n{made}\n"

    def sign(self) -> SignedForm:
        """Run the code. Raises FormProblem, and what boto3 raises."""
        form = self.run()["form"]
        body = self.fields["body"].encode()
        return SignedForm(form["url"], form["fields"], self.fields["filename"], body)

    def try_it(self, signed: SignedForm) -> Answer:
        """Send the form with its file. Raises FormProblem."""
        return send(self.lab, signed.outgoing())

    def _name(self, row: RowModel) -> str:
        return RANGE if row["kind"] == RANGE else row["field"].lower()

    def _twice(self, row: RowModel) -> bool:
        return Counter(map(self._name, self.rows))[self._name(row)] > 1
