"""What one account of this S3 keeps: buckets and objects here, identities in `iam`.

The store decides nothing: whoever calls has been authenticated and authorised. It owns all that
it keeps, so that two of them in one process share nothing.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from ...rules.cors import CorsRule
from ...rules.errors import NoSuchBucket
from ...rules.identity import Credential
from ...rules.lifecycle import upload_ends
from ...rules.policy import Policy, parse_policy
from ...rules.public_access import NOT_BLOCKED, PublicAccessBlock
from ..clock import Clock
from .bodies import Spool
from .bucket import Bucket
from .iam import Iam
from .objects import Upload


class Store:
    """The buckets and identities of one account in one region."""

    def __init__(self, region: str, clock: Clock, root: Credential) -> None:
        self.region, self.clock, self.root = region, clock, root
        self.account = root.identity.account
        self.iam = Iam(self.account, clock)
        self.spool = Spool()
        self.buckets: dict[str, Bucket] = {}
        # A check and the write that depends on it are one step under this lock.
        self.lock = threading.RLock()

    def reset(self) -> None:
        """Forget every bucket, object, user, role and policy."""
        with self.lock:
            self.buckets = {}
            self.iam.reset()

    def find_key(self, access_key: str) -> Credential | None:
        """The root key or an IAM user's key; None if there is no such key."""
        if access_key == self.root.access_key:
            return self.root
        return self.iam.find_key(access_key)

    def bucket(self, name: str) -> Bucket:
        """The bucket of that name. Raises NoSuchBucket."""
        found = self.buckets.get(name)
        if found is None:
            raise NoSuchBucket(BucketName=name)
        return found

    def create_bucket(self, name: str) -> Bucket:
        """A new bucket with the settings of AWS's new ones, in place of none."""
        bucket = Bucket(name, self.region, self.clock.now())
        with self.lock:
            self.buckets[name] = bucket
        return bucket

    def public_access_block(self, name: str) -> PublicAccessBlock:
        """The bucket's four Block Public Access settings; all off if it has none."""
        bucket = self.buckets.get(name)
        return (bucket and bucket.settings.public_access_block) or NOT_BLOCKED

    def bucket_policy(self, name: str) -> Policy | None:
        """The bucket's policy, parsed, or None."""
        bucket = self.buckets.get(name)
        if bucket is None or not bucket.settings.policy:
            return None
        return _parsed(bucket.settings.policy, name)

    def cors_rules(self, name: str) -> tuple[CorsRule, ...] | None:
        """The bucket's CORS rules, in order; None if there is no such bucket."""
        bucket = self.buckets.get(name)
        return None if bucket is None else bucket.settings.cors

    def upload(self, bucket: Bucket, upload_id: str, key: str) -> Upload | None:
        """The multipart upload of that id, if it is under way for that key."""
        upload = bucket.uploads.get(upload_id)
        if upload is None or upload.key != key or self._ended(bucket, upload):
            return None
        return upload

    def uploads(self, bucket: Bucket) -> list[Upload]:
        """All that are under way, and that no lifecycle rule has ended by now."""
        return [u for u in list(bucket.uploads.values()) if not self._ended(bucket, u)]

    def _ended(self, bucket: Bucket, upload: Upload) -> bool:
        rules = bucket.settings.lifecycle
        return bool(rules) and upload_ends(rules, upload.key, upload.initiated, self.clock.now())


@lru_cache(maxsize=256)
def _parsed(document: str, bucket: str) -> Policy:
    return parse_policy(document, name=bucket, kind="resource")
