"""Cut the URLs out of a text: out of quotes and brackets, lines put together, their end found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

MAX_URL = 32_768  # characters; S3 accepts 8 KB for a request's head
MAX_LINES = 400  # pieces that a URL can be broken into
MAX_CANDIDATES = 60
# Both cases letter by letter: `re` then skips to the next H; with (?i) it tries every position.
START = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://")
_ENDS = {
    '"': '"',
    "'": "'",
    "<": ">",
    "`": "`",
    "(": ")",
    "[": "]",
    "“": "”",
    "«": "»",
    "\u2018": "\u2019",
}
_COMPLETE = (
    re.compile(r"[?&]X-Amz-Signature=[0-9a-f]{64}(?![0-9a-f])", re.I),
    re.compile(r"[?&]Signature=[^&]{20,}", re.I),
)
# A key with unencoded spaces: up to the ? on the same line.
_SPACED_PATH = re.compile(
    r"https?://[^\s?\"'<>]{1,2000}(?: {1,3}[^\s?:\"'<>]{1,300}){1,40}(?=\?[^\s]{0,400}(?:X-Amz-"
    r"|Signature=))",
    re.I,
)
_SIX = ("algorithm", "credential", "date", "expires", "signedheaders")
_CLOSING = "\"'>)]}`”\u2019»,;.|\\"
_PIECE = re.compile(r"[\w%.~&=+/;:@,!$*?()\[\]-]+")
_AFTER_SIGNATURE = re.compile(
    r"([?&]X-Amz-Signature=[0-9a-f]{64})([^\w&%#=+.…?/\x00-\x1f-].*)$", re.S | re.I
)
_BARE = re.compile(r"[?&](?:X-Amz-(?:Algorithm|Credential|Signature)|AWSAccessKeyId)=", re.I)
_HOST = re.compile(
    r"(?:[\w-]{1,63}\.){0,9}[\w-]{1,63}(?::\d{1,5})?/|\[[0-9a-f:]{2,40}\](?::\d{1,5})?/", re.I
)


def candidates(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every URL in `text`, and what was repaired to cut it out; at most `MAX_CANDIDATES`."""
    found = False
    for start in islice(START.finditer(text), MAX_CANDIDATES):
        repairs: list[str] = []
        url = _cut_out(text, start.start(), repairs)
        found = found or bool(_BARE.search(url))
        yield url, tuple(repairs)
    if not found and (match := _BARE.search(text)):
        yield from _without_scheme(text, match.start())


def _without_scheme(text: str, place: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    begin = max((text.rfind(c, 0, place) for c in " \t\r\n\"'<>(`"), default=-1) + 1
    repairs: list[str] = []
    rest = text[begin:]
    if rest.startswith("//"):
        rest = rest[2:]
    if _HOST.match(rest):
        url = _cut_out(f"https://{rest}", 0, repairs)
        yield url, ("It had no scheme; read as https://.", *repairs)


def _cut_out(text: str, start: int, repairs: list[str]) -> str:
    before = text[start - 1 : start]
    rest = text[start : start + 4 * MAX_URL]
    closing = _ENDS.get(before, "")
    if closing and closing in rest:
        rest = rest[: rest.index(closing)]
        repairs.append(f"{before} and {closing} around the URL; removed.")
    if spaced := _SPACED_PATH.match(rest):
        rest = spaced[0].replace(" ", "%20") + rest[spaced.end() :]
        repairs.append("The path has a space in it; read as %20, which is how a URL must have it.")
    pieces = islice(re.finditer(r"\S+", rest), MAX_LINES)
    first = next(pieces)
    url, broken, end = first[0], False, first.end()
    for match in pieces:
        piece = match[0]
        stuck = "\n" not in rest[end : match.start()]  # on the same line: a space in the URL
        if not _PIECE.fullmatch(piece) or (not piece.startswith("&") and _complete(url)):
            break
        if not _continues(url, piece) or (stuck and not piece.startswith("&") and "=" not in piece
                                          and not _in_value(url)):  # fmt: skip
            break
        url += piece
        broken, end = True, match.end()
        if len(url) > MAX_URL:
            break
    if broken:
        repairs.append("Line breaks or spaces in the URL; removed.")
    return _trimmed(url, closing, repairs)


def _trimmed(url: str, closing: str, repairs: list[str]) -> str:
    """Without what follows a whole signature, and without closing marks."""
    if after := _AFTER_SIGNATURE.search(url):
        rest = after[2]
        url = url[: after.start(2)]
        what = rest if len(rest) < 3 else f"{rest[:1]} and what follows"
        label = " (a link's label, as Slack writes it: <url|text>)" if rest[:1] == "|" else ""
        repairs.append(f"`{what}` after the URL{label}; removed.")
    for mark in '"<>`':
        if mark in url:
            url = url.partition(mark)[0]
            repairs.append(f"{mark} after the URL; removed.")
    if "|" in url and closing == ">":
        url = url.partition("|")[0]
        repairs.append("A link's label after the URL (as Slack writes it: <url|text>); removed.")
    if url.endswith(("…", "...")):  # shortened: that is what has to be said of it
        return url
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


def _in_value(url: str) -> bool:
    """Does the URL end within its signature or token, where a space can't be the end?"""
    return bool(
        re.search(r"(?i)(?:signature=[0-9a-f]{0,63}|security-token=[^&]{0,4000})$", url[-4100:])
    )


def _continues(url: str, piece: str) -> bool:
    """Is `piece` the URL's next line, and not the next word of a sentence?"""
    if piece.startswith("&") or "=" in piece or "%" in piece or url[-1:] in "&=%?-/":
        return True
    if re.search(r"(?i)signature=[0-9a-f]*$", url) and re.match("[0-9a-fA-F]+$", piece):
        return True
    # Within a parameter of a signature that isn't whole yet, a line goes on with what looks
    # like its value.
    return bool(
        re.search(r"(?i)x-amz-[\w-]{0,20}=?[^&\s]{0,4000}$", url[-4100:])
        and re.fullmatch(r"[\w%.~+/-]{6,}(?:&\S*)?", piece)
        and re.search(r"\d", piece)
    )
