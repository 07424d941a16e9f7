"""The Python environment that everything here runs in: made once, then only looked at.

Standard library only, because it runs before there is an environment.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import operator
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOCK = os.path.join(PROJECT, "requirements.lock")
VENV = os.path.join(PROJECT, ".venv")
WHEELS = os.path.join(PROJECT, "wheelhouse")  # see wheelhouse.py
STAMP = "made-by-helpers.json"
LOG = "install.log"
MINIMUM = (3, 11)
WAIT_SECONDS = 900  # for another start that is making the same environment
# A lock's conditions: words of PEP 508 and comparisons of them.
_MARKER_TOKEN = re.compile(r"\s*([()]|'[^']*'|\"[^\"]*\"|[<>=!~]=?=?|\w+)")
_COMPARISONS: dict[str, Callable[..., bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_started = time.monotonic()


class EnvironmentProblem(Exception):
    """The environment cannot be made; the message says what to do."""


def say(text: str) -> None:
    """One line about what is being done, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.1f} s] {text}", file=sys.stderr, flush=True)


def ensure() -> str:
    """The Python to use (a path), with every package of the lock and the project itself."""
    if sys.version_info < MINIMUM:
        raise EnvironmentProblem(
            "This needs Python {}.{} or newer, and this is Python {}.{}. Install a newer one and "
            "start again with it.".format(*MINIMUM, *sys.version_info[:2])
        )
    found, why_not = find()
    if why_not:
        say(f"the active environment is not used: {why_not}")
    if found:
        return found
    try:
        with _one_at_a_time():
            if not _is_ready():
                try:
                    _make()
                except KeyboardInterrupt:
                    say("stopped; the next start makes the environment from the beginning")
                    raise
    except OSError as problem:
        raise EnvironmentProblem(
            f"The environment cannot be made: {problem}. Close the programs that use {VENV}, see "
            "to it that you may write there, and start again."
        ) from problem
    return _python()


def find() -> tuple[str | None, str]:
    """The Python that would be used, None if it has to be made first; and why not the active one.

    Only looks. An active environment of somebody else's is used if it has every package of the
    lock; the project itself need not be installed there (see `child_variables`).
    """
    why_not = ""
    if inside_environment() and not _is_ours(sys.prefix):
        missing = differences()
        if not missing:
            return sys.executable, ""
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        why_not = missing[0] + more
    return (_python() if _is_ready() else None), why_not


def inside_environment() -> bool:
    """True inside an active virtual or conda environment."""
    return sys.prefix != sys.base_prefix or os.path.isdir(os.path.join(sys.prefix, "conda-meta"))


def differences() -> list[str]:
    """What this Python lacks of the lock, a line each: ``boto3 1.44.5 is locked, … installed``."""
    from importlib import metadata  # takes longer than all the rest here, and is seldom needed

    found = []
    for name, version, marker in locked():
        if not applies(marker):
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "none"
        if installed != version:
            found.append(f"{name} {version} is locked, {installed} is installed")
    return found


def locked() -> list[tuple[str, str, str]]:
    """(name, version, marker) of every package in requirements.lock."""
    with open(LOCK, encoding="utf-8") as file:
        text = file.read()
    pattern = re.compile(
        r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.M
    )
    return [(m[1], m[2], (m[3] or "").strip()) for m in pattern.finditer(text)]


def words() -> dict[str, str]:
    """What the conditions in the lock can ask about this computer and its Python."""
    return {
        "implementation_name": sys.implementation.name,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_system": platform.system(),
        "python_full_version": platform.python_version(),
        "python_version": "{}.{}".format(*sys.version_info[:2]),
        "sys_platform": sys.platform,
    }


def applies(marker: str, known: dict[str, str] | None = None) -> bool:
    """True if a package with this marker belongs on this computer, or on one of these `words`.

    Written out, because the Python that starts may have neither `packaging` nor pip. Knows what
    uv writes into a lock; a test compares it with `packaging`.
    """
    tokens = _MARKER_TOKEN.findall(marker)
    known = words() if known is None else known

    def either() -> bool:
        result = both()
        while tokens and tokens[0] == "or":
            tokens.pop(0)
            result = both() or result
        return result

    def both() -> bool:
        result = one()
        while tokens and tokens[0] == "and":
            tokens.pop(0)
            result = one() and result
        return result

    def one() -> bool:
        left = tokens.pop(0)
        if left == "(":
            result = either()
            tokens.pop(0)
            return result
        compare, right = _COMPARISONS[tokens.pop(0)], tokens.pop(0)
        values = [side[1:-1] if side[0] in "'\"" else known[side] for side in (left, right)]
        if "python_version" in (left, right) or "python_full_version" in (left, right):
            return compare(*(_numbers(value) for value in values))
        return compare(*values)

    try:
        return not tokens or either()
    except (IndexError, KeyError) as problem:
        raise EnvironmentProblem(
            f"requirements.lock has a condition that is not understood: {marker}"
        ) from problem


def _numbers(version: str) -> list[int]:
    """3.12 and 3.12.0 are the same version; a pre-release counts as its release."""
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    return numbers + [0] * (3 - len(numbers))


