"""Lifecycle configurations: which ones S3 takes, in its own words where they are known.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
and messages reported from AWS.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Literal
from xml.etree.ElementTree import Element

from .documents import LIFECYCLE
from .errors import InvalidArgument, InvalidRequest, MalformedXML
from .lifecycle import TIERS, Deadline, Filter, Rule, Transition
from .tags import MAX_KEY, MAX_VALUE

MAX_ID = 255  # characters
MAX_SIZE = 1000 * 1024**4  # bytes, in a filter; more than an object can have
MAX_NEWER = 100  # noncurrent versions that a rule can keep
MIN_IA_DAYS = 30  # before an object may move to, and on from, an infrequent access class
SMALL = 128 * 1024  # bytes; objects below stay where they are, unless a rule's filter has a size
_INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
_SMALL_TOO = ("GLACIER", "DEEP_ARCHIVE")  # what takes small objects under varies_by_storage_class

MinimumSize = Literal["all_storage_classes_128K", "varies_by_storage_class"]
MINIMUM_SIZES: tuple[MinimumSize, ...] = ("all_storage_classes_128K", "varies_by_storage_class")


@dataclass(frozen=True)
class Lifecycle:
    """A configuration that S3 takes: its document, every rule with an ID, and the enabled rules."""

    document: Element
    rules: tuple[Rule, ...]


def parse_lifecycle(root: Element, minimum: str = MINIMUM_SIZES[0]) -> Lifecycle:
    """Check a LifecycleConfiguration. Raises MalformedXML, InvalidRequest, InvalidArgument.

    `minimum` is the header ``x-amz-transition-default-minimum-object-size``.
    """
    if minimum not in MINIMUM_SIZES:
        raise InvalidRequest(f"Invalid TransitionDefaultMinimumObjectSize found: {minimum}")
    document = LIFECYCLE.checked(root)
    elements = document.findall("Rule")
    if len({element.find("Filter") is None for element in elements}) > 1:
        raise InvalidRequest("Filter element can only be used in Lifecycle V2.")
    newer = next(document.iter("NewerNoncurrentVersions"), None)
    if newer is not None and document.find("Rule/Prefix") is not None:
        raise InvalidRequest("NewerNoncurrentVersions element can only be used in Lifecycle V2.")
    ids: set[str] = set()
    rules = []
    for element in elements:
        rule_id = _id(element)
        if rule_id in ids:
            raise _argument(
                "ID", rule_id, "Rule ID must be unique. Found same ID for more than one rule"
            )
        ids.add(rule_id)
        rule = _rule(element, rule_id, minimum)
        if element.findtext("Status") == "Enabled":
            rules.append(rule)
    return Lifecycle(document, tuple(rules))


def _id(element: Element) -> str:
    """The rule's ID; one is made, and written into the document, if it has none."""
    given = element.find("ID")
    if given is not None and given.text:
        if len(given.text) > MAX_ID:
            message = f"ID length should not exceed allowed limit of {MAX_ID}"
            raise _argument("ID", given.text, message)
        return given.text
    if given is None:
        given = Element("ID")
        element.insert(0, given)
    given.text = base64.b64encode(str(uuid.uuid4()).encode()).decode()
    return given.text


def _rule(element: Element, rule_id: str, minimum: str) -> Rule:
    which = _filter(element)
    names = {child.tag for child in element} - {"ID", "Filter", "Prefix", "Status"}
    if not names:
        raise InvalidRequest("At least one action needs to be specified in a rule")
    expiration, expired_marker = _expiration(element.find("Expiration"), which)
    noncurrent = element.find("NoncurrentVersionExpiration")
    rule = Rule(
        rule_id,
        which,
        expiration,
        expired_marker,
        None if noncurrent is None else _positive(noncurrent, "NoncurrentDays"),
        0 if noncurrent is None else _newer_versions(noncurrent),
        _abort_days(element.find("AbortIncompleteMultipartUpload"), which),
        tuple(_transition(e, which, minimum) for e in element.findall("Transition")),
        tuple(
            _transition(e, which, minimum) for e in element.findall("NoncurrentVersionTransition")
        ),
    )
    _check_order(rule)
    return rule


