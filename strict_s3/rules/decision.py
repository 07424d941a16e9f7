"""The checks that one request went through, in order, and the first that it failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, Protocol

from .errors import S3Error


class Refusal(Protocol):
    """Whatever ends a request: an error of S3's, or one of IAM or STS."""

    @property
    def code(self) -> str: ...

    @property
    def message(self) -> str: ...


class Check(NamedTuple):
    """A check: its name, whether the request passed it, and what was compared."""

    name: str
    passed: bool
    detail: str


@dataclass
class Decision:
    """What the server saw and decided. Holds no secret and no signature.

    The same object answers the client (`error`), the log (`str`) and a lesson (`checks`).
    """

    method: str
    path: str
    checks: list[Check] = field(default_factory=list)
    identity: str = "anonymous"
    action: str = ""
    resource: str = ""
    error: Refusal | None = None
    status: int = 0

    def passed(self, name: str, detail: str) -> None:
        """Record a check that the request passed."""
        self.checks.append(Check(name, True, detail))

    def refuse(self, name: str, error: S3Error, detail: str = "") -> NoReturn:
        """Record the check that the request failed, and raise its error."""
        self.checks.append(Check(name, False, detail or error.message))
        self.error = error
        raise error

    def ended(self, error: Refusal) -> None:
        """Record an error that came after the checks, from the body or the store."""
        if self.error is None:
            self.checks.append(Check(error.code, False, error.message))
            self.error = error

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the control pipe and for logs."""
        return {
            "method": self.method,
            "path": self.path,
            "identity": self.identity,
            "action": self.action,
            "resource": self.resource,
            "status": self.status,
            "error": self.error.code if self.error else None,
            "message": self.error.message if self.error else None,
            "checks": [list(check) for check in self.checks],
        }

    def __str__(self) -> str:
        verdict = f"{self.error.code} at {self.checks[-1].name}" if self.error else "ok"
        return f"{self.method} {self.path} {self.status} {verdict} ({self.identity})"
