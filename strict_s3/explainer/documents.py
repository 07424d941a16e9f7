"""Policies that were pasted by themselves: what they allow, and what is wrong with them.

Whether one allows a request is `inspect_access`'s question, which needs to be told what is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InspectError
from ..rules.bucket_policy import problems
from ..rules.policy import MalformedPolicy, Policy, parse_policy
from ..rules.s3_actions import BUCKET_ACTIONS, OBJECT_ACTIONS, matching
from .actions import permission_for
from .render import Report, finding_sections, listed
from .verdict import Finding, Verdict, decide, fault, note
from .words import Part, shown

_DOCUMENTS = {'"Statement"': "policy", '"AllowedMethods"': "CORS configuration"}


@dataclass(frozen=True, repr=False)
class DocumentReport(Report):
    """A pasted document in words. `kind` is "CORS configuration", "policy", or what it is."""

    kind: str
    verdict: Verdict
    facts: tuple[Part, ...] = ()
    findings: tuple[Finding, ...] = ()
    undone: tuple[str, ...] = ()
    repairs: tuple[Part, ...] = ()

    def sections(self) -> Iterable[tuple[str, list[str]]]:
        yield from finding_sections(self.findings)
        yield listed(f"What this {self.kind} says", self.facts)


def find_json(text: str) -> Any:
    """The JSON value in a text that begins with it; None if it is none."""
    stripped = text.strip().removeprefix("\ufeff")
    begin = min((p for p in map(stripped.find, "[{") if p >= 0), default=-1)
    if begin < 0 or begin > 300:
        return None
    try:
        return json.JSONDecoder().raw_decode(stripped[begin:])[0]
    except (ValueError, RecursionError):
        return None


def broken_document(text: str) -> None:
    """Raise `InspectError` with the place of the fault if this policy or CORS rule is no JSON."""
    kind = next((kind for name, kind in _DOCUMENTS.items() if name in text[:20_000]), "")
    if not kind:
        return
    try:
        json.JSONDecoder().raw_decode(text.strip().removeprefix("\ufeff"))
    except json.JSONDecodeError as problem:
        before = problem.doc[: problem.pos].rstrip()[-1:]
        is_comma = before == "," or "trailing comma" in problem.msg  # Python 3.13 knows it
        comma = " The comma before } or ] is one too many." if is_comma else ""
        raise InspectError(
            f"This {kind} is not valid JSON: line {problem.lineno}, column {problem.colno}: "
            f"{problem.msg}.{comma}"
        ) from None
    except (ValueError, RecursionError):
        return


def find_access_policy(text: str) -> Mapping[str, Any] | None:
    """A policy with Statements in `text`; None if there is none."""
    if '"Statement"' not in text:
        return None
    value = find_json(text)
    return value if isinstance(value, dict) and "Statement" in value else None


def report_policy(document: Mapping[str, Any]) -> DocumentReport:
    """What a policy's statements say, and what is wrong with them."""
    statements = document["Statement"]
    listed_ = statements if isinstance(statements, list) else [statements]
    is_resource = any(
        isinstance(s, dict) and ("Principal" in s or "NotPrincipal" in s) for s in listed_
    )
    kind = "bucket policy" if is_resource else "policy"
    try:
        policy = parse_policy(
            dict(document), name=kind, kind="resource" if is_resource else "identity"
        )
    except MalformedPolicy as problem:
        return DocumentReport(
            kind, Verdict(f"This policy is not valid: {shown(problem, 500)}", fault=True)
        )
    findings = tuple(_policy_findings(listed_, policy, is_resource))
    well = (
        f"Nothing is wrong with this {kind} as such. Whether it allows a request, "
        "inspect_access(principal, action, resource, …) says, with all other policies that apply."
    )
    verdict, left = decide(findings, well)
    facts = [
        Part(_label(s, n), _statement_words(s))
        for n, s in enumerate(listed_, 1)
        if isinstance(s, dict)
    ]
    return DocumentReport(kind, verdict, tuple(facts), left, (), tuple(_resources(listed_)))


