"""A bucket whose morning went wrong: a small company's S3, one of whose links has leaked.

    incident = Incident(lab, seed=13)       the same each time, but for ids, keys and dates
    incident.access_log(), incident.events()
    incident.probe()                        what works now: the leaked link, and honest work

It has a local S3 of its own inside this process, whatever `.env` says: nobody should practise an
incident in an account that others use. The S3's clock is set back while the morning happens, so
that it is over when the learner comes. All requests come from this computer; the logs give each
visitor an address out of the ranges for documentation (RFC 5737).
"""

from __future__ import annotations

import json
import random
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import boto3
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from helpers.lab import Lab
from strict_s3 import Credentials, Presigner, Server, access_log, cloudtrail, in_process
from strict_s3.rules.identity import ACCOUNT

Kind = Literal["session", "key"]

BUCKET = "acme-reports"
# A role, a user with a key of its own, and the user who may assume the role.
APP, MAILER, MACHINE = "acme-app", "acme-newsletter", "acme-machine"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/{APP}"
_HOUR, _WEEK = 3600, 7 * 24 * 3600
_TITLES = (
    *("audit", "budget", "forecast", "margins", "payroll"),
    *("pricing", "q1", "q2", "q3", "sales"),
)
_BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6) Safari/618.1",
    "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0",
)
_STRANGERS = ("curl/8.5.0", "Wget/1.24.5", "python-requests/2.32.3", *_BROWSERS)


@dataclass(frozen=True)
class Link:
    """A presigned GET of one object, and who signed it."""

    key: str
    url: str
    kind: Kind


@dataclass(frozen=True)
class Truth:
    """What there is to find: the object, who signed, and what was downloaded with the link."""

    key: str
    signer: str
    downloads: int
    bytes_sent: int


