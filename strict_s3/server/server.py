"""The local S3 as a process: in the foreground for other programs, or as a notebook's child.

As a child it is started by `helpers.lab` with ``--child``: its first line on standard output
says where it is, then each line on standard input is a command (JSON) and is answered by one line
on standard output. When standard input ends, because the parent has ended, so does the server.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from datetime import timedelta
from typing import Any, TextIO

from ..rules.identity import Credential, Identity, new_key
from .clock import Clock
from .gate import Gate
from .http.http import Server
from .store.moto_glue import ACCOUNT
from .store.store import Store

DEFAULT_REGION = "eu-west-2"  # the article's
DEFAULT_BUCKET = "presignedurldemo"  # the article's too


class LocalS3:
    """One account, one region, one server."""

    def __init__(self, port: int = 0, region: str = DEFAULT_REGION) -> None:
        self.clock = Clock()
        self.root = Credential(
            *new_key("AKIA"),
            Identity("root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "", ACCOUNT),
        )
        self.region = region
        self.store = Store(region, self.clock, self.root)
        self.gate = Gate(self.store, self.clock)
        self.http = Server(self.gate, port)
        self.store.create_bucket(DEFAULT_BUCKET)
        self._thread = threading.Thread(target=self.http.serve, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.http.stop()

    def describe(self) -> dict[str, str]:
        """Where it is and how to sign for it. Holds the root secret key."""
        return {
            "endpoint": f"http://127.0.0.1:{self.http.port}",
            "region": self.region,
            "access_key": self.root.access_key,
            "secret_key": self.root.secret_key,
            "bucket": DEFAULT_BUCKET,
        }

    def command(self, order: dict[str, Any]) -> Any:
        """What the control pipe can ask for."""
        match order.get("do"):
            case "clock":
                self.clock.offset = timedelta(seconds=float(order["offset"]))
                return self.clock.now().isoformat()
            case "decisions":
                last = int(order.get("last", 1))
                return list(self.gate.decisions)[-last:] if last > 0 else []
            case "reset":
                self.clock.offset = timedelta()
                self.store.reset()
                self.gate.sts.reset()
                self.gate.decisions.clear()
                self.store.create_bucket(DEFAULT_BUCKET)
                return "done"
        raise ValueError(f"no such command: {order.get('do')!r}")


def serve(port: int = 0, json_only: bool = False) -> int:
    """Run in the foreground until SIGINT or SIGTERM ends the process; returns only a failure."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        local = LocalS3(port)
    except OSError as problem:
        print(
            f"Port {port} on 127.0.0.1 cannot be used ({problem.strerror or problem}). "
            "Choose another with --port, or leave it out for a free one.",
            file=sys.stderr,
        )
        return 1
    stopped = threading.Event()
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: stopped.set())
    local.start()
    print(json.dumps(local.describe()), flush=True)
    if not json_only:
        print(
            f"Local S3 on {local.describe()['endpoint']}, decisions below; Ctrl-C stops it.",
            file=sys.stderr,
        )
    # A wait with a time-out lets Windows deliver Ctrl-C.
    while not stopped.wait(0.5):
        pass
    local.stop()
    sys.stderr.flush()
    # Python would first take apart every module, which takes a second on a busy computer.
    os._exit(0)


def serve_child() -> int:
    """Run as a notebook's child: ready line, then one answer for each command."""
    answers = sys.stdout
    # Whatever a library prints must not get between the answers.
    sys.stdout = sys.stderr
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    # Ctrl-C in the notebook's terminal is for the kernel; this process ends with its parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    local = LocalS3()
    local.start()
    _answer(answers, local.describe())
    for line in sys.stdin:
        try:
            _answer(answers, {"ok": local.command(json.loads(line))})
        except (ValueError, KeyError, TypeError) as problem:
            _answer(answers, {"error": str(problem)})
    os._exit(0)  # the parent is gone: nothing is left to be tidied up for


def _answer(out: TextIO, value: Any) -> None:
    print(json.dumps(value), file=out, flush=True)


if __name__ == "__main__":
    sys.exit(serve_child())
