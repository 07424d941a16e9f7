"""Connect a notebook to an S3: the local one, or the one that .env names."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import LabError, SettingsError
from helpers.settings import PROJECT, Settings, load_settings
from strict_s3.explainer import why
from strict_s3.redact import redact_key
from strict_s3.signing.presigner import Credentials, Presigner

START_SECONDS = 60
SETTLE_SECONDS = 15  # until a new key or policy is known everywhere in AWS, nearly always


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
    _server: _Server | None = field(default=None, repr=False)

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
        """On a real S3, go on only after a yes to `changes` ("make an IAM user …").

        The local S3 belongs to the notebook, so there nobody is asked. Raises `LabError` on a no.
        """
        if self.local:
            return
        print(f"At {self.endpoint_url or 'AWS'} this lesson will {changes}.")
        if not said_yes("Go on? [y/N] "):
            raise LabError(
                "Nothing was changed. To take this lesson with the local S3, move .env away, "
                "restart the kernel and run all cells."
            )

    def let_it_settle(self) -> None:
        """Wait until a new key, policy or setting is known everywhere. No wait locally.

        Source: "Changes that I make are not always immediately visible", IAM user guide.
        """
        if not self.local:
            print(f"Waiting {SETTLE_SECONDS} seconds until AWS knows the change everywhere.")
            time.sleep(SETTLE_SECONDS)

    @contextmanager
    def later(self, **duration: float) -> Iterator[None]:
        """The server's clock moved forward inside a ``with``: ``lab.later(minutes=31)``.

        On a real S3 nobody can do that: there it raises `LabError` and says how long to wait.
        """
        ahead = timedelta(**duration)
        if self._server is None:
            raise LabError(
                f"Only the local S3's clock can be moved. On a real S3, wait {ahead} and run the "
                "request again, or sign a URL with a short ExpiresIn."
            )
        before = self._server.offset
        self._server.set_clock(before + ahead)
        try:
            yield
        finally:
            self._server.set_clock(before)

    def decisions(self, last: int = 1) -> list[dict[str, Any]]:
        """The local S3's last decisions, oldest first: what it checked, and where it stopped."""
        if self._server is None:
            raise LabError("A real S3 does not say what it checked; the local S3 does.")
        found: list[dict[str, Any]] = self._server.ask({"do": "decisions", "last": last})
        return found

    def why(self) -> None:
        """Print the checks of the last request, in order, up to the one that refused it."""
        print(why(self))

    def reset(self) -> None:
        """Empty the local S3: buckets, users and clock as at the start."""
        if self._server is None:
            raise LabError("Only the local S3 can be emptied. Use clean_up(prefix) on a real one.")
        self._server.ask({"do": "reset"})
        self._server.offset = timedelta()

    def clean_up(self, prefix: str) -> int:
        """Delete every object of the lessons' bucket whose key starts with `prefix`.

        Answers how many those were. Unfinished multipart uploads there are given up. What else a
        lesson made, `helpers.clean_up` removes.
        """
        if not prefix:
            raise LabError("clean_up needs a prefix, so that it cannot empty a whole bucket.")
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
        if self._server is not None:
            self._server.stop()

    def __str__(self) -> str:
        if self.local:
            return (
                f"Connected to the local S3 on this computer:\nregion {self.region}, "
                f"bucket {self.bucket}.\nNo account, no network, no cost."
            )
        return (
            f"Connected to {self.endpoint_url or 'AWS'}:\nregion {self.region}, "
            f"bucket {self.bucket}, as {redact_key(self.access_key)}.\nRequests may cost money."
        )


class _Server:
    """The local S3 as a child process, and its control pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "strict_s3.server.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None,
            text=True,
            encoding="utf-8",
            cwd=PROJECT,
        )
        self._lock = threading.Lock()
        self.offset = timedelta()
        # A process that hangs before its first line is ended, and the read below with it.
        watchdog = threading.Timer(START_SECONDS, self._process.kill)
        watchdog.start()
        try:
            line = self._read()
        finally:
            watchdog.cancel()
        self.ready: dict[str, str] = json.loads(line)
        atexit.register(self.stop)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        with self._lock:
            try:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
                answer = json.loads(self._read())
            except (OSError, ValueError):  # a pipe that is broken, closed or no longer speaks JSON
                raise LabError(
                    "The local S3 has stopped. Run connect() again to start a new, empty one."
                ) from None
        if "error" in answer:
            raise LabError(answer["error"])
        return answer["ok"]

    def set_clock(self, offset: timedelta) -> None:
        self.ask({"do": "clock", "offset": offset.total_seconds()})
        self.offset = offset

    def stop(self) -> None:
        if self.alive:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise LabError(
                "The local S3 did not start or has stopped. `python3 -m helpers check` says what "
                "is missing; run connect() again to start a new, empty one."
            )
        return line


_current: Lab | None = None


def connect() -> Lab:
    """The S3 of this notebook: what .env names, or else a local S3 of its own.

    Called again, it answers with the same lab, its clock set right. Raises `LabError`.
    """
    global _current
    try:
        settings = load_settings()
    except SettingsError as problem:
        raise LabError(str(problem)) from None
    if settings is not None:
        return _connect_real(settings)
    if _current is not None and _current._server is not None and _current._server.alive:
        _current._server.set_clock(timedelta())
        return _current
    _bypass_proxies()
    server = _Server()
    ready = server.ready
    _current = Lab(
        ready["bucket"],
        ready["region"],
        ready["access_key"],
        ready["secret_key"],
        endpoint_url=ready["endpoint"],
        _server=server,
    )
    return _current


def _bypass_proxies() -> None:
    """A proxy set for the internet must not get requests for this computer."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1", "localhost"])


def _connect_real(settings: Settings) -> Lab:
    lab = Lab(
        settings.bucket,
        settings.region,
        settings.access_key,
        settings.secret_key,
        settings.session_token,
        settings.endpoint_url,
        local=False,
    )
    s3 = lab.client()
    try:
        s3.head_bucket(Bucket=lab.bucket)
    except ClientError as problem:
        status = problem.response["ResponseMetadata"]["HTTPStatusCode"]
        if status != 404:
            raise LabError(
                f"The bucket {lab.bucket!r} (S3_BUCKET) answers {status} in region {lab.region!r} "
                "(S3_REGION). Check that the bucket is yours, that this is its region, and that "
                "the key may list it (s3:ListBucket)."
            ) from None
        _offer_bucket(s3, lab)
    except BotoCoreError as problem:
        raise LabError(
            f"{lab.endpoint_url or 'AWS'} cannot be reached ({problem}). Check the network and "
            "S3_ENDPOINT_URL, or delete .env to use the local S3."
        ) from None
    return lab


def _offer_bucket(s3: Any, lab: Lab) -> None:
    print(f"There is no bucket {lab.bucket!r} at {lab.endpoint_url or 'AWS'}.")
    print(f"This would create it in {lab.region}: private, ACLs off. An empty bucket is free.")
    if not said_yes("Create it? [y/N] "):
        raise LabError(
            f"Nothing was created. Create the bucket {lab.bucket!r} yourself, or name another in "
            "S3_BUCKET, or delete .env to use the local S3."
        )
    where = {} if lab.region == "us-east-1" else {"LocationConstraint": lab.region}
    s3.create_bucket(Bucket=lab.bucket, **({"CreateBucketConfiguration": where} if where else {}))


def said_yes(question: str) -> bool:
    try:
        return input(question).strip().lower() in ("y", "yes")
    except (EOFError, RuntimeError):  # nobody is there to be asked
        return False
