"""Policy documents: what AWS accepts in them, as plain values.

Sources: "IAM JSON policy element reference" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html); which documents
are refused, in which words, and which fault is named first where there are several, is as recorded
on AWS in February 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from .iam_conditions import Operator
from .policy_faults import (
    KINDS,
    MalformedPolicy,
    Phase,
    PolicyKind,
    action_fault,
    principal_fault,
    resource_fault,
    syntax_words,
)

__all__ = ["KINDS", "MalformedPolicy", "Policy", "PolicyKind", "Statement", "parse_policy"]

_ELEMENTS = frozenset(
    (
        *("Sid", "Effect", "Principal", "NotPrincipal", "Condition"),
        *("Action", "NotAction", "Resource", "NotResource"),
    )
)
_LATEST = "2012-10-17"
_VERSIONS = ("2008-10-17", _LATEST)
_Element = Literal["Action", "Resource"]


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


def parse_policy(
    document: str | bytes | dict[str, Any], *, name: str, kind: PolicyKind, latest: bool = False
) -> Policy:
    """A policy from its JSON. With `latest` its Version must be 2012-10-17.

    Raises `MalformedPolicy` with one sentence that says the fix, and AWS's own words.

    >>> statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    >>> parse_policy({"Statement": statement}, name="read", kind="identity").statements[0].actions
    ('s3:GetObject',)
    """
    return _Reader(name, kind).read(document, latest)


class _Reader:
    """Reads one document. A fault of syntax ends it; of others, AWS names its own first."""

    def __init__(self, name: str, kind: PolicyKind) -> None:
        self._name, self._kind = name, kind
        self._first: tuple[Phase, MalformedPolicy] | None = None

    def read(self, document: str | bytes | dict[str, Any], latest: bool) -> Policy:
        top = self._top(document)
        statements = self._statements(top)
        version = top.get("Version", _VERSIONS[0])
        if latest and version != _LATEST:
            self._fault(
                Phase.VERSION,
                f'Policy "{self._name}" needs "Version": "{_LATEST}".',
                f"Policy document must be version {_LATEST} or greater.",
            )
        parsed = tuple(self._statement(item, i) for i, item in enumerate(statements, 1))
        sids = [item["Sid"] for item in statements if item.get("Sid")]
        if self._kind == "identity":
            self._check_sids(sids)
        if twice := {sid for sid in sids if sids.count(sid) > 1}:
            self._fault(
                Phase.SIDS,
                f'Two statements have the Sid "{min(twice)}"; each must be unique.',
                "Statement IDs (SID) in a single policy must be unique.",
            )
        if self._first:
            raise self._first[1]
        return Policy(self._name, self._kind, parsed, version == _LATEST)

    def _check_sids(self, sids: list[str]) -> None:
        """Policies of buckets can have blanks in a Sid; those of users and roles can't.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
        """
        for sid in sids:
            if not re.fullmatch("[0-9A-Za-z]*", sid):
                self._fault(
                    Phase.SIDS,
                    f'The Sid "{sid}" must be of A-Z, a-z and 0-9 alone.',
                    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies "
                    "the regular expression [0-9A-Za-z]*",
                )

    def _fault(self, phase: Phase, message: str, aws: str) -> None:
        if self._first is None or phase < self._first[0]:
            self._first = (phase, MalformedPolicy(message, aws))

    def _syntax(self, message: str, s3: str = "") -> NoReturn:
        """A fault that ends the reading; `s3` is what it is in a bucket policy."""
        raise MalformedPolicy(message, syntax_words(self._kind, s3))

    def _top(self, document: str | bytes | dict[str, Any]) -> dict[str, Any]:
        name = self._name
        if not isinstance(document, dict):
            invalid = {
                "resource": "Policies must be valid JSON and the first byte must be '{'",
                "trust": "This policy contains invalid Json",
            }.get(self._kind, syntax_words(self._kind))
            try:
                text = document.decode() if isinstance(document, bytes) else document
                document = json.loads(text, object_pairs_hook=_no_duplicates)
                # JSON can hold half of a surrogate pair, which is no text.
                json.dumps(document, ensure_ascii=False).encode()
            except RecursionError:
                raise MalformedPolicy(f'Policy "{name}" is nested too deeply.', invalid) from None
            except ValueError as problem:
                message = f'Policy "{name}" is not valid JSON: {problem}.'
                raise MalformedPolicy(message, invalid) from None
        if not isinstance(document, dict):
            self._syntax(f'Policy "{name}" must be a JSON object: {{"Version": …}}.')
        if unknown := set(document) - {"Version", "Id", "Statement"}:
            self._syntax(
                f'Policy "{name}" has the unknown element "{min(unknown)}"; '
                "it may hold Version, Id and Statement.",
                f"Unknown field {min(unknown)}",
            )
        version = document.get("Version", _LATEST)
        if version not in _VERSIONS:
            self._syntax(
                f'Policy "{name}" has Version "{version}"; use "{_LATEST}" (it is not a free '
                "date).",
                "The policy must contain a valid version string",
            )
        if not isinstance(document.get("Id", ""), str):
            self._syntax(f'The Id of policy "{name}" must be a string.')
        return document

    def _statements(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        raw = document.get("Statement")
        statements = [raw] if isinstance(raw, dict) else raw
        if not isinstance(statements, list) or not statements:
            missing = "Missing required field Statement"
            empty = "Could not parse the policy: Statement is empty!"
            self._syntax(
                f'Policy "{self._name}" needs a Statement: an object or a list of them.',
                empty if raw == [] else missing,
            )
        for number, item in enumerate(statements, 1):
            self._check_syntax(item, number)
        return statements

    def _check_syntax(self, item: Any, number: int) -> None:
        if not isinstance(item, dict):
            self._syntax(f"Statement {number} must be a JSON object.")
        if not isinstance(item.get("Sid", ""), str):
            self._syntax(f"The Sid of statement {number} must be a string.")
        where = f'Statement "{item.get("Sid") or number}"'
        if unknown := set(item) - _ELEMENTS:
            self._syntax(
                f'{where} has the unknown element "{min(unknown)}".',
                f"Unknown field {min(unknown)}",
            )
        effect = item.get("Effect")
        if not isinstance(effect, str) or effect.lower() not in ("allow", "deny"):
            self._syntax(
                f'{where} needs "Effect": "Allow" or "Deny", not {effect!r}.',
                f"Invalid effect: {effect}" if effect else "Missing required field Effect",
            )
        for element in ("Action", "Resource", "Principal"):
            if element in item and f"Not{element}" in item:
                self._syntax(f"{where} needs {element} or Not{element}, and has both.")
        for element in ("Action", "NotAction", "Resource", "NotResource"):
            values = item.get(element, [])
            if not isinstance(values, str) and not (
                isinstance(values, list) and all(isinstance(v, str) for v in values)
            ):
                self._syntax(f"The {element} of {where} must be a string or a list of strings.")
        condition = item.get("Condition", {})
        if not isinstance(condition, dict):
            self._syntax(f"The Condition of {where} must be a JSON object.")
        for written, tests in condition.items():
            self._check_condition(written, tests, where)

    def _check_condition(self, written: str, tests: Any, where: str) -> None:
        if not isinstance(tests, dict):
            self._syntax(f"{where}: {written} needs an object of keys and values.")
        for value in tests.values():
            for scalar in value if isinstance(value, list) else [value]:
                if not isinstance(scalar, (str, int, float)):
                    self._syntax(
                        f"A condition value must be a string, number or boolean, not {scalar!r}."
                    )
        try:
            Operator(written)
        except ValueError as problem:
            if tests:  # with nothing to compare any name will do
                self._syntax(f"{where}: {problem}.", f"Invalid Condition type : {written}")

    def _statement(self, item: dict[str, Any], number: int) -> Statement:
        label = item.get("Sid") or str(number)
        where = f'Statement "{label}"'
        effect = item["Effect"]
        if effect not in ("Allow", "Deny"):
            s3 = f"Invalid effect: {effect}"
            self._legacy(f'{where} needs "Effect": "Allow" or "Deny", not {effect!r}.', s3)
        actions, not_actions = self._either(item, "Action", where)
        for action in actions:
            if fault := action_fault(action, self._kind, where):
                self._fault(*fault)
        resources, not_resources = self._resources(item, where)
        principals, negated = self._principals(item, where)
        return Statement(
            label,
            effect == "Allow",
            actions,
            not_actions,
            resources,
            not_resources,
            principals,
            negated,
            tuple(self._conditions(item.get("Condition", {}), where)),
        )

    def _legacy(self, message: str, s3: str = "") -> None:
        words = s3 or syntax_words("resource")
        aws = words if self._kind == "resource" else "The policy failed legacy parsing"
        self._fault(Phase.LEGACY, message, aws)

    def _either(
        self, item: dict[str, Any], element: _Element, where: str
    ) -> tuple[tuple[str, ...], bool]:
        """The values of Element or of NotElement."""
        negated = f"Not{element}" in item
        value = item.get(f"Not{element}" if negated else element, [])
        values = (value,) if isinstance(value, str) else tuple(value)
        if not values:
            phase = Phase.ACTIONS if element == "Action" else Phase.RESOURCES
            s3 = f"Missing required field {element}"
            iam = f"Policy statement must contain {element.lower()}s."
            self._fault(
                phase,
                f"{where} needs {element} or Not{element}, and has neither.",
                s3 if self._kind == "resource" else iam,
            )
        return values, negated

    def _resources(self, item: dict[str, Any], where: str) -> tuple[tuple[str, ...], bool]:
        if self._kind != "trust":
            resources, negated = self._either(item, "Resource", where)
            for resource in resources:
                if fault := resource_fault(resource, self._kind, where):
                    self._fault(*fault)
            return resources, negated
        if "Resource" in item or "NotResource" in item:
            self._fault(
                Phase.FORMATS,
                f"{where}: a trust policy has no Resource (it is the role).",
                "Has prohibited field Resource",
            )
        return ("*",), False

    def _principals(
        self, item: dict[str, Any], where: str
    ) -> tuple[tuple[tuple[str, str], ...] | None, bool]:
        element = next((name for name in ("Principal", "NotPrincipal") if name in item), None)
        if self._kind not in ("resource", "trust"):
            if element:
                self._fault(
                    Phase.PRINCIPALS,
                    f"{where}: {element} belongs in a bucket policy or a trust policy; "
                    f"in an {KINDS[self._kind]} the principal is whoever holds it.",
                    "Policy document should not specify a principal.",
                )
            return None, False
        if element is None:
            self._fault(
                Phase.PRINCIPALS,
                f'{where} of a {KINDS[self._kind]} needs a Principal, such as "*".',
                "Missing required field Principal",
            )
            return (), False
        pairs = list(self._named(item[element], where))
        for principal_type, value in pairs:
            if fault := principal_fault((principal_type, value), self._kind, where):
                self._fault(*fault)
        return tuple(pairs), element == "NotPrincipal"

    def _named(self, value: Any, where: str) -> Iterable[tuple[str, str]]:
        if value == "*":
            yield ("AWS", "*")
            return
        if not isinstance(value, dict) or not value:
            self._syntax(f'{where}: Principal must be "*" or an object like {{"AWS": …}}.')
        for principal_type, names in value.items():
            listed = names if isinstance(names, list) else [names]
            if not listed or not all(isinstance(name, str) and name for name in listed):
                self._syntax(f"The Principal of {where} must be a string or a list of strings.")
            for name in listed:
                yield (principal_type, name)

    def _conditions(
        self, block: dict[str, Any], where: str
    ) -> Iterable[tuple[Operator, str, tuple[str, ...]]]:
        for written, tests in block.items():
            for key, value in tests.items():
                operator = Operator(written)
                values = tuple(map(_text, value if isinstance(value, list) else [value]))
                try:
                    for text in values:
                        operator.check_value(text)
                except (ValueError, OverflowError):
                    self._legacy(f'{where}: {written} cannot compare "{key}" with {value!r}.')
                yield operator, key, values


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f'the key "{key}" stands twice in one object')
    return dict(pairs)


def _text(value: str | float) -> str:
    """A condition's value as it is compared: ``false`` and 5 are the strings "false" and "5"."""
    return str(value).lower() if isinstance(value, bool) else str(value)
