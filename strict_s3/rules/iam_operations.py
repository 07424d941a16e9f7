"""Which permissions an IAM or STS operation needs, and on which resources.

Sources: "Actions, resources, and condition keys" for IAM
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html)
and for STS
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .identity import NO_SESSION, Identity
from .operations import Needs, Operation

Params = Mapping[str, Any]
# The ARN of the user, group or role of a name, with its path; None if there is none.
ArnOf = Callable[[str, str], str | None]

# IAM's operations by the kind of resource that they act on. An "own" one acts on the caller's own
# user when it names none.
_IAM_KINDS = {
    "own": """
        ChangePassword CreateAccessKey CreateLoginProfile DeactivateMFADevice DeleteAccessKey
        DeleteLoginProfile DeleteServiceSpecificCredential DeleteSigningCertificate
        GetLoginProfile GetMFADevice GetUser ListAccessKeys ListMFADevices ListSSHPublicKeys
        ListServiceSpecificCredentials ListSigningCertificates ResetServiceSpecificCredential
        UpdateAccessKey UpdateServiceSpecificCredential UpdateSigningCertificate
        UploadSigningCertificate""",
    "user": """
        AttachUserPolicy CreateServiceSpecificCredential CreateUser DeleteSSHPublicKey DeleteUser
        DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy EnableMFADevice
        GetSSHPublicKey GetUserPolicy ListAttachedUserPolicies ListGroupsForUser ListUserPolicies
        ListUserTags PutUserPermissionsBoundary PutUserPolicy ResyncMFADevice TagUser UntagUser
        UpdateLoginProfile UpdateSSHPublicKey UpdateUser UploadSSHPublicKey""",
    "group": """
        AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy
        DetachGroupPolicy GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies
        PutGroupPolicy RemoveUserFromGroup UpdateGroup""",
    "role": """
        AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy
        DeleteServiceLinkedRole DetachRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies
        ListInstanceProfilesForRole ListRolePolicies ListRoleTags PutRolePermissionsBoundary
        PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription""",
    "instance-profile": """
        AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile
        ListInstanceProfileTags RemoveRoleFromInstanceProfile TagInstanceProfile
        UntagInstanceProfile""",
    "policy": """
        CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy
        GetPolicyVersion ListEntitiesForPolicy ListPolicyTags ListPolicyVersions
        SetDefaultPolicyVersion TagPolicy UntagPolicy""",
    # Lists, the account itself, and kinds that this rule names by no ARN: a policy must say "*".
    "*": """
        AcceptDelegationRequest AcquireRole AddClientIDToOpenIDConnectProvider
        AssociateDelegationRequest CreateAccountAlias CreateDelegationRequest
        CreateOpenIDConnectProvider CreateSAMLProvider CreateServiceLinkedRole
        CreateVirtualMFADevice DeleteAccountAlias DeleteAccountPasswordPolicy
        DeleteOpenIDConnectProvider DeleteSAMLProvider DeleteServerCertificate
        DeleteVirtualMFADevice DisableOrganizationsRootCredentialsManagement
        DisableOrganizationsRootSessions DisableOutboundWebIdentityFederation
        EnableOrganizationsRootCredentialsManagement EnableOrganizationsRootSessions
        EnableOutboundWebIdentityFederation GenerateCredentialReport
        GenerateOrganizationsAccessReport GenerateServiceLastAccessedDetails
        GetAccessKeyLastUsed GetAccountAuthorizationDetails GetAccountPasswordPolicy
        GetAccountProperties GetAccountSummary GetContextKeysForCustomPolicy
        GetContextKeysForPrincipalPolicy GetCredentialReport GetDelegationRequest
        GetHumanReadableSummary GetOpenIDConnectProvider GetOrganizationsAccessReport
        GetOutboundWebIdentityFederationInfo GetRoleTemplateVersion GetSAMLProvider
        GetServerCertificate GetServiceLastAccessedDetails
        GetServiceLastAccessedDetailsWithEntities GetServiceLinkedRoleDeletionStatus
        ListAccountAliases ListDelegationRequests ListGroups ListInstanceProfiles
        ListMFADeviceTags ListOpenIDConnectProviderTags ListOpenIDConnectProviders
        ListOrganizationsFeatures ListPolicies ListPoliciesGrantingServiceAccess ListRoles
        ListSAMLProviderTags ListSAMLProviders ListServerCertificateTags ListServerCertificates
        ListUsers ListVirtualMFADevices PutAccountProperties RejectDelegationRequest
        RemoveClientIDFromOpenIDConnectProvider SendDelegationToken
        SetSecurityTokenServicePreferences SimulateCustomPolicy SimulatePrincipalPolicy
        TagMFADevice TagOpenIDConnectProvider TagSAMLProvider TagServerCertificate
        UntagMFADevice UntagOpenIDConnectProvider UntagSAMLProvider UntagServerCertificate
        UpdateAccountPasswordPolicy UpdateDelegationRequest UpdateOpenIDConnectProvider
        UpdateOpenIDConnectProviderThumbprint UpdateSAMLProvider UpdateServerCertificate
        UploadServerCertificate""",
}
_IAM = {name: kind for kind, names in _IAM_KINDS.items() for name in names.split()}
_NAME_FIELDS = {
    "own": "UserName",
    "user": "UserName",
    "group": "GroupName",
    "role": "RoleName",
    "instance-profile": "InstanceProfileName",
    "policy": "PolicyName",
}
_CREATES = {
    "CreateGroup": "",
    "CreateInstanceProfile": "iam:TagInstanceProfile",
    "CreatePolicy": "iam:TagPolicy",
    "CreateRole": "iam:TagRole",
    "CreateUser": "iam:TagUser",
}
# Lists are asked for by path.
_LISTS = {
    "ListGroups": "group",
    "ListInstanceProfiles": "instance-profile",
    "ListRoles": "role",
    "ListUsers": "user",
}


def iam_operation(action: str, params: Params, caller: Identity, arn_of: ArnOf) -> Operation | None:
    """What an IAM operation needs; None for an operation that this rule does not know.

    `params` are the request's parameters by name, `arn_of` knows the paths of what there is.
    """
    kind = _IAM.get(action)
    if kind is None:
        return None
    resource = _resource(action, kind, params, caller, arn_of)
    needs: Needs = ((f"iam:{action}", resource),)
    if params.get("Tags") and _CREATES.get(action):
        needs += ((_CREATES[action], resource),)
    if action in ("UpdateUser", "UpdateGroup"):
        path, name = params.get("NewPath"), params.get(f"New{_NAME_FIELDS[kind]}")
        if path or name:
            # Renaming needs the permission for both names ("Rename an IAM user").
            needs += ((f"iam:{action}", _renamed(resource, path, name)),)
    return Operation(action, needs)


def _resource(action: str, kind: str, params: Params, caller: Identity, arn_of: ArnOf) -> str:
    start = f"arn:aws:iam::{caller.account}:"
    if action in _LISTS:
        return f"{start}{_LISTS[action]}{params.get('PathPrefix', '/')}"
    if kind == "*":
        return "*"
    if kind == "policy" and action != "CreatePolicy":
        return str(params.get("PolicyArn", "*"))
    name = params.get(_NAME_FIELDS[kind])
    if kind == "own":
        if action == "ChangePassword" or name is None:
            return caller.arn
        kind = "user"
    if name is None:
        return "*"
    if action in _CREATES:
        return f"{start}{kind}{params.get('Path', '/')}{name}"
    return arn_of(kind, name) or f"{start}{kind}/{name}"


def _renamed(arn: str, path: str | None, name: str | None) -> str:
    start, _, full = arn.partition("/")
    old_path, _, old_name = f"/{full}".rpartition("/")
    return f"{start}{path or old_path + '/'}{name or old_name}"


# STS's operations and the resource that they need. AssumeRoleWithWebIdentity, AssumeRoleWithSAML
# and AssumeRoot are not here: nothing here can verify what they present.
_STS = {
    "AssumeRole": "role",
    "DecodeAuthorizationMessage": "*",
    "GetAccessKeyInfo": "*",
    "GetCallerIdentity": "",
    "GetDelegatedAccessToken": "*",
    "GetFederationToken": "federated-user",
    "GetScopedCredentials": "*",
    "GetSessionToken": "",
    "GetWebIdentityToken": "*",
}


def sts_operation(action: str, params: Params, caller: Identity) -> Operation | None:
    """What an STS operation needs; None for an operation that this rule does not know."""
    resource = _STS.get(action)
    if resource is None:
        return None
    if not resource:
        return Operation(action, ())
    if resource == "role":
        resource = str(params.get("RoleArn", "*"))
    elif resource == "federated-user":
        resource = f"arn:aws:sts::{caller.account}:federated-user/{params.get('Name', '')}"
    needs: Needs = ((f"sts:{action}", resource),)
    # What a session hands on to the next one needs the same permission as what is asked for: "is
    # not authorized to perform: sts:SetSourceIdentity" is what users of role chaining report.
    before = caller.session or NO_SESSION
    if params.get("Tags") or before.transitive:
        needs += (("sts:TagSession", resource),)
    if params.get("SourceIdentity") or before.source_identity:
        needs += (("sts:SetSourceIdentity", resource),)
    return Operation(action, needs)


def query_context(
    action: str, params: Params, tags: Mapping[str, str], boundary: str | None
) -> dict[str, str | list[str]]:
    """The condition keys that IAM and STS operations have besides the global ones, in lower case.

    `tags` are those of the entity that is acted on, `boundary` is the ARN of its permissions
    boundary.
    """
    keys: dict[str, str | list[str]] = {}
    for key, value in tags.items():
        for prefix in ("aws:resourcetag", "iam:resourcetag"):
            keys[f"{prefix}/{key}"] = value
    for tag in params.get("Tags", ()):
        keys[f"aws:requesttag/{tag['Key']}"] = tag["Value"]
    tag_keys = [tag["Key"] for tag in params.get("Tags", ())] or list(params.get("TagKeys", ()))
    if tag_keys:
        keys["aws:tagkeys"] = tag_keys
    if action in ("AssumeRole", "GetFederationToken", "GetSessionToken"):
        return keys | {
            key: params[name] for name, key in _STS_KEYS.items() if params.get(name) is not None
        }
    if "PolicyArn" in params and action.startswith(("Attach", "Detach")):
        keys["iam:policyarn"] = params["PolicyArn"]
    limit = params.get("PermissionsBoundary", None if action in _CREATES else boundary)
    if limit:
        keys["iam:permissionsboundary"] = limit
    return keys


_STS_KEYS = {
    "ExternalId": "sts:externalid",
    "RoleSessionName": "sts:rolesessionname",
    "SourceIdentity": "sts:sourceidentity",
    "TransitiveTagKeys": "sts:transitivetagkeys",
}
