"""One account's S3 without a socket: its clock, root key, store and gate, and their commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ..errors import OptionError
from ..options import Options
from ..rules.identity import ACCOUNT, Credential, new_key, root_of
from ..rules.request import Request
from .clock import Clock, out_of_range
from .gate import Gate
from .response import Response
from .store.store import Store


class Service:
    """A strict S3. `server.server` puts HTTP around it, `inprocess` nothing at all.

    >>> service = Service(Options(bucket="demo"))
    >>> service.command({"do": "clock", "offset": 60})["offset"]
    60.0
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options = options or Options()
        self.clock = Clock()
        keys = (options.access_key, options.secret_key) if options.access_key else new_key("AKIA")
        self.root = Credential(*keys, root_of(ACCOUNT))
        self.store = Store(options.region, self.clock, self.root)
        self.gate = Gate(
            self.store,
            self.clock,
            public_url=options.public_url or "",
            strict_skew=options.strict_skew,
        )
        self.store.create_bucket(options.bucket)

    def handle(self, request: Request, read: Callable[[int], bytes]) -> Response:
        """Answer a request whose body `read` yields. Never raises."""
        return self.gate.handle(request, read)

    def describe(self) -> dict[str, str]:
        """How to sign for it. Holds the root's secret key."""
        return {
            "region": self.options.region,
            "access_key": self.root.access_key,
            "secret_key": self.root.secret_key,
            "bucket": self.options.bucket,
        }

    def reset(self) -> None:
        """Forget buckets, objects, users, sessions and decisions; the clock is right again.

        The root key stays, so clients go on working, and so does the first bucket, empty.
        """
        self.clock.offset = timedelta()
        self.gate.reset()
        self.store.create_bucket(self.options.bucket)

    def command(self, order: Mapping[str, Any]) -> Any:
        """Carry out one order of a control pipe or of control over HTTP.

            {"do": "clock"}                        -> {"now": ISO 8601, "offset": seconds}
            {"do": "clock", "offset": seconds}     moves it so far from the computer's
            {"do": "clock", "at": ISO 8601}        sets it; with a time zone
            {"do": "decisions", "last": 5}         -> the last five, oldest first
            {"do": "reset"}                        -> "done"

        Raises `OptionError` for any other order, and for a time that the clock cannot show.
        """
        match order.get("do"):
            case "clock":
                self._move(order)
                now, offset = self.clock.now(), self.clock.offset
                return {"now": now.isoformat(), "offset": offset.total_seconds()}
            case "decisions":
                last = order.get("last", 1)
                if not isinstance(last, int) or isinstance(last, bool) or last < 0:
                    raise OptionError(f"last is {last!r}; it is how many decisions, such as 5.")
                kept = list(self.gate.decisions)[-last:] if last else []
                return [decision.as_dict() for decision in kept]
            case "reset":
                self.reset()
                return "done"
        raise OptionError(f"There is no command {order.get('do')!r}: clock, decisions, reset.")

    def _move(self, order: Mapping[str, Any]) -> None:
        if "offset" in order:
            seconds = order["offset"]
            if not isinstance(seconds, int | float) or isinstance(seconds, bool):
                raise OptionError(f"offset is {seconds!r}; it is a number of seconds.")
            try:
                offset = timedelta(seconds=seconds)
            except (OverflowError, ValueError):  # more than 999,999,999 days; not a number
                raise out_of_range(f"{seconds:g} seconds") from None
            self.clock.offset = offset
        elif "at" in order:
            try:
                moment = datetime.fromisoformat(order["at"])
            except (TypeError, ValueError):
                raise OptionError(
                    f"at is {order['at']!r}; write a time as 2027-01-31T12:00:00Z."
                ) from None
            if moment.tzinfo is None:
                raise OptionError(
                    f"at is {order['at']!r}, without a time zone. End it with Z for UTC."
                )
            self.clock.set(moment)
