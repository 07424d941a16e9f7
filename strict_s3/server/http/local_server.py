"""What the local S3 and the pages in a browser change about the server that both use, cheroot's."""

from __future__ import annotations

import os
import socket
from typing import Any

from cheroot.server import HTTPServer


class LocalServer(HTTPServer):
    """Listens on 127.0.0.1 and no other address. Also to be mixed into cheroot's WSGI server."""

    def __init__(self, port: int, *rest: Any, **options: Any) -> None:
        """Raises OSError if the port is taken."""
        with socket.socket() as probe:  # cheroot would leave its socket open when this fails
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        super().__init__(("127.0.0.1", port), *rest, **options)

    @property
    def port(self) -> int:
        """The port, once `prepare` has taken one."""
        return int(self.bind_addr[1])

    def process_conn(self, conn: Any) -> None:
        """Give a connection to a worker thread, once it has something to say.

        cheroot gives new ones to a worker at once, which then waits; browsers open connections
        in advance, and a few dozen of those would hold every worker.
        """
        if conn.last_used is None and not conn.rfile.has_data():
            self._connections.put(conn)  # type: ignore[attr-defined]
        else:
            super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """cheroot's own complaints (a client that went away) are not the learner's concern."""
