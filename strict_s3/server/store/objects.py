"""What a bucket keeps: versions of objects, and multipart uploads that are under way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ...rules.checksums import FULL_OBJECT, ChecksumType
from ...rules.object_lock import LegalHold, Retention
from .bodies import Body

NULL_VERSION = "null"  # the version id of what is written while versioning is off or suspended


@dataclass(frozen=True, slots=True)
class Checksum:
    """An additional checksum: algorithm (upper case), base64 value, FULL_OBJECT or COMPOSITE."""

    algorithm: str
    value: str
    type: ChecksumType = FULL_OBJECT


@dataclass(frozen=True, slots=True)
class Encryption:
    """Server-side encryption: ``AES256``, ``aws:kms`` or ``aws:kms:dsse``, with its key.

    No bytes are encrypted here: what was asked for is kept, said again, and asked of who reads.
    `kms_key_id` is an ARN; in a bucket's default "" means the account's own key for S3. `context`
    is base64, and so is `customer_key_md5`, "" without SSE-C; the key itself is never kept.
    """

    algorithm: str = "AES256"
    kms_key_id: str = ""
    bucket_key: bool = False
    context: str = ""
    customer_key_md5: str = ""

    @property
    def etag_is_md5(self) -> bool:
        """Of an object in one piece ("Object" in the API reference)."""
        return self.algorithm == "AES256" and not self.customer_key_md5


SSE_S3 = Encryption()  # every new object since January 2023, if nothing else is asked for


@dataclass(frozen=True, slots=True)
class PartInfo:
    """What is remembered of a part of a completed multipart upload."""

    number: int
    size: int
    checksum: str  # base64
    etag: str


@dataclass(slots=True, eq=False)
class ObjectVersion:
    """One version of one object, or a delete marker in its place.

    `headers` are what GetObject returns again (lower-case names): content-type and the like, and
    x-amz-meta-*. `etag` is without quotation marks. `modified` is UTC.
    """

    key: str
    modified: datetime
    body: Body
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    checksum: Checksum | None = None
    encryption: Encryption = SSE_S3
    storage_class: str = "STANDARD"
    website_redirect: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    parts: tuple[PartInfo, ...] = ()
    upload_id: str = ""
    retention: Retention | None = None
    legal_hold: LegalHold = ""
    version_id: str = NULL_VERSION
    delete_marker: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return self.body.size

    @property
    def quoted_etag(self) -> str:
        """The ETag as HTTP writes it."""
        return f'"{self.etag}"'

    def is_locked(self, now: datetime) -> bool:
        """True while Object Lock keeps the version from being deleted for good."""
        return self.legal_hold == "ON" or (
            self.retention is not None and self.retention.until > now
        )

    def part_range(self, number: int) -> tuple[int, int]:
        """Where part `number` (from 1) starts and stops; an object in one piece is one part."""
        if not self.parts:
            return 0, self.size
        start = sum(part.size for part in self.parts[: number - 1])
        return start, start + self.parts[number - 1].size


@dataclass(slots=True, eq=False)
class Part:
    """A part of an upload that is under way. `etag` is without quotation marks."""

    number: int
    modified: datetime
    body: Body
    etag: str
    checksum: Checksum


@dataclass(slots=True, eq=False)
class Upload:
    """A multipart upload that is under way; `template` is what the object is to be.

    `algorithm` is "" if none was asked for at its creation. `overtaken`: its key has been written
    or deleted since.
    """

    id: str
    key: str
    initiated: datetime
    template: ObjectVersion
    algorithm: str
    checksum_type: ChecksumType
    initiator: str  # an ARN, "" for nobody
    parts: dict[int, Part] = field(default_factory=dict)
    overtaken: bool = False
    retained: bool = False  # with a retention of its own, not the bucket's default
