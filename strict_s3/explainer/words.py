"""How reports are worded: labelled parts, durations, and text that is safe to show.

Somebody else wrote what is inspected. So a value is shown on one line, without control characters,
shortened if it is long, and never with a signature, a session token or a whole key id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from textwrap import wrap

from ..redact import HIDDEN, redact, redact_key
from ..rules.authentication import iso

WIDTH = 98  # columns of a report
MAX_VALUE = 300  # characters of one value
_SECRET_NAME = re.compile(
    r"signature(?!version)|security-token|session-token|^token(?:-\d+)?$|authorization|cookie|"
    r"customer-key$|secret|password|^sig$",
    re.I,
)
_NAMED_SECRET = re.compile(
    r"((?:x-amz-)?(?:signature|security-token|s3session-token|customer-key|authorization|cookie)"
    r"(?:=|%3D|%253D|:\s*))[^&\s\"'<>]+",
    re.I,
)
# What an Authorization header holds, wherever it is quoted.
_CREDENTIALS = re.compile(
    r"\b(Bearer|Basic|AWS(?= [A-Za-z0-9]{3,128}:)) +(?=\S{6})[A-Za-z0-9+/=._~:-]+", re.I
)
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{8,}")
_LONG_HEX = re.compile(r"[0-9a-fA-F]{40,}")
# Each of these patterns, and each of `redact`, contains one of these: most texts have none, which
# saves ten searches.
_SUSPECT = re.compile(
    r"signature|token|A[KS]IA|key|auth|cookie|bearer|basic|AWS |[A-Za-z0-9+/ ]{40}", re.I
)


@dataclass(frozen=True)
class Part:
    """One labelled piece of what is inspected.

    `value` is decoded and safe to show, `explanation` a sentence. `text` is the piece as the URL
    has it, secrets hidden: the texts of all segments together are the URL.
    """

    label: str
    value: str
    explanation: str = ""
    text: str = ""


def is_secret(name: str) -> bool:
    """True for a parameter, field or element whose value must never be shown."""
    return bool(_SECRET_NAME.search(name))


def shown(value: object, limit: int = MAX_VALUE) -> str:
    """`value` on one line, printable, cut after `limit` characters, without secrets."""
    return one_line(hide(str(value)), limit)


def hide(text: str) -> str:
    """`text` without signatures and tokens; key ids as ``AKIA…MPLE``."""
    if not _SUSPECT.search(text):
        return text
    text = _NAMED_SECRET.sub(rf"\1{HIDDEN}", text)
    text = _CREDENTIALS.sub(rf"\1 {HIDDEN}", text)
    text = _KEY_ID.sub(lambda found: redact_key(found[0]), text)
    return redact(_LONG_HEX.sub(HIDDEN, text))


def one_line(text: str, limit: int) -> str:
    """`text` with every control character as an escape (``\\n``), cut after `limit`."""
    cut = text if len(text) <= limit else text[:limit] + HIDDEN
    if cut.isprintable():
        return cut
    return "".join(c if _printable(c) else c.encode("unicode_escape").decode() for c in cut)


def _printable(character: str) -> bool:
    # Cf has the marks that reverse the direction of text, Cs what UTF-8 cannot encode.
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def count(number: int, noun: str) -> str:
    """``1 byte``, ``100,000 bytes``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def duration(length: timedelta | int) -> str:
    """A length of time in its two largest units: ``6 days 23 hours``. An int is in seconds."""
    seconds = abs(int(length.total_seconds())) if isinstance(length, timedelta) else abs(length)
    units = ((31536000, "year"), (86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    for place, (size, name) in enumerate(units):
        if seconds >= size:
            words = count(seconds // size, name)
            if place + 1 < len(units):
                smaller, smaller_name = units[place + 1]
                if rest := seconds % size // smaller:
                    words += f" {count(rest, smaller_name)}"
            return words
    return "0 seconds"


def moment(when: datetime) -> str:
    """A moment in UTC and in this computer's time zone."""
    text = iso(when)
    try:
        here = when.astimezone()
    except (OverflowError, OSError, ValueError):  # a year out of this system's range
        return text
    return f"{text} ({here:%Y-%m-%d %H:%M:%S} on this computer)"


def time_left(when: datetime, now: datetime) -> str:
    """``29 minutes 59 seconds left``, or ``ended 8 years ago``."""
    if now > when:
        return f"ended {duration(now - when)} ago"
    return f"{duration(when - now)} left"


def utc_now() -> datetime:
    """The present moment: what `now` means where none is given."""
    return datetime.now(UTC)


def listing(parts: Iterable[Part]) -> list[str]:
    """Parts as aligned lines, each explanation under its value."""
    parts = list(parts)
    width = min(max((len(part.label) for part in parts), default=0), 30)
    margin = " " * (width + 4)
    lines: list[str] = []
    explained: dict[str, list[str]] = {}  # many parts share an explanation
    for part in parts:
        label = f"  {part.label.ljust(width)}  "
        first = wrapped(part.value, label, margin) if part.value else [label.rstrip()]
        if part.explanation and not part.value:
            first = wrapped(part.explanation, label, margin)
        lines += first
        if part.explanation and part.value:
            if part.explanation not in explained:
                explained[part.explanation] = wrapped(part.explanation, margin, margin)
            lines += explained[part.explanation]
    return lines


def bullets(sentences: Iterable[str], mark: str = "!") -> list[str]:
    """Each text after a mark."""
    return [line for text in sentences for line in wrapped(text, f"  {mark} ", "    ")]


def wrapped(text: str, first: str, then: str) -> list[str]:
    """`text` in lines of at most `WIDTH` columns; words are never broken."""
    text = one_line(text, 20 * MAX_VALUE)
    if len(first) + len(text) <= WIDTH and text == text.rstrip() != "":
        return [first + text]
    return wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=then,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


class Readable:
    """A report: ``print`` and the last line of a notebook's cell show its text."""

    def __repr__(self) -> str:
        return str(self)
