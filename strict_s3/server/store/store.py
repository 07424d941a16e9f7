"""What one account of this S3 keeps: buckets and objects here, identities in `iam`.

The store decides nothing: whoever calls has been authenticated and authorised. It owns all that
it keeps, so that two of them in one process share nothing.
"""

from __future__ import annotations

import threading
from functools import lru_cache

from sortedcontainers import SortedDict

from ...rules.cors import CorsRule
from ...rules.errors import NoSuchBucket
from ...rules.identity import Credential
from ...rules.policy import Policy, parse_policy
from ...rules.public_access import NOT_BLOCKED, PublicAccessBlock
from ...rules.regions import region_of
from ..clock import Clock
from .ageing import age
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
        self.buckets: SortedDict[str, Bucket] = SortedDict()
        # A check and the write that depends on it are one step under this lock.
        self.lock = threading.RLock()

    def reset(self) -> None:
        """Forget every bucket, object, user, role and policy."""
        with self.lock:
            self.buckets = SortedDict()
            self.iam.reset()

    def find_key(self, access_key: str) -> Credential | None:
        """The root key or an IAM user's key; None if there is no such key."""
        if access_key == self.root.access_key:
            return self.root
        return self.iam.find_key(access_key)

    def bucket(self, name: str) -> Bucket:
        """The bucket of that name, as its lifecycle rules have left it. Raises NoSuchBucket."""
        found: Bucket | None = self.buckets.get(name)
        if found is None:
            raise NoSuchBucket(BucketName=name)
        if found.settings.lifecycle:
            self._age(found)
        return found

    def _age(self, bucket: Bucket) -> None:
        """Carry out the bucket's lifecycle rules once for each day (UTC), as S3 does."""
        now = self.clock.now()
        if bucket.aged != now.date():
            with self.lock:
                age(bucket, now)
                bucket.aged = now.date()

    def create_bucket(self, name: str, location: str = "") -> Bucket:
        """A new bucket with the settings of AWS's new ones, in place of none.

        `location` is a LocationConstraint, for a bucket in another region than the store's.
        """
        region = region_of(location) or self.region
        bucket = Bucket(name, region, self.clock.now(), location)
        with self.lock:
            self.buckets[name] = bucket
        return bucket

    def region_of(self, name: str) -> str:
        """The region that requests for a bucket are signed for; the store's if there is none."""
        bucket = self.buckets.get(name)
        return self.region if bucket is None else bucket.region

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

    def requester_pays(self, name: str) -> bool:
        """True for a Requester Pays bucket."""
        bucket = self.buckets.get(name)
        return bucket is not None and bucket.settings.requester_pays

    def cors_rules(self, name: str) -> tuple[CorsRule, ...] | None:
        """The bucket's CORS rules, in order; None if there is no such bucket."""
        bucket = self.buckets.get(name)
        return None if bucket is None else bucket.settings.cors

    def upload(self, bucket: Bucket, upload_id: str, key: str) -> Upload | None:
        """The multipart upload of that id, if it is under way for that key."""
        upload = bucket.uploads.get(upload_id)
        return upload if upload is not None and upload.key == key else None

    def uploads(self, bucket: Bucket) -> list[Upload]:
        """All that are under way."""
        return list(bucket.uploads.values())


@lru_cache(maxsize=256)
def _parsed(document: str, bucket: str) -> Policy:
    return parse_policy(document, name=bucket, kind="resource")
