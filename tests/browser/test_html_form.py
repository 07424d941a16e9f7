"""The HTML form that lesson 06 makes, sent by a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lessons.lesson import NOTEBOOKS, cells, text

pytestmark = pytest.mark.browser
KEY = "lesson-06/${filename}"
PICTURE = b"\xff\xd8\xff a picture"


@pytest.fixture
def form_html():
    """The lesson's own function, from its cell; the line below it, which prints, is left out."""
    found = [
        text(cell)
        for cell in cells(NOTEBOOKS / "06-upload-with-post.ipynb", "code")
        if "def form_html(" in text(cell)
    ]
    assert len(found) == 1
    made: dict[str, Any] = {}
    exec(found[0].rpartition("\nprint(")[0], made)
    return made["form_html"]


@pytest.fixture
def upload(service, chromium, form_html):
    """Fill in the form on a page, press its button; returns S3's status and the page after it."""
    context = chromium.new_context()
    page = context.new_page()

    def press(form: dict[str, Any], change: str = "") -> tuple[int, str]:
        html = form_html(form)
        page.goto("about:blank")
        page.set_content(html.replace(change, "") if change else html)
        file = {"name": "dog & cat.jpg", "mimeType": "image/jpeg", "buffer": PICTURE}
        page.locator("input[type=file]").set_input_files(file)
        address = form["url"]
        with page.expect_response(lambda answer: answer.url.startswith(address)) as answer:
            page.get_by_role("button", name="Upload").click()
        return answer.value.status, answer.value.headers.get("location", "")

    yield press
    context.close()


def sign(service, *conditions: Any, **fields: str) -> dict[str, Any]:
    made: dict[str, Any] = service.client().generate_presigned_post(
        service.bucket,
        KEY,
        Fields=fields,
        Conditions=[*({name: value} for name, value in fields.items()), *conditions],
    )
    return made


def stored(service) -> list[str]:
    listed = service.client().list_objects_v2(Bucket=service.bucket)
    return [item["Key"] for item in listed.get("Contents", [])]


def test_the_form_uploads(service, upload):
    quoted = {"x-amz-meta-note": 'a "b" <c>', "Content-Type": "image/jpeg"}
    assert upload(sign(service, **quoted))[0] == 204
    assert stored(service) == ["lesson-06/dog & cat.jpg"]
    kept = service.client().get_object(Bucket=service.bucket, Key="lesson-06/dog & cat.jpg")
    assert kept["Body"].read() == PICTURE
    assert kept["ContentType"] == "image/jpeg"
    assert kept["Metadata"] == {"note": 'a "b" <c>'}


def test_the_browser_is_sent_on(service, upload):
    after = f"{service.endpoint}/thanks"
    status, location = upload(sign(service, success_action_redirect=after))
    assert status == 303
    assert location.startswith(f"{after}?bucket={service.bucket}&key=lesson-06%2Fdog")


def test_what_the_lesson_says_has_to_be_right(service, upload):
    assert upload(sign(service), change='enctype="multipart/form-data"')[0] == 412
    assert upload(sign(service), change='name="file"')[0] == 400
    assert upload(sign(service, ["content-length-range", 0, 5]))[0] == 400
    assert stored(service) == []
