"""Files over the page's threshold: in parts, from the browser straight to S3."""

from __future__ import annotations

import random
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from helpers.pages.upload_page.app import Options
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.run import UploadPage
from tests.browser.uploading import LONG, MIB, failure, hurried, sign_in, slow, states, upload

pytestmark = pytest.mark.browser

SIZE = 3 * 8 * MIB + 5000  # four parts


@pytest.fixture
def upload_page(service):
    made = UploadPage(
        service.lab(), options=Options(Limits(max_bytes=200 * MIB, parts_from=8 * MIB))
    )
    yield made
    made.stop()


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "film.zip"
    path.write_bytes(random.Random(1).randbytes(SIZE))
    return path


@pytest.fixture
def parts_sent(browser_page):
    """How often each part has been answered 200, by its number."""
    seen: Counter[str] = Counter()

    def note(response) -> None:
        found = re.search(r"partNumber=(\d+)", urlsplit(response.url).query)
        if found and response.request.method == "PUT" and response.status == 200:
            seen[found[1]] += 1

    browser_page.on("response", note)
    return seen


def stored(service) -> bytes:
    (key,) = service.stored()
    return service.client().get_object(Bucket=service.bucket, Key=key)["Body"].read()


def unfinished(service) -> list:
    found = service.client().list_multipart_uploads(Bucket=service.bucket)
    return found.get("Uploads", [])


@pytest.mark.parametrize("how", ["post", "put"])
def test_a_large_file_goes_in_parts_and_a_small_one_does_not(
    browser_page, service, film, parts_sent, how
):
    upload(browser_page, film, how=how)
    states(browser_page, "done")
    assert stored(service) == film.read_bytes()
    assert parts_sent == {"1": 1, "2": 1, "3": 1, "4": 1}
    assert unfinished(service) == []
    (key,) = service.stored()
    expect(browser_page.locator("li .state")).to_have_text(f"Stored as {key}.")
    with browser_page.expect_download() as download:
        browser_page.get_by_role("link", name="Download film.zip").click()
    assert download.value.suggested_filename == "film.zip"


def test_the_threshold_itself_is_one_request(browser_page, service, tmp_path, parts_sent):
    path = tmp_path / "exact.zip"
    path.write_bytes(b"x" * (8 * MIB))
    upload(browser_page, path)
    states(browser_page, "done")
    assert stored(service) == path.read_bytes()
    assert parts_sent == {}


def test_what_breaks_is_sent_again_and_what_has_arrived_is_not(
    browser_page, service, film, parts_sent
):
    broken: Counter[str] = Counter()

    def sometimes(route) -> None:
        number = re.search(r"partNumber=(\d+)", route.request.url)
        if number and route.request.method == "PUT" and number[1] in "23" and not broken[number[1]]:
            broken[number[1]] += 1
            route.abort("connectionreset")
        else:
            route.continue_()

    browser_page.route("**/*", sometimes)
    hurried(browser_page, pause=1)
    upload(browser_page, film)
    states(browser_page, "done")
    assert broken == {"2": 1, "3": 1}
    assert parts_sent == {"1": 1, "2": 1, "3": 1, "4": 1}
    assert stored(service) == film.read_bytes()


def test_retry_goes_on_where_it_broke_off(browser_page, service, film, parts_sent):
    def refuse(route) -> None:
        if "partNumber=3" in route.request.url and route.request.method == "PUT":
            route.abort("connectionreset")
        else:
            route.continue_()

    browser_page.route("**/*", refuse)
    hurried(browser_page, pause=1, tries=3)
    upload(browser_page, film)
    assert "The connection broke." in failure(browser_page)
    before = dict(parts_sent)
    assert before and "3" not in before
    browser_page.unroute("**/*")
    browser_page.get_by_role("button", name="Retry").click()
    states(browser_page, "done")
    assert parts_sent == {"1": 1, "2": 1, "3": 1, "4": 1}
    assert stored(service) == film.read_bytes()


@pytest.mark.parametrize("button", ["Cancel", "Remove"])
def test_cancel_and_remove_leave_nothing_at_s3(browser_page, service, film, button):
    with slow(browser_page, 2 * MIB):
        upload(browser_page, film)
        expect(browser_page.locator("li .state")).to_contain_text("%", timeout=LONG)
        assert len(unfinished(service)) == 1
        with browser_page.expect_response("**/parts/abort"):
            browser_page.get_by_role("button", name="Cancel").click()
    states(browser_page, "cancelled")
    if button == "Remove":
        browser_page.get_by_role("button", name="Remove").click()
        expect(browser_page.locator("li")).to_have_count(0)
    assert unfinished(service) == []
    assert service.stored() == []


def test_an_upload_that_was_ended_elsewhere_is_told_and_starts_anew(browser_page, service, film):
    def end(route) -> None:
        for found in unfinished(service):
            service.client().abort_multipart_upload(
                Bucket=service.bucket, Key=found["Key"], UploadId=found["UploadId"]
            )
        route.continue_()

    browser_page.route("**/parts/complete", end)
    upload(browser_page, film)
    assert "This upload has ended" in failure(browser_page)
    browser_page.unroute("**/parts/complete")
    browser_page.get_by_role("button", name="Retry").click()
    states(browser_page, "done")
    assert stored(service) == film.read_bytes()


def test_several_large_files_at_once(chromium, upload_page, service, tmp_path):
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, upload_page)
    bodies = []
    for number in range(3):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(bytes([number]) * (9 * MIB + number))
        bodies.append(path)
    upload(page, *bodies)
    states(page, "done", 3)
    sizes = service.client().list_objects_v2(Bucket=service.bucket)["Contents"]
    assert sorted(item["Size"] for item in sizes) == [9 * MIB + number for number in range(3)]
    context.close()
