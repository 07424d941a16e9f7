"""What a host name says: whose it is, in which style, which bucket and which region.

`aws_hosts` knows AWS's names, `services` those of others; this puts them into words.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from .aws_hosts import AwsHost, partition_of, read_aws_host
from .services import Found, Service, find_service
from .words import one_line

Style = Literal["virtual", "path", "custom"]
OWN = "a host of its own"
_WEBSITE = "A website endpoint does not accept signatures: use the bucket's S3 host."
_GLOBAL = (
    "The host does not name a region. For a new bucket outside us-east-1, S3 redirects such "
    "requests (307) for up to a day, and the signature does not cover the host of the redirected "
    'request. Give the client its region and s3={"addressing_style": "virtual"}.'
)


@dataclass(frozen=True)
class Host:
    """What a host name says; `bucket` and `region` are "" if it does not name them.

    `signs` is the service that a signature has to name, `service` the entry of an S3-compatible
    service. `faults` make every request fail, `warning` is worth knowing. `place` is where the
    host can be reached: "" everywhere, else "computer", "container" or "network".
    """

    name: str
    style: Style
    kind: str
    explanation: str
    bucket: str = ""
    region: str = ""
    aws: bool = False
    warning: str = ""
    faults: tuple[str, ...] = ()
    signs: str = "s3"
    service: Service | None = None
    place: str = ""


def read_host(netloc: str) -> Host:
    """Read a URL's host, with its port if it has one."""
    name = one_line(netloc.rpartition("@")[2], 255)
    bare = re.sub(r":\d*$", "", name).lower().rstrip(".")
    if aws := read_aws_host(bare):
        return _aws(name, aws)
    if found := find_service(bare):
        return _relative(name, found)
    if bare.endswith(".cloudfront.net"):
        return Host(
            name,
            "custom",
            "CloudFront",
            "Amazon's delivery network; its name does not say which bucket is behind it.",
            warning="CloudFront forwards either its own host name or the bucket's, so a signature "
            "made for the other one fails. Sign the S3 host, or use CloudFront's own signed URLs.",
        )
    if re.search(r"(?:^|\.)console\.(?:aws\.amazon\.com|amazonaws\.cn|aws\.eu)$", bare):
        fault = (
            f"{name} is the AWS console's own page, not the object: it needs a login there. Use a "
            "presigned URL (in the console: Share with a presigned URL)."
        )
        return Host(name, "custom", "AWS console", "The AWS console.", aws=True, faults=(fault,))
    if bare.endswith(".r2.dev"):
        public = (
            "r2.dev is R2's public address, which accepts no signatures: sign for the account's."
        )
        return Host(name, "custom", "Cloudflare R2", "R2's public address.", faults=(public,))
    return _own(name, bare)


def _own(name: str, bare: str) -> Host:
    """Hosts that no table has: this computer's, addresses, names of a network, domains."""
    place = _place(bare)
    if bare.endswith(".localhost"):
        return Host(
            name,
            "virtual",
            "this computer, virtual-hosted",
            "A local S3; the bucket is the first part of the host name.",
            bare.removesuffix(".localhost"),
            place=place,
        )
    if place:
        return Host(
            name,
            "path",
            "an address, path style",
            "An address, not an AWS host, as local S3s and MinIO have; the bucket is the first "
            "part of the path.",
            place=place,
        )
    if _is_address(bare):
        return Host(name, "path", "an address, path style", "An address; the bucket is the first "
                    "part of the path.")  # fmt: skip
    typo = get_close_matches(".".join(bare.split(".")[-2:]), ("amazonaws.com",), cutoff=0.85)
    return Host(
        name,
        "custom",
        OWN,
        "Not an AWS name: an S3-compatible service, a proxy or your own domain. The host is part "
        "of the signature, so the server must see exactly this name.",
        warning=f"{name} looks like AWS's {typo[0]}, misspelled." if typo else "",
    )


