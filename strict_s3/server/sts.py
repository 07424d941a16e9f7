"""STS: temporary credentials, issued and kept here.

Durations are within AWS's limits and end by the server's clock; what session credentials cannot
call is `rules.sessions`. Source: the STS API reference
(https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_bytes
from typing import Any, NoReturn

from ..rules.identity import Credential, Identity, Session, new_key
from ..rules.policy import MalformedPolicy, Policy, parse_policy
from ..rules.query_protocol import QueryError, check_carried_out
from .clock import Clock
from .query_model import QueryModel
from .store.iam import Role
from .store.store import Store

Params = Mapping[str, Any]
Result = dict[str, Any]

# Seconds.
_USER_DEFAULT = 43200
_ROOT_MAX = 3600
_CHAINED_MAX = 3600
# Characters: "The plaintext that you use for both inline and managed session policies can't exceed
# 2,048 characters." How AWS packs them is not public; here the percentage is of this.
_MAX_POLICIES = 2048
_MAX_POLICY_ARNS = 10
_NO_MFA = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA "
    "serial number is valid and associated with this user."
)
_HALF_MFA = (
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
)
# The parameters that each operation obeys: any other is answered 501.
_OBEYED = {
    "AssumeRole": {
        *("RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "Policy", "PolicyArns"),
        *("SerialNumber", "SourceIdentity", "Tags", "TokenCode", "TransitiveTagKeys"),
    },
    "GetCallerIdentity": set(),
    "GetFederationToken": {"Name", "DurationSeconds", "Policy", "PolicyArns", "Tags"},
    "GetSessionToken": {"DurationSeconds", "SerialNumber", "TokenCode"},
}


@dataclass(frozen=True)
class _Issued:
    credential: Credential
    policies: tuple[Policy, ...] | None


class Sts:
    """Issues sessions and finds them again by their access key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.model = QueryModel("sts")
        self._store, self._clock = store, clock
        self._issued: dict[str, _Issued] = {}

    def find_key(self, access_key: str) -> Credential | None:
        """The session's credential, or None.

        It is inactive if the user or role that it stands for has been deleted.
        """
        issued = self._issued.get(access_key)
        if issued is None:
            return None
        credential = issued.credential
        identity = self._store.iam.current(credential.identity)
        if identity is None:
            return replace(credential, active=False)
        return (
            credential
            if identity is credential.identity
            else replace(credential, identity=identity)
        )

    def session_policies(self, access_key: str) -> tuple[Policy, ...] | None:
        """The policies that narrow a session; None if it has none, or is no session."""
        issued = self._issued.get(access_key)
        return issued.policies if issued else None

    def reset(self) -> None:
        """End every session at once."""
        self._issued.clear()

    def find_role(self, params: Params, caller: Identity) -> Role:
        """The role that a request wants to assume. Raises `QueryError`."""
        arn = params["RoleArn"]
        if not re.fullmatch("arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", arn):
            raise QueryError(400, "ValidationError", f"{arn} is invalid")
        role = self._store.iam.find_role(arn)
        if role is None:
            raise QueryError(
                403,
                "AccessDenied",
                f"User: {caller.arn} is not authorized to perform: sts:AssumeRole "
                f"on resource: {arn}",
            )
        return role

    def carry_out(self, action: str, params: Params, caller: Identity, request_id: str) -> bytes:
        """Carry out an authorised request whose parameters `model` has read: its XML.

        Raises `QueryError`: the operation's own refusals, and NotImplemented for an operation or
        a parameter that is not carried out here.
        """
        check_carried_out("STS", action, params, _OBEYED.get(action))
        _check_mfa(params)
        result = {
            "AssumeRole": self._assume_role,
            "GetCallerIdentity": _caller_identity,
            "GetFederationToken": self._federate,
            "GetSessionToken": self._session_token,
        }[action](params, caller)
        return self.model.write(action, result, request_id)

    def _assume_role(self, params: Params, caller: Identity) -> Result:
        role, name = self.find_role(params, caller), params["RoleSessionName"]
        chained = caller.kind == "assumed-role"
        duration = params.get("DurationSeconds", min(3600, role.max_session_duration))
        if chained and duration > _CHAINED_MAX:
            _invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
                "by role chaining"
            )
        if duration > role.max_session_duration:
            _invalid(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            )
        session = self._session(params, caller)
        arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{name}"
        user_id = f"{role.id}:{name}"
        identity = Identity("assumed-role", role.account, arn, "", user_id, role.arn, session)
        return self._issue(identity, duration, params) | {
            "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": arn},
            "SourceIdentity": session.source_identity or None,
        }

    def _session_token(self, params: Params, caller: Identity) -> Result:
        identity = replace(caller, session=self._session(params, caller))
        return self._issue(identity, _duration(params, caller), {})

    def _federate(self, params: Params, caller: Identity) -> Result:
        name, account = params["Name"], caller.account
        arn, user_id = f"arn:aws:sts::{account}:federated-user/{name}", f"{account}:{name}"
        # A federated user has what its user has, within the policies given: none given, nothing.
        identity = Identity(
            "federated-user",
            account,
            arn,
            caller.user_name,
            user_id,
            session=self._session(params, caller),
        )
        result = self._issue(identity, _duration(params, caller), params, narrowed=True)
        if result["PackedPolicySize"] is None:
            result["PackedPolicySize"] = 0
        return result | {"FederatedUser": {"FederatedUserId": user_id, "Arn": arn}}

    def _session(self, params: Params, caller: Identity) -> Session:
        """What the new session has for good: tags and source identity, its own and inherited."""
        before = caller.session or Session(self._clock.now())
        tags = _checked_tags(params)
        lower = {key.lower() for key in tags}
        inherited = {k: v for k, v in before.tags if k.lower() in before.transitive}
        if lower & {key.lower() for key in inherited}:
            _bad_value(
                "One of the specified transitive tag keys can't be set because it conflicts with "
                "a transitive tag key from the calling session."
            )
        passed_on = {key.lower() for key in params.get("TransitiveTagKeys", ())}
        if not passed_on <= lower:
            _bad_value("The specified transitive tag key must be included in the requested tags.")
        source = params.get("SourceIdentity", before.source_identity)
        if before.source_identity and source != before.source_identity:
            raise QueryError(
                403, "AccessDenied", "The source identity of a session cannot be changed."
            )
        return Session(
            self._clock.now(),
            tuple((inherited | tags).items()),
            before.transitive | passed_on,
            source,
        )

    def _issue(
        self, identity: Identity, seconds: int, params: Params, *, narrowed: bool = False
    ) -> Result:
        """New credentials. With `narrowed`, no session policy means that nothing is allowed."""
        documents = self._documents(params)
        policies, size = _parsed(documents), _packed_size(documents, params)
        ends = (self._clock.now() + timedelta(seconds=seconds)).replace(microsecond=0)
        access_key, secret_key = new_key("ASIA")
        credential = Credential(
            access_key, secret_key, identity, session_token=_new_token(), expires_at=ends
        )
        self._issued[access_key] = _Issued(credential, policies if policies or narrowed else None)
        return {
            "Credentials": {
                "AccessKeyId": access_key,
                "SecretAccessKey": secret_key,
                "SessionToken": credential.session_token,
                "Expiration": ends,
            },
            "PackedPolicySize": size,
        }

    def _documents(self, params: Params) -> list[tuple[str, str]]:
        """The session policies that a request gives: (name, document)."""
        documents = [("inline", params["Policy"])] if "Policy" in params else []
        arns = [item["arn"] for item in params.get("PolicyArns", ()) if "arn" in item]
        if len(arns) > _MAX_POLICY_ARNS:
            _invalid(
                "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
                f"Member must have length less than or equal to {_MAX_POLICY_ARNS}"
            )
        for arn in arns:
            document = self._store.iam.managed_policy(arn)
            if document is None:
                _invalid(f"Policy {arn} does not exist or is not attachable.")
            documents.append((arn.rpartition("/")[2], document))
        return documents


