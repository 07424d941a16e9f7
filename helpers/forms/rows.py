"""Rows of fields that can be added and removed: conditions of a form, rules of CORS."""

from __future__ import annotations

from helpers.forms.fields import Fields, Remark


class RowModel(Fields):
    """One row. Subclasses say which fields it shows now, and what is wrong with it."""

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

    def hint(self) -> str:
        """What a row without a problem means."""
        return ""

    def row_remark(self) -> Remark:
        problem = self.problem()
        return Remark(problem, True) if problem else Remark(self.hint())
