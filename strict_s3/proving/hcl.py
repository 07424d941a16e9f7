"""Terraform's expressions in a ``*.tf.json``: ``${aws_s3_bucket.uploads.arn}/*``.

Source: https://developer.hashicorp.com/terraform/language/syntax/json. Known are references,
strings, and the functions ``file`` and ``replace``; everything else raises `Unresolved`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .intrinsics import Unresolved, written
from .reading import shown

_REFERENCE = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_*][\w-]*|\[\d+\])*")
_BLANK = re.compile(r"\s*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
MAX_DEPTH = 20  # of expressions in each other
Lookup = Callable[[str], Any]
ReadFile = Callable[[str], str]


def fill(text: str, lookup: Lookup, read_file: ReadFile) -> Any:
    """A text with its expressions filled in; a text that is one expression is its value."""
    return _Reader(text, lookup, read_file).template()


class _Reader:
    def __init__(self, text: str, lookup: Lookup, read_file: ReadFile) -> None:
        self._text, self._lookup, self._read_file = text, lookup, read_file
        self._at, self._depth = 0, 0

    def template(self, end: str = "") -> Any:
        """Text up to the end (or up to a closing quotation mark) with ``${…}`` in it."""
        parts: list[Any] = []
        plain = ""
        while self._at < len(self._text) and (not end or self._text[self._at] != end):
            if self._text.startswith(("$${", "%%{"), self._at):
                plain += self._text[self._at + 1 : self._at + 3]
                self._at += 3
            elif self._text.startswith("${", self._at):
                self._at += 2
                parts += [plain, self._expression()]
                plain = ""
                self._expect("}")
            elif self._text.startswith("%{", self._at):
                raise self._unknown()
            elif end and self._text[self._at] == "\\":
                plain += _ESCAPES.get(self._text[self._at + 1 : self._at + 2], "")
                self._at += 2
            else:
                plain += self._text[self._at]
                self._at += 1
        parts.append(plain)
        if len(parts) == 3 and parts[0] == parts[2] == "":
            return parts[1]
        if not all(isinstance(part, str | int | float) for part in parts):
            raise self._unknown()
        return "".join(map(written, parts))

    def _expression(self) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._unknown()
        self._skip()
        if self._text.startswith('"', self._at):
            self._at += 1
            value = self.template('"')
            self._expect('"')
        else:
            match = _REFERENCE.match(self._text, self._at)
            if not match:
                raise self._unknown()
            self._at = match.end()
            called = self._text.startswith("(", self._at)
            value = self._call(match[0]) if called else self._lookup(match[0])
        self._skip()
        self._depth -= 1
        return value

    def _call(self, name: str) -> Any:
        self._at += 1
        arguments = []
        self._skip()
        while not self._text.startswith(")", self._at):
            arguments.append(self._expression())
            if not self._text.startswith(",", self._at):
                break
            self._at += 1
            self._skip()
        self._expect(")")
        if name == "file" and len(arguments) == 1:
            return self._read_file(written(arguments[0]))
        if name == "replace" and len(arguments) == 3 and not written(arguments[1]).startswith("/"):
            text, old, new = map(written, arguments)
            return text.replace(old, new)
        raise Unresolved(f"{name}(…) is not carried out here")

    def _skip(self) -> None:
        match = _BLANK.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _expect(self, sign: str) -> None:
        self._skip()
        if not self._text.startswith(sign, self._at):
            raise self._unknown()
        self._at += 1

    def _unknown(self) -> Unresolved:
        return Unresolved(f"{shown(self._text)} cannot be read here")
