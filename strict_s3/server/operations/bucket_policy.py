"""A bucket's policy, and whether it is public.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from ...rules.bucket_errors import NoSuchBucketPolicy
from ...rules.bucket_policy import check_bucket_policy, normalised
from ...rules.errors import AccessDenied, MalformedPolicyDocument
from ...rules.policy import Policy
from ...rules.public_access import is_public
from .. import xml
from ..call import Call
from ..response import Response
from ..store.store import Store
from .body import read_document


def put_policy(store: Store, call: Call) -> Response:
    """PutBucketPolicy. Raises MalformedPolicyDocument; AccessDenied for a public policy."""
    body = read_document(store.spool, call)
    policy = check_bucket_policy(call.bucket, body)
    _check_principals(store, policy)
    with store.lock:
        bucket = store.bucket(call.bucket)
        if store.public_access_block(call.bucket).block_public_policy and is_public(policy):
            raise AccessDenied(
                f"User: {call.who.identity.arn} is not authorized to perform: s3:PutBucketPolicy "
                f'on resource: "arn:aws:s3:::{call.bucket}" because public policies are prevented '
                "by the BlockPublicPolicy setting in S3 Block Public Access."
            )
        bucket.settings.policy = normalised(body)
    return Response(204)


def _check_principals(store: Store, policy: Policy) -> None:
    """Users and roles of this account must exist; of other accounts nothing is known here."""
    unknown = store.iam.unknown_principal(policy)
    if unknown:
        raise MalformedPolicyDocument("Invalid principal in policy", Detail=f'"AWS" : "{unknown}"')


def get_policy(store: Store, call: Call) -> Response:
    """GetBucketPolicy. Raises NoSuchBucketPolicy."""
    policy = _policy(store, call)
    return Response(200, [("content-type", "application/json")], policy.encode())


def delete_policy(store: Store, call: Call) -> Response:
    """DeleteBucketPolicy; nothing happens if there is none."""
    with store.lock:
        store.bucket(call.bucket).settings.policy = ""
    return Response(204)


def policy_status(store: Store, call: Call) -> Response:
    """GetBucketPolicyStatus: is the policy public? Raises NoSuchBucketPolicy."""
    policy = check_bucket_policy(call.bucket, _policy(store, call))
    root = xml.result("PolicyStatus")
    xml.add(root, IsPublic=is_public(policy))
    return xml.document(root)


def _policy(store: Store, call: Call) -> str:
    policy = store.bucket(call.bucket).settings.policy
    if not policy:
        raise NoSuchBucketPolicy(BucketName=call.bucket)
    return policy
