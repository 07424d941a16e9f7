"""A lab, and a clock for boto3 that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpers.lab import Lab, connect


@pytest.fixture
def lab() -> Lab:
    """The local S3 of this process, emptied; a new one if a test has stopped it."""
    lab = connect()
    lab.reset()
    return lab


@pytest.fixture
def stopped_clock(monkeypatch):
    """boto3 signs everything at this moment."""
    moment = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    return moment


@pytest.fixture
def real_lab() -> Lab:
    """A lab on AWS that nobody talks to: signing needs no network."""
    return Lab("bucket", "eu-west-2", "AKIAIOSFODNN7EXAMPLE", "secret", local=False)
