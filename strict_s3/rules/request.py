"""An immutable HTTP request, as S3 sees it before any decision."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_to_bytes, urlsplit

from .errors import InvalidURI

# Headers that signers move into the query: those of AWS, as they are written (X-Amz-… is what the
# signature itself is made of), and two that the SDK for Java moves too.
_HOISTED_NAME = re.compile("(?!X-Amz-)(?i:x-amz-.*|if-match|if-none-match)", re.DOTALL).fullmatch
_BROKEN_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})").search
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # RFC 9110, 5.6.2
_PLAIN = re.compile(r"[\x00-$&-*,-\x7f]*").fullmatch  # nothing to decode: no % and no +


@dataclass(frozen=True)
class Request:
    """The parts of a request that S3's decisions depend on.

    `path` and `query_string` are kept exactly as they were sent (percent-encoded), because the
    signature covers them; `headers` are (lower-case name, value) pairs in the order sent.
    `secure` is true for https; `source_ip` is the address of the client.
    """

    method: str
    path: str
    query_string: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    secure: bool = False
    source_ip: str = "127.0.0.1"

    @classmethod
    def build(
        cls,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        *,
        secure: bool = False,
        source_ip: str = "127.0.0.1",
    ) -> Request:
        """A request from a request target (``/key?query``) or from a whole URL.

        The Host header comes from the URL unless one is given.
        """
        pairs = [(name.lower(), value) for name, value in headers]
        if "://" in target.split("?")[0]:
            parts = urlsplit(target)
            secure = parts.scheme == "https"
            if not any(name == "host" for name, _ in pairs):
                pairs.insert(0, ("host", parts.netloc.rpartition("@")[2]))
            path, query = parts.path or "/", parts.query
        else:
            path, _, query = target.partition("?")
        return cls(method, path, query, tuple(pairs), secure, source_ip)

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's (name, value) pairs, decoded, in the order sent; ``+`` means a space."""
        pairs = []
        for item in self.query_string.split("&"):
            if item:
                name, _, value = item.partition("=")
                if not _PLAIN(item):
                    name, value = _decode_query(name), _decode_query(value)
                pairs.append((name, value))
        return tuple(pairs)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The query as a dict: the first value of each name."""
        first: dict[str, str] = {}
        for name, value in self.query:
            first.setdefault(name, value)
        return first

    @cached_property
    def decoded_path(self) -> str:
        """The path, percent-decoded once. Raises `InvalidURI` if it is not UTF-8."""
        return _decode(self.path)

    @cached_property
    def header_map(self) -> dict[str, str]:
        """Headers by lower-case name; a repeated header's values are joined with commas."""
        joined: dict[str, str] = {}
        for name, value in self.headers:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        return joined

    @cached_property
    def effective_headers(self) -> dict[str, str]:
        """The headers by lower-case name, and below them those that travel in the query.

        Signers may move headers into a presigned URL; S3 takes x-amz-meta-* and the like from
        there. Of several of one name the first counts, as in `parameters`.
        """
        moved: dict[str, str] = {}
        for name, value in self.query:
            if _HOISTED_NAME(name):
                moved.setdefault(name.lower(), value)
        return {**moved, **self.header_map} if moved else self.header_map

    def header(self, name: str, default: str = "") -> str:
        """The value of a header (lower-case name), or `default`."""
        return self.header_map.get(name, default)

    @property
    def host(self) -> str:
        return self.header("host")


def whole_number(text: str) -> int | None:
    """The number in `text`, if that is 1 to 15 of the digits 0 to 9, else None."""
    # int() also accepts "+1", "1_0" and digits of other scripts, and fails at 4,301 digits.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def has_broken_escape(text: str) -> bool:
    """Is there a ``%`` that is not followed by two hexadecimal digits?"""
    return "%" in text and _BROKEN_ESCAPE(text) is not None


def _decode(text: str) -> str:
    if "%" not in text and text.isascii():
        return text
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        raise InvalidURI(uri=text) from None


def _decode_query(text: str) -> str:
    return _decode(text.replace("+", " ") if "+" in text else text)
