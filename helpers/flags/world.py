"""One world of a level: a new bucket, two people, an application with a key of its own.

    Arena       the local S3 on which the levels are played; it is never a real account
    Stage       a fresh world, as the judge sees it: with the account's root key
    World       the same, as an attacker sees it

The names and contents of a stage are random, so an answer can't be known in advance, and the
victim's name begins with the attacker's: half a comparison is never enough.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3

from helpers.errors import Denied, NotYet, short
from helpers.flags.running import SECONDS, Broke, run
from strict_s3 import Server, in_process

if TYPE_CHECKING:
    from helpers.flags.level import Level

OWN = b"something of my own"
_WAIT = 10  # seconds for a response
_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


class NotSent(NotYet):
    """What should be sent is no request to this world's S3."""


@dataclass(frozen=True)
class Answer:
    """S3's response: `status`, `body` as bytes, `headers` with names in lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, repr=False)
class World:
    """What you have as an attacker: an account, the application's function, and its S3.

    `me` and `victim` are the names of two users, `bucket` is the application's, `target` the key of
    the victim's file. ``sign(…)`` asks the application as `me`; it does not show you its key.
    ``send`` and ``post`` send exactly what they are given. The other fields are filled where a
    level needs them; printed are those that are.
    """

    me: str
    victim: str
    bucket: str
    target: str
    sign: Callable[..., Any]
    send: Callable[..., Answer]
    post: Callable[..., Answer]
    confirm: Callable[[str], bool] | None = None
    virus: bytes = b""
    log: tuple[str, ...] = ()
    other_bucket: str = ""

    def __repr__(self) -> str:
        shown = ("me", "victim", "bucket", "target", "virus", "other_bucket")
        filled = [f"{name}={getattr(self, name)!r}" for name in shown if getattr(self, name)]
        lines = [f"log of {len(self.log)} line(s)"] if self.log else []
        return f"World({', '.join([*filled, *lines])})"


class Arena:
    """A local S3 for the levels alone, in this process; no lesson has its root key."""

    def __init__(self) -> None:
        self.server: Server = in_process()
        self.root, self.iam = self.server.client(), self.server.client("iam")

    @property
    def alive(self) -> bool:
        return self.server.alive

    def stop(self) -> None:
        self.server.stop()

    def stage(self, level: Level, signer: Callable[..., Any]) -> Stage:
        """A fresh world in which `signer` is the application's; the one before is gone."""
        self.server.reset()
        return Stage(self, level, signer)


