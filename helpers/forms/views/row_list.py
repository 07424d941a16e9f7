"""Rows that can be added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import ipywidgets

from helpers.forms.fields import Remark
from helpers.forms.rows import RowModel
from helpers.forms.views.base import FormView
from helpers.forms.views.card import Message

_LETTER = 8  # pixels, on the average and a little more


class RowsModel(Protocol):
    """A model whose rows these are."""

    rows: list[Any]

    def new_row(self) -> Any: ...
    def row_remark(self, row: Any) -> Remark: ...


class RowList(ipywidgets.VBox):
    """The rows of a model, each with a button that removes it, and one button that adds one."""

    def __init__(
        self, form: FormView, model: RowsModel, noun: str, changed: Callable[[], None]
    ) -> None:
        super().__init__()
        self._form, self._model, self._noun, self._changed = form, model, noun, changed
        self.add_button = ipywidgets.Button(description=f"Add a {noun}")
        form.on_click(self.add_button, self._add)
        self.add_class("s3-rows")
        self._views: list[_RowView] = [self._view(row) for row in model.rows]
        self._arrange()

    def __repr__(self) -> str:
        return f"RowList({self._noun})"

    def refresh(self) -> None:
        """Say what there is to say about each row now."""
        for number, view in enumerate(self._views, 1):
            view.refresh(number)

    def _view(self, row: RowModel) -> _RowView:
        return _RowView(self._form, self._model, row, self._noun, self._changed, self._remove)

    def _add(self) -> None:
        row = self._model.new_row()
        self._model.rows.append(row)
        self._views.append(self._view(row))
        self._arrange()
        self._changed()
        self._views[-1].focus()

    def _remove(self, view: _RowView) -> None:
        self._model.rows.remove(view.row)
        self._views.remove(view)
        self._arrange()
        self._changed()
        # The button that had the focus is gone: without this the keyboard would start at the top.
        self.add_button.focus()

    def _arrange(self) -> None:
        self.children = [*self._views, self.add_button]


class _RowView(ipywidgets.HBox):
    def __init__(
        self,
        form: FormView,
        model: RowsModel,
        row: RowModel,
        noun: str,
        changed: Callable[[], None],
        removed: Callable[[_RowView], None],
    ) -> None:
        super().__init__()
        self.row, self._model, self._noun = row, model, noun
        self._inputs = {name: self._input(form, name, changed) for name in row.fields}
        self._message = Message()
        self._message.add_class("s3-beside")
        self._remove = ipywidgets.Button(
            description="Remove", layout=ipywidgets.Layout(width="80px")
        )
        form.on_click(self._remove, lambda: removed(self))
        self.children = [*self._inputs.values(), self._remove, self._message]
        self.add_class("s3-row")
        self.add_class("s3-condition")

    def __repr__(self) -> str:
        return f"{self._noun} row"

    def focus(self) -> None:
        next(iter(self._inputs.values())).focus()

    def refresh(self, number: int) -> None:
        labels = self.row.labels()
        for name, widget in self._inputs.items():
            widget.layout.display = None if name in labels else "none"
            widget.description = labels.get(name, "")
            letters = len(widget.description) + self.row.fields[name].room + 4
            widget.layout.width = f"{letters * _LETTER}px"
        self._remove.tooltip = f"Remove {self._noun} {number}"
        remark = self._model.row_remark(self.row)
        with self._message.hold_sync():
            self._message.text, self._message.problem = remark.text, remark.problem

    def _input(self, form: FormView, name: str, changed: Callable[[], None]) -> Any:
        field = self.row.fields[name]
        common: dict[str, Any] = {
            "value": self.row[name],
            "description": field.label,
            "style": {"description_width": "initial"},
            "layout": ipywidgets.Layout(max_width="100%"),
        }
        if field.choices:
            options = [(label, choice) for choice, label in field.choices]
            widget = ipywidgets.Dropdown(options=options, **common)
        else:
            widget = ipywidgets.Text(placeholder=field.placeholder, **common)

        def typed(change: Any) -> None:
            with form.guarded():
                self.row[name] = change["new"]
                changed()

        widget.observe(typed, "value")
        return widget
