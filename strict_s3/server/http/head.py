"""The heads of requests and responses: HTTP/1.1 as bytes, whatever carries them.

Reading is strict where laxness would let two readers see two requests: RFC 9112, "Field Syntax"
(https://www.rfc-editor.org/rfc/rfc9112#section-5).
"""

from __future__ import annotations

import re
import string
import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote

from ...rules.errors import (
    NOT_HTTP,
    BadRequest,
    InvalidURI,
    NotImplementedByS3,
    RequestHeaderSectionTooLarge,
)
from ...rules.request import Request
from ..response import Response

MAX_HEAD = 64 * 1024  # bytes of request line and headers
MAX_HEADERS = 8 * 1024  # bytes of the headers alone, as in S3's RequestHeaderSectionTooLarge

# RFC 9112, section 3. S3 takes a target with bytes over 127 too, but no control characters.
_REQUEST_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) (HTTP/1\.[01])\r\n"
).fullmatch
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
STARTS_REQUEST = frozenset(
    b"!#$%&'*+.^_`|~-" + string.digits.encode() + string.ascii_letters.encode()
)
FIELD_NAME = re.compile(_TOKEN).fullmatch
# No folded lines, no space before the colon, no bare line feeds.
_FIELDS = re.compile(rb"(?:" + _TOKEN + rb":[^\x00\r\n]*\r\n)*\r\n").fullmatch
# What says where the body ends, and what becomes of the connection.
_FRAMING = frozenset({"connection", "content-length", "expect", "host", "transfer-encoding"})

_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}".encode() for s in HTTPStatus}
Headers = tuple[tuple[str, str], ...]


def check_size(line: int, end: int) -> None:
    """A head has `end` bytes, `line` of them its first line, as far as it has come.

    (0 for a line that hasn't come as a whole.) Raises RequestHeaderSectionTooLarge.
    """
    if end > MAX_HEAD or (line and end - line > MAX_HEADERS):
        raise RequestHeaderSectionTooLarge(MaxSizeAllowed=MAX_HEADERS)


class Framing(NamedTuple):
    """What a head says about its body and the connection."""

    length: int  # bytes of the body; 0 if there is none or if it comes in chunks
    chunked: bool
    close: bool  # the client wants no further request on this connection
    expects_continue: bool
    current: bool  # HTTP/1.1; else 1.0


class _Broken(Exception):
    """Header lines that HTTP does not allow."""


def read_head(data: bytes, source_ip: str) -> tuple[Request, Framing]:
    """The request whose head is `data`, up to and with the empty line; and its body's framing.

    `source_ip` is the client's address. Raises InvalidURI, BadRequest, NotImplementedByS3.
    """
    end = data.find(b"\n") + 1
    method, target, protocol = read_request_line(data[:end])
    try:
        if not _FIELDS(data, end):
            raise _Broken
        headers = _fields(data[end:])
        framing = _framing(headers, protocol == b"HTTP/1.1")
    except _Broken:
        raise BadRequest(NOT_HTTP) from None
    text = target.decode("latin-1")
    if not text.isascii():
        text = quote(target, safe="/?&=%:@!$'()*+,;~-._")
    path, _, query = text.partition("?")
    return Request(method.decode(), path, query, headers, source_ip=source_ip), framing


def read_request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, target and protocol of ``GET /bucket/key?query HTTP/1.1``, which ends in CRLF.

    Raises InvalidURI for any other line.
    """
    found = _REQUEST_LINE(line)
    if not found:
        raise InvalidURI()
    method, target, protocol = found.groups()
    if not target.startswith(b"/") or b"#" in target:
        raise InvalidURI(URI=target.decode("latin-1"))
    return method, target, protocol


def _fields(block: bytes) -> Headers:
    """(lower-case name, value) of every line in order. A value that is not UTF-8 is Latin-1."""
    try:
        lines = block.decode().split("\r\n")
    except UnicodeDecodeError:
        lines = [_text(line) for line in block.split(b"\r\n")]
    headers = []
    for line in lines[:-2]:
        name, _, value = line.partition(":")
        headers.append((name.lower(), value.strip(" \t")))
    return tuple(headers)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _framing(headers: Headers, current: bool) -> Framing:
    by_name: dict[str, list[str]] = {}
    for name, value in headers:
        if name in _FRAMING:
            by_name.setdefault(name, []).append(value)
    length = _body_length(by_name)
    chunked = "transfer-encoding" in by_name
    if chunked and ("content-length" in by_name or not current):
        raise _Broken  # which of the two ends the body? And 1.0 has no chunks.
    if len(by_name.get("host", ())) != 1 and (current or "host" in by_name):
        raise _Broken  # RFC 9112, section 3.2: exactly one
    if chunked and ",".join(by_name["transfer-encoding"]).lower() != "chunked":
        raise NotImplementedByS3(Header="Transfer-Encoding")
    close = not current
    if "connection" in by_name:
        wishes = {word.strip().lower() for word in ",".join(by_name["connection"]).split(",")}
        close = "close" in wishes or not (current or "keep-alive" in wishes)
    expected = current and any(text.lower() == "100-continue" for text in by_name.get("expect", ()))
    return Framing(length, chunked, close, expected, current)


def _body_length(headers: Mapping[str, list[str]]) -> int:
    lengths = headers.get("content-length", ["0"])
    text = lengths[0]
    if len(set(lengths)) > 1 or not (text.isascii() and text.isdigit() and len(text) < 19):
        raise _Broken
    return int(text)


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
