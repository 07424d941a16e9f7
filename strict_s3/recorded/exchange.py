"""A step's request, signed and ready to send, and what came back.

Requests are built from the table alone, with the signer of `rules.sigv4`; nothing corrects them
on the way, because many are wrong on purpose.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote, urlencode, urlsplit

from ..rules import sigv4
from ..rules.request import Request
from .form import form_body
from .scenarios import Step, TableError
from .values import Values

_VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
_TIMES = {  # seconds from now
    "an-hour-ago": -3600,
    "in-a-second": 1,
    "in-ten-seconds": 10,
    "in-a-minute": 60,
    "in-an-hour": 3600,
    "in-a-day": 86400,
}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Sent:
    """A request as it travels: `base` is scheme and host, `target` path and query."""

    method: str
    base: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Received:
    """An answer: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Send = Callable[[Sent], Received]


@dataclass(frozen=True)
class Signer:
    """Whose key signs, for where, and when."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    region: str
    session_token: str | None = field(default=None, repr=False)
    service: str = "s3"
    age: int = 0  # seconds since

    @property
    def moment(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=self.age)


@dataclass(frozen=True)
class Target:
    """An S3 to ask: endpoints by service (``s3``, ``iam``, ``sts``), whose key, how to send."""

    endpoints: Mapping[str, str]
    signer: Signer
    send: Send
    iam_region: str = ""  # that IAM signs for, if it isn't the signer's


def request_of(step: Step, target: Target, values: Values) -> Sent:
    """The step's request, signed as it says."""
    verb, _, what = values.fill(step.send, encoded=True).partition(" ")
    service = verb if verb in _VERSIONS else "s3"
    base = target.endpoints[service]
    signer = _signer(step, target, service, values)
    if service != "s3":
        action = {"Action": what, "Version": _VERSIONS[service], **step.query}
        body = urlencode({name: values.fill(value) for name, value in action.items()}).encode()
        draft = Sent("POST", base, "/", {"content-type": _FORM}, body)
        return _with_header(draft, signer, {}) if step.sign == "header" else draft
    if step.form:
        content_type, body = form_body(step, signer, values)
        return Sent(verb, base, what, {"content-type": content_type}, body)
    local = Values({**values, **_times()})
    body = b"a" * step.body_size or local.fill(step.body).encode()
    local.update(_digests(body))
    headers = {name.lower(): local.fill(value) for name, value in step.headers.items()}
    unsigned = {name.lower(): local.fill(value) for name, value in step.unsigned.items()}
    pairs = "&".join(f"{quote(n)}={quote(local.fill(v), safe='')}" for n, v in step.query.items())
    if pairs:
        what += ("&" if "?" in what else "?") + pairs
    draft = Sent(verb, base, what, headers, body)
    if step.sign == "header":
        sent = _with_header(draft, signer, unsigned)
    elif step.sign == "url":
        sent = _with_query(draft, signer, unsigned, step.expires)
    else:
        sent = Sent(verb, base, what, {**headers, **unsigned}, body)
    for old, new in step.change:
        sent = _changed(sent, values.fill(old), values.fill(new))
    kept = {name: value for name, value in sent.headers.items() if name not in step.unsent}
    return Sent(sent.method, sent.base, sent.target, kept, sent.body)


def _signer(step: Step, target: Target, service: str, values: Values) -> Signer:
    own = target.signer
    facts = {
        "access_key": own.access_key,
        "secret_key": own.secret_key,
        "session_token": own.session_token,
        "region": (target.iam_region if service == "iam" else "") or own.region,
    }
    if step.by:
        facts |= {
            "access_key": values[f"{step.by}-access-key"],
            "secret_key": values[f"{step.by}-secret-key"],
            "session_token": values.get(f"{step.by}-session-token"),
        }
    changes = {name: values.fill(value) for name, value in step.signer.items()}
    return Signer(**(facts | {"service": service, "age": step.age} | changes))  # type: ignore[arg-type]


def _with_header(draft: Sent, signer: Signer, unsigned: Mapping[str, str]) -> Sent:
    """Signed in the Authorization header, with all its headers."""
    parts, date = urlsplit(draft.base + draft.target), sigv4.amz_date(signer.moment)
    headers = {"host": parts.netloc, **draft.headers, "x-amz-date": date}
    headers.setdefault("x-amz-content-sha256", hashlib.sha256(draft.body).hexdigest())
    if signer.session_token:
        headers["x-amz-security-token"] = signer.session_token
    names = sorted(headers)
    request = Request.build(draft.method, draft.target, headers.items())
    canonical = sigv4.canonical_request(request, names, headers["x-amz-content-sha256"])
    scope = sigv4.Scope(date[:8], signer.region, signer.service)
    key = sigv4.signing_key(signer.secret_key, scope)
    proof = sigv4.signature(key, sigv4.string_to_sign(date, scope, canonical))
    headers["authorization"] = (
        f"{sigv4.ALGORITHM} Credential={signer.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={proof}"
    )
    return Sent(draft.method, draft.base, draft.target, {**headers, **unsigned}, draft.body)


def _with_query(draft: Sent, signer: Signer, unsigned: Mapping[str, str], expires: int) -> Sent:
    """Presigned: the signature in the query."""
    parts = urlsplit(draft.base + draft.target)
    url = sigv4.presign(
        draft.method,
        draft.base,
        parts.netloc,
        unquote(parts.path),
        access_key=signer.access_key,
        secret_key=signer.secret_key,
        session_token=signer.session_token,
        region=signer.region,
        service=signer.service,
        now=signer.moment,
        expires=expires,
        headers=draft.headers,
        query=_pairs(parts.query),
    )
    target = url.removeprefix(draft.base)
    return Sent(draft.method, draft.base, target, {**draft.headers, **unsigned}, draft.body)


def _changed(sent: Sent, old: str, new: str) -> Sent:
    """With one text in the target, or else in the Authorization header, replaced once."""
    if old in sent.target:
        target = sent.target.replace(old, new, 1)
        return Sent(sent.method, sent.base, target, sent.headers, sent.body)
    before = sent.headers.get("authorization", "")
    if old not in before:
        raise TableError(f"{old!r} to change is neither in {sent.target[:60]!r} nor in the header.")
    after = {**sent.headers, "authorization": before.replace(old, new, 1)}
    return Sent(sent.method, sent.base, sent.target, after, sent.body)


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = [item.partition("=") for item in query.split("&") if item]
    return [(unquote(name), unquote(value)) for name, _, value in pairs]


def _digests(body: bytes) -> dict[str, str]:
    """What a header may say of the body: its digests, in base64."""
    found = {
        "md5": hashlib.md5(body, usedforsecurity=False).digest(),
        "sha1": hashlib.sha1(body, usedforsecurity=False).digest(),
        "sha256": hashlib.sha256(body).digest(),
        "crc32": zlib.crc32(body).to_bytes(4, "big"),
    }
    return {name: base64.b64encode(value).decode() for name, value in found.items()}


def _times() -> dict[str, str]:
    now = datetime.now(UTC)
    found = {}
    for name, seconds in _TIMES.items():
        moment = now + timedelta(seconds=seconds)
        found[name] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        found[f"http-{name}"] = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return found
