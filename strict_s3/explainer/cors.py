"""What a browser asks before a page can talk to S3, which rule answers, and what the page sees.

The browser's half is the Fetch standard (https://fetch.spec.whatwg.org/): when it asks first, and
which headers a page can read. S3's half is `strict_s3.rules.cors`, the rule that the server uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InspectError
from ..rules import cors
from ..rules.cors import CorsRule
from ..rules.decision import Decision
from ..rules.errors import S3Error
from ..rules.request import Request
from .cors_read import Configuration, read_configuration
from .words import Part, Readable, bullets, listing, shown

_SIMPLE_METHODS = ("GET", "HEAD", "POST")
_SIMPLE_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_SAFE = ("accept", "accept-language", "content-language", "content-type", "range")
_SAFE_LENGTH = 128  # bytes of one value
_UNSAFE = re.compile('[\x00-\x08\x0a-\x1f"():<>?@\\[\\\\\\]{}\x7f]')
# Headers that only the browser can set.
_FORBIDDEN = (
    *("accept-charset", "accept-encoding", "access-control-request-headers", "connection"),
    *("access-control-request-method", "content-length", "cookie", "date", "expect", "host"),
    *("keep-alive", "origin", "referer", "te", "trailer", "transfer-encoding", "upgrade", "via"),
)
# Response headers that every page can read.
READABLE = (
    *("cache-control", "content-language", "content-length", "content-type", "expires"),
    *("last-modified", "pragma"),
)


@dataclass(frozen=True, repr=False)
class CorsReport(Readable):
    """A page's request to S3, step by step.

    `preflight` are the headers of the browser's OPTIONS request, None if there is none; `rule` is
    the number (from 1) of the rule that answers, None if none does; `reasons` say for each rule
    why it does not. `sent` is True if the request itself reaches S3, `visible` if the page can
    see the response, `readable` which of its headers.
    """

    origin: str
    method: str
    preflight: Mapping[str, str] | None
    why_preflight: str
    rule: int | None
    reasons: tuple[str, ...]
    answer: Mapping[str, str]
    sent: bool
    visible: bool
    readable: tuple[str, ...]
    page: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        asks = Part("browser asks", "nothing first", self.why_preflight)
        if self.preflight is not None:
            words = ", ".join(f"{name}: {value}" for name, value in self.preflight.items())
            asks = Part("browser asks", f"OPTIONS with {shown(words, 600)}", self.why_preflight)
        rule = f"rule {self.rule}" if self.rule else "no rule"
        parts = [asks, Part("S3 answers by", rule, "; ".join(self.reasons))]
        if self.answer:
            answer = ", ".join(f"{name}: {value}" for name, value in self.answer.items())
            parts.append(Part("with", shown(answer, 600)))
        parts.append(Part("page sees", self.page))
        if self.visible:
            parts.append(Part("can read", ", ".join(self.readable)))
        head = f"{self.method} from a page of {shown(self.origin)}"
        lines = [head, *listing(parts)]
        return "\n".join(lines + (["Look out", *bullets(self.notes)] if self.notes else []))


def inspect_cors(
    configuration: Configuration,
    origin: str,
    method: str,
    headers: Mapping[str, str] | None = None,
    *,
    credentials: bool = False,
    progress: bool = False,
) -> CorsReport:
    """What happens to a page's request under a CORS configuration.

    `configuration` is boto3's dict, its list of rules, JSON or S3's XML as text, or None for a
    bucket without one; `origin` is the page's (``https://host``), `headers` those that the page
    sets; `credentials` stands for fetch's ``credentials: "include"``, `progress` for a listener on
    the progress of an XMLHttpRequest's upload. Raises `InspectError` for what S3 does not accept.

        rules = [{"AllowedOrigins": ["https://www.example.com"], "AllowedMethods": ["PUT"]}]
        print(inspect_cors(rules, "https://www.example.com", "PUT"))
    """
    rules = read_configuration(configuration)
    written, origin = origin, _as_sent(origin)
    if not re.fullmatch(r"null|[a-z][a-z0-9+.-]*://[^/\s]+", origin):
        raise InspectError(
            f"{shown(origin)!r} is not an origin. Write scheme and host and nothing after them: "
            "https://www.example.com."
        )
    method = method.upper()
    sets = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
    own = tuple(name for name in sets if _set_by_browser(name))
    unsafe = sorted(n for n, value in sets.items() if n not in own and not _is_safe(n, value))
    asks = method not in _SIMPLE_METHODS or bool(unsafe) or progress
    question = _question(origin, method, unsafe) if asks else [("origin", origin)]
    reasons = _reasons(rules, origin, method, unsafe if asks else [])
    rule = next((n for n, why in enumerate(reasons, 1) if not why), None)
    answer, refusal = _answer(rules, question, method, asks)
    sent = not asks or not refusal
    visible = sent and "access-control-allow-origin" in answer
    notes = list(_notes(own, sets, method, asks, visible))
    if written != origin:
        notes.append(
            f"Browsers send an origin in lower case, so {shown(written)} is {shown(origin)}."
        )
    if visible and credentials and answer["access-control-allow-origin"] == "*":
        visible = False
        notes.append(
            'credentials: "include" does not work with *: the browser hides the response. A '
            "presigned URL needs no credentials; leave them out."
        )
    readable = _readable(answer) if visible else ()
    if visible:
        notes += _seen(method, asks, readable)
    return CorsReport(
        origin,
        method,
        dict(question) if asks else None,
        _why(method, unsafe, progress),
        rule if rules else None,
        tuple(f"rule {n}: {shown(why)}" for n, why in enumerate(reasons, 1) if why),
        answer,
        sent,
        visible,
        readable,
        _page(sent, visible, method, refusal),
        tuple(notes),
    )


def _question(origin: str, method: str, unsafe: list[str]) -> list[tuple[str, str]]:
    """The preflight's headers."""
    headers = [("origin", origin), ("access-control-request-method", method)]
    return headers + ([("access-control-request-headers", ",".join(unsafe))] if unsafe else [])


