"""Who is it? One table of the services that accept S3's signatures, and of those that look alike.

Each entry says by which host names a service is known, which part of the name is the bucket and
which the region, and where its rules differ from Amazon S3's. AWS's own hosts are in `aws_hosts`,
from botocore's data. The sources are the services' own pages, named at each entry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Service:
    """A service. `host` finds `bucket` and `region` in a host name, if they are in it.

    `regions` are those that a signature can name beside the host's ("*": any); `prefix` is the
    part of the path before the bucket. `no_forms` and `only_v4` say what it refuses; `note` is
    what a user of S3 must know.
    """

    name: str
    host: re.Pattern[str]
    regions: tuple[str, ...] = ()
    prefix: str = ""
    no_forms: bool = False
    only_v4: bool = False
    note: str = ""


def _service(name: str, host: str, **more: object) -> Service:
    # A bucket's name can have dots; the service's own part of the host is what follows it.
    return Service(name, re.compile(rf"(?:(?P<bucket>.+)\.)?{host}", re.I), **more)  # type: ignore[arg-type]


_CODE = r"(?P<region>[a-z]{2,4}-[a-z]+-\d{1,3})"
SERVICES = (
    # https://developers.cloudflare.com/r2/api/s3/presigned-urls/ and …/r2/api/s3/api/
    _service(
        "Cloudflare R2",
        r"[0-9a-f]{32}\.(?:(?:eu|fedramp)\.)?r2\.cloudflarestorage\.com",
        regions=("auto", "us-east-1", "wnam", "enam", "weur", "eeur", "apac", "oc"),
        no_forms=True,
        note="R2 signs for region auto, compares a checksum that is in the query, and accepts "
        "signatures at this host only, not at a domain of your own.",
    ),
    # https://www.backblaze.com/docs/cloud-storage-s3-compatible-api
    _service(
        "Backblaze B2",
        rf"s3\.{_CODE}\.backblazeb2\.com",
        no_forms=True,
        only_v4=True,
    ),
    # https://docs.digitalocean.com/products/spaces/reference/s3-compatibility/
    _service(
        "DigitalOcean Spaces (CDN)",
        r"(?P<region>[a-z]{3}\d)\.cdn\.digitaloceanspaces\.com",
        regions=("us-east-1",),
        note="This is the CDN's host. Sign for the plain host (without cdn.) and put the CDN's "
        "name into the signed URL afterwards: the CDN asks Spaces under the plain name.",
    ),
    _service(
        "DigitalOcean Spaces",
        r"(?P<region>[a-z]{3}\d)\.digitaloceanspaces\.com",
        regions=("us-east-1",),
    ),
    # https://docs.wasabi.com/docs/what-are-the-service-urls-for-wasabis-different-storage-regions
    _service(
        "Wasabi",
        r"s3(?:\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.wasabisys\.com",
        note="At Wasabi, the host without a region is us-east-1's.",
    ),
    # https://www.scaleway.com/en/docs/object-storage/
    _service("Scaleway", r"s3\.(?P<region>[a-z]{2}-[a-z]{3})\.scw\.cloud"),
    # https://techdocs.akamai.com/cloud-computing/docs/object-storage
    _service(
        "Akamai (Linode)",
        r"(?P<region>[a-z]{2}-[a-z]+-\d+)\.linodeobjects\.com",
        regions=("*",),
    ),
    # https://supabase.com/docs/guides/storage/s3/authentication
    _service(
        "Supabase Storage",
        r"[a-z0-9]+\.(?:storage\.)?supabase\.(?:co|in)",
        prefix="/storage/v1/s3",
        regions=("*",),
    ),
    _service("Supabase Storage", r"storage\.supabase\.(?:co|in)", prefix="/storage/v1/s3"),
    # https://docs.hetzner.com/storage/object-storage/
    _service("Hetzner", r"(?P<region>[a-z]{3}\d)\.your-objectstorage\.com", regions=("*",)),
    # https://docs.ovhcloud.com/en/guides/storage-and-backup/object-storage/s3-location
    _service("OVHcloud", r"s3\.(?P<region>[a-z0-9-]+)\.(?:io\.|perf\.)?cloud\.ovh\.(?:net|us)",
             regions=("*",)),
    # https://docs.vultr.com/products/cloud-storage/object-storage
    _service("Vultr", r"(?P<region>[a-z]{3}\d)\.vultrobjects\.com", regions=("*",)),
    # https://community.exoscale.com/product/storage/object-storage/
    _service("Exoscale", r"sos-(?P<region>[a-z]{2}-[a-z]+-\d)\.exo\.io"),
    # https://cloud.ibm.com/docs/cloud-object-storage?topic=cloud-object-storage-endpoints
    _service(
        "IBM Cloud Object Storage",
        r"s3\.(?:private\.|direct\.)?(?P<region>[a-z0-9-]+)\.cloud-object-storage\.appdomain\.cloud",
        regions=("*",),
    ),
    # https://docs.oracle.com/en-us/iaas/Content/Object/Tasks/s3compatibleapi.htm
    _service(
        "Oracle Cloud",
        r"[a-z0-9]+\.compat\.objectstorage\.(?P<region>[a-z0-9-]+)\.(?:oraclecloud|oci\.customer-oci)"
        r"\.com",
    ),
    # https://yandex.cloud/en/docs/storage/s3/
    _service("Yandex Cloud", r"storage\.yandexcloud\.net"),
    # https://www.tigrisdata.com/docs/
    _service("Tigris", r"(?:fly\.storage\.tigris\.dev|t3\.storage\.dev)", regions=("*",)),
    # https://storj.dev/dcs/api/s3/s3-compatibility
    _service("Storj", r"gateway(?:\.[a-z0-9]+)?\.storjshare\.io", regions=("*",)),
    # https://docs.filebase.com/
    _service("Filebase", r"s3\.filebase\.(?:com|io)", regions=("*",)),
    # https://help.contabo.com/
    _service("Contabo", r"(?P<region>[a-z]{2,4}\d)\.contabostorage\.com", regions=("*",)),
    # https://www.idrive.com/s3-storage-e2/
    _service("IDrive e2", r"[a-z0-9]+\.[a-z0-9]+\.idrivee2-\d+\.com", regions=("*",)),
    # https://cloud.google.com/storage/docs/interoperability
    _service(
        "Google Cloud Storage",
        r"storage\.googleapis\.com",
        regions=("*",),
        note="Google Cloud Storage accepts S3's signatures with HMAC keys (interoperability); its "
        "own signed URLs have X-Goog-* parameters.",
    ),
    # https://www.alibabacloud.com/help/en/oss/developer-reference/compatibility-with-amazon-s3
    _service("Alibaba Cloud OSS", r"(?:s3\.)?oss-(?P<region>[a-z0-9-]+)\.aliyuncs\.com",
             regions=("*",)),
    # https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0011.html
    _service("Huawei OBS", r"obs\.(?P<region>[a-z0-9-]+)\.myhuaweicloud\.com"),
    # https://www.tencentcloud.com/document/product/436/32537
    _service("Tencent COS", r"cos\.(?P<region>[a-z0-9-]+)\.(?:myqcloud|tencentcos)\.(?:com|cn)",
             regions=("*",)),
    # https://docs.localstack.cloud/aws/services/s3/
    _service("LocalStack", r"s3(?:\.(?P<region>[a-z0-9-]+))?\.localhost\.localstack\.cloud",
             regions=("*",)),
    _service("MinIO's public playground", r"play\.min\.io", regions=("*",)),
)  # fmt: skip


class Found(NamedTuple):
    """A service by its host; `bucket` and `region` are "" if the host does not name them."""

    service: Service
    bucket: str
    region: str


def find_service(host: str) -> Found | None:
    """The service behind a host name without its port; None for hosts that are in no table.

    >>> find_service("pics.s3.fr-par.scw.cloud")[1:]
    ('pics', 'fr-par')
    """
    for service in SERVICES:
        if match := service.host.fullmatch(host):
            groups = match.groupdict()
            return Found(service, groups.get("bucket") or "", groups.get("region") or "")
    return None


@dataclass(frozen=True)
class Foreign:
    """Signed URLs that are not S3's: the parameters and hosts by which they are known.

    `ends` names the parameter with the time of expiry (seconds since 1970, two of them, ISO 8601,
    or a JSON web token that has it), `signed` the pair (time of signing, lifetime) in the form of
    X-Amz-Date and X-Amz-Expires.
    """

    name: str
    parameters: frozenset[str]
    host: str
    checker: str
    ends: str = ""
    signed: tuple[str, str] = ("", "")


def _foreign(name: str, parameters: str, host: str, checker: str, **more: object) -> Foreign:
    return Foreign(name, frozenset(parameters.split()), host, checker, **more)  # type: ignore[arg-type]


FOREIGN = (
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html
    _foreign("a CloudFront signed URL (Key-Pair-Id)", "key-pair-id signature", "", "CloudFront",
             ends="expires"),
    # https://cloud.google.com/storage/docs/access-control/signed-urls
    _foreign("a signed URL of Google Cloud Storage (X-Goog-Signature)", "x-goog-signature", "",
             "Google Cloud Storage", signed=("x-goog-date", "x-goog-expires")),
    # https://cloud.google.com/storage/docs/access-control/signed-urls-v2
    _foreign("a signed URL of Google Cloud Storage (GoogleAccessId)", "googleaccessid", "",
             "Google Cloud Storage", ends="expires"),
    # https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls
    _foreign("a signed URL of Alibaba Cloud OSS (OSSAccessKeyId)", "ossaccesskeyid", "",
             "Alibaba Cloud OSS", ends="expires"),
    _foreign("a signed URL of Alibaba Cloud OSS (x-oss-signature)", "x-oss-signature", "",
             "Alibaba Cloud OSS", signed=("x-oss-date", "x-oss-expires")),
    # https://support.huaweicloud.com/intl/en-us/api-obs/obs_04_0011.html
    _foreign("a signed URL of Huawei OBS (AccessKeyId)", "accesskeyid signature expires", "",
             "Huawei OBS", ends="expires"),
    _foreign("a signed URL of Huawei OBS (X-Obs-*)", "x-obs-signature", "", "Huawei OBS",
             signed=("x-obs-date", "x-obs-expires")),
    # https://www.tencentcloud.com/document/product/436/7778
    _foreign("a signed URL of Tencent COS (q-sign-algorithm)", "q-sign-algorithm q-signature", "",
             "Tencent COS", ends="q-sign-time"),
    # https://www.volcengine.com/docs/6349/74836
    _foreign("a signed URL of Volcengine TOS (X-Tos-Signature)", "x-tos-signature", "",
             "Volcengine TOS", signed=("x-tos-date", "x-tos-expires")),
    # https://supabase.com/docs/guides/storage/serving/downloads#authenticating-signed-urls
    _foreign("a signed URL of Supabase Storage (token)", "token", "supabase.", "Supabase Storage",
             ends="token"),
    # https://firebase.google.com/docs/storage/web/download-files
    _foreign("a download URL of Firebase Storage (token)", "token", "firebasestorage.",
             "Firebase Storage"),
    # https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    _foreign("an Azure storage URL with a shared access signature (sig)", "sig sv", "", "Azure",
             ends="se"),
    _foreign("an Azure storage URL with a shared access signature (sig)", "sig", "windows.net",
             "Azure", ends="se"),
    # https://www.backblaze.com/docs/cloud-storage-native-api
    _foreign("a download URL of Backblaze B2's own API (Authorization)", "authorization",
             "backblazeb2.com", "Backblaze B2"),
)  # fmt: skip


def find_foreign(names: set[str], host: str) -> Foreign | None:
    """Whose signed URL has these parameters (lower case) at this host; None if S3's or nobody's."""
    for foreign in FOREIGN:
        if foreign.parameters <= names and foreign.host in host:
            return foreign
    return None
