"""Do the policies allow this request, and which statement decides?

Sources: "Policy evaluation logic"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html),
"Permissions boundaries for IAM entities", "IAM policy elements: Variables and tags" and "AWS JSON
policy elements: NotPrincipal" in the IAM user guide. There is one account, so nothing here is about
access from another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Literal

from .iam_conditions import LITERAL, Context, Operator, arn_wildcard, wildcard
from .identity import Identity
from .policy import KINDS, Policy, PolicyKind, Statement

Effect = Literal["Allow", "ExplicitDeny", "ImplicitDeny"]

# Why a statement did not match, worded only on demand; None: it matched.
_Why = Callable[[], str] | None
_Examined = tuple[Policy, Statement, _Why]

_MAX_EXPLAINED = 3  # statements that a refusal explains

# How closely a Principal element names an identity.
_NOT_NAMED, _ACCOUNT, _ROLE, _DIRECTLY = range(4)


@dataclass(frozen=True)
class Step:
    """A statement that was examined, and the first element in it that did not match."""

    policy: str
    statement: str
    matched: bool
    why: str


@dataclass(frozen=True)
class Evaluation:
    """The verdict, the statement that decided (None for an implicit deny) and every step.

    `missing` is the kind of policy that would have to allow it, for an implicit deny.
    """

    effect: Effect
    reason: str
    policy: Policy | None = None
    statement: Statement | None = None
    missing: PolicyKind | None = None
    examined: tuple[_Examined, ...] = field(default=(), repr=False, compare=False)

    @property
    def allowed(self) -> bool:
        return self.effect == "Allow"

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every statement that was examined, in order; an explicit deny ends the examination."""
        return tuple(
            Step(policy.name, statement.label, why is None, why() if why else "")
            for policy, statement, why in self.examined
        )


@dataclass(frozen=True)
class Applicable:
    """The policies that apply to a principal and a resource.

    A role's trust policy is one of the `resource` policies. `session` is None if there are none;
    an empty sequence allows nothing.
    """

    identity: Sequence[Policy] = ()
    resource: Sequence[Policy] = ()
    session: Sequence[Policy] | None = None
    boundary: Policy | None = None


# "The root user of the AWS account that owns a bucket can always use this operation, even if the
# policy explicitly denies" it: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
NEVER_LOCKED_OUT = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def evaluate(
    action: str,
    resource: str,
    context: Context | Callable[[], Context],
    identity: Identity,
    policies: Applicable,
) -> Evaluation:
    """Is `identity` allowed to perform `action` (``s3:GetObject``) on `resource` (an ARN)?

    `context` holds the request's condition keys, or is called for them when a policy looks at
    one. The order is AWS's: an explicit deny anywhere decides. Then one allow is needed, from an
    identity policy or from the resource's policy, and a boundary and session policies limit it,
    unless the resource's policy names this very principal.
    """
    anonymous, boundary = identity.kind == "anonymous", policies.boundary
    call = _Call(action, resource, context, identity, bounded=boundary is not None)
    spared = identity.kind == "root" and action in NEVER_LOCKED_OUT
    sets = (
        () if anonymous else policies.identity,
        () if spared else policies.resource,
        policies.session or (),
        (boundary,) if boundary else (),
    )
    allows: list[list[tuple[Policy, Statement]]] = []
    for kind in sets:
        matching: list[tuple[Policy, Statement]] = []
        allows.append(matching)
        for policy in kind:
            for statement in policy.statements:
                if call.matches(policy, statement):
                    if not statement.allow:
                        return call.verdict("ExplicitDeny", policy, statement)
                    matching.append((policy, statement))
    by_identity, by_resource, by_session, by_boundary = allows

    trust = next((p for p in policies.resource if p.kind == "trust"), None)
    if trust and not by_resource:
        return call.implicit(
            f'the trust policy "{trust.name}" has no statement that matches {identity}', "trust"
        )
    if identity.kind == "root":
        return call.root()

    # "Policy evaluation logic": a principal named by its own ARN (a user, a role's session, a
    # federated user) or by "*" needs no other allow, and no boundary or session policy limits it.
    # Named by its role's ARN, it needs no other allow but is limited. If only its account is
    # named, the identity policies decide.
    direct = [pair for pair in by_resource if call.naming(pair[1]) == _DIRECTLY]
    if direct:
        return call.verdict("Allow", *direct[0])
    granted = [pair for pair in by_resource if call.naming(pair[1]) == _ROLE] or by_identity
    if not granted:
        if not by_resource:
            return call.implicit(call.none_matched(), "identity")
        policy, statement = by_resource[0]
        return call.implicit(
            f'statement "{statement.label}" of the {KINDS[policy.kind]} "{policy.name}" leaves it '
            "to the account's identity policies, and none of them allows it",
            "identity",
        )
    if boundary and not by_boundary:
        return call.implicit(
            f'the permissions boundary "{boundary.name}" does not, and it limits every other allow',
            "boundary",
        )
    if policies.session is not None and not by_session:
        return call.implicit(
            "the session policy does not, and it limits every other allow", "session"
        )
    return call.verdict("Allow", *granted[0])


