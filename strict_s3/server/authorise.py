"""May this identity do that? Collects the policies that apply and asks `rules.iam`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ..rules.authentication import Authentication
from ..rules.context import request_context
from ..rules.decision import Decision
from ..rules.errors import AccessDenied
from ..rules.iam import Evaluation, evaluate
from ..rules.identity import Identity
from ..rules.operations import Operation, delete_object_needs
from ..rules.policy import Policy, PolicyKind
from ..rules.public_access import is_public
from ..rules.request import Request
from .store.store import Store
from .store.stored import StoredObject
from .sts import Sts

# How AWS names the kinds of policies in its messages ("Troubleshoot access denied (403
# Forbidden) errors in Amazon S3").
_KINDS: dict[PolicyKind, str] = {
    "identity": "an identity-based policy",
    "resource": "a resource-based policy",
    "trust": "a resource-based policy",
    "session": "a session policy",
    "boundary": "a permissions boundary",
}
Context = Mapping[str, str | Sequence[str]]


class Authoriser:
    """Evaluates policies against requests."""

    def __init__(self, store: Store, sts: Sts) -> None:
        self._store, self._sts = store, sts

    def check_s3(
        self,
        request: Request,
        decision: Decision,
        who: Authentication,
        operation: Operation,
        bucket: str,
        key: str,
        now: datetime,
    ) -> None:
        """Every permission that the operation needs. Raises AccessDenied."""
        if not operation.needs:
            return
        decision.resource = operation.needs[-1][1]
        context = self._context(request, who, bucket, key, now)
        for action, resource in operation.needs:
            self._check(decision, who, action, resource, context)

    def check_listing(
        self, request: Request, decision: Decision, who: Authentication, bucket: str, now: datetime
    ) -> None:
        """s3:ListBucket, without which a missing key looks forbidden. Raises AccessDenied."""
        context = self._context(request, who, bucket, "", now)
        self._check(decision, who, "s3:ListBucket", f"arn:aws:s3:::{bucket}", context)

    def may_delete(
        self, request: Request, who: Authentication, bucket: str, now: datetime
    ) -> Callable[[str, str | None], AccessDenied | None]:
        """A question for each key of a DeleteObjects: why it may not be deleted, or None."""

        def why_not(key: str, version: str | None) -> AccessDenied | None:
            context = self._context(request, who, bucket, key, now)
            for action, resource in delete_object_needs(bucket, key, version):
                verdict = self._evaluate(who, action, resource, context)
                if not verdict.allowed:
                    return _denied(who.identity, action, resource, verdict)
            return None

        return why_not

    def check_call(
        self,
        request: Request,
        decision: Decision,
        who: Authentication,
        operation: Operation,
        trust: Policy | None,
        now: datetime,
    ) -> None:
        """An IAM or STS operation; `trust` is the trust policy of a role that is to be assumed."""
        context = request_context(request, who, now=now, region=self._store.region)
        for action, resource in operation.needs:
            decision.resource = resource
            self._check(decision, who, action, resource, context, trust, quoted=False)

    def _context(
        self, request: Request, who: Authentication, bucket: str, key: str, now: datetime
    ) -> Context:
        tags = None
        if key and who.identity.kind != "root":
            found = self._store.get_object(bucket, key, request.parameters.get("versionId"))
            tags = found.tags() if isinstance(found, StoredObject) else None
        return request_context(request, who, now=now, region=self._store.region, object_tags=tags)

    def _check(
        self,
        decision: Decision,
        who: Authentication,
        action: str,
        resource: str,
        context: Context,
        trust: Policy | None = None,
        *,
        quoted: bool = True,
    ) -> None:
        verdict = self._evaluate(who, action, resource, context, trust)
        if not verdict.allowed:
            error = _denied(who.identity, action, resource, verdict, quoted=quoted)
            decision.refuse("permission", error, verdict.reason)
        decision.passed("permission", verdict.reason)

    def _evaluate(
        self,
        who: Authentication,
        action: str,
        resource: str,
        context: Context,
        trust: Policy | None = None,
    ) -> Evaluation:
        policies = self._store.policies_of(who.identity)
        owned = self._resource_policies(resource, who.identity) if trust is None else (trust,)
        return evaluate(
            action=action,
            resource=resource,
            context=context,
            identity=who.identity,
            identity_policies=policies.identity,
            resource_policies=owned,
            session_policies=self._sts.session_policies(who.access_key),
            boundary=policies.boundary,
        )

    def _resource_policies(self, resource: str, identity: Identity) -> tuple[Policy, ...]:
        bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        policy = self._store.bucket_policy(bucket)
        if policy is None:
            return ()
        if identity.kind == "anonymous" and is_public(policy):
            block = self._store.public_access_block(bucket)
            if block.restrict_public_buckets:
                return ()
        return (policy,)


def _denied(
    identity: Identity, action: str, resource: str, verdict: Evaluation, *, quoted: bool = True
) -> AccessDenied:
    """AWS's message, which says more to callers of the bucket's own account than to others."""
    if identity.kind == "anonymous":
        return AccessDenied()
    target = f'"{resource}"' if quoted else resource
    if verdict.policy is not None:
        because = f"with an explicit deny in {_KINDS[verdict.policy.kind]}"
    else:
        kind = _KINDS[verdict.missing or "identity"].partition(" ")[2]
        because = f"because no {kind} allows the {action} action"
    return AccessDenied(
        f"User: {identity.arn} is not authorized to perform: {action} "
        f"on resource: {target} {because}"
    )
