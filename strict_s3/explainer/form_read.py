"""Find a POST form in a text: JSON, a dict, HTML, a command, lines, code, or its policy alone."""

from __future__ import annotations

import ast
import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

from .sent import MULTIPART, Sent

MAX_TEXT = 300_000  # characters
_URL_NAMES = ("url", "posturl", "post_url", "action", "uploadurl", "endpoint", "host", "signedurl")
_BASE64 = re.compile(
    r"(?<![\w+/=%])(?:eyJ|ewo|ewk|eyA|IHs|ew0K|CnsK)[A-Za-z0-9+/_\s-]{40,60000}={0,2}"
)
# A name and its value, however they are written: "a": "b", 'a' => 'b', [a] => b, a: b, a=b.
_PAIR = re.compile(
    r"(?:^|[\s\[{(,'\":`])(?P<name>[A-Za-z][\w.-]{0,60})[\"'\]`]{0,2}[ \t]{0,9}(?:=>|:|=|\t)[ "
    r"\t]{0,9}"
    r"(?:(?P<q>[\"'`])(?P<quoted>[^\"'`]{0,40000}?)(?P=q)|(?P<bare>[^\s\"'`,}\]){\[(][^\s\"'`]{0,40000}))",
    re.M,
)
_APPEND = re.compile(
    r"\.(?:append|set|field|add)\(\s{0,9}['\"`](?P<name>[^'\"`]{1,100})['\"`]\s{0,9},\s{0,9}"
    r"(?:(?P<q>['\"`])(?P<value>[^'\"`]{0,40000}?)(?P=q)|(?P<variable>[^)\n]{1,200}))"
)
_PART = re.compile(
    r'Content-Disposition: form-data; name="([^"\r\n]{1,100})"(; filename=[^\r\n]{0,300})?'
    r"(?:\r?\n[\w-]{1,40}: [^\r\n]{0,300}){0,5}\r?\n\r?\n([^\r\n]{0,40000})",
    re.I,
)
_NAMES = ("policy", "key", "bucket", "acl", "file", "signature", "awsaccesskeyid", "redirect",
          "tagging", "cache-control", "expires")  # fmt: skip
_FAMILIES = ("x-amz-", "x-ignore-", "content-", "success_action_")
_FILE = re.compile(r"^@|^\(binary\)|^\[object (?:File|Blob)\]|^<.{0,40}file", re.I)


_NOT_MULTIPART = (
    "The form is not sent as multipart/form-data, so S3 answers 412 PreconditionFailed: an HTML "
    "form "
    'needs enctype="multipart/form-data", a program FormData.'
)
_NOT_CALLED_FILE = (
    "The file's field is called {}, and S3 knows it only by the name file: it answers 400 (POST "
    "requires exactly one file upload per request)."
)


