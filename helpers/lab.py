"""Connect a notebook to an S3: the local one, or the one that .env names."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import LabError
from helpers.settings import Settings, load_settings
from strict_s3 import Credentials, Presigner, Server, ServerError, start, why
from strict_s3.redact import redact_key

SETTLE_SECONDS = 15  # nearly always enough for a new key or policy to reach all of AWS


@dataclass
class Lab:
    """An S3 to talk to.

    `boto3_args` are the keyword arguments that make ``boto3.client("s3", **lab.boto3_args)`` talk
    to it; `bucket` is the bucket of the lessons. `local` is True for the local S3.
    """

    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None
    local: bool = True
    server: Server | None = field(default=None, repr=False)

    @property
    def boto3_args(self) -> dict[str, Any]:
        """Region, endpoint and credentials. Holds the secret key: do not print it."""
        return {
            "region_name": self.region,
            "endpoint_url": self.endpoint_url,
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.session_token,
        }

    @property
    def where(self) -> str:
        """The S3's address, or AWS."""
        return self.endpoint_url or "AWS"

    def client(self, service: str = "s3") -> Any:
        """A boto3 client: for S3 with Signature Version 4 and the regional host, always."""
        config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
        return boto3.client(
            service,
            **self.boto3_args,
            config=config if service == "s3" else None,
        )

    def presigner(self) -> Presigner:
        """Signs any number of URLs for the lessons' bucket."""
        credentials = Credentials(self.access_key, self.secret_key, self.session_token)
        return Presigner(credentials, self.region, self.bucket, self.endpoint_url)

    def with_key(self, key: Mapping[str, Any]) -> Lab:
        """The same S3 with another key: IAM's ``AccessKey`` or STS's ``Credentials``."""
        return replace(
            self,
            access_key=key["AccessKeyId"],
            secret_key=key["SecretAccessKey"],
            session_token=key.get("SessionToken"),
        )

    def ask(self, changes: str) -> None:
        """On a real S3, ask before `changes` ("make an IAM user …"). Raises `LabError` on a no.

        The local S3 belongs to the notebook, so there nobody is asked.
        """
        if self.local:
            return
        print(f"At {self.where} this lesson will {changes}.")
        if not said_yes("Continue? [y/N] "):
            raise LabError(
                "Nothing was changed. To use the local S3 for this lesson, rename .env, restart "
                "the kernel and run all cells."
            )

    def let_it_settle(self) -> None:
        """Wait until a new key, policy or setting applies everywhere. Locally it does at once.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
        """
        if not self.local:
            print(f"Waiting {SETTLE_SECONDS} seconds for the change to reach all of AWS.")
            time.sleep(SETTLE_SECONDS)

    @contextmanager
    def later(self, **duration: float) -> Iterator[None]:
        """The S3's clock moved forward inside a ``with``: ``lab.later(minutes=31)``.

        On a real S3 nobody can do that: there it raises `LabError` and says how long to wait.
        """
        wait = " ".join(f"{number:g} {unit}" for unit, number in duration.items())
        real = (
            f"Only the local S3's clock can be moved. On a real S3, wait {wait} and run the "
            "request again, or sign a URL with a short ExpiresIn."
        )
        with self._local(real) as server, server.later(**duration):
            yield

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """The S3's clock set to `moment`, which has a time zone; otherwise as `later`."""
        real = f"Only the local S3's clock can be moved. On a real S3, wait until {moment}."
        with self._local(real) as server, server.at(moment):
            yield

    def decisions(self, last: int = 1) -> list[dict[str, Any]]:
        """The local S3's last decisions, oldest first: what it checked, and where it stopped."""
        with self._local("A real S3 does not say what it checked; the local S3 does.") as server:
            return server.decisions(last)

    def why(self) -> None:
        """Print the checks of the last request, in order, up to the one that refused it."""
        print(why(self))

    def reset(self) -> None:
        """Empty the local S3: buckets, users and clock as at the start."""
        real = "Only the local S3 can be emptied. On a real S3, use clean_up(prefix)."
        with self._local(real) as server:
            server.reset()

    @contextmanager
    def _local(self, real: str) -> Iterator[Server]:
        """The local S3. Raises `LabError`: with the sentence `real`, or if it has stopped."""
        if self.server is None:
            raise LabError(real)
        try:
            yield self.server
        except ServerError as problem:
            raise LabError(f"{problem} (Run connect() again.)") from None

    def clean_up(self, prefix: str) -> int:
        """Delete every object of the lessons' bucket whose key starts with `prefix`.

        Returns their number. Unfinished multipart uploads there are aborted. `helpers.clean_up`
        removes the rest of what a lesson made.
        """
        if not prefix:
            raise LabError(
                'clean_up needs a prefix, such as "lesson-04/", or it would empty the whole bucket.'
            )
        s3, deleted = self.client(), 0
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
            if keys:
                s3.delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})
                deleted += len(keys)
        # Parts of unfinished uploads are in no listing of objects, and cost as much.
        for page in s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=self.bucket, Prefix=prefix
        ):
            for upload in page.get("Uploads", []):
                s3.abort_multipart_upload(
                    Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )
        return deleted

    def close(self) -> None:
        """Stop the local S3. (It also stops by itself when the notebook's kernel ends.)"""
        if self.server is not None:
            self.server.stop()

    def __str__(self) -> str:
        if self.local:
            return (
                f"Connected to the local S3 on this computer:\nregion {self.region}, "
                f"bucket {self.bucket}.\nNo account, no network, no cost."
            )
        return (
            f"Connected to {self.where}:\nregion {self.region}, "
            f"bucket {self.bucket}, as {redact_key(self.access_key)}.\nRequests may cost money."
        )


