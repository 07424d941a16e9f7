"""What a host name says: which S3, in which style, which bucket and which region.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/dual-stack-endpoints.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html
and https://docs.aws.amazon.com/general/latest/gr/s3.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .words import one_line

Style = Literal["virtual", "path", "custom"]
_AWS = re.compile(r"^(?P<front>.*?)\.?amazonaws\.com(?:\.cn)?$")
_S3 = re.compile(
    r"^(?:(?P<bucket>.+)\.)?(?P<service>s3(?:-fips|-accelerate|-website|-accesspoint"
    r"|-accesspoint-fips|-outposts|-object-lambda|-external-1|express-[a-z0-9-]+)?)"
    r"(?P<dual>\.dualstack)?(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?$"
)
_REGION = re.compile(r"^[a-z]{2}(?:-[a-z]+)+-\d$")
OWN = "a host of its own"
# Services with S3's API under their own names.
_RELATIVES = (
    ("r2.cloudflarestorage.com", "Cloudflare R2"),
    ("r2.dev", "Cloudflare R2"),
    ("digitaloceanspaces.com", "DigitalOcean Spaces"),
    ("backblazeb2.com", "Backblaze B2"),
    ("wasabisys.com", "Wasabi"),
    ("storage.googleapis.com", "Google Cloud Storage"),
    ("scw.cloud", "Scaleway"),
    ("linodeobjects.com", "Akamai (Linode)"),
    ("supabase.co", "Supabase Storage"),
)


@dataclass(frozen=True)
class Host:
    """What a host name says; `bucket` and `region` are "" if it does not name them."""

    name: str
    style: Style
    kind: str
    explanation: str
    bucket: str = ""
    region: str = ""
    aws: bool = False
    warning: str = ""


def read_host(netloc: str) -> Host:
    """Read a URL's host, with its port if it has one."""
    name = one_line(netloc.rpartition("@")[2], 255)
    bare = re.sub(r":\d*$", "", name).lower().rstrip(".")
    if match := _AWS.match(bare):
        return _aws_host(name, match["front"])
    if bare.endswith(".localhost"):
        return Host(
            name,
            "virtual",
            "this computer, virtual-hosted",
            "A local S3; the bucket is the first part of the host name.",
            bare.removesuffix(".localhost"),
        )
    if bare == "localhost" or _is_address(bare):
        return Host(
            name,
            "path",
            "an address, path style",
            "An address, not an AWS host, as local S3s and MinIO have; the bucket is the first "
            "part of the path.",
        )
    if bare.endswith(".cloudfront.net"):
        return Host(
            name,
            "custom",
            "CloudFront",
            "Amazon's delivery network; its name does not say which bucket is behind it.",
            warning="CloudFront forwards either its own host name or the bucket's, so a signature "
            "made for the other one fails. Sign the S3 host, or use CloudFront's own signed URLs.",
        )
    for ending, service in _RELATIVES:
        if bare == ending or bare.endswith(f".{ending}"):
            return _relative(name, service, bare.removesuffix(ending).strip("."))
    return Host(
        name,
        "custom",
        OWN,
        "Not an AWS name: an S3-compatible service, a proxy or your own domain. The host is part "
        "of the signature, so the server must see exactly this name.",
    )


def _relative(name: str, service: str, front: str) -> Host:
    explanation = (
        f"{service}: another service that accepts S3's signatures. This report says what AWS "
        "does; the service may differ in detail."
    )
    style: Style = "custom"
    bucket = ""
    if match := re.fullmatch(r"(?:(?P<bucket>.+)\.)?[0-9a-f]{32}(?:\.(?:eu|fedramp))?", front):
        # R2: ACCOUNT.r2.cloudflarestorage.com, with the bucket before it or in the path.
        bucket = match["bucket"] or ""
        style = "virtual" if bucket else "path"
    return Host(name, style, service, explanation, bucket)


def _aws_host(name: str, front: str) -> Host:
    match = _S3.match(front)
    if not match:
        return Host(
            name,
            "custom",
            "AWS, but not S3",
            "An AWS host that is not one of S3's.",
            aws=True,
            warning=f"{name} is an AWS name but not an S3 endpoint.",
        )
    bucket, region = match["bucket"] or "", match["region"] or ""
    service = match["service"]
    if service == "s3-external-1":
        region = "us-east-1"
    special = {
        "s3-accelerate": "transfer acceleration",
        "s3-fips": "FIPS",
        "s3-website": "website",
        "s3-accesspoint": "access point",
        "s3-accesspoint-fips": "access point",
        "s3-object-lambda": "object lambda",
        "s3-outposts": "outposts",
    }.get(service, "dual-stack (IPv6 too)" if match["dual"] else "")
    if service.startswith("s3express"):
        special = "S3 Express"
    warning = ""
    if not region and service == "s3":
        special = "global"
        warning = (
            "The host does not name a region. For a new bucket outside us-east-1, S3 redirects "
            "such requests (307) for up to a day, and the signature does not cover the host of the "
            'redirected request. Give the client its region and s3={"addressing_style": '
            '"virtual"}.'
        )
    if service == "s3-website":
        warning = "A website endpoint does not accept signatures: use the bucket's S3 host."
    if bucket and "." in bucket:
        warning = (
            f"The bucket {bucket} has dots in its name. Amazon's certificate for https covers only "
            "one label before .s3, so virtual-hosted style fails in browsers. Use path style."
        )
    if _REGION.match(bucket):
        warning = f"{bucket} is a region, but the host has it where the bucket's name should be."
    style: Style = "virtual" if bucket else "path"
    words = (
        "virtual-hosted style (the bucket is the first part of the host name)"
        if bucket
        else "path style (the bucket is the first part of the path)"
    )
    kind = f"{'virtual-hosted' if bucket else 'path'} style{', ' if special else ''}{special}"
    explanation = f"AWS, {words}{f', {special} endpoint' if special else ''}."
    return Host(name, style, kind, explanation, bucket, region, True, warning)


def _is_address(name: str) -> bool:
    return bool(re.fullmatch(r"\d+(?:\.\d+){3}|\[[0-9a-f:.]+\]", name)) or "." not in name
