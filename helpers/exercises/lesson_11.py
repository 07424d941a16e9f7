"""Lesson 11, sign at scale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, expires, presigned_url, send
from helpers.lab import Lab
from strict_s3.redact import redact

_COUNT = 1000
_STORED = (0, 499, 999)
_KEY = "lesson-11/finish.mp4"


def _key(number: int) -> str:
    return f"lesson-11/gallery/{number:04}.jpg"


@exercise("11", 1)
def check_gallery(lab: Lab, gallery: Iterable[object]) -> str:
    """1,000 links, in order, for ten minutes, each to be saved."""
    if isinstance(gallery, str) or not isinstance(gallery, Iterable):
        raise NotYet(f"this should be {_COUNT} URLs, in a list or a generator, not {gallery!r:.60}")
    links = [presigned_url(link) for link in gallery]
    if len(links) != _COUNT:
        hint = "" if links else " A generator gives its URLs only once: make it again."
        raise NotYet(f"there are {len(links)} links and not {_COUNT}.{hint}")
    for number, link in enumerate(links):
        path = unquote(urlsplit(link).path)
        if not path.endswith(f"/{_key(number)}"):
            raise NotYet(f"link {number} is for {path!r}, and should be for {_key(number)!r}.")
    s3 = lab.client()
    for number in _STORED:
        s3.put_object(Bucket=lab.bucket, Key=_key(number), Body=b"photo %d" % number)
    for number in _STORED:
        _check_link(lab, links[number], number)
    # Not stored: only a link that is rightly signed gets as far as "not found".
    expect(send("GET", links[500]), "Link 500 is not rightly signed", 404)
    return f"{_COUNT} links, for ten minutes and not longer, each to be saved."


def _check_link(lab: Lab, link: str, number: int) -> None:
    answer = send("GET", link)
    expect(answer, f"Link {number} should work now")
    if answer.content != b"photo %d" % number:
        raise NotYet(f"link {number} gives another object.")
    disposition = answer.headers.get("content-disposition", "")
    if not disposition.lower().startswith("attachment"):
        raise NotYet(
            f"a browser would show photo {number}: S3 sent Content-Disposition: "
            f"{disposition or '(none)'}. Sign response-content-disposition with the value "
            "attachment, as a parameter in query."
        )
    expires(lab, 600, lambda: send("GET", link))


@exercise("11", 2)
def check_finish(lab: Lab, finish: Callable[[str], Any], parts: list[bytes]) -> str:
    """A function that goes on with an upload whose second part has arrived."""
    if not callable(finish):
        raise NotYet(f"finish should be a function that takes the upload id, not {finish!r:.60}.")
    s3, at = lab.client(), {"Bucket": lab.bucket, "Key": _KEY}
    s3.delete_object(**at)
    upload_id = s3.create_multipart_upload(**at)["UploadId"]
    try:
        s3.upload_part(**at, UploadId=upload_id, PartNumber=2, Body=parts[1])
        # A request of our own, so that those that follow can be told from those before.
        marker = f"{_KEY}-{upload_id}"
        send("HEAD", lab.presigner().get(marker))
        _call(finish, upload_id)
        if lab.local:
            _check_requests(lab, marker)
        _check_object(s3, at, parts)
    finally:
        found = s3.list_multipart_uploads(Bucket=lab.bucket, Prefix=_KEY)
        for unfinished in found.get("Uploads", ()):
            s3.abort_multipart_upload(**at, UploadId=unfinished["UploadId"])
    return "the film is whole, part 2 was sent once, and the others went by presigned URLs."


def _call(finish: Callable[[str], Any], upload_id: str) -> None:
    try:
        finish(upload_id)
    except Exception as problem:
        raise NotYet(
            f"finish ended with {type(problem).__name__}: {redact(str(problem))}"
        ) from None


def _check_requests(lab: Lab, marker: str) -> None:
    """What went to S3 since the marker, by the local S3's decisions."""
    sent: list[dict[str, Any]] = []
    for decision in lab.decisions(100):
        if decision["path"].endswith(marker):
            sent.clear()
        elif decision["action"] == "UploadPart" and decision["path"].endswith(_KEY):
            sent += [decision] if decision["status"] == 200 else []
    by_url = [d for d in sent if any(name == "expires" for name, _, _ in d["checks"])]
    if len(sent) > 2:
        raise NotYet(
            f"{len(sent)} parts were sent. Part 2 is there already: send parts 1 and 3 alone, to "
            "the upload whose id finish is given."
        )
    if len(by_url) < len(sent):
        raise NotYet(
            "a part was sent with the key. Send it by a presigned URL (upload_part with "
            "UploadId and PartNumber), as an uploader without a key would."
        )


def _check_object(s3: Any, at: dict[str, str], parts: list[bytes]) -> None:
    try:
        got = s3.get_object(**at)["Body"].read()
    except ClientError:
        raise NotYet(
            "there is no object yet. Parts become one with complete_multipart_upload, which "
            "lists the number and the ETag of each; list_parts knows that of part 2."
        ) from None
    if got != b"".join(parts):
        raise NotYet(
            f"the object has {len(got):,} bytes and is not the film, which has "
            f"{sum(map(len, parts)):,}. All three parts belong in the list, each with its bytes."
        )
