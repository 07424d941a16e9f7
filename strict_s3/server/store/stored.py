"""Objects and uploads as moto keeps them, for those who only read them.

With `store` and `moto_glue` the only code that knows moto.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from .moto_glue import s3_backend


@dataclass
class NewObject:
    """A body that has been received and verified, with all that is stored beside it."""

    file: IO[bytes]
    size: int
    md5: str
    headers: dict[str, str] = field(default_factory=dict)
    checksum_algorithm: str = ""
    checksum: str = ""
    tags: dict[str, str] = field(default_factory=dict)


class StoredObject:
    """One version of one object, readable while others replace it."""

    def __init__(self, key: Any) -> None:
        self._key = key
        self.size: int = key.size
        self.etag: str = key.etag
        self.last_modified: datetime = key.last_modified.replace(tzinfo=UTC, microsecond=0)
        self.version_id: str | None = key.version_id if key._is_versioned else None
        self.encryption: str = key.encryption or "AES256"
        self.checksum_algorithm: str = key.checksum_algorithm or ""
        self.checksum: str = key.checksum_value or ""
        self.checksum_type: str = key.checksum_type or "FULL_OBJECT"
        if self.checksum_type == "COMPOSITE":
            self.checksum += f"-{key.checksum_parts}"
        self.parts: int = len(key.multipart.partlist) if key.multipart else 0

    def headers(self) -> dict[str, str]:
        """What GetObject and HeadObject say about it: lower-case names, without its length."""
        told = {name.lower(): str(value) for name, value in self._key.metadata.items()}
        told |= {name.lower(): str(value) for name, value in self._key.response_dict.items()}
        for name in ("content-length", "x-amz-sdk-checksum-algorithm"):
            told.pop(name, None)
        return told

    def part_range(self, number: int) -> tuple[int, int]:
        """Where part `number` (from 1) starts and stops; an object in one piece is one part."""
        if not self._key.multipart:
            return 0, self.size
        parts = self._key.multipart.parts
        sizes = [parts[n].size for n in self._key.multipart.partlist]
        start = sum(sizes[: number - 1])
        return start, start + sizes[number - 1]

    def tags(self) -> dict[str, str]:
        return dict(s3_backend().tagger.get_tag_dict_for_resource(self._key.arn))

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; safe from several threads at once."""
        with self._key.lock:
            self._key._value_buffer.seek(offset)
            data: bytes = self._key._value_buffer.read(length)
            return data


class Upload:
    """A multipart upload that is under way."""

    def __init__(self, upload: Any) -> None:
        self._upload = upload
        self.id: str = upload.id
        self.key: str = upload.key_name
        self.initiated: datetime = upload.initiated
        self.headers: dict[str, str] = upload.headers
        self.storage_class: str = upload.headers.get("x-amz-storage-class", "STANDARD")
        self.algorithm: str = upload.algorithm
        self.checksum_type: str = upload.checksum_type

    def parts(self) -> list[tuple[int, StoredObject]]:
        """The parts there are, with their numbers, in order."""
        return [(number, StoredObject(part)) for number, part in sorted(self._upload.parts.items())]
