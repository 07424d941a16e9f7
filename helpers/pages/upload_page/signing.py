"""What the page's server signs: one key, one size, one type, for a quarter of an hour.

The client says what it wants to send. All else is chosen here, and what is signed is enforced by
S3: a POST form by its policy, a PUT by its signed headers.
"""

from __future__ import annotations

import secrets
from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import Refused
from helpers.pages.server import s3_origin
from helpers.pages.upload_page.limits import File
from helpers.pages.upload_page.names import disposition, plain
from strict_s3.rules.limits import MAX_KEY

SECONDS = 15 * 60  # for which a signature is good
# What a CORS rule has to let the page send.
METHODS = ("POST", "PUT")
HEADERS = ("content-type", "content-disposition", "if-none-match")


class Signer:
    """Signs with plain boto3 for one bucket, under ``prefix/user/``."""

    def __init__(self, s3: Any, bucket: str, prefix: str = "uploads/") -> None:
        self.s3, self.bucket, self.prefix = s3, bucket, prefix
        self.s3_origin = s3_origin(s3, bucket)

    def post(self, user: str, file: File) -> dict[str, Any]:
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

    def put(self, user: str, file: File) -> dict[str, Any]:
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

    def stored_size(self, key: str) -> int | None:
        """How many bytes are stored at that key; None if nothing is there."""
        try:
            return int(self.s3.head_object(Bucket=self.bucket, Key=key)["ContentLength"])
        except ClientError as problem:
            # 403 is what S3 answers for "nothing there" if the key may not list the bucket.
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
                raise
            return None

    def is_own(self, user: str, key: object) -> bool:
        """True for a key in the user's folder: one that S3 can have."""
        if not isinstance(key, str) or not key.startswith(self._folder(user)):
            return False
        return "\0" not in key and len(key.encode()) <= MAX_KEY

    def _folder(self, user: str) -> str:
        return f"{self.prefix}{user}/"

    def new_key(self, user: str, file: File) -> str:
        """A key of the user's own that nobody can guess."""
        return f"{self._folder(user)}{secrets.token_urlsafe(16)}/{plain(file.name)}"


def _headers(file: File) -> dict[str, str]:
    return {"Content-Type": file.type, "Content-Disposition": disposition(file.name)}
