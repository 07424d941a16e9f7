"""Read a request out of a program's code, a browser's HAR, a raw HTTP head, or a server's log."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from .sent import ADDED_FORM, FORM, MULTIPART, Sent, lower

_METHODS = r"GET|PUT|POST|HEAD|DELETE|OPTIONS|PATCH"
_CALL = re.compile(
    r"\b(?:(?P<fetch>fetch)\s?\(|(?P<library>axios|requests|httpx|session|client|http|https|got|ky|"
    r"superagent|request|rest|\$http|HTTParty|Http|this\.http|grequests|s)\.(?P<verb>get|put|post|"
    r"head|delete|options|request)\s?(?:<\w{1,30}>)?\(|(?P<bare>axios)\s?\(|(?P<xhr>\w{1,30}\.open)\s?\(|"
    r"(?P<urllib>Request)\s?\()",
)
_REQUEST_LINE = re.compile(
    rf"(?:^|[\s\"'>])(?P<method>{_METHODS}) (?P<target>(?:https?:/)?/[^\s\"]{{1,32000}}) HTTP/\d"
)
_STATUS_LINE = re.compile(r"^[<\s]{0,3}HTTP/[\d.]{1,3} (\d{3})", re.M)
_HEADER = re.compile(r"^[>*\s]{0,3}(:?[A-Za-z][\w-]{1,80}):[ \t]?(.*)$")


def read_record(text: str) -> Sent | None:
    """A request that was recorded: a HAR's entry, a request line with its headers, a log's line."""
    return read_har(text) or _request_line(text) or _console_line(text) or _described(text)


def read_har(text: str) -> Sent | None:
    """The entry of a HAR (or one entry alone) that was refused, else the first."""
    entry = _chosen(text)
    return _from_entry(entry, entry["request"]) if entry else None


def har_entry(text: str) -> str:
    """That entry alone, as JSON, of a HAR that may have megabytes; "" if the text is none."""
    entry = _chosen(text)
    return json.dumps(entry, ensure_ascii=False) if entry else ""


def _chosen(text: str) -> dict[str, Any] | None:
    stripped = text.lstrip()
    if not stripped.startswith(("{", "[")) or '"request"' not in text:
        return None
    try:
        entries = _entries(json.loads(stripped))
    except (ValueError, RecursionError):
        return None
    entries = [each for each in entries if _url_of(each["request"])]
    return next((each for each in entries if _status(each) >= 400), next(iter(entries), None))


def _entries(document: Any) -> list[dict[str, Any]]:
    log = document.get("log", document) if isinstance(document, dict) else document
    entries = log.get("entries", log.get("item", [log])) if isinstance(log, dict) else log
    if not isinstance(entries, list):
        return []
    return [
        each for each in entries if isinstance(each, dict) and isinstance(each.get("request"), dict)
    ]


def _url_of(request: Mapping[str, Any]) -> str:
    """A HAR's URL is text, Postman's is an object with the raw text."""
    url = request.get("url", "")
    url = url.get("raw", "") if isinstance(url, dict) else url
    return url if isinstance(url, str) else ""


def _status(entry: Mapping[str, Any]) -> int:
    status = (entry.get("response") or {}).get("status", 0)
    return status if isinstance(status, int) else 0


def _from_entry(entry: Mapping[str, Any], request: Mapping[str, Any]) -> Sent:
    pairs = []
    for each in request.get("headers") or request.get("header") or []:
        if isinstance(each, dict):
            name = each.get("name", each.get("key", ""))
            pairs.append((str(name), str(each.get("value", ""))))
    posted = request.get("postData")
    fields = tuple(
        (str(each.get("name", "")), f"@{each['fileName']}" if "fileName" in each
         else str(each.get("value", "")))
        for each in (posted.get("params") or [] if isinstance(posted, dict) else [])
        if isinstance(each, dict)
    )  # fmt: skip
    response = entry.get("response") or {}
    content = response.get("content") if isinstance(response, dict) else None
    answer = content.get("text", "") if isinstance(content, dict) else ""
    if isinstance(content, dict) and content.get("encoding") == "base64":
        try:
            answer = base64.b64decode(str(answer)).decode("utf-8", "replace")
        except ValueError:
            answer = ""
    return Sent(
        str(request.get("method", "GET")).upper(),
        _url_of(request),
        lower(pairs),
        "HAR entry",
        fields,
        status=_status(entry),
        answer=answer if isinstance(answer, str) else "",
        raw=True,
    )


def _request_line(text: str) -> Sent | None:
    match = _REQUEST_LINE.search(text)
    if not match:
        return None
    quoted = text[match.start("method") - 1 : match.start("method")] == '"'
    after = text[match.end() : match.end() + 20_000]
    pairs = [] if quoted else _headers(after)
    host = dict(lower(pairs)).get("host", "") or dict(lower(pairs)).get("authority", "")
    if not host and (named := re.search(r"\bhost: \"([^\"]{1,255})\"", text)):
        host = named[1]
    target = match["target"]
    url = target if target.startswith("http") else f"https://{host}{target}" if host else target
    status = _STATUS_LINE.search(after)
    if quoted and not status:
        status = re.match(r"[\d.]{0,3}\" (\d{3})\b", after)
    fields = (
        _multipart(after)
        if dict(lower(pairs)).get("content-type", "").startswith(MULTIPART)
        else ()
    )
    by = "request line of a log" if quoted or not pairs else "HTTP request"
    return Sent(match["method"], url, lower(pairs), by, fields,
                status=int(status[1]) if status else 0, raw=True)  # fmt: skip


_CONSOLE = re.compile(
    rf"(?:^|\s)(?P<method>{_METHODS}) (?P<url>https?://\S{{10,32000}}) "
    rf"(?:(?P<status>\d{{3}})\b|net::|\()"
)


def _console_line(text: str) -> Sent | None:
    """A line of a browser's console: ``PUT https://… 403 (Forbidden)``."""
    match = _CONSOLE.search(text)
    if not match:
        return None
    status = int(match["status"] or 0)
    return Sent(match["method"], match["url"], by="browser's console line", status=status)


