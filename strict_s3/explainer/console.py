"""A browser's CORS line: what it says, why, and the rule that is missing.

The sentences are Chromium's, Firefox's and Safari's own:
https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors and
https://source.chromium.org/chromium/chromium/src/+/main:third_party/blink/renderer/platform/loader/cors/cors_error_string.cc
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .pasted import Pasted
from .render import Report, finding_sections, listed
from .repair import as_cors
from .url import UrlReport
from .verdict import Finding, Verdict
from .words import Part, shown

_MARKS = ("CORS", "Cross-Origin", "Access-Control-Allow-", "access control checks")
_LINE = re.compile(
    r"blocked by CORS|Cross-Origin Request Blocked|due to access control checks|"
    r"not allowed by Access-Control-Allow-|Preflight response is not successful|"
    r"No 'Access-Control-Allow-Origin'|\bCORS (?:error|policy|request did "
    r"not|header|preflight|Missing)|"
    # Firefox in other languages
    r"Cross-Origin[^\n]{0,500}?(?:Access-Control-Allow-|\bCORS\b)",
    re.I,
)
_ORIGIN = re.compile(
    r"(?:from origin|[Oo]rigin) ['\u2018\"]?([a-z][a-z+.-]*://[^\s'\u2019\",]{1,255}|null)"
)
_HEADER = re.compile(
    r"[Rr]equest header field ['\u2018\"]?([\w-]{1,80})|"
    r"header ['\u2018\"]([\w-]{1,80})['\u2019\"] is not allowed|"
    r"token ['\u2018\"]([\w-]{1,80})['\u2019\"] in CORS header .Access-Control-Allow-Headers"
)
_METHOD = re.compile(
    r"[Mm]ethod ['\u2018\"]?([A-Z]{3,7})['\u2019\"]? is not allowed|\b(PUT|POST|GET|HEAD|DELETE)\b https?://|"
    r"\bmethod: ['\"]([A-Z]{3,7})"
)
_RULE = "A rule of the bucket must allow the page's origin, the method and every header together."
# (what the browser says, what that means, why, the fix)
_REASONS = (
    (r"Request header field|header .{0,90} is not allowed (?:by|according)|token "
     r".{0,90}Access-Control-Allow-Headers|[(][^\n]{0,90}Access-Control-Allow-Headers",
     "No CORS rule of the bucket allows the header {header}.",
     "The browser asked for permission first (a preflight) and S3's answer does not list that "
     "header.",
     'Add it to AllowedHeaders (or "*") of the rule that has the origin and the method.'),
    (r"[Mm]ethod .{0,40}is not allowed|Did not find method",
     "No CORS rule of the bucket allows the method {method}.",
     "The browser asked for permission first (a preflight) and S3's answer does not list that "
     "method.",
     "Add it to AllowedMethods of the rule that has the origin."),
    (r"wildcard '\*'|credential is not supported|credentials mode",
     "The page sends credentials, and the bucket's rule answers with *.",
     'With credentials: "include" a browser accepts only the page\'s own origin. A presigned URL '
     'needs '
     "no credentials.",
     'Leave credentials out (credentials: "omit", withCredentials = false).'),
    (r"multiple values|Multiple CORS header", "Access-Control-Allow-Origin is in the answer twice.",
     "S3 sets it once; a proxy or delivery network in front of it adds another one.",
     "Let only one of them send CORS headers."),
    (r"[Rr]edirect is not allowed|redirected|external redirect",
     "The request was redirected, which a preflight does not allow.",
     "S3 redirects (307) when the host does not name the bucket's region, for a new bucket.",
     'Sign the regional host: region_name, and s3={"addressing_style": "virtual"}.'),
    (r"not equal to the supplied origin|does not match|is not allowed by "
     r"Access-Control-Allow-Origin",
     "The bucket's CORS rule allows another origin than {origin}.",
     "Origins are compared letter by letter: scheme, host and port, without a slash at the end.",
     "Put exactly the page's origin into AllowedOrigins."),
    (r"HTTP ok status|[Pp]reflight response is not successful|preflight channel did not "
     r"succeed|[Ss]tatus ?code: 4\d\d|"
     r"preflight request doesn't pass",
     "The preflight was refused: no CORS rule of the bucket allows this request.",
     f"S3 answers a preflight by its CORS rules alone, whatever the signature. {_RULE} A wrong "
     "region or bucket name refuses it too.",
     "Compare AllowedOrigins, AllowedMethods and AllowedHeaders with what the page sends."),
    (r"did not succeed|ERR_FAILED|net::|NetworkError",
     "The request got no answer that the page may see.",
     "The connection failed (name, certificate, blocker, offline), or S3's answer has no CORS "
     "headers.",
     "Look at the request in the browser's network panel: without a status it is the connection."),
    (r"",
     "The answer has no Access-Control-Allow-Origin: no CORS rule of the bucket fits, or something "
     "else answered.",
     f"{_RULE} S3's errors carry the header too where a rule fits, so the signature is not the "
     f"cause.",
     "Add a CORS rule for the origin and method; if there is one, look at the region in the host, "
     "and at a cached answer without CORS headers (an img without crossorigin)."),
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class ConsoleReport(Report):
    """A browser's CORS line in words. `request` is the URL's report, if it has a signed one."""

    origin: str
    method: str
    header: str
    status: int
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    request: UrlReport | None = None
    undone: tuple[str, ...] = ()
    repairs: tuple[Part, ...] = ()

    def sections(self) -> Iterable[tuple[str, list[str]]]:
        yield from finding_sections(self.findings)
        facts = [("origin", self.origin), ("method", self.method), ("header", self.header),
                 ("status", str(self.status or ""))]  # fmt: skip
        yield listed("The browser says", [Part(name, value) for name, value in facts if value])
        if self.request:
            yield listed("The URL says", self.request.facts)

    def anatomy(self) -> Iterable[tuple[str, list[str]]]:
        return self.request.anatomy() if self.request else ()


def find_console_line(text: str) -> str:
    """The browser's sentences in `text`; "" if there are none."""
    if not any(mark in text for mark in _MARKS) or "<CORSRule>" in text or '"Allowed' in text:
        return ""
    match = _LINE.search(text)
    if not match or "CORSResponse" in text:
        return ""
    return text[max(0, match.start() - 40_000) : match.end() + 2_000]


