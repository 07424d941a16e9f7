"""Send a request, and keep what came back and which check decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
import urllib3

from helpers.forms.fields import FormProblem
from helpers.lab import Lab

_SECONDS = 10  # to wait for an answer
_MOST = 64 * 1024  # bytes of an answer that are read: enough for S3's longest refusal


@dataclass(frozen=True)
class Outgoing:
    """A request to be sent. `later` moves the local S3's clock for it."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    later: timedelta = timedelta()


@dataclass(frozen=True)
class Answer:
    """What came back. `checks` are the local S3's: (name, passed, detail); none from a real S3."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool = False  # there was more than is kept in `body`
    checks: tuple[tuple[str, bool, str], ...] = ()

    @property
    def refused(self) -> bool:
        return self.status >= 400

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def decided(self) -> str:
        """The check that refused, as ``name: detail``; empty if none did or nobody says."""
        return next((f"{name}: {detail}" for name, passed, detail in self.checks if not passed), "")

    def element(self, name: str) -> str:
        """The text of an element of S3's XML (``Code``, ``Message``), or an empty text."""
        return self.text.partition(f"<{name}>")[2].partition(f"</{name}>")[0]


def send(lab: Lab, outgoing: Outgoing) -> Answer:
    """The request's answer. Follows no redirect. Raises FormProblem if there is no answer."""
    if outgoing.later and lab.local:
        with lab.later(seconds=outgoing.later.total_seconds()):
            return _send(lab, outgoing)
    return _send(lab, outgoing)


def _send(lab: Lab, outgoing: Outgoing) -> Answer:
    try:
        with requests.request(
            outgoing.method,
            outgoing.url,
            headers=outgoing.headers,
            data=outgoing.body,
            timeout=_SECONDS,
            allow_redirects=False,
            stream=True,
        ) as got:
            body = got.raw.read(_MOST + 1, decode_content=True)
            answer = (got.status_code, got.reason or "", tuple(got.headers.items()))
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
    ) as problem:
        # The exception's own text may hold the URL, which is a secret.
        raise FormProblem(
            f"The request could not be sent ({type(problem).__name__}). Is the S3 still there? "
            "Run connect() and then this cell again."
        ) from None
    return Answer(*answer, body[:_MOST], len(body) > _MOST, _checks(lab, outgoing.method))


def _checks(lab: Lab, method: str) -> tuple[tuple[str, bool, str], ...]:
    if not lab.local:
        return ()
    found: list[dict[str, Any]] = lab.decisions()
    if not found or found[-1]["method"] != method:
        return ()  # somebody else's request came between
    return tuple((name, passed, detail) for name, passed, detail in found[-1]["checks"])
