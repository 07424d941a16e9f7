"""One request on its way: what is known of it grows with each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from ..rules.authentication import Authentication
from ..rules.decision import Decision
from ..rules.errors import AccessDenied, S3Error
from ..rules.operations import Needs, Operation
from ..rules.payload import Payload
from ..rules.post_policy import PostPolicy
from ..rules.request import Request
from .address import NOWHERE, Addresses, Place
from .refusal import Ids

if TYPE_CHECKING:
    from .http.form_reader import Form

Read = Callable[[int], bytes]


class Authorises(Protocol):
    """What is asked for permissions in the middle of an operation: `authorise.Authoriser`."""

    def why_not(
        self, call: Call, needs: Needs, keys: Mapping[str, str | None] | None = None
    ) -> AccessDenied | None: ...


NO_OPERATION = Operation("", ())
NO_PAYLOAD = Payload("")
NOBODY = Authentication()


@dataclass
class Call:
    """A request, how to read its body, and what the steps so far have found.

    `request` is what came, its path without any public prefix; `signed_request` is what the
    client signed, where that differs. `now` is the server's time and `wall` the computer's, both
    UTC: they differ while a lesson or a test has moved the server's clock. `keys` are the
    condition keys that are in the parameters of IAM or STS, or in a `document`: a configuration
    that has been read before the permission for it was asked, or why it could not be.
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
    who: Authentication = NOBODY
    operation: Operation = NO_OPERATION
    payload: Payload = NO_PAYLOAD
    form: Form | None = None
    policy: PostPolicy | None = None
    authoriser: Authorises | None = None
    keys: dict[str, str | list[str]] = field(default_factory=dict)
    document: bytes | S3Error | None = None

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
        return self.form.headers() if self.form else self.request.effective_headers

    def why_not(
        self, needs: Needs, keys: Mapping[str, str | None] | None = None
    ) -> AccessDenied | None:
        """Why the caller cannot have these permissions too, or None: he has them.

        For what only the operation itself knows of; see `authorise.Authoriser.why_not`.
        """
        if self.authoriser is None:
            return None
        return self.authoriser.why_not(self, needs, keys)

    def parameter(self, name: str) -> str | None:
        """A query parameter; None if the request has none of that name."""
        return self.request.parameters.get(name)
