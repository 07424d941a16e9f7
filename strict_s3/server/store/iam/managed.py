"""Managed policies and their versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

from ....rules.identity import Identity
from ....rules.query_protocol import QueryError
from .account import (
    QUOTAS,
    Account,
    Params,
    Result,
    already_exists,
    check_document,
    check_quota,
    conflict,
    no_such,
    operation,
    page,
    size,
)
from .aws_policies import AwsPolicy, aws_policies
from .entities import Holder, ManagedPolicy, Version
from .tags import as_list, checked_tags

_NO_VERSION = "Policy {} version {} does not exist or is not attachable."
_USAGES = {"PermissionsPolicy": "attached", "PermissionsBoundary": "boundary"}


def _uses(holders: Iterable[Holder], usage: str) -> Counter[str]:
    """How often each policy is used, by ARN; `usage` is attached or boundary."""
    if usage == "attached":
        return Counter(arn for holder in holders for arn in holder.attached)
    return Counter(holder.boundary for holder in holders if holder.boundary)


class _Usage:
    """How often each policy is attached, and how often it is a boundary."""

    def __init__(self, account: Account) -> None:
        holders = list(account.holders())
        self.attached, self.boundary = _uses(holders, "attached"), _uses(holders, "boundary")

    def facts(self, policy: ManagedPolicy) -> Result:
        """A policy as a response describes it."""
        return {
            "PolicyName": policy.name,
            "PolicyId": policy.id,
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default,
            "AttachmentCount": self.attached[policy.arn],
            "PermissionsBoundaryUsageCount": self.boundary[policy.arn],
            "IsAttachable": True,
            "CreateDate": policy.created,
            "UpdateDate": policy.updated,
        }


def _check_document(document: str) -> None:
    check_document(document, "identity", managed=True)
    check_quota("PolicySize", size(document))


@operation("CreatePolicy", "PolicyName Path PolicyDocument Description Tags")
def create_policy(account: Account, p: Params, caller: Identity) -> Result:
    _check_document(p["PolicyDocument"])
    tags = checked_tags(p.get("Tags", ()), ignore_case=False)
    name = p["PolicyName"]
    if account.policies.get(name):
        already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
    check_quota("Policies", len(account.policies) + 1, "PoliciesPerAccount")
    policy = ManagedPolicy(account.id, name, p.get("Path", "/"), account.now(), tags)
    policy.description = p.get("Description")
    policy.add_version(p["PolicyDocument"], policy.created)
    account.policies.add(policy)
    return {"Policy": _Usage(account).facts(policy) | {"Tags": as_list(tags) or None}}


@operation("GetPolicy", "PolicyArn")
def get_policy(account: Account, p: Params, caller: Identity) -> Result:
    policy = account.policy(p["PolicyArn"])
    more = {"Description": policy.description, "Tags": as_list(policy.tags)}
    return {"Policy": _Usage(account).facts(policy) | more}


@operation("ListPolicies", "Scope OnlyAttached PathPrefix PolicyUsageFilter Marker MaxItems")
def list_policies(account: Account, p: Params, caller: Identity) -> Result:
    scope, usage = p.get("Scope", "All"), _Usage(account)
    policies: list[ManagedPolicy] = [] if scope == "AWS" else list(account.policies)
    if scope != "Local":
        policies += aws_policies()
    prefix = p.get("PathPrefix", "/")
    policies = [policy for policy in policies if policy.path.startswith(prefix)]
    used = usage.attached + usage.boundary
    if "PolicyUsageFilter" in p:
        used = getattr(usage, _USAGES[p["PolicyUsageFilter"]])
    if p.get("OnlyAttached") or "PolicyUsageFilter" in p:
        policies = [policy for policy in policies if used[policy.arn]]
    policies.sort(key=_by_owner)
    listed = page("Policies", policies, p, _by_owner)
    return listed | {"Policies": [usage.facts(policy) for policy in listed["Policies"]]}


def _by_owner(policy: ManagedPolicy) -> str:
    """The account's own policies first, then those of AWS."""
    return f"{isinstance(policy, AwsPolicy):d}{policy.name.lower()}"


@operation("DeletePolicy", "PolicyArn")
def delete_policy(account: Account, p: Params, caller: Identity) -> Result:
    policy = account.own_policy(p["PolicyArn"])
    usage = _Usage(account)
    if usage.attached[policy.arn] or usage.boundary[policy.arn]:
        conflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        conflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    account.policies.remove(policy)
    return {}


# Versions.


