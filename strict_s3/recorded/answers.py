"""What an S3 answered, as an answer of the table: names in place of values, nothing secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..redact import HIDDEN, redact
from .compare import document_of
from .exchange import Received
from .scenarios import Answer, Value
from .values import Values

# Elements that tell who somebody is, or repeat a request's signature and what it signs.
_HIDDEN = (
    "DisplayName",
    "EmailAddress",
    "AWSAccessKeyId",
    "SignatureProvided",
    "StringToSign",
    "StringToSignBytes",
    "CanonicalRequest",
    "CanonicalRequestBytes",
)
# Those that S3 makes up anew each time, if they are long.
_MADE_UP = re.compile(r".*(Id|ID|Token|Marker|-id)")
_LONG = 20  # characters


def answer_of(recorded: Answer, received: Received, values: Values) -> Answer:
    """`received` in the form of what was `recorded`: the same headers, and all elements.

    What is as recorded is written as it was, with its names in braces.
    """
    document = document_of(received) or {}
    code, message = (document.pop(name, [""])[0] for name in ("Code", "Message"))
    elements: dict[str, Value] | None = None
    body = recorded.body
    if received.status >= 400 and code:
        elements = {path: _value(None, texts, path, values) for path, texts in document.items()}
        body = None
    if recorded.elements is not None:
        paths = recorded.elements if recorded.partial else {**recorded.elements, **document}
        elements = {
            path: _value(recorded.elements.get(path), document.get(path, []), path, values)
            for path in paths
            if path in document or recorded.partial
        }
    if body is not None:
        body = _text(body, received.body.decode("utf-8", "replace")[:2000], values)
    return replace(
        recorded,
        status=received.status,
        code=code,
        message=_text(recorded.message, message, values),
        headers=_headers(recorded.headers, received.headers, values),
        elements=elements,
        body=body,
    )


def _headers(
    recorded: Mapping[str, Value], answered: Mapping[str, str], values: Values
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, value in recorded.items():
        have = answered.get(name.lower())
        found[name] = False if have is None else _value(value, [have], name, values)
    return found


def _value(recorded: Value | None, answered: Sequence[str], path: str, values: Values) -> Value:
    if not answered:
        return False
    name = path.rpartition("/")[2]
    expected = list(recorded) if isinstance(recorded, list | tuple) else [str(recorded or "")]
    expected += [""] * (len(answered) - len(expected))
    texts = [_text(*pair, values) for pair in zip(expected, answered, strict=False)]
    if name in _HIDDEN:
        texts = ["{any}"] * len(texts)
    elif _MADE_UP.fullmatch(name):
        texts = ["{any}" if len(text) > _LONG and "{" not in text else text for text in texts]
    return texts[0] if len(texts) == 1 else texts


def _text(recorded: str, answered: str, values: Values) -> str:
    if recorded == answered or (recorded and values.matches(recorded, answered)):
        return recorded
    return redact(values.named(answered)).replace(HIDDEN, "{any}")
