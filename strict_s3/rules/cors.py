"""Cross-origin resource sharing: which rule answers a browser, and with which headers.

CORS tells a *browser* what a page is allowed to do; it refuses only the preflight itself.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html and "Elements of a CORS
configuration" beside it; messages and headers as recorded on AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NoReturn
from xml.etree.ElementTree import Element

from .decision import Decision
from .errors import AccessForbidden, BadRequest, InvalidRequest, MalformedXML
from .iam_conditions import wildcard
from .request import HEADER_NAME, Request

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
# A preflight can ask for two more, which no rule can allow: measured on AWS in September 2026
# (brekkylab/backlot, backlot/routers/s3.py).
_ASKED_FOR = (*METHODS, "PATCH", "OPTIONS")
# The limits of the documentation: rules, characters of a rule's ID, bytes of the whole document
# (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html, API_CORSRule.html).
MAX_RULES = 100
MAX_ID = 255
MAX_DOCUMENT = 64 * 1024
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
_REQUESTED = "access-control-request-method"
_NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of "
    "Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers "
    "are not whitelisted by the resource's CORS spec."
)


@dataclass(frozen=True)
class CorsRule:
    """One CORSRule. `max_age` is in seconds."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: int | None = None

    def mismatch(self, origin: str, method: str, headers: Iterable[str]) -> str:
        """The first thing that this rule does not allow, in words; "" if it allows all."""
        if not any(wildcard(pattern).fullmatch(origin) for pattern in self.origins):
            return f"origin {origin} is not in {', '.join(self.origins)}"
        if method not in self.methods:
            return f"method {method} is not in {', '.join(self.methods)}"
        for header in headers:
            if not any(wildcard(p, True).fullmatch(header) for p in self.headers):
                return f"header {header} is not in {', '.join(self.headers) or '(none)'}"
        return ""


def parse_configuration(root: Element) -> tuple[CorsRule, ...]:
    """The rules of a CORSConfiguration. Raises MalformedXML, InvalidRequest."""
    rules = root.findall("{*}CORSRule")
    if not root.tag.endswith("CORSConfiguration") or not rules:
        raise MalformedXML()
    if len(rules) > MAX_RULES:
        raise InvalidRequest(
            f"The number of CORS rules should not exceed allowed limit of {MAX_RULES} rules."
        )
    return tuple(_rule(element) for element in rules)


def _rule(element: Element) -> CorsRule:
    def texts(name: str) -> tuple[str, ...]:
        return tuple((child.text or "").strip() for child in element.findall(f"{{*}}{name}"))

    age = element.findtext("{*}MaxAgeSeconds")
    if len(element.findtext("{*}ID", "")) > MAX_ID:
        # AWS's own words for that are not known: these are its words for a lifecycle rule's ID.
        raise InvalidRequest(f"ID length should not exceed allowed limit of {MAX_ID}")
    rule = CorsRule(
        texts("AllowedOrigin"),
        texts("AllowedMethod"),
        texts("AllowedHeader"),
        texts("ExposeHeader"),
        _seconds(age),
    )
    if not rule.origins or not rule.methods:
        raise MalformedXML()
    for method in rule.methods:
        if method not in METHODS:
            raise InvalidRequest(
                f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )
    for name, values in (("AllowedOrigin", rule.origins), ("AllowedHeader", rule.headers)):
        for value in values:
            if value.count("*") > 1:
                raise InvalidRequest(f'{name} "{value}" can not have more than one wildcard.')
    for value in rule.expose:
        if "*" in value:
            raise InvalidRequest(
                f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard '
                "for ExposeHeader."
            )
    for value in (*rule.headers, *rule.expose):
        # "*" is such a name. S3 calls either so; the words are AWS's, as s3err/s3err.go of
        # versity/versitygw has them.
        if not HEADER_NAME(value):
            raise InvalidRequest(f'AllowedHeader "{value}" contains invalid character.')
    return rule


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.strip().isdecimal() or len(text) > 10:
        raise MalformedXML()
    return int(text)


def preflight(
    request: Request, rules: Sequence[CorsRule] | None, decision: Decision, resource_type: str
) -> list[tuple[str, str]]:
    """The headers that answer an OPTIONS request; `rules` is None if there is no such bucket.

    It does not matter who asks: a browser sends no credentials here. Raises BadRequest,
    AccessForbidden.
    """
    origin = request.header("origin")
    if not origin:
        decision.refuse(
            "origin", BadRequest("Insufficient information. Origin request header needed.")
        )
    method = request.header(_REQUESTED)
    if method and method not in _ASKED_FOR:
        _refuse_method(method, decision)
    fields = {"Method": method or request.method, "ResourceType": "BUCKET"}
    if rules is None:
        decision.refuse("bucket", AccessForbidden("CORSResponse: Bucket not found", **fields))
    if not rules:
        decision.refuse(
            "configuration",
            AccessForbidden("CORSResponse: CORS is not enabled for this bucket.", **fields),
        )
    if not method:
        _refuse_method("null", decision)
    asked = _names(request.header("access-control-request-headers"))
    for name in asked:
        if not HEADER_NAME(name):
            message = f'Access-Control-Request-Headers "{name}" contains invalid character.'
            decision.refuse("headers", BadRequest(message))
    rule = _first_match(rules, origin, method, asked, decision)
    if rule is None:
        fields["ResourceType"] = resource_type
        reasons = "; ".join(_reasons(rules, origin, method, asked))
        decision.refuse("rule", AccessForbidden(_NOT_ALLOWED, **fields), reasons)
    headers = _headers(rule, origin)
    if asked:
        headers.insert(2, ("access-control-allow-headers", ", ".join(asked).lower()))
    return headers


def actual(
    request: Request, rules: Sequence[CorsRule], decision: Decision
) -> list[tuple[str, str]]:
    """The headers added to the response to a request with an Origin; none if no rule matches."""
    origin = request.header("origin")
    if not origin or not rules:
        return []
    asked = _names(request.header("access-control-request-headers"))
    # S3 goes by the header of a preflight here, too, if there is one.
    method = request.header(_REQUESTED) or request.method
    rule = _first_match(rules, origin, method, asked, decision)
    return _headers(rule, origin) if rule else []


def _refuse_method(method: str, decision: Decision) -> NoReturn:
    decision.refuse("method", BadRequest(f"Invalid Access-Control-Request-Method: {method}"))


def _first_match(
    rules: Sequence[CorsRule], origin: str, method: str, asked: list[str], decision: Decision
) -> CorsRule | None:
    for number, rule in enumerate(rules, 1):
        if not rule.mismatch(origin, method, asked):
            decision.passed("CORS", f"rule {number} allows {method} from {origin}")
            return rule
    return None


def _reasons(
    rules: Sequence[CorsRule], origin: str, method: str, asked: list[str]
) -> Iterable[str]:
    for number, rule in enumerate(rules, 1):
        yield f"rule {number}: {rule.mismatch(origin, method, asked)}"


def _headers(rule: CorsRule, origin: str) -> list[tuple[str, str]]:
    anybody = "*" in rule.origins
    headers = [
        ("access-control-allow-origin", "*" if anybody else origin),
        ("access-control-allow-methods", ", ".join(rule.methods)),
    ]
    if rule.expose:
        headers.append(("access-control-expose-headers", ", ".join(rule.expose)))
    if rule.max_age is not None:
        headers.append(("access-control-max-age", str(rule.max_age)))
    if not anybody:
        headers.append(("access-control-allow-credentials", "true"))
    return [*headers, ("vary", VARY)]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
