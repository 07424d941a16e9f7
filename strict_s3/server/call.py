"""One request on its way: what is known of it grows with each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from ..rules.authentication import Authentication
from ..rules.context import hoisted_headers
from ..rules.decision import Decision
from ..rules.errors import AccessDenied
from ..rules.operations import Needs, Operation
from ..rules.payload import Payload
from ..rules.post_policy import PostPolicy
from ..rules.request import Request
from .address import NOWHERE, Addresses, Place
from .http.form_reader import Form
from .refusal import Ids

Read = Callable[[int], bytes]


class WhyNot(Protocol):
    """Asks for permissions in the middle of an operation (`authorise.Authoriser.why_not`)."""

    def __call__(self, needs: Needs, version: str | None = None) -> AccessDenied | None: ...


def nothing_forbidden(needs: Needs, version: str | None = None) -> AccessDenied | None:
    return None


NO_OPERATION = Operation("", ())


@dataclass
class Call:
    """A request, how to read its body, and what the steps so far have found.

    `request` is what came, its path without any public prefix; `signed_request` is what the
    client signed, where that differs. `now` is the server's time and `wall` the computer's, both
    UTC: they differ while a lesson or a test has moved the server's clock. `why_not` asks for
    permissions that only the operation itself knows of: the refusal, or None. `keys` are the
    condition keys that an operation of IAM or STS has besides those of every request.
    """

    request: Request
    signed_request: Request
    read: Read
    decision: Decision
    now: datetime
    wall: datetime
    ids: Ids
    addresses: Addresses
    place: Place = NOWHERE
    who: Authentication = field(default_factory=Authentication)
    operation: Operation = NO_OPERATION
    payload: Payload = field(default_factory=lambda: Payload(""))
    form: Form | None = None
    policy: PostPolicy | None = None
    why_not: WhyNot = nothing_forbidden
    keys: dict[str, str | list[str]] = field(default_factory=dict)

    @property
    def bucket(self) -> str:
        return self.place.bucket

    @property
    def key(self) -> str:
        return self.place.key

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name, also those that a presigned URL carries in its query.

        Those of a form upload are its fields.
        """
        return self.form.headers() if self.form else hoisted_headers(self.request)

    def parameter(self, name: str) -> str | None:
        """A query parameter; None if the request has none of that name."""
        return self.request.parameters.get(name)
