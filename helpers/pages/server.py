"""A web page on this computer: a Flask app behind cheroot, in threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from helpers.lab import Lab
from helpers.pages.local_server import LocalServer

Origins = tuple[str, ...]
MakeApp = Callable[[Origins], Flask]


class PageServer:
    """Serves on 127.0.0.1 from the moment it is made until `stop`.

    `make_app` is given the origins under which a browser can reach the page: the port is only
    known once it is taken. Raises OSError if `port` is in use.
    """

    def __init__(self, make_app: MakeApp, port: int = 0) -> None:
        self._server = LocalServer(port)
        self.port = self._server.port
        # A page inside JupyterLab gets its cookie only if both have the same host name.
        self.origins = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")
        self.origin = self.origins[0]
        self._server.wsgi_app = make_app(self.origins)
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
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
        self._server.stop()
        self._thread.join()


class LabPage(PageServer):
    """A page for a notebook, which opens it with `code`."""

    title = ""

    def __init__(self, lab: Lab, code: str, make_app: MakeApp, port: int = 0) -> None:
        super().__init__(make_app, port)
        self.lab, self.code = lab, code

    def panel(self) -> Any:
        """The page to be shown in a notebook, with S3's answers below it."""
        from helpers.pages.panel import Panel

        return Panel(self.lab, self.port, self.code, self.title)

    def __repr__(self) -> str:
        return f"{self.title} at {self.url}"


def s3_origin(s3: Any, bucket: str) -> str:
    """Scheme, host and port of the URLs that this client signs for the bucket."""
    parts = urlsplit(s3.generate_presigned_post(bucket, "k")["url"])
    return f"{parts.scheme}://{parts.netloc}"
