"""A presigned URL in rows and pieces: its facts, and the URL itself cut from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..redact import HIDDEN
from ..rules import query_auth
from ..rules.authentication import iso
from ..rules.limits import MAX_KEY
from .parameters import meaning
from .words import Part, count, duration, hide, is_secret, moment, one_line, shown, time_left

if TYPE_CHECKING:
    from .hosts import Host
    from .url import UrlReport


def facts_of(
    report: UrlReport, others: Iterable[tuple[str, str]], now: datetime
) -> tuple[Part, ...]:
    """The summary of a URL; `others` are its query's parameters."""
    host, facts = report.host, []
    unknown = "not known: it may be in the path, or only the host's owner knows it"
    facts.append(Part("bucket", shown(report.bucket) if report.bucket else unknown))
    facts.append(Part("key", key_shown(report.key) or "(none: the bucket itself)"))
    facts.append(Part("host", shown(host.name), host.explanation))
    facts.append(
        Part(
            "method",
            "not in the URL",
            "It was chosen when the URL was signed and is part of the signature: with a URL for "
            "GET, PUT and even HEAD get 403.",
        )
    )
    facts.append(Part("region", report.region or "not in the URL"))
    kind = (
        "a temporary key: it needs its session token and stops working when its session ends"
        if report.temporary
        else "a long-term key of an IAM user (or of the account itself)"
        if report.access_key.startswith("AKIA")
        else "neither AKIA… (long-term) nor ASIA… (temporary): not an AWS key id"
        if report.access_key
        else ""
    )
    facts.append(Part("signed by", report.access_key or "not in the URL", kind))
    if report.signed_at:
        facts.append(Part("signed at", moment(report.signed_at)))
    if report.expires is not None:
        seconds = count(report.expires, "second")
        facts.append(Part("valid for", f"{duration(report.expires)} ({seconds})"))
    if report.ends:
        facts.append(Part("ends", moment(report.ends), time_left(report.ends, now)))
        facts.append(_earliest_end(report))
    headers = [_header_to_send(name, report) for name in report.send]
    facts.append(Part("client must send", "; ".join(headers) or "none"))
    if also := [each for each in others if each[0].lower() not in _OWN]:
        words = ", ".join(
            f"{shown(name, 60)}={HIDDEN if is_secret(name) else shown(value, 200)}"
            for name, value in also[:20]
        )
        facts.append(Part("also signed", words, "Parameters beside those of the signature."))
    if report.refusal:
        facts.append(Part("S3 answers", report.refusal))
    return tuple(facts)


# What has a row of its own, or says nothing.
_OWN = {
    *(name.lower() for name in query_auth.REQUIRED), "x-amz-security-token", "awsaccesskeyid",
    "expires", "signature", "x-amz-region-set", "x-amz-s3session-token",
}  # fmt: skip


def _earliest_end(report: UrlReport) -> Part:
    if not report.temporary:
        return Part(
            "may end earlier",
            "only if somebody revokes it",
            "When the key is deactivated or deleted, or its owner loses the permission: S3 checks "
            "at every use.",
        )
    latest = iso(report.ends_at_latest) if report.ends_at_latest else "the URL's own end"
    return Part(
        "may end earlier",
        f"when its session ends, {latest} at the latest",
        "The URL does not say when the session ends. A role's session lasts 1 hour by default and "
        "12 at most, an EC2 instance's up to 6, and no session more than 36.",
    )


def _header_to_send(name: str, report: UrlReport) -> str:
    if name == "host":
        return "host (every client does)"
    if name == "content-length":
        return "content-length (clients do; the body must have exactly the signed length)"
    return f"{name} (the signed value is not in the URL)" if report.version == 4 else name


def segments_of(url: str, host: Host) -> tuple[Part, ...]:
    """The URL in pieces, cut from its text so that every character is in one of them."""
    scheme, rest = re.match(r"([A-Za-z]+://)(.*)", url, re.S).groups()  # type: ignore[union-attr]
    cut = min((place for place in map(rest.find, "/?") if place >= 0), default=len(rest))
    netloc, rest = rest[:cut], rest[cut:]
    path, question, query = rest.partition("?")
    secure = "Encrypted on the way." if scheme.lower() == "https://" else "Not encrypted."
    pieces = [Part("scheme", scheme[:-3], secure, scheme)]
    _, at, name = netloc.rpartition("@")
    if at:
        pieces.append(Part("user", HIDDEN, "Credentials, which S3 ignores.", HIDDEN + at))
    size = len(host.bucket)
    if host.bucket and name[:size].lower() == host.bucket:
        pieces.append(Part("bucket", name[:size], "The bucket, in the host name.", name[:size]))
        name = name[size:]
    region = host.region
    before, within, after = name.rpartition(region) if region else ("", "", name)
    if within:
        pieces.append(Part("service", before.strip("."), "Amazon S3.", before))
        pieces.append(Part("region", within, "Where the bucket is.", within))
        pieces.append(Part("domain", after.strip("."), "AWS.", after))
    else:
        pieces.append(Part("host", shown(name), host.kind, hide(name)))
    if host.style == "path" and path.strip("/"):
        first = re.match("/[^/]*", path)
        bucket = first[0] if first else ""
        pieces.append(Part("bucket", shown(bucket[1:]), "The bucket, in the path.", hide(bucket)))
        path = path[len(bucket) :]
    if path:
        label, words = "key", "The object's key, percent-encoded."
        if host.style == "custom":
            label, words = "path", "The key, perhaps with the bucket before it."
        pieces.append(Part(label, key_shown(_decoded(path)[1:]), words, _path_text(path)))
    separator = question
    for item in query.split("&") if question else ():
        name, equals, value = item.partition("=")
        pieces.append(_parameter(separator, name, equals, value))
        separator = "&"
    return tuple(pieces)


def _parameter(separator: str, name: str, equals: str, value: str) -> Part:
    raw, name = hide(separator + name + equals), _decoded(name)
    if is_secret(name) and value:
        return Part(shown(name, 80), HIDDEN, meaning(name), raw + HIDDEN)
    decoded = _decoded(value.replace("+", " "))
    return Part(shown(name, 80), shown(decoded), meaning(name), raw + hide(value))


def _decoded(text: str) -> str:
    return unquote(text, errors="replace")


def _path_text(path: str) -> str:
    return hide(path) if _mangled(path) else path


def key_shown(key: str) -> str:
    """A key that is safe to show: a hash in it stays, what looks like a mangled query is hidden."""
    return shown(key, MAX_KEY) if _mangled(key) else one_line(key, MAX_KEY)


def _mangled(text: str) -> bool:
    return bool(re.search(r"(?i)amz|signature|token|A[KS]IA", text))
