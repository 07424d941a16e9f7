"""The grammar of one row: who asks is the section, what is the key, the answer is the value.

    signer:
      PUT incoming/*: 200
      GET incoming/a.txt, after 11 min: 403
      GET incoming/a.txt, by header, after 11 min: 200
      POST incoming/a.png, limit 5 MB, size 6 MB: EntityTooLarge
      PutObjectTagging incoming/a.txt: no
      anything else: no
    anonymous: nothing
    origin https://app.example.com:
      PUT incoming/a.txt, content-type: yes

``yes`` is any success, ``no`` is 403. A ``*`` in a key stands for a few keys, which all must be
answered so. A request is presigned unless it says ``by header``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from ..errors import ProveError
from ..rules.cors import METHODS
from ..rules.request import HEADER_NAME
from ..rules.s3_operations import BUCKET, OBJECT
from .reading import nearest, shown

MAX_BODY = 100_000_000  # bytes that a row sends; they are kept in memory
REST = "anything else"
MAX_ROW = 2000  # characters
MAX_TIME = timedelta(days=3650)
_WEEK = timedelta(days=7)  # the longest that a presigned URL is valid
_SAMPLES = ("a.txt", "2026/11/b.txt", "ä +.txt")  # what a * in a key stands for
_OWN_HEADERS = (
    *("authorization", "connection", "content-length", "content-type", "expect", "host"),
    *("transfer-encoding", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"),
)
_UNITS = {"s": 1, "sec": 1, "min": 60, "h": 3600, "d": 86400}
_LONG = {"second": "s", "minute": "min", "hour": "h", "day": "d"}
_SIZES = {"B": 1, "KB": 1000, "KiB": 1024, "MB": 1000**2, "MiB": 1024**2}

Kind = Literal["request", "assume", "rest", "preflight", "exposes"]


class Operation(NamedTuple):
    """An operation of S3: its API name, HTTP method and the sub-resources in its query."""

    name: str
    method: str
    query: tuple[str, ...]
    of_object: bool

    @property
    def changes_bucket(self) -> bool:
        return not self.of_object and self.method != "GET" and self.method != "HEAD"


_OPERATIONS = {
    name: Operation(name, method, query, table is OBJECT)
    for table in (BUCKET, OBJECT)
    for (method, *rest), (name, _) in table.items()
    for query in (tuple(rest),)
}
_SHORT = {
    **{
        verb: _OPERATIONS[f"{verb.capitalize()}Object"] for verb in ("GET", "HEAD", "PUT", "DELETE")
    },
    "POST": Operation("PostObject", "POST", (), True),
    "LIST": Operation("ListObjectsV2", "GET", (), False),
}
OPERATIONS = _OPERATIONS | _SHORT


@dataclass(frozen=True)
class Options:
    """How a request is signed and sent. Sizes are bytes."""

    after: timedelta = timedelta()
    expires: timedelta = _WEEK
    by_header: bool = False
    over_http: bool = False
    missing: bool = False
    size: int = 5
    limit: int | None = None
    type: str = ""
    signed_type: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """What S3 is to answer: `status` (0: any success), and the error's `code` ("": whichever)."""

    text: str
    status: int | None = None
    code: str = ""

    def met_by(self, status: int, code: str) -> bool:
        if self.code and self.code != code:
            return False
        if self.status is None:
            return True
        return 200 <= status < 300 if self.status == 0 else status == self.status

    @property
    def success(self) -> bool:
        return self.status is not None and (self.status == 0 or 200 <= self.status < 300)


@dataclass(frozen=True)
class Row:
    """One expectation. `who` is an identity, or an origin for ``preflight`` and ``exposes``."""

    who: str
    text: str
    kind: Kind
    expected: Expected
    operation: Operation | None = None
    key: str = ""
    options: Options = Options()
    names: tuple[str, ...] = ()  # headers of a preflight, or exposed ones

    @property
    def id(self) -> str:
        return f"{self.who}: {self.text}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the row's own stands for."""
        if "*" not in self.key:
            return (self.key,)
        return tuple(self.key.replace("*", sample) for sample in _SAMPLES)


