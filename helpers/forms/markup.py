"""HTML for the cards. Whatever comes from outside is escaped here, in the one place.

A `Markup` is HTML already; any other text given to `tag` is escaped. So forgetting something
shows an ampersand too many and never runs anything.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

Content = "str | Markup | None | Iterable[Content]"


class Markup(str):
    """Text that is HTML."""


_VOID = ("br", "hr", "wbr")


def tag(name: str, *content: object, **attributes: object) -> Markup:
    """An element. Attributes: a trailing underscore is dropped, others become dashes.

    An attribute of True is written without a value, one of None or False not at all.
    """
    written = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        written += f" {key}" if value is True else f' {key}="{html.escape(str(value))}"'
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(content)}</{name}>")


def join(content: Iterable[object]) -> Markup:
    """The pieces one after the other; lists in them are taken apart, None is nothing."""
    pieces = []
    for piece in content:
        if piece is None:
            continue
        if isinstance(piece, Markup):
            pieces.append(str(piece))
        elif isinstance(piece, (list, tuple)):
            pieces.append(str(join(piece)))
        else:
            pieces.append(html.escape(str(piece)))
    return Markup("".join(pieces))
