"""What every signed request is checked for, wherever its signature travels.

`query_auth` and `header_auth` parse their own part and then share these steps: credential
scope, access key and session token, signature, headers that had to be signed.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from helpers.rules import sigv4
from helpers.rules.decision import Decision
from helpers.rules.errors import (
    AccessDenied,
    ExpiredToken,
    InvalidAccessKeyId,
    InvalidToken,
    S3Error,
    SignatureDoesNotMatch,
)
from helpers.rules.identity import ANONYMOUS, Credential, Identity
from helpers.rules.request import Request
from helpers.rules.sigv4 import Scope

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


def parse_credential(
    decision: Decision, text: str, endpoint: Endpoint, error: type[S3Error], prefix: str
) -> tuple[str, Scope]:
    """Access key and scope from ``KEY/YYYYMMDD/REGION/SERVICE/aws4_request``.

    Raises `error`, its message starting with `prefix`, when a part is not this endpoint's.
    """
    parts = text.split("/")
    if len(parts) != 5 or not parts[0] or not _is_day(parts[1]):
        decision.refuse(
            "credential",
            error(
                f"{prefix}; the Credential is mal-formed; expecting "
                '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        )
    access_key, day, region, service, terminator = parts
    if region != endpoint.region:
        decision.refuse(
            "credential",
            error(
                f"{prefix}; the region '{region}' is wrong; expecting '{endpoint.region}'",
                Region=endpoint.region,
            ),
        )
    if service != endpoint.service:
        decision.refuse(
            "credential",
            error(
                f'{prefix}; incorrect service "{service}". '
                f'This endpoint belongs to "{endpoint.service}".'
            ),
        )
    if terminator != sigv4.TERMINATOR:
        decision.refuse(
            "credential",
            error(
                f'{prefix}; incorrect terminal "{terminator}". '
                f'This endpoint uses "{sigv4.TERMINATOR}".'
            ),
        )
    scope = Scope(day, region, service)
    decision.passed("credential", f"key {access_key}, scope {scope}")
    return access_key, scope


def _is_day(text: str) -> bool:
    try:
        sigv4.parse_amz_date(f"{text}T000000Z")
    except ValueError:
        return False
    return True


def check_scope_date(
    decision: Decision, scope: Scope, date: str, error: type[S3Error], prefix: str
) -> None:
    """The scope's day must be the day of X-Amz-Date."""
    if scope.date != date[:8]:
        decision.refuse(
            "credential",
            error(
                f'{prefix}; incorrect date "{scope.date}". '
                f'This date is not the same as X-Amz-Date: "{date[:8]}".'
            ),
        )


def find_credential(
    decision: Decision, lookup: Lookup, access_key: str, token: str | None, now: datetime
) -> Credential:
    """The active credential behind an access key, its session token checked.

    Raises InvalidAccessKeyId (unknown or inactive), InvalidToken (missing, not this key's, or
    given with a long-lived key), ExpiredToken.
    """
    credential = lookup(access_key)
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
    if credential.expires_at is not None and now >= credential.expires_at:
        decision.refuse(
            "session token",
            ExpiredToken(**{"Token-0": token}),
            f"the session ended {iso(credential.expires_at)}",
        )
    decision.passed("session token", "the one issued with this key, and not expired")
    return credential


def check_signature(
    decision: Decision,
    credential: Credential,
    scope: Scope,
    date: str,
    canonical: str,
    provided: str,
) -> bytes:
    """Sign `canonical` as the credential's holder would, and compare. Returns the signing key."""
    text = sigv4.string_to_sign(date, scope, canonical)
    key = sigv4.signing_key(credential.secret_key, scope)
    expected = sigv4.signature(key, text)
    if not hmac.compare_digest(expected.encode(), provided.encode()):
        decision.refuse(
            "signature",
            SignatureDoesNotMatch(
                AWSAccessKeyId=credential.access_key,
                StringToSign=text,
                SignatureProvided=provided,
                StringToSignBytes=hex_bytes(text),
                CanonicalRequest=canonical,
                CanonicalRequestBytes=hex_bytes(canonical),
            ),
            "the signature of the request as it arrived is another one",
        )
    decision.passed("signature", "the same as S3 calculates from the request")
    return key


def check_signed_headers(decision: Decision, request: Request, signed: Iterable[str]) -> None:
    """Host and every x-amz-* header must be among the signed ones."""
    covered = set(signed)
    loose = [
        name
        for name in request.header_map
        if name not in covered and (name == "host" or name.startswith("x-amz-"))
    ]
    if loose:
        decision.refuse(
            "signed headers",
            AccessDenied(
                "There were headers present in the request which were not signed",
                HeadersNotSigned=", ".join(sorted(loose)),
            ),
            f"sent but not signed: {', '.join(sorted(loose))}",
        )
    decision.passed("signed headers", ";".join(covered))


def hex_bytes(text: str) -> str:
    """UTF-8 bytes as S3 prints them beside a text: ``41 57 53 34``."""
    return text.encode().hex(" ")


def iso(moment: datetime) -> str:
    """A moment as S3 writes it in error fields: ``2013-05-24T00:00:00Z``, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
