"""One set of versions in three files, and the environment that is made of it."""

from __future__ import annotations

import ast
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import psutil
import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.setup import environment, lock

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
    setup = [
        f"setup/{name}"
        for name in ("__init__", "environment", "doctor", "lock", "signals", "wheelhouse")
    ]
    for name in ("__init__", "__main__", *setup):
        text = (PROJECT / "helpers" / f"{name}.py").read_text(encoding="utf-8")
        # An older Python must get as far as the sentence that it is too old.
        tree = ast.parse(text, feature_version=(3, 8))
        for node in tree.body:
            if isinstance(node, ast.Import):
                assert {a.name.partition(".")[0] for a in node.names} <= allowed
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in allowed


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
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path / "wheelhouse"))
    return tmp_path


def test_an_environment_counts_only_with_its_stamp(elsewhere):
    assert not environment._is_ready()
    python = Path(environment._python())
    python.parent.mkdir(parents=True)
    python.touch()
    assert not environment._is_ready()
    stamp = elsewhere / ".venv" / environment.STAMP
    stamp.write_text(json.dumps(environment._wanted()))
    assert environment._python() == str(python)
    stamp.write_text("{half")
    assert not environment._is_ready()


def test_a_changed_lock_or_a_moved_folder_makes_it_stale(elsewhere):
    before = environment._wanted()
    (elsewhere / "requirements.lock").write_text("a==1\n")
    assert environment._wanted() != before
    assert environment._wanted()["folder"] == before["folder"]


def test_an_environment_whose_python_is_gone_is_not_ready(elsewhere, monkeypatch):
    folder = elsewhere / ".venv"
    folder.mkdir()
    (folder / environment.STAMP).write_text(json.dumps(environment._wanted()))
    assert not environment._is_ready()
    monkeypatch.setattr(environment, "_runs", lambda _python: True)
    assert environment._is_ready()


def test_an_interpreter_without_the_packages_does_not_run(tmp_path):
    assert not environment._runs(str(tmp_path / "python"))
    # As after an upgrade of the system's Python: it starts, and looks in another folder.
    assert not environment._runs(sys._base_executable)
    assert environment._runs(sys.executable)


MACHINES = (
    ("linux", "posix", "CPython", (3, 11, 4)),
    ("linux", "posix", "PyPy", (3, 12, 0)),
    ("darwin", "posix", "CPython", (3, 11, 5)),
    ("win32", "nt", "CPython", (3, 13, 1)),
)


@pytest.mark.parametrize(("system", "name", "implementation", "version"), MACHINES)
def test_markers_mean_what_packaging_says(system, name, implementation, version, monkeypatch):
    full = ".".join(map(str, version))
    there = {
        "sys_platform": system,
        "os_name": name,
        "platform_python_implementation": implementation,
        "python_full_version": full,
    }
    markers = {marker for _, _, marker in environment.locked()} - {""}
    assert len(markers) >= 5
    markers |= {
        "(os_name == 'nt' or sys_platform == 'darwin') and python_full_version >= '3.11.5'",
        "python_full_version < '3.12' or os_name != 'nt' and sys_platform == 'linux'",
        "'3.9' < python_full_version",
    }
    with monkeypatch.context() as machine:
        machine.setattr(sys, "platform", system)
        machine.setattr(os, "name", name)
        machine.setattr(platform, "python_implementation", lambda: implementation)
        machine.setattr(platform, "python_version", lambda: full)
        ours = {marker: environment.applies(marker) for marker in markers}
    assert ours == {marker: Marker(marker).evaluate(there) for marker in markers}


@pytest.mark.parametrize("marker", ["colour == 'red'", "os_name ~= 'nt'", "os_name =="])
def test_a_marker_that_is_not_understood_is_named(marker):
    with pytest.raises(environment.EnvironmentProblem, match=re.escape(marker)):
        environment.applies(marker)


HOLD = "import sys, time; from helpers.setup import environment as e; e.VENV = sys.argv[1]\n"
HOLD += "with e._one_at_a_time(): print('held', flush=True); time.sleep(60)"


