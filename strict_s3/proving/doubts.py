"""What may be allowed or denied besides: statements with a value that can't be known here.

Such a statement is left out of what is made. It is kept here at its widest, with ``*`` for each
unknown value and without its conditions. A row whose answer it could change can't be told.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..rules.policy import MalformedPolicy, Policy, PolicyKind, parse_policy
from .grid import Subject
from .world import Note, World, unprovable

UNKNOWN = "\ue000"  # stands for an unknown value; a character for private use, in no policy
OF_BUCKET, EVERYONE = "bucket policy", "every user and role"  # holders of doubts
_ALL = {"Action": "*", "Resource": "*"}
_BY_ACL = {"Effect": "Allow", "Action": ["s3:List*", "s3:PutObject"], "Resource": "*"}
ANYTHING = ({"Effect": "Allow", **_ALL}, {"Effect": "Deny", **_ALL})  # an unknown policy
_SERVICES = ("Service", "Federated", "CanonicalUser")  # principals that no identity here is


@dataclass(frozen=True)
class Doubt:
    """A statement at its widest, as a policy of its own; `why` names it and says what is unknown.

    The policy's kind says which set it would join: of the identity, its boundary, the bucket.
    """

    why: str
    policy: Policy

    @property
    def allows(self) -> bool:
        return self.policy.statements[0].allow


def trust_of(role: str) -> str:
    """The holder of the doubts about a role's trust policy."""
    return f"the trust policy of {role}"


def add(
    world: World, note: Note, holders: Iterable[str], statements: Iterable[Any], kind: PolicyKind
) -> None:
    """Doubt the `statements` that could matter to their holders, at their widest.

    Unknown values in them are `UNKNOWN`; `note` says what is unknown.
    """
    for holder in holders:
        of = "resource" if holder == OF_BUCKET else kind
        held = world.doubts.setdefault(holder, [])
        for each in statements:
            for known in _with_effect(each):
                if (statement := _widest(known, of)) is not None:
                    held.append(Doubt(str(note), _parsed(str(note), statement, of)))


def _with_effect(statement: Any) -> Iterable[Mapping[str, Any]]:
    """A statement that allows, or denies; one of each if that is unknown too."""
    if not isinstance(statement, Mapping):
        return ANYTHING
    effect = statement.get("Effect")
    known = [effect] if effect in ("Allow", "Deny") else ["Allow", "Deny"]
    return [{**statement, "Effect": each} for each in known]


def add_acl(world: World, note: Note, acl: str) -> None:
    """Doubt what a bucket's canned ACL allows, unless it is private or ignored."""
    block = world.public_access_block
    if block is None or block.value.get("IgnorePublicAcls"):  # a new bucket ignores them
        return
    if acl.lower().replace("-", "").startswith(("public", "authenticated")) or not acl:
        add(world, note, [EVERYONE, "anonymous"], [_BY_ACL], "resource")


def held_by(world: World, who: str, public: bool) -> tuple[Doubt, ...]:
    """The doubts about what an identity may do. Is what the bucket's policy makes `public` so?"""
    holders = (who, *([EVERYONE] if who != "anonymous" else ()))
    if who != "anonymous" or public:
        holders = (*holders, OF_BUCKET)
    return tuple(doubt for holder in holders for doubt in world.doubts.get(holder, ()))


def about_trust(world: World, role: str, allowed: bool) -> str:
    """Why it can't be told whom a role trusts; "" if it can be."""
    held = world.doubts.get(trust_of(role), ())
    return next((doubt.why for doubt in held if doubt.allows is not allowed), "")


def in_doubt(
    held: Sequence[Doubt], subject: Subject, action: str, resource: str, allowed: bool
) -> str:
    """Why it can't be told that this is (not) `allowed`; "" if no doubt could change it."""
    for each in held:
        verdict = _with(subject, [each], alone=True).verdict(action, resource, {})
        if verdict.effect == ("ExplicitDeny" if allowed else "Allow"):
            return each.why
    return ""


def at_its_very_worst(subject: Subject, held: Iterable[Doubt]) -> Subject:
    """A subject at its worst, whose doubts allow all that they can and deny nothing."""
    return _with(subject, [each for each in held if each.allows])


def _with(subject: Subject, held: Iterable[Doubt], *, alone: bool = False) -> Subject:
    worst = subject.at_its_worst()
    boundary = worst.boundary
    identity, resource = ((), ()) if alone else (worst.identity, worst.resource)
    for each in held:
        if each.policy.kind == "identity":
            identity = (*identity, each.policy)
        elif each.policy.kind == "resource":
            resource = (*resource, each.policy)
        elif boundary is not None:
            identity = worst.identity  # a boundary allows nothing by itself
            statements = (*boundary.statements, *each.policy.statements)
            boundary = replace(boundary, statements=statements)
    return replace(worst, identity=identity, resource=resource, boundary=boundary)


def _widest(given: Mapping[str, Any], kind: PolicyKind) -> dict[str, Any] | None:
    """The statement without conditions; None if it can't matter, or a note alone says it."""
    found = {"Effect": given["Effect"]}
    for name, excluding in (("Action", "NotAction"), ("Resource", "NotResource")):
        if excluding in given and UNKNOWN not in _text(given[excluding]):
            found[excluding] = given[excluding]
        else:
            found[name] = json.loads(_text(given.get(name, "*")).replace(UNKNOWN, "*"))
    if kind == "resource":
        who = given.get("Principal", "*")
        if isinstance(who, Mapping):
            who = {key: value for key, value in who.items() if key not in _SERVICES}
            if not who:
                return None
        found["Principal"] = "*" if UNKNOWN in _text(who) else who
    conditions = given.get("Condition")
    tests = conditions.values() if isinstance(conditions, Mapping) else ()
    keys = [key for test in tests if isinstance(test, Mapping) for key in test]
    return None if found["Effect"] == "Deny" and unprovable(keys) else found


def _parsed(why: str, statement: Mapping[str, Any], kind: PolicyKind) -> Policy:
    def read(value: Mapping[str, Any]) -> Policy:
        document = {"Version": "2012-10-17", "Statement": value}
        return parse_policy(document, name=why, kind=kind)

    try:
        return read(statement)
    except MalformedPolicy:  # part of an action or principal is unknown
        whoever = {"Principal": "*"} if kind == "resource" else {}
        return read({"Effect": statement["Effect"], **_ALL, **whoever})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
