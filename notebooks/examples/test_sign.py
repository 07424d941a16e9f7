"""POST /sign, as Uppy 6 asks: a whole file by a form, or an upload in parts, step by step."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from drivers import Call
from test_contract import MIB, NO_ID, TOO_LARGE, upload


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
    ({"method": "DELETE", "key": f"incoming/ann/{NO_ID}", "uploadId": ""}, 422, "invalid_request"),
    ({"method": "PATCH", "key": f"incoming/ann/{NO_ID}", "uploadId": "u"}, 422, "invalid_request"),
    ({"method": "PUT", "key": NO_ID, "uploadId": "u", "partNumber": 1.5}, 422, "invalid_request"),
    ({"method": "PUT", "key": NO_ID, "uploadId": "u", "partNumber": True}, 422, "invalid_request"),
])  # fmt: skip
def test_sign_refuses(call: Call, body: Any, status: int, code: str) -> None:
    assert call("POST", "/sign", body) == (status, {"error": code})
