"""Which statement of which policy decides about a request: IAM, laid open.

The deciding is `strict_s3.rules.iam`, the rule that the local S3 uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InspectError
from ..rules.iam import Evaluation, Step, evaluate
from ..rules.identity import ANONYMOUS, Identity
from ..rules.policy import MalformedPolicy, Policy, PolicyKind, parse_policy
from .decisions import FAILED, PASSED
from .words import Readable, shown, wrapped

Document = Mapping[str, Any] | str
_PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:(?P<service>iam|sts)::(?P<account>\d{12}):"
    r"(?P<kind>root|user|assumed-role|federated-user)(?:/(?P<name>.+))?"
)


@dataclass(frozen=True, repr=False)
class AccessReport(Readable):
    """May this principal do that? `reason` is the deciding sentence; `decided_by` the policy and
    statement that decided, "" if nothing matched. `steps` are all statements looked at, in order.
    """

    allowed: bool
    principal: str
    action: str
    resource: str
    reason: str
    decided_by: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        verdict = "allowed" if self.allowed else "refused"
        who = f"{self.principal}: {self.action} on {self.resource}"
        lines = [
            *wrapped(f"{shown(who)} is {verdict}.", "", "  "),
            *wrapped(self.reason, "  ", "  "),
        ]
        for step in self.steps:
            mark = PASSED if step.matched else FAILED
            found = "matches" if step.matched else shown(step.why)
            text = f'"{shown(step.policy)}", statement {shown(step.statement)}: {found}'
            lines += wrapped(text, f"  {mark} ", "    ")
        return "\n".join(lines)


def inspect_access(
    principal: str | Identity,
    action: str,
    resource: str,
    *,
    identity_policies: Document | Sequence[Document] = (),
    bucket_policy: Document | None = None,
    session_policy: Document | None = None,
    boundary: Document | None = None,
    context: Mapping[str, str | Sequence[str]] | None = None,
) -> AccessReport:
    """Evaluate policies as the local S3 does.

    `principal` is the ARN of a user, a role's session or an account's root, "anonymous", or an
    `Identity`; `action` is like ``s3:GetObject``, `resource` an ARN. Policies are JSON text or
    dicts; `context` holds condition keys (``{"aws:SourceIp": "203.0.113.7"}``). Raises
    `InspectError`.
    """
    who = principal if isinstance(principal, Identity) else read_principal(principal)
    if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action):
        raise InspectError(f"{shown(action)!r} is no action; one is like s3:GetObject.")
    if resource != "*" and not resource.startswith("arn:"):
        raise InspectError(
            f"{shown(resource)!r} is no ARN; an object's is arn:aws:s3:::bucket/key."
        )
    single = isinstance(identity_policies, str | Mapping)
    documents: list[Document] = [identity_policies] if single else list(identity_policies)  # type: ignore[list-item]
    found = evaluate(
        action=action,
        resource=resource,
        context=dict(context or {}),
        identity=who,
        identity_policies=tuple(_named(documents)),
        resource_policies=_one(bucket_policy, "bucket policy", "resource"),
        session_policies=None
        if session_policy is None
        else _one(session_policy, "session policy", "session"),
        boundary=next(iter(_one(boundary, "permissions boundary", "boundary")), None),
    )
    return AccessReport(
        found.allowed, str(who), action, resource, found.reason, _decider(found), found.steps
    )


def read_principal(text: str) -> Identity:
    """An `Identity` from its ARN. Raises `InspectError`."""
    if text == "anonymous":
        return ANONYMOUS
    found = _PRINCIPAL.fullmatch(text)
    if not found or (found["kind"] != "root" and not found["name"]):
        raise InspectError(
            f"{shown(text)!r} is no principal's ARN; a user's is "
            'arn:aws:iam::123456789012:user/name. Nobody is "anonymous".'
        )
    account, name = found["account"], found["name"] or ""
    if found["kind"] == "root":
        return Identity("root", account, text, "", account)
    if found["kind"] == "user":
        return Identity("user", account, text, name.rpartition("/")[2], "")
    if found["kind"] == "federated-user":
        return Identity("federated-user", account, text, "", f"{account}:{name}")
    role = text.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
    return Identity("assumed-role", account, text, "", "", role)


def _named(documents: Sequence[Document]) -> Iterator[Policy]:
    for number, document in enumerate(documents, 1):
        name = "identity policy" if len(documents) == 1 else f"identity policy {number}"
        yield from _one(document, name, "identity")


def _one(document: Document | None, name: str, kind: PolicyKind) -> tuple[Policy, ...]:
    if document is None:
        return ()
    try:
        given = document if isinstance(document, str) else dict(document)
        return (parse_policy(given, name=name, kind=kind),)
    except MalformedPolicy as problem:
        raise InspectError(shown(problem, 500)) from None


def _decider(found: Evaluation) -> str:
    if found.policy is None or found.statement is None:
        return ""
    return f'"{found.policy.name}", statement {found.statement.label}'
