"""Scenarios as TOML, in the form in which `scenarios` reads them and people correct them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from .scenarios import Scenario, Step

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LITERAL = re.compile(r"[^'\x00-\x1f\x7f]*")


def dump(scenarios: Iterable[Scenario]) -> str:
    """One file's text, without the comment at its top."""
    return "\n".join("\n".join(_scenario(scenario)) + "\n" for scenario in scenarios)


def _scenario(scenario: Scenario) -> Iterator[str]:
    yield "[[scenario]]"
    yield from _lines(scenario, "name", "source", "recorded", "region", "make_bucket", "note")
    for step in scenario.steps:
        yield ""
        yield "[[scenario.step]]"
        yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    names = [item.name for item in fields(Step) if item.name not in ("row", "send")]
    yield from _lines(step, "row", "send", *[name for name in names if name != "answer"])
    answer = step.answer
    if answer is not None:
        yield from _lines(answer, "status", "code", "message", prefix="answer.")
        for name, value in answer.headers.items():
            yield f"answer.headers.{_key(name)} = {_value(value)}"
        if answer.elements is not None and not answer.elements:
            yield "answer.elements = {}"
        for name, value in (answer.elements or {}).items():
            yield f"answer.elements.{_key(name)} = {_value(value)}"
        yield from _lines(answer, "body", "partial", "any_order", prefix="answer.")


def _lines(item: Any, *names: str, prefix: str = "") -> Iterator[str]:
    """A line for each field that isn't as it is by default."""
    usual = {field.name: field.default for field in fields(item)}
    for name in names:
        value = getattr(item, name)
        if value == usual[name] or value in ({}, ()):
            continue
        if hasattr(value, "__dataclass_fields__"):
            inner = [field.name for field in fields(value)]
            yield from _lines(value, *inner, prefix=f"{prefix}{name}.")
        else:
            yield f"{prefix}{name} = {_value(value)}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if '"' in value and _LITERAL.fullmatch(value):
        return f"'{value}'"
    # JSON's escapes are TOML's, save that TOML also escapes this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
