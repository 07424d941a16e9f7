"""``python3 -m helpers check``: one line per check, and a fix for each that fails.

Installs nothing and asks the network nothing (except with --online). Standard library only, so
that it also works before the environment exists.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

from helpers.setup import environment, handout
from helpers.setup.environment import PROJECT

if TYPE_CHECKING:
    from helpers.settings import Settings

_CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
# Run by the environment's Python in the notebooks' folder, as a kernel would be.
_LOOK_AT_KERNEL = """
import json
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
try:
    kernel = KernelSpecManager().get_kernel_spec("python3").argv[0]
except NoSuchKernel:
    kernel = ""
try:
    import helpers
    folder = helpers.__path__[0]
except ImportError:
    folder = ""
print(json.dumps([kernel, folder]))
"""


class Report:
    """Prints findings and counts the failures."""

    def __init__(self) -> None:
        self.failures = 0

    def ok(self, text: str) -> None:
        print(f"ok    {text}")

    def note(self, text: str) -> None:
        """Something optional that is not there, or that could not be looked at."""
        print(f"-     {text}")

    def fail(self, text: str, fix: str) -> None:
        self.failures += 1
        print(f"FAIL  {text}\n      fix: {fix}")


def main(online: bool = False) -> int:
    """Run every check; returns 0 if all passed, else 1."""
    report = Report()
    new_enough = sys.version_info >= environment.MINIMUM
    python, why_not = environment.find() if new_enough else (None, "")
    if why_not:
        report.note(f"the active environment is not used: {why_not}")
    if python and not _is_this(python):
        # Only the environment's own Python can look at its packages, its kernel and .env.
        sys.stdout.flush()
        return subprocess.call(
            [python, "-m", "helpers", "check", *(["--online"] if online else [])],
            cwd=PROJECT,
            env=environment.child_variables(python),
        )
    check_python(report)
    if new_enough and os.path.isdir(environment.WHEELS):
        check_wheelhouse(report)
    complete = check_packages(report, python)
    if complete:
        check_kernel(report)
    check_port(report)
    check_programs(report)
    check_env_file(report, os.path.join(PROJECT, ".env"))
    if complete:
        check_s3(report, online)
    elif not os.path.exists(os.path.join(PROJECT, ".env")):
        report.ok("S3: the local one (there is no .env)")
    return 1 if report.failures else 0


def _is_this(python: str) -> bool:
    # Not realpath: a virtual environment's Python is often a link to the one that made it.
    return os.path.abspath(python) == os.path.abspath(sys.executable) or environment._is_ours(
        sys.prefix
    )


def check_python(report: Report) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < environment.MINIMUM:
        wanted = "{}.{}".format(*environment.MINIMUM)
        report.fail(f"Python {version}", f"install Python {wanted} or newer and use it")
    else:
        report.ok(f"Python {version}")


def check_wheelhouse(report: Report) -> None:
    """Does it have all that this computer needs? Asked on arrival, before anything is installed."""
    try:
        missing = handout.lacks()
    except OSError as problem:
        report.fail(f"wheelhouse: {problem}", "get the zip file again, and unpack all of it")
        return
    except ImportError:  # it would be pip's own copy of packaging
        report.note("wheelhouse: not looked at, because this Python has no pip")
        return
    if missing:
        more = f" (and {len(missing) - 3} more)" if len(missing) > 3 else ""
        report.fail(
            "wheelhouse: no whole file for this computer and Python of "
            f"{', '.join(missing[:3])}{more}",
            "fill it for this kind of computer (python3 -m helpers wheelhouse --for … --python …), "
            "or delete it to use the network",
        )
    else:
        report.ok("wheelhouse: all that this computer needs")


def check_packages(report: Report, python: str | None) -> bool:
    if python is None:
        report.fail("environment: not made yet", "python3 -m helpers lab")
        return False
    missing = environment.differences()
    if missing:
        more = f" (and {len(missing) - 3} more)" if len(missing) > 3 else ""
        report.fail(
            f"packages: {'; '.join(missing[:3])}{more}",
            "delete the folder .venv and run python3 -m helpers lab, which makes it again",
        )
        return False
    report.ok("packages: as in requirements.lock")
    for_tests = len(environment.differences(environment.TESTS))
    if for_tests:
        report.note(
            f"tests: {for_tests} packages of requirements-test.lock are not installed "
            "(python3 -m helpers test adds them)"
        )
    return True


def check_kernel(report: Report) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOOK_AT_KERNEL],
        cwd=os.path.join(PROJECT, "notebooks"),
        env=environment.child_variables(sys.executable),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        report.fail(
            f"Jupyter cannot be asked for its kernels: {done.stderr.strip().splitlines()[-1]}",
            "delete the folder .venv and run python3 -m helpers lab, which makes it again",
        )
        return
    kernel, folder = json.loads(done.stdout)
    # "python" alone in a kernel's command means: the Python that runs JupyterLab.
    if not kernel:
        report.fail("Jupyter kernel python3: none", "python3 -m helpers lab makes it")
    elif os.path.isabs(kernel) and os.path.dirname(kernel) != os.path.dirname(sys.executable):
        report.fail(
            f"Jupyter kernel python3 runs {kernel}, not this environment's Python",
            "jupyter kernelspec remove python3, then python3 -m helpers check again",
        )
    else:
        report.ok("Jupyter kernel python3 runs this environment's Python")
    if folder and os.path.realpath(os.path.dirname(folder)) == os.path.realpath(PROJECT):
        report.ok("a notebook can import helpers")
    else:
        report.fail(
            f"a notebook imports helpers from {folder or 'nowhere'}, not from this project",
            "delete the folder .venv and run python3 -m helpers lab, which makes it again",
        )


def check_port(report: Report) -> None:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as problem:
        report.fail(
            f"no port on 127.0.0.1 can be opened ({problem})",
            "let your firewall or sandbox allow programs to listen on 127.0.0.1",
        )
        return
    report.ok("a port on 127.0.0.1 can be opened")


def find_chromium() -> str | None:
    """The path of a Chromium (or its kin) on this computer; CHROME_PATH comes first."""
    names = (os.environ.get("CHROME_PATH", ""), *_CHROMIUM)
    return next((path for path in map(shutil.which, names) if path), None)


def check_programs(report: Report) -> None:
    chromium = find_chromium()
    if chromium:
        report.ok(f"Chromium: {chromium}")
    else:
        report.note("Chromium: not found (only the browser tests need it)")
    node = shutil.which("node")
    if node:
        report.ok(f"Node.js: {node}")
    else:
        report.note("Node.js: not found (only the JavaScript tests need it)")


def check_env_file(report: Report, path: str) -> None:
    git = shutil.which("git")
    if git is None:
        report.note(".env: git is not installed, so nothing can commit it")
    elif _quiet([git, "rev-parse", "--is-inside-work-tree"]):
        report.note(".env: this isn't a git checkout, so nothing can commit it")
    elif not _quiet([git, "ls-files", "--error-unmatch", path]):
        report.fail(
            ".env is in git, so everybody who has a copy has your keys",
            "git rm --cached .env, commit, and replace the keys with new ones",
        )
    elif _quiet([git, "check-ignore", "-q", path]):
        report.fail(".env is not ignored by git", "add a line .env to .gitignore")
    else:
        report.ok(".env is ignored by git")
    if not os.path.exists(path):
        return
    if os.name == "nt":
        report.note(".env: on Windows this check doesn't look at who can read it")
    elif os.stat(path).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        report.fail(".env can be read by other users of this computer", "chmod 600 .env")
    else:
        report.ok(".env is readable by its owner only")


def _quiet(command: list[str]) -> int:
    return subprocess.call(
        command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def check_s3(report: Report, online: bool) -> None:
    from helpers.errors import SettingsError
    from helpers.settings import load_settings
    from strict_s3.redact import redact_key

    try:
        settings = load_settings()
    except SettingsError as problem:
        message, _, fix = str(problem).partition(". ")
        report.fail(message, fix or "see .env.example")
        return
    if settings is None:
        report.ok("S3: the local one (there is no .env)")
        return
    where = settings.endpoint_url or "AWS"
    who = redact_key(settings.access_key)
    report.ok(f"S3: {where}, region {settings.region}, bucket {settings.bucket}, as {who}")
    if online:
        check_identity(report, settings)


def check_identity(report: Report, settings: Settings) -> None:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    sts = boto3.client(
        "sts",
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        aws_session_token=settings.session_token,
    )
    try:
        report.ok(f"you are {sts.get_caller_identity()['Arn']}")
    except (BotoCoreError, ClientError) as problem:
        report.fail(f"who you are: {problem}", "check the keys in .env and the network")
