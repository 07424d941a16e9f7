"""What happens to a URL on its way into a paste, and how each of it is undone.

A step is a function from text to text; it has nothing to do if it returns the same text. Every
pattern is linear in the length of the text (bounded repetition, no nested choices).
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

_ENTITY = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});|&amp(?=X-Amz-)")
_JSON = re.compile(r"(?:\\{1,4}|%)u00([0-9a-fA-F]{2})|\\{1,2}x([2-7][0-9a-fA-F])|\\{1,2}(/)")
_PRINTABLE = re.compile(r"=\r?\n|((?:=[0-9A-F]{2})+)")
_LITERALS = re.compile(r"([\"'`])[ \t]{0,40}(?:\+|\.|\\|&|_)?[ \t]{0,40}\r?\n\s{0,80}"
                       r"(?:\+|\.|&)?\s{0,9}[fru]?\1|([\"'`])[ \t]{0,9}\+[ \t]{0,9}\2")  # fmt: skip
_QUOTE_MARK = re.compile(r"^[ \t]?(?:>[ \t]?){1,9}", re.M)
_INVISIBLE = re.compile("[\0\u200b-\u200d\u2060\ufeff\u00ad\u061c\u200e\u200f]")
_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
_ENCODED_START = re.compile(r"https?%(?:25)?3A(?:%(?:25)?2F|/){2}", re.I)
_STARTS = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://")
_PARAMETER = r"(?:X-Amz-|AWSAccessKeyId|Signature|Expires|x-id|response-|versionId|X-Goog-)"

# Programs that wrap links, by a piece of their host.
_WRAPPERS = (
    ("safelinks.protection.outlook.com", "Outlook's Safe Links"),
    ("urldefense", "Proofpoint's URL Defense"),
    ("google.", "Google's redirect"),
    ("mimecast", "Mimecast"),
    ("linkprotect.cudasvc.com", "Barracuda's link protection"),
    ("secure-web.cisco.com", "Cisco's Secure Email"),
    ("facebook.com", "Facebook's redirect"),
    ("slack-redir.net", "Slack's redirect"),
    ("teams", "Microsoft Teams"),
    ("statics.teams.cdn.office.net", "Microsoft Teams' Safe Links"),
    ("linkedin.com", "LinkedIn's redirect"),
    ("sendgrid", "SendGrid's click tracking"),
    ("mandrillapp.com", "Mandrill's click tracking"),
    ("protect2.fireeye.com", "FireEye"),
    ("trendmicro", "Trend Micro"),
    ("youtube.com", "YouTube's redirect"),
    ("vk.com", "VK's redirect"),
    ("steamcommunity.com", "Steam's link filter"),
)


class Step(NamedTuple):
    """`undo` gives the new text; `note` is what to say, {} being how often it was applied."""

    undo: Callable[[str], str]
    note: str
    penalty: float = 0.1
    repeat: int = 1


def _entities(text: str) -> str:
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def _json(text: str) -> str:
    if "\\" not in text and "%u00" not in text:
        return text
    return _JSON.sub(lambda m: m[3] or chr(int(m[1] or m[2], 16)), text)


def _quoted_printable(text: str) -> str:
    if "=3D" not in text:
        return text
    return _PRINTABLE.sub(
        lambda m: bytes.fromhex(m[1].replace("=", "")).decode("utf-8", "replace") if m[1] else "",
        text,
    )


def _quote_marks(text: str) -> str:
    if ">" not in text:
        return text
    lines = text.splitlines()
    marked = sum(line.lstrip().startswith(">") for line in lines)
    return _QUOTE_MARK.sub("", text) if marked and 2 * marked >= len(lines) else text


def _whole_encoded(text: str) -> str:
    return unquote(text) if _ENCODED_START.search(text) and not _STARTS.search(text) else text


def _separators_encoded(text: str) -> str:
    """Only & ? and = were encoded: the parameters have become one."""
    if "%26" not in text and "%3F" not in text.upper():
        return text
    text = re.sub(rf"%26(?={_PARAMETER})", "&", text, flags=re.I)
    text = re.sub(rf"%3F(?={_PARAMETER})", "?", text, flags=re.I)
    return re.sub(rf"([?&]{_PARAMETER}[\w-]{{0,40}})%3D", r"\1=", text, flags=re.I)


def _shell(text: str) -> str:
    return re.sub(r"\\(?=[&?=;()_%$!#\[\]{}~*.:-])", "", text) if "\\" in text else text


def _continued(text: str) -> str:
    return re.sub(r"[ \t]{0,9}\\\r?\n[ \t]{0,80}(?=[&?%\w])", "", text) if "\\" in text else text


def _powershell(text: str) -> str:
    return re.sub("`(?=[&?=;()$%])", "", text) if "`" in text else text


def _carets(text: str) -> str:
    if "^" not in text:
        return text
    return re.sub(r'\^(?=[&%"^<>|=?()!])', "", re.sub(r"\^[ \t]{0,9}\r?\n", " ", text))


def _batch(text: str) -> str:
    return re.sub(r"%%(?=[0-9A-Fa-f]{2})", "%", text)


def _literals(text: str) -> str:
    return _LITERALS.sub("", text) if "+" in text or "\n" in text else text


def _no_dashes(text: str) -> str:
    return (
        re.sub("[\u2010-\u2015\u2212]", "-", text) if re.search(r"X[\u2010-\u2015]", text) else text
    )


def _defanged(text: str) -> str:
    text = re.sub(r"\bhxxp(s?)(?:\[:\]|:)//", r"http\1://", text, flags=re.I)
    return text.replace("[.]", ".").replace("[:]", ":") if "[.]" in text else text


def _break_tags(text: str) -> str:
    return re.sub(r"<wbr ?/?>|&shy;", "", text, flags=re.I) if "<" in text or "&" in text else text


def _fullwidth(text: str) -> str:
    return text.translate({0xFF06: "&", 0xFF1D: "=", 0xFF1F: "?", 0xFF05: "%", 0xFF1A: ":"})


STEPS = (
    Step(lambda text: _COLOURS.sub("", text), "Colours of a terminal (escape sequences): removed."),
    Step(lambda text: _INVISIBLE.sub("", text), "Invisible characters: removed."),
    Step(_no_dashes, "Typographic dashes in X-Amz-…, as a word processor makes them: read as -."),
    Step(_fullwidth, "Full-width characters: read as ASCII."),
    Step(_break_tags, "HTML's marks for line breaks: removed."),
    Step(_quote_marks, '"> " at the beginning of lines, as a mail program quotes: removed.'),
    Step(_quoted_printable, "Quoted-printable, the source of a mail (=3D for =, and = at the end "
                            "of "
         "a line joins it with the next): decoded."),
    Step(_literals, "Several string literals: joined."),
    Step(_entities, "It had &amp; for & (the URL came from HTML or XML){}: unescaped. Sent as it "
         "was, S3 would see parameters called amp;X-Amz-… and miss its own.", repeat=3),
    Step(_json, "It was escaped as in JSON or JavaScript (\\u0026 or \\x26 for &, \\u003d for =): "
         "unescaped."),
    Step(_carets, "Windows' carets (^& and ^% in cmd.exe): removed."),
    Step(_powershell, "PowerShell's backticks (`&): removed."),
    Step(_continued, "Backslashes at line ends, where a shell's command goes on: lines joined."),
    Step(_shell, "A shell's backslashes (\\& and \\?): removed."),
    Step(_batch, "%% of a batch file (a single % is eaten there): read as %."),
    Step(_whole_encoded, "The whole URL was percent-encoded (https%3A%2F%2F…), as in another URL: "
         "decoded."),
    Step(_separators_encoded, "Its & or ? was percent-encoded (%26 for &): all parameters had "
                              "become "
         "one. Decoded; sent as it was, S3 would not see a signature.", 0.05),
    Step(_defanged, "A defanged link (hxxps, [.]): restored."),
)  # fmt: skip


def unwrapped(text: str) -> Iterator[tuple[str, str]]:
    """(the inner URL, what to say) for each URL in `text` that another one carries."""
    for start in list(_ENCODED_START.finditer(text))[:20]:
        begin = start.start()
        outer = text.rfind("://", max(0, begin - 4000), begin)
        if outer < 0 or re.search(r"[\s\"'<>]", text[outer:begin]):
            continue
        end = re.search(r"[\s\"'<>&]", text[begin:])
        inner = unquote(text[begin : begin + end.start() if end else len(text)])
        if _ENCODED_START.match(inner):  # wrapped twice
            inner = unquote(inner)
        yield inner, _wrapped_by(text[outer + 3 : outer + 300].partition("/")[0])
    yield from _proofpoint(text)


def _wrapped_by(host: str) -> str:
    name = next((name for part, name in _WRAPPERS if part in host.lower()), "")
    by = f"{name} is" if name else "Another URL is"
    return (
        f"{by} wrapped around it (a redirect); the URL was taken out. Recipients must click the "
        "wrapped link, not edit it."
    )


def _proofpoint(text: str) -> Iterator[tuple[str, str]]:
    if "urldefense" not in text:
        return
    note = _wrapped_by("urldefense")
    if match := re.search(r"urldefense[a-z.]{1,40}/v2/url\?u=([^&\s\"'<>]{1,16000})", text):
        yield unquote(match[1].translate(str.maketrans("-_", "%/"))), note
    if match := re.search(r"/v3/__([^\s\"'<>]{1,16000}?)__;([\w*+/=-]{0,2000})!", text):
        try:
            hidden = iter(base64.urlsafe_b64decode(match[2] + "==").decode("utf-8", "replace"))
        except (binascii.Error, ValueError):
            hidden = iter("")
        yield re.sub(r"\*", lambda found: next(hidden, "*"), match[1]), note
