"""Groups and their members; and the account's summary."""

from __future__ import annotations

from ....rules.identity import Identity
from .account import (
    QUOTAS,
    Account,
    Params,
    Result,
    already_exists,
    by_name,
    check_quota,
    check_without_policies,
    conflict,
    operation,
    page,
    rename,
    under,
)
from .entities import Group
from .users import facts as user_facts


def facts(group: Group) -> Result:
    """A group as a response describes it."""
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.created,
    }


@operation("CreateGroup", "GroupName Path")
def create_group(account: Account, p: Params, caller: Identity) -> Result:
    if account.groups.get(p["GroupName"]):
        already_exists(f"Group with name {p['GroupName']} already exists.")
    check_quota("Groups", len(account.groups) + 1, "GroupsPerAccount")
    group = Group(account.id, p["GroupName"], p.get("Path", "/"), account.now())
    account.groups.add(group)
    return {"Group": facts(group)}


@operation("GetGroup", "GroupName Marker MaxItems")
def get_group(account: Account, p: Params, caller: Identity) -> Result:
    group = account.group(p["GroupName"])
    listing = page("Users", sorted(group.users.values(), key=by_name), p, by_name)
    members = [user_facts(user, listed=True) for user in listing["Users"]]
    return listing | {"Group": facts(group), "Users": members}


@operation("ListGroups", "PathPrefix Marker MaxItems")
def list_groups(account: Account, p: Params, caller: Identity) -> Result:
    listing = page("Groups", under(account.groups, p), p, by_name)
    return listing | {"Groups": [facts(group) for group in listing["Groups"]]}


@operation("UpdateGroup", "GroupName NewPath NewGroupName")
def update_group(account: Account, p: Params, caller: Identity) -> Result:
    group = account.group(p["GroupName"])
    name, path = p.get("NewGroupName", group.name), p.get("NewPath", group.path)
    rename(account.groups, group, name, path)
    return {}


@operation("DeleteGroup", "GroupName")
def delete_group(account: Account, p: Params, caller: Identity) -> Result:
    group = account.group(p["GroupName"])
    if group.users:
        conflict("Cannot delete entity, must remove users from group first.")
    check_without_policies(group)
    account.groups.remove(group)
    return {}


@operation("AddUserToGroup", "GroupName UserName")
def add_user_to_group(account: Account, p: Params, caller: Identity) -> Result:
    user, group = account.user(p["UserName"]), account.group(p["GroupName"])
    if group.id not in user.groups:
        check_quota("GroupsPerUser", len(user.groups) + 1)
    user.groups[group.id], group.users[user.id] = group, user
    return {}


@operation("RemoveUserFromGroup", "GroupName UserName")
def remove_user_from_group(account: Account, p: Params, caller: Identity) -> Result:
    user, group = account.user(p["UserName"]), account.group(p["GroupName"])
    user.groups.pop(group.id, None)
    group.users.pop(user.id, None)
    return {}


@operation("ListGroupsForUser", "UserName Marker MaxItems")
def list_groups_for_user(account: Account, p: Params, caller: Identity) -> Result:
    groups = sorted(account.user(p["UserName"]).groups.values(), key=by_name)
    listing = page("Groups", groups, p, by_name)
    return listing | {"Groups": [facts(group) for group in listing["Groups"]]}


@operation("GetAccountSummary")
def get_account_summary(account: Account, p: Params, caller: Identity) -> Result:
    quotas = {f"{name}Quota": quota for name, quota in QUOTAS.items() if name != "TagsPerEntity"}
    used = {
        "AccountAccessKeysPresent": 1,
        "AccountMFAEnabled": 0,
        "Groups": len(account.groups),
        "MFADevices": 0,
        "MFADevicesInUse": 0,
        "Policies": len(account.policies),
        "Roles": len(account.roles),
        "Users": len(account.users),
    }
    return {"SummaryMap": dict(sorted((used | quotas).items()))}
