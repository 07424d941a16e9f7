"""`in_process`: a strict S3 in this very process, without a socket and without a thread.

boto3, requests and urllib3 reach it at a made-up address, http://127.0.0.1:PORT, because while one
is open `urllib3.HTTPConnectionPool.urlopen` is ours: for such an address it goes on with a
connection in memory, for every other as before. That is the one point under all three clients, and
nobody else patches it: moto's mock_aws, in whatever order it is entered and left, has its own.

What urllib3 does (retries, redirects, time-outs, rewinding a body, decoding) it still does; what
travels is HTTP/1.1, read by the server's own parser. Other clients (aiohttp, httpx, curl) need
`strict_s3.start()`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from urllib3 import HTTPConnectionPool

from .errors import OptionError, ServerError
from .handle import Server, stopped
from .in_memory import LOOPBACK, Handle, Origin, Pool
from .options import BUCKET, REGION, Options
from .server.control import Control
from .server.service import Service

# Made-up ports: below 1024 hardly anything listens, and browsers refuse none of these
# ("bad ports", https://fetch.spec.whatwg.org/#port-blocking).
_PORTS = range(641, 989)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def in_process(
    *,
    region: str = REGION,
    bucket: str = BUCKET,
    access_key: str = "",
    secret_key: str = "",
    public_url: str = "",
    strict_skew: bool = False,
) -> Server:
    """Open a strict S3 in this process: the same `Server` as `start` gives, without a socket.

    boto3, requests and urllib3 reach it until `Server.stop` or the end of a ``with``; then, when
    no other one is open, urllib3 is as it was. It works in any number of threads, beside other
    servers, and beside moto's ``mock_aws``. With `public_url`, requests to that address reach it
    too. For the other options see `options.Options`. Raises `OptionError`.

        with strict_s3.in_process() as s3:
            s3.client().put_object(Bucket=s3.bucket, Key="a.txt", Body=b"hello")
    """
    return Server(_Here(Options(region, bucket, access_key, secret_key, public_url, strict_skew)))


def handler(server: Server) -> Handle:
    """What answers this server's requests, for those that come in some other way than urllib3.

    `server` is one of `in_process`. A browser's requests come to a notebook as messages.
    """
    return _open_services[_origin(server.endpoint_url)].handle


def mount(url: str, handle: Handle) -> Callable[[], None]:
    """Have requests to `url` and what is below it answered by `handle`; returns how to end it.

    The URL's host is the public URL's of an S3 in this process: in a browser a page shares it.
    """
    path = urlsplit(url).path
    _mounted[path] = handle
    return lambda: _mounted.pop(path, None) and None


class _Here:
    """A service in this process: a `handle.Transport`."""

    def __init__(self, options: Options) -> None:
        self._service = Service(options)
        self._origin = _open(Control(self._service), options.public_url)
        self.ready = {"endpoint": f"http://{LOOPBACK}:{self._origin.port}"}
        self.ready |= self._service.describe()
        self.alive = True

    def ask(self, order: Mapping[str, Any]) -> Any:
        if not self.alive:
            raise stopped()
        # As a child would give it: lists for tuples.
        return json.loads(json.dumps(self._service.command(order)))

    def stop(self) -> None:
        if self.alive:
            self.alive = False
            _close(self._service)


# Which addresses are ours, and the one point that is patched.


_lock = threading.Lock()
_open_services: dict[Origin, Control] = {}
_mounted: dict[str, Handle] = {}  # by the beginning of the path
_next_port = cycle(_PORTS)
_UrlOpen = Callable[..., Any]
_ours: _UrlOpen | None = None
_theirs: _UrlOpen = HTTPConnectionPool.urlopen


def _open(control: Control, public_url: str) -> Origin:
    """Have requests to a new made-up address, and to `public_url`, answered by `control`."""
    with _lock:
        addresses = [_free_origin()]
        if public_url:
            addresses.append(_origin(public_url))
            if addresses[1] in _open_services:
                raise OptionError(
                    f"public_url is {public_url!r}, which another S3 in this process has. Stop "
                    "that one, or choose another address."
                )
        _open_services.update(dict.fromkeys(addresses, control))
        _patch()
    return addresses[0]


def _origin(url: str) -> Origin:
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    return Origin(parts.scheme, parts.hostname or "", port)


def _free_origin() -> Origin:
    for _ in _PORTS:
        # Not the last one's again, or the URLs of an S3 that has ended would find the next.
        origin = Origin("http", LOOPBACK, next(_next_port))
        if origin not in _open_services:
            return origin
    raise ServerError(f"{len(_PORTS)} local S3s are open in this process. Stop some of them.")


def _close(service: Service) -> None:
    """The addresses of `service` are ordinary ones again."""
    with _lock:
        for origin, control in list(_open_services.items()):
            if control.service is service:
                del _open_services[origin]
        if not _open_services:
            _unpatch()


def _patch() -> None:
    global _ours, _theirs
    if HTTPConnectionPool.urlopen is _ours:
        return
    theirs = _theirs = HTTPConnectionPool.urlopen

    def urlopen(pool: HTTPConnectionPool, method: str, url: str, *rest: Any, **more: Any) -> Any:
        """urllib3's own, on a connection in memory if the address is one of ours."""
        if isinstance(pool, Pool) or not _open_services:
            return theirs(pool, method, url, *rest, **more)
        asked = Origin(pool.scheme, pool.host, pool.port or _DEFAULT_PORTS.get(pool.scheme, 0))
        target = url
        if not url.startswith("/"):  # through a proxy, whose pool this is
            asked, parts = _origin(url), urlsplit(url)
            target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        control = _open_services.get(asked) or _open_services.get(_as_opened(asked))
        if control is None:
            return theirs(pool, method, url, *rest, **more)
        handle = next((_mounted[path] for path in _mounted if target.startswith(path)), None)
        return theirs(Pool(pool, asked, handle or control.handle), method, target, *rest, **more)

    _ours = urlopen
    HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign, assignment]


def _unpatch() -> None:
    # Whoever has patched it since calls ours, which passes everything on as long as none is open.
    if HTTPConnectionPool.urlopen is _ours:
        HTTPConnectionPool.urlopen = _theirs  # type: ignore[method-assign]


def _as_opened(asked: Origin) -> Origin:
    """The name under which an address is open: localhost and buckets below it are one host."""
    if asked.host == "localhost" or asked.host.endswith(".localhost"):
        return replace(asked, host=LOOPBACK)
    return asked