def read_row(who: str, text: str, expected: Any, where: str) -> Row:
    """A row of an identity's section. Raises `ProveError`."""
    answer = read_expected(expected, f"{where}, {text!r}")
    if text == REST:
        if answer.status != 403 or answer.code:
            raise ProveError(f"{where}: {REST!r} can only be: no.")
        return Row(who, text, "rest", answer)
    verb, key, given = _parts(text, where)
    if verb == "ASSUME":
        if not key or given:
            raise ProveError(f"{where}, {text!r}: write ASSUME and the name of a role.")
        return Row(who, text, "assume", answer, key=key)
    operation = OPERATIONS.get(verb)
    if operation is None:
        raise ProveError(
            f"{where}, {text!r}: {verb!r} is not a request. Write GET, HEAD, PUT, POST, DELETE or "
            f"LIST, ASSUME, the name of an operation of S3, or {REST!r}. "
            f"{nearest(verb, [*OPERATIONS, 'ASSUME'])}"
        )
    if operation.of_object and not key:
        raise ProveError(f"{where}, {text!r}: {verb} needs a key, such as {verb} incoming/a.txt.")
    if key and not operation.of_object and verb != "LIST":
        raise ProveError(f"{where}, {text!r}: {verb} is about the bucket and has no key.")
    options = Options()
    for each in given:
        options = _with(options, each, f"{where}, {text!r}")
    if options.limit is not None and verb != "POST":
        raise ProveError(f"{where}, {text!r}: only a form (POST) can have a limit.")
    if verb == "POST" and options.by_header:
        raise ProveError(f"{where}, {text!r}: a form (POST) is signed by its policy, not a header.")
    return Row(who, text, "request", answer, operation, key, options)


def read_origin_row(origin: str, text: str, expected: Any, where: str) -> Row:
    """A row of the section ``origin https://…``: a preflight, or a header that pages can read."""
    answer = read_expected(expected, f"{where}, {text!r}")
    if not re.fullmatch(r"null|[a-z][a-z0-9+.-]*://[!-~]+", origin):
        raise ProveError(f"{where}: {origin!r} is not an origin, such as https://app.example.com.")
    first, _, rest = text.partition(" ")
    if first == "exposes":
        if not rest:
            raise ProveError(f"{where}, {text!r}: write exposes and a header's name.")
        return Row(origin, text, "exposes", answer, names=(rest.strip(),))
    verb, key, headers = _parts(text, where)
    if verb not in METHODS:
        raise ProveError(
            f"{where}, {text!r}: a page's request is {', '.join(METHODS)}, or: exposes ETag."
        )
    if not all(map(HEADER_NAME, headers)):
        raise ProveError(f"{where}, {text!r}: after the key come names of headers, such as etag.")
    asked = Operation("Preflight", verb, (), True)
    return Row(origin, text, "preflight", answer, asked, key or "a.txt", names=tuple(headers))


def read_expected(value: Any, where: str) -> Expected:
    """What a row's value says: yes, no, a status, a code, or a status and a code."""
    if isinstance(value, bool) or value in ("yes", "no"):
        allowed = value in (True, "yes")
        return Expected("yes" if allowed else "no", 0 if allowed else 403)
    found = re.fullmatch(r"([1-5]\d\d)?(?:(?:^|\s+)([A-Z]\w{2,60}))?", str(value))
    if isinstance(value, list | dict) or not found or value is None or value == "":
        raise ProveError(
            f"{where}: {shown(value)} is not an answer. Write yes, no, a status such as 403, an "
            "error's code such as ExpiredToken, or both."
        )
    return Expected(str(value), int(found[1]) if found[1] else None, found[2] or "")


