"""Which bytes a Range header asks for: the answers recorded of S3 for an object of ten bytes."""

from __future__ import annotations

import pytest

from strict_s3.rules.errors import InvalidRange
from strict_s3.rules.ranges import span


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-8", (0, 9)),
        ("bytes=1-1", (1, 2)),
        ("bytes=0-0", (0, 1)),
        ("bytes=9-9", (9, 10)),
        ("bytes=1-", (1, 10)),
        ("bytes=-2", (8, 10)),
        ("bytes=-10", (0, 10)),
        ("bytes=-15", (0, 10)),
        ("bytes=0-100", (0, 10)),
        ("bytes=9-18446744073709551615", (9, 10)),
        ("Bytes = 1 - 2", (1, 3)),
        ("bytes=1-0", None),
        ("bytes=100-10", None),
        ("bytes=-1-", None),
        ("bytes=0--1", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=0-1,3-4,7-9", None),
        ("bytes=0x1-2", None),
        ("bytes=٣-٤", None),
        ("bytes=" + "9" * 5000 + "-", None),
        ("0-1", None),
        ("lines=0-1", None),
    ],
)
def test_the_bytes_of_ten(text, expected):
    assert span(text, 10) == expected


@pytest.mark.parametrize("text", ["bytes=-0", "bytes=10-", "bytes=10-10", "bytes=100-200"])
def test_bytes_that_are_not_there(text):
    with pytest.raises(InvalidRange) as error:
        span(text, 10)
    assert error.value.fields == {"RangeRequested": text, "ActualObjectSize": "10"}


@pytest.mark.parametrize("text", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_object_has_no_bytes(text):
    with pytest.raises(InvalidRange):
        span(text, 0)
