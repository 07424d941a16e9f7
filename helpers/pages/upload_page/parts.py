"""Large files: a multipart upload, each part by its own presigned PUT.

S3 knows which parts are there, and the browser which upload is its file's. Every part's exact
length is signed, so that a client that lies about the size cannot send more than is allowed. What
has begun is noted in the store, to be aborted when nobody comes back for it.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import Refused
from helpers.pages.upload_page.limits import File, Limits
from helpers.pages.upload_page.names import disposition
from helpers.pages.upload_page.signing import SECONDS, Signer
from helpers.pages.upload_page.store import Store
from strict_s3.signing.upload_in_parts import part_size_for

log = logging.getLogger(__name__)
AT_ONCE = 20  # parts signed by one request
UNFINISHED = 24 * 3600  # seconds that an upload waits for its next part
LEFT = 3600  # seconds, once its page was left
ENDED = "This upload has ended: it was aborted, here or by a lifecycle rule."
MAX_UNFINISHED = 1000  # unfinished uploads of one user
_SWEEP = 60  # seconds between looks for uploads that are overdue
_AT_A_TIME = 20  # of which are aborted then, because somebody's request waits for it


class PartSigner:
    """Begins, signs, lists, completes and aborts, for one user's own keys only."""

    def __init__(self, signer: Signer, limits: Limits, store: Store) -> None:
        self._signer, self._limits, self._store = signer, limits, store
        self._s3, self._bucket = signer.s3, signer.bucket
        self._swept = store.now()

    def begin(self, user: str, file: File, ticket: object = None) -> dict[str, Any]:
        """An upload for that file. Nothing is signed yet: that is done part by part, in time.

        Asked twice with one `ticket`, which the page makes up, it gives the same upload: a page
        that was reloaded before it got the response begins no second one.
        """
        ticket = secrets.token_urlsafe(16) if ticket is None else ticket
        if not isinstance(ticket, str) or not 8 <= len(ticket) <= 64:
            raise Refused(400, "ticket: 8 to 64 characters.")
        found = self._noted(user, ticket) or self._create(user, file, ticket)
        part_size = part_size_for(file.size)
        count = -(-file.size // part_size)
        facts = {"how": "parts", "seconds": UNFINISHED, "part_size": part_size, "count": count}
        return {**facts, "key": found[0], "upload": found[1]}

    def sign(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """URLs for the part `first` and those after it. Raises `Refused`."""
        which, size = self._which(user, sent), self._size(sent)
        part_size, first = part_size_for(size), sent["first"]
        count = -(-size // part_size)
        if type(first) is not int or not 1 <= first <= count:
            raise Refused(400, f"first: a part's number, 1 to {count}.")
        self._wait_for(which, UNFINISHED)
        urls = [
            self._s3.generate_presigned_url(
                "upload_part",
                Params={
                    **which,
                    "PartNumber": number,
                    "ContentLength": min(part_size, size - (number - 1) * part_size),
                },
                ExpiresIn=SECONDS,
            )
            for number in range(first, min(first + AT_ONCE, count + 1))
        ]
        return {"urls": urls}

    def arrived(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """Numbers of the parts that S3 has (ListParts), or that it has the whole file already.

        Raises `Refused` (410) if the upload was aborted.
        """
        which = self._which(user, sent)
        try:
            parts = self._listed(which)
        except ClientError as problem:
            if not _is(problem, "NoSuchUpload"):
                raise
            self._forget(which)
            if self._signer.stored_size(which["Key"]) is None:
                raise Refused(410, ENDED) from None
            return {"arrived": [], "stored": True}
        self._wait_for(which, UNFINISHED)
        return {"arrived": [part["PartNumber"] for part in parts], "stored": False}

    def complete(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """Put the file together, if all of it is there. Raises `Refused` (409) if not."""
        which, size = self._which(user, sent), self._size(sent)
        try:
            parts = self._listed(which)
            if sum(part["Size"] for part in parts) != size:
                raise Refused(409, f"S3 has {len(parts)} parts, and they are not the whole file.")
            listed = [{name: part[name] for name in ("PartNumber", "ETag")} for part in parts]
            self._s3.complete_multipart_upload(
                **which, MultipartUpload={"Parts": listed}, MpuObjectSize=size, IfNoneMatch="*"
            )
        except ClientError as problem:
            # Was it completed before, and only the response lost? The key is this file's own.
            if not _is(problem, "NoSuchUpload", "PreconditionFailed"):
                raise
            if self._signer.stored_size(which["Key"]) != size:
                self._forget(which)
                raise Refused(410, ENDED) from None
        self._forget(which)
        return {"key": which["Key"]}

    def abort(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """Abort it: its parts cost nothing any more. Harmless when called again.

        A page that does not know its upload yet names the ticket.
        """
        if "ticket" in sent:
            found = self._noted(user, str(sent["ticket"]))
            if found is None:
                return {"key": None}
            sent = dict(zip(("key", "upload"), found, strict=True))
        which = self._which(user, sent)
        self._abort(which)
        self._forget(which)
        return {"key": which["Key"]}

    def leave(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """The page was closed or reloaded: abort the upload if nobody is back in an hour."""
        which = self._which(user, sent)
        self._wait_for(which, LEFT)
        return {"seconds": LEFT}

    def sweep(self) -> None:
        """Abort what is overdue; looked for once a minute, whatever request comes by."""
        now = self._store.now()
        if now - self._swept < _SWEEP:
            return
        self._swept = now
        with self._store.change() as db:
            overdue = db.execute(
                "SELECT key, upload, rowid FROM uploads WHERE due <= ? ORDER BY due LIMIT ?",
                [now, _AT_A_TIME],
            ).fetchall()
            db.executemany("DELETE FROM uploads WHERE rowid = ?", [row[2:] for row in overdue])
        for key, upload, _ in overdue:
            try:
                self._abort({"Bucket": self._bucket, "Key": key, "UploadId": upload})
            except (BotoCoreError, ClientError) as problem:  # left to the lifecycle rule
                log.warning("an upload that was left could not be aborted: %s", problem)

    def _create(self, user: str, file: File, ticket: str) -> tuple[str, str]:
        with self._store.change() as db:
            begun = db.execute("SELECT COUNT(*) FROM uploads WHERE user = ?", [user]).fetchone()[0]
        if begun >= MAX_UNFINISHED:
            raise Refused(
                409, f"You have {MAX_UNFINISHED} unfinished uploads. Finish some, or remove them."
            )
        key = self._signer.new_key(user, file)
        made = self._s3.create_multipart_upload(
            Bucket=self._bucket,
            Key=key,
            ContentType=file.type,
            ContentDisposition=disposition(file.name),
        )
        upload, due = made["UploadId"], self._store.now() + UNFINISHED
        with self._store.change() as db:
            noted = db.execute(
                "INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?, ?)",
                [user, ticket, key, upload, due],
            ).rowcount
        if not noted:  # the same page has asked twice at once, and the other was quicker
            self._abort({"Bucket": self._bucket, "Key": key, "UploadId": upload})
            return self._noted(user, ticket) or self._create(user, file, ticket)
        return key, upload

    def _noted(self, user: str, ticket: str) -> tuple[str, str] | None:
        with self._store.change() as db:
            found: tuple[str, str] | None = db.execute(
                "SELECT key, upload FROM uploads WHERE user = ? AND ticket = ?", [user, ticket]
            ).fetchone()
        return found

    def _wait_for(self, which: dict[str, str], seconds: float) -> None:
        with self._store.change() as db:
            db.execute(
                "UPDATE uploads SET due = ? WHERE key = ? AND upload = ?",
                [self._store.now() + seconds, which["Key"], which["UploadId"]],
            )

    def _forget(self, which: dict[str, str]) -> None:
        with self._store.change() as db:
            db.execute(
                "DELETE FROM uploads WHERE key = ? AND upload = ?",
                [which["Key"], which["UploadId"]],
            )

    def _listed(self, which: dict[str, str]) -> list[dict[str, Any]]:
        pages = self._s3.get_paginator("list_parts").paginate(**which)
        return [part for page in pages for part in page.get("Parts", ())]

    def _abort(self, which: dict[str, str]) -> None:
        try:
            self._s3.abort_multipart_upload(**which)
        except ClientError as problem:
            if not _is(problem, "NoSuchUpload"):
                raise

    def _which(self, user: str, sent: dict[str, object]) -> dict[str, str]:
        key, upload = sent["key"], sent["upload"]
        if not self._signer.is_own(user, key) or not isinstance(upload, str) or not upload:
            raise Refused(403, "That is not an upload of yours.")
        return {"Bucket": self._bucket, "Key": str(key), "UploadId": upload}

    def _size(self, sent: dict[str, object]) -> int:
        size = sent["size"]
        if type(size) is not int or not 1 <= size <= self._limits.max_bytes:
            raise Refused(400, f"size: 1 to {self._limits.max_bytes:,} bytes.")
        return size


def _is(problem: ClientError, *codes: str) -> bool:
    return problem.response["Error"]["Code"] in codes
