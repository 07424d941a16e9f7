"""Lifecycle rules: what ends by itself as time goes by.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """One enabled rule. `abort_days`: days until an unfinished multipart upload is aborted."""

    prefix: str = ""
    abort_days: int | None = None


def due(since: datetime, days: int) -> datetime:
    """When something `days` old is due: the days are added, then rounded up to midnight UTC."""
    later = since + timedelta(days=days + 1)
    return later.replace(hour=0, minute=0, second=0, microsecond=0)


def upload_ends(rules: tuple[Rule, ...], key: str, initiated: datetime, now: datetime) -> bool:
    """True if an AbortIncompleteMultipartUpload rule has ended the upload by `now`."""
    return any(
        rule.abort_days is not None
        and key.startswith(rule.prefix)
        and now >= due(initiated, rule.abort_days)
        for rule in rules
    )
