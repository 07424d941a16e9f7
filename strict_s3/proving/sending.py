"""A row as a signed request: presigned, with a header, or a form; and what S3 said.

Signed with the engine's own functions and not with boto3, because the moment of signing is the
table's and not the computer's.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import urllib3

from ..rules import sigv4
from ..rules.request import Request
from ..signing.presigner import Credentials
from .rows import Row

_BOUNDARY = "strict-s3-prove"
PART = b"a"  # the one part of an upload that a row resumes
_XML = '<{0} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{1}</{0}>'
_TAGS = _XML.format("Tagging", "<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>")
# Bodies for operations that need one. Whoever is not allowed is refused before it is read.
_BODIES = {
    "PutObjectTagging": _TAGS,
    # A public one: what Block Public Access is there to refuse.
    "PutBucketPolicy": json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::BUCKET/public/*",
            },
        }
    ),
    "PutBucketTagging": _TAGS,
    "PutBucketVersioning": _XML.format("VersioningConfiguration", "<Status>Enabled</Status>"),
    "PutBucketCors": _XML.format(
        "CORSConfiguration",
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>",
    ),
    "PutPublicAccessBlock": _XML.format("PublicAccessBlockConfiguration", ""),
    "PutBucketOwnershipControls": _XML.format(
        "OwnershipControls", "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>"
    ),
    "DeleteObjects": _XML.format("Delete", "<Object><Key>a.txt</Key></Object>"),
    "CompleteMultipartUpload": _XML.format(
        "CompleteMultipartUpload",
        f"<Part><PartNumber>1</PartNumber><ETag>{hashlib.md5(PART).hexdigest()}</ETag></Part>",
    ),
}


@dataclass(frozen=True)
class Answer:
    """What S3 said: `code` and `message` are the error's, "" for a success."""

    status: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """Where to send: the bucket, its region, an address with TLS in front and one without."""

    bucket: str
    region: str
    https: str
    http: str


@dataclass(frozen=True)
class Signed:
    """A request, ready to be sent, at once or later."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Sender:
    """Sends to one strict S3. Follows no redirect, repeats nothing, uses no proxy."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._pool = urllib3.PoolManager()

    def sign(
        self, row: Row, key: str, keys: Credentials | None, now: datetime, upload: str = ""
    ) -> Signed:
        """The row's request for one key. `keys` is None for somebody without any."""
        options, operation = row.options, row.operation
        assert operation is not None
        base = self.target.http if options.over_http else self.target.https
        path = f"/{self.target.bucket}" + (f"/{key}" if operation.of_object else "")
        if operation.name == "PostObject":
            return self._form(row, key, keys, now, base)
        query = [(name, _query_value(name, upload)) for name in operation.query]
        if operation.name == "ListObjectsV2":
            query = [("list-type", "2"), ("prefix", key)]
        headers = {name.lower(): value for name, value in options.headers.items()}
        body = _body(row, self.target.bucket)
        if body and not operation.of_object:
            headers["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        signed = dict(headers)
        if kind := options.signed_type or options.type:
            signed["content-type"] = kind
        if options.type:
            headers["content-type"] = options.type
        draft = _Draft(operation.method, base, path, query, signed)
        if keys is None:
            target = f"{sigv4.canonical_uri(path)}?{sigv4.encoded_query(query)}".rstrip("?")
            return Signed(operation.method, base + target, headers, body)
        if options.by_header:
            url, sent = _with_header(draft, body, keys, self.target.region, now)
            return Signed(operation.method, url, {**sent, **headers}, body)
        url = _presigned(draft, keys, self.target.region, now, options.expires.total_seconds())
        return Signed(operation.method, url, {**signed, **headers}, body)

    def preflight(self, row: Row) -> Answer:
        """A browser's question before a page's request."""
        assert row.operation is not None
        path = sigv4.canonical_uri(f"/{self.target.bucket}/{row.key}")
        headers = {"Origin": row.who, "Access-Control-Request-Method": row.operation.method}
        if row.names:
            headers["Access-Control-Request-Headers"] = ", ".join(row.names)
        return self.send(Signed("OPTIONS", self.target.https + path, headers, b""))

    def send(self, signed: Signed) -> Answer:
        # Not the manager's own way, which would take dots and slashes out of a path.
        parts = urlsplit(signed.url)
        base = f"{parts.scheme}://{parts.netloc}"
        response = self._pool.connection_from_url(base).urlopen(
            signed.method,
            signed.url.removeprefix(base),
            body=signed.body or (b"" if signed.method in ("PUT", "POST") else None),
            headers=signed.headers,
            redirect=False,
            retries=False,
            timeout=60,
        )
        text = response.data[:10_000].decode(errors="replace") if response.status >= 300 else ""
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, _element("Code", text), _element("Message", text), found)

    def _form(
        self, row: Row, key: str, keys: Credentials | None, now: datetime, base: str
    ) -> Signed:
        """A form as a backend makes it: one key, a type and a limit if the row has them."""
        options, fields = row.options, {"key": key}
        if options.type:
            fields["Content-Type"] = options.type
        fields |= options.headers
        if keys is not None:
            fields |= self._form_signature(row, key, keys, now)
        lines = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        lines.append(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        )
        body = "".join(lines).encode() + b"a" * options.size + f"\r\n--{_BOUNDARY}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
        return Signed("POST", f"{base}/{self.target.bucket}", headers, body)

    def _form_signature(
        self, row: Row, key: str, keys: Credentials, now: datetime
    ) -> dict[str, str]:
        options, date = row.options, sigv4.amz_date(now)
        scope = sigv4.Scope(date[:8], self.target.region)
        own = sigv4.form_fields(keys.access_key, scope, date, keys.session_token or "")
        conditions: list[Any] = [{"bucket": self.target.bucket}, {"key": key}]
        kind = options.signed_type or options.type
        if kind.endswith("*"):
            conditions.append(["starts-with", "$Content-Type", kind[:-1]])
        elif kind:
            conditions.append({"Content-Type": kind})
        if options.limit is not None:
            conditions.append(["content-length-range", 0, options.limit])
        conditions += [{name: value} for name, value in (*options.headers.items(), *own.items())]
        end = (now + options.expires).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = json.dumps({"expiration": end, "conditions": conditions})
        policy = base64.b64encode(text.encode()).decode()
        proof = sigv4.signature(sigv4.signing_key(keys.secret_key, scope), policy)
        return {**own, "policy": policy, "x-amz-signature": proof}


