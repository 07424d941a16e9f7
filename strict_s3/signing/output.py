"""What a command says when its standard output takes no more."""

from __future__ import annotations

import os
import sys

_CLOSED_PIPE = 141  # as a shell says it of a program that wrote to a closed pipe


def cannot_write(problem: OSError) -> int:
    """The exit status for it: 141 for a reader that has gone, else 1 and one sentence."""
    # Python would try to write the rest at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(problem, BrokenPipeError) or os.name == "nt":
        return _CLOSED_PIPE
    print(f"The output cannot be written ({problem.strerror}).", file=sys.stderr)
    return 1
