"""The Condition element of a policy: operators, and how they treat missing keys.

Source: "IAM JSON policy elements: Condition operators" and "Creating a condition with multiple
keys or values" in the IAM user guide.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

Context = Mapping[str, str | Sequence[str]]
Test = Callable[[str, str], bool]


# Stand-ins for a "*" or "?" that came out of a variable and must be taken literally.
LITERAL = {"*": "\ue000", "?": "\ue001"}
_PATTERN = {"*": ".*", "?": ".", LITERAL["*"]: r"\*", LITERAL["?"]: r"\?"}


@lru_cache(maxsize=4096)
def wildcard(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    """`pattern` with ``*`` (any run) and ``?`` (any one character) as a regular expression."""
    text = "".join(_PATTERN.get(c) or re.escape(c) for c in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def arn_matches(value: str, pattern: str) -> bool:
    """Each of an ARN's six colon-separated parts against its own pattern."""
    mine, theirs = value.split(":", 5), pattern.split(":", 5)
    return len(mine) == len(theirs) == 6 and all(
        wildcard(theirs[i]).fullmatch(mine[i]) is not None for i in range(6)
    )


def parse_date(text: str) -> datetime:
    """A moment from ISO 8601 or seconds since 1970 (UTC). Raises ValueError."""
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _in_network(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


# Each operator: the comparison, and the check of a policy's value when it is written.
_FAMILIES: dict[str, tuple[Test, Callable[[str], object]]] = {
    "StringEquals": (lambda have, want: have == want, str),
    "StringEqualsIgnoreCase": (lambda have, want: have.lower() == want.lower(), str),
    "StringLike": (lambda have, want: wildcard(want).fullmatch(have) is not None, str),
    "NumericEquals": (lambda have, want: float(have) == float(want), float),
    "NumericLessThan": (lambda have, want: float(have) < float(want), float),
    "NumericLessThanEquals": (lambda have, want: float(have) <= float(want), float),
    "NumericGreaterThan": (lambda have, want: float(have) > float(want), float),
    "NumericGreaterThanEquals": (lambda have, want: float(have) >= float(want), float),
    "DateEquals": (lambda have, want: parse_date(have) == parse_date(want), parse_date),
    "DateLessThan": (lambda have, want: parse_date(have) < parse_date(want), parse_date),
    "DateLessThanEquals": (lambda have, want: parse_date(have) <= parse_date(want), parse_date),
    "DateGreaterThan": (lambda have, want: parse_date(have) > parse_date(want), parse_date),
    "DateGreaterThanEquals": (lambda have, want: parse_date(have) >= parse_date(want), parse_date),
    "Bool": (lambda have, want: have.lower() == want.lower(), _bool),
    "BinaryEquals": (lambda have, want: have == want, str),
    "IpAddress": (_in_network, lambda text: ipaddress.ip_network(text, strict=False)),
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
        self.if_exists = name.endswith("IfExists") and name != "Null"
        base = name.removesuffix("IfExists") if self.if_exists else name
        self.negated = base in _NEGATED
        self.is_null = base == "Null" and not colon
        family = _NEGATED.get(base, base)
        if not self.is_null and family not in _FAMILIES:
            raise ValueError(f'"{written}" is not a condition operator')
        self.patterns = "Like" in family or "Arn" in family
        self._test, self._check = _FAMILIES["Bool" if self.is_null else family]

    def check_value(self, text: str) -> None:
        """Raises ValueError if a policy may not hold this value for this operator."""
        if "${" not in text:
            self._check(text)

    def holds(self, have: Sequence[str] | None, wanted: Sequence[str]) -> bool:
        """Does the request's value (None: it has no such key) satisfy one of the `wanted`?"""
        if self.is_null:
            return any(_bool(want) == (have is None) for want in wanted)
        if have is None:
            # A missing key fails a positive test and passes a negated one.
            return self.if_exists or self.negated or self.quantifier == "ForAllValues"
        each = [self._any(value, wanted) != self.negated for value in have]
        everyone = self.quantifier == "ForAllValues" or (self.negated and not self.quantifier)
        return all(each) if everyone else any(each)

    def _any(self, value: str, wanted: Sequence[str]) -> bool:
        for want in wanted:
            try:
                if self._test(value, want):
                    return True
            except ValueError:  # the request's value is not a number, date or address
                continue
        return False
