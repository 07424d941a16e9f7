"""Lesson 05, upload with a presigned PUT."""

from __future__ import annotations

import requests

from helpers.errors import NotYet
from helpers.exercises.checking import (
    error_code,
    exercise,
    expect,
    expires,
    is_stored,
    presigned_url,
    refuse,
    send,
    texts,
)
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
        refuse(
            upload(kind),
            f"an upload with {label} is taken too. put_object has a parameter that signs the type.",
        )
    for size in (_SIZE - 1, _SIZE + 1):
        refuse(
            upload(size=size),
            f"{size} bytes are taken too. put_object has a parameter that signs the length.",
        )
    expires(lab, 600, upload)
    return "2048 bytes of image/png for ten minutes, and nothing else."


@exercise("05", 2)
def check_contract(lab: Lab, url: object, headers: object, contract: bytes) -> str:
    """A PUT, with its headers, that takes these bytes only, and only where nothing is."""
    text = presigned_url(url)
    given = texts(headers, "{'If-None-Match': '*'}")

    def upload(body: bytes = contract, sent: dict[str, str] = given) -> requests.Response:
        return send("PUT", text, data=body, headers=sent)

    lab.client().delete_object(Bucket=lab.bucket, Key=_CONTRACT)
    refuse(
        upload(contract.swapcase()),
        "other bytes of the same length are taken too. Sign a checksum of the contract.",
    )
    _store(lab, _CONTRACT, upload(), "The contract should be stored where nothing is")
    again = upload()
    refuse(
        again,
        "a second upload replaces the first. put_object has a parameter for 'only if nothing is "
        "there'.",
    )
    _store(lab, _CONTRACT, again, "The second upload should be refused with 412", 412)
    for name in given:
        rest = {other: value for other, value in given.items() if other != name}
        lab.client().delete_object(Bucket=lab.bucket, Key=_CONTRACT)
        refuse(
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
    expect(answer, what, status)
    is_stored(lab, key)
