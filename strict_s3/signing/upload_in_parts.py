"""Upload a large file in parts, each straight to S3 by a presigned URL.

    done = upload(s3, signer, "film.mp4", "films/film.mp4")

Who signs and who sends could be two computers: a server with the key, and a browser with the
file. Here one function is both. It can be stopped at any point, even by a power cut: called
again, it asks S3 which parts are there (ListParts) and sends the others. The object appears in
one step, after S3 has compared its checksum with the file's, or not at all.
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
from ..explainer.answers import read_error
from ..rules.checksums import hasher
from ..rules.limits import MAX_PART, MAX_PARTS, MIB, MIN_PART
from .presigner import Presigner, check_expires, encoded_key

USUAL_PART = 8 * MIB
_PIECE = MIB  # bytes read at a time
_LOOKS = 3  # at the object when it is complete, since an answer may be cut off
_ABORTS = 5  # of one upload
_SECONDS = (10, 60)  # to connect; between two bytes of an answer
_LONGEST_PAUSE = 20.0  # seconds
# What S3 says of a request that was not as it was sent, or came too slowly: to be sent again.
_SPOILT = ("BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown")


_WHOLE_ETAG = re.compile(r'"[^"]+"').fullmatch
_MD5 = re.compile(r'"[0-9a-f]{32}"').fullmatch


@dataclass(frozen=True)
class Uploaded:
    """What happened. `size` is in bytes; `checksum` is S3's CRC64NVME of the whole, in base64, and
    has been compared with the file's."""

    key: str
    size: int
    parts: int
    sent: int  # parts sent by this call
    found: int  # parts that an earlier call had sent
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
        """The ETag that S3 gives a part (where KMS encrypts, it is another)."""
        return f'"{self.md5.hex()}"'


