"""Read the commands that people paste: curl in its three dialects, wget, HTTPie, PowerShell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from .cutting import START
from .sent import ADDED_FORM, FORM, Sent, lower

MAX_COMMAND = 100_000  # characters
_COMMAND = re.compile(
    r"(?:^|[\s;&|$(`])(?P<name>curl|wget|http|https|xh|Invoke-WebRequest|Invoke-RestMethod|iwr|irm)"
    r"(?:\.exe)?[ \t\r\n\\^]+(?=[^\s])",
    re.I,
)
_CURL_VALUES = {
    *("-X", "--request", "-H", "--header", "-T", "--upload-file", "-d", "--data", "--data-ascii"),
    *("--data-binary", "--data-raw", "--data-urlencode", "-F", "--form", "--form-string", "-o"),
    *("--output", "-u", "--user", "-A", "--user-agent", "-r", "--range", "--url", "--json", "-b"),
    *("--cookie", "-e", "--referer", "-m", "--max-time", "--connect-timeout", "-x", "--proxy"),
    *("-w", "--write-out", "--retry", "--cacert", "-E", "--cert", "--key", "-K", "--config"),
    *("--resolve", "--aws-sigv4", "-D", "--dump-header", "-C", "--continue-at", "--limit-rate"),
}  # fmt: skip
_ASSIGNED = re.compile(r"\$?\w{1,40}\s{0,3}=\s{0,3}['\"](https?://[^\s'\"]{10,32000})")
_NOT_QUOTED = "The URL is not in quotes: a shell ends the command at the first &. Put it in '…'."
_WGET_VALUES = {"-O", "--output-document", "-o", "--header", "--method", "--body-file",
                "--body-data", "--post-file", "--post-data", "-P", "-U", "--user-agent", "-T",
                "-t"}  # fmt: skip


def read_command(text: str) -> Sent | None:
    """The request of the first command in `text`; None without one that has a URL."""
    for match in _COMMAND.finditer(text):
        name = match["name"].lower()
        command = text[match.start("name") : match.start("name") + MAX_COMMAND]
        if name in ("http", "https", "xh") and "://" not in command[:4000]:
            continue
        sent = _read(name, command)
        if sent and not sent.url and "$" in command[:300] and (url := _ASSIGNED.search(text)):
            sent = replace(sent, url=url[1])  # -Uri $url
        if sent and sent.url:
            return sent
    return None


def _read(name: str, command: str) -> Sent | None:
    if name in ("iwr", "irm") or name.startswith("invoke-"):
        return _powershell(command)
    words = _words(re.sub(r"[\\`^][ \t]*\r?\n", " ", command))
    if words is None:
        return None
    if name == "curl":
        return _curl(words, command)
    return _wget(words, command) if name == "wget" else _httpie(words, command)


def _words(command: str) -> list[str] | None:
    try:
        # The next line is the next command; a folded URL was put together before.
        return list(_until_next(shlex.split(command)))
    except ValueError:  # an unclosed quote
        return None


def _until_next(words: list[str]) -> Iterator[str]:
    for word in words:
        if word in ("|", "&&", ";", "||"):
            return
        yield word


def _unquoted(url: str, command: str) -> tuple[str, ...]:
    place = command.find(url[:200])
    in_quotes = place > 0 and command[place - 1] in "\"'"
    return () if "&" not in url or place < 0 or in_quotes else (_NOT_QUOTED,)


def _curl_options(words: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each word with the option that it is, and that option's value."""
    arguments = iter(words[1:])
    for word in arguments:
        option, value = word, ""
        if word in _CURL_VALUES:
            value = next(arguments, "")
        elif re.match(r"-[XHTdFoubAe].", word):
            option, value = word[:2], word[2:]
        elif word.startswith("--") and "=" in word:
            option, _, value = word.partition("=")
        elif re.fullmatch(r"-[a-zA-Z]*[XTdFHu]", word) and len(word) > 2:  # -sSfXT file
            option, value = f"-{word[-1]}", next(arguments, "")
        yield word, option, value


