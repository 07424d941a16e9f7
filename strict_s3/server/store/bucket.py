"""A bucket: its objects in the order of their keys, its uploads, and its settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from sortedcontainers import SortedDict

from ...rules.cors import CorsRule
from ...rules.lifecycle import Rule
from ...rules.lifecycle_document import MINIMUM_SIZES
from ...rules.public_access import ALL_BLOCKED, PublicAccessBlock
from ...rules.regions import GLOBAL
from . import version_ids
from .bodies import Body
from .objects import NULL_VERSION, SSE_S3, Encryption, ObjectVersion, Upload

Versioning = Literal["", "Enabled", "Suspended"]


@dataclass(frozen=True, slots=True)
class DefaultRetention:
    """The retention that new versions of a bucket with Object Lock get: days or years."""

    mode: Literal["GOVERNANCE", "COMPLIANCE"]
    days: int = 0
    years: int = 0


@dataclass(slots=True)
class Settings:
    """A bucket's configuration. New buckets are private and encrypted, their ACLs disabled.

    `documents`: by the name of the sub-resource, the XML that a GET returns, where the other
    fields do not say it all.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    """

    policy: str = ""  # JSON as it was put
    cors: tuple[CorsRule, ...] = ()
    public_access_block: PublicAccessBlock | None = ALL_BLOCKED
    ownership: str = "BucketOwnerEnforced"
    encryption: Encryption = SSE_S3
    sse_c_blocked: bool = True  # so in every bucket made since April 2026
    versioning: Versioning = ""
    object_lock: bool = False
    default_retention: DefaultRetention | None = None
    lifecycle: tuple[Rule, ...] = ()  # those that are enabled
    lifecycle_minimum: str = MINIMUM_SIZES[0]
    requester_pays: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)


class Bucket:
    """One bucket. Whoever writes to it holds the store's lock."""

    def __init__(self, name: str, region: str, created: datetime, location: str = "") -> None:
        self.name, self.region, self.created = name, region, created
        # "EU" stays "EU", and us-east-1 has no name.
        self.location = location or ("" if region == GLOBAL else region)
        self.settings = Settings()
        self.aged: date | None = None  # the day (UTC) up to which lifecycle rules were carried out
        self.uploads: dict[str, Upload] = {}
        self._uploads_to: dict[str, list[Upload]] = {}  # by key
        # Each key's versions, the oldest first. S3 lists keys in the order of their UTF-8 bytes,
        # which is Python's order of text.
        self.versions: SortedDict[str, list[ObjectVersion]] = SortedDict()

    def current(self, key: str) -> ObjectVersion | None:
        """The newest version of a key: an object, a delete marker, or None."""
        versions = self.versions.get(key)
        return versions[-1] if versions else None

    def object(self, key: str, version_id: str | None = None) -> ObjectVersion | None:
        """That version of a key (the newest for None), delete markers included; or None."""
        if version_id is None:
            return self.current(key)
        found = (v for v in self.versions.get(key, ()) if v.version_id == version_id)
        return next(found, None)

    def put(self, new: ObjectVersion) -> None:
        """Make `new` the newest version of its key, as the bucket's versioning has it."""
        self._overtake(new.key)
        enabled = self.settings.versioning == "Enabled"
        new.version_id = version_ids.new() if enabled else NULL_VERSION
        kept = self.versions.get(new.key, ())
        if not enabled:
            # Suspended versioning replaces the version "null" and keeps all others.
            kept = [version for version in kept if version.version_id != NULL_VERSION]
        # A new list: somebody may be reading the old one.
        self.versions[new.key] = [*kept, new]

    def remove(self, key: str, version_id: str) -> ObjectVersion | None:
        """Delete one version for good; returns it, or None if there is no such version."""
        versions = self.versions.get(key, [])
        found = self.object(key, version_id)
        if found is not None:
            self._overtake(key)
            if len(versions) == 1:
                del self.versions[key]
            else:
                self.versions[key] = [version for version in versions if version is not found]
        return found

    def delete(self, key: str, now: datetime) -> ObjectVersion | None:
        """DeleteObject without a version id: the delete marker that was put, or None."""
        if not self.settings.versioning:
            if self.versions.pop(key, None) is not None:
                self._overtake(key)
            return None
        marker = ObjectVersion(key, now, Body(), delete_marker=True)
        self.put(marker)
        return marker

    def keys_from(self, first: str) -> Iterator[str]:
        """The keys from `first` on, in order."""
        keys: Iterator[str] = self.versions.irange(minimum=first)
        return keys

    def add_upload(self, upload: Upload) -> None:
        """Begin a multipart upload."""
        self.uploads[upload.id] = upload
        self._uploads_to.setdefault(upload.key, []).append(upload)

    def remove_upload(self, upload: Upload) -> None:
        """End a multipart upload: its parts are gone."""
        self.uploads.pop(upload.id, None)
        others = [other for other in self._uploads_to.pop(upload.key, ()) if other is not upload]
        if others:
            self._uploads_to[upload.key] = others

    def _overtake(self, key: str) -> None:
        for upload in self._uploads_to.get(key, ()):
            upload.overtaken = True
