"""What S3 answered beside what the table says: the differences, and what kind of difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .exchange import Received
from .scenarios import Answer, Value
from .values import Values

# They differ in each answer and say nothing of the request.
_UNCOMPARED = ("RequestId", "HostId")

IDENTICAL = "identical"
ACCEPTED = "accepted that AWS refuses"
REFUSED = "refused that AWS accepts"
NOT_IMPLEMENTED = "501 NotImplemented"
OTHER_CODE = "other status or code"
OTHER_MESSAGE = "other message"
OTHER_CONTENT = "other elements or headers"
KINDS = (ACCEPTED, REFUSED, OTHER_CODE, NOT_IMPLEMENTED, OTHER_MESSAGE, OTHER_CONTENT, IDENTICAL)


@dataclass(frozen=True)
class Difference:
    """One fact that isn't as recorded."""

    name: str
    recorded: object
    answered: object

    def __str__(self) -> str:
        return f"{self.name}: recorded {self.recorded!r}, answered {self.answered!r}"


def document_of(received: Received) -> dict[str, list[str]] | None:
    """The texts of an XML document by path, namespaces left out; None if it is no XML.

    An error's elements are those of `Error`, whether or not an `ErrorResponse` is around it.

    >>> document_of(Received(200, {}, b"<A><B>1</B><B>2</B></A>"))
    {'B': ['1', '2']}
    """
    if not received.body.lstrip().startswith(b"<"):
        return None
    try:
        root: Element = fromstring(received.body)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    if _local(root.tag) == "ErrorResponse":
        root = next((child for child in root if _local(child.tag) == "Error"), root)
    found: dict[str, list[str]] = {}
    for path, text in _texts(root, ""):
        if path.rpartition("/")[2] not in _UNCOMPARED:
            found.setdefault(path, []).append(text)
    return found


def _texts(element: Element, path: str) -> Iterator[tuple[str, str]]:
    for name, text in element.attrib.items():
        yield f"{path}/@{_local(name)}".lstrip("/"), text
    if len(element) == 0 and (path or (element.text or "").strip()):
        yield path, element.text or ""
    for child in element:
        yield from _texts(child, f"{path}/{_local(child.tag)}".lstrip("/"))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def differences(answer: Answer, received: Received, values: Values) -> list[Difference]:
    """What isn't as recorded; keeps the values that the answer names."""
    document = document_of(received) or {}
    code, message = (document.pop(name, [""])[0] for name in ("Code", "Message"))
    found = []
    if received.status != answer.status:
        found.append(Difference("status", answer.status, received.status))
    # Of some refusals only the status was recorded.
    if answer.code or answer.status < 400:
        if code != answer.code:
            found.append(Difference("code", answer.code, code))
        if answer.message != message and not values.matches(answer.message, message):
            found.append(Difference("message", answer.message, message))
    found += _headers(answer.headers, received.headers, values)
    if answer.elements is not None:
        found += _elements(answer, document, values)
    if answer.body is not None:
        text = received.body.decode("utf-8", "replace")
        if not values.matches(answer.body, text) and answer.body != text:
            found.append(Difference("body", answer.body, text[:200]))
    return found


def _headers(
    recorded: Mapping[str, Value], answered: Mapping[str, str], values: Values
) -> Iterator[Difference]:
    for name, value in recorded.items():
        have = answered.get(name.lower())
        if value is False:
            if have is not None:
                yield Difference(f"header {name}", None, have)
        elif have is None or not values.matches(str(value), have):
            yield Difference(f"header {name}", value, have)


def _elements(
    answer: Answer, document: Mapping[str, list[str]], values: Values
) -> Iterator[Difference]:
    recorded = answer.elements or {}
    for path, value in recorded.items():
        have = document.get(path, [])
        want = [] if value is False else value if isinstance(value, list | tuple) else [str(value)]
        if not _same(want, have, answer.any_order, values):
            yield Difference(path, want[0] if len(want) == 1 else want or None, have or None)
    if not answer.partial:
        for path in document.keys() - recorded.keys():
            yield Difference(path, None, document[path])


def _same(want: Sequence[str], have: Sequence[str], any_order: bool, values: Values) -> bool:
    if any_order:
        left = list(have)
        for value in want:
            match = next((text for text in left if values.matches(value, text)), None)
            if match is None:
                return False
            left.remove(match)
        return not left
    if len(want) != len(have):
        return False
    # All of them, also after one that differs: each text may name a value to keep.
    matches = [values.matches(one, text) for one, text in zip(want, have, strict=True)]
    return all(matches)


def kind_of(answer: Answer, received: Received, found: list[Difference]) -> str:
    """Which of `KINDS` the differences make."""
    if not found:
        return IDENTICAL
    if received.status == 501 != answer.status:
        return NOT_IMPLEMENTED
    if received.status < 400 <= answer.status:
        return ACCEPTED
    if answer.status < 400 <= received.status:
        return REFUSED
    names = {difference.name for difference in found}
    if names & {"status", "code"}:
        return OTHER_CODE
    return OTHER_MESSAGE if "message" in names else OTHER_CONTENT
