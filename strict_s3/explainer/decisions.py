"""The local S3's last decision: every check that a request passed, and the one it failed."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import InspectError
from ..redact import redact
from ..rules.decision import Check
from .words import Readable, shown

_WIDTH = 78  # characters of a cell's output at 800 pixels
PASSED, FAILED = "✓", "✗"  # different without colour too


class _Decides(Protocol):
    def decisions(self, last: int = 1) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, repr=False)
class Why(Readable):
    """What the server saw and decided; `checks` are in the order in which they were made.

    `error` and `message` are "" for a request that passed.
    """

    method: str
    path: str
    status: int
    identity: str
    action: str
    resource: str
    error: str
    message: str
    checks: tuple[Check, ...]

    @property
    def failed(self) -> Check | None:
        """The check that refused the request; None if none did."""
        return next((check for check in self.checks if not check.passed), None)

    def __str__(self) -> str:
        lines = [f"{self.method} -> {self.status}"]
        for check in self.checks:
            mark = PASSED if check.passed else FAILED
            # Redacted as in all printed output: of a key id only its kind, such as AKIA, is left.
            detail = shown(redact(check.detail), 500)
            lines += _wrapped(f"  {mark} {check.name}: {detail}")
        if self.error and self.failed is None:
            lines += _wrapped(f"  {FAILED} {self.error}: {shown(redact(self.message))}")
        return "\n".join(lines)


def _wrapped(line: str) -> list[str]:
    """The line in pieces that fit a notebook's cell, which would break it within a word."""
    return textwrap.wrap(
        line, _WIDTH, subsequent_indent="      ", break_long_words=False, break_on_hyphens=False
    )


def why(server: _Decides) -> Why:
    """The last decision of a local S3, or of whatever has its `decisions`.

    Raises `InspectError` if there was no request yet.

        print(strict_s3.why(s3))    # the same as s3.why()
    """
    decisions = server.decisions(1)
    if not decisions:
        raise InspectError("The local S3 has not had a request yet. Send one, then ask why.")
    return read_decision(decisions[-1])


def read_decision(decision: Mapping[str, Any]) -> Why:
    """A decision as the control pipe gives it (`Decision.as_dict`)."""
    return Why(
        method=str(decision["method"]),
        path=str(decision["path"]),
        status=int(decision["status"]),
        identity=str(decision["identity"]),
        action=str(decision["action"]),
        resource=str(decision["resource"]),
        error=str(decision["error"] or ""),
        message=str(decision["message"] or ""),
        checks=tuple(
            Check(name, bool(passed), detail) for name, passed, detail in decision["checks"]
        ),
    )
