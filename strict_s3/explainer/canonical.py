"""Take S3's canonical request and string to sign apart, also as a browser's page shows them.

A browser joins the lines with spaces. S3 repeats both texts as hexadecimal bytes, from which they
can be had whole; where those are missing or cut, the lines are found by their form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

_JOINED = re.compile(
    r"(?P<method>[A-Z]{3,7}) (?P<path>/\S*) (?:(?P<query>[^\s=]+=\S*) )?(?P<headers>[\w-]+:.*) "
    r"(?P<signed>[a-z0-9;-]+) (?P<payload>[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-[\w-]+)",
    re.S,
)
_JOINED_2 = re.compile(
    r"(?P<method>[A-Z]{3,7})(?: (?P<md5>[A-Za-z0-9+/]{22}==))?"
    r"(?: (?P<type>[\w.+-]+/[\w.+-]+(?:; ?[^ /]+)?))?"
    r" (?P<date>\d{9,13}|\w{3}, \d\d? \w{3} \d{4} [\d:]{8} \S+)(?P<more>(?: x-amz-\S+)*)"
    r" (?P<resource>/\S*)"
)


@dataclass(frozen=True)
class Canonical:
    """A canonical request, taken apart."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    signed: tuple[str, ...]
    payload: str


def from_fields(fields: Mapping[str, str]) -> Canonical | None:
    """The canonical request in the elements of S3's answer; None if there is none."""
    return parse_canonical(_whole(fields, "CanonicalRequest"))


def unsent(fields: Mapping[str, str]) -> list[str]:
    """The headers that were signed and not sent, by the elements of S3's answer."""
    seen = from_fields(fields)
    return [name for name in seen.signed if not seen.headers.get(name)] if seen else []


def string_to_sign(fields: Mapping[str, str]) -> list[str]:
    """The lines of the string to sign in S3's answer."""
    text = _whole(fields, "StringToSign")
    if "\n" not in text and (match := _JOINED_2.fullmatch(text.strip())):
        more = match["more"].split()
        return [match["method"], match["md5"] or "", match["type"] or "", match["date"], *more,
                match["resource"]]  # fmt: skip
    return text.replace("\r\n", "\n").split("\n")


def _whole(fields: Mapping[str, str], name: str) -> str:
    """The text of an element, with its line ends if the bytes beside it have them."""
    text = fields.get(name, "")
    if "\n" in text:
        return text
    try:
        exact = bytes.fromhex(fields.get(f"{name}Bytes", "")).decode()
    except ValueError:
        return text
    same = exact.split() == text.split()
    return exact if same else text


def parse_canonical(text: str) -> Canonical | None:
    """A canonical request in S3's answer; None if it is not one."""
    lines = text.strip("\n").replace("\r\n", "\n").split("\n")
    if len(lines) < 6:
        return _from_joined(" ".join(text.split()))
    *headers, _blank, signed, payload = lines[3:]
    pairs = [line.partition(":")[::2] for line in headers]
    return Canonical(
        lines[0], lines[1], _query(lines[2]), dict(pairs), tuple(signed.split(";")), payload
    )


def _query(text: str) -> dict[str, str]:
    items = [item.partition("=")[::2] for item in text.split("&") if item]
    return {unquote(name): unquote(value) for name, value in items}


def _from_joined(text: str) -> Canonical | None:
    match = _JOINED.fullmatch(text)
    if not match:
        return None
    signed = tuple(match["signed"].split(";"))
    headers: dict[str, str] = {}
    rest = match["headers"]
    for name, following in zip(signed, (*signed[1:], ""), strict=True):
        if not rest.startswith(f"{name}:"):
            return None
        end = rest.find(f" {following}:") if following else len(rest)
        end = len(rest) if end < 0 else end
        headers[name], rest = rest[len(name) + 1 : end].strip(), rest[end:].strip()
    return Canonical(
        match["method"], match["path"], _query(match["query"] or ""), headers, signed,
        match["payload"],
    )  # fmt: skip
