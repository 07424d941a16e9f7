"""pytest's view of a table: a file, and each of its rows a test."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from ..errors import ProveError
from .proof import prove_table
from .results import Proof, Result
from .table import Table, read_table


class TableFile(pytest.File):
    """A ``*.prove.yaml``. It is read when pytest collects, and proved when its first test runs."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            rows = self.table.rows
        except ProveError as problem:
            raise self.CollectError(str(problem)) from None
        for number, row in enumerate(rows):
            yield RowItem.from_parent(self, name=row.id, number=number)
        yield RowItem.from_parent(self, name="spelling", number=-1)

    @cached_property
    def table(self) -> Table:
        return read_table(self.path)

    @cached_property
    def proof(self) -> Proof:
        return prove_table(self.table)


class RowItem(pytest.Item):
    """One row; the last item of a file is about misspelt names in its policies."""

    def __init__(self, *, number: int, **more: Any) -> None:
        super().__init__(**more)
        self._number = number

    def runtest(self) -> None:
        assert isinstance(self.parent, TableFile)
        results = self.parent.proof.results
        first = len(results) - len(self.parent.table.rows)  # before them: what is misspelt
        own = results[:first] if self._number < 0 else [results[first + self._number]]
        wrong = [result for result in own if not result.passed]
        if wrong:
            raise NotAsExpected(wrong)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """The row in words; a traceback would be about this module."""
        if isinstance(excinfo.value, NotAsExpected | ProveError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, self.name


class NotAsExpected(AssertionError):
    """A row that S3 did not answer as the table says."""

    def __init__(self, results: list[Result]) -> None:
        super().__init__("\n".join(result.report() for result in results))
