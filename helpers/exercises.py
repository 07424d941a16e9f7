"""Checks for the exercises: they use what the learner made, and say what S3 answered.

A check never reads the learner's code. It sends the learner's URL, so that every right answer
passes, however it was made; its messages are the hints.
"""

from __future__ import annotations

import requests

from helpers.lab import Lab

NOT_DONE = "Not done yet: "
PASSED = "Passed: "


class _Wrong(Exception):
    """What is not right yet, and a hint."""


def check_download(lab: Lab, url: object, body: bytes) -> None:
    """Lesson 04, exercise 1: a GET good for five minutes that downloads as ``report.txt``."""
    try:
        text = _url(url)
        answer = requests.get(text, timeout=10)
        _expect(answer, 200, "The URL should work now")
        if answer.content != body:
            raise _Wrong("S3 answered with another object. Which Key did you sign for?")
        disposition = answer.headers.get("content-disposition", "")
        if "attachment" not in disposition or "report.txt" not in disposition:
            raise _Wrong(
                f"S3 sent Content-Disposition: {disposition or '(none)'}. The browser saves it as "
                'report.txt if that says: attachment; filename="report.txt". get_object has a '
                "parameter ResponseContentDisposition for it."
            )
        if lab.local:
            with lab.later(minutes=4, seconds=50):
                _expect(
                    requests.get(text, timeout=10),
                    200,
                    "It should still work after 4 minutes 50. ExpiresIn is in seconds",
                )
            with lab.later(minutes=5, seconds=10):
                _refused(text, "It still works after 5 minutes 10. ExpiresIn is in seconds")
    except _Wrong as problem:
        print(f"{NOT_DONE}{problem}")
        return
    print(f"{PASSED}it downloads as report.txt, for five minutes and not longer.")


def check_head(lab: Lab, url: object, size: int) -> None:
    """Lesson 04, exercise 2: a URL that tells an object's size and gives nothing of it away."""
    try:
        text = _url(url)
        answer = requests.head(text, timeout=10)
        if answer.status_code != 200:
            raise _Wrong(
                f"HEAD was answered {answer.status_code}. The method is part of what is signed: "
                "which operation of boto3 sends HEAD for an object?"
            )
        if answer.headers.get("content-length") != str(size):
            raise _Wrong("That is another object's size. Which Key did you sign for?")
        _refused(text, "The URL also gives the object away. Sign for HEAD, not for GET")
    except _Wrong as problem:
        print(f"{NOT_DONE}{problem}")
        return
    print(f"{PASSED}HEAD tells the size ({size} bytes), GET is refused.")


def _url(value: object) -> str:
    if value is None or value is ...:
        raise _Wrong("replace the dots with your code and run the cell again.")
    if not isinstance(value, str) or "://" not in value:
        raise _Wrong(f"this should be a URL (text that starts with http), not {value!r:.60}.")
    if "X-Amz-Signature" not in value:
        raise _Wrong(
            "this URL has no X-Amz-Signature. Make it with generate_presigned_url of the client s3."
        )
    return value


def _expect(answer: requests.Response, status: int, what: str) -> None:
    if answer.status_code != status:
        code = answer.text.partition("<Code>")[2].partition("</Code>")[0]
        raise _Wrong(f"{what}. S3 answered {answer.status_code} {code}".rstrip() + ".")


def _refused(url: str, hint: str) -> None:
    if requests.get(url, timeout=10).status_code == 200:
        raise _Wrong(f"{hint}.")
