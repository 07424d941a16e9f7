"""The list of Ceph's tests that fail here: each once, for a reason of a known kind."""

from __future__ import annotations

from collections import Counter

from tests.engines.s3_tests import FILES, KINDS, MOST, expected


def test_the_list_of_expected_failures():
    reasons = expected()
    tests = Counter(test for reason in reasons.values() for test in reason["tests"])
    assert [test for test, count in tests.items() if count > 1] == []
    assert {test.partition("::")[0] for test in tests} <= set(FILES)
    assert {reason["kind"] for reason in reasons.values()} <= set(KINDS)
    differing = [r["tests"] for r in reasons.values() if r["kind"] == "differs"]
    assert sum(map(len, differing)) <= MOST
