"""Object Lock on objects: retention, legal hold, the bypass, and the server's clock."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.rules import object_lock
from strict_s3.rules.errors import InvalidArgument
from strict_s3.server.store.bucket import DefaultRetention
from tests.service import allow, error_of

LOCKED = ("AccessDenied", "Access Denied because object protected by object lock.")
MISSING = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
MISSING_FOR_HEADERS = ("InvalidRequest", "Bucket is missing ObjectLockConfiguration")


def days(number: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=number)


def md5(text: str) -> str:
    return base64.b64encode(hashlib.md5(text.encode()).digest()).decode()


@pytest.fixture
def locked(service):
    """The service, its bucket with Object Lock."""
    service.settings.object_lock, service.settings.versioning = True, "Enabled"
    return service


def refused(call, **more) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**more)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def retention(mode="GOVERNANCE", until=None):
    return {"Mode": mode, "RetainUntilDate": until or days(2)}


def lock(mode="GOVERNANCE", until=None):
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until or days(2)}


def at(service, **more):
    return {"Bucket": service.bucket, "Key": "k", **more}


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_retained_version_cannot_be_deleted_before_its_time(locked, mode):
    s3, until = locked.client(), days(2)
    version = locked.put(**lock(mode, until))["VersionId"]
    told = s3.head_object(**at(locked))
    assert told["ObjectLockMode"] == mode
    assert abs(told["ObjectLockRetainUntilDate"] - until) < timedelta(seconds=1)
    assert refused(s3.delete_object, **at(locked, VersionId=version)) == LOCKED
    items = {"Objects": [{"Key": "k", "VersionId": version}]}
    (error,) = s3.delete_objects(Bucket=locked.bucket, Delete=items)["Errors"]
    assert (error["Code"], error["Message"]) == LOCKED
    s3.delete_object(**at(locked))  # a marker deletes nothing
    locked.later(days=2, seconds=1)
    s3.delete_object(**at(locked, VersionId=version))


def test_the_bypass_is_for_governance_alone(locked):
    s3 = locked.client()
    governed = locked.put(**lock("GOVERNANCE"))["VersionId"]
    strict = locked.put(**lock("COMPLIANCE"))["VersionId"]
    bypass = {"BypassGovernanceRetention": True}
    assert refused(s3.delete_object, **at(locked, VersionId=strict), **bypass) == LOCKED
    no = {"BypassGovernanceRetention": False}
    assert refused(s3.delete_object, **at(locked, VersionId=governed), **no) == LOCKED
    s3.delete_object(**at(locked, VersionId=governed), **bypass)


def test_the_bypass_needs_its_permission_in_both_deletes(locked):
    version = locked.put(**lock())["VersionId"]
    may = allow("s3:DeleteObject", "s3:DeleteObjectVersion")
    ann = locked.client(keys=locked.user("ann", may))
    bypass = {"BypassGovernanceRetention": True}
    code, message = refused(ann.delete_object, **at(locked, VersionId=version), **bypass)
    assert (code, "s3:BypassGovernanceRetention" in message) == ("AccessDenied", True)
    items = {"Objects": [{"Key": "k", "VersionId": version}]}
    (error,) = ann.delete_objects(Bucket=locked.bucket, Delete=items, **bypass)["Errors"]
    assert "s3:BypassGovernanceRetention" in error["Message"]
    ben = locked.client(keys=locked.user("ben", may, allow("s3:BypassGovernanceRetention")))
    (done,) = ben.delete_objects(Bucket=locked.bucket, Delete=items, **bypass)["Deleted"]
    assert done["VersionId"] == version


@pytest.mark.parametrize("value", [True, False])
def test_without_object_lock_there_is_nothing_to_bypass(service, value):
    s3 = service.client()
    service.put()
    told = (
        "InvalidArgument",
        "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    )
    assert refused(s3.delete_object, **at(service), BypassGovernanceRetention=value) == told
    items = {"Objects": [{"Key": "k"}]}
    call = {"Bucket": service.bucket, "Delete": items, "BypassGovernanceRetention": value}
    assert refused(s3.delete_objects, **call) == told
    assert service.stored() == ["k"]


def test_a_legal_hold_has_no_time_and_no_bypass(locked):
    s3 = locked.client()
    version = locked.put(ObjectLockLegalHoldStatus="ON")["VersionId"]
    assert s3.head_object(**at(locked))["ObjectLockLegalHoldStatus"] == "ON"
    locked.later(days=5000)
    bypass = {"BypassGovernanceRetention": True}
    assert refused(s3.delete_object, **at(locked, VersionId=version), **bypass) == LOCKED
    s3.put_object_legal_hold(**at(locked), LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**at(locked))["LegalHold"] == {"Status": "OFF"}
    assert s3.head_object(**at(locked))["ObjectLockLegalHoldStatus"] == "OFF"
    s3.delete_object(**at(locked, VersionId=version))


@pytest.mark.parametrize(
    ("what", "document"),
    [
        ("retention", "<Retention/>"),
        ("legal-hold", "<LegalHold><Status>ON</Status></LegalHold>"),
    ],
)
def test_a_lock_is_put_with_a_digest(locked, what, document):
    locked.put()
    url = locked.sign("PUT", f"/{locked.bucket}/k", query=[(what, "")])
    told = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
    assert error_of(requests.put(url, document)) == (400, "InvalidRequest", told)
    headers = {"content-md5": md5(document)}
    url = locked.sign("PUT", f"/{locked.bucket}/k", query=[(what, "")], headers=headers)
    assert requests.put(url, document, headers=headers).status_code == 200


def test_what_has_never_been_set(locked):
    locked.put()
    s3 = locked.client()
    assert not {name for name in s3.head_object(**at(locked)) if "Lock" in name}
    told = (
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
    )
    assert refused(s3.get_object_retention, **at(locked)) == told
    assert refused(s3.get_object_legal_hold, **at(locked)) == told


def test_retention_is_extended_by_whoever_may_set_it(locked):
    s3 = locked.client()
    locked.put()
    for until in (days(2), days(3), days(3)):
        s3.put_object_retention(**at(locked), Retention=retention(until=until))
    kept = s3.get_object_retention(**at(locked))["Retention"]
    assert (kept["Mode"], kept["RetainUntilDate"] > days(2.5)) == ("GOVERNANCE", True)


@pytest.mark.parametrize("change", [retention(until=days(1)), retention("COMPLIANCE", days(3)), {}])
def test_governance_is_weakened_only_with_the_bypass(locked, change):
    s3 = locked.client()
    locked.put(**lock())
    assert refused(s3.put_object_retention, **at(locked), Retention=change) == LOCKED
    s3.put_object_retention(**at(locked), Retention=change, BypassGovernanceRetention=True)
    told = s3.head_object(**at(locked))
    assert told.get("ObjectLockMode") == change.get("Mode")


@pytest.mark.parametrize(
    "change", [retention("COMPLIANCE", days(1)), retention("GOVERNANCE", days(3)), {}]
)
def test_compliance_is_never_weakened(locked, change):
    s3 = locked.client()
    locked.put(**lock("COMPLIANCE"))
    for bypass in ({}, {"BypassGovernanceRetention": True}):
        assert refused(s3.put_object_retention, **at(locked), Retention=change, **bypass) == LOCKED
    s3.put_object_retention(**at(locked), Retention=retention("COMPLIANCE", days(3)))
    locked.later(days=4)
    s3.put_object_retention(**at(locked), Retention={})


def test_the_bypass_of_a_change_needs_its_permission(locked):
    locked.put(**lock())
    ann = locked.client(keys=locked.user("ann", allow("s3:PutObjectRetention")))
    shorter = {"Retention": retention(until=days(1)), "BypassGovernanceRetention": True}
    code, message = refused(ann.put_object_retention, **at(locked), **shorter)
    assert (code, "s3:BypassGovernanceRetention" in message) == ("AccessDenied", True)


def test_a_retention_ends_later_than_now():
    now = days(0)
    object_lock.check_future(now + timedelta(microseconds=1), now, "Until", "soon")
    with pytest.raises(InvalidArgument) as caught:
        object_lock.check_future(now, now, "Until", "now")
    assert caught.value.fields == {"ArgumentName": "Until", "ArgumentValue": "now"}


FUTURE = ("InvalidArgument", "The retain until date must be in the future!")


def test_a_date_in_the_past(locked):
    s3 = locked.client()
    version = locked.put(**lock())["VersionId"]
    past = retention(until=days(-1))
    assert refused(s3.put_object_retention, **at(locked, VersionId=version), Retention=past) == (
        FUTURE
    )
    assert refused(s3.put_object, **at(locked), Body=b"", **lock(until=days(-1))) == FUTURE
    locked.later(days=-3)  # by the server's clock
    s3.put_object(**at(locked), Body=b"", **lock(until=days(-1)))


HEADERS = [
    (
        {"x-amz-object-lock-mode": "GOVERNANCE"},
        "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        "x-amz-object-lock-retain-until-date",
    ),
    (
        {"x-amz-object-lock-retain-until-date": "2100-01-01T00:00:00Z"},
        "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        "x-amz-object-lock-mode",
    ),
    (
        {
            "x-amz-object-lock-mode": "BAD-VALUE",
            "x-amz-object-lock-retain-until-date": "2100-01-01T00:00:00Z",
        },
        "Unknown wormMode directive.",
        "x-amz-object-lock-mode",
    ),
    (
        {
            "x-amz-object-lock-mode": "GOVERNANCE",
            "x-amz-object-lock-retain-until-date": "abc",
        },
        "The retain until date must be provided in ISO 8601 format",
        "x-amz-object-lock-retain-until-date",
    ),
    (
        {"x-amz-object-lock-legal-hold": "on"},
        "Legal Hold must be either of 'ON' or 'OFF'",
        "x-amz-object-lock-legal-hold",
    ),
]


@pytest.mark.parametrize(("headers", "message", "name"), HEADERS)
@pytest.mark.parametrize("kind", ["put", "create", "copy"])
def test_lock_headers_that_are_none(locked, headers, message, name, kind):
    locked.put("source")
    copied = {"x-amz-copy-source": f"{locked.bucket}/source"} if kind == "copy" else {}
    headers = headers | copied
    query = [("uploads", "")] if kind == "create" else []
    method = "POST" if kind == "create" else "PUT"
    url = locked.sign(method, f"/{locked.bucket}/k", query=query, headers=headers)
    answer = requests.request(method, url, headers=headers)
    assert error_of(answer) == (400, "InvalidArgument", message)
    assert f"<ArgumentName>{name}</ArgumentName>" in answer.text
    assert locked.stored() == ["source"]


@pytest.mark.parametrize("asked", [lock(), {"ObjectLockLegalHoldStatus": "OFF"}])
def test_a_bucket_without_object_lock_locks_nothing(service, asked):
    s3 = service.client()
    assert refused(s3.put_object, **at(service), Body=b"", **asked) == MISSING_FOR_HEADERS
    uploading = refused(s3.create_multipart_upload, **at(service), **asked)
    assert uploading == MISSING_FOR_HEADERS
    service.put()
    copy = {"Bucket": service.bucket, "Key": "c", "CopySource": f"{service.bucket}/k"}
    assert refused(s3.copy_object, **copy, **asked) == MISSING_FOR_HEADERS
    assert refused(s3.put_object_retention, **at(service), Retention=retention()) == MISSING
    assert refused(s3.get_object_retention, **at(service)) == MISSING
    assert refused(s3.get_object_legal_hold, **at(service)) == MISSING
    hold = {"LegalHold": {"Status": "ON"}}
    assert refused(s3.put_object_legal_hold, **at(service), **hold) == MISSING


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("retention", "<Retention><Mode>GOVERNANCE</Mode></Retention>"),
        ("retention", "<Retention><RetainUntilDate>2100-01-01T00:00:00Z</RetainUntilDate>"),
        (
            "retention",
            "<Retention><Mode>BAD</Mode><RetainUntilDate>2100-01-01T00:00:00Z</RetainUntilDate>"
            "</Retention>",
        ),
        (
            "retention",
            "<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>",
        ),
        ("retention", "<LegalHold><Status>ON</Status></LegalHold>"),
        ("legal-hold", "<LegalHold><Status>abc</Status></LegalHold>"),
        ("legal-hold", "<LegalHold/>"),
    ],
)
def test_documents_that_are_none(locked, what, body):
    locked.put()
    headers = {"content-md5": md5(body)}
    url = locked.sign("PUT", f"/{locked.bucket}/k", query=[(what, "")], headers=headers)
    assert error_of(requests.put(url, body, headers=headers))[:2] == (400, "MalformedXML")


def test_keys_and_versions_that_have_no_lock(locked):
    s3 = locked.client()
    assert refused(s3.put_object_retention, **at(locked), Retention=retention())[0] == "NoSuchKey"
    locked.put()
    marker = s3.delete_object(**at(locked))["VersionId"]
    for version in ({}, {"VersionId": marker}):
        for call, more in (
            (s3.put_object_retention, {"Retention": retention()}),
            (s3.get_object_retention, {}),
            (s3.put_object_legal_hold, {"LegalHold": {"Status": "ON"}}),
            (s3.get_object_tagging, {}),
            (s3.put_object_tagging, {"Tagging": {"TagSet": []}}),
        ):
            assert refused(call, **at(locked, **version), **more)[0] == "MethodNotAllowed"


def test_each_version_has_a_lock_of_its_own(locked):
    s3 = locked.client()
    first, second = (locked.put()["VersionId"] for _ in range(2))
    hold = {"LegalHold": {"Status": "ON"}}
    s3.put_object_legal_hold(**at(locked, VersionId=first), **hold)
    s3.delete_object(**at(locked, VersionId=second))
    assert refused(s3.delete_object, **at(locked, VersionId=first)) == LOCKED


def test_a_copy_is_not_locked_by_its_source(locked):
    s3 = locked.client()
    locked.put(**lock(), ObjectLockLegalHoldStatus="ON")
    copy = {"Bucket": locked.bucket, "Key": "c", "CopySource": f"{locked.bucket}/k"}
    s3.copy_object(**copy)
    told = s3.head_object(Bucket=locked.bucket, Key="c")
    assert not {name for name in told if name.startswith("ObjectLock")}
    s3.copy_object(**copy, **lock("COMPLIANCE"), ObjectLockLegalHoldStatus="ON")
    told = s3.head_object(Bucket=locked.bucket, Key="c")
    assert (told["ObjectLockMode"], told["ObjectLockLegalHoldStatus"]) == ("COMPLIANCE", "ON")


@pytest.mark.parametrize(
    ("default", "duration"),
    [(DefaultRetention("GOVERNANCE", days=1), 1), (DefaultRetention("COMPLIANCE", years=1), 365)],
)
def test_the_buckets_default_is_for_what_asks_for_nothing(locked, default, duration):
    s3 = locked.client()
    locked.put("source")
    locked.settings.default_retention = default
    locked.put()
    upload = s3.create_multipart_upload(Bucket=locked.bucket, Key="parts")["UploadId"]
    parts = {"Bucket": locked.bucket, "Key": "parts", "UploadId": upload}
    etag = s3.upload_part(**parts, PartNumber=1, Body=b"x")["ETag"]
    named = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**parts, MultipartUpload=named)
    s3.copy_object(Bucket=locked.bucket, Key="c", CopySource=f"{locked.bucket}/source")
    for key in ("k", "parts", "c"):
        told = s3.head_object(Bucket=locked.bucket, Key=key)
        assert told["ObjectLockMode"] == default.mode
        assert abs(told["ObjectLockRetainUntilDate"] - days(duration)) < timedelta(minutes=1)
    locked.put("own", **lock("GOVERNANCE", days(9)))
    told = s3.head_object(Bucket=locked.bucket, Key="own")
    assert (told["ObjectLockMode"], told["ObjectLockRetainUntilDate"] > days(8)) == (
        "GOVERNANCE",
        True,
    )


def test_what_is_to_be_retained_declares_a_digest(locked):
    until = f"{days(2):%Y-%m-%dT%H:%M:%SZ}"
    headers = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": until,
    }

    def send(headers):
        url = locked.sign("PUT", f"/{locked.bucket}/k", headers=headers)
        return requests.put(url, b"x", headers=headers)

    assert error_of(send(headers)) == (
        400,
        "InvalidRequest",
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
        "Object Lock parameters",
    )
    for body, status in ((b"y", 400), (b"x", 200)):
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        assert send(headers | {"content-md5": md5}).status_code == status
    assert send({}).status_code == 200  # nothing is retained


def test_locks_are_shown_to_those_who_may_read_them(locked):
    locked.put(**lock(), ObjectLockLegalHoldStatus="ON", Tagging="a=1")
    shown = {"ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus", "TagCount"}
    ann = locked.client(keys=locked.user("ann", allow("s3:GetObject")))
    assert not shown & set(ann.head_object(**at(locked)))
    may = ("s3:GetObjectRetention", "s3:GetObjectLegalHold", "s3:GetObjectTagging")
    ben = locked.client(keys=locked.user("ben", allow("s3:GetObject", *may)))
    assert shown <= set(ben.head_object(**at(locked)))
