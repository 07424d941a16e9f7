"""cheroot, set straight for the pages: one address, threads that end with the process."""

from __future__ import annotations

import os
import socket
from typing import Any

from cheroot import wsgi
from cheroot.workers.threadpool import WorkerThread

LOOPBACK = "127.0.0.1"
MAX_BODY = 64 * 1024  # bytes: a page asks in JSON; files go to S3
_THREADS = 8


class LocalServer(wsgi.Server):
    """Has its port on 127.0.0.1 from the moment it is made."""

    def __init__(self, port: int) -> None:
        """Raises OSError if the port is taken."""
        with socket.socket() as probe:  # cheroot would leave its socket open when this fails
            if os.name != "nt":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
        super().__init__(
            (LOOPBACK, port), None, numthreads=_THREADS, server_name="page", shutdown_timeout=1
        )
        self.max_request_body_size = MAX_BODY
        self.requests._spawn_worker = self._spawn_worker
        self.prepare()

    def _spawn_worker(self) -> WorkerThread:
        """A worker of cheroot's pool that doesn't keep its process from ending."""
        worker = WorkerThread(self)  # type: ignore[no-untyped-call]
        worker.daemon = True
        worker.start()
        return worker

    @property
    def port(self) -> int:
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
