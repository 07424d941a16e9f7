"""Tell the instructor's board which exercises pass. Nothing is sent before `join` is called.

In a workshop the instructor runs ``python3 -m helpers room``, and the board shows the line to run:

    from helpers.exercises import room
    room.join("http://192.168.1.20:8031", "k7fp-x9ab", "Ann")

From then on each check of an exercise sends a name, the exercise's number, whether it passed, and
which exercises are done; never code, keys or URLs. It ends with `leave`, or after 12 hours. A
network that fails is not noticed: the next report holds everything again.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path

import requests

from helpers.errors import LabError
from helpers.exercises import progress
from helpers.files import ROOM, read_notes, write_whole

HOURS = 12  # that a notebook goes on telling the board
_SECONDS = 3  # to wait for the board
_LETTERS = 60  # of a name, in the name of a file
_ADDRESS = re.compile(r"http://(\d{1,3}(\.\d{1,3}){3}|localhost):\d{1,5}/?")
_FLAGS = "14"  # the lesson whose exercises are levels


def join(address: str, code: str, name: str) -> None:
    """Tell the board at `address` under `name` from now on, in every lesson on this computer.

    Raises `LabError` if the board can't be reached or refuses.
    """
    if not _ADDRESS.fullmatch(address):
        raise LabError(
            f"{address!r:.60} is not the address of a board. Copy it from the board: it looks "
            'like "http://192.168.1.20:8031".'
        )
    place = progress.note(ROOM)
    if place is None:
        raise LabError("Progress is switched off here (S3_LESSONS_PROGRESS), so nothing is sent.")
    kept = _kept() or {}
    token = kept.get("token") or secrets.token_urlsafe(16)
    room = {"address": address.rstrip("/"), "code": code, "name": name, "token": token}
    try:
        answer = _post(room, "", False)
    except requests.RequestException as problem:
        raise LabError(
            f"The board at {address} can't be reached ({type(problem).__name__}). Is this computer "
            f"in the same network? Without one, hand in a file: room.hand_in({name!r})"
        ) from None
    if answer.status_code != 200:
        raise LabError(f"The board refused: {_sentence(answer)}")
    try:
        write_whole(place, json.dumps({**room, "until": time.time() + HOURS * 3600}))
    except OSError as problem:
        raise LabError(f"{place} can't be written ({problem.strerror}).") from None
    print(
        f"Joined as {name}. The board is sent your name, the numbers of the exercises you check,\n"
        "and whether they pass; not your code. It is not encrypted. room.leave() ends it."
    )


def leave() -> None:
    """Tell the board nothing more. Harmless when nobody has joined."""
    place = progress.note(ROOM)
    if place is not None:
        place.unlink(missing_ok=True)
    print("Nothing is sent any more.")


def hand_in(name: str) -> Path:
    """Write what is done to a file, for an instructor without a network: dropped on the board."""
    safe = re.sub(r"[^\w-]+", "-", name)[:_LETTERS].strip("-") or "nobody"
    path = Path(f"progress-of-{safe}.json").absolute()
    try:
        write_whole(path, json.dumps({"name": name, "done": done()}))
    except OSError as problem:
        raise LabError(f"{path} can't be written ({problem.strerror}).") from None
    print(f"Give this file to the instructor: {path.name} ({len(done())} exercises)")
    return path


def tell(lesson: str, number: int, passed: bool) -> None:
    """Send what a check found, in the background, if this learner has joined. Never raises."""
    room = _kept()
    if room is None:
        return

    def send() -> None:
        with suppress(requests.RequestException, ValueError):
            _post(room, exercise_name(lesson, number), passed)

    threading.Thread(target=send, name="board", daemon=True).start()


def exercise_name(lesson: str, number: int) -> str:
    """As the board names it: ``04.2``, and ``14.level-03`` for a level."""
    return f"{lesson}.level-{number:02}" if lesson == _FLAGS else f"{lesson}.{number}"


def done() -> list[str]:
    """The exercises that are done, in order."""
    every = progress.load()
    return [exercise_name(name, n) for name in sorted(every) for n in sorted(every[name])]


def _post(room: dict[str, str], exercise: str, passed: bool) -> requests.Response:
    report = {name: room[name] for name in ("code", "name", "token")}
    with requests.Session() as session:
        session.trust_env = False  # a proxy is for the internet; the board is in this network
        return session.post(
            f"{room['address']}/report",
            json={**report, "exercise": exercise, "passed": passed, "done": done()},
            timeout=_SECONDS,
            allow_redirects=False,
        )


def _sentence(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"])[:200]
    except (ValueError, TypeError, KeyError):
        return f"it answered {answer.status_code}. Is this the board's address?"


def _kept() -> dict[str, str] | None:
    """What `join` noted, or None: not joined, too long ago, or a file that is no such note."""
    found = read_notes(progress.note(ROOM))
    try:
        if time.time() < float(found.pop("until")) and _ADDRESS.fullmatch(found["address"]):
            return {name: str(found[name]) for name in ("address", "code", "name", "token")}
    except (ValueError, TypeError, KeyError):
        pass
    return None
