"""The run-book: one sheet of paper, and readable on a screen, in light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from helpers.files import PROJECT

PAGE = (PROJECT / "notebooks" / "RUNBOOK.html").as_uri()


def test_it_fits_one_a4(chromium: Browser):
    page = chromium.new_page()
    page.goto(PAGE)
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1


@pytest.mark.parametrize("width", [400, 800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window(chromium: Browser, scheme, width):
    page = chromium.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    page.goto(PAGE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ground = page.evaluate("getComputedStyle(document.body).color")
    assert ground == ("rgb(0, 0, 0)" if scheme == "light" else "rgb(255, 255, 255)")
    page.close()
