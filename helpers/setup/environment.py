"""The Python environments that everything here runs in: made once, then only looked at.

Three locks: requirements.lock is what a learner needs, requirements-test.lock what the tests and
authors need on top, requirements-site.lock what builds the site. The site's packages and those of
the tests exclude each other (docutils), so they have an environment of their own. Standard library
only, because this runs before there is an environment.
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
SITE_LOCK = os.path.join(PROJECT, "requirements-site.lock")
TESTS = "tests"
SITE = "site"
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


def check_version() -> None:
    """Raises EnvironmentProblem if this Python is too old."""
    if sys.version_info < MINIMUM:
        raise EnvironmentProblem(
            "This needs Python {}.{} or newer, and this is Python {}.{}. Install a newer one and "
            "start again with it.".format(*MINIMUM, *sys.version_info[:2])
        )


def ensure(extra: str = "") -> str:
    """The Python to use (a path), with all that a learner needs, and the `extra` (TESTS or SITE).

    What is missing in the environment is installed. Raises EnvironmentProblem if that fails.
    """
    found, why_not = find(extra)
    if why_not:
        say(f"the active environment is not used: {why_not}")
    if found:
        return found
    try:
        with _one_at_a_time():
            try:
                if not _is_ready(SITE if extra == SITE else ""):
                    _make(extra)
                elif not _is_ready(extra):
                    say("adding what only the tests need")
                    _install(extra)
            except KeyboardInterrupt:
                say("stopped; the next start continues with what is missing")
                raise
    except OSError as problem:
        raise EnvironmentProblem(
            f"The environment cannot be made: {problem}. Close the programs that use "
            f"{_folder(extra)}, make sure that you can write there, and start again."
        ) from problem
    return _python(extra)


def find(extra: str = "") -> tuple[str | None, str]:
    """The Python that would be used, None if something is missing; and why not the active one.

    Only looks. An active environment that is not ours is used if it has every package of the
    locks; nothing is ever installed there.
    """
    why_not = ""
    if inside_environment() and not _is_ours(sys.prefix):
        missing = differences(extra)
        if not missing:
            return sys.executable, ""
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        why_not = missing[0] + more
    return (_python(extra) if _is_ready(extra) else None), why_not


def inside_environment() -> bool:
    """True inside an active virtual or conda environment."""
    return sys.prefix != sys.base_prefix or os.path.isdir(os.path.join(sys.prefix, "conda-meta"))


def differences(extra: str = "") -> list[str]:
    """What this Python lacks, a line each: ``boto3 1.44.5 is locked, 1.44.1 is installed``."""
    from importlib import metadata  # takes longer than all the rest here, and is seldom needed

    try:
        from packaging.markers import Marker
    except ImportError:
        return ["packaging is locked, none is installed"]
    found = []
    for name, version, marker in locked(extra):
        if marker and not Marker(marker).evaluate():
            continue
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed = "none"
        if installed != version:
            found.append(f"{name} {version} is locked, {installed} is installed")
    return found


def locked(extra: str = "") -> list[tuple[str, str, str]]:
    """(name, version, marker) of every package in the locks that `locks` names."""
    pattern = re.compile(
        r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?", re.M
    )
    pins = []
    for path in locks(extra):
        with open(path, encoding="utf-8") as file:
            pins += [(m[1], m[2], (m[3] or "").strip()) for m in pattern.finditer(file.read())]
    return pins


def locks(extra: str) -> list[str]:
    """The paths of the locks to install: the learner's, and that of the `extra`."""
    return [LOCK, *({TESTS: [TEST_LOCK], SITE: [SITE_LOCK]}.get(extra, []))]


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


def _folder(extra: str = "") -> str:
    return f"{VENV}-site" if extra == SITE else VENV


def _python(extra: str = "") -> str:
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(_folder(extra), *parts)


def _is_ours(prefix: str) -> bool:
    return any(_same(prefix, _folder(extra)) for extra in ("", SITE))


def _same(prefix: str, folder: str) -> bool:
    return os.path.realpath(prefix) == os.path.realpath(folder)


def _wanted(extra: str) -> dict[str, str]:
    """What the stamp must say. The folder is in it: a moved environment does not work."""
    wanted = {"folder": os.path.realpath(_folder(extra))}
    for path in locks(extra):
        with open(path, "rb") as file:
            wanted[os.path.basename(path)] = hashlib.sha256(file.read()).hexdigest()
    return wanted


def _is_ready(extra: str = "") -> bool:
    try:
        with open(os.path.join(_folder(extra), STAMP), encoding="utf-8") as file:
            stamp = json.load(file)
        has_all = stamp | _wanted(extra) == stamp
    except (OSError, ValueError, TypeError):
        return False
    return has_all and (_same(sys.prefix, _folder(extra)) or _runs(_python(extra)))


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


def _make(extra: str) -> None:
    """Make the environment from nothing."""
    folder = _folder(extra)
    if os.path.isdir(folder):
        say("making the environment again: it is incomplete, moved, or made from a different lock")
        shutil.rmtree(folder)
    # The one behind an active environment: that may be the one that has just been removed.
    base: str = getattr(sys, "_base_executable", "") or sys.executable
    os.makedirs(folder, exist_ok=True)
    uv = shutil.which("uv")
    say(f"making the environment in {os.path.basename(folder)}{' with uv' if uv else ''}")
    _run(
        [uv, "venv", "--allow-existing", "--python", base, folder]
        if uv
        else [base, "-m", "venv", folder],
        f"making {os.path.basename(folder)}",
        folder,
        "On Debian and Ubuntu Python's venv is a package of its own: apt install python3-venv.",
    )
    _install(extra)


def _install(extra: str) -> None:
    """Install what the locks name. The stamp is written last, when all has worked."""
    folder = _folder(extra)
    uv = shutil.which("uv")
    command = (
        [uv, "pip", "install", "--python", _python(extra)]
        if uv
        else [_python(extra), "-m", "pip", "install", "--disable-pip-version-check"]
    )
    fix = ""
    if os.path.isdir(WHEELS):
        say("taking the packages from the folder wheelhouse, without the network")
        command += ["--no-index", "--find-links", WHEELS]
        fill = f"python3 -m helpers wheelhouse{f' --{extra}' if extra else ''}"
        fix = (
            "The folder wheelhouse lacks a package for this computer: fill it for this system and "
            f"Python ({fill}; --help says how), or delete it to use the network."
        )
    paths = locks(extra)
    names = " and ".join(map(os.path.basename, paths))
    say(f"installing the packages of {names} (once; up to two minutes)")
    # The locks are complete. A pip before 23.3 would look for the newest release of a package
    # that is asked for with an extra, and stop because that has no hash.
    command += ["--no-deps", "--require-hashes", *(p for path in paths for p in ("-r", path))]
    _run(command, "installing the packages", folder, fix)
    _run([_python(extra), LINK], "making helpers importable", folder)
    with open(os.path.join(folder, STAMP), "w", encoding="utf-8") as file:
        json.dump(_wanted(extra), file)
    say("the environment is ready; the next start needs no network")


def _run(command: list[str], what: str, folder: str, fix: str = "") -> None:
    path = os.path.join(folder, LOG)
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
