"""A pytest plugin for LocalStack's own tests: sends them to one endpoint, writes down what differs.

It runs in LocalStack's environment, so it imports nothing of this project. `localstack_tests.py`
starts it and says what its environment variables are. Besides the address it changes two things:

- SSE-C, which AWS has blocked in new buckets since April 2026, is allowed to the tests of it;
- public ACLs, which the local S3 answers with 501, are said by a bucket policy, unless a test is
  about ACLs.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import botocore.session
import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from localstack_snapshot.snapshots import SnapshotSession

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]  # boto3 reads it too
RESULTS = os.environ["STRICT_S3_RESULTS"]
_AWS_HOST = re.compile(r"((?P<bucket>.+)\.)?s3([.-][a-z0-9-]+)?\.amazonaws\.com")
_WITH_ACL = ("PutBucketAcl", "PutObject", "CreateMultipartUpload")
_RULE = {
    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
    "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
}
_WITH_SSE_C = {"ServerSideEncryptionConfiguration": {"Rules": [_RULE]}}
_name = ""  # of the test that runs
# Framing, what every server has of its own, and a date for which recordings have a placeholder.
_UNCOMPARED = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}
_UNCOMPARED |= {"last-modified"}


def pytest_configure(config: pytest.Config) -> None:
    resolve, create_client = socket.getaddrinfo, botocore.session.Session.create_client
    send, call = requests.Session.send, BaseClient._make_api_call

    def local_address(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if str(name).endswith("localhost") else host, *rest, **more)

    def local_client(self: Any, *rest: Any, **more: Any) -> Any:
        if "amazonaws.com" in (more.get("endpoint_url") or ""):
            more["endpoint_url"] = ENDPOINT
        config = more.get("config") or Config()
        if "s3" in (*rest[:1], more.get("service_name")) and not config.signature_version:
            # In us-east-1 boto3 would sign forms and URLs with Signature Version 2.
            more["config"] = config.merge(Config(signature_version="s3v4"))
        return create_client(self, *rest, **more)

    def local_request(self: Any, request: requests.PreparedRequest, **more: Any) -> Any:
        found = _AWS_HOST.fullmatch(urlsplit(request.url or "").hostname or "")
        if found and not found["bucket"]:
            request.headers["Host"] = found[0]  # which has been signed
        request.url = redirected(request.url or "")
        return send(self, request, **more)

    def as_now(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        acl = parameters.get("ACL", "")
        public = operation in _WITH_ACL and acl.startswith("public-") and "acl" not in _name
        if public:
            parameters = {name: value for name, value in parameters.items() if name != "ACL"}
            if operation == "PutBucketAcl":
                parameters["ACL"] = "private"
        answer = call(self, operation, parameters)
        if operation == "CreateBucket" and ("ssec" in _name or "sse_c" in _name):
            call(self, "PutBucketEncryption", {"Bucket": parameters["Bucket"]} | _WITH_SSE_C)
        if public:
            allow(self, parameters, acl)
        return answer

    def allow(self: Any, parameters: dict[str, Any], acl: str) -> None:
        arn = f"arn:aws:s3:::{parameters['Bucket']}"
        if "Key" in parameters:
            rules = [("s3:GetObject", f"{arn}/{parameters['Key']}")]
        else:
            rules = [("s3:ListBucket", arn)]
            if acl == "public-read-write":
                rules += [("s3:PutObject", f"{arn}/*"), ("s3:DeleteObject", f"{arn}/*")]
        new = [
            {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
            for action, resource in rules
        ]
        bucket, before = {"Bucket": parameters["Bucket"]}, []
        with suppress(ClientError):
            before = json.loads(call(self, "GetBucketPolicy", bucket)["Policy"])["Statement"]
        policy = json.dumps({"Version": "2012-10-17", "Statement": before + new})
        with suppress(ClientError):  # public policies are blocked, as public ACLs would be
            call(self, "PutBucketPolicy", bucket | {"Policy": policy})

    BaseClient._make_api_call = as_now
    socket.getaddrinfo = local_address
    botocore.session.Session.create_client = local_client
    requests.Session.send = local_request  # type: ignore[method-assign]


def pytest_runtest_setup(item: pytest.Item) -> None:
    global _name
    _name = item.nodeid.lower()


def redirected(url: str) -> str:
    """The URL of the same bucket and key at the endpoint."""
    parts = urlsplit(url)
    found = _AWS_HOST.fullmatch(parts.hostname or "")
    if not found:
        return url
    local = urlsplit(ENDPOINT)
    host = f"{found['bucket']}.localhost:{local.port}" if found["bucket"] else local.netloc
    return urlunsplit((local.scheme, host, *parts[2:]))


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    yield
    if call.when == "teardown" or (call.when == "setup" and not call.excinfo):
        return
    problem = call.excinfo.value if call.excinfo else None
    skipped = isinstance(problem, pytest.skip.Exception)
    response = getattr(problem, "response", None)
    result = {
        "test": item.nodeid,
        "when": call.when,
        "fixtures": getattr(item, "fixturenames", []),
        "problem": "" if skipped or not problem else f"{type(problem).__name__}: {problem}"[:2000],
        "skipped": skipped,
        "refusal": response.get("Error", {}) if isinstance(response, dict) else None,
        "snapshots": _snapshots(getattr(item, "funcargs", {}).get("snapshot")),
    }
    with open(RESULTS, "a", encoding="utf-8") as file:
        file.write(json.dumps(result, default=str) + "\n")


def _snapshots(session: SnapshotSession | None) -> list[dict[str, Any]]:
    """For each key that was matched: what AWS answered, and what was answered here."""
    if session is None:
        return []
    recorded, observed = session.recorded_state or {}, session.observed_state
    if any(not isinstance(value, dict | str | list) for value in observed.values()):
        return []
    return [
        {"key": key, "recorded": plain(recorded.get(key)), "answered": plain(observed.get(key))}
        for key in observed
    ]


def plain(value: Any) -> Any:
    """A recording with header names in lower case, without those that say nothing about S3."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, item in value.items():
        if "headers" in name.lower() and isinstance(item, dict):
            lower = {str(key).lower(): inner for key, inner in item.items()}
            item = {key: inner for key, inner in lower.items() if key not in _UNCOMPARED}
        result[name] = plain(item)
    return result
