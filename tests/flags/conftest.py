"""One S3 of the levels for all tests of a process."""

from __future__ import annotations

import pytest

from helpers.flags.world import Arena


@pytest.fixture(scope="session")
def arena():
    running = Arena()
    yield running
    running.stop()
