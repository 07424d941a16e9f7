"""Good, bad and broken clients at once, in small: tests/benchmarks/soak.py has the long run."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.soak import CLIENTS, left_over, soak
from tests.own_process import OwnProcess

STEPS = 60  # of each client


@pytest.mark.skipif(sys.platform == "win32", reason="counts descriptors")
def test_no_wrong_answer_and_nothing_left_over(tmp_path):
    wrong: list[str] = []
    with OwnProcess(env={"TMPDIR": str(tmp_path)}) as server:
        # Threads without work end after ten seconds, for which this test does not wait.
        before = server.status.num_fds(), server.status.num_threads() + CLIENTS
        steps = soak(server, lambda steps: steps < STEPS, wrong)
        wrong += left_over(server, str(tmp_path), before)
    assert wrong == []
    assert len(steps) == 15  # every kind of step was taken