class _NoValue(Exception):
    """A policy variable whose key the request does not have."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Call:
    """One question, and the statements examined for it."""

    def __init__(
        self,
        action: str,
        resource: str,
        context: Context | Callable[[], Context],
        identity: Identity,
        *,
        bounded: bool,
    ) -> None:
        self.action, self.resource, self.identity = action, resource, identity
        self._context, self._bounded = context, bounded
        self._examined: list[_Examined] = []

    @cached_property
    def context(self) -> Context:
        return self._context() if callable(self._context) else self._context

    @cached_property
    def _lower(self) -> Context:
        return {key.lower(): value for key, value in self.context.items()}

    def value_of(self, key: str) -> str | Sequence[str] | None:
        """What the request has for a condition key, whose case doesn't matter.

        An object can have two tags whose keys differ in nothing but case: then the one that is
        spelled like the key counts.
        """
        name, slash, tag = key.partition("/")
        exact = self.context.get(f"{name.lower()}/{tag}") if slash else None
        return self._lower.get(key.lower()) if exact is None else exact

    def matches(self, policy: Policy, statement: Statement) -> bool:
        why: _Why
        try:
            why = self._mismatch(policy, statement)
        except _NoValue as unresolved:
            # One variable without a value makes the whole statement void.
            why = partial("Variable ${{{}}}: the request has no such key".format, unresolved.name)
        self._examined.append((policy, statement, why))
        return why is None

    def verdict(self, effect: Effect, policy: Policy, statement: Statement) -> Evaluation:
        verb = "allows" if statement.allow else "denies"
        reason = (
            f'Statement "{statement.label}" of the {KINDS[policy.kind]} "{policy.name}" '
            f"{verb} {self.action}{_conditions(statement)}."
        )
        return Evaluation(effect, reason, policy, statement, examined=tuple(self._examined))

    def root(self) -> Evaluation:
        reason = "The account's root user can do anything that no policy denies."
        return Evaluation("Allow", reason, examined=tuple(self._examined))

    def implicit(self, why: str, missing: PolicyKind) -> Evaluation:
        reason = f"Nothing allows {self.action} on {self.resource}: {why}."
        return Evaluation("ImplicitDeny", reason, missing=missing, examined=tuple(self._examined))

    def none_matched(self) -> str:
        """Why no allow matched, for the first few statements."""
        if not self._examined:
            return "no policy applies"
        allows = [(p, s, why) for p, s, why in self._examined if s.allow and why]
        if not allows:
            return "no statement that applies allows anything"
        reasons = [
            f'statement "{s.label}" of the {KINDS[p.kind]} "{p.name}" does not match ({why()})'
            for p, s, why in allows[:_MAX_EXPLAINED]
        ]
        if len(allows) > _MAX_EXPLAINED:
            reasons.append(f"and {len(allows) - _MAX_EXPLAINED} more")
        return "; ".join(reasons)

    def naming(self, statement: Statement) -> int:
        """How closely the statement names the identity."""
        if statement.not_principals:
            return _DIRECTLY
        return self._named(statement)

    def _mismatch(self, policy: Policy, statement: Statement) -> _Why:
        """Words for the first element that does not match; None if all match."""
        named = _action_in(statement.actions, self.action)
        if named == statement.not_actions:
            return lambda: _outside("Action", self.action, named, statement.actions)

        patterns = statement.resources
        if policy.variables and _has_variables(patterns):
            patterns = self._filled(patterns)
        named = any(_resource_pattern(p).fullmatch(self.resource) for p in patterns)
        if named == statement.not_resources:
            return lambda: _outside("Resource", self.resource, named, statement.resources)

        if statement.principals is not None and not self._is_principal(statement):
            names = tuple(value for _, value in statement.principals)
            negated = statement.not_principals
            return lambda: _outside("Principal", str(self.identity), negated, names)

        for operator, key, expected in statement.conditions:
            value = self.value_of(key)
            values = None if value is None else (value,) if isinstance(value, str) else tuple(value)
            if (why := self._fails(policy, operator, key, expected, values)) is not None:
                return why
        return None

    def _fails(
        self,
        policy: Policy,
        operator: Operator,
        key: str,
        expected: tuple[str, ...],
        values: tuple[str, ...] | None,
    ) -> _Why:
        compared = expected
        # With IfExists and a missing key nothing is compared, so no variable has to resolve.
        if policy.variables and _has_variables(expected) and (values or not operator.if_exists):
            compared = self._filled(expected, escape=operator.patterns)
        if operator.holds(values, compared):
            return None
        shown = "no such key" if values is None else ", ".join(values)
        return lambda: (
            f"Condition {operator.written} {key} {', '.join(expected)}: the request has {shown}"
        )

    def _is_principal(self, statement: Statement) -> bool:
        named = self._named(statement)
        if not statement.not_principals:
            return named != _NOT_NAMED
        if statement.allow:
            return named == _NOT_NAMED
        # "Permissions boundaries for IAM entities": a Deny with NotPrincipal always reaches a
        # principal that has a boundary.
        if self._bounded or named != _DIRECTLY:
            return True
        # "How to restrict Amazon S3 bucket access to a specific IAM role" (AWS security blog): a
        # session is exempt only if both its own ARN and its role's are listed.
        listed = {value for _, value in statement.principals or ()}
        role = self.identity.role_arn
        return bool(role) and not listed & {"*", role}

    def _named(self, statement: Statement) -> int:
        closest = _NOT_NAMED
        for kind, value in statement.principals or ():
            if kind == "AWS":
                closest = max(closest, self._names.get(value, _NOT_NAMED))
        return closest

    @cached_property
    def _names(self) -> dict[str, int]:
        """The names that mean this identity in a Principal element; "*" means everybody."""
        who = self.identity
        if who.kind == "anonymous":
            return {"*": _DIRECTLY}
        account = _DIRECTLY if who.kind == "root" else _ACCOUNT
        return {
            who.account: account,
            f"arn:aws:iam::{who.account}:root": account,
            who.role_arn: _ROLE,
            who.arn: _DIRECTLY,
            "*": _DIRECTLY,
        }

    def _filled(self, texts: tuple[str, ...], *, escape: bool = True) -> tuple[str, ...]:
        """The texts with their ${variables} filled in. Raises `_NoValue`."""
        return tuple(_VARIABLE.sub(lambda m: self._value(m[1], escape), text) for text in texts)

    def _value(self, inside: str, escape: bool) -> str:
        """What ${inside} stands for, literally. Raises `_NoValue`."""
        if inside in ("*", "?", "$"):
            return LITERAL.get(inside, inside) if escape else inside
        name, comma, default = (part.strip() for part in inside.partition(","))
        value = self.value_of(name)
        if not isinstance(value, str):  # a key with several values cannot be a variable
            if not comma:
                raise _NoValue(name)
            value = default.strip("'")
        # A user called "a*" must not become a pattern.
        return "".join(LITERAL.get(c, c) for c in value) if escape else value


_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@lru_cache(maxsize=4096)
def _has_variables(texts: tuple[str, ...]) -> bool:
    return any("${" in text for text in texts)


@lru_cache(maxsize=8192)
def _action_in(patterns: tuple[str, ...], action: str) -> bool:
    return any(wildcard(p, True).fullmatch(action) for p in patterns)


@lru_cache(maxsize=4096)
def _resource_pattern(pattern: str) -> re.Pattern[str]:
    """A Resource with wildcards as a regular expression, its missing parts as ``*``."""
    if pattern == "*":
        return wildcard(pattern)
    return arn_wildcard(pattern + ":*" * max(0, 5 - pattern.count(":")))


def _conditions(statement: Statement) -> str:
    """The conditions that were met, as the policy has them."""
    tests = [f"{op.written} {key} {', '.join(v)}" for op, key, v in statement.conditions]
    return f" on the condition {' and '.join(tests)}" if tests else ""


def _outside(element: str, value: str, excepted: bool, listed: tuple[str, ...]) -> str:
    inside = f"is in Not{element}" if excepted else "is not in"
    return f"{element} {value} {inside} {', '.join(listed)}"