def _filter(element: Element) -> Filter:
    given = element.find("Filter")
    if (given is None) == (element.find("Prefix") is None):
        raise MalformedXML()
    if given is None:
        return Filter(element.findtext("Prefix") or "")
    if len(given) > 1:
        raise MalformedXML()
    several = given.find("And")
    if several is not None and len(several) < 2:
        raise MalformedXML()
    parts = given if several is None else several
    return Filter(
        parts.findtext("Prefix") or "",
        tuple(_tags(parts)),
        _size(parts, "ObjectSizeGreaterThan", 0),
        _size(parts, "ObjectSizeLessThan", 1, _size(parts, "ObjectSizeGreaterThan", 0)),
    )


def _tags(parts: Element) -> Iterator[tuple[str, str]]:
    keys = set()
    for tag in parts.findall("Tag"):
        key, value = tag.findtext("Key") or "", tag.findtext("Value") or ""
        if not 1 <= len(key) <= MAX_KEY:
            raise InvalidRequest(f"A Tag's Key must be a length between 1 and {MAX_KEY}.")
        if len(value) > MAX_VALUE:
            raise InvalidRequest(f"A Tag's Value must be a length between 0 and {MAX_VALUE}.")
        if key in keys:
            raise InvalidRequest("Duplicate Tag Keys are not allowed.")
        keys.add(key)
        yield key, value


def _size(parts: Element, name: str, least: int, above: int | None = None) -> int | None:
    text = parts.findtext(name)
    if text is None:
        return None
    if not least <= int(text) <= MAX_SIZE:
        raise InvalidRequest(f"'{name}' should be between {least} and {MAX_SIZE}.")
    if above is not None and int(text) <= above:
        raise InvalidRequest(f"'{name}' has to be a value greater than 'ObjectSizeGreaterThan'.")
    return int(text)


def _expiration(element: Element | None, which: Filter) -> tuple[Deadline | None, bool]:
    if element is None:
        return None, False
    if len(element) != 1:  # Date, Days and ExpiredObjectDeleteMarker exclude each other
        raise MalformedXML()
    marker = element.findtext("ExpiredObjectDeleteMarker")
    if marker is not None:
        _check_plain(which, "ExpiredObjectDeleteMarker")
        return None, marker == "true"
    if element.find("Days") is not None:
        return Deadline(_positive(element, "Days")), False
    return Deadline(date=_date(element)), False


def _abort_days(element: Element | None, which: Filter) -> int | None:
    if element is None:
        return None
    days = _positive(element, "DaysAfterInitiation")
    _check_plain(which, element.tag)
    return days


def _check_plain(which: Filter, action: str) -> None:
    """Some actions are for what has neither tags nor a size."""
    if which.tags:
        raise InvalidRequest(f"{action} cannot be specified with Tags.")
    if which.larger_than is not None or which.smaller_than is not None:
        raise InvalidRequest(f"{action} cannot be specified with Object Size.")


def _newer_versions(element: Element) -> int:
    if element.find("NewerNoncurrentVersions") is None:
        return 0
    return _positive(element, "NewerNoncurrentVersions", MAX_NEWER)


def _transition(element: Element, which: Filter, minimum: str) -> Transition:
    to = element.findtext("StorageClass") or ""
    if to not in TIERS[2:]:
        message = f"Invalid target Storage class for {element.tag} action"
        raise _argument("StorageClass", to, message)
    sized = which.larger_than is not None or which.smaller_than is not None
    small_too = sized or (minimum == "varies_by_storage_class" and to in _SMALL_TOO)
    min_size = 0 if small_too else SMALL
    if element.tag == "NoncurrentVersionTransition":
        days = _nonnegative(element, "NoncurrentDays", to)
        return Transition(to, Deadline(days), _newer_versions(element), min_size)
    if len(element) != 2:  # StorageClass, and either Date or Days
        raise MalformedXML()
    if element.find("Days") is not None:
        return Transition(to, Deadline(_nonnegative(element, "Days", to)), min_size=min_size)
    return Transition(to, Deadline(date=_date(element)), min_size=min_size)


def _positive(element: Element, name: str, most: int | None = None) -> int:
    text = element.findtext(name) or "0"
    if int(text) < 1 or (most is not None and int(text) > most):
        kind = "a positive integer" if most is None else f"an integer between 1 and {most}"
        raise _argument(name, text, f"'{name}' for {element.tag} action must be {kind}")
    return int(text)


