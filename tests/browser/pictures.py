"""For authors: take the pictures of the forms that the site's pages show, and the README's two.

    python3 -m helpers test tests/browser/pictures.py

The forms' are in notebooks/images/forms, one for the light and one for the dark.
"""

from __future__ import annotations

import json

import pytest

from helpers.setup import copies
from helpers.setup.site.pages import PICTURES, picture_of
from tests.browser.forms import attempt, press

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


@pytest.mark.parametrize("theme", ["Light", "Dark"])
@pytest.mark.parametrize(("lesson", "number", "name"), pictures())
def test_take_the_picture(jupyterlab, page, lesson, number, name, theme):
    folder = copies.NOTEBOOKS / PICTURES
    folder.mkdir(exist_ok=True)
    page.set_viewport_size({"width": 1000, "height": 1400})
    jupyterlab.open(page, lesson)
    page.evaluate(_THEME, f"JupyterLab {theme}")  # first: a page in a frame keeps its theme
    cell = json.loads((copies.NOTEBOOKS / lesson).read_text(encoding="utf-8"))["cells"][number]
    jupyterlab.run_up_to(page, "".join(cell["source"]).splitlines()[-1])
    shown = page.locator(".jp-Notebook-cell").nth(number).locator(".jp-OutputArea-output").last
    shown.wait_for()
    page.wait_for_timeout(1500)  # the page in a frame has no event for "shown"
    shown.screenshot(path=folder / f"{name}-{theme.lower()}.png")
    jupyterlab.close(page)


def test_take_the_readmes_lesson(jupyterlab, page):
    page.set_viewport_size({"width": 914, "height": 652})
    jupyterlab.open(page, "04-share-with-get.ipynb")
    page.evaluate(_THEME, "JupyterLab Light")
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    jupyterlab.run_up_to(page, "    timeline(url, refused=late)")
    page.locator(".s3-timeline").wait_for()
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:move-cursor-down')")
    page.get_by_role("heading", name="What happens in minute 31?").evaluate(
        "(heading) => heading.scrollIntoView({ block: 'start' })"
    )
    page.wait_for_timeout(1500)  # scrolling has no event for its end
    picture = copies.NOTEBOOKS / "images" / "lesson-04.png"
    page.locator("#jp-main-dock-panel").screenshot(path=picture)
    jupyterlab.close(page)


def test_take_the_readmes_form(jupyterlab, page):
    page.set_viewport_size({"width": 1280, "height": 2000})
    jupyterlab.open(page, "04-share-with-get.ipynb")
    page.evaluate(_THEME, "JupyterLab Light")
    jupyterlab.run_up_to(page, 'GetForm(lab, Key=REPORT["Key"])')
    form = page.locator(".s3-form")
    form.get_by_role("button", name="Sign", exact=True).click()
    press(page, form, "try")
    form.get_by_text("The body", exact=True).click()
    for name in ("Too late", "Longer lifetime", "Add x-amz header"):
        press(page, form, f"break:{name}")
        attempt(form, name).wait_for()
    page.evaluate("() => document.activeElement.blur()")
    around, result = form.bounding_box(), form.locator(".s3-card").last.bounding_box()
    top = result["y"] - 8
    clip = around | {"y": top, "height": around["y"] + around["height"] - top}
    page.screenshot(path=copies.NOTEBOOKS / "images" / "get-form.png", clip=clip)
    jupyterlab.close(page)