def _label(statement: Mapping[str, Any], number: int) -> str:
    return shown(statement.get("Sid") or f"Statement {number}", 40)


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _statement_words(statement: Mapping[str, Any]) -> str:
    who = statement.get("Principal", statement.get("NotPrincipal", ""))
    names = (
        "everybody"
        if who == "*"
        else _words(next(iter(who.values()), ""))
        if isinstance(who, dict)
        else ""
    )
    action = _words(statement.get("Action", statement.get("NotAction", "")))
    resource = _words(statement.get("Resource", statement.get("NotResource", "")))
    effect = "allows" if statement.get("Effect") == "Allow" else "denies"
    condition = f", if {json.dumps(statement['Condition'])}" if statement.get("Condition") else ""
    return shown(f"{effect} {names + ' ' if names else ''}{action} on {resource}{condition}", 600)


def _lists(statement: Any, name: str) -> list[str]:
    value = statement.get(name, []) if isinstance(statement, dict) else []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _about_objects(action: str) -> bool:
    return matching(action, OBJECT_ACTIONS) and not matching(action, BUCKET_ACTIONS)


def _about_buckets(action: str) -> bool:
    return matching(action, BUCKET_ACTIONS) and not matching(action, OBJECT_ACTIONS)


def _policy_findings(statements: list[Any], policy: Policy, is_resource: bool) -> Iterator[Finding]:
    for number, statement in enumerate(statements, 1):
        label = _label(statement, number)
        for action in () if is_resource else _lists(statement, "Action"):
            if right := permission_for(action):
                yield fault(
                    f"{label}: S3 has no permission {shown(action, 60)}; it applies to nothing.",
                    "It is an operation's name, or misspelt. IAM accepts any name in silence.",
                    f"Write {right}.",
                )
        yield from _misplaced(statement, label)
        if isinstance(statement, dict):
            yield from _who_and_when(statement, label)
    bucket = _bucket_of(statements) if is_resource else ""
    for problem in problems(bucket, policy) if bucket else ():
        if "does not apply" not in problem.message:  # said above, with the resource
            detail = shown(problem.fields.get("Detail", ""))
            yield fault(f"S3 refuses this bucket policy: {shown(problem.message)} ({detail}).")


def _misplaced(statement: Any, label: str) -> Iterator[Finding]:
    """Actions on objects with the bucket as their resource, or the other way round."""
    resources, actions = _lists(statement, "Resource"), _lists(statement, "Action")
    arns = [each for each in resources if each.startswith("arn:aws") and ":s3:::" in each]
    if not arns or len(arns) < len(resources):
        return
    objects = [action for action in actions if _about_objects(action)]
    buckets = [action for action in actions if _about_buckets(action)]
    if objects and not any("/" in arn or arn.endswith(":*") for arn in arns):
        yield fault(
            f"{label}: {objects[0]} is about objects, but the resource is the bucket: it applies "
            "to nothing.",
            "S3 answers a PutBucketPolicy with MalformedPolicy (Action does not apply to any "
            "resource(s) in statement); in a user's policy nothing is allowed.",
            f"Write the objects' ARN: {shown(arns[0])}/*",
        )
    elif buckets and all("/" in arn for arn in arns):
        yield fault(
            f"{label}: {buckets[0]} is about the bucket, but the resource is its objects: it "
            "applies to nothing.",
            fix=f"Write the bucket's ARN: {shown(arns[0].partition('/')[0])}",
        )


def _who_and_when(statement: Mapping[str, Any], label: str) -> Iterator[Finding]:
    public = statement.get("Principal") in ("*", {"AWS": "*"})
    if public and statement.get("Effect") == "Allow" and not statement.get("Condition"):
        yield note(
            f"{label} allows everybody, also without a signature. A presigned URL needs no such "
            "statement; Block Public Access refuses it in new buckets."
        )
    if "aws:Referer" in str(statement.get("Condition", "")):
        yield note(f"{label} looks at the Referer, which every client can set as it likes.")


def _bucket_of(statements: list[Any]) -> str:
    for statement in statements:
        for arn in _lists(statement, "Resource"):
            if match := re.fullmatch(r"arn:aws[a-z-]*:s3:::([a-z0-9.-]+)(?:/.*)?", arn, re.S):
                return match[1]
    return ""


def _resources(statements: list[Any]) -> Iterator[Part]:
    bucket = _bucket_of(statements)
    for statement in statements:
        arns = _lists(statement, "Resource")
        objects = [action for action in _lists(statement, "Action") if _about_objects(action)]
        if bucket and objects and arns and not any("/" in arn or arn.endswith("*") for arn in arns):
            yield Part(
                "The statement's resource, put right", json.dumps([f"{arn}/*" for arn in arns])
            )
