"""The server's clock: the computer's, plus an offset that a lesson or a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..errors import OptionError

# Four digits of a year are all that X-Amz-Date has, and S3 counts some times from 1970; the last
# year stays free, so that "a week from now" is a date too.
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)


class Clock:
    """Tells the time in UTC. `offset` moves it, so that "31 minutes later" takes no waiting.

    Setting an offset that leads out of the years 1970 to 9998 raises `OptionError` and changes
    nothing.
    """

    def __init__(self) -> None:
        self._offset = timedelta()

    @property
    def offset(self) -> timedelta:
        """How far the clock is ahead of the computer's; negative if it is behind."""
        return self._offset

    @offset.setter
    def offset(self, offset: timedelta) -> None:
        self._offset = checked(offset)

    def set(self, moment: datetime) -> None:
        """Make it `moment` (with a time zone) now; the clock goes on from there."""
        self.offset = moment - self.wall()

    def now(self) -> datetime:
        """The server's time."""
        return self.wall() + self._offset

    def times(self) -> tuple[datetime, datetime]:
        """The server's time and the computer's, of one moment."""
        wall = self.wall()
        return wall + self._offset, wall

    @staticmethod
    def wall() -> datetime:
        """The computer's time, which no offset moves."""
        return datetime.now(UTC)


def checked(offset: timedelta) -> timedelta:
    """`offset`, if the clock can be moved by it. Raises `OptionError`."""
    try:
        moment = Clock.wall() + offset
    except OverflowError:
        moment = None
    if moment is None or not FIRST <= moment < LAST:
        raise out_of_range(offset)
    return offset


def out_of_range(offset: object) -> OptionError:
    """The refusal of an offset."""
    return OptionError(
        f"The clock cannot be moved by {offset}: it goes from the year {FIRST.year} to "
        f"{LAST.year - 1}. Choose a shorter time."
    )
