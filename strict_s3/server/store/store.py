"""What is stored: buckets, objects, IAM identities, all in moto's memory.

moto keeps everything and decides nothing here: whoever calls has already been authenticated and
authorised. Objects are read and written on moto's own models directly, because moto's web app
holds each body in memory several times over; every other operation goes through that app.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal

from ...rules.cors import CorsRule
from ...rules.identity import Credential, Identity
from ...rules.policy import Policy, parse_policy
from ..clock import Clock
from .moto_glue import (
    ACCOUNT,
    MotoApps,
    follow,
    iam_backends,
    moto_s3,
    s3_backend,
)
from .stored import NewObject, StoredObject, Upload

_NOTHING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)


@dataclass(frozen=True)
class Policies:
    """The policies that apply to an identity, ready to be evaluated."""

    identity: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] | None = None
    boundary: Policy | None = None


@dataclass(frozen=True)
class PublicAccessBlock:
    """Block Public Access for one bucket."""

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


_BLOCKS = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}


class Store:
    """moto's memory for one account and one region."""

    def __init__(self, region: str, clock: Clock, root: Credential) -> None:
        follow(clock)
        self._clock = clock
        self.forward = MotoApps(region).forward
        self.region = region
        self.root = root
        self._lock = threading.RLock()
        self._s3 = s3_backend()

    def reset(self) -> None:
        """Forget every bucket, object, user, role and policy."""
        with self._lock:
            moto_s3.s3_backends.reset()
            iam_backends().reset()
            self._s3 = s3_backend()

    # Identities.

    def find_key(self, access_key: str) -> Credential | None:
        """The root key or an IAM user's key; None if there is no such key."""
        if access_key == self.root.access_key:
            return self.root
        for user in list(self._iam.users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key:
                    identity = Identity("user", ACCOUNT, user.arn, user.name, user.id)
                    active = key.status == "Active"
                    return Credential(access_key, key.secret_access_key, identity, active)
        return None

    def policies_of(self, identity: Identity) -> Policies:
        """The policies of an IAM user (own, groups') or of the role behind a session."""
        holders: list[Any] = []
        boundary_arn = None
        if identity.kind in ("user", "federated-user"):
            user = self._iam.users.get(identity.user_name)
            if user is not None:
                groups = [g for g in self._iam.groups.values() if user in g.users]
                holders = [user, *groups]
        elif identity.kind == "assumed-role":
            role = self.find_role(identity.role_arn)
            if role is not None:
                holders = [role]
                boundary_arn = role.permissions_boundary_arn
        documents = [(n, text) for h in holders for n, text in h.policies.items()]
        documents += [
            (policy.name, _default_document(policy))
            for holder in holders
            for policy in holder.managed_policies.values()
        ]
        boundary = None
        if boundary_arn:
            document = self.managed_policy(boundary_arn)
            name = boundary_arn.rpartition("/")[2]
            # A boundary that is gone allows nothing.
            boundary = _parsed(document or _NOTHING, name, "boundary")
        return Policies(
            tuple(_parsed(text, name, "identity") for name, text in documents), boundary=boundary
        )

    def find_role(self, arn: str) -> Any | None:
        """moto's role of that ARN, or None."""
        return next((role for role in self._iam.roles.values() if role.arn == arn), None)

    def managed_policy(self, arn: str) -> str | None:
        """The default version of a managed policy, as JSON, or None."""
        policy = self._iam.managed_policies.get(arn)
        return policy and _default_document(policy)

    # Buckets.

    def bucket(self, name: str) -> Any | None:
        """moto's bucket of that name, or None."""
        return self._s3.buckets.get(name)

    def create_bucket(self, name: str) -> None:
        """Make a bucket as AWS makes new ones."""
        self._s3.create_bucket(name, self.region)
        self.set_defaults(name)

    def set_defaults(self, name: str) -> None:
        """Make a bucket what new AWS buckets have been since 2023: private and encrypted."""
        bucket = self._s3.get_bucket(name)
        on = dict.fromkeys(_BLOCKS.values(), "true")
        bucket.public_access_block = moto_s3.PublicAccessBlock(**on)
        bucket.encryption = {
            "Rule": {
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                "BucketKeyEnabled": "false",
            }
        }
        bucket.ownership_rule = "BucketOwnerEnforced"

    def public_access_block(self, name: str) -> PublicAccessBlock:
        """The bucket's four Block Public Access settings; all off if it has none."""
        bucket = self.bucket(name)
        block = bucket and bucket.public_access_block
        if not block:
            return PublicAccessBlock()
        return PublicAccessBlock(
            *(str(getattr(block, attribute)).lower() == "true" for attribute in _BLOCKS.values())
        )

    def bucket_policy(self, name: str) -> Policy | None:
        """The bucket's policy, parsed, or None."""
        bucket = self.bucket(name)
        if bucket is None or not bucket.policy:
            return None
        return _parsed(bucket.policy.decode(), name, "resource")

    def cors_rules(self, name: str) -> tuple[CorsRule, ...] | None:
        """The bucket's CORS rules, in order; None if there is no such bucket."""
        bucket = self.bucket(name)
        if bucket is None:
            return None
        return tuple(
            CorsRule(
                _several(rule.allowed_origins),
                _several(rule.allowed_methods),
                _several(rule.allowed_headers),
                _several(rule.exposed_headers),
                None if rule.max_age_seconds is None else int(rule.max_age_seconds),
            )
            for rule in bucket.cors
        )

    # Objects.

    def get_object(self, bucket: str, key: str, version: str | None) -> StoredObject | str | None:
        """The object; the version id of the delete marker in its place; or None."""
        found = self._s3.get_object(bucket, key, version_id=version, return_delete_marker=True)
        if isinstance(found, moto_s3.FakeDeleteMarker):
            return str(found.version_id)
        return None if found is None else StoredObject(found)

    def put_object(self, bucket: str, key: str, new: NewObject) -> StoredObject:
        """Store a whole object at once: readers see the old one or the new one."""
        owner = self._s3.get_bucket(bucket)
        stored = self._new_key(key, bucket, new)
        stored._is_versioned = owner.is_versioned
        stored._version_id = uuid.uuid4().hex if owner.is_versioned else "null"
        stored.set_storage_class(new.headers.get("x-amz-storage-class", "STANDARD"))
        stored.website_redirect_location = new.headers.get("x-amz-website-redirect-location")
        stored.set_metadata(_metadata(new.headers))
        with self._lock:
            older = owner.keys.getlist(key, []) if owner.is_versioned else []
            owner.keys.setlist(key, [*older, stored])
            # Also if there are none: moto keeps tags by name, so an object that was replaced or
            # deleted would leave its own to this one.
            self._s3.put_object_tagging(stored, new.tags)  # see moto_glue
        return StoredObject(stored)

    # Multipart uploads.

    def create_upload(
        self, bucket: str, key: str, headers: dict[str, str], algorithm: str, checksum_type: str
    ) -> Upload:
        """Begin a multipart upload; `headers` are what the object is to have."""
        upload = moto_s3.FakeMultipart(key, {}, ACCOUNT, self.region)
        upload.initiated = self._clock.now()
        upload.headers, upload.algorithm, upload.checksum_type = headers, algorithm, checksum_type
        # For UploadPartCopy, which goes through moto's web app.
        upload.sse_encryption = headers.get("x-amz-server-side-encryption", "AES256")
        with self._lock:
            self._s3.get_bucket(bucket).multiparts[upload.id] = upload
        return Upload(upload)

    def upload(self, bucket: str, upload_id: str, key: str) -> Upload | None:
        """The multipart upload of that id, if it is under way for that key."""
        return next((u for u in self.uploads(bucket) if u.id == upload_id and u.key == key), None)

    def uploads(self, bucket: str) -> list[Upload]:
        """All that are under way, and that no lifecycle rule has ended by now."""
        owner, now = self._s3.get_bucket(bucket), self._clock.now()
        found = [Upload(upload) for upload in list(owner.multiparts.values())]
        return [u for u in found if not any(_ends(rule, u, now) for rule in owner.rules)]

    def put_part(self, bucket: str, upload_id: str, number: int, new: NewObject) -> StoredObject:
        """Store one part of a multipart upload, in place of any part of that number."""
        upload = self._s3.get_bucket(bucket).multiparts[upload_id]
        part = self._new_key(str(number), bucket, new)
        part.name = number
        with self._lock:
            upload.parts[number] = part
            if number not in upload.partlist:
                upload.partlist.append(number)
                upload.partlist.sort()
        return StoredObject(part)

    def complete_upload(
        self, bucket: str, upload: Upload, sizes: dict[int, int], new: NewObject
    ) -> StoredObject:
        """Store the object made of parts of those sizes, by number; its upload is over."""
        with self._lock:
            stored = self.put_object(bucket, upload.key, new)
            made, raw = stored._key, self._s3.get_bucket(bucket).multiparts.pop(upload.id)
            # From now on only the sizes are needed; the parts' files are closed when who else
            # reads them, to complete the same upload, has let go of them.
            raw.partlist = list(sizes)
            raw.parts = {number: SimpleNamespace(size=size) for number, size in sizes.items()}
            made.multipart = raw
            made.checksum_type, made.checksum_parts = upload.checksum_type, len(sizes)
        return StoredObject(made)

    def completed(self, bucket: str, upload_id: str, key: str) -> StoredObject | None:
        """The object that this upload has become, while it is the newest of its key."""
        found = self.get_object(bucket, key, None)
        if not isinstance(found, StoredObject) or not found._key.multipart:
            return None
        return found if found._key.multipart.id == upload_id else None

    def locked(self) -> threading.RLock:
        """The lock under which a check and the write that depends on it are one step."""
        return self._lock

    def _new_key(self, key: str, bucket: str, new: NewObject) -> Any:
        made = moto_s3.FakeKey(
            name=key,
            bucket_name=bucket,
            value=b"",
            account_id=ACCOUNT,
            region_name=self.region,
            etag=new.md5,
            encryption=new.headers.get("x-amz-server-side-encryption", "AES256"),
            checksum_value=new.checksum or None,
        )
        made.checksum_algorithm = new.checksum_algorithm or None
        made._value_buffer.close()
        made._value_buffer = new.file
        made.contentsize = new.size
        return made

    @property
    def _iam(self) -> Any:
        return iam_backends()[ACCOUNT]["aws"]


def _ends(rule: Any, upload: Upload, now: datetime) -> bool:
    """True if an AbortIncompleteMultipartUpload rule has ended the upload by now.

    "Lifecycle rules: based on an object's age" in the user guide: the days are added, and the
    result is rounded up to midnight UTC.
    """
    if rule.status != "Enabled" or not rule.aimu_days:
        return False
    prefix = (rule.filter.prefix if rule.filter else rule.prefix) or ""
    due = upload.initiated + timedelta(days=int(rule.aimu_days) + 1)
    midnight = due.replace(hour=0, minute=0, second=0, microsecond=0)
    return upload.key.startswith(prefix) and now >= midnight


# Headers of an upload that come back with every download, besides x-amz-meta-*.
_CONTENT_HEADERS = frozenset(
    (
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
    )
)


def _metadata(headers: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in headers.items()
        if name in _CONTENT_HEADERS or name.startswith("x-amz-meta-")
    }


@lru_cache(maxsize=256)
def _parsed(document: str, name: str, kind: Literal["identity", "resource", "boundary"]) -> Policy:
    return parse_policy(document, name=name, kind=kind)


def _several(value: str | list[str] | None) -> tuple[str, ...]:
    """moto keeps one value of an element as text, several as a list."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def _default_document(policy: Any) -> str:
    """The text of a managed policy's default version."""
    return next(
        str(version.document)
        for version in policy.versions
        if version.version_id == policy.default_version_id
    )
