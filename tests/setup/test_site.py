"""What the site's build refuses, and its wheels. The rest: tests/browser/test_site.py."""

from __future__ import annotations

import shutil

import pytest

from helpers.errors import EnvironmentProblem
from helpers.setup.site import pyodide, site, wheels
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


def test_a_wheel_with_other_contents_has_another_name(tmp_path):
    first, again, other = (
        wheels.of_folder("a-b", {"a_b.py": data}, tmp_path, []) for data in (b"1", b"1", b"2")
    )
    assert first.path == again.path != other.path and first.version != other.version


def test_a_project_with_a_jupyterlite_of_its_own_is_not_replaced(tmp_path):
    (tmp_path / "lite").mkdir()
    (tmp_path / "lite" / "jupyter-lite.json").touch()
    with pytest.raises(EnvironmentProblem, match="isn't a site that this command has built"):
        site.build(tmp_path)
