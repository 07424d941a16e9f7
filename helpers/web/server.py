"""A web page on this computer: a Flask app behind cheroot, in threads of this process."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from cheroot import wsgi
from flask import Flask

MAX_BODY = 64 * 1024  # bytes: a page asks in JSON; files go to S3
_THREADS = 8
Origins = tuple[str, ...]


class PageServer:
    """Serves on 127.0.0.1 from the moment it is made until `stop`.

    `make_app` is given the origins under which a browser can reach the page: the port is only
    known once it is taken. Raises OSError if `port` is in use.
    """

    def __init__(self, make_app: Callable[[Origins], Flask], port: int = 0) -> None:
        self._server = _Server(port)
        self.port: int = self._server.bind_addr[1]
        # A page inside JupyterLab gets its cookie only if both have the same host name.
        self.origins = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")
        self._server.wsgi_app = make_app(self.origins)
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self.origins[0]}/"

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answer no more requests and free the port. Harmless when called again."""
        self._server.stop()
        self._thread.join()


class _Server(wsgi.Server):
    def __init__(self, port: int) -> None:
        with socket.socket() as probe:  # cheroot would leave its socket open when this fails
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        super().__init__(
            ("127.0.0.1", port), None, numthreads=_THREADS, server_name="page", shutdown_timeout=1
        )
        self.max_request_body_size = MAX_BODY
        self.prepare()

    def process_conn(self, conn: Any) -> None:
        """Give a connection to a thread once it has something to say.

        Browsers open connections in advance, and cheroot would let each hold a thread.
        """
        if conn.last_used is None and not conn.rfile.has_data():
            self._connections.put(conn)  # type: ignore[attr-defined]
        else:
            super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """cheroot's own complaints are about clients that went away."""
