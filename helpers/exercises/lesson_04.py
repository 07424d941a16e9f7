"""Lesson 04, share with a presigned GET."""

from __future__ import annotations

from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, expires, presigned_url, refuse, send
from helpers.lab import Lab


@exercise("04", 1)
def check_download(lab: Lab, url: object, body: bytes) -> str:
    """A GET good for five minutes that downloads as ``report.txt``."""
    text = presigned_url(url)
    answer = send("GET", text)
    expect(answer, "The URL should work now")
    if answer.content != body:
        raise NotYet("S3 answered with another object. Which Key did you sign for?")
    disposition = answer.headers.get("content-disposition", "")
    if "attachment" not in disposition or "report.txt" not in disposition:
        raise NotYet(
            f"S3 sent Content-Disposition: {disposition or '(none)'}. The browser saves it as "
            'report.txt if that says: attachment; filename="report.txt". get_object has a '
            "parameter ResponseContentDisposition for it."
        )
    expires(lab, 300, lambda: send("GET", text))
    return "it downloads as report.txt, for five minutes and not longer."


@exercise("04", 2)
def check_head(lab: Lab, url: object, size: int) -> str:
    """A URL that tells an object's size and gives nothing of it away."""
    text = presigned_url(url)
    answer = send("HEAD", text)
    expect(
        answer,
        "HEAD is refused. The method is part of what is signed: find the operation of boto3 that "
        "sends HEAD for an object",
    )
    if answer.headers.get("content-length") != str(size):
        raise NotYet("That is another object's size. Which Key did you sign for?")
    refuse(send("GET", text), "The URL also gives the object away. Sign for HEAD, not for GET.")
    return f"HEAD tells the size ({size} bytes), GET is refused."
