"""One account's IAM: its entities, how they are found, and what every operation shares.

An operation is a function of the account, the request's parameters and the caller. `operation`
registers it with the parameters that it obeys: a request with any other is answered 501.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NoReturn, TypeVar

from ....rules.identity import Identity
from ....rules.policy import MalformedPolicy, Policy, PolicyKind, parse_policy
from ....rules.query_protocol import QueryError
from ...clock import Clock
from .aws_policies import aws_policy
from .entities import AccessKey, Entity, Group, Holder, ManagedPolicy, Names, Role, User

Params = Mapping[str, Any]
Result = dict[str, Any]
Handler = Callable[["Account", Params, Identity], Result]

PAGE = 100  # items, where a request gives no MaxItems
# "IAM and AWS STS quotas"
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), by the names that
# the messages and GetAccountSummary use. Sizes are in characters, without white space.
QUOTAS = {
    "AccessKeysPerUser": 2,
    "AssumeRolePolicySize": 2048,
    "AttachedPoliciesPerGroup": 10,
    "AttachedPoliciesPerRole": 10,
    "AttachedPoliciesPerUser": 10,
    "GroupPolicySize": 5120,
    "Groups": 300,
    "GroupsPerUser": 10,
    "Policies": 1500,
    "PolicySize": 6144,
    "RolePolicySize": 10240,
    "Roles": 1000,
    "TagsPerEntity": 50,
    "UserPolicySize": 2048,
    "Users": 5000,
    "VersionsPerPolicy": 5,
}


@dataclass(frozen=True)
class Operation:
    """What carries an operation out, and the parameters that it obeys."""

    handler: Handler
    obeys: frozenset[str]


OPERATIONS: dict[str, Operation] = {}


def operation(name: str, obeys: str = "") -> Callable[[Handler], Handler]:
    """Register a function as what carries out the operation `name`."""

    def register(handler: Handler) -> Handler:
        OPERATIONS[name] = Operation(handler, frozenset(obeys.split()))
        return handler

    return register


class Account:
    """Everything that IAM keeps for one account."""

    def __init__(self, account: str, clock: Clock) -> None:
        self.id, self.clock = account, clock
        self.users: Names[User] = Names()
        self.groups: Names[Group] = Names()
        self.roles: Names[Role] = Names()
        self.policies: Names[ManagedPolicy] = Names()
        self.keys: dict[str, AccessKey] = {}
        self.root_keys: dict[str, AccessKey] = {}
        self.created = self.now()

    def now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)

    def user(self, name: str) -> User:
        """The user of that name, in whatever case. Raises NoSuchEntity; so do the other three."""
        return self._found(self.users, User, name)

    def group(self, name: str) -> Group:
        return self._found(self.groups, Group, name)

    def role(self, name: str) -> Role:
        return self._found(self.roles, Role, name)

    def policy(self, arn: str, message: str = "Policy {} was not found.") -> ManagedPolicy:
        """A managed policy, this account's or AWS's own. Raises NoSuchEntity."""
        policy = self.find_policy(arn)
        if policy is None:
            no_such(message.format(arn))
        return policy

    def own_policy(self, arn: str) -> ManagedPolicy:
        """A managed policy that can be changed: AWS's own cannot. Raises `QueryError`."""
        policy = self.policy(arn)
        if policy.account != self.id:
            raise QueryError(403, "AccessDenied", f"Policy {arn} is managed by AWS.")
        return policy

    def find_policy(self, arn: str) -> ManagedPolicy | None:
        """The managed policy of that ARN, or None."""
        if not re.fullmatch(r"arn:aws:iam::(\d{12}|aws):policy/.+", arn):
            raise QueryError(400, "ValidationError", "Invalid ARN:  Could not be parsed!")
        policy = self.policies.get(arn.rpartition("/")[2])
        return policy if policy is not None and policy.arn == arn else aws_policy(arn)

    def unknown_principal(self, policy: Policy) -> str | None:
        """The first user or role of this account that a policy names and that is not there.

        AWS refuses a policy that names one. Those of other accounts cannot be looked up here.
        """
        arns = [v for s in policy.statements for kind, v in s.principals or () if kind == "AWS"]
        return next((arn for arn in arns if self._is_missing(arn)), None)

    def _is_missing(self, arn: str) -> bool:
        own = re.fullmatch(rf"arn:aws:iam::{self.id}:(user|role)/(?:.*/)?([^/]+)", arn)
        if own:
            holder = self.users.get(own[2]) if own[1] == "user" else self.roles.get(own[2])
            return holder is None or holder.arn != arn
        session = re.fullmatch(rf"arn:aws:sts::{self.id}:assumed-role/([^/]+)/.+", arn)
        return session is not None and self.roles.get(session[1]) is None

    def forget_principal(self, entity: Entity) -> None:
        """Put the unique id of a deleted user or role in the place of its ARN in trust policies.

        So that a new one of the same name is not trusted (AWS does the same).
        """
        old, new = json.dumps(entity.arn), json.dumps(entity.id)
        for role in self.roles:
            role.assume_role_policy_document = role.assume_role_policy_document.replace(old, new)

    def holders(self) -> Iterable[Holder]:
        """All users, groups and roles."""
        yield from self.groups
        yield from self.users
        yield from self.roles

    def _found(self, names: Names[_E], kind: type[_E], name: str) -> _E:
        entity = names.get(name)
        if entity is None:
            no_such(f"The {kind.kind} with name {name} cannot be found.")
        return entity


