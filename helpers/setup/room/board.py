"""What the board knows: names, and what they have done. In memory alone, and gone at the end.

Reports come from strangers in the room's network. A name is short text that cannot disguise
itself, an exercise is one that exists, a name belongs to the notebook that took it first, and
everything has a most.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpers.errors import Refused
from helpers.pages.upload_page.sessions import RateLimit
from helpers.pages.upload_page.store import Clock, Store

MAX_NAMES = 200
MAX_NAMES_OF_ADDRESS = 60  # a whole room can have one address, behind a router
MAX_LETTERS = 24  # of a name
PER_MINUTE, PER_MINUTE_OF_ADDRESS = 30, 600  # reports
STUCK_TRIES, STUCK_SECONDS = 3, 5 * 60
GONE_SECONDS = 45 * 60  # without a report: at lunch, or at home
_PUNCTUATION = " -'\u2019._"
# Letters and marks of which nothing is seen: Unicode's Default_Ignorable_Code_Point.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


@dataclass
class _Learner:
    name: str
    address: str
    owner: bytes  # digest of the token; empty: known from a file alone
    seen: float
    done: dict[str, float] = field(default_factory=dict)
    at: str = ""  # the exercise whose last check did not pass
    tries: int = 0
    since: float = 0.0


class Board:
    """Reports in, one picture out. Every refusal is `Refused`, with a sentence for the sender."""

    def __init__(self, exercises: Iterable[str], clock: Clock = time.monotonic) -> None:
        self._order = {name: place for place, name in enumerate(exercises)}
        self._clock = clock
        self._learners: dict[str, _Learner] = {}
        self._blocked: set[str] = set()
        store = Store(clock=clock)
        self._rate = RateLimit(store, PER_MINUTE)
        self._rate_of_address = RateLimit(store, PER_MINUTE_OF_ADDRESS)
        self._lock = threading.Lock()

    def knock(self, address: str) -> None:
        """Before anything of a request is read: may this address send at all?"""
        if address in self._blocked:
            raise Refused(403, "The instructor has blocked this computer.")
        self._rate_of_address.take(address, "reports from this computer")

    def report(self, sent: Mapping[str, object], address: str) -> None:
        """``name``, ``token``, ``exercise`` ("" to join), ``passed`` and ``done`` of a notebook."""
        name, token = name_of(sent["name"]), sent["token"]
        exercise, passed = sent["exercise"], sent["passed"]
        if not isinstance(token, str) or not 16 <= len(token) <= 64:
            raise Refused(400, "token: 16 to 64 characters.")
        if not isinstance(passed, bool):
            raise Refused(400, "passed: true or false.")
        if exercise != "":
            self._check(exercise)
        done = self._all(sent["done"])
        owner = hashlib.sha256(token.encode(errors="replace")).digest()
        # Of this notebook: nobody else can use up what a name may send.
        self._rate.take(owner.hex(), "reports under this name")
        with self._lock:
            learner = self._learner(name, address, owner)
            now = learner.seen = self._clock()
            if passed and exercise:
                done.append(str(exercise))
            for each in done:
                learner.done.setdefault(each, now)
            if exercise and str(exercise) not in learner.done:
                if learner.at != exercise:
                    learner.at, learner.tries, learner.since = str(exercise), 0, now
                learner.tries += 1
            elif learner.at in learner.done:
                learner.at = ""

    def hand_in(self, sent: Mapping[str, object]) -> None:
        """Add what a file says: ``name`` and ``done``."""
        name, done = name_of(sent["name"]), self._all(sent["done"])
        with self._lock:
            learner = self._learners.get(_same(name)) or self._add(name, "", b"")
            for each in done:
                learner.done.setdefault(each, self._clock())
            if learner.at in learner.done:
                learner.at = ""

    def remove(self, name: object, block: bool = False) -> None:
        """Forget a name; with `block` all that its address sent, and hear nothing more from it."""
        with self._lock:
            gone = self._learners.pop(_same(str(name)), None)
            if gone and block and gone.address:
                self._blocked.add(gone.address)
                kept = self._learners.items()
                self._learners = {k: v for k, v in kept if v.address != gone.address}

    def picture(self) -> dict[str, Any]:
        """What the board shows, as JSON. Ages are in whole minutes."""
        with self._lock:
            now, learners = self._clock(), list(self._learners.values())
            stuck = [
                {
                    "name": learner.name,
                    "exercise": learner.at,
                    "tries": learner.tries,
                    "minutes": int((now - learner.since) / 60),
                }
                for learner in sorted(learners, key=lambda learner: learner.since)
                if learner.at
                and now - learner.seen < GONE_SECONDS
                and (learner.tries >= STUCK_TRIES or now - learner.since >= STUCK_SECONDS)
            ]
            exercises = [
                {
                    "name": name,
                    "done": sum(name in learner.done for learner in learners),
                    "trying": sum(name == learner.at for learner in learners),
                }
                for name in self._order
            ]
            return {
                "people": len(learners),
                "stuck": stuck,
                "exercises": [row for row in exercises if row["done"] or row["trying"]],
                "flags": _scores(learners),
                "names": [
                    {"name": learner.name, "done": len(learner.done), "by_file": not learner.owner}
                    for learner in sorted(learners, key=lambda learner: learner.name.casefold())
                ],
            }

    def _learner(self, name: str, address: str, owner: bytes) -> _Learner:
        """Whoever has that name. Raises `Refused` if it is somebody else."""
        learner = self._learners.get(_same(name))
        if learner is None:
            return self._add(name, address, owner)
        if learner.owner and not hmac.compare_digest(learner.owner, owner):
            raise Refused(409, f"{name} is taken. Join with a different name.")
        learner.owner, learner.address = owner, address
        return learner

    def _add(self, name: str, address: str, owner: bytes) -> _Learner:
        if len(self._learners) >= MAX_NAMES:
            raise Refused(503, f"The board is full: it has {MAX_NAMES} names.")
        same = sum(learner.address == address for learner in self._learners.values())
        if address and same >= MAX_NAMES_OF_ADDRESS:
            raise Refused(403, f"This computer has sent {MAX_NAMES_OF_ADDRESS} names already.")
        learner = _Learner(name, address, owner, self._clock())
        self._learners[_same(name)] = learner
        return learner

    def _check(self, exercise: object) -> str:
        if not isinstance(exercise, str) or exercise not in self._order:
            raise Refused(400, f"{exercise!r:.40} is not an exercise of these lessons.")
        return exercise

    def _all(self, done: object) -> list[str]:
        if not isinstance(done, list) or len(done) > len(self._order):
            raise Refused(400, "done: a list of exercises, each named once.")
        return [self._check(exercise) for exercise in done]


def _same(name: str) -> str:
    """Equal for names that look alike: in capitals, or with letters of full width."""
    return unicodedata.normalize("NFKC", name).casefold()


def name_of(value: object) -> str:
    """A name that can be shown: letters of any script, and nothing that disguises them."""
    name = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
    name, marks = re.sub(" +", " ", _UNSEEN.sub("\0", name)), 0
    for letter in name:
        kind = unicodedata.category(letter)[0]
        marks = marks + 1 if kind == "M" else 0
        if marks > 2 or (kind not in "LNM" and letter not in _PUNCTUATION):
            name = ""
            break
    if not 1 <= len(name) <= MAX_LETTERS or not any(letter.isalnum() for letter in name):
        raise Refused(
            400, f"A name has 1 to {MAX_LETTERS} letters, digits, spaces, hyphens or dots."
        )
    return name


def _scores(learners: Iterable[_Learner]) -> list[dict[str, Any]]:
    """The flags of each, best first; of equals, those who had their last flag first."""
    rows = []
    for learner in learners:
        flags = {name: when for name, when in learner.done.items() if "level-" in name}
        if flags:
            rows.append((-len(flags), max(flags.values()), learner.name, sorted(flags)))
    return [
        {"name": name, "flags": [int(flag[-2:]) for flag in flags]}
        for _, _, name, flags in sorted(rows)
    ]