def _curl(words: list[str], command: str) -> Sent:
    method, url, implied = "", "", "GET"
    headers: list[tuple[str, str]] = []
    fields: list[tuple[str, str]] = []
    added: list[tuple[str, str]] = []
    problems: list[str] = []
    get = False
    for word, option, value in _curl_options(words):
        if option in ("-X", "--request"):
            method = value.upper()
        elif option in ("-H", "--header"):
            name, _, content = value.partition(":")
            headers.append((name, content))
        elif option in ("-T", "--upload-file"):
            implied = "PUT"
            if value in ("-", "."):
                problems.append(_CHUNKED.format("-T -" if value == "-" else "-T ."))
        elif option == "--json":
            implied = "POST"
            added += [("content-type", "application/json"), ("accept", "application/json")]
        elif option.startswith(("-d", "--data")):
            implied = "POST"
            added.append(("content-type", FORM))
        elif option in ("-F", "--form", "--form-string"):
            implied = "POST"
            added.append(("content-type", ADDED_FORM))
            name, _, content = value.partition("=")
            fields.append((name, content))
        elif option in ("-I", "--head"):
            implied = "HEAD"
        elif option in ("-G", "--get"):
            get = True
        elif option in ("-u", "--user", "--oauth2-bearer"):
            added.append(("authorization", "…"))
        elif option in ("-b", "--cookie"):
            added.append(("cookie", "…"))
        elif not url and START.match(value if option == "--url" else word):
            url = value if option == "--url" else word
    if any(n.strip().lower() == "transfer-encoding" and "chunked" in v for n, v in headers):
        problems.append(_CHUNKED.format("Transfer-Encoding: chunked"))
    return Sent(
        method or ("GET" if get else implied),
        re.sub(r"\s+", "", url),
        lower([*added, *headers]),
        "curl command",
        tuple(fields),
        (*problems, *_unquoted(url, command)),
    )


_CHUNKED = (
    "{} sends the body without a length (chunked), and S3 answers 501 NotImplemented: send "
    "a file, whose Content-Length is known."
)


def _wget(words: list[str], command: str) -> Sent:
    method, url, implied = "", "", "GET"
    headers: list[tuple[str, str]] = []
    arguments = iter(words[1:])
    for word in arguments:
        option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if option in _WGET_VALUES and not equals:
            value = next(arguments, "")
        if option == "--method":
            method = value.upper()
        elif option == "--header":
            name, _, content = value.partition(":")
            headers.append((name, content))
        elif option in ("--post-file", "--post-data"):
            implied = "POST"
            headers.insert(0, ("content-type", FORM))
        elif option == "--body-file" or option == "--body-data":
            headers.insert(0, ("content-type", FORM))
        elif not url and START.match(word):
            url = word
    return Sent(method or implied, url, lower(headers), "wget command",
                problems=_unquoted(url, command))  # fmt: skip


def _httpie(words: list[str], command: str) -> Sent:
    method, url = "", ""
    headers: list[tuple[str, str]] = []
    form = "--form" in words or "-f" in words or "--multipart" in words
    data = False
    fields: list[tuple[str, str]] = []
    for word in words[1:]:
        if re.fullmatch(r"[A-Z]{3,7}", word) and not url:
            method = word
        elif not url and START.match(word):
            url = word
        elif url and (match := re.match(r"([A-Za-z][\w-]{0,60}):(?!=)(.*)", word, re.S)):
            headers.append((match[1], match[2]))
        elif url and (match := re.match(r"([\w${}.-]{1,80})(?::=|=|@)(.*)", word, re.S)):
            data = True
            mark = "@" if f"{match[1]}@" in word[: len(match[1]) + 1] else ""
            fields.append((match[1], mark + match[2]))
    reads_input = "<" in words
    if data and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", ADDED_FORM if form else "application/json"))
    return Sent(
        method or ("POST" if data or reads_input else "GET"), url, lower(headers),
        "HTTPie command", tuple(fields), _unquoted(url, command),
    )  # fmt: skip


def _powershell(command: str) -> Sent:
    command = re.sub(r"`[ \t]*\r?\n", " ", command)
    url = re.search(r"(https?://[^\s'\"]{1,16000})", command)
    method = re.search(r"-Method[ :]+['\"]?(\w{1,10})", command, re.I)
    pairs: list[tuple[str, str]] = []
    if table := re.search(r"@\{([^}]{0,4000})\}", command):
        pairs = re.findall(r"['\"]?([\w-]{1,80})['\"]?\s{0,9}=\s{0,9}['\"]([^'\"]{0,2000})['\"]",
                           table[1])  # fmt: skip
    kind = re.search(r"-ContentType[ :]+['\"]?([^'\"\s]{1,200})", command, re.I)
    if kind:
        pairs.append(("content-type", kind[1]))
    sends = re.search(r"-(?:InFile|Body|Form)\b", command, re.I)
    verb = method[1].upper() if method else "GET"
    if sends and verb == "POST" and not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(("content-type", FORM))
    return Sent(verb, url[1] if url else "", lower(pairs), "PowerShell command",
                problems=_unquoted(url[1], command) if url else ())  # fmt: skip
