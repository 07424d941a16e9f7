"""Conditional requests: If-Match and its relatives, on reading, writing and copying.

Sources: RFC 9110, section 13; "How to prevent object overwrites with conditional writes",
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html; the messages are
those recorded on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .errors import NoSuchKey, NotImplementedByS3, PreconditionFailed


@dataclass(frozen=True, slots=True)
class State:
    """What a condition is compared with: an ETag without quotation marks, and a time in UTC."""

    etag: str
    modified: datetime


def not_modified(headers: Mapping[str, str], state: State, prefix: str = "") -> bool:
    """True if a read is to be answered 304. Raises PreconditionFailed (412).

    `headers` are by lower-case name; `prefix` is ``x-amz-copy-source-`` for the source of a copy,
    where 304 does not exist: its caller answers 412 for True.
    """
    modified = state.modified.replace(microsecond=0)
    match = headers.get(f"{prefix}if-match")
    none_match = headers.get(f"{prefix}if-none-match")
    if match is not None:
        if not _contains(match, state.etag):
            raise PreconditionFailed(Condition=f"{prefix}If-Match")
    else:
        since = http_date(headers.get(f"{prefix}if-unmodified-since"))
        if since and modified > since:
            raise PreconditionFailed(Condition=f"{prefix}If-Unmodified-Since")
    if none_match is not None:
        return _contains(none_match, state.etag)
    since = http_date(headers.get(f"{prefix}if-modified-since"))
    return since is not None and modified <= since


def check_write(headers: Mapping[str, str], state: State | None, key: str) -> None:
    """Conditional writes; `state` is the current object's, None if there is none.

    Only ``If-None-Match: *`` and ``If-Match: etag`` exist. Raises PreconditionFailed, NoSuchKey
    (If-Match without an object), NotImplementedByS3 for other values.
    """
    none_match, match = headers.get("if-none-match"), headers.get("if-match")
    if none_match is not None and none_match != "*":
        raise _other_value("If-None-Match")
    if match is not None and match == "*":
        raise _other_value("If-Match")
    if none_match is not None and match is not None:
        raise NotImplementedByS3(
            Header="If-Match,If-None-Match",
            additionalMessage="Multiple conditional request headers present in the request",
        )
    if none_match is not None and state is not None:
        raise PreconditionFailed(Condition="If-None-Match")
    if match is not None:
        if state is None:
            raise NoSuchKey(Key=key)
        if match.strip('"') != state.etag:
            raise PreconditionFailed(Condition="If-Match")


def _other_value(header: str) -> NotImplementedByS3:
    return NotImplementedByS3(
        Header=header, additionalMessage="We don't accept the provided value."
    )


def _contains(listed: str, etag: str) -> bool:
    """True if a list of ETags has this one, or is ``*``."""
    tags = [tag.strip() for tag in listed.split(",")]
    return any(tag == "*" or tag.removeprefix("W/").strip('"') == etag for tag in tags)


def http_date(text: str | None) -> datetime | None:
    """The moment that an HTTP date names, in UTC; None for no text or no date."""
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, OverflowError):
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
