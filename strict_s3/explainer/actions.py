"""Names in a policy's Action that are operations of the API, and no permissions of S3.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html. IAM
accepts any name; one that S3 does not ask for allows nothing.
"""

from __future__ import annotations

from functools import cache

from ..rules.s3_actions import ACCOUNT_ACTIONS, BUCKET_ACTIONS, OBJECT_ACTIONS
from ..rules.s3_operations import BUCKET, OBJECT

_MORE = {  # operations that the tables of requests have under another name
    "listobjects": "s3:ListBucket",
    "listobjectsv2": "s3:ListBucket",
    "listbuckets": "s3:ListAllMyBuckets",
    "copyobject": "s3:GetObject of the source and s3:PutObject",
    "uploadpartcopy": "s3:GetObject of the source and s3:PutObject",
    "selectobjectcontent": "s3:GetObject",
    "presign": "the permission of the request itself, such as s3:GetObject",
}


def permission_for(action: str) -> str:
    """What to write for an action that S3 does not have; "" if S3 has it, or it isn't known here.

    >>> permission_for("s3:HeadObject")
    's3:GetObject'
    """
    lower = action.lower()
    if not lower.startswith("s3:") or "*" in lower or "?" in lower or lower in _known():
        return ""
    name = lower.removeprefix("s3:")
    found = _MORE.get(name) or _operations().get(name, "")
    if not found and f"s3:{name.removesuffix('s')}" in _known():  # GetObjects
        found = _known()[f"s3:{name.removesuffix('s')}"]
    return found


@cache
def _known() -> dict[str, str]:
    actions = (*OBJECT_ACTIONS, *BUCKET_ACTIONS, *ACCOUNT_ACTIONS)
    own = [action for table in (OBJECT, BUCKET) for _, action in table.values() if action]
    return {each.lower(): each for each in (*actions, *own)}


@cache
def _operations() -> dict[str, str]:
    return {
        name.lower(): action
        for table in (OBJECT, BUCKET)
        for name, action in table.values()
        if action
    }
