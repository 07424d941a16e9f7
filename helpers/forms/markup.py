"""HTML for the cards, by markupsafe: `Markup` is HTML, and any other text is escaped.

So forgetting something shows an ampersand too many and never runs anything.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["Markup", "join", "tag"]

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
        # Of a `Markup` too, the quotes would end the attribute.
        written += f" {key}" if value is True else f' {key}="{escape(str(value))}"'
    end = "" if name in _VOID else f"{join(content)}</{name}>"
    return Markup(f"<{name}{written}>{end}")


def join(content: Iterable[object]) -> Markup:
    """The pieces one after the other; lists in them are taken apart, None is nothing."""
    return Markup("").join(
        join(piece) if isinstance(piece, (list, tuple)) else escape(piece)
        for piece in content
        if piece is not None
    )
