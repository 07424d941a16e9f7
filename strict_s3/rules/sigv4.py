"""AWS Signature Version 4, in the words of its specification.

Source of every step:
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html.
Three texts, each made from the one before:

    canonical request  ->  string to sign  ->  signature

Amazon S3 differs from other AWS services in one step: the path is URI-encoded once, not twice,
and not normalised.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from .request import Request

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
MAX_EXPIRES = 604800  # seconds: seven days
_NOTHING_TO_ENCODE = re.compile("[A-Za-z0-9._~-]*").fullmatch
_ONLY_SLASHES = re.compile("[A-Za-z0-9._~/-]*").fullmatch
AMZ_DATE_FORMAT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Scope:
    """The credential scope: the day, region and service for which a signature is valid."""

    date: str  # YYYYMMDD
    region: str
    service: str = "s3"

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def amz_date(moment: datetime) -> str:
    """`moment` (aware, any zone) as X-Amz-Date writes it: ``20130524T000000Z``, UTC."""
    return moment.astimezone(UTC).strftime(AMZ_DATE_FORMAT)


def parse_amz_date(text: str) -> datetime:
    """The moment that an X-Amz-Date names (UTC). Raises ValueError if it is not in that form."""
    # strptime would also accept "2013524T…", and is ten times slower.
    if len(text) != 16 or not (text[:8] + text[9:15]).isdecimal() or not text.isascii():
        raise ValueError(f"{text!r} is not in the form yyyyMMdd'T'HHmmss'Z'")
    if text[8] != "T" or text[15] != "Z":
        raise ValueError(f"{text!r} is not in the form yyyyMMdd'T'HHmmss'Z'")
    year, month, day = int(text[0:4]), int(text[4:6]), int(text[6:8])
    hour, minute, second = int(text[9:11]), int(text[11:13]), int(text[13:15])
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def uri_encode(text: str, *, keep_slash: bool = False) -> str:
    """UriEncode() of the specification: all but ``A-Za-z0-9-._~`` becomes %XX, upper case."""
    # quote() is much slower, and most texts have no need of it.
    if _NOTHING_TO_ENCODE(text):
        return text
    if _ONLY_SLASHES(text):
        return text if keep_slash else text.replace("/", "%2F")
    return quote(text, safe="/" if keep_slash else "")


def canonical_uri(decoded_path: str) -> str:
    """The path, encoded once; slashes stay, and neither ``//`` nor ``..`` is simplified."""
    return uri_encode(decoded_path or "/", keep_slash=True)


