"""`Server`: a running strict S3, and all that a test does with it, wherever it runs."""

from __future__ import annotations

import json
import os
import secrets
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from .errors import OptionError, ServerError
from .options import MAX_DECISIONS

if TYPE_CHECKING:
    from types import TracebackType

    from .explainer import Why
    from .signing.presigner import Credentials

_UNITS = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")
# Read by boto3, the AWS CLI and other SDKs: each service's own address
# (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS")


Keys = tuple[str, str, str | None]  # access key, secret key, session token


class Transport(Protocol):
    """How a `Server` reaches its service: through a pipe, or by a call."""

    @property
    def ready(self) -> Mapping[str, str]:
        """endpoint, region, access_key, secret_key, bucket."""

    @property
    def alive(self) -> bool: ...

    def ask(self, order: Mapping[str, Any]) -> Any:
        """Carry out an order (`Service.command`). Raises `OptionError`, `ServerError`."""

    def stop(self) -> None: ...


class Server:
    """A strict S3 that runs: made by `strict_s3.start()` or `strict_s3.in_process()`.

    `endpoint_url`, `region`, `bucket`, `access_key` and `secret_key` (the account's root key) stay
    the same until `stop`, also over a `reset`. In a ``with`` it stops at the end.

        with strict_s3.start() as s3:
            url = s3.client().generate_presigned_url(
                "get_object", {"Bucket": s3.bucket, "Key": "a.txt"}, ExpiresIn=1800
            )
            with s3.later(minutes=31):
                assert requests.get(url).status_code == 403
            print(s3.why())
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        ready = transport.ready
        self.endpoint_url = ready["endpoint"]
        self.region = ready["region"]
        self.bucket = ready["bucket"]
        self.access_key = ready["access_key"]
        self.secret_key = ready["secret_key"]
        self._session: Any = None
        self._session_lock = threading.Lock()

    # Talking to it.

    @property
    def boto3_args(self) -> dict[str, Any]:
        """Keyword arguments for ``boto3.client("s3", **s3.boto3_args)`` and for a resource.

        Holds the secret key: do not print it.
        """
        return self._boto3_args(None)

    def _boto3_args(self, credentials: Credentials | None) -> dict[str, Any]:
        access_key, secret_key, token = self._keys(credentials)
        return {
            "region_name": self.region,
            "endpoint_url": self.endpoint_url,
            "aws_access_key_id": access_key,
            "aws_secret_access_key": secret_key,
            "aws_session_token": token,
        }

    def _keys(self, credentials: Credentials | None) -> Keys:
        if credentials is None:
            return self.access_key, self.secret_key, None
        return credentials.access_key, credentials.secret_key, credentials.session_token

    def client(
        self, service: str | Credentials = "s3", credentials: Credentials | None = None
    ) -> Any:
        """A boto3 client for ``s3``, ``iam`` or ``sts``, as root or with `credentials`.

        For S3 it signs with Signature Version 4. It reads no profile and no configuration file, and
        uses no proxy.

            s3.client()
            s3.client("iam")
            s3.client(s3.user(policy))
        """
        import boto3
        import botocore.session
        from botocore.config import Config

        if isinstance(service, str):
            name = service
        else:
            name, credentials = "s3", service
        if name not in ("s3", "iam", "sts"):
            raise OptionError(f"There is no service {name!r} here: s3, iam, sts.")
        config = Config(
            proxies={},
            signature_version="s3v4" if name == "s3" else None,
            s3={"addressing_style": "path"} if name == "s3" else None,
        )
        with self._session_lock:  # a session makes one client at a time
            if self._session is None:
                no_file: tuple[Any, ...] = (None, None, None, None)
                own = botocore.session.Session({"profile": no_file, "config_file": no_file})
                self._session = boto3.Session(botocore_session=own)
            return self._session.client(name, **self._boto3_args(credentials), config=config)

    def env(self, credentials: Credentials | None = None) -> dict[str, str]:
        """Environment variables with which an AWS SDK or CLI in another process talks to it.

        ``subprocess.run(command, env=os.environ | s3.env())``. Where a proxy is set, NO_PROXY is
        among them. Holds the secret key.
        """
        return variables(self.endpoint_url, self.region, self._keys(credentials))

    # Its clock.

    @property
    def offset(self) -> timedelta:
        """How far its clock is ahead of this computer's."""
        return timedelta(seconds=self._transport.ask({"do": "clock"})["offset"])

    @contextmanager
    def later(self, **duration: float) -> Iterator[None]:
        """Its clock moved forward inside a ``with``: ``s3.later(minutes=31)``, ``days=8``.

        Can be nested; the clock goes on from there, and is put back at the end. Presigned URLs and
        forms are judged by the moved clock. A signature in a header is accepted if it is fresh by
        either clock, because code under test signs with the computer's (but see `strict_skew`).
        Raises `OptionError` for a time before 1970 or after 9998.
        """
        ahead = _timedelta(duration)
        with self._moved(lambda before: {"offset": before + ahead.total_seconds()}):
            yield

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Its clock set to `moment` inside a ``with``; otherwise as `later`.

        `moment` has a time zone: ``s3.at(datetime(2027, 1, 31, 12, tzinfo=UTC))``.
        """
        if not isinstance(moment, datetime):
            raise OptionError(
                f"at() needs a datetime and was given {type(moment).__name__}: "
                "at(datetime(2027, 1, 31, tzinfo=UTC))."
            )
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise OptionError(
                f"at() was given {moment}, without a time zone. Say which: "
                "at(datetime(2027, 1, 31, tzinfo=UTC))."
            )
        with self._moved(lambda before: {"at": moment.isoformat()}):
            yield

    @contextmanager
    def _moved(self, order: Any) -> Iterator[None]:
        before = self._transport.ask({"do": "clock"})["offset"]
        self._transport.ask({"do": "clock"} | order(before))
        try:
            yield
        finally:
            if self.alive:
                self._transport.ask({"do": "clock", "offset": before})

    # What it decided.

    def decisions(self, last: int = 1) -> list[dict[str, Any]]:
        """Its last decisions, oldest first; 1,000 are kept. The keys of each:

        ``method``, ``path``, ``status``, ``identity``, ``action``, ``resource``, ``error``,
        ``message`` and ``checks``: ``[name, passed, detail]`` in the order of the checks, the last
        one being the one that decided. And what the logs of S3 say: ``time`` (UTC, by the server's
        clock), ``milliseconds`` it took, ``request_id``, ``host_id``, ``source_ip``, ``host``,
        ``target`` (path and query, the signature masked), ``region``, ``bucket``, ``key``,
        ``version_id``, ``authentication`` (QueryString, AuthHeader, HtmlForm or None),
        ``signature_version``, ``access_key`` (None unless its signature was right), ``principal``,
        ``parameters``, the headers ``origin``, ``user_agent`` and ``referer``, ``bytes_received``,
        ``bytes_sent`` (of the bodies; a client that hangs up early has received fewer) and
        ``object_size``.

        `strict_s3.access_log` and `strict_s3.cloudtrail` write them as AWS does.
        """
        if not isinstance(last, int) or isinstance(last, bool) or last < 0:
            raise OptionError(f"decisions({last!r}): say how many, such as decisions(5).")
        order = {"do": "decisions", "last": min(last, MAX_DECISIONS)}
        found: list[dict[str, Any]] = self._transport.ask(order)
        return found

    def why(self) -> Why:
        """Its last decision, check by check, up to the one that refused the request: print it.

        Raises `InspectError` if there was no request yet.
        """
        from .explainer import why

        return why(self)

    # Whom it knows.

    def user(self, policy: Mapping[str, Any] | str) -> Credentials:
        """A key of a new IAM user whose only policy is `policy`: a dict, or JSON as text.

            reader = s3.user({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::demo/*"}]})
            s3.client(reader).get_object(Bucket="demo", Key="a.txt")

        Raises `OptionError` if IAM refuses the policy.
        """
        from .signing.presigner import Credentials

        name = f"user-{secrets.token_hex(4)}"
        with self._iam() as iam:
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=_document(policy))
            key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def session(self, policy: Mapping[str, Any] | str) -> Credentials:
        """Temporary credentials, for an hour, of a new role whose only policy is `policy`.

        Raises `OptionError` if IAM refuses the policy.
        """
        from .signing.presigner import Credentials

        name = f"role-{secrets.token_hex(4)}"
        with self._iam() as iam:
            account = iam.get_user()["User"]["Arn"].split(":")[4]
            trust = _allow("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{account}:root"})
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=_document(policy))
        role = made["Role"]["Arn"]
        # Root cannot assume a role: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
        sts = self.client("sts", self.user(_allow("sts:AssumeRole", Resource=role)))
        try:
            found = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        finally:
            sts.close()
        return Credentials(
            found["AccessKeyId"],
            found["SecretAccessKey"],
            found["SessionToken"],
            found["Expiration"],
        )

    @contextmanager
    def _iam(self) -> Iterator[Any]:
        from botocore.exceptions import ClientError

        self._must_be_alive()
        iam = self.client("iam")
        try:
            yield iam
        except ClientError as problem:
            error = problem.response["Error"]
            raise OptionError(
                f"IAM refuses this policy ({error['Code']}): {error['Message']}"
            ) from None
        finally:
            iam.close()

    # Its life.

    def reset(self) -> None:
        """Empty it: buckets, objects, users, sessions, decisions, clock. Keys and bucket stay."""
        self._transport.ask({"do": "reset"})

    @property
    def alive(self) -> bool:
        """True until it has stopped."""
        return self._transport.alive

    def stop(self) -> None:
        """End it, and forget all that it holds. Harmless when called again."""
        self._transport.stop()

    def _must_be_alive(self) -> None:
        if not self.alive:
            raise stopped()

    def __enter__(self) -> Server:
        self._must_be_alive()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "" if self.alive else ", stopped"
        return (
            f"<strict_s3.Server {self.endpoint_url}, region {self.region}, "
            f"bucket {self.bucket}{state}>"
        )


def stopped() -> ServerError:
    """The error for whoever asks something of an S3 that has ended."""
    return ServerError("The local S3 has stopped. Start a new, empty one.")


def variables(endpoint: str, region: str, keys: Keys) -> dict[str, str]:
    """The environment variables that lead an AWS SDK to an S3 at `endpoint`."""
    found = dict.fromkeys(_ENDPOINTS, endpoint) | {
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        # Empty rather than absent: one from outside must not go with this key.
        "AWS_SESSION_TOKEN": keys[2] or "",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    if urllib.request.getproxies():
        found["NO_PROXY"] = found["no_proxy"] = past_proxies(os.environ.get("NO_PROXY", ""))
    return found


def past_proxies(no_proxy: str) -> str:
    """The variable NO_PROXY, with this computer in it.

    >>> past_proxies("intranet")
    'intranet,127.0.0.1,localhost'
    """
    hosts = [*no_proxy.split(","), "127.0.0.1", "localhost"]
    return ",".join(dict.fromkeys(filter(None, hosts)))


def _timedelta(duration: Mapping[str, float]) -> timedelta:
    call = f"later({', '.join(f'{name}={value!r}' for name, value in duration.items())})"
    if not duration or not set(duration) <= set(_UNITS):
        raise OptionError(f"{call}: say how long, such as minutes=31. Units: {', '.join(_UNITS)}.")
    try:
        return timedelta(**duration)
    except (OverflowError, TypeError, ValueError):
        raise OptionError(
            f"{call} is not a length of time that the clock can be moved by."
        ) from None


def _document(policy: Mapping[str, Any] | str) -> str:
    if isinstance(policy, str):
        return policy
    try:
        return json.dumps(dict(policy))
    except (TypeError, ValueError):
        raise OptionError(
            "A policy is a dict with Version and Statement, or the same as JSON text."
        ) from None


def _allow(action: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, **more}
    return {"Version": "2012-10-17", "Statement": [statement]}
