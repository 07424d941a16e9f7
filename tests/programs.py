"""Programs that only some tests need. Where one is missing, its tests skip; in CI they fail."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip on a learner's machine; fail in CI, where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str, fix: str) -> str:
    """The path of a program; without it the test skips, or in CI fails, with the way to get it."""
    return shutil.which(name) or missing(f"{name} is not installed: {fix}")
