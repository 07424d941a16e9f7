"""What a learner has captured, mended and asked for: a small file beside the progress."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from helpers.files import read_notes, write_whole

CAPTURE, MEND, HINT = 10, 15, 3  # points; a hint takes some away, a solution all


@dataclass
class Notes:
    """By level: how many `hints` were taken (a solution is one more than there are).

    `name` and `kit` are set by someone who takes part in a contest.
    """

    captured: set[int] = field(default_factory=set)
    mended: set[int] = field(default_factory=set)
    hints: dict[int, int] = field(default_factory=dict)
    name: str = ""
    kit: str = ""

    @classmethod
    def load(cls, path: Path | None) -> Notes:
        """The notes in a file; empty ones for a file that is none, or for no file."""
        found = read_notes(path)
        try:
            return cls(
                {int(number) for number in found.get("captured", [])},
                {int(number) for number in found.get("mended", [])},
                {int(number): int(taken) for number, taken in found.get("hints", {}).items()},
                str(found.get("name", "")),
                str(found.get("kit", "")),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()

    def save(self, path: Path | None) -> None:
        """Write them. A file that can't be written loses the notes and nothing else."""
        if path is None:
            return
        kept = asdict(self) | {"captured": sorted(self.captured), "mended": sorted(self.mended)}
        with suppress(OSError):
            write_whole(path, json.dumps(kept, sort_keys=True))

    def points(self, number: int) -> int:
        """What a level counts."""
        if self.hints.get(number, 0) > 3:
            return 0
        won = CAPTURE * (number in self.captured) + MEND * (number in self.mended)
        return max(0, won - HINT * self.hints.get(number, 0))
