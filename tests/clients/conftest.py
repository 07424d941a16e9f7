"""Clients that nobody here wrote. Where one is missing, its tests skip; in CI they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

JS = Path(__file__).parent / "js"


def program(name: str, fix: str) -> str:
    """The path of a client program; skips, or in CI fails, with the way to get it."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed: {fix}")
    return str(found)


def missing(reason: str) -> None:
    """Skip on a learner's machine; fail in CI, where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def run(command: list[str], **more) -> subprocess.CompletedProcess[str]:
    """A client's run: text in, text out, at most a minute."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)
