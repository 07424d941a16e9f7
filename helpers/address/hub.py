"""An S3 and pages behind the address of a hub: JupyterHub, Binder, Codespaces.

A browser can't open 127.0.0.1 of the computer where the notebook runs. jupyter-server-proxy leads
from ``https://hub.example/user/ann/proxy/9000/`` to its port 9000, for whoever is signed in as ann.
URLs are signed for that address; this process's own requests to it go straight to the port,
because the hub would send them to its login page.
"""

from __future__ import annotations

import functools
import os
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit
from weakref import WeakKeyDictionary

import boto3
from botocore.utils import is_valid_uri
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from helpers.address.style import path_style
from helpers.errors import LabError
from strict_s3 import Server, start
from strict_s3.options import without_secrets

PUBLIC_URL = "S3_LESSONS_PUBLIC_URL"
_HOST = "127.0.0.1"
_UNSIGNED = re.compile("%23|%3F", re.I)  # a # or ? in the user's name ends boto3's path
_BASE = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+(/[^\s?#\\<>{}\"^`|]*)?")
# What a browser shows after it. The server's own path may end so too, but with a slash.
_PAGE = re.compile("/lab(/(tree|workspaces)/.*)?$")


def template(variables: Mapping[str, str] = os.environ) -> str:
    """Where a browser finds a port: ``https://hub.example/user/ann/proxy/{port}``.

    "" if that is this computer itself, or isn't known, or if boto3 can't sign for it. Raises
    `LabError` if the variable that should hold it has something else.

    https://jupyterhub.readthedocs.io/en/stable/reference/spawners.html
    https://docs.github.com/en/codespaces/developing-in-a-codespace/default-environment-variables-for-your-codespace
    """
    get = variables.get
    if _UNSIGNED.search(get("JUPYTERHUB_SERVICE_PREFIX", "")):
        return ""
    # JUPYTERHUB_HOST isn't it: where it is set alone, each user has a host of their own.
    for variable in (PUBLIC_URL, "JUPYTERHUB_PUBLIC_URL"):
        if value := get(variable):
            return _checked(variable, value)
    name, domain = get("CODESPACE_NAME"), get("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN")
    return f"https://{name}-{{port}}.{domain}" if name and domain else ""


def _checked(variable: str, value: str) -> str:
    """The address in it, with ``{port}``, which it may have itself."""
    base = _PAGE.sub("", value.strip()).rstrip("/")
    base = re.sub(r"[^\0-\x7f]+", lambda found: quote(found[0]), base)
    address = base if "{port}" in base else f"{base}/proxy/{{port}}"
    example = address.replace("{port}", "9000")
    try:
        good = _BASE.fullmatch(example) and is_valid_uri(example) and urlsplit(example).port != 0
    except ValueError:
        good = False
    if not good:
        raise LabError(
            f"{variable} is {without_secrets(value)!r}. Set {PUBLIC_URL} to the address of your "
            "Jupyter server as your browser shows it, up to /lab: https://hub.example/user/ann. "
            "Then restart the kernel."
        )
    return address


def note(endpoint: str, variables: Mapping[str, str] = os.environ) -> str:
    """What somebody has to know who opens a link here; "" on a computer of one's own."""
    address = template(variables)
    if address and not _has_proxy(variables):
        return (
            "\nLinks open in Python only: this hub's Jupyter server runs no jupyter-server-proxy, "
            "which leads\na browser to them. Install there the version of requirements.lock, and "
            "restart the server."
        )
    if address:
        said = f"\nYour browser finds it at {endpoint}\nas long as you are signed in there."
        if "{port}" in urlsplit(address).netloc:
            said += " A page's script needs its port to be public, too."
        return said
    if _UNSIGNED.search(variables.get("JUPYTERHUB_SERVICE_PREFIX", "")):
        return "\nLinks open in Python only: boto3 can't sign for a user name with # or ? in it."
    if variables.get("JUPYTERHUB_SERVICE_PREFIX") or variables.get("CODESPACE_NAME"):
        return (
            "\nLinks open in Python only: this server doesn't say what its address is. Set "
            f"{PUBLIC_URL} to what your browser shows, up to /lab, before the kernel starts."
        )
    return ""


def _has_proxy(variables: Mapping[str, str]) -> bool:
    """Does the hub's Jupyter server know the way to a port? True if it can't be asked.

    Whom it doesn't know it sends to sign in, if there is something to sign in for.
    """
    server = urlsplit(variables.get("JUPYTERHUB_SERVICE_URL", ""))
    if server.scheme != "http":
        return True
    try:
        with closing(HTTPConnection(server.hostname or _HOST, server.port, timeout=2)) as asked:
            # Without a slash at its end, for which any path would be answered with a redirect.
            asked.request("GET", f"{server.path}proxy/1/s3")
            return asked.getresponse().status != 404
    except (OSError, HTTPError):
        return True


def open_s3(address: str) -> Server:
    """A local S3 at `address`, which has ``{port}`` in it. Raises `ServerError`."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = int(probe.getsockname()[1])
    public = address.replace("{port}", str(port))
    server = start(port=port, public_url=public)
    server.endpoint_url = public
    reroute(public, port)
    path_style()
    _write_as_the_hub(address.partition("{port}")[0])
    return server


def open_port(port: int) -> str:
    """The address at which a browser finds this port, and this process too; "" if it's its own."""
    public = template().replace("{port}", str(port))
    if public:
        reroute(public, port)
    return public


def _write_as_the_hub(beginning: str) -> None:
    """Have boto3 write this beginning of URLs as it was given: boto3 turns an @ into %40.

    A hub doesn't find ``/user/ann%40example.org/``; to the signature both are the same.
    """
    base = urlsplit(beginning)
    as_boto3 = base._replace(path=quote(unquote(base.path))).geturl()

    def rewritten(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*rest: Any, **more: Any) -> Any:
            made = method(*rest, **more)
            if isinstance(made, str):
                return made.replace(as_boto3, beginning, 1)
            return {**made, "url": made["url"].replace(as_boto3, beginning, 1)}

        return functools.update_wrapper(call, method)

    def creating(class_attributes: dict[str, Any], **_: Any) -> None:
        for name in ("generate_presigned_url", "generate_presigned_post"):
            if name in class_attributes:
                class_attributes[name] = rewritten(class_attributes[name])

    if as_boto3 != beginning:
        events = boto3.DEFAULT_SESSION.events
        events.register_last("creating-client-class", creating, unique_id="s3-lessons-hub")


# This process's own requests.

_ports: dict[str, int] = {}  # by the beginning of the URL, decoded: a client may encode an @
_ways: WeakKeyDictionary[HTTPConnectionPool, dict[int, _Way]] = WeakKeyDictionary()


def reroute(public: str, port: int) -> None:
    """Have this process's requests to `public`, and below it, go to `port` of this computer.

    Host and path stay as they are, so that signatures hold. boto3, requests and urllib3 obey.
    Where the hub has https, http leads there too, for a policy to refuse.
    """
    if not _ports:
        _patch()
    _ports[f"{unquote(public)}/"] = port
    _ports[f"{unquote(public).replace('https:', 'http:', 1)}/"] = port


def _patch() -> None:
    theirs = HTTPConnectionPool.urlopen

    def urlopen(pool: HTTPConnectionPool, method: str, url: str, *rest: Any, **more: Any) -> Any:
        """urllib3's own, on a connection to a port of this computer if the address is ours."""
        target = (
            url if url.startswith("/") else urlsplit(url)._replace(scheme="", netloc="").geturl()
        )
        whole = url if target != url else f"{pool.scheme}://{_netloc(pool)}{url}"
        place = f"{unquote(whole.partition('?')[0])}/"
        port = next((port for start, port in _ports.items() if place.startswith(start)), 0)
        if isinstance(pool, _Way) or not port:
            return theirs(pool, method, url, *rest, **more)
        ways = _ways.setdefault(pool, {})
        if port not in ways:
            ways[port] = _Way(pool, whole, port)
        return theirs(ways[port], method, target, *rest, **more)

    HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign, assignment]


def _netloc(pool: HTTPConnectionPool) -> str:
    usual = {"http": 80, "https": 443}.get(pool.scheme or "")
    return pool.host if pool.port in (None, usual) else f"{pool.host}:{pool.port}"


class _Way(HTTPConnectionPool):
    """Connections to `port` of this computer, with the name and settings of the `pool` asked."""

    def __init__(self, pool: HTTPConnectionPool, url: str, port: int) -> None:
        parts = urlsplit(url)
        super().__init__(
            parts.hostname or "", parts.port, timeout=pool.timeout, maxsize=10, retries=pool.retries
        )
        self.headers, self.scheme, self.way = pool.headers, parts.scheme, port

    def _new_conn(self) -> HTTPConnection:
        kind = _Secure if self.scheme == "https" else _Plain
        made = kind(self.host, self.port, timeout=self.timeout.connect_timeout)
        made.way = self.way
        return made


class _Plain(HTTPConnection):
    way = 0

    def endheaders(self, *rest: Any, **more: Any) -> None:
        self.putheader("X-Forwarded-Proto", "https" if self.default_port == 443 else "http")
        super().endheaders(*rest, **more)

    def _new_conn(self) -> socket.socket:
        connection = HTTPConnection(_HOST, self.way, timeout=self.timeout)
        return connection._new_conn()


class _Secure(_Plain):
    """The same where a browser uses https: TLS ends at the hub."""

    default_port: ClassVar[int] = 443  # type: ignore[misc]
