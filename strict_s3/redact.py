"""What may be shown of a presigned URL, a key or S3's answer.

A presigned URL is a bearer token: whoever sees it can use it. So what is printed, saved in a
notebook or logged goes through here; to use a URL, take it from its variable.
"""

from __future__ import annotations

import base64
import re
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
    # Query parameters and form fields that carry a signature or a session token.
    (re.compile(rf"\b({'|'.join(_SECRET_PARAMETERS)})(=|%3D)[^&\s\"'<>]+"), rf"\1\2{HIDDEN}"),
    # The same in JSON, as S3 quotes a condition: ["eq", "$x-amz-security-token", "…"].
    (re.compile(r"((?:security-token|signature)\"\s*[:,]\s*\")[^\"]+", re.I), rf"\1{HIDDEN}"),
    # Elements of S3's XML that quote one.
    (re.compile(r"(<(?:Token-\d+|SignatureProvided)>)[^<]+"), rf"\1{HIDDEN}"),
    # Access key ids, as AWS writes them; the prefix tells the kind of key and is kept.
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), rf"\1{HIDDEN}"),
    # Signatures anywhere else: 64 hexadecimal digits, alone or as S3's byte dumps.
    (re.compile(r"\b[0-9a-f]{64}\b"), HIDDEN),
    (re.compile(r"\b[0-9a-f]{2}(?: [0-9a-f]{2}){20,}\b"), HIDDEN),
)
# A form's policy, which S3 repeats as its StringToSign: base64 of a text that names the key.
_BASE64 = re.compile(r"[A-Za-z0-9+/]{80,}={0,2}")
# Elements of S3's error documents that differ in each answer and explain nothing.
_NOISE = ("RequestId", "HostId")
_QUOTES = {"&quot;": '"', "&apos;": "'"}


def redact(text: str) -> str:
    """`text` without signatures, session tokens and access key ids."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _BASE64.sub(_redact_encoded, text)


def _redact_encoded(found: re.Match[str]) -> str:
    """The beginning of a base64 text that holds what must not be shown; others are kept."""
    encoded = found[0]
    try:
        inside = base64.b64decode(encoded).decode()
    except ValueError:
        return encoded
    return encoded if redact(inside) == inside else f"{encoded[:16]}{HIDDEN}"


def redact_key(access_key: str) -> str:
    """An access key id as a person may recognise it: ``AKIA…MPLE``."""
    return f"{access_key[:4]}{HIDDEN}{access_key[-4:]}" if len(access_key) > 8 else HIDDEN


def readable(xml: str | bytes) -> str:
    """S3's XML for people: indented, unescaped, redacted, without request ids.

    Other text is only redacted.
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


def show(response: object) -> None:
    """Print an HTTP response as a lesson needs it: status line, then S3's answer.

    Takes a `requests.Response`. A refusal is shown as S3's XML, anything else as its text, cut
    after 300 characters.
    """
    status, reason = response.status_code, _REASONS.get(response.status_code, "")  # type: ignore[attr-defined]
    print(f"{status} {reason}".rstrip())
    text = response.text  # type: ignore[attr-defined]
    if text.lstrip().startswith("<?xml") or text.lstrip().startswith("<Error"):
        print(readable(text))
    elif text:
        print(redact(text if len(text) <= 300 else f"{text[:300]}{HIDDEN}"))


_REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    206: "Partial Content",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    412: "Precondition Failed",
    416: "Range Not Satisfiable",
    500: "Internal Server Error",
    501: "Not Implemented",
}
