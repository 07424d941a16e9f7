"""Users, their access keys, and what they do not have here: passwords, devices, certificates."""

from __future__ import annotations

from ....rules.identity import Identity, new_key
from ....rules.query_protocol import QueryError
from .account import (
    Account,
    Params,
    Result,
    already_exists,
    by_name,
    check_quota,
    check_without_policies,
    conflict,
    no_such,
    operation,
    page,
    rename,
    under,
)
from .boundaries import boundary_facts, checked_boundary
from .entities import AccessKey, User
from .tags import as_list, checked_tags


def facts(user: User, *, listed: bool = False) -> Result:
    """A user as a response describes it; one in a list is without tags and boundary."""
    result: Result = {
        "Path": user.path,
        "UserName": user.name,
        "UserId": user.id,
        "Arn": user.arn,
        "CreateDate": user.created,
    }
    if not listed:
        result["PermissionsBoundary"] = boundary_facts(user)
        result["Tags"] = as_list(user.tags) or None
    return result


def own_user(account: Account, p: Params, caller: Identity) -> User | None:
    """The user that a request is about: the caller where it names none; None for the root.

    Raises NoSuchEntity, or ValidationError for a caller that is neither user nor root.
    """
    if "UserName" in p:
        return account.user(p["UserName"])
    if caller.kind == "user":
        return account.user(caller.user_name)
    if caller.kind == "root":
        return None
    raise QueryError(
        400, "ValidationError", "Must specify userName when calling with non-User credentials"
    )


@operation("CreateUser", "UserName Path PermissionsBoundary Tags")
def create_user(account: Account, p: Params, caller: Identity) -> Result:
    boundary = checked_boundary(account, p)
    tags = checked_tags(p.get("Tags", ()))
    if account.users.get(p["UserName"]):
        already_exists(f"User with name {p['UserName']} already exists.")
    check_quota("Users", len(account.users) + 1, "UsersPerAccount")
    user = User(account.id, p["UserName"], p.get("Path", "/"), account.now(), tags)
    user.boundary = boundary
    account.users.add(user)
    return {"User": facts(user)}


@operation("GetUser", "UserName")
def get_user(account: Account, p: Params, caller: Identity) -> Result:
    user = own_user(account, p, caller)
    if user is None:
        # The root has neither a name nor a path.
        root = {"UserId": account.id, "Arn": caller.arn, "CreateDate": account.created}
        return {"User": root}
    return {"User": facts(user)}


@operation("ListUsers", "PathPrefix Marker MaxItems")
def list_users(account: Account, p: Params, caller: Identity) -> Result:
    listing = page("Users", under(account.users, p), p, by_name)
    return listing | {"Users": [facts(user, listed=True) for user in listing["Users"]]}


@operation("UpdateUser", "UserName NewPath NewUserName")
def update_user(account: Account, p: Params, caller: Identity) -> Result:
    user = account.user(p["UserName"])
    name, path = p.get("NewUserName", user.name), p.get("NewPath", user.path)
    rename(account.users, user, name, path)
    return {}


@operation("DeleteUser", "UserName")
def delete_user(account: Account, p: Params, caller: Identity) -> Result:
    user = account.user(p["UserName"])
    if user.keys:
        conflict("Cannot delete entity, must delete access keys first.")
    check_without_policies(user)
    if user.groups:
        conflict("Cannot delete entity, must remove users from group first.")
    account.users.remove(user)
    account.forget_principal(user)
    return {}


# Access keys.


def _keys(account: Account, user: User | None) -> dict[str, AccessKey]:
    return account.root_keys if user is None else user.keys


def _key(account: Account, p: Params, caller: Identity) -> AccessKey:
    key = _keys(account, own_user(account, p, caller)).get(p["AccessKeyId"])
    if key is None:
        no_such(f"The Access Key with id {p['AccessKeyId']} cannot be found.")
    return key


def _key_facts(key: AccessKey) -> Result:
    return {
        "UserName": key.owner.name if key.owner else None,
        "AccessKeyId": key.id,
        "Status": key.status,
        "CreateDate": key.created,
    }


@operation("CreateAccessKey", "UserName")
def create_access_key(account: Account, p: Params, caller: Identity) -> Result:
    user = own_user(account, p, caller)
    keys = _keys(account, user)
    # The root's first key is the one that this server was started with.
    have = len(keys) + (user is None)
    check_quota("AccessKeysPerUser", have + 1)
    key = AccessKey(*new_key("AKIA"), account.now(), user)
    keys[key.id] = account.keys[key.id] = key
    return {"AccessKey": _key_facts(key) | {"SecretAccessKey": key.secret}}


@operation("ListAccessKeys", "UserName Marker MaxItems")
def list_access_keys(account: Account, p: Params, caller: Identity) -> Result:
    keys = _keys(account, own_user(account, p, caller))
    ordered = sorted(keys.values(), key=lambda key: key.id)
    listing = page("AccessKeyMetadata", ordered, p, lambda key: str(key.id))
    listing["AccessKeyMetadata"] = [_key_facts(key) for key in listing["AccessKeyMetadata"]]
    return listing


@operation("UpdateAccessKey", "UserName AccessKeyId Status")
def update_access_key(account: Account, p: Params, caller: Identity) -> Result:
    key = _key(account, p, caller)
    if p["Status"] == "Expired":
        raise QueryError(400, "InvalidInput", "An access key can be Active or Inactive.")
    key.status = p["Status"]
    return {}


@operation("DeleteAccessKey", "UserName AccessKeyId")
def delete_access_key(account: Account, p: Params, caller: Identity) -> Result:
    key = _key(account, p, caller)
    del _keys(account, key.owner)[key.id], account.keys[key.id]
    return {}


# What nobody can have here is not there: programs that clean up ask before they delete a user.

_NOTHING = {
    "ListMFADevices": "MFADevices",
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListSigningCertificates": "Certificates",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
}


def _register_nothing(name: str, listed: str) -> None:
    @operation(name, "UserName Marker MaxItems")
    def list_nothing(account: Account, p: Params, caller: Identity) -> Result:
        own_user(account, p, caller)
        return {listed: [], "IsTruncated": False}


for _name, _listed in _NOTHING.items():
    _register_nothing(_name, _listed)


@operation("GetLoginProfile", "UserName")
@operation("DeleteLoginProfile", "UserName")
def no_login_profile(account: Account, p: Params, caller: Identity) -> Result:
    user = own_user(account, p, caller)
    no_such(f"Login Profile for User {user.name if user else account.id} cannot be found.")
