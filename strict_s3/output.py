"""What a command does when its output cannot be shown or written."""

from __future__ import annotations

import os
import sys

_CLOSED_PIPE = 141  # what a shell reports for a program that wrote to a closed pipe


def show_any_character() -> None:
    """Let a terminal show another character in place of one that it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def cannot_write(problem: OSError) -> int:
    """The exit status: 141 if the reader has closed the pipe, else 1 after one sentence."""
    # Python would try to write the rest when it exits.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(problem, BrokenPipeError) or os.name == "nt":
        return _CLOSED_PIPE
    print(f"The output cannot be written ({problem.strerror}).", file=sys.stderr)
    return 1
