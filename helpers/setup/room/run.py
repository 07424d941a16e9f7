"""``python3 -m helpers room``: the board until Ctrl-C."""

from __future__ import annotations

import json
import secrets
import socket
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from helpers.errors import Refused
from helpers.exercises import progress
from helpers.exercises.room import exercise_name
from helpers.pages.server import MakeApp, PageServer
from helpers.pages.upload_page.sessions import OneCode
from helpers.setup.room.app import create_board, create_receiver
from helpers.setup.room.board import Board
from strict_s3 import signals

HOST = "127.0.0.1"
BOARD_PORT, PORT = 8030, 8031
_MAX_FILE = 64 * 1024  # bytes of a file that is handed in


def exercises() -> list[str]:
    """Every exercise of the lessons, in order, as the board names them."""
    every = progress.every_exercise()
    return [exercise_name(lesson, n) for lesson in sorted(every) for n in sorted(every[lesson])]


def add(board: Board, path: Path) -> None:
    """Add a file that a learner handed in. Raises `Refused`, with a sentence, if it is none."""
    try:
        if path.stat().st_size > _MAX_FILE:
            raise Refused(413, f"{path.name} is too large for a progress file.")
        sent = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(sent, dict) or set(sent) != {"name", "done"}:
            raise ValueError
    except OSError as problem:
        raise Refused(400, f"{path}: {problem.strerror}.") from None
    except (ValueError, RecursionError):
        raise Refused(
            400, f"{path.name} is not a progress file: it is made by room.hand_in in a notebook."
        ) from None
    board.hand_in(sent)


class Room:
    """The board and its receiver, until `stop`. Raises OSError if `port` or `host` can't be used.

    `host` is the address on which reports arrive; the board itself stays on 127.0.0.1.
    """

    def __init__(self, host: str = HOST, port: int | None = None) -> None:
        self.board = Board(exercises())
        self.code, key = OneCode().code, secrets.token_urlsafe(16)
        self._receiver = _served(lambda _: create_receiver(self.board, self.code), host, port, PORT)
        self.address = f"http://{_reached_at(host)}:{self._receiver.port}"
        shown = {"address": self.address, "code": self.code}
        try:
            self._board = _served(
                lambda origins: create_board(self.board, shown, key, origins),
                HOST,
                None,
                BOARD_PORT,
            )
        except OSError:
            self._receiver.stop()
            raise
        self.url = f"{self._board.url}#{key}"

    def stop(self) -> None:
        self._board.stop()
        self._receiver.stop()


def main(host: str = HOST, port: int | None = None, files: Iterable[str] = ()) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit status."""
    try:
        with signals.until_stopped() as wait, ExitStack() as tidying_up:
            room = Room(host, port)
            tidying_up.callback(room.stop)
            for file in files:
                add(room.board, Path(file))
            _tell(room, host)
            wait()
    except KeyboardInterrupt:
        pass
    except Refused as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(
            f"{host}, port {port or PORT}, cannot be used ({problem.strerror or problem}). --host "
            "is an address of this computer, or 0.0.0.0; choose another port with --port.",
            file=sys.stderr,
        )
        return 1
    print("Stopped. Nothing was kept.")
    return 0


def _tell(room: Room, host: str) -> None:
    print(f"The board, for this computer only: {room.url}")
    print("What learners run in any notebook, if they want to (the board shows it too):\n")
    print("    from helpers.exercises import room")
    print(f'    room.join("{room.address}", "{room.code}", "Ann")\n')
    if host == HOST:
        print("Only this computer can send reports. To let the room in: --host 0.0.0.0")
    else:
        print(f"Everybody in this network can reach port {room.address.rpartition(':')[2]}.")
        print("Reports are not encrypted: a first name is enough.")
    print("Ctrl-C ends the board. Nothing is kept.", flush=True)


def _served(make_app: MakeApp, host: str, port: int | None, usual: int) -> PageServer:
    """On the port that was asked for; else on the usual one, or a free one."""
    if port is not None:
        return PageServer(make_app, port, host)
    try:
        return PageServer(make_app, usual, host)
    except OSError:
        return PageServer(make_app, 0, host)


def _reached_at(host: str) -> str:
    """The address for people in the room. Nothing is sent: a UDP socket only picks a route."""
    if host != "0.0.0.0":
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:  # no network at all
            return HOST
