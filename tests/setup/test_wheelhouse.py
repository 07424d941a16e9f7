"""The wheelhouse: what is downloaded for which computers, and that a start needs nothing else."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from packaging import markers
from packaging.markers import Marker

from helpers.setup import commands, environment, wheelhouse


def pins(computer: str, python: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+==\S+", wheelhouse.requirements(computer, python), re.M))


@pytest.mark.parametrize("python", environment.PYTHONS)
@pytest.mark.parametrize(
    ("computer", "system", "name", "machine"),
    [
        ("windows", "win32", "nt", "AMD64"),
        ("macos", "darwin", "posix", "arm64"),
        ("macos-intel", "darwin", "posix", "x86_64"),
        ("linux", "linux", "posix", "x86_64"),
        ("linux-arm", "linux", "posix", "aarch64"),
    ],
)
def test_each_computer_gets_what_its_own_pip_would_ask_for(computer, system, name, machine, python):
    there = {
        "sys_platform": system,
        "os_name": name,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": python,
        "python_full_version": f"{python}.99",
    }
    wanted = {
        f"{package}=={version}"
        for package, version, marker in environment.locked()
        if not marker or Marker(marker).evaluate(there)
    }
    assert pins(computer, python) == wanted
    names = {pin.partition("==")[0] for pin in wanted}
    assert len(names) == len(wanted)
    assert ("pywinpty" in names) == (computer == "windows")
    assert ("appnope" in names) == computer.startswith("macos")


def test_another_computer_has_the_last_release_of_its_python(monkeypatch):
    here = markers.default_environment() | {"python_full_version": "3.11.2"}
    monkeypatch.setattr(markers, "default_environment", lambda: here)
    monkeypatch.setattr(wheelhouse, "THIS", "3.11")
    first, last = pins("", "3.11"), pins("windows", "3.11")
    assert "soupsieve==2.10" in first and "soupsieve==2.10" not in last


def test_the_tests_own_packages_only_if_asked_for():
    assert "playwright==" not in wheelhouse.requirements("linux", "3.12")
    both = wheelhouse.requirements("windows", "3.12", tests=True)
    assert "playwright==" in both
    # Locked for Windows in one file, for every system in the other.
    assert both.count("colorama==") == 1


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
    monkeypatch.setattr(wheelhouse.subprocess, "call", lambda *_, **__: 0)

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        called.append(command)
        (tmp_path / "x-1-py3-none-any.whl").touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(wheelhouse.subprocess, "run", run)
    arguments = ["--for", "windows", "--for", "macos", "--python", "3.12", "--python", "3.13"]
    assert commands.main(["wheelhouse", *arguments]) == 0
    assert len(called) == 4
    for command in called:
        assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command)
    assert [command[command.index("--platform") + 1] for command in called] == [
        *["win_amd64"] * 2,
        *["macosx_14_0_arm64"] * 2,
    ]
    assert [command[-1] for command in called] == ["3.12.99", "3.13.99"] * 2


NO_NETWORK = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after \
connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object \
at 0x7f4e0a3663c0>: Failed to establish a new connection: [Errno -3] Temporary failure in name \
resolution')': /simple/x/
ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)
ERROR: No matching distribution found for x==1
"""


def failing(stderr: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], 1, stderr=stderr)


def test_without_pip_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(wheelhouse.subprocess, "call", lambda *_, **__: 1)
    assert commands.main(["wheelhouse"]) == 1
    assert "has none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("ERROR: Connection refused", "Start again to continue"),
        ("ERROR: No matching distribution found for x==1", "There is no wheel of x==1 for windows"),
    ],
)
def test_what_cannot_be_downloaded_is_named(said, message, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path))
    monkeypatch.setattr(wheelhouse.subprocess, "call", lambda *_, **__: 0)
    monkeypatch.setattr(wheelhouse.subprocess, "run", lambda *_, **__: failing(said))
    assert commands.main(["wheelhouse", "--for", "windows"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert ("Start again" in error) == ("refused" in said)


def test_without_a_network_no_wheel_is_blamed_and_no_folder_left(monkeypatch, capsys, tmp_path):
    """pip makes the folder, cannot reach its index, and goes on as if that had nothing."""
    wheels = tmp_path / "wheelhouse"

    def pip(*_, **__):
        wheels.mkdir()
        return failing(NO_NETWORK)

    monkeypatch.setattr(environment, "WHEELS", str(wheels))
    monkeypatch.setattr(wheelhouse.subprocess, "call", lambda *_, **__: 0)
    monkeypatch.setattr(wheelhouse.subprocess, "run", pip)
    assert commands.main(["wheelhouse"]) == 1
    error = capsys.readouterr().err
    assert "pip cannot reach its index" in error
    assert "Temporary failure in name resolution'). Check the network" in error
    assert "There is no wheel" not in error
    assert not wheels.exists()


def test_a_zip_file_without_a_name_is_refused(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path))
    monkeypatch.setattr(wheelhouse, "fill", lambda *_: 0)
    assert commands.main(["wheelhouse", "--zip="]) == 1
    assert "can't be written" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--python", "2.7"], ["--for", "amiga"]])
def test_what_is_not_supported_is_refused(arguments):
    with pytest.raises(SystemExit):
        commands.main(["wheelhouse", *arguments])
