"""Does the request around a presigned URL fit it? What a command or a program sends, compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .sent import FORM, MULTIPART
from .verdict import Finding, fault, note
from .words import is_secret, shown

if TYPE_CHECKING:
    from .pasted import Pasted
    from .url import UrlReport

# Sub-resources with which an object can be sent a POST.
_OF_POST = {"uploads", "uploadid", "select", "restore", "delete"}
# Headers that every client sends by itself.
_AUTOMATIC = ("host", "content-length")
_METHODS = {"GetObject": "GET", "PutObject": "PUT", "HeadObject": "HEAD", "DeleteObject": "DELETE",
            "UploadPart": "PUT", "CreateMultipartUpload": "POST", "CompleteMultipartUpload": "POST",
            "AbortMultipartUpload": "DELETE", "ListObjectsV2": "GET", "ListObjects": "GET",
            "CopyObject": "PUT", "ListParts": "GET"}  # fmt: skip


def about_sent(report: UrlReport, values: dict[str, str], pasted: Pasted) -> Iterator[Finding]:
    """What goes wrong with this request, and what may."""
    sent = pasted.sent
    if not sent.method:
        return
    for problem in sent.problems:
        yield fault(problem) if "501" in problem else note(problem)
    by = f"The {sent.by}"
    does = "was" if sent.raw else "sends"
    operation = values.get("x-id", "")
    meant = _METHODS.get(operation, "")
    if meant and meant != sent.method:
        yield fault(
            f"{by} {does} {shown(sent.method)}, but the URL was signed for {operation} (x-id), "
            f"which is {meant}: S3 answers 403 SignatureDoesNotMatch.",
            fix=f"Send {meant}, or sign a URL for {sent.method}.",
        )
    elif sent.method == "POST" and _OF_POST.isdisjoint(values):
        yield fault(
            f"{by} {does} POST, and no presigned URL for an object is for POST.",
            "A form (POST) is signed by the policy in its fields, not by the URL's query.",
            "Send PUT with the file as the body, or make a form with generate_presigned_post.",
        )
    else:
        yield note(f"{by} {does} {shown(sent.method)}: the URL must have been signed for that.")
    if sent.status:
        yield note(f"The answer was {sent.status}.")
    yield from _headers(report, pasted)


def _upper(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _headers(report: UrlReport, pasted: Pasted) -> Iterator[Finding]:
    sent = pasted.sent
    headers = sent.header_map
    the = f"the {sent.by.partition(' (')[0]}"
    if "authorization" in headers:
        yield fault(
            f"{_upper(the)} sends an Authorization header beside the URL's own signature: S3 "
            "answers 400 InvalidArgument (Only one auth mechanism allowed).",
            fix="Send no Authorization header with a presigned URL.",
        )
    host = headers.get("host", "").lower()
    asked = urlsplit(pasted.url).netloc.lower().removesuffix(":443").removesuffix(":80")
    if host and host.removesuffix(":443").removesuffix(":80") != asked and not sent.raw:
        yield fault(
            f"{_upper(the)} sends the header Host: {shown(host, 255)}, and the URL is signed for "
            f"{shown(asked, 255)}: S3 answers 403 SignatureDoesNotMatch.",
            fix="Send no Host header of your own, or sign the URL for that host.",
        )
    for name in report.send:
        if name in _AUTOMATIC or name in headers:
            continue
        if name == "content-type" and sent.by.startswith("code"):
            yield note(
                "content-type is signed, and the code does not set it: then the client sends its "
                "own (fetch the file's type, urllib application/x-www-form-urlencoded) or none. "
                "Set exactly the signed value."
            )
            continue
        short = the if sent.by != "curl command" else "the command"
        yield fault(
            f"{name} is signed, but {short} does not send it: SignatureDoesNotMatch.",
            fix=f"Send {name} with exactly the signed value.",
        )
    unsigned = (
        ["content-md5"] if "content-md5" in headers and "content-md5" not in report.send else []
    )
    unsigned += [n for n in headers if n.startswith("x-amz-") and n not in report.send
                and n != "x-amz-content-sha256"]  # fmt: skip
    if unsigned and report.version == 4:
        names = ", ".join(map(shown, unsigned))
        yield fault(
            f"{_upper(the)} sends {names}, which is not signed: 403 AccessDenied (There were "
            "headers present in the request which were not signed).",
            fix="Leave it out, or give its value when signing.",
        )
    yield from _content_type(report, headers.get("content-type", ""), the, sent.method)


def _content_type(report: UrlReport, kind: str, the: str, method: str) -> Iterator[Finding]:
    if not kind:
        return
    what = "…" if is_secret(kind) else shown(kind, 100)
    if report.version == 2:
        yield note(
            f"{_upper(the)} sends content-type {what}, and Version 2 signs the Content-Type: it "
            "fits only if exactly that was signed, otherwise S3 answers 403 SignatureDoesNotMatch."
        )
    elif "content-type" in report.send:
        yield note(
            f"{_upper(the)} sends content-type {what}, and content-type is signed: it fits only if "
            "exactly that was signed, otherwise S3 answers 403 SignatureDoesNotMatch."
        )
    elif method == "PUT" and not kind.startswith((FORM, MULTIPART)):
        yield note(f"{_upper(the)} sends content-type {what}, which is not signed: S3 stores it.")
    if method == "PUT" and kind.startswith(MULTIPART) and "boundary" in kind:
        yield fault(
            "The body is a form (multipart/form-data): S3 would store its boundary lines, not the "
            "file.",
            fix="Send the file itself as the body: fetch(url, {method: 'PUT', body: file}), data= "
            "in requests, -T in curl.",
        )
    elif method == "PUT" and kind.startswith(MULTIPART):
        yield note(
            "That is the type of a form. If the body is one, S3 stores its boundary lines, not the "
            "file: send the file itself."
        )
    elif method == "PUT" and kind.startswith(FORM) and "content-type" not in report.send:
        yield note(
            f"{_upper(the)} adds the content type {FORM} by itself: set the file's own type."
        )
