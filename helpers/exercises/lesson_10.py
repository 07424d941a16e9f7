"""Lesson 10, sign by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import requests
from botocore.exceptions import ClientError

from helpers.errors import NotYet
from helpers.exercises.checking import (
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
from strict_s3.explainer import read_error

HAND_MADE = "lesson-10/R&D + more.txt"
_ADDED = "x-id=PutObject"


def canonical_request(refused: requests.Response) -> str:
    """The request as S3 wrote it down. Raises `NotYet` for an S3 that keeps it to itself."""
    seen = read_error(refused.content or b"").fields.get("CanonicalRequest")
    if not seen:
        raise NotYet(
            "this S3 doesn't tell the canonical request, as AWS and the local S3 do. Rename .env "
            "and restart the kernel to use the local S3."
        )
    return seen


def quarrel(lab: Lab) -> tuple[str, requests.Response]:
    """The canonical request of an upload as a colleague signed it, and S3's refusal."""
    params = {"Bucket": lab.bucket, "Key": "lesson-10/photo.png", "ContentType": "image/png"}
    url = lab.client().generate_presigned_url("put_object", params)
    sent = {"Content-Type": "image/jpeg"}
    refused = send("PUT", f"{url}&{_ADDED}", data=b"a photo", headers=sent)
    received = canonical_request(refused)
    signed = received.replace(f"&{_ADDED}", "").replace("image/jpeg", "image/png")
    return signed, refused


@exercise("10", 1)
def check_lines(lab: Lab, signed: str, refused: requests.Response, lines: object) -> str:
    """The lines in which two canonical requests differ, as pairs."""
    del lab  # both texts are here
    given = isinstance(signed, str) and isinstance(refused, requests.Response)
    received = canonical_request(refused).splitlines() if given else []
    if not given or len(signed.splitlines()) != len(received):
        raise NotYet(
            "the check needs what quarrel(lab) returned, as it is: a text and a response. Give "
            "what you make of them different names."
        )
    pairs = list(zip(signed.splitlines(), received, strict=True))
    if isinstance(lines, Mapping):
        lines = lines.items()
    found: list[Any] = items(lines) if isinstance(lines, Iterable) else [lines]
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in found):
        raise NotYet("this should be a list of pairs: [(line that was signed, line received), …].")
    answer = [tuple(pair) for pair in found]
    if any("&amp;" in str(line) for pair in answer for line in pair):
        raise NotYet("S3 received no &amp;: that is how XML writes &. html.unescape undoes it.")
    for pair in answer:
        if pair[0] == pair[1]:
            raise NotYet(
                f"a pair has the same line twice: {pair[0]!r:.60}. Only those that differ."
            )
        if pair[::-1] in pairs:
            raise NotYet("a pair is the wrong way round: first what was signed, then what arrived.")
        if pair not in pairs:
            raise NotYet(
                f"{pair[0]!r:.60} is not a whole line of `signed`, with the line in the same "
                "place of S3's CanonicalRequest. Did you use splitlines() on both?"
            )
    for number, (mine, theirs) in enumerate(pairs, 1):
        if mine != theirs and (mine, theirs) not in answer:
            raise NotYet(f"one more line differs: line {number} of {len(pairs)}.")
    return (
        "these lines differ, and no others: a different type was sent, and a parameter was added."
    )


@variation
def try_reading(lab: Lab, url: object) -> str:
    """A URL made by hand that reads the report."""
    answer = send("GET", presigned_url(url))
    expect(answer, "GET should read the report", lab=lab)
    return f"it reads {answer.text!r:.40}."


@exercise("10", 2)
def check_by_hand(lab: Lab, url: object) -> str:
    """A URL that stores ``R&D + more.txt``, for ninety seconds."""
    text = presigned_url(url)
    s3, where = lab.client(), {"Bucket": lab.bucket, "Key": HAND_MADE}
    s3.delete_object(**where)
    answer, what = send("PUT", text, data=b"by hand"), "PUT should work now"
    seen = read_error(answer.content).fields.get("CanonicalRequest", "").splitlines()
    if seen:
        what += f". S3's canonical request begins {' | '.join(seen[:2])}: compare it with yours"
    expect(answer, what, lab=lab)
    try:
        s3.head_object(**where)
    except ClientError:
        raise NotYet(
            f"S3 stored the file, but not under {HAND_MADE!r}. The path is encoded once, by "
            "presign: give it the plain key."
        ) from None
    refuse(send("GET", text), "the URL also reads. The first line that you sign should be PUT.")
    expires(lab, 90, lambda: send("PUT", text, data=b"by hand"))
    return f"with it S3 stores {HAND_MADE!r} for 90 seconds. (S3 can't tell how it was signed.)"
