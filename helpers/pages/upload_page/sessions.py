"""Who is at the page, and how often one may ask.

The sign-in is a stub: a user name that nobody checks, and one code that the page's owner reads
out. It stands where a real page has its users' accounts. All that matters to signing is that nobody
is anonymous.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from helpers.errors import Refused

HOURS = 8  # that a sign-in lasts
_MOST = 1000  # sign-ins kept; the oldest goes first
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
Clock = Callable[[], float]


class RateLimit:
    """At most `most` in any stretch of `seconds`, for each person."""

    def __init__(self, most: int, seconds: float, clock: Clock = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._times: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def take(self, who: str, what: str) -> None:
        """Count one for `who`. Raises `Refused` (429) when there were too many."""
        with self._lock:
            now = self._clock()
            since = now - self._seconds
            if len(self._times) > _MOST:
                self._times = {k: v for k, v in self._times.items() if v[-1] > since}
            times = [moment for moment in self._times.get(who, []) if moment > since]
            if len(times) >= self._most:
                wait = max(1, round(times[0] + self._seconds - now + 0.5))
                raise Refused(429, f"Too many {what}. Try again in {wait} s.", wait)
            self._times[who] = [*times, now]


@dataclass(frozen=True)
class _Session:
    user: str
    ends: float


class Sessions:
    """Sign-ins by their token, which is the value of a cookie and is never shown or logged."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in "ab")
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._attempts = RateLimit(20, 60, clock)

    def sign_in(self, user: object, code: object) -> str:
        """A token for `user`. Raises `Refused`: 403 for a wrong code, 429 for too many tries."""
        if not isinstance(user, str) or not _NAME.fullmatch(user):
            raise Refused(
                400, "A user name is 1 to 32 of a-z, 0-9 and hyphen, and starts with no hyphen."
            )
        self._attempts.take("everybody", "sign-ins")
        if not isinstance(code, str) or not hmac.compare_digest(code.encode(), self.code.encode()):
            raise Refused(403, "That is not the code. It was shown when the page was started.")
        while len(self._sessions) >= _MOST:
            self._sessions.pop(next(iter(self._sessions)), None)
        token = secrets.token_urlsafe(32)
        self._sessions[token] = _Session(user, self._clock() + HOURS * 3600)
        return token

    def sign_out(self, token: str | None) -> None:
        self._sessions.pop(token or "", None)

    def user(self, token: str | None) -> str | None:
        """Who holds that token, or None."""
        session = self._sessions.get(token or "")
        return session.user if session and session.ends > self._clock() else None
