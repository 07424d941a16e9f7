"""The upload page in a real browser: files that arrive, and every way in which they do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from helpers.pages import cors
from helpers.pages.upload_page.app import Options
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.run import UploadPage
from helpers.pages.upload_page.store import Store
from tests.browser.uploading import (
    LONG,
    MIB,
    PNG,
    choose,
    declare,
    failure,
    file,
    hurried,
    refusal,
    sign_in,
    sized,
    slow,
    states,
    upload,
)
from tests.browser.wire import Wire
from tests.pages.conftest import Ticks

pytestmark = pytest.mark.browser


# Files that arrive.


@pytest.mark.parametrize("how", ["post", "put"])
@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 100 * MIB])
def test_sizes(browser_page, service, tmp_path, how, size):
    upload(browser_page, sized(tmp_path, size), how=how)
    states(browser_page, "done")
    (key,) = service.stored()
    head = service.client().head_object(Bucket=service.bucket, Key=key)
    assert head["ContentLength"] == size
    assert head["ContentType"] == "application/zip"
    expect(browser_page.locator("li .state")).to_have_text(f"Stored as {key}.")


@pytest.mark.parametrize("how", ["post", "put"])
def test_what_arrives_can_be_downloaded_again(browser_page, service, how):
    body = bytes(range(256)) * 100
    upload(browser_page, file("tab é.csv", "text/csv", body), how=how)
    states(browser_page, "done")
    with browser_page.expect_download() as download:
        browser_page.get_by_role("link", name="Download tab é.csv").click()
    assert download.value.suggested_filename == "tab é.csv"
    assert Path(download.value.path()).read_bytes() == body
    asked = [decision["method"] for decision in service.decisions()][-3:]
    assert asked == ["OPTIONS", how.upper(), "GET"]  # the page's progress bar costs a preflight


def test_ten_files_at_once(browser_page, service):
    upload(browser_page, *[file(f"{n}.png", body=PNG * n) for n in range(10)])
    states(browser_page, "done", 10)
    assert sorted(key.rpartition("/")[2] for key in service.stored()) == [
        f"{n}.png" for n in range(10)
    ]


@pytest.mark.parametrize("how", ["post", "put"])
def test_a_name_that_would_climb(browser_page, service, how):
    upload(browser_page, file("../../x y+é#?.png"), how=how)
    states(browser_page, "done")
    (key,) = service.stored()
    assert re.fullmatch(r"uploads/ann/[\w-]{22}/x-y-e-.png", key)
    head = service.client().head_object(Bucket=service.bucket, Key=key)
    assert head["ContentDisposition"].endswith("''x%20y%2B%C3%A9%23%3F.png")


def test_a_double_click_uploads_once(browser_page, service):
    choose(browser_page, file())
    browser_page.get_by_role("button", name="Upload").dblclick()
    states(browser_page, "done")
    browser_page.get_by_label("Choose files").press("Enter")  # nor does Enter, again
    states(browser_page, "done")
    assert len(service.stored()) == 1
    posts = [d for d in service.decisions() if d["method"] == "POST"]
    assert len(posts) == 1


def test_files_that_are_dropped(browser_page, service):
    browser_page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["dropped"], "d.txt", { type: "text/plain" }));
            const drop = document.getElementById("drop");
            for (const kind of ["dragover", "drop"])
                drop.dispatchEvent(new DragEvent(kind, {
                    dataTransfer: data, bubbles: true, cancelable: true,
                }));
        }"""
    )
    browser_page.get_by_role("button", name="Upload").click()
    states(browser_page, "done")
    assert len(service.stored()) == 1


def test_a_link_that_has_expired_is_signed_anew(browser_page, service):
    browser_page.clock.install()
    upload(browser_page, file())
    states(browser_page, "done")
    link = browser_page.get_by_role("link", name="Download a.png")
    first = link.get_attribute("href")
    browser_page.clock.fast_forward("16:00")
    with browser_page.context.expect_page() as opened:
        link.click()
    opened.value.close()
    assert link.get_attribute("href") is not None
    assert [d["method"] for d in service.decisions()][-1] == "GET"
    assert service.decision()["status"] == 200
    assert first


# Files that do not.


def test_over_the_limit(service, chromium, tmp_path):
    context = chromium.new_context()
    page = context.new_page()
    made = UploadPage(service.lab(), options=Options(Limits(max_bytes=100 * MIB)))
    try:
        sign_in(page, made)
        page.set_input_files("#files", sized(tmp_path, 100 * MIB + 1))
        text = "This file is larger by 1 byte; up to 100 MiB are accepted here."
        assert refusal(page) == text
        assert service.stored() == []
    finally:
        made.stop()
        context.close()