@dataclass(frozen=True)
class FoundForm:
    """A form's URL ("" if it is not in the text) and its fields, in order.

    `fields_after_file` are those that come after the file, which S3 does not read; None if the
    text does not say where the file is. `undone` says what had to be undone,
    `problems` what is wrong with how the form is sent.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)
    fields_after_file: tuple[str, ...] | None = None
    undone: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def find_form(text: str, sent: Sent | None = None) -> FoundForm | None:
    """The form in `text` (or that `sent` sends); None if there is none."""
    text = text[:MAX_TEXT]
    if sent and any(name.lower() == "policy" for name, _ in sent.fields):
        return _ordered(sent.url, sent.fields, f"Read from a {sent.by}.")
    lower = text.lower()
    if "policy" not in lower:
        return None
    if "&lt;input" in lower or "&lt;form" in lower or "&quot;policy&quot;" in lower:
        text = html.unescape(text)
    return (
        _from_parts(text)
        or _from_value(text)
        or _from_html(text)
        or _from_query(text)
        or _from_code(text)
        or _from_pairs(text)
    )


def find_policy(text: str) -> str:
    """The POST policy in `text`, base64: a document with expiration and conditions, encoded or
    not; "" if there is none."""
    stripped = text.strip()
    if '"conditions"' in stripped.lower() and "{" in stripped:
        value = _loads(stripped[stripped.index("{") :])
        if isinstance(value, Mapping) and "conditions" in value:
            return base64.b64encode(json.dumps(value).encode()).decode()
    for match in list(_BASE64.finditer(text[:MAX_TEXT]))[:5]:
        encoded = "".join(match[0].split()).replace("-", "+").replace("_", "/")
        try:
            inside = base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except (binascii.Error, ValueError):
            continue
        if '"conditions"' in inside and '"expiration"' in inside:
            return encoded
    return ""


def as_fields(form: Any) -> tuple[str, dict[str, str]] | None:
    """URL and fields in a value of JSON, Python or JavaScript, however deep; None without any."""
    for outer in _mappings(form):
        for inner in outer.values():
            if (fields := _as_dict(inner)) and _is_form(fields):
                return _url_in(outer), fields
        if (fields := _as_dict(outer)) and _is_form(fields):
            return _url_in(outer), {n: v for n, v in fields.items() if n.lower() not in _URL_NAMES}
    if isinstance(form, list) and (fields := _as_dict(form)) and _is_form(fields):
        return "", fields
    return None


def _is_form(fields: Mapping[str, str]) -> bool:
    names = {name.lower() for name in fields}
    return "policy" in names and bool(
        names & {"x-amz-signature", "signature", "key", "x-amz-credential", "awsaccesskeyid"}
    )


def _as_dict(value: Any) -> dict[str, str] | None:
    """A dict of fields, a list of {name, value}, or a list of pairs."""
    if isinstance(value, Mapping):
        return {str(n): str(v) for n, v in value.items() if isinstance(v, str | int | float)}
    if not isinstance(value, list) or not value:
        return None
    fields: dict[str, str] = {}
    for each in value:
        if isinstance(each, Mapping):
            lower = {str(n).lower(): v for n, v in each.items()}
            name = lower.get("name", lower.get("key", lower.get("field")))
            if name is None or "value" not in lower:
                return None
            fields[str(name)] = str(lower["value"])
        elif isinstance(each, list) and len(each) == 2:
            fields[str(each[0])] = str(each[1])
        else:
            return None
    return fields


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    level = [value]
    for _ in range(5):
        inner: list[Any] = []
        for each in level[:200]:
            if isinstance(each, Mapping):
                yield each
                inner += each.values()
            elif isinstance(each, list | tuple):
                inner += each
            elif isinstance(each, str) and '"policy"' in each.lower() and each.lstrip()[:1] in "{[":
                inner.append(_loads(each))  # JSON within JSON, as a log has it
        level = inner


def _url_in(outer: Mapping[str, Any]) -> str:
    for name, value in outer.items():
        if str(name).lower() in _URL_NAMES and isinstance(value, str) and "://" in value:
            return value
    for value in outer.values():  # PHP: formAttributes
        if isinstance(value, Mapping) and (url := value.get("action")) and isinstance(url, str):
            return url
    return ""


def _loads(text: str) -> Any:
    """JSON, a Python literal, or a JavaScript object; None if it is none of them."""
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        pass
    body = _balanced(text)
    if len(body) > 100_000:
        return None
    try:
        return ast.literal_eval(body)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        pass
    quoted = re.sub(r"([{,]\s{0,200})([A-Za-z_$][\w$-]{0,60})\s{0,9}:", r'\1"\2":', body)
    quoted = re.sub(r",(\s{0,200}[}\]])", r"\1", quoted.replace("=>", ":"))
    quoted = re.sub(r"([\[{,(]\s{0,200}):([a-z_]{1,60})(?=:|=>)", r'\1"\2"', quoted)
    try:
        return ast.literal_eval(quoted.replace("null", "None").replace("true", "True"))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _balanced(text: str) -> str:
    """From the first bracket to the one that closes it."""
    depth = 0
    for place, character in enumerate(text[:MAX_TEXT]):
        if character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
            if depth == 0:
                return text[: place + 1]
    return text


def _from_value(text: str) -> FoundForm | None:
    begin = min((p for p in map(text.find, "{[(") if p >= 0), default=-1)
    starts = [begin, text.find("{")] if begin >= 0 else []
    for start in dict.fromkeys(s for s in starts if s >= 0):
        value = _loads(text[start:])
        if value is None:
            continue
        if found := as_fields(list(value) if isinstance(value, tuple) else value):
            url, fields = found
            return FoundForm(url or _any_url(text[:start]), fields)
    return None


class _Inputs(HTMLParser):
    """The first form's action and its inputs, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.kind = ""
        self.fields: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = values.get("action", "")
            self.kind = values.get("enctype", "(none)").lower()
        elif tag in ("input", "textarea") and values.get("type", "").lower() == "file":
            self.fields.append((values.get("name", "file"), "@file"))
        elif tag in ("input", "textarea") and values.get("name"):
            self.fields.append((values["name"], values.get("value", "")))


