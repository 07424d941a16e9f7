"""SignatureDoesNotMatch: compare what S3 saw with what was signed, and name the difference.

S3 prints the canonical request that it built from what arrived. The signer's own is built here,
from the URL and what is known of the intended request, by the same `strict_s3.rules`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..redact import HIDDEN
from ..rules import query_auth, sigv4
from ..rules.errors import S3Error
from ..rules.request import Request
from .answers import Answer, Meant
from .canonical import Canonical, from_fields, parse_canonical, string_to_sign
from .hosts import OWN, read_host
from .words import is_secret, shown

NOTHING = "(nothing)"
UNKNOWN = "(not known)"
# Content types that clients add without being asked, and which clients do.
_ADDED_TYPES = (
    ("application/x-www-form-urlencoded", "requests, axios and curl -d add it to a body"),
    ("multipart/form-data", "FormData and files= add it: then the body is a form, not the file"),
    ("text/plain", "fetch adds it when the body is a string"),
    ("application/json", "axios and json= add it"),
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A line that differs: its name, its value as signed and as S3 saw it, and a sentence."""

    what: str
    signed: str
    sent: str
    words: str


def differences(answer: Answer, meant: Meant) -> tuple[Difference, ...]:
    """All differences between what S3 saw and what was signed, the most likely cause first."""
    seen = seen_by_s3(answer)
    if seen is None:
        return tuple(_in_string_to_sign(answer, meant))
    url = meant.url or answer.url
    expected = _expected(url, meant, seen)
    if expected is None:
        return (*_suspicious(seen), *_headers(None, seen, meant))
    return (
        *_method(meant, seen),
        *_host_and_path(expected, seen, bool(meant.url)),
        *_query(expected, seen),
        *_headers(expected, seen, meant),
        *_payload(expected, seen),
        *_signature(answer, url),
    )


def seen_by_s3(answer: Answer) -> Canonical | None:
    """What S3 saw: as it says itself, else as it was sent, if that is known."""
    if seen := from_fields(answer.fields):
        return seen
    if answer.fields.get("StringToSign") or not (answer.url and answer.sent and answer.method):
        return None
    try:
        request = Request.build(answer.method, answer.url, answer.sent.items())
        return parse_canonical(query_auth.canonical_request(request))
    except (S3Error, ValueError, KeyError):
        return None


def _suspicious(seen: Canonical) -> Iterator[Difference]:
    """What in S3's own view of the request looks like a mistake, if nothing else is known."""
    if match := re.search("%25[0-9A-Fa-f]{2}", seen.path):
        yield Difference(
            "path",
            UNKNOWN,
            shown(seen.path),
            f"S3 saw {match[0]} in the path: it was percent-encoded twice on its way, unless the "
            "key itself has percent signs.",
        )
    host = read_host(seen.headers.get("host", ""))
    by_sdk = "x-amz-date" in seen.signed  # signed in a header, just before it was sent
    if host.name and not by_sdk and (host.place or host.kind == OWN):
        yield Difference(
            "host",
            UNKNOWN,
            shown(host.name),
            f"S3 saw the host {shown(host.name)}: was the URL signed for exactly that name?",
        )


def _expected(url: str, meant: Meant, seen: Canonical) -> Canonical | None:
    """The signer's canonical request, with S3's own values for what is not known here."""
    if not url:
        return None
    try:
        request = Request.build(meant.method or seen.method, url, meant.headers.items())
        return parse_canonical(_canonical(request, seen))
    except (S3Error, ValueError):
        return None


def _canonical(request: Request, seen: Canonical) -> str:
    """As `query_auth` builds it; where a header holds the signature, with S3's list and hash."""
    if request.parameters.get("X-Amz-SignedHeaders"):
        return query_auth.canonical_request(request)
    return sigv4.canonical_request(request, seen.signed, seen.payload)


def _method(meant: Meant, seen: Canonical) -> Iterator[Difference]:
    if meant.method and meant.method != seen.method:
        yield Difference(
            "method",
            meant.method,
            seen.method,
            f"The URL was signed for {meant.method}, but {seen.method} was sent. A URL works for "
            "one method only.",
        )


def _host_and_path(expected: Canonical, seen: Canonical, meant: bool) -> Iterator[Difference]:
    signed, sent = expected.headers.get("host", ""), seen.headers.get("host", "")
    if signed and signed != sent:
        yield Difference(
            "host",
            shown(signed),
            shown(sent) or NOTHING,
            f"{'Signed for' if meant else 'Sent to'} the host {shown(signed)}, but S3 saw "
            f"{shown(sent) or 'none'}: a proxy, Docker or your own domain changed it.",
        )
    if expected.path != seen.path:
        yield Difference(
            "path", shown(expected.path), shown(seen.path), _path_words(expected, seen)
        )


def _path_words(expected: Canonical, seen: Canonical) -> str:
    signed, sent = unquote(expected.path), unquote(seen.path)
    if sent == expected.path or unquote(sent) == signed:
        return "The path was percent-encoded a second time (%20 became %2520)."
    if sent.replace("+", " ") == signed:
        return "A space in the key was sent as +. In a path, + is a plus sign and a space is %20."
    if signed.replace("+", " ") == sent:
        return "A plus sign in the key was sent as a space. In a path, it must be %2B."
    if sent.endswith(signed) or signed.endswith(sent):
        return "Something in between added a prefix to the path, or removed one."
    if sent.casefold() == signed.casefold():
        return "The key differs in upper and lower case; to S3 those are different keys."
    return "The URL was signed for another key, or the path was changed or encoded again."


