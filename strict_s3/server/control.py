"""Paths under ``/_strict_s3/``: is the server there, and control of it over HTTP.

    GET  /_strict_s3/health                   {"status": "ok"}, for anybody
    GET  /_strict_s3/clock                    {"now": "2026-11-26T12:00:00+00:00", "offset": 0.0}
    PUT  /_strict_s3/clock                    {"offset": 1860} or {"at": "2027-01-01T00:00:00Z"}
    GET  /_strict_s3/decisions?last=5         the last five decisions, oldest first
    GET  /_strict_s3/access-log?last=100      lines of S3's server access log, as text
    GET  /_strict_s3/cloudtrail?last=100      {"Records": [data events of CloudTrail]}
    POST /_strict_s3/reset                    empties it; the clock is right again

All but the first need ``Authorization: Bearer TOKEN`` and a server that was started with a token.
Bodies are JSON in both directions; a refusal is ``{"error": "one sentence"}``. These paths are on
the service's own host: at ``bucket.localhost`` the same path is a key like any other, and no
bucket can be called ``_strict_s3``.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

from ..errors import OptionError
from ..logs import access_log, cloudtrail
from ..rules.errors import S3Error
from ..rules.request import Request, whole_number
from .address import Addresses
from .response import Response
from .service import Service

PREFIX = "/_strict_s3/"
_NAMES = ("clock", "decisions", "access-log", "cloudtrail", "reset")
_MAX_BODY = 64 * 1024  # bytes; the longest order has a hundred

_NO_STORE = ("cache-control", "no-store")

Read = Callable[[int], bytes]


class Control:
    """Stands in front of a service's gate. Without `token` there is the health path alone."""

    def __init__(self, service: Service, token: str = "") -> None:
        self.service, self._token = service, token  # which may not have its options yet

    def handle(self, request: Request, read: Read) -> Response:
        """Answer a request under `PREFIX`, or have the gate answer it. Never raises."""
        name = self._name(request)
        if name is None:
            return self.service.handle(request, read)
        if name == "health":
            return _allow(request, "GET") or _answer(200, {"status": "ok"})
        if not self._token:
            problem = "Control over HTTP is off. Start the server with --control and a token."
            return _error(404, problem)
        if not self._authorized(request):
            return _error(401, "Send the control token: Authorization: Bearer TOKEN.")
        order: dict[str, Any] = {"do": name}
        try:
            match name:
                case "clock":
                    refusal = _allow(request, "GET", "PUT")
                    if request.method == "PUT":
                        order |= _body(request, read)
                case "decisions" | "access-log" | "cloudtrail":
                    refusal = _allow(request, "GET")
                    order = {"do": "decisions", "last": _last(request)}
                case "reset":
                    refusal = _allow(request, "POST")
                case _:
                    return _error(404, f"There is no {PREFIX}{name}: {', '.join(_NAMES)}.")
            return refusal or _shown(name, self.service.command(order))
        except OptionError as problem:
            return _error(400, str(problem))
        except S3Error as problem:  # of reading the body
            return _error(problem.status, problem.message or problem.code)

    def _name(self, request: Request) -> str | None:
        """What is after `PREFIX`; None if the request is the gate's."""
        if PREFIX not in request.path:
            return None
        try:
            addresses = Addresses(self.service.options.public_url)
            inner, _ = addresses.received(request)
            if addresses.locate(inner).in_host:
                return None
        except S3Error:  # a path that is no text
            return None
        return inner.path.removeprefix(PREFIX) if inner.path.startswith(PREFIX) else None

    def _authorized(self, request: Request) -> bool:
        scheme, _, token = request.header("authorization").partition(" ")
        same = hmac.compare_digest(token.strip().encode(), self._token.encode())
        return same and scheme.lower() == "bearer"


def _allow(request: Request, *methods: str) -> Response | None:
    """A refusal, unless the request's method is one of `methods`; HEAD goes with GET."""
    if request.method in methods or (request.method == "HEAD" and "GET" in methods):
        return None
    response = _error(405, f"{request.path} is for {' and '.join(methods)}.")
    response.add([("allow", ", ".join(methods))])
    return response


def _body(request: Request, read: Read) -> dict[str, Any]:
    length = whole_number(request.header("content-length", "0"))
    if length is None or length > _MAX_BODY:
        raise OptionError(f"The body is too long: {_MAX_BODY} bytes at most.")
    chunked = "transfer-encoding" in request.header_map
    data = read(_MAX_BODY) if chunked else read(length) if length else b""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not {"offset", "at"} & set(body):
        raise OptionError('Send {"offset": seconds} or {"at": "2027-01-31T12:00:00Z"} as JSON.')
    return {name: value for name, value in body.items() if name in ("offset", "at")}


def _last(request: Request) -> int:
    text = request.parameters.get("last", "1")
    last = whole_number(text)
    if last is None:
        raise OptionError(f"last is {text!r}; it is how many decisions, such as 5.")
    return last


def _shown(name: str, value: Any) -> Response:
    """What an order has given, in the form that its name asks for."""
    if name == "cloudtrail":
        return _answer(200, {"Records": cloudtrail(value)})
    if name == "access-log":
        text = "".join(f"{line}\n" for line in access_log(value))
        return Response(200, [("content-type", "text/plain"), _NO_STORE], text.encode())
    return _answer(200, value)


def _answer(status: int, value: Any) -> Response:
    return Response(
        status,
        [("content-type", "application/json"), _NO_STORE],
        json.dumps(value).encode() + b"\n",
    )


def _error(status: int, sentence: str) -> Response:
    response = _answer(status, {"error": sentence})
    if status == 401:
        response.add([("www-authenticate", 'Bearer realm="strict_s3"')])
    return response
