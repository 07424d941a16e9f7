"""A web page on this computer: a Flask app, served by threads of this process."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from helpers.address import hub
from helpers.lab import Lab

# Connections at the same time: each has a thread.
MAX_CONNECTIONS, MAX_CONNECTIONS_OF_ADDRESS = 256, 64
_HOST = "127.0.0.1"
Origins = tuple[str, ...]
MakeApp = Callable[[Origins], Flask]


class PageServer:
    """Serves on 127.0.0.1, or on another `host`, from the moment it is made until `stop`.

    `make_app` is given the origins under which a browser can reach the page: the port is only
    known once it is taken. On a hub that is the hub's, and no other. Raises OSError if `port` is
    in use.
    """

    def __init__(self, make_app: MakeApp, port: int = 0, host: str = _HOST) -> None:
        with _listening(host, port) as listener:
            self.port = int(listener.getsockname()[1])
            public = hub.open_port(self.port) if host == _HOST else ""
            parts = urlsplit(public or f"http://{host}:{self.port}")
            self.origin = f"{parts.scheme}://{parts.netloc}"
            self.origins: Origins = (self.origin,)
            self.where: dict[str, Any] = {"url": f"{public}/"}  # for a panel
            if not public:
                # A page inside JupyterLab gets its cookie only if both have the same host name,
                # which the panel knows.
                self.where = {"port": self.port}
                if host == _HOST:
                    self.origins = (self.origin, f"http://localhost:{self.port}")
            self.url = f"{self.origin}{parts.path}/"
            self._server = _serving(make_app(self.origins), listener, parts.path)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answer no more requests and free the port. Harmless when called again."""
        self._server.shutdown()
        self._thread.join()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)


if sys.platform == "emscripten":
    from helpers.pages.in_browser import BrowserPage as _Serving
else:
    _Serving = PageServer


class LabPage(_Serving):
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

        self._panels.append(Panel(self.lab, self))
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


class _Server(ThreadedWSGIServer):
    """A thread for each connection: browsers open some in advance, and say nothing on them.

    What is more than a page and a room need is closed unread, so that nobody can take all threads.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], listener: socket.socket) -> None:
        self._open: Counter[str] = Counter()
        self._counting = threading.Lock()
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, app, _Handler, fd=listener.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        address = str(client_address[0])
        with self._counting:
            full = self._open.total() >= MAX_CONNECTIONS
            full = full or self._open[address] >= MAX_CONNECTIONS_OF_ADDRESS
            self._open[address] += not full
        if full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self._open[str(client_address[0])] -= 1
                self._open = +self._open  # those with none are forgotten


class _Handler(WSGIRequestHandler):
    timeout = 60  # seconds that a silent connection is kept

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests, and clients that went away, are not the learner's concern."""


def _listening(host: str, port: int) -> socket.socket:
    """A socket of our own: werkzeug would end the process if the port is taken."""
    listener = socket.socket()
    try:
        if os.name != "nt":  # where it would let two servers have the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _serving(app: Flask, listener: socket.socket, prefix: str) -> _Server:
    """`prefix` is the path of the page's address, which a hub's proxy has taken off."""
    inside = unquote(prefix, "latin-1")  # as WSGI decodes paths

    def below(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = prefix  # as in the address: for the path of cookies
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(inside)
        return app(environ, start_response)

    return _Server(below if prefix else app, listener)
