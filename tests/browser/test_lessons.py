"""Each lesson in a real JupyterLab: Run All reaches the end, its forms do what they say, and
nothing is wrong anywhere."""

from __future__ import annotations

import pytest

from tests.browser.forms import check_forms, check_saved
from tests.browser.looks import check_cards, check_widths
from tests.lessons.lesson import LESSONS, cells

pytestmark = pytest.mark.browser


def test_nothing_is_answered_before_it_is_run(page, jupyterlab):
    """And at 800 pixels the lesson has the window: the file browser is closed."""
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto(f"{jupyterlab.url}lab/tree/work/{LESSONS[4].name}?token={jupyterlab.token}")
    jupyterlab.wait_for_kernel(page)
    shown = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .filter((cell) => cell.cell_type === 'code')
            .map((cell) => [cell.execution_count, cell.getOutputs().length])"""
    )
    assert len(shown) == len(cells(LESSONS[4], "code"))
    assert all(count is None and outputs == 0 for count, outputs in shown)
    assert page.locator(".jp-OutputArea-output:visible").count() == 0
    assert page.locator(".jp-Notebook").bounding_box()["width"] > 650
    assert page.locator(".jp-DirListing:visible").count() == 0


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
    check_widths(page)
    check_cards(page)
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
