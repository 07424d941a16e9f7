"""For every input a value with which it must have an effect, and what it needs beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from strict_s3.rules.identity import ACCOUNT
from strict_s3.rules.inputs import RULES
from tests.strict_s3.inputs.world import (
    BUCKET,
    MODEL,
    NOW,
    PARTS,
    REGION,
    Sent,
    World,
    completion,
    digest,
    request_of,
    sha256,
)

BODY = b"the body"
UPLOADS = {"joined": "upload-1", "joining": "upload-2", "second": "upload-3"}
OTHER_ACCOUNT = "999999999999"
LONG_AGO, SOON = "Mon, 01 Jan 2024 00:00:00 GMT", (NOW + timedelta(days=1)).isoformat()
LATER = (NOW + timedelta(days=60)).isoformat()
_SSE, _CUSTOMER = "x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-"
_KMS = {_SSE: "aws:kms"}


@dataclass(frozen=True)
class Sample:
    """A value, and the headers and query parameters that are there with and without it."""

    value: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


def _samples() -> dict[str, Sample]:
    of_grants = f'id="{"a" * 64}"'
    plain = {
        **dict.fromkeys(
            ("cache-control", "content-disposition", "content-encoding", "content-language"), "x"
        ),
        **dict.fromkeys(_names("x-amz-grant-", "full-control read read-acp write"), of_grants),
        **dict.fromkeys(("if-match", "x-amz-copy-source-if-match"), '"other"'),
        **dict.fromkeys(_names("", "if-unmodified-since expires"), LONG_AGO),
        **dict.fromkeys(_names("?", "max-keys max-buckets max-parts max-uploads"), "1"),
        **dict.fromkeys(_names("?response-", "cache-control expires content-type"), "a"),
        **dict.fromkeys(_names("?response-content-", "disposition encoding language"), "a"),
        **dict.fromkeys(_names("x-amz-checksum-", "crc32 crc32c crc64nvme sha1 sha256"), "-"),
        **dict.fromkeys(_names("x-amz-checksum-", "md5 sha512 xxhash64 xxhash3"), "-"),
        **dict.fromkeys(_names("x-amz-object-lock-event-hold-duration-", "days years"), "1"),
        **{_CUSTOMER + name: "x" for name in ("algorithm", "key", "key-md5")},
        **{f"x-amz-copy-source{_CUSTOMER[5:]}{name}": "x" for name in ("algorithm", "key")},
        f"x-amz-copy-source{_CUSTOMER[5:]}key-md5": "x",
        "content-length": "1",
        "content-md5": base64.b64encode(b"0" * 16).decode(),
        "content-type": "text/html",
        "if-modified-since": "Thu, 26 Nov 2026 12:00:00 GMT",
        "if-none-match": "*",
        "range": "bytes=1-2",
        "x-amz-acl": "public-read",
        "x-amz-bucket-namespace": "account-regional",
        "x-amz-bucket-object-lock-enabled": "true",
        "x-amz-bucket-object-lock-token": "token",
        "x-amz-bypass-governance-retention": "true",
        "x-amz-checksum-algorithm": "SHA1",
        "x-amz-checksum-mode": "ENABLED",
        "x-amz-checksum-type": "FULL_OBJECT",
        "x-amz-checksum-xxhash128": "-",
        "x-amz-confirm-remove-self-bucket-access": "true",
        "x-amz-copy-source": "nobody/has-it",
        "x-amz-copy-source-if-modified-since": "Thu, 26 Nov 2026 12:00:00 GMT",
        "x-amz-copy-source-if-none-match": "*",
        "x-amz-copy-source-if-unmodified-since": LONG_AGO,
        "x-amz-copy-source-range": "bytes=0-1",
        "x-amz-expected-bucket-owner": OTHER_ACCOUNT,
        "x-amz-grant-write-acp": of_grants,
        "x-amz-if-match-initiated-time": LONG_AGO,
        "x-amz-if-match-last-modified-time": LONG_AGO,
        "x-amz-if-match-size": "1",
        "x-amz-max-parts": "1",
        "x-amz-meta-": "x",
        "x-amz-metadata-directive": "REPLACE",
        "x-amz-mfa": "serial 123456",
        "x-amz-mp-object-size": "1",
        "x-amz-object-annotation-directive": "EXCLUDE",
        "x-amz-object-attributes": "StorageClass",
        "x-amz-object-lock-event-hold": "ON",
        "x-amz-object-lock-legal-hold": "ON",
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": SOON,
        "x-amz-object-ownership": "ObjectWriter",
        "x-amz-optional-object-attributes": "RestoreStatus",
        "x-amz-part-number-marker": "1",
        "x-amz-request-payer": "requester",
        "x-amz-sdk-checksum-algorithm": "SHA1",
        _SSE: "aws:kms",
        "x-amz-skip-destination-validation": "true",
        "x-amz-source-expected-bucket-owner": OTHER_ACCOUNT,
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-tagging": "a=2",
        "x-amz-tagging-directive": "REPLACE",
        "x-amz-transition-default-minimum-object-size": "varies_by_storage_class",
        "x-amz-website-redirect-location": "/other",
        "x-amz-write-offset-bytes": "1",
        "?bucket-region": "us-east-1",
        "?continuation-token": "nonsense",
        "?delimiter": "/",
        "?encoding-type": "url",
        "?fetch-owner": "true",
        "?id": "of-no-configuration",
        "?key-marker": "k",
        "?marker": "k",
        "?part-number-marker": "1",
        "?partNumber": "2",
        "?prefix": "s",
        "?start-after": "k",
        "?uploadId": "unknown",
        "?versionId": "null",
    }
    return {name: Sample(value) for name, value in plain.items()} | {
        f"{_SSE}-aws-kms-key-id": Sample("11111111-2222-3333-4444-555555555555", _KMS),
        f"{_SSE}-bucket-key-enabled": Sample("true", _KMS),
        f"{_SSE}-context": Sample(base64.b64encode(b'{"a": "b"}').decode(), _KMS),
        "?upload-id-marker": Sample(UPLOADS["joining"], {}, {"key-marker": "joining"}),
        "?version-id-marker": Sample("nonsense", {}, {"key-marker": "k"}),
    }


def _names(prefix: str, names: str) -> list[str]:
    return [prefix + name for name in names.split()]


SAMPLES = _samples()


def sample_of(operation: str, name: str, world: World) -> Sample:
    """What to send of an input; some operations need another value, or more beside it."""
    special = {
        ("CreateMultipartUpload", "x-amz-checksum-type"): Sample(
            "FULL_OBJECT", {"x-amz-checksum-algorithm": "CRC32"}
        ),
        ("DeleteObject", "?versionId"): Sample(world.locked),
        ("DeleteObject", "x-amz-bypass-governance-retention"): Sample(
            "true", query={"versionId": world.locked}
        ),
        ("CopyObject", "x-amz-tagging"): Sample("a=2", {"x-amz-tagging-directive": "REPLACE"}),
    }
    sample = special.get((operation, name)) or SAMPLES[name]
    if operation == "CopyObject" and RULES.get(name) in ("rules.metadata", "rules.uploads"):
        # Without this directive a copy has its source's.
        return replace(sample, headers={**sample.headers, "x-amz-metadata-directive": "REPLACE"})
    return sample


_LOCKED_RULE = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
_OWN = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject"}
_POLICY = {"Version": "2012-10-17", "Statement": [_OWN | {"Resource": f"arn:aws:s3:::{BUCKET}/*"}]}
_REPLICA = {
    "Status": "Disabled",
    "Priority": 1,
    "Filter": {"Prefix": "x"},
    "DeleteMarkerReplication": {"Status": "Disabled"},
    "Destination": {"Bucket": "arn:aws:s3:::plain"},
}
_SSE_RULE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
_CORS_RULE = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}
_LIFECYCLE_RULE = {
    "ID": "r",
    "Status": "Enabled",
    "Filter": {"Prefix": "x"},
    "Expiration": {"Days": 1},
}
_DOCUMENTS: dict[str, dict[str, Any]] = {
    "CreateBucket": {"CreateBucketConfiguration": {"LocationConstraint": REGION}},
    "PutBucketAccelerateConfiguration": {"AccelerateConfiguration": {"Status": "Enabled"}},
    "PutBucketAcl": {"ACL": "private"},
    "PutBucketCors": {"CORSConfiguration": {"CORSRules": [_CORS_RULE]}},
    "PutBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": [_SSE_RULE]}},
    "PutBucketLifecycleConfiguration": {"LifecycleConfiguration": {"Rules": [_LIFECYCLE_RULE]}},
    "PutBucketLogging": {"BucketLoggingStatus": {}},
    "PutBucketNotificationConfiguration": {"NotificationConfiguration": {}},
    "PutBucketOwnershipControls": {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    },
    "PutBucketPolicy": {"Policy": json.dumps(_POLICY)},
    "PutBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [_REPLICA]}},
    "PutBucketRequestPayment": {"RequestPaymentConfiguration": {"Payer": "Requester"}},
    "PutBucketTagging": {"Tagging": {"TagSet": [{"Key": "b", "Value": "2"}]}},
    "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "PutBucketWebsite": {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
    "PutObjectAcl": {"ACL": "private"},
    "PutObjectLegalHold": {"LegalHold": {"Status": "ON"}},
    "PutObjectLockConfiguration": {
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": _LOCKED_RULE}
    },
    "PutObjectRetention": {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": SOON}},
    "PutObjectTagging": {"Tagging": {"TagSet": [{"Key": "b", "Value": "2"}]}},
    "PutPublicAccessBlock": {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
}
# Configurations that are there for what reads them.
_CONFIGURED = "Cors LifecycleConfiguration Policy Replication Tagging Website"
_KEYS = {
    "joined": "GetObject HeadObject GetObjectAttributes",
    "joining": "AbortMultipartUpload ListParts UploadPart UploadPartCopy CompleteMultipartUpload",
    "locked": "GetObjectRetention PutObjectRetention GetObjectLegalHold DeleteObject",
}
_BUCKETS = {
    "brand-new": "CreateBucket",
    "empty": "DeleteBucket",
    # ACLs are enabled there.
    "plain": "PutBucketAcl PutObjectAcl",
}


def _of(operation: str, table: Mapping[str, str], default: str) -> str:
    found = [name for name, operations in table.items() if operation in operations.split()]
    return found[0] if found else default


def request_for(operation: str, world: World) -> Sent:
    """A request with which an operation does what it is for, and with no more than it needs."""
    shape = MODEL.operation_model(operation).input_shape
    known = {
        "Bucket": _of(operation, _BUCKETS, BUCKET),
        "Key": _of(operation, _KEYS, "k"),
        "CopySource": f"{BUCKET}/source",
        "UploadId": UPLOADS["joining"],
        "PartNumber": 1,
        "Id": "of-no-configuration",
        "ObjectAttributes": ["ETag", "ObjectParts"],
        "Body": BODY,
        "Delete": {"Objects": [{"Key": "locked", "VersionId": world.locked}, {"Key": "source"}]},
        **_DOCUMENTS.get(operation, {}),
    }
    members = shape.members if shape else ()
    needed = {"Body", *(shape.required_members if shape else ()), *_DOCUMENTS.get(operation, ())}
    sent = request_of(operation, {n: known[n] for n in members if n in needed and n in known})
    if operation == "UploadPart":
        return sent.and_also({"x-amz-checksum-sha256": sha256(BODY)})
    if operation == "CompleteMultipartUpload":
        body = completion()
        return replace(sent, body=body, headers={"content-md5": digest(body)})
    return sent


def build(patch: pytest.MonkeyPatch) -> World:
    """The world of these samples: three buckets, and something in one of them for each."""
    world = World(patch)
    store = world.service.store
    store.create_bucket("empty")
    store.create_bucket("plain").settings.ownership = "ObjectWriter"
    store.bucket("plain").settings.versioning = "Enabled"
    world.make(Sent("PUT", "/plain/k", body=b"elsewhere"))
    settings = store.bucket(BUCKET).settings
    settings.versioning, settings.object_lock = "Enabled", True
    lock = {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-legal-hold": "OFF"}
    for key, headers in (
        ("source", {"x-amz-meta-a": "1", "x-amz-tagging": "a=1", "content-type": "text/plain"}),
        ("k", {}),
        ("k", {}),
        ("a/b", {}),
        ("archived", {"x-amz-storage-class": "GLACIER"}),
        ("joining", {}),
        ("locked", lock | {"x-amz-object-lock-retain-until-date": LATER}),
    ):
        digests = {"content-md5": digest(key.encode())}
        world.make(Sent("PUT", f"/{BUCKET}/{key}", headers=headers | digests, body=key.encode()))
    locked = store.bucket(BUCKET).current("locked")
    assert locked is not None
    world.locked = locked.version_id
    for key, upload in UPLOADS.items():
        _begin_upload(world, f"/{BUCKET}/{key}", {"uploadId": upload}, PARTS)
    query = {"uploadId": UPLOADS["joined"]}
    world.make(Sent("POST", f"/{BUCKET}/joined", query, body=completion()))
    for name in _CONFIGURED.split():
        world.make(request_for(f"PutBucket{name}", world))
    world.begin()
    return world


def _begin_upload(world: World, path: str, query: dict[str, str], parts: Sequence[bytes]) -> None:
    algorithm = {"x-amz-checksum-algorithm": "SHA256"}
    world.make(Sent("POST", path, {"uploads": ""}, algorithm))
    for number, body in enumerate(parts, 1):
        headers = {"x-amz-checksum-sha256": sha256(body)}
        world.make(Sent("PUT", path, {**query, "partNumber": str(number)}, headers, body))
