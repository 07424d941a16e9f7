"""What the site's build says if a program is missing. The rest: tests/browser/test_site.py."""

from __future__ import annotations

import shutil

import pytest

from helpers.errors import EnvironmentProblem
from helpers.setup.site import pyodide
from tests.programs import missing


def test_without_node_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(EnvironmentProblem, match=r"Install it from https://nodejs\.org"):
        pyodide._compile(tmp_path, tmp_path)


def test_if_node_fails_its_own_words_are_shown(tmp_path):
    if shutil.which("node") is None:
        missing("Node.js is not installed")
    with pytest.raises(EnvironmentProblem, match=r"(?s)can't compile.*pyodide\.mjs"):
        pyodide._compile(tmp_path, tmp_path)  # there is no Pyodide in this folder
