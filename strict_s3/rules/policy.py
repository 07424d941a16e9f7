"""Policy documents: what AWS accepts in them, as plain values.

Source: "IAM JSON policy element reference" in the IAM user guide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .iam_conditions import Operator

PolicyKind = Literal["identity", "resource", "session", "boundary", "trust"]
_ELEMENTS = frozenset(
    (
        *("Sid", "Effect", "Principal", "NotPrincipal", "Condition"),
        *("Action", "NotAction", "Resource", "NotResource"),
    )
)
_VERSIONS = ("2008-10-17", "2012-10-17")
KINDS: dict[PolicyKind, str] = {
    "identity": "identity policy",
    "resource": "bucket policy",
    "session": "session policy",
    "boundary": "permissions boundary",
    "trust": "trust policy",
}


class MalformedPolicy(ValueError):
    """A policy document that AWS would refuse; the message names what is wrong and the fix."""


@dataclass(frozen=True)
class Statement:
    """One statement. `label` is its Sid, or its place counted from 1."""

    label: str
    allow: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    principals: tuple[tuple[str, str], ...] | None  # (type, value); None: the holder
    not_principals: bool
    conditions: tuple[tuple[Operator, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Policy:
    """A parsed document. `variables` is true for Version 2012-10-17, which has ${…}."""

    name: str
    kind: PolicyKind
    statements: tuple[Statement, ...]
    variables: bool


def parse_policy(document: str | bytes | dict[str, Any], *, name: str, kind: PolicyKind) -> Policy:
    """A policy from its JSON. Raises `MalformedPolicy` with one sentence that says the fix."""
    if not isinstance(document, dict):
        try:
            document = json.loads(document, object_pairs_hook=_no_duplicates)
        except RecursionError:
            raise MalformedPolicy(f'Policy "{name}" is nested too deeply.') from None
        except ValueError as problem:
            raise MalformedPolicy(f'Policy "{name}" is not valid JSON: {problem}.') from None
    if not isinstance(document, dict):
        raise MalformedPolicy(f'Policy "{name}" must be a JSON object: {{"Version": …}}.')
    unknown = set(document) - {"Version", "Id", "Statement"}
    if unknown:
        raise MalformedPolicy(
            f'Policy "{name}" has the unknown element "{min(unknown)}"; '
            "it may hold Version, Id and Statement."
        )
    version = document.get("Version", "2008-10-17")
    if version not in _VERSIONS:
        raise MalformedPolicy(
            f'Policy "{name}" has Version "{version}"; use "2012-10-17" (it is not a free date).'
        )
    raw = document.get("Statement")
    statements = [raw] if isinstance(raw, dict) else raw
    if not isinstance(statements, list) or not statements:
        raise MalformedPolicy(f'Policy "{name}" needs a Statement: an object or a list of them.')
    parsed = tuple(_statement(item, i, kind) for i, item in enumerate(statements, 1))
    labels = [s.label for s in parsed]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise MalformedPolicy(f'Two statements have the Sid "{min(twice)}"; each must be unique.')
    return Policy(name, kind, parsed, version == "2012-10-17")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f'the key "{key}" stands twice in one object')
    return dict(pairs)


def _statement(item: Any, number: int, kind: PolicyKind) -> Statement:
    if not isinstance(item, dict):
        raise MalformedPolicy(f"Statement {number} must be a JSON object.")
    label = item.get("Sid") or str(number)
    where = f'Statement "{label}"'
    if not isinstance(label, str):
        raise MalformedPolicy(f"The Sid of statement {number} must be a string.")
    if unknown := set(item) - _ELEMENTS:
        raise MalformedPolicy(f'{where} has the unknown element "{min(unknown)}".')
    effect = item.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise MalformedPolicy(f'{where} needs "Effect": "Allow" or "Deny", not {effect!r}.')
    actions, not_actions = _either(item, "Action", where)
    for action in actions:
        if action != "*" and not re.fullmatch(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", action):
            raise MalformedPolicy(
                f'{where} has the action "{action}"; write service:Action, such as s3:GetObject.'
            )
    if kind == "trust":
        if "Resource" in item or "NotResource" in item:
            raise MalformedPolicy(f"{where}: a trust policy has no Resource (it is the role).")
        resources: tuple[str, ...] = ("*",)
        not_resources = False
    else:
        resources, not_resources = _either(item, "Resource", where)
        for resource in resources:
            if resource != "*" and not re.match(r"arn:|\$\{|\*", resource):
                raise MalformedPolicy(
                    f'{where} has the resource "{resource}"; write "*" or an ARN, '
                    "such as arn:aws:s3:::bucket/*."
                )
    principals, not_principals = _principals(item, where, kind)
    return Statement(
        label,
        effect == "Allow",
        actions,
        not_actions,
        resources,
        not_resources,
        principals,
        not_principals,
        tuple(_conditions(item.get("Condition", {}), where)),
    )


def _either(item: dict[str, Any], element: str, where: str) -> tuple[tuple[str, ...], bool]:
    """The values of Element or of NotElement; exactly one of the two must be there."""
    given = [name for name in (element, f"Not{element}") if name in item]
    if len(given) != 1:
        found = "both" if given else "neither"
        raise MalformedPolicy(f"{where} needs {element} or Not{element}, and has {found}.")
    return _strings(item[given[0]], f"{given[0]} of {where}"), given[0] != element


def _strings(value: Any, what: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(v, str) and v for v in values):
        raise MalformedPolicy(f"The {what} must be a string or a list of strings.")
    return tuple(values)


def _principals(
    item: dict[str, Any], where: str, kind: PolicyKind
) -> tuple[tuple[tuple[str, str], ...] | None, bool]:
    given = [name for name in ("Principal", "NotPrincipal") if name in item]
    if kind not in ("resource", "trust"):
        if given:
            raise MalformedPolicy(
                f"{where}: {given[0]} belongs in a bucket policy or a trust policy; "
                f"in an {KINDS[kind]} the principal is whoever holds it."
            )
        return None, False
    if len(given) != 1:
        raise MalformedPolicy(f'{where} of a {KINDS[kind]} needs a Principal, such as "*".')
    value = item[given[0]]
    negated = given[0] == "NotPrincipal"
    if value == "*":
        return (("AWS", "*"),), negated
    if not isinstance(value, dict) or not value:
        raise MalformedPolicy(f'{where}: Principal must be "*" or an object like {{"AWS": …}}.')
    pairs = []
    for sort, names in value.items():
        if sort not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise MalformedPolicy(f'{where} has the unknown principal type "{sort}".')
        for one in _strings(names, f"Principal of {where}"):
            if sort == "AWS" and not re.fullmatch(
                r"\*|\d{12}|arn:aws[\w-]*:(iam|sts)::\d{12}:.+", one
            ):
                raise MalformedPolicy(
                    f'{where}: Invalid principal in policy: "{one}"; '
                    'use "*", an account id or an ARN of a user, role or root.'
                )
            pairs.append((sort, one))
    return tuple(pairs), negated


def _conditions(block: Any, where: str) -> Iterable[tuple[Operator, str, tuple[str, ...]]]:
    if not isinstance(block, dict):
        raise MalformedPolicy(f"The Condition of {where} must be a JSON object.")
    for written, tests in block.items():
        try:
            operator = Operator(written)
        except ValueError as problem:
            raise MalformedPolicy(f"{where}: {problem}.") from None
        if not isinstance(tests, dict) or not tests:
            raise MalformedPolicy(f"{where}: {written} needs an object of keys and values.")
        for key, value in tests.items():
            values = tuple(_scalar(v) for v in (value if isinstance(value, list) else [value]))
            try:
                for text in values:
                    operator.check_value(text)
            except (ValueError, OverflowError):
                raise MalformedPolicy(
                    f'{where}: {written} cannot compare "{key}" with {value!r}.'
                ) from None
            yield operator, key, values


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise MalformedPolicy(f"A condition value must be a string, number or boolean, not {value!r}.")
