"""What strangers write is shown as text: names of files, S3's messages, and what is stored."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from helpers.pages.server import PageServer
from helpers.pages.upload_page.app import Options
from helpers.pages.upload_page.run import UploadPage
from tests.browser.uploading import (
    declare,
    failure,
    file,
    states,
    upload,
)

pytestmark = pytest.mark.browser
SCRIPT = (
    "<img src=x onerror=\"document.title='attacked'\"><script>document.title='attacked'</script>"
)


@pytest.fixture
def watched(browser_page) -> Page:
    """The page, with every violation of its policy and every error of its script written down."""
    browser_page.problems = []
    browser_page.on("pageerror", lambda error: browser_page.problems.append(str(error)))
    # Chromium marks XML that it cannot read with a style of its own, which is not let in either.
    browser_page.on(
        "console",
        lambda m: (
            "Content Security Policy" in m.text
            and "inline style" not in m.text
            and browser_page.problems.append(m.text)
        ),
    )
    return browser_page


def unharmed(page: Page) -> None:
    assert page.title() == "Upload to S3"
    assert page.locator("main img, main script").count() == 0
    assert page.problems == []


@pytest.mark.parametrize("how", ["post", "put"])
def test_the_name_of_a_file(watched, service, how):
    # A browser gives a page the name without folders: "/" ends one.
    name = SCRIPT.replace("/", "\u2215") + ".png"
    upload(watched, file(name), how=how)
    states(watched, "done")
    expect(watched.locator("li .name")).to_have_text(name)
    unharmed(watched)
    (key,) = service.stored()
    assert "<" not in key


def test_what_the_server_says(watched):
    declare(watched, type=f"text/x-{SCRIPT}")
    upload(watched, file())
    assert "text/x-<img src" in failure(watched)
    unharmed(watched)


def test_what_the_storage_holds(watched):
    """A record of an unfinished upload, with names that somebody else has chosen."""
    facts = {"name": SCRIPT, "type": SCRIPT, "size": 5, "how": "parts", "key": SCRIPT}
    kept = json.dumps({SCRIPT: {**facts, "upload": SCRIPT, "part_size": 1, "count": 5}})
    watched.evaluate("(text) => localStorage.setItem('uploads of ann at /', text)", kept)
    watched.reload()
    expect(watched.locator("#list .name")).to_have_text(SCRIPT)
    unharmed(watched)


@pytest.mark.parametrize(
    "body",
    [
        "<Error><Code>{0}</Code><Message>{0}</Message></Error>",
        "<html xmlns='http://www.w3.org/1999/xhtml'>{1}<Code>x</Code><Message>{1}</Message></html>",
        "{1}",
    ],
)
@pytest.mark.parametrize("kind", ["application/xml", "text/html"])
def test_what_s3_says(watched, service, body, kind):
    escaped = SCRIPT.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    answer = body.format(escaped, SCRIPT.replace("<img", "<i").replace('">', '"></i>'))

    def refuse(route):
        if route.request.method != "POST":
            return route.continue_()
        headers = {"Access-Control-Allow-Origin": "*", "Content-Type": kind}
        return route.fulfill(status=403, headers=headers, body=answer)

    watched.route(f"{service.endpoint}/**", refuse)
    upload(watched, file())
    assert failure(watched).startswith("S3 answered 403")
    unharmed(watched)


def test_what_is_stored_is_saved_and_never_shown(browser_page, service):
    """An HTML page under a harmless label: S3 only compares the label."""
    upload(browser_page, file("notes.txt", "text/plain", b"<script>alert(1)</script>"))
    states(browser_page, "done")
    with browser_page.expect_download() as download:
        browser_page.get_by_role("link", name="Download notes.txt").click()
    assert download.value.suggested_filename == "notes.txt"


def test_the_policy_stops_a_script_that_got_in(watched):
    """If there were a hole after all: no inline script, no HTML from text, no other host."""
    tried = watched.evaluate(
        """async () => {
            const said = [];
            const script = document.createElement("script");
            try { script.textContent = "document.title = 'attacked'"; }
            catch (error) { said.push(error.name); }
            try { document.body.innerHTML = "<b>x</b>"; } catch (error) { said.push(error.name); }
            try { await fetch("http://evil.example/"); } catch (error) { said.push(error.name); }
            return said;
        }"""
    )
    assert tried == ["TypeError", "TypeError", "TypeError"]
    assert watched.title() == "Upload to S3"
    assert watched.problems


def test_nothing_is_left_behind_in_the_browser(watched, upload_page):
    upload(watched, file())
    states(watched, "done")
    kept = watched.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert kept == '[{},{},""]'


@pytest.mark.parametrize(("embedded", "shown"), [(True, True), (False, False)])
def test_a_notebook_may_frame_it_when_it_is_meant_to_be(chromium, service, embedded, shown):
    made = UploadPage(service.lab(), options=Options(embedded=embedded))
    notebook = Flask("notebook")
    notebook.add_url_rule("/", view_func=lambda: f"<iframe src='{made.url}'></iframe>")
    outer = PageServer(lambda _: notebook)
    context = chromium.new_context()
    page = context.new_page()
    try:
        page.goto(outer.url)
        heading = page.frame_locator("iframe").get_by_role("heading", name="Upload to S3")
        expect(heading).to_have_count(int(shown))
    finally:
        outer.stop()
        made.stop()
        context.close()


def test_no_other_site_may_frame_it(chromium, service):
    made = UploadPage(service.lab(), options=Options(embedded=True))
    context = chromium.new_context()
    page = context.new_page()
    try:
        frame = f"<iframe src='{made.url}'></iframe>"
        page.route(
            "http://site.example/",
            lambda route: route.fulfill(content_type="text/html", body=frame),
        )
        page.goto("http://site.example/")
        page.wait_for_load_state("networkidle")
        heading = page.frame_locator("iframe").get_by_role("heading", name="Upload to S3")
        assert heading.count() == 0
    finally:
        made.stop()
        context.close()
