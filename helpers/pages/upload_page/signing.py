"""What the page's server signs: one key, one size, one type, for a quarter of an hour.

The client says what it wants to send. All else is chosen here, and what is signed is enforced by
S3: a POST form by its policy, a PUT by its signed headers.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from helpers.errors import Refused
from helpers.pages.server import s3_origin
from strict_s3.rules.limits import MIB

SECONDS = 15 * 60  # that a signature lives
_NAME_BYTES = 200  # of a file's name, kept for the download


@dataclass(frozen=True)
class Limits:
    """What may be uploaded. Nothing in `types` runs as a script when S3 shows it."""

    max_bytes: int = 100 * MIB
    parts_from: int = 100 * MIB  # larger files go in parts: AWS advises it from about there on
    types: tuple[str, ...] = (
        *("image/png", "image/jpeg", "image/gif", "image/webp"),
        *("text/plain", "text/csv", "application/pdf", "application/zip"),
    )


@dataclass(frozen=True)
class Wanted:
    """A file that somebody wants to send. `size` is in bytes."""

    name: str
    type: str
    size: int


def wanted(sent: dict[str, object], limits: Limits) -> Wanted:
    """What the client wants to send, if it may. Raises `Refused` with the rule and the value."""
    name, kind, size = sent["name"], sent["type"], sent["size"]
    if not isinstance(name, str) or not name.strip() or len(name) > 1000:
        raise Refused(400, "name: the file's name, 1 to 1000 characters.")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise Refused(400, "size: a whole number of bytes.")
    if size > limits.max_bytes:
        raise Refused(
            413,
            f"The file has {size:,} bytes; at most {limits.max_bytes:,} are accepted here.",
        )
    if not isinstance(kind, str) or kind not in limits.types:
        shown = kind if isinstance(kind, str) and kind else "unknown"
        raise Refused(
            415, f"Files of type {shown:.80} are not accepted; {', '.join(limits.types)} are."
        )
    return Wanted(last_part(name), kind, size)


class Signer:
    """Signs with plain boto3 for one bucket, under ``prefix/user/``."""

    def __init__(self, s3: Any, bucket: str, prefix: str = "uploads/") -> None:
        self.s3, self.bucket, self._prefix = s3, bucket, prefix
        self.s3_origin = s3_origin(s3, bucket)

    def post(self, user: str, file: Wanted) -> dict[str, Any]:
        """A form for that file. S3 compares every field with the policy, and counts the bytes.

        A form cannot say "only if it is not there yet". No two are for the same key, and no key
        can be guessed; that is what keeps a file from being overwritten.
        """
        key = self.new_key(user, file)
        fields = {**_headers(file), "success_action_status": "201"}
        form = self.s3.generate_presigned_post(
            self.bucket,
            key,
            Fields=fields,
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", file.size, file.size],
            ],
            ExpiresIn=SECONDS,
        )
        return {"how": "post", "key": key, "seconds": SECONDS, **form}

    def put(self, user: str, file: Wanted) -> dict[str, Any]:
        """A URL for that file, and the headers to send. Content-Length, which the browser adds
        by itself, is signed too; If-None-Match makes S3 refuse to overwrite."""
        key = self.new_key(user, file)
        headers = {**_headers(file), "If-None-Match": "*"}
        signed = {name.replace("-", ""): value for name, value in headers.items()}
        params = {"Bucket": self.bucket, "Key": key, "ContentLength": file.size, **signed}
        url = self.s3.generate_presigned_url("put_object", params, ExpiresIn=SECONDS)
        return {"how": "put", "key": key, "seconds": SECONDS, "url": url, "headers": headers}

    def link(self, user: str, key: object) -> dict[str, Any]:
        """A URL to read one of the user's own files. Raises `Refused` (403) for any other key."""
        if not self.is_own(user, key):
            raise Refused(403, "That is not a file of yours.")
        url = self.s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=SECONDS
        )
        return {"url": url, "seconds": SECONDS}

    def probe(self, how: str) -> str:
        """A URL to ask a preflight for; nobody can do anything else with it."""
        url: str = self.s3.generate_presigned_post(self.bucket, "k")["url"]
        return url if how == "post" else f"{url.rstrip('/')}/{self._prefix}"

    def is_own(self, user: str, key: object) -> bool:
        """True for a key in the user's folder."""
        return isinstance(key, str) and key.startswith(self._folder(user))

    def _folder(self, user: str) -> str:
        return f"{self._prefix}{user}/"

    def new_key(self, user: str, file: Wanted) -> str:
        """A key of the user's own that nobody can guess."""
        return f"{self._folder(user)}{secrets.token_urlsafe(16)}/{plain(file.name)}"


def _headers(file: Wanted) -> dict[str, str]:
    return {"Content-Type": file.type, "Content-Disposition": disposition(file.name)}


def last_part(name: str) -> str:
    """A file's name without folders and control characters, and not too long."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C").strip(" .")
    while len(text.encode()) > _NAME_BYTES:
        stem, dot, end = text.rpartition(".")
        text = f"{stem[:-1]}.{end}" if dot and len(end) < 10 and stem else text[:-1]
    return text or "file"


def plain(name: str) -> str:
    """`name` in letters, digits, dot, hyphen and underscore: what a key needs no escaping for."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-.") or "file"


def disposition(name: str) -> str:
    """The header that has a browser save the file, under its own name, and never show it.

    Twice, as RFC 6266 has it: plain for old clients, then with every character.
    """
    return f"attachment; filename=\"{plain(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
