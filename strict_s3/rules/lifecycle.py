"""Lifecycle rules: what ends or moves by itself as time goes by.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html. Everything is due
at a midnight UTC. `lifecycle_document` reads and checks the XML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal, Protocol
from urllib.parse import quote

# From the warmest to the coldest: a transition leads only downwards.
TIERS = (
    *("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "INTELLIGENT_TIERING"),
    *("ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"),
)


class Version(Protocol):
    """What a rule looks at of an object's version or of a delete marker."""

    @property
    def key(self) -> str: ...
    @property
    def modified(self) -> datetime: ...
    @property
    def size(self) -> int: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def storage_class(self) -> str: ...
    @property
    def delete_marker(self) -> bool: ...
    def is_locked(self, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """Which objects a rule is for: all that its parts say must hold. Sizes are bytes."""

    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    larger_than: int | None = None
    smaller_than: int | None = None

    def covers(self, version: Version) -> bool:
        """True if the rule is for that version. A delete marker has neither tags nor a size."""
        if not version.key.startswith(self.prefix):
            return False
        if version.delete_marker:
            return not self.tags and self.larger_than is self.smaller_than is None
        return (
            all(version.tags.get(key) == value for key, value in self.tags)
            and (self.larger_than is None or version.size > self.larger_than)
            and (self.smaller_than is None or version.size < self.smaller_than)
        )


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an action is due: `days` after the beginning, or on a `date` (a midnight UTC)."""

    days: int | None = None
    date: datetime | None = None

    def after(self, since: datetime) -> datetime:
        """The moment for something that began at `since`; its next midnight at the earliest."""
        if self.date is not None:
            return max(self.date, due(since, 0))
        return due(since, self.days or 0)


@dataclass(frozen=True, slots=True)
class Transition:
    """A move to another storage class, for objects of at least `min_size` bytes."""

    storage_class: str
    deadline: Deadline
    newer_versions: int = 0  # noncurrent versions only: how many newer ones stay where they are
    min_size: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One enabled rule. `abort_days`: days until an unfinished multipart upload is aborted."""

    id: str = ""
    filter: Filter = Filter()
    expiration: Deadline | None = None
    expired_delete_marker: bool = False
    noncurrent_days: int | None = None
    newer_versions: int = 0  # noncurrent ones that are kept however old they are
    abort_days: int | None = None
    transitions: tuple[Transition, ...] = ()
    noncurrent_transitions: tuple[Transition, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is due at `at`.

    ``expire``: the current version is deleted as DeleteObject would, with a delete marker where
    there is versioning; ``remove``: the version is deleted for good; ``move``: it gets
    `storage_class`.
    """

    at: datetime
    action: Literal["expire", "remove", "move"]
    version: Version
    storage_class: str = ""


def due(since: datetime, days: int) -> datetime:
    """When something `days` old is due: the days are added, then rounded up to midnight UTC."""
    later = since + timedelta(days=days + 1)
    return later.replace(hour=0, minute=0, second=0, microsecond=0)


def next_step(
    rules: Sequence[Rule], versions: Sequence[Version], now: datetime, *, versioned: bool
) -> Step | None:
    """The earliest step that is due by `now` for one key's versions (oldest first), or None.

    Ask again after carrying it out: a version that has expired is the next one's beginning.
    Object Lock keeps what would be removed.
    """
    steps = [
        step
        for step in _steps(rules, versions, versioned)
        if step.at <= now and not (step.action == "remove" and step.version.is_locked(now))
    ]
    # An expiration comes before a transition of the same moment.
    return min(steps, key=lambda step: (step.at, step.action == "move"), default=None)


def _steps(rules: Sequence[Rule], versions: Sequence[Version], versioned: bool) -> Iterator[Step]:
    current = versions[-1]
    for rule in rules:
        if rule.filter.covers(current):
            if not current.delete_marker:
                yield from _of_current(rule, current)
            elif len(versions) == 1:
                yield from _of_lonely_marker(rule, current)
        if versioned:
            yield from _of_noncurrent(rule, versions)


def _of_current(rule: Rule, current: Version) -> Iterator[Step]:
    if rule.expiration is not None:
        yield Step(rule.expiration.after(current.modified), "expire", current)
    for transition in rule.transitions:
        yield from _move(transition, current, current.modified)


def _of_lonely_marker(rule: Rule, marker: Version) -> Iterator[Step]:
    """A delete marker with no version behind it ("expired object delete marker") hides nothing."""
    if rule.expiration is not None:
        yield Step(rule.expiration.after(marker.modified), "remove", marker)
    elif rule.expired_delete_marker:
        yield Step(due(marker.modified, 0), "remove", marker)


def _of_noncurrent(rule: Rule, versions: Sequence[Version]) -> Iterator[Step]:
    for place, version in enumerate(versions[:-1]):
        if not rule.filter.covers(version):
            continue
        since = versions[place + 1].modified  # since then it isn't the current one any more
        newer = len(versions) - 2 - place
        if rule.noncurrent_days is not None and newer >= rule.newer_versions:
            yield Step(due(since, rule.noncurrent_days), "remove", version)
        for transition in rule.noncurrent_transitions:
            if newer >= transition.newer_versions and not version.delete_marker:
                yield from _move(transition, version, since)


def _move(transition: Transition, version: Version, since: datetime) -> Iterator[Step]:
    colder = TIERS.index(transition.storage_class) > TIERS.index(version.storage_class)
    if colder and version.size >= transition.min_size:
        at = transition.deadline.after(since)
        yield Step(at, "move", version, transition.storage_class)


def upload_end(rules: Sequence[Rule], key: str, initiated: datetime) -> tuple[datetime, str] | None:
    """When a rule aborts an unfinished multipart upload, and the rule's id; None if none does."""
    ends = [
        (due(initiated, rule.abort_days), rule.id)
        for rule in rules
        if rule.abort_days is not None and key.startswith(rule.filter.prefix)
    ]
    return min(ends, key=lambda end: end[0], default=None)


def expiration(rules: Sequence[Rule], version: Version) -> str:
    """The value of ``x-amz-expiration`` for a current version; "" if no rule expires it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    ends = [
        (rule.expiration.after(version.modified), rule.id)
        for rule in rules
        if rule.expiration is not None and rule.filter.covers(version)
    ]
    if not ends:
        return ""
    at, rule_id = min(ends, key=lambda end: end[0])
    return f'expiry-date="{format_datetime(at, usegmt=True)}", rule-id="{quote(rule_id, safe="")}"'