def test_a_wrong_type(browser_page, service):
    kinds = "PNG, JPEG, GIF, WebP, text, CSV, PDF and ZIP"
    for name, shown in (("page.html", "this kind (.html)"), ("noext", "an unknown kind")):
        browser_page.set_input_files("#files", [file(name, "text/html")])
        assert refusal(browser_page) == f"Files of {shown} are not accepted; {kinds} are."
        assert browser_page.get_by_role("button", name="Upload").is_disabled()
        assert browser_page.get_by_role("button", name="Retry").count() == 0
        browser_page.get_by_role("button", name="Remove").click()
    expect(browser_page.locator("#limits")).to_have_text(f"{kinds}, up to 500 MiB each.")
    accept = browser_page.get_by_label("Choose files").get_attribute("accept").split(",")
    assert {"image/png", ".png", ".jpeg", "text/csv", ".csv"} <= set(accept)
    assert service.stored() == []


def test_a_type_that_only_the_name_tells(browser_page, service):
    """Windows has other types for these: what the page signs for goes by the name's end."""
    upload(
        browser_page,
        file("table.csv", "application/vnd.ms-excel"),
        file("A.ZIP", "application/x-zip-compressed"),
    )
    states(browser_page, "done", 2)
    s3 = service.client()
    types = [s3.head_object(Bucket=service.bucket, Key=k)["ContentType"] for k in service.stored()]
    assert sorted(types) == ["application/zip", "text/csv"]


def test_what_the_page_lets_through_the_server_refuses(browser_page, service):
    declare(browser_page, type="text/html")
    upload(browser_page, file())
    assert failure(browser_page).startswith("Files of type text/html are not accepted; PNG, JPEG")
    assert browser_page.get_by_role("button", name="Retry").count() == 0
    assert service.stored() == []


def test_a_file_that_is_larger_than_was_announced(browser_page, service):
    declare(browser_page, size=3)
    upload(browser_page, file())
    assert failure(browser_page) == (
        "S3 answered 400 EntityTooLarge: Your proposed upload exceeds the maximum allowed size"
    )
    upload(browser_page, file("b.png"), how="put")
    states(browser_page, "failed", 2)
    expect(browser_page.locator("li.failed .state").last).to_contain_text("SignatureDoesNotMatch")
    assert service.stored() == []


@pytest.mark.parametrize("how", ["post", "put"])
def test_a_form_that_has_expired(browser_page, service, how):
    def much_later(route):
        answer = route.fetch()
        service.later(minutes=16)
        route.fulfill(response=answer)

    browser_page.route("**/sign", much_later)
    upload(browser_page, file(), how=how)
    reason = {"post": "Invalid according to Policy: Policy expired.", "put": "Request has expired"}
    assert failure(browser_page) == f"S3 answered 403 AccessDenied: {reason[how]}"
    browser_page.unroute("**/sign")
    service.later(minutes=-16)
    assert service.stored() == []
    browser_page.get_by_role("button", name="Retry a.png").click()
    states(browser_page, "done")


def test_an_origin_that_is_refused(browser_page, service, upload_page):
    elsewhere = cors.page_rule(
        upload_page.rule["ID"], ["https://a.example"], ["POST"], ["content-type"]
    )
    cors.add_rule(service.client(), service.bucket, elsewhere)
    upload(browser_page, file())
    text = failure(browser_page)
    assert text.startswith(
        "The browser isn't allowed to send files to this bucket from here. S3 says "
        "AccessForbidden: CORSResponse: This CORS request is not allowed."
    )
    upload_page.let_in()
    browser_page.get_by_role("button", name="Retry a.png").click()
    states(browser_page, "done")


@pytest.mark.parametrize("how", ["post", "put"])
def test_s3_stops_in_the_middle_and_comes_back(chromium, service, tmp_path, how):
    wire = Wire(service.server.http.port)
    made = UploadPage(service.lab(wire.url))
    context = chromium.new_context()
    page = context.new_page()
    try:
        sign_in(page, made)
        with slow(page, 2 * MIB):
            upload(page, sized(tmp_path, 8 * MIB), how=how)
            expect(page.locator("li.sending .state")).to_have_text(
                re.compile(r"^[1-9]\d? %, .* a second, about .* left$"), timeout=LONG
            )
            wire.cut()
        text = re.compile(r"^S3 cannot be reached\. Trying again in \d s\.$")
        expect(page.locator("li.pausing .state")).to_have_text(text, timeout=LONG)
        assert service.stored() == []
        wire.mend()
        page.get_by_role("button", name="Try now big.zip").click()
        states(page, "done")
        (key,) = service.stored()
        head = service.client().head_object(Bucket=service.bucket, Key=key)
        assert head["ContentLength"] == 8 * MIB
    finally:
        made.stop()
        context.close()
        wire.cut()


def test_an_answer_that_is_lost(browser_page, service):
    """S3 has stored the file, and the browser never hears of it: the retry finds it there."""

    def lose(route):
        if route.request.method == "PUT":
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    browser_page.route(f"{service.endpoint}/**", lose)
    hurried(browser_page, pause=30_000)
    upload(browser_page, file(), how="put")
    expect(browser_page.locator("li.pausing .state")).to_contain_text("The connection broke.")
    assert len(service.stored()) == 1
    browser_page.unroute(f"{service.endpoint}/**")
    browser_page.get_by_role("button", name="Try now a.png").click()
    states(browser_page, "done")
    assert service.decision()["status"] == 412
    assert len(service.stored()) == 1


