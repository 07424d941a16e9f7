"""What every signed request is checked for, wherever its signature travels.

`query_auth` and `header_auth` parse their own part and then share these steps: credential
scope, headers that had to be signed, access key and session token, signature. The order of the
checks, which decides what a request with two faults is told, is the one that others measured
on AWS in September 2026.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from . import sigv4
from .decision import Decision
from .errors import (
    AccessDenied,
    ExpiredToken,
    InvalidAccessKeyId,
    InvalidToken,
    S3Error,
    SignatureDoesNotMatch,
)
from .identity import ANONYMOUS, Credential, Identity
from .request import Request
from .sigv4 import Scope

# How far a request's time may be from the server's ("RequestTimeTooSkewed" names it, in ms).
MAX_SKEW = timedelta(minutes=15)

AuthType = Literal["REST-QUERY-STRING", "REST-HEADER", "POST", ""]
Lookup = Callable[[str], Credential | None]


@dataclass(frozen=True)
class Authentication:
    """Who signed, and how; what policy conditions about signatures look at.

    `auth_type` and `signature_version` are the values of ``s3:authType`` and
    ``s3:signatureversion``; `signed_at` is the request's X-Amz-Date. `signing_key`, `scope` and
    `signature` let the chunks of a streamed body be verified.
    """

    identity: Identity = ANONYMOUS
    auth_type: AuthType = ""
    signature_version: str = ""
    signed_at: datetime | None = None
    access_key: str = ""
    scope: Scope | None = None
    signing_key: bytes = field(default=b"", repr=False)
    signature: str = field(default="", repr=False)

    def age_ms(self, now: datetime) -> int | None:
        """``s3:signatureAge``: milliseconds since the request was signed."""
        return None if self.signed_at is None else int((now - self.signed_at).total_seconds() * 1e3)


@dataclass(frozen=True)
class Endpoint:
    """The service that a credential scope has to name."""

    region: str
    service: str = "s3"


@dataclass(frozen=True)
class Verifier:
    """What a signature is verified with: who can have signed, for which endpoint, and the time.

    `now` is the service's time, in UTC. `also_now` is a second time by which a signature in the
    Authorization header can be fresh: while a test has moved the service's clock, the code under
    test still signs by its own.
    """

    endpoint: Endpoint
    lookup: Lookup
    now: datetime
    also_now: datetime | None = None


@dataclass(frozen=True)
class SignatureClaim:
    """The signature that came with a request, and what it claims to be made with.

    `date` is the request's date as it goes into the string to sign.
    """

    scope: Scope
    date: str
    signature: str = field(repr=False)


def parse_credential(
    decision: Decision, text: str, endpoint: Endpoint, error: type[S3Error], prefix: str
) -> tuple[str, Scope]:
    """Access key and scope from ``KEY/YYYYMMDD/REGION/SERVICE/aws4_request``.

    Raises `error`, its message starting with `prefix`, for the first part that is not this
    endpoint's, in S3's order: number of parts, date, region, service, terminator.
    """
    parts = text.split("/")
    fields: dict[str, str] = {}
    if len(parts) != 5 or not parts[0]:
        problem = (
            "the Credential is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    elif not _is_day(parts[1]):
        problem = (
            f'incorrect date format "{parts[1]}". '
            'This date in the credential must be in the format "yyyyMMdd".'
        )
    elif not parts[2]:
        problem = "a non-empty region must be provided in the credential."
    elif parts[2] != endpoint.region:
        problem = f"the region '{parts[2]}' is wrong; expecting '{endpoint.region}'"
        fields["Region"] = endpoint.region
    elif parts[3] != endpoint.service:
        problem = f'incorrect service "{parts[3]}". This endpoint belongs to "{endpoint.service}".'
    elif parts[4] != sigv4.TERMINATOR:
        problem = f'incorrect terminal "{parts[4]}". This endpoint uses "{sigv4.TERMINATOR}".'
    else:
        scope = Scope(*parts[1:4])
        decision.passed("credential", f"key {parts[0]}, scope {scope}")
        return parts[0], scope
    refusal = error(f"{prefix}; {problem}", **fields)
    if "Region" in fields and endpoint.service == "s3":
        # The answer to HEAD has no body; SDKs sign again for the region that this header names.
        refusal.headers["x-amz-bucket-region"] = endpoint.region
    decision.refuse("credential", refusal)


def check_scope_date(
    decision: Decision, scope: Scope, date: str, error: type[S3Error], message: str = ""
) -> None:
    """The scope's day must be the day of the request's own `date` (YYYYMMDDTHHMMSSZ).

    Raises `error`, with `message` in place of the usual sentence.
    """
    if scope.date != date[:8]:
        sentence = (
            f'Invalid credential date "{scope.date}". '
            f'This date is not the same as X-Amz-Date: "{date[:8]}".'
        )
        decision.refuse("credential", error(message or sentence))


@lru_cache(maxsize=64)
def _is_day(text: str) -> bool:
    try:
        sigv4.parse_amz_date(f"{text}T000000Z")
    except ValueError:
        return False
    return True


def find_credential(
    decision: Decision, verifier: Verifier, access_key: str, token: str | None
) -> Credential:
    """The active credential behind an access key, its session token checked.

    Raises InvalidAccessKeyId (unknown or inactive), InvalidToken (missing, not this key's, or
    given with a long-lived key), ExpiredToken.
    """
    credential = verifier.lookup(access_key)
    if credential is None or not credential.active:
        state = "unknown" if credential is None else "inactive"
        decision.refuse(
            "access key",
            InvalidAccessKeyId(AWSAccessKeyId=access_key),
            f"{access_key} is {state}",
        )
    decision.identity = str(credential.identity)
    decision.passed("access key", f"{access_key} belongs to {credential.identity}")
    if credential.session_token is None:
        if token is not None:
            decision.refuse(
                "session token",
                InvalidToken(**{"Token-0": token}),
                f"{access_key} is a long-lived key and has no session token",
            )
        return credential
    if token is None:
        # A temporary key without its token is, to S3, a key that does not exist.
        decision.refuse(
            "session token",
            InvalidAccessKeyId(AWSAccessKeyId=access_key),
            f"{access_key} is a temporary key: its session token is missing",
        )
    if not hmac.compare_digest(token.encode(), credential.session_token.encode()):
        decision.refuse(
            "session token",
            InvalidToken(**{"Token-0": token}),
            f"the token given is not the one issued with {access_key}",
        )
    if credential.expires_at is not None and verifier.now >= credential.expires_at:
        decision.refuse(
            "session token",
            ExpiredToken(**{"Token-0": token}),
            f"the session ended {iso(credential.expires_at)}",
        )
    decision.passed("session token", "the one issued with this key, and not expired")
    return credential


def check_signature(
    decision: Decision, credential: Credential, canonical: str, claim: SignatureClaim
) -> bytes:
    """Sign `canonical` as the credential's holder would, and compare. Returns the signing key.

    Raises SignatureDoesNotMatch.
    """
    text = sigv4.string_to_sign(claim.date, claim.scope, canonical)
    key = sigv4.signing_key(credential.secret_key, claim.scope)
    if not same_signature(sigv4.signature(key, text), claim.signature):
        decision.refuse(
            "signature",
            SignatureDoesNotMatch(
                AWSAccessKeyId=credential.access_key,
                StringToSign=text,
                SignatureProvided=claim.signature,
                StringToSignBytes=hex_bytes(text),
                CanonicalRequest=canonical,
                CanonicalRequestBytes=hex_bytes(canonical),
            ),
            "not the one that S3 calculates from the request",
        )
    decision.passed("signature", "the same as S3 calculates from the request")
    return key


def same_signature(expected: str, provided: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(expected.encode(), provided.encode("utf-8", "replace"))


def check_signed_headers(decision: Decision, request: Request, signed: Iterable[str]) -> None:
    """Host, Content-MD5 and every x-amz-* header but the payload hash must be signed."""
    covered = set(signed)
    loose = sorted(name for name in request.header_map if name not in covered and _binding(name))
    if loose:
        decision.refuse(
            "signed headers",
            AccessDenied(
                "There were headers present in the request which were not signed",
                HeadersNotSigned=", ".join(loose),
            ),
            f"sent but not signed: {', '.join(loose)}",
        )
    decision.passed("signed headers", ";".join(sorted(covered)))


def _binding(name: str) -> bool:
    return name in ("host", "content-md5") or (
        name.startswith("x-amz-") and name != "x-amz-content-sha256"
    )


def hex_bytes(text: str) -> str:
    """UTF-8 bytes as S3 prints them beside a text: ``41 57 53 34``."""
    return text.encode().hex(" ")


def iso(moment: datetime) -> str:
    """A moment as S3 writes it in error fields: ``2013-05-24T00:00:00Z``, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
