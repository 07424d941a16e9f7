"""What the gate keeps of each request that it has answered: the source of `Server.decisions`.

While a request is answered, only references are put together. Values are made of them when
somebody asks, and no signature, session token or customer's key is among those.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

from ..rules import query_auth
from ..rules.authentication import iso
from ..rules.decision import Decision
from ..rules.errors import S3Error
from ..rules.identity import Identity
from ..rules.request import Request
from .address import Place
from .call import Call
from .refusal import Ids
from .response import Headers, Response

# S3 writes this in the place of a signature. A session token stays in S3's own logs; not here.
MASK = "X" * 32
_SECRETS = (
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-signature",
    "signature",
)
# The same inside another text: the page in Referer can be a presigned URL, or hold one, encoded.
_INSIDE = re.compile(
    rf"(\b(?:{'|'.join(_SECRETS)})(?:=|%3d|%253d))(?:(?!%26|%2526)[^&\s\"'<>])+", re.I
)
_LONGEST = 3 * max(map(len, _SECRETS)) + 1  # each character can be percent-encoded
_PIECE = re.compile(r"[^?&\s\"'<>]+")
_METHODS = {"REST-QUERY-STRING": "QueryString", "REST-HEADER": "AuthHeader", "POST": "HtmlForm"}
_SIGNED_WITH_2 = ("AWSAccessKeyId", "Signature")
# Of these, logs hold what a request asks for; other headers are about the request itself.
_ASKED_IN_HEADERS = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
    "x-amz-tagging",
)
_NO_BODY = (204, 304)


class _Ended(NamedTuple):
    """What is left of the error that ended a request."""

    code: str
    message: str


class Kept(NamedTuple):
    """A decision, and what else the logs of S3 say of the request. `ended` is seconds."""

    decision: Decision
    request: Request  # as it came
    place: Place
    identity: Identity
    auth_type: str
    access_key: str
    region: str
    now: datetime
    wall: datetime
    ended: float
    ids: Ids
    headers: Headers  # of the response
    length: int  # bytes of the response's body, also of one that HEAD leaves out

    @classmethod
    def of(cls, call: Call, request: Request, answer: Response, region: str) -> Kept:
        """What is kept of `call`, which came as `request`; its answer is not sent yet."""
        who, error = call.who, call.decision.error
        if error is not None:
            # An exception would keep its traceback, and with it files and bodies.
            call.decision.error = _Ended(error.code, error.message)
        return cls(
            call.decision,
            request,
            call.place,
            who.identity,
            who.auth_type,
            who.access_key,
            region,
            call.now,
            call.wall,
            time.time(),
            call.ids,
            answer.headers,
            answer.content_length(),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values: those of the decision, and those that `Server.decisions` names."""
        request = self.request
        method, version = self._authentication()
        no_body = request.method == "HEAD" or self.decision.status in _NO_BODY
        received = _received(request)
        return self.decision.as_dict() | {
            "time": self.now.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z",
            "milliseconds": max(0, round((self.ended - self.wall.timestamp()) * 1e3)),
            "request_id": self.ids.request_id,
            "host_id": self.ids.host_id,
            "source_ip": request.source_ip,
            "host": request.host,
            "target": masked(_target(request)),
            "region": self.region,
            "bucket": self.place.bucket,
            "key": self.place.key,
            "version_id": _query(request).get("versionId"),
            "authentication": method,
            "signature_version": version,
            "access_key": self.access_key or None,
            "principal": _principal(self.identity),
            "parameters": _parameters(request),
            "origin": request.header("origin"),
            "user_agent": masked(request.header("user-agent")),
            "referer": masked(request.header("referer")),
            "bytes_received": received,
            "bytes_sent": 0 if no_body else self.length,
            "object_size": self._object_size(received),
        }

    def _authentication(self) -> tuple[str | None, str | None]:
        """How the request was signed and by which version, also if that was refused."""
        if self.auth_type:
            return _METHODS[self.auth_type], "SigV4"
        request = self.request
        if authorization := request.header("authorization"):
            return "AuthHeader", "SigV2" if authorization.startswith("AWS ") else "SigV4"
        query = _query(request)
        if any(name in query for name in _SIGNED_WITH_2):
            return "QueryString", "SigV2"
        if any(name in query for name in query_auth.REQUIRED):
            return "QueryString", "SigV4"
        checks = self.decision.checks
        if self.decision.action == "PostObject" and checks and checks[0].name != "authentication":
            return "HtmlForm", "SigV4"
        return None, None

    def _object_size(self, received: int) -> int | None:
        """Bytes of the object that the request was about; None if that is not known."""
        action, status = self.decision.action, self.decision.status
        if action in ("GetObject", "HeadObject") and status in (200, 206):
            ranges = (value for name, value in self.headers if name == "content-range")
            return int(next(ranges, f"/{self.length}").rpartition("/")[2])
        return received if action in ("PutObject", "UploadPart") and status == 200 else None


def masked(text: str) -> str:
    """`text` without the values of signatures, session tokens and customers' keys.

    >>> masked("https://b/k?X-Amz-Signature=0123&X-Amz-Expires=60")
    'https://b/k?X-Amz-Signature=XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX&X-Amz-Expires=60'
    """
    return _INSIDE.sub(rf"\g<1>{MASK}", _PIECE.sub(_masked_piece, text))


def _masked_piece(piece: re.Match[str]) -> str:
    """``name=value``; the name can be percent-encoded, and S3 reads it all the same."""
    name, equals, _ = piece[0].partition("=")
    secret = equals and len(name) < _LONGEST and unquote(name).lower() in _SECRETS
    return f"{name}={MASK}" if secret else piece[0]


def _target(request: Request) -> str:
    return f"{request.path}?{request.query_string}" if request.query_string else request.path


def _query(request: Request) -> dict[str, str]:
    """The query's parameters; none if it is not UTF-8, which was why it was refused."""
    try:
        return request.parameters
    except S3Error:
        return {}


def _received(request: Request) -> int:
    """Bytes of the body, without what a body signed in chunks has around its bytes."""
    text = request.header("x-amz-decoded-content-length") or request.header("content-length")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _principal(identity: Identity) -> dict[str, str | None]:
    session = identity.session
    return {
        "kind": identity.kind,
        "account": identity.account,
        "arn": identity.arn,
        "user_id": identity.user_id,
        "user_name": identity.user_name,
        "role_arn": identity.role_arn,
        "session_issued_at": iso(session.issued_at) if session else None,
        "source_identity": session.source_identity if session else None,
    }


def _parameters(request: Request) -> dict[str, str]:
    """What the query says, save for who signed it and how to prove that, and some headers."""
    left_out = (*_SECRETS, "x-amz-credential", "awsaccesskeyid")
    found = {
        name: masked(value)
        for name, value in _query(request).items()
        if name.lower() not in left_out
    }
    return found | {
        name: masked(request.header(name))
        for name in _ASKED_IN_HEADERS
        if name in request.header_map
    }
