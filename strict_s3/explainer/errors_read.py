"""Find S3's error in a text: its XML, also from a browser's page, JSON, or an SDK's exception.

A browser shows XML with its entities decoded and its lines joined, and a log cuts it. So where the
XML can't be parsed, its elements are taken one by one.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

MAX_DOCUMENT = 300_000  # characters that are looked at
_ERROR = re.compile(r"<(?:\w+:)?Error[\s>]")
_BYTES = re.compile(r"'\r?\n\s{0,80}b?'")  # between the pieces of a long text, as pprint writes it
_ELEMENT = re.compile(r"<([A-Za-z][\w.-]{0,60})>([^<]{0,20000})</\1\s?>")
# An exception's text, as SDKs write it. Only codes that are known count (`_known_codes`).
_EXCEPTIONS = (
    # boto3, the AWS CLI
    re.compile(r"An error occurred \((?P<code>[\w.]{2,60})\) when calling the "
               r"(?P<operation>\w{2,60}) "
               r"operation(?: \(reached max retries: \d+\))?: (?P<message>[^\n]{0,2000})"),
    # Go v2, and Kotlin's "api error"
    re.compile(r"(?:operation error S3: (?P<operation>\w{2,60}), )?https response error "
               r"StatusCode: "
               r"(?P<status>\d{3}),[^\n]{0,400}?api error (?P<code>[\w.]{2,60}): "
               r"(?P<message>[^\n]{0,2000})"),
    # Java v1
    re.compile(r"(?P<message>[^\n]{0,1000}?) \(Service: (?:Amazon )?S3; Status Code: "
               r"(?P<status>\d{3}); "
               r"Error Code: (?P<code>[\w.]{2,60});"),
    # s3cmd
    re.compile(r"(?:S3 error: |\()(?P<status>[345]\d\d) \((?P<code>[A-Z]\w{2,60})\): "
               r"(?P<message>[^\n]{0,2000})"),
    # C++; PHP's S3.php
    re.compile(r"ExceptionName: (?P<code>[A-Z]\w{2,60}),? Message: (?P<message>[^\n]{0,2000})"),
    re.compile(r"\[(?P<code>[A-Z]\w{3,60})\] (?P<message>[^\n]{2,2000})"),
    # .NET
    re.compile(r"Error Code (?P<code>[A-Z]\w{2,60}) and Http Status Code (?P<message>)"),
    # Ruby
    re.compile(r"Aws::S3::Errors::(?P<code>\w{2,60})(?:: | \()(?P<message>[^\n)]{0,2000})"),
    # Rust, JavaScript v3 printed whole
    re.compile(r"\b[cC]ode['\"]?: (?:Some\()?['\"](?P<code>[\w.]{2,60})['\"]\)?,\s{0,9}['\"]?"
               r"(?:[mM]essage)['\"]?: (?:Some\()?['\"](?P<message>[^'\"\n]{0,2000})"),
    # PHP, after its excerpt of the XML
    re.compile(r"\b(?P<code>[A-Z]\w{2,60}) \((?:client|server)\): (?P<message>[^\n]{0,2000})"),
    # S3's own access log: 403 SignatureDoesNotMatch
    re.compile(r"\b(?P<status>[45]\d\d) (?P<code>[A-Z][A-Za-z]{5,60})\b(?P<message>)"),
    # JavaScript, Go v1, C++: "Code: message"
    re.compile(r"(?:^|[\s(\[\"'=.])(?P<code>[A-Z][A-Za-z.]{3,60}): "
               r"(?P<message>[^\n]{2,2000})", re.M),
    re.compile(r"\bCode: (?P<code>[A-Z][\w.]{2,60})\s*\n\s*Message: (?P<message>[^\n]{2,2000})"),
    re.compile(r"\b(?:Error "
               r"?Code|errorCode|Code|name)['\"]?\s{0,3}[:=]\s{0,3}['\"]?(?P<code>[A-Z][\w.]{2,60})()(?P<message>)"),
)  # fmt: skip
# What JavaScript and others print beside code and message.
_BESIDE = re.compile(r"\b(Endpoint|Region|Bucket|Key|HeadersNotSigned|ServerTime|RequestTime)"
                     r"['\"]?: ['\"]([^'\"\n]{1,300})['\"]")  # fmt: skip
_AZURE_DETAIL = re.compile(
    r"authenticationErrorDetail['\"]?\s{0,3}:\s{0,3}['\"]?([^\"\n]{1,400})", re.I
)
_DENIED = re.compile(r"User: arn:[^\s]{5,300} is not authorized to perform: \w{2,20}:[^\n]{3,1500}")
_JAVA_2 = re.compile(r"(?P<message>[^\n]{5,1000}?) \(Service: S3, Status Code: (?P<status>\d{3}),")


class ErrorDocument(NamedTuple):
    """S3's error: its code, its message, and the further elements by name."""

    code: str = ""
    message: str = ""
    fields: Mapping[str, str] = {}


