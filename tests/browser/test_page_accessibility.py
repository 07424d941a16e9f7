"""The upload page for everybody: axe-core's rules, the keyboard alone, and a narrow screen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looks import violations
from tests.browser.uploading import file, hurried, sign_in, states, upload

# A record of an upload of which no more is known: its response never came.
UNFINISHED = '{"t": {"name": "film.zip", "type": "application/zip", "size": 5, "how": "parts"}}'
pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def themed(request, chromium, upload_page):
    # The page's policy would keep axe-core out as well.
    context = chromium.new_context(
        color_scheme=request.param,
        bypass_csp=True,
        viewport={"width": 375, "height": 740},
        reduced_motion="reduce",
    )
    yield context.new_page()
    context.close()


def test_no_violation(themed, upload_page, service):
    themed.goto(upload_page.url)
    expect(themed.get_by_label("Code")).to_be_visible()
    assert violations(themed) == []
    themed.get_by_label("Name").fill("ann")
    themed.get_by_label("Code").fill("wrong")
    themed.get_by_role("button", name="Sign in").click()
    expect(themed.get_by_role("alert")).not_to_be_empty()
    assert violations(themed) == []
    sign_in(themed, upload_page)
    assert violations(themed) == []
    upload(themed, file("done.png"), file("failed.html", "text/html"))
    states(themed, "done")
    states(themed, "refused")
    themed.set_input_files("#files", [file("ready.png")])
    assert violations(themed) == []
    hurried(themed, pause=60_000, longest=60_000)
    themed.route(f"{service.endpoint}/**", lambda route: route.abort())
    themed.get_by_role("button", name="Upload").click()
    states(themed, "pausing")
    assert violations(themed) == []
    themed.evaluate("(facts) => localStorage.setItem('uploads of ann at /', facts)", UNFINISHED)
    themed.on("dialog", lambda dialog: dialog.accept())
    themed.reload()
    states(themed, "unfinished")
    assert violations(themed) == []
    themed.get_by_role("button", name="Sign out").click()
    expect(themed.get_by_role("alert")).not_to_be_empty()
    assert violations(themed) == []


def test_axe_finds_what_is_wrong(themed, upload_page):
    themed.goto(upload_page.url)
    expect(themed.get_by_label("Code")).to_be_visible()
    themed.evaluate("() => { document.querySelector('label[for=code]').remove(); }")
    assert any(problem.startswith("label:") for problem in violations(themed))


def test_a_phone_needs_no_sideways_scrolling(themed, upload_page):
    sign_in(themed, upload_page)
    upload(themed, file("a-name-without-a-single-space-" * 4 + ".png"), file("b.html", "text/html"))
    states(themed, "done")
    states(themed, "refused")
    assert themed.evaluate("() => document.documentElement.scrollWidth") == 375


def test_the_keyboard_alone(chromium, upload_page, service):
    context = chromium.new_context()
    page = context.new_page()
    # From the beginning: Playwright takes its time to intercept the first chooser of a page.
    page.on("filechooser", lambda _: None)
    page.goto(upload_page.url)
    keys = page.keyboard
    expect(page.get_by_label("Name")).to_be_focused()
    keys.type("ann")
    keys.press("Tab")
    keys.type(upload_page.code)
    keys.press("Enter")
    expect(page.get_by_label("Choose files")).to_be_focused()
    with page.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files([file("a.png"), file("b.html", "text/html")])
    keys.press("Tab")
    keys.press("ArrowRight")
    expect(page.get_by_label("a PUT")).to_be_checked()
    keys.press("Tab")
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_focused()
    keys.press("Enter")
    states(page, "done")
    said = page.get_by_role("log").get_by_role("paragraph")
    expect(said).to_have_text([re.compile(r"^b\.html: Files of"), re.compile(r"^a\.png: Stored")])
    assert len(service.stored()) == 1
    page.get_by_role("link", name="Download a.png").focus()
    keys.press("Tab")
    expect(page.get_by_role("button", name="Remove b.html")).to_be_focused()
    keys.press("Enter")
    states(page, "refused", 0)
    expect(page.get_by_label("Choose files")).to_be_focused()
    context.close()
