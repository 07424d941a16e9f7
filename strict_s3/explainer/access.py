"""Which statement of which policy decides about a request.

`strict_s3.rules.iam` decides, the rule that the local S3 uses. Source of the order of policies:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InspectError
from ..rules.bucket_policy import problems
from ..rules.iam import Applicable, Evaluation, Step, evaluate
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
    """Is this principal allowed to do that?

    `reason` is the sentence that decides; `decided_by` the policy and statement, "" if nothing
    matched. `steps` are all statements that were examined, in order. `absent` are condition keys of
    the network that the policies ask for and the context does not have.
    """

    allowed: bool
    principal: str
    action: str
    resource: str
    reason: str
    decided_by: str
    steps: tuple[Step, ...]
    absent: tuple[str, ...] = ()

    def __str__(self) -> str:
        verdict = "allowed" if self.allowed else "refused"
        who = f"{self.principal}: {self.action} on {self.resource}"
        lines = [
            *wrapped(f"{shown(who)} is {verdict}.", "", "  "),
            *wrapped(self.reason, "  ", "  "),
        ]
        if self.absent and not self.allowed:
            lines += wrapped(
                f"{', '.join(map(shown, self.absent))}: a condition asks for it, and it was not "
                "given in context. A condition with Not… holds for a key that is absent.",
                "  ! ",
                "    ",
            )
        for step in self.steps:
            mark = PASSED if step.matched else FAILED
            result = "matches" if step.matched else shown(step.why)
            text = f'"{shown(step.policy)}", statement {shown(step.statement)}: {result}'
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
    `Identity`; `resource` is an ARN. Policies are JSON text or dicts; `context` holds condition
    keys. Raises `InspectError`.

        inspect_access(
            "arn:aws:iam::123456789012:user/ann",
            "s3:GetObject",
            "arn:aws:s3:::my-bucket/report.txt",
            identity_policies={"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
            context={"aws:SourceIp": "203.0.113.7"},
        )
    """
    who = principal if isinstance(principal, Identity) else read_principal(principal)
    if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action):
        raise InspectError(f"{shown(action)!r} is not an action such as s3:GetObject.")
    if resource != "*" and not resource.startswith("arn:"):
        raise InspectError(
            f"{shown(resource)!r} is not an ARN. An object's ARN is like arn:aws:s3:::bucket/key."
        )
    single = isinstance(identity_policies, str | Mapping)
    documents: list[Document] = [identity_policies] if single else list(identity_policies)  # type: ignore[list-item]
    policies = Applicable(
        tuple(_named(documents)),
        _of_bucket(bucket_policy, resource),
        None if session_policy is None else _parsed(session_policy, "session policy", "session"),
        next(iter(_parsed(boundary, "permissions boundary", "boundary")), None),
    )
    verdict = evaluate(action, resource, dict(context or {}), who, policies)
    return AccessReport(
        verdict.allowed,
        str(who),
        action,
        resource,
        verdict.reason,
        _decider(verdict),
        verdict.steps,
        _absent(policies, context or {}),
    )


def read_principal(text: str) -> Identity:
    """An `Identity` from its ARN. Raises `InspectError`."""
    if text == "anonymous":
        return ANONYMOUS
    match = _PRINCIPAL.fullmatch(text)
    if not match or (match["kind"] != "root" and not match["name"]):
        raise InspectError(
            f"{shown(text)!r} is not the ARN of a principal. A user's ARN is like "
            'arn:aws:iam::123456789012:user/name; for no principal write "anonymous".'
        )
    account, name = match["account"], match["name"] or ""
    if match["kind"] == "root":
        return Identity("root", account, text, "", account)
    if match["kind"] == "user":
        return Identity("user", account, text, name.rpartition("/")[2], "")
    if match["kind"] == "federated-user":
        return Identity("federated-user", account, text, "", f"{account}:{name}")
    role = text.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
    return Identity("assumed-role", account, text, "", "", role)


def _named(documents: Sequence[Document]) -> Iterator[Policy]:
    for number, document in enumerate(documents, 1):
        name = "identity policy" if len(documents) == 1 else f"identity policy {number}"
        yield from _parsed(document, name, "identity")


def _parsed(document: Document | None, name: str, kind: PolicyKind) -> tuple[Policy, ...]:
    if document is None:
        return ()
    try:
        policy = document if isinstance(document, str) else dict(document)
        return (parse_policy(policy, name=name, kind=kind),)
    except MalformedPolicy as problem:
        raise InspectError(shown(problem, 500)) from None


def _of_bucket(document: Document | None, resource: str) -> tuple[Policy, ...]:
    """The bucket policy, if S3 would take it for the bucket of that resource."""
    policies = _parsed(document, "bucket policy", "resource")
    bucket = resource.rpartition(":")[2].partition("/")[0]
    for policy in policies if resource.startswith("arn:aws:s3:::") else ():
        for problem in problems(bucket, policy):
            detail = shown(problem.fields.get("Detail", ""))
            raise InspectError(
                f"S3 doesn't accept this bucket policy: {problem.message} ({detail})"
            )
    return policies


def _decider(verdict: Evaluation) -> str:
    if verdict.policy is None or verdict.statement is None:
        return ""
    return f'"{verdict.policy.name}", statement {verdict.statement.label}'


# Keys that every request has on AWS, and that only the caller of `inspect_access` can tell.
_OF_THE_REQUEST = ("aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:securetransport")


def _absent(policies: Applicable, context: Mapping[str, Any]) -> tuple[str, ...]:
    given = {name.lower() for name in context}
    every = [*policies.identity, *policies.resource, *(policies.session or ())]
    if policies.boundary:
        every.append(policies.boundary)
    keys = {
        key
        for policy in every
        for statement in policy.statements
        for _operator, key, _values in statement.conditions
        if key.lower() in _OF_THE_REQUEST and key.lower() not in given
    }
    return tuple(sorted(keys))
