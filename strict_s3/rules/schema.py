"""What an XML document may hold: its elements, how often each, and which values.

S3 answers "did not validate against our published schema" to an element that it doesn't know, to
one that is missing, and to a value of the wrong type. `Shape.checked` says so too, and writes the
document anew, its elements in the shape's order: what is kept is what S3 shows.

>>> from xml.etree.ElementTree import fromstring, tostring
>>> shape = Shape("AccelerateConfiguration", maybe("Status", choice("Enabled", "Suspended")))
>>> sent = "<AccelerateConfiguration> <Status>Enabled</Status></AccelerateConfiguration>"
>>> tostring(shape.checked(fromstring(sent)))
b'<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from .errors import MalformedXML, NotImplementedByS3

Value = Callable[[str], str]  # checks a text; returns it as it is kept, or raises MalformedXML

_WHOLE = re.compile(r"\s*([+-]?[0-9]{1,19})\s*")


def text(value: str) -> str:
    """Any text."""
    return value


def number(value: str) -> str:
    """A whole number of 32 bits."""
    return _whole(value, bits=32)


def long(value: str) -> str:
    """A whole number of 64 bits, such as a size in bytes."""
    return _whole(value, bits=64)


def boolean(value: str) -> str:
    """``true`` or ``false``. Examples of AWS's also write them in capitals."""
    known = {"true": "true", "1": "true", "false": "false", "0": "false"}.get(value.strip().lower())
    if known is None:
        raise MalformedXML()
    return known


def choice(*values: str) -> Value:
    """One of these values, spelled just so."""

    def one_of(value: str) -> str:
        if value not in values:
            raise MalformedXML()
        return value

    return one_of


def _whole(value: str, bits: int) -> str:
    match = _WHOLE.fullmatch(value)
    if match is None or not -(2 ** (bits - 1)) <= int(match[1]) < 2 ** (bits - 1):
        raise MalformedXML()
    return str(int(match[1]))


@dataclass(frozen=True)
class NotCarriedOut:
    """Content that S3 knows and this S3 does not carry out; `why` ends the sentence."""

    why: str


@dataclass(frozen=True)
class Child:
    """An element inside another: a value or a shape, `least` to `most` times (None: any)."""

    name: str
    content: Value | Shape | NotCarriedOut
    least: int
    most: int | None

    def fill(self, clean: Element, sent: Element) -> None:
        """Write the content that was sent. Raises MalformedXML, NotImplementedByS3."""
        match self.content:
            case NotCarriedOut(why):
                raise NotImplementedByS3(f"{self.name} is not carried out by this local S3: {why}")
            case Shape() as shape:
                shape.fill(clean, sent)
            case value:
                if len(sent):
                    raise MalformedXML()
                clean.text = value(sent.text or "")


def need(name: str, content: Value | Shape = text) -> Child:
    """Exactly one."""
    return Child(name, content, 1, 1)


def maybe(name: str, content: Value | Shape = text) -> Child:
    """One or none."""
    return Child(name, content, 0, 1)


def many(
    name: str, content: Value | Shape = text, least: int = 0, most: int | None = None
) -> Child:
    """At least `least` and at most `most`."""
    return Child(name, content, least, most)


def missing(name: str, why: str) -> Child:
    """An element that is answered 501, whatever it holds."""
    return Child(name, NotCarriedOut(why), 0, None)


class Shape:
    """A document, or a part of one if its `name` is ""."""

    def __init__(self, name: str = "", *children: Child) -> None:
        self.name, self.children = name, children
        self.names = frozenset(child.name for child in children)

    def checked(self, element: Element) -> Element:
        """The document without namespaces and blanks, in order.

        Raises MalformedXML, and NotImplementedByS3 for an element that is not carried out.
        """
        if local_name(element) != self.name:
            raise MalformedXML()
        clean = Element(self.name)
        self.fill(clean, element)
        return clean

    def fill(self, clean: Element, element: Element) -> None:
        """Write the children of `element`, in order. Raises as `checked` does."""
        found: dict[str, list[Element]] = {}
        for child in element:
            found.setdefault(local_name(child), []).append(child)
        if not found.keys() <= self.names:
            raise MalformedXML()
        for known in self.children:
            elements = found.get(known.name, [])
            most = len(elements) if known.most is None else known.most
            if not known.least <= len(elements) <= most:
                raise MalformedXML()
            for sent in elements:
                known.fill(SubElement(clean, known.name), sent)


def part(*children: Child) -> Shape:
    """A shape inside another: the name is its `Child`'s."""
    return Shape("", *children)


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