def test_one_start_at_a_time(elsewhere, monkeypatch, capsys):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, environment.VENV], cwd=PROJECT, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline().strip() == b"held"
        monkeypatch.setattr(environment, "WAIT_SECONDS", 0.1)
        with (
            pytest.raises(environment.EnvironmentProblem, match="for too long"),
            environment._one_at_a_time(),
        ):
            pass
        assert "waiting for it" in capsys.readouterr().err
        other.kill()  # no chance to tidy up: the lock ends with its process all the same
    with environment._one_at_a_time():
        pass


def _is_running(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without telling it")
def test_ended_while_installing_it_ends_the_installer_too(elsewhere):
    code = "import sys; from helpers.setup import signals, environment as e; e.VENV = sys.argv[1]\n"
    code += "with signals.as_interrupt(): e._run([sys.executable, '-c', sys.argv[2]], 'x')"
    (elsewhere / ".venv").mkdir()
    installer = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code, environment.VENV, installer],
        cwd=PROJECT,
        stderr=subprocess.DEVNULL,
    ) as start:
        log = elsewhere / ".venv" / environment.LOG
        deadline = time.monotonic() + 10
        while not (log.exists() and log.read_text().endswith("\n")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        start.send_signal(signal.SIGTERM)
        assert start.wait(5) != 0
    # It has ended, though nobody may have asked for its status yet.
    deadline = time.monotonic() + 5
    while _is_running(int(log.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_active_environment_is_used_if_it_has_the_lock(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(environment, "inside_environment", lambda: True)
    assert environment.find() == (sys.executable, "")
    assert environment.ensure() == sys.executable
    (elsewhere / "requirements.lock").write_text("not-there==1\nnor-this==2\n")
    missing = "not-there 1 is locked, none is installed (and 1 more)"
    assert environment.find() == (None, missing)
    monkeypatch.setattr(environment, "_make", lambda: environment.say("made"))
    assert environment.ensure() == environment._python()
    said = capsys.readouterr().err
    assert f"the active environment is not used: {missing}" in said
    assert "made" in said


def test_a_folder_that_cannot_be_written_is_a_sentence(elsewhere, monkeypatch):
    monkeypatch.setattr(environment, "VENV", str(elsewhere / "none" / ".venv"))
    monkeypatch.setattr(environment, "inside_environment", lambda: False)
    with pytest.raises(environment.EnvironmentProblem, match="cannot be made"):
        environment.ensure()


def test_made_from_the_python_behind_an_active_environment(elsewhere, monkeypatch):
    # The active one may be the .venv that is about to be removed.
    commands = []
    monkeypatch.setattr(environment, "_run", lambda command, *_: commands.append(command))
    monkeypatch.setattr(environment.shutil, "which", lambda _name: None)
    (elsewhere / ".venv" / "left").mkdir(parents=True)
    environment._make()
    assert not (elsewhere / ".venv" / "left").exists()
    assert commands[0][0] == sys._base_executable
    assert "--require-hashes" in commands[1]
    assert json.loads((elsewhere / ".venv" / environment.STAMP).read_text())


@pytest.mark.parametrize("uv", [None, "uv"])
def test_a_wheelhouse_is_all_that_is_installed_from(uv, elsewhere, monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(environment, "_run", lambda command, *_: commands.append(command))
    monkeypatch.setattr(environment.shutil, "which", lambda _name: uv)
    environment._make()
    assert not any("--no-index" in command for command in commands)
    (elsewhere / "wheelhouse").mkdir()
    del commands[:]
    environment._make()
    for command in commands[1:]:
        assert command[command.index("--find-links") + 1] == environment.WHEELS
        assert "--no-index" in command
    assert len(commands) == 3
    assert "without the network" in capsys.readouterr().err


def test_a_failed_installation_leaves_no_stamp(elsewhere, monkeypatch):
    def fail(*_):
        raise environment.EnvironmentProblem("no")

    monkeypatch.setattr(environment, "_run", fail)
    with pytest.raises(environment.EnvironmentProblem):
        environment._make()
    assert not (elsewhere / ".venv" / environment.STAMP).exists()


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


def test_kernels_and_programs_are_the_environments_own(monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "somewhere")
    variables = environment.child_variables(environment._python())
    assert "JUPYTER_PATH" not in variables
    assert variables["JUPYTER_PREFER_ENV_PATH"] == "1"
    assert variables["PATH"].split(os.pathsep)[0] == os.path.dirname(environment._python())
    assert variables["VIRTUAL_ENV"] == environment.VENV
