"""``python3 -m helpers wheelhouse``: the locks' packages as files, for rooms without network.

The folder `environment.WHEELS` is then all that ``helpers lab`` installs from. Standard library
and pip only, so that it can be filled before there is an environment.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import subprocess
import sys
import tempfile

from helpers.errors import EnvironmentProblem
from helpers.setup import environment

_LINUX = [f"manylinux_2_{minor}" for minor in range(5, 40)] + ["manylinux2014", "manylinux2010"]
_WINDOWS = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"}
_MACOS = {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"}
_GNU = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
# Kind of computer: what its Python says of it, and what its wheels are tagged with. pip adds the
# older versions of macOS by itself.
_COMPUTERS: dict[str, tuple[dict[str, str], list[str]]] = {
    "windows": ({**_WINDOWS, "platform_machine": "AMD64"}, ["win_amd64"]),
    "macos": ({**_MACOS, "platform_machine": "arm64"}, ["macosx_14_0_arm64"]),
    "macos-intel": ({**_MACOS, "platform_machine": "x86_64"}, ["macosx_14_0_x86_64"]),
    "linux": (
        {**_GNU, "platform_machine": "x86_64"},
        [f"{tag}_x86_64" for tag in [*_LINUX, "linux"]],
    ),
    "linux-arm": (
        {**_GNU, "platform_machine": "aarch64"},
        [f"{tag}_aarch64" for tag in [*_LINUX, "linux"]],
    ),
}
COMPUTERS = tuple(_COMPUTERS)
THIS = "{}.{}".format(*sys.version_info[:2])


def fill(computers: list[str], pythons: list[str], tests: bool = False) -> int:
    """Download what the lock names into the wheelhouse; returns the exit status.

    `computers` are of `COMPUTERS` (none: a computer such as this), `pythons` versions such as
    ``3.12`` (none: this one's); with `tests`, the tests' own lock too. What is there already is
    not downloaded again. Raises EnvironmentProblem if a file cannot be had.
    """
    if subprocess.call([sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL):
        raise EnvironmentProblem(
            f"A wheelhouse is filled by pip, and {sys.executable} has none. Start this with a "
            "Python that has pip (python3 -m ensurepip adds it)."
        )
    for computer, python in itertools.product(computers or [""], pythons or [THIS]):
        _download(computer, python, tests)
    count = len([name for name in os.listdir(environment.WHEELS) if name.endswith(".whl")])
    environment.say(f"{count} wheels in {environment.WHEELS}: copy it with the project's folder")
    return 0


def _download(computer: str, python: str, tests: bool) -> None:
    kind = f"{computer or 'this kind of computer'}, Python {python}"
    environment.say(f"wheels for {kind}")
    with tempfile.TemporaryDirectory() as folder:
        wanted = os.path.join(folder, "requirements.txt")
        with open(wanted, "w", encoding="utf-8") as file:
            file.write(requirements(computer, python, tests))
        try:
            command = _command(wanted, computer, python)
            done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        finally:  # helpers lab would install from an empty one, and find nothing
            with contextlib.suppress(OSError):
                os.rmdir(environment.WHEELS)
    if done.returncode:
        raise EnvironmentProblem(_what_failed(done.stderr, kind))


def _what_failed(said: str, kind: str) -> str:
    """Why pip could not download everything, and whether it helps to start again."""
    if broken := re.findall(r"connection broken by ['\"](.*)['\"]: /", said):
        # pip goes on as if the index had nothing.
        return (
            f"pip cannot reach its index, so wheels for {kind} are missing: {broken[-1]}. "
            "Check the network, and start again to continue."
        )
    missing = re.search(r"No matching distribution found for (\S+)", said)
    if missing:
        return (
            f"There is no wheel of {missing[1]} for {kind}. Such a computer cannot be set up "
            "without a network; another version of Python may have all wheels (--python)."
        )
    return (
        f"{said.strip()}\npip could not download every wheel for {kind}. Start again to continue."
    )


def requirements(computer: str, python: str, tests: bool = False) -> str:
    """The pins and hashes that a computer needs, without their markers.

    pip itself would judge the markers by the computer that it runs on.
    """
    try:
        from packaging.markers import Marker
    except ImportError:  # there is no environment yet, but pip, which brings its own copy
        from pip._vendor.packaging.markers import Marker  # type: ignore[no-redef]
    there: dict[str, str] = {}
    if computer:
        there |= _COMPUTERS[computer][0]
        there |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    if computer or python != THIS:
        there |= {"python_version": python, "python_full_version": _last(python)}
    found = []
    for path in environment.locks(environment.TESTS if tests else ""):
        with open(path, encoding="utf-8") as file:
            text = "".join(line for line in file if not line.lstrip().startswith("#"))
        for block in re.split(r"\n(?=\S)", text.strip()):
            pin, _, hashes = block.partition(" \\\n")
            name, _, marker = pin.partition(";")
            if not marker or Marker(marker).evaluate(there):
                found.append(f"{name.strip()} \\\n{hashes}")
    # Once, also if one computer's pin is in the other lock for all.
    return "\n".join(dict.fromkeys(found)) + "\n"


def _last(python: str) -> str:
    """Newer than every patch release: what only the first ones need is left out."""
    return f"{python}.99"


def _command(wanted: str, computer: str, python: str) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
    command += ["--require-hashes", "--no-deps", "--only-binary=:all:"]
    command += ["--requirement", wanted, "--dest", environment.WHEELS]
    if computer:
        for tag in _COMPUTERS[computer][1]:
            command += ["--platform", tag]
        command += ["--implementation", "cp"]
    if computer or python != THIS:
        command += ["--python-version", _last(python)]
    return command
