"""One set of versions in three files, and the environment that is made of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers import environment, lock

PROJECT = Path(environment.PROJECT)


def pinned() -> dict[str, list[tuple[str, str]]]:
    """Name -> [(version, marker)] of the lock."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, version, marker in environment.locked():
        found.setdefault(canonicalize_name(name), []).append((version, marker))
    return found


def test_every_dependency_is_locked_within_its_range():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = pinned()
    assert len(pins) > 100
    for line in project["dependencies"]:
        wanted = Requirement(line)
        versions = pins[canonicalize_name(wanted.name)]
        assert all(wanted.specifier.contains(version) for version, _ in versions), line


def test_every_pin_has_hashes_and_names_no_index():
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.findall(r"^[a-z0-9].*==.*(?:\n    .*)*", text, re.M | re.I)
    assert len(blocks) == len(environment.locked())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_environment_yml_has_the_locks_versions_and_the_project():
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    written = (PROJECT / "environment.yml").read_text(encoding="utf-8")
    assert written == lock.environment_yml(text)
    lines = [line.strip() for line in written.splitlines()]
    assert lines[-1] == "- -e ."
    assert "- python>=3.11,<3.14" in lines
    pins = [line for line in lines if "==" in line]
    assert len(pins) == len(environment.locked())


def test_the_commands_start_with_the_standard_library_alone():
    # Before there is an environment, nothing else can be imported.
    allowed = set(sys.stdlib_module_names) | {"helpers"}
    for name in ("__init__", "__main__", "environment", "doctor", "lock"):
        tree = ast.parse((PROJECT / "helpers" / f"{name}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Import):
                assert {a.name.partition(".")[0] for a in node.names} <= allowed
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in allowed


def test_the_command_line_helps_without_an_environment():
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-S", "-m", "helpers", "--help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for command in ("lab", "test", "check", "serve"):
        assert command in done.stdout
    assert time.monotonic() - begun < 5


def test_markers_and_names_of_the_lock_are_read(tmp_path, monkeypatch):
    text = "a-b==1.0 \\\n    --hash=sha256:0\n"
    text += "c[x]==2 ; sys_platform == 'win32' \\\n    --hash=x\n# d==3\n"
    (tmp_path / "lock").write_text(text)
    monkeypatch.setattr(environment, "LOCK", str(tmp_path / "lock"))
    assert environment.locked() == [("a-b", "1.0", ""), ("c", "2", "sys_platform == 'win32'")]
    missing = environment.differences()
    assert missing[0] == "a-b 1.0 is locked, none is installed"


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty project folder with a lock."""
    (tmp_path / "requirements.lock").write_text("")
    monkeypatch.setattr(environment, "LOCK", str(tmp_path / "requirements.lock"))
    monkeypatch.setattr(environment, "VENV", str(tmp_path / ".venv"))
    return tmp_path


def test_an_environment_counts_only_with_its_stamp(elsewhere):
    assert not environment._is_ready()
    python = Path(environment._python(environment.VENV))
    python.parent.mkdir(parents=True)
    python.touch()
    assert not environment._is_ready()
    stamp = elsewhere / ".venv" / environment.STAMP
    stamp.write_text(json.dumps(environment._wanted()))
    assert environment._python(environment.VENV) == str(python)
    stamp.write_text("{half")
    assert not environment._is_ready()


def test_a_changed_lock_or_a_moved_folder_makes_it_stale(elsewhere):
    before = environment._wanted()
    (elsewhere / "requirements.lock").write_text("a==1\n")
    assert environment._wanted() != before
    assert environment._wanted()["folder"] == before["folder"]


def test_one_start_at_a_time(elsewhere):
    held = Path(environment.VENV + ".lock")
    with environment._one_at_a_time():
        assert held.exists()
    assert not held.exists()
    held.write_text("999999999")  # left by a start that was killed
    with environment._one_at_a_time():
        pass
    assert not held.exists()


def test_a_failing_step_says_what_and_how_to_go_on(elsewhere):
    (elsewhere / ".venv").mkdir()
    with pytest.raises(environment.EnvironmentProblem) as caught:
        environment._run([sys.executable, "-c", "print('why'); exit(3)"], "making .venv")
    assert "making .venv failed (status 3)" in str(caught.value)
    assert "why" in str(caught.value)


def test_kernels_find_the_helpers(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    path = environment.child_variables()["PYTHONPATH"]
    assert path.startswith(environment.PROJECT)
    assert path.endswith("somewhere")
