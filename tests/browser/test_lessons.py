"""Each lesson in a real JupyterLab: Run All reaches the end, and nothing is wrong anywhere."""

from __future__ import annotations

import pytest

from tests.notebooks.lesson import LESSONS, cells

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_run_all(path, chromium, jupyterlab):
    context = chromium.new_context()
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    jupyterlab.open(page, path.name)
    jupyterlab.run_all(page)
    executed = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .filter((cell) => cell.cell_type === 'code')
            .map((cell) => [cell.execution_count, cell.getOutputs().map((o) => o.output_type)])"""
    )
    assert len(executed) == len(cells(path, "code"))
    assert all(count for count, _ in executed)
    assert not any("error" in kinds for _, kinds in executed)
    assert wrong == []
    context.close()
