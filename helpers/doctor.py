"""``python3 -m helpers check``: one line for each thing that has to be right, a fix for each fault.

Installs nothing and asks the network nothing (except with --online). Standard library only, so
that it also works before the environment exists.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

from helpers import environment
from helpers.environment import PROJECT

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
    made = environment._is_ready()
    if made and not environment._is_ours(sys.prefix) and not environment.inside_environment():
        # The environment's own Python can look at the kernel and at .env.
        command = [environment._python(), "-m", "helpers", "check"]
        return subprocess.call(
            command + (["--online"] if online else []),
            cwd=PROJECT,
            env=environment.child_variables(),
        )
    report = Report()
    complete = check_python(report) and check_packages(report)
    if complete:
        check_kernel(report)
    check_port(report)
    check_programs(report)
    check_env_file(report, os.path.join(PROJECT, ".env"))
    if complete:
        check_s3(report, online)
    return 1 if report.failures else 0


def check_python(report: Report) -> bool:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < environment.MINIMUM:
        wanted = "{}.{}".format(*environment.MINIMUM)
        report.fail(f"Python {version}", f"install Python {wanted} or newer and use it")
        return False
    report.ok(f"Python {version}")
    return True


def check_packages(report: Report) -> bool:
    missing = environment.differences()
    if not missing:
        report.ok(f"packages: all {len(environment.locked())} of requirements.lock")
        return True
    if not environment._is_ready() and not environment.inside_environment():
        report.fail("the environment is not made yet", "python3 -m helpers lab")
        return False
    more = f" (and {len(missing) - 3} more)" if len(missing) > 3 else ""
    report.fail(
        f"packages: {'; '.join(missing[:3])}{more}",
        "leave the active environment and run python3 -m helpers lab, which makes its own",
    )
    return False


def check_kernel(report: Report) -> None:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        report.fail("Jupyter kernel python3: none", "python3 -m helpers lab makes it")
        return
    # "python" in a kernel's command means: the Python that runs JupyterLab.
    if os.path.isabs(command) and not os.path.samefile(
        os.path.dirname(command), os.path.dirname(sys.executable)
    ):
        report.fail(
            f"Jupyter kernel python3 runs {command}, not this environment's Python",
            "jupyter kernelspec remove python3, then python3 -m helpers check again",
        )
        return
    report.ok("Jupyter kernel python3 runs this environment's Python")


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


def check_programs(report: Report) -> None:
    chromium = next((path for path in map(shutil.which, _CHROMIUM) if path), None)
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
    if not os.path.exists(path):
        return
    git = shutil.which("git")
    if git is None or not os.path.isdir(os.path.join(PROJECT, ".git")):
        report.note(".env: this is no git checkout, so nothing can commit it")
    elif subprocess.call([git, "check-ignore", "-q", path], cwd=PROJECT):
        report.fail(".env is not ignored by git", "add a line .env to .gitignore")
    else:
        report.ok(".env is ignored by git")
    if os.name == "nt":
        report.note(".env: who may read it is not looked at on Windows")
    elif os.stat(path).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        report.fail(".env can be read by other users of this computer", "chmod 600 .env")
    else:
        report.ok(".env is readable by its owner only")


def check_s3(report: Report, online: bool) -> None:
    from helpers.redact import redact_key
    from helpers.settings import SettingsError, load_settings

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
