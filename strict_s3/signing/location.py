"""Where a bucket's objects are: the host of S3 in a region, or another S3's endpoint.

Sources: https://docs.aws.amazon.com/general/latest/gr/s3.html and botocore's rules for endpoints.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from ..errors import PresignError
from ..rules.sigv4 import canonical_uri

_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)").fullmatch
_ADDRESS = re.compile(r"([0-9]{1,3}\.){3}[0-9]{1,3}").fullmatch
_NO_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_OF_PATHS = "%/:@!$&'()*+,;="  # need no encoding there: RFC 3986, section 3.3
_ACCELERATED = ("s3-accelerate.amazonaws.com", "s3-accelerate.dualstack.amazonaws.com")
# The end of S3's host names by the beginning of a region's name, from the partitions of
# botocore; everywhere else it is amazonaws.com.
_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


class Location(NamedTuple):
    """Where a bucket's objects are: the endpoint, the Host header, the path before the key.

    The endpoint's own path is written as it was given, because a proxy may look for exactly that
    (a JupyterHub for ``/user/ann@example.org``), and `signed` as a signature has it (``%40``).
    """

    url_base: str
    host: str
    prefix: str  # encoded; starts and ends with a slash
    signed: str


def locate(region: str, bucket: str, endpoint: str | None, addressing: str) -> Location:
    """Where the bucket's objects are. `Presigner` says what the arguments mean.

    Raises `PresignError` for an endpoint that cannot be used.
    """
    if endpoint is None:
        suffix = next((s for r, s in _SUFFIXES.items() if region.startswith(r)), "amazonaws.com")
        scheme, netloc, written, signed = "https", f"s3.{region}.{suffix}", "", ""
    else:
        scheme, netloc, written, signed = _endpoint(endpoint)
    accelerated = netloc.lower() in _ACCELERATED
    virtual = addressing == "virtual" or (addressing == "auto" and (not endpoint or accelerated))
    if accelerated and not (virtual and _fits_host(bucket, scheme, netloc)):
        raise PresignError(
            f"{netloc} accepts a bucket only in the host name. Use addressing auto or virtual, and "
            f"a bucket whose name has no dots, not {bucket!r}."
        )
    prefix = "/"
    if virtual and _fits_host(bucket, scheme, netloc):
        netloc = f"{bucket}.{netloc}"
    else:
        prefix = f"/{bucket}/"
    return Location(f"{scheme}://{netloc}{written}", _host_header(scheme, netloc), prefix, signed)


def _host_header(scheme: str, netloc: str) -> str:
    """As clients send it: with the port only if it is not the scheme's default."""
    usual = 443 if scheme == "https" else 80
    port = urlsplit(f"//{netloc}").port
    name = re.sub(":[0-9]*$", "", netloc.lower())
    return name if port in (None, usual) else f"{name}:{port}"


def _endpoint(endpoint: str) -> tuple[str, str, str, str]:
    """Scheme, host and port, and the path as it is written and as it is signed."""
    try:
        parts = urlsplit(endpoint)
        parts.port  # noqa: B018  (raises ValueError for an invalid port)
        path = unquote(parts.path, errors="strict")
    except ValueError:
        parts, path = urlsplit(""), ""
    if "@" in parts.netloc:
        raise PresignError(
            f"The endpoint has a user or a password before {parts.netloc.rpartition('@')[2]!r}. "
            "Leave them out."
        )
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or re.search(r"[^\x21-\x7e]|[?#\\]", endpoint)
        or {".", ".."} & set(path.split("/"))  # clients resolve these, after signing
        or path.count("/") != parts.path.count("/")  # %2F, which would become a slash
    ):
        raise PresignError(
            f"The endpoint {endpoint!r} is not a usable URL. Write http:// or https://, a host, "
            "and if needed a port and a path without dots."
        )
    # Whether the path came encoded or not, the URL has it encoded once.
    written = quote(_NO_ESCAPE.sub("%25", parts.path), safe=_OF_PATHS)
    return parts.scheme, parts.netloc, written.rstrip("/"), canonical_uri(path).rstrip("/")


def _fits_host(bucket: str, scheme: str, netloc: str) -> bool:
    """Can the bucket's name be part of the host name? botocore's rule.

    A certificate for ``*.s3.…`` does not cover names with another dot, and an IP address has no
    subdomains.
    """
    host = urlsplit(f"//{netloc}").hostname or ""
    try:
        ip_address(host)
    except ValueError:
        labels = bucket.split(".") if scheme == "http" else [bucket]
        return all(map(_HOST_LABEL, labels)) and not _ADDRESS(bucket)
    return False
