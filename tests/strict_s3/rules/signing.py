"""What the tests of signatures share: a key, a moment, and requests that are right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from strict_s3.rules import query_auth, sigv4
from strict_s3.rules.authentication import Authentication, Endpoint, Verifier
from strict_s3.rules.decision import Decision
from strict_s3.rules.identity import Credential, Identity
from strict_s3.rules.request import Request

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2013, 5, 24, tzinfo=UTC)
REGION = "us-east-1"
HOST = "examplebucket.s3.amazonaws.com"
USER = Identity("user", "123456789012", "arn:aws:iam::123456789012:user/ann", "ann", "AIDAANN")
KEYS = {
    ACCESS_KEY: Credential(ACCESS_KEY, SECRET_KEY, USER),
    "AKIAINACTIVE": Credential("AKIAINACTIVE", SECRET_KEY, USER, active=False),
    "ASIASESSION": Credential(
        "ASIASESSION",
        SECRET_KEY,
        USER,
        session_token="the+token/of=it",
        expires_at=NOW + timedelta(hours=1),
    ),
}


def presigned(method: str = "GET", path: str = "/test.txt", **changes) -> str:
    """A presigned URL that is right unless `changes` make it otherwise."""
    arguments = {
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "region": REGION,
        "now": NOW,
        "expires": 86400,
    }
    return sigv4.presign(method, f"https://{HOST}", HOST, path, **{**arguments, **changes})


def verify(request: Request, now: datetime = NOW) -> Authentication:
    """What the server makes of a presigned request."""
    decision = Decision(request.method, request.path)
    return query_auth.authenticate(request, decision, Verifier(Endpoint(REGION), KEYS.get, now))
