"""For authors: run lessons and save them as they are to be committed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import v4

from helpers.exercises import progress
from helpers.files import PROJECT, write_whole

NOTEBOOKS = PROJECT / "notebooks"
# A widget lives in its kernel: to a reader who has not run the cell yet it would be an error.
# What stays is its text, which says how to get it.
_WIDGET = "application/vnd.jupyter.widget-view+json"
_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def execute(paths: list[str]) -> int:
    """Run each notebook (all lessons if none is named) from a fresh kernel and save it.

    What differs between computers (versions, times of execution, states of widgets) is not saved.
    A cell that fails is reported, and its notebook stays as it was. Returns the exit status.
    """
    os.environ[progress.VARIABLE] = progress.OFF  # for the kernels
    status = 0
    for path in map(Path, paths or sorted(map(str, NOTEBOOKS.glob("*.ipynb")))):
        try:
            notebook = v4.reads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or "this is not a notebook of nbformat 4"
            print(f"{path}: cannot be read ({reason}). Name a lesson's file.", file=sys.stderr)
            status = 1
            continue
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=120,
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=True,  # two prints in one cell: one output, however fast they came
            resources={"metadata": {"path": str(path.parent)}},
        )
        try:
            client.execute()
        except (CellControlSignal, DeadKernelError) as problem:  # also after the time-out
            print(f"{path}: not saved, because a cell failed:\n{problem}", file=sys.stderr)
            status = 1
            continue
        notebook.metadata.clear()
        notebook.metadata.update(_METADATA)
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
            for output in cell.get("outputs", []):
                output.get("data", {}).pop(_WIDGET, None)
        write_whole(path, v4.writes(notebook) + "\n")
        print(f"{path}: run and saved")
    return status
