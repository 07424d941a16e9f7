"""May this identity do that? Collects the policies that apply and asks `rules.iam`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..rules import condition_keys
from ..rules.context import Facts, request_context
from ..rules.errors import AccessDenied, NoSuchBucket
from ..rules.iam import Applicable, Evaluation, evaluate
from ..rules.identity import Identity
from ..rules.operations import Needs
from ..rules.policy import Policy, PolicyKind
from ..rules.public_access import is_public
from .call import Call
from .store.store import Store
from .sts import Sts

# How AWS names the kinds of policies in its messages
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html).
_KINDS: dict[PolicyKind, str] = {
    "identity": "an identity-based policy",
    "resource": "a resource-based policy",
    "trust": "a resource-based policy",
    "session": "a session policy",
    "boundary": "a permissions boundary",
}
_ARN = "arn:aws:s3:::"


class Authoriser:
    """Evaluates policies against requests."""

    def __init__(self, store: Store, sts: Sts) -> None:
        self._store, self._sts = store, sts

    def check(self, call: Call, trust: Policy | None = None) -> None:
        """Every permission that the operation needs. Raises AccessDenied.

        `trust` is the trust policy of a role that is to be assumed.
        """
        for action, resource in call.operation.needs:
            verdict = self._evaluate(call, action, resource, trust)
            call.decision.resource = resource
            if not verdict.allowed:
                error = _denied(call.who.identity, action, resource, verdict)
                call.decision.refuse("permission", error, verdict.reason)
            call.decision.passed("permission", verdict.reason)

    def why_not(
        self, call: Call, needs: Needs, keys: Mapping[str, str | None] | None = None
    ) -> AccessDenied | None:
        """Why the caller cannot have these permissions too, or None if all are given.

        `keys` are condition keys that differ from the request's own; None: there is none.
        """
        for action, resource in needs:
            verdict = self._evaluate(call, action, resource, keys=keys)
            if not verdict.allowed:
                return _denied(call.who.identity, action, resource, verdict)
        return None

    def _evaluate(
        self,
        call: Call,
        action: str,
        resource: str,
        trust: Policy | None = None,
        keys: Mapping[str, str | None] | None = None,
    ) -> Evaluation:
        identity = call.who.identity
        own = self._store.iam.policies_of(identity)
        policies = Applicable(
            own.identity,
            self._resource_policies(resource, identity) if trust is None else (trust,),
            self._sts.session_policies(call.who.access_key),
            own.boundary,
        )
        context = partial(self._context, call, action, resource, keys or {})
        return evaluate(action, resource, context, identity, policies)

    def _context(
        self, call: Call, action: str, resource: str, keys: Mapping[str, str | None]
    ) -> dict[str, str | list[str]]:
        """The condition keys for one resource: an object's tags are those of that very object.

        So is its version: a copy's source has its own. `keys` replace the request's; None means
        that there is no such key.
        """
        store = self._store
        bucket, _, key = resource.removeprefix(_ARN).partition("/")
        version, tags = None, None
        if key and resource.startswith(_ARN):
            source = call.operation.source
            if source is not None and resource == source.arn and action.startswith("s3:Get"):
                version = source.version
            elif (bucket, key) == (call.bucket, call.key):
                version = call.parameter("versionId")
            if action in condition_keys.EXISTING_TAG:
                tags = self._tags(bucket, key, version)
        facts = Facts(
            call.now,
            store.region,
            store.account,
            action,
            call.operation.name,
            tags or {},
            store.iam.principal_tags(call.who.identity),
        )
        context = request_context(call.request, call.who, facts) | call.keys
        if version is not None and condition_keys.has_version(action):
            context["s3:versionid"] = version
        for name, value in keys.items():
            context.pop(name, None)
            context |= {} if value is None else {name: value}
        return context

    def _tags(self, bucket: str, key: str, version: str | None) -> dict[str, str] | None:
        try:
            found = self._store.bucket(bucket).object(key, version)
        except NoSuchBucket:
            return None
        return found.tags if found is not None else None

    def _resource_policies(self, resource: str, identity: Identity) -> tuple[Policy, ...]:
        bucket = resource.removeprefix(_ARN).partition("/")[0]
        policy = self._store.bucket_policy(bucket)
        if policy is None:
            return ()
        if identity.kind == "anonymous" and self._store.requester_pays(bucket):
            # "Requester Pays buckets do not support anonymous requests"
            # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html).
            return ()
        restricted = self._store.public_access_block(bucket).restrict_public_buckets
        if restricted and identity.kind == "anonymous" and is_public(policy):
            return ()
        return (policy,)


def _denied(identity: Identity, action: str, resource: str, verdict: Evaluation) -> AccessDenied:
    """AWS's message, which says more to callers of the bucket's own account than to others."""
    if identity.kind == "anonymous":
        return AccessDenied()
    # IAM and STS write the resource without quotation marks.
    target = f'"{resource}"' if action.startswith("s3:") else resource
    if verdict.policy is not None:
        because = f"with an explicit deny in {_KINDS[verdict.policy.kind]}"
    else:
        kind = _KINDS[verdict.missing or "identity"].partition(" ")[2]
        because = f"because no {kind} allows the {action} action"
    return AccessDenied(
        f"User: {identity.arn} is not authorized to perform: {action} "
        f"on resource: {target} {because}"
    )
