"""Each lesson in a real JupyterLab: Run All reaches the end, its forms do what they say, and
nothing is wrong anywhere."""

from __future__ import annotations

import pytest

from tests.browser.forms import check_forms, check_saved
from tests.lessons.lesson import LESSONS, cells

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_run_all_and_use_the_forms(path, page, jupyterlab):
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
    if page.locator(".s3-form").count():
        jupyterlab.run_first(page)
    secrets = check_forms(page, path)
    if secrets:
        # As somebody does who has just looked at the URL: revealed, and then saved.
        for button in page.locator("[data-ask^='reveal:']").all():
            button.click()
            page.locator("[data-secret]:visible").wait_for()
        check_saved(page, jupyterlab.folder / path.name, secrets)
    jupyterlab.close(page)
