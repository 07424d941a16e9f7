"""The clock's range: a time that it cannot show is refused, and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from strict_s3.errors import OptionError
from strict_s3.server.clock import FIRST, LAST, Clock


@pytest.mark.parametrize(
    "offset",
    [timedelta(days=3_000_000), timedelta(days=-800_000), timedelta.max, timedelta(days=-30_000)],
    ids=str,
)
def test_a_time_out_of_range_is_refused_in_one_sentence(offset):
    clock = Clock()
    clock.offset = timedelta(minutes=31)
    with pytest.raises(OptionError, match=r"1970 to 9998"):
        clock.offset = offset
    assert clock.offset == timedelta(minutes=31)


@pytest.mark.parametrize("moment", [FIRST, LAST - timedelta(days=1)], ids=str)
def test_the_first_and_the_last_year_can_be_shown(moment):
    clock = Clock()
    clock.set(moment + timedelta(seconds=5))
    assert timedelta() <= clock.now() - moment < timedelta(minutes=1)
    assert abs(clock.wall() - datetime.now(UTC)) < timedelta(minutes=1)
