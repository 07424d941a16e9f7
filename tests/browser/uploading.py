"""The upload page in a browser, and what people do with it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Error, Page, expect

from helpers.pages.upload_page.run import UploadPage

MIB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
LONG = 30_000  # milliseconds to wait, on a busy machine


def sign_in(page: Page, upload_page: UploadPage, user: str = "ann") -> None:
    page.goto(upload_page.url)
    page.get_by_label("Name").fill(user)
    page.get_by_label("Code").fill(upload_page.code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Choose files")).to_be_visible()


def hurried(page: Page, **patience: int) -> None:
    """The page waits for these milliseconds (`patience.js`), and tries that often."""
    page.evaluate(
        "async (set) => Object.assign((await import('/static/patience.js')).patience, set)",
        patience,
    )


def declare(page: Page, **changed) -> None:
    """The page announces another file than it sends, as a changed page would."""

    def change(route):
        sent = json.loads(route.request.post_data)
        route.continue_(post_data=json.dumps(sent | changed))

    page.route("**/sign", change)


def file(name: str = "a.png", kind: str = "image/png", body: bytes = PNG) -> dict:
    return {"name": name, "mimeType": kind, "buffer": body}


def choose(page: Page, *files, how: str = "post") -> None:
    page.check(f"input[value={how}]")
    page.set_input_files("#files", list(files))


def upload(page: Page, *files, how: str = "post") -> None:
    choose(page, *files, how=how)
    page.get_by_role("button", name=re.compile("^Upload")).click()


def wait_until(happens: Callable[[], object]) -> None:
    """Wait for what no page shows."""
    deadline = time.monotonic() + LONG / 1000
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def states(page: Page, state: str, count: int = 1) -> None:
    expect(page.locator(f"li.{state}")).to_have_count(count, timeout=LONG)


def failure(page: Page) -> str:
    states(page, "failed")
    return page.locator("li.failed .state").inner_text()


def refusal(page: Page) -> str:
    """What is said of the one file that cannot be uploaded, before anything was pressed."""
    states(page, "refused")
    return page.locator("li.refused .state").inner_text()


def sized(folder: Path, size: int) -> Path:
    path = folder / "big.zip"
    with path.open("wb") as made:
        made.truncate(size)
    return path


@contextmanager
def slow(page: Page, bytes_a_second: int) -> Iterator[None]:
    """The network is slow, so that there is a middle of an upload."""
    session = page.context.new_cdp_session(page)
    rates = {"downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, **rates})
    yield
    with suppress(Error):  # the page was closed, or is about to be
        session.detach()