def _nonnegative(element: Element, name: str, to: str) -> int:
    text = element.findtext(name) or "0"
    if int(text) < 0:
        raise _argument(name, text, f"'{name}' in {element.tag} action must be nonnegative")
    if to in _INFREQUENT and int(text) < MIN_IA_DAYS:
        raise _argument(
            name,
            text,
            f"'{name}' in {element.tag} action must be greater than or equal to {MIN_IA_DAYS} for "
            f"storageClass '{to}'",
        )
    return int(text)


def _date(element: Element) -> datetime:
    text = element.findtext("Date") or ""
    try:
        date = datetime.fromisoformat(text)
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedXML() from None
    if date != date.replace(hour=0, minute=0, second=0, microsecond=0):
        raise _argument("Date", text, "'Date' must be at midnight GMT")
    return date


def _check_order(rule: Rule) -> None:
    """Objects get colder, and end last."""
    where = f"filter '{_in_words(rule.filter)}'"
    kinds: tuple[tuple[str, tuple[Transition, ...], Deadline | None], ...] = (
        ("", rule.transitions, rule.expiration),
        (
            "NoncurrentVersion",
            rule.noncurrent_transitions,
            None if rule.noncurrent_days is None else Deadline(rule.noncurrent_days),
        ),
    )
    for kind, transitions, end in kinds:
        for first, second in combinations(transitions, 2):
            _check_pair(first, second, f"{kind}Transition", where)
        for transition in transitions if end else ():
            _check_end(transition.deadline, end, kind, where)


def _check_pair(first: Transition, second: Transition, action: str, where: str) -> None:
    if first.storage_class == second.storage_class:
        raise InvalidRequest(
            f"'StorageClass' must be different for '{action}' actions in same 'Rule' with {where}"
        )
    if (first.deadline.date is None) != (second.deadline.date is None):
        raise InvalidRequest(
            f"Found mixed 'Date' and 'Days' based {action} actions in lifecycle rule for {where}"
        )
    warm, cold = sorted((first, second), key=lambda t: TIERS.index(t.storage_class))
    name, text, days = _compared(cold.deadline, warm.deadline, action)
    of_cold = f"'{name}' in the '{action}' action for StorageClass '{cold.storage_class}' for"
    of_warm = f"in the '{action}' action for StorageClass '{warm.storage_class}'"
    if days <= 0:
        raise _argument(
            name,
            text,
            f"{of_cold} {where} must be greater than '{name}' {of_warm} for {where}",
        )
    if warm.storage_class in _INFREQUENT and days < MIN_IA_DAYS:
        raise _argument(
            name, text, f"{of_cold} {where} must be {MIN_IA_DAYS} days more than '{name}' {of_warm}"
        )


def _check_end(move: Deadline, end: Deadline | None, kind: str, where: str) -> None:
    assert end is not None
    if (move.date is None) != (end.date is None):
        raise InvalidRequest(
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle "
            f"rule for {where}"
        )
    name, text, days = _compared(end, move, f"{kind}Transition")
    if days <= 0:
        raise _argument(
            name,
            text,
            f"'{name}' in the {kind}Expiration action for {where} must be greater than '{name}' in "
            f"the {kind}Transition action",
        )


def _compared(later: Deadline, earlier: Deadline, action: str) -> tuple[str, str, int]:
    """What is compared, the later one's value, and how many days it is later."""
    if later.date is not None and earlier.date is not None:
        return "Date", f"{later.date:%Y-%m-%dT%H:%M:%SZ}", (later.date - earlier.date).days
    name = "NoncurrentDays" if action.startswith("Noncurrent") else "Days"
    return name, str(later.days), (later.days or 0) - (earlier.days or 0)


def _in_words(which: Filter) -> str:
    """The filter as S3's messages write it: ``(prefix=logs/ and tag={key=a, value=b})``."""
    parts = [f"prefix={which.prefix}"] if which.prefix else []
    parts += [f"tag={{key={key}, value={value}}}" for key, value in which.tags]
    if which.larger_than is not None:
        parts.append(f"objectsizegreaterthan={which.larger_than}")
    if which.smaller_than is not None:
        parts.append(f"objectsizelessthan={which.smaller_than}")
    return f"({' and '.join(parts) or 'prefix='})"


def _argument(name: str, value: str, message: str) -> InvalidArgument:
    return InvalidArgument(message, ArgumentName=name, ArgumentValue=value)
