"""A web page on this computer: a Flask app, served by threads of this process."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from helpers.lab import Lab

MAX_BODY = 64 * 1024  # bytes: a page asks in JSON; files go to S3
_HOST = "127.0.0.1"
Origins = tuple[str, ...]
MakeApp = Callable[[Origins], Flask]


class PageServer:
    """Serves on 127.0.0.1 from the moment it is made until `stop`.

    `make_app` is given the origins under which a browser can reach the page: the port is only
    known once it is taken. Raises OSError if `port` is in use.
    """

    def __init__(self, make_app: MakeApp, port: int = 0) -> None:
        with _listening(port) as listener:
            self.port = int(listener.getsockname()[1])
            # A page inside JupyterLab gets its cookie only if both have the same host name.
            self.origins = (f"http://{_HOST}:{self.port}", f"http://localhost:{self.port}")
            self.origin = self.origins[0]
            self._server = _serving(make_app(self.origins), listener)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self.origin}/"

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answer no more requests and free the port. Harmless when called again."""
        self._server.shutdown()
        self._thread.join()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)


class LabPage(PageServer):
    """A page for a notebook, which opens it with `code`."""

    title = ""

    def __init__(self, lab: Lab, code: str, make_app: MakeApp, port: int = 0) -> None:
        super().__init__(make_app, port)
        self.lab, self.code = lab, code
        self._panels: list[Any] = []
        lab.on_clean_up(f'stopped "{self.title}"', self.stop)

    def panel(self) -> Any:
        """The page to be shown in a notebook, with S3's answers below it."""
        from helpers.pages.panel import Panel

        self._panels.append(Panel(self.lab, self.port, self.code, self.title))
        return self._panels[-1]

    def stop(self) -> None:
        """Stop serving; where the page is shown in a notebook, its panel says so."""
        super().stop()
        while self._panels:
            self._panels.pop().stopped()

    def __repr__(self) -> str:
        return f"{self.title} at {self.url}"


def s3_origin(s3: Any, bucket: str) -> str:
    """Scheme, host and port of the URLs that this client signs for the bucket."""
    parts = urlsplit(s3.generate_presigned_post(bucket, "k")["url"])
    return f"{parts.scheme}://{parts.netloc}"


class _Handler(WSGIRequestHandler):
    timeout = 60  # seconds that a silent connection is kept

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests, and clients that went away, are not the learner's concern."""


def _listening(port: int) -> socket.socket:
    """A socket of our own: werkzeug would end the process if the port is taken."""
    listener = socket.socket()
    try:
        if os.name != "nt":  # where it would let two servers have the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _serving(app: Flask, listener: socket.socket) -> BaseWSGIServer:
    """A thread for each connection: browsers open some in advance, and say nothing on them."""
    host, port = listener.getsockname()[:2]

    def limited(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if (Request(environ).content_length or 0) > MAX_BODY:
            return RequestEntityTooLarge()(environ, start_response)
        return app(environ, start_response)

    return make_server(
        host, port, limited, threaded=True, request_handler=_Handler, fd=listener.fileno()
    )
