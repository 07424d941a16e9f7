"""What came of a table: a result for each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

CANNOT_TELL = "can't tell"


@dataclass(frozen=True)
class Result:
    """One row: who asked what, what S3 said, and what decided it.

    `said` is the status, and the error's code if there is one. `decided` names file and statement,
    or the check that refused the request.
    """

    table: str
    identity: str
    request: str
    expected: str
    said: str
    passed: bool
    decided: str

    def __str__(self) -> str:
        return f"{self.identity}: {self.request}"

    def report(self) -> str:
        """The row in words, for a test's message."""
        return (
            f"{self.table}: {self.identity}: {self.request}: expected {self.expected}, "
            f"and S3 said {self.said}: {self.decided}"
        )

    def as_dict(self) -> dict[str, Any]:
        """The fields by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Proof:
    """What came of a table. Iterating over it gives its `results`, in the table's order.

    `notes` are sentences about what is not proved here: what TLS, a VPC endpoint or an
    organization decides, and what of a template could not be resolved.

        proof = strict_s3.prove("signer.prove.yaml")
        assert proof.passed, str(proof)
    """

    table: str
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """True if every row was as expected."""
        return all(result.passed for result in self.results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __str__(self) -> str:
        from .report import report

        return report(self)

    def as_dict(self) -> dict[str, Any]:
        """The proof as JSON has it: ``strict-s3 prove --json``."""
        return {
            "table": self.table,
            "passed": self.passed,
            "results": [result.as_dict() for result in self.results],
            "notes": list(self.notes),
        }


def cannot_tell(result: Result, why: str) -> Result:
    """The result, failed, because something unknown could change S3's answer."""
    decided = f"S3 said {result.said} here, but {why}"
    return replace(result, said=CANNOT_TELL, passed=False, decided=decided)
