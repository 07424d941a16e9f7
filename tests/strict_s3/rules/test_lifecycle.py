"""Lifecycle rules: which S3 takes, and what they make due at a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import fromstring, tostring

import pytest

from strict_s3.rules.errors import S3Error
from strict_s3.rules.lifecycle import (
    Deadline,
    Filter,
    Rule,
    Transition,
    due,
    expiration,
    next_step,
    upload_end,
)
from strict_s3.rules.lifecycle_document import parse_lifecycle

MIDNIGHT = datetime(2026, 11, 26, tzinfo=UTC)
NOON = MIDNIGHT + timedelta(hours=12)
DAY = timedelta(days=1)


@dataclass(eq=False)
class Thing:
    """A version, as far as a rule looks at it."""

    key: str = "k"
    modified: datetime = NOON
    size: int = 5
    tags: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    delete_marker: bool = False
    locked: bool = False

    def is_locked(self, now: datetime) -> bool:
        return self.locked


def step(*rules: Rule, versions=None, now=MIDNIGHT + 99 * DAY, versioned=True):
    found = next_step(rules, versions or [Thing()], now, versioned=versioned)
    return found and (found.action, found.at)


# When.


@pytest.mark.parametrize(
    ("since", "days", "expected"),
    [
        (NOON, 3, MIDNIGHT + 4 * DAY),
        (MIDNIGHT, 3, MIDNIGHT + 4 * DAY),
        (MIDNIGHT - timedelta(microseconds=1), 3, MIDNIGHT + 3 * DAY),
        (NOON, 0, MIDNIGHT + DAY),
    ],
)
def test_days_end_at_the_next_midnight(since, days, expected):
    assert due(since, days) == expected


def test_a_date_that_has_passed_is_due_at_the_next_midnight():
    assert Deadline(date=MIDNIGHT + 9 * DAY).after(NOON) == MIDNIGHT + 9 * DAY
    assert Deadline(date=MIDNIGHT - 9 * DAY).after(NOON) == MIDNIGHT + DAY


def test_nothing_is_due_before_its_moment():
    rule = Rule(expiration=Deadline(1))
    moment = MIDNIGHT + 2 * DAY
    assert step(rule, now=moment - timedelta(microseconds=1)) is None
    assert step(rule, now=moment) == ("expire", moment)


# For which objects.


@pytest.mark.parametrize(
    ("which", "thing", "covered"),
    [
        (Filter(), Thing(), True),
        (Filter("k"), Thing(), True),
        (Filter("kk"), Thing(), False),
        (Filter(tags=(("a", "1"),)), Thing(tags={"a": "1", "b": "2"}), True),
        (Filter(tags=(("a", "1"),)), Thing(tags={"a": "2"}), False),
        (Filter(tags=(("a", "1"), ("b", "2"))), Thing(tags={"a": "1"}), False),
        (Filter(larger_than=4), Thing(size=5), True),
        (Filter(larger_than=5), Thing(size=5), False),
        (Filter(smaller_than=6), Thing(size=5), True),
        (Filter(smaller_than=5), Thing(size=5), False),
        (Filter("k"), Thing(delete_marker=True), True),
        (Filter(smaller_than=5), Thing(size=0, delete_marker=True), False),
        (Filter(tags=(("a", "1"),)), Thing(tags={"a": "1"}, delete_marker=True), False),
    ],
)
def test_filters(which, thing, covered):
    assert which.covers(thing) is covered


# Steps.


def test_a_delete_marker_is_removed_when_it_is_alone():
    marker = Thing(delete_marker=True)
    for rule in (Rule(expired_delete_marker=True), Rule(expiration=Deadline(1))):
        assert step(rule, versions=[Thing(), marker]) is None
        days = 1 if rule.expired_delete_marker else 2
        assert step(rule, versions=[marker]) == ("remove", MIDNIGHT + days * DAY)
    assert step(Rule(abort_days=1), versions=[marker]) is None


def test_an_older_version_ages_from_when_it_was_replaced():
    old, new = Thing(modified=NOON - 50 * DAY), Thing()
    rule = Rule(noncurrent_days=2)
    assert step(rule, versions=[old, new]) == ("remove", MIDNIGHT + 3 * DAY)
    assert step(rule, versions=[old, new], versioned=False) is None
    assert step(rule, versions=[new]) is None


def test_newer_versions_are_kept():
    versions = [Thing(modified=NOON + n * DAY) for n in range(4)]
    rule = Rule(noncurrent_days=1, newer_versions=2)
    found = next_step([rule], versions, MIDNIGHT + 99 * DAY, versioned=True)
    assert found is not None
    assert found.version is versions[0]
    assert step(rule, versions=versions[1:]) is None


def test_a_locked_version_stays():
    old = Thing(locked=True)
    assert step(Rule(noncurrent_days=1), versions=[old, Thing()]) is None
    # An expiration removes nothing: it hides the version behind a delete marker.
    assert step(Rule(expiration=Deadline(1)), versions=[old]) is not None


def test_the_earliest_step_comes_first_and_an_expiration_before_a_transition():
    rule = Rule(
        expiration=Deadline(5),
        transitions=(Transition("GLACIER", Deadline(5)), Transition("GLACIER_IR", Deadline(4))),
    )
    assert step(rule) == ("move", MIDNIGHT + 5 * DAY)
    moved = Thing(storage_class="GLACIER_IR")
    assert step(rule, versions=[moved]) == ("expire", MIDNIGHT + 6 * DAY)


@pytest.mark.parametrize(
    ("thing", "moves"),
    [
        (Thing(size=10), True),
        (Thing(size=9), False),
        (Thing(size=10, storage_class="STANDARD_IA"), True),
        (Thing(size=10, storage_class="GLACIER_IR"), False),
        (Thing(size=10, storage_class="DEEP_ARCHIVE"), False),
        (Thing(size=10, delete_marker=True), False),
    ],
)
def test_objects_get_colder_only(thing, moves):
    rule = Rule(transitions=(Transition("GLACIER_IR", Deadline(0), min_size=10),))
    assert (step(rule, versions=[thing]) is not None) is moves


def test_older_versions_move_too():
    move = Transition("GLACIER", Deadline(2), newer_versions=1)
    rule = Rule(noncurrent_transitions=(move,))
    versions = [Thing(), Thing(modified=NOON + DAY), Thing(modified=NOON + 2 * DAY)]
    found = next_step([rule], versions, MIDNIGHT + 99 * DAY, versioned=True)
    assert found is not None
    assert (found.version, found.at) == (versions[0], MIDNIGHT + 4 * DAY)
    assert step(rule, versions=versions[1:]) is None


def test_the_end_of_an_upload():
    rules = [Rule("a", Filter("k"), abort_days=3), Rule("b", abort_days=2), Rule("c")]
    assert upload_end(rules, "key", NOON) == (MIDNIGHT + 3 * DAY, "b")
    assert upload_end(rules[:1], "key", NOON) == (MIDNIGHT + 4 * DAY, "a")
    assert upload_end(rules[:1], "other", NOON) is None


def test_the_header_names_the_rule_that_comes_first():
    rules = [
        Rule("late", expiration=Deadline(9)),
        Rule("öne / two", expiration=Deadline(1)),
        Rule("same day", expiration=Deadline(1)),
        Rule("others", Filter("x"), expiration=Deadline(0)),
    ]
    assert expiration(rules, Thing()) == (
        'expiry-date="Sat, 28 Nov 2026 00:00:00 GMT", rule-id="%C3%B6ne%20%2F%20two"'
    )
    assert expiration(rules[3:], Thing()) == ""
    assert expiration([Rule(expired_delete_marker=True)], Thing()) == ""


# Documents.

DAYS = "<Expiration><Days>7</Days></Expiration>"


def rule(actions=DAYS, which="<Filter><Prefix>a/</Prefix></Filter>", name="r", status="Enabled"):
    identity = f"<ID>{name}</ID>" if name else ""
    return f"<Rule>{identity}{which}<Status>{status}</Status>{actions}</Rule>"


def parse(*rules: str, **more: str):
    root = f"<LifecycleConfiguration>{''.join(rules)}</LifecycleConfiguration>"
    return parse_lifecycle(fromstring(root), **more)


def refused(*rules: str, **more: str) -> tuple[str, str]:
    with pytest.raises(S3Error) as caught:
        parse(*rules, **more)
    return caught.value.code, caught.value.message


def test_a_configuration_with_everything():
    which = (
        "<Filter><And><Prefix>a/</Prefix><Tag><Key>t</Key><Value>v</Value></Tag>"
        "<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9"
        "</ObjectSizeLessThan></And></Filter>"
    )
    actions = (
        "<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"
        "<Transition><Days>60</Days><StorageClass>GLACIER</StorageClass></Transition>"
        "<Expiration><Days>61</Days></Expiration>"
        "<NoncurrentVersionTransition><NoncurrentDays>0</NoncurrentDays><NewerNoncurrentVersions>1"
        "</NewerNoncurrentVersions><StorageClass>GLACIER</StorageClass>"
        "</NoncurrentVersionTransition>"
        "<NoncurrentVersionExpiration><NoncurrentDays>2</NoncurrentDays><NewerNoncurrentVersions>"
        "3</NewerNoncurrentVersions></NoncurrentVersionExpiration>"
    )
    parsed = parse(rule(actions, which))
    assert parsed.rules == (
        Rule(
            "r",
            Filter("a/", (("t", "v"),), 1, 9),
            Deadline(61),
            noncurrent_days=2,
            newer_versions=3,
            transitions=(
                Transition("STANDARD_IA", Deadline(30)),
                Transition("GLACIER", Deadline(60)),
            ),
            noncurrent_transitions=(Transition("GLACIER", Deadline(0), 1),),
        ),
    )


def test_rules_that_are_disabled_are_kept_and_do_nothing():
    parsed = parse(rule(name="on"), rule(name="off", status="Disabled"))
    assert [one.id for one in parsed.rules] == ["on"]
    assert len(parsed.document) == 2


def test_a_rule_without_an_id_gets_one():
    parsed = parse(rule(name=""), rule(name=""))
    first, second = (one.id for one in parsed.rules)
    assert first != second
    assert len(first) == 48
    assert f"<ID>{first}</ID>".encode() in tostring(parsed.document)


@pytest.mark.parametrize(
    ("minimum", "to", "which", "expected"),
    [
        ("all_storage_classes_128K", "GLACIER", "<Filter/>", 131072),
        ("varies_by_storage_class", "GLACIER", "<Filter/>", 0),
        ("varies_by_storage_class", "GLACIER_IR", "<Filter/>", 131072),
        (
            "all_storage_classes_128K",
            "GLACIER_IR",
            "<Filter><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan></Filter>",
            0,
        ),
    ],
)
def test_small_objects_stay_unless_they_are_meant(minimum, to, which, expected):
    move = f"<Transition><Days>1</Days><StorageClass>{to}</StorageClass></Transition>"
    parsed = parse(rule(move, which), minimum=minimum)
    assert parsed.rules[0].transitions[0].min_size == expected


def expire(inner: str) -> str:
    return rule(f"<Expiration>{inner}</Expiration>")


def filtered(inner: str, actions: str = DAYS) -> str:
    return rule(actions, f"<Filter>{inner}</Filter>")


TAG = "<Tag><Key>t</Key><Value>v</Value></Tag>"
MARKER = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
ABORT = (
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload>"
)
SIZED = "<ObjectSizeGreaterThan>{}</ObjectSizeGreaterThan>"
BOTH = "<And>" + SIZED + "<ObjectSizeLessThan>{}</ObjectSizeLessThan></And>"


@pytest.mark.parametrize(
    "body",
    [
        "",
        rule(which=""),
        rule(which="<Prefix>a</Prefix><Filter><Prefix>a</Prefix></Filter>"),
        rule(status="enabled"),
        expire(""),
        expire("<Days>1</Days><Date>2026-11-26T00:00:00Z</Date>"),
        expire("<Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"),
        expire("<Days>1</Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker>"),
        expire("<Days>one</Days>"),
        expire("<Days>2147483648</Days>"),
        expire("<Date>tomorrow</Date>"),
        rule("<NoncurrentVersionExpiration/>"),
        rule("<AbortIncompleteMultipartUpload/>"),
        rule("<Transition><Days>1</Days></Transition>"),
        rule("<Transition><StorageClass>GLACIER</StorageClass></Transition>"),
        rule("<Transition><Days>1</Days><StorageClass>COLD</StorageClass></Transition>"),
        filtered("<Prefix>a</Prefix>" + TAG),
        filtered("<Prefix></Prefix>" + SIZED.format(500)),
        filtered("<And><Prefix>test</Prefix></And>"),
        filtered("<And><Prefix>test</Prefix></And><Prefix/>"),
        filtered(TAG * 2),
        rule() * 1001,
    ],
)
def test_documents_of_no_such_shape(body):
    assert refused(body)[0] == "MalformedXML"


NEWER = "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>{}</NewerNoncurrentVersions>"
POSITIVE = "'{}' for {} action must be a positive integer"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (rule(""), "InvalidRequest", "At least one action needs to be specified in a rule"),
        (
            rule(name="x" * 256),
            "InvalidArgument",
            "ID length should not exceed allowed limit of 255",
        ),
        (
            rule() + rule(which="<Filter/>"),
            "InvalidArgument",
            "Rule ID must be unique. Found same ID for more than one rule",
        ),
        (
            rule() + rule(name="q", which="<Prefix>a</Prefix>"),
            "InvalidRequest",
            "Filter element can only be used in Lifecycle V2.",
        ),
        (
            rule(
                f"<NoncurrentVersionExpiration>{NEWER.format(1)}</NoncurrentVersionExpiration>",
                "<Prefix>a</Prefix>",
            ),
            "InvalidRequest",
            "NewerNoncurrentVersions element can only be used in Lifecycle V2.",
        ),
        (
            rule(f"<NoncurrentVersionExpiration>{NEWER.format(101)}</NoncurrentVersionExpiration>"),
            "InvalidArgument",
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be an integer "
            "between 1 and 100",
        ),
        (expire("<Days>0</Days>"), "InvalidArgument", POSITIVE.format("Days", "Expiration")),
        (expire("<Days>-1</Days>"), "InvalidArgument", POSITIVE.format("Days", "Expiration")),
        (
            expire("<Date>2023-01-01T02:02:00Z</Date>"),
            "InvalidArgument",
            "'Date' must be at midnight GMT",
        ),
        (
            rule(ABORT.replace(">1<", ">0<")),
            "InvalidArgument",
            POSITIVE.format("DaysAfterInitiation", "AbortIncompleteMultipartUpload"),
        ),
        (
            rule(
                "<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays>"
                "</NoncurrentVersionExpiration>"
            ),
            "InvalidArgument",
            POSITIVE.format("NoncurrentDays", "NoncurrentVersionExpiration"),
        ),
        (
            filtered(TAG, MARKER),
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Tags.",
        ),
        (
            filtered(SIZED.format(1), MARKER),
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Object Size.",
        ),
        (
            filtered(TAG, ABORT),
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Tags.",
        ),
        (
            filtered(f"<And>{TAG}{TAG}</And>"),
            "InvalidRequest",
            "Duplicate Tag Keys are not allowed.",
        ),
        (
            filtered(TAG.replace(">t<", "><")),
            "InvalidRequest",
            "A Tag's Key must be a length between 1 and 128.",
        ),
        (
            filtered(SIZED.format(-1)),
            "InvalidRequest",
            "'ObjectSizeGreaterThan' should be between 0 and 1099511627776000.",
        ),
        (
            filtered(BOTH.format(5, 5)),
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ),
    ],
)
def test_what_s3_does_not_take(body, code, message):
    assert refused(body) == (code, message)


def move(to="GLACIER", days=10, kind="Transition"):
    name = "NoncurrentDays" if kind.startswith("Noncurrent") else "Days"
    return f"<{kind}><{name}>{days}</{name}><StorageClass>{to}</StorageClass></{kind}>"


def noncurrent(days):
    return (
        f"<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays>"
        "</NoncurrentVersionExpiration>"
    )


ON_A_DATE = "<Date>2027-01-01T00:00:00Z</Date>"


@pytest.mark.parametrize(
    ("actions", "code", "message"),
    [
        (
            move("STANDARD"),
            "InvalidArgument",
            "Invalid target Storage class for Transition action",
        ),
        (move(days=-1), "InvalidArgument", "'Days' in Transition action must be nonnegative"),
        (
            move("STANDARD_IA", 29),
            "InvalidArgument",
            "'Days' in Transition action must be greater than or equal to 30 for storageClass "
            "'STANDARD_IA'",
        ),
        (
            move() + move(days=20),
            "InvalidRequest",
            "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter "
            "'(prefix=a/)'",
        ),
        (
            move() + move("DEEP_ARCHIVE").replace("<Days>10</Days>", ON_A_DATE),
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter "
            "'(prefix=a/)'",
        ),
        (
            move() + f"<Expiration>{ON_A_DATE}</Expiration>",
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle "
            "rule for filter '(prefix=a/)'",
        ),
        (
            move(days=7) + DAYS,
            "InvalidArgument",
            "'Days' in the Expiration action for filter '(prefix=a/)' must be greater than 'Days' "
            "in the Transition action",
        ),
        (
            move(days=7, kind="NoncurrentVersionTransition") + noncurrent(7),
            "InvalidArgument",
            "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=a/)' "
            "must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action",
        ),
        (
            move("DEEP_ARCHIVE") + move("GLACIER"),
            "InvalidArgument",
            "'Days' in the 'Transition' action for StorageClass 'DEEP_ARCHIVE' for filter "
            "'(prefix=a/)' must be greater than 'Days' in the 'Transition' action for StorageClass "
            "'GLACIER' for filter '(prefix=a/)'",
        ),
        (
            move("STANDARD_IA", 30) + move("GLACIER", 59),
            "InvalidArgument",
            "'Days' in the 'Transition' action for StorageClass 'GLACIER' for filter '(prefix=a/)' "
            "must be 30 days more than 'Days' in the 'Transition' action for StorageClass "
            "'STANDARD_IA'",
        ),
    ],
)
def test_objects_get_colder_in_order(actions, code, message):
    assert refused(rule(actions)) == (code, message)


@pytest.mark.parametrize(
    "actions",
    [
        move("GLACIER", 0),
        move("STANDARD_IA", 30) + move("GLACIER", 60),
        move("DEEP_ARCHIVE", 11) + move("GLACIER", 10),
        move(days=6) + DAYS,
        move(days=6, kind="NoncurrentVersionTransition") + noncurrent(7),
        f"<Expiration>{ON_A_DATE}</Expiration>",
        "<Expiration><Date>2027-01-01</Date></Expiration>",
        "<Expiration><Date>2027-01-01T01:00:00+01:00</Date></Expiration>",
        MARKER + ABORT + noncurrent(1),
    ],
)
def test_what_s3_just_takes(actions):
    assert len(parse(rule(actions, name="x" * 255)).rules) == 1


def test_a_filter_in_a_message():
    which = f"<And><Prefix>a/</Prefix>{TAG}" + BOTH.format(1, 9).removeprefix("<And>")
    _, message = refused(filtered(which, move() + move()))
    words = "(prefix=a/ and tag={key=t, value=v} and objectsizegreaterthan=1 and "
    assert f"'{words}objectsizelessthan=9)'" in message
    assert "'(prefix=)'" in refused(rule(move() + move(), "<Filter/>"))[1]


def test_the_minimum_size_has_two_values():
    message = "Invalid TransitionDefaultMinimumObjectSize found: value"
    assert refused(rule(), minimum="value") == ("InvalidRequest", message)
