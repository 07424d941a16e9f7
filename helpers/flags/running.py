"""Run a learner's code: at most so long, and whatever it does ends as one sentence.

The code runs in a thread, because a function written in a notebook can't be sent to another
process, and because that is the same on Linux, macOS and Windows. A thread can't be killed; an
exception can be raised in it, which ends everything but one long call into C. Such a thread is
left behind: it ends with the kernel.

Python in a browser has no threads. There the code runs in turn, and Python itself looks at the
clock: at each call, and each time that a loop goes back (https://peps.python.org/pep-0669/).
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

from helpers.errors import NotYet, text_of
from strict_s3.redact import redact

IN_BROWSER = sys.platform == "emscripten"
SECONDS = 20.0  # for an attack; a signer gets a quarter of it
_PATIENCE = 40  # times that a thread is told to end, 50 milliseconds apart
_LONGEST = 160  # characters of an exception's text
_OURS = Path(__file__).resolve().parents[1]


class Broke(NotYet):
    """A learner's code raised something, or took too long. The message says what and where."""


class _TooLong(BaseException):
    """Raised in the learner's code, which ``except Exception`` does not stop."""


_ends: list[float] = []  # of what runs in turn, as `time.monotonic` counts
_TOOL = 4  # one of the numbers that PEP 669 leaves to anybody


def run(
    function: Callable[..., Any],
    arguments: Iterable[Any] = (),
    named: Mapping[str, Any] | None = None,
    *,
    seconds: float = SECONDS,
) -> Any:
    """What ``function(*arguments, **named)`` returns. Raises `Broke` within about `seconds`.

    Its cause is what the function raised, `helpers.errors.Denied` too.
    """
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            outcome.append(function(*arguments, **(named or {})))
        except BaseException as problem:
            failure.append(problem)

    if IN_BROWSER:
        _in_turn(body, seconds)
    else:
        _in_thread(body, seconds)
    if failure and isinstance(failure[0], _TooLong):
        raise Broke(_stopped(seconds))
    if failure and isinstance(failure[0], NotYet):  # of a call inside: it says what is wrong
        raise Broke(str(failure[0])) from failure[0]
    if failure:
        raise Broke(f"your code raised {_words(failure[0], function)}") from failure[0]
    return outcome[0]


def _in_turn(body: Callable[[], None], seconds: float) -> None:
    """Call `body`, in which `_TooLong` is raised if it takes longer."""
    watch: Any = sys.monitoring  # type: ignore[attr-defined]
    if not _ends:  # an attack calls a signer, so one may run inside another
        watch.use_tool_id(_TOOL, __name__)
        for event in (watch.events.PY_START, watch.events.JUMP):
            watch.register_callback(_TOOL, event, _check_time)
        watch.set_events(_TOOL, watch.events.PY_START | watch.events.JUMP)
    _ends.append(time.monotonic() + seconds)
    try:
        body()
    finally:
        _ends.pop()
        if not _ends:
            watch.set_events(_TOOL, 0)
            watch.free_tool_id(_TOOL)


def _check_time(*_where: object) -> None:
    if time.monotonic() > min(_ends):
        frame = sys._getframe(1)
        while frame.f_back and frame.f_code is not _in_turn.__code__:
            frame = frame.f_back
        # While a sleep lasts, the browser's event loop calls Python too: that has to go on.
        if frame.f_code is _in_turn.__code__:
            raise _TooLong


def _in_thread(body: Callable[[], None], seconds: float) -> None:
    thread = threading.Thread(target=body, name="learner", daemon=True)
    try:
        thread.start()
        thread.join(seconds)
    finally:  # also when the learner presses Interrupt
        late = thread.is_alive()
        if late:
            _end(thread)
    if late:
        left = " A part of it still runs: restart the kernel." if thread.is_alive() else ""
        raise Broke(f"{_stopped(seconds)}{left}")


def _stopped(seconds: float) -> str:
    return f"your code was stopped after {seconds:g} seconds. Does a loop in it never end?"


def is_untouched(function: object) -> bool:
    """Whether a function is still what the lesson gives: nothing but ``...``."""
    if function is ... or function is None:
        return True
    code = getattr(function, "__code__", None)
    return code is not None and _does(code) == _does(untouched.__code__)


def _does(code: CodeType) -> tuple[bytes, tuple[Any, ...]]:
    return code.co_code, code.co_consts


def untouched(*anything: Any) -> Any: ...


def _end(thread: threading.Thread) -> None:
    """Raise `_TooLong` in the thread until it ends."""
    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    for _ in range(_PATIENCE):
        set_exception(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TooLong))
        thread.join(0.05)
        if not thread.is_alive():
            return


def _words(problem: BaseException, function: Callable[..., Any]) -> str:
    """An exception as a sentence: its type, its text, and the line of the learner's that led there.

    The text is cut and redacted: requests puts whole URLs into its exceptions.
    """
    text = " ".join(redact(text_of(problem)).split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    lines = [frame for frame in traceback.extract_tb(problem.__traceback__) if _theirs(frame, file)]
    if isinstance(problem, SyntaxError | RecursionError) or not lines:
        where = ""
    else:
        source = f": {lines[-1].line}" if lines[-1].line else ""
        where = f" (line {lines[-1].lineno}{source})"
    return f"{type(problem).__name__}{': ' if text else ''}{text}{where}".rstrip(".") + "."


def _theirs(frame: traceback.FrameSummary, file: str) -> bool:
    return frame.filename == file and _OURS not in Path(frame.filename).parents