def _query(expected: Canonical, seen: Canonical) -> Iterator[Difference]:
    for name in sorted({*expected.query, *seen.query}):
        signed, sent = expected.query.get(name), seen.query.get(name)
        if signed == sent:
            continue
        label = shown(name, 80)
        if signed is None:
            words = f"The parameter {label} was added after signing."
        elif sent is None:
            words = f"The parameter {label} was signed, but is missing."
        else:
            words = f"The parameter {label} was changed after signing."
        yield Difference(f"parameter {label}", _value(name, signed), _value(name, sent), words)


def _value(name: str, value: str | None) -> str:
    if value is None:
        return NOTHING
    return HIDDEN if is_secret(name) else shown(value) or "(empty)"


def _headers(expected: Canonical | None, seen: Canonical, meant: Meant) -> Iterator[Difference]:
    names = [*seen.signed, *(n for n in meant.headers if n not in seen.signed)]
    # Signed in the Authorization header: by an SDK, just before it sent the request.
    by_sdk = "x-amz-date" in seen.signed
    for name in names:
        if name == "host" or (expected and name not in expected.signed):
            continue
        if by_sdk and name not in meant.headers:
            continue
        sent = " ".join(seen.headers.get(name, "").split())
        if name in meant.headers:
            signed = " ".join(meant.headers[name].split())
            if signed != sent:
                before, now = _value(name, signed), _value(name, sent) if sent else NOTHING
                words = f"Signed {shown(name)}:{before}, sent {now if sent else 'none'}"
                yield Difference(shown(name), before, now, words + _added(name, sent))
        elif not sent:
            yield Difference(
                shown(name),
                UNKNOWN,
                NOTHING,
                f"{shown(name)} was signed, but the client did not send it.",
            )
        elif not meant.headers and name != "content-length":
            words = f"S3 saw {shown(name)}:{_value(name, sent)}; is that what was signed?"
            yield Difference(
                shown(name), UNKNOWN, _value(name, sent), words[:-1] + _added(name, sent, "?")
            )
        elif not meant.headers:
            yield Difference(
                shown(name),
                UNKNOWN,
                shown(sent),
                f"The body has {shown(sent)} bytes; is that the size that was signed?",
            )


def _added(name: str, sent: str, end: str = ".") -> str:
    if name == "content-type":
        for kind, words in _ADDED_TYPES:
            if sent.startswith(kind):
                return f"{end} ({words}.)" if end == "?" else f" ({words})."
    return end


def _payload(expected: Canonical, seen: Canonical) -> Iterator[Difference]:
    if expected.payload != seen.payload:
        yield Difference(
            "payload hash",
            shown(expected.payload),
            shown(seen.payload),
            "The client sends an x-amz-content-sha256 that was not part of what was signed.",
        )


def _signature(answer: Answer, url: str) -> Iterator[Difference]:
    provided = answer.fields.get("SignatureProvided", "")
    if provided and not re.fullmatch("[0-9a-fA-F]{64}", provided):
        yield Difference(
            "signature",
            "64 hexadecimal digits",
            f"{len(provided)} characters",
            "The signature itself was cut off or changed.",
        )
        return
    try:
        signed = Request.build("GET", url).parameters.get("X-Amz-Signature", "") if url else ""
    except (S3Error, ValueError):
        return
    if signed and provided and signed != provided:
        yield Difference(
            "signature", HIDDEN, HIDDEN, "The signature itself is not the one in the intended URL."
        )


def _in_string_to_sign(answer: Answer, meant: Meant) -> Iterator[Difference]:
    """For answers without a canonical request: Signature Version 2, or a form's policy."""
    lines = string_to_sign(answer.fields)
    if len(lines) == 1:
        policy = meant.fields.get("policy", "")
        if policy and policy != lines[0]:
            yield Difference(
                "policy",
                "the intended policy",
                "a different policy",
                "The policy in the form is not the one that was signed.",
            )
        return
    if len(lines) < 5 or lines[0] == sigv4.ALGORITHM:
        return
    method, md5, kind = lines[:3]
    yield from _method(meant, Canonical(method, "", {}, {}, (), ""))
    if "content-type" in meant.headers or kind or meant.method:
        signed = meant.headers.get("content-type", "")
        if signed != kind:
            known = shown(signed) or NOTHING if meant.headers or meant.method else UNKNOWN
            words = f"Signed content-type:{known}, sent {shown(kind) or 'none'}"
            words += _added("content-type", kind)
            yield Difference("content-type", known, shown(kind) or NOTHING, words)
    if md5 and "content-md5" not in meant.headers and meant.headers:
        yield Difference(
            "content-md5", NOTHING, shown(md5), "The client sends Content-MD5, which is not signed."
        )
    path = urlsplit(meant.url or answer.url).path
    resource = lines[-1].partition("?")[0]
    if path and not (unquote(resource).endswith(unquote(path))):
        yield Difference("path", shown(path), shown(resource), "Signed for another key.")
