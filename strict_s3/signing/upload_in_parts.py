"""Upload a large file in parts, each straight to S3 by a presigned URL.

    done = upload(s3, signer, "film.mp4", "films/film.mp4")

Signer and sender can be two computers, such as a server with the key and a browser with the file;
here one function is both. It can be stopped at any point, even by a power cut: called again, it
asks S3 which parts are there (ListParts) and sends the others. The object appears in one step,
after S3 has compared its checksum with the file's, or not at all.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import requests
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from requests.adapters import HTTPAdapter

from ..errors import UploadError
from ..explainer.errors_read import read_error
from ..rules.checksums import hasher
from ..rules.limits import MAX_PART, MAX_PARTS, MIB, MIN_PART
from .presigner import Presigner, check_expires, encoded_key

DEFAULT_PART = 8 * MIB
_PIECE = MIB  # bytes read at a time
_CHECKS = 3  # of the complete object, because a response can be cut off
_ABORTS = 5  # of one upload
_TIMEOUT = (10, 60)  # seconds: to connect; between two bytes of a response
_MAX_PAUSE = 20.0  # seconds
# Error codes after which the request is retried.
_RETRIED = ("BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown")

_WHOLE_ETAG = re.compile(r'"[^"]+"').fullmatch
_MD5 = re.compile(r'"[0-9a-f]{32}"').fullmatch


@dataclass(frozen=True)
class Uploaded:
    """What happened. `size` is in bytes; `checksum` is S3's CRC64NVME of the object in base64,
    equal to the file's."""

    key: str
    size: int
    parts: int
    sent: int  # parts sent by this call
    found: int  # parts sent by an earlier call
    retries: int
    seconds: float
    etag: str
    checksum: str


class Part(NamedTuple):
    """A piece of the file: where it is, and the MD5 of its bytes."""

    number: int  # from 1
    offset: int
    size: int
    md5: bytes

    @property
    def etag(self) -> str:
        """The ETag that S3 gives a part, unless KMS encrypts it."""
        return f'"{self.md5.hex()}"'


