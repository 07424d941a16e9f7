"""The actions of Amazon S3, and the sort of resource that each is about.

Source: "Actions defined by Amazon S3",
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html. A bucket
policy can hold those about buckets and objects; the others belong to the account, to access
points and to batch jobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .iam_conditions import wildcard
from .s3_operations import BUCKET, OBJECT, VERSION_ACTIONS

# Beside those that are operations of `s3_operations`: permissions without a request of their own.
_OBJECT_ONLY = (
    *(
        "s3:BypassGovernanceRetention",
        "s3:GetObjectVersionForReplication",
        "s3:InitiateReplication",
    ),
    *("s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateDelete", "s3:ReplicateObject"),
    "s3:ReplicateTags",
)
_BUCKET_ONLY = (
    *("s3:GetBucketTagging", "s3:ListTagsForResource", "s3:PauseReplication", "s3:TagResource"),
    "s3:UntagResource",
)

# In lower case: S3 compares actions without regard to it.
OBJECT_ACTIONS = frozenset(
    action.lower()
    for action in (*(a for _, a in OBJECT.values()), *VERSION_ACTIONS.values(), *_OBJECT_ONLY)
)
BUCKET_ACTIONS = (
    frozenset(action.lower() for action in (*(a for _, a in BUCKET.values() if a), *_BUCKET_ONLY))
    - OBJECT_ACTIONS
)
# Of the account: a bucket's policy can't give them.
ACCOUNT_ACTIONS = frozenset(
    (
        *("s3:createjob", "s3:getaccountpublicaccessblock", "s3:listaccesspoints"),
        *("s3:listallmybuckets", "s3:listjobs", "s3:putaccountpublicaccessblock"),
    )
)


def matching(pattern: str, actions: frozenset[str]) -> bool:
    """True if an action of a policy, with its ``*`` and ``?``, names one of those.

    >>> matching("s3:Get*", OBJECT_ACTIONS), matching("s3:GetObjekt", OBJECT_ACTIONS)
    (True, False)
    """
    if pattern.lower() in actions:
        return True
    if "*" not in pattern and "?" not in pattern:
        return False
    named = wildcard(pattern.lower()).fullmatch
    return any(named(action) for action in actions)


def misplaced(actions: Iterable[str], resources: Sequence[str]) -> list[str]:
    """The actions of S3 that are about nothing that a statement's resources name.

    Met by many who leave out the ``/*`` of objects, or write it for an action on the bucket.

    >>> misplaced(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::demo"])
    ['s3:GetObject']
    """
    paths = [resource.rpartition(":")[2] for resource in resources]
    known: frozenset[str] = frozenset()
    if any("/" in path or "*" in path for path in paths):
        known |= OBJECT_ACTIONS
    if any("/" not in path for path in paths):
        known |= BUCKET_ACTIONS
    return [action for action in actions if not matching(action, known)]
