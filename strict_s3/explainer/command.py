"""The command ``inspect``: say on a terminal what is wrong with whatever was pasted."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import InspectError
from ..output import cannot_write, show_any_character
from .keys import Keys, keys_of_profile, try_keys
from .text import inspect_text

KeySource = Callable[[str], Sequence[Keys]]


def parser(prog: str) -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog=prog,
        description="Says what is wrong with a presigned URL (alone, in a command, code or a "
        "log), a POST form, S3's error, a browser's CORS line, CORS rules or a policy; several of "
        "them in one text are put together. Signatures, tokens and keys are never shown.",
        epilog="Exit status: 0 nothing is wrong, 1 a fault was found (or the report could not be "
        "written), 2 the text can't be read, 141 the reader closed the pipe.",
    )
    top.add_argument(
        "text",
        nargs="?",
        default="-",
        metavar="TEXT",
        help="the text, in quotes; - (or nothing) reads standard input, which keeps a URL out of "
        "the shell's history",
    )
    top.add_argument("--all", action="store_true", help="every parameter and field too")
    top.add_argument("--json", action="store_true", help="the report as JSON, for programs")
    top.add_argument(
        "--with-keys",
        action="store_true",
        help="compute the signature offline with your own keys, to name with certainty what "
        "differs",
    )
    top.add_argument("--profile", default="", help="the keys' profile of ~/.aws (with --with-keys)")
    return top


def main(
    arguments: list[str], prog: str = "strict-s3 inspect", keys: KeySource = keys_of_profile
) -> int:
    """Run the command; returns the exit status, which the parser's epilog lists.

    `keys` finds the keys of a profile ("" for the default) for ``--with-keys``.
    """
    options = parser(prog).parse_args(arguments)
    show_any_character()
    try:
        text = _standard_input() if options.text == "-" else options.text
        report = inspect_text(text)
        if options.with_keys:
            report = try_keys(text, report, keys(options.profile))
    except InspectError as problem:
        said = _about_file(options.text) or str(problem)
        if options.json:
            return _write(json.dumps({"report": None, "problem": said}), 2)
        print(said, file=sys.stderr)
        return 2
    if options.json:
        said = json.dumps(report.as_dict(), ensure_ascii=False, indent=2)
    else:
        said = report.full() if options.all else str(report)
    return _write(said, 1 if report.verdict.fault else 0)


def _about_file(text: str) -> str:
    """What to say if the text is the name of a file; "" if it is none."""
    try:
        named = len(text) < 1000 and text != "-" and Path(text).is_file()
    except (OSError, ValueError):
        return ""
    return f"{text} is a file, and its text is needed: inspect < {text}" if named else ""


def _write(text: str, status: int) -> int:
    try:
        print(text, flush=True)
    except OSError as problem:
        return cannot_write(problem)
    return status


def _standard_input() -> bytes:
    if sys.stdin is None:  # closed by the shell: <&-
        raise InspectError("Standard input is closed. Give the text, or a file: < paste.txt")
    if sys.stdin.isatty():
        print("Paste it here, then end with Ctrl-D (Windows: Ctrl-Z, Enter).", file=sys.stderr)
    return sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "python -m strict_s3.explainer.command"))
