"""Presign many URLs: one bucket, one method, any number of keys, as fast as Python can.

    signer = Presigner(boto3.Session().get_credentials(), "eu-west-2", "my-bucket")
    url = signer.get("report.txt", expires=900)
    for url in signer.urls("GET", keys, expires=900): ...

The URLs are those of boto3's ``generate_presigned_url`` with ``signature_version="s3v4"``, byte
for byte. A URL that S3 would always refuse is refused here; boto3 signs it without a warning.
A presigned URL is a bearer token: keep it out of logs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from ..errors import PresignError
from ..rules.limits import MAX_KEY, may_be_bucket_name
from ..rules.request import HEADER_NAME
from ..rules.sigv4 import (
    MAX_EXPIRES,
    UNSIGNED_PAYLOAD,
    UrlToSign,
    canonical_uri,
    path_signer,
)
from .location import Location, locate

METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST")
# A key that needs no encoding: most do not, and this check is faster than encoding.
_PLAIN = re.compile(r"[A-Za-z0-9._~/-]{1,1024}").fullmatch
_VISIBLE = re.compile(r"[\t\x20-\x7e]*").fullmatch
# AWS's own regions: botocore knows more names (aws-global, fips-us-east-1), which stand for a
# region and another host. Other S3s have their own: auto, RegionOne.
_REGION = re.compile(r"(?!fips-)[a-z]+(-[a-z]+)+-[0-9]+").fullmatch
_ANY_REGION = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)").fullmatch
# What is named like a bucket, and signed for another service and host.
_NO_BUCKETS = {
    "--x-s3": "a directory bucket (S3 Express One Zone)",
    "--xa-s3": "an access point of a directory bucket (S3 Express One Zone)",
    "--op-s3": "an access point of S3 on Outposts",
}


@dataclass(frozen=True)
class Credentials:
    """A key to sign with.

    `session_ends` (aware) is when the session token expires. If it is given, a URL that would
    promise to outlive its session is refused. Raises `PresignError`.

        keys = boto3.client("sts").assume_role(RoleArn=…, RoleSessionName=…)["Credentials"]
        Credentials(
            keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], keys["Expiration"]
        )
    """

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    session_ends: datetime | None = None

    def __post_init__(self) -> None:
        if not self.access_key or not self.secret_key:
            raise PresignError("Signing needs an access key and a secret key; one is empty.")
        for name, value in (
            ("access key", self.access_key),
            ("secret key", self.secret_key),
            ("session token", self.session_token or ""),
        ):
            if re.search(r"\s", value):
                raise PresignError(f"The {name} has a space or line break in it. Copy it again.")
        if self.access_key.startswith("ASIA") and self.session_token is None:
            raise PresignError(
                "A temporary key (ASIA…) works only with its session token; give both."
            )
        if self.session_ends is not None and self.session_ends.tzinfo is None:
            raise PresignError(
                f"session_ends is {self.session_ends.isoformat()} without a time zone. Give it "
                "one: datetime(…, tzinfo=UTC)."
            )


class BotoCredentials(Protocol):
    """The credentials of botocore and boto3, also those that renew themselves."""

    def get_frozen_credentials(self) -> Any: ...


@dataclass(frozen=True)
class Presigner:
    """Signs URLs for the objects of one bucket.

    `credentials` are boto3's or your own:

        Presigner(boto3.Session().get_credentials(), "eu-west-2", "my-bucket")
        Presigner(boto3.Session(profile_name="work").get_credentials(), "eu-west-2", "my-bucket")
        Presigner(Credentials("AKIA…", "…"), "eu-west-2", "my-bucket")

    boto3's are asked for their key whenever something is signed, so the session of a role or of
    SSO is renewed in time. They do not say when it ends, so a URL may promise more than its
    session has left; your own can say it (``session_ends``).

    `endpoint` is another S3's URL, with a path prefix if it has one. URLs keep it as it is written
    (boto3 turns its ``@`` into ``%40``; the signature is the same). `addressing` says where the
    bucket's name goes: ``virtual`` into the host name (where a host name can hold it), ``path``
    into the path, ``auto`` virtual on AWS (S3's accelerated endpoints too) and path elsewhere; all
    three as in boto3, on the region's own host. `clock` gives the time in seconds since 1970.
    Raises `PresignError`; what boto3's credentials raise when they cannot be renewed is passed on.
    """

    credentials: Credentials | BotoCredentials
    region: str
    bucket: str
    endpoint: str | None = None
    addressing: Literal["auto", "virtual", "path"] = "auto"
    clock: Callable[[], float] = field(default=time.time, repr=False)
    location: Location = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "credentials", _checked_credentials(self.credentials))
        if not (_ANY_REGION if self.endpoint else _REGION)(self.region):
            raise PresignError(f"{self.region!r} is not a region code, such as eu-west-2.")
        if not may_be_bucket_name(self.bucket):
            raise PresignError(
                f"{self.bucket!r} is not a bucket name: 3 to 63 of a-z, 0-9, dots and hyphens."
            )
        for ending, what in _NO_BUCKETS.items():
            if self.bucket.endswith(ending):
                raise PresignError(
                    f"{self.bucket!r} is {what}, which is signed in a different way. Use boto3."
                )
        if self.addressing not in ("auto", "virtual", "path"):
            raise PresignError(f"addressing is {self.addressing!r}; use auto, virtual or path.")
        where = locate(self.region, self.bucket, self.endpoint, self.addressing)
        object.__setattr__(self, "location", where)

    def frozen(self) -> Presigner:
        """This signer with the credentials of this moment, which another process can be sent."""
        if isinstance(self.credentials, Credentials):
            return self
        return replace(self, credentials=_frozen(self.credentials))

    def get(self, key: str, **options: object) -> str:
        """A URL to download one object.

        Options are those of `urls`. Raises `PresignError`.

            signer.get("report.pdf", expires=300, query={"response-content-type": "text/plain"})
        """
        return next(self.urls("GET", [key], **options))  # type: ignore[arg-type]

    def put(self, key: str, **options: object) -> str:
        """A URL to upload one object.

        Options are those of `urls`. Raises `PresignError`.

            signer.put("photo.png", expires=300, headers={"content-type": "image/png"})
        """
        return next(self.urls("PUT", [key], **options))  # type: ignore[arg-type]

    def urls(
        self,
        method: str,
        keys: Iterable[str],
        *,
        expires: int = 900,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[str]:
        """One URL for each key, in their order, as they are asked for.

        Each expires `expires` seconds after it is signed. `query` holds parameters by their names
        in S3's API (``response-content-disposition``, ``versionId``), `headers` what the client
        must send with exactly these values (``content-type``, ``content-length``,
        ``if-none-match``, ``x-amz-…``). Raises `PresignError`: at once for what concerns all
        URLs, at its turn for a key that cannot be signed.
        """
        if method not in METHODS:
            raise PresignError(f"{method!r} is not one of the methods {', '.join(METHODS)}.")
        check_expires(expires)
        if isinstance(keys, str):
            raise PresignError(f"keys is the text {keys!r:.60}; give a list of keys.")
        pairs = list(checked_query(query or {}).items())
        signed = checked_headers(headers or {})
        _check_session(_frozen(self.credentials), int(self.clock()), expires)

        def signer(second: int) -> Callable[[str], str]:
            credentials = _frozen(self.credentials)
            _check_session(credentials, second, expires)
            url = UrlToSign.build(
                method,
                self.location.url_base,
                self.location.host,
                access_key=credentials.access_key,
                region=self.region,
                now=datetime.fromtimestamp(second, UTC),
                expires=expires,
                session_token=credentials.session_token,
                headers=signed,
                query=pairs,
            )
            return path_signer(url, credentials.secret_key, self.location.signed)

        return self._sign(signer, keys)

    def _sign(
        self, signer: Callable[[int], Callable[[str], str]], keys: Iterable[str]
    ) -> Iterator[str]:
        # Keys may come slowly, and a URL's lifetime begins at its own X-Amz-Date.
        clock, prefix, dated = self.clock, self.location.prefix, -1
        sign: Callable[[str], str] = str
        for key in keys:
            second = int(clock())
            if second != dated:
                dated, sign = second, signer(second)
            try:
                plain = _PLAIN(key)
            except TypeError:
                raise PresignError(f"A key must be text, not {type(key).__name__}.") from None
            yield sign(prefix + (key if plain else encoded_key(key)))


def _checked_credentials(given: Any) -> Any:
    if isinstance(given, Credentials) or hasattr(given, "get_frozen_credentials"):
        return given
    if all(hasattr(given, name) for name in ("access_key", "secret_key", "token")):
        # Frozen ones of boto3, whose repr would show the secret key.
        return Credentials(given.access_key, given.secret_key, given.token)
    if given is None:
        raise PresignError(
            "There are no credentials: boto3 has found none. Give Credentials(access_key, "
            "secret_key), or set up a profile."
        )
    raise PresignError(
        f"credentials is of type {type(given).__name__}; give Credentials(access_key, secret_key) "
        "or boto3.Session().get_credentials()."
    )


def _frozen(credentials: Credentials | BotoCredentials) -> Credentials:
    """The key of this moment: of boto3's credentials, renewed if its session is about to end."""
    if isinstance(credentials, Credentials):
        return credentials
    key = credentials.get_frozen_credentials()
    return Credentials(key.access_key, key.secret_key, key.token)


def _check_session(credentials: Credentials, second: int, expires: int) -> None:
    ends = credentials.session_ends
    if ends is not None and second + expires > (left := ends.timestamp()):
        left = int(left) - second
        fix = f"Ask for at most {left} seconds, or renew the session."
        raise PresignError(
            f"The session ends at {ends.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}, so a URL cannot be "
            f"valid for {expires} seconds. "
            + (fix if left > 0 else "That is past: renew the session.")
        )


def encoded_key(key: str) -> str:
    """The key as a URL's path has it. Raises `PresignError` for one that no object can have."""
    if _PLAIN(key):
        return key
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise PresignError(
            f"The key {key!r:.80} has a lone surrogate, which UTF-8 cannot encode."
        ) from None
    if size == 0:
        raise PresignError("A key needs at least one character; this one is empty.")
    if size > MAX_KEY:
        raise PresignError(
            f"The key {key!r:.40}… has {size} bytes of UTF-8; S3 accepts at most {MAX_KEY}."
        )
    return canonical_uri(key)


def check_expires(expires: int) -> None:
    """Raises `PresignError` for a lifetime that S3 refuses: it accepts 1 to 604800 seconds."""
    if type(expires) is not int or not 1 <= expires <= MAX_EXPIRES:
        raise PresignError(
            f"expires is {expires!r}; S3 accepts 1 to {MAX_EXPIRES} whole seconds (seven days)."
        )


def checked_query(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters, if they leave the signature's own alone. Raises `PresignError`."""
    for name, value in query.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise PresignError(f"The parameter {name!r} has {value!r}; both must be text.")
        if not name:
            raise PresignError(f"The parameter with the value {value!r:.60} has no name.")
        if name == "Signature":
            raise PresignError("Signature is for Signature Version 2; S3 refuses a URL with both.")
        if name.lower().startswith("x-amz-") and name.lower()[6:] in _SIGNING_PARAMETERS:
            raise PresignError(f"{name} is added by signing; leave it out of query.")
        try:
            (name + value).encode()
        except UnicodeEncodeError:
            raise PresignError(f"The parameter {name!r} has a lone surrogate.") from None
    return dict(query)


_SIGNING_PARAMETERS = {
    *("algorithm", "credential", "date", "expires", "signedheaders"),
    *("signature", "security-token"),
}


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with lower-case names. Raises `PresignError` for one that no client can send."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        lower = str(name).lower()
        if not HEADER_NAME(lower):
            raise PresignError(f"{name!r} is not a header name.")
        if lower == "host":
            raise PresignError("host is always signed; to change it, give another endpoint.")
        if lower in _NOT_WITH_A_URL:
            raise PresignError(f"The header {lower} makes S3 refuse a presigned URL: leave it out.")
        if lower in found:
            raise PresignError(f"The header {lower} is given twice.")
        if not isinstance(value, str) or not _VISIBLE(value):
            raise PresignError(
                f"The header {lower} has {value!r:.60}; use visible ASCII characters, because "
                "clients encode others differently."
            )
        if lower == "content-length" and not re.fullmatch("[0-9]+", value):
            raise PresignError(f"content-length is {value!r}; write a number of bytes, as digits.")
        if lower == "x-amz-content-sha256" and value != UNSIGNED_PAYLOAD:
            raise PresignError(
                f"x-amz-content-sha256 is {value!r:.80}, but a URL is signed for "
                f"{UNSIGNED_PAYLOAD}, so S3 would refuse it. To fix what is sent, sign "
                "content-md5 or x-amz-checksum-sha256."
            )
        found[lower] = value
    return found


# The first signs a second time; the second leaves out the length of the body.
_NOT_WITH_A_URL = ("authorization", "transfer-encoding")
