"""``python3 -m helpers inspect``: a URL, a POST form or S3's error, explained on a terminal."""

from __future__ import annotations

import sys

from ..errors import InspectError
from ..signing.output import cannot_write
from .form import inspect_form
from .refusal import explain
from .url import inspect_url
from .words import Readable


def main(text: str = "-") -> int:
    """Explain `text`, or standard input for ``-``.

    Returns the exit status: 0, or 2 for text that is none of the three, or 1 if the report cannot
    be written, with one sentence on standard error; 141 if its reader has gone.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal without the letter shows another one
            stream.reconfigure(errors="replace")
    if text == "-":
        if sys.stdin.isatty():
            print("Paste it here, then end with Ctrl-D (Windows: Ctrl-Z, Enter).", file=sys.stderr)
        data = (
            sys.stdin.buffer.read() if hasattr(sys.stdin, "buffer") else sys.stdin.read().encode()
        )
        text = data.decode("utf-8-sig", "replace")
    try:
        report = inspect_text(text)
    except InspectError as problem:
        print(problem, file=sys.stderr)
        return 2
    try:
        print(report, flush=True)
    except OSError as problem:
        return cannot_write(problem)
    return 0


def inspect_text(text: str) -> Readable:
    """The report that fits `text`: a URL, a POST form as JSON, or S3's error XML."""
    if "<Error" in text and "<Code>" in text:
        return explain(text)
    if text.lstrip().startswith("{") and ('"policy"' in text.lower() or "://" not in text):
        return inspect_form(text.strip())
    return inspect_url(text)
