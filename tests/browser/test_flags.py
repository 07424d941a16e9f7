"""Level 7 of lesson 14 by a real browser: which stored types run a script, and which don't."""

from __future__ import annotations

from contextlib import suppress

import pytest
import requests
from playwright.sync_api import Error

from helpers.flags.levels.level_07 import ACTIVE, SCRIPT, TYPES, runs_script

pytestmark = pytest.mark.browser
PAGE = b"<!doctype html><html><body><script>alert(1)</script></body></html>"
SPELLED = (
    *("IMAGE/SVG+XML", "image/svg+xml;x=1", "text/html; charset=utf-8", "text/html,"),
    *("image/png,text/html", "image/png;,text/html", "image/svg+xml, image"),
)
UNREADABLE = ("image", "imagehtml", "image /x", "image;x/png", "*/*", "unknown/unknown")
HARMLESS = (
    *TYPES.values(),
    "image/jpegz;text/html",  # a published attack, which browsers no longer fall for
    *(
        "image/",
        "/html",
        "image/x+xml",
        "text/html/",
        "image/png, image",
        "image/svg+xml,image/png",
    ),
    *("application/octet-stream", "application/json", "text/plain"),
)


def ran(chromium, url: str) -> bool:
    """Whether a script of the file ran: it opens a dialog."""
    with chromium.new_context() as context:
        page = context.new_page()
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        with suppress(Error):  # what is saved as a file is no page
            page.goto(url, wait_until="load")
        return bool(dialogs)


@pytest.mark.parametrize("kind", [*ACTIVE, *SPELLED, *UNREADABLE, *HARMLESS])
def test_the_rule_of_the_level_is_what_a_browser_does(kind, service, chromium):
    found = False
    for key, body in (("drawing", SCRIPT), ("page", PAGE)):
        service.put(key, body, ContentType=kind)
        url = service.presign("get_object", key)
        found = found or ran(chromium, url)
    headers = {name.lower(): value for name, value in requests.get(url).headers.items()}
    assert headers["content-type"] == kind
    assert runs_script(headers) is found is (kind not in HARMLESS)


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "image"])
def test_nothing_runs_in_what_is_saved(kind, service, chromium):
    service.put("page", PAGE, ContentType=kind)
    url = service.presign("get_object", "page", ResponseContentDisposition="attachment")
    assert not ran(chromium, url)
    assert not runs_script({"content-type": kind, "content-disposition": "attachment"})
