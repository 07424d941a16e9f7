"""What is to be made in the strict S3: a bucket with its settings, users and roles.

A statement that looks at something which no request here has (a VPC endpoint, an organization, the
address of the caller) would deny everything or allow nothing. It is left out, and a note says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from ..options import REGION
from ..rules.condition_keys import NEVER, is_known
from ..rules.policy import Policy, PolicyKind, Statement, parse_policy
from ..rules.policy_faults import MalformedPolicy
from ..rules.s3_actions import ACCOUNT_ACTIONS, BUCKET_ACTIONS, OBJECT_ACTIONS, matching

if TYPE_CHECKING:
    from .doubts import Doubt

# Condition keys that no request here has, or that are the same in each, with the reason.
_UNPROVABLE = {key.lower(): reason for reason, keys in NEVER.items() for key in keys.split()} | {
    "aws:sourceip": "every request here is from 127.0.0.1"
}
# Permissions of S3 that are operations of nothing.
_MORE_ACTIONS = ("s3:getstoragelensdashboard", "s3:putaccesspointpublicaccessblock")
_HALF_PROVED = {
    "aws:securetransport": "aws:SecureTransport is judged by http or https alone; no TLS is "
    "negotiated and no certificate checked here.",
    "aws:multifactorauthpresent": "nobody here signs in with MFA, so only requests without it are "
    "proved.",
}
# Services whose actions the grid asks about; of others nothing is proved.
JUDGED = ("s3", "iam", "sts")


@dataclass(frozen=True)
class Document:
    """A policy or configuration: where it is from, and its JSON text."""

    name: str
    text: str

    @property
    def value(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Note:
    """What is not proved, or not quite: `where` names file and statement."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True)
class Person:
    """A user, or a role with one session. `managed` are ARNs of AWS's own policies.

    `issued` is when the session was issued, counted from the table's `now`.
    """

    name: str
    kind: Literal["user", "role"]
    policies: tuple[Document, ...] = ()
    managed: tuple[str, ...] = ()
    boundary: Document | None = None
    trust: Document | None = None
    tags: tuple[tuple[str, str], ...] = ()
    iam_name: str = ""  # if a template gives it another name than the table
    path: str = "/"  # of its ARN
    issued: timedelta = timedelta()
    lasts: timedelta = timedelta(hours=1)


@dataclass
class World:
    """One bucket and who uses it. The settings are AWS's own documents.

    `doubts` are by holder: an identity, `doubts.OF_BUCKET` or `doubts.trust_of(role)`.
    """

    bucket: str
    now: datetime
    region: str = REGION
    bucket_policy: Document | None = None
    cors: Document | None = None
    lifecycle: Document | None = None
    public_access_block: Document | None = None
    versioning: Document | None = None
    ownership: Document | None = None
    people: dict[str, Person] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    doubts: dict[str, list[Doubt]] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """A policy without what can't be proved (`text`), and as it is (`policy`, for the grid)."""

    text: str
    policy: Policy
    notes: tuple[Note, ...] = ()
    faults: tuple[Note, ...] = ()


def check_policy(document: Document, kind: PolicyKind) -> Checked | None:
    """The policy read; None if AWS would refuse it, which making it will say."""
    try:
        policy = parse_policy(document.text, name=document.name, kind=kind)
    except MalformedPolicy:
        return None
    value = document.value
    listed = value["Statement"] if isinstance(value["Statement"], list) else [value["Statement"]]
    kept, notes, faults = [], [], []
    for statement, written in zip(policy.statements, listed, strict=True):
        where = f"{document.name}, statement {statement.label}"
        why = unprovable(key for _, key, _ in statement.conditions)
        if why:
            effect = "allows" if statement.allow else "denies"
            notes.append(Note(where, f"what it {effect} is not proved and it was left out: {why}."))
        else:
            kept.append(written)
        notes += [Note(where, text) for text in _remarks(statement)]
        faults += [Note(where, text) for text in _misspelt(statement, kind)]
    text = document.text
    if len(kept) < len(listed):
        text = json.dumps({**value, "Statement": kept}) if kept else ""
    return Checked(text, policy, tuple(notes), tuple(faults))


def unprovable(keys: Iterable[str]) -> str:
    """Which of these condition keys no request here has, and why; "" if all can be judged."""
    for key in keys:
        name = key.lower()
        reason = _UNPROVABLE.get(name) or _UNPROVABLE.get(name.partition("/")[0] + "/")
        if reason:
            return f"{key}: {reason}"
    return ""


def _remarks(statement: Statement) -> Iterator[str]:
    for key, text in _HALF_PROVED.items():
        if any(name.lower() == key for _, name, _ in statement.conditions):
            yield text
    vendors = {action.partition(":")[0].lower() for action in statement.actions} - {"*"}
    others = sorted(vendors - set(JUDGED))
    if others and not statement.not_actions:
        yield f"actions of {', '.join(others)} are not proved; this is an S3."


def _misspelt(statement: Statement, kind: PolicyKind) -> Iterator[str]:
    """Names that AWS does not have. IAM accepts them in silence; S3 refuses them by itself."""
    if kind in ("resource", "trust"):
        return
    for action in statement.actions:
        if action.lower().startswith("s3:") and not matching(action, _actions()):
            yield f"IAM accepts {action}, but S3 has no such action: nothing is ever asked for it."
    for _, key, _ in statement.conditions:
        if not is_known(key):
            yield f"IAM accepts {key}, but no request has a condition key of this name."


@cache
def _actions() -> frozenset[str]:
    """All actions of S3 in lower case, with those of access points, batch jobs and Storage Lens."""
    import boto3

    control = boto3.client("s3control", region_name="us-east-1")
    names = {f"s3:{name.lower()}" for name in control.meta.service_model.operation_names}
    own = OBJECT_ACTIONS | BUCKET_ACTIONS | ACCOUNT_ACTIONS
    return own | names | {*_MORE_ACTIONS}
