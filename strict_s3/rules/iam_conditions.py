"""The Condition element of a policy: operators, and how they treat missing keys.

Sources: "IAM JSON policy elements: Condition operators"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html),
"Conditions with multiple context keys or values" and "Single-valued vs. multivalued context keys"
in the IAM user guide.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

Context = Mapping[str, str | Sequence[str]]
Test = Callable[[str, str], bool]


# Stand-ins for characters that came from a variable: there, "*" and "?" are not wildcards, and ":"
# does not end a part of an ARN.
LITERAL = {"*": "\ue000", "?": "\ue001", ":": "\ue002"}
_STANDS_FOR = {stand_in: meant for meant, stand_in in LITERAL.items()}


def _translated(pattern: str, any_one: str = ".") -> str:
    """`pattern` as a regular expression: ``?`` stands for `any_one`, ``*`` for a run of it.

    A piece between two stars is matched only at its first place (an atomic group). Trying later
    places never helps, and would take exponential time for a pattern with many stars.
    """
    pieces = [
        "".join(any_one if c == "?" else re.escape(_STANDS_FOR.get(c, c)) for c in piece)
        for piece in re.split(r"\*+", pattern)
    ]
    if len(pieces) == 1:
        return pieces[0]
    first, *middle, last = pieces
    return first + "".join(f"(?>{any_one}*?{p})" for p in middle) + f"{any_one}*{last}"


@lru_cache(maxsize=4096)
def wildcard(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """`pattern` with ``*`` (any characters) and ``?`` (any one) as a regular expression."""
    flags = re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0)
    return re.compile(_translated(pattern), flags)


@lru_cache(maxsize=4096)
def arn_wildcard(pattern: str) -> re.Pattern[str]:
    """An ARN with wildcards as a regular expression: each of its six parts on its own.

    A ``*`` stays within its part, except in the last, where it also matches colons. A pattern
    with fewer than six parts matches nothing.
    """
    *parts, last = pattern.split(":", 5)
    if len(parts) != 5:
        return re.compile("(?!)")
    text = "".join(_translated(part, "[^:]") + ":" for part in parts) + _translated(last)
    return re.compile(text, re.DOTALL)


def arn_matches(value: str, pattern: str) -> bool:
    """Does each of an ARN's six colon-separated parts match its own pattern?"""
    return arn_wildcard(pattern).fullmatch(value) is not None


# ISO 8601 as AWS reads it (recorded in 2026): months, days and the time can be left out, hours
# have one digit or two.
_DATE = re.compile(
    r"(-?\d{1,9})(?:-(\d\d?))?(?:-(\d\d?))?"
    r"(?:T(?:(\d\d?)(?::(\d\d?)(?::(\d\d?)(?:\.(\d{1,9}))?)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def parse_date(text: str) -> datetime:
    """A moment from ISO 8601 or seconds since 1970. UTC unless it says so.

    A moment that Python cannot hold is the nearest one that it can. Raises ValueError.
    """
    if re.fullmatch(r"\d{1,19}(\.\d+)?", text, re.ASCII):
        seconds = float(text)
        if seconds > 2**63 - 1:
            raise ValueError(f"{text} seconds since 1970 is not a date")
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError):
            return _LAST
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a date such as 2026-01-31T12:00:00Z")
    year, month, day, hour, minute, second = (int(match[i] or i in (2, 3)) for i in range(1, 7))
    moment = datetime(
        max(1, min(year, 9999)), month, day, hour, minute, second, tzinfo=_zone(match[8])
    ).replace(microsecond=int((match[7] or "").ljust(6, "0")[:6]))
    return _FIRST if year < 1 else _LAST if year > 9999 else moment


_FIRST, _LAST = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))


def _zone(text: str | None) -> timezone:
    """The zone that ``Z``, ``+02`` or ``-03:30`` names; UTC where a date names none."""
    if not text or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


@lru_cache(maxsize=1024)
def _number(text: str) -> int | Decimal:
    """A whole number or a decimal, exactly; not Python's "nan", "1_000" or " 1"."""
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text, re.ASCII):
        raise ValueError(f"{text!r} is not a number")
    return Decimal(text) if "." in text else int(text)


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


@lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    # Python would also accept a netmask after the slash ("/255.0.0.0").
    if not re.fullmatch(r"[^/]+(/\d+)?", text, re.ASCII):
        raise ValueError(f"{text!r} is not an address or a CIDR range")
    return ipaddress.ip_network(text, strict=False)


@lru_cache(maxsize=1024)
def _in_network(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in _network(network)


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


# Each operator: the comparison, and the check of the policy's value.
_FAMILIES: dict[str, tuple[Test, Callable[[str], object]]] = {
    "StringEquals": (lambda have, want: have == want, str),
    "StringEqualsIgnoreCase": (lambda have, want: have.lower() == want.lower(), str),
    "StringLike": (lambda have, want: wildcard(want).fullmatch(have) is not None, str),
    "NumericEquals": (lambda have, want: _number(have) == _number(want), _number),
    "NumericLessThan": (lambda have, want: _number(have) < _number(want), _number),
    "NumericLessThanEquals": (lambda have, want: _number(have) <= _number(want), _number),
    "NumericGreaterThan": (lambda have, want: _number(have) > _number(want), _number),
    "NumericGreaterThanEquals": (lambda have, want: _number(have) >= _number(want), _number),
    "DateEquals": (lambda have, want: parse_date(have) == parse_date(want), parse_date),
    "DateLessThan": (lambda have, want: parse_date(have) < parse_date(want), parse_date),
    "DateLessThanEquals": (lambda have, want: parse_date(have) <= parse_date(want), parse_date),
    "DateGreaterThan": (lambda have, want: parse_date(have) > parse_date(want), parse_date),
    "DateGreaterThanEquals": (lambda have, want: parse_date(have) >= parse_date(want), parse_date),
    "Bool": (lambda have, want: have.lower() == want.lower(), _bool),
    "BinaryEquals": (lambda have, want: have == want, _base64),
    "IpAddress": (_in_network, _network),
    "ArnEquals": (arn_matches, str),
    "ArnLike": (arn_matches, str),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


class Operator:
    """One condition operator as written, such as ``ForAnyValue:StringLikeIfExists``."""

    def __init__(self, written: str) -> None:
        """Raises ValueError if there is no such operator."""
        prefix, colon, name = written.rpartition(":")
        if colon and prefix not in ("ForAnyValue", "ForAllValues"):
            raise ValueError(f'"{written}" is not a condition operator')
        self.written = written
        self.quantifier = prefix
        base = name.removesuffix("IfExists")
        self.if_exists = base != name
        self.negated = base in _NEGATED
        # Null asks whether the key is there, so it has neither prefix nor suffix.
        self.is_null = written == "Null"
        family = _NEGATED.get(base, base)
        if not self.is_null and family not in _FAMILIES:
            raise ValueError(f'"{written}" is not a condition operator')
        self.patterns = "Like" in family or "Arn" in family
        self.compares_addresses = family == "IpAddress"
        self._test, self._check = _FAMILIES["Bool" if self.is_null else family]

    def check_value(self, text: str) -> None:
        """Raises ValueError if this operator cannot compare with this value."""
        if "${" not in text:
            self._check(text)

    def without_values(self) -> bool:
        """Is the condition met by a request without the key?

        ``IfExists`` and ``ForAllValues`` are, ``ForAnyValue`` is not; otherwise a positive test
        fails and a negated one passes.
        """
        if self.if_exists:
            return True
        if self.quantifier:
            return self.quantifier == "ForAllValues"
        return self.negated

    def holds(self, values: Sequence[str] | None, expected: Sequence[str]) -> bool:
        """Do the request's values (None: it has no such key) satisfy one of the `expected`?"""
        if self.is_null:
            # A variable can stand for any text here: one that is neither is never met.
            return ("false" if values else "true") in {text.lower() for text in expected}
        # To a set operator an empty string is an empty set.
        if not values or (self.quantifier and not any(values)):
            return self.without_values()
        each = (self._any(value, expected) != self.negated for value in values)
        everyone = self.quantifier == "ForAllValues" or (self.negated and not self.quantifier)
        return all(each) if everyone else any(each)

    def _any(self, value: str, expected: Sequence[str]) -> bool:
        for text in expected:
            try:
                if self._test(value, text):
                    return True
            except ValueError:  # the request's value is not a number, date or address
                continue
        return False
