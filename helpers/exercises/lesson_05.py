"""Lesson 05, upload with a presigned PUT."""

from __future__ import annotations

from collections.abc import Mapping

import requests

from helpers.errors import NotYet
from helpers.exercises.checking import error_code, exercise, expect, presigned_url, send
from helpers.lab import Lab

_AVATAR = "lesson-05/avatar.png"
_CONTRACT = "lesson-05/contract.txt"
_SIZE = 2048  # bytes


@exercise("05", 1)
def check_avatar(lab: Lab, url: object) -> str:
    """A PUT good for ten minutes that takes 2048 bytes labelled image/png and nothing else."""
    text = presigned_url(url)

    def upload(kind: str | None = "image/png", size: int = _SIZE) -> requests.Response:
        return send("PUT", text, data=bytes(size), headers={"Content-Type": kind} if kind else {})

    lab.client().delete_object(Bucket=lab.bucket, Key=_AVATAR)
    _store(lab, _AVATAR, upload(), "2048 bytes of image/png should be taken")
    for kind, label in (("text/html", "text/html"), (None, "no type at all")):
        _refuse(
            upload(kind),
            f"an upload with {label} is taken too. put_object has a parameter that signs the type.",
        )
    for size in (_SIZE - 1, _SIZE + 1):
        _refuse(
            upload(size=size),
            f"{size} bytes are taken too. put_object has a parameter that signs the length.",
        )
    if lab.local:
        with lab.later(minutes=9, seconds=50):
            expect(
                upload(),
                200,
                "It should still work after 9 minutes 50. ExpiresIn is in seconds",
            )
        with lab.later(minutes=10, seconds=10):
            _refuse(upload(), "it still works after 10 minutes 10. ExpiresIn is in seconds.")
    return "2048 bytes of image/png for ten minutes, and nothing else."


@exercise("05", 2)
def check_contract(lab: Lab, url: object, headers: object, contract: bytes) -> str:
    """A PUT, with its headers, that takes these bytes only, and only where nothing is."""
    text = presigned_url(url)
    if not isinstance(headers, Mapping) or not all(
        isinstance(part, str) for pair in headers.items() for part in pair
    ):
        raise NotYet("the headers should be a dict of texts, such as {'If-None-Match': '*'}.")
    given = {str(name): str(value) for name, value in headers.items()}

    def upload(body: bytes = contract, sent: dict[str, str] = given) -> requests.Response:
        return send("PUT", text, data=body, headers=sent)

    lab.client().delete_object(Bucket=lab.bucket, Key=_CONTRACT)
    _refuse(
        upload(contract.swapcase()),
        "other bytes of the same length are taken too. Sign a checksum of the contract.",
    )
    _store(lab, _CONTRACT, upload(), "The contract should be stored where nothing is")
    again = upload()
    if again.status_code == 200:
        raise NotYet(
            "a second upload replaces the first. put_object has a parameter for "
            "'only if nothing is there'."
        )
    _store(lab, _CONTRACT, again, "The second upload should be refused with 412", 412)
    for name in given:
        rest = {other: value for other, value in given.items() if other != name}
        lab.client().delete_object(Bucket=lab.bucket, Key=_CONTRACT)
        _refuse(
            upload(sent=rest),
            f"the uploader can leave the header {name} out and is not stopped. Sign it.",
        )
    _store(lab, _CONTRACT, upload(), "The contract should be stored where nothing is")
    return "these bytes and no others, and never over what is there."


def _store(lab: Lab, key: str, answer: requests.Response, what: str, status: int = 200) -> None:
    """The upload got this status, and the object is there, under this key."""
    if answer.status_code == 403 and error_code(answer) == "SignatureDoesNotMatch":
        raise NotYet(
            f"{what}. S3 answered SignatureDoesNotMatch: compare the CanonicalRequest in its "
            "answer with what you signed. Is it signed for PUT, and are all signed headers sent?"
        )
    expect(answer, status, what)
    found = lab.client().list_objects_v2(Bucket=lab.bucket, Prefix=key).get("Contents", [])
    if key not in [item["Key"] for item in found]:
        raise NotYet(f"S3 took the upload, but there is no {key}. Which Key did you sign for?")


def _refuse(answer: requests.Response, hint: str) -> None:
    if answer.status_code == 200:
        raise NotYet(hint)
