"""One S3 of the levels for all tests of a file: other files count those that are open."""

from __future__ import annotations

import pytest

from helpers.flags.world import Arena


@pytest.fixture(scope="module")
def arena():
    running = Arena()
    yield running
    running.stop()
