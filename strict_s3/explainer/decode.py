"""Read what was pasted: bytes into text, and a text into the URL that makes the most sense.

The pipeline has a memory: each step that was undone is named, because a broken paste is often the
answer to "why does it fail?". Which steps are right is not guessed from the first pattern: every
candidate is scored by how much of a signed URL it is, and the best one wins.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from .cutting import candidates
from .decode_steps import STEPS, unwrapped
from .services import find_foreign

MAX_STATES = 40  # texts that are tried
MAX_DEPTH = 5  # steps that can be on top of each other
MAX_SEARCHED = 200_000  # characters around the first sign of a signature
# What a paste is about; looked for as plain text, which is fast in megabytes.
_SIGNS = (
    *("X-Amz-", "x-amz-", "X-Goog-", "AWSAccessKeyId", "Signature=", "Key-Pair-Id", "<Error"),
    *("&lt;Error", '"Code"', "An error occurred (", "Error Code: ", '"policy"', "'policy'"),
    *("Access-Control-Allow-", "Cross-Origin Request Blocked", "CORSRule", '"Statement"'),
)
# What the values of a signed URL look like, decoded.
_SHAPES = {
    "X-Amz-Algorithm": re.compile(r"AWS4-(?:HMAC-SHA256|ECDSA-P256-SHA256)"),
    "X-Amz-Credential": re.compile(r"[^/\s%]+/\d{8}/[a-z0-9-]+(?:/[a-z0-9-]+)?/aws4_request"),
    "X-Amz-Date": re.compile(r"\d{8}T\d{6}Z"),
    "X-Amz-Expires": re.compile(r"\d{1,9}"),
    "X-Amz-SignedHeaders": re.compile(r"[a-z0-9-]+(?:;[a-z0-9-]+)*"),
    "X-Amz-Signature": re.compile(r"[0-9a-f]{64}|[0-9a-f]{130,150}"),
    "AWSAccessKeyId": re.compile(r"\w{5,128}"),
    "Signature": re.compile(r"[A-Za-z0-9+/=_~-]{20,400}"),
    "Expires": re.compile(r"\d{9,13}"),
}
_ODD = re.compile(r"[\\^`<>\"|{}\s]|&amp;|\\u00|%26X-Amz|=3D")


@dataclass(frozen=True)
class Decoded:
    """A text, and what was undone to read it, a sentence each."""

    text: str
    undone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A URL in a paste: what was undone around it, and how much sense it makes."""

    url: str
    undone: tuple[str, ...]
    sense: float
    text: str  # the whole text in which it is, decoded as it was


def from_bytes(data: bytes) -> Decoded:
    """Bytes as text: by a byte order mark, else UTF-8, else Windows' Latin letters."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                       (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if data.startswith(mark):
            note = ("The text was UTF-16, as PowerShell's > writes it: decoded.",)
            return Decoded(data.decode(name, "replace"), note if name == "utf-16" else ())
    if len(data) > 9 and data[1:40:2].count(0) * 2 > len(data[1:40:2]):
        return Decoded(data.decode("utf-16-le", "replace"), ("The text was UTF-16: decoded.",))
    if len(data) > 9 and data[0:40:2].count(0) * 2 > len(data[0:40:2]):
        return Decoded(data.decode("utf-16-be", "replace"), ("The text was UTF-16: decoded.",))
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        return Decoded(data.decode("cp1252", "replace"))


def searched(text: str) -> str:
    """The part of a long text in which the first sign of what it is about is."""
    if len(text) <= MAX_SEARCHED:
        return text
    places = [place for place in map(text.find, _SIGNS) if place >= 0]
    begin = max(0, min(places, default=0) - MAX_SEARCHED // 4)
    return text[begin : begin + MAX_SEARCHED]


def best_url(text: str) -> Candidate | None:
    """The URL in `text` that makes the most sense, after whatever had to be undone for it."""
    best: Candidate | None = None
    for state, penalty in _states(text):
        for url, cut in candidates(state.text):
            sense = sense_of(url) - penalty - 0.02 * len(cut)
            if best is None or sense > best.sense:
                best = Candidate(url, (*state.undone, *cut), sense, state.text)
    return best


def _states(text: str) -> Iterator[tuple[Decoded, float]]:
    """`text` and what comes of it by any steps in any order, those with fewer steps first."""
    waiting: list[tuple[Decoded, float, int]] = [(Decoded(text), 0.0, 0)]
    seen = {text}
    for state, penalty, depth in waiting:
        yield state, penalty
        if depth >= MAX_DEPTH or len(waiting) >= MAX_STATES:
            continue
        for new, note, cost in _next(state.text):
            if new not in seen and len(waiting) < MAX_STATES:
                seen.add(new)
                undone = Decoded(new, (*state.undone, note))
                waiting.append((undone, penalty + cost, depth + 1))


def _next(text: str) -> Iterator[tuple[str, str, float]]:
    for step in STEPS:
        new, times = step.undo(text), 1
        if new == text:
            continue
        while times < step.repeat and (again := step.undo(new)) != new:
            new, times = again, times + 1
        often = ", escaped twice" if times == 2 else f", escaped {times} times" if times > 2 else ""
        yield new, step.note.replace("{}", often), step.penalty
    for inner, note in unwrapped(text):
        yield inner, note, 0.1


def sense_of(url: str) -> float:
    """How much of a signed URL this is."""
    front, _, query = url.partition("?")
    score = 1.0 if re.match(r"https?://[\w.\[\]:-]+(?:/|$)", front) else 0.0
    names = set()
    for item in query.split("&")[:200]:
        name, _, value = item.partition("=")
        names.add(name.lower())
        shape = _SHAPES.get(name)
        if shape is None:
            continue
        score += 3.0 if shape.fullmatch(unquote(value)) else 1.0
    if names and find_foreign(names, front.lower()):
        score += 4.0
    return score - (0.5 if _ODD.search(url) else 0.0)
