"""Metadata beyond ASCII: RFC 2047 words on the wire, plain text in the store.

A header's bytes are read as ISO-8859-1, and encoded words in it are decoded; a form's fields are
UTF-8 and are taken as they are. What is not ASCII goes back as an encoded word. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html, RFC 2047; the choice
between Q and B is the one that answers recorded on AWS show.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping

from .errors import InvalidArgument

META = "x-amz-meta-"
# Parameters of GetObject and HeadObject, and the header of the response that each replaces.
OVERRIDES = {
    f"response-{name}": name
    for name in (
        *("cache-control", "content-disposition", "content-encoding", "content-language"),
        *("content-type", "expires"),
    )
}
_WORD = re.compile(r"=\?([\w-]+)\?([BbQq])\?([^?\s]*)\?=")
_BETWEEN_WORDS = re.compile(r"(?<=\?=)[ \t\r\n]+(?==\?[\w-]+\?[BbQq]\?)")
_LONGEST = 75 - len("=?UTF-8?Q??=")  # of one word's encoded text (RFC 2047, section 2)
_NOT_LATIN_1 = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_ESCAPED_IN_Q = frozenset(b"=_?")


def decoded(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of a request with the RFC 2047 words in x-amz-meta-* decoded.

    Those that come back as they are keep their bytes: each is read as ISO-8859-1.

    >>> decoded({"x-amz-meta-a": "=?UTF-8?Q?caf=C3=A9?=", "content-type": "text/plain"})
    {'x-amz-meta-a': 'café', 'content-type': 'text/plain'}
    """
    return {
        name: decode_words(value) if name.startswith(META) else _bytes_of(name, value)
        for name, value in headers.items()
    }


def encoded(headers: Mapping[str, str]) -> dict[str, str]:
    """Stored headers as a response can carry them: RFC 2047 for x-amz-meta-*.

    The others (a form can give them any text) have a space for what ISO-8859-1 cannot write.
    """
    return {
        name: encode_words(value) if name.startswith(META) else _latin_1(value)
        for name, value in headers.items()
    }


def decode_words(text: str) -> str:
    """`text` with its encoded words decoded. U+FFFD stands for what cannot be decoded."""
    if "=?" not in text:
        return text
    # White space between two encoded words belongs to neither (RFC 2047, section 6.2).
    return _WORD.sub(_decoded_word, _BETWEEN_WORDS.sub("", text))


def encode_words(text: str) -> str:
    """`text` as it is if it is ASCII, else as encoded words of at most 75 characters.

    >>> encode_words("plain"), encode_words("naïve Ü")
    ('plain', '=?UTF-8?Q?na=C3=AFve_=C3=9C?=')
    """
    unusual = sum(1 for character in text if not _is_usual(character))
    if not unusual:
        return text
    in_q = len(text) - unusual > unusual
    return " ".join(_words(text, in_q))


def overrides(parameters: Mapping[str, str]) -> dict[str, str]:
    """The headers that a read asks for in its query. Raises InvalidArgument beyond ISO-8859-1.

    Empty ones S3 ignores (https://github.com/floci-io/floci/pull/923).

    >>> overrides({"response-content-type": "text/plain", "response-expires": ""})
    {'content-type': 'text/plain'}
    """
    asked = {name: parameters[name] for name in OVERRIDES if parameters.get(name)}
    for name, value in asked.items():
        try:
            value.encode("iso-8859-1")
        except UnicodeEncodeError:
            raise InvalidArgument(
                "Header value cannot be represented using ISO-8859-1.",
                ArgumentName=name,
                ArgumentValue=value,
            ) from None
    return {OVERRIDES[name]: value for name, value in asked.items()}


def _is_usual(character: str) -> bool:
    return " " <= character <= "~" or character == "\t"


def _words(text: str, in_q: bool) -> list[str]:
    data = text.encode("utf-8", "replace")
    word = _q(data) if in_q else b64encode(data).decode()
    if len(word) > _LONGEST and len(text) > 1:
        middle = len(text) // 2
        return _words(text[:middle], in_q) + _words(text[middle:], in_q)
    return [f"=?UTF-8?{'Q' if in_q else 'B'}?{word}?="]


def _q(data: bytes) -> str:
    return "".join(
        "_"
        if byte == 0x20
        else chr(byte)
        if 0x20 < byte < 0x7F and byte not in _ESCAPED_IN_Q
        else f"={byte:02X}"
        for byte in data
    )


def _decoded_word(match: re.Match[str]) -> str:
    charset, encoding, word = match.groups()
    data = word.encode("utf-8")
    if encoding in "Bb":
        try:
            data = b64decode(data + b"=" * (-len(data) % 4))
        except binascii.Error:
            return "\ufffd"
    else:
        data = binascii.a2b_qp(data, header=True)
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return match[0]


def _bytes_of(name: str, value: str) -> str:
    """A content header, which the server has read as UTF-8, as ISO-8859-1 would read it."""
    kept = name.startswith("content-") or name in ("cache-control", "expires")
    return value.encode().decode("latin-1") if kept else value


def _latin_1(text: str) -> str:
    return _NOT_LATIN_1.sub(" ", text)
