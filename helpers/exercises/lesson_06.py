"""Lesson 06, upload with a presigned POST."""

from __future__ import annotations

import re
from collections.abc import Mapping

import requests

from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, send
from helpers.lab import Lab
from strict_s3.explainer import read_error

_FOLDER = "lesson-06/ann/"
_REPORT = "lesson-06/report.pdf"
_THANKS = "https://example.com/thanks"
_LARGEST = 5000  # bytes


@exercise("06", 1)
def check_folder(lab: Lab, form: object) -> str:
    """A form for images of 1 to 5000 bytes, under any key in Ann's folder, for half an hour."""
    url, fields = _form(form)

    def upload(key: str = f"{_FOLDER}one.png", kind: str = "image/png", size: int = 100) -> _Answer:
        given = {name: value for name, value in fields.items() if name.lower() != "content-type"}
        return _post(url, {**given, "key": key, "Content-Type": kind}, bytes(size))

    for key in (f"{_FOLDER}one.png", f"{_FOLDER}2026/two.gif"):
        _take(upload(key), f"The key {key} should be taken")
    for key in ("lesson-06/bob/one.png", "lesson-06/anna/one.png", "lesson-06/ann.png"):
        _refuse(upload(key), f"the key {key} is taken too. Which prefix is allowed?")
    _take(upload(kind="image/gif"), "image/gif should be taken")
    for kind in ("text/html", "application/image/png", "icon/png", "imagery/png"):
        _refuse(
            upload(kind=kind),
            f"the type {kind} is taken too. A prefix is only text: end it with its slash.",
        )
    for size in (1, _LARGEST):
        _take(upload(size=size), f"A file of {size} bytes should be taken")
    for size in (0, _LARGEST + 1):
        _refuse(
            upload(size=size),
            f"a file of {size} bytes is taken too. Both ends of a content-length-range belong to "
            "it.",
        )
    if lab.local:
        with lab.later(minutes=29, seconds=50):
            _take(upload(), "It should still work after 29 minutes 50. ExpiresIn is in seconds")
        with lab.later(minutes=30, seconds=10):
            _refuse(upload(), "it still works after 30 minutes 10. ExpiresIn is in seconds.")
    return "images of 1 to 5000 bytes, anywhere in Ann's folder, for half an hour."


@exercise("06", 2)
def check_thanks(lab: Lab, form: object) -> str:
    """A complete form for one key, with fixed metadata and a fixed page to go on to."""
    url, fields = _form(form)
    body = b"%PDF-1.7 report"
    lab.client().delete_object(Bucket=lab.bucket, Key=_REPORT)
    answer = _post(url, fields, body)
    _take(answer, "The form as it stands should be taken")
    found = lab.client().list_objects_v2(Bucket=lab.bucket, Prefix=_REPORT).get("Contents", [])
    if _REPORT not in [item["Key"] for item in found]:
        raise NotYet(f"S3 took the upload, but there is no {_REPORT}. Which key did you sign for?")
    metadata = lab.client().head_object(Bucket=lab.bucket, Key=_REPORT)["Metadata"]
    if metadata.get("author") != "ann":
        raise NotYet(
            f"the metadata kept is {metadata or 'none'}. Metadata is a field whose name begins "
            "with x-amz-meta-."
        )
    if not re.match(rf"{re.escape(_THANKS)}\?", answer.headers.get("location", "")):
        raise NotYet(
            f"the browser is not sent to {_THANKS} (status {answer.status_code}). Which field "
            "does that?"
        )
    for name, value in (
        ("x-amz-meta-author", "bob"),
        ("x-amz-meta-author", "anna"),
        ("success_action_redirect", f"{_THANKS}.evil.example/"),
        ("key", "lesson-06/report2.pdf"),
    ):
        kept = {n: v for n, v in fields.items() if n.lower() != name}
        _refuse(
            _post(url, {**kept, name: value}, body),
            f"the uploader can change {name}. Its condition should allow one value only.",
        )
    return "kept with its author, and the browser is sent on; neither can be changed."


_Answer = requests.Response


def _form(value: object) -> tuple[str, dict[str, str]]:
    """Address and fields of what generate_presigned_post returned."""
    if not isinstance(value, Mapping) or not {"url", "fields"} <= set(value):
        raise NotYet(
            "this should be what generate_presigned_post returns: a dict with 'url' and 'fields'."
        )
    url, fields = value["url"], value["fields"]
    if not isinstance(url, str) or not isinstance(fields, Mapping):
        raise NotYet("'url' should be a text and 'fields' a dict.")
    texts = {str(name): str(text) for name, text in fields.items()}
    if "x-amz-signature" not in {name.lower() for name in texts}:
        raise NotYet("the form has no field x-amz-signature. Was it signed with s3v4?")
    return url, texts


def _post(url: str, fields: dict[str, str], body: bytes) -> _Answer:
    return send("POST", url, data=fields, files={"file": ("file.bin", body)})


def _take(answer: _Answer, what: str) -> None:
    if answer.status_code in (200, 201, 204, 303):
        return
    error = read_error(answer.content)
    if error.code == "AccessDenied":
        hint = "Every field needs its condition, and every condition its field"
        raise NotYet(f"{what}. S3 says: {error.message} {hint}.")
    expect(answer, 204, what)


def _refuse(answer: _Answer, hint: str) -> None:
    if answer.status_code < 400:
        raise NotYet(hint)
