"""The bench with its server, for a notebook."""

from __future__ import annotations

import secrets

from helpers.errors import LabError
from helpers.lab import Lab
from helpers.pages.cors_bench.app import Bench, create_app
from helpers.pages.server import LabPage


class CorsBench(LabPage):
    """Serves the bench's page until `stop`.

    For each try it replaces the CORS rules of the lab's bucket and puts them back; what is
    uploaded goes under `prefix`.
    """

    title = "CORS bench"

    def __init__(self, lab: Lab, prefix: str = "lesson-07/bench/") -> None:
        code = secrets.token_urlsafe(16)
        self._bench = Bench(lab.client(), lab.bucket, prefix, self._was_read)
        super().__init__(lab, code, lambda origins: create_app(self._bench, code, origins))

    def stop(self) -> None:
        """Stop serving. The bucket's CORS rules are as they were before the bench."""
        super().stop()
        self._bench.put_back()

    def _was_read(self, key: str) -> bool | None:
        try:
            decisions = self.lab.decisions(100)
        except LabError:
            return None
        return any(d["method"] == "GET" and d["path"].endswith(f"/{key}") for d in decisions)
