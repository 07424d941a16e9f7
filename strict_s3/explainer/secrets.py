"""What must never be shown of a paste: found once, and taken out of a whole report.

Values are hidden where they are put into words, by the name that they have (`is_secret`). This is
the second lock: whatever way a secret of the paste has taken into a report, it does not leave it.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from ..redact import HIDDEN

T = TypeVar("T")
_LEAST = 6  # characters; shorter values would hide ordinary words
_HEAD = 16  # characters by which a long secret is known, also when it was cut
_NAMES = (
    r"signature|security[-_]?token|session[-_]?token|s3session-token|token|authorization|cookie|"
    r"customer-key|secret(?:[-_]?access)?(?:[-_]?key)?|password|passwd|api[-_]?key|sig"
)
_BETWEEN = r"[\\\"'\]]{0,4}\s{0,3}(?:=>|=3D|=|:|%3D|%253D|\\u003d|\\x3d|>|,)\s{0,3}[\\\"'\[]{0,3}"
# Schemes of an Authorization header, after which the secret stands.
_SCHEME = r"(?:(?:Bearer|Basic|Token|Digest|Negotiate|AWS)\s{1,3})?"
_NAMED = re.compile(
    rf"(?:{_NAMES}){_BETWEEN}{_SCHEME}(?P<value>[^\s\"'<>&,;|)}}\]\\]{{{_LEAST},4096}})", re.I
)
_ALONE = (
    re.compile(r"\b(?:Bearer|Basic)\s{1,3}(?P<value>[A-Za-z0-9+/=._~-]{6,4096})", re.I),
    re.compile(r"\bAWS\s[A-Za-z0-9]{3,128}:(?P<value>[A-Za-z0-9+/=]{6,100})"),
    re.compile(r"://[^/\s:@]{0,100}:(?P<value>[^/\s@]{3,200})@"),
    re.compile(r"(?:-u|--user)[\s='\"]{1,3}[^\s:'\"]{1,100}:(?P<value>[^\s'\"]{3,200})"),
    re.compile(r"\b(?P<value>eyJ[A-Za-z0-9_-]{6,2000}\.[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]*)"),
    re.compile(r"\b(?P<value>(?:ghp|gho|ghs|github_pat|glpat|xox[abp]|sk_live)[_-][\w-]{6,200})"),
    # An element of S3's XML that quotes a value, after the one that names it.
    re.compile(
        r"<ArgumentName>[^<]{0,60}(?:signature|token|authorization|cookie|customer-key)</ArgumentName>"
        r"\s{0,9}<ArgumentValue>(?P<value>[^<]{3,8000})",
        re.I,
    ),
    re.compile(r"<(?:Token-\d|SignatureProvided)>(?P<value>[^<]{3,8000})", re.I),
    # {"name": "x-amz-signature", "value": "…"} and <input name="…" value="…">
    re.compile(
        rf"name[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"'](?:x-amz-)?(?:{_NAMES})[\"'],?\s{{0,9}}"
        r"[\"']?value[\"']?\s{0,3}[:=]\s{0,3}[\"'](?P<value>[^\"']{3,8000})",
        re.I,
    ),
)  # fmt: skip
# What stands where a secret could, and is none.
_HARMLESS = re.compile(
    r"AWS4-|AES256|aws:kms|UNSIGNED|host\b|content-|x-amz-|s3v4|Bearer|Basic|Credential=|\$|\{|<|\(|"
    r"undefined|process\.|os\.|arn:|https?:|[a-z]{1,15}$|[A-Z][a-z]{1,15}$",
)  # fmt: skip
_SUSPECT = re.compile(r"signature|token|secret|auth|cookie|passw|sig|bearer|basic|key|@|eyJ", re.I)


def secrets_of(text: str) -> frozenset[str]:
    """The values in a paste that must not be shown, as they are and decoded."""
    if not _SUSPECT.search(text):
        return frozenset()
    found: set[str] = set()
    for value in _values(text):
        for form in (value, unquote(value), unquote(unquote(value)), html.unescape(value)):
            if len(form) >= _LEAST or form == value:
                found.add(form)
    return frozenset(found)


def _values(text: str) -> Iterator[str]:
    for pattern in (_NAMED, *_ALONE):
        for match in pattern.finditer(text):
            value = match["value"].strip()
            if value and not _HARMLESS.match(value):
                yield value


def without(report: T, secrets: frozenset[str]) -> T:
    """The report, with every secret in every text of it replaced by an ellipsis."""
    if not secrets:
        return report
    longest = sorted(secrets, key=len, reverse=True)
    patterns = [
        re.escape(each) if len(each) <= _HEAD else rf"{re.escape(each[:_HEAD])}[^\s\"'<>&]*"
        for each in longest
    ]
    result: T = _masked(report, re.compile("|".join(dict.fromkeys(patterns))))
    return result


def _masked(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(HIDDEN, value)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_masked(each, pattern) for each in value)
    if isinstance(value, Mapping):
        return {name: _masked(each, pattern) for name, each in value.items()}
    if isinstance(value, list):
        return [_masked(each, pattern) for each in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        new = {
            each.name: _masked(getattr(value, each.name), pattern)
            for each in dataclasses.fields(value)
            if each.init
        }
        return dataclasses.replace(value, **new)
    return value
