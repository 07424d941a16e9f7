"""Ways to misuse a presigned URL: each is one change to the request that it was signed for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import quote, urlsplit

from helpers.forms.attack import WAITING, Attack
from helpers.forms.fields import sha256_of
from helpers.forms.sending import Outgoing
from helpers.forms.signed_url import SHA256, SignedUrl
from helpers.lab import Lab
from strict_s3.rules import sigv4


def attacks(signed: SignedUrl, lab: Lab) -> list[Attack]:
    """The attacks that make sense on this URL, in the order of the lesson that teaches them."""
    start = signed.outgoing()
    found = [
        Attack(
            "expired",
            "Too late",
            "used just after its end",
            lambda: replace(start, later=_after_the_end(signed)),
            disabled="" if lab.local else WAITING,
        ),
        Attack(
            "method",
            "Other method",
            f"signed for {start.method}, sent with {_other_method(start.method)}",
            lambda: replace(start, method=_other_method(start.method)),
        ),
        Attack(
            "key",
            "Other key",
            "-other written at the end of the key",
            lambda: replace(start, url=_with_path(start.url, "-other")),
        ),
        Attack(
            "expires",
            "Longer life",
            f"X-Amz-Expires set to {_other_life(signed)}",
            lambda: replace(
                start, url=_with_parameter(start.url, "X-Amz-Expires", _other_life(signed))
            ),
        ),
        Attack(
            "region",
            "Other region",
            "the region in X-Amz-Credential changed",
            lambda: replace(start, url=_other_region(signed)),
        ),
        Attack(
            "signature",
            "Flip signature",
            "the last digit of X-Amz-Signature changed",
            lambda: replace(start, url=start.url[:-1] + ("0" if start.url[-1] != "0" else "1")),
        ),
        Attack(
            "parameter",
            "Drop parameter",
            "X-Amz-SignedHeaders left out",
            lambda: replace(start, url=_without_parameter(start.url, "X-Amz-SignedHeaders")),
        ),
        Attack(
            "bare",
            "No signature",
            "everything after the question mark left out",
            lambda: replace(start, url=start.url.partition("?")[0]),
        ),
        Attack(
            "header",
            "Add x-amz header",
            "x-amz-meta-note: hello added, which is not signed",
            lambda: replace(start, headers={**start.headers, "x-amz-meta-note": "hello"}),
        ),
        Attack(
            "added",
            "Add parameter",
            "response-content-language=en added to the query",
            lambda: replace(start, url=f"{start.url}&response-content-language=en"),
        ),
    ]
    if start.method == "PUT":
        found += _of_an_upload(signed, start)
    # Nothing in a presigned URL limits how often; only "refuse if the key is taken" does.
    once = "if-none-match" in start.headers
    again = Attack("again", "Use it twice", "sent twice", lambda: start, refused=once, times=2)
    return [*found, again]


def _of_an_upload(signed: SignedUrl, start: Outgoing) -> list[Attack]:
    found = []
    signed_type = "content-type" in signed.signed_headers
    if signed_type or "if-none-match" not in start.headers:
        other = replace(start, headers={**start.headers, "content-type": "application/x-other"})
        change = "content-type: application/x-other sent"
        if not signed_type:
            change += "; no type was signed"
        found.append(Attack("type", "Other type", change, lambda: other, refused=signed_type))
    for name in start.headers:
        rest = {header: value for header, value in start.headers.items() if header != name}
        make = partial(replace, start, headers=rest)
        found.append(Attack(f"no-{name}", f"Omit {name}", f"{name} not sent", make))
    if "content-length" in signed.signed_headers:
        body = start.body or b""
        # Whatever the form's own text is, the size sent is not the one signed.
        other_size = replace(start, body=body + (b"!" if len(body) + 1 != signed.size else b"!!"))
        found.append(Attack("size", "Other size", "a longer body sent", lambda: other_size))
    if checksum := start.headers.get(SHA256):
        other_content = replace(start, body=_other_content(start.body or b"", checksum))
        change = "the last byte of the body changed"
        found.append(Attack("content", "Other content", change, lambda: other_content))
    return found


def _other_content(body: bytes, checksum: str) -> bytes:
    """As long as `body`, and neither it nor what was signed, whatever the form's own text is."""
    candidates = (body[:-1] + last for last in (b"!", b"?", b"."))
    return next(one for one in candidates if one != body and sha256_of(one) != checksum)


def _after_the_end(signed: SignedUrl) -> timedelta:
    # A second for the fraction that X-Amz-Date leaves out, and one for the rule "after the end".
    return signed.remaining() + timedelta(seconds=2)


def _other_method(method: str) -> str:
    return "GET" if method in ("PUT", "HEAD") else "PUT"


def _other_life(signed: SignedUrl) -> str:
    longest = str(sigv4.MAX_EXPIRES)
    return longest if signed.parameters["X-Amz-Expires"] != longest else "3600"


def _other_region(signed: SignedUrl) -> str:
    credential = signed.parameters["X-Amz-Credential"].split("/")
    credential[2] = "us-east-1" if credential[2] != "us-east-1" else "eu-west-2"
    return _with_parameter(signed.url, "X-Amz-Credential", "/".join(credential))


def _with_path(url: str, added: str) -> str:
    parts = urlsplit(url)
    return parts._replace(path=parts.path + added).geturl()


def _with_parameter(url: str, name: str, value: str) -> str:
    before, _, query = url.partition("?")
    pairs = [
        f"{name}={quote(value, safe='')}" if pair.partition("=")[0] == name else pair
        for pair in query.split("&")
    ]
    return f"{before}?{'&'.join(pairs)}"


def _without_parameter(url: str, name: str) -> str:
    before, _, query = url.partition("?")
    pairs = [pair for pair in query.split("&") if pair.partition("=")[0] != name]
    return f"{before}?{'&'.join(pairs)}"
