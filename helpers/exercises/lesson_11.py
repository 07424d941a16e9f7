"""Lesson 11, sign at scale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from hmac import compare_digest
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore.exceptions import ClientError, ParamValidationError

from helpers.errors import NotYet, short
from helpers.exercises.checking import (
    ENDS,
    exercise,
    expect,
    expires,
    items,
    presigned_url,
    raised,
    send,
    variation,
)
from helpers.lab import Lab
from strict_s3 import PresignError
from strict_s3.rules.sigv4 import parse_amz_date

_COUNT = 1000
_STORED = (0, 499, 999)
_KEY = "lesson-11/finish.mp4"
_SLACK = 10  # seconds by which a lifetime may differ from the one asked for


def _key(number: int) -> str:
    return f"lesson-11/gallery/{number:04}.jpg"


@variation
def try_five_minutes(lab: Lab, five: Iterable[object]) -> str:
    """The links of the lesson's photos, for five minutes instead of fifteen."""
    links = _links(five)
    keys = [f"lesson-11/photos/{number:06}.jpg" for number in range(len(links))]
    if not links:
        raise NotYet("there are no links.")
    _check_all(lab, links, keys, 300)
    expires(lab, 300, lambda: send("GET", links[0]))
    return f"{len(links)} links, and the local S3 refuses them after five minutes."


@exercise("11", 1)
def check_gallery(lab: Lab, gallery: Iterable[object]) -> str:
    """1,000 links, in order, for ten minutes, each to be saved."""
    links = _links(gallery)
    if len(links) != _COUNT:
        hint = "" if links else " A generator yields its URLs only once: make it again."
        raise NotYet(f"there are {len(links)} links and not {_COUNT}.{hint}")
    s3 = lab.client()
    for number in _STORED:
        s3.put_object(Bucket=lab.bucket, Key=_key(number), Body=b"photo %d" % number)
    _check_all(lab, links, [_key(number) for number in range(_COUNT)], 600)
    for number, link in enumerate(links):
        _is_saved(dict(parse_qsl(urlsplit(link).query)), number)
    for number in _STORED:
        _check_link(lab, links[number], number)
    return f"{_COUNT} links, each with its signature, for ten minutes, each to be saved."


