"""The upload page and the CORS bench inside a notebook, with S3's answers below them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from helpers.files import PROJECT
from tests.browser.uploading import file

pytestmark = pytest.mark.browser
LONG = 60_000


@pytest.fixture
def page(chromium):
    """A page in which a browser may complain: that is what the bench is for."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    yield context.new_page()
    context.close()


@pytest.fixture
def shown(page, jupyterlab):
    """A lesson run up to its panel: the panel, and the page in its frame."""

    def open_at(notebook: str, line: str, name: str) -> tuple[Locator, FrameLocator]:
        # The page gets its cookie under either name of this computer.
        jupyterlab.at(name).open(page, notebook)
        jupyterlab.run_up_to(page, line)
        panel = page.locator(".web-panel")
        expect(panel).to_be_visible(timeout=LONG)
        return panel, panel.frame_locator("iframe")

    yield open_at
    jupyterlab.close(page)


def requests_in(panel: Locator) -> list[tuple[str, str]]:
    """Method and status of each row, the latest first."""
    rows = panel.locator("tbody tr").all()
    cells = [row.locator("td").all_inner_texts() for row in rows]
    return [(request.partition(" ")[0], status) for request, status, _ in cells]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_preflight_post_and_get_go_by(shown, page: Page, name):
    panel, inner = shown("08-the-upload-page.ipynb", "page.panel()", name)
    expect(inner.get_by_label("Choose files")).to_be_visible(timeout=LONG)  # signed in already
    inner.locator("#files").set_input_files([file("cat.png")])
    inner.get_by_role("button", name="Upload").click()
    expect(inner.locator("li.done")).to_have_count(1, timeout=LONG)
    with page.expect_download():
        inner.get_by_role("link", name="Download cat.png").click()
    first = panel.locator("tbody tr").first
    for _ in range(100):  # the browser may have been quicker than the download was noted
        panel.get_by_role("button", name="Refresh").click()
        if first.inner_text().startswith("GET"):
            break
    # Nothing else: what Python asks S3 in the meantime is none of the page's.
    assert requests_in(panel) == [("GET", "200"), ("POST", "201"), ("OPTIONS", "200")]
    assert re.fullmatch(r"lesson-08/\S+/cat\.png", first.locator("code").inner_text())
    text = panel.locator("tbody tr").nth(2).inner_text()
    assert f"rule 1 allows POST from http://{name}:" in text
    page.set_viewport_size({"width": 800, "height": 1000})
    page.wait_for_function(  # even beside an open file browser, where half is left
        """() => {
            const box = document.querySelector('.web-panel-table');
            return box.clientWidth < 400 && box.scrollWidth <= box.clientWidth;
        }"""
    )


def test_a_stopped_page_says_so(shown, page: Page):
    panel, inner = shown("08-the-upload-page.ipynb", "page.panel()", "127.0.0.1")
    expect(inner.get_by_label("Choose files")).to_be_visible(timeout=LONG)
    page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code: "lab.clean_up()" }).done"""
    )
    expect(panel.get_by_role("status")).to_have_text(
        "Upload page: stopped. To use it again, run this cell again.", timeout=LONG
    )
    expect(panel.locator("iframe")).to_have_count(0)


def test_the_bench_in_its_lesson(shown):
    panel, inner = shown("07-let-the-browser-in.ipynb", "bench.panel()", "127.0.0.1")
    expect(inner.locator("tbody tr")).to_have_count(5, timeout=LONG)
    inner.get_by_role("button", name="Try: no rule").click()
    expect(inner.get_by_role("status")).to_contain_text("Done", timeout=LONG)
    titles = [title.partition("\n")[0] for title in inner.locator("thead th").all_inner_texts()]
    assert titles[:5] == ["The page sends", "no rule", "own origin", "another", "*"]
    expect(panel.locator("tbody tr.refused").first).to_contain_text("CORS is not enabled")


PANEL = """
<div id="el"></div>
<script type="module">
  import panel from "/panel.js";
  let told;
  const model = {
    on: (name, heard) => { told = heard; },
    send: ({ want }) => {
      if (want === "where") told({ where: { port: 8020, code: "c", title: "Upload page" } });
    },
  };
  panel.render({ model, el: document.getElementById("el") });
</script>
"""


@pytest.mark.parametrize(("host", "frames"), [("1a2b.vscode-cdn.net", 0), ("lab.example", 1)])
def test_in_vs_code_the_page_is_in_a_tab_of_its_own(page, host, frames):
    """VS Code itself was not run: this is a page under the name that its outputs have."""
    page.route("**/*", lambda route: route.abort())
    page.route(
        f"https://{host}/", lambda route: route.fulfill(body=PANEL, content_type="text/html")
    )
    script = (PROJECT / "helpers/pages/static/panel.js").read_text(encoding="utf-8")
    page.route(
        "**/panel.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )
    page.goto(f"https://{host}/")
    link = page.get_by_role("link", name="Open the page in a tab of its own")
    expect(link).to_have_attribute("href", "http://127.0.0.1:8020/#code=c&theme=light")
    assert page.locator("iframe").count() == frames
    assert page.get_by_text("VS Code can't show").count() == 1 - frames


UPLOADER = """
<div id="el"></div>
<script type="module">
  import uploader from "/uploader.js";
  const target = { method: "PUT", url: "http://127.0.0.1:9/b/k", headers: {}, fields: null };
  let told;
  const model = {
    on: (name, heard) => { told = heard; },
    set: () => {},
    save_changes: () => {},
    send: ({ want }) => told(want === "target" ? { target } : { ready: true }),
  };
  uploader.render({ model, el: document.getElementById("el") });
</script>
"""


@pytest.mark.parametrize(("host", "says"), [("1a2b.vscode-cdn.net", True), ("lab.example", False)])
def test_an_upload_that_vs_code_may_not_have_let_out(page, host, says):
    script = PROJECT / "helpers/pages/uploader/static/uploader.js"
    page.route("**/*", lambda route: route.abort())
    page.route(
        f"https://{host}/", lambda route: route.fulfill(body=UPLOADER, content_type="text/html")
    )
    page.route("**/uploader.js", lambda route: route.fulfill(path=script))
    page.goto(f"https://{host}/")
    page.locator("input[type=file]").set_input_files([file()])
    status = page.get_by_role("status")
    expect(status).to_contain_text("No answer: S3 cannot be reached")
    assert ("python3 -m helpers lab" in status.inner_text()) == says
