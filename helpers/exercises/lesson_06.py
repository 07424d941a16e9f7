"""Lesson 06, upload with a presigned POST."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

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
    variation,
)
from helpers.lab import Lab
from strict_s3.explainer import read_error

_ANN, _BOB = "lesson-06/ann/", "lesson-06/bob/"
_REPORT = "lesson-06/report.pdf"
_THANKS = "https://example.com/thanks"
_LARGEST = 5000  # bytes
# The form's own fields: other keys are tried by themselves, and the rest is no choice.
_OWN = {
    *("key", "bucket", "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date"),
    *("x-amz-security-token", "x-amz-signature"),
}
# What an uploader could choose beside key and bytes, each with a value.
_OPTIONS = {
    "acl": "bucket-owner-full-control",
    "Cache-Control": "no-store",
    "Content-Disposition": "inline",
    "Content-Encoding": "gzip",
    "Content-Type": "text/html",
    "Expires": "Thu, 01 Dec 2033 16:00:00 GMT",
    "success_action_redirect": "https://evil.example/",
    "success_action_status": "200",
    "tagging": "<Tagging><TagSet/></Tagging>",
    "x-amz-meta-author": "bob",
    "x-amz-meta-extra": "1",
    "x-amz-storage-class": "GLACIER",
}


@variation
def try_bobs_folder(lab: Lab, form: object) -> str:
    """A form for any key in Bob's folder, and for no other."""
    url, fields = posted_form(form)
    for key in (f"{_BOB}one.png", f"{_BOB}2026/two.gif"):
        _take(post(url, {**fields, "key": key}, b"x"), f"{key} should be accepted")
    _no_other_key(url, fields, (f"{_ANN}one.png", "lesson-06/bobby/one.png", "lesson-06/one.png"))
    return "Bob's folder is open, and no other."


@exercise("06", 1)
def check_folder(lab: Lab, form: object) -> str:
    """A form for 1 to 5000 bytes, under any key in Ann's folder, for half an hour."""
    url, fields = posted_form(form)

    def upload(size: int = 100, name: str = "one.png") -> requests.Response:
        return post(url, {**fields, "key": f"{_ANN}{name}"}, bytes(size))

    for name in ("one.png", "2026/two.gif", "é"):
        _take(upload(name=name), f"the key {_ANN}{name} should be accepted")
    _no_other_key(
        url,
        fields,
        (
            *(f"lesson-06/{name}" for name in ("bob/one.png", "anna/one.png", "ann", "ann.png")),
            *("lesson-06/one.png", "lesson-05/ann/one.png", "ann/one.png", "x"),
        ),
    )
    for size in (1, _LARGEST):
        _take(upload(size), f"a file of {size} bytes should be accepted")
    for size in (0, _LARGEST + 1, 2 * _LARGEST):
        refuse(
            upload(size),
            f"a file of {size} bytes is accepted too. Both ends of a content-length-range belong "
            "to it.",
        )
    _no_other_field(url, {**fields, "key": f"{_ANN}one.png"})
    expires(lab, 1800, upload)
    return "1 to 5000 bytes, anywhere in Ann's folder, for half an hour; the rest is refused."


@exercise("06", 2)
def check_thanks(lab: Lab, form: object) -> str:
    """A complete form for one key, with a fixed type, metadata and page to go on to."""
    url, fields = posted_form(form)
    s3, at = lab.client(), {"Bucket": lab.bucket, "Key": _REPORT}
    s3.delete_object(**at)
    answer = post(url, fields, b"%PDF-1.7 report")
    _take(answer, "the form as it stands should be accepted")
    is_stored(lab, _REPORT)
    kept = s3.head_object(**at)
    if kept["Metadata"] != {"author": "ann"}:
        raise NotYet(
            f"the metadata kept is {kept['Metadata'] or 'none'}. Metadata is a field whose name "
            "begins with x-amz-meta-."
        )
    if kept["ContentType"] != "application/pdf":
        raise NotYet(f"S3 keeps the type {kept['ContentType']}. Which field says it?")
    page, _, told = answer.headers.get("location", "").partition("?")
    if page != _THANKS or {n for n, _ in parse_qsl(told)} - {"bucket", "key", "etag"}:
        raise NotYet(
            f"the browser isn't sent to {_THANKS} (status {answer.status_code}, location "
            f"{answer.headers.get('location', 'none')}). Which field does that?"
        )
    _no_other_key(url, fields, (f"{_REPORT}x", "lesson-06/report", f"{_BOB}report.pdf"))
    _no_other_field(url, fields)
    return "kept with type and author, and the browser is sent on; what we changed was refused."


def _no_other_key(url: str, fields: dict[str, str], keys: tuple[str, ...]) -> None:
    for key in keys:
        answer = post(url, {**fields, "key": key}, bytes(100))
        refuse(answer, f"the key {key} is accepted too. A prefix is only text: end it with a /.")


def _no_other_field(url: str, fields: dict[str, str]) -> None:
    for name, value in _OPTIONS.items():
        _no_change(url, fields, name, value)
    for name, value in fields.items():  # a condition with starts-with allows what is longer
        if name.lower() not in _OWN and not name.lower().startswith("x-ignore-"):
            _no_change(url, fields, name, f"{value}x")


def _no_change(url: str, fields: dict[str, str], name: str, value: str) -> None:
    """`NotYet` if the uploader can add this field, or change it to this value."""
    others = {n: v for n, v in fields.items() if n.lower() != name.lower()}
    there = len(others) < len(fields)
    if {**others, name: value} == fields:
        return  # it is the form's own
    refuse(
        post(url, {**others, name: value}, bytes(100)),
        f"the uploader can {'change' if there else 'add'} {name} ({value}). "
        + (
            "Its condition should allow one value only."
            if there
            else "Without a condition for it, S3 refuses it."
        ),
    )


def _take(answer: requests.Response, what: str) -> None:
    """`NotYet`, with S3's message and what it means here, unless S3 stored the file."""
    if (error := read_error(answer.content)).code == "AccessDenied":
        raise NotYet(f"{what}. S3 says: {error.message.rstrip('.')}. {_meaning(error.message)}")
    if error.code == "InvalidPolicyDocument":
        what += ". Conditions is a list; in it, each condition is a list of three or a dict of one"
    expect(answer, what)


def _meaning(message: str) -> str:
    if "expired" in message:
        return "ExpiresIn is in seconds."
    if '"*' in message or '*"' in message:
        return "A policy has no wildcard *: give starts-with the beginning."
    if re.search(r'failed: \["[\w-]+", "(?!\$)', message):
        return "In a condition the name of a field begins with $."
    if '["eq", "$key"' in message:
        return "A key that ends in ${filename} allows any name there; another key only itself."
    if '["starts-with", "$key"' in message:
        return "The keys that the form allows begin like that."
    return "Every field needs its condition, and every condition its field."
