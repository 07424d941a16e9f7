"""Every recorded answer, asked of the local S3: status, code, message, elements and headers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from strict_s3.options import Options
from strict_s3.recorded.compare import ACCEPTED, REFUSED
from strict_s3.recorded.exchange import Signer, Target
from strict_s3.recorded.play import Outcome, PreparationFailed, play, who_am_i
from strict_s3.recorded.scenarios import Scenario, Step, load
from strict_s3.recorded.wire import send
from strict_s3.server.server import LocalS3

from .known import DIFFERS

REGION = "us-east-1"  # where the answers were recorded
TABLE = load()
ROWS = {scenario.id_of(step): (scenario, step) for scenario in TABLE for step in scenario.rows}
Played = Callable[[int], dict[str, Outcome]]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """Plays the scenario of a number once: its rows' outcomes, up to where it couldn't go on."""
    local = LocalS3(Options(region=REGION))
    local.start()

    @cache
    def outcomes(number: int) -> dict[str, Outcome]:
        local.command({"do": "reset"})
        signer = Signer(local.root.access_key, local.root.secret_key, REGION)
        target = Target(dict.fromkeys(("s3", "iam", "sts"), local.endpoint), signer, send)
        values = who_am_i(target)
        values |= {"bucket": f"recorded-{number}", "user": f"user-{number}"}
        found: dict[str, Outcome] = {}
        try:
            for outcome in play(TABLE[number], target, values):
                found[outcome.step.row] = outcome
        except PreparationFailed:
            pass  # the rows that are missing say so
        return found

    yield outcomes
    local.stop()


@pytest.mark.parametrize(("scenario", "step"), ROWS.values(), ids=ROWS)
def test_it_is_answered_as_aws_answered(scenario: Scenario, step: Step, played: Played) -> None:
    row = scenario.id_of(step)
    answer = played(TABLE.index(scenario)).get(step.row)
    if row in DIFFERS:
        same = answer is not None and not answer.differences
        assert not same, "It is answered as AWS did: take it off the list in known.py."
        assert answer is None or answer.kind not in (ACCEPTED, REFUSED), DIFFERS[row]
        return
    assert answer is not None, "It was never asked: what stands before it was refused."
    assert not answer.differences, "\n".join(map(str, answer.differences))


def test_the_list_of_differences_names_rows_of_the_table():
    assert set(DIFFERS) <= set(ROWS)