class Incident:
    """The S3 of the incident. `s3` and `iam` are the administrator's clients.

    `kind` says how the leaked link was signed: in a session of the application's role, or with
    the long-term key of the user that sends the newsletter; by default it is one of them, by
    chance. `seed` makes the same morning again. It is closed when `lab` cleans up.
    """

    def __init__(
        self, lab: Lab | None = None, *, kind: Kind | None = None, seed: int | None = None
    ) -> None:
        self.server: Server = in_process(bucket=BUCKET)
        weakref.finalize(self, self.server.stop)  # of an incident that nobody keeps
        if lab is not None:
            lab.on_clean_up("closed the drill's own S3", self.server.stop)
        self.bucket = self.server.bucket
        self._http = requests.Session()
        self.s3, self.iam = self._client("s3"), self._client("iam")
        self._random = random.Random(seed)
        self._kind: Kind = self._random.choice(get_args(Kind)) if kind is None else kind
        self._addresses: dict[str, str] = {}
        self._start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=50)
        with self.server.at(self._start):
            self._sts = self._found_company()
        self._keys = {
            "key": self._new_key(MAILER),
            "session": self.new_session(at=self._start),
        }
        self.leaked, self.truth = self._morning()

    # For the learner.

    @property
    def boto3_args(self) -> dict[str, Any]:
        """For ``boto3.client``, as the administrator."""
        return self.server.boto3_args

    def access_log(self) -> list[str]:
        """The bucket's server access log, line by line, oldest first."""
        return access_log(self._decisions())

    def events(self) -> list[dict[str, Any]]:
        """CloudTrail's data events of the bucket, oldest first."""
        return cloudtrail(self._decisions())

    def probe(self, minute: float = 0, new_key: Mapping[str, str] | None = None) -> dict[str, int]:
        """Statuses, by what was tried, so many minutes after now, by the S3's clock.

        The application is tried as it runs, in the session of the morning, and as it would be
        after a restart, in a new one. `new_key` is the newsletter's, once it has been rotated.
        """
        with self.server.later(minutes=minute):
            return {
                "the leaked link": self.use(self.leaked.url),
                "the app, as it runs": self.app_works(self._keys["session"]),
                "the app, restarted": self.app_works(),
                "the app's new links": self.new_link_works("session"),
                "the newsletter's new links": self.new_link_works("key", new_key),
            }

    # For the checks.

    def use(self, url: str) -> int:
        """The status of a GET."""
        return self._http.get(url, timeout=10).status_code

    def uses(self, key: str) -> list[dict[str, Any]]:
        """The decisions about presigned requests that were served an object."""
        signed = [each for each in self._decisions() if each["authentication"] == "QueryString"]
        return [each for each in signed if each["key"] == key and each["status"] == 200]

    def is_stored(self) -> bool:
        """Is the object whose link has leaked still under its key?"""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.leaked.key)
        return bool(found.get("Contents"))

    def said(self) -> str:
        """S3's sentence about the last request, and its code."""
        (last,) = self.server.decisions()
        return f"{last['error']}, {last['message']}"

    def app_works(self, session: Credentials | None = None) -> int:
        """The application reads and writes by header, in a new session or in this one."""
        try:
            client = self._client("s3", session or self.new_session())
            client.get_object(Bucket=self.bucket, Key=self.leaked.key)["Body"].read()
            client.put_object(Bucket=self.bucket, Key="reports/new.txt", Body=b"new")
        except ClientError as problem:
            return int(problem.response["ResponseMetadata"]["HTTPStatusCode"])
        return 200

    def new_link_works(
        self, kind: Kind, new_key: Mapping[str, str] | None = None, wait: float = 0
    ) -> int:
        """The status of a link for the same object, signed now and used after `wait` minutes."""
        if kind == "session":
            try:
                credentials = self.new_session()
            except ClientError as problem:
                return int(problem.response["ResponseMetadata"]["HTTPStatusCode"])
        elif new_key:
            credentials = Credentials(new_key["AccessKeyId"], new_key["SecretAccessKey"])
        else:
            credentials = self._keys["key"]
        url = self._sign(credentials, self.leaked.key, datetime.now(UTC), _HOUR)
        with self.server.later(minutes=wait):
            return self.use(url)

    def can_write(self, key: Mapping[str, str]) -> bool:
        """Whether a key may store a report, which the newsletter's may not."""
        who = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        try:
            self._client("s3", who).put_object(Bucket=self.bucket, Key="reports/a.txt", Body=b"")
        except ClientError:
            return False
        return True

    def new_session(self, at: datetime | None = None) -> Credentials:
        """A session of the application's role, issued now or `at`. Raises `ClientError`."""
        with self._clock(at):
            made = self._sts.assume_role(RoleArn=_ROLE, RoleSessionName="web-1")["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    # The company.

    def _client(self, service: str, who: Credentials | None = None) -> Any:
        """A boto3 client of the administrator, or of `who`."""
        # Of the default session: a session of its own would read the services' models again.
        args = self.server.boto3_args
        if who is not None:
            args |= {
                "aws_access_key_id": who.access_key,
                "aws_secret_access_key": who.secret_key,
                "aws_session_token": who.session_token,
            }
        config = Config(signature_version="s3v4" if service == "s3" else None, proxies={})
        return boto3.client(service, **args, config=config)

    def _found_company(self) -> Any:
        """Make the role and the users; an STS client of the one who may assume the role."""
        trust = json.dumps(_allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}))
        self.iam.create_role(RoleName=APP, AssumeRolePolicyDocument=trust)
        objects = f"arn:aws:s3:::{BUCKET}/*"
        own = json.dumps(_allow(["s3:GetObject", "s3:PutObject"], objects))
        self.iam.put_role_policy(RoleName=APP, PolicyName="reports", PolicyDocument=own)
        self.iam.create_user(UserName=MAILER)
        read = json.dumps(_allow("s3:GetObject", objects))
        self.iam.put_user_policy(UserName=MAILER, PolicyName="reports", PolicyDocument=read)
        assume = json.dumps(_allow("sts:AssumeRole", _ROLE))
        self.iam.create_user(UserName=MACHINE)
        self.iam.put_user_policy(UserName=MACHINE, PolicyName="app", PolicyDocument=assume)
        return self._client("sts", self._new_key(MACHINE))

    def _new_key(self, user: str) -> Credentials:
        made = self.iam.create_access_key(UserName=user)["AccessKey"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    def _sign(self, who: Credentials, key: str, at: datetime, seconds: int) -> str:
        clock = at.timestamp()
        signer = Presigner(
            who, self.server.region, self.bucket, self.server.endpoint_url, clock=lambda: clock
        )
        return signer.get(key, expires=seconds)

    # The morning.

    def _morning(self) -> tuple[Link, Truth]:
        """Reports are stored and shared, and one link of them gets into the wrong hands."""
        chance = self._random
        titles = chance.sample(_TITLES, 6)
        keys = [f"reports/{title}.pdf" for title in titles]
        bodies = {key: bytes(chance.randrange(2_000, 9_000)) for key in keys}
        app = self._client("s3", self._keys["session"])
        with self._clock(self._start + timedelta(minutes=1)):
            for key, body in bodies.items():
                app.put_object(Bucket=self.bucket, Key=key, Body=body)
        kinds: list[Kind] = ["session", "key", "session", "key", "session", "key"]
        links = [self._share(key, kind) for key, kind in zip(keys, kinds, strict=True)]
        leaked = chance.choice([link for link in links if link.kind == self._kind])
        used = {link: self._honest_visits(link) for link in links}
        used[leaked] += self._theft(leaked)
        visits = [visit for of_link in used.values() for visit in of_link] + self._noise(links)
        for minute, visit in sorted(visits, key=lambda visit: visit[0]):
            with self._clock(self._start + timedelta(minutes=minute)):
                visit()
        user = f"arn:aws:iam::{ACCOUNT}:user/{MAILER}"
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{APP}/web-1"
        signer = session if self._kind == "session" else user
        downloads = len(used[leaked])
        return leaked, Truth(leaked.key, signer, downloads, downloads * len(bodies[leaked.key]))

    def _share(self, key: str, kind: Kind) -> Link:
        seconds = _WEEK if kind == "key" else 12 * _HOUR
        at = self._start + timedelta(minutes=2)
        return Link(key, self._sign(self._keys[kind], key, at, seconds), kind)

    def _honest_visits(self, link: Link) -> list[tuple[int, Callable[[], None]]]:
        """One customer, who may come back; always from one address."""
        address, browser = (
            f"192.0.2.{self._random.randrange(10, 250)}",
            self._random.choice(_BROWSERS),
        )
        times = self._random.choices(range(3, 45), k=self._random.choice((1, 2, 5)))
        return [(minute, self._visit(link.url, address, browser)) for minute in times]

    def _theft(self, link: Link) -> list[tuple[int, Callable[[], None]]]:
        chance = self._random
        networks = chance.sample(range(1, 250), 4)
        return [
            (
                chance.randrange(10, 48),
                self._visit(
                    link.url,
                    f"{chance.choice(('198.51.100', '203.0.113'))}.{chance.choice(networks)}",
                    chance.choice(_STRANGERS),
                    "https://forum.example/t/4711",
                ),
            )
            for _ in range(chance.randrange(12, 25))
        ]

    def _noise(self, links: list[Link]) -> list[tuple[int, Callable[[], None]]]:
        """What is in every log and is no leak: expired and mistyped links, robots, a form."""
        key = links[0].key
        old = self._sign(self._keys["key"], key, self._start - timedelta(days=9), _WEEK)
        bare = f"{self.server.endpoint_url}/{self.bucket}/"
        robot = "198.51.100.200"
        form = self.s3.generate_presigned_post(self.bucket, "inbox/survey.csv", ExpiresIn=3600)
        return [
            *((minute, self._visit(old, "192.0.2.9", _BROWSERS[0])) for minute in (5, 6, 7)),
            *((minute, self._visit(f"{bare}.env", robot, "Nuclei")) for minute in (20, 21)),
            (22, self._visit(links[1].url[:-1], "192.0.2.30", _BROWSERS[1])),
            (30, lambda: self._post(form, "192.0.2.77")),
        ]

    def _visit(self, url: str, address: str, agent: str, page: str = "") -> Callable[[], None]:
        headers = {"user-agent": agent} | ({"referer": page} if page else {})

        def visit() -> None:
            self._note(self._http.get(url, headers=headers, timeout=10), address)

        return visit

    def _post(self, form: Mapping[str, Any], address: str) -> None:
        files = {"file": ("survey.csv", b"name;stars\nAda;5\n")}
        headers = {"user-agent": _BROWSERS[2]}
        answer = self._http.post(
            form["url"], data=form["fields"], files=files, headers=headers, timeout=10
        )
        self._note(answer, address)

    def _note(self, answer: requests.Response, address: str) -> None:
        self._addresses[answer.headers["x-amz-request-id"]] = address

    def _decisions(self) -> Iterable[dict[str, Any]]:
        for decision in self.server.decisions(1000):
            address = self._addresses.get(decision["request_id"], "10.0.0.4")
            yield decision | {"source_ip": address}

    @contextmanager
    def _clock(self, at: datetime | None) -> Iterator[None]:
        if at is None:
            yield
        else:
            with self.server.at(at):
                yield


def _allow(action: str | list[str], resource: str = "", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, **more}
    statement |= {"Resource": resource} if resource else {}
    return {"Version": "2012-10-17", "Statement": [statement]}
