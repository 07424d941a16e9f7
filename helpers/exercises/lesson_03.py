"""Lesson 03, read a presigned URL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import requests
from botocore.exceptions import ClientError

from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, expires, presigned_url, refuse, send
from helpers.lab import Lab
from strict_s3.explainer import read_error

HAND_MADE = "lesson-03/R&D + more.txt"
_MYSTERY = "lesson-03/inbox/mystery.txt"
_MYSTERY_SECONDS = 4500
_SLACK = timedelta(seconds=2)
_LONGEST = timedelta(days=7)


def mystery(lab: Lab) -> str:
    """A presigned URL that somebody else has made."""
    params = {"Bucket": lab.bucket, "Key": _MYSTERY}
    url: str = lab.client().generate_presigned_url("put_object", params, _MYSTERY_SECONDS)
    return url


@exercise("03", 1)
def check_reading(lab: Lab, url: str, method: object, ends: object) -> str:
    """The method that a URL is for, and the moment of its end."""
    if not isinstance(method, str) or not method.isalpha():
        raise NotYet('method should be the name of an HTTP method, such as "GET".')
    if not isinstance(ends, datetime):
        raise NotYet(
            "ends should be a datetime: the moment in X-Amz-Date, plus a timedelta of as many "
            "seconds as X-Amz-Expires says."
        )
    if ends.tzinfo is None:
        raise NotYet("ends has no time zone. X-Amz-Date is in UTC: add .replace(tzinfo=UTC).")
    expect(
        _use(url, method),
        f"S3 refuses {method.upper()}. The method is not written in the URL, only signed: try the "
        "others",
    )
    left = ends - datetime.now(UTC)
    if not timedelta() < left <= _LONGEST:
        raise NotYet(
            f"ends is {ends:%Y-%m-%d %H:%M:%S %Z}, which is not in the next seven days. Is "
            "X-Amz-Date read as UTC, and X-Amz-Expires as seconds?"
        )
    if lab.local:
        with lab.at(ends - _SLACK):
            expect(_use(url, method), "The URL is over before the moment that you name")
        with lab.at(ends + _SLACK):
            refuse(_use(url, method), "the URL still works after the moment that you name.")
    elif abs(left - timedelta(seconds=_MYSTERY_SECONDS)) > timedelta(hours=1):
        raise NotYet("that is not the date plus the seconds in X-Amz-Expires.")
    return f"it is for {method.upper()}, and over exactly when you said."


@exercise("03", 2)
def check_by_hand(lab: Lab, url: object) -> str:
    """A URL that stores ``R&D + more.txt``, for ninety seconds."""
    text = presigned_url(url)
    s3, where = lab.client(), {"Bucket": lab.bucket, "Key": HAND_MADE}
    s3.delete_object(**where)
    answer = send("PUT", text, data=b"by hand")
    error = read_error(answer.content)
    if error.code == "SignatureDoesNotMatch":
        seen = error.fields["CanonicalRequest"]
        raise NotYet(
            "SignatureDoesNotMatch. For a PUT to your URL, S3 wrote down a canonical request "
            f"that begins {' | '.join(seen.splitlines()[:2])}. Which line differs from yours?"
        )
    expect(answer, "PUT should work now")
    try:
        s3.head_object(**where)
    except ClientError:
        raise NotYet(
            f"S3 stored the file, but not under {HAND_MADE!r}. The path is encoded once, by "
            "presign: give it the plain key."
        ) from None
    refuse(send("GET", text), "the URL also reads. The first line that you sign should be PUT.")
    expires(lab, 90, lambda: send("PUT", text, data=b"by hand"))
    return f"S3 stored {HAND_MADE!r} and found nothing to complain about."


def _use(url: str, method: str) -> requests.Response:
    body = b"found out" if method.upper() in ("PUT", "POST") else None
    return send(method.upper(), url, data=body)
