"""Find the URL in a pasted text: in quotes, broken into lines, with ``&amp;``, in a curl command.

Every repair is noted, because a broken paste is often the answer to "why does it fail?".
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from ..errors import InspectError

MAX_TEXT = 200_000  # characters that are searched
MAX_URL = 32_768  # characters; S3 accepts 8 KB for a request's head
MAX_LINES = 400  # pieces that a URL can be broken into
# Both cases letter by letter: `re` then skips to the next H; with (?i) it tries every position.
_START = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://")
_ENDS = {'"': '"', "'": "'", "<": ">", "`": "`", "(": ")", "[": "]", "“": "”", "«": "»"}
_COMPLETE = (
    re.compile(r"[?&]X-Amz-Signature=[0-9a-f]{64}(?![0-9a-f])", re.I),
    re.compile(r"[?&]Signature=[^&]{20,}", re.I),
)
# A key with unencoded spaces: up to the ? on the same line.
_SPACED_PATH = re.compile(r"https?://[^\s?]+(?: +[^\s?:]+)+(?=\?[^\s]*(?:X-Amz-|Signature=))", re.I)
_SIX = ("algorithm", "credential", "date", "expires", "signedheaders")
_CLOSING = "\"'>)]}`”»,;."
_CURL = re.compile(r"(?:^|[\s;&|$(])curl(?:\.exe)?\s", re.I)


@dataclass(frozen=True)
class Pasted:
    """The URL, what was repaired, and what a curl command around it would send.

    `method` is "" and `headers` empty without such a command.
    """

    url: str
    repairs: tuple[str, ...] = ()
    method: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def find_url(text: str) -> Pasted:
    """The first http(s) URL in `text`. Raises `InspectError` if there is none."""
    if not isinstance(text, str):
        raise InspectError(f"Expected a URL as text, got {type(text).__name__}.")
    text = text[:MAX_TEXT]
    if not text.strip():
        raise InspectError("Nothing was pasted. Paste a URL that begins with https://.")
    repairs: list[str] = []
    if not _START.search(text) and re.search(r"(?i)https?%3A%2F%2F", text):
        text = unquote(text)
        repairs.append(
            "The whole URL was percent-encoded (https%3A%2F%2F…), as in another URL; decoded."
        )
    if "\\u0026" in text or ("\\/" in text and re.search(r"(?i)https?:\\/\\/", text)):
        text = re.sub(r"(?i)\\u0026", "&", text).replace("\\/", "/")
        repairs.append("It was escaped as in JSON (\\u0026 for &); unescaped.")
    url, method = "", ""
    headers: tuple[tuple[str, str], ...] = ()
    if "curl" in text.casefold() and _CURL.search(text):
        method, headers, url = _in_curl(text, repairs)
    if not url:
        start = _START.search(text)
        if start is None:
            raise InspectError(
                "There is no URL in this text. A presigned URL begins with https:// (or http://) "
                "and contains X-Amz-Signature or Signature."
            )
        url = _without_entities(_cut_out(text, start.start(), repairs), repairs)
    if len(url) > MAX_URL:
        raise InspectError(
            f"This URL has {len(url):,} characters, but S3 accepts only 8 KB for URL and headers: "
            "something else was pasted with it."
        )
    return Pasted(url, tuple(repairs), method, headers)


def _without_entities(url: str, repairs: list[str]) -> str:
    if not re.search(r"(?i)&(?:amp|#38|#x26);", url):
        return url
    repairs.append(
        "It had &amp; for & (the URL came from HTML or XML); unescaped. Sent as it was, S3 would "
        "see parameters called amp;X-Amz-… and miss its own."
    )
    return re.sub(r"(?i)&(?:amp|#38|#x26);", "&", url)


def _cut_out(text: str, start: int, repairs: list[str]) -> str:
    before = text[start - 1 : start]
    rest = text[start:]
    closing = _ENDS.get(before, "")
    if closing and closing in rest:
        rest = rest[: rest.index(closing)]
        repairs.append(f"{before}…{closing} around the URL; removed.")
    if spaced := _SPACED_PATH.match(rest):
        rest = spaced[0].replace(" ", "%20") + rest[spaced.end() :]
        repairs.append("The path has a space in it; read as %20, which is how a URL must have it.")
    pieces = islice(re.finditer(r"\S+", rest), MAX_LINES)
    url, broken = next(pieces)[0], False
    for piece in (match[0] for match in pieces):
        looks = re.fullmatch(r"[\w%.~&=+/;:@,!$*?()\[\]-]+", piece)
        if not looks or (not piece.startswith("&") and _complete(url)):
            break
        if not _continues(url, piece):
            break
        url += piece
        broken = True
    if broken:
        repairs.append("Line breaks or spaces in the URL; removed.")
    stripped = url.rstrip(_CLOSING)
    if stripped != url and not closing:
        repairs.append(f"{url[len(stripped) :]} after the URL; removed.")
    return stripped


def _complete(url: str) -> bool:
    lower = url.lower()
    if "x-amz-" in lower and all(f"x-amz-{name}=" in lower for name in _SIX):
        return bool(_COMPLETE[0].search(url))
    if "x-amz-" in lower or "expires=" not in lower:
        return False
    return bool(_COMPLETE[1].search(url))


def _continues(url: str, piece: str) -> bool:
    """Is `piece` the URL's next line, and not the next word of a sentence?"""
    if piece.startswith("&") or "=" in piece or "%" in piece or url[-1:] in "&=%?-/":
        return True
    return bool(re.search(r"(?i)signature=[0-9a-f]*$", url) and re.match("[0-9a-fA-F]+$", piece))


