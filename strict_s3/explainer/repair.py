"""Pieces to copy that put right what was found: a command, a rule, a condition, a statement."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .words import Part, shown

if TYPE_CHECKING:
    from .pasted import Pasted
    from .url import UrlReport


def as_command(report: UrlReport, pasted: Pasted) -> Iterator[Part]:
    """The request as a curl command, if the paste says what is sent. The URL's secrets are hidden:
    put your own in place of it."""
    sent = pasted.sent
    headers = [name for name in report.send if name not in ("host", "content-length")]
    if not sent.method or (not headers and sent.method == "GET"):
        return
    words = ["curl"]
    if sent.method == "PUT":
        words += ["-T", "FILE"]
    elif sent.method == "HEAD":
        words += ["-I"]
    elif sent.method != "GET":
        words += ["-X", sent.method]
    known = sent.header_map
    for name in headers:
        value = known.get(name, "THE SIGNED VALUE")
        words += ["-H", f"{name}: {shown(value, 200)}"]
    yield Part("As a curl command", " ".join([*map(shlex.quote, words), '"$URL"']))


def cors_rule(origin: str, method: str, headers: Sequence[str]) -> dict[str, Any]:
    """The rule that allows a page of `origin` to send `method` with `headers`."""
    rule: dict[str, Any] = {"AllowedOrigins": [origin], "AllowedMethods": [method]}
    if headers:
        rule["AllowedHeaders"] = list(headers)
    return {**rule, "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000}


def as_cors(origin: str, method: str, headers: Sequence[str], guessed: str = "") -> Part:
    """That rule, as the console and put_bucket_cors take it; `guessed` names what wasn't said."""
    text = json.dumps([cors_rule(shown(origin), shown(method), [shown(h) for h in headers])])
    title = f"A CORS rule that would allow it ({guessed} guessed)" if guessed else ""
    return Part(title or "The missing CORS rule", text)


def as_condition(field: str, value: str = "") -> Part:
    """The condition that a POST policy lacks for a field, for Conditions=[…]."""
    if field == "bucket":  # any bucket would be too many
        value = value or "my-bucket"
    condition = {field: value} if value else ["starts-with", f"${field}", ""]
    return Part("The missing condition", json.dumps(condition, ensure_ascii=False))


def as_statement(action: str, resource: str) -> Part:
    """The statement that allows an action, for the signer's policy."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return Part("The missing statement", json.dumps(statement))


def as_field(name: str, value: str) -> Part:
    """A field to add to a form."""
    return Part("The missing field", json.dumps({name: value}, ensure_ascii=False))
