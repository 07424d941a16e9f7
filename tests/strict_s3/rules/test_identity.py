"""Keys look like AWS's own, so that a program that checks their format accepts them."""

from __future__ import annotations

import re

import pytest

from strict_s3.rules.identity import new_key


@pytest.mark.parametrize("prefix", ["AKIA", "ASIA"])
def test_the_format_of_a_key(prefix):
    keys = [new_key(prefix) for _ in range(200)]
    for access_key, secret in keys:
        assert re.fullmatch(rf"{prefix}[A-Z2-7]{{16}}", access_key)
        assert re.fullmatch(r"[A-Za-z0-9+/]{40}", secret)
    assert len({access_key for access_key, _ in keys}) == len({secret for _, secret in keys}) == 200