def test_cancel_in_the_middle(browser_page, service, tmp_path):
    with slow(browser_page, 2 * MIB):
        upload(browser_page, sized(tmp_path, 24 * MIB))
        expect(browser_page.locator("li.sending .state")).to_have_text(
            re.compile(r"^[1-9]"), timeout=LONG
        )
        browser_page.get_by_role("button", name="Cancel big.zip").click()
    expect(browser_page.locator("li.cancelled .state")).to_have_text(
        "Cancelled. Nothing was stored."
    )
    upload(browser_page, file())  # what comes after it is not held up
    states(browser_page, "done")
    assert len(service.stored()) == 1
    browser_page.get_by_role("button", name="Remove big.zip").click()
    states(browser_page, "cancelled", 0)


def test_a_page_that_is_closed_in_the_middle(
    browser_page, upload_page, service, chromium, tmp_path
):
    asked: list[str] = []
    browser_page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    with slow(browser_page, 2 * MIB):
        upload(browser_page, sized(tmp_path, 24 * MIB))
        expect(browser_page.locator("li.sending .state")).to_have_text(
            re.compile(r"^[1-9]"), timeout=LONG
        )
        with browser_page.expect_event("close"):
            browser_page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, upload_page, "bob")
    upload(page, file())
    states(page, "done")
    assert [key.split("/")[1] for key in service.stored()] == ["bob"]
    context.close()


def test_a_file_that_is_gone(browser_page, service, tmp_path):
    path = sized(tmp_path, 1000)
    choose(browser_page, path)
    path.unlink()
    browser_page.get_by_role("button", name="Upload").click()
    assert failure(browser_page).startswith("The file cannot be read any more.")
    assert service.stored() == []


def test_too_many_at_once(service, chromium):
    """The page waits as long as the server asks it to, and goes on by itself."""
    ticks = Ticks()
    options = Options(signatures_a_minute=2)
    made = UploadPage(service.lab(), options=options, store=Store(clock=ticks))
    context = chromium.new_context()
    page = context.new_page()
    try:
        page.clock.install()
        sign_in(page, made)
        upload(page, file())
        states(page, "done")  # a signature for the upload, and one for its link
        upload(page, file("b.png"))
        text = re.compile(r"^Too many signatures\. Trying again in (1 min 1|1 min 0|60|5\d) s\.$")
        expect(page.locator("li.pausing .state")).to_have_text(text, timeout=LONG)
        assert len(service.stored()) == 1
        ticks.now += 61
        page.clock.fast_forward(62_000)
        states(page, "done", 2)
    finally:
        made.stop()
        context.close()


def test_the_pages_own_server_stops(browser_page, upload_page):
    hurried(browser_page, pause=1, tries=3)
    upload_page.stop()
    upload(browser_page, file())
    text = "The page's own server cannot be reached. Is it still running?"
    assert failure(browser_page) == text
    expect(browser_page.get_by_role("log")).to_contain_text(f"a.png: {text}")


# Sign-in.


def test_a_wrong_code_and_signing_out(chromium, upload_page, service):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(upload_page.url)
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Code").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text(
        "That is not the code. It was shown when the page was started."
    )
    sign_in(page, upload_page)
    page.reload()
    expect(page.get_by_label("Choose files")).to_be_visible()  # still signed in
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Choose files")).to_be_hidden()
    cookies = [c["name"] for c in context.cookies() if c["value"]]
    assert cookies == []
    context.close()


def test_the_code_behind_the_hash_signs_in_and_is_gone(chromium, upload_page):
    context = chromium.new_context()
    page = context.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.goto(f"{upload_page.url}#code={upload_page.code}")
    expect(page.get_by_label("Choose files")).to_be_visible()
    assert page.url == upload_page.url
    assert not any(upload_page.code in url for url in seen if "#" not in url)
    context.close()


@pytest.mark.parametrize(
    ("theme", "scheme"), [("dark", "dark"), ("light", "light"), ("url(x)", "light dark")]
)
def test_the_notebooks_theme_is_the_pages(chromium, upload_page, theme, scheme):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{upload_page.url}#code={upload_page.code}&theme={theme}")
    for _ in range(2):
        expect(page.get_by_label("Choose files")).to_be_visible()
        shown = page.evaluate("() => getComputedStyle(document.documentElement).colorScheme")
        assert shown == scheme
        assert upload_page.code not in page.url
        page.reload()
    context.close()


def test_another_page_cannot_sign(chromium, upload_page, service):
    """A page of another origin, in a browser that is signed in."""
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, upload_page)
    other = UploadPage(service.lab())
    try:
        page.goto(other.url)
        status = page.evaluate(
            """(url) => fetch(url, { method: "POST", mode: "no-cors", credentials: "include",
                body: '{"name":"a","type":"image/png","size":1,"how":"post"}' })
                .then(() => "sent", (error) => error.name)""",
            f"{upload_page.url}sign",
        )
        assert status == "TypeError"  # the page's own policy lets it connect nowhere else
    finally:
        other.stop()
        context.close()
    forged = requests.post(f"{upload_page.url}sign", json={}, headers={"Origin": other.origin})
    assert forged.status_code == 403
