"""`start`: a strict S3 in a child process of its own, which never outlives this one."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from queue import Empty, SimpleQueue
from typing import IO, Any

from .errors import OptionError, ServerError
from .handle import Server, stopped
from .options import BUCKET, REGION, Options

START_SECONDS = 60
ASK_SECONDS = 30
LOG_SECONDS = 2

# The same on Windows, where `start_new_session` does nothing; and no window.
if sys.platform == "win32":
    _APART = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    _APART = 0

# The child gets what it is to do, keys among it, through the pipe: a command line can be read by
# everybody on this computer. It imports from where this process does.
_CHILD = """
import json, os, sys
first = json.loads(sys.stdin.buffer.readline())
sys.path[:] = first.pop("path")
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what a package prints is no answer
try:
    from strict_s3.server.server import serve_child
except Exception as problem:
    answers.write(json.dumps({"error": f"It cannot be imported ({problem})."}).encode())
    answers.flush()
    os._exit(1)
serve_child(first, answers)
"""


def start(
    *,
    region: str = REGION,
    bucket: str = BUCKET,
    access_key: str = "",
    secret_key: str = "",
    port: int = 0,
    host: str = "127.0.0.1",
    public_url: str = "",
    strict_skew: bool = False,
    log: bool = False,
) -> Server:
    """Start a strict S3 in a child process; returns when it answers, soon.

    By default it has a free port on this computer alone and a new root key. `log` has it write
    each request's decision to standard error; otherwise it writes nothing. For the other options
    see `options.Options`. It ends with `Server.stop`, at the end of a ``with``, and at the latest
    with this process, however that ends. Raises `OptionError`, `ServerError`.

        with strict_s3.start(region="us-east-1", bucket="demo") as s3:
            s3.client().put_object(Bucket="demo", Key="a.txt", Body=b"hello")
    """
    options = Options(region, bucket, access_key, secret_key, public_url, strict_skew)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise OptionError(f"port is {port!r}; it is a number from 1 to 65535, or 0 for a free one.")
    if not isinstance(host, str) or not host:
        raise OptionError(f"host is {host!r}; it is an address of this computer: 127.0.0.1.")
    first = {"options": asdict(options), "port": port, "host": host, "log": bool(log)}
    return Server(Child(first))


class Child:
    """The child process and its control pipe: a `handle.Transport`."""

    def __init__(self, first: Mapping[str, Any]) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._orders = 0
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._logs = bool(first.get("log"))
        self._process = _popen(log=self._logs)
        # A thread reads, so that waiting can have an end on every system.
        self._reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._lines), daemon=True
        )
        try:
            self._reader.start()
            path = [os.path.abspath(entry) for entry in sys.path]
            with contextlib.suppress(ServerError):  # if it has ended, its last words say why
                self._write({**first, "path": path, "parent": self._pid})
            self.ready: dict[str, str] = self._next(START_SECONDS)
            if "error" in self.ready:
                raise ServerError(f"The local S3 did not start. {self.ready['error']}")
        except BaseException:  # also Ctrl-C
            self.stop()
            raise
        atexit.register(self.stop)

    @property
    def alive(self) -> bool:
        if os.getpid() != self._pid:  # whose child it isn't: not to be known here
            return True
        return self._process.poll() is None

    def ask(self, order: Mapping[str, Any]) -> Any:
        """The answer to an order. Raises `OptionError`, `ServerError`; never waits for ever."""
        if os.getpid() != self._pid:
            raise ServerError(
                f"This local S3 belongs to process {self._pid}, which alone can move its clock, "
                "read its decisions, empty or stop it. Requests work from here too."
            )
        with self._lock:
            self._orders += 1
            self._write({**order, "id": self._orders})
            # A wait that Ctrl-C broke off has left its answer behind.
            while (answer := self._next(ASK_SECONDS)).get("id") != self._orders:
                pass
        if "error" in answer:
            kind = OptionError if answer.get("kind") == "OptionError" else ServerError
            raise kind(answer["error"])
        return answer["ok"]

    def stop(self) -> None:
        if os.getpid() != self._pid:  # a forked process ends: the child isn't its own
            return
        assert self._process.stdin is not None and self._process.stdout is not None
        if self._logs:  # the last lines, which the end of its orders has it write
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._process.stdin.close()
                self._process.wait(LOG_SECONDS)
        self._process.kill()  # it has nothing to tidy up
        with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the system, which ends it
            self._process.wait(10)
        with contextlib.suppress(OSError):  # what could not be written any more
            self._process.stdin.close()
        if self._reader.ident is not None:  # else it could not even be started
            self._reader.join(1)
        if not self._reader.is_alive():  # or closing would wait for it
            self._process.stdout.close()
        atexit.unregister(self.stop)  # last, in case Ctrl-C broke this off

    def _write(self, value: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(value).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):  # broken, or closed by stop
            raise stopped() from None

    def _next(self, seconds: float) -> dict[str, Any]:
        """The next line from the child. Raises `ServerError` if it doesn't come in `seconds`."""
        try:
            line = self._lines.get(timeout=seconds)
        except Empty:
            self.stop()
            raise ServerError(
                f"The local S3 did not answer for {seconds:.0f} seconds and was ended. Start "
                "another; if it happens again, is this computer out of memory?"
            ) from None
        try:
            answer = json.loads(line)
        except ValueError:  # the end, or half a line before it
            self._lines.put(b"")  # for whoever asks next
            raise stopped() from None
        assert isinstance(answer, dict)
        return answer


def _popen(log: bool) -> subprocess.Popen[bytes]:
    if not sys.executable:
        raise ServerError(
            "Python does not know its own program here, so it cannot start a process. Use "
            "strict_s3.in_process()."
        )
    # -P: not from the working directory. -W: warnings as errors are for the code under test. The
    # last word is for those who look at a list of processes.
    command = [sys.executable, "-P", "-W", "ignore", "-c", _CHILD, "strict_s3"]
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if log else subprocess.DEVNULL,
            # Signals of a terminal are for this process alone: the child ends with it.
            start_new_session=True,
            creationflags=_APART,
        )
    except OSError as problem:
        raise ServerError(
            f"No process can be started here ({problem}). Use strict_s3.in_process()."
        ) from None


def _read(out: IO[bytes], lines: SimpleQueue[bytes]) -> None:
    for line in out:
        lines.put(line)
    lines.put(b"")  # the end
