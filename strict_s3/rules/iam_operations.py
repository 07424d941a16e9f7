"""Which IAM or STS operation a form is, and which permissions it needs.

Both services speak the Query protocol: the operation's name is the form field Action. A form that
names no known operation is None: refused, never waved through.

Sources: "Actions, resources, and condition keys" for IAM
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html)
and for STS
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .identity import Identity
from .operations import Needs, Operation

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
_WITH_PATH = ("CreateGroup", "CreateInstanceProfile", "CreatePolicy", "CreateRole", "CreateUser")
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


def query_operation(
    service: Literal["iam", "sts"], form: Mapping[str, str], *, account: str, caller: Identity
) -> Operation | None:
    """The IAM or STS operation that a form names, or None if it names none.

    An ARN holds a path only where the form or the caller's own ARN gives one; the paths of other
    users, groups and roles are known to the store alone and taken to be ``/``.
    """
    name = form.get("Action", "")
    if service == "sts":
        return _sts_operation(name, form, account)
    kind = _IAM.get(name)
    if kind is None:
        return None
    resource = _iam_resource(name, kind, form, account, caller)
    needs: Needs = ((f"iam:{name}", resource),)
    if name == "AddRoleToInstanceProfile" and form.get("RoleName"):
        needs += (("iam:PassRole", f"arn:aws:iam::{account}:role/{form['RoleName']}"),)
    if name in ("UpdateUser", "UpdateGroup"):
        # Renaming needs the permission for both names ("Rename an IAM user").
        field = _NAME_FIELDS[kind]
        renamed = form.get(f"New{field}") or form.get(field, "")
        target = f"arn:aws:iam::{account}:{kind}{form.get('NewPath') or '/'}{renamed}"
        if form.get(f"New{field}") or form.get("NewPath"):
            needs += ((f"iam:{name}", target),)
    return Operation(name, needs)


def _iam_resource(
    name: str, kind: str, form: Mapping[str, str], account: str, caller: Identity
) -> str:
    if kind == "*":
        return "*"
    if kind == "policy" and name != "CreatePolicy":
        return form.get("PolicyArn") or "*"
    named = form.get(_NAME_FIELDS[kind])
    if name == "ChangePassword" or (kind == "own" and not named):
        return caller.arn if caller.kind == "user" else "*"
    if not named:
        return "*"
    mine = caller.kind == "user" and named == caller.user_name
    if mine and kind in ("own", "user") and name not in _WITH_PATH:
        return caller.arn
    path = form.get("Path") or "/" if name in _WITH_PATH else "/"
    return f"arn:aws:iam::{account}:{'user' if kind == 'own' else kind}{path}{named}"


def _sts_operation(name: str, form: Mapping[str, str], account: str) -> Operation | None:
    resource = _STS.get(name)
    if resource is None:
        return None
    if not resource:
        return Operation(name, ())
    if resource == "role":
        resource = form.get("RoleArn") or "*"
    elif resource == "federated-user":
        resource = f"arn:aws:sts::{account}:federated-user/{form.get('Name', '')}"
    needs: Needs = ((f"sts:{name}", resource),)
    if any(field.startswith("Tags.member.") for field in form):
        needs += (("sts:TagSession", resource),)
    if form.get("SourceIdentity"):
        needs += (("sts:SetSourceIdentity", resource),)
    return Operation(name, needs)
