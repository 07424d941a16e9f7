"""Programs that a command starts in the foreground: JupyterLab, pytest, another Python.

Standard library only, because it is used before there is an environment.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from helpers.setup import environment
from helpers.setup.copies import FIRST
from helpers.setup.environment import PROJECT
from strict_s3 import signals

NOTEBOOKS = os.path.join(PROJECT, "notebooks")
SETTINGS = os.path.join(PROJECT, "helpers", "setup", "jupyter_settings")
_WORKSPACE = "default-37a8"  # JupyterLab's name for the file of the workspace "default"
# For every Jupyter server: `jupyter_settings` has them for one that is started by a hub.
SERVER: dict[str, object] = {
    # A FileUpload widget takes files of up to 100 MiB. Beyond tornado's own limit of 10 MiB
    # its value would silently stay empty.
    "ServerApp.tornado_settings": {"websocket_max_message_size": 104857600},
    # Links lead where the reader's browser came from, if that is not this computer.
    "ServerApp.session_manager_class": "helpers.address.sessions.Sessions",
    # No request to the network, and no question about it: neither news nor update check.
    "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    "LabApp.news_url": None,
    "LabApp.app_settings_dir": SETTINGS,
}
SANITIZE = os.path.join(PROJECT, "tests", "lessons", "sanitize.cfg")


def lab(python: str, copies: Path, options: argparse.Namespace) -> list[str]:
    """JupyterLab with the first of the lessons' copies open, as ``helpers lab``'s options say."""
    command = [
        python,
        "-m",
        "jupyterlab",
        str(copies / FIRST),
        f"--ServerApp.root_dir={copies.parent}",
        f"--ip={options.ip or '127.0.0.1'}",
        *(f"--{name}={value}" for name, value in SERVER.items()),
        # Where the printed address leads: without a browser of its own too, to the first lesson.
        f"--LabApp.default_url=/lab/tree/{copies.name}/{FIRST}",
        f"--LabApp.workspaces_dir={_workspaces(copies)}",
    ]
    if options.port is not None:
        command.append(f"--port={options.port}")
    if options.no_browser:
        command.append("--no-browser")
    return [*command, *options.rest]


def _workspaces(copies: Path) -> Path:
    """The folder for JupyterLab's layout: at the first start with the file browser closed.

    It takes a third of a small window, and the lessons link to one another.
    """
    folder = copies / ".jupyterlab"
    layout = folder / f"{_WORKSPACE}.jupyterlab-workspace"
    if not layout.exists():
        sidebar = {"collapsed": True, "visible": True, "widgets": ["filebrowser"]}
        content = {
            "data": {"layout-restorer:data": {"left": sidebar}},
            "metadata": {"id": "default"},
        }
        folder.mkdir(exist_ok=True)
        layout.write_text(json.dumps(content), encoding="utf-8")
    return folder


def tests(python: str, rest: list[str]) -> list[str]:
    """pytest with these arguments; without a choice among them, every test and every lesson."""
    command = [python, "-m", "pytest"]
    # Only what exists is a path: in `--maxfail 1` the 1 is not.
    paths = [argument for argument in rest if os.path.exists(_file_of(argument))]
    nbval = ["--nbval", "--nbval-current-env", f"--nbval-sanitize-with={SANITIZE}"]
    if paths or {"-k", "-m"} & set(rest):
        lessons = any(_is_lesson(path) for path in paths)
        return [*command, *(nbval if lessons and "--nbval" not in rest else []), *rest]
    if not any(name.endswith(".ipynb") for name in os.listdir(NOTEBOOKS)):
        raise SystemExit("There is no notebook in notebooks/, so there is nothing to prove.")
    # The examples' own tests are run by tests/examples, backend by backend.
    command += ["tests", "notebooks", "--ignore=notebooks/examples", *nbval]
    if not {"--pdb", "--trace"} & set(rest):  # a debugger needs the terminal for itself
        # A notebook's cells stay together, on one worker.
        command += ["-n", "2", "--dist", "loadfile"]
    return command + rest


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _file_of(argument: str) -> str:
    return os.path.join(PROJECT, argument.partition("::")[0])


def _is_lesson(argument: str) -> bool:
    path = os.path.abspath(_file_of(argument))
    return path == NOTEBOOKS or path.startswith(NOTEBOOKS + os.sep)


def run(
    command: list[str],
    instead: int | None = None,
    variables: dict[str, str] | None = None,
    folder: str = PROJECT,
) -> int:
    """Run a program in the foreground; returns its exit status. Signals are passed on to it.

    It gets `instead` for the first signal, if that is given, and is killed at the second.
    `variables` are environment variables for this program alone, `folder` is where it runs.
    """
    around = environment.child_variables(command[0]) | (variables or {})
    child = subprocess.Popen(command, cwd=folder, env=around)
    passed: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        if sys.platform == "win32":
            return  # the console has sent it to the child already
        by_terminal = number == signal.SIGINT and not passed and signals.in_foreground()
        passed.append(number)
        # A terminal sends Ctrl-C to all programs in the foreground; pytest takes a second one for
        # "at once".
        if child.poll() is not None:
            return
        if instead is not None and len(passed) > 1:
            child.kill()  # JupyterLab hangs if it is stopped while a kernel starts
        elif instead is not None or not by_terminal:
            child.send_signal(number if instead is None else instead)

    with signals.handled_by(pass_on):
        status = child.wait()
    return 128 - status if status < 0 else status  # as a shell reports a signal