def part_size_for(size: int, wanted: int | None = None) -> int:
    """The size of the parts of a file of `size` bytes. Raises `UploadError` if none will do."""
    if size == 0:
        raise UploadError("The file is empty: upload it with one presigned PUT.")
    least = -(-size // MAX_PARTS)
    chosen = wanted or max(USUAL_PART, -(-least // MIB) * MIB)
    if not MIN_PART <= chosen <= MAX_PART:
        raise UploadError(f"A part has {MIN_PART:,} to {MAX_PART:,} bytes, not {chosen:,}.")
    if chosen < least:
        raise UploadError(
            f"{size:,} bytes in parts of {chosen:,} are more than {MAX_PARTS:,} parts. Take parts "
            f"of at least {least:,} bytes."
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
    """Upload the file at `path` as `key`, or go on with an upload of it that was interrupted.

    `s3` is a boto3 client of the bucket's owner and `signer` signs the parts' URLs, each for
    `expires` seconds from when it is used; `workers` parts go at a time, and each is in memory
    meanwhile. Each is tried `attempts` times. Raises `UploadError`, and `PresignError` for a key
    that cannot be.
    """
    begun = time.monotonic()
    if workers < 1 or attempts < 1:
        raise UploadError(f"workers is {workers} and attempts {attempts}; both are at least 1.")
    encoded_key(key)  # what cannot be signed is said before anything is begun
    check_expires(expires)
    try:
        chosen = part_size_for(os.stat(path).st_size, part_size)
        parts, checksum = _read_through(path, chosen)
    except OSError as problem:
        raise UploadError(f"{path} cannot be read ({problem.strerror}).") from None
    at = {"Bucket": signer.bucket, "Key": key}
    size = sum(part.size for part in parts)
    try:
        upload_id, tags = _resumed(s3, at, parts) or (_created(s3, at), {})
        found = len(tags)
        sender = _Sender(signer, Path(path), key, upload_id, attempts, expires)
        with _bar(size, sum(p.size for p in parts if p.number in tags), progress) as bar:
            for part, etag in sender.send([p for p in parts if p.number not in tags], workers):
                tags[part.number] = etag
                bar.update(part.size)
        etag = _completed(s3, at, upload_id, tags, checksum, size)
    except ClientError as problem:
        error = problem.response["Error"]
        # Also what botocore makes of a 200 whose XML was cut off.
        if problem.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500:
            told = f"{problem.operation_name}: {error['Code']}: {error['Message']}"
            raise UploadError(f"S3 does not answer ({told}). {_AGAIN}") from None
        raise UploadError(
            f"S3 refused {problem.operation_name}: {error['Code']}: {error['Message']}"
        ) from None
    except (BotoCoreError, ResponseParserError, _CutOff) as problem:
        raise UploadError(f"S3 does not answer ({problem}). {_AGAIN}") from None
    seconds = time.monotonic() - begun
    sent = len(parts) - found
    return Uploaded(key, size, len(parts), sent, found, sender.retries, seconds, etag, checksum)


def abort(s3: Any, bucket: str, key: str) -> int:
    """Give up every unfinished upload of `key`, so that its parts cost nothing; returns how many.

    A part that is on its way may still arrive, so S3 is asked until it knows no such upload.
    """
    ended = 0
    for found in list(_unfinished(s3, {"Bucket": bucket, "Key": key})):
        which = {"Bucket": bucket, "Key": key, "UploadId": found["UploadId"]}
        try:
            for _ in range(_ABORTS):  # some S3s never say that there is no such upload
                s3.abort_multipart_upload(**which)
        except s3.exceptions.NoSuchUpload:
            pass
        ended += 1
    return ended


class _CutOff(Exception):
    """An answer without its end. Python's http.client takes what a broken connection has left of
    the headers for all of them, so that a 200 may come without body, length and ETag."""


_AGAIN = "What has arrived is kept: call upload again to go on, or abort to give it up."


def crc64nvme(data: bytes) -> str:
    """The checksum that S3 keeps of a whole object, as its API writes it: base64."""
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
        yield from (found for found in page.get("Uploads", ()) if found["Key"] == at["Key"])


def _resumed(s3: Any, at: dict[str, str], parts: list[Part]) -> tuple[str, dict[int, str]] | None:
    """The newest unfinished upload all of whose parts are this file's, and the tags of those."""
    for found in sorted(_unfinished(s3, at), key=lambda one: one["Initiated"], reverse=True):
        if found.get("ChecksumAlgorithm", "CRC64NVME") != "CRC64NVME":
            continue
        tags: dict[int, str] = {}
        try:
            for page in s3.get_paginator("list_parts").paginate(**at, UploadId=found["UploadId"]):
                tags |= {part["PartNumber"]: part["ETag"] for part in page.get("Parts", ())}
        except s3.exceptions.NoSuchUpload:
            continue
        ours = {part.number: part.etag for part in parts}
        if all(ours.get(number) == etag for number, etag in tags.items()):
            return found["UploadId"], tags
    return None


def _completed(
    s3: Any, at: dict[str, str], upload_id: str, tags: dict[int, str], checksum: str, size: int
) -> str:
    """Put the object together; returns its ETag. S3 compares the checksum before it does."""
    parts = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
    try:
        s3.complete_multipart_upload(
            **at,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
            ChecksumCRC64NVME=checksum,
            ChecksumType="FULL_OBJECT",
            MpuObjectSize=size,
        )
    except s3.exceptions.NoSuchUpload:
        pass  # it may have been completed, and the answer lost: the object tells
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "BadDigest":
            raise
        raise UploadError(
            "S3's checksum of the whole is not the file's, so no object was made. Has the file "
            "changed meanwhile? Call abort, then upload again."
        ) from None
    digests = [bytes.fromhex(tag[1:-1]) for _, tag in sorted(tags.items()) if _MD5(tag)]
    etag = f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(tags)}"'
    for _ in range(_LOOKS):
        try:
            made = s3.head_object(**at, ChecksumMode="ENABLED")
        except ClientError as problem:
            if problem.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            raise UploadError(
                "The upload ended before it was complete: somebody aborted it, or a lifecycle "
                "rule did. Call upload again to start anew."
            ) from None
        # Engines that are not AWS's may know no CRC64NVME; there the ETag sums the parts up.
        proof = made.get("ChecksumCRC64NVME")
        right = proof == checksum if proof else made.get("ETag") == etag
        if made.get("ContentLength") == size and right and "ETag" in made:
            return str(made["ETag"])
    raise UploadError(
        f"The object {at['Key']!r} is not this file: another upload has written it since, or "
        "this S3 does not verify checksums. Upload it again."
    )


class _Sender:
    """Sends parts. For S3 it needs nothing but the URLs that it is given."""

    def __init__(
        self, signer: Presigner, path: Path, key: str, upload_id: str, attempts: int, expires: int
    ) -> None:
        self._signer, self._path, self._key = signer, path, key
        self._upload_id, self._attempts, self._expires = upload_id, attempts, expires
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.retries = 0

    def send(self, parts: list[Part], workers: int) -> Iterator[tuple[Part, str]]:
        """Send each; yields it with its ETag when it has arrived. The first failure ends all."""
        with requests.Session() as session, ThreadPoolExecutor(workers) as pool:
            session.mount(self._signer.location.url_base, HTTPAdapter(pool_maxsize=workers))
            session.auth = _as_it_is
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
                # Full jitter, so that all parts do not come again at the same moment.
                self._stop.wait(random.uniform(0, min(_LONGEST_PAUSE, 0.5 * 2**attempt)))
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
            if answer.status_code < 500 and code and code not in _SPOILT:
                break
        raise UploadError(f"Part {part.number} was not sent: {problem}. {_AGAIN}")

    def _put(self, session: requests.Session, part: Part) -> requests.Response:
        try:
            with open(self._path, "rb") as file:
                file.seek(part.offset)
                body = file.read(part.size)
        except OSError as problem:
            raise UploadError(
                f"{self._path} cannot be read any more ({problem.strerror}). {_AGAIN}"
            ) from None
        if hashlib.md5(body, usedforsecurity=False).digest() != part.md5:
            raise UploadError(
                f"{self._path} has changed while it was being uploaded. Call abort, then upload "
                "again."
            )
        # Signed at the last moment, so that no URL expires while it waits; good for these bytes
        # alone, since S3 compares them with a Content-MD5 that nobody can change.
        headers = {"content-md5": base64.b64encode(part.md5).decode()}
        query = {"partNumber": str(part.number), "uploadId": self._upload_id}
        url = self._signer.put(self._key, expires=self._expires, query=query, headers=headers)
        return session.put(url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No password from ~/.netrc: S3 refuses a request that is signed and carries one too."""
    return request


def _bar(size: int, done: int, progress: bool) -> Any:
    """A progress bar: in a notebook, on a terminal, or none."""
    from tqdm.auto import tqdm

    in_notebook = any("notebook" in base.__module__ for base in tqdm.__mro__)
    # None means: only on a terminal.
    disable = True if not progress else False if in_notebook else None
    return tqdm(
        total=size, initial=done, unit="B", unit_scale=True, unit_divisor=1024, disable=disable
    )