def _readable(answer: Mapping[str, str]) -> tuple[str, ...]:
    """The response's headers that the page can read."""
    exposed = answer.get("access-control-expose-headers", "").lower().split(",")
    return tuple(sorted({*READABLE, *filter(None, map(str.strip, exposed))}))


def _seen(method: str, asks: bool, readable: tuple[str, ...]) -> Iterator[str]:
    """What is worth knowing of a response that the page can see."""
    if method == "GET" and not asks:
        yield (
            "If a browser still reports a CORS error here, it may show a copy from its cache: one "
            "that was got without an Origin (an img without crossorigin) has no CORS headers. Use "
            'crossorigin="anonymous" everywhere, or a URL of its own.'
        )
    if "etag" not in readable:
        yield 'The page cannot read ETag (multipart uploads need it): "ExposeHeaders": ["ETag"].'


def _answer(
    rules: Sequence[CorsRule], question: list[tuple[str, str]], method: str, asks: bool
) -> tuple[dict[str, str], str]:
    """S3's headers for the page, and the refusal of the preflight ("" if it passes)."""
    decision = Decision(method, "/")
    try:
        if asks:
            request = Request("OPTIONS", "/", headers=tuple(question))
            cors.preflight(request, rules, decision, "OBJECT")
    except S3Error as error:
        return {}, f"{error.status} {error.code}: {error.message}"
    actual = Request(method, "/", headers=(question[0],))
    return dict(cors.actual(actual, rules, decision)), ""


def _reasons(rules: Sequence[CorsRule], origin: str, method: str, headers: list[str]) -> list[str]:
    return [rule.mismatch(origin, method, headers) for rule in rules]


def _as_sent(origin: str) -> str:
    """An origin as a browser sends it: scheme and host in lower case."""
    return origin.lower() if re.fullmatch(r"[A-Za-z][\w+.-]*://[^/\s]+", origin) else origin


def _set_by_browser(name: str) -> bool:
    return name in _FORBIDDEN or name.startswith(("sec-", "proxy-"))


def _is_safe(name: str, value: str) -> bool:
    """Can a page set this header without a preflight? ("CORS-safelisted")"""
    if name not in _SAFE or len(value.encode()) > _SAFE_LENGTH:
        return False
    if name in ("accept", "content-type") and _UNSAFE.search(value):
        return False
    if name.endswith("-language"):
        return bool(re.fullmatch(r"[0-9A-Za-z *,.;=-]*", value))
    if name == "content-type":
        return value.partition(";")[0].strip().lower() in _SIMPLE_TYPES
    if name == "range":
        return bool(re.fullmatch(r"bytes=\d+-\d*", value))
    return True


def _why(method: str, unsafe: list[str], progress: bool) -> str:
    because = [f"{method} is not GET, HEAD or POST"] if method not in _SIMPLE_METHODS else []
    if unsafe:
        because.append(f"the page sets {shown(', '.join(unsafe))}")
    if progress:
        because.append("it listens to the progress of the upload")
    if not because:
        return (
            "A simple request: any HTML form or link could send its method and headers, so the "
            "browser sends it at once and only hides the response if no rule allows it."
        )
    return f"A preflight: the browser asks for permission first, because {' and '.join(because)}."


def _page(sent: bool, visible: bool, method: str, refusal: str) -> str:
    if visible:
        return "S3's status and body, even of a refusal"
    if not sent:
        return (
            f'only "TypeError: Failed to fetch"; {method} is never sent, because the preflight '
            f"was refused ({shown(refusal.partition(':')[0])})"
        )
    done = "" if method in ("GET", "HEAD") else ", although S3 carries it out"
    return (
        f'only "TypeError: Failed to fetch": the request was sent, but the response is hidden{done}'
    )


def _notes(
    own: tuple[str, ...], sets: Mapping[str, str], method: str, asks: bool, visible: bool
) -> list[str]:
    notes = []
    if own:
        notes.append(f"{shown(', '.join(own))}: only the browser can set this.")
    if "authorization" in sets:
        notes.append("A presigned URL has its own signature: don't send an Authorization header.")
    if not asks and not visible and method == "POST":
        notes.append(
            "The upload is stored all the same: CORS hides responses, it does not stop requests."
        )
    return notes