class FoundError(NamedTuple):
    """An error in a paste; `status` is 0 and `operation` "" if they are not in it."""

    status: int
    document: ErrorDocument
    operation: str = ""


def holds_error(text: str) -> bool:
    """Is there something in `text` that looks like S3's XML error? (It may be cut off.)"""
    return "<Code>" in text and bool(_ERROR.search(text))


def find_error(text: str) -> FoundError | None:
    """The error in `text`, in whatever form; None if there is none."""
    status = _status(text)
    if (document := read_error(text)).code:
        return FoundError(status, document)
    found = _in_json(text, status) or _in_exception(text, status)
    if found and found.document.code == "AuthenticationFailed":
        match = _AZURE_DETAIL.search(text[:MAX_DOCUMENT])
        fields = {"AuthenticationErrorDetail": match[1]} if match else {}
        return found._replace(document=found.document._replace(fields=fields))
    return found or _status_alone(text, status)


def read_error(text: str | bytes) -> ErrorDocument:
    """The S3 error in `text`, wherever in it; all of it empty if there is none.

    >>> read_error("<Error><Code>NoSuchKey</Code><Key>a.txt</Key></Error>")
    ErrorDocument(code='NoSuchKey', message='', fields={'Key': 'a.txt'})
    >>> read_error("<html>502 Bad Gateway</html>").code
    ''
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if "Error" not in text or "Code" not in text:
        return ErrorDocument()
    if "&lt;Error" in text or "&lt;Code&gt;" in text:
        text = html.unescape(text)
    text = _BYTES.sub("", text) if "'\n" in text else text
    text = re.sub(r"\\n", "\n", text) if "<Error>\\n" in text or "?>\\n" in text else text
    found = [_parse(each) for each in _spans(text)]
    return max(found, key=lambda each: (bool(each.code), len(each.fields)), default=ErrorDocument())


def _spans(text: str) -> Iterator[str]:
    """Each document in `text`, whole or cut off, at most ten."""
    starts = [match.start() for match in _ERROR.finditer(text)][:10]
    for begin, following in zip(starts, [*starts[1:], len(text)], strict=False):
        end = text.find("Error>", begin + 7, following)
        yield text[begin : end + len("Error>")] if end > 0 else text[begin:following][:MAX_DOCUMENT]


def _parse(span: str) -> ErrorDocument:
    try:
        root = fromstring(span)
        fields = {child.tag.rpartition("}")[2]: child.text or "" for child in root}
    except (DefusedXmlException, SyntaxError, ValueError):  # ParseError is a SyntaxError
        if "<!" in span:  # a document type is none of S3's
            return ErrorDocument()
        fields = {name: html.unescape(value) for name, value in _ELEMENT.findall(span)}
    code, message = fields.pop("Code", ""), fields.pop("Message", "")
    if not re.fullmatch(r"\s*[A-Za-z][\w. &-]{0,80}\s*", code):  # an entity that was not read
        return ErrorDocument()
    return ErrorDocument(code.strip(), message.strip(), fields)


def _status(text: str) -> int:
    """The HTTP status that stands beside the error."""
    patterns = (
        r"HTTP/[\d.]{1,3}\"? (\d{3})",
        r"(?:[Ss]tatus ?[Cc]ode|statusCode|httpStatusCode|HTTPStatusCode"
        r"|status)['\"]?\s{0,2}[:=]?\s{0,2}['\"]?(\d{3})\b",
        r"\b([45]\d\d) (?:Forbidden|Bad Request|Not Found|Moved|Temporary|Conflict)",
    )
    for pattern in patterns:
        if match := re.search(pattern, text[:MAX_DOCUMENT]):
            return int(match[1])
    return 0


def _in_json(text: str, status: int) -> FoundError | None:
    stripped = text.strip()
    begin = stripped.find("{")
    if begin < 0 or begin > 200 or ("essage" not in stripped and "ode" not in stripped):
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(stripped[begin:])
    except (ValueError, RecursionError):
        return None
    for each in _objects(value):
        lower = {str(name).lower(): item for name, item in each.items()}
        code = lower.get("code", lower.get("errorcode", lower.get("__type", lower.get("name", ""))))
        if not code and "statuscode" in lower:  # Supabase
            code = lower.get("error", "")
        if not isinstance(code, str) or not re.fullmatch(r"[A-Za-z][\w.]{2,60}", code):
            continue
        if "message" not in lower and code not in _known_codes():
            continue
        fields = {
            str(name): str(item)
            for name, item in each.items()
            if isinstance(item, str | int) and str(name).lower() not in ("code", "message")
        }
        return FoundError(status, ErrorDocument(code, str(lower.get("message", "")), fields))
    return None


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON value, the outer one first, three deep."""
    level = [value]
    for _ in range(3):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                yield each
                inner += each.values()
            elif isinstance(each, list):
                inner += each[:5]
        level = inner


