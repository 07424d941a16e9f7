"""What the page's workers have to agree on: sign-ins, limits, and uploads that have begun.

A file of SQLite, so that two processes see the same and a restart loses nothing; without a path,
memory of this process. The file has to be on a local disk: SQLite's write-ahead log needs one
(https://www.sqlite.org/wal.html). It holds user names and keys, and of a sign-in only the hash.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import LabError

Clock = Callable[[], float]  # seconds since 1970, the same for all workers
_BUSY = 10  # seconds to wait while another worker writes
_TABLES = """
CREATE TABLE IF NOT EXISTS sessions (
    token TEXT PRIMARY KEY, user TEXT NOT NULL, ends REAL NOT NULL);
CREATE TABLE IF NOT EXISTS taken (who TEXT NOT NULL, what TEXT NOT NULL, moment REAL NOT NULL);
CREATE INDEX IF NOT EXISTS taken_by ON taken (who, what, moment);
CREATE TABLE IF NOT EXISTS uploads (
    user TEXT NOT NULL, ticket TEXT NOT NULL, key TEXT NOT NULL, upload TEXT NOT NULL,
    due REAL NOT NULL, PRIMARY KEY (user, ticket));
"""


class Store:
    """One for each worker. `clock` is what a test moves. Raises `LabError` for an unusable path.

    with store.change() as db:
        db.execute("DELETE FROM sessions WHERE ends < ?", [store.now()])
    """

    def __init__(self, path: Path | None = None, clock: Clock = time.time) -> None:
        self.path, self.now = path, clock
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._owner = 0
        try:
            with self.change():
                pass  # a path that cannot be used is told at once
        except (OSError, sqlite3.Error) as problem:
            why = getattr(problem, "strerror", None) or problem
            raise LabError(f"{path} cannot be used as the page's store: {why}.") from None

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Read and write as one step, among all workers; nothing is kept if it raises."""
        with self._lock:
            db = self._connected()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file. The next use opens it again."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _connected(self) -> sqlite3.Connection:
        # A server may fork after loading the app, and SQLite's connections may not cross a fork:
        # https://www.sqlite.org/howtocorrupt.html
        if self._db is None or self._owner != os.getpid():
            self._db, self._owner = self._open(), os.getpid()
        return self._db

    def _open(self) -> sqlite3.Connection:
        if self.path is not None:  # for nobody else's eyes, and so are the files beside it
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(
            self.path or ":memory:", timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_TABLES)
        weakref.finalize(self, db.close)
        return db
