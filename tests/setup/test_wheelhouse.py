"""The wheelhouse: what is downloaded for which computers, and that a start needs nothing else."""

from __future__ import annotations

import re
import sys

import pytest
from packaging.markers import Marker

from helpers import __main__ as commands
from helpers.setup import environment, wheelhouse


def names(computer: str, python: str) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", wheelhouse.requirements(computer, python), re.M))


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("computer", "system", "name"),
    [("windows", "win32", "nt"), ("macos", "darwin", "posix"), ("linux", "linux", "posix")],
)
def test_each_computer_gets_what_its_own_pip_would_ask_for(computer, system, name, python):
    there = {
        "sys_platform": system,
        "os_name": name,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": python,
        "python_full_version": f"{python}.99",
    }
    wanted = {
        package
        for package, _, marker in environment.locked()
        if not marker or Marker(marker).evaluate(there)
    }
    assert names(computer, python) == wanted
    assert ("pywinpty" in wanted) == (computer == "windows")
    assert ("appnope" in wanted) == (computer == "macos")


def test_pins_keep_their_hashes_and_lose_their_conditions():
    text = wheelhouse.requirements("", "{}.{}".format(*sys.version_info[:2]))
    pins = re.findall(
        r"^[\w.-]+(?:\[.*?\])?==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+", text, re.M
    )
    assert "".join(pins) == text
    assert ";" not in text


def test_pip_is_called_once_for_each_computer_and_python(monkeypatch, tmp_path):
    called: list[list[str]] = []
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path))
    monkeypatch.setattr(wheelhouse.subprocess, "call", lambda command, **_: called.append(command))
    arguments = ["--for", "windows", "macos", "--python", "3.12", "3.13"]
    assert commands.main(["wheelhouse", *arguments]) == 0
    downloads = called[1:]
    assert len(downloads) == 4
    for command in downloads:
        assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command)
    assert [command[command.index("--platform") + 1] for command in downloads] == [
        *["win_amd64"] * 2,
        *["macosx_14_0_arm64"] * 2,
    ]
    assert [command[-1] for command in downloads] == ["3.12.99", "3.13.99"] * 2


def test_what_goes_wrong_is_one_sentence(monkeypatch, capsys):
    for failing, said in ((1, "has none"), (2, "goes on where it stopped")):
        statuses = iter([0] * (failing - 1) + [1])
        monkeypatch.setattr(wheelhouse.subprocess, "call", lambda *_, s=statuses, **__: next(s))
        assert commands.main(["wheelhouse"]) == 1
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit):
        commands.main(["wheelhouse", "--python", "2.7"])
    with pytest.raises(SystemExit):
        commands.main(["wheelhouse", "--for", "amiga"])