def _in_curl(text: str, repairs: list[str]) -> tuple[str, tuple[tuple[str, str], ...], str]:
    """Method, headers and URL of a curl command; "" if it has no URL."""
    command = text[_CURL.search(text).start() :].lstrip("\n\r ;&|$(")  # type: ignore[union-attr]
    command = re.sub(r"\^\s*\n", " ", command).replace("^&", "&")  # Windows' continued lines
    try:
        words = shlex.split(command)
    except ValueError:  # an unclosed quote
        return "", (), ""
    method, url, headers, implied = "", "", [], "GET"
    takes_value = {
        *("-X", "--request", "-H", "--header", "-T", "--upload-file", "-d", "--data"),
        *("--data-binary", "--data-raw", "--data-urlencode", "-F", "--form", "-o", "--output"),
        *("-u", "--user", "-A", "--user-agent", "-r", "--range", "--url", "--json"),
    }
    arguments = iter(words[1:])
    for word in arguments:
        option, value = word, ""
        if word in takes_value:
            value = next(arguments, "")
        elif re.match(r"-[XHTdFo].", word):
            option, value = word[:2], word[2:]
        elif word.startswith("--") and "=" in word:
            option, _, value = word.partition("=")
        if option in ("-X", "--request"):
            method = value.upper()
        elif option in ("-H", "--header"):
            name, _, content = value.partition(":")
            headers.append((name.strip().lower(), content.strip()))
        elif option in ("-T", "--upload-file"):
            implied = "PUT"
        elif option.startswith(("-d", "--data")):
            implied = "POST"
            headers.append(("content-type", "application/x-www-form-urlencoded"))
        elif option in ("-F", "--form"):
            implied = "POST"
            headers.append(("content-type", "multipart/form-data"))
        elif option in ("-I", "--head"):
            implied = "HEAD"
        elif _START.match(value or word) and not url:
            url = value or word
    if not url:
        return "", (), ""
    repairs.append("The URL is in a curl command; its method and headers are read too.")
    place = text.find(url)
    if "&" in url and place > 0 and text[place - 1] not in "\"'":
        repairs.append(
            "The URL is not in quotes: a shell ends the command at the first &. Put it in '…'."
        )
    sent: dict[str, str] = {}
    for name, content in headers:  # -H, before or after -d, replaces curl's own header
        if name not in sent or content != "application/x-www-form-urlencoded":
            sent[name] = content
    return (
        method or implied,
        tuple(sent.items()),
        _without_entities(re.sub(r"\s+", "", url), repairs),
    )