@dataclass(frozen=True)
class _Draft:
    method: str
    base: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc


def _presigned(draft: _Draft, keys: Credentials, region: str, now: datetime, expires: float) -> str:
    return sigv4.presign(
        draft.method,
        draft.base,
        draft.host,
        draft.path,
        secret_key=keys.secret_key,
        access_key=keys.access_key,
        session_token=keys.session_token,
        region=region,
        now=now,
        expires=int(expires),
        headers=draft.headers,
        query=draft.query,
    )


def _with_header(
    draft: _Draft, body: bytes, keys: Credentials, region: str, now: datetime
) -> tuple[str, dict[str, str]]:
    """The URL, and the headers that sign it."""
    date = sigv4.amz_date(now)
    scope = sigv4.Scope(date[:8], region)
    digest = hashlib.sha256(body).hexdigest()
    headers = {"x-amz-date": date, "x-amz-content-sha256": digest, **draft.headers}
    if keys.session_token:
        headers["x-amz-security-token"] = keys.session_token
    covered = {**headers, "host": draft.host}
    path, query = sigv4.canonical_uri(draft.path), sigv4.encoded_query(draft.query)
    request = Request(draft.method, path, query, tuple(covered.items()))
    names = sorted(covered)
    text = sigv4.string_to_sign(date, scope, sigv4.canonical_request(request, names, digest))
    proof = sigv4.signature(sigv4.signing_key(keys.secret_key, scope), text)
    headers["authorization"] = (
        f"{sigv4.ALGORITHM} Credential={keys.access_key}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={proof}"
    )
    return f"{draft.base}{path}" + (f"?{query}" if query else ""), headers


def _query_value(name: str, upload: str) -> str:
    return {"uploadId": upload, "partNumber": "1", "id": "a", "annotationName": "a"}.get(name, "")


def _body(row: Row, bucket: str) -> bytes:
    operation = row.operation
    assert operation is not None
    if operation.name in ("PutObject", "UploadPart"):
        return b"a" * row.options.size
    return _BODIES.get(operation.name, "").replace("BUCKET", bucket).encode()


def _element(name: str, text: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return html.unescape(found[1]) if found else ""
