"""Lesson 04, share with a presigned GET."""

from __future__ import annotations

import re
from urllib.parse import unquote

from helpers.errors import NotYet
from helpers.exercises.checking import (
    exercise,
    expect,
    expires,
    lifetime,
    presigned_url,
    refuse,
    send,
    variation,
)
from helpers.lab import Lab

_NAME = "売上 Q3.txt"


@variation
def try_five_minutes(lab: Lab, url: object) -> str:
    """A GET good for five minutes, by what the URL says and by what S3 does."""
    text = presigned_url(url)
    lifetime(text, 300)
    expect(send("GET", text), "the URL should work now", lab=lab)
    return "X-Amz-Expires is 300 seconds, and S3 serves the file."


@exercise("04", 1)
def check_download(lab: Lab, url: object, body: bytes) -> str:
    """A GET good for ten minutes that is saved under a name in Japanese."""
    text = presigned_url(url)
    answer = send("GET", text)
    expect(answer, "the URL should work now", lab=lab)
    if answer.content != body:
        raise NotYet("S3 answered with a different object. Which Key did you sign for?")
    disposition = answer.headers.get("content-disposition", "")
    kind, name = _saved_as(disposition)
    if kind != "attachment":
        raise NotYet(
            f"S3 sent Content-Disposition: {disposition or '(none)'}, so a browser shows the file. "
            "It saves it if that begins with attachment. get_object has a parameter "
            "ResponseContentDisposition for it."
        )
    if name != _NAME:
        saved = repr(name) if name else "what the key ends in"
        raise NotYet(
            f"a browser would save it as {saved} and not as {_NAME!r}. S3 sent "
            f"Content-Disposition: {disposition}. Write filename*=UTF-8'' and quote(name)."
        )
    lifetime(text, 600)
    expires(lab, 600, lambda: send("GET", text))
    return f"it is saved as {_NAME}, and works for ten minutes."


@exercise("04", 2)
def check_head(lab: Lab, url: object, size: int) -> str:
    """A URL that tells an object's size for an hour and gives nothing of it away."""
    text = presigned_url(url)
    refuse(
        send("GET", text),
        "the URL answers GET. The method is part of what is signed: which operation of boto3 sends "
        "HEAD for an object?",
    )
    answer = send("HEAD", text)
    if answer.status_code == 404:
        raise NotYet("S3 answered 404: nothing is stored at the key. Which Key did you sign for?")
    expect(answer, "HEAD is refused; boto3 has an operation that sends HEAD for an object", lab=lab)
    told = answer.headers.get("content-length", "0")
    if told != str(size):
        raise NotYet(
            f"HEAD says {told} bytes, not {size}. Was it signed for the object, and for which Key?"
        )
    lifetime(text, 3600)
    expires(lab, 3600, lambda: send("HEAD", text))
    return f"HEAD tells the size ({size} bytes) for an hour; GET is refused."


def _saved_as(disposition: str) -> tuple[str, str]:
    """Kind and file name of a Content-Disposition header, as a browser reads them (RFC 6266)."""
    kind, _, rest = disposition.partition(";")
    extended = re.search(r"filename\*\s*=\s*UTF-8'[^']*'([^;\s\"]+)", rest, re.I)
    plain = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;\s]+))', rest, re.I)
    name = unquote(extended[1]) if extended else (plain[1] or plain[2] or "") if plain else ""
    return kind.strip().lower(), name
