"""ListObjects, ListObjectsV2 and ListObjectVersions: what is on a page, and the next one."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree.ElementTree import ParseError, fromstring

import pytest
import requests
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st
from sortedcontainers import SortedDict

from strict_s3.server.operations.pages import Common, Scope, behind, token_for, token_value, walk
from tests.service import allow, document, error_of

FOLDERS = (
    "folder/aSubfolder/subFile1",
    "folder/aSubfolder/subFile2",
    "folder/file1",
    "folder/file2",
)


def put_all(service, *keys):
    for key in keys:
        service.put(key)


def shown(answer) -> list[str]:
    keys = [one["Key"] for one in answer.get("Contents", answer.get("Versions", ()))]
    return keys + [one["Prefix"] for one in answer.get("CommonPrefixes", ())]


def refused(call, **more) -> dict:
    with pytest.raises(ClientError) as caught:
        call(**more)
    return caught.value.response["Error"]


def raw(service, *query):
    return requests.get(service.sign("GET", f"/{service.bucket}", query=list(query)))


def elements(answer) -> list[str]:
    return [child.tag.rpartition("}")[2] for child in fromstring(answer.content)]


def test_the_first_version_pages_by_key(service):
    put_all(service, "a", "b", "c")
    s3, at = service.client(), {"Bucket": service.bucket}
    first = s3.list_objects(**at, MaxKeys=1)
    assert (shown(first), first["IsTruncated"], first["Marker"]) == (["a"], True, "")
    assert "NextMarker" not in first  # only with a delimiter
    rest = s3.list_objects(**at, Marker="a", MaxKeys=2)
    assert (shown(rest), rest["IsTruncated"], rest["Marker"]) == (["b", "c"], False, "a")
    assert rest["Contents"][0]["Owner"].keys() == {"ID"}


def test_an_anonymous_caller_is_not_told_the_owner(service):
    put_all(service, "a")
    service.settings.public_access_block = None
    everybody = allow("s3:ListBucket", resource=f"arn:aws:s3:::{service.bucket}", Principal="*")
    service.settings.policy = document(everybody)
    answer = requests.get(f"{service.endpoint}/{service.bucket}")
    assert answer.status_code == 200, answer.text
    assert "<Key>a</Key>" in answer.text
    assert "<Owner>" not in answer.text


def test_common_prefixes_are_counted_and_paged(service):
    put_all(service, *FOLDERS)
    s3, pages, marker = service.client(), [], ""
    scope = {"Bucket": service.bucket, "Prefix": "folder/", "Delimiter": "/", "MaxKeys": 1}
    while True:
        page = s3.list_objects(**scope, Marker=marker)
        pages.append(shown(page))
        if not page["IsTruncated"]:
            break
        marker = page["NextMarker"]
        assert marker == pages[-1][-1]
    assert pages == [["folder/aSubfolder/"], ["folder/file1"], ["folder/file2"]]
    assert "NextMarker" not in page
    # A marker inside a common prefix is behind all of it.
    assert shown(s3.list_objects(**scope, Marker=FOLDERS[0])) == ["folder/file1"]


def test_the_second_version_pages_by_a_token(service):
    put_all(service, *FOLDERS, "é", "zz")
    s3, pages, more = service.client(), [], {}
    scope = {"Bucket": service.bucket, "Delimiter": "/", "MaxKeys": 1}
    while True:
        page = s3.list_objects_v2(**scope, **more)
        pages.append(shown(page))
        assert page["KeyCount"] == 1
        assert page.get("ContinuationToken") == more.get("ContinuationToken")
        if not page["IsTruncated"]:
            break
        more = {"ContinuationToken": page["NextContinuationToken"]}
    assert pages == [["folder/"], ["zz"], ["é"]]
    assert "Owner" not in page["Contents"][0]
    owner = s3.list_objects_v2(**scope, **more, FetchOwner=True)["Contents"][0]["Owner"]
    assert len(owner["ID"]) == 64


def test_start_after_gives_way_to_a_token(service):
    put_all(service, *(f"test_{n}" for n in range(12)))
    s3, at = service.client(), {"Bucket": service.bucket}
    first = s3.list_objects_v2(**at, MaxKeys=5)
    assert shown(first) == ["test_0", "test_1", "test_10", "test_11", "test_2"]
    after = s3.list_objects_v2(**at, StartAfter="test_7", MaxKeys=2)
    assert (shown(after), after["IsTruncated"]) == (["test_8", "test_9"], False)
    assert after["StartAfter"] == "test_7"
    token = {"ContinuationToken": first["NextContinuationToken"]}
    both = s3.list_objects_v2(**at, StartAfter="test_7", **token)
    assert (shown(both)[0], both["KeyCount"], "StartAfter" in both) == ("test_3", 7, False)


@pytest.mark.parametrize("token", ["", "a", "YWJj", "é", "MTIzNGFiYw=="])
def test_tokens_that_are_none(service, token):
    answer = raw(service, ("list-type", "2"), ("continuation-token", token))
    assert error_of(answer) == (
        400,
        "InvalidArgument",
        "The continuation token provided is incorrect",
    )
    assert "<ArgumentName>continuation-token</ArgumentName>" in answer.text


@given(st.text(min_size=1, max_size=40))
def test_a_token_holds_any_key(key):
    assert token_value(token_for(key)) == key


def test_no_keys_at_all(service):
    put_all(service, "a")
    for version in (1, 2):
        query = [("list-type", str(version)), ("max-keys", "0")]
        page = raw(service, *query)
        assert "<IsTruncated>false</IsTruncated>" in page.text
        assert "Contents" not in page.text
        assert "NextContinuationToken" not in page.text


def test_at_most_a_thousand(service):
    # S3 repeats what it was asked for, and gives less.
    assert "<MaxKeys>5000</MaxKeys>" in raw(service, ("max-keys", "5000")).text
    assert "<MaxKeys>1000</MaxKeys>" in raw(service, ("max-keys", "")).text


@pytest.mark.parametrize("kind", [(), (("list-type", "2"),), (("versions", ""),)])
@pytest.mark.parametrize("number", ["x", "1.0", "1_0", "2147483648", "9" * 5000, "\u0661"])
def test_numbers_that_are_none(service, kind, number):
    told = error_of(raw(service, *kind, ("max-keys", number)))
    message = "Provided max-keys not an integer or within integer range"
    assert told == (400, "InvalidArgument", message)


def test_negative_numbers(service):
    answer = raw(service, ("max-keys", "-1"))
    message = "Argument maxKeys must be an integer between 0 and 2147483647"
    assert error_of(answer) == (400, "InvalidArgument", message)
    assert "<ArgumentName>maxKeys</ArgumentName><ArgumentValue>-1</ArgumentValue>" in answer.text
    assert "<ArgumentValue>-1<" in raw(service, ("max-keys", "-01")).text  # as it was read
    answer = raw(service, ("versions", ""), ("max-keys", "-1"))
    assert error_of(answer)[2] == "max-keys cannot be negative"
    assert "ArgumentValue" not in answer.text


def test_numbers_with_zeros(service):
    put_all(service, "a", "b")
    for number, shown_as in (
        ("05", 5),
        ("0" * 5000 + "1", 1),
        ("-0", 0),
        ("2147483647", 2**31 - 1),
    ):
        assert f"<MaxKeys>{shown_as}</MaxKeys>" in raw(service, ("max-keys", number)).text


# Measured on AWS: refused before the bucket is looked for, by HEAD too, and whoever asks.
OTHER_VERSION = {
    ("list-type=2", "marker"): "Marker unsupported with REST.GET.BUCKET in list-type=2",
    ("list-type=1", "start-after"): (
        "startAfter only supported in REST.GET.BUCKET with list-type=2"
    ),
    ("a=b", "continuation-token"): (
        "continuation-token only supported in REST.GET.BUCKET with list-type=2"
    ),
}


@pytest.mark.parametrize(("kind", "name"), OTHER_VERSION)
def test_a_parameter_of_the_other_version_is_not_ignored(service, kind, name):
    for bucket in (service.bucket, "no-such-bucket"):
        url = f"{service.endpoint}/{bucket}?{kind}&{name}="
        told = error_of(requests.get(url))
        assert told == (400, "InvalidArgument", OTHER_VERSION[kind, name])
        assert requests.head(url).status_code == 400
    assert f"<ArgumentName>{name}</ArgumentName><RequestId>" in requests.get(url).text


def test_the_order_in_which_parameters_are_refused(service):
    bad = [("list-type", "2"), ("continuation-token", "x"), ("max-keys", "-1")]
    assert "continuation token" in error_of(raw(service, *bad))[2]
    assert "Encoding" in error_of(raw(service, *bad, ("encoding-type", "x")))[2]
    assert "max-keys" in error_of(raw(service, *bad[:2], ("max-keys", "x")))[2]


def test_a_head_reads_the_parameters_of_a_listing(service):
    def head(query: list[tuple[str, str]]) -> int:
        return requests.head(service.sign("HEAD", f"/{service.bucket}", query=query)).status_code

    version_2 = ("list-type", "2")
    assert head([("encoding-type", "x")]) == head([version_2, ("continuation-token", "x")]) == 400
    assert head([("encoding-type", "URL")]) == head([("max-keys", "-1")]) == 200


def test_an_empty_start_and_an_owner(service):
    service.put("a")
    version_2 = ("list-type", "2")
    assert "<StartAfter/>" in raw(service, version_2, ("start-after", "")).text
    assert "StartAfter" not in raw(service, version_2).text
    assert "<Owner>" in raw(service, version_2, ("fetch-owner", "true")).text
    for other in ("TRUE", "1", ""):
        assert "<Owner>" not in raw(service, version_2, ("fetch-owner", other)).text


def test_an_encoding_in_capitals_and_a_tilde(service):
    service.put("a~b")
    answer = raw(service, ("encoding-type", "URL"))
    assert "<EncodingType>URL</EncodingType>" in answer.text
    assert "<Key>a%7Eb</Key>" in answer.text


def test_markers_of_versions(service):
    service.put("a")
    versions, marker = ("versions", ""), "version-id-marker"
    for query, message in (
        ([], "A version-id marker cannot be specified without a key marker."),
        ([("key-marker", "a")], "A version-id marker cannot be empty."),
    ):
        answer = raw(service, versions, *query, (marker, ""))
        assert error_of(answer)[2] == message
        assert f"<ArgumentName>{marker}</ArgumentName><ArgumentValue></ArgumentValue>" in (
            answer.text
        )
    answer = raw(service, versions, ("key-marker", "a"), (marker, "NULL"))
    assert error_of(answer)[2] == "Invalid version id specified"
    assert f"<ArgumentName>{marker}</ArgumentName>" in answer.text
    nothing = raw(service, versions, ("key-marker", ""), (marker, "null"))
    assert nothing.status_code == 200
    assert "<Version>" not in nothing.text
    assert "<Delimiter/>" in raw(service, versions, ("delimiter", "")).text
    assert "Delimiter" not in raw(service, ("delimiter", "")).text


@pytest.mark.parametrize("value", ["", "value", "url,url"])
@pytest.mark.parametrize(
    "kind", [(), (("list-type", "2"),), (("versions", ""),), (("uploads", ""),)]
)
def test_encodings_that_are_none(service, kind, value):
    told = error_of(raw(service, *kind, ("encoding-type", value)))
    assert told == (400, "InvalidArgument", "Invalid Encoding Method specified in Request")


@pytest.mark.parametrize("kind", [(), (("list-type", "2"),), (("versions", ""),)])
def test_keys_are_encoded_if_that_is_asked_for(service, kind):
    key = "date=1/a b+c*é%2F\x01"
    service.put(key)
    scope = (("prefix", "date="), ("delimiter", "%"))
    plain = raw(service, *kind)
    assert "EncodingType" not in plain.text
    # Recorded: S3 writes control characters in a way that no XML parser accepts.
    with pytest.raises(ParseError):
        fromstring(plain.content)
    readable = fromstring(plain.content.replace(b"&#x1;", b""))
    assert "date=1/a b+c*é%2F" in [one.text for one in readable.iter()]
    coded = raw(service, *kind, *scope, ("encoding-type", "url"))
    assert "<EncodingType>url</EncodingType>" in coded.text
    assert "<Delimiter>%25</Delimiter>" in coded.text
    assert "<Prefix>date%3D</Prefix>" in coded.text
    assert "<CommonPrefixes><Prefix>date%3D1/a+b%2Bc*%C3%A9%25</Prefix>" in coded.text
    # boto3 asks for the encoding by itself, and undoes it.
    assert service.stored() == [key]


@pytest.mark.parametrize("key", ["a\rb", "a\r\nb\tc"])
def test_line_ends_in_keys_reach_who_reads_the_document(service, key):
    service.put(key)
    assert key in [one.text for one in fromstring(raw(service).content).iter()]
    missing = requests.get(service.presign("get_object", f"{key}!"))
    assert fromstring(missing.content).findtext("Key") == f"{key}!"


def test_what_is_said_of_an_object(service):
    service.put(StorageClass="STANDARD_IA", ChecksumAlgorithm="SHA256")
    answer = raw(service)
    item = fromstring(answer.content).find("{*}Contents")
    assert item is not None
    assert elements(answer) == ["Name", "Prefix", "Marker", "MaxKeys", "IsTruncated", "Contents"]
    assert [child.tag.rpartition("}")[2] for child in item] == [
        *("Key", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType", "Size", "Owner"),
        "StorageClass",
    ]
    assert item.findtext("{*}ChecksumAlgorithm") == "SHA256"
    assert item.findtext("{*}StorageClass") == "STANDARD_IA"
    for query in ((), (("list-type", "2"),), (("versions", ""),)):
        assert raw(service, *query).headers["x-amz-bucket-region"] == service.region


def test_whether_an_archived_object_is_being_restored(service):
    service.put("cold", StorageClass="GLACIER")
    service.put("warm")
    s3, at = service.client(), {"Bucket": service.bucket}
    for call in (s3.list_objects, s3.list_objects_v2):
        assert "RestoreStatus" not in call(**at)["Contents"][0]
        cold, warm = call(**at, OptionalObjectAttributes=["RestoreStatus"])["Contents"]
        assert cold["RestoreStatus"] == {"IsRestoreInProgress": False}
        assert "RestoreStatus" not in warm
        assert refused(call, **at, OptionalObjectAttributes=["Other"])["Code"] == (
            "InvalidArgument"
        )


def test_what_a_marker_hides_is_not_there(service):
    service.settings.versioning = "Enabled"
    put_all(service, "a/1", "b", "c")
    for key in ("a/1", "b"):
        service.client().delete_object(Bucket=service.bucket, Key=key)
    found = service.client().list_objects_v2(Bucket=service.bucket, Delimiter="/")
    assert shown(found) == ["c"]
    every = service.client().list_object_versions(Bucket=service.bucket, Delimiter="/")
    assert shown(every) == ["b", "c", "a/"]


def test_versions_come_newest_first(service):
    service.put("a", b"null")
    service.settings.versioning = "Enabled"
    ids = [service.put("a", b"x")["VersionId"] for _ in range(2)]
    marker = service.client().delete_object(Bucket=service.bucket, Key="a")["VersionId"]
    last = service.put("a")["VersionId"]
    answer = raw(service, ("versions", ""))
    found = [
        (
            child.tag.rpartition("}")[2],
            child.findtext("{*}VersionId"),
            child.findtext("{*}IsLatest"),
        )
        for child in fromstring(answer.content)
        if child.find("{*}VersionId") is not None
    ]
    assert found == [
        ("Version", last, "true"),
        ("DeleteMarker", marker, "false"),
        ("Version", ids[1], "false"),
        ("Version", ids[0], "false"),
        ("Version", "null", "false"),
    ]
    assert elements(answer)[:6] == [
        *("Name", "Prefix", "KeyMarker", "VersionIdMarker", "MaxKeys", "IsTruncated")
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_versions_are_paged_within_a_key(service, size):
    service.settings.versioning = "Enabled"
    put_all(service, "a", "b", "a", "b", "a", "c/1", "c/2")
    s3, found, more = service.client(), [], {}
    while True:
        page = s3.list_object_versions(Bucket=service.bucket, Delimiter="/", MaxKeys=size, **more)
        found += shown(page)
        if not page["IsTruncated"]:
            break
        more = {"KeyMarker": page["NextKeyMarker"]}
        if "NextVersionIdMarker" in page:
            more["VersionIdMarker"] = page["NextVersionIdMarker"]
    assert found == ["a", "a", "a", "b", "b", "c/"]
    assert shown(s3.list_object_versions(Bucket=service.bucket, KeyMarker="a"))[0] == "b"


def test_a_marker_that_has_been_deleted_still_marks(service):
    service.settings.versioning = "Enabled"
    ids = [service.put("a")["VersionId"] for _ in range(5)]
    s3, at = service.client(), {"Bucket": service.bucket}
    for version in ids[2:]:
        s3.delete_object(**at, Key="a", VersionId=version)
    page = s3.list_object_versions(**at, KeyMarker="a", VersionIdMarker=ids[2])
    assert [(one["VersionId"], one["IsLatest"]) for one in page["Versions"]] == [
        (ids[1], True),
        (ids[0], False),
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            [("version-id-marker", "x")],
            "A version-id marker cannot be specified without a key marker.",
        ),
        (
            [("version-id-marker", "x"), ("key-marker", "")],
            "Invalid version id specified",
        ),
        ([("version-id-marker", "x"), ("key-marker", "a")], "Invalid version id specified"),
        ([("version-id-marker", ""), ("key-marker", "a")], "A version-id marker cannot be empty."),
    ],
)
def test_version_markers_that_are_none(service, query, message):
    answer = raw(service, ("versions", ""), *query)
    assert error_of(answer) == (400, "InvalidArgument", message)


def test_uploads_are_rolled_up_like_objects(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    ids = {key: s3.create_multipart_upload(**at, Key=key)["UploadId"] for key in FOLDERS}
    scope = {**at, "Prefix": "folder/", "Delimiter": "/", "MaxUploads": 1}
    first = s3.list_multipart_uploads(**scope)
    assert [one["Prefix"] for one in first["CommonPrefixes"]] == ["folder/aSubfolder/"]
    assert (first["IsTruncated"], first["NextKeyMarker"]) == (True, "")
    for marker in ("folder/aSubfolder/", FOLDERS[0]):
        second = s3.list_multipart_uploads(**scope, KeyMarker=marker)
        assert second["NextKeyMarker"] == "folder/file1"
        assert second["NextUploadIdMarker"] == ids["folder/file1"]
    owner = second["Uploads"][0]["Owner"]["ID"]
    assert second["Uploads"][0]["Initiator"] == {"ID": owner, "DisplayName": "root"}


def test_upload_markers(service):
    s3, at = service.client(), {"Bucket": service.bucket}
    a = [s3.create_multipart_upload(**at, Key="a")["UploadId"] for _ in range(3)]
    b = s3.create_multipart_upload(**at, Key="b")["UploadId"]

    def after(key, upload, **more):
        page = s3.list_multipart_uploads(**at, KeyMarker=key, UploadIdMarker=upload, **more)
        return [one["UploadId"] for one in page.get("Uploads", ())]

    assert after("a", a[0]) == [a[1], a[2], b]
    assert after("a", a[2]) == [b]
    assert after("", a[2]) == [*a, b]  # not looked at without a key
    assert after("b", b) == []
    s3.abort_multipart_upload(**at, Key="a", UploadId=a[0])
    assert after("a", a[0]) == [a[1], a[2], b]
    error = refused(s3.list_multipart_uploads, **at, KeyMarker="b", UploadIdMarker=a[1])
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Invalid uploadId marker")


class Counted(SortedDict):
    """Keys that count how many of them are looked at."""

    seen = 0

    def from_(self, first):
        for key in self.irange(minimum=first):
            self.seen += 1
            yield key


def test_a_page_costs_what_is_on_it():
    keys = Counted({f"{folder}/{n:04}": None for folder in range(50) for n in range(1000)})
    entries = list(walk(keys.from_, Scope("", "/"), "", lambda key: True))
    assert (len(entries), keys.seen) == (50, 50)
    keys.seen = 0
    some = walk(keys.from_, Scope("7/", ""), "7/0990", lambda key: True)
    assert (len(list(some)), keys.seen) == (10, 11)


KEYS = st.text(st.sampled_from("ab/é\ud7ff\U0010ffff"), max_size=5)


@given(st.sets(KEYS, max_size=25), KEYS, st.sampled_from(["", "/", "a", "b/", "\U0010ffff"]), KEYS)
@example({"\U0010ffff" * 2, "\U0010ffff" * 3}, "", "\U0010ffff", "")
def test_a_page_is_what_a_look_at_every_key_finds(keys, prefix, delimiter, marker):
    scope = Scope(prefix, delimiter)
    expected: list[str | Common] = []
    inside = scope.common(marker) if marker else None
    for key in sorted(keys):
        common = scope.common(key)
        if not key.startswith(prefix) or (marker and key <= marker):
            continue
        if common is None:
            expected.append(key)
        elif common != inside and Common(common) not in expected:
            expected.append(Common(common))
    kept = SortedDict.fromkeys(keys)
    found = walk(
        lambda first: kept.irange(minimum=first), scope, scope.first(marker), lambda k: True
    )
    assert list(found) == expected


@given(st.text(min_size=1, max_size=4), st.text(max_size=3))
def test_what_is_behind_a_prefix(prefix, more):
    after = behind(prefix)
    if after is None:
        assert set(prefix) == {"\U0010ffff"}
    else:
        assert prefix + more < after


def test_keys_of_nothing_but_the_last_character(service):
    last = "\U0010ffff"
    for length in (1, 2, 3):
        service.put(last * length)
    s3, at = service.client(), {"Bucket": service.bucket}
    for marker in ("", last, last * 2):
        page = s3.list_objects_v2(**at, Delimiter=last, StartAfter=marker)
        expected = [] if marker else [last]
        assert [one["Prefix"] for one in page.get("CommonPrefixes", ())] == expected
    page = s3.list_objects_v2(**at, Delimiter=last, Prefix=last)
    assert [one["Key"] for one in page["Contents"]] == [last]
    assert [one["Prefix"] for one in page["CommonPrefixes"]] == [last * 2]


def test_a_bucket_that_is_not_there(service):
    url = service.sign("GET", "/no-such-bucket", query=[("prefix", quote("é"))])
    assert error_of(requests.get(url))[:2] == (404, "NoSuchBucket")


@pytest.mark.parametrize("name", ["versions", "uploads"])
def test_what_a_bucket_lists_a_key_does_not(service, name):
    service.put()
    url = service.sign("GET", f"/{service.bucket}/k", query=[(name, "")])
    status, code, message = error_of(requests.get(url))
    assert (status, code) == (400, "InvalidRequest")
    assert f"?{name} sub" in message
    other = service.sign("GET", f"/{service.bucket}/k", query=[(name.upper(), "")])
    assert requests.get(other).content == b"body"
