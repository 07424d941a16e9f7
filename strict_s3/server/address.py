"""Which bucket and key a request's host and path name, and the URL of an object.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlsplit

from ..rules.request import Request


@dataclass(frozen=True)
class Place:
    """A bucket and a key ("" where none is named); `in_host` if the host names the bucket."""

    bucket: str
    key: str
    in_host: bool = False


NOWHERE = Place("", "")


class Addresses:
    """The addresses of one S3: where it listens, and the `public_url` that people use.

    A public URL (``https://hub.example/user/ann/proxy/9000``) is for path-style requests. The
    proxy in front may strip its path or leave it: the client signed it either way.
    """

    def __init__(self, public_url: str = "") -> None:
        parts = urlsplit(public_url)
        self._default_port = ":443" if parts.scheme == "https" else ":80"
        self._public_host = parts.netloc.lower().removesuffix(self._default_port)
        self._prefix = parts.path.rstrip("/")
        self._public_scheme = parts.scheme

    @property
    def shares_host(self) -> bool:
        """Is the S3 below a path of somebody's site? S3 itself has a host of its own.

        A page that was stored here would be of that site's origin: its script could do there what
        the reader may do. `sandbox` keeps it in an origin of its own, without scripts
        (https://www.w3.org/TR/CSP3/#directive-sandbox). And its links would tell the site's other
        pages the whole presigned URL, by Referer.
        """
        return bool(self._prefix)

    def received(self, request: Request) -> tuple[Request, Request]:
        """The request by its path from the bucket on, and as its client signed it."""
        if not self._public_host:
            return request, request
        if self._is_public(request.header("x-forwarded-host")):
            # Some proxies (Codespaces') put a name of their own into Host. The signature still has
            # to fit the public one.
            headers = [pair for pair in request.headers if pair[0] != "host"]
            request = replace(request, headers=(("host", self._public_host), *headers))
        elif not self._is_public(request.host):
            return request, request
        plain = request.header("x-forwarded-proto") == "http"  # the proxy has http, too
        request = replace(request, secure=self._public_scheme == "https" and not plain)
        if not self._prefix:
            return request, request
        # A client may encode more of it than the public URL does: %40 for @.
        parts = request.path.split("/")
        depth = self._prefix.count("/") + 1
        if unquote("/".join(parts[:depth])) == unquote(self._prefix):
            return replace(request, path="/" + "/".join(parts[depth:])), request
        return request, replace(request, path=self._prefix + request.path)

    def locate(self, request: Request) -> Place:
        """Bucket and key, from ``bucket.localhost`` or else from the path.

        With a public URL, the host must be known: as on S3, any other one names a bucket.
        """
        host = host_name(request)
        path = request.decoded_path.removeprefix("/")
        if host.endswith(".localhost"):
            return Place(host.removesuffix(".localhost"), path, True)
        if self._public_host and not self._is_own(request, host):
            return Place(host, path, True)
        bucket, _, key = path.partition("/")
        return Place(bucket, key)

    def url_of(self, request: Request, place: Place) -> str:
        """The object's URL, at the address by which the request came."""
        scheme = "https" if request.secure else "http"
        prefix = self._prefix if self._is_public(request.host) else ""
        where = "" if place.in_host else f"/{place.bucket}"
        return f"{scheme}://{request.host}{prefix}{where}/{quote(place.key, safe='')}"

    def _is_public(self, host: str) -> bool:
        """Clients leave out the port that a scheme has anyway (RFC 9110, section 4.2.3)."""
        name = host.lower().removesuffix(self._default_port)
        return bool(name) and name == self._public_host

    def _is_own(self, request: Request, host: str) -> bool:
        if self._is_public(request.host) or host == "localhost":
            return True
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return False
        return True  # no bucket's name looks like an address


def host_name(request: Request) -> str:
    """The host without its port, in lower case."""
    name, colon, port = request.host.rpartition(":")
    return (name if colon and port.isdecimal() else request.host).lower()