def _caller_identity(params: Params, caller: Identity) -> Result:
    return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}


def _check_mfa(params: Params) -> None:
    """There are no MFA devices here, so that no code can be valid. Raises `QueryError`."""
    mfa = [name for name in ("SerialNumber", "TokenCode") if name in params]
    if mfa:
        raise QueryError(403, "AccessDenied", _NO_MFA if len(mfa) == 2 else _HALF_MFA)


def _duration(params: Params, caller: Identity) -> int:
    """Seconds, for GetSessionToken and GetFederationToken.

    A session of the root lasts an hour at most; a longer one is shortened to it.
    """
    duration: int = params.get("DurationSeconds", _USER_DEFAULT)
    return min(duration, _ROOT_MAX) if caller.kind == "root" else duration


def _checked_tags(params: Params) -> dict[str, str]:
    pairs = [(tag["Key"], tag["Value"]) for tag in params.get("Tags", ())]
    if len({key.lower() for key, _ in pairs}) < len(pairs):
        _bad_value("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return dict(pairs)


def _parsed(documents: list[tuple[str, str]]) -> tuple[Policy, ...]:
    try:
        return tuple(parse_policy(text, name=name, kind="session") for name, text in documents)
    except MalformedPolicy as problem:
        raise QueryError(400, "MalformedPolicyDocument", problem.aws) from problem


def _packed_size(documents: list[tuple[str, str]], params: Params) -> int | None:
    """How much of the room for session policies and tags is used, in percent; None without any."""
    if not documents and not params.get("Tags"):
        return None
    used = len(params.get("Policy", ""))
    used += sum(len(item["arn"]) for item in params.get("PolicyArns", ()))
    used += sum(len(tag["Key"]) + len(tag["Value"]) for tag in params.get("Tags", ()))
    percent = -(-100 * used // _MAX_POLICIES)
    if percent > 100:
        raise QueryError(
            400,
            "PackedPolicyTooLarge",
            f"Packed policy consumes {percent}% of allotted space, please use smaller policy.",
        )
    return percent


def _new_token() -> str:
    """A session token like AWS's: several hundred characters of base64, with ``+ / =`` in it.

    A client that forgets to encode them in a URL must fail here too.
    """
    while True:
        token = b64encode(token_bytes(260)).decode()
        if "+" in token and "/" in token:
            return token


def _invalid(message: str) -> NoReturn:
    raise QueryError(400, "ValidationError", message)


def _bad_value(message: str) -> NoReturn:
    raise QueryError(400, "InvalidParameterValue", message)
