"""IAM of one account: users, groups, roles and the policies that they have.

Written for this server, because moto's IAM cannot be had alone: its models note every instance in
a register of their class, ask `iam_backends` for each other, draw their ids from the generator
that `mock_random` shares and read settings from the environment, so that other code that uses moto
in the same process would notice, and be noticed.

What is carried out is what the policies of this S3 depend on. Everything else that IAM has is
answered 501 by name.

    users, groups, roles, managed    the entities and their operations
    holders, boundaries, tags        what several of them have
    account                          the state, and what every operation shares
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ....rules.identity import Credential, Identity
from ....rules.policy import Policy, PolicyKind, parse_policy
from ....rules.query_protocol import check_carried_out
from ...clock import Clock
from ...query_model import QueryModel
from . import groups, holders, managed, roles, users
from .account import OPERATIONS, Account
from .entities import AccessKey, Entity, Holder, Role, User

__all__ = ["Iam", "Policies", "Role"]

_REGISTERED = (groups, holders, managed, roles, users)  # importing them fills OPERATIONS
_EVERYTHING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
)
_NOTHING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)


@dataclass(frozen=True)
class Policies:
    """The policies that apply to an identity, ready to be evaluated."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None


class Iam:
    """The identities of one account. `account` is its id, 12 digits.

    Any number of threads can ask; `carry_out` changes things one request at a time.
    """

    def __init__(self, account: str, clock: Clock) -> None:
        self.model = QueryModel("iam")
        self._account_id, self._clock = account, clock
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget every user, group, role and policy."""
        with self._lock:
            self._account = Account(self._account_id, self._clock)
            self._policies: dict[tuple[str, str], Policies] = {}

    # What a decision about a request needs.

    def find_key(self, access_key: str) -> Credential | None:
        """The credential of an IAM user's key, or of a further key of the root's."""
        key = self._account.keys.get(access_key)
        if key is None:
            return None
        return Credential(key.id, key.secret, self._owner(key), key.status == "Active")

    def policies_of(self, identity: Identity) -> Policies:
        """The policies of a user (with its groups') or of the role behind a session.

        They are remembered until something in IAM changes.
        """
        name = (identity.kind, identity.user_name if _federated(identity) else identity.user_id)
        policies = self._policies.get(name)
        if policies is None:
            with self._lock:
                policies = self._policies[name] = self._collect(identity)
        return policies

    def find_role(self, arn: str) -> Role | None:
        """The role of that ARN, or None."""
        role = self._account.roles.get(arn.rpartition("/")[2])
        return role if role is not None and role.arn == arn else None

    def managed_policy(self, arn: str) -> str | None:
        """The document of a managed policy's default version, or None; AWS's own policies too.

        Raises `QueryError` for what is no policy's ARN.
        """
        policy = self._account.find_policy(arn)
        return None if policy is None else policy.document

    def principal_tags(self, identity: Identity) -> dict[str, str]:
        """The tags that a principal has: its user's or role's, and over them its session's."""
        holder = self._holder(identity)
        tags = dict(holder.tags) if holder else {}
        return tags | dict(identity.session.tags if identity.session else ())

    def current(self, identity: Identity) -> Identity | None:
        """A session's identity by the name that its user has now.

        None once the user or role behind the session has been deleted.
        """
        if _is_root(identity):
            return identity
        holder = self._holder(identity)
        if holder is None or identity.kind != "user" or holder.arn == identity.arn:
            return identity if holder else None
        return replace(identity, arn=holder.arn, user_name=holder.name)

    # Operations.

    def entity(self, kind: str, name: str) -> Entity | None:
        """The user, group or role of that name, or the policy of that ARN; None without one."""
        account = self._account
        if kind == "policy":
            return account.find_policy(name)
        names: dict[str, Any] = {"user": account.users, "group": account.groups}
        entity: Entity | None = names.get(kind, account.roles).get(name)
        return entity

    def arn_of(self, kind: str, name: str) -> str | None:
        """The ARN of what `entity` finds, with its path; None without one."""
        entity = self.entity(kind, name)
        return entity.arn if entity else None

    def unknown_principal(self, policy: Policy) -> str | None:
        """The ARN of a user or role that a policy names and that is not there, or None.

        AWS refuses such a policy: "Invalid principal in policy".
        """
        return self._account.unknown_principal(policy)

    def carry_out(
        self, action: str, params: Mapping[str, Any], caller: Identity, request_id: str
    ) -> bytes:
        """Carry out an authorised request whose parameters `model` has read: its XML.

        Raises `QueryError`: the operation's own refusals, and NotImplemented for an operation or
        a parameter that is not carried out here.
        """
        obeyed = OPERATIONS[action].obeys if action in OPERATIONS else None
        check_carried_out("IAM", action, params, obeyed)
        with self._lock:
            result = OPERATIONS[action].handler(self._account, params, caller)
            if not action.startswith(("Get", "List")):
                self._policies = {}
        return self.model.write(action, result, request_id)

    def _owner(self, key: AccessKey) -> Identity:
        user, account = key.owner, self._account_id
        if user is None:
            return Identity("root", account, f"arn:aws:iam::{account}:root", "", account)
        return Identity("user", account, user.arn, user.name, user.id)

    def _holder(self, identity: Identity) -> Holder | None:
        if identity.kind == "assumed-role":
            return self._account.roles.by_id(identity.user_id.partition(":")[0])
        if _federated(identity):
            return self._account.users.get(identity.user_name)
        return self._account.users.by_id(identity.user_id)

    def _collect(self, identity: Identity) -> Policies:
        if _is_root(identity):
            # A federated user of the root's has all of it, within its session policies.
            return Policies((_parsed(_EVERYTHING, "root", "identity"),))
        holder = self._holder(identity)
        if holder is None:
            return Policies()
        givers: list[Holder] = [holder]
        if isinstance(holder, User):
            givers += holder.groups.values()
        documents = [pair for giver in givers for pair in giver.inline.items()]
        for giver in givers:
            for arn in giver.attached:
                policy = self._account.policy(arn)
                documents.append((policy.name, policy.document))
        boundary = None
        if holder.boundary:
            # A boundary that is gone allows nothing.
            text = self.managed_policy(holder.boundary) or _NOTHING
            boundary = _parsed(text, holder.boundary.rpartition("/")[2], "boundary")
        return Policies(
            tuple(_parsed(text, name, "identity") for name, text in documents), boundary
        )


def _federated(identity: Identity) -> bool:
    return identity.kind == "federated-user"


def _is_root(identity: Identity) -> bool:
    """The root, or a federated user whose credentials the root has asked for."""
    return identity.kind == "root" or (_federated(identity) and not identity.user_name)


@lru_cache(maxsize=4096)
def _parsed(document: str, name: str, kind: PolicyKind) -> Policy:
    return parse_policy(document, name=name, kind=kind)