def read_console_line(line: str, pasted: Pasted | None, request: UrlReport | None) -> ConsoleReport:
    """The report on a browser's CORS line."""
    prose = re.sub(r"https?://[^\s'\"]{200,}", "https://…", line)
    header = _first(_HEADER, prose)
    method = _first(_METHOD, prose) or (request and _operation(request)) or ""
    origin = _first(_ORIGIN, prose)
    status = int(_first(re.compile(r"[Ss]tatus(?: code)?:? \(?(\d{3})"), prose) or 0)
    what, why, fix = next(texts for pattern, *texts in _REASONS if re.search(pattern, prose))
    words = {"header": header or "that the page sends", "method": method or "that the page uses",
             "origin": shown(origin) or "the page's"}  # fmt: skip
    for name, value in words.items():
        what, fix = (text.replace(f"{{{name}}}", value) for text in (what, fix))
    verdict = Verdict(what, why, fix, True)
    faults: tuple[Finding, ...] = ()
    if request:
        faults = tuple(each for each in request.findings if each.fault)
    missing = {"origin": origin, "method": method, "header": header}
    guessed = " and ".join(name for name, said in missing.items() if not said)
    rule = as_cors(
        origin or "https://www.example.com", method or "PUT", [header or "content-type"], guessed
    )
    return ConsoleReport(
        shown(origin), method, shown(header), status, verdict, faults, request,
        pasted.repairs if pasted else (), (rule,),
    )  # fmt: skip


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


def _operation(request: UrlReport) -> str:
    """The method that x-id tells."""
    operation = next((part.value for part in request.parameters if part.label == "x-id"), "")
    return {"PutObject": "PUT", "GetObject": "GET", "UploadPart": "PUT"}.get(operation, "")
