"""What every backend here promises, by requests to it and to S3."""

from __future__ import annotations

import re
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
    ({**PICTURE, "size": "many"}, 422, "invalid_request"),
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


def signed(call: Call, method: str, key: str = "x", **more: Any) -> dict[str, Any]:
    """What Uppy's signRequest gets."""
    status, answer = call("POST", "/sign", {"method": method, "key": key, **more})
    assert status == 200, answer
    return dict(answer)


def begun(call: Call) -> dict[str, str]:
    """An upload in parts that Ann has begun: key and uploadId."""
    made = signed(call, "POST", contentType="image/png")
    answer = requests.post(made["url"], headers=made["headers"])
    found = re.search("<UploadId>(.+)</UploadId>", answer.text)
    assert found, answer.text
    return {"key": made["key"], "uploadId": found[1]}


def finished(call: Call, of: dict[str, str], *parts: bytes) -> tuple[int, Any]:
    """Send the parts, complete the upload in S3, and ask the backend what arrived."""
    xml = ""
    for number, data in enumerate(parts, 1):
        sent = requests.put(signed(call, "PUT", partNumber=number, **of)["url"], data=data)
        assert sent.status_code == 200, sent.text
        xml += f"<Part><PartNumber>{number}</PartNumber><ETag>{sent.headers['ETag']}</ETag></Part>"
    listed = requests.get(signed(call, "GET", **of)["url"])
    assert listed.text.count("<Part>") == len(parts), listed.text
    whole = f"<CompleteMultipartUpload>{xml}</CompleteMultipartUpload>"
    done = requests.post(signed(call, "POST", **of)["url"], data=whole)
    assert done.status_code == 200, done.text
    return call("POST", f"/uploads/{of['key'].rpartition('/')[2]}/complete")


def test_sign_a_whole_file(call: Call) -> None:
    form = signed(call, "PUT", contentType="image/png")
    assert upload(form).status_code == 204
    assert call("POST", f"/uploads/{form['id']}/complete")[0] == 200


def test_sign_parts(call: Call) -> None:
    status, answer = finished(call, begun(call), bytes(5 * MIB), b"the rest")
    assert (status, answer["size"], answer["type"]) == (200, 5 * MIB + 8, "image/png")


def test_sign_parts_that_are_too_large(call: Call) -> None:
    status, answer = finished(call, begun(call), bytes(TOO_LARGE))
    assert (status, answer) == (413, {"error": "too_large"})


def test_sign_the_end_of_parts(call: Call) -> None:
    of = begun(call)
    assert requests.delete(signed(call, "DELETE", **of)["url"]).status_code == 204
    assert requests.get(signed(call, "GET", **of)["url"]).status_code == 404


def test_sign_locks_type_and_user(call: Call) -> None:
    made = signed(call, "POST", contentType="image/png")
    page = requests.post(made["url"], headers={"Content-Type": "text/html"})
    assert page.status_code == 403
    assert made["key"].startswith("incoming/ann/")
    asked = {"method": "PUT", "uploadId": "u", "partNumber": 1, "key": made["key"]}
    assert call("POST", "/sign", asked, user="bob") == (404, {"error": "no_such_upload"})


@pytest.mark.parametrize("body, status, code", [
    ({"method": "PUT", "key": "x", "contentType": "text/html"}, 415, "type_not_allowed"),
    ({"method": "POST", "key": "x", "contentType": "text/html"}, 415, "type_not_allowed"),
    ({"method": "DELETE", "key": f"incoming/ann/{NO_ID}"}, 422, "invalid_request"),
    ({"method": "PATCH", "key": f"incoming/ann/{NO_ID}", "uploadId": "u"}, 422, "invalid_request"),
])  # fmt: skip
def test_sign_refuses(call: Call, body: Any, status: int, code: str) -> None:
    assert call("POST", "/sign", body) == (status, {"error": code})
