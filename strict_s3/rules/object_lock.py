"""Object Lock: what a version's retention and legal hold allow, and how they are asked for.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html; the messages are
those recorded on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from .errors import AccessDenied, InvalidArgument, InvalidRequest

Mode = Literal["GOVERNANCE", "COMPLIANCE"]
MODES = ("GOVERNANCE", "COMPLIANCE")
LegalHold = Literal["", "ON", "OFF"]  # "" if it has never been set
HOLDS = ("ON", "OFF")
MODE = "x-amz-object-lock-mode"
UNTIL = "x-amz-object-lock-retain-until-date"
HOLD = "x-amz-object-lock-legal-hold"
BYPASS = "x-amz-bypass-governance-retention"


@dataclass(frozen=True, slots=True)
class Retention:
    """Until when (UTC) a version must stay, and how strictly."""

    mode: Mode
    until: datetime


def retention_asked_for(headers: Mapping[str, str], now: datetime) -> Retention | None:
    """The retention in an upload's headers, or None. Raises InvalidArgument."""
    mode, until = headers.get(MODE), headers.get(UNTIL)
    if mode is None and until is None:
        return None
    if mode is None or until is None:
        raise InvalidArgument(
            f"{UNTIL} and {MODE} must both be supplied",
            ArgumentName=UNTIL if until is None else MODE,
        )
    if mode not in MODES:
        raise InvalidArgument("Unknown wormMode directive.", ArgumentName=MODE, ArgumentValue=mode)
    moment = iso_8601(until)
    if moment is None:
        raise InvalidArgument(
            "The retain until date must be provided in ISO 8601 format",
            ArgumentName=UNTIL,
            ArgumentValue=until,
        )
    check_future(moment, now, UNTIL, until)
    return Retention(cast(Mode, mode), moment)


def legal_hold_asked_for(headers: Mapping[str, str]) -> LegalHold:
    """The legal hold in an upload's headers. Raises InvalidArgument."""
    status = headers.get(HOLD, "")
    if HOLD in headers and status not in HOLDS:
        raise InvalidArgument(
            "Legal Hold must be either of 'ON' or 'OFF'", ArgumentName=HOLD, ArgumentValue=status
        )
    return cast(LegalHold, status)


def check_future(moment: datetime, now: datetime, name: str, value: str) -> None:
    """A retention can only begin before it ends. Raises InvalidArgument."""
    if moment <= now:
        raise InvalidArgument(
            "The retain until date must be in the future!", ArgumentName=name, ArgumentValue=value
        )


def check_enabled(enabled: bool, *, in_headers: bool = False) -> None:
    """Retention and legal hold need a bucket with Object Lock. Raises InvalidRequest.

    Of the headers of an upload S3 says it in other words:
    https://github.com/versity/versitygw/issues/1751.
    """
    if not enabled:
        name = "ObjectLockConfiguration" if in_headers else "Object Lock Configuration"
        raise InvalidRequest(f"Bucket is missing {name}")


def bypass_asked_for(headers: Mapping[str, str], enabled: bool) -> bool:
    """Does a delete ask to bypass governance mode? Raises InvalidArgument without Object Lock."""
    if BYPASS not in headers:
        return False
    if not enabled:
        raise InvalidArgument(
            f"{BYPASS} is only applicable to Object Lock enabled buckets.", ArgumentName=BYPASS
        )
    return bypasses(headers)


def bypasses(headers: Mapping[str, str]) -> bool:
    """Does the request bypass governance mode? The permission for it is asked elsewhere."""
    return headers.get(BYPASS, "").lower() == "true"


def check_delete(
    retention: Retention | None, hold: LegalHold, now: datetime, *, bypass: bool
) -> None:
    """May a version be deleted for good? Raises AccessDenied."""
    if hold == "ON" or (_active(retention, now) and not _bypassed(retention, bypass)):
        raise _locked()


def check_change(
    old: Retention | None, new: Retention | None, now: datetime, *, bypass: bool
) -> None:
    """May a version's retention become `new` (None: end)? Raises AccessDenied.

    It can always be extended; what shortens or weakens it needs the bypass, which only
    governance mode has.
    """
    if not _active(old, now) or _bypassed(old, bypass):
        return
    extended = new is not None and old is not None and new.mode == old.mode
    if not (extended and new is not None and old is not None and new.until >= old.until):
        raise _locked()


def default_until(days: int, years: int, now: datetime) -> datetime:
    """When a bucket's default retention ends for a version made `now`; a year is 365 days."""
    return now + timedelta(days=days + 365 * years)


def check_digest(headers: Mapping[str, str]) -> None:
    """An upload that will be retained must declare a digest of its body. Raises InvalidRequest."""
    declares = "content-md5" in headers or any(
        name.startswith("x-amz-checksum-") for name in headers
    )
    if not declares and "x-amz-trailer" not in headers:
        raise InvalidRequest(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
            "Object Lock parameters"
        )


def iso_8601(text: str) -> datetime | None:
    """The moment that an ISO 8601 time with a zone names, in UTC; None if it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def written(moment: datetime) -> str:
    """The moment as S3 writes it in headers and documents: ``2026-11-26T13:00:00.000Z``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _active(retention: Retention | None, now: datetime) -> bool:
    return retention is not None and now < retention.until


def _bypassed(retention: Retention | None, bypass: bool) -> bool:
    return bypass and retention is not None and retention.mode == "GOVERNANCE"


def _locked() -> AccessDenied:
    return AccessDenied("Access Denied because object protected by object lock.")
