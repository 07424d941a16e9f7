"""One way in: whatever was pasted, decoded, read, and put together into one report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..errors import InspectError
from .answers import Answer, Meant, read_meant
from .browser import read_block
from .calls import har_entry
from .console import find_console_line, read_console_line
from .cors_document import find_cors, report_cors
from .decode import MAX_SEARCHED, from_bytes, searched, sense_of
from .documents import broken_document, find_access_policy, report_policy
from .errors_read import FoundError, find_error, holds_error
from .foreign import GOOGLE_CORS, read_foreign, refuse
from .form import inspect_form, read_form
from .form_read import FoundForm, find_form, find_policy
from .pasted import Pasted, find_url
from .preflight import explain_preflight
from .refusal import explain_answer
from .render import Report
from .secrets import secrets_of, without
from .url import UrlReport, read_url
from .verdict import note
from .words import utc_now

MAX_TEXT = 16_000_000  # characters
_SIGNED = re.compile(r"X-?Amz-|AWSAccessKeyId|[Ss]ignature|://|%3A%2F%2F|hxxp", re.I)
# A form's fields, perhaps; what an API answers is none.
_OBJECT = re.compile(r"\s*\{(?!\s*[\"'](?:message|errors?|name|statusCode|code)[\"'])")
_LEAST_SENSE = 4.0  # of a URL that is signed


@dataclass(frozen=True)
class _Paste:
    """A paste, and what is known beside it."""

    text: str
    meant: Meant
    now: datetime
    undone: tuple[str, ...] = ()


def inspect_text(
    text: str | bytes,
    meant: Meant | Mapping[str, Any] | str | None = None,
    now: datetime | None = None,
) -> Report:
    """The report on whatever was pasted: a URL or the command that sends it, a form, S3's error, a
    browser's CORS line, CORS rules, a policy, or several of them together.

    `meant` is what was signed, as for `explain`: an error is compared with it. `now` is the moment
    at which a URL or form is judged (default: now). The result is a `UrlReport`, `FormReport`,
    `Explanation`, `ConsoleReport` or `DocumentReport`; its `verdict` comes first. Raises
    `InspectError` for text that is none of them.

        print(inspect_text(sys.stdin.read()))
    """
    if not isinstance(text, str | bytes):
        raise InspectError(f"Expected text, got {type(text).__name__}.")
    undone: tuple[str, ...] = ()
    if isinstance(text, bytes):
        text, undone = (decoded := from_bytes(text)).text, decoded.undone
    if "\0" in text:
        text, undone = text.replace("\0", ""), (*undone, "Zero bytes between the letters: removed.")
    if not text.strip():
        raise InspectError(
            "Nothing was pasted. Paste a presigned URL, the fields of a form, or S3's error."
        )
    if len(text) + (len(meant) if isinstance(meant, str) else 0) > MAX_TEXT:
        raise InspectError(
            f"This text has more than {MAX_TEXT:,} characters. Paste the URL, the form or the "
            "error alone."
        )
    if len(text) > MAX_SEARCHED:
        text = har_entry(text) or searched(text)
    beside = meant if isinstance(meant, str) else ""
    secrets = secrets_of(f"{text}\n{beside[:MAX_SEARCHED]}")
    moment = utc_now() if now is None else now.astimezone(UTC)
    try:
        report = _read(_Paste(text, read_meant(meant), moment, undone))
    except InspectError as problem:
        raise InspectError(without(str(problem), secrets)) from None
    return without(report, secrets)


def _read(paste: _Paste) -> Report:
    text = paste.text
    pasted = _pasted(text)
    if block := read_block(text, pasted, _request(pasted, paste.now)):
        return block
    if line := find_console_line(text):
        return read_console_line(line, pasted, _request(pasted, paste.now))
    if report := _document(text):
        return _noted(report, paste)
    if text.lstrip()[:1] in ("{", "["):
        broken_document(text)
    error = _error(text, pasted)
    form = find_form(text, pasted.sent if pasted else None)
    if error:
        return _noted(_refusal(paste, error, pasted, form), paste)
    if pasted and pasted.sent.method == "OPTIONS" and pasted.sent.status:
        return explain_preflight(pasted)
    if form:
        return _noted(read_form(form, paste.now), paste)
    if pasted and _is_signed(pasted):
        return _noted(
            _with_status(read_foreign(pasted, paste.now) or read_url(pasted, paste.now), text),
            paste,
        )
    if policy := find_policy(text):
        report = read_form(FoundForm("", {"policy": policy}, ()), paste.now)
        return _noted(report, paste)
    if holds_error(text):
        raise InspectError(
            "This text is not an S3 error: it has no <Error> with a <Code> in it that can be read. "
            "Paste the whole XML, from <Error> to </Error>."
        )
    if _OBJECT.match(text) and (pasted is None or '"fields"' in text):
        return _noted(inspect_form(text.strip(), paste.now), paste)
    if pasted is None and "<html" in text[:3000].lower():
        return _page(text)
    if pasted is None:
        raise refuse(text)
    if foreign := read_foreign(pasted, paste.now):
        return _noted(foreign, paste)
    if GOOGLE_CORS.match(text) or ("://" not in text and "arn:" in text):
        raise refuse(text)
    return _noted(read_url(pasted, paste.now), paste)


def _pasted(text: str) -> Pasted | None:
    """The URL in the paste, outside of any error's XML."""
    if not _SIGNED.search(text):
        return None
    if "<Error" in text:
        text = re.sub(r"<(?:\w{1,20}:)?Error[\s>](?:(?!<Error[\s>]).){0,100000}?(?:Error>"
                      r"|\Z)", " ", text,
                      flags=re.S)  # fmt: skip
    try:
        return find_url(text)
    except InspectError as problem:
        if "no URL" in str(problem) or "Nothing was pasted" in str(problem):
            return None
        raise