def _described(text: str) -> Sent | None:
    """A URL with the method and headers to send, as an API answers: JSON, or Python's dict."""
    stripped = text.strip()
    if not stripped.startswith("{") or "ethod" not in text or "://" not in text:
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    method = value.get("method", value.get("httpMethod", ""))
    url = next((v for v in value.values() if isinstance(v, str) and "://" in v and "?" in v), "")
    headers = value.get("headers", value.get("signedHeaders", {}))
    if not url or not isinstance(method, str) or not re.fullmatch(_METHODS, method.upper()):
        return None
    pairs = headers.items() if isinstance(headers, dict) else ()
    texts = [(str(n), v if isinstance(v, str) else str((v or [""])[0])) for n, v in pairs]
    return Sent(method.upper(), url, lower(texts), "JSON description")


def _headers(text: str) -> list[tuple[str, str]]:
    pairs = []
    for line in text.splitlines()[1:200]:
        found = _HEADER.match(line)
        if not found:
            break
        pairs.append((found[1], found[2]))
    return pairs


def _multipart(text: str) -> tuple[tuple[str, str], ...]:
    """The fields of a multipart body that was pasted with its head."""
    return tuple(
        (name, f"@{filename}" if filename is not None and filename != "" else value.strip()[:9000])
        for name, filename, value in re.findall(
            r"form-data; ?name=\"([^\"]{1,200})\"(?:; ?filename=\"([^\"]{0,300})\")?[^\n]{0,200}"
            r"\r?\n(?:[A-Za-z-]{1,40}:[^\n]{0,200}\r?\n){0,4}\r?\n([^\n]{0,9000})",
            text,
        )
    )


def read_call(text: str) -> Sent | None:
    """The request of the first call of an HTTP library in `text`, if its URL is in the call."""
    for match in _CALL.finditer(text[:200_000]):
        body = _arguments(text, match.end())
        url = re.search(r"https?://[^\s'\"`]{1,32000}", body)
        if not url:
            url = re.search(r"https?://[^\s'\"`]{1,32000}", text)
            if not url or match["urllib"] or match["library"] in ("s", "client", "session"):
                continue
        return _from_call(match, body, url[0], text)
    return None