@lru_cache(maxsize=1)
def _known_codes() -> frozenset[str]:
    from .causes import CAUSES

    return frozenset(cause.code for cause in CAUSES)


@lru_cache(maxsize=1)
def _known_messages() -> tuple[tuple[str, str], ...]:
    """(the beginning of a message, its code), for texts that have the message alone."""
    from ..rules import bucket_errors, errors
    from .causes.client import CLIENT_MESSAGES

    found = []
    for module in (errors, bucket_errors):
        for each in vars(module).values():
            if (
                isinstance(each, type)
                and issubclass(each, errors.S3Error)
                and len(each.default) > 20
            ):
                found.append((each.default.rstrip(".")[:60].casefold(), each.code))
    return (
        *found,
        ("request has expired", "AccessDenied"),
        ("missing authentication token", "MissingAuthenticationToken"),
        ("not authorized to perform sts:assumerole", "AccessDenied"),
        ("s3exception: access denied", "AccessDenied"),
        ("the access key id you provided does not exist", "InvalidAccessKeyId"),
        *CLIENT_MESSAGES,
    )


# For an answer without a body, as HEAD's: the status, or its phrase, is where the code would be.
_PHRASES = {"Forbidden": 403, "NotFound": 404, "BadRequest": 400, "MovedPermanently": 301}
_PHRASE = "(?P<phrase>Forbidden|NotFound|BadRequest|MovedPermanently)"
_ALONE = (
    re.compile(r"error (?:occurred )?\((?P<status>\d{3})\) (?:occurred )?when calling the "
               r"(?P<operation>\w{2,60}) operation"),
    re.compile(r"operation error S3: (?P<operation>\w{2,60}), https response error StatusCode: "
               rf"(?P<status>\d{{3}}),[^\n]{{0,400}}?api error {_PHRASE}: "),
    re.compile(r"\"name\": ?\"(?P<status>[345]\d\d)\",\s{0,20}\"\$fault\""),
    re.compile(rf"Aws::S3::Errors::{_PHRASE}\b"),
    re.compile(rf"\b(?:{_PHRASE}|(?P<status>[345]\d\d)): UnknownError"),
    re.compile(r"Error Code: (?P<status>[345]\d\d) [A-Z]|null \(Service: (?:Amazon )?S3"),
)  # fmt: skip


def _status_alone(text: str, status: int) -> FoundError | None:
    for pattern in _ALONE:
        if match := pattern.search(text[:MAX_DOCUMENT]):
            groups = match.groupdict()
            phrase = _PHRASES.get(groups.get("phrase") or "", 0)
            said = int(groups.get("status") or phrase or status)
            return FoundError(said, ErrorDocument(), groups.get("operation") or "HeadObject")
    return None


def _bare(message: str) -> str:
    """A message without the quotation marks or brackets of what it is in."""
    text = message.strip()
    while text[-1:] in ("'", '"', ")") and text:
        last = text[-1]
        paired = text.count("(") >= text.count(")") if last == ")" else text.count(last) % 2 == 0
        if paired:
            break
        text = text[:-1].rstrip()
    return text.lstrip("'\" ")


def _near_java(text: str) -> str:
    """What is around Java's mark: the pattern begins with a message of any length."""
    place = text.find("(Service: ")
    return text[max(0, place - 1000) : place + 600] if place >= 0 else ""


def _in_exception(text: str, status: int) -> FoundError | None:
    text = text[:MAX_DOCUMENT]
    for pattern in _EXCEPTIONS:
        where = _near_java(text) if "(Service: " in pattern.pattern else text
        for match in pattern.finditer(where):
            groups = match.groupdict()
            code = (
                groups["code"].removesuffix("Exception")
                if groups["code"] not in _known_codes()
                else groups["code"]
            )
            if code not in _known_codes():
                continue
            said = int(groups.get("status") or 0) or status
            message = (groups["message"] or "").strip()
            return FoundError(
                said,
                ErrorDocument(code, _bare(message), dict(_BESIDE.findall(text[:MAX_DOCUMENT]))),
                groups.get("operation") or "",
            )
    if denied := _DENIED.search(text):
        return FoundError(status or 403, ErrorDocument("AccessDenied", denied[0].strip(), {}))
    folded = " ".join(text.split()).casefold()
    for message, code in _known_messages():
        place = folded.find(message)
        if place >= 0:
            words = " ".join(text.split())[place : place + 200]
            return FoundError(status, ErrorDocument(code, words.partition(". ")[0], {}))
    java = _JAVA_2.search(_near_java(text))
    if java and java["message"].endswith("Access Denied"):
        return FoundError(int(java["status"]), ErrorDocument("AccessDenied", "Access Denied", {}))
    return None