class Stage:
    """A fresh world, and what the judge needs beside it.

    `root` is a boto3 client that may do everything, `app` the application's own; `state` is what
    the application keeps between two calls of its signer, if the level has such a thing.
    """

    def __init__(self, arena: Arena, level: Level, signer: Callable[..., Any]) -> None:
        self.server, self.root, self.iam = arena.server, arena.root, arena.iam
        self.level = level
        self.bucket = f"flags-{secrets.token_hex(5)}"
        self.me = f"u{secrets.token_hex(2)}"
        self.victim = f"{self.me}{secrets.token_hex(1)}"
        self.secret = secrets.token_hex(16).encode()
        self.secret_name = f"{secrets.token_hex(4)}.txt"
        self.target = f"{self.victim}/{self.secret_name}"
        self.virus = secrets.token_hex(8).encode()
        self.approved: set[str] = set()
        self.other_bucket = ""
        self.unseen = secrets.token_hex(8)  # a name that only a listing tells
        self.make_bucket(self.bucket)
        self.put(self.target, self.secret)
        self.put(f"{self.me}/mine.txt", OWN)
        self.app = self.server.client(self.server.user(_EVERYTHING))
        self.state: Any = level.state() if level.state else None
        self._signer = level.adapt(self, signer) if level.adapt else signer
        if level.prepare:
            level.prepare(self)

    def make_bucket(self, name: str) -> None:
        where = {"LocationConstraint": self.server.region}
        self.root.create_bucket(Bucket=name, CreateBucketConfiguration=where)

    def put(self, key: str, body: bytes) -> None:
        self.root.put_object(Bucket=self.bucket, Key=key, Body=body)

    def get(self, key: str) -> bytes:
        """The object's content; empty if there is none."""
        return self.objects().get(key, b"")

    def objects(self) -> dict[str, bytes]:
        """Every object of the bucket. Levels have a handful, and small ones."""
        found = self.root.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        keys = [item["Key"] for item in found]
        return {k: self.root.get_object(Bucket=self.bucket, Key=k)["Body"].read() for k in keys}

    def sign(self, user: str, *arguments: Any, **named: Any) -> Any:
        """What the application answers to `user`. Raises `Denied`, or `Broke` if it fails."""
        state = () if self.state is None else (self.state,)
        given = (self.app, self.bucket, user, *state, *arguments)
        try:
            return run(self._signer, given, named, seconds=SECONDS / 4)
        except Broke as problem:
            if isinstance(problem.__cause__, Denied):
                raise problem.__cause__ from None
            raise

    def confirm(self, key: str) -> bool:
        """The application's scanner: approves an uploaded object, or deletes it."""
        if self.virus in self.get(key):
            self.root.delete_object(Bucket=self.bucket, Key=key)
            return False
        self.approved.add(key)
        return True

    def world(self) -> World:
        """What the attacker has."""
        return World(
            self.me,
            self.victim,
            self.bucket,
            "" if self.level.hides_target else self.target,
            lambda *arguments, **named: self.sign(self.me, *arguments, **named),
            self.send,
            self.post,
            self.confirm if self.level.confirms else None,
            self.virus if self.level.confirms else b"",
            tuple(self.state) if isinstance(self.state, list) else (),
            self.other_bucket,
        )

    def later(self, **duration: float) -> AbstractContextManager[None]:
        """S3's clock moved forward inside a ``with``: ``later(minutes=10)``."""
        return self.server.later(**duration)

    def send(
        self,
        url: object,
        method: str = "GET",
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The request as it is given: no dot is resolved, no redirect followed, nothing added.

        Raises `NotSent` for what is not a URL of this S3.
        """
        target = self._own(url)
        data = body.encode() if isinstance(body, str) else bytes(body)
        given = {str(name): str(value) for name, value in (headers or {}).items()}
        if data or method in ("PUT", "POST"):
            given.setdefault("Content-Length", str(len(data)))
        place = urlsplit(self.server.endpoint_url)
        try:
            # Not by requests, which resolves dots in a path.
            with urllib3.HTTPConnectionPool(str(place.hostname), place.port) as pool:
                found = pool.urlopen(
                    method, target, data or None, given, timeout=_WAIT, retries=False
                )
        except (urllib3.exceptions.HTTPError, OSError, ValueError, TypeError) as problem:
            raise NotSent(f"this could not be sent ({type(problem).__name__}).") from None
        names = {name.lower(): value for name, value in found.headers.items()}
        return Answer(found.status, found.data, names)

    def post(self, form: object, body: bytes, name: str = "file.bin", **fields: str) -> Answer:
        """A file sent with a form, as a browser does; `fields` replace those of the form.

        A field whose name is no Python name is given as ``**{"Content-Type": "image/png"}``.
        """
        if not isinstance(form, Mapping) or not {"url", "fields"} <= set(form):
            raise NotSent(f"a form has 'url' and 'fields'; this is {short(form)}.")
        self._own(form["url"])
        try:
            found = requests.post(
                form["url"],
                data={**form["fields"], **fields},
                files={"file": (name, body)},
                timeout=_WAIT,
                allow_redirects=False,
            )
        except (requests.RequestException, TypeError, ValueError) as problem:
            raise NotSent(f"this could not be sent ({type(problem).__name__}).") from None
        headers = {name.lower(): value for name, value in found.headers.items()}
        return Answer(found.status_code, found.content, headers)

    def _own(self, url: object) -> str:
        """What follows the host in a URL of this world's S3."""
        if not isinstance(url, str) or "://" not in url:
            raise NotSent(f"a URL was expected; this is {short(url)}.")
        if not url.startswith(self.server.endpoint_url):
            raise NotSent("this URL leads to a different server.")
        target = url.removeprefix(self.server.endpoint_url).partition("#")[0]
        return target if target.startswith("/") else f"/{target}"