def _is_signed(pasted: Pasted) -> bool:
    return sense_of(pasted.url) >= _LEAST_SENSE


def _request(pasted: Pasted | None, now: datetime) -> UrlReport | None:
    """The URL's own report, if it is presigned."""
    try:
        return read_url(pasted, now) if pasted and _is_signed(pasted) else None
    except InspectError:
        return None


def _document(text: str) -> Report | None:
    if (configuration := find_cors(text)) is not None:
        return report_cors(configuration)
    policy = find_access_policy(text)
    return report_policy(policy) if policy else None


def _error(text: str, pasted: Pasted | None) -> FoundError | None:
    """The error in the paste: S3's XML wherever it is, an exception's text beside no bare URL."""
    if pasted and pasted.sent.answer and (found := find_error(pasted.sent.answer)):
        return FoundError(pasted.sent.status or found.status, found.document, found.operation)
    stripped = text.strip()
    if pasted and stripped.startswith(("http://", "https://")) and not re.search(r"\s", stripped):
        return None
    return find_error(text)


def _refusal(
    paste: _Paste, error: FoundError, pasted: Pasted | None, form: FoundForm | None
) -> Report:
    """The error explained, with what was meant and what was sent, as far as the paste has them."""
    method = "HEAD" if error.operation.startswith("Head") else ""
    body = paste.text if error.document.code else ""
    answer = Answer(error.status, *error.document, body, method=method, operation=error.operation)
    intended = paste.meant
    request = None
    if pasted and _is_signed(pasted):
        request = _request(pasted, paste.now)
        if pasted.sent.method:
            answer = replace(answer, method=pasted.sent.method, url=pasted.url,
                             sent=pasted.sent.header_map)  # fmt: skip
        elif not intended.url:
            intended = replace(intended, url=pasted.url)
    if form and not intended.fields:
        fields = {name.lower(): value for name, value in form.fields.items()}
        intended = replace(intended, url=form.url, fields=fields)
    report = replace(explain_answer(answer, intended), request=request)
    if request:
        also = [each.text for each in request.findings if each.fault]
        report = replace(report, also=(*report.also, *also))
    return replace(report, undone=pasted.repairs) if pasted and request else report


_STATUS = re.compile(
    r"\bstatus code:? (\d{3})|\b(\d{3}) (?:Client|Server) Error|HTTP Error "
    r"(\d{3})"
)


def _with_status(report: Report, text: str) -> Report:
    """The report, and what to send next if the paste has an answer's status without its body."""
    match = _STATUS.search(text)
    if not match or not isinstance(report, UrlReport):
        return report
    status = next(filter(None, match.groups()))
    said = note(
        f"The answer was {status}, and its body is not in the paste: S3's XML in it says why. "
        "Print it (response.text) and paste it with the URL."
    )
    return replace(report, findings=(*report.findings, said))


def _page(text: str) -> Report:
    """A page of HTML where S3's XML was expected: something else answered."""
    title = re.search(
        r"(?:<title>|<h1>|ERROR )\s{0,9}(\d{3})\b|\b(\d{3}) "
        r"ERROR",
        text[:20_000],
        re.I,
    )
    named = re.search(
        r"\b(nginx|cloudflare|cloudfront|apache|openresty"
        r"|varnish|envoy)\b",
        text,
        re.I,
    )
    status = int(title[1] or title[2]) if title else 0
    headers = {"server": named[1]} if named else {}
    return explain_answer(Answer(status, body=text[:1000], headers=headers), Meant())


def _noted(report: Report, paste: _Paste) -> Report:
    if not paste.undone:
        return report
    return replace(report, undone=(*paste.undone, *report.undone))  # type: ignore[type-var]
