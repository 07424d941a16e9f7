"""Remove what a lesson made besides objects: its bucket, its IAM users, roles and policies.

IAM and S3 delete nothing that isn't empty, so the content goes first. Each function can be run
again: what is gone already is passed over. Only names that the lessons give are touched.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import LabError
from helpers.lab import Lab

IAM_PREFIX = "s3-lessons-"
BUCKET_INFIX = "-lesson-"


def remove_bucket(lab: Lab, bucket: str) -> None:
    """Delete a bucket that a lesson made, with every object in it. Raises `LabError`."""
    if BUCKET_INFIX not in bucket or bucket == lab.bucket:
        raise LabError(
            f"{bucket!r} was not made by a lesson: their names contain {BUCKET_INFIX!r}. Delete it "
            "yourself if you want to."
        )
    s3 = lab.client()
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for item in page.get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=item["Key"])
        s3.delete_bucket(Bucket=bucket)
    except ClientError as problem:
        _pass_over(problem, "NoSuchBucket")


def remove_user(lab: Lab, name: str) -> None:
    """Delete an IAM user with its keys and policies. Raises `LabError` for other names."""
    _check(name)
    iam = lab.client("iam")
    try:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        for inline in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=inline)
        for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
            iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
            _remove_policy(iam, policy)
        iam.delete_user(UserName=name)
    except ClientError as problem:
        _pass_over(problem, "NoSuchEntity")


def remove_role(lab: Lab, name: str) -> None:
    """Delete an IAM role with its policies. Raises `LabError` for other names."""
    _check(name)
    iam = lab.client("iam")
    try:
        for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=inline)
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            _remove_policy(iam, policy)
        iam.delete_role(RoleName=name)
    except ClientError as problem:
        _pass_over(problem, "NoSuchEntity")


def remove_policy(lab: Lab, name: str) -> None:
    """Detach a managed policy from everyone and delete it. Raises `LabError` for other names."""
    _check(name)
    iam = lab.client("iam")
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if policy["PolicyName"] != name:
                continue
            arn = policy["Arn"]
            holders = iam.list_entities_for_policy(PolicyArn=arn)
            for user in holders["PolicyUsers"]:
                iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)
            for role in holders["PolicyRoles"]:
                iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
            _remove_policy(iam, {"PolicyName": name, "PolicyArn": arn})


def _remove_policy(iam: Any, policy: dict[str, str]) -> None:
    """Delete a managed policy if a lesson made it; AWS's and the account's own ones stay."""
    if policy["PolicyName"].startswith(IAM_PREFIX):
        for version in iam.list_policy_versions(PolicyArn=policy["PolicyArn"])["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(
                    PolicyArn=policy["PolicyArn"], VersionId=version["VersionId"]
                )
        iam.delete_policy(PolicyArn=policy["PolicyArn"])


def _check(name: str) -> None:
    if not name.startswith(IAM_PREFIX):
        raise LabError(
            f"{name!r} was not made by a lesson: their names begin with {IAM_PREFIX!r}. Delete it "
            "yourself if you want to."
        )


def _pass_over(problem: ClientError, code: str) -> None:
    if problem.response["Error"]["Code"] != code:
        raise problem