# A method in a call or an assignment of any language: NewRequest("PUT", …), httpMethod = "PUT".
_METHOD = re.compile(
    rf"(?:NewRequest(?:WithContext)?\(|[mM]ethod\b|\btype\b|CURLOPT_CUSTOMREQUEST)[^\w\n]{{0,12}}?"
    rf"(?:ctx, )?['\"](?P<method>{_METHODS})['\"]"
)
_SET_HEADER = re.compile(
    r"(?:[hH]eader(?:\.Set|\.Add)?|setRequestProperty|setValue|addHeader)\(\s{0,3}['\"]([\w-]{2,60})['\"]"
    r",\s{0,3}['\"]([^'\"]{0,2000})['\"]"
)


def read_code(text: str) -> Sent | None:
    """A request in code whose library is not known: its method, and headers that are set."""
    text = text[:100_000]
    match = _METHOD.search(text)
    url = re.search(r"['\"`](https?://[^\s'\"`]{20,32000})['\"`]", text)
    if not match or not url:
        return None
    return Sent(match["method"], url[1], lower(_SET_HEADER.findall(text)), "code")


def _arguments(text: str, begin: int) -> str:
    depth = 1
    for place in range(begin, min(len(text), begin + 40_000)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return text[begin:place]
    return text[begin : begin + 40_000]


def _from_call(match: re.Match[str], body: str, url: str, text: str) -> Sent:
    verb = (match["verb"] or "").upper()
    if named := re.search(r"\bmethod['\"]?\s{0,3}[:=]\s{0,3}['\"`](\w{3,7})", body, re.I):
        verb = named[1].upper()
    elif match["xhr"] or verb == "REQUEST":
        first = re.match(r"\s{0,9}['\"`](\w{3,7})['\"`]", body)
        verb = first[1].upper() if first else "GET"
    library = (
        match["fetch"]
        or match["bare"]
        or match["library"]
        or (match["xhr"] and "XMLHttpRequest")
        or "urllib"
    )
    outside = body.replace(url, "")
    pairs = [
        (name, value or variable)
        for name, value, variable in re.findall(
            r"['\"]?\b([A-Za-z][A-Za-z0-9-]{2,60})['\"]?\s{0,3}(?::|=>)\s{0,3}(?:['\"`]([^'\"`]{0,2000})['\"`]|"
            r"([A-Za-z_$][\w$.]{0,60}))",
            outside,
        )
        if "-" in name or name.lower() in ("authorization", "cookie", "range", "origin", "accept")
    ]
    if re.search(r"\bauth\s{0,3}[=:]", outside) and library in ("requests", "httpx", "axios"):
        pairs.append(("authorization", "…"))
    has_type = any(name.lower() == "content-type" for name, _ in pairs)
    if not has_type and (added := _added_type(library, verb or "GET", outside, text)):
        pairs.append(("content-type", added))
    return Sent(verb or "GET", url, lower(pairs), f"code ({library})")


_A_FORM = re.compile(r"\b([A-Za-z_$][\w$]{0,60})\s{0,3}=\s{0,3}new\s{1,3}FormData\b")


def _added_type(library: str, verb: str, body: str, text: str) -> str:
    """The content type that a library adds by itself to what it is told to send.

    `body` is the call's arguments, `text` the program, where a variable may be made a form.
    """
    if verb not in ("PUT", "POST", "PATCH"):
        return ""
    if library in ("requests", "httpx"):
        if re.search(r"\bfiles\s?=", body):
            return ADDED_FORM
        return "application/json" if re.search(r"\bjson\s?=", body) else (
            FORM if re.search(r"\bdata\s?=\s?\{", body) else "")  # fmt: skip
    names = [name for name in _A_FORM.findall(text) if re.search(rf"\b{re.escape(name)}\b", body)]
    if names or re.search(r"FormData|formData|\bform\b", body):
        return ADDED_FORM
    return ""
