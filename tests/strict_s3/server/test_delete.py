"""DeleteObject and DeleteObjects: versions, markers, conditions, permissions."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime

import pytest
import requests
from botocore.exceptions import ClientError

from tests.service import allow, error_of


def delete(service, key="k", s3=None, **more):
    return (s3 or service.client()).delete_object(Bucket=service.bucket, Key=key, **more)


def delete_all(service, *objects, s3=None, quiet=False, **more):
    return (s3 or service.client()).delete_objects(
        Bucket=service.bucket, Delete={"Objects": list(objects), "Quiet": quiet}, **more
    )


def refused(call, *args, **more) -> dict:
    with pytest.raises(ClientError) as caught:
        call(*args, **more)
    return caught.value.response["Error"]


def versions_of(service, key="k"):
    found = service.client().list_object_versions(Bucket=service.bucket, Prefix=key)
    every = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
    return {one["VersionId"] for one in every}


def test_without_versioning_nothing_is_left(service):
    service.put()
    answer = requests.delete(service.presign("delete_object"))
    assert (answer.status_code, answer.content) == (204, b"")
    told = {name.lower() for name in answer.headers}
    assert not told & {"content-type", "x-amz-version-id", "x-amz-delete-marker"}
    assert service.stored() == []
    assert requests.delete(service.presign("delete_object")).status_code == 204
    service.put()
    assert delete(service, VersionId="null")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert service.stored() == []


def test_with_versioning_a_marker_hides_and_a_version_id_deletes(service):
    service.settings.versioning = "Enabled"
    version = service.put()["VersionId"]
    first = delete(service)
    assert first["DeleteMarker"] is True
    second = delete(service)["VersionId"]
    assert versions_of(service) == {version, first["VersionId"], second}
    removed = delete(service, VersionId=second)
    assert (removed["DeleteMarker"], removed["VersionId"]) == (True, second)
    delete(service, VersionId=first["VersionId"])
    assert service.stored() == ["k"]  # the marker was all that hid it
    removed = delete(service, VersionId=version)
    assert ("DeleteMarker" in removed, removed["VersionId"]) == (False, version)
    assert versions_of(service) == set()
    assert delete(service, VersionId=version)["VersionId"] == version  # once more
    assert delete(service, "never there")["DeleteMarker"] is True


def test_suspended_versioning_replaces_the_null_version_alone(service):
    before = service.put(body=b"null")
    assert "VersionId" not in before
    service.settings.versioning = "Enabled"
    kept = {service.put()["VersionId"] for _ in range(3)}
    service.settings.versioning = "Suspended"
    assert versions_of(service) == {*kept, "null"}
    assert "VersionId" not in service.put(body=b"null again")
    assert versions_of(service) == {*kept, "null"}
    marker = delete(service)
    assert (marker["DeleteMarker"], marker["VersionId"]) == (True, "null")
    assert versions_of(service) == {*kept, "null"}
    service.put(body=b"and again")
    assert versions_of(service) == {*kept, "null"}
    delete(service, VersionId="null")
    assert versions_of(service) == kept


@pytest.mark.parametrize("versioning", ["", "Enabled"])
@pytest.mark.parametrize("version", ["abc", "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"])
def test_what_is_no_version_id(service, versioning, version):
    service.settings.versioning = versioning
    service.put()
    for call in (delete, service.client().get_object, service.client().get_object_tagging):
        at = {"Bucket": service.bucket, "Key": "k"} if call is not delete else {"service": service}
        error = refused(call, **at, VersionId=version)
        assert (error["Code"], error["Message"]) == (
            "InvalidArgument",
            "Invalid version id specified",
        )
        assert (error["ArgumentName"], error["ArgumentValue"]) == ("versionId", version)
    url = service.sign("GET", f"/{service.bucket}/k", query=[("versionId", "")])
    assert error_of(requests.get(url)) == (
        400,
        "InvalidArgument",
        "Version id cannot be the empty string",
    )


def test_if_match_guards_a_delete(service):
    etag = service.put()["ETag"]
    assert refused(delete, service, IfMatch='"other"')["Condition"] == "If-Match"
    assert service.stored() == ["k"]
    delete(service, IfMatch=etag.strip('"'))
    for match in (etag, "*"):
        error = refused(delete, service, IfMatch=match)
        assert (error["Code"], error["Key"]) == ("NoSuchKey", "k")
    service.put()
    delete(service, IfMatch="*")
    assert service.stored() == []


def test_a_delete_marker_is_no_object_to_match(service):
    service.settings.versioning = "Enabled"
    put = service.put()
    delete(service, IfMatch=put["ETag"])
    assert refused(delete, service, IfMatch=put["ETag"])["Code"] == "NoSuchKey"
    error = refused(delete, service, IfMatch=put["ETag"], VersionId=put["VersionId"])
    assert (error["Code"], error["Header"]) == ("NotImplemented", "If-Match")
    assert put["VersionId"] in versions_of(service)


@pytest.mark.parametrize(
    ("condition", "header"),
    [
        ({"IfMatchSize": 4}, "x-amz-if-match-size"),
        (
            {"IfMatchLastModifiedTime": datetime(2020, 1, 1, tzinfo=UTC), "IfMatchSize": 4},
            "x-amz-if-match-last-modified-time",
        ),
        ({"MFA": "serial 123456"}, "x-amz-mfa"),
    ],
)
def test_conditions_of_directory_buckets(service, condition, header):
    service.put()
    error = refused(delete, service, **condition)
    assert (error["Code"], error["Header"]) == ("NotImplemented", header)
    assert service.stored() == ["k"]


def test_to_compare_an_etag_is_to_read_it(service):
    etag = service.put()["ETag"]
    ann = service.client(keys=service.user("ann", allow("s3:DeleteObject")))
    assert refused(delete, service, s3=ann, IfMatch=etag)["Code"] == "AccessDenied"
    item = {"Key": "k", "ETag": etag}
    assert delete_all(service, item, s3=ann)["Errors"][0]["Code"] == "AccessDenied"
    delete(service, s3=ann, IfMatch="*")


def test_many_at_once(service):
    for key in ("a%2Fb", "a/%F0%9F%98%80", "<&>", "é"):
        service.put(key)
    every = [{"Key": key} for key in (*service.stored(), "not there")]
    assert [one["Key"] for one in delete_all(service, *every)["Deleted"]] == [
        one["Key"] for one in every
    ]
    assert service.stored() == []


def test_quietly_only_errors_are_told(service):
    service.put("a")
    answer = delete_all(service, {"Key": "a"}, {"Key": "b", "VersionId": "abc"}, quiet=True)
    assert "Deleted" not in answer
    assert answer["Errors"] == [
        {
            "Key": "b",
            "VersionId": "abc",
            "Code": "NoSuchVersion",
            "Message": "The specified version does not exist.",
        }
    ]
    assert service.stored() == []


def test_markers_are_told_for_each(service):
    service.settings.versioning = "Enabled"
    version = service.put()["VersionId"]
    (made,) = delete_all(service, {"Key": "k"})["Deleted"]
    assert (made["DeleteMarker"], "VersionId" in made) == (True, False)
    marker = made["DeleteMarkerVersionId"]
    (removed,) = delete_all(service, {"Key": "k", "VersionId": marker})["Deleted"]
    assert removed == {
        "Key": "k",
        "VersionId": marker,
        "DeleteMarker": True,
        "DeleteMarkerVersionId": marker,
    }
    (removed,) = delete_all(service, {"Key": "k", "VersionId": version})["Deleted"]
    assert removed == {"Key": "k", "VersionId": version}


def test_each_has_its_own_condition(service):
    etag = service.put("a")["ETag"]
    service.put("b")
    answer = delete_all(
        service,
        {"Key": "a", "ETag": '"other"'},
        {"Key": "b", "ETag": etag},
        {"Key": "c", "ETag": etag},
    )
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [
        ("a", "PreconditionFailed"),
        ("c", "NoSuchKey"),
    ]
    assert service.stored() == ["a"]
    assert refused(delete_all, service, {"Key": "a", "Size": 4})["Code"] == "NotImplemented"
    assert service.stored() == ["a"]


def test_each_needs_its_own_permission(service):
    service.settings.versioning = "Enabled"
    for key in ("mine/a", "b"):
        service.put(key)
    version = service.put("mine/c")["VersionId"]
    own = f"arn:aws:s3:::{service.bucket}/mine/*"
    ann = service.client(keys=service.user("ann", allow("s3:DeleteObject", resource=own)))
    answer = delete_all(
        service,
        {"Key": "mine/a"},
        {"Key": "b"},
        {"Key": "mine/c", "VersionId": version},
        s3=ann,
    )
    assert [one["Key"] for one in answer["Deleted"]] == ["mine/a"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [
        ("b", "AccessDenied"),
        ("mine/c", "AccessDenied"),
    ]
    assert service.stored() == ["b", "mine/c"]


def test_each_is_judged_by_its_own_version(service):
    service.settings.versioning = "Enabled"
    kept, other = (service.put()["VersionId"] for _ in range(2))
    condition = {"StringNotEquals": {"s3:VersionId": kept}}
    ann = service.client(
        keys=service.user("ann", allow("s3:DeleteObjectVersion", Condition=condition))
    )
    assert refused(delete, service, s3=ann, VersionId=kept)["Code"] == "AccessDenied"
    items = [{"Key": "k", "VersionId": version} for version in (kept, other)]
    answer = delete_all(service, *items, s3=ann)
    assert [one["VersionId"] for one in answer["Deleted"]] == [other]
    assert [one["VersionId"] for one in answer["Errors"]] == [kept]


def test_a_version_in_the_query_is_not_that_of_the_items(service):
    service.settings.versioning = "Enabled"
    service.put()
    only = {"StringEquals": {"s3:VersionId": "null"}}
    keys = service.user("bob", allow("s3:DeleteObject", Condition=only))
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    headers = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    own = {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"]}
    query = [("delete", ""), ("versionId", "null")]
    url = service.sign("POST", f"/{service.bucket}", query=query, headers=headers, **own)
    answer = requests.post(url, body, headers=headers)
    told = (400, "InvalidArgument", "This operation does not accept a version-id.")
    assert error_of(answer) == told
    assert service.stored() == ["k"]


def send(service, body: bytes, headers: dict[str, str]):
    url = service.sign("POST", f"/{service.bucket}", query=[("delete", "")], headers=headers)
    return requests.post(url, body, headers=headers)


def test_the_list_comes_with_a_digest(service):
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    assert error_of(send(service, body, {})) == (
        400,
        "InvalidRequest",
        "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    )
    wrong = {"content-md5": base64.b64encode(hashlib.md5(b"other").digest()).decode()}
    assert error_of(send(service, body, wrong))[:2] == (400, "BadDigest")
    right = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    assert send(service, body, right).status_code == 200
    sha = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert send(service, body, {"x-amz-checksum-sha256": sha}).status_code == 200


@pytest.mark.parametrize(
    "items",
    [
        "",
        "<Object/>",
        "<Object><Key>k</Key></Object>" * 1001,
    ],
)
def test_lists_that_are_none(service, items):
    body = f"<Delete>{items}</Delete>".encode()
    md5 = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    assert error_of(send(service, body, md5))[:2] == (400, "MalformedXML")


def signed_list(service, items: str, path: str = ""):
    """The answer to a DeleteObjects with an MD5, at the bucket's or some key's address."""
    body = f"<Delete>{items}</Delete>".encode()
    md5 = {"content-md5": base64.b64encode(hashlib.md5(body).digest()).decode()}
    url = service.sign("POST", f"/{service.bucket}{path}", query=[("delete", "")], headers=md5)
    return requests.post(url, body, headers=md5)


def test_a_key_of_no_letters_is_none(service):
    told = (400, "UserKeyMustBeSpecified", "User key must be specified.")
    assert error_of(signed_list(service, "<Object><Key/></Object>")) == told


def test_a_key_that_is_named_twice_is_deleted_once(service):
    service.settings.versioning = "Enabled"
    service.put()
    item = "<Object><Key>k</Key></Object>"
    assert signed_list(service, item * 2).text.count("<Deleted>") == 1
    assert len(versions_of(service)) == 2  # the object and one marker


def test_the_list_can_be_sent_to_any_key(service):
    service.put()
    item = "<Object><Key>k</Key></Object>"
    assert signed_list(service, item, "/some/other").status_code == 200
    assert service.stored() == []


def test_a_thousand_at_once(service):
    answer = delete_all(service, *({"Key": f"k{n}"} for n in range(1000)))
    assert len(answer["Deleted"]) == 1000


def test_reading_what_a_marker_hides(service):
    service.settings.versioning = "Enabled"
    service.put()
    marker = delete(service)["VersionId"]
    newest = requests.get(service.presign("get_object"))
    assert error_of(newest)[:2] == (404, "NoSuchKey")
    assert newest.headers["x-amz-delete-marker"] == "true"
    assert newest.headers["x-amz-version-id"] == marker
    itself = requests.get(service.presign("get_object", VersionId=marker))
    assert error_of(itself)[:2] == (405, "MethodNotAllowed")
    assert itself.headers["x-amz-delete-marker"] == "true"
    assert itself.headers["allow"] == "DELETE"
    assert "last-modified" in itself.headers
