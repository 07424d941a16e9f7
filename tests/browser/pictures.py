"""For authors: take the pictures of the forms that the site's pages show.

    python3 -m helpers test tests/browser/pictures.py

They are in notebooks/images/forms, one for the light and one for the dark.
"""

from __future__ import annotations

import json

import pytest

from helpers.setup import copies
from helpers.setup.site.pages import PICTURES, picture_of

pytestmark = pytest.mark.browser

_THEME = "(name) => window.jupyterapp.commands.execute('apputils:change-theme', { theme: name })"


def pictures() -> list[tuple[str, int, str]]:
    """Lesson, number of the cell among all, and the picture's name: each picture once."""
    found: dict[str, tuple[str, int, str]] = {}
    for path in copies.lessons():
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            for output in cell.get("outputs", ()):
                name = picture_of("".join(output.get("data", {}).get("text/plain", "")))
                if name:
                    found.setdefault(name, (path.name, number, name))
    return list(found.values())


@pytest.mark.parametrize(("lesson", "number", "name"), pictures())
def test_take_the_picture(jupyterlab, page, lesson, number, name):
    folder = copies.NOTEBOOKS / PICTURES
    folder.mkdir(exist_ok=True)
    page.set_viewport_size({"width": 1000, "height": 1400})
    jupyterlab.open(page, lesson)
    cell = json.loads((copies.NOTEBOOKS / lesson).read_text(encoding="utf-8"))["cells"][number]
    jupyterlab.run_up_to(page, "".join(cell["source"]).splitlines()[-1])
    shown = page.locator(".jp-Notebook-cell").nth(number).locator(".jp-OutputArea-output").last
    shown.wait_for()
    for theme in ("Light", "Dark"):
        page.evaluate(_THEME, f"JupyterLab {theme}")
        page.wait_for_timeout(1500)  # the page in a frame has no event for "shown"
        shown.screenshot(path=folder / f"{name}-{theme.lower()}.png")
    jupyterlab.close(page)