_current: Lab | None = None


def connect() -> Lab:
    """The S3 of this notebook: the one that .env names, or else a local S3 of its own.

    A second call returns the same lab while its S3 runs. Raises `LabError`.
    """
    global _current
    settings = load_settings()
    if settings is not None:
        return _connect_real(settings)
    if _current is not None and _current.server is not None and _current.server.alive:
        return _current
    _bypass_proxies()
    try:
        server = start()
    except ServerError as problem:
        raise LabError(f"{problem} `python3 -m helpers check` says what is missing.") from None
    _current = Lab(
        server.bucket,
        server.region,
        server.access_key,
        server.secret_key,
        endpoint_url=server.endpoint_url,
        server=server,
    )
    return _current


def _bypass_proxies() -> None:
    """Keep requests to this computer away from a proxy that is set for the internet."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1", "localhost"])


def _connect_real(settings: Settings) -> Lab:
    lab = Lab(**vars(settings), local=False)
    s3 = lab.client()
    try:
        s3.head_bucket(Bucket=lab.bucket)
    except ClientError as problem:
        status = problem.response["ResponseMetadata"]["HTTPStatusCode"]
        if status != 404:
            raise LabError(
                f"S3 answers {status} for the bucket {lab.bucket!r} (S3_BUCKET) in the region "
                f"{lab.region!r} (S3_REGION). Check that the bucket is yours, that this is its "
                "region, and that the key is allowed to list it (s3:ListBucket)."
            ) from None
        _offer_bucket(s3, lab)
    except BotoCoreError as problem:
        raise LabError(
            f"{lab.where} cannot be reached ({problem}). Check the network and "
            "S3_ENDPOINT_URL, or delete .env to use the local S3."
        ) from None
    return lab


def _offer_bucket(s3: Any, lab: Lab) -> None:
    print(f"There is no bucket {lab.bucket!r} at {lab.where}.")
    print(f"This would create it in {lab.region}: private, ACLs off. An empty bucket is free.")
    if not said_yes("Create it? [y/N] "):
        raise LabError(
            f"Nothing was created. Create the bucket {lab.bucket!r} yourself, name another one in "
            "S3_BUCKET, or delete .env to use the local S3."
        )
    where = {} if lab.region == "us-east-1" else {"LocationConstraint": lab.region}
    s3.create_bucket(Bucket=lab.bucket, **({"CreateBucketConfiguration": where} if where else {}))


def said_yes(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except (EOFError, RuntimeError):  # there is nobody to ask
        return False
