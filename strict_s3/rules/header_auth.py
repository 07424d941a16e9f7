"""Signature Version 4 in the Authorization header: how SDKs sign the requests they send.

Source: "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" in
the Amazon S3 API reference. IAM and STS are signed in the same way, for their own service name.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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
from .errors import (
    AccessDenied,
    AuthorizationHeaderMalformed,
    InvalidArgument,
    InvalidRequest,
    RequestTimeTooSkewed,
)
from .request import Request

_MALFORMED = "The authorization header is malformed"
_OTHER_DAY = f"{_MALFORMED}; Invalid credential date. Date is not the same as X-Amz-Date."

# In eight older regions boto3 still presigns with it unless it is told otherwise.
SIGNED_WITH_VERSION_2 = (
    'signed with Signature Version 2; give the client Config(signature_version="s3v4")'
)


def authenticate(
    request: Request,
    decision: Decision,
    verifier: Verifier,
    payload_hash: str,
) -> Authentication:
    """Verify a request by its Authorization header.

    `payload_hash` is the last line of the canonical request: for S3 the x-amz-content-sha256
    header, for other services the SHA-256 of the body. Raises the first failing check's `S3Error`.
    """
    check_scheme(request, decision)
    if verifier.endpoint.service == "s3" and not payload_hash:
        decision.refuse(
            "payload hash",
            InvalidRequest("Missing required header for this request: x-amz-content-sha256"),
        )
    signed_at, date = _signed_at(request, decision)
    _check_skew(decision, signed_at, date, verifier)
    values = _parameters(request, decision)
    access_key, scope = parse_credential(
        decision, values["Credential"], verifier.endpoint, AuthorizationHeaderMalformed, _MALFORMED
    )
    check_scope_date(
        decision, scope, sigv4.amz_date(signed_at), AuthorizationHeaderMalformed, _OTHER_DAY
    )
    signed_headers = values["SignedHeaders"].split(";")
    check_signed_headers(decision, request, signed_headers)

    token = request.header_map.get("x-amz-security-token")
    credential = find_credential(decision, verifier, access_key, token)
    canonical = sigv4.canonical_request(request, signed_headers, payload_hash, scope.service)
    claim = SignatureClaim(scope, date, values["Signature"])
    key = check_signature(decision, credential, canonical, claim)
    return Authentication(
        credential.identity,
        "REST-HEADER",
        sigv4.ALGORITHM,
        signed_at,
        access_key,
        scope,
        key,
        claim.signature,
    )


def check_scheme(request: Request, decision: Decision) -> None:
    """The Authorization header begins with AWS4-HMAC-SHA256.

    Raises InvalidArgument for another scheme, such as Bearer, and InvalidRequest for Signature
    Version 2.
    """
    text = request.header("authorization")
    scheme, space, _ = text.partition(" ")
    if scheme.upper() == "AWS" and space:
        decision.refuse("authorization", sigv2_refused(), SIGNED_WITH_VERSION_2)
    if scheme.upper() != sigv4.ALGORITHM or not space:
        message = (
            "Unsupported Authorization Type"
            if space
            else "Authorization header is invalid -- one and only one ' ' (space) required"
        )
        decision.refuse(
            "authorization",
            InvalidArgument(message, ArgumentName="Authorization", ArgumentValue=text),
            message,
        )


def _parameters(request: Request, decision: Decision) -> dict[str, str]:
    """Credential, SignedHeaders and Signature from ``AWS4-HMAC-SHA256 name=value, …``."""
    values: dict[str, str] = {}
    for part in request.header("authorization").partition(" ")[2].split(","):
        name, _, value = part.strip().partition("=")
        values.setdefault(name, value)
    if not all(values.get(name) for name in ("Credential", "SignedHeaders", "Signature")):
        decision.refuse(
            "authorization",
            AuthorizationHeaderMalformed(
                f"{_MALFORMED}; the authorization header requires three components: "
                "Credential, SignedHeaders, and Signature."
            ),
        )
    decision.passed("authorization", "Credential, SignedHeaders and Signature are there")
    return values


def sigv2_refused() -> InvalidRequest:
    """The answer to any Signature Version 2 request in a region that only takes Version 4."""
    return InvalidRequest(
        "The authorization mechanism you have provided is not supported. "
        "Please use AWS4-HMAC-SHA256."
    )


def _signed_at(request: Request, decision: Decision) -> tuple[datetime, str]:
    """The request's own time (x-amz-date, or else Date), and its text in the string to sign."""
    try:
        if "x-amz-date" in request.header_map:
            date = request.header("x-amz-date")
            return sigv4.parse_amz_date(date), date
        moment = parsedate_to_datetime(request.header("date")).astimezone(UTC)
        return moment, sigv4.amz_date(moment)
    except (ValueError, TypeError, OverflowError):
        decision.refuse(
            "date", AccessDenied("AWS authentication requires a valid Date or x-amz-date header")
        )


def _check_skew(decision: Decision, signed_at: datetime, date: str, verifier: Verifier) -> None:
    now = verifier.now
    times = [now] if verifier.also_now is None else [now, verifier.also_now]
    if all(abs(time - signed_at) > MAX_SKEW for time in times):
        decision.refuse(
            "time",
            RequestTimeTooSkewed(
                RequestTime=date,
                ServerTime=iso(now),
                MaxAllowedSkewMilliseconds=int(MAX_SKEW.total_seconds() * 1000),
            ),
            f"signed {iso(signed_at)}; the server's time is {iso(now)}",
        )
    decision.passed("time", f"signed {iso(signed_at)}, within 15 minutes of the server's time")
