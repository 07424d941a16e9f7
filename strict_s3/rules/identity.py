"""Who a request is from, and the credential that proves it."""

from __future__ import annotations

from base64 import b32encode, b64encode
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from typing import Literal

Kind = Literal["root", "user", "assumed-role", "federated-user", "anonymous"]


@dataclass(frozen=True)
class Session:
    """What is fixed when STS issues temporary credentials.

    `issued_at` is UTC; `tags` are the session's own, in order. `transitive` are the keys of those
    that the sessions of roles assumed from this one inherit.
    """

    issued_at: datetime
    tags: tuple[tuple[str, str], ...] = ()
    transitive: frozenset[str] = frozenset()
    source_identity: str = ""


@dataclass(frozen=True)
class Identity:
    """A principal: the account's root, an IAM user, a role session, or nobody (anonymous).

    `arn` is the principal's own ARN (for a role session ``arn:aws:sts::…:assumed-role/R/S``);
    `role_arn` is the role behind a session. `user_id` is what ``aws:userid`` holds. `session` is
    there if the credentials are temporary ones.
    """

    kind: Kind
    account: str = ""
    arn: str = ""
    user_name: str = ""
    user_id: str = ""
    role_arn: str = ""
    session: Session | None = None

    def __str__(self) -> str:
        return self.arn or self.kind


ANONYMOUS = Identity("anonymous")
NO_SESSION = Session(datetime.min)  # of long-term credentials
ACCOUNT = "123456789012"  # the account of AWS's own examples, and the only one here


def root_of(account: str) -> Identity:
    """The account's root user."""
    return Identity("root", account, f"arn:aws:iam::{account}:root", "", account)


@dataclass(frozen=True)
class Credential:
    """An access key as the service knows it. `expires_at` is UTC, for temporary keys only."""

    access_key: str
    secret_key: str = field(repr=False)
    identity: Identity
    active: bool = True
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


def new_key(prefix: Literal["AKIA", "ASIA"]) -> tuple[str, str]:
    """A random access key id and its secret, in AWS's format: 20 characters, and 40 of base64.

    The prefix says the kind: AKIA for a user's own long-term key, ASIA for a temporary one
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
    """
    return prefix + b32encode(token_bytes(10)).decode(), b64encode(token_bytes(30)).decode()
