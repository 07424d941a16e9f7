"""Large files in parts: what the server signs, completes and gives up, and for whom."""

from __future__ import annotations

import pytest
import requests

from helpers.pages.upload_page.signing import Limits
from strict_s3.rules.limits import MIB
from tests.pages import conftest
from tests.pages.conftest import Page
from tests.service import error_of

SIZE = 8 * MIB + 5  # two parts
FIRST, SECOND = b"a" * (8 * MIB), b"last!"


@pytest.fixture
def ann(service, monkeypatch) -> Page:
    monkeypatch.setattr(conftest, "LIMITS", Limits(max_bytes=20 * MIB))
    page = Page(service)
    assert page.sign_in().status_code == 200
    return page


def begun(page: Page) -> dict:
    answer = page.sign(how="parts", size=SIZE, name="é.png")
    assert answer.status_code == 200
    return answer.get_json()


def which(signed: dict, **more) -> dict:
    return {"key": signed["key"], "upload": signed["upload"], **more}


def urls(page: Page, signed: dict, first: int = 1) -> list[str]:
    return page.post("/parts/sign", which(signed, size=SIZE, first=first)).get_json()["urls"]


def unfinished(service) -> int:
    found = service.client().list_multipart_uploads(Bucket=service.bucket)
    return len(found.get("Uploads", []))


def test_a_file_arrives_in_parts_with_its_own_type_and_name(ann, service):
    signed = begun(ann)
    assert (signed["part_size"], signed["count"]) == (8 * MIB, 2)
    first, second = urls(ann, signed)
    assert urls(ann, signed, 2)[0].partition("&X-Amz-Date")[0] == second.partition("&X-Amz-Date")[0]
    assert requests.put(first, FIRST).status_code == 200
    assert requests.put(second, SECOND).status_code == 200
    done = ann.post("/parts/complete", which(signed, size=SIZE))
    assert done.get_json() == {"key": signed["key"]}
    got = service.client().get_object(Bucket=service.bucket, Key=signed["key"])
    assert got["Body"].read() == FIRST + SECOND
    assert got["ContentType"] == "image/png"
    assert got["ContentDisposition"].endswith("''%C3%A9.png")
    # The answer was lost, and the page asks again.
    assert ann.post("/parts/complete", which(signed, size=SIZE)).status_code == 200


def test_a_part_has_the_length_that_was_signed(ann):
    signed = begun(ann)
    first, second = urls(ann, signed)
    for url, body in ((first, FIRST + b"x"), (first, FIRST[:-1]), (second, FIRST), (second, b"")):
        assert error_of(requests.put(url, body))[:2] == (403, "SignatureDoesNotMatch")
    assert requests.put(second, SECOND).status_code == 200


def test_half_a_file_is_not_completed(ann, service):
    signed = begun(ann)
    requests.put(urls(ann, signed)[1], SECOND)
    answer = ann.post("/parts/complete", which(signed, size=SIZE))
    assert answer.status_code == 409
    assert "not the whole file" in answer.get_json()["error"]
    assert "Contents" not in service.client().list_objects_v2(Bucket=service.bucket)


def test_what_is_given_up_is_gone(ann, service):
    signed = begun(ann)
    url = urls(ann, signed)[1]
    assert requests.put(url, SECOND).status_code == 200
    for _ in range(2):
        assert ann.post("/parts/abort", which(signed)).status_code == 200
    assert unfinished(service) == 0
    assert error_of(requests.put(url, SECOND))[:2] == (404, "NoSuchUpload")
    answer = ann.post("/parts/complete", which(signed, size=SIZE))
    assert answer.status_code == 409
    assert "has ended" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("path", "more"),
    [("sign", {"size": SIZE, "first": 1}), ("complete", {"size": SIZE}), ("abort", {})],
)
def test_only_the_owner_may(ann, service, path, more):
    signed = begun(ann)
    other = Page(service)
    assert other.post(f"/parts/{path}", which(signed, **more)).status_code == 401
    other.sign_in("bob")
    refused = other.post(f"/parts/{path}", which(signed, **more))
    assert (refused.status_code, refused.get_json()["error"]) == (
        403,
        "That is not an upload of yours.",
    )
    for wrong in ({"key": 7}, {"key": "lesson-01/x"}, {"upload": ""}, {"upload": None}):
        assert ann.post(f"/parts/{path}", which(signed, **more) | wrong).status_code == 403
    assert unfinished(service) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"first": 0}, "first: a part's number, 1 to 2."),
        ({"first": 3}, "1 to 2"),
        ({"first": True}, "1 to 2"),
        ({"first": "1"}, "1 to 2"),
        ({"size": 0}, "size: 1 to"),
        ({"size": 20 * MIB + 1}, "size: 1 to 20,971,520 bytes."),
        ({"size": "5"}, "size: 1 to"),
        ({"more": 1}, "the server decides that"),
    ],
)
def test_numbers_and_sizes_that_cannot_be(ann, wrong, told):
    signed = begun(ann)
    answer = ann.post("/parts/sign", which(signed, size=SIZE, first=1) | wrong)
    assert answer.status_code == 400
    assert told in answer.get_json()["error"]


def test_what_may_not_be_uploaded_is_not_begun(ann, service):
    assert ann.sign(how="parts", size=20 * MIB + 1).status_code == 413
    assert ann.sign(how="parts", size=SIZE, type="text/html").status_code == 415
    assert ann.sign(how="parts", size=0).status_code == 400
    assert unfinished(service) == 0


def test_parts_are_signed_twenty_at_a_time_and_counted(ann, monkeypatch):
    monkeypatch.setattr("helpers.pages.upload_page.parts.part_size_for", lambda _: 1000)
    signed = begun(ann)
    assert len(urls(ann, signed)) == 20
    for _ in range(30):
        last = ann.post("/parts/sign", which(signed, size=SIZE, first=1))
    assert last.status_code == 429
