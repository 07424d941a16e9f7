"""The first thing too much that policies allow: every action of S3 on every kind of key.

Requests show that a policy does what it should; that it does nothing else, no number of requests
shows. So the evaluator is asked about each action of S3, IAM and STS, on keys inside a prefix, at
its edges and elsewhere, and on whatever the policies themselves name. What is allowed on a
condition counts as allowed, because the condition can be met; a conditional deny does not count.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from ..rules.iam import Applicable, Evaluation, evaluate
from ..rules.iam_conditions import Context
from ..rules.identity import ACCOUNT, Identity
from ..rules.policy import Policy
from ..rules.s3_operations import BUCKET, OBJECT, VERSION_ACTIONS

_NO_REQUEST = (  # permissions that no request asks for by itself
    *("s3:BypassGovernanceRetention", "s3:InitiateReplication", "s3:ReplicateDelete"),
    *("s3:ReplicateObject", "s3:ReplicateTags", "s3:ObjectOwnerOverrideToBucketOwner"),
    *("s3:ListAllMyBuckets", "s3:CreateJob", "s3:PutAccountPublicAccessBlock"),
)
ACTIONS = tuple(
    sorted(
        {*VERSION_ACTIONS.values(), *_NO_REQUEST}
        | {action for table in (OBJECT, BUCKET) for _, action in table.values() if action}
    )
)
SESSION = "proof"  # the name of a role's session
SOMEBODY = f"arn:aws:iam::{ACCOUNT}:user/somebody"
Question = tuple[str, str]  # an action, and the ARN of a resource


@dataclass(frozen=True)
class Subject:
    """Whose policies are measured, and the bucket that they are about. `tags` are whose, too."""

    who: Identity
    bucket: str
    identity: tuple[Policy, ...] = ()
    resource: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        """The identity's own condition keys."""
        keys = {"aws:username": self.who.user_name, "aws:PrincipalArn": _arn(self.who)}
        keys |= {f"aws:PrincipalTag/{name}": value for name, value in self.tags}
        return {name: value for name, value in keys.items() if value}

    @property
    def policies(self) -> tuple[Policy, ...]:
        return (*self.identity, *self.resource)

    def verdict(self, action: str, resource: str, context: Context) -> Evaluation:
        """What these policies alone say; the identity's own condition keys are added."""
        applies = Applicable(self.identity, self.resource, boundary=self.boundary)
        return evaluate(action, resource, {**context, **self.keys}, self.who, applies)

    def at_its_worst(self, *, whoever: bool = False) -> Subject:
        """When the condition of each allow is met, and of no deny.

        With `whoever`, an allow of a bucket's policy counts whomever it names.
        """
        return replace(
            self,
            identity=tuple(_loose(policy, False) for policy in self.identity),
            resource=tuple(_loose(policy, whoever) for policy in self.resource),
            boundary=_loose(self.boundary, False) if self.boundary else None,
        )


def first_excess(
    subject: Subject,
    questions: Iterable[Question],
    granted: Callable[[str, str], bool],
    context: Context,
) -> tuple[Question, Evaluation] | None:
    """The first question whose answer is "allowed" and that was not `granted`, with the answer."""
    for action, resource in questions:
        if not granted(action, resource):
            found = subject.verdict(action, resource, context)
            if found.allowed:
                return (action, resource), found
    return None


def inside(prefix: str) -> list[str]:
    """Keys below a prefix."""
    return [f"{prefix}{rest}" for rest in ("a.txt", "2026/11/b.txt", "ä +.txt", some_name())]


def questions(
    subject: Subject, prefixes: Iterable[str], others: Iterable[str]
) -> Iterator[Question]:
    """Every action with every resource that is worth a question; `others` are further keys."""
    bucket_arn = f"arn:aws:s3:::{subject.bucket}"
    keys = [key for prefix in prefixes for key in (*inside(prefix), *_edges(prefix))]
    keys += [some_name(), f"{some_name()}/a.txt", "a.txt", *others]
    resources = [f"{bucket_arn}/{key}" for key in keys]
    resources += [bucket_arn, f"{bucket_arn}-other/a.txt"]
    resources += [f"{bucket_arn}-other/{prefix}a.txt" for prefix in prefixes]
    policies = (*subject.policies, *([subject.boundary] if subject.boundary else []))
    statements = [s for policy in policies for s in policy.statements]
    # Of a deny too: what its NotResource spares is what remains allowed.
    resources += ["*", *(example(r, subject.keys) for s in statements for r in s.resources)]
    allows = [s for s in statements if s.allow]
    own = [example(action) for statement in allows for action in statement.actions]
    for action in ACTIONS:
        for resource in resources:
            yield action, resource
    for action in (*_iam_actions(), "sts:AssumeRole", "kms:Decrypt", *own):
        if ":" in action and not action.lower().startswith("s3:"):
            for resource in ("*", SOMEBODY, *resources):
                yield action, resource


def example(pattern: str, keys: Mapping[str, str] | None = None) -> str:
    """Something that a pattern of a policy matches, with its variables filled in from `keys`.

    >>> example("arn:*:s3:::demo/${aws:username}/*", {"aws:username": "ann"})
    'arn:aws:s3:::demo/ann/Any'
    """
    text = pattern.replace("arn:*:", "arn:aws:")
    for name, value in (keys or {}).items():
        text = text.replace(f"${{{name}}}", value)
    return text.replace("*", "Any").replace("?", "A")


def listings(subject: Subject) -> list[str]:
    """Prefixes to list: none, one that nobody knows, and each that a condition names."""
    return ["", f"{some_name()}/"] + [
        example(value, subject.keys)
        for policy in subject.policies
        for statement in policy.statements
        for _, name, values in statement.conditions
        for value in values
        if name.lower() == "s3:prefix"
    ]


def some_name() -> str:
    """A name that nobody can have written into a policy."""
    return secrets.token_hex(4)


def user_named(name: str, path: str = "/") -> Identity:
    """A user of the strict S3's account."""
    arn = f"arn:aws:iam::{ACCOUNT}:user{path}{name}"
    return Identity("user", ACCOUNT, arn, name, "AIDAEXAMPLE")


def session_of(role: str, path: str = "/") -> Identity:
    """A session of a role of that account."""
    arn = f"arn:aws:iam::{ACCOUNT}:role{path}{role}"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{SESSION}"
    return Identity("assumed-role", ACCOUNT, session, "", f"AROAEXAMPLE:{SESSION}", arn)


def _arn(who: Identity) -> str:
    return who.role_arn or who.arn


def _edges(prefix: str) -> list[str]:
    bare = prefix.rstrip("/")
    return [f"{bare}.txt", f"{bare}-old/a.txt", bare, f"x{bare}/a.txt", bare.upper() + "/a.txt"]


@cache
def _iam_actions() -> tuple[str, ...]:
    import boto3

    iam = boto3.client("iam", region_name="us-east-1")
    return tuple(f"iam:{name}" for name in iam.meta.service_model.operation_names)


def _loose(policy: Policy, whoever: bool) -> Policy:
    anybody = {"principals": (("AWS", "*"),), "not_principals": False} if whoever else {}
    return replace(
        policy,
        statements=tuple(
            replace(s, conditions=(), **anybody) if s.allow else s  # type: ignore[arg-type]
            for s in policy.statements
            if s.allow or not s.conditions
        ),
    )