def _from_html(text: str) -> FoundForm | None:
    if "<input" not in text.lower():
        return None
    reader = _Inputs()
    reader.feed(text)
    form = _ordered(reader.action, reader.fields, "The form is HTML; its inputs are its fields.")
    if form and reader.kind not in ("", MULTIPART):
        return replace(form, problems=(*form.problems, _NOT_MULTIPART))
    return form


def _from_parts(text: str) -> FoundForm | None:
    """A form's body as it is sent, part by part."""
    parts = [(name, "@file" if file else value) for name, file, value in _PART.findall(text)]
    return _ordered(_any_url(text), parts, "Read from a form's body (multipart/form-data).")


def _from_query(text: str) -> FoundForm | None:
    """Fields as application/x-www-form-urlencoded, which S3 doesn't read."""
    if not re.search(r"(?:^|[&\s])policy=[^&\s]{4,}&", text, re.I):
        return None
    body = next((w for w in text.split() if "policy=" in w.lower() and "&" in w), "")
    form = _ordered("", parse_qsl(body, True), "Read as a form's body (name=value&…).")
    return replace(form, problems=(*form.problems, _NOT_MULTIPART)) if form else None


def _from_code(text: str) -> FoundForm | None:
    pairs = []
    for match in _APPEND.finditer(text):
        variable = (match["variable"] or "").strip()
        is_file = match["name"] == "file" or ("file" in variable.lower() and match["name"] != "key")
        pairs.append((match["name"], "@file" if is_file else match["value"] or variable))
    return _ordered(_any_url(text), pairs, "Read from code that fills a form.")


def _from_pairs(text: str) -> FoundForm | None:
    pairs = []
    for match in _PAIR.finditer(text):
        name = match["name"]
        value = match["quoted"] if match["quoted"] is not None else _unclosed(match["bare"])
        if name.lower() in _NAMES or name.lower().startswith(_FAMILIES):
            pairs.append((name, value))
    return _ordered(_any_url(text), pairs, "Read as names and values.")


def _unclosed(value: str) -> str:
    """A value without the commas and brackets of what is around it."""
    value = value.rstrip(",;")
    for opening, closing in ("{}", "[]", "()"):
        while value.endswith(closing) and value.count(closing) > value.count(opening):
            value = value[:-1]
    return value


def _any_url(text: str) -> str:
    match = re.search(r"https?://[^\s'\"<>`,)]{3,2000}", text)
    return match[0].partition("?")[0] if match and "X-Amz-" not in match[0] else ""


def _ordered(url: str, pairs: Iterable[tuple[str, str]], note: str) -> FoundForm | None:
    fields: dict[str, str] = {}
    after: list[str] | None = None
    problems: list[str] = []
    for name, value in pairs:
        if name.lower() == "file" or _FILE.match(value):
            if name.lower() != "file":
                problems.append(_NOT_CALLED_FILE.format(name[:40]))
            after = []
            continue
        if name in fields:
            continue
        fields[name] = value
        if after is not None:
            after.append(name)
    if not _is_form(fields):
        return None
    places = None if after is None else tuple(after)
    return FoundForm(url, fields, places, (note,), tuple(problems))