def _parts(text: str, where: str) -> tuple[str, str, list[str]]:
    """Verb, key and options; a key with a comma and a blank is in quotation marks."""
    if len(text) > MAX_ROW:
        raise ProveError(f"{where}: {shown(text)} has more than {MAX_ROW:,} characters.")
    found = re.fullmatch(
        r'([^\s,]+)(?:\s+(?:"([^"]*)"|(.*?)))?((?:,\s+.*)?)', text.strip(), re.DOTALL
    )
    if not found or not text.isprintable():
        raise ProveError(f"{where}: {text!r} is not a row; write: PUT incoming/a.txt, after 5 min.")
    verb, quoted, plain, rest = found.groups()
    key = quoted if quoted is not None else plain or ""
    return verb, key, [each.strip() for each in rest.split(", ") if each.strip()]


def duration(text: str, where: str) -> timedelta:
    """``10 min``, ``90 s``, ``2 h``, ``8 days``."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]+)", text.strip())
    unit = ""
    if found:
        unit = found[2] if found[2] in _UNITS else _LONG.get(found[2].removesuffix("s"), "")
    if not found or not unit:
        raise ProveError(f"{where}: {shown(text)} is not a length of time, such as 10 min or 8 d.")
    length = timedelta(seconds=float(found[1]) * _UNITS[unit])
    if length > MAX_TIME:
        raise ProveError(f"{where}: {text} is more than {MAX_TIME.days} d.")
    return length


def _bytes(text: str, where: str) -> int:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([KM]i?B|B)", text.strip())
    if not found:
        raise ProveError(f"{where}: {shown(text)} is not a size; write 100 KB or 5 MB.")
    size = round(float(found[1]) * _SIZES[found[2]])
    if size > MAX_BODY:
        raise ProveError(
            f"{where}: {text} is more than the {MAX_BODY:,} bytes that a row can send."
        )
    return size


def _pair(text: str, where: str) -> dict[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ProveError(f"{where}: {shown(text)} needs a name and a value: name=value.")
    if not (name + value).isprintable():
        raise ProveError(f"{where}: {shown(text)} has characters that cannot be sent.")
    return {name: value}


def _header(text: str, where: str) -> dict[str, str]:
    ((name, value),) = _pair(text, where).items()
    if not HEADER_NAME(name) or not value.isascii():
        raise ProveError(f"{where}: {shown(text)} is not a header of ASCII characters.")
    if name.lower() in _OWN_HEADERS:
        raise ProveError(f"{where}: the header {name} is made by the request itself.")
    return {name: value}


def _type(text: str, where: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ProveError(f"{where}: {shown(text)} is not a type such as image/png.")
    return text


def _lifetime(text: str, where: str) -> timedelta:
    found = duration(text, where)
    if not timedelta(seconds=1) <= found:
        raise ProveError(f"{where}: a URL is valid for at least a second.")
    return found


_VALUED: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "after": ("after", duration),
    "expires": ("expires", _lifetime),
    "size": ("size", _bytes),
    "limit": ("limit", _bytes),
    "type": ("type", _type),
    "signed type": ("signed_type", _type),
    "tagged": ("tags", _pair),
    "header": ("headers", _header),
}
_FLAGS: dict[str, dict[str, Any]] = {
    "by header": {"by_header": True},
    "over http": {"over_http": True},
    "missing": {"missing": True},
}


def _with(options: Options, text: str, where: str) -> Options:
    if text in _FLAGS:
        return replace(options, **_FLAGS[text])
    for word, (name, read) in _VALUED.items():
        if text.startswith(f"{word} "):
            value = read(text.removeprefix(f"{word} ").strip(), where)
            if isinstance(value, dict):
                value = {**getattr(options, name), **value}
            return replace(options, **{name: value})
    known = [*_FLAGS, *(f"{word} …" for word in _VALUED)]
    word = next((flag for flag in _FLAGS if flag[:2] == text[:2]), text.partition(" ")[0])
    hint = nearest(word, [*_FLAGS, *_VALUED]).partition("Known")[0]
    raise ProveError(f"{where}: {text!r} is not an option ({', '.join(known)}). {hint}".strip())
