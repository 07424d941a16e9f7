"""`timeline`: when a URL was signed, when it expires, and when its signer's session ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from helpers.errors import LabError
from helpers.forms.markup import Markup, tag
from helpers.forms.shown import show_card
from strict_s3.explainer import read_error
from strict_s3.explainer.words import duration
from strict_s3.rules.authentication import iso
from strict_s3.rules.sigv4 import parse_amz_date

_LEFT, _RIGHT, _END = 75, 490, 620  # of 640: the first event, the last one, where the line ends
_MINUTE = 60


class Event(NamedTuple):
    """A moment (UTC) on the line, and what it is; `ends` if S3 refuses the URL from then on."""

    at: datetime
    what: str
    ends: bool = False


def timeline(url: str, *, session_ends: datetime | None = None, refused: Any | None = None) -> None:
    """Draw when `url` was signed and when S3 stops to accept it, in order; not to scale.

    `session_ends` is the ``Expiration`` of the temporary credentials that signed it; `refused` is
    S3's response to a request that came too late, which names the server's time. Raises `LabError`
    for a URL that is not signed with Signature Version 4.

        timeline(url, session_ends=temporary["Expiration"])
    """
    events = _events(url, session_ends, refused)
    text = as_text(events)
    show_card(text, lambda: drawing(events, text))


def as_text(events: Sequence[Event]) -> str:
    """A line for each event."""
    return "\n".join(
        f"{event.what:<15}{iso(event.at)}  {_after(events, event)}".rstrip() for event in events
    )


def drawing(events: Sequence[Event], text: str) -> Markup:
    """The same as a picture, at most 640 pixels wide; `text` is for those who don't see it."""
    step = (_RIGHT - _LEFT) / (len(events) - 1)
    places = [_LEFT + step * number for number in range(len(events))]
    ended = [any(event.ends for event in events[: number + 1]) for number in range(len(events))]
    parts = []
    for is_over, (start, end) in zip(ended, pairwise([*places, _END]), strict=True):
        kind = "refused" if is_over else "served"
        parts.append(tag("path", d=f"M{start:g} 62H{end:g}", class_=f"s3-line s3-{kind}"))
        word = "✗ refused" if is_over else "✓ valid"
        parts.append(_text((start + end) / 2, 52, word, f"s3-{kind}"))
    for event, x in zip(events, places, strict=True):
        parts += [
            tag("circle", cx=f"{x:g}", cy=62, r=6),
            _text(x, 26, event.what, "s3-what"),
            _text(x, 88, f"{event.at:%d %b %H:%M:%S}"),
        ]
        if after := _after(events, event, short=True):
            parts.append(_text(x, 107, after, "s3-after"))
    parts.append(_text(_END, 130, "UTC, not to scale", "s3-after", anchor="end"))
    return tag(
        "svg",
        *parts,
        viewBox="0 0 640 140",
        role="img",
        aria_label=" ".join(text.replace("\n", "; ").split()),
        class_="s3-timeline",
    )


def _events(url: str, session_ends: datetime | None, refused: Any | None) -> list[Event]:
    query = parse_qs(urlsplit(url).query)
    try:
        signed = parse_amz_date(query["X-Amz-Date"][0])
        expires = signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))
    except (KeyError, ValueError, OverflowError):
        raise LabError(
            "timeline() needs a URL that is signed with Signature Version 4: this one has no valid "
            "X-Amz-Date and X-Amz-Expires."
        ) from None
    events = [Event(expires, "URL expires", True)]
    if session_ends is not None:
        if session_ends < signed:
            raise LabError(f"The session ended at {iso(session_ends)}, before the URL was signed.")
        events.append(Event(session_ends, "session ends", True))
    if refused is not None:
        error = read_error(refused.content)
        if moment := error.fields.get("ServerTime"):
            events.append(Event(datetime.fromisoformat(moment), f"request: {refused.status_code}"))
    return [Event(signed, "signed"), *sorted(events)]


def _after(events: Sequence[Event], event: Event, short: bool = False) -> str:
    """How long after signing. To the minute: two clocks that agree may still differ by a second."""
    first = events[0]
    if event is first:
        return ""
    seconds = round((event.at - first.at).total_seconds())
    if seconds > 2 * _MINUTE:
        seconds = round(seconds / _MINUTE) * _MINUTE
    words = f"after {duration(seconds)}"
    is_end = event is next(each for each in events if each.ends)
    return f"{words}: refused from here on" if is_end and not short else words


def _text(x: float, y: int, words: str, kind: str = "", anchor: str = "middle") -> Markup:
    return tag("text", words, x=f"{x:g}", y=y, text_anchor=anchor, class_=kind or None)
