"""The log of a server: lines to a stream, which never hold a request up.

Whoever reads the stream may stop reading: then a pipe fills, and a write to it waits for ever. So
the lines are written by a thread of their own. Those that do not fit are left out, and counted.
"""

from __future__ import annotations

import logging
import sys
import threading
from queue import SimpleQueue
from typing import TextIO

MAX_LINES = 1000  # that wait to be written


class Lines(logging.Handler):
    """Writes records to a stream. Raises RuntimeError if there is no thread to do it in."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self._stream = stream
        self._records: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._left_out = 0
        self._thread = threading.Thread(target=self._write, name="strict-s3-log", daemon=True)
        self._thread.start()

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record, without the lock that `logging` has for writing."""
        if self._records.qsize() < MAX_LINES:
            self._records.put(record)
        else:
            self._left_out += 1
        return True

    def finish(self, seconds: float) -> None:
        """Wait until all is written that was taken before, but no longer than that."""
        self._records.put(None)
        self._thread.join(seconds)

    def _write(self) -> None:
        while (record := self._records.get()) is not None:
            lines = self.format(record) + "\n"
            if self._left_out and not self._records.qsize():
                lines += f"{self._left_out} lines are missing here: they were not read in time.\n"
                self._left_out = 0
            try:
                self._stream.write(lines)
                self._stream.flush()
            except (OSError, ValueError):  # nobody reads it any more, or it is closed
                return


def log_to_stderr(wanted: bool) -> Lines | None:
    """Log every request to standard error, or nothing at all. Raises RuntimeError."""
    if not wanted or sys.stderr is None:
        logging.basicConfig(handlers=[logging.NullHandler()])
        return None
    lines = Lines(sys.stderr)
    logging.basicConfig(handlers=[lines], level=logging.INFO)
    return lines
