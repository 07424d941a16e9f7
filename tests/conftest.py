"""What every test shares."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.service import Service

# Shared machines stall now and then: no deadline for one example. The number of examples can be
# raised for a long run: HYPOTHESIS_EXAMPLES=100000.
settings.register_profile(
    "suite",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "200")),
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--s3", choices=["env"], help="also send the table of requests to .env's S3")


def pytest_configure(config: pytest.Config) -> None:
    # A shell's background job ignores Ctrl-C, and so would each program that a test interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # A proxy set for the internet must not get requests for this computer.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    # Sessions share what they read of botocore's models: a hundredth of a second for each client.
    botocore.session.create_loader = cache(botocore.session.create_loader)


@pytest.fixture(scope="session")
def _service() -> Iterator[Service]:
    # Imported here: the tests of the rules need neither moto nor a server.
    from tests.service import Service

    service = Service()
    yield service
    service.server.stop()


@pytest.fixture
def service(_service: Service) -> Iterator[Service]:
    """One local S3 for all tests of a process, emptied for each test."""
    _service.server.command({"do": "reset"})
    yield _service
    _service.close_clients()
