"""The commands: ``lab``, ``reset``, ``test``, ``check`` and so on; some for instructors or authors.

Standard library only up to the point where the environment exists.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import EnvironmentProblem
from helpers.files import WORK
from helpers.setup import copies, environment, programs
from helpers.setup.wheelhouse import COMPUTERS
from strict_s3 import output, signals

if TYPE_CHECKING:  # Python 3.8 cannot write it, and has to be told that it is too old
    _Add = Callable[..., argparse.ArgumentParser]  # a command's parser, by its name


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python3 -m helpers", description="S3 presigned URLs, hands-on."
    )
    add = top.add_subparsers(dest="command", metavar="command").add_parser
    _for_lessons(add)
    _for_work(add)
    _for_instructors(add)
    execute = add("execute", help="(authors) run lessons and save their outputs")
    execute.add_argument("notebooks", nargs="*", metavar="notebook", help="default: all lessons")
    add("lock", help="(maintainers) renew the locks and environment.yml")
    return top


def _for_lessons(add: _Add) -> None:
    lab = add("lab", help="open the lessons in JupyterLab")
    lab.add_argument("--no-browser", action="store_true", help="do not open a browser")
    lab.add_argument(
        "--port", type=_port, help="JupyterLab's port (default 8888, or the next free)"
    )
    lab.add_argument("--ip", help="address to listen on (default 127.0.0.1)")
    lab.add_argument(
        "--with-outputs",
        action="store_true",
        help="open the lessons with their outputs, to read",
    )
    lab.add_argument("rest", nargs="*", metavar="-- option", help="further options of JupyterLab")
    reset = add("reset", help="begin a lesson again with a fresh working copy")
    reset.add_argument(
        "lessons", nargs="+", metavar="lesson", help=f"its number, such as 06, or {copies.ALL}"
    )
    add(
        "test",
        help="run every test, and every notebook as a test",
        usage="python3 -m helpers test [pytest arguments]",
        description="All tests and all notebooks, or those that pytest's arguments name.",
    )
    check = add("check", help="say what is missing here, and how to fix it")
    check.add_argument("--online", action="store_true", help="also ask the S3 in .env who you are")


def _for_work(add: _Add) -> None:
    serve = add("serve", help="run the local S3 for other programs")
    serve.add_argument("--port", type=_port, default=0, help="port (default: a free one)")
    serve.add_argument("--json", action="store_true", help="print no messages on standard error")
    # Its options are in strict_s3/signing/command.py, which needs the environment.
    add("presign", help="a presigned URL for each key of a list", add_help=False)
    page = add("page", help="open the upload page, for a browser on this computer")
    page.add_argument(
        "--port", type=_port, help="the page's port (default 8020, or a free one if that is taken)"
    )
    page.add_argument(
        "--max-mib", type=_mib, help="the largest file accepted, in MiB (default 500, at most 5120)"
    )
    page.add_argument(
        "--store", type=Path, help="a file (SQLite) that keeps sign-ins over a restart"
    )
    # So do this one's, in strict_s3/explainer/command.py.
    add(
        "inspect",
        help="say what is wrong with a URL, a command, a form, an error, a CORS line or rules",
        add_help=False,
    )
    # And these, in strict_s3/proving/command.py and strict_s3/recorded/record.py.
    add("prove", help="ask whether policies or a template do what a table says", add_help=False)
    add(
        "record",
        help="(authors) write down what the S3 in .env answers to the table of recorded answers",
        add_help=False,
    )


def _for_instructors(add: _Add) -> None:
    wheels = add(
        "wheelhouse",
        help="(instructors) download the packages for computers without a network",
        description="Fill the folder wheelhouse; helpers lab then installs from it alone.",
    )
    wheels.add_argument(
        "--for",
        dest="computers",
        action="extend",
        nargs="+",
        choices=COMPUTERS,
        default=[],
        metavar="computer",
        help=f"kinds of computers: {', '.join(COMPUTERS)} (default: this computer's kind)",
    )
    wheels.add_argument(
        "--python",
        dest="pythons",
        action="extend",
        nargs="+",
        type=_python_version,
        default=[],
        metavar="3.N",
        help="their versions of Python (default: this one's)",
    )
    wheels.add_argument(
        "--zip", metavar="file", help="then pack the project and its wheels into this file"
    )
    wheels.add_argument("--tests", action="store_true", help="also what only the tests need")
    room = add(
        "room",
        help="(instructors) show who is done and who is stuck",
        description="A board on this computer, of those who ran room.join(...) in a notebook.",
    )
    room.add_argument(
        "--host", default="127.0.0.1", help="where reports arrive: 0.0.0.0 lets the network in"
    )
    room.add_argument("--port", type=_port, help="their port (default 8031, or a free one)")
    room.add_argument(
        "--add",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="progress files that were handed in",
    )
    slides = add("slides", help="(instructors) make slides and a key to print, from the lessons")
    slides.add_argument(
        "decks",
        nargs="*",
        metavar="deck",
        help="web, security, half-day, wrong-answers (default: all four), or a lesson's number",
    )
    site = add(
        "site",
        help="(instructors) build the lessons as a static web site",
        description="The lessons to read, and to run inside a browser with nothing installed.",
    )
    site.add_argument(
        "folder", nargs="?", default="site", help="where to (default: the folder site)"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: a number from 0 to 65535")
    return int(text)


def _mib(text: str) -> int:
    from strict_s3.rules.limits import MAX_PUT, MIB

    most = MAX_PUT // MIB
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of MiB from 1 to {most}, the most that one request can store"
        )
    return int(text)


def _python_version(text: str) -> str:
    if text not in environment.PYTHONS:
        supported = ", ".join(environment.PYTHONS)
        raise argparse.ArgumentTypeError(f"{text!r} is not a supported Python: {supported}")
    return text


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    if sys.stderr is None:  # closed by the shell: 2>&-
        # print(…, file=None) would write messages among the results.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  (it is kept)
    output.show_any_character()
    arguments = sys.argv[1:] if arguments is None else arguments
    rest: list[str] = []
    # These have options of their own, in an order of their own.
    if arguments[:1] in (["presign"], ["inspect"], ["prove"], ["record"]) or (
        arguments[:1] == ["test"] and arguments[1:] not in (["-h"], ["--help"])
    ):
        arguments, rest = arguments[:1], arguments[1:]
    options = parser().parse_args(arguments)
    if options.command is None:
        parser().print_help()
        return 0
    try:
        if options.command != "check":  # which says more
            environment.check_version()
        with signals.as_interrupt():
            if options.command in ("check", "lock", "reset", "wheelhouse"):
                return _without_environment(options)
            python = environment.ensure(
                {"test": environment.TESTS, "site": environment.SITE}.get(options.command, "")
            )
    except EnvironmentProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    if options.command == "lab":
        return _lab(options, python)
    if options.command == "test":
        # A learner's own progress neither changes what a lesson shows nor is changed by it.
        return programs.run(programs.tests(python, rest), variables={"S3_LESSONS_PROGRESS": "off"})
    # Not realpath: a virtual environment's Python is often a link to the one that made it.
    if os.path.abspath(python) != os.path.abspath(sys.executable):
        again = [python, "-m", "helpers", *arguments, *rest]
        return programs.run(again, folder=os.getcwd())
    try:
        with signals.as_interrupt():
            return _in_environment(options, rest)
    except KeyboardInterrupt:
        if options.command not in ("presign", "record"):  # as under their own names: no word
            print("Stopped.", file=sys.stderr)
        return 130


def _lab(options: argparse.Namespace, python: str) -> int:
    if programs.is_root() and "--allow-root" not in options.rest:
        environment.say(
            "JupyterLab refuses to run as root. In a container, allow it: "
            "python3 -m helpers lab -- --allow-root"
        )
    try:
        folder = copies.prepare(options.with_outputs)
    except EnvironmentProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    if options.with_outputs:
        environment.say(f"{folder.name}/ is for reading; write in {WORK.name}/")
    # JupyterLab asks "y/n?" on Ctrl-C, and stops on SIGTERM at once, kernels included.
    return programs.run(programs.lab(python, folder, options), instead=signal.SIGTERM)


def _without_environment(options: argparse.Namespace) -> int:
    if options.command == "check":
        from helpers.setup import doctor

        return doctor.main(online=options.online)
    if options.command == "lock":
        from helpers.setup import lock

        return lock.renew()
    if options.command == "reset":
        for copy in copies.reset(options.lessons):
            print(f"{WORK.name}/{copy.name} is as it was published.")
        print("If one is open in JupyterLab: File -> Reload Notebook from Disk.")
        return 0
    from helpers.setup import handout, wheelhouse

    status = wheelhouse.fill(options.computers, options.pythons, options.tests)
    return status or (0 if options.zip is None else handout.pack(options.zip))


def _in_environment(options: argparse.Namespace, rest: list[str]) -> int:
    if options.command == "presign":
        from helpers.setup.keys import KEYS_FROM, presign_source
        from strict_s3.signing.command import main as presign

        return presign(rest, "python3 -m helpers presign", presign_source, KEYS_FROM)
    if options.command == "inspect":
        from helpers.setup.keys import inspect_keys
        from strict_s3.explainer.command import main as inspect

        return inspect(rest, "python3 -m helpers inspect", inspect_keys)
    if options.command == "prove":
        from strict_s3.proving.command import main as prove

        return prove(rest, "python3 -m helpers prove")
    if options.command == "record":
        from helpers.setup.keys import KEYS_FROM, presign_source
        from strict_s3.recorded.record import main as record

        return record(rest, "python3 -m helpers record", presign_source, KEYS_FROM)
    if options.command == "execute":
        from helpers.setup.execute import execute

        return execute(options.notebooks)
    if options.command == "page":
        from helpers.pages.upload_page import run

        return run.main(options.port, options.max_mib, options.store)
    if options.command == "site":
        from helpers.setup.site.site import main as site

        return site(options.folder)
    if options.command == "slides":
        from helpers.setup.slides import deck

        return deck.main(options.decks)
    if options.command == "room":
        from helpers.setup.room import run as room

        return room.main(options.host, options.port, options.add)
    from strict_s3.server.server import serve

    return serve(options.port, options.json)
