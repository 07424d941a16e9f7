"""Do the policies allow this request, and which statement decides?

Source: "Policy evaluation logic" in the IAM user guide. One account: there is no cross-account
access here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from helpers.rules.iam_conditions import LITERAL, Context, wildcard
from helpers.rules.identity import Identity
from helpers.rules.policy import KINDS, Policy, PolicyKind, Statement

Effect = Literal["Allow", "ExplicitDeny", "ImplicitDeny"]


@dataclass(frozen=True)
class Step:
    """One statement that was looked at, and the first thing in it that did not match."""

    policy: str
    statement: str
    matched: bool
    why: str


@dataclass(frozen=True)
class Evaluation:
    """The verdict, the statement that decided (None for an implicit deny) and every step.

    `missing` is, for an implicit deny, the kind of policy whose allow is missing.
    """

    effect: Effect
    reason: str
    policy: Policy | None = None
    statement: Statement | None = None
    steps: tuple[Step, ...] = ()
    missing: PolicyKind | None = None

    @property
    def allowed(self) -> bool:
        return self.effect == "Allow"


def evaluate(
    *,
    action: str,
    resource: str,
    context: Context,
    identity: Identity,
    identity_policies: Sequence[Policy] = (),
    resource_policies: Sequence[Policy] = (),
    session_policies: Sequence[Policy] | None = None,
    boundary: Policy | None = None,
) -> Evaluation:
    """May `identity` perform `action` (``s3:GetObject``) on `resource` (an ARN)?

    `context` holds the request's condition keys. Order, as AWS documents it: an explicit deny
    anywhere ends it; then one allow is needed, from an identity policy or from the resource's
    own policy; a boundary and session policies narrow what identity policies allow.
    """
    call = _Call(action, resource, {k.lower(): v for k, v in context.items()}, identity)
    sets = (
        identity_policies,
        resource_policies,
        session_policies or (),
        (boundary,) if boundary else (),
    )
    allows: list[list[tuple[Policy, Statement]]] = []
    for policies in sets:
        allows.append([])
        for policy in policies:
            for statement in policy.statements:
                if call.matches(policy, statement):
                    if not statement.allow:
                        return call.verdict("ExplicitDeny", policy, statement)
                    allows[-1].append((policy, statement))
    by_identity, by_resource, by_session, by_boundary = allows
    if any(p.kind == "trust" for p in resource_policies) and not by_resource:
        return call.implicit(f"The role's trust policy does not name {identity}", "trust")
    if identity.kind == "root":
        return Evaluation("Allow", "The account's root identity may do anything.", steps=call.done)

    # A resource policy that names this very principal needs no other allow, and is not narrowed
    # by a session policy or boundary when the principal it names is the session itself.
    direct = [(p, s) for p, s in by_resource if _names(s, identity) != "account"]
    own_session = [(p, s) for p, s in direct if _names(s, identity) == "session"]
    if own_session:
        return call.verdict("Allow", *own_session[0])
    granted = direct or by_identity
    if granted and session_policies is not None and not by_session:
        return call.implicit(
            "The session policy does not allow it, and it narrows the role", "session"
        )
    if granted and boundary is not None and not by_boundary:
        return call.implicit(
            f'The permissions boundary "{boundary.name}" does not allow it', "boundary"
        )
    if granted:
        return call.verdict("Allow", *granted[0])
    return call.implicit(f"No statement allows {action} on {resource}", "identity")


class _Call:
    """One question, and the trail of statements looked at."""

    def __init__(self, action: str, resource: str, context: Context, identity: Identity) -> None:
        self.action, self.resource, self.context, self.identity = (
            action,
            resource,
            context,
            identity,
        )
        self._steps: list[Step] = []

    @property
    def done(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    def matches(self, policy: Policy, statement: Statement) -> bool:
        why = self._mismatch(policy, statement)
        self._steps.append(Step(policy.name, statement.label, not why, why))
        return not why

    def verdict(self, effect: Effect, policy: Policy, statement: Statement) -> Evaluation:
        verb = "allows" if statement.allow else "denies"
        reason = (
            f'Statement "{statement.label}" of the {KINDS[policy.kind]} "{policy.name}" '
            f"{verb} {self.action}."
        )
        return Evaluation(effect, reason, policy, statement, self.done)

    def implicit(self, why: str, missing: PolicyKind) -> Evaluation:
        seen = len(self._steps)
        return Evaluation(
            "ImplicitDeny", f"{why} ({seen} looked at).", steps=self.done, missing=missing
        )

    def _mismatch(self, policy: Policy, statement: Statement) -> str:
        """The first element that does not match, in words; empty if all do."""
        named = any(wildcard(p, True).fullmatch(self.action) for p in statement.actions)
        if named == statement.not_actions:
            return f"{self.action} is {'in NotAction' if named else 'not in Action'}"
        patterns = [self._expand(p, policy.variables) for p in statement.resources]
        named = any(p is not None and wildcard(p).fullmatch(self.resource) for p in patterns)
        if named == statement.not_resources:
            return f"{self.resource} is {'in NotResource' if named else 'not in Resource'}"
        if statement.principals is not None and not self._is_principal(statement):
            return f"{self.identity} is not the Principal"
        for operator, key, wanted in statement.conditions:
            have = self.context.get(key.lower())
            values = None if have is None else [have] if isinstance(have, str) else list(have)
            expanded = [self._expand(w, policy.variables, escape=operator.patterns) for w in wanted]
            if not operator.holds(values, [w for w in expanded if w is not None]):
                shown = "no such key" if values is None else ", ".join(values)
                return f"Condition {operator.written} {key}: the request has {shown}"
        return ""

    def _is_principal(self, statement: Statement) -> bool:
        return bool(_names(statement, self.identity)) != statement.not_principals

    def _expand(self, text: str, variables: bool, *, escape: bool = True) -> str | None:
        """`text` with its ${variables} filled in literally; None if one has no value."""
        if not variables or "${" not in text:
            return text
        missing = False

        def fill(match: re.Match[str]) -> str:
            nonlocal missing
            if match[1] in ("*", "?", "$"):
                return LITERAL.get(match[1], match[1]) if escape else match[1]
            name, comma, default = (part.strip() for part in match[1].partition(","))
            value = self.context.get(name.lower())
            if isinstance(value, str):
                # A user called "a*" must not become a pattern.
                return "".join(LITERAL.get(c, c) for c in value) if escape else value
            if comma:
                return default.strip("'")
            missing = True
            return ""

        filled = re.sub(r"\$\{([^}]*)\}", fill, text)
        return None if missing else filled


def _names(statement: Statement, identity: Identity) -> str:
    """How the Principal element names the identity: "" if not at all.

    ``any`` by "*", ``session`` or ``direct`` by its own ARN, ``role`` by its role's ARN,
    ``account`` by the account, which only passes the question on to identity policies.
    """
    for sort, value in statement.principals or ():
        if sort != "AWS":
            continue
        if value == "*":
            return "any"
        if identity.kind == "anonymous":
            continue
        if value == identity.arn:
            return "direct" if identity.kind in ("user", "root") else "session"
        if identity.role_arn and value == identity.role_arn:
            return "role"
        if value == identity.account or value == f"arn:aws:iam::{identity.account}:root":
            return "account"
    return ""
