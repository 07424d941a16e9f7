"""What was measured: ranges over several runs, as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.peers import MINISTACK, MOTO, OURS, S3RVER

# With these it is compared by name. rclone is compiled, and in a column of its own.
_RIVALS = (S3RVER, MINISTACK)


@dataclass
class Measure:
    """One figure of every server, once for each run."""

    name: str
    unit: str
    less_is_better: bool = False
    values: dict[str, list[float]] = field(default_factory=dict)
    errors: dict[str, Counter[str]] = field(default_factory=dict)

    def ratios(self, rivals: tuple[str, ...]) -> list[float]:
        """For each run, how many times better strict_s3 is than the best of `rivals`."""
        ours = self.values.get(OURS, [])
        found = []
        for run, own in enumerate(ours):
            theirs = [values[run] for n in rivals if len(values := self.values.get(n, [])) > run]
            theirs = [value for value in theirs if value]
            if theirs and own:
                best = min(theirs) if self.less_is_better else max(theirs)
                found.append(best / own if self.less_is_better else own / best)
        return found


class Report:
    """Measures in the order in which they were first made."""

    def __init__(self, servers: list[str]) -> None:
        self.servers = servers
        self.measures: dict[str, Measure] = {}
        self.failures: Counter[str] = Counter()

    def add(
        self,
        name: str,
        unit: str,
        server: str,
        value: float,
        errors: Counter[str] | None = None,
        *,
        less_is_better: bool = False,
    ) -> None:
        """A server's figure of one run."""
        measure = self.measures.setdefault(name, Measure(name, unit, less_is_better))
        measure.values.setdefault(server, []).append(value)
        measure.errors.setdefault(server, Counter()).update(errors or {})

    def failed(self, what: str, problem: Exception) -> None:
        """A server could not do it; the others go on."""
        sentence = f"{what}: {str(problem).strip().splitlines()[0][:200]}"
        self.failures[sentence] += 1
        print(f"  {sentence}", file=sys.stderr, flush=True)

    def table(self, without: Collection[str] = ()) -> str:
        """Markdown: median and range over the runs; below it, every error.

        `without` are measures that are left out.
        """
        measures = [one for one in self.measures.values() if one.name not in without]
        titles = ["", *self.servers]
        compared = [(name, (name,)) for name in (MOTO,) if name in self.servers]
        rivals = tuple(name for name in _RIVALS if name in self.servers)
        if rivals:
            compared.append((f"best of {' and '.join(rivals)}", rivals))
        titles += [f"x {title}" for title, _ in compared]
        rows = [titles]
        for measure in measures:
            row = [f"{measure.name}, {measure.unit}"]
            row += [_range(measure.values.get(name, [])) for name in self.servers]
            row += [_range(measure.ratios(names)) for _, names in compared]
            rows.append(row)
        widths = [max(len(row[n]) for row in rows) for n in range(len(titles))]
        lines = [_line(rows[0], widths), _line(["-" * width for width in widths], widths)]
        lines += [_line(row, widths) for row in rows[1:]]
        for measure in measures:
            for server, errors in measure.errors.items():
                shown = ", ".join(f"{count} x {what}" for what, count in errors.most_common(3))
                lines += [f"errors of {server} ({measure.name}): {shown}"] if errors else []
        lines += [f"{times} x {what}" for what, times in self.failures.items()]
        return "\n".join(lines)

    def save(self, path: Path) -> None:
        """The same as JSON, with what it was measured on."""
        document: dict[str, Any] = {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processors": os.cpu_count(),
            "measures": [
                {
                    "name": measure.name,
                    "unit": measure.unit,
                    "values": measure.values,
                    "errors": {n: dict(e) for n, e in measure.errors.items() if e},
                }
                for measure in self.measures.values()
            ],
            "failures": dict(self.failures),
        }
        path.write_text(json.dumps(document, indent=2) + "\n")


def _range(values: list[float]) -> str:
    """``median (least to most)``, or the value alone if there is but one."""
    if not values:
        return "-"
    low, high = min(values), max(values)
    middle = _short(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({_short(low)} to {_short(high)})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _line(cells: list[str], widths: list[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
