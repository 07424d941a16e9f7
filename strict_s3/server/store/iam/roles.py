"""Roles and who can assume them."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from ....rules.identity import Identity
from ....rules.query_protocol import QueryError
from .account import (
    Account,
    Params,
    Result,
    already_exists,
    by_name,
    check_document,
    check_quota,
    check_without_policies,
    operation,
    page,
    size,
    under,
)
from .boundaries import boundary_facts, checked_boundary
from .entities import Role
from .tags import as_list, checked_tags

# What a role is described with depends on the operation (recorded on AWS, 2026).
_View = Literal["created", "listed", "updated", "all"]


def facts(role: Role, view: _View) -> Result:
    """A role as a response describes it."""
    result: Result = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created,
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document, safe=""),
    }
    if view != "created":
        result["Description"] = role.description
    if view in ("listed", "all"):
        result["MaxSessionDuration"] = role.max_session_duration
    if view in ("created", "all"):
        result["PermissionsBoundary"] = boundary_facts(role)
        result["Tags"] = as_list(role.tags) or None
    return result


def _check_trust(account: Account, document: str) -> None:
    unknown = account.unknown_principal(check_document(document, "trust"))
    if unknown:
        raise QueryError(
            400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{unknown}"'
        )
    check_quota("AssumeRolePolicySize", size(document), "ACLSizePerRole")


@operation(
    "CreateRole",
    "RoleName Path AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary "
    "Tags",
)
def create_role(account: Account, p: Params, caller: Identity) -> Result:
    _check_trust(account, p["AssumeRolePolicyDocument"])
    boundary = checked_boundary(account, p)
    tags = checked_tags(p.get("Tags", ()))
    if account.roles.get(p["RoleName"]):
        already_exists(f"Role with name {p['RoleName']} already exists.")
    check_quota("Roles", len(account.roles) + 1, "RolesPerAccount")
    role = Role(account.id, p["RoleName"], p.get("Path", "/"), account.now(), tags)
    role.boundary = boundary
    role.assume_role_policy_document = p["AssumeRolePolicyDocument"]
    role.description = p.get("Description")
    role.max_session_duration = p.get("MaxSessionDuration", 3600)
    account.roles.add(role)
    return {"Role": facts(role, "created")}


@operation("GetRole", "RoleName")
def get_role(account: Account, p: Params, caller: Identity) -> Result:
    # AWS says hours later when a role was last used; here the element is empty.
    return {"Role": facts(account.role(p["RoleName"]), "all") | {"RoleLastUsed": {}}}


@operation("ListRoles", "PathPrefix Marker MaxItems")
def list_roles(account: Account, p: Params, caller: Identity) -> Result:
    listing = page("Roles", under(account.roles, p), p, by_name)
    return listing | {"Roles": [facts(role, "listed") for role in listing["Roles"]]}


@operation("UpdateRole", "RoleName Description MaxSessionDuration")
def update_role(account: Account, p: Params, caller: Identity) -> Result:
    role = account.role(p["RoleName"])
    role.description = p.get("Description", role.description)
    role.max_session_duration = p.get("MaxSessionDuration", role.max_session_duration)
    return {}


@operation("UpdateRoleDescription", "RoleName Description")
def update_role_description(account: Account, p: Params, caller: Identity) -> Result:
    role = account.role(p["RoleName"])
    role.description = p["Description"]
    return {"Role": facts(role, "updated")}


@operation("UpdateAssumeRolePolicy", "RoleName PolicyDocument")
def update_assume_role_policy(account: Account, p: Params, caller: Identity) -> Result:
    role = account.role(p["RoleName"])
    _check_trust(account, p["PolicyDocument"])
    role.assume_role_policy_document = p["PolicyDocument"]
    return {}


@operation("DeleteRole", "RoleName")
def delete_role(account: Account, p: Params, caller: Identity) -> Result:
    role = account.role(p["RoleName"])
    check_without_policies(role)
    account.roles.remove(role)
    account.forget_principal(role)
    return {}


@operation("ListInstanceProfilesForRole", "RoleName Marker MaxItems")
def list_instance_profiles_for_role(account: Account, p: Params, caller: Identity) -> Result:
    account.role(p["RoleName"])  # instance profiles are for EC2, and there is none here
    return {"InstanceProfiles": [], "IsTruncated": False}
