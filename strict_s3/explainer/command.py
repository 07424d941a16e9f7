"""The command ``inspect``: explain a URL, a POST form or S3's error on a terminal."""

from __future__ import annotations

import argparse
import sys

from ..errors import InspectError
from ..output import cannot_write
from .text import inspect_text


def parser(prog: str) -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog=prog,
        description="Explains a presigned URL, a POST form (JSON) or S3's error (XML). Signatures "
        "and session tokens are never shown.",
        epilog="Exit status: 0 explained, 1 the report could not be written, 2 the text is none of "
        "the three, 141 the reader closed the pipe.",
    )
    top.add_argument(
        "text",
        nargs="?",
        default="-",
        metavar="URL",
        help="the URL, in quotes; - (or nothing) reads standard input, which keeps a URL out of "
        "the shell's history",
    )
    return top


def main(arguments: list[str], prog: str = "strict-s3 inspect") -> int:
    """Run the command; returns the exit status, which the parser's epilog lists."""
    text: str = parser(prog).parse_args(arguments).text
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without a character shows another one
            stream.reconfigure(errors="replace")
    try:
        report = inspect_text(_standard_input() if text == "-" else text)
    except InspectError as problem:
        print(problem, file=sys.stderr)
        return 2
    try:
        print(report, flush=True)
    except OSError as problem:
        return cannot_write(problem)
    return 0


def _standard_input() -> str:
    if sys.stdin.isatty():
        print("Paste it here, then end with Ctrl-D (Windows: Ctrl-Z, Enter).", file=sys.stderr)
    binary = hasattr(sys.stdin, "buffer")
    data = sys.stdin.buffer.read() if binary else sys.stdin.read().encode()
    return data.decode("utf-8-sig", "replace")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], "python -m strict_s3.explainer.command"))
