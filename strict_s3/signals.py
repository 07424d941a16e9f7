"""Signals that ask a program to stop: which they are, and who handles them.

Standard library only: the lessons' commands use it before they have an environment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

# SIGBREAK is Windows' Ctrl-Break; SIGHUP, which Windows lacks, says that the terminal is gone.
_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")


@contextlib.contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Inside, `handler` gets every signal that asks this program to stop; then all is as before.

    An ignored signal stays ignored: with ``nohup``, a program outlives its terminal. Only the
    main thread can set handlers (ValueError in any other).
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # None: set by C code, so that Python cannot put it back.
    kept = (signal.SIG_IGN, None)
    before = {
        number: signal.signal(number, handler)
        for number in numbers
        if signal.getsignal(number) not in kept
    }
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def as_interrupt() -> contextlib.AbstractContextManager[None]:
    """Inside, each of these signals raises KeyboardInterrupt, as Ctrl-C does by itself.

    ``with as_interrupt(): subprocess.call(command)`` ends the command on SIGTERM too.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    return handled_by(interrupt)


@contextlib.contextmanager
def until_stopped() -> Iterator[Callable[[], None]]:
    """Inside, the first of these signals raises KeyboardInterrupt; later ones change nothing.

    So what tidies up at the end of the block is not broken off. The function waits for the signal.

        with until_stopped() as wait, serving():
            wait()
    """
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not stopped.is_set():
            stopped.set()
            raise KeyboardInterrupt

    def wait() -> None:
        # A wait with a time-out lets Windows deliver Ctrl-C.
        while not stopped.wait(0.5):
            pass

    with handled_by(stop):
        yield wait


def in_foreground() -> bool:
    """True if the terminal sends its Ctrl-C to this program and to those that it has started."""
    if sys.platform == "win32":
        return True
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
