"""Large files: a multipart upload, each part by its own presigned PUT.

The server keeps nothing between two requests: S3 knows which parts are there. Every part's exact
length is signed, so that a client that lies about the size cannot send more than is allowed.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import Refused
from helpers.pages.upload_page.signing import SECONDS, Limits, Signer, Wanted, disposition
from strict_s3.signing.upload_in_parts import part_size_for

AT_ONCE = 20  # parts signed by one request
_RESUMABLE = 24 * 60 * 60  # seconds in which the page goes on with an upload


class PartSigner:
    """Begins, signs, completes and gives up, for one user's own keys only."""

    def __init__(self, signer: Signer, limits: Limits) -> None:
        self._signer, self._limits = signer, limits
        self._s3, self._bucket = signer.s3, signer.bucket

    def begin(self, user: str, file: Wanted) -> dict[str, Any]:
        """An upload for that file. Nothing is signed yet: that is done part by part, in time."""
        key, part_size = self._signer.new_key(user, file), part_size_for(file.size)
        made = self._s3.create_multipart_upload(
            Bucket=self._bucket,
            Key=key,
            ContentType=file.type,
            ContentDisposition=disposition(file.name),
        )
        count = -(-file.size // part_size)
        told = {"how": "parts", "key": key, "upload": made["UploadId"], "seconds": _RESUMABLE}
        return {**told, "part_size": part_size, "count": count}

    def sign(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """URLs for the part `first` and those after it. Raises `Refused`."""
        which, size = self._which(user, sent), self._size(sent)
        part_size, first = part_size_for(size), sent["first"]
        count = -(-size // part_size)
        if type(first) is not int or not 1 <= first <= count:
            raise Refused(400, f"first: a part's number, 1 to {count}.")
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

    def complete(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """Put the file together, if all of it is there. Raises `Refused` (409) if not."""
        which, size = self._which(user, sent), self._size(sent)
        try:
            pages = self._s3.get_paginator("list_parts").paginate(**which)
            parts = [part for page in pages for part in page.get("Parts", ())]
            if sum(part["Size"] for part in parts) != size:
                raise Refused(409, f"S3 has {len(parts)} parts, and they are not the whole file.")
            listed = [{name: part[name] for name in ("PartNumber", "ETag")} for part in parts]
            self._s3.complete_multipart_upload(
                **which, MultipartUpload={"Parts": listed}, MpuObjectSize=size, IfNoneMatch="*"
            )
        except ClientError as problem:
            if not self._is_there(problem, which["Key"], size):
                raise
        return {"key": which["Key"]}

    def abort(self, user: str, sent: dict[str, object]) -> dict[str, Any]:
        """Give it up: its parts cost nothing any more. Harmless when called again."""
        which = self._which(user, sent)
        try:
            self._s3.abort_multipart_upload(**which)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "NoSuchUpload":
                raise
        return {"key": which["Key"]}

    def _is_there(self, problem: ClientError, key: str, size: int) -> bool:
        """Was it completed before, and only the answer lost? The key is this file's own."""
        if problem.response["Error"]["Code"] not in ("NoSuchUpload", "PreconditionFailed"):
            return False
        try:
            found = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError:
            raise Refused(
                409, "This upload has ended: it was given up, or a lifecycle rule ended it."
            ) from None
        return bool(found["ContentLength"] == size)

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
