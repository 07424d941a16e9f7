"""Tags of users, roles and managed policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....rules.identity import Identity
from ....rules.query_protocol import QueryError
from .account import Account, Params, Result, check_quota, operation, page
from .entities import Entity, ManagedPolicy

_TWICE = "Duplicate tag keys found."


def checked_tags(pairs: Sequence[Params], *, ignore_case: bool = True) -> dict[str, str]:
    """The tags of a request. Raises InvalidInput for a key that is there twice.

    Keys of users and roles are compared without regard to case, those of policies with it.
    """
    tags: dict[str, str] = {}
    seen: set[str] = set()
    for pair in pairs:
        name = pair["Key"].lower() if ignore_case else pair["Key"]
        if name in seen:
            more = " Please note that Tag keys are case insensitive." if ignore_case else ""
            raise QueryError(400, "InvalidInput", _TWICE + more)
        seen.add(name)
        tags[pair["Key"]] = pair["Value"]
    return tags


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as IAM lists them, ordered by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def _same(entity: Entity, key: str, other: str) -> bool:
    if isinstance(entity, ManagedPolicy):
        return key == other
    return key.lower() == other.lower()


def _tag(entity: Entity, p: Params) -> Result:
    tags = checked_tags(p["Tags"], ignore_case=not isinstance(entity, ManagedPolicy))
    kept = {k: v for k, v in entity.tags.items() if not any(_same(entity, k, new) for new in tags)}
    check_quota("TagsPerEntity", len(kept) + len(tags), f"TagsPer{type(entity).__name__}")
    entity.tags = kept | tags
    return {}


def _untag(entity: Entity, p: Params) -> Result:
    gone = p["TagKeys"]
    entity.tags = {
        key: value
        for key, value in entity.tags.items()
        if not any(_same(entity, key, other) for other in gone)
    }
    return {}


def _list(entity: Entity, p: Params) -> Result:
    return page("Tags", as_list(entity.tags), p, lambda tag: str(tag["Key"]))


def _register(kind: str, field: str, find: Callable[[Account, str], Entity]) -> None:
    @operation(f"Tag{kind}", f"{field} Tags")
    def tag(account: Account, p: Params, caller: Identity) -> Result:
        return _tag(find(account, p[field]), p)

    @operation(f"Untag{kind}", f"{field} TagKeys")
    def untag(account: Account, p: Params, caller: Identity) -> Result:
        return _untag(find(account, p[field]), p)

    @operation(f"List{kind}Tags", f"{field} Marker MaxItems")
    def list_tags(account: Account, p: Params, caller: Identity) -> Result:
        return _list(find(account, p[field]), p)


_register("User", "UserName", Account.user)
_register("Role", "RoleName", Account.role)
_register("Policy", "PolicyArn", Account.own_policy)
