"""Warnings about a presigned URL: mistakes, surprises, and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ..rules import query_auth, sigv4
from ..rules.limits import GIB, MAX_PUT
from ..rules.public_access import PUBLIC_ACLS
from .hosts import OWN
from .words import duration, shown

if TYPE_CHECKING:
    from ..rules.request import Request
    from .paste import Pasted
    from .url import UrlReport

_BUILT_IN_REGION = "us-east-1"


def warnings_about(
    report: UrlReport, request: Request, pasted: Pasted, now: datetime
) -> tuple[str, ...]:
    """The warnings; first those that make the URL fail."""
    values = {name.lower(): value for name, value in request.query}
    for_reading = pasted.method in ("GET", "HEAD") or _reads_only(values)
    return (
        *_broken(report, request),
        *_where(report, request),
        *_how_long(report, now),
        *_left_open(report, values, for_reading),
        *_sent_by_curl(report, pasted),
    )


def _broken(report: UrlReport, request: Request) -> Iterator[str]:
    if report.version == 4:
        present = {name for name, value in request.query if value}
        missing = [name for name in query_auth.REQUIRED if name not in present]
        lower = {name.lower(): name for name in present}
        respelled = [lower[name.lower()] for name in missing if name.lower() in lower]
        missing = [name for name in missing if name.lower() not in lower]
        if missing:
            yield (
                f"Incomplete: {', '.join(missing)} missing. It was cut off or changed: a shell "
                "cuts at & unless the URL is in quotes. Copy the whole URL again."
            )
        if respelled:
            yield (
                "S3 knows its parameters only in their exact spelling, but this URL has "
                f"{', '.join(map(shown, respelled))}. Something changed the URL to lower case."
            )
        signature = request.parameters.get("X-Amz-Signature", "")
        if signature and not re.fullmatch("[0-9a-f]{64}", signature):
            yield (
                f"The signature has {len(signature)} characters; it must have 64 hexadecimal "
                "digits. The end of the URL was cut off or changed."
            )
        credential = request.parameters.get("X-Amz-Credential", "")
        if credential and "/" not in credential and "%2f" in credential.lower():
            yield (
                "It was percent-encoded twice (%252F instead of %2F). Use a presigned URL exactly "
                "as it was signed."
            )
    if report.access_key.startswith("ASIA") and not _has_token(request):
        yield (
            "A temporary key (ASIA…) without its session token: S3 answers InvalidAccessKeyId. "
            "Sign with all three: key id, secret key and session token."
        )


def _has_token(request: Request) -> bool:
    return any(name.lower() == query_auth.TOKEN.lower() for name, _ in request.query)


def _where(report: UrlReport, request: Request) -> Iterator[str]:
    host = report.host
    if not request.secure and host.style != "path" and host.aws:
        yield "http, not https: anyone on the way can read the URL and use it until it expires."
    elif not request.secure and not _on_this_computer(host.name):
        yield "http, not https: anyone who listens on the way can use the URL until it expires."
    if host.warning and not (host.kind.endswith("global") and report.region == _BUILT_IN_REGION):
        yield host.warning
    if host.region and report.version == 4 and report.region not in ("", host.region):
        yield (
            f"Signed for region {report.region}, but the host is in {host.region}: S3 refuses it. "
            "Give the client the bucket's region."
        )
    if host.style == "path" and host.aws:
        yield (
            "Path style: AWS still supports it, but recommends virtual-hosted style "
            "(addressing_style virtual)."
        )
    if host.name.endswith(".s3.amazonaws.com") and not report.key and "/" not in host.bucket:
        yield "There is no key: the URL names the bucket itself."
    if _on_this_computer(host.name):
        yield (
            "A host on this computer: only programs here can reach it, and many local stand-ins "
            "for S3 accept URLs that AWS refuses. A success here does not prove one on AWS."
        )
    elif host.kind == OWN and not host.warning:
        yield (
            "The host is signed. If a proxy or your own domain is in front of S3, S3 sees another "
            "host and answers SignatureDoesNotMatch: sign the host that S3 will see."
        )


def _on_this_computer(name: str) -> bool:
    bare = re.sub(r":\d*$", "", name).lower()
    return bare in ("localhost", "[::1]") or bare.startswith("127.") or bare.endswith(".localhost")


def _how_long(report: UrlReport, now: datetime) -> Iterator[str]:
    if report.expires is not None and report.expires > sigv4.MAX_EXPIRES:
        yield (
            f"{duration(report.expires)} is more than S3 allows: {sigv4.MAX_EXPIRES:,} seconds "
            "(7 days). boto3 "
            "signs it without a warning; S3 refuses it every time."
        )
    elif report.expires is not None and report.expires <= 0:
        yield "It had expired when it was signed: ExpiresIn must be greater than 0."
    if report.temporary and report.expires is not None and report.expires > 3600:
        yield (
            f"It promises {duration(report.expires)}, but was signed with a temporary key: it ends "
            "with the session, often after 1 hour (ExpiredToken)."
        )
    if report.ends and now <= report.ends:
        yield (
            "It works until it expires, for anyone who has it, any number of times. To revoke it, "
            "deactivate the key or deny its owner the action."
        )


def _left_open(report: UrlReport, values: dict[str, str], for_reading: bool) -> Iterator[str]:
    if report.version == 2:
        yield (
            "Signature Version 2: buckets made since June 2020 and newer regions refuse it ("
            '"Please use AWS4-HMAC-SHA256"). Sign with Config(signature_version="s3v4") and a '
            "region. Its lifetime has no limit, and size and conditions cannot be signed."
        )
        if "content-type" not in values and not for_reading:
            yield (
                "If it is for PUT: Version 2 signs the Content-Type, even if there is none. A "
                "client that adds one gets 403 SignatureDoesNotMatch."
            )
    elif not for_reading and report.send:
        if "content-type" not in report.send:
            yield (
                "If it is for PUT: content-type is not signed, so the uploader can label the "
                "object with any type, even text/html. boto3 signs it with ContentType=…, the "
                'JavaScript SDK v3 only with signableHeaders: new Set(["content-type"]).'
            )
        if "content-length" not in report.send:
            yield (
                f"If it is for PUT: the size is not limited, up to S3's {MAX_PUT // GIB} GiB. You "
                "can sign an exact size (ContentLength=…), and a range only in a POST form."
            )
    for name in ("x-amz-acl", "acl"):
        if values.get(name) in PUBLIC_ACLS:
            yield (
                f"It makes the object public ({name}={values[name]}). New buckets refuse ACLs; in "
                "one that does not, anyone can read the object for ever."
            )
    if "x-amz-acl" in report.send:
        yield (
            "An ACL is signed. New buckets refuse ACLs (AccessControlListNotSupported); in others, "
            "public-read opens the object to everybody. Leave it out."
        )
    if checksum := next((n for n in values if n.startswith("x-amz-checksum-crc")), ""):
        yield _checksum_warning(checksum, values[checksum])


def _checksum_warning(name: str, value: str) -> str:
    if value == "AAAAAA==":
        return (
            f"{name}=AAAAAA== is the checksum of nothing, which the JavaScript SDK v3 adds to the "
            "URL of an upload. AWS ignores it there; R2, Garage and others compare it with the "
            'file and refuse. Sign with requestChecksumCalculation: "WHEN_REQUIRED".'
        )
    return f"{name} is in the query: it is signed, but AWS compares only checksums in headers."


def _reads_only(values: dict[str, str]) -> bool:
    operation = values.get("x-id", "")
    reading = operation.startswith(("Get", "Head", "List"))
    return reading or any(name.startswith("response-") for name in values)


def _sent_by_curl(report: UrlReport, pasted: Pasted) -> Iterator[str]:
    if not pasted.method:
        return
    sent = dict(pasted.headers)
    yield f"The command sends {shown(pasted.method)}: the URL must have been signed for that."
    for name in report.send:
        if name not in ("host", "content-length") and name not in sent:
            yield f"{name} is signed, but the command does not send it: SignatureDoesNotMatch."
    unsigned = [n for n in sent if n.startswith("x-amz-") and n not in report.send]
    if unsigned and report.version == 4:
        yield f"The command sends {', '.join(map(shown, unsigned))}, which is not signed: 403."
