"""Lesson 03, read a presigned URL."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from helpers.errors import NotYet
from helpers.exercises.checking import (
    error_code,
    exercise,
    expect,
    expires,
    items,
    presigned_url,
    refuse,
    send,
    variation,
)
from helpers.lab import Lab

_REPORT, _OTHER = "lesson-03/q3 report.txt", "lesson-03/q2 report.txt"
_BODY = b"Quarterly report"
_MYSTERY = "lesson-03/inbox/mystery.txt"
_MYSTERY_SECONDS = 4500
_SLACK = timedelta(seconds=2)
_LONGEST = timedelta(days=7)
_HOUR = 3600
_WEEK = 7 * 24 * _HOUR


@variation
def try_five_minutes(lab: Lab, url: object) -> str:
    """A link to the report that expires after 300 seconds."""
    link = presigned_url(url)
    expect(send("GET", link), "the link should work now", lab=lab)
    expires(lab, 300, lambda: send("GET", link))
    return "it works for five minutes and no longer."


def mystery(lab: Lab) -> str:
    """A presigned URL that somebody else has made."""
    params = {"Bucket": lab.bucket, "Key": _MYSTERY}
    url: str = lab.client().generate_presigned_url("put_object", params, _MYSTERY_SECONDS)
    return url


@exercise("03", 1)
def check_reading(lab: Lab, url: str, method: object, ends: object) -> str:
    """The method that a URL is for, and the moment of its end."""
    if not isinstance(method, str) or not (method.isascii() and method.isalpha()):
        raise NotYet('method should be the name of an HTTP method, such as "GET".')
    if not isinstance(ends, datetime):
        raise NotYet(
            "the end should be a datetime: the moment in X-Amz-Date, plus a timedelta of as many "
            "seconds as X-Amz-Expires says."
        )
    if ends.utcoffset() is None:
        raise NotYet("the end has no time zone. X-Amz-Date is in UTC: add .replace(tzinfo=UTC).")
    expect(
        _use(url, method),
        f"S3 refuses {method.upper()}. The method is not written in the URL, only signed: try the "
        "others",
    )
    left = ends - datetime.now(UTC)
    if not timedelta() < left <= _LONGEST:
        raise NotYet(
            f"the end is {ends:%Y-%m-%d %H:%M:%S %Z}, which is not in the next seven days. Is "
            "X-Amz-Date read as UTC, and X-Amz-Expires as seconds?"
        )
    if lab.local:
        with lab.at(ends - _SLACK):
            expect(_use(url, method), "the URL has expired before the moment that you name")
        with lab.at(ends + _SLACK):
            refuse(_use(url, method), "the URL still works after the moment that you name.")
    elif abs(left - timedelta(seconds=_MYSTERY_SECONDS)) > timedelta(hours=1):
        raise NotYet("that is not the date plus the seconds in X-Amz-Expires.")
    return f"S3 accepts {method.upper()}, until the moment that you named and not after it."


def pile(lab: Lab) -> dict[str, str]:
    """Seven URLs for GET, by letter: some work now, the others each have one fault."""
    s3, now = lab.client(), time.time()
    for key, body in ((_REPORT, _BODY), (_OTHER, b"Another report")):
        s3.put_object(Bucket=lab.bucket, Key=key, Body=body)
    signer = lab.presigner()
    elsewhere = "us-east-1" if lab.region != "us-east-1" else "eu-west-2"

    def signed(hours_ago: float, expires: int, key: str = _REPORT) -> str:
        return replace(signer, clock=lambda: now - hours_ago * _HOUR).get(key, expires=expires)

    return {
        "a": signed(2, _HOUR),
        "b": signed(6 * 24, _WEEK),
        "c": signed(0, _HOUR, _OTHER),
        "d": signed(-24, _HOUR),
        "e": signed(0.75, _HOUR),
        "f": s3.generate_presigned_url(
            "get_object", {"Bucket": lab.bucket, "Key": _REPORT}, _WEEK + 24 * _HOUR
        ),
        "g": replace(signer, region=elsewhere).get(_REPORT, expires=_HOUR),
    }


@exercise("03", 2)
def check_alive(lab: Lab, urls: Mapping[str, str], alive: object) -> str:
    """Which URLs of a pile fetch the report now."""
    del lab  # the URLs say where they lead
    if not isinstance(urls, Mapping):
        raise NotYet("urls should be what pile(lab) returns; give your own list a different name.")
    many = isinstance(alive, Iterable) and not isinstance(alive, str)
    letters: list[Any] = items(alive) if many else [alive]  # type: ignore[arg-type]
    if not many or not all(isinstance(letter, str) and letter in urls for letter in letters):
        raise NotYet(f'this should be a set of letters from {", ".join(urls)}: {{"a", "b"}}.')
    for letter, url in urls.items():
        answer = send("GET", url)
        works, named = answer.ok and answer.content == _BODY, letter in letters
        said = f"S3 answers {answer.status_code} {error_code(answer)}".rstrip()
        if answer.ok and not works:
            said += ", but with a different file"
        if works and not named:
            raise NotYet(f"{letter} is missing: {said}. When was it signed, and for how long?")
        if named and not works:
            raise NotYet(f"{letter} does not fetch the report: {said}. Compare it part by part.")
    found = " and ".join(sorted(set(letters)))
    return f"{found} fetch the report now, and none of the others does."


def _use(url: str, method: str) -> requests.Response:
    body = b"found out" if method.upper() in ("PUT", "POST") else None
    return send(method.upper(), url, data=body)
