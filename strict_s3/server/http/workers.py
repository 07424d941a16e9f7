"""Threads for what would keep the loop waiting: large bodies, and operations that take long.

Not concurrent.futures: its threads are never fewer than they once were, and the end of the
process waits for them.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

MAX_THREADS = 512  # one for each upload under way, however slow its client
IDLE_SECONDS = 10  # after which a thread without work ends

Job = Callable[[], object]


class Workers:
    """A pool that grows while all of its threads are busy, and shrinks again."""

    def __init__(self, limit: int = MAX_THREADS) -> None:
        self._limit = limit
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0  # threads that wait for a job, less the jobs that wait for them

    @property
    def short(self) -> bool:
        """True while a job waits for a thread."""
        return self._free < 0

    def run(self, job: Job) -> None:
        """Have `job` called in a thread. It must not raise.

        Raises RuntimeError if there is no thread and the system allows none.
        """
        with self._lock:
            if self._free <= 0 and self._threads < self._limit:
                self._start()
            self._free -= 1
            self._jobs.put(job)

    def _start(self) -> None:
        try:
            threading.Thread(target=self._work, name="strict-s3-worker", daemon=True).start()
        except (RuntimeError, MemoryError):  # the system allows no more
            if not self._threads:
                raise RuntimeError("no thread can be started") from None
            return
        self._threads += 1
        self._free += 1

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self._lock:
                    if self._jobs.empty():
                        self._threads -= 1
                        self._free -= 1
                        return
                continue
            job()
            del job  # it holds a connection, and the next one may be long in coming
            with self._lock:
                self._free += 1
