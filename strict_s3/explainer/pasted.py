"""The request in a paste: a URL alone, or with what a command, a program or a record sends."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..errors import InspectError
from .calls import read_call, read_code, read_record
from .cutting import MAX_URL, START
from .decode import Candidate, best_url, searched, sense_of
from .decode_steps import STEPS
from .sent import NOTHING_SENT, Sent
from .shell import read_command

_NO_URL = (
    "There is no URL in this text. A presigned URL begins with https:// (or http://) and contains "
    "X-Amz-Signature or Signature."
)


@dataclass(frozen=True)
class Pasted:
    """The URL, what was undone to read it, and the request around it, if there is one."""

    url: str
    repairs: tuple[str, ...] = ()
    sent: Sent = NOTHING_SENT

    @property
    def method(self) -> str:
        return self.sent.method

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return self.sent.headers


def find_url(text: str) -> Pasted:
    """The URL in `text` that makes the most sense. Raises `InspectError` if there is none."""
    if not isinstance(text, str):
        raise InspectError(f"Expected a URL as text, got {type(text).__name__}.")
    if not text.strip():
        raise InspectError("Nothing was pasted. Paste a URL that begins with https://.")
    text = searched(text)
    found = best_url(text)
    sent, undone = read_sent(text, found)
    url = found.url if found else ""
    repairs = found.undone if found else ()
    if sent and sent.url and sense_of(sent.url) >= (found.sense if found else 0.0) - 1:
        url, repairs = sent.url, undone
    if not url:
        raise InspectError(_NO_URL)
    if len(url) > MAX_URL:
        raise InspectError(
            f"This URL has {len(url):,} characters, but S3 accepts only 8 KB for URL and headers: "
            "something else was pasted with it."
        )
    url, repairs = _encoded(url, repairs)
    return Pasted(url, repairs, sent or NOTHING_SENT)


def read_sent(text: str, found: Candidate | None) -> tuple[Sent | None, tuple[str, ...]]:
    """The request around the URL, and what had to be undone to read it."""
    undone: list[str] = []
    sent = None
    for state in (text, found.text if found else text):
        sent = read_record(state) or read_command(state) or read_call(state) or read_code(state)
        if sent:
            undone = list(found.undone) if found and state == found.text and state != text else []
            break
    if not sent:
        return None, ()
    url = sent.url
    for step in STEPS:  # what is inside the command's quotes
        if (new := step.undo(url)) != url and sense_of(new) > sense_of(url):
            often = ", escaped twice" if step.repeat > 1 and step.undo(new) != new else ""
            undone.append(step.note.replace("{}", often))
            url = step.undo(new) if often else new
    if sent.by.endswith("command"):
        what = "a" if sent.by[:1] not in "aeiou" else "an"
        undone.append(f"The URL is in {what} {sent.by}; its method and headers are read too.")
    elif sent.by.startswith("code"):
        undone.append(f"The URL is in {sent.by}; its method and headers are read too.")
    else:
        undone.append(f"Read from a {sent.by}, with its method and headers.")
    if url.startswith("/"):
        undone.append("The line has no host, so it is not known here: read as if it were SERVER.")
        url = f"http://server{url}"
    return replace(sent, url=url), tuple(undone)


def read_meant_text(text: str) -> tuple[str, str, dict[str, str]]:
    """Method, URL and headers of what was meant: a URL, or a command with one."""
    stripped = text.strip()
    if START.match(stripped) and not re.search(r"\s", stripped):
        return "", stripped, {}
    if not stripped:
        return "", "", {}
    try:
        pasted = find_url(stripped)
    except InspectError:
        return "", stripped, {}
    return pasted.method, pasted.url, dict(pasted.headers)


def _encoded(url: str, repairs: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Letters that a URL can't have, as UTF-8 and percent-encoded."""
    path, question, query = url.partition("?")
    if "#" in path and re.match("X-Amz-|AWSAccessKeyId", query):
        url = path.replace("#", "%23") + question + query
        repairs = (
            *repairs,
            "A # in the path isn't percent-encoded: clients end the URL there. Read as %23; encode "
            "the key before the URL is put together.",
        )
    if url.isascii() or "…" in url:
        return url, repairs
    odd = next(c for c in url if not c.isascii())
    coded = "".join(f"%{byte:02X}" for byte in odd.encode("utf-8", "replace"))
    encoded = "".join(
        c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace"))
        for c in url
    )
    note = (
        f"The letter {odd} isn't percent-encoded; read as {coded} (UTF-8). Sent as it is, most "
        "clients encode it, and some send other bytes."
    )
    return encoded, (*repairs, note)
