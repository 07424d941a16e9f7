"""What every form's model has: fields, for some forms rows of fields, and the code that it shows.

Rows can be added and removed: conditions of a form, statements of a policy, rules of CORS.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpers.errors import FormProblem
from helpers.forms import code
from helpers.forms.fields import Field, Fields, Remark
from helpers.lab import Lab


class RowModel(Fields):
    """One row. Subclasses say which fields (`own`) it shows now, and what is wrong with it."""

    own: tuple[Field, ...] = ()

    def __init__(self, **values: str) -> None:
        super().__init__(self.own, **values)

    def labels(self) -> dict[str, str]:
        """The fields that the row has at the moment, with their labels, in order."""
        return {name: field.label for name, field in self.fields.items()}

    def problem(self) -> str:
        """The first thing that is wrong, as a sentence; empty if nothing is."""
        for name, label in self.labels().items():
            remark = self.remark(name)
            if remark.problem:
                return f"{label}: {remark.text}"
        return ""

    def listed(self, name: str) -> list[str]:
        """The values of a field that is written with commas."""
        return [value.strip() for value in self[name].split(",") if value.strip()]

    def hint(self) -> str:
        """What a row without a problem means."""
        return ""


class FormModel:
    """The base of the models: `own` are the form's fields, `values` fill them in.

    `noun` is what a row is called, empty for a form without rows; `needed` is said if there is no
    row where one is needed.
    """

    title = ""
    own: tuple[Field, ...] = ()
    noun = ""
    needed = ""
    row_type = RowModel

    def __init__(self, lab: Lab, rows: Iterable[RowModel] | None = None, **values: str) -> None:
        self.lab = lab
        self.fields = Fields(self.own, **values)
        self.rows: list[Any] = list(self.usual() if rows is None else rows)

    @staticmethod
    def usual() -> list[RowModel]:
        """The rows of a form that is given none."""
        return []

    def remark(self, name: str) -> Remark:
        """What to say beside a field."""
        return self.fields.remark(name)

    def row_remark(self, row: RowModel) -> Remark:
        """What to say beside a row."""
        problem = row.problem()
        return Remark(problem, True) if problem else Remark(row.hint())

    def values(self) -> list[dict[str, str]]:
        """All that is filled in now: by this a result is known to be of earlier values."""
        return [self.fields.values, *(row.values for row in self.rows)]

    def problems(self) -> list[str]:
        """What is wrong, a sentence a field and a row."""
        remarks = [self.row_remark(row) for row in self.rows]
        noun = self.noun.capitalize()
        found = [f"{noun} {n}: {r.text}" for n, r in enumerate(remarks, 1) if r.problem]
        if self.needed and not self.rows:
            found.append(f"{noun}: {self.needed}")
        return self.fields.problems() + found

    def check(self) -> None:
        """Raises FormProblem if anything is wrong."""
        if self.problems():
            raise FormProblem(" ".join(self.problems()))

    def code(self) -> str:
        """The code that the form stands for, complete: it needs nothing but `lab`."""
        raise NotImplementedError

    def run(self) -> dict[str, Any]:
        """Run that code; returns its names. Raises FormProblem, and what boto3 raises."""
        self.check()
        return code.run(self.code(), self.lab)
