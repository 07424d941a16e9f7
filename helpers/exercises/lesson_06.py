"""Lesson 06, upload with a presigned POST."""

from __future__ import annotations

import re

import requests

from helpers.errors import NotYet
from helpers.exercises.checking import (
    exercise,
    expect,
    expires,
    is_stored,
    post,
    posted_form,
    refuse,
)
from helpers.lab import Lab
from strict_s3.explainer import read_error

_FOLDER = "lesson-06/ann/"
_REPORT = "lesson-06/report.pdf"
_THANKS = "https://example.com/thanks"
_LARGEST = 5000  # bytes


@exercise("06", 1)
def check_folder(lab: Lab, form: object) -> str:
    """A form for images of 1 to 5000 bytes, under any key in Ann's folder, for half an hour."""
    url, fields = posted_form(form)

    def upload(
        key: str = f"{_FOLDER}one.png", kind: str = "image/png", size: int = 100
    ) -> requests.Response:
        given = {name: value for name, value in fields.items() if name.lower() != "content-type"}
        return post(url, {**given, "key": key, "Content-Type": kind}, bytes(size))

    for key in (f"{_FOLDER}one.png", f"{_FOLDER}2026/two.gif"):
        _take(upload(key), f"The key {key} should be taken")
    for key in ("lesson-06/bob/one.png", "lesson-06/anna/one.png", "lesson-06/ann.png"):
        refuse(upload(key), f"the key {key} is taken too. Which prefix is allowed?")
    _take(upload(kind="image/gif"), "image/gif should be taken")
    for kind in ("text/html", "application/image/png", "icon/png", "imagery/png"):
        refuse(
            upload(kind=kind),
            f"the type {kind} is taken too. A prefix is only text: end it with its slash.",
        )
    for size in (1, _LARGEST):
        _take(upload(size=size), f"A file of {size} bytes should be taken")
    for size in (0, _LARGEST + 1):
        refuse(
            upload(size=size),
            f"a file of {size} bytes is taken too. Both ends of a content-length-range belong to "
            "it.",
        )
    expires(lab, 1800, upload)
    return "images of 1 to 5000 bytes, anywhere in Ann's folder, for half an hour."


@exercise("06", 2)
def check_thanks(lab: Lab, form: object) -> str:
    """A complete form for one key, with fixed metadata and a fixed page to go on to."""
    url, fields = posted_form(form)
    body = b"%PDF-1.7 report"
    lab.client().delete_object(Bucket=lab.bucket, Key=_REPORT)
    answer = post(url, fields, body)
    _take(answer, "The form as it stands should be taken")
    is_stored(lab, _REPORT)
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
        refuse(
            post(url, {**kept, name: value}, body),
            f"the uploader can change {name}. Its condition should allow one value only.",
        )
    return "kept with its author, and the browser is sent on; neither can be changed."


def _take(answer: requests.Response, what: str) -> None:
    error = read_error(answer.content)
    if error.code == "AccessDenied":
        hint = "Every field needs its condition, and every condition its field"
        raise NotYet(f"{what}. S3 says: {error.message} {hint}.")
    expect(answer, what)
