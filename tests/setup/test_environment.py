"""One set of versions in three files, and the environment that is made of it."""

from __future__ import annotations

import ast
import collections.abc
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.errors import EnvironmentProblem
from helpers.setup import environment, lock

PROJECT = Path(environment.PROJECT)


def project() -> dict[str, Any]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(extra: str = "") -> dict[str, list[str]]:
    """Name -> versions, of the learner's lock and that of `extra`."""
    found: dict[str, list[str]] = {}
    for name, version, _ in environment.locked(extra):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


GROUPS = {"": [], environment.TESTS: ["test"], environment.SITE: ["site"]}


@pytest.mark.parametrize("extra", GROUPS)
def test_every_dependency_is_locked_within_its_range(extra):
    groups = project()["dependency-groups"]
    wanted = [*project()["project"]["dependencies"], *groups["lessons"]]
    wanted += [name for group in GROUPS[extra] for name in groups[group]]
    pins = pinned(extra)
    for requirement in map(Requirement, wanted):
        versions = pins[canonicalize_name(requirement.name)]
        assert any(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize("extra", [environment.TESTS, environment.SITE])
def test_no_lock_changes_the_learners(extra):
    both = pinned(extra)
    assert all(set(both[name]) == set(versions) for name, versions in pinned().items())
    learners, more = (Path(path).read_text("utf-8") for path in environment.locks(extra))
    assert lock.without(more, learners) == more


def test_a_learner_installs_nothing_that_only_tests_need():
    pins = pinned()
    assert {"jupyterlab", "moto", "nbval", "pytest"} <= set(pins)
    assert not {"playwright", "awscli", "mypy", "ruff", "hypothesis"} & set(pins)


def test_every_pin_has_hashes_and_names_no_index():
    text = "".join(
        Path(path).read_text(encoding="utf-8") for path in environment.locks(environment.TESTS)
    )
    blocks = re.findall(r"^[a-z0-9].*==.*(?:\n    .*)*", text, re.M | re.I)
    assert len(blocks) == len(environment.locked(environment.TESTS))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text


def test_environment_yml_has_the_locks_versions():
    text = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    written = (PROJECT / "environment.yml").read_text(encoding="utf-8")
    assert written == lock.environment_yml(text)
    lines = [line.strip() for line in written.splitlines()]
    pins = [line for line in lines if "==" in line]
    assert len(pins) == len(environment.locked())


def test_the_same_pythons_everywhere():
    about = project()["project"]
    assert about["requires-python"] == f">={environment.PYTHONS[0]}"
    classifiers = [line.rpartition(" ")[2] for line in about["classifiers"] if ":: 3." in line]
    assert tuple(classifiers) == environment.PYTHONS
    *most, last = environment.PYTHONS
    for paper in ("README.md", "notebooks/INSTRUCTOR.md"):
        text = (PROJECT / paper).read_text(encoding="utf-8")
        assert f"Python {', '.join(most)} or {last}" in text, paper
    # The form in which repo2docker finds a version; a range it does not.
    conda = re.search(r"^  - python=(.+)$", lock.environment_yml(""), re.M)
    assert conda and conda[1] in environment.PYTHONS


def test_the_commands_start_with_the_standard_library_alone():
    # Before there is an environment, nothing else can be imported.
    allowed = set(sys.stdlib_module_names) | {"helpers", "strict_s3"}
    helpers, engine = PROJECT / "helpers", PROJECT / "strict_s3"
    inside = {helpers / "setup" / name for name in ("execute.py", "keys.py")}  # run in it
    setup = set(helpers.glob("setup/*.py")) - inside
    base = (helpers / f"{name}.py" for name in ("__init__", "__main__", "errors"))
    early = ("__init__", "output", "signals")
    for path in (*base, *(engine / f"{name}.py" for name in early), *setup):
        text = path.read_text(encoding="utf-8")
        # An older Python must get as far as the sentence that it is too old.
        tree = ast.parse(text, feature_version=(3, 8))
        for node in tree.body:
            if isinstance(node, ast.Assign):  # Python 3.8 has no Callable[[], int]
                parts = [part for part in ast.walk(node) if isinstance(part, ast.Subscript)]
                generic = {part.value.id for part in parts if isinstance(part.value, ast.Name)}
                assert not generic & {*dir(collections.abc), "dict", "list", "tuple"}, path.name
            if isinstance(node, ast.Import):
                assert {a.name.partition(".")[0] for a in node.names} <= allowed
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in allowed
                if (node.module or "").startswith("strict_s3"):
                    assert {alias.name for alias in node.names} <= {*early}


def test_markers_and_names_of_the_lock_are_read(tmp_path, monkeypatch):
    text = "a-b==1.0 \\\n    --hash=sha256:0\n"
    text += "c[x]==2 ; sys_platform == 'win32' \\\n    --hash=x\n# d==3\n"
    (tmp_path / "lock").write_text(text)
    monkeypatch.setattr(environment, "LOCK", str(tmp_path / "lock"))
    assert environment.locked() == [("a-b", "1.0", ""), ("c", "2", "sys_platform == 'win32'")]
    missing = environment.differences()
    assert missing[0] == "a-b 1.0 is locked, none is installed"
    assert len(missing) == 1 + (sys.platform == "win32")


def test_an_active_environment_without_packaging_is_incomplete(monkeypatch):
    monkeypatch.setitem(sys.modules, "packaging.markers", None)
    assert environment.differences() == ["packaging is locked, none is installed"]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty project folder with empty locks."""
    for name, file in (("LOCK", "requirements.lock"), ("TEST_LOCK", "requirements-test.lock")):
        (tmp_path / file).write_text("")
        monkeypatch.setattr(environment, name, str(tmp_path / file))
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
    stamp.write_text(json.dumps(environment._wanted("")))
    assert environment._python() == str(python)
    stamp.write_text("{half")
    assert not environment._is_ready()


def test_a_changed_lock_or_a_moved_folder_makes_it_stale(elsewhere):
    before = environment._wanted("")
    (elsewhere / "requirements.lock").write_text("a==1\n")
    assert environment._wanted("") != before
    assert environment._wanted("")["folder"] == before["folder"]


def test_an_environment_whose_python_is_gone_is_not_ready(elsewhere, monkeypatch):
    folder = elsewhere / ".venv"
    folder.mkdir()
    (folder / environment.STAMP).write_text(json.dumps(environment._wanted("")))
    assert not environment._is_ready()
    monkeypatch.setattr(environment, "_runs", lambda _python: True)
    assert environment._is_ready()


def test_an_interpreter_without_the_packages_does_not_run(tmp_path):
    assert not environment._runs(str(tmp_path / "python"))
    # As after an upgrade of the system's Python: it starts, and looks in another folder.
    assert not environment._runs(sys._base_executable)
    assert environment._runs(sys.executable)


HOLD = "import sys, time; from helpers.setup import environment as e; e.VENV = sys.argv[1]\n"
HOLD += "with e._one_at_a_time(): print('held', flush=True); time.sleep(60)"


def test_one_start_at_a_time(elsewhere, monkeypatch, capsys):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, environment.VENV], cwd=PROJECT, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline().strip() == b"held"
        monkeypatch.setattr(environment, "WAIT_SECONDS", 0.1)
        with (
            pytest.raises(EnvironmentProblem, match="Stop it and start again"),
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
    code = "import sys; from strict_s3 import signals; from helpers.setup import environment as e\n"
    code += "e.VENV = sys.argv[1]\n"
    code += "with signals.as_interrupt(): e._run([sys.executable, '-c', sys.argv[2]], 'x', e.VENV)"
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
    monkeypatch.setattr(environment, "_make", lambda _tests: environment.say("made"))
    assert environment.ensure() == environment._python()
    said = capsys.readouterr().err
    assert f"the active environment is not used: {missing}" in said
    assert "made" in said


def test_a_folder_that_cannot_be_written_is_a_sentence(elsewhere, monkeypatch):
    monkeypatch.setattr(environment, "VENV", str(elsewhere / "none" / ".venv"))
    monkeypatch.setattr(environment, "inside_environment", lambda: False)
    with pytest.raises(EnvironmentProblem, match="cannot be made"):
        environment.ensure()


def test_made_from_the_python_behind_an_active_environment(elsewhere, monkeypatch):
    # The active one may be the .venv that is about to be removed.
    commands = []
    monkeypatch.setattr(environment, "_run", lambda command, *_: commands.append(command))
    monkeypatch.setattr(environment.shutil, "which", lambda _name: None)
    (elsewhere / ".venv" / "left").mkdir(parents=True)
    environment._make("")
    assert not (elsewhere / ".venv" / "left").exists()
    assert commands[0][0] == sys._base_executable
    # A pip before 23.3 would look for releases that have no hash.
    assert {"--require-hashes", "--no-deps"} <= set(commands[1])
    assert json.loads((elsewhere / ".venv" / environment.STAMP).read_text())


@pytest.mark.parametrize("uv", [None, "uv"])
def test_a_wheelhouse_is_all_that_is_installed_from(uv, elsewhere, monkeypatch, capsys):
    commands = []
    monkeypatch.setattr(environment, "_run", lambda command, *_: commands.append(command))
    monkeypatch.setattr(environment.shutil, "which", lambda _name: uv)
    environment._make("")
    assert not any("--no-index" in command for command in commands)
    (elsewhere / "wheelhouse").mkdir()
    del commands[:]
    environment._make("")
    (install,) = (command for command in commands if "install" in command)
    assert install[install.index("--find-links") + 1] == environment.WHEELS
    assert "--no-index" in install
    assert "without the network" in capsys.readouterr().err


def test_what_the_tests_need_is_added_when_it_is_asked_for(elsewhere, monkeypatch, capsys):
    monkeypatch.setattr(environment, "inside_environment", lambda: False)
    monkeypatch.setattr(environment, "_runs", lambda _python: True)
    monkeypatch.setattr(environment.shutil, "which", lambda _name: None)
    commands: list[list[str]] = []
    monkeypatch.setattr(environment, "_run", lambda command, *_: commands.append(command))

    def installed() -> list[list[str]]:
        """The locks of each call of pip since the last look."""
        found = [
            [after for part, after in pairwise(command) if part == "-r"]
            for command in commands
            if "pip" in command
        ]
        commands.clear()
        return found

    for _ in range(2):
        environment.ensure()
    assert installed() == [[environment.LOCK]]
    for _ in range(2):
        environment.ensure(environment.TESTS)
    assert installed() == [[environment.LOCK, environment.TEST_LOCK]]
    assert "adding what only the tests need" in capsys.readouterr().err
    environment.ensure()
    (elsewhere / "requirements-test.lock").write_text("new==1\n")
    environment.ensure()
    assert installed() == []
    assert environment.find(environment.TESTS) == (None, "")
    environment.ensure(environment.TESTS)
    assert installed() == [[environment.LOCK, environment.TEST_LOCK]]


def test_a_failed_installation_leaves_no_stamp(elsewhere, monkeypatch):
    def fail(*_):
        raise EnvironmentProblem("no")

    monkeypatch.setattr(environment, "_run", fail)
    with pytest.raises(EnvironmentProblem):
        environment._make("")
    assert not (elsewhere / ".venv" / environment.STAMP).exists()


def test_a_failing_step_says_what_and_how_to_go_on(elsewhere):
    (elsewhere / ".venv").mkdir()
    with pytest.raises(EnvironmentProblem) as caught:
        environment._run(
            [sys.executable, "-c", "print('why'); exit(3)"], "making .venv", environment.VENV
        )
    assert "making .venv failed (status 3)" in str(caught.value)
    assert "why" in str(caught.value)


def test_notebooks_find_the_helpers_from_any_folder_without_variables(tmp_path):
    # As an editor does it, which knows the environment's Python and nothing else.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True)
    python = tmp_path / "v" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    for _ in range(2):
        subprocess.run([python, environment.LINK], check=True)
    code = "import helpers; print(helpers.__path__[0])"
    found = subprocess.check_output([python, "-I", "-c", code], cwd=tmp_path, text=True)
    assert os.path.samefile(found.strip(), PROJECT / "helpers")


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
