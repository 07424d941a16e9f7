"""The uploader in a real JupyterLab: files larger than a notebook's connection would carry."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
MIB = 1024 * 1024
LONG = 60_000
VALUES = "'|'.join(map(str, (uploader.state, uploader.sent, uploader.size, uploader.status)))"


@pytest.fixture
def open_lesson(chromium, jupyterlab):
    """A lesson, run up to and including the cell that shows the uploader."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()

    def opened(notebook: str):
        jupyterlab.open(page, notebook)
        jupyterlab.run_up_to(page, "uploader")
        widget = page.locator(".s3-uploader")
        expect(widget.get_by_role("status")).to_have_text("Ready.", timeout=LONG)
        return page, widget

    yield opened
    context.close()


def until(page, expected: list[str]) -> None:
    """Python hears of it a moment after the page: ask again until it has."""
    told = values(page)
    for _ in range(200):
        if told == expected:
            return
        told = values(page)
    raise AssertionError(told)


def values(page) -> list[str]:
    """State, sent, size and status, as Python sees them."""
    told = page.evaluate(
        """(code) => new Promise((resolve) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({ code: `print(${code})` });
            let text = "";
            future.onIOPub = (message) => { text += message.content.text ?? ""; };
            future.done.then(() => resolve(text));
        })""",
        VALUES,
    )
    return told.strip().split("|")


def test_a_put_of_more_than_the_notebook_carries(open_lesson, tmp_path):
    page, widget = open_lesson("05-upload-with-put.ipynb")
    large = tmp_path / "large.bin"
    large.write_bytes(b"x" * (12 * MIB))
    widget.locator("input[type=file]").set_input_files(large)
    status = widget.get_by_role("status")
    expect(status).to_have_text(re.compile("^Stored: S3 answered 200"), timeout=LONG)
    until(page, ["stored", str(12 * MIB), str(12 * MIB), "200"])
    page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
            .requestExecute({ code: "lab.clean_up()" }).done"""
    )
    expect(status).to_have_text("Stopped. To send a file, run this cell again.", timeout=LONG)
    expect(widget.locator("input[type=file]")).to_be_disabled()


def test_a_form_and_what_it_refuses(open_lesson, tmp_path):
    page, widget = open_lesson("06-upload-with-post.ipynb")
    sizes = {"fits.bin": MIB, "too-large.bin": 12 * MIB}
    for name, size in sizes.items():
        with (tmp_path / name).open("wb") as made:
            made.truncate(size)
    choose, status = widget.locator("input[type=file]"), widget.get_by_role("status")
    choose.set_input_files(tmp_path / "fits.bin")
    expect(status).to_have_text(re.compile("^Stored: S3 answered 204"), timeout=LONG)
    until(page, ["stored", str(MIB), str(MIB), "204"])
    choose.set_input_files(tmp_path / "too-large.bin")
    expect(status).to_have_text(re.compile("^S3 answered 400 EntityTooLarge: "), timeout=LONG)
    # As much as S3 let it send before it answered, which is all of it or less.
    for _ in range(200):
        state, _, size, code = values(page)
        if state == "refused":
            break
    assert (state, size, code) == ("refused", str(12 * MIB), "400")
