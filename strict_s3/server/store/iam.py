"""IAM's users, roles and policies: kept by moto."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ...rules.identity import Credential, Identity
from ...rules.policy import Policy, parse_policy
from ..clock import Clock
from .moto_glue import ACCOUNT, MotoApps, follow, iam_backends

_NOTHING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)


@dataclass(frozen=True)
class Policies:
    """The policies that apply to an identity, ready to be evaluated."""

    identity: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] | None = None
    boundary: Policy | None = None


class Iam:
    """The identities of one account."""

    def __init__(self, account: str, clock: Clock) -> None:
        follow(clock)
        self.forward = MotoApps("us-east-1").forward

    def reset(self) -> None:
        """Forget every user, role and policy."""
        iam_backends().reset()

    def find_key(self, access_key: str) -> Credential | None:
        """The root key or an IAM user's key; None if there is no such key."""
        for user in list(self._iam.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key:
                    identity = Identity("user", ACCOUNT, user.arn, user.name, user.id)
                    active = key.status == "Active"
                    return Credential(access_key, key.secret_access_key, identity, active)
        return None

    def policies_of(self, identity: Identity) -> Policies:
        """The policies of an IAM user (own, groups') or of the role behind a session."""
        holders: list[Any] = []
        boundary_arn = None
        if identity.kind in ("user", "federated-user"):
            user = self._iam.users.get(identity.user_name)
            if user is not None:
                groups = [g for g in self._iam.groups.values() if user in g.users]
                holders = [user, *groups]
        elif identity.kind == "assumed-role":
            role = self.find_role(identity.role_arn)
            if role is not None:
                holders = [role]
                boundary_arn = role.permissions_boundary_arn
        documents = [(n, text) for h in holders for n, text in h.policies.items()]
        documents += [
            (policy.name, _default_document(policy))
            for holder in holders
            for policy in holder.managed_policies.values()
        ]
        boundary = None
        if boundary_arn:
            document = self.managed_policy(boundary_arn)
            name = boundary_arn.rpartition("/")[2]
            # A boundary that is gone allows nothing.
            boundary = _parsed(document or _NOTHING, name, "boundary")
        return Policies(
            tuple(_parsed(text, name, "identity") for name, text in documents), boundary=boundary
        )

    def find_role(self, arn: str) -> Any | None:
        """moto's role of that ARN, or None."""
        return next((role for role in self._iam.roles.values() if role.arn == arn), None)

    def managed_policy(self, arn: str) -> str | None:
        """The default version of a managed policy, as JSON, or None."""
        policy = self._iam.managed_policies.get(arn)
        return policy and _default_document(policy)

    @property
    def _iam(self) -> Any:
        return iam_backends()[ACCOUNT]["aws"]


@lru_cache(maxsize=256)
def _parsed(document: str, name: str, kind: Literal["identity", "boundary"]) -> Policy:
    return parse_policy(document, name=name, kind=kind)


def _default_document(policy: Any) -> str:
    """The text of a managed policy's default version."""
    return next(
        str(version.document)
        for version in policy.versions
        if version.version_id == policy.default_version_id
    )
