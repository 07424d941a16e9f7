"""STS: temporary credentials, issued and kept here.

moto answers GetSessionToken with one fixed example key and lets anyone assume any role, so this
service is ours: random keys, durations within AWS's limits, ended by the server's clock.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..rules.authentication import iso
from ..rules.identity import ACCOUNT, Credential, Identity, new_key
from ..rules.policy import MalformedPolicy, Policy, parse_policy
from ..rules.query_protocol import QueryError, response
from ..rules.request import whole_number
from .clock import Clock
from .store.store import Store

_XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"
# Seconds: least, most, default ("Parameters" of each operation in the STS API reference).
_SESSION_SECONDS = (900, 129600, 43200)


@dataclass(frozen=True)
class _Session:
    credential: Credential
    policies: tuple[Policy, ...] | None


class Sts:
    """Issues sessions and finds them again by their access key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._sessions: dict[str, _Session] = {}

    def find_key(self, access_key: str) -> Credential | None:
        """The session's credential, or None."""
        session = self._sessions.get(access_key)
        return session.credential if session else None

    def session_policies(self, access_key: str) -> tuple[Policy, ...] | None:
        """The policies that narrow a session; None if it has none, or is no session."""
        session = self._sessions.get(access_key)
        return session.policies if session else None

    def reset(self) -> None:
        """End every session at once."""
        self._sessions.clear()

    def answer(self, form: Mapping[str, str], caller: Identity, request_id: str) -> bytes:
        """Carry out an authorised request: its XML. Raises `QueryError`."""
        action = form["Action"]
        if action == "GetCallerIdentity":
            result: dict[str, object] = {
                "Arn": caller.arn,
                "UserId": caller.user_id,
                "Account": ACCOUNT,
            }
        elif action == "AssumeRole":
            result = self._assume_role(form)
        elif action == "GetSessionToken":
            result = {"Credentials": self._issue(form, caller, *_SESSION_SECONDS)}
        elif action == "GetFederationToken":
            result = self._federate(form, caller)
        else:
            raise QueryError(400, "InvalidAction", f"Could not find operation {action}")
        return response(action, result, _XMLNS, request_id)

    def _assume_role(self, form: Mapping[str, str]) -> dict[str, object]:
        arn, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
        if not re.fullmatch(r"[\w+=,.@-]{2,64}", name):
            raise QueryError(
                400,
                "ValidationError",
                f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to "
                "satisfy constraint: Member must satisfy regular expression pattern: "
                "[\\w+=,.@-]{2,64}",
            )
        # Authorisation has found the role's trust policy, so the role is there.
        role: Any = self._store.iam.find_role(arn)
        most = int(role.max_session_duration or 3600)
        session_arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/{name}"
        user_id = f"{role.id}:{name}"
        identity = Identity("assumed-role", ACCOUNT, session_arn, "", user_id, arn)
        return {
            "Credentials": self._issue(form, identity, 900, most, min(3600, most)),
            "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": session_arn},
        }

    def _federate(self, form: Mapping[str, str], caller: Identity) -> dict[str, object]:
        name = form.get("Name", "")
        arn = f"arn:aws:sts::{ACCOUNT}:federated-user/{name}"
        # A federated user has what its user has, within the policy given: none given, nothing.
        identity = Identity("federated-user", ACCOUNT, arn, caller.user_name, f"{ACCOUNT}:{name}")
        return {
            "Credentials": self._issue(form, identity, *_SESSION_SECONDS, narrowed=True),
            "FederatedUser": {"FederatedUserId": f"{ACCOUNT}:{name}", "Arn": arn},
        }

    def _issue(
        self,
        form: Mapping[str, str],
        identity: Identity,
        least: int,
        most: int,
        default: int,
        *,
        narrowed: bool = False,
    ) -> dict[str, object]:
        text = form.get("DurationSeconds", str(default))
        duration = whole_number(text)
        if duration is None or not least <= duration <= most:
            raise QueryError(
                400,
                "ValidationError",
                f"The requested DurationSeconds {text} is not between {least} and {most}.",
            )
        policies = self._given_policies(form)
        ends = self._clock.now() + timedelta(seconds=duration)
        credential = Credential(
            *new_key("ASIA"),
            identity,
            session_token=secrets.token_urlsafe(96),
            expires_at=ends.replace(microsecond=0),
        )
        self._sessions[credential.access_key] = _Session(
            credential, policies if policies or narrowed else None
        )
        return {
            "AccessKeyId": credential.access_key,
            "SecretAccessKey": credential.secret_key,
            "SessionToken": credential.session_token,
            "Expiration": iso(ends),
        }

    def _given_policies(self, form: Mapping[str, str]) -> tuple[Policy, ...]:
        documents = [("inline", form["Policy"])] if "Policy" in form else []
        for name, value in form.items():
            if re.fullmatch(r"PolicyArns\.member\.\d+\.arn", name):
                document = self._store.iam.managed_policy(value)
                if document is None:
                    raise QueryError(400, "PackedPolicyTooLarge", f"There is no policy {value}.")
                documents.append((value.rpartition("/")[2], document))
        try:
            return tuple(parse_policy(text, name=name, kind="session") for name, text in documents)
        except MalformedPolicy as problem:
            raise QueryError(400, "MalformedPolicyDocument", str(problem)) from None
