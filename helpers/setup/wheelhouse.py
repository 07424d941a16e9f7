"""``python3 -m helpers wheelhouse``: the lock's packages as files, for rooms without network.

The folder `environment.WHEELS` is then all that ``helpers lab`` installs from. Standard library
and pip only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile

from helpers.setup import environment
from helpers.setup.environment import EnvironmentProblem

_LINUX = [f"manylinux_2_{minor}" for minor in range(5, 40)] + ["manylinux2014", "manylinux2010"]
# Kind of computer: what its Python says of it, and what its wheels are tagged with. pip adds the
# older versions of macOS by itself.
_COMPUTERS: dict[str, tuple[dict[str, str], list[str]]] = {
    "windows": (
        {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
        ["win_amd64"],
    ),
    "macos": (
        {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
        ["macosx_14_0_arm64"],
    ),
    "macos-intel": (
        {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
        ["macosx_14_0_x86_64"],
    ),
    "linux": (
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
        [f"{tag}_x86_64" for tag in [*_LINUX, "linux"]],
    ),
    "linux-arm": (
        {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
        [f"{tag}_aarch64" for tag in [*_LINUX, "linux"]],
    ),
}
COMPUTERS = tuple(_COMPUTERS)


def fill(computers: list[str], pythons: list[str]) -> int:
    """Download what the lock names into the wheelhouse; returns the exit status.

    `computers` are of `COMPUTERS` (none: a computer such as this), `pythons` versions such as
    ``3.12`` (none: this one's). What is there already is not downloaded again.
    """
    if subprocess.call([sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL):
        raise EnvironmentProblem(
            f"A wheelhouse is filled by pip, and {sys.executable} has none. Start this with a "
            "Python that has pip (python3 -m ensurepip adds it)."
        )
    for computer in computers or [""]:
        for python in pythons or ["{}.{}".format(*sys.version_info[:2])]:
            kind = computer or "this kind of computer"
            environment.say(f"wheels for {kind}, Python {python}")
            with tempfile.TemporaryDirectory() as folder:
                wanted = os.path.join(folder, "requirements.txt")
                with open(wanted, "w", encoding="utf-8") as file:
                    file.write(requirements(computer, python))
                status = subprocess.call(_command(wanted, computer, python))
            if status:
                raise EnvironmentProblem(
                    f"pip could not download every wheel for {kind} (status {status}, see above). "
                    "Start again: it goes on where it stopped."
                )
    count = len([name for name in os.listdir(environment.WHEELS) if name.endswith(".whl")])
    environment.say(f"{count} wheels in {environment.WHEELS}: copy it with the project's folder")
    return 0


def requirements(computer: str, python: str) -> str:
    """The lock's pins and hashes that a computer needs, without their conditions.

    pip itself would judge the conditions by the computer that it runs on.
    """
    words = environment.words()
    if computer:
        words |= _COMPUTERS[computer][0]
        words["platform_machine"] = _COMPUTERS[computer][1][0].partition("_")[2]
        words |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    if python != words["python_version"]:
        words |= {"python_version": python, "python_full_version": _last(python)}
    with open(environment.LOCK, encoding="utf-8") as file:
        text = "".join(line for line in file if not line.lstrip().startswith("#"))
    found = []
    for block in re.split(r"\n(?=\S)", text.strip()):
        pin, _, hashes = block.partition(" \\\n")
        name, _, marker = pin.partition(";")
        if environment.applies(marker.strip(), words):
            found.append(f"{name.strip()} \\\n{hashes}" if hashes else name.strip())
    return "\n".join(found) + "\n"


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
    if computer or python != environment.words()["python_version"]:
        command += ["--python-version", _last(python)]
    return command
