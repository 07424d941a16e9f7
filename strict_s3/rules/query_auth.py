"""Signature Version 4 in the query string: what makes a URL "presigned".

Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)" in the Amazon
S3 API reference; the answers are those recorded on AWS.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from . import sigv4
from .authentication import (
    MAX_SKEW,
    Authentication,
    SignatureClaim,
    Verifier,
    check_scope_date,
    check_signature,
    check_signed_headers,
    find_credential,
    iso,
    parse_credential,
)
from .decision import Decision
from .errors import AccessDenied, AuthorizationQueryParametersError
from .request import Request

REQUIRED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
TOKEN = "X-Amz-Security-Token"
_NUMBER = re.compile(r"[+-]?\d{1,19}").fullmatch  # of 64 bits; digits of any script, as in Java
_LAST = datetime.max.replace(tzinfo=UTC)


def is_presigned(request: Request) -> bool:
    """True if any of the six parameters is there: then the request claims to be presigned."""
    return not request.parameters.keys().isdisjoint(REQUIRED)


def authenticate(request: Request, decision: Decision, verifier: Verifier) -> Authentication:
    """Verify a presigned request, check by check, by the verifier's `now` alone.

    Raises the `S3Error` of the first check that fails; `decision` holds those before it.
    """
    values = _parameters(request, decision)
    date = values["X-Amz-Date"]
    signed_at = _signed_at(decision, date)
    expires = _expires(decision, values["X-Amz-Expires"])
    _check_time(decision, signed_at, expires, verifier.now)
    access_key, scope = parse_credential(
        decision,
        values["X-Amz-Credential"],
        verifier.endpoint,
        AuthorizationQueryParametersError,
        "Error parsing the X-Amz-Credential parameter",
    )
    check_scope_date(decision, scope, date, AuthorizationQueryParametersError)
    signed_headers = values["X-Amz-SignedHeaders"].split(";")
    check_signed_headers(decision, request, signed_headers)

    credential = find_credential(decision, verifier, access_key, values.get(TOKEN))
    claim = SignatureClaim(scope, date, values["X-Amz-Signature"])
    canonical = canonical_request(request, scope.service)
    key = check_signature(decision, credential, canonical, claim)
    return Authentication(
        credential.identity,
        "REST-QUERY-STRING",
        sigv4.ALGORITHM,
        signed_at,
        access_key,
        scope,
        key,
        claim.signature,
    )


def canonical_request(request: Request, service: str = "s3") -> str:
    """The canonical request of a presigned request, as its signer must have had it."""
    # Nobody knows the body when a URL is signed, unless the signer fixed its hash.
    payload_hash = request.header("x-amz-content-sha256", sigv4.UNSIGNED_PAYLOAD)
    signed_headers = request.parameters["X-Amz-SignedHeaders"].split(";")
    # The JavaScript SDK v2 signs x-amz-… twice, as header and in the query; recorded: S3 takes
    # the query's value for such a header that isn't sent. (Not Content-MD5's, which must be.)
    absent = [
        name
        for name in signed_headers
        if name.startswith("x-amz-") and name not in request.header_map
    ]
    if absent:
        given = {name.lower(): value for name, value in request.query}
        found = [(name, given[name]) for name in absent if name in given]
        request = replace(request, headers=(*request.headers, *found))
    return sigv4.canonical_request(request, signed_headers, payload_hash, service)


def _parameters(request: Request, decision: Decision) -> dict[str, str]:
    values = request.parameters
    missing = [name for name in REQUIRED if not values.get(name)]
    if missing:
        decision.refuse(
            "parameters", AuthorizationQueryParametersError(), f"missing: {', '.join(missing)}"
        )
    repeated: list[str] = []
    if len(request.query) > len(values):
        counts = Counter(name for name, _ in request.query)
        repeated = [name for name in (*REQUIRED, TOKEN) if counts[name] > 1]
    if repeated:
        decision.refuse(
            "parameters",
            AuthorizationQueryParametersError(),
            f"given more than once: {', '.join(repeated)}",
        )
    if values["X-Amz-Algorithm"] != sigv4.ALGORITHM:
        decision.refuse(
            "parameters",
            AuthorizationQueryParametersError(
                'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
            ),
        )
    decision.passed("parameters", "all six, each once")
    return values


def _signed_at(decision: Decision, date: str) -> datetime:
    try:
        return sigv4.parse_amz_date(date)
    except ValueError:
        decision.refuse(
            "date",
            AuthorizationQueryParametersError(
                "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
            ),
        )


def _expires(decision: Decision, text: str) -> int:
    """The life in seconds, 0 to 604800. (0 is a number, so it is well-formed, and over at once.)"""
    message = ""
    if not _NUMBER(text) or not -(2**63) <= int(text) < 2**63:
        message = "X-Amz-Expires should be a number"
    elif int(text) < 0:
        message = "X-Amz-Expires must be non-negative"
    elif int(text) > sigv4.MAX_EXPIRES:
        message = (
            "X-Amz-Expires must be less than a week (in seconds); that is, "
            f"the given X-Amz-Expires must be less than {sigv4.MAX_EXPIRES} seconds"
        )
    if message:
        decision.refuse("expires", AuthorizationQueryParametersError(message))
    decision.passed("expires", f"{text} seconds, at most {sigv4.MAX_EXPIRES}")
    return int(text)


def _check_time(decision: Decision, signed_at: datetime, expires: int, now: datetime) -> None:
    # X-Amz-Date may name the last day that a datetime can hold.
    ends = signed_at + min(timedelta(seconds=expires), _LAST - signed_at)
    if signed_at > now + MAX_SKEW:
        decision.refuse(
            "time",
            AccessDenied(
                "Request is not yet valid",
                # AWS prints this one date in milliseconds since 1970.
                **{"X-Amz-Date": int(signed_at.timestamp() * 1000)},
                Expires=iso(ends),
                ServerTime=iso(now),
            ),
            f"signed for {iso(signed_at)}; the server's time is {iso(now)}",
        )
    if now > ends:
        decision.refuse(
            "time",
            AccessDenied(
                "Request has expired",
                **{"X-Amz-Expires": expires},
                Expires=iso(ends),
                ServerTime=iso(now),
            ),
            f"good until {iso(ends)}; the server's time is {iso(now)}",
        )
    decision.passed("time", f"good until {iso(ends)}; the server's time is {iso(now)}")
