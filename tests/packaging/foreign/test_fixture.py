"""The fixture `strict_s3`: each test's own S3, for code that makes its own client."""

from __future__ import annotations

import pytest
import requests
import shop

from helpers import PRICES


def test_a_link_ends_after_half_an_hour(strict_s3):
    shop.put("a.txt", b"hello")
    url = shop.link("a.txt")
    assert requests.get(url).content == b"hello"
    with strict_s3.later(minutes=31):
        refused = requests.get(url)
        shop.put("later.txt", b"signed by this computer's clock")
    assert refused.status_code == 403
    assert "Request has expired" in refused.text
    assert requests.get(url).status_code == 200


def test_a_changed_link_is_refused_and_says_why(strict_s3):
    shop.put("a.txt", b"hello")
    assert requests.get(shop.link("a.txt").replace("a.txt", "b.txt")).status_code == 403
    (decision,) = strict_s3.decisions()
    assert decision["error"] == "SignatureDoesNotMatch"
    assert "signature" in str(strict_s3.why())


@pytest.mark.parametrize("number", range(4))
def test_every_test_begins_with_an_empty_bucket(strict_s3, number):
    found = strict_s3.client().list_objects_v2(Bucket=strict_s3.bucket)
    assert found["KeyCount"] == 0
    shop.put(f"{number}.txt", b"")


def test_a_key_of_few_rights(strict_s3):
    shop.put("a.txt", b"hello")
    arn = f"arn:aws:s3:::{strict_s3.bucket}/a.txt"
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": arn}
    reader = strict_s3.client(strict_s3.user({"Version": "2012-10-17", "Statement": [allow]}))
    assert reader.get_object(Bucket=strict_s3.bucket, Key="a.txt")["Body"].read() == b"hello"
    with pytest.raises(reader.exceptions.ClientError, match="AccessDenied"):
        reader.put_object(Bucket=strict_s3.bucket, Key="a.txt", Body=b"")


def test_our_own_helpers_are_ours(strict_s3):
    assert PRICES == {"a.txt": 3}
