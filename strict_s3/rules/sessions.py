"""What temporary credentials, and the root, cannot call.

Source: "Compare AWS STS credentials" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html). There is no
multi-factor authentication here, so the sessions that need it are those without.
"""

from __future__ import annotations

from typing import Literal

from .identity import Identity
from .query_protocol import QueryError

_OWN_SESSIONS = ("GetFederationToken", "GetSessionToken")


def session_refusal(
    service: Literal["iam", "sts"], action: str, caller: Identity
) -> QueryError | None:
    """Why `caller` cannot call this at all, whatever its policies say; None if it can."""
    if service == "sts":
        return _sts_refusal(action, caller)
    if caller.session is not None and caller.kind != "assumed-role":
        # Not AccessDenied: to IAM the credentials of GetSessionToken and GetFederationToken are
        # none.
        return QueryError(
            403, "InvalidClientTokenId", "The security token included in the request is invalid."
        )
    return None


def _sts_refusal(action: str, caller: Identity) -> QueryError | None:
    if caller.kind == "root" and action == "AssumeRole":
        return _denied("Roles may not be assumed by root accounts.")
    if caller.session is None or action == "GetCallerIdentity":
        return None
    if action in _OWN_SESSIONS:
        return _denied(f"Cannot call {action} with session credentials")
    if caller.kind == "federated-user" or (
        caller.kind != "assumed-role" and action != "AssumeRole"
    ):
        return _denied(f"User: {caller.arn} is not authorized to perform: sts:{action}")
    return None


def _denied(message: str) -> QueryError:
    return QueryError(403, "AccessDenied", message)