def encoded_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Name and value encoded, joined by ``=`` and ``&``, in the order given."""
    return "&".join(f"{uri_encode(name)}={uri_encode(value)}" for name, value in pairs)


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Name and value encoded, sorted by name then value, joined by ``=`` and ``&``."""
    encoded = [(uri_encode(name), uri_encode(value)) for name, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def canonical_headers(headers: Mapping[str, str], signed: Iterable[str]) -> str:
    """One ``name:value`` line a signed header, white space folded; a missing header is empty."""
    return "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed)


def canonical_request(
    request: Request, signed_headers: Iterable[str], payload_hash: str, service: str = "s3"
) -> str:
    """The request in its one canonical form. X-Amz-Signature in its query is left out.

    `signed_headers` are in lower case and in the signer's order (which must be sorted).
    Raises `InvalidURI` for a path or query that is not UTF-8.
    """
    signed = tuple(signed_headers)
    # Other services have the path encoded a second time. Theirs is / unless a proxy adds to it.
    path = request.decoded_path if service == "s3" else request.path
    return "\n".join(
        (
            request.method,
            canonical_uri(path),
            canonical_query(pair for pair in request.query if pair[0] != "X-Amz-Signature"),
            canonical_headers(request.header_map, signed),
            ";".join(signed),
            payload_hash,
        )
    )


def string_to_sign(date: str, scope: Scope, canonical: str) -> str:
    """What the signing key signs. `date` is the request's X-Amz-Date."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{ALGORITHM}\n{date}\n{scope}\n{digest}"


@lru_cache(maxsize=1024)
def signing_key(secret_key: str, scope: Scope) -> bytes:
    """The key derived from the secret for one scope. It is valid for a day, so it is cached."""
    key = f"AWS4{secret_key}".encode()
    for part in (scope.date, scope.region, scope.service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def signature(key: bytes, text: str) -> str:
    """HMAC-SHA256 of `text` under the signing key, in lower-case hexadecimal."""
    return hmac.digest(key, text.encode(), "sha256").hex()


@dataclass(frozen=True)
class UrlToSign:
    """All of a presigned URL except its path; `presign` says what each part is."""

    method: str
    url_base: str
    date: str
    scope: Scope
    pairs: list[tuple[str, str]]  # decoded, in the URL's order
    headers: dict[str, str]

    @classmethod
    def build(
        cls,
        method: str,
        url_base: str,
        host: str,
        *,
        access_key: str,
        region: str,
        now: datetime,
        expires: int,
        session_token: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Iterable[tuple[str, str]] = (),
        service: str = "s3",
    ) -> UrlToSign:
        date = amz_date(now)
        scope = Scope(date[:8], region, service)
        signed = {"host": host, **(headers or {})}
        pairs = [
            *query,
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", f"{access_key}/{scope}"),
            ("X-Amz-Date", date),
            ("X-Amz-Expires", str(expires)),
            ("X-Amz-SignedHeaders", ";".join(sorted(signed))),
        ]
        if session_token is not None:
            pairs.append(("X-Amz-Security-Token", session_token))
        return cls(method, url_base, date, scope, pairs, signed)

    def canonical(self, decoded_path: str) -> str:
        """The canonical request, for that path."""
        path, query = canonical_uri(decoded_path), encoded_query(self.pairs)
        request = Request(self.method, path, query, tuple(self.headers.items()))
        return canonical_request(request, sorted(self.headers), UNSIGNED_PAYLOAD)


def presign(
    method: str, url_base: str, host: str, decoded_path: str, *, secret_key: str, **more: Any
) -> str:
    """A presigned URL: the signature, and all that it covers, in the query.

    `url_base` is scheme and host (``https://bucket.s3.eu-west-2.amazonaws.com``), `host` the
    Host header that the client will send, `decoded_path` the path before encoding. `more` is
    `access_key`, `region`, `now` (aware), `expires` (seconds), and optionally `session_token`,
    `headers` (further headers to sign, lower-case names), `query` (decoded pairs) and `service`.
    Nothing is checked here, so that tests can make malformed URLs too.
    """
    url = UrlToSign.build(method, url_base, host, **more)
    text = string_to_sign(url.date, url.scope, url.canonical(decoded_path))
    proof = signature(signing_key(secret_key, url.scope), text)
    path = canonical_uri(decoded_path)
    return f"{url_base}{path}?{encoded_query(url.pairs)}&X-Amz-Signature={proof}"


def form_fields(access_key: str, scope: Scope, date: str, token: str) -> dict[str, str]:
    """The fields of a POST form that its policy names and the signature needs.

    `date` is an X-Amz-Date, `token` a session token or "". Source:
    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    """
    fields = {
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": f"{access_key}/{scope}",
        "x-amz-date": date,
    }
    return fields | {"x-amz-security-token": token} if token else fields


def path_signer(url: UrlToSign, secret_key: str, before: str = "") -> Callable[[str], str]:
    """`presign` for many paths: a function from an encoded path to its URL.

    `before` is the path that `url.url_base` ends with, if it has one, as it is signed.

    Such URLs differ only in the path, so everything before and after it is calculated once. A
    SHA-256 that has read the beginning of a text can be copied to read on. One has read the
    method, one the key and the first lines of the string to sign (HMAC's inner hash, RFC 2104),
    one the key again (HMAC's outer hash).
    """
    first_line = f"{url.method}\n"
    after_path = url.canonical("/").removeprefix(f"{first_line}/").encode()
    before_digest = string_to_sign(url.date, url.scope, "")[:-64].encode()
    block = signing_key(secret_key, url.scope).ljust(64, b"\0")
    request = hashlib.sha256(f"{first_line}{before}".encode()).copy
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + before_digest).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy
    start, end = url.url_base, f"?{encoded_query(url.pairs)}&X-Amz-Signature="

    def sign(path: str) -> str:
        canonical = request()
        canonical.update(path.encode() + after_path)
        text = inner()
        text.update(canonical.hexdigest().encode())
        proof = outer()
        proof.update(text.digest())
        return f"{start}{path}{end}{proof.hexdigest()}"

    return sign
