"""Lesson 05, upload with a presigned PUT."""

from __future__ import annotations

import requests

from helpers.errors import NotYet
from helpers.exercises.checking import (
    exercise,
    expect,
    expires,
    is_stored,
    lifetime,
    presigned_url,
    refuse,
    send,
    texts,
    variation,
)
from helpers.lab import Lab

_AVATAR = "lesson-05/avatar.png"
_CONTRACT = "lesson-05/contract.txt"
_SIZE = 2048  # bytes
# The headers that limit what is stored; S3 wants every other x-amz- header signed anyway.
_LIMITS = ("if-none-match", "content-md5", "x-amz-checksum-")


def _upload(
    url: str, kind: str | None = None, size: int = 100, body: bytes | None = None
) -> requests.Response:
    headers = {"Content-Type": kind} if kind else {}
    return send("PUT", url, data=bytes(size) if body is None else body, headers=headers)


@variation
def try_jpeg(lab: Lab, url: object) -> str:
    """A PUT that takes image/jpeg and no other type."""
    text = presigned_url(url)
    expect(_upload(text, "image/jpeg"), "image/jpeg should be accepted", lab=lab)
    refuse(_upload(text, "image/png"), "image/png is accepted too. Which parameter signs the type?")
    return "S3 accepts image/jpeg, and refuses image/png."


@variation
def try_size(lab: Lab, url: object) -> str:
    """A PUT that takes 250 bytes, no more and no less."""
    text = presigned_url(url)
    expect(_upload(text, size=250), "250 bytes should be accepted", lab=lab)
    for size in (249, 251):
        refuse(_upload(text, size=size), f"{size} bytes are accepted too. Sign ContentLength.")
    return "S3 accepts 250 bytes, and refuses 249 and 251."


@exercise("05", 1)
def check_avatar(lab: Lab, url: object) -> str:
    """A PUT good for ten minutes that takes 2048 bytes labelled image/png and nothing else."""
    text = presigned_url(url)

    def upload(kind: str | None = "image/png", size: int = _SIZE) -> requests.Response:
        return _upload(text, kind, size)

    lab.client().delete_object(Bucket=lab.bucket, Key=_AVATAR)
    expect(upload(), "2048 bytes of image/png should be accepted", lab=lab)
    is_stored(lab, _AVATAR)
    for kind in ("text/html", "image/jpeg", "image/png; charset=utf-8", None):
        refuse(
            upload(kind),
            f"an upload with {kind or 'no type at all'} is accepted too. put_object has a "
            "parameter that signs the type.",
        )
    for size in (0, _SIZE - 1, _SIZE + 1, 2 * _SIZE):
        refuse(
            upload(size=size),
            f"{size} bytes are accepted too. put_object has a parameter that signs the length.",
        )
    lifetime(text, 600)
    expires(lab, 600, upload)
    return "2048 bytes of image/png for ten minutes; other types, sizes and times are refused."


@exercise("05", 2)
def check_contract(lab: Lab, url: object, headers: object, contract: bytes) -> str:
    """A PUT, with its headers, that takes these bytes only, and only where nothing is."""
    text = presigned_url(url)
    given = texts(headers, "{'If-None-Match': '*'}")
    at = {"Bucket": lab.bucket, "Key": _CONTRACT}

    def upload(body: bytes = contract, sent: dict[str, str] = given) -> requests.Response:
        return send("PUT", text, data=body, headers=sent)

    def take() -> None:
        lab.client().delete_object(**at)
        answer, what = upload(), "the contract should be stored if there is none yet"
        if "header is invalid" in answer.text:
            what += ". A checksum is the base64 of digest(), as text"
        expect(answer, what, lab=lab)
        is_stored(lab, _CONTRACT)

    take()
    if lab.client().get_object(**at)["Body"].read() != contract:
        raise NotYet("S3 has stored different bytes. Which header changes the body?")
    expect(upload(), "a second upload should be refused with 412, but never replace the first", 412)
    for body, what in (
        (contract.swapcase(), "other bytes of the same length are"),
        (contract + b"!", "one byte more is"),
        (contract[:-1], "one byte less is"),
    ):
        lab.client().delete_object(**at)
        refuse(upload(body), f"{what} accepted too. Sign a checksum of the contract.")
    for name in given:
        if name.lower().startswith(_LIMITS):
            lab.client().delete_object(**at)
            rest = {other: value for other, value in given.items() if other != name}
            refuse(
                upload(sent=rest),
                f"the uploader can leave out the header {name} and isn't stopped. Sign it.",
            )
    take()
    return "S3 stores the contract, refuses other bytes, and refuses a second upload."
