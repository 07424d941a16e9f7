"""The host names of Amazon S3, in every partition, and which service a signature for them names.

Partitions and regions are botocore's. Sources of the forms:
https://docs.aws.amazon.com/general/latest/gr/s3.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/dual-stack-endpoints.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html
and https://docs.aws.amazon.com/AmazonS3/latest/userguide/privatelink-interface-endpoints.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from botocore.loaders import create_loader

_REGION = r"[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}"


class Partition(NamedTuple):
    """A part of AWS with accounts of its own: its name, endings of hosts, regions."""

    name: str
    suffix: str
    dualstack_suffix: str
    regions: frozenset[str]


@lru_cache(maxsize=1)
def partitions() -> tuple[Partition, ...]:
    """botocore's partitions; the longest endings first, as amazonaws.com is in amazonaws.com.cn."""
    found = [
        Partition(
            each["id"],
            each["outputs"]["dnsSuffix"],
            each["outputs"]["dualStackDnsSuffix"],
            frozenset(name for name in each["regions"] if "global" not in name),
        )
        for each in create_loader().load_data("partitions")["partitions"]
    ]
    return tuple(sorted(found, key=lambda each: -len(each.suffix)))


def partition_of(region: str) -> Partition | None:
    """The partition of a region; None for a region that botocore does not know."""
    return next((each for each in partitions() if region in each.regions), None)


@dataclass(frozen=True)
class AwsHost:
    """What an AWS host name says. `kind` is "" for a plain S3 host, `service` what is signed for.

    `partition` is the one of the name's ending. `known` is False for an AWS host that isn't S3's.
    """

    kind: str
    bucket: str
    region: str
    partition: Partition
    service: str = "s3"
    known: bool = True


class _Form(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    service: str = "s3"


def _form(kind: str, pattern: str, service: str = "s3") -> _Form:
    pattern = pattern.replace("BUCKET", r"(?:(?P<bucket>.+)\.)?")
    pattern = pattern.replace("NAME", r"(?P<bucket>.+)\.")
    return _Form(kind, re.compile(pattern.replace("REGION", rf"(?P<region>{_REGION})")), service)


_FORMS = (
    _form("multi-region access point", r"NAMEaccesspoint\.s3-global"),
    _form("interface endpoint (VPC)", r"(?:NAME)?(?:bucket|accesspoint|control)\.vpce-[0-9a-z-]+"
          r"\.s3\.REGION\.vpce"),
    _form("interface endpoint (VPC)", r"BUCKETvpce-[0-9a-z-]+\.s3\.REGION\.vpce"),
    _form("object lambda", r"NAMEs3-object-lambda(?:-fips)?(?:\.dualstack)?\.REGION",
          "s3-object-lambda"),
    _form("outposts", r"NAMEs3-outposts(?:-fips)?(?:\.dualstack)?\.REGION", "s3-outposts"),
    _form("access point", r"NAMEs3-accesspoint(?:-fips)?(?:\.dualstack)?\.REGION"),
    _form("S3 Express", r"BUCKETs3express(?:-fips)?-[a-z0-9-]+?(?:\.dualstack)?\.REGION",
          "s3express"),
    _form("control", r"(?:NAME)?s3-control(?:-fips)?(?:\.dualstack)?\.REGION"),
    _form("transfer acceleration", r"BUCKETs3-accelerate(?:\.dualstack)?"),
    _form("website", r"BUCKETs3-website[.-]REGION"),
    _form("FIPS", r"BUCKETs3-fips(?:\.dualstack)?[.-]REGION"),
    _form("dual-stack (IPv6 too)", r"BUCKETs3\.dualstack\.REGION"),
    _form("", r"BUCKETs3[.-]REGION"),
    _form("external-1", r"BUCKETs3-external-1"),
    _form("global", r"BUCKETs3"),
)  # fmt: skip


def read_aws_host(name: str) -> AwsHost | None:
    """Read a host name (lower case, no port). None if its ending isn't AWS's.

    >>> read_aws_host("films.s3.eu-west-2.amazonaws.com").region
    'eu-west-2'
    """
    for partition in partitions():
        for suffix in (partition.suffix, partition.dualstack_suffix):
            if name.endswith(f".{suffix}"):
                front = name.removesuffix(f".{suffix}")
                return _read(front, partition, suffix == partition.dualstack_suffix)
            if name == suffix:
                return AwsHost("", "", "", partition, known=False)
    return None


def _read(front: str, partition: Partition, dual: bool) -> AwsHost:
    for form in _FORMS:
        if match := form.pattern.fullmatch(front):
            groups = match.groupdict()
            bucket, region = groups.get("bucket") or "", groups.get("region") or ""
            kind = form.kind or ("dual-stack (IPv6 too)" if dual else "")
            if kind == "external-1":
                kind, region = "", "us-east-1"
            return AwsHost(kind, bucket, region, _shared(partition, region), form.service)
    return AwsHost("", "", "", partition, known=False)


def _shared(partition: Partition, region: str) -> Partition:
    """GovCloud's hosts end like those of the partition aws."""
    own = partition_of(region)
    return own if own and own.suffix == partition.suffix else partition
