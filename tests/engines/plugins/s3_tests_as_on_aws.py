"""A pytest plugin for ceph/s3-tests: what the suite expects of Ceph, asked as AWS wants it asked.

It runs in the suite's environment, so it imports nothing of this project. `s3_tests.py` starts it.
Seven habits of the suite aren't AWS's, and each is made AWS's here, so that the rest can be seen:

- a new bucket is open: no Block Public Access, and ACLs may be set;
- customers' own keys (SSE-C), which AWS has blocked in new buckets since April 2026, are allowed to
  the tests of them;
- public ACLs: AWS advises against them and the local S3 has none, so policies say the same;
- buckets are emptied with a bypass of governance, which AWS refuses where there is no Object Lock;
- forms are signed with Signature Version 2: they are signed again with Version 4;
- boto3 signs URLs for us-east-1 with Version 2 unless told otherwise;
- clients are made for the region "".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
import requests
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

KEYS: dict[str, str] = json.loads(os.environ["STRICT_S3_KEYS"])  # access key -> secret key
RESULTS = os.environ["STRICT_S3_RESULTS"]
REGION = "us-east-1"
_FIELDS = {name.lower(): name for name in ("AWSAccessKeyId", "policy", "signature")}
_OF_SSE_C = ("sse_c", "sse-c", "encrypted_transfer")
_RULE = {
    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
    "BlockedEncryptionTypes": {"EncryptionType": ["NONE"]},
}
_WITH_SSE_C = {"ServerSideEncryptionConfiguration": {"Rules": [_RULE]}}
_name = ""  # of the test that runs
_WITH_ACL = ("CreateBucket", "PutBucketAcl", "PutObject", "PutObjectAcl", "CreateMultipartUpload")


def pytest_configure(config: pytest.Config) -> None:
    create_client, call = botocore.session.Session.create_client, BaseClient._make_api_call
    post = requests.post

    def v4_client(self: Any, *rest: Any, **more: Any) -> Any:
        own = more.get("config") or Config()
        if "" in (*rest[1:2], more.get("region_name")):
            rest, more["region_name"] = rest[:1], REGION
        if "s3" in (*rest[:1], more.get("service_name")) and not own.signature_version:
            more["config"] = own.merge(Config(signature_version="s3v4"))
        return create_client(self, *rest, **more)

    def as_on_aws(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "DeleteObjects" and parameters.pop("BypassGovernanceRetention", False):
            try:
                bypass = {"BypassGovernanceRetention": True}
                return call(self, operation, parameters | bypass)
            except ClientError as problem:
                if "only applicable to Object Lock enabled buckets" not in str(problem):
                    raise
        if operation == "ListOpenIDConnectProviders":  # asked after each test, to remove them
            return {"OpenIDConnectProviderList": []}
        acl = parameters.get("ACL", "")
        public = acl.startswith("public-") and operation in _WITH_ACL
        if public:
            parameters = {name: value for name, value in parameters.items() if name != "ACL"}
            if operation.endswith("Acl"):
                parameters["ACL"] = "private"
        if operation == "CreateBucket":
            parameters = {"ObjectOwnership": "ObjectWriter"} | parameters
        answer = call(self, operation, parameters)
        if operation == "CreateBucket":
            open_bucket(self, parameters["Bucket"])
            if any(part in _name for part in _OF_SSE_C):
                call(self, "PutBucketEncryption", {"Bucket": parameters["Bucket"]} | _WITH_SSE_C)
        if public:
            allow(self, parameters, acl)
        return answer

    def open_bucket(self: Any, bucket: str) -> None:
        with suppress(ClientError):  # it may be somebody else's, which is what the test is about
            call(self, "DeletePublicAccessBlock", {"Bucket": bucket})

    def allow(self: Any, parameters: dict[str, Any], acl: str) -> None:
        bucket, key = parameters["Bucket"], parameters.get("Key")
        arn = f"arn:aws:s3:::{bucket}"
        if key is None:
            writes = acl == "public-read-write"
            rules = [("s3:ListBucket", arn)] + [("s3:PutObject", f"{arn}/*")] * writes
        else:
            rules = [("s3:GetObject", f"{arn}/{key}")]
        new = [
            {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
            for action, resource in rules
        ]
        try:
            before = json.loads(call(self, "GetBucketPolicy", {"Bucket": bucket})["Policy"])
        except ClientError:
            before = {"Version": "2012-10-17", "Statement": []}
        before["Statement"] += new
        call(self, "PutBucketPolicy", {"Bucket": bucket, "Policy": json.dumps(before)})

    def v4_form(url: str, **more: Any) -> requests.Response:
        fields = more.get("files")
        if isinstance(fields, dict) and "AWSAccessKeyId" in fields:
            # By S3's own names: a test writes them in capitals here and there.
            named = {_FIELDS.get(name.lower(), name): value for name, value in fields.items()}
            more["files"] = signed_again(named)
        return post(url, **more)

    botocore.session.Session.create_client = v4_client
    BaseClient._make_api_call = as_on_aws
    requests.post = v4_form


def pytest_runtest_setup(item: pytest.Item) -> None:
    global _name
    _name = item.nodeid


def signed_again(fields: dict[str, Any]) -> dict[str, Any]:
    """A form's fields, signed with Version 4 by the same key; wrongly, if it was wrong before."""
    access_key, policy = _text(fields["AWSAccessKeyId"]), _text(fields.get("policy", ""))
    secret = KEYS.get(access_key, "unknown")
    right = base64.b64encode(hmac.digest(secret.encode(), policy.encode(), "sha1")).decode()
    if _text(fields.get("signature", "")) != right:
        secret = "wrong"
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{date[:8]}/{REGION}/s3/aws4_request"
    own = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{access_key}/{scope}",
        "x-amz-date": date,
    }
    try:
        document = json.loads(base64.b64decode(policy))
        document["conditions"] += [{name: value} for name, value in own.items()]
        policy = base64.b64encode(json.dumps(document).encode()).decode()
    except (ValueError, KeyError, TypeError):
        pass  # a malformed policy is what the test is about
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    own["x-amz-signature"] = hmac.new(key, policy.encode(), hashlib.sha256).hexdigest()
    result: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "signature":
            result |= {field: (None, text) for field, text in own.items()}
        elif name == "policy":
            result[name] = (None, policy)
        elif name != "AWSAccessKeyId":
            # requests would give each of them a file name, which makes a field a file.
            plain = name != "file" and not isinstance(value, tuple)
            result[name] = (None, _text(value)) if plain else value
    return result


def _text(value: Any) -> str:
    value = value[-1] if isinstance(value, tuple) else value
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if call.when == "call" or report.skipped or (call.when == "setup" and report.failed):
        problem = call.excinfo.value if call.excinfo else None
        result = {
            "test": item.nodeid.rpartition("/")[2],
            "outcome": report.outcome,
            "problem": f"{type(problem).__name__}: {problem}"[:600] if problem else "",
            "marks": [mark.name for mark in item.iter_markers()],
        }
        with open(RESULTS, "a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
