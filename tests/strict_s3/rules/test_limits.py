"""The names that S3 accepts for a bucket, in both strengths."""

from __future__ import annotations

import pytest

from strict_s3.rules import limits
from strict_s3.rules.limits import may_be_bucket_name, new_bucket_name_problem


@pytest.mark.parametrize("name", ["abc", "a" * 63, "my-bucket", "1.2.3", "a.b-c.9", "192.168.5"])
def test_names_of_new_buckets(name):
    assert new_bucket_name_problem(name) == ""
    assert may_be_bucket_name(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ab", "3 to 63"),
        ("a" * 64, "3 to 63"),
        ("Foo", "a-z"),
        ("_alpha", "a-z"),
        ("my_bucket", "a-z"),
        ("-abc", "beginning and ending"),
        ("abc-", "beginning and ending"),
        ("abc.", "beginning and ending"),
        ("abc\n", "a-z"),
        ("bücher", "a-z"),
        ("foo..bar", "two dots"),
        ("foo.-bar", "a hyphen"),
        ("foo-.bar", "a hyphen"),
        ("192.168.5.123", "IP address"),
        ("xn--abc", "begin with xn--"),
        ("sthree-abc", "begin with sthree-"),
        ("abc-s3alias", "end with -s3alias"),
        ("abc--x-s3", "end with --x-s3"),
    ],
)
def test_names_that_no_new_bucket_can_have(name, problem):
    assert problem in new_bucket_name_problem(name)


def test_an_old_bucket_may_have_a_name_that_a_new_one_cannot():
    for name in ("My_Bucket", "a" * 255, "foo..bar", "-abc"):
        assert may_be_bucket_name(name)
        assert new_bucket_name_problem(name)
    for name in ("", "ab", "a" * 256, "s3://my-bucket", "my-bucket/", "my bucket", "abc\n"):
        assert not may_be_bucket_name(name)


def test_the_largest_object_is_what_aws_calls_48_8_tib():
    assert round(limits.MAX_OBJECT / 1024**4, 1) == 48.8
