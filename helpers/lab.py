"""Connect a notebook to an S3: the local one, or the one that .env names."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from helpers.address import note, open_s3
from helpers.clean_up import DELETE, KINDS, SETTINGS, Made, check_name, delete_objects
from helpers.errors import LabError
from helpers.settings import Settings, load_settings
from strict_s3 import Credentials, Presigner, Server, ServerError, why
from strict_s3.handle import past_proxies
from strict_s3.redact import redact_key

SETTLE_SECONDS = 15  # nearly always enough for a new key or policy to reach all of AWS


@dataclass
class Lab:
    """An S3 to talk to.

    `boto3_args` are the keyword arguments that make ``boto3.client("s3", **lab.boto3_args)`` talk
    to it; `bucket` is the bucket of the lessons. `local` is True for the local S3. `lesson` is
    the number of the notebook's lesson, whose objects are under `prefix`; `made` is what else it
    made.
    """

    bucket: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None
    local: bool = True
    server: Server | None = field(default=None, repr=False)
    lesson: str = ""
    made: Made = field(default_factory=Made, repr=False)

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
    def prefix(self) -> str:
        """What the keys of this lesson's objects begin with: ``lesson-04/``."""
        return f"lesson-{self.lesson}/"

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
        """The same S3 with a different key: IAM's ``AccessKey`` or STS's ``Credentials``.

        Raises `LabError` for the whole response, which has the key inside.
        """
        if "AccessKeyId" not in key:
            raise LabError(
                'This is the whole response. Take the key out of it: ["AccessKey"] of '
                'create_access_key, ["Credentials"] of assume_role.'
            )
        return replace(
            self,
            access_key=key["AccessKeyId"],
            secret_key=key["SecretAccessKey"],
            session_token=key.get("SessionToken"),
        )

    def will_make(self, *settings: str, **names: Iterable[str]) -> None:
        """Note what this lesson is about to make, so that `clean_up` removes it whatever happens.

        `names` are those of ``buckets``, ``users``, ``roles`` and ``policies``; `settings` of the
        lessons' bucket, which `clean_up` puts back, are "cors" and "lifecycle". What an earlier
        run left under these names is deleted. On a real S3 it asks before, once for each name;
        the local S3 belongs to the notebook. Raises `LabError` on a no, and for a name that no
        lesson gives.

            lab.will_make("cors", users=["s3-lessons-02-app"])
        """
        for kind, added in names.items():
            for name in added:
                check_name(kind, name)
        wanted = {*settings, *(f"{kind} {name}" for kind in names for name in names[kind])}
        if not self.local and not wanted <= self.made.agreed:
            print(f"At {self.where} this lesson will {_changes(settings, names, self.bucket)}.")
            print("Its last cell, lab.clean_up(), deletes what it made and puts settings back.")
            if not said_yes("Continue? [y/N] "):
                raise LabError(
                    "Nothing was changed. To use the local S3 for this lesson, rename .env, "
                    "restart the kernel and run all cells."
                )
        self.made.agreed |= wanted
        self.made.note(names, {})
        self.keep(*settings)
        for kind in KINDS:
            for name in names.get(kind, ()):
                try:
                    DELETE[kind](self.client("s3" if kind == "buckets" else "iam"), name)
                except (BotoCoreError, ClientError) as problem:
                    self.made.names[kind].remove(name)
                    self.made.save()
                    raise LabError(
                        f"{self.where} can't be asked about the {_ONE[kind]} {name}: {problem} "
                        "This lesson needs an S3 where the key in .env is allowed to make one. "
                        "Rename .env and restart the kernel to use the local S3."
                    ) from None

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket of this lesson, noted and asked for as `will_make` says."""
        self.will_make(buckets=[name])
        _create_bucket(self, name)

    def keep(self, *settings: str) -> None:
        """Note what these settings of the bucket are now, for `clean_up` to put back."""
        if self.lesson:
            s3 = self.client()
            now = {name: SETTINGS[name].read(s3, self.bucket) for name in settings}
            self.made.note({}, now)

    def on_clean_up(self, what: str, stop: Callable[[], None]) -> None:
        """Have `clean_up` call `stop` first, and print `what` then: "stopped the uploader"."""
        self.made.stops.append((what, stop))

    def scratch(self) -> Path:
        """A new folder for files of this lesson, which `clean_up` removes."""
        folder = Path(tempfile.mkdtemp(prefix="s3-lessons-"))
        remove = partial(shutil.rmtree, folder, ignore_errors=True)
        self.on_clean_up("removed a scratch folder", remove)
        return folder

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
        """Show the checks of the last request, in order, up to the one that refused it."""
        from helpers import show  # the cards are above this room

        show(why(self))

    def reset(self) -> None:
        """Empty the local S3: buckets, users and clock as at the start."""
        real = "Only the local S3 can be emptied. On a real S3, use lab.clean_up()."
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

    def clean_up(self) -> None:
        """Remove all that this lesson made, and print what that was. Harmless when run again.

        Pages are stopped, settings put back; objects under ``lesson-NN/``, buckets, users, roles
        and policies deleted. Each step is tried. Raises `LabError` with those that failed, which
        the next call tries again.
        """
        made = self.made
        failed: list[str] = []
        lines: list[str] = []
        s3, iam = self.client(), self.client("iam")

        def step(words: str, call: Callable[[], Any]) -> bool:
            try:
                if call() is not False:  # what was not there is not worth a line
                    lines.append(words)
            except (BotoCoreError, ClientError, OSError) as problem:
                failed.append(f"{words}: {problem}")
                return False
            return True

        while made.stops:
            what, stop = made.stops.pop()
            step(what, stop)
        for name, value in list(made.before.items()):
            put_back = partial(SETTINGS[name].write, s3, self.bucket, value)
            if step(f"put back the bucket's {SETTINGS[name].words}", put_back):
                del made.before[name]
        for kind in KINDS:
            for name in list(made.names.get(kind, ())):
                call = partial(DELETE[kind], s3 if kind == "buckets" else iam, name)
                if step(f"deleted the {_ONE[kind]} {name}", call):
                    made.names[kind].remove(name)
        made.save()
        if self.lesson:
            try:
                deleted = delete_objects(s3, self.bucket, self.prefix)
                if deleted:
                    objects = "1 object" if deleted == 1 else f"{deleted} objects"
                    lines.append(f"deleted {objects} in {self.prefix}")
            except (BotoCoreError, ClientError) as problem:
                failed.append(f"delete the objects in {self.prefix}: {problem}")
        print("\n".join(lines or ["nothing is left of this lesson"]))
        if failed:
            raise LabError("Not done, so run this cell again: " + "; ".join(failed))

    def close(self) -> None:
        """Stop the local S3. (It also stops by itself when the notebook's kernel ends.)"""
        if self.server is not None:
            self.server.stop()

    def __str__(self) -> str:
        if self.local:
            where = "in this browser" if sys.platform == "emscripten" else "on this computer"
            return (
                f"Connected to the local S3 {where}:\nregion {self.region}, "
                f"bucket {self.bucket}.\nNo account, no network, no cost."
                f"{note(self.where)}"
            )
        return (
            f"Connected to {self.where}:\nregion {self.region}, "
            f"bucket {self.bucket}, as {redact_key(self.access_key)}.\nRequests may cost money."
        )


_current: Lab | None = None


def connect(lesson: str = "") -> Lab:
    """The S3 of this notebook: the one that .env names, or else a local S3 of its own.

    `lesson` is the lesson's number, such as "04". A second call returns the same lab while its S3
    runs. Raises `LabError`.
    """
    global _current
    settings = load_settings()
    if settings is not None:
        _current = _connect_real(settings, lesson)
        return _current
    if _current is not None and _current.server is not None and _current.server.alive:
        _current.lesson = lesson or _current.lesson
        return _current
    _bypass_proxies()
    try:
        server = open_s3()
    except ServerError as problem:
        raise LabError(f"{problem} `python3 -m helpers check` says what is missing.") from None
    _current = Lab(
        server.bucket,
        server.region,
        server.access_key,
        server.secret_key,
        endpoint_url=server.endpoint_url,
        server=server,
        lesson=lesson,
    )
    return _current


_ONE = {"buckets": "bucket", "users": "IAM user", "roles": "IAM role", "policies": "IAM policy"}


def _changes(settings: Iterable[str], names: Mapping[str, Iterable[str]], bucket: str) -> str:
    """What `Lab.will_make` asks about, in words."""
    made = [f"the {_ONE[kind]} {name}" for kind in KINDS for name in names.get(kind, ())]
    changed = [f"the {SETTINGS[name].words} of {bucket}" for name in settings]
    parts = [f"make {', '.join(made)}"] if made else []
    return " and ".join([*parts, *([f"change {', '.join(changed)}"] if changed else [])])


def _bypass_proxies() -> None:
    """Keep requests to this computer away from a proxy that is set for the internet."""
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = past_proxies(os.environ.get(name, ""))


def _connect_real(settings: Settings, lesson: str) -> Lab:
    lab = Lab(**vars(settings), local=False, lesson=lesson)
    owner = f"{lab.where} {lab.bucket} {lesson}"
    lab.made = _current.made if _current and _current.made.owner == owner else Made.read(owner)
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
        _offer_bucket(lab)
    except BotoCoreError as problem:
        raise LabError(
            f"{lab.where} cannot be reached ({problem}). Check the network and "
            "S3_ENDPOINT_URL, or delete .env to use the local S3."
        ) from None
    return lab


def _offer_bucket(lab: Lab) -> None:
    print(f"There is no bucket {lab.bucket!r} at {lab.where}.")
    print(f"This would create it in {lab.region}: private, ACLs off. An empty bucket is free.")
    if not said_yes("Create it? [y/N] "):
        raise LabError(
            f"Nothing was created. Create the bucket {lab.bucket!r} yourself, name a different one "
            "in S3_BUCKET, or delete .env to use the local S3."
        )
    _create_bucket(lab, lab.bucket)


def _create_bucket(lab: Lab, name: str) -> None:
    where = {} if lab.region == "us-east-1" else {"LocationConstraint": lab.region}
    more = {"CreateBucketConfiguration": where} if where else {}
    lab.client().create_bucket(Bucket=name, **more)


def said_yes(question: str) -> bool:
    """Ask; no answer is a no."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except (EOFError, RuntimeError):  # there is nobody to ask
        return False