_E = TypeVar("_E", bound=Entity)


def no_such(message: str) -> NoReturn:
    raise QueryError(404, "NoSuchEntity", message)


def conflict(message: str) -> NoReturn:
    raise QueryError(409, "DeleteConflict", message)


def already_exists(message: str) -> NoReturn:
    raise QueryError(409, "EntityAlreadyExists", message)


def rename(names: Names[_E], entity: _E, name: str, path: str) -> None:
    """Give a user or group a new name and path. Raises EntityAlreadyExists if it is another's."""
    kind = type(entity).__name__
    if name != entity.name and names.get(name):
        already_exists(f"{kind} with name {name} already exists.")
    names.remove(entity)
    entity.name, entity.path = name, path
    names.add(entity)


def check_without_policies(holder: Holder) -> None:
    """Raises DeleteConflict for one that has policies: those go first."""
    if holder.attached:
        conflict("Cannot delete entity, must detach all policies first.")
    if holder.inline:
        conflict("Cannot delete entity, must delete policies first.")


def check_quota(name: str, used: int, said: str = "") -> None:
    """Raises LimitExceeded if `used` is more than the quota; `said` is its name in messages."""
    if used > QUOTAS[name]:
        raise QueryError(
            409, "LimitExceeded", f"Cannot exceed quota for {said or name}: {QUOTAS[name]}"
        )


def check_document(document: str, kind: PolicyKind, *, managed: bool = False) -> Policy:
    """A policy that could not be evaluated later is refused now. Raises `QueryError`.

    A managed policy must be of version 2012-10-17; an inline one is not asked for it.
    """
    try:
        return parse_policy(document, name="document", kind=kind, latest=managed)
    except MalformedPolicy as problem:
        raise QueryError(400, "MalformedPolicyDocument", problem.aws) from problem


def size(document: str) -> int:
    """The size of a policy as the quotas count it: without white space."""
    return len("".join(document.split()))


def page(name: str, items: Iterable[Any], p: Params, key: Callable[[Any], str]) -> Result:
    """The part of a list that a request asks for, under its name in the result.

    `items` are in the order of their keys, which no two share. Raises ValidationError.
    """
    last, limit = _last(p), p.get("MaxItems", PAGE)
    found = list(islice((item for item in items if key(item) > last), limit + 1))
    shown = found[:limit]
    result: Result = {name: shown, "IsTruncated": len(found) > limit}
    if result["IsTruncated"]:
        result["Marker"] = base64.b64encode(key(shown[-1]).encode()).decode()
    return result


def _last(p: Params) -> str:
    """The key of the last item of the page before; "" for the first. Raises ValidationError."""
    try:
        return base64.b64decode(p.get("Marker", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise QueryError(400, "ValidationError", "Invalid Marker.") from None


def by_name(entity: Entity) -> str:
    return entity.name.lower()


def under(entities: Names[_E], p: Params) -> Iterator[_E]:
    """Those whose path begins with the request's PathPrefix, from the request's page on."""
    prefix = p.get("PathPrefix", "/")
    return (each for each in entities.starting_at(_last(p)) if each.path.startswith(prefix))
