"""The server's clock: the computer's, plus an offset that a lesson may set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Answers the time in UTC. `offset` moves it, so that "31 minutes later" takes no waiting."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset
