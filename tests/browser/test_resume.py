"""An upload goes on where it was: after a reload, a crash, a killed server, in another tab."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from helpers.pages.upload_page.app import Options
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.run import UploadPage
from helpers.pages.upload_page.store import Store
from strict_s3.server.operations import put_object
from tests.browser.uploading import LONG, MIB, file, sign_in, slow, states, upload, wait_until
from tests.pages.conftest import Ticks

pytestmark = pytest.mark.browser

PARTS = 5
PART = 5 * MIB  # the least that S3 allows
SIZE = 4 * PART + 5000
RELOADS = 50
SEED = 19


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def store(ticks) -> Store:
    return Store(clock=ticks)


@pytest.fixture
def upload_page(service, store, monkeypatch):
    monkeypatch.setattr("helpers.pages.upload_page.parts.part_size_for", lambda _: PART)
    # Signatures are not what is tested here: each reload asks for some.
    options = Options(Limits(parts_from=8 * MIB), signatures_a_minute=10_000)
    made = UploadPage(service.lab(), options=options, store=store)
    yield made
    made.stop()


@pytest.fixture
def page(context, upload_page) -> Page:
    return opened(context, upload_page)


def opened(context: BrowserContext, upload_page: UploadPage, user: str = "ann") -> Page:
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())  # "Leave this page?"
    page.goto(upload_page.url)
    expect(page.locator("#sign-in:visible, #uploader:visible")).to_have_count(1)
    if page.locator("#sign-in").is_visible():
        sign_in(page, upload_page, user)
    return page


@pytest.fixture
def parts_stored(monkeypatch) -> Counter:
    """How often S3 has stored each part, by key and number."""
    seen: Counter = Counter()
    keep = put_object.keep_part

    def counted(store, bucket, call, part) -> None:
        keep(store, bucket, call, part)
        seen[call.key, part.number] += 1

    monkeypatch.setattr(put_object, "keep_part", counted)
    return seen


def film(folder: Path, number: int = 1) -> Path:
    path = folder / f"film-{number}.zip"
    path.write_bytes(random.Random(number).randbytes(SIZE))
    return path


def unfinished(service) -> list[str]:
    found = service.client().list_multipart_uploads(Bucket=service.bucket)
    return [each["UploadId"] for each in found.get("Uploads", [])]


def body_of(service, name: str) -> bytes:
    (key,) = [key for key in service.stored() if key.endswith(name)]
    return service.client().get_object(Bucket=service.bucket, Key=key)["Body"].read()


def due(store: Store) -> float:
    """When the server aborts the upload."""
    with store.change() as db:
        return db.execute("SELECT due FROM uploads").fetchone()[0]


def kept(page: Page) -> str:
    return page.evaluate("() => JSON.stringify({...localStorage})")


def begin(page: Page, service, path: Path) -> None:
    """Upload, and hold the last part back once some others have arrived."""
    hold_last(page)
    upload(page, path)
    wait_until(lambda: page.wait_for_timeout(20) or arrived(service))


def hold_last(page: Page) -> None:
    page.route(re.compile(f"partNumber={PARTS}&"), lambda route: None)


def arrived(service) -> int:
    """How many parts S3 has of the unfinished upload."""
    s3, bucket = service.client(), service.bucket
    found = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    which = [{"Bucket": bucket, "Key": u["Key"], "UploadId": u["UploadId"]} for u in found]
    return sum(len(s3.list_parts(**each).get("Parts", [])) for each in which)


def reload(page: Page) -> None:
    page.reload()
    expect(page.get_by_label("Choose files")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("list", name="Files")).to_have_attribute("aria-busy", "false")


def go_on(page: Page, path: Path) -> None:
    """Choose the file again, as the page asks."""
    states(page, "unfinished")
    page.unroute_all()
    page.set_input_files("#files", path)
    states(page, "ready")
    page.get_by_role("button", name=re.compile("^Upload")).click()


def test_reloads_at_random_moments(page, service, tmp_path, parts_stored):
    """The object is whole or absent, no part is sent twice without need, no orphan is left."""
    moments = random.Random(SEED)
    number = 1
    path = film(tmp_path, number)
    with slow(page, 200 * MIB):
        for _ in range(RELOADS):
            page.set_input_files("#files", path)
            states(page, "ready")
            page.get_by_role("button", name=re.compile("^Upload")).click()
            page.wait_for_timeout(moments.uniform(0, 400))
            reload(page)
            if any(key.endswith(path.name) for key in service.stored()):
                for row in page.locator("li.done").all():
                    expect(row).to_contain_text("Stored as")
                path.unlink()
                number += 1
                path = film(tmp_path, number)
        if page.locator("li.unfinished").count():
            go_on(page, path)
        else:
            upload(page, path)
        states(page, "done")
    for each in range(1, number + 1):
        whole = random.Random(each).randbytes(SIZE)
        assert body_of(service, f"film-{each}.zip") == whole
    assert unfinished(service) == []
    assert kept(page) == "{}"
    assert len(service.stored()) == number
    assert len(parts_stored) == number * PARTS
    assert set(parts_stored.values()) == {1}, parts_stored
    assert number > 1


def test_the_page_says_what_has_arrived_and_discards_it(page, service, tmp_path):
    begin(page, service, film(tmp_path))
    reload(page)
    text = re.compile(
        r"^Not finished: [1-9]\d+ % of it has arrived\. "
        r"Choose this file again to send the rest\.$"
    )
    expect(page.locator("li.unfinished .state")).to_have_text(text)
    assert page.locator("li.unfinished progress").evaluate("(bar) => bar.value") > 0
    page.set_input_files("#files", film(tmp_path))  # written anew: it may have been changed
    states(page, "ready")
    states(page, "unfinished")
    page.get_by_role("button", name="Remove film-1.zip").click()
    assert len(unfinished(service)) == 1
    with page.expect_response("**/parts/abort"):
        page.get_by_role("button", name="Discard film-1.zip").click()
    expect(page.locator("#list li")).to_have_count(0)
    assert unfinished(service) == []
    page.wait_for_function("() => localStorage.length === 0")


def test_a_file_that_is_chosen_again_can_be_discarded_as_well(page, service, tmp_path):
    path = film(tmp_path)
    begin(page, service, path)
    reload(page)
    states(page, "unfinished")
    page.set_input_files("#files", path)
    expect(page.locator("li.ready .state")).to_contain_text("% of it has arrived")
    with page.expect_response("**/parts/abort"):
        page.get_by_role("button", name="Discard film-1.zip").click()
    assert unfinished(service) == []


def test_a_page_that_is_left_for_good(page, context, upload_page, service, tmp_path, ticks, store):
    begin(page, service, film(tmp_path))
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    wait_until(lambda: due(store) == ticks.now + 3600)
    assert len(unfinished(service)) == 1
    ticks.now += 3600
    page = opened(context, upload_page)  # any request will do: the server looks once a minute
    expect(page.locator("li.failed .state")).to_have_text(
        "Not finished, and S3 no longer has it. Choose this file again to send it."
    )
    assert unfinished(service) == []
    assert kept(page) == "{}"


def test_a_page_that_was_only_reloaded_is_not_left(page, service, tmp_path, ticks, parts_stored):
    path = film(tmp_path)
    begin(page, service, path)
    reload(page)
    states(page, "unfinished")
    ticks.now += 7000
    page.evaluate("() => fetch('/session')")
    go_on(page, path)
    states(page, "done")
    assert set(parts_stored.values()) == {1}
    assert body_of(service, path.name) == path.read_bytes()


def test_a_browser_that_crashes(chromium, context, upload_page, service, tmp_path, parts_stored):
    """Nobody is told: no event, no request. The storage is all that is left."""
    page = opened(context, upload_page)
    path = film(tmp_path)
    begin(page, service, path)
    state = context.storage_state()
    page.route("**/parts/leave", lambda route: route.abort())
    page.close()
    again = chromium.new_context(storage_state=state)
    page = again.new_page()
    page.goto(upload_page.url)
    go_on(page, path)
    states(page, "done")
    assert set(parts_stored.values()) == {1}
    assert unfinished(service) == []
    again.close()


def test_a_server_that_is_killed_and_comes_back(page, upload_page, service, tmp_path, parts_stored):
    """With an empty store and another code: the form comes back, and the upload goes on."""
    path = film(tmp_path)
    begin(page, service, path)
    upload_page.stop()
    page.unroute_all()
    made = UploadPage(
        service.lab(), port=upload_page.port, options=Options(Limits(parts_from=8 * MIB))
    )
    try:
        expect(page.get_by_role("alert")).to_contain_text("Your sign-in has ended.", timeout=LONG)
        expect(page.locator("li.signed-out .state")).to_have_text("Waits until you sign in again.")
        expect(page.get_by_label("User name")).to_have_value("ann")
        page.get_by_label("Code").fill(made.code)
        page.get_by_role("button", name="Sign in").click()
        states(page, "done")
    finally:
        made.stop()
    assert set(parts_stored.values()) == {1}
    assert body_of(service, path.name) == path.read_bytes()
    assert unfinished(service) == []


@pytest.mark.parametrize("button", ["Discard", "Remove"])
def test_a_file_that_another_tab_is_sending(
    page, context, upload_page, service, tmp_path, button, parts_stored
):
    path = film(tmp_path)
    begin(page, service, path)
    other = opened(context, upload_page)
    expect(other.locator("#list li")).to_have_count(0)
    reload(page)
    # Both show it now, and one of them sends it.
    states(page, "unfinished")
    reload(other)
    states(other, "unfinished")
    page.set_input_files("#files", path)
    states(page, "ready")
    page.get_by_role("button", name="Upload").click()
    states(page, "sending")
    if button == "Remove":
        other.set_input_files("#files", path)
        states(other, "ready")
        other.get_by_role("button", name="Upload").click()
        text = "Another tab is sending this file."
        expect(other.locator("li.failed .state")).to_have_text(text)
    other.get_by_role("button", name=button).click()
    expect(other.locator("#list li")).to_have_count(0)
    page.unroute_all()
    states(page, "done")
    assert len(service.stored()) == 1
    assert set(parts_stored.values()) == {1}
    assert unfinished(service) == []


def test_a_reload_before_the_response_begins_no_second_upload(page, service, tmp_path):
    path = film(tmp_path)

    lost = []

    def lose(route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route)
            route.fetch()  # and no response

    page.route("**/sign", lose)
    upload(page, path)
    wait_until(lambda: page.wait_for_timeout(20) or unfinished(service))
    reload(page)
    go_on(page, path)
    states(page, "done")
    assert len(service.stored()) == 1
    assert unfinished(service) == []


def test_cancelled_before_the_response(page, service, tmp_path):
    held = []
    page.route("**/sign", lambda route: held.append(route))
    upload(page, film(tmp_path))
    expect(page.locator("li.sending")).to_have_count(1)
    page.wait_for_function("() => localStorage.length === 1")
    wait_until(lambda: page.wait_for_timeout(20) or held)
    page.get_by_role("button", name="Cancel").click()
    states(page, "cancelled")
    with page.expect_response("**/sign"):
        held[0].continue_()
    wait_until(lambda: page.wait_for_timeout(20) or not unfinished(service))
    page.wait_for_function("() => localStorage.length === 0")


def test_what_somebody_else_began_is_not_shown(page, context, upload_page, service, tmp_path):
    begin(page, service, film(tmp_path))
    reload(page)
    states(page, "unfinished")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Code").fill(upload_page.code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#user")).to_have_text("bob")
    expect(page.locator("#list li")).to_have_count(0)
    reload(page)
    expect(page.locator("#list li")).to_have_count(0)
    assert len(unfinished(service)) == 1


@pytest.mark.parametrize("arrives", [False, True])
def test_a_small_file_is_stored_or_not(page, service, arrives):
    """In one request S3 has all or nothing, and the page says which after a reload."""
    asked = []

    def hold(route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        if arrives:
            route.fetch()
        asked.append(route)
        return None

    page.route(f"{service.endpoint}/**", hold)
    upload(page, file())
    wait_until(lambda: page.wait_for_timeout(20) or asked)
    reload(page)
    state = page.locator(f"li.{'done' if arrives else 'failed'} .state")
    (key,) = service.stored() or [""]
    text = f"Stored as {key}." if arrives else "Interrupted: nothing was stored."
    expect(state).to_contain_text(text)
    reload(page)
    expect(page.locator("#list li")).to_have_count(0)  # it is said once


@pytest.mark.parametrize(
    "text", ["", "null", "5", "[]", "[1]", '{"t": 5}', '{"t": {"name": 5}}', "{"]
)
def test_storage_that_holds_something_else(page, service, text):
    page.evaluate("(text) => localStorage.setItem('uploads of ann at /', text)", text)
    reload(page)
    expect(page.locator("#list li")).to_have_count(0)
    upload(page, file())
    states(page, "done")


def test_a_browser_without_storage(context, upload_page, service, tmp_path):
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('off'); } })"
    )
    page = opened(context, upload_page)
    path = film(tmp_path)
    upload(page, path)
    states(page, "done")
    assert body_of(service, path.name) == path.read_bytes()
