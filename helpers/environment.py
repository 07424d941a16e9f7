"""The Python environment that everything here runs in: made once, then only looked at.

Standard library only, because it runs before there is an environment.
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
from importlib import metadata

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOCK = os.path.join(PROJECT, "requirements.lock")
VENV = os.path.join(PROJECT, ".venv")
STAMP = "made-by-helpers.json"
LOG = "install.log"
MINIMUM = (3, 11)
WAIT_SECONDS = 900  # for another start that is making the same environment
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
    if inside_environment() and not _is_ours(sys.prefix):
        missing = differences()
        if not missing:
            return sys.executable
        say(f"the active environment is not used: {missing[0]} (and {len(missing) - 1} more)")
    if _is_ready():
        return _python()
    with _one_at_a_time():
        if not _is_ready():
            _make()
    return _python()


def inside_environment() -> bool:
    """True inside an active virtual or conda environment."""
    return sys.prefix != sys.base_prefix or os.path.isdir(os.path.join(sys.prefix, "conda-meta"))


def differences() -> list[str]:
    """What this Python lacks of the lock, a line each: ``boto3 1.44.5 is locked, … installed``."""
    found = []
    for name, version, marker in locked():
        if not _applies(marker):
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


def _applies(marker: str) -> bool:
    if not marker:
        return True
    try:
        from packaging.markers import Marker
    except ImportError:
        from pip._vendor.packaging.markers import Marker  # type: ignore[no-redef]
    return Marker(marker).evaluate()


def child_variables() -> dict[str, str]:
    """Environment variables for programs started from here: kernels must find `helpers` too."""
    variables = dict(os.environ)
    paths = [PROJECT, *filter(None, variables.get("PYTHONPATH", "").split(os.pathsep))]
    variables["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return variables


# The environment's own files.


def _python(folder: str = VENV) -> str:
    return os.path.join(
        folder, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python"))
    )


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
    return bool(stamp == _wanted()) and os.path.exists(_python())


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two starts at once must not make the same environment: the second waits for the first."""
    path = VENV + ".lock"
    deadline = time.monotonic() + WAIT_SECONDS
    told = False
    while True:
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if not _holder_lives(path):
                with contextlib.suppress(OSError):
                    os.remove(path)
                continue
            if time.monotonic() > deadline:
                raise EnvironmentProblem(
                    f"Another start is still making the environment. If none is running, "
                    f"delete {path} and start again."
                ) from None
            if not told:
                say("another start is making the environment; waiting for it")
                told = True
            time.sleep(0.2)
    try:
        os.write(handle, str(os.getpid()).encode())
        os.close(handle)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.remove(path)


def _holder_lives(path: str) -> bool:
    try:
        with open(path, encoding="ascii") as file:
            number = int(file.read() or "0")
        age = time.time() - os.path.getmtime(path)
    except (OSError, ValueError):
        return False
    if not number:
        return age < 5
    if os.name == "nt":  # os.kill would end the process there
        return age < WAIT_SECONDS
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _make() -> None:
    """Make the environment from nothing. The stamp is written last, when all has worked."""
    if os.path.isdir(VENV):
        say("making the environment again: it is incomplete, moved, or of another lock")
        shutil.rmtree(VENV)
    uv = shutil.which("uv")
    count = sum(_applies(marker) for _, _, marker in locked())
    os.makedirs(VENV, exist_ok=True)
    if uv:
        say("making the environment in .venv with uv")
        _run([uv, "venv", "--allow-existing", "--python", sys.executable, VENV], "making .venv")
        install = [uv, "pip", "install", "--python", _python()]
    else:
        say("making the environment in .venv")
        _run([sys.executable, "-m", "venv", VENV], "making .venv")
        install = [_python(), "-m", "pip", "install", "--disable-pip-version-check"]
    say(f"installing {count} packages from requirements.lock (once; a minute or so)")
    _run([*install, "--require-hashes", "-r", LOCK], "installing the packages")
    say("installing this project")
    _run([*install, "--no-deps", "--no-build-isolation", "-e", PROJECT], "installing this project")
    with open(os.path.join(VENV, STAMP), "w", encoding="utf-8") as file:
        json.dump(_wanted(), file)
    say("the environment is ready; the next start needs no network")


def _run(command: list[str], what: str) -> None:
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
            "Check the network and the free disk space and start again: a half-made environment "
            "is thrown away."
        )