def part_size_for(size: int, part_size: int | None = None) -> int:
    """The size of the parts of a file of `size` bytes: `part_size` if it is given and possible.

    Raises `UploadError`.

    >>> part_size_for(20_000_000), part_size_for(1_000_000_000_000)
    (8388608, 100663296)
    """
    if size == 0:
        raise UploadError("The file is empty: upload it with one presigned PUT.")
    minimum = -(-size // MAX_PARTS)
    chosen = part_size or max(DEFAULT_PART, -(-minimum // MIB) * MIB)
    if not MIN_PART <= chosen <= MAX_PART:
        raise UploadError(f"A part must have {MIN_PART:,} to {MAX_PART:,} bytes, not {chosen:,}.")
    if chosen < minimum:
        raise UploadError(
            f"{size:,} bytes in parts of {chosen:,} are more than {MAX_PARTS:,} parts. Use parts "
            f"of at least {minimum:,} bytes."
        )
    return chosen


def upload(
    s3: Any,
    signer: Presigner,
    path: str | Path,
    key: str,
    *,
    part_size: int | None = None,
    workers: int = 4,
    attempts: int = 6,
    expires: int = 900,
    progress: bool = True,
) -> Uploaded:
    """Upload the file at `path` as `key`, or resume an interrupted upload of it.

    `s3` is the bucket owner's boto3 client. `signer` signs the parts' URLs, each just before it is
    used and for `expires` seconds. `workers` parts are sent at a time, each held in memory, and
    each is tried up to `attempts` times. Raises `UploadError`, and `PresignError` for a key or
    lifetime that cannot be signed.

        signer = Presigner(boto3.Session().get_credentials(), "eu-west-2", "my-bucket")
        done = upload(boto3.client("s3"), signer, "film.mp4", "films/film.mp4")
        print(done.size, done.checksum)
    """
    begun = time.monotonic()
    if workers < 1 or attempts < 1:
        raise UploadError(f"workers is {workers} and attempts {attempts}; both must be at least 1.")
    encoded_key(key)  # refuse what cannot be signed before the upload is created
    check_expires(expires)
    try:
        chosen = part_size_for(os.stat(path).st_size, part_size)
        parts, checksum = _read_through(path, chosen)
    except OSError as problem:
        raise UploadError(f"{path} cannot be read ({problem.strerror}).") from None
    at = {"Bucket": signer.bucket, "Key": key}
    size = sum(part.size for part in parts)
    try:
        upload_id, tags, checked = _resumed(s3, at, parts) or (_created(s3, at), {}, True)
        found = len(tags)
        sender = _Sender(signer, Path(path), key, upload_id, attempts, expires)
        with _bar(size, sum(p.size for p in parts if p.number in tags), progress) as bar:
            for part, etag in sender.send([p for p in parts if p.number not in tags], workers):
                tags[part.number] = etag
                bar.update(part.size)
        proof = {"ChecksumCRC64NVME": checksum, "ChecksumType": "FULL_OBJECT"} if checked else {}
        _complete(s3, at, upload_id, tags, MpuObjectSize=size, **proof)
        etag = _made(s3, at, tags, checksum, size)
    except ClientError as problem:
        error = problem.response["Error"]
        # botocore also reports a 200 with cut-off XML like this.
        if problem.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500:
            said = f"{problem.operation_name}: {error['Code']}: {error['Message']}"
            raise UploadError(f"S3 does not answer ({said}). {_RESUME}") from None
        raise UploadError(
            f"S3 refused {problem.operation_name}: {error['Code']}: {error['Message']}"
        ) from None
    except (BotoCoreError, ResponseParserError, _CutOff) as problem:
        raise UploadError(f"S3 does not answer ({problem}). {_RESUME}") from None
    seconds = time.monotonic() - begun
    sent = len(parts) - found
    return Uploaded(key, size, len(parts), sent, found, sender.retries, seconds, etag, checksum)


def abort(s3: Any, bucket: str, key: str) -> int:
    """Abort every unfinished upload of `key`, so that its parts cost nothing; returns how many.

    A part that is being sent can still arrive, so this repeats until S3 has no such upload.
    """
    ended = 0
    for unfinished in list(_unfinished(s3, {"Bucket": bucket, "Key": key})):
        which = {"Bucket": bucket, "Key": key, "UploadId": unfinished["UploadId"]}
        try:
            for _ in range(_ABORTS):  # some S3s never answer NoSuchUpload
                s3.abort_multipart_upload(**which)
        except s3.exceptions.NoSuchUpload:
            pass
        ended += 1
    return ended


class _CutOff(Exception):
    """A response without its end. When a connection breaks, Python's http.client takes the headers
    that have arrived for all of them, so a 200 can lack body, length and ETag."""


_RESUME = "What has arrived is kept: call upload again to resume, or abort to discard it."


def crc64nvme(data: bytes) -> str:
    """S3's checksum of a whole object, in base64 as its API has it.

    >>> crc64nvme(b"123456789")
    'rosUhgp5mIg='
    """
    crc = hasher("CRC64NVME")
    crc.update(data)
    return base64.b64encode(crc.digest()).decode()


def _read_through(path: str | Path, part_size: int) -> tuple[list[Part], str]:
    """The file's parts, and the CRC64NVME of the whole."""
    crc = hasher("CRC64NVME")
    parts: list[Part] = []
    with open(path, "rb") as file:
        while True:
            md5, size = hashlib.md5(usedforsecurity=False), 0
            while piece := file.read(min(_PIECE, part_size - size)):
                md5.update(piece)
                crc.update(piece)
                size += len(piece)
            if size == 0:
                return parts, base64.b64encode(crc.digest()).decode()
            parts.append(Part(len(parts) + 1, len(parts) * part_size, size, md5.digest()))


def _created(s3: Any, at: dict[str, str]) -> str:
    made = s3.create_multipart_upload(
        **at, ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT"
    )
    if "UploadId" not in made:
        raise _CutOff("its answer was cut off")
    return str(made["UploadId"])


def _unfinished(s3: Any, at: dict[str, str]) -> Iterator[dict[str, Any]]:
    pages = s3.get_paginator("list_multipart_uploads")
    for page in pages.paginate(Bucket=at["Bucket"], Prefix=at["Key"]):
        yield from (item for item in page.get("Uploads", ()) if item["Key"] == at["Key"])


def _resumed(
    s3: Any, at: dict[str, str], parts: list[Part]
) -> tuple[str, dict[int, str], bool] | None:
    """The newest unfinished upload that has only parts of this file, and their ETags by number.

    The last value says whether S3 will compare the checksum of the whole: it refuses one for an
    upload that was created without an algorithm.
    """
    uploads = sorted(_unfinished(s3, at), key=lambda item: item["Initiated"], reverse=True)
    for unfinished in uploads:
        algorithm = unfinished.get("ChecksumAlgorithm")
        if algorithm not in (None, "CRC64NVME"):
            continue
        upload_id, tags = unfinished["UploadId"], dict[int, str]()
        try:
            for page in s3.get_paginator("list_parts").paginate(**at, UploadId=upload_id):
                tags |= {part["PartNumber"]: part["ETag"] for part in page.get("Parts", ())}
        except s3.exceptions.NoSuchUpload:
            continue
        ours = {part.number: part.etag for part in parts}
        if all(ours.get(number) == etag for number, etag in tags.items()):
            return upload_id, tags, algorithm is not None
    return None


def _complete(
    s3: Any, at: dict[str, str], upload_id: str, tags: dict[int, str], **proof: Any
) -> None:
    """Complete the upload; S3 compares what `proof` says of the whole."""
    parts = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
    listed = {"MultipartUpload": {"Parts": parts}}
    try:
        s3.complete_multipart_upload(**at, UploadId=upload_id, **listed, **proof)
    except s3.exceptions.NoSuchUpload:
        pass  # perhaps it was completed and the response lost: look at the object
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "BadDigest":
            raise
        raise UploadError(
            "S3's checksum differs from the file's, so no object was made. Has the file changed? "
            "Call abort, then upload again."
        ) from None


def _made(s3: Any, at: dict[str, str], tags: dict[int, str], checksum: str, size: int) -> str:
    """The ETag of the object, if it is this file. Raises `UploadError`."""
    digests = [bytes.fromhex(tag[1:-1]) for _, tag in sorted(tags.items()) if _MD5(tag)]
    etag = f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(tags)}"'
    for _ in range(_CHECKS):
        try:
            made = s3.head_object(**at, ChecksumMode="ENABLED")
        except ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            raise UploadError(
                "The upload ended before it was complete: somebody aborted it, or a lifecycle "
                "rule did. Call upload again to start over."
            ) from None
        # S3s other than AWS may have no CRC64NVME; there the ETag covers all parts.
        proof = made.get("ChecksumCRC64NVME")
        right = proof == checksum if proof else made.get("ETag") == etag
        if made.get("ContentLength") == size and right and "ETag" in made:
            return str(made["ETag"])
    raise UploadError(
        f"The object {at['Key']!r} is not this file: another upload has overwritten it, or this "
        "S3 does not verify checksums. Upload it again."
    )


class _Sender:
    """Sends parts, with nothing but presigned URLs."""

    def __init__(
        self, signer: Presigner, path: Path, key: str, upload_id: str, attempts: int, expires: int
    ) -> None:
        self._signer, self._path, self._key = signer, path, key
        self._upload_id, self._attempts, self._expires = upload_id, attempts, expires
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.retries = 0

    def send(self, parts: list[Part], workers: int) -> Iterator[tuple[Part, str]]:
        """Send each; yields it with its ETag when it has arrived. The first failure stops all."""
        with requests.Session() as session, ThreadPoolExecutor(workers) as pool:
            session.mount(self._signer.location.url_base, HTTPAdapter(pool_maxsize=workers))
            session.auth = _unchanged
            waiting = {pool.submit(self._send, session, part): part for part in parts}
            try:
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield waiting.pop(future), future.result()
            finally:
                self._stop.set()
                for future in waiting:
                    future.cancel()

    def _send(self, session: requests.Session, part: Part) -> str:
        problem = ""
        for attempt in range(self._attempts):
            if attempt:
                with self._lock:
                    self.retries += 1
                # Full jitter, so that the parts are not all sent again at the same moment.
                self._stop.wait(random.uniform(0, min(_MAX_PAUSE, 0.5 * 2**attempt)))
            if self._stop.is_set():
                break
            try:
                answer = self._put(session, part)
            except requests.RequestException as failure:
                problem = f"S3 does not answer ({type(failure).__name__})"
                continue
            etag = answer.headers.get("ETag", "")
            if answer.status_code == 200 and _WHOLE_ETAG(etag):
                return etag
            code, message, _ = read_error(answer.content)
            problem = f"S3 answered {answer.status_code} {code}: {message}"
            if answer.status_code < 500 and code and code not in _RETRIED:
                break
        raise UploadError(f"Part {part.number} was not sent: {problem}. {_RESUME}")

    def _put(self, session: requests.Session, part: Part) -> requests.Response:
        try:
            with open(self._path, "rb") as file:
                file.seek(part.offset)
                body = file.read(part.size)
        except OSError as problem:
            raise UploadError(
                f"{self._path} can no longer be read ({problem.strerror}). {_RESUME}"
            ) from None
        if hashlib.md5(body, usedforsecurity=False).digest() != part.md5:
            raise UploadError(
                f"{self._path} has changed during the upload. Call abort, then upload again."
            )
        # Signed at the last moment, so that no URL expires while it waits. It is valid for these
        # bytes only: S3 compares them with the signed Content-MD5.
        headers = {"content-md5": base64.b64encode(part.md5).decode()}
        query = {"partNumber": str(part.number), "uploadId": self._upload_id}
        url = self._signer.put(self._key, expires=self._expires, query=query, headers=headers)
        return session.put(url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No password from ~/.netrc: S3 refuses a signed request that has one too."""
    return request


def _bar(size: int, done: int, progress: bool) -> Any:
    """A progress bar in a notebook or on a terminal, else none."""
    from tqdm.auto import tqdm

    in_notebook = any("notebook" in base.__module__ for base in tqdm.__mro__)
    # None means: only on a terminal.
    disable = True if not progress else False if in_notebook else None
    return tqdm(
        total=size, initial=done, unit="B", unit_scale=True, unit_divisor=1024, disable=disable
    )
