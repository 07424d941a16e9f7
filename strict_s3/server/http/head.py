"""The heads of requests and responses: HTTP/1.1 as bytes, whatever carries them.

Reading is strict where laxness would let two readers see two requests: RFC 9112, "Field Syntax"
(https://www.rfc-editor.org/rfc/rfc9112#section-5).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from ...rules.errors import BadRequest, InvalidURI, NotImplementedByS3
from ...rules.request import Request
from ..response import Response

MAX_HEADERS = 64 * 1024  # bytes of request line and headers
NOT_HTTP = "An error occurred when parsing the HTTP request."

# RFC 9112, section 3. S3 takes a target with bytes over 127 too, but no control characters.
_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) (HTTP/1\.[01])\r\n"
).fullmatch
FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
_BAD_VALUE = re.compile(rb"[\x00\r\n]")

_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}".encode() for s in HTTPStatus}
Headers = tuple[tuple[str, str], ...]


class RequestLine(NamedTuple):
    """``GET /bucket/key?query HTTP/1.1``, as it travelled."""

    method: bytes
    target: bytes
    protocol: bytes


class Framing(NamedTuple):
    """What the headers say about the body and the connection."""

    length: int  # bytes of the body; 0 if there is none or if it comes in chunks
    chunked: bool
    close: bool  # the client wants no further request on this connection
    expects_continue: bool


class _Broken(Exception):
    """Header lines that HTTP does not allow."""


def read_request_line(line: bytes) -> RequestLine:
    """The request line's three parts. Raises InvalidURI for any other line."""
    found = _REQUEST_LINE(line)
    if not found:
        raise InvalidURI()
    parts = RequestLine(*found.groups())
    if not parts.target.startswith(b"/") or b"#" in parts.target:
        raise InvalidURI(URI=parts.target.decode("latin-1"))
    return parts


def read_headers(readline: Callable[[], bytes], protocol: bytes) -> tuple[Headers, Framing]:
    """(lower-case name, value) of every header line in order, up to the empty line; and what
    they say about the body. Raises BadRequest, NotImplementedByS3.
    """
    try:
        headers = _read_fields(readline)
        by_name: dict[str, list[str]] = {}
        for name, value in headers:
            by_name.setdefault(name, []).append(value)
        length = _body_length(by_name)
        if "transfer-encoding" in by_name and "content-length" in by_name:
            raise _Broken  # which of the two ends the body?
        current = protocol == b"HTTP/1.1"
        if len(by_name.get("host", ())) != 1 and (current or "host" in by_name):
            raise _Broken  # RFC 9112, section 3.2: exactly one
    except _Broken:
        raise BadRequest(NOT_HTTP) from None
    coding = ",".join(by_name.get("transfer-encoding", ())).lower()
    if coding not in ("", "chunked"):
        raise NotImplementedByS3(Header="Transfer-Encoding")
    wishes = {word.strip().lower() for word in ",".join(by_name.get("connection", ())).split(",")}
    expected = (text.lower() for text in by_name.get("expect", ()))
    return headers, Framing(
        length,
        bool(coding),
        "close" in wishes or not (current or "keep-alive" in wishes),
        current and "100-continue" in expected,
    )


def _read_fields(readline: Callable[[], bytes]) -> Headers:
    found = []
    while (line := readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        # No folded lines, no space before the colon, no bare line feeds.
        if line[-2:] != b"\r\n" or not FIELD_NAME(name):
            raise _Broken
        value = value[:-2].strip(b" \t")
        if _BAD_VALUE.search(value):
            raise _Broken
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
        found.append((name.decode().lower(), text))
    return tuple(found)


def _body_length(headers: Mapping[str, list[str]]) -> int:
    lengths = headers.get("content-length", ["0"])
    text = lengths[0]
    if len(set(lengths)) > 1 or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _Broken
    return int(text)


def request_of(
    line: RequestLine, headers: Headers, source_ip: str, secure: bool = False
) -> Request:
    """The request that `line` and `headers` make; `source_ip` is its sender's address."""
    target = line.target.decode("latin-1")
    if not target.isascii():
        target = quote(line.target, safe="/?&=%:@!$'()*+,;~-._")
    path, _, query = target.partition("?")
    return Request(line.method.decode("latin-1"), path, query, headers, secure, source_ip)


def response_head(response: Response, *connection: bytes) -> bytes:
    """Status line and headers, with the empty line; `connection` are further header lines."""
    lines = [_STATUS_LINES[response.status], _server_and_date(int(time.time()))]
    lines += [b"%b: %b" % (name.encode(), _latin1(value)) for name, value in response.headers]
    if may_have_body(response):
        lines.append(b"content-length: %d" % response.content_length())
    return b"\r\n".join([*lines, *connection, b"", b""])


@lru_cache(maxsize=1)
def _server_and_date(now: int) -> bytes:
    return b"server: AmazonS3\r\ndate: %b" % formatdate(now, usegmt=True).encode()


def may_have_body(response: Response) -> bool:
    """False for the statuses whose responses end with their head."""
    return response.status not in (204, 304)


def _latin1(value: str) -> bytes:
    """A header value as bytes: Latin-1 if it fits, else the UTF-8 that S3 sends; no line breaks."""
    if "\r" in value or "\n" in value:
        value = value.replace("\r", " ").replace("\n", " ")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode()
