"""The names in braces that stand for values which differ from run to run.

In a request ``{bucket}`` is replaced by its value. In an answer a name that has no value yet
matches anything and is kept, so that a later step can use it; some names are kinds of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from .scenarios import TableError

# Not ${filename}, which is S3's own, nor the braces of JSON.
_NAME = re.compile(r"(?<!\$)\{([a-z][a-z0-9-]*)\}")
_KINDS = {
    "any": r"(?s:.+)",
    "date": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    "http-date": r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT",
    "number": r"\d+",
}
_SECRET = ("access-key", "secret-key", "session-token")


class Values(dict[str, str]):
    """Values by name. The repr names them only: some are secret.

    >>> Values({"bucket": "b-1"}).fill("/{bucket}/k")
    '/b-1/k'
    """

    def __repr__(self) -> str:
        return f"Values({', '.join(sorted(self))})"

    def fill(self, text: str, *, encoded: bool = False) -> str:
        """`text` with each name's value, percent-encoded if `encoded`.

        Raises `TableError` for a name without a value.
        """

        def value(found: re.Match[str]) -> str:
            if found[1] not in self:
                raise TableError(
                    f"{{{found[1]}}} in {text[:80]!r} has no value: keep it in an earlier step."
                )
            return quote(self[found[1]], safe="") if encoded else self[found[1]]

        return _NAME.sub(value, text)

    def matches(self, expected: str, text: str) -> bool:
        """Whether `text` is what was `expected`; keeps the values of names that are new."""
        pattern, new = "", []
        end = 0
        for found in _NAME.finditer(expected):
            pattern += re.escape(expected[end : found.start()])
            end = found.end()
            if found[1] in _KINDS:
                pattern += _KINDS[found[1]]
            elif found[1] in self:
                pattern += re.escape(self[found[1]])
            else:
                pattern += r"(.+?)"
                new.append(found[1])
        match = re.fullmatch(pattern + re.escape(expected[end:]), text, re.DOTALL)
        if match:
            self.update(zip(new, match.groups(), strict=True))
        return match is not None

    def named(self, text: str) -> str:
        """`text` with names in place of values, so that it holds for other runs too."""
        for name, value in sorted(self.items(), key=lambda item: -len(item[1])):
            if len(value) > 3:
                text = text.replace(value, f"{{{name}}}")
        for kind in ("date", "http-date"):
            text = re.sub(_KINDS[kind], f"{{{kind}}}", text)
        return text

    def secrets(self) -> Iterator[str]:
        """The values that must never be shown: keys and tokens, also those that a step keeps."""
        return (value for name, value in self.items() if name.endswith(_SECRET))
