"""The decks in Chromium, from files and without a network: both themes, a projector, paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from helpers.setup.slides import deck, guide
from tests.browser.looks import _CONTRAST

pytestmark = pytest.mark.browser
# What a slide has that is not on it, and type that the back of a room cannot read.
_FITS = """
() => {
    const slide = document.querySelector('.slide.now');
    const edge = slide.getBoundingClientRect();
    const out = [...slide.querySelectorAll('h2, .body, .body *')]
        .filter((e) => e.checkVisibility())
        .map((e) => [e.tagName, e.getBoundingClientRect()])
        .filter(([, r]) => r.right > edge.right || r.left < edge.left || r.top < edge.top
            || r.bottom > edge.bottom - 24);
    return {
        out: out.map(([name, r]) => `${name} ${Math.round(r.right)} ${Math.round(r.bottom)}`),
        more: slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth,
        size: parseFloat(getComputedStyle(slide).fontSize),
        broken: [...slide.querySelectorAll('img')].filter((i) => !i.naturalWidth).length,
    };
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("slides")
    assert deck.main([], made) == 0
    return made


def opened(context, path: Path) -> Page:
    """The file, in a browser that reaches nothing else and reports every attempt."""
    page = context.new_page()
    page.tried = []
    page.wrong = []

    def only_files(route):
        if route.request.url.startswith(("file:", "data:")):
            return route.continue_()
        page.tried.append(route.request.url)
        return route.abort()

    context.route("**/*", only_files)
    page.on("console", lambda m: m.type in ("error", "warning") and page.wrong.append(m.text))
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sheet", guide.SHEETS)
def test_it_is_walked_offline_and_nothing_overflows(chromium, folder, sheet, theme):
    size = {"width": 1280, "height": 720}
    with chromium.new_context(color_scheme=theme, viewport=size, offline=True) as context:
        page = opened(context, folder / f"{sheet}.html")
        count = page.locator(".slide").count()
        assert count > 20
        seen = set()
        for place in range(1, count + 1):
            now = page.locator(".slide.now")
            assert now.locator("footer").get_attribute("data-place") == f"{place} / {count}"
            found = page.evaluate(_FITS)
            assert found["out"] == [] and not found["more"], (place, found)
            assert found["size"] >= 20, (place, found)
            assert not found["broken"], place
            kind = now.get_attribute("class")
            if kind not in seen:  # colours are the kind's
                assert now.evaluate(_CONTRAST) == [], place
                seen.add(kind)
            page.keyboard.press(("ArrowRight", " ", "PageDown")[place % 3])
        assert now.locator("footer").get_attribute("data-place") == f"{count} / {count}"
        page.keyboard.press("Home")
        expect(page.locator(".slide.now h2")).to_have_text("S3 presigned URLs, hands-on")
        assert (page.tried, page.wrong) == ([], [])


def test_the_theme_changes_and_a_place_is_kept(chromium, folder):
    with chromium.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = opened(context, folder / "web.html")
        ground = "() => getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(ground)
        page.keyboard.press("t")
        assert page.evaluate(ground) != before
        page.keyboard.press("t")
        assert page.evaluate(ground) == before
        for _ in range(4):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        page.reload()
        assert page.locator("footer:visible").get_attribute("data-place").startswith("4 /")
        page.mouse.click(1000, 300)
        page.mouse.click(1000, 300)
        page.mouse.click(100, 300)
        assert page.locator("footer:visible").get_attribute("data-place").startswith("5 /")


def test_the_speaker_sees_the_minute_the_notes_and_what_is_next(chromium, folder):
    with chromium.new_context(viewport={"width": 1280, "height": 720}) as context:
        page = opened(context, folder / "web.html")
        while page.locator(".slide.now.vote").count() == 0:
            page.keyboard.press("ArrowRight")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        notes = popup.value
        expect(notes.locator("h1")).to_have_text("0:14 · Vote 1: Half an hour and a minute")
        expect(notes.locator("body")).to_contain_text("Right: B")
        expect(notes.locator("body")).to_contain_text("Next: What happens in minute 31?")
        notes.keyboard.press("ArrowRight")  # the keys work there too
        expect(page.locator(".slide.now h2")).to_have_text("What happens in minute 31?")
        expect(notes.locator("h1")).to_contain_text("What happens in minute 31?")
        notes.keyboard.press("End")
        expect(notes.locator("body")).to_contain_text("The last.")


@pytest.mark.parametrize("name", ["web", "wrong-answers"])
def test_paper(chromium, folder, name):
    """Each slide is a page, the key is on A4, and both are dark on white."""
    with chromium.new_context(color_scheme="dark") as context:
        page = opened(context, folder / f"{name}.html")
        slides = page.locator(".slide").count()
        made = page.pdf(prefer_css_page_size=True)
        pages = made.count(b"/Type /Page\n") or made.count(b"/Type /Page ")
        assert pages == slides if name == "web" else 2 <= pages <= 8
        page.emulate_media(media="print")
        assert page.evaluate("() => getComputedStyle(document.body).colorScheme") == "light"
        wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        page.set_viewport_size({"width": 720 if name != "web" else 1280, "height": 1000})
        assert page.evaluate(wide) <= 0
        assert (page.tried, page.wrong) == ([], [])
