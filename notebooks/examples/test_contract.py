"""What every backend here promises, proved by requests to it and to S3."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from drivers import Call
from strict_s3 import Server

MIB = 2**20
TOO_LARGE = 10 * MIB + 1
PICTURE = {"type": "image/png", "size": 5}
NO_ID = f"{32 * '0'}.png"


@pytest.fixture
def form(call: Call) -> dict[str, Any]:
    """What Ann gets for a picture of 5 bytes."""
    status, answer = call("POST", "/uploads", PICTURE)
    assert status == 201, answer
    return dict(answer)


def upload(form: dict[str, Any], data: bytes = b"12345", **changed: str) -> requests.Response:
    """What a browser's form would send, the fields changed if asked for."""
    return requests.post(form["url"], {**form["fields"], **changed}, files={"file": data})


def test_a_file_goes_up_and_comes_back(call: Call, form: dict[str, Any]) -> None:
    assert form["method"] == "POST" and form["headers"] == {}
    answer = upload(form)
    assert answer.status_code == 204, answer.text
    done = call("POST", f"/uploads/{form['id']}/complete")
    assert done == (200, {"id": form["id"], "size": 5, "type": "image/png"})
    status, file = call("GET", f"/files/{form['id']}")
    saved = requests.get(file["url"])
    assert (status, saved.status_code, saved.content) == (200, 200, b"12345")
    assert saved.headers["Content-Disposition"] == "attachment"


def test_complete_asks_s3(call: Call, form: dict[str, Any]) -> None:
    path = f"/uploads/{form['id']}/complete"
    assert call("POST", path, PICTURE) == (409, {"error": "nothing_arrived"})
    upload(form, b"1234567")
    assert call("POST", path, PICTURE)[1]["size"] == 7


@pytest.mark.parametrize("method, path", [
    ("POST", "/uploads"), ("POST", f"/uploads/{NO_ID}/complete"),
    ("GET", f"/files/{NO_ID}"), ("POST", "/sign"),
])  # fmt: skip
def test_nobody_without_sign_in(call: Call, method: str, path: str) -> None:
    body = {**PICTURE, "method": "PUT", "contentType": "image/png"} if method == "POST" else None
    assert call(method, path, body, user=None) == (401, {"error": "not_signed_in"})


@pytest.mark.parametrize("body, status, code", [
    ({**PICTURE, "type": "text/html"}, 415, "type_not_allowed"),
    ({**PICTURE, "type": "constructor"}, 415, "type_not_allowed"),
    ({**PICTURE, "size": TOO_LARGE}, 413, "too_large"),
    ({**PICTURE, "size": 0}, 422, "invalid_request"),
    ({**PICTURE, "size": 1.5}, 422, "invalid_request"),
    ({**PICTURE, "size": True}, 422, "invalid_request"),
    ({"type": "image/png"}, 422, "invalid_request"),
    ("a text", 422, "invalid_request"),
])  # fmt: skip
def test_what_is_not_signed(call: Call, body: Any, status: int, code: str) -> None:
    assert call("POST", "/uploads", body) == (status, {"error": code})


@pytest.mark.parametrize("size", [0, TOO_LARGE], ids=["empty", "too large"])
def test_s3_refuses_the_size(form: dict[str, Any], size: int) -> None:
    assert upload(form, bytes(size)).status_code == 400


@pytest.mark.parametrize("field, value", [
    ("Content-Type", "text/html"), ("key", f"incoming/bob/{NO_ID}"), ("acl", "public-read"),
])  # fmt: skip
def test_s3_refuses_another(form: dict[str, Any], field: str, value: str) -> None:
    assert upload(form, b"12345", **{field: value}).status_code == 403


def test_all_ends_after_five_minutes(
    call: Call, form: dict[str, Any], strict_s3_server: Server
) -> None:
    upload(form)
    url = call("GET", f"/files/{form['id']}")[1]["url"]
    assert form["expires_in"] <= 300
    with strict_s3_server.later(seconds=301):
        assert upload(form).status_code == 403
        assert requests.get(url).status_code == 403


def test_users_do_not_meet(call: Call, form: dict[str, Any]) -> None:
    assert form["fields"]["key"] == f"incoming/ann/{form['id']}"
    upload(form)
    assert call("POST", f"/uploads/{form['id']}/complete", user="bob")[0] == 409
    url = call("GET", f"/files/{form['id']}", user="bob")[1]["url"]
    assert requests.get(url).status_code in (403, 404)
    assert call("GET", "/files/not-an-id", user="bob")[0] == 404
    own = call("POST", "/uploads", PICTURE)[1]
    assert own["id"] != form["id"], "each upload has a key of its own"