def _version_facts(policy: ManagedPolicy, version: Version) -> Result:
    return {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == policy.default,
        "CreateDate": version.created,
    }


def _version(policy: ManagedPolicy, p: Params) -> Version:
    version = policy.versions.get(p["VersionId"])
    if version is None and isinstance(policy, AwsPolicy):
        raise QueryError(
            501,
            "NotImplemented",
            f"This local S3 has the default version of {policy.name} alone: {policy.default}.",
        )
    if version is None:
        no_such(_NO_VERSION.format(p["PolicyArn"], p["VersionId"]))
    return version


def _of_version(account: Account, p: Params, *, own: bool = False) -> ManagedPolicy:
    missing = _NO_VERSION.format("{}", p["VersionId"])
    policy = account.policy(p["PolicyArn"], missing)
    return account.own_policy(p["PolicyArn"]) if own else policy


@operation("CreatePolicyVersion", "PolicyArn PolicyDocument SetAsDefault")
def create_policy_version(account: Account, p: Params, caller: Identity) -> Result:
    policy = account.own_policy(p["PolicyArn"])
    _check_document(p["PolicyDocument"])
    quota = QUOTAS["VersionsPerPolicy"]
    if len(policy.versions) >= quota:
        raise QueryError(
            409,
            "LimitExceeded",
            f"A managed policy can have up to {quota} versions. Before you create a new version, "
            "you must delete an existing version.",
        )
    version = policy.add_version(p["PolicyDocument"], account.now())
    if p.get("SetAsDefault"):
        policy.default = version.id
    return {"PolicyVersion": _version_facts(policy, version)}


@operation("GetPolicyVersion", "PolicyArn VersionId")
def get_policy_version(account: Account, p: Params, caller: Identity) -> Result:
    policy = _of_version(account, p)
    version = _version(policy, p)
    document = {"Document": quote(version.document, safe="")}
    return {"PolicyVersion": _version_facts(policy, version) | document}


@operation("ListPolicyVersions", "PolicyArn Marker MaxItems")
def list_policy_versions(account: Account, p: Params, caller: Identity) -> Result:
    policy = account.policy(p["PolicyArn"])
    newest_first = list(reversed(policy.versions.values()))
    keys = {version.id: f"{place:04d}" for place, version in enumerate(newest_first)}
    listing = page("Versions", newest_first, p, lambda version: keys[version.id])
    listing["Versions"] = [_version_facts(policy, version) for version in listing["Versions"]]
    return listing


@operation("SetDefaultPolicyVersion", "PolicyArn VersionId")
def set_default_policy_version(account: Account, p: Params, caller: Identity) -> Result:
    policy = _of_version(account, p, own=True)
    policy.default = _version(policy, p).id
    policy.updated = account.now()
    return {}


@operation("DeletePolicyVersion", "PolicyArn VersionId")
def delete_policy_version(account: Account, p: Params, caller: Identity) -> Result:
    policy = _of_version(account, p, own=True)
    version = _version(policy, p)
    if version.id == policy.default:
        conflict("Cannot delete the default version of a policy.")
    del policy.versions[version.id]
    return {}


@operation(
    "ListEntitiesForPolicy",
    "PolicyArn EntityFilter PathPrefix PolicyUsageFilter Marker MaxItems",
)
def list_entities_for_policy(account: Account, p: Params, caller: Identity) -> Result:
    arn = account.policy(p["PolicyArn"]).arn
    kind_filter = p.get("EntityFilter")
    if kind_filter in ("LocalManagedPolicy", "AWSManagedPolicy"):
        raise QueryError(400, "ValidationError", f"EntityFilter cannot be {kind_filter} here.")
    usage = p.get("PolicyUsageFilter")
    holders = [
        holder
        for holder in account.holders()
        if (kind_filter is None or type(holder).__name__ == kind_filter)
        and holder.path.startswith(p.get("PathPrefix", "/"))
        and (
            (usage != "PermissionsBoundary" and arn in holder.attached)
            or (usage != "PermissionsPolicy" and holder.boundary == arn)
        )
    ]
    holders.sort(key=_by_kind)
    listing = page("Holders", holders, p, _by_kind)
    result: Result = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for holder in listing.pop("Holders"):
        kind = type(holder).__name__
        result[f"Policy{kind}s"].append({f"{kind}Name": holder.name, f"{kind}Id": holder.id})
    return listing | result


def _by_kind(holder: Holder) -> str:
    return f"{holder.kind} {holder.name.lower()}"
