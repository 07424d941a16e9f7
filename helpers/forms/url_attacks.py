"""Ways to misuse a presigned URL: each is one change to the request that it was signed for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import quote, urlsplit

from helpers.forms.attempts import Attack, other_digit, too_late
from helpers.forms.fields import sha256_of
from helpers.forms.sending import Outgoing
from helpers.forms.signed_url import SHA256, SignedUrl
from helpers.lab import Lab
from strict_s3.rules import sigv4


def attacks(signed: SignedUrl, lab: Lab) -> list[Attack]:
    """The attacks that make sense on this URL, in the order of the lesson that teaches them."""
    start, url = signed.outgoing(), signed.url
    method = "GET" if start.method in ("PUT", "HEAD") else "PUT"
    life = _other_life(signed)
    marked = {**start.headers, "x-amz-meta-note": "hello"}
    signed_headers = "X-Amz-SignedHeaders"
    attack = partial(_attack, start)
    return [
        too_late(lab, signed.ends, lambda moment: replace(start, at=moment)),
        attack("Other method", f"signed for {start.method}, sent with {method}", method=method),
        attack("Other key", "-other written at the end of the key", url=_longer_path(url)),
        attack(
            "Longer lifetime", f"X-Amz-Expires set to {life}", url=_with(url, "X-Amz-Expires", life)
        ),
        attack("Other region", "the region in X-Amz-Credential changed", url=_other_region(signed)),
        attack("Flip signature", "the last digit of X-Amz-Signature changed", url=other_digit(url)),
        attack(
            "Drop parameter", f"{signed_headers} left out", url=_with(url, signed_headers, None)
        ),
        attack(
            "No signature",
            "everything after the question mark left out",
            url=url.partition("?")[0],
        ),
        attack(
            "Add x-amz header", "x-amz-meta-note: hello added, which is not signed", headers=marked
        ),
        attack(
            "Add parameter",
            "response-content-language=en added to the query",
            url=f"{url}&response-content-language=en",
        ),
        *(_of_an_upload(signed, start) if start.method == "PUT" else ()),
        # Nothing in a presigned URL limits how often; only "refuse if the key is taken" does.
        replace(attack("Use it twice", "sent twice"), times=2, refused="if-none-match" in marked),
    ]


def _attack(start: Outgoing, label: str, change: str, **changed: Any) -> Attack:
    return Attack(label, change, lambda: replace(start, **changed))


def _of_an_upload(signed: SignedUrl, start: Outgoing) -> list[Attack]:
    attack, found = partial(_attack, start), []
    headers, body = start.headers, start.body or b""
    other_type = attack(
        "Other type",
        "content-type: application/x-other sent",
        headers={**headers, "content-type": "application/x-other"},
    )
    if "content-type" in signed.signed_headers:
        found.append(other_type)
    elif "if-none-match" not in headers:
        change = f"{other_type.change}; no type was signed"
        found.append(replace(other_type, change=change, refused=False))
    for name in headers:
        rest = {header: value for header, value in headers.items() if header != name}
        found.append(attack(f"Omit {name}", f"{name} not sent", headers=rest))
    if "content-length" in signed.signed_headers:
        # Whatever the form's own text is, the size sent is not the one signed.
        longer = body + (b"!" if len(body) + 1 != signed.size else b"!!")
        found.append(attack("Other size", "a longer body sent", body=longer))
    if checksum := headers.get(SHA256):
        other = _other_content(body, checksum)
        found.append(attack("Other content", "the last byte of the body changed", body=other))
    return found


def _other_content(body: bytes, checksum: str) -> bytes:
    """As long as `body`, and neither it nor what was signed, whatever the form's own text is."""
    candidates = (body[:-1] + last for last in (b"!", b"?", b"."))
    return next(text for text in candidates if text != body and sha256_of(text) != checksum)


def _other_life(signed: SignedUrl) -> str:
    longest = str(sigv4.MAX_EXPIRES)
    return longest if signed.parameters["X-Amz-Expires"] != longest else "3600"


def _other_region(signed: SignedUrl) -> str:
    credential = signed.parameters["X-Amz-Credential"].split("/")
    credential[2] = "us-east-1" if credential[2] != "us-east-1" else "eu-west-2"
    return _with(signed.url, "X-Amz-Credential", "/".join(credential))


def _longer_path(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path}-other").geturl()


def _with(url: str, name: str, value: str | None) -> str:
    """The URL with another value of that parameter, or without it. All else stays as it is."""
    before, _, query = url.partition("?")
    other = [] if value is None else [f"{name}={quote(value, safe='')}"]
    pairs = [other if pair.partition("=")[0] == name else [pair] for pair in query.split("&")]
    return f"{before}?{'&'.join(chain.from_iterable(pairs))}"
