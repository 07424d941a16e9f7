"""Presign a request and send it, and keep what came back and which check decided."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import requests
import urllib3

from helpers.errors import FormProblem
from helpers.lab import Lab
from strict_s3.explainer import ErrorDocument, read_error

_SECONDS = 10  # to wait for an answer
_MAX_BODY = 64 * 1024  # bytes of an answer that are read: enough for S3's longest refusal


@dataclass(frozen=True)
class Outgoing:
    """A request to be sent. `at` is when, by the local S3's clock (UTC); None is now."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    at: datetime | None = None


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

    @property
    def error(self) -> ErrorDocument:
        """S3's error, all of it empty if this is none."""
        return read_error(self.body) if self.refused else ErrorDocument()


def method_of(operation: str) -> str:
    """The HTTP method of one of boto3's operations on objects: PUT for ``put_object``."""
    verb = operation.partition("_")[0].upper()
    return "GET" if verb == "LIST" else verb


def presigned(lab: Lab, operation: str, body: bytes | None = None, **params: Any) -> Outgoing:
    """The request that boto3 presigns for the lab's bucket, for an hour."""
    s3 = lab.client()
    url = s3.generate_presigned_url(operation, {"Bucket": lab.bucket, **params}, ExpiresIn=3600)
    s3.close()
    return Outgoing(method_of(operation), url, body=body)


def send(lab: Lab, outgoing: Outgoing) -> Answer:
    """The request's answer. Follows no redirect. Raises FormProblem if there is no answer."""
    if outgoing.at and lab.local:
        with lab.at(outgoing.at):
            return send(lab, replace(outgoing, at=None))
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
            body = got.raw.read(_MAX_BODY + 1, decode_content=True)
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as problem:
        # The exception's own text may hold the URL, which is a secret.
        raise FormProblem(
            f"The request could not be sent ({type(problem).__name__}). Is the S3 still there? "
            "Run connect() and then this cell again."
        ) from None
    headers, cut = tuple(got.headers.items()), len(body) > _MAX_BODY
    checks = _checks(lab, outgoing.method)
    return Answer(got.status_code, got.reason or "", headers, body[:_MAX_BODY], cut, checks)


def _checks(lab: Lab, method: str) -> tuple[tuple[str, bool, str], ...]:
    if not lab.local:
        return ()
    found: list[dict[str, Any]] = lab.decisions()
    if not found or found[-1]["method"] != method:
        return ()  # somebody else's request came between
    return tuple((name, passed, detail) for name, passed, detail in found[-1]["checks"])
