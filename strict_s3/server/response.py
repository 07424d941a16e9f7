"""What the gate answers with, before it is HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Headers = list[tuple[str, str]]


@dataclass
class Response:
    """Status, headers (lower-case names) and a body: bytes, or pieces of a known total length."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes | Iterator[bytes] = b""
    length: int | None = None  # bytes of a body that comes in pieces, or that HEAD leaves out
    close: bool = False  # the request's body was not read to its end

    def content_length(self) -> int:
        return self.length if self.length is not None else len(self.body)  # type: ignore[arg-type]

    def add(self, headers: Iterable[tuple[str, str]]) -> None:
        """Add headers, replacing those of the same names."""
        new = list(headers)
        names = {name for name, _ in new}
        self.headers = [pair for pair in self.headers if pair[0] not in names] + new