def child_variables(python: str = "") -> dict[str, str]:
    """Environment variables for programs started from here, with the Python they run in.

    Kernels must find `helpers` from any folder: PYTHONPATH does that in somebody else's active
    environment too, without writing into it. Programs named in a lesson come from the same
    environment, and a kernel named python3 elsewhere does not take the place of its own.
    """
    variables = dict(os.environ)
    paths = [PROJECT, *filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))]
    variables["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    variables.pop("JUPYTER_PATH", None)
    variables["JUPYTER_PREFER_ENV_PATH"] = "1"
    if python:
        programs = [os.path.dirname(python), *variables.get("PATH", os.defpath).split(os.pathsep)]
        variables["PATH"] = os.pathsep.join(dict.fromkeys(programs))
        if os.path.abspath(python) == os.path.abspath(_python()):
            variables["VIRTUAL_ENV"] = VENV
    return variables


# The environment's own files.


def _python() -> str:
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, *parts)


def _is_ours(prefix: str) -> bool:
    return os.path.realpath(prefix) == os.path.realpath(VENV)


def _wanted() -> dict[str, str]:
    """What the stamp must say. The folder is in it: a moved environment does not work."""
    with open(LOCK, "rb") as file:
        lock = hashlib.sha256(file.read()).hexdigest()
    return {"lock": lock, "folder": os.path.realpath(VENV)}


def _is_ready() -> bool:
    try:
        with open(os.path.join(VENV, STAMP), encoding="utf-8") as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return False
    return bool(stamp == _wanted()) and (_is_ours(sys.prefix) or _runs(_python()))


def _runs(python: str) -> bool:
    """False if the Python that the environment was made with is gone, or is another version now.

    Its packages are then in a folder where it does not look.
    """
    look = "import importlib.util as u, sys; sys.exit(u.find_spec('jupyterlab') is None)"
    try:
        return subprocess.call([python, "-I", "-c", look], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two starts at once must not make the same environment: the second waits for the first.

    The lock is the operating system's, so that it ends with the process that holds it. The file
    stays: to remove it would let a third start lock another one of the same name.
    """
    path = VENV + ".lock"
    deadline = time.monotonic() + WAIT_SECONDS
    told = False
    with open(path, "a+b") as file:
        while not _locked(file):
            if time.monotonic() > deadline:
                raise EnvironmentProblem(
                    "Another start has been making the environment for too long. End it and start "
                    "again."
                )
            if not told:
                say("another start is making the environment; waiting for it")
                told = True
            time.sleep(0.2)
        yield


def _locked(file: IO[bytes]) -> bool:
    """False if another process holds the lock; closing the file gives it up."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass  # a file system without locks: better to go on than never to start
    return True


def _make() -> None:
    """Make the environment from nothing. The stamp is written last, when all has worked."""
    if os.path.isdir(VENV):
        say("making the environment again: it is incomplete, moved, or of another lock")
        shutil.rmtree(VENV)
    # The one behind an active environment: that may be the one that has just been removed.
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    uv = shutil.which("uv")
    count = sum(applies(marker) for _, _, marker in locked())
    os.makedirs(VENV, exist_ok=True)
    if uv:
        say("making the environment in .venv with uv")
        command = [uv, "venv", "--allow-existing", "--python", base, VENV]
        install = [uv, "pip", "install", "--python", _python()]
    else:
        say("making the environment in .venv")
        command = [base, "-m", "venv", VENV]
        install = [_python(), "-m", "pip", "install", "--disable-pip-version-check"]
    _run(
        command,
        "making .venv",
        "On Debian and Ubuntu Python's venv is a package of its own: apt install python3-venv.",
    )
    if os.path.isdir(WHEELS):
        say("taking the packages from the folder wheelhouse, without the network")
        install += ["--no-index", "--find-links", WHEELS]
    say(f"installing {count} packages from requirements.lock (once; a minute or so)")
    _run(
        [*install, "--require-hashes", "-r", LOCK],
        "installing the packages",
        "The folder wheelhouse lacks a package for this computer: fill it for this system and "
        "Python (python3 -m helpers wheelhouse --help), or delete it to use the network."
        if os.path.isdir(WHEELS)
        else "",
    )
    say("installing this project")
    _run([*install, "--no-deps", "--no-build-isolation", "-e", PROJECT], "installing this project")
    with open(os.path.join(VENV, STAMP), "w", encoding="utf-8") as file:
        json.dump(_wanted(), file)
    say("the environment is ready; the next start needs no network")


def _run(command: list[str], what: str, fix: str = "") -> None:
    path = os.path.join(VENV, LOG)
    with open(path, "a", encoding="utf-8") as log:
        status = subprocess.call(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=PROJECT
        )
    if status:
        with open(path, encoding="utf-8", errors="replace") as log:
            tail = "".join(log.readlines()[-12:])
        raise EnvironmentProblem(
            f"{what} failed (status {status}). The last lines of {path}:\n\n{tail}\n"
            f"{fix or 'Check the network and the free disk space.'} Then start again: a half-made "
            "environment is thrown away."
        )
