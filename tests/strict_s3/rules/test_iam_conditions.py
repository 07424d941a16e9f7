"""Condition operators: what holds, the nearest value that does not, and keys that are missing."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strict_s3.rules.iam_conditions import Operator, arn_matches, parse_date, wildcard

BOB = "arn:aws:iam::111122223333:user/bob"
FAMILIES = {
    "StringEquals": ("a", "b"),
    "StringEqualsIgnoreCase": ("a", "b"),
    "StringLike": ("a*", "b"),
    "NumericEquals": ("5", "6"),
    "DateEquals": ("2026-01-01", "2026-01-02"),
    "IpAddress": ("10.0.0.0/8", "192.0.2.1"),
    "ArnEquals": (BOB, BOB + "by"),
    "ArnLike": ("arn:aws:iam::*:user/bob", BOB + "by"),
}
NEGATED = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}


def holds(operator: str, wanted: str | list[str], have: str | list[str] | None) -> bool:
    def as_list(value):
        return [value] if isinstance(value, str) else value

    return Operator(operator).holds(as_list(have), as_list(wanted))


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "", "", True),
        ("StringEqualsIgnoreCase", "Photos/", "pHOTOS/", True),
        ("StringEqualsIgnoreCase", "Photos/", "photos", False),
        ("StringLike", "home/*", "home/ann/x", True),
        ("StringLike", "home/*", "Home/ann/x", False),
        ("StringLike", "home/*", "home", False),
        ("StringLike", "home/?", "home/a", True),
        ("StringLike", "home/?", "home/ab", False),
        ("StringLike", "a.c", "abc", False),
        ("StringLike", "a*", "a\nb", True),
        ("NumericEquals", "10", "10.0", True),
        ("NumericEquals", "0.1", "0.10", True),
        # Numbers beyond a float's 53 bits still differ.
        ("NumericEquals", "9007199254740993", "9007199254740992", False),
        ("NumericLessThan", "5", "4", True),
        ("NumericLessThan", "5", "5", False),
        ("NumericLessThan", "10", "9", True),  # as text, "9" comes after "10"
        ("NumericLessThanEquals", "5", "5", True),
        ("NumericLessThanEquals", "5", "5.01", False),
        ("NumericGreaterThan", "900000", "900001", True),
        ("NumericGreaterThan", "900000", "900000", False),
        ("NumericGreaterThanEquals", "900000", "900000", True),
        ("NumericGreaterThanEquals", "900000", "899999", False),
        ("NumericGreaterThan", "-5", "-4", True),
        # What is no number is neither less nor greater.
        ("NumericLessThan", "5", "none", False),
        ("NumericGreaterThanEquals", "5", "none", False),
        ("NumericEquals", "5", "nan", False),
        ("NumericEquals", "1000", "1_000", False),
        ("DateEquals", "1767225600", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", True),
        ("DateEquals", "2026-01-01T01:00:00", "2026-01-01T00:00:00Z", False),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", False),
        ("DateGreaterThan", "1767225600", "2026-01-01T00:00:01Z", True),
        ("DateGreaterThan", "1767225600", "2026-01-01T00:00:00Z", False),
        ("DateGreaterThanEquals", "1767225600", "1767225600", True),
        ("DateGreaterThanEquals", "1767225600", "1767225599", False),
        ("DateLessThan", "1767225600", "yesterday", False),
        ("Bool", "true", "True", True),
        ("Bool", "false", "true", False),
        ("Bool", "true", "yes", False),
        ("BinaryEquals", "QQ==", "QQ==", True),
        ("BinaryEquals", "QQ==", "Qg==", False),
        ("IpAddress", "203.0.113.0/24", "203.0.113.255", True),
        ("IpAddress", "203.0.113.0/24", "203.0.114.0", False),
        ("IpAddress", "203.0.113.7", "203.0.113.7", True),
        ("IpAddress", "203.0.113.7", "203.0.113.8", False),
        ("IpAddress", "203.0.113.77/24", "203.0.113.1", True),
        ("IpAddress", "0.0.0.0/0", "198.51.100.1", True),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
        ("IpAddress", "2001:db8::/32", "2001:DB8:0::1", True),
        ("IpAddress", "2001:db8::/32", "2001:db9::1", False),
        ("IpAddress", ["10.0.0.0/8", "2001:db8::1"], "2001:db8::1", True),
        ("IpAddress", "0.0.0.0/0", "unknown", False),
        ("ArnLike", "arn:aws:iam::*:user/*", BOB, True),
        ("ArnLike", "arn:aws:iam::*:user/B*", BOB, False),
        ("ArnLike", "arn:aws:iam::11112222333?:user/bob", BOB, True),
        ("ArnEquals", "arn:aws:iam::*:user/*", BOB, True),
        ("ArnEquals", "arn:aws:iam::*:role/*", BOB, False),
        # The last part may hold colons and slashes; a star in an earlier part stays there.
        ("ArnLike", "arn:aws:sns:eu-west-1:1:*", "arn:aws:sns:eu-west-1:1:t:sub/x", True),
        ("ArnLike", "arn:aws:*:user/bob", BOB, False),
        ("ArnLike", "arn:*:1:t", "arn:aws:sns:eu-west-1:1:t", False),
        ("ArnLike", "arn:aws:iam::*:bob", "arn:aws:iam::1:user:bob", False),
        ("ArnLike", "*", BOB, False),
        ("Null", "true", None, True),
        ("Null", "true", "x", False),
        ("Null", "false", "x", True),
        ("Null", "false", None, False),
        ("Null", "true", [], True),
        ("Null", ["true", "false"], "x", True),
    ],
)
def test_operators(operator, wanted, have, expected):
    assert holds(operator, wanted, have) is expected


@pytest.mark.parametrize("family", FAMILIES)
def test_a_negated_operator_says_the_opposite_but_for_missing_keys(family):
    wanted, other = FAMILIES[family]
    inside = {"IpAddress": "10.1.2.3", "ArnLike": BOB, "StringLike": "ab"}.get(family, wanted)
    negated = NEGATED[family]
    assert [holds(family, wanted, v) for v in (inside, other, None)] == [True, False, False]
    assert [holds(negated, wanted, v) for v in (inside, other, None)] == [False, True, True]
    # Several values: one that matches is enough for OR, and enough to break NOR.
    listed = ["1970-01-01", wanted]
    assert holds(family, listed, inside)
    assert not holds(negated, listed, inside)
    assert holds(negated, listed, other)


@pytest.mark.parametrize(
    "operator",
    [*FAMILIES, *NEGATED.values(), "NumericLessThan", "DateGreaterThan", "Bool", "BinaryEquals"],
)
def test_if_exists_passes_what_is_not_there_and_changes_nothing_else(operator):
    value = "QQ==" if operator == "BinaryEquals" else "true" if operator == "Bool" else "5"
    for have in ("5", "6", "true", "false", "QQ==", BOB, "10.0.0.1"):
        wanted = "10.0.0.0/8" if "Ip" in operator else value
        assert holds(f"{operator}IfExists", wanted, have) is holds(operator, wanted, have)
    assert holds(f"{operator}IfExists", value, None)
    assert holds(f"ForAnyValue:{operator}IfExists", value, None)


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "expected"),
    [
        ("ForAnyValue:StringEquals", ["a"], ["b", "a"], True),
        ("ForAnyValue:StringEquals", ["c"], ["a", "b"], False),
        ("ForAnyValue:StringEquals", ["c"], None, False),
        ("ForAnyValue:StringEquals", [""], [""], False),
        ("ForAnyValue:StringLike", ["x*"], ["a", "xy"], True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringNotEquals", ["a", "b"], ["a", "b"], False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
        ("ForAllValues:StringEquals", ["a", "b", "c"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAllValues:StringEquals", ["a"], [], True),
        ("ForAllValues:StringEquals", ["a"], [""], True),
        ("ForAllValues:StringNotEquals", ["a"], ["b", "c"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringNotEquals", ["a"], None, True),
        ("ForAllValues:NumericLessThan", ["5"], ["4", "5"], False),
        ("ForAnyValue:IpAddress", ["10.0.0.0/8"], ["192.0.2.1", "10.0.0.1"], True),
        # Without a set operator a list of request values: any for a positive test, all for NOT.
        ("StringEquals", ["a"], ["a", "b"], True),
        ("StringNotEquals", ["a"], ["a", "b"], False),
    ],
)
def test_set_operators(operator, wanted, have, expected):
    assert holds(operator, wanted, have) is expected


@pytest.mark.parametrize(
    "written",
    [
        *("", "StringEqual", "stringequals", "IfExists", "NotNull", "BoolNot", "NotBool"),
        *("NullIfExists", "ForAnyValue:Null", "ForAllValues:NullIfExists"),
        *(":StringEquals", "ForSome:StringEquals", "ForAnyValue:ForAllValues:StringEquals"),
        *("ForAnyValue:", "ForAnyValue", "StringEqualsIfExistsIfExists", "NumericNotLessThan"),
    ],
)
def test_no_such_operator(written):
    with pytest.raises(ValueError, match="is not a condition operator"):
        Operator(written)


@pytest.mark.parametrize(
    ("operator", "value", "taken"),
    [
        ("Bool", "true", True),
        ("Bool", "FALSE", True),
        ("Bool", "1", False),
        ("Null", "true", True),
        ("Null", "maybe", False),
        ("NumericEquals", "12", True),
        ("NumericEquals", "-1.50", True),
        *[("NumericEquals", bad, False) for bad in ("", "x", "nan", "inf", "1_0", " 1", "1,5")],
        ("NumericEquals", "٣", False),
        ("DateEquals", "2026-01-31", True),
        ("DateEquals", "2026-01-31T12:00Z", True),
        ("DateEquals", "2026-01-31T12:00:00.5+02:00", True),
        ("DateEquals", "1767225600", True),
        *[
            ("DateEquals", bad, False)
            for bad in ("", "2026-02-30", "31/01/2026", "2026-W05", "tomorrow", "9" * 30, "nan")
        ],
        ("IpAddress", "203.0.113.0/24", True),
        ("IpAddress", "203.0.113.7", True),
        ("IpAddress", "2001:db8::/32", True),
        *[
            ("NotIpAddress", bad, False)
            for bad in ("", "203.0.113", "203.0.113.0/33", "10.0.0.0/255.0.0.0", "host", "1.2.3.4/")
        ],
        ("BinaryEquals", "QQ==", True),
        ("BinaryEquals", "Q", False),
        ("BinaryEquals", "Q Q=", False),
        ("StringEquals", "", True),
        # Whatever a variable will stand for is not known yet.
        ("NumericEquals", "${aws:EpochTime}", True),
    ],
)
def test_values_that_a_policy_may_hold(operator, value, taken):
    if taken:
        Operator(operator).check_value(value)
    else:
        with pytest.raises(ValueError):
            Operator(operator).check_value(value)


def test_dates_are_utc_unless_they_say_so():
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    for text in ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00", "2026-01-31T13:00:00+01:00"):
        assert parse_date(text) == noon
    assert parse_date(str(noon.timestamp())) == noon


def naive(pattern: str, text: str) -> bool:
    """Wildcards as their definition says them, by trying every length for a star."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@given(st.text("ab*?.[\n", max_size=8), st.text("ab.[\n*", max_size=8))
@example("a*b?*b", "abbab")
@example("*ab*ab", "aabab")
def test_wildcards_against_their_definition(pattern, text):
    assert bool(wildcard(pattern).fullmatch(text)) is naive(pattern, text)


@given(
    st.lists(st.text("ab*?", max_size=3), min_size=6, max_size=6),
    st.lists(st.text("ab", max_size=3), min_size=6, max_size=8),
)
@example(["a", "*", "", "", "", "b*"], ["a", "b", "", "", "", "b", "a"])
def test_arns_part_by_part(pattern, parts):
    value = [*parts[:5], ":".join(parts[5:])]
    expected = all(naive(p, v) for p, v in zip(pattern, value, strict=True))
    assert arn_matches(":".join(parts), ":".join(pattern)) is expected


@given(st.sampled_from(sorted(FAMILIES)), st.lists(st.text("ab", max_size=2), max_size=4))
def test_for_all_values_of_not_is_not_for_any_value(family, have):
    wanted = ["a"] if family.startswith("String") else [FAMILIES[family][0]]
    every = holds(f"ForAllValues:{NEGATED[family]}", wanted, have)
    assert every is not holds(f"ForAnyValue:{family}", wanted, have)


def test_a_pattern_of_many_stars_takes_no_exponential_time():
    started = time.process_time()
    assert not wildcard("*a" * 30 + "b").fullmatch("a" * 1000)
    assert not arn_matches("arn:aws:s3:::" + "a" * 1000, "arn:aws:s3:::" + "*a" * 30 + "b")
    assert time.process_time() - started < 5
