"""What is safe to show of a presigned URL, a key or S3's response.

A presigned URL is a bearer token: anyone who sees it can use it. So everything that is printed,
saved in a notebook or logged goes through here. To use a URL, take it from its variable.
"""

from __future__ import annotations

import base64
import re
from http import HTTPStatus
from typing import Protocol
from xml.dom.minidom import Node
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import unescape

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

HIDDEN = "…"
_SECRET_PARAMETERS = (
    "X-Amz-Signature",
    "X-Amz-Security-Token",
    "Signature",
    "x-amz-signature",
    "x-amz-security-token",
)
_PATTERNS = (
    # Query parameters and form fields with a signature or a session token.
    (re.compile(rf"\b({'|'.join(_SECRET_PARAMETERS)})(=|%3D)[^&\s\"'<>]+"), rf"\1\2{HIDDEN}"),
    # A customer's own key (SSE-C), in a query or in the canonical request; not its MD5.
    (re.compile(r"(customer-key)(=|%3D|:)[^&\s\"'<>]+", re.I), rf"\1\2{HIDDEN}"),
    # The same in JSON, such as a condition that S3 quotes: ["eq", "$x-amz-security-token", "…"].
    (re.compile(r"((?:security-token|signature)\"\s*[:,]\s*\")[^\"]+", re.I), rf"\1{HIDDEN}"),
    # Elements of S3's XML that quote one.
    (re.compile(r"(<(?:Token-\d+|SignatureProvided)>)[^<]+"), rf"\1{HIDDEN}"),
    # Access key ids in AWS's format; the prefix says the kind of key and is kept.
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), rf"\1{HIDDEN}"),
    # Signatures anywhere else: 64 hexadecimal digits, together or as S3's byte dumps.
    (re.compile(r"\b[0-9a-f]{64}\b"), HIDDEN),
    (re.compile(r"\b[0-9a-f]{2}(?: [0-9a-f]{2}){20,}\b"), HIDDEN),
)
# A form's policy, which S3 repeats as StringToSign: base64 of a text with the access key id.
_BASE64 = re.compile(r"[A-Za-z0-9+/]{80,}={0,2}")
# Elements of S3's error documents that differ every time and explain nothing.
_NOISE = ("RequestId", "HostId")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


def redact(text: str) -> str:
    """`text` without signatures, session tokens and access key ids.

    >>> redact("https://b.s3.amazonaws.com/k?X-Amz-Signature=0123&X-Amz-Expires=60")
    'https://b.s3.amazonaws.com/k?X-Amz-Signature=…&X-Amz-Expires=60'
    """
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _BASE64.sub(_redact_encoded, text)


def _redact_encoded(match: re.Match[str]) -> str:
    """Only the beginning of a base64 text that has a secret in it; other base64 stays whole."""
    encoded = match[0]
    try:
        inside = base64.b64decode(encoded).decode()
    except ValueError:
        return encoded
    return encoded if redact(inside) == inside else f"{encoded[:16]}{HIDDEN}"


def redact_key(access_key: str) -> str:
    """An access key id that its owner can recognise.

    >>> redact_key("AKIAIOSFODNN7EXAMPLE")
    'AKIA…MPLE'
    """
    return f"{access_key[:4]}{HIDDEN}{access_key[-4:]}" if len(access_key) > 8 else HIDDEN


def readable(xml: str | bytes) -> str:
    """S3's XML for people: indented, unescaped, redacted, without request ids.

    Text that is not XML is only redacted.
    """
    text = xml.decode("utf-8", "replace") if isinstance(xml, bytes) else xml
    try:
        root = parseString(text).documentElement
    except (DefusedXmlException, ExpatError, ValueError):
        root = None
    if root is None:
        return redact(text)
    lines = [
        "  " + unescape(child.toxml(), _QUOTES).replace("\n", "\n      ")
        for child in root.childNodes
        if child.nodeType == Node.ELEMENT_NODE and child.nodeName not in _NOISE
    ]
    return redact("\n".join((f"<{root.tagName}>", *lines, f"</{root.tagName}>")))


class _Response(Protocol):
    """What `show` needs of a `requests.Response`."""

    @property
    def status_code(self) -> int: ...
    @property
    def text(self) -> str: ...


def show(response: _Response) -> None:
    """Print a `requests.Response` as `response_text` gives it.

    show(requests.get(url))
    """
    print(response_text(response))


def response_text(response: _Response) -> str:
    """The status line of a response, then S3's XML or the body, redacted.

    A body that is not XML is cut after 300 characters.
    """
    status, text = response.status_code, response.text
    lines = [f"{status} {_reason(status)}".rstrip()]
    if text.lstrip().startswith("<?xml") or text.lstrip().startswith("<Error"):
        lines.append(readable(text))
    elif text:
        lines.append(redact(text if len(text) <= 300 else f"{text[:300]}{HIDDEN}"))
    return "\n".join(lines)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
