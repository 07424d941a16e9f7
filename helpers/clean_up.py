"""What a lesson makes besides objects: noted before it is made, and removed by `Lab.clean_up`.

    Made            the notes of one lesson at one S3; on a real S3 they are on disk
    delete_objects, delete_bucket, delete_user, delete_role, delete_policy
                    the steps; what is gone already is passed over
    Setting         a setting of the lessons' bucket: read, written, deleted

IAM and S3 delete nothing that isn't empty, so the content goes first. Only names that the lessons
give are touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import LabError
from helpers.files import MADE, read_notes, write_whole

IAM_PREFIX = "s3-lessons-"
BUCKET_INFIX = "-lesson-"
# In the order in which they can be deleted: a user or role lets go of a policy first.
KINDS = ("buckets", "users", "roles", "policies")


@dataclass(frozen=True)
class Setting:
    """A setting of a bucket, as boto3's calls name it, and what S3 says where there is none."""

    words: str
    get: str
    put: str
    delete: str
    absent: str
    result: str
    argument: str

    def read(self, s3: Any, bucket: str) -> Any:
        """The bucket's own value, None if it has none."""
        try:
            return getattr(s3, self.get)(Bucket=bucket)[self.result]
        except ClientError as problem:
            _pass_over(problem, self.absent)
            return None

    def write(self, s3: Any, bucket: str, value: Any) -> None:
        """Put a value that was read back. None deletes the setting."""
        if value is None:
            getattr(s3, self.delete)(Bucket=bucket)
        else:
            getattr(s3, self.put)(Bucket=bucket, **{self.argument: {self.result: value}})


SETTINGS = {
    "cors": Setting(
        "CORS rules",
        *("get_bucket_cors", "put_bucket_cors", "delete_bucket_cors"),
        *("NoSuchCORSConfiguration", "CORSRules", "CORSConfiguration"),
    ),
    "lifecycle": Setting(
        "lifecycle rules",
        "get_bucket_lifecycle_configuration",
        "put_bucket_lifecycle_configuration",
        "delete_bucket_lifecycle",
        *("NoSuchLifecycleConfiguration", "Rules", "LifecycleConfiguration"),
    ),
}


@dataclass
class Made:
    """What a lesson has made. `owner` names the S3, the bucket and the lesson.

    With a `file` every change is on disk before it is made in S3: a kernel that is restarted, or a
    computer that stops, loses neither a name nor what a setting was before.
    """

    owner: str = ""
    file: Path | None = None
    names: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)  # settings as they were
    stops: list[tuple[str, Callable[[], None]]] = field(default_factory=list)
    agreed: set[str] = field(default_factory=set)  # what this kernel's learner has said yes to

    @classmethod
    def read(cls, owner: str, file: Path | None = None) -> Made:
        """The notes of an earlier run at a real S3, or empty ones."""
        file = file or MADE
        kept = read_notes(file).get(owner, {})
        return cls(owner, file, kept.get("names", {}), kept.get("before", {}))

    def __bool__(self) -> bool:
        return bool(any(self.names.values()) or self.before)

    def note(self, names: Mapping[str, Iterable[str]], before: Mapping[str, Any]) -> None:
        """Add names by kind, and settings as they are; a setting that is known stays as it was.

        Raises `LabError` for a name that no lesson gives.
        """
        for kind, added in names.items():
            for name in added:
                check_name(kind, name)
                if name not in self.names.setdefault(kind, []):
                    self.names[kind].append(name)
        self.before = {**before, **self.before}
        self.save()

    def save(self) -> None:
        """Write the notes to disk, if they belong there."""
        if self.file is None:
            return
        every = read_notes(self.file)
        every.pop(self.owner, None)
        if self:
            every[self.owner] = {"names": self.names, "before": self.before}
        write_whole(self.file, json.dumps(every, indent=1, default=str))


def check_name(kind: str, name: str) -> None:
    """Raises `LabError` for a name that was not given by a lesson."""
    rule = BUCKET_INFIX in name if kind == "buckets" else name.startswith(IAM_PREFIX)
    if kind not in KINDS or not rule:
        wanted = f"contain {BUCKET_INFIX!r}" if kind == "buckets" else f"begin with {IAM_PREFIX!r}"
        raise LabError(
            f"{name!r} was not made by a lesson: the names of its {kind} {wanted}. Delete it "
            "yourself if you want to."
        )


def delete_objects(s3: Any, bucket: str, prefix: str = "", versions: bool = False) -> int:
    """Delete every object whose key starts with `prefix`, and abort uploads there.

    With `versions`, every version and delete marker, which needs more permissions. Returns how
    many were deleted.
    """
    deleted = 0
    listing = s3.get_paginator("list_object_versions" if versions else "list_objects_v2")
    for page in listing.paginate(Bucket=bucket, Prefix=prefix):
        found = [
            {name: item[name] for name in ("Key", "VersionId") if name in item}
            for kind in ("Contents", "Versions", "DeleteMarkers")
            for item in page.get(kind, [])
        ]
        if found:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
        deleted += len(found)
    # Parts of unfinished uploads are in no listing of objects, and cost as much.
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return deleted


def delete_bucket(s3: Any, name: str) -> bool:
    """Delete a bucket that a lesson made, with every object in it. False if there is none."""
    check_name("buckets", name)
    try:
        delete_objects(s3, name, versions=True)
        s3.delete_bucket(Bucket=name)
    except ClientError as problem:
        return _pass_over(problem, "NoSuchBucket")
    return True


def delete_user(iam: Any, name: str) -> bool:
    """Delete an IAM user with its keys and policies. False if there is none."""
    check_name("users", name)
    try:
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        _delete_with_policies(iam, "user", {"UserName": name})
    except ClientError as problem:
        return _pass_over(problem, "NoSuchEntity")
    return True


def delete_role(iam: Any, name: str) -> bool:
    """Delete an IAM role with its policies. False if there is none."""
    check_name("roles", name)
    try:
        _delete_with_policies(iam, "role", {"RoleName": name})
    except ClientError as problem:
        return _pass_over(problem, "NoSuchEntity")
    return True


def _delete_with_policies(iam: Any, kind: str, named: dict[str, str]) -> None:
    for inline in getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"]:
        getattr(iam, f"delete_{kind}_policy")(**named, PolicyName=inline)
    for policy in getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]:
        getattr(iam, f"detach_{kind}_policy")(**named, PolicyArn=policy["PolicyArn"])
    getattr(iam, f"delete_{kind}")(**named)


def delete_policy(iam: Any, name: str) -> bool:
    """Detach a managed policy from everyone and delete it. False if there is none."""
    check_name("policies", name)
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    policies = [each for page in pages for each in page["Policies"] if each["PolicyName"] == name]
    for arn in (policy["Arn"] for policy in policies):
        holders = iam.list_entities_for_policy(PolicyArn=arn)
        for user in holders["PolicyUsers"]:
            iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)
        for role in holders["PolicyRoles"]:
            iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)
    return bool(policies)


DELETE: dict[str, Callable[[Any, str], bool]] = {
    "buckets": delete_bucket,
    "users": delete_user,
    "roles": delete_role,
    "policies": delete_policy,
}


def _pass_over(problem: ClientError, code: str) -> bool:
    if problem.response.get("Error", {}).get("Code") != code:  # some S3s answer without one
        raise problem
    return False
