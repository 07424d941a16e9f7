"""Lifecycle rules carried out as the clock moves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from strict_s3.server.store import store as store_module
from strict_s3.server.store.ageing import age
from tests.service import Service


def configure(service: Service, *rules, **more) -> None:
    full = [
        {"ID": f"rule {n}", "Status": "Enabled", "Filter": {}, **r} for n, r in enumerate(rules)
    ]
    service.client().put_bucket_lifecycle_configuration(
        Bucket=service.bucket, LifecycleConfiguration={"Rules": full}, **more
    )


def versioned(service: Service) -> None:
    service.client().put_bucket_versioning(
        Bucket=service.bucket, VersioningConfiguration={"Status": "Enabled"}
    )


def head(service: Service, key="k", **more):
    return service.client().head_object(Bucket=service.bucket, Key=key, **more)


def missing(service: Service, key="k") -> bool:
    with pytest.raises(ClientError) as caught:
        head(service, key)
    return caught.value.response["Error"]["Code"] == "404"


def kept(service: Service, key="k"):
    """The versions of a key in the store, the oldest first."""
    return service.server.store.bucket(service.bucket).versions.get(key, [])


def to_midnight(service: Service, days: int, seconds: float = 0) -> None:
    """Move the clock to the midnight (UTC) that ends a number of days."""
    now = service.server.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
    service.server.clock.offset += midnight + timedelta(seconds=seconds) - now


def test_an_object_expires_at_its_midnight(service):
    configure(service, {"Expiration": {"Days": 7}})
    service.put()
    to_midnight(service, 8, -60)
    head(service)
    to_midnight(service, 1)
    assert missing(service)
    assert kept(service) == []


def test_eight_days_later(service):
    configure(service, {"Expiration": {"Days": 7}, "Filter": {"Prefix": "tmp/"}})
    for key in ("tmp/a", "keep/a"):
        service.put(key)
    service.later(days=8)
    service.put("tmp/new")
    assert missing(service, "tmp/a")
    head(service, "keep/a")
    head(service, "tmp/new")


def test_what_has_expired_stays_so_when_the_clock_goes_back(service):
    configure(service, {"Expiration": {"Days": 1}})
    service.put()
    service.later(days=5)
    assert missing(service)
    service.later(days=-5)
    assert missing(service)
    # and the rules go on from there
    service.put()
    head(service)
    service.later(days=3)
    assert missing(service)


def test_a_rule_is_first_carried_out_at_the_midnight_after_it_was_put(service):
    service.put()
    service.later(days=5)
    configure(service, {"Expiration": {"Days": 1}})
    head(service)
    to_midnight(service, 1)
    assert missing(service)


def test_without_a_rule_nothing_ends(service):
    configure(service, {"Expiration": {"Days": 1}})
    service.put()
    service.client().delete_bucket_lifecycle(Bucket=service.bucket)
    service.later(days=5)
    head(service)
    configure(service, {"Expiration": {"Days": 1}, "Status": "Disabled"})
    service.later(days=5)
    head(service)


def test_a_date(service):
    later = service.server.clock.now() + timedelta(days=3)
    midnight = later.replace(hour=0, minute=0, second=0, microsecond=0)
    configure(service, {"Expiration": {"Date": midnight}})
    service.put()
    to_midnight(service, 3, -60)
    head(service)
    to_midnight(service, 1)
    assert missing(service)


def test_tags_and_sizes(service):
    configure(
        service,
        {"Expiration": {"Days": 1}, "Filter": {"Tag": {"Key": "temporary", "Value": "yes"}}},
        {"Expiration": {"Days": 1}, "Filter": {"ObjectSizeGreaterThan": 10}},
    )
    service.put("tagged", Tagging="temporary=yes")
    service.put("tagged otherwise", Tagging="temporary=no")
    service.put("long", b"x" * 11)
    service.put("not so long", b"x" * 10)
    service.later(days=3)
    assert [missing(service, key) for key in ("tagged", "long")] == [True, True]
    head(service, "tagged otherwise")
    head(service, "not so long")


def test_the_whole_life_of_an_object_with_versions(service):
    versioned(service)
    configure(
        service,
        {
            "Expiration": {"Days": 3},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 2},
        },
    )
    service.put()
    made = kept(service)[0].version_id
    to_midnight(service, 4)  # three days and the rest of the fourth
    assert missing(service)
    object_, marker = kept(service)
    assert (object_.version_id, marker.delete_marker) == (made, True)
    assert marker.modified == service.server.clock.now().replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    assert head(service, VersionId=made)["VersionId"] == made
    to_midnight(service, 3)
    assert [version.delete_marker for version in kept(service)] == [True]
    to_midnight(service, 1)
    assert kept(service) == []


def test_a_jump_of_the_clock_is_the_same_as_many_days(service):
    versioned(service)
    configure(
        service,
        {"Expiration": {"Days": 3}, "NoncurrentVersionExpiration": {"NoncurrentDays": 2}},
    )
    service.put()
    service.later(days=99)
    assert kept(service) == []


def test_a_lonely_delete_marker(service):
    versioned(service)
    configure(service, {"Expiration": {"ExpiredObjectDeleteMarker": True}})
    bucket = service.server.store.bucket(service.bucket)
    now = service.server.clock.now()
    bucket.delete("alone", now)
    service.put("k")
    bucket.delete("k", now)
    to_midnight(service, 1)
    assert kept(service, "alone") == []
    assert len(kept(service, "k")) == 2


def test_the_newest_of_the_older_versions_are_kept(service):
    versioned(service)
    configure(
        service,
        {
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2},
        },
    )
    for number in range(5):
        service.put(body=b"%d" % number)
    service.later(days=3)
    assert [version.body.read() for version in kept(service)] == [b"2", b"3", b"4"]


def test_suspended_versioning_leaves_a_marker_in_the_place_of_null(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    versioned(service)
    service.put(body=b"first")
    s3.put_bucket_versioning(**at, VersioningConfiguration={"Status": "Suspended"})
    service.put(body=b"second")
    configure(service, {"Expiration": {"Days": 1}})
    service.later(days=3)
    assert missing(service)
    first, marker = kept(service)
    assert (first.body.read(), marker.delete_marker, marker.version_id) == (b"first", True, "null")


def test_objects_move_to_another_storage_class(service):
    large = b"x" * 131072
    move = {"Days": 1, "StorageClass": "GLACIER_IR"}
    configure(service, {"Transitions": [move]})
    service.put("large", large)
    service.put("small", large[1:])
    assert "StorageClass" not in head(service, "large")
    service.later(days=3)
    assert head(service, "large")["StorageClass"] == "GLACIER_IR"
    assert "StorageClass" not in head(service, "small")


def test_the_header_that_says_when(service):
    configure(service, {"ID": "a week/ü", "Expiration": {"Days": 7}, "Filter": {"Prefix": "k"}})
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    day = service.server.clock.now() + timedelta(days=8)
    expected = f'expiry-date="{day:%a, %d %b %Y} 00:00:00 GMT", rule-id="a%20week%2F%C3%BC"'
    upload = s3.create_multipart_upload(**at)["UploadId"]
    part = s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    for answer in (
        s3.put_object(**at, Body=b"x"),
        s3.head_object(**at),
        s3.get_object(**at),
        s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload=parts),
    ):
        assert answer["Expiration"] == expected
    assert "Expiration" not in s3.put_object(Bucket=service.bucket, Key="other", Body=b"")


def test_only_the_current_version_has_that_header(service):
    versioned(service)
    configure(service, {"Expiration": {"Days": 7}})
    service.put()
    current = head(service)
    assert "Expiration" in current
    assert "Expiration" not in head(service, VersionId=current["VersionId"])


def test_uploads_end(service):
    rule = {"ID": "clean up", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}}
    configure(service, rule | {"Filter": {"Prefix": "k"}})
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    made = s3.create_multipart_upload(**at)
    day = service.server.clock.now() + timedelta(days=3)
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    listed = s3.list_parts(**at, UploadId=made["UploadId"])
    for answer in (made, listed):
        assert (answer["AbortDate"], answer["AbortRuleId"]) == (midnight, "clean%20up")
    other = s3.create_multipart_upload(Bucket=service.bucket, Key="other")
    assert "AbortDate" not in other
    for days, keys in ((2, ["k", "other"]), (1, ["other"])):
        service.later(days=days)
        uploads = s3.list_multipart_uploads(Bucket=service.bucket)["Uploads"]
        assert [one["Key"] for one in uploads] == keys
    service.later(days=-3)
    with pytest.raises(ClientError, match="NoSuchUpload"):
        s3.list_parts(**at, UploadId=made["UploadId"])


def test_the_midnight_itself_is_late_enough(service):
    configure(
        service,
        {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {"Expiration": {"Days": 1}, "Filter": {"Prefix": "k"}},
    )
    service.client().create_multipart_upload(Bucket=service.bucket, Key="u")
    service.put()
    bucket = service.server.store.bucket(service.bucket)
    today = service.server.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = today + timedelta(days=2)
    age(bucket, midnight - timedelta(microseconds=1))
    assert (len(bucket.uploads), len(bucket.versions)) == (1, 1)
    age(bucket, midnight)
    assert (len(bucket.uploads), len(bucket.versions)) == (0, 0)


def test_the_version_from_before_versioning_ages_like_the_others(service):
    large = 131072
    for number in range(3):
        service.put(body=b"%d" % number * large)
        versioned(service)
    move = {"NoncurrentDays": 1, "StorageClass": "GLACIER_IR"}
    configure(service, {"NoncurrentVersionTransitions": [move]})
    service.later(days=3)
    classes = [(version.body.read()[:1], version.storage_class) for version in kept(service)]
    assert classes == [(b"0", "GLACIER_IR"), (b"1", "GLACIER_IR"), (b"2", "STANDARD")]
    removal = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1}
    configure(service, {"NoncurrentVersionExpiration": removal})
    service.later(days=3)
    assert [version.body.read()[:1] for version in kept(service)] == [b"1", b"2"]


def test_the_minimum_size_is_told_again(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    rule = {"Expiration": {"Days": 7}}
    for value in ("varies_by_storage_class", None, "all_storage_classes_128K"):
        more = {"TransitionDefaultMinimumObjectSize": value} if value else {}
        configure(service, rule, **more)
        answer = s3.get_bucket_lifecycle_configuration(**at)
        expected = value or "all_storage_classes_128K"
        assert answer["TransitionDefaultMinimumObjectSize"] == expected
    assert answer["Rules"] == [{"ID": "rule 0", "Filter": {}, "Status": "Enabled", **rule}]


def test_rules_are_carried_out_once_a_day(service, monkeypatch):
    configure(service, {"Expiration": {"Days": 7}})
    ran = []
    monkeypatch.setattr(store_module, "age", lambda bucket, now: ran.append(now.date()))
    service.put()
    assert ran == []
    for _ in range(3):
        service.later(days=1)
        head(service)
        head(service)
    assert len(ran) == len(set(ran)) == 3
