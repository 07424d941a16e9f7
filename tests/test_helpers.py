"""What `helpers` and its rooms give to a lesson, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from helpers.settings import PROJECT


@pytest.mark.parametrize("room", ["helpers", "helpers.forms", "helpers.pages"])
def test_every_name_is_there(room):
    package = import_module(room)
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match=f"'{room}' has no attribute 'nonsense'"):
        _ = package.nonsense


def test_nothing_is_imported_before_it_is_asked_for():
    code = "import sys, helpers.forms, helpers.pages; print(*sys.modules)"
    # -S: as on a computer where nothing is installed.
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith(("helpers", "strict_s3"))}
    assert loaded == {"helpers", "helpers.forms", "helpers.pages"}
