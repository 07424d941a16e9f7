"""The policies of users, groups and roles: inline ones, and managed ones attached to them."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from ....rules.identity import Identity
from ....rules.query_protocol import QueryError
from .account import (
    QUOTAS,
    Account,
    Params,
    Result,
    check_document,
    check_quota,
    no_such,
    operation,
    page,
    size,
)
from .entities import Holder


def _put(holder: Holder, p: Params) -> Result:
    check_document(p["PolicyDocument"], "identity")
    policies = holder.inline | {p["PolicyName"]: p["PolicyDocument"]}
    kind = type(holder).__name__
    quota = QUOTAS[f"{kind}PolicySize"]
    if sum(map(size, policies.values())) > quota:
        raise QueryError(
            409,
            "LimitExceeded",
            f"Maximum policy size of {quota} bytes exceeded for {holder.kind} {holder.name}",
        )
    holder.inline = policies
    return {}


def _inline(holder: Holder, p: Params) -> str:
    document = holder.inline.get(p["PolicyName"])
    if document is None:
        no_such(f"The {holder.kind} policy with name {p['PolicyName']} cannot be found.")
    return document


def _delete(holder: Holder, p: Params) -> Result:
    _inline(holder, p)
    holder.inline = {name: text for name, text in holder.inline.items() if name != p["PolicyName"]}
    return {}


def _attach(account: Account, holder: Holder, arn: str) -> Result:
    account.policy(arn, "Policy {} does not exist or is not attachable.")
    if arn not in holder.attached:
        kind = type(holder).__name__
        used = len(holder.attached) + 1
        check_quota(f"AttachedPoliciesPer{kind}", used, f"PoliciesPer{kind}")
    holder.attached = {**holder.attached, arn: None}
    return {}


def _detach(account: Account, holder: Holder, arn: str) -> Result:
    account.find_policy(arn)  # an ARN that is none
    if arn not in holder.attached:
        no_such(f"Policy {arn} was not found.")
    holder.attached = {other: None for other in holder.attached if other != arn}
    return {}


def _list_attached(account: Account, holder: Holder, p: Params) -> Result:
    attached = {arn: account.policy(arn) for arn in holder.attached}
    chosen = sorted(arn for arn, policy in attached.items() if _is_under(policy.path, p))
    listing = page("AttachedPolicies", chosen, p, str)
    listed = [{"PolicyName": attached[a].name, "PolicyArn": a} for a in listing["AttachedPolicies"]]
    return listing | {"AttachedPolicies": listed}


def _is_under(path: str, p: Params) -> bool:
    return path.startswith(str(p.get("PathPrefix", "/")))


def _register(kind: str, find: Callable[[Account, str], Holder]) -> None:
    field = f"{kind}Name"

    @operation(f"Put{kind}Policy", f"{field} PolicyName PolicyDocument")
    def put_policy(account: Account, p: Params, caller: Identity) -> Result:
        return _put(find(account, p[field]), p)

    @operation(f"Get{kind}Policy", f"{field} PolicyName")
    def get_policy(account: Account, p: Params, caller: Identity) -> Result:
        holder = find(account, p[field])
        document = quote(_inline(holder, p), safe="")
        return {field: holder.name, "PolicyName": p["PolicyName"], "PolicyDocument": document}

    @operation(f"Delete{kind}Policy", f"{field} PolicyName")
    def delete_policy(account: Account, p: Params, caller: Identity) -> Result:
        return _delete(find(account, p[field]), p)

    @operation(f"List{kind}Policies", f"{field} Marker MaxItems")
    def list_policies(account: Account, p: Params, caller: Identity) -> Result:
        return page("PolicyNames", sorted(find(account, p[field]).inline), p, str)

    @operation(f"Attach{kind}Policy", f"{field} PolicyArn")
    def attach(account: Account, p: Params, caller: Identity) -> Result:
        return _attach(account, find(account, p[field]), p["PolicyArn"])

    @operation(f"Detach{kind}Policy", f"{field} PolicyArn")
    def detach(account: Account, p: Params, caller: Identity) -> Result:
        return _detach(account, find(account, p[field]), p["PolicyArn"])

    @operation(f"ListAttached{kind}Policies", f"{field} PathPrefix Marker MaxItems")
    def list_attached(account: Account, p: Params, caller: Identity) -> Result:
        return _list_attached(account, find(account, p[field]), p)


_register("User", Account.user)
_register("Group", Account.group)
_register("Role", Account.role)
