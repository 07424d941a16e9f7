"""Conditional requests: If-Match and its relatives, on reading, writing, copying and deleting.

Sources: RFC 9110, section 13; "How to prevent object overwrites with conditional writes",
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html; "How to perform
conditional deletes", https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html;
the messages are those recorded on AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .errors import ConditionalRequestConflict, NoSuchKey, NotImplementedByS3, PreconditionFailed

OF_THE_SOURCE = "x-amz-copy-source-"


@dataclass(frozen=True, slots=True)
class State:
    """What a condition is compared with: an ETag without quotation marks, and a time in UTC."""

    etag: str
    modified: datetime


def not_modified(headers: Mapping[str, str], state: State, now: datetime) -> bool:
    """True if a read is to be answered 304. Raises PreconditionFailed (412).

    `headers` are by lower-case name.
    """
    _check_match(headers, state, "")
    return _unchanged(headers, state, now, "") is not None


def range_applies(headers: Mapping[str, str], state: State) -> bool:
    """False if If-Range names another state of the object, which is then served whole.

    Reported of S3, which does not document it: https://github.com/aws/aws-sdk-kotlin/issues/1645.
    What names a state is in RFC 9110, section 13.1.5: a strong ETag, or Last-Modified exactly.
    """
    named = headers.get("if-range")
    if named is None or named.strip('"') == state.etag:
        return True
    return http_date(named) == state.modified.replace(microsecond=0)


def check_source(headers: Mapping[str, str], state: State, now: datetime) -> None:
    """The conditions on the source of a copy. Raises PreconditionFailed: there is no 304."""
    _check_match(headers, state, OF_THE_SOURCE)
    condition = _unchanged(headers, state, now, OF_THE_SOURCE)
    if condition is not None:
        raise PreconditionFailed(Condition=condition)


def check_write(headers: Mapping[str, str], state: State | None, key: str) -> None:
    """Conditional writes; `state` is the current object's, None if there is none.

    Only ``If-None-Match: *`` and ``If-Match: etag`` exist. Raises PreconditionFailed, NoSuchKey
    (If-Match without an object), NotImplementedByS3 for other values.
    """
    none_match, match = headers.get("if-none-match"), headers.get("if-match")
    if none_match is not None and match is not None:
        raise NotImplementedByS3(
            Header="If-Match,If-None-Match",
            additionalMessage="Multiple conditional request headers present in the request",
        )
    if none_match is not None and none_match != "*":
        raise _other_value("If-None-Match")
    if match is not None and match == "*":
        raise _other_value("If-Match")
    if none_match is not None and state is not None:
        raise PreconditionFailed(Condition="If-None-Match")
    if match is not None:
        check_current(match, state, key)


def check_overtaken(headers: Mapping[str, str], key: str) -> None:
    """The key was written or deleted while a multipart upload to it was under way.

    A condition cannot be relied on then, even if it holds. Raises ConditionalRequestConflict.
    """
    for name in ("If-Match", "If-None-Match"):
        if name.lower() in headers:
            raise ConditionalRequestConflict(Condition=name, Key=key)


def check_delete(headers: Mapping[str, str], version_id: str | None) -> None:
    """A condition that a delete cannot have, whatever the object. Raises NotImplementedByS3."""
    if "if-match" in headers and version_id is not None:
        # "Conditional delete evaluations only apply to the current version of the object."
        raise NotImplementedByS3(Header="If-Match")


def check_current(match: str, state: State | None, key: str) -> None:
    """If-Match against the current object. Raises NoSuchKey, PreconditionFailed."""
    if state is None:
        raise NoSuchKey(Key=key)
    if match not in ("*", state.etag, f'"{state.etag}"'):
        raise PreconditionFailed(Condition="If-Match")


def _check_match(headers: Mapping[str, str], state: State, prefix: str) -> None:
    match = headers.get(f"{prefix}if-match")
    if match is not None:
        if not _contains(match, state.etag):
            raise PreconditionFailed(Condition=f"{prefix}If-Match")
        return
    since = http_date(headers.get(f"{prefix}if-unmodified-since"))
    if since and state.modified.replace(microsecond=0) > since:
        raise PreconditionFailed(Condition=f"{prefix}If-Unmodified-Since")


def _unchanged(headers: Mapping[str, str], state: State, now: datetime, prefix: str) -> str | None:
    """The condition that says that the client has this object already, or None."""
    none_match = headers.get(f"{prefix}if-none-match")
    if none_match is not None:
        return f"{prefix}If-None-Match" if _contains(none_match, state.etag) else None
    since = http_date(headers.get(f"{prefix}if-modified-since"))
    # A date in the future is not valid (RFC 9110, section 13.1.3).
    if since is None or since > now or state.modified.replace(microsecond=0) > since:
        return None
    return f"{prefix}If-Modified-Since"


def _other_value(header: str) -> NotImplementedByS3:
    return NotImplementedByS3(
        Header=header,
        additionalMessage=f"We don't accept the provided value of {header} header for this API",
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
