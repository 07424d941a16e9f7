"""The bench with its server, for a notebook."""

from __future__ import annotations

import secrets
from typing import Any

from helpers.errors import LabError
from helpers.lab import Lab
from helpers.pages.cors_bench.app import Bench, create_app
from helpers.pages.server import PageServer


class CorsBench:
    """Serves the bench's page until `stop`.

    For each try it replaces the CORS rules of the lab's bucket and puts them back; what is
    uploaded goes under `prefix`.
    """

    def __init__(self, lab: Lab, prefix: str = "lesson-07/bench/") -> None:
        self.lab, self.code = lab, secrets.token_urlsafe(16)
        self._bench = Bench(lab.client(), lab.bucket, prefix, self._was_read)
        self._server = PageServer(lambda origins: create_app(self._bench, self.code, origins))
        self.url, self.port = self._server.url, self._server.port
        self.origin = self._server.origins[0]

    def panel(self) -> Any:
        """The bench to be shown in a notebook, with S3's answers below it."""
        from helpers.pages.panel import Panel

        return Panel(self.lab, self.port, self.code, "CORS bench")

    def stop(self) -> None:
        """Stop serving. The bucket's CORS rules are as they were before the bench."""
        self._server.stop()
        self._bench.put_back()

    def _was_read(self, key: str) -> bool | None:
        try:
            decisions = self.lab.decisions(100)
        except LabError:
            return None
        return any(d["method"] == "GET" and d["path"].endswith(f"/{key}") for d in decisions)

    def __repr__(self) -> str:
        return f"CORS bench at {self.url}"
