"""What a paste says was sent: by a command, a program's code, a browser's or a server's record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
ADDED_FORM = f"{MULTIPART}; boundary=…"  # what a client writes that makes a form


@dataclass(frozen=True)
class Sent:
    """A request in a paste. `by` names where it was read ("the curl command").

    Header names are in lower case. `fields` are those of a form, in order, a file's value being
    its name after ``@``. `problems` are sentences on what goes wrong whatever the URL says.
    `status` and `answer` are the response's, 0 and "" if the paste has none. `unknown` are headers
    whose value is a program's variable.
    """

    method: str = ""
    url: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    by: str = ""
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    problems: tuple[str, ...] = ()
    status: int = 0
    answer: str = field(default="", repr=False)
    raw: bool = False  # as it reached the server: then nothing can be missing from it

    @property
    def header_map(self) -> dict[str, str]:
        return dict(self.headers)


NOTHING_SENT = Sent()


def lower(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers by lower-case name; the last of a name counts, and a client's own never does."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name.strip().lower().removeprefix(":")] = value.strip()
    return tuple(found.items())
