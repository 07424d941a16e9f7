"""What a room is given: the project with its wheels in one zip file; and whether it fits here.

Standard library only, because it is used before there is an environment.
"""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import stat
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED

from helpers.errors import EnvironmentProblem
from helpers.files import replacing
from helpers.setup import environment, wheelhouse
from helpers.setup.environment import PROJECT

FOLDER = "s3-presigned-urls"  # what the zip file unpacks to
_WHEELS = f"{os.path.basename(environment.WHEELS)}/"
_HIDDEN = {".ci", ".devcontainer", ".env.example", ".gitignore", ".npmrc"}


def pack(path: str) -> int:
    """Write the zip file `path`: the project and its wheelhouse; returns the exit status.

    In a checkout of git that is what git tracks. In a folder without git, what .gitignore names is
    left out (.env, environments, working copies), and hidden files that the project doesn't have.
    The file is there only once it is whole. Raises `EnvironmentProblem`.
    """
    if not os.path.isdir(environment.WHEELS):
        raise EnvironmentProblem("There is no folder wheelhouse yet: fill it first.")
    path = os.path.abspath(path)
    tracked = _tracked()
    try:
        with replacing(Path(path)) as beside, _zip(beside) as file:
            for name in _given(tracked):
                if os.path.abspath(os.path.join(PROJECT, name)) not in (path, str(beside)):
                    file.write(os.path.join(PROJECT, name), f"{FOLDER}/{name}")
    except (OSError, UnicodeError) as problem:  # of a file's name
        raise EnvironmentProblem(f"{path} can't be written: {problem}") from problem
    without = "the files that git does not track" if tracked else "what .gitignore names"
    environment.say(f"{path}: {os.path.getsize(path) / 1e6:.0f} MB, without {without}")
    return 0


def _zip(path: Path) -> zipfile.ZipFile:
    """Zip knows no year before 1980, which some systems give every file."""
    return zipfile.ZipFile(path, "w", ZIP_DEFLATED, strict_timestamps=False)


def files() -> Iterator[str]:
    """The paths of what a room is given, from the project's folder on, with slashes.

    Links are left out, because what they lead to can be anything of yours. So are pipes and
    sockets, which would be read without end.
    """
    return _given(_tracked())


def _given(tracked: set[str]) -> Iterator[str]:
    for name in _walk():
        if not tracked or name in tracked or name.startswith(_WHEELS):
            yield name


def _tracked() -> set[str]:
    """What git tracks in the project's folder; nothing if there is no checkout, or no git."""
    if not os.path.exists(os.path.join(PROJECT, ".git")):
        return set()  # and not part of another checkout
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True)
    except OSError:
        return set()
    return set() if listed.returncode else {*os.fsdecode(listed.stdout).split("\0")}


def _walk() -> Iterator[str]:
    ignored = [*_ignored(), ".git"]
    for folder, folders, names in os.walk(PROJECT):
        relative = os.path.relpath(folder, PROJECT).replace(os.sep, "/")
        inside = "" if relative == "." else f"{relative}/"
        folders[:] = sorted(
            name
            for name in folders
            if f"{inside}{name}/" == _WHEELS
            or (_is_shown(name) and not _matches(inside, f"{name}/", ignored))
        )
        for name in sorted(names):
            is_file = stat.S_ISREG(os.lstat(os.path.join(folder, name)).st_mode)
            if is_file and _is_shown(name) and not _matches(inside, name, ignored):
                yield inside + name


def _is_shown(name: str) -> bool:
    """Hidden ones, such as .aws and .progress.json, are yours, apart from the project's own."""
    return not name.startswith(".") or name in _HIDDEN


def _ignored() -> list[str]:
    """The lines of .gitignore, which is kept simple: names, with / for a folder or the top."""
    with open(os.path.join(PROJECT, ".gitignore"), encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return [line for line in lines if line and not line.startswith("#")]


def _matches(inside: str, name: str, patterns: list[str]) -> bool:
    for pattern in patterns:
        at_top = pattern.startswith("/")
        plain = name if pattern.endswith("/") else name.rstrip("/")
        if (not at_top or not inside) and fnmatch.fnmatchcase(plain, pattern.lstrip("/")):
            return True
    return False


def lacks() -> list[str]:
    """The pins that the wheelhouse has no good file of for this computer and this Python."""
    try:
        from packaging.tags import sys_tags
        from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
    except ImportError:  # there is no environment yet, but pip, which brings its own copy
        from pip._vendor.packaging.tags import sys_tags  # type: ignore[no-redef]
        from pip._vendor.packaging.utils import (  # type: ignore[no-redef]
            InvalidWheelFilename,
            canonicalize_name,
            parse_wheel_filename,
        )
    here = set(sys_tags())
    there: dict[tuple[str, str], list[str]] = {}
    for name in os.listdir(environment.WHEELS):
        try:
            package, version, _, tags = parse_wheel_filename(name)
        except InvalidWheelFilename:
            continue
        if here & tags:
            there.setdefault((str(package), str(version)), []).append(name)
    missing = []
    blocks = re.split(r"\n(?=\S)", wheelhouse.requirements("", wheelhouse.THIS).strip())
    for block in blocks:
        pin, _, hashes = block.partition(" \\\n")
        name, _, number = pin.partition("==")
        found = there.get((canonicalize_name(name), number.strip()), [])
        if not any(_digest(file) in hashes for file in found):
            missing.append(pin)
    return missing


def _digest(name: str) -> str:
    with open(os.path.join(environment.WHEELS, name), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
