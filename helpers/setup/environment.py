"""The Python environment that everything here runs in: made once, then only looked at.

Two locks: requirements.lock is what a learner needs, requirements-test.lock what the tests and
authors need on top. Standard library only, because this runs before there is an environment.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO

from helpers.errors import EnvironmentProblem

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOCK = os.path.join(PROJECT, "requirements.lock")
TEST_LOCK = os.path.join(PROJECT, "requirements-test.lock")
VENV = os.path.join(PROJECT, ".venv")
WHEELS = os.path.join(PROJECT, "wheelhouse")  # see wheelhouse.py
LINK = os.path.join(PROJECT, "helpers", "setup", "link.py")
STAMP = "made-by-helpers.json"
LOG = "install.log"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
MINIMUM = tuple(map(int, PYTHONS[0].split(".")))
WAIT_SECONDS = 900  # for another start that is making the same environment
_started = time.monotonic()


def say(text: str) -> None:
    """One line about what is being done, with the seconds since the start."""
    print(f"[{time.monotonic() - _started:5.1f} s] {text}", file=sys.stderr, flush=True)


def ensure(tests: bool = False) -> str:
    """The Python to use (a path), with every package of the lock; with `tests`, of both locks.

    What is missing in .venv is installed. Raises EnvironmentProblem if that fails.
    """
    if sys.version_info < MINIMUM:
        raise EnvironmentProblem(
            "This needs Python {}.{} or newer, and this is Python {}.{}. Install a newer one and "
            "start again with it.".format(*MINIMUM, *sys.version_info[:2])
        )
    found, why_not = find(tests)
    if why_not:
        say(f"the active environment is not used: {why_not}")
    if found:
        return found
    try:
        with _one_at_a_time():
            try:
                if not _is_ready():
                    _make(tests)
                elif tests and not _is_ready(tests):
                    say("adding what only the tests need")
                    _install(tests)
            except KeyboardInterrupt:
                say("stopped; the next start continues with what is missing")
                raise
    except OSError as problem:
        raise EnvironmentProblem(
            f"The environment cannot be made: {problem}. Close the programs that use {VENV}, make "
            "sure that you can write there, and start again."
        ) from problem
    return _python()


def find(tests: bool = False) -> tuple[str | None, str]:
    """The Python that would be used, None if something is missing; and why not the active one.

    Only looks. An active environment that is not ours is used if it has every package of the
    lock (with `tests`, of both); nothing is ever installed there.
    """
    why_not = ""
    if inside_environment() and not _is_ours(sys.prefix):
        missing = differences(tests)
        if not missing:
            return sys.executable, ""
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        why_not = missing[0] + more
    return (_python() if _is_ready(tests) else None), why_not


def inside_environment() -> bool:
    """True inside an active virtual or conda environment."""
    return sys.prefix != sys.base_prefix or os.path.isdir(os.path.join(sys.prefix, "conda-meta"))


def differences(tests: bool = False) -> list[str]:
    """What this Python lacks, a line each: ``boto3 1.44.5 is locked, 1.44.1 is installed``."""
    from importlib import metadata  # takes longer than all the rest here, and is seldom needed

    try:
        from packaging.markers import Marker
    except ImportError:
        return ["packaging is locked, none is installed"]
    found = []
    for name, version, marker in locked(tests):
        if marker and not Marker(marker).evaluate():
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "none"
        if installed != version:
            found.append(f"{name} {version} is locked, {installed} is installed")
    return found


def locked(tests: bool = False) -> list[tuple[str, str, str]]:
    """(name, version, marker) of every package in requirements.lock; with `tests`, in both."""
    pattern = re.compile(
        r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.M
    )
    pins = []
    for path in locks(tests):
        with open(path, encoding="utf-8") as file:
            pins += [(m[1], m[2], (m[3] or "").strip()) for m in pattern.finditer(file.read())]
    return pins


def locks(tests: bool) -> list[str]:
    """The paths of the locks to install."""
    return [LOCK, TEST_LOCK] if tests else [LOCK]


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


def _wanted(tests: bool) -> dict[str, str]:
    """What the stamp must say. The folder is in it: a moved environment does not work."""
    wanted = {"folder": os.path.realpath(VENV)}
    for path in locks(tests):
        with open(path, "rb") as file:
            wanted[os.path.basename(path)] = hashlib.sha256(file.read()).hexdigest()
    return wanted


def _is_ready(tests: bool = False) -> bool:
    try:
        with open(os.path.join(VENV, STAMP), encoding="utf-8") as file:
            stamp = json.load(file)
        has_all = stamp | _wanted(tests) == stamp
    except (OSError, ValueError, TypeError):
        return False
    return has_all and (_is_ours(sys.prefix) or _runs(_python()))


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
                    f"Another process has been making {VENV} for {WAIT_SECONDS // 60} minutes. "
                    "Stop it and start again."
                )
            if not told:
                say("another process is making the environment; waiting for it")
                told = True
            time.sleep(0.2)
        yield


def _locked(file: IO[bytes]) -> bool:
    """False if another process holds the lock; closing the file releases it."""
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
        pass  # a file system without locks: better unlocked than never started
    return True


def _make(tests: bool) -> None:
    """Make the environment from nothing."""
    if os.path.isdir(VENV):
        say("making the environment again: it is incomplete, moved, or of another lock")
        shutil.rmtree(VENV)
    # The one behind an active environment: that may be the one that has just been removed.
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    os.makedirs(VENV, exist_ok=True)
    uv = shutil.which("uv")
    say(f"making the environment in .venv{' with uv' if uv else ''}")
    _run(
        [uv, "venv", "--allow-existing", "--python", base, VENV]
        if uv
        else [base, "-m", "venv", VENV],
        "making .venv",
        "On Debian and Ubuntu Python's venv is a package of its own: apt install python3-venv.",
    )
    _install(tests)


def _install(tests: bool) -> None:
    """Install what the locks name. The stamp is written last, when all has worked."""
    uv = shutil.which("uv")
    command = (
        [uv, "pip", "install", "--python", _python()]
        if uv
        else [_python(), "-m", "pip", "install", "--disable-pip-version-check"]
    )
    fix = ""
    if os.path.isdir(WHEELS):
        say("taking the packages from the folder wheelhouse, without the network")
        command += ["--no-index", "--find-links", WHEELS]
        fill = f"python3 -m helpers wheelhouse{' --tests' if tests else ''}"
        fix = (
            "The folder wheelhouse lacks a package for this computer: fill it for this system and "
            f"Python ({fill}; --help says how), or delete it to use the network."
        )
    paths = locks(tests)
    names = " and ".join(map(os.path.basename, paths))
    say(f"installing the packages of {names} (once; a minute or so)")
    # The locks are complete. A pip before 23.3 would look for the newest release of a package
    # that is asked for with an extra, and stop because that has no hash.
    command += ["--no-deps", "--require-hashes", *(p for path in paths for p in ("-r", path))]
    _run(command, "installing the packages", fix)
    _run([_python(), LINK], "making helpers importable")
    with open(os.path.join(VENV, STAMP), "w", encoding="utf-8") as file:
        json.dump(_wanted(tests), file)
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
            f"{fix or 'Check the network and the free disk space.'} Then start again: what is "
            "missing is installed then."
        )
