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

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, cycle
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import SplitResult, urlsplit, urlunsplit

from urllib3 import HTTPConnectionPool, HTTPHeaderDict
from urllib3.util.request import body_to_chunks

from .errors import OptionError, ServerError
from .handle import Server, stopped
from .options import BUCKET, REGION, Options
from .rules.errors import IncompleteBody, S3Error
from .rules.request import Request
from .server.call import Read
from .server.control import Control
from .server.http.head import check_size, may_have_body, read_head, response_head
from .server.refusal import new_ids, refusal
from .server.response import Response
from .server.service import Service

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection
else:  # In Pyodide, the other name is that of a class that asks the browser.
    from urllib3.connectionpool import HTTPConnection

_LOOPBACK = "127.0.0.1"
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


Handle = Callable[[Request, Read], Response]


def handler(server: Server) -> Handle:
    """What answers this server's requests, for those that come in some other way than urllib3.

    `server` is one of `in_process`. A browser's requests come to a notebook as messages.
    """
    parts = urlsplit(server.endpoint_url)
    return _open_services[_Origin(parts.scheme, parts.hostname or "", _port(parts))].handle


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
        self.ready = {"endpoint": f"http://{_LOOPBACK}:{self._origin.port}"}
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


@dataclass(frozen=True)
class _Origin:
    scheme: str
    host: str
    port: int


_lock = threading.Lock()
_open_services: dict[_Origin, Control] = {}
_mounted: dict[str, Handle] = {}  # by the beginning of the path
_next_port = cycle(_PORTS)
_UrlOpen = Callable[..., Any]
_ours: _UrlOpen | None = None
_theirs: _UrlOpen = HTTPConnectionPool.urlopen


def _open(control: Control, public_url: str) -> _Origin:
    """Have requests to a new made-up address, and to `public_url`, answered by `control`."""
    with _lock:
        addresses = [_free_origin()]
        if public_url:
            parts = urlsplit(public_url)
            addresses.append(_Origin(parts.scheme, parts.hostname or "", _port(parts)))
            if addresses[1] in _open_services:
                raise OptionError(
                    f"public_url is {public_url!r}, which another S3 in this process has. Stop "
                    "that one, or choose another address."
                )
        _open_services.update(dict.fromkeys(addresses, control))
        _patch()
    return addresses[0]


def _port(parts: SplitResult) -> int:
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)


def _free_origin() -> _Origin:
    for _ in _PORTS:
        # Not the last one's again, or the URLs of an S3 that has ended would find the next.
        origin = _Origin("http", _LOOPBACK, next(_next_port))
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
        if isinstance(pool, _Pool) or not _open_services:
            return theirs(pool, method, url, *rest, **more)
        asked = _Origin(pool.scheme, pool.host, pool.port or _DEFAULT_PORTS.get(pool.scheme, 0))
        target = url
        if not url.startswith("/"):  # through a proxy, whose pool this is
            parts = urlsplit(url)
            asked = _Origin(parts.scheme, parts.hostname or "", _port(parts))
            target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        control = _open_services.get(asked) or _open_services.get(_as_opened(asked))
        if control is None:
            return theirs(pool, method, url, *rest, **more)
        handle = next((_mounted[path] for path in _mounted if target.startswith(path)), None)
        return theirs(_Pool(pool, asked, handle or control.handle), method, target, *rest, **more)

    _ours = urlopen
    HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign, assignment]


def _unpatch() -> None:
    # Whoever has patched it since calls ours, which passes everything on as long as none is open.
    if HTTPConnectionPool.urlopen is _ours:
        HTTPConnectionPool.urlopen = _theirs  # type: ignore[method-assign]


def _as_opened(asked: _Origin) -> _Origin:
    """The name under which an address is open: localhost and buckets below it are one host."""
    if asked.host == "localhost" or asked.host.endswith(".localhost"):
        return replace(asked, host=_LOOPBACK)
    return asked


# A connection in memory.