def _links(value: object) -> list[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise NotYet(f"this should be URLs, in a list or a generator, not {short(value)}.")
    links = [presigned_url(link) for link in items(value)]
    for number, link in enumerate(links):
        try:
            urlsplit(link)
        except ValueError as problem:
            raise NotYet(f"link {number} can't be read as a URL: {problem}.") from None
    return links


def _check_all(lab: Lab, links: list[str], keys: list[str], seconds: int) -> None:
    """`NotYet` about the first link with another key, another lifetime or a wrong signature."""
    for number, (link, key) in enumerate(zip(links, keys, strict=True)):
        path, query = unquote(urlsplit(link).path), dict(parse_qsl(urlsplit(link).query))
        if not path.endswith(f"/{key}"):
            raise NotYet(f"link {number} is for {path!r}, and should be for {key!r}.")
        lifetime = query.get("X-Amz-Expires", "")
        if not lifetime.isdecimal() or abs(int(lifetime) - seconds) > _SLACK:
            raise NotYet(
                f"link {number} is signed for {lifetime or 'no'} seconds, and should be for "
                f"{seconds} (expires, or boto3's ExpiresIn, is in seconds)."
            )
        if not _as_signed(lab, key, query):  # S3 has the last word, and the reason
            answer = send("GET", link)
            if answer.status_code != 404:
                expect(answer, f"link {number} isn't signed right", lab=lab)


def _as_signed(lab: Lab, key: str, query: dict[str, str]) -> bool:
    """True if the signature is the one that the lab's key makes of these parameters."""
    try:
        moment = parse_amz_date(query["X-Amz-Date"]).timestamp()
    except (KeyError, ValueError):
        return False
    own = {name: value for name, value in query.items() if not name.startswith("X-Amz-")}
    signer = replace(lab.presigner(), clock=lambda: moment)
    try:
        url = signer.get(key, expires=int(query["X-Amz-Expires"]), query=own)
    except PresignError:
        return False
    right = dict(parse_qsl(urlsplit(url).query))["X-Amz-Signature"]
    return compare_digest(right.encode(), query.get("X-Amz-Signature", "").encode())


def _is_saved(query: dict[str, str], number: int) -> None:
    disposition = query.get("response-content-disposition", "")
    if disposition.partition(";")[0].strip().lower() != "attachment":
        raise NotYet(
            f"a browser would show photo {number}: the link asks for Content-Disposition: "
            f"{disposition or '(none)'}. Sign response-content-disposition with the value "
            "attachment, as a parameter in query."
        )


def _check_link(lab: Lab, link: str, number: int) -> None:
    answer = send("GET", link)
    expect(answer, f"link {number} should work now", lab=lab)
    if answer.content != b"photo %d" % number:
        raise NotYet(f"link {number} returns a different object.")
    expires(lab, 600, lambda: send("GET", link))


@exercise("11", 2)
def check_finish(lab: Lab, finish: Callable[[str], Any], parts: list[bytes]) -> str:
    """A function that resumes an upload whose second part has arrived."""
    if not callable(finish):
        raise NotYet(f"finish should be a function that takes the upload id, not {short(finish)}.")
    s3, at = lab.client(), {"Bucket": lab.bucket, "Key": _KEY}
    s3.delete_object(**at)
    upload_id = s3.create_multipart_upload(**at)["UploadId"]
    try:
        s3.upload_part(**at, UploadId=upload_id, PartNumber=2, Body=parts[1])
        # A request of our own, so that those that follow can be told from those before.
        marker = f"{_KEY}-{upload_id}"
        send("HEAD", lab.presigner().get(marker))
        _call(finish, upload_id)
        _check_object(s3, at, parts)
        if lab.local:
            _check_requests(lab, marker)
    finally:
        found = s3.list_multipart_uploads(Bucket=lab.bucket, Prefix=_KEY)
        for unfinished in found.get("Uploads", ()):
            s3.abort_multipart_upload(**at, UploadId=unfinished["UploadId"])
    if not lab.local:
        return "the object has the film's three parts. (Only the local S3 says how they came.)"
    return "the film is complete, and S3 got parts 1 and 3 by presigned URLs, each once."


def _call(finish: Callable[[str], Any], upload_id: str) -> None:
    try:
        finish(upload_id)
    except ParamValidationError as problem:
        first = str(problem).partition("\n")[2].partition("\n")[0].partition(", must")[0]
        raise NotYet(
            f"boto3 does not send this: {first}. In the list of complete_multipart_upload each "
            "part has its PartNumber and ETag; what list_parts returns has more."
        ) from None
    except ENDS as problem:
        raise NotYet(f"finish ended with {raised(problem)}") from None


def _check_object(s3: Any, at: dict[str, str], parts: list[bytes]) -> None:
    try:
        got = s3.get_object(**at)
    except ClientError:
        raise NotYet(
            "there is no object yet. Parts become one with complete_multipart_upload, which "
            "lists the number and the ETag of each; list_parts knows that of part 2."
        ) from None
    if got["Body"].read() != b"".join(parts):
        raise NotYet(
            f"the object has {got['ContentLength']:,} bytes and is not the film, which has "
            f"{sum(map(len, parts)):,}. All three parts belong in the list, each with its bytes."
        )
    if not got["ETag"].strip('"').endswith(f"-{len(parts)}"):
        raise NotYet(
            f"the object is there, but its ETag {got['ETag']} does not end in -{len(parts)}: it "
            "was not completed from the three parts. Use the upload whose id finish is given."
        )


def _check_requests(lab: Lab, marker: str) -> None:
    """What went to S3 since the marker, by the local S3's decisions."""
    sent: list[dict[str, Any]] = []
    for decision in lab.decisions(100):
        if decision["path"].endswith(marker):
            sent.clear()
        elif decision["action"] == "UploadPart" and decision["path"].endswith(_KEY):
            sent += [decision] if decision["status"] == 200 else []
    by_url = [d for d in sent if any(name == "expires" for name, _, _ in d["checks"])]
    if len(sent) != 2:
        raise NotYet(
            f"{len(sent)} parts were sent. Part 2 is there already: send parts 1 and 3, each "
            "once, to the upload whose id finish is given."
        )
    if len(by_url) < len(sent):
        raise NotYet(
            "a part was sent with the key. Send it by a presigned URL (upload_part with "
            "UploadId and PartNumber), as an uploader without a key would."
        )
