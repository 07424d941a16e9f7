"""The local S3 behind a socket: in the foreground, or as another process's child.

A child speaks JSON, a line at a time. The first line on its standard output says where it listens
and how to sign for it; then each line on standard input is an order (`Service.command`) and is
answered by one line, ``{"ok": …}`` or ``{"error": "one sentence"}``, with the order's ``id`` if
it has one. It ends when standard input does, because then its parent has ended.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from ..errors import StrictS3Error
from ..options import BUCKET as DEFAULT_BUCKET
from ..options import REGION as DEFAULT_REGION
from ..options import Options
from ..signals import handled_by
from .control import Control
from .http.loop import LOOPBACK, Server
from .log import log_to_stderr
from .service import Service

__all__ = ["DEFAULT_BUCKET", "DEFAULT_REGION", "LocalS3", "serve", "serve_child"]
LOG_SECONDS = 1  # for the last lines, if somebody reads them
_WILDCARDS = {"0.0.0.0": LOOPBACK, "::": "::1"}  # addresses to listen on that nobody can ask


class LocalS3(Service):
    """A strict S3 behind a socket, which it has from the moment it is made."""

    def __init__(
        self,
        options: Options | None = None,
        port: int = 0,
        host: str = LOOPBACK,
        control_token: str = "",
    ) -> None:
        """Raises OSError if the port is taken or the host is not this computer's."""
        super().__init__(options)
        self.http = Server(Control(self, control_token), port, host)

    @property
    def endpoint(self) -> str:
        """The URL at which this computer's programs reach it."""
        host = str(self.http.bind_addr[0])
        host = _WILDCARDS.get(host, host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.http.port}"

    def describe(self) -> dict[str, str]:
        """Where it is and how to sign for it. Holds the root's secret key."""
        return {"endpoint": self.endpoint} | super().describe()

    def start(self, at_end: Callable[[], object] = lambda: None) -> None:
        """Answer requests, in threads; `at_end` is called when that is over."""

        def run() -> None:
            try:
                self.http.serve()
            finally:
                at_end()

        threading.Thread(target=run, daemon=True).start()

    def stop(self) -> None:
        """Answer no more requests and free the port."""
        self.http.stop()


def serve(
    port: int = 0,
    json_only: bool = False,
    *,
    host: str = LOOPBACK,
    options: Options | None = None,
    control_token: str = "",
    hide_keys: bool = False,
) -> int:
    """Run in the foreground until SIGINT or SIGTERM ends the process; returns only a failure.

    Prints one line of JSON when it is ready: endpoint, region, access_key, secret_key, bucket;
    the keys are null with `hide_keys`. With `json_only` nothing else is ever printed.
    """
    stopped, received = threading.Event(), []
    with handled_by(lambda number, _: received.append(number)):
        try:
            lines = log_to_stderr(not json_only)
            local = LocalS3(options, port, host, control_token)
            _collect_seldom()
            local.start(at_end=stopped.set)
        except (OSError, RuntimeError, MemoryError) as problem:
            _say(_why_not(problem, port, host))
            return 1
        ready: dict[str, str | None] = dict(local.describe())
        if hide_keys:
            ready |= {"access_key": None, "secret_key": None}
        try:
            print(json.dumps(ready), flush=True)
        except OSError as problem:
            _say(f"The endpoint could not be written to standard output ({problem.strerror}).")
            os._exit(1)
        if not json_only:
            _say(f"Local S3 on {local.endpoint}, decisions below; Ctrl-C stops it.")
        try:
            # A wait with a time-out lets Windows deliver Ctrl-C.
            while not received and not stopped.wait(0.5):
                pass
            if lines is not None:
                lines.finish(LOG_SECONDS)
        finally:
            # Python would first take apart every module: a second on a busy computer.
            os._exit(0 if received else 1)


def serve_child(first: dict[str, Any] | None = None, answers: BinaryIO | None = None) -> NoReturn:
    """Run as a child, with the answers to standard output or to `answers`.

    `first` is what `process` has sent: options, port, host, log, parent.
    """
    first = first or {}
    port, host, lines = first.get("port", 0), first.get("host", LOOPBACK), None
    try:
        answers = answers or _own_output()
        # Ctrl-C in the parent's terminal is for the parent; this process ends with it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            lines = log_to_stderr(bool(first.get("log")))
            if first.get("parent") and sys.platform != "win32":
                _end_with(first["parent"])
            local = LocalS3(Options(**first.get("options", {})), port, host)
            _collect_seldom()
            local.start(at_end=lambda: os._exit(1))
        except Exception as problem:
            _answer(answers, {"error": _why_not(problem, port, host)})
        else:
            _obey(local, answers)
    finally:
        if lines is not None:
            lines.finish(LOG_SECONDS)
        os._exit(0)  # nothing is left to be tidied up for


def _obey(local: LocalS3, answers: BinaryIO) -> None:
    _answer(answers, local.describe())
    for line in sys.stdin.buffer:
        answer: dict[str, Any] = {}
        try:
            order = json.loads(line)
            answer = {"id": order["id"]} if "id" in order else {}
            answer["ok"] = local.command(order)
        except StrictS3Error as problem:
            answer |= {"error": str(problem), "kind": type(problem).__name__}
        except Exception as problem:
            answer["error"] = f"The order failed: {type(problem).__name__}: {problem}"
        _answer(answers, answer)


def _why_not(problem: Exception, port: int, host: str) -> str:
    """Why the server did not start, in one sentence."""
    if isinstance(problem, OSError):
        why = problem.strerror or problem
        if isinstance(problem, socket.gaierror) or problem.errno == errno.EADDRNOTAVAIL:
            return (
                f"{host} is no address of this computer ({why}). Use 127.0.0.1, or 0.0.0.0 for "
                "all that it has."
            )
        return (
            f"Port {port} on {host} cannot be used ({why}). Choose another port, or none for a "
            "free one."
        )
    if isinstance(problem, StrictS3Error):
        return str(problem)
    if isinstance(problem, ImportError):
        return f"A package is missing ({problem}). Install them all: pip install strict-s3"
    what = f"The local S3 cannot start here ({problem or type(problem).__name__})."
    if isinstance(problem, MemoryError | RuntimeError):  # "can't start new thread"
        return f"{what} It needs about 50 MB of memory and a few threads."
    return what


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads it
        print(sentence, file=sys.stderr, flush=True)


def _collect_seldom() -> None:
    """Have Python's collector look at young objects alone, in a process that is all ours.

    With 100,000 objects stored, to look at all of them holds every client up for half a second,
    and there is nothing to find: requests leave no circles of references behind.
    """
    gc.freeze()
    gc.set_threshold(10_000, 50, 100_000)


def _own_output() -> BinaryIO:
    """Standard output for the answers alone: whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return answers


def _end_with(parent: int) -> None:
    """End this process when `parent` has ended, even while another has its end of the pipe open.

    Processes that the parent forks (multiprocessing does) inherit it, and may outlive the parent.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _answer(out: BinaryIO, value: Any) -> None:
    out.write(json.dumps(value).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    serve_child()