class _Pool(HTTPConnectionPool):
    """A pool of one connection to a service, with the settings of the `pool` that was asked."""

    def __init__(self, pool: HTTPConnectionPool, asked: _Origin, handle: Handle) -> None:
        super().__init__(asked.host, asked.port, timeout=pool.timeout, retries=pool.retries)
        self.headers, self.scheme = pool.headers, asked.scheme
        self._handle = handle

    def _new_conn(self) -> _Connection:
        kind = _SecureConnection if self.scheme == "https" else _Connection
        return kind(self._handle, self.host, self.port)


class _Connection(HTTPConnection):
    """Sends a request to a service by calling it. For one request after another."""

    def __init__(self, handle: Handle, host: str, port: int | None) -> None:
        super().__init__(host, port)
        self._handle, self._wire = handle, _Wire()

    def connect(self) -> None:
        self.sock = self._wire

    @property
    def is_connected(self) -> bool:
        return self.sock is not None

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        chunked: bool = False,
        **options: Any,
    ) -> None:
        """urllib3 writes the head; the body is not sent but read, as the service asks for it."""
        pieces, length = body_to_chunks(body, method, self.blocksize)
        given = HTTPHeaderDict(headers or {})
        if not chunked and "content-length" not in given and "transfer-encoding" not in given:
            chunked = pieces is not None and length is None
            if length is not None:
                given["Content-Length"] = str(length)
        self._wire.sent.clear()
        super().request(method, url, None, given, chunked=chunked, **options)
        incoming = _Body(pieces or ())
        # What follows the head is an empty body in chunks.
        head = bytes(self._wire.sent).partition(b"\r\n\r\n")[0]
        self._wire.response = self._answer(b"%b\r\n\r\n" % head, incoming)
        if incoming.problem is not None:
            self.close()
            raise incoming.problem

    def _answer(self, head: bytes, incoming: _Body) -> Iterable[bytes]:
        """What the service answers to `head` and the body that comes in, as pieces of HTTP."""
        try:
            check_size(head.find(b"\n") + 1, len(head))
            request, framing = read_head(head, _LOOPBACK)
        except S3Error as error:
            ids = new_ids()
            answer = refusal(error, ids)
            answer.headers += ids.headers()
            return _pieces(answer)
        incoming.limit(None if framing.chunked else framing.length)
        response = self._handle(request, incoming.read)
        return _pieces(response, with_body=request.method != "HEAD")


class _SecureConnection(_Connection):
    """The same for a public_url with https: what TLS there is, is in front of the S3."""

    default_port: ClassVar[int] = 443  # type: ignore[misc]


class _Wire:
    """What `http.client` takes for a socket: it keeps what is sent, and has the response."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.response: Iterable[bytes] = ()

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Pieces(self.response))

    def settimeout(self, seconds: float | None) -> None:
        """Nothing here waits."""

    def shutdown(self, how: int) -> None:
        """Nobody is at the other side."""

    def close(self) -> None:
        self.response = ()


class _Body:
    """A request's body, read from what the client gave for it."""

    def __init__(self, pieces: Iterable[bytes | str]) -> None:
        encoded = (p.encode() if isinstance(p, str) else p for p in pieces)
        self._file = io.BufferedReader(_Pieces(encoded))
        self._left: int | None = 0
        self.problem: BaseException | None = None

    def limit(self, length: int | None) -> None:
        """It has `length` bytes, or ends with what the client gave."""
        self._left = length

    def read(self, length: int) -> bytes:
        """`length` bytes; fewer only at the end. Raises IncompleteBody if the client fails."""
        if self._left is not None:
            length = min(length, self._left)
        try:
            data = self._file.read(length)
        except BaseException as problem:  # the client's own, which is for the client to see
            self.problem = problem
            raise IncompleteBody() from None
        if self._left is not None:
            self._left -= len(data)
        return data


class _Pieces(io.RawIOBase):
    """A file of an iterable's pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._piece = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._piece = memoryview(piece).cast("B")
        size = min(len(buffer), len(self._piece))
        buffer[:size] = self._piece[:size]
        self._piece = self._piece[size:]
        return size


def _pieces(response: Response, with_body: bool = True) -> Iterable[bytes]:
    head = response_head(response)
    if not with_body or not may_have_body(response):
        return (head,)
    body = (response.body,) if isinstance(response.body, bytes) else response.body
    return chain((head,), body)
