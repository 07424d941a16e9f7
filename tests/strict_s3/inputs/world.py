"""A small world in which every input of every operation can have its effect, and requests to it.

`World.send` answers with all that can be seen: status, headers, body, and afterwards what is
stored. The clock stands still and nothing is random, so that two requests that differ in one input
differ in what is seen only if something has looked at that input.
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import pickle
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.serialize import create_serializer

from strict_s3.options import Options
from strict_s3.rules import sigv4
from strict_s3.rules.request import Request
from strict_s3.server import gate
from strict_s3.server.clock import Clock
from strict_s3.server.operations import multipart
from strict_s3.server.refusal import Ids
from strict_s3.server.response import Response
from strict_s3.server.service import Service
from strict_s3.server.store import version_ids
from strict_s3.server.store.bodies import Body

# Read for these tests alone: a boto3 client changes the model that it shares with others.
MODEL = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BUCKET, ENDPOINT, REGION = "demo", "http://127.0.0.1:9000", "eu-west-2"
KEYS = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "s" * 40}
PARTS = (b"first", b"second")


@dataclass(frozen=True)
class Sent:
    """A request: the path is decoded, names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    presigned: bool = True

    def and_also(
        self, headers: Mapping[str, str], query: Mapping[str, str] = MappingProxyType({})
    ) -> Sent:
        return replace(self, headers={**self.headers, **headers}, query={**self.query, **query})


@dataclass(frozen=True)
class Seen:
    """What a request has led to; `stored` is all that the buckets hold then."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    stored: str

    def refuses(self, *names: str) -> bool:
        """501, with one of these names in it."""
        return self.status == 501 and any(name.lower() in self.body.lower() for name in names)


def digest(body: bytes) -> str:
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


class World:
    """One S3 with some buckets, which are as they were again before each request."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(Clock, "wall", staticmethod(lambda: NOW))
        patch.setattr(gate, "new_ids", lambda: Ids("request", "host"))
        patch.setattr(version_ids, "_NUMBERS", itertools.count(1))
        patch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
        patch.setattr(multipart, "MIN_PART", 1)
        patch.setattr(Body, "__repr__", lambda body: repr(body.read()), raising=False)
        self._patch = patch
        upload_ids = (f"upload-{number}" for number in itertools.count(1))
        patch.setattr(secrets, "token_urlsafe", lambda size: next(upload_ids))
        self.service = Service(Options(REGION, BUCKET, **KEYS))
        self.locked = ""  # the id of a version that is locked
        self._beginning = b""
        self._seen: dict[str, Seen] = {}

    def send(self, sent: Sent) -> Seen:
        """Send a request to the world as it was in the beginning."""
        known = repr(sent)
        if known not in self._seen:
            self.service.store.buckets = pickle.loads(self._beginning)
            self._patch.setattr(version_ids, "_NUMBERS", itertools.count(1000))
            answer = self._answer(sent)
            body = b"".join(answer.body) if not isinstance(answer.body, bytes) else answer.body
            stored = repr([vars(bucket) for bucket in self.service.store.buckets.values()])
            self._seen[known] = Seen(
                answer.status, tuple(sorted(answer.headers)), body.decode(), stored
            )
        return self._seen[known]

    def _answer(self, sent: Sent) -> Response:
        headers = {"content-length": str(len(sent.body)), **sent.headers}
        url = self._presigned(sent) if sent.presigned else f"{ENDPOINT}{sent.path}"
        request = Request.build(sent.method, url, headers.items())
        return self.service.handle(request, io.BytesIO(sent.body).read)

    def _presigned(self, sent: Sent) -> str:
        return sigv4.presign(
            sent.method,
            ENDPOINT,
            ENDPOINT.removeprefix("http://"),
            sent.path,
            **KEYS,
            region=REGION,
            now=NOW,
            expires=60,
            headers={key: text for key, text in sent.headers.items() if key != "content-length"},
            query=sent.query.items(),
        )

    def make(self, sent: Sent) -> None:
        """Make something that will be there in the beginning."""
        answer = self._answer(sent)
        assert answer.status < 300, answer.body

    def begin(self) -> None:
        """From now on each request finds the world as it is now."""
        self._beginning = pickle.dumps(self.service.store.buckets)


def sha256(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def completion(more: str = "") -> bytes:
    """CompleteMultipartUpload with both parts; `more` goes into the first."""
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{hashlib.md5(body).hexdigest()}</ETag>"
        f"<ChecksumSHA256>{sha256(body)}</ChecksumSHA256>{more if number == 1 else ''}</Part>"
        for number, body in enumerate(PARTS, 1)
    )
    return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()


_SERIALISER = create_serializer("rest-xml", include_validation=False)


def request_of(operation: str, parameters: Mapping[str, Any]) -> Sent:
    """The request that botocore makes of an operation's parameters."""
    made = _SERIALISER.serialize_to_request(dict(parameters), MODEL.operation_model(operation))
    body = made["body"] or b""
    data = body.encode() if isinstance(body, str) else body
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    if data:
        headers["content-md5"] = digest(data)
    path, _, fixed = made["url_path"].partition("?")
    query = dict(parse_qsl(fixed, keep_blank_values=True))
    query |= {name: str(value) for name, value in made["query_string"].items()}
    return Sent(made["method"], path, query, headers, data)
