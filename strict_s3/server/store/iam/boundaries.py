"""Permissions boundaries of users and roles.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Callable

from ....rules.identity import Identity
from ....rules.query_protocol import QueryError
from .account import Account, Params, Result, no_such, operation
from .entities import Holder


def checked_boundary(account: Account, p: Params) -> str | None:
    """The boundary that a request sets, or None. Raises InvalidInput or NoSuchEntity."""
    arn: str | None = p.get("PermissionsBoundary")
    if arn is None:
        return None
    try:
        policy = account.find_policy(arn)
    except QueryError as problem:
        raise QueryError(400, "InvalidInput", problem.message) from None
    if policy is None:
        no_such(f"Scope ARN: {arn} does not exist or is not attachable.")
    return arn


def boundary_facts(holder: Holder) -> Result | None:
    """A boundary as a response describes it, or None."""
    if holder.boundary is None:
        return None
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": holder.boundary}


def _register(kind: str, find: Callable[[Account, str], Holder]) -> None:
    @operation(f"Put{kind}PermissionsBoundary", f"{kind}Name PermissionsBoundary")
    def put_boundary(account: Account, p: Params, caller: Identity) -> Result:
        holder = find(account, p[f"{kind}Name"])
        holder.boundary = checked_boundary(account, p)
        return {}

    @operation(f"Delete{kind}PermissionsBoundary", f"{kind}Name")
    def delete_boundary(account: Account, p: Params, caller: Identity) -> Result:
        holder = find(account, p[f"{kind}Name"])
        if holder.boundary is None:
            no_such(f"{kind} {holder.name} does not have a permissions boundary.")
        holder.boundary = None
        return {}


_register("User", Account.user)
_register("Role", Account.role)
