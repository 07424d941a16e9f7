"""The form of a model: its fields, its rows, which can be added and removed, and its call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from helpers.forms import cards
from helpers.forms.code import for_aws
from helpers.forms.markup import tag
from helpers.forms.model import FormModel, RowModel
from helpers.forms.views.base import FormView
from helpers.forms.views.card import Card, Message

_LETTER = 8  # pixels, on the average and a little more


class ModelForm(FormView):
    """Subclasses arrange the parts, and call `changed` when all of them are there.

    They call `is_new` when they show a result; once a field has another value, `again` is said
    above it, and it is dimmed.
    """

    again = "The form has changed: sign again."

    def __init__(self, model: FormModel) -> None:
        super().__init__()
        self.model: Any = model
        self._made_of: list[dict[str, str]] | None = None
        self.title, self.call = Card(), Card()
        self.title.show(tag("h3", model.title))
        self.lines = [Line(self, model, name) for name in model.fields.fields]
        self.rows = RowList(self, model)

    def changed(self) -> list[str]:
        """A field has another value: say what there is to say, and show the call.

        Returns what is wrong, in which case there is no call.
        """
        for line in self.lines:
            line.refresh()
        self.rows.refresh()
        problems: list[str] = self.model.problems()
        if problems:
            self.call.show(cards.incomplete(problems))
        else:
            code = self.model.code()
            self.call.secrets = {"code": code, "aws": for_aws(code, self.model.lab)}
            self.call.show(cards.code(code, self.call.secrets["aws"]))
        old = self._made_of is not None and self._made_of != self.model.values()
        self.result.outdated = self.again if old else ""
        return problems

    def is_new(self) -> None:
        """The result is of the values that the fields have now."""
        self._made_of = self.model.values()
        self.result.outdated = ""


class Line(ipywidgets.HBox):
    """A field with its label, and its message beside it."""

    def __init__(self, form: ModelForm, model: FormModel, name: str) -> None:
        self.message = Message()
        self.input = form.input(
            model.fields,
            name,
            style={"description_width": "130px"},
            layout=ipywidgets.Layout(width="380px", max_width="100%"),
        )
        super().__init__([self.input, self.message])
        self.add_class("s3-row")
        self._model, self._name = model, name

    def __repr__(self) -> str:
        return f"Line({self._name})"

    def refresh(self) -> None:
        """Say what there is to say about the field now."""
        self.message.show(self._model.remark(self._name))


class RowList(ipywidgets.VBox):
    """The rows of a model, each with a button that removes it, and one button that adds one."""

    def __init__(self, form: ModelForm, model: FormModel) -> None:
        super().__init__()
        self._form, self._model = form, model
        self.add_button = ipywidgets.Button(description=f"Add a {model.noun}")
        form.on_click(self.add_button, self._add)
        self.add_class("s3-rows")
        self._views = [self._view(row) for row in model.rows]
        self._arrange()

    def __repr__(self) -> str:
        return f"RowList({self._model.noun})"

    def refresh(self) -> None:
        """Say what there is to say about each row now."""
        for number, view in enumerate(self._views, 1):
            view.refresh(number)

    def _view(self, row: RowModel) -> _RowView:
        return _RowView(self._form, self._model, row, self._remove)

    def _add(self) -> None:
        row = self._model.row_type()
        self._model.rows.append(row)
        self._views.append(self._view(row))
        self._arrange()
        self._form.changed()
        self._views[-1].focus()

    def _remove(self, view: _RowView) -> None:
        self._model.rows.remove(view.row)
        self._views.remove(view)
        self._arrange()
        self._form.changed()
        # The button that had the focus is gone: without this the keyboard would start at the top.
        self.add_button.focus()

    def _arrange(self) -> None:
        self.children = [*self._views, self.add_button]


class _RowView(ipywidgets.HBox):
    def __init__(
        self,
        form: ModelForm,
        model: FormModel,
        row: RowModel,
        removed: Callable[[_RowView], None],
    ) -> None:
        super().__init__()
        self.row, self._model = row, model
        self.inputs = {
            name: form.input(
                row,
                name,
                style={"description_width": "initial"},
                layout=ipywidgets.Layout(max_width="100%"),
            )
            for name in row.fields
        }
        self._message = Message()
        width = ipywidgets.Layout(width="80px")
        self.remove_button = ipywidgets.Button(description="Remove", layout=width)
        form.on_click(self.remove_button, lambda: removed(self))
        self.children = [*self.inputs.values(), self.remove_button, self._message]
        self.add_class("s3-row")
        self.add_class("s3-condition")

    def __repr__(self) -> str:
        return f"{self._model.noun} row"

    def focus(self) -> None:
        next(iter(self.inputs.values())).focus()

    def refresh(self, number: int) -> None:
        labels = self.row.labels()
        for name, widget in self.inputs.items():
            widget.layout.display = None if name in labels else "none"
            widget.description = labels.get(name, "")
            letters = len(widget.description) + self.row.fields[name].room + 4
            widget.layout.width = f"{letters * _LETTER}px"
        self.remove_button.tooltip = f"Remove {self._model.noun} {number}"
        self._message.show(self._model.row_remark(self.row))