def _place(bare: str) -> str:
    """Where a name or address can be reached; "" if everywhere."""
    if bare == "localhost" or bare.endswith(".localhost"):
        return "computer"
    try:
        address = ipaddress.ip_address(bare.strip("[]"))
    except ValueError:
        if "." not in bare:
            return "container"
        inner = (
            ".local",
            ".internal",
            ".lan",
            ".svc",
            ".cluster.local",
            ".home",
            ".corp",
            ".intranet",
        )
        return "network" if bare.endswith(inner) else ""
    if address.is_loopback:
        return "computer"
    return "network" if address.is_private or address.is_link_local else ""


def _is_address(name: str) -> bool:
    return bool(re.fullmatch(r"\d+(?:\.\d+){3}|\[[0-9a-f:.]+\]", name))


def _relative(name: str, found: Found) -> Host:
    service, bucket, region = found
    local = service.name == "LocalStack"
    style: Style = "virtual" if bucket else "path"
    where = f"; the bucket is the first part of the {'host name' if bucket else 'path'}"
    explanation = (
        f"{service.name}: another service that accepts S3's signatures{where}. This report says "
        "what AWS does; the service may differ in detail."
    )
    return Host(
        name,
        style,
        service.name,
        explanation,
        bucket,
        region,
        warning=service.note,
        service=service,
        place="computer" if local else "",
    )


def _aws(name: str, host: AwsHost) -> Host:
    if not host.known:
        fault = f"{name} is an AWS name but not an S3 endpoint."
        return Host(
            name,
            "custom",
            "AWS, but not S3",
            "An AWS host that is not one of S3's.",
            aws=True,
            faults=(fault,),
        )
    style: Style = "virtual" if host.bucket else "path"
    words = (
        "virtual-hosted style (the bucket is the first part of the host name)"
        if host.bucket
        else "path style (the bucket is the first part of the path)"
    )
    if host.kind in ("access point", "object lambda", "outposts", "multi-region access point"):
        words = "the access point is the first part of the host name, in the bucket's place"
    kind = f"{'virtual-hosted' if host.bucket else 'path'} style"
    kind += f", {host.kind}" if host.kind else ""
    explanation = f"AWS, {words}{f', {host.kind} endpoint' if host.kind else ''}."
    if host.partition.name != "aws":
        explanation += f" Partition {host.partition.name}, with accounts of its own."
    return Host(
        name,
        style,
        kind,
        explanation,
        host.bucket,
        host.region,
        True,
        _warning(host),
        tuple(_faults(name, host)),
        host.service,
    )


def _warning(host: AwsHost) -> str:
    if host.kind == "global":
        return _GLOBAL
    if host.kind == "transfer acceleration":
        return (
            "This host works only if Transfer Acceleration is enabled on the bucket; otherwise S3 "
            "answers 400 (Transfer Acceleration is not configured on this bucket)."
        )
    if host.kind == "interface endpoint (VPC)":
        return "An interface endpoint can be reached only from its VPC and networks joined with it."
    if host.region and partition_of(host.region) is None:
        return f"{host.region} is not a region that botocore knows: is it spelled right?"
    return ""


def _faults(name: str, host: AwsHost) -> Iterator[str]:
    if host.kind == "website":
        yield _WEBSITE
    own = partition_of(host.region)
    if own and own.suffix != host.partition.suffix:
        yield (
            f"Hosts of {host.region} end in .{own.suffix}, not in .{host.partition.suffix}: this "
            "name does not exist."
        )
    if host.kind == "global" and partition_of(host.bucket):
        yield f"{host.bucket} is a region, but the host has it where the bucket's name should be."
    plain = host.kind in ("", "global", "FIPS", "dual-stack (IPv6 too)", "transfer acceleration")
    if host.bucket and "." in host.bucket and plain:
        yield (
            f"The bucket {host.bucket} has dots in its name. Amazon's certificate for https covers "
            "only one label before .s3, so virtual-hosted style fails in browsers. Use path style."
        )
    label = name[: len(host.bucket)]
    if plain and host.bucket and re.search("[A-Z_]", label):
        yield (
            f"{label} has capitals or underscores: a host name has no capitals (browsers write "
            "them small) and S3 creates no such buckets. An old bucket of that name needs path "
            "style, any other gets NoSuchBucket."
        )
