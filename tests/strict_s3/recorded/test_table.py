"""The table of recorded answers can be read, says where it comes from, and covers every kind."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from strict_s3.recorded.scenarios import TableError, load, read
from strict_s3.recorded.write import dump

TABLE = load()
ROWS = [scenario.id_of(step) for scenario in TABLE for step in scenario.rows]
_SOURCE = re.compile(
    r"localstack/localstack tests/aws/services/\w+/test_\w+\.py::\w+(::\w+)?(\[.+\])?"
    r"|https://github\.com/[\w.-]+/[\w.-]+/(issues|pull|discussions)/\d+"
)


def test_it_has_as_many_rows_as_promised_and_each_name_once():
    assert len(ROWS) >= 800
    assert [name for name, count in Counter(ROWS).items() if count > 1] == []


@pytest.mark.parametrize("scenario", TABLE, ids=lambda s: f"{s.kind}/{s.name}")
def test_each_scenario_names_a_public_source_and_its_day(scenario):
    assert _SOURCE.fullmatch(scenario.source), scenario.source
    assert date(2010, 1, 1) < scenario.recorded < date(2027, 1, 1)


def test_what_is_written_reads_as_it_was():
    for kind in {scenario.kind for scenario in TABLE}:
        scenarios = [scenario for scenario in TABLE if scenario.kind == kind]
        assert list(read(dump(scenarios), f"{kind}.toml")) == scenarios


def scenario_text(step: str) -> str:
    return (
        '[[scenario]]\nname = "s"\nsource = "x"\nrecorded = 2026-01-01\n[[scenario.step]]\n' + step
    )


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("send = [", "k.toml isn't TOML"),
        ('send = "GET /{bucket}"', "has no recorded answer"),
        ('send = "get"\nrow = "A: b"\nanswer.status = 200', "write 'GET /path'"),
        ('send = "GET /"\nrow = "A: b"', "give both or neither"),
        ('send = "GET /"\nrow = "a"\nanswer.status = 200', "write 'PutObject: the key is taken'"),
        ('send = "GET /"\nrow = "Ab: b"\nanswer.statsu = 200', "there is no field 'statsu'"),
        ('send = "GET /"\nrow = "Ab: b"\nsign = "v2"\nanswer.status = 200', "sign is 'v2'"),
        ('row = "A: b"\nanswer.status = 200', "send"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_where(step, said):
    with pytest.raises(TableError, match=re.escape(said)):
        list(read(scenario_text(step), "k.toml"))
