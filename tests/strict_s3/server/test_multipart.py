"""Multipart uploads: what completes, what S3 refuses to complete, and what is listed meanwhile."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta
from itertools import pairwise

import psutil
import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.rules.checksums import hasher
from strict_s3.server.operations import multipart
from tests.service import error_of

FIVE = 5 * 2**20
A, B, C = b"a" * FIVE, b"b" * (FIVE + 1), b"c"


class Begun:
    """An upload of key ``k`` with parts 2, 4 and 7 stored."""

    def __init__(self, service, **options) -> None:
        self.s3, self.bucket = service.client(), service.bucket
        self.at = {"Bucket": self.bucket, "Key": "k"}
        begun = self.s3.create_multipart_upload(**self.at, **options)
        self.id, self.algorithm = begun["UploadId"], begun.get("ChecksumAlgorithm")
        self.checksums: dict[int, dict[str, str]] = {}
        self.etags = {n: self.put(n, body) for n, body in ((2, A), (4, B), (7, C))}

    def put(self, number: int, body: bytes) -> str:
        algorithm = self.algorithm
        own = {f"Checksum{algorithm}": checksum(algorithm, body)} if algorithm else {}
        self.checksums[number] = own
        sent = self.s3.upload_part(**self.at, UploadId=self.id, PartNumber=number, Body=body, **own)
        return sent["ETag"]

    def complete(self, *numbers: int, etags=None, checksums=None, **more):
        etags = self.etags | (etags or {})
        checksums = self.checksums | (checksums or {})
        parts = [
            {"PartNumber": n, "ETag": etags[n], **checksums.get(n, {})}
            for n in numbers or self.etags
        ]
        return self.s3.complete_multipart_upload(
            **self.at, UploadId=self.id, MultipartUpload={"Parts": parts}, **more
        )

    def refused(self, *numbers: int, **more) -> dict[str, str]:
        with pytest.raises(ClientError) as caught:
            self.complete(*numbers, **more)
        with pytest.raises(ClientError):
            self.s3.head_object(**self.at)
        return caught.value.response["Error"]


def checksum(algorithm: str, *bodies: bytes) -> str:
    found = hasher(algorithm)
    for body in bodies:
        found.update(body)
    return base64.b64encode(found.digest()).decode()


def test_the_object_is_the_parts_that_are_named_in_order(service):
    upload = Begun(service, ContentType="image/png", Metadata={"a": "b"}, Tagging="x=y")
    md5s = b"".join(hashlib.md5(body).digest() for body in (A, C))
    done = upload.complete(2, 7)
    assert done["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-2"'
    assert done["ChecksumCRC64NVME"] == checksum("CRC64NVME", A, C)
    got = upload.s3.get_object(**upload.at, ChecksumMode="ENABLED")
    assert got["Body"].read() == A + C
    assert (got["ContentType"], got["Metadata"]) == ("image/png", {"a": "b"})
    assert got["ChecksumCRC64NVME"] == done["ChecksumCRC64NVME"]
    assert upload.s3.get_object_tagging(**upload.at)["TagSet"] == [{"Key": "x", "Value": "y"}]
    across = upload.s3.get_object(**upload.at, Range=f"bytes={FIVE - 2}-{FIVE}")
    assert (across["Body"].read(), across["ContentLength"]) == (b"aac", 3)
    second = upload.s3.get_object(**upload.at, PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (C, 2)
    attributes = upload.s3.get_object_attributes(**upload.at, ObjectAttributes=["ObjectSize"])
    assert attributes["ObjectSize"] == FIVE + 1


def test_completing_again_answers_the_same_and_changes_nothing(service):
    upload = Begun(service)
    first = upload.complete()
    assert upload.complete()["ETag"] == first["ETag"]
    for numbers, etags in (((2, 4), {}), ((2, 4, 7), {4: upload.etags[2]})):
        with pytest.raises(ClientError, match="NoSuchUpload"):
            upload.complete(*numbers, etags=etags)
    again = service.presign("complete_multipart_upload", UploadId=upload.id)
    assert error_of(requests.post(again, data=b"<Parts/>"))[:2] == (400, "MalformedXML")
    service.put("k", b"newer")
    with pytest.raises(ClientError, match="NoSuchUpload"):
        upload.complete()
    assert upload.s3.get_object(**upload.at)["Body"].read() == b"newer"


def test_what_does_not_complete(service):
    upload = Begun(service)
    assert upload.refused(4, 2)["Code"] == "InvalidPartOrder"
    assert upload.refused(2, 2)["Code"] == "InvalidPartOrder"
    missing = upload.refused(2, 3, etags={3: upload.etags[2]})
    assert (missing["Code"], missing["PartNumber"]) == ("InvalidPart", "3")
    assert upload.refused(2, 4, etags={4: upload.etags[2]})["Code"] == "InvalidPart"
    small = upload.refused(2, 7, 9, etags={9: upload.put(9, b"end")})
    assert small["Code"] == "EntityTooSmall"
    assert (small["PartNumber"], small["ProposedSize"]) == ("7", "1")
    assert small["MinSizeAllowed"] == str(FIVE)
    assert "mp-object-size" in upload.refused(MpuObjectSize=1)["Message"]
    negative = "Value for x-amz-mp-object-size header is less than zero: '-1'"
    assert upload.refused(MpuObjectSize=-1)["Message"] == negative
    upload.complete(MpuObjectSize=2 * FIVE + 2)


def test_a_part_sent_again_takes_the_place_of_the_first(service):
    upload = Begun(service)
    old = upload.etags[7]
    upload.etags[7] = upload.put(7, b"other")
    assert upload.refused(etags={7: old})["Code"] == "InvalidPart"
    upload.complete(7)
    assert upload.s3.get_object(**upload.at)["Body"].read() == b"other"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "InvalidRequest"),
        (b"<CompleteMultipartUpload/>", "MalformedXML"),
        (b"<a", "MalformedXML"),
        (b"<a/>", "MalformedXML"),
        (b"<CompleteMultipartUpload><Part/></CompleteMultipartUpload>", "MalformedXML"),
    ],
)
def test_a_list_that_is_none_is_refused(service, body, code):
    upload = Begun(service)
    url = upload.s3.generate_presigned_url(
        "complete_multipart_upload", {**upload.at, "UploadId": upload.id}, 60
    )
    assert error_of(requests.post(url, body))[:2] == (400, code)
    right = (
        f"<CompleteMultipartUpload><Part><ETag>{upload.etags[7]}</ETag>"
        "<PartNumber>7</PartNumber></Part></CompleteMultipartUpload>"
    )
    assert requests.post(url, right).status_code == 200


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("CRC64NVME", "FULL_OBJECT"),
        ("CRC32", "FULL_OBJECT"),
        ("CRC32", "COMPOSITE"),
        ("SHA256", "COMPOSITE"),
    ],
)
def test_the_checksum_of_the_whole(service, algorithm, kind):
    options = {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
    if kind == "FULL_OBJECT":
        right = checksum(algorithm, A, B, C)
    else:
        digests = [base64.b64decode(checksum(algorithm, body)) for body in (A, B, C)]
        right = checksum(algorithm, *digests) + "-3"
    upload = Begun(service, **options)
    wrong = checksum(algorithm, b"other")
    refused = upload.refused(ChecksumType=kind, **{f"Checksum{algorithm}": wrong})
    assert (refused["Code"], refused["Message"]) == (
        "BadDigest",
        f"The {algorithm.lower()} you specified did not match the calculated checksum.",
    )
    done = upload.complete(ChecksumType=kind, **{f"Checksum{algorithm}": right})
    assert (done[f"Checksum{algorithm}"], done["ChecksumType"]) == (right, kind)
    told = upload.s3.head_object(**upload.at, ChecksumMode="ENABLED")
    assert told[f"Checksum{algorithm}"] == right


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), (None, "FULL_OBJECT")],
)
def test_a_checksum_that_cannot_be_is_refused_at_the_beginning(service, algorithm, kind):
    options = {"ChecksumType": kind} | ({"ChecksumAlgorithm": algorithm} if algorithm else {})
    with pytest.raises(ClientError, match="InvalidRequest"):
        service.client().create_multipart_upload(Bucket=service.bucket, Key="k", **options)


@pytest.mark.parametrize("kind", ["FULL_OBJECT", "COMPOSITE"])
def test_the_other_checksum_type_is_refused_at_the_end(service, kind):
    other = {"FULL_OBJECT": "COMPOSITE", "COMPOSITE": "FULL_OBJECT"}[kind]
    upload = Begun(service, ChecksumAlgorithm="CRC32", ChecksumType=kind)
    told = f"The upload was created using the {kind} checksum mode."
    assert upload.refused(ChecksumType=other)["Message"].startswith(told)
    upload.complete(ChecksumType=kind)


def test_an_upload_without_an_algorithm_has_no_checksum_type(service):
    upload = Begun(service)
    for kind in ("FULL_OBJECT", "COMPOSITE"):
        assert "the null checksum mode" in upload.refused(ChecksumType=kind)["Message"]


def part_request(upload, number=9, headers=None):
    url = upload.s3.generate_presigned_url(
        "upload_part", {**upload.at, "UploadId": upload.id, "PartNumber": number}, 60
    )
    return error_of(requests.put(url, b"x", headers=headers))


def test_a_part_has_the_uploads_algorithm(service):
    upload = Begun(service, ChecksumAlgorithm="SHA256")
    with pytest.raises(ClientError) as caught:
        upload.s3.upload_part(
            **upload.at, UploadId=upload.id, PartNumber=9, Body=b"x", ChecksumAlgorithm="CRC32"
        )
    told = "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: "
    assert caught.value.response["Error"]["Message"] == f"{told}crc32"
    # A composite checksum is made of what the parts declare.
    assert part_request(upload) == (400, "InvalidRequest", f"{told}null")


@pytest.mark.parametrize("options", [{}, {"ChecksumAlgorithm": "CRC64NVME"}])
def test_a_part_of_a_full_object_checksum_may_declare_none(service, options):
    upload = Begun(service, **options)
    url = upload.s3.generate_presigned_url(
        "upload_part", {**upload.at, "UploadId": upload.id, "PartNumber": 9}, 60
    )
    assert requests.put(url, b"x").status_code == 200
    listed = upload.s3.list_parts(**upload.at, UploadId=upload.id)["Parts"][-1]
    assert listed.get("ChecksumCRC64NVME") == (checksum("CRC64NVME", b"x") if options else None)


def test_a_composite_upload_is_completed_with_each_parts_checksum(service):
    upload = Begun(service, ChecksumAlgorithm="CRC32")
    assert upload.refused(checksums={4: {}})["Message"] == (
        "The upload was created using a crc32 checksum. The complete request must include the "
        "checksum for each part. It was missing for part 4 in the request."
    )
    other = upload.refused(checksums={4: {"ChecksumSHA256": checksum("SHA256", B)}})
    assert (other["Code"], other["Message"]) == (
        "BadDigest",
        "The sha256 you specified for part 4 did not match what we received.",
    )
    wrong = upload.refused(checksums={4: {"ChecksumCRC32": checksum("CRC32", A)}})
    assert (wrong["Code"], wrong["PartNumber"]) == ("InvalidPart", "4")
    upload.complete()


def test_a_full_object_upload_need_not_name_the_parts_checksums(service):
    upload = Begun(service, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    wrong = {4: {"ChecksumCRC32": checksum("CRC32", A)}}
    assert upload.refused(checksums=wrong)["Code"] == "InvalidPart"
    upload.complete(checksums={2: {}, 4: {}, 7: {}})


def test_the_checksum_of_a_full_object_goes_with_its_type(service):
    upload = Begun(service, ChecksumAlgorithm="CRC32C", ChecksumType="FULL_OBJECT")
    right = checksum("CRC32C", A, B, C)
    assert upload.refused(ChecksumCRC32C=right)["Code"] == "BadDigest"
    nvme = checksum("CRC64NVME", A, B, C)
    refused = upload.refused(ChecksumCRC64NVME=nvme, ChecksumType="FULL_OBJECT")
    assert "The crc32c you specified" in refused["Message"]
    upload.complete(ChecksumCRC32C=right, ChecksumType="FULL_OBJECT")


def test_without_an_algorithm_no_part_has_a_checksum_to_name(service):
    upload = Begun(service)
    named = {2: {"ChecksumCRC32": checksum("CRC32", A)}}  # which boto3 had sent with the part
    assert upload.refused(checksums=named)["Code"] == "InvalidPart"
    assert upload.complete(ChecksumCRC32C="AAAAAA==-2")["ChecksumType"] == "FULL_OBJECT"


# int() refuses more than 4,300 digits with an exception of its own, and takes these others.
@pytest.mark.parametrize(
    "number", ["", "0", "10001", "-1", "+1", "1_0", "1.0", "\u0661", "9" * 5000]
)
def test_what_is_no_part_number_is_said_to_be_none(service, number):
    upload, path = Begun(service), f"/{service.bucket}/k"
    query = [("partNumber", number), ("uploadId", upload.id)]
    told = (400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    assert error_of(requests.put(service.sign("PUT", path, query=query), b"x")) == told
    service.put("k")
    assert error_of(requests.get(service.sign("GET", path, query=query[:1]))) == told


@pytest.mark.parametrize("name", ["max-parts", "part-number-marker", "max-uploads"])
@pytest.mark.parametrize("number", ["-1", "2147483648", "1_0", "\u0661", "9" * 5000])
def test_what_is_no_number_of_a_list_is_said_to_be_none(service, name, number):
    if name == "max-uploads":
        path, query = f"/{service.bucket}", [("uploads", "")]
    else:
        path, query = f"/{service.bucket}/k", [("uploadId", Begun(service).id)]
    answer = requests.get(service.sign("GET", path, query=[*query, (name, number)]))
    assert error_of(answer)[:2] == (400, "InvalidArgument")


def test_conditions_hold_for_the_whole(service):
    upload = Begun(service)
    service.put("k", b"there")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        upload.complete(IfNoneMatch="*")
    assert upload.s3.get_object(**upload.at)["Body"].read() == b"there"
    # The condition holds again, but it cannot be known what happened meanwhile.
    upload.s3.delete_object(**upload.at)
    with pytest.raises(ClientError, match="ConditionalRequestConflict"):
        upload.complete(IfNoneMatch="*")
    Begun(service).complete(IfNoneMatch="*")


def test_deleting_a_version_during_the_upload_is_a_change_too(service):
    service.settings.versioning = "Enabled"
    version = service.put("k")["VersionId"]
    upload = Begun(service)
    upload.s3.delete_object(**upload.at, VersionId=version)
    with pytest.raises(ClientError, match="ConditionalRequestConflict"):
        upload.complete(IfNoneMatch="*")


@pytest.mark.parametrize("written", [b"same", b"other"])
def test_if_match_conflicts_with_a_write_during_the_upload(service, written):
    before = service.put("k", b"same")["ETag"]
    upload = Begun(service)
    now = service.put("k", written)["ETag"]
    if now != before:
        with pytest.raises(ClientError, match="PreconditionFailed"):
            upload.complete(IfMatch=before)
    with pytest.raises(ClientError, match="ConditionalRequestConflict"):
        upload.complete(IfMatch=now)
    upload.s3.delete_object(**upload.at)
    with pytest.raises(ClientError, match="NoSuchKey"):
        upload.complete(IfMatch=now)
    upload.complete()  # without a condition nothing conflicts


def test_a_write_to_another_key_is_no_conflict(service):
    etag = service.put("k", b"there")["ETag"]
    upload = Begun(service)
    service.put("other", b"x")
    assert upload.complete(IfMatch=etag)["ETag"].endswith('-3"')


def test_parts_are_listed_by_number_in_pages(service):
    upload = Begun(service)
    pages = upload.s3.get_paginator("list_parts").paginate(
        **upload.at, UploadId=upload.id, PaginationConfig={"PageSize": 1}
    )
    found = [(p["PartNumber"], p["Size"], p["ETag"]) for page in pages for p in page["Parts"]]
    sizes = {2: len(A), 4: len(B), 7: len(C)}
    assert found == [(n, sizes[n], upload.etags[n]) for n in (2, 4, 7)]
    with pytest.raises(ClientError, match="NoSuchUpload"):
        upload.s3.list_parts(Bucket=upload.bucket, Key="other", UploadId=upload.id)


def test_uploads_are_listed_by_key_and_time_in_pages(service):
    s3, bucket, ids = service.client(), service.bucket, []
    for key in ("b", "a", "b", "a/ä", "c"):
        made = s3.create_multipart_upload(Bucket=bucket, Key=key)
        ids.append((key, made["UploadId"]))
        service.later(seconds=1)
    pages = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    found = [(u["Key"], u["UploadId"], u["Initiated"]) for p in pages for u in p["Uploads"]]
    assert [u[:2] for u in found] == [ids[1], ids[3], ids[0], ids[2], ids[4]]
    assert all(before[2] < after[2] for before, after in pairwise([found[2], found[3]]))
    only = s3.list_multipart_uploads(Bucket=bucket, Prefix="a")["Uploads"]
    assert [u["Key"] for u in only] == ["a", "a/ä"]
    after = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="b")["Uploads"]
    assert [u["Key"] for u in after] == ["c"]
    s3.abort_multipart_upload(Bucket=bucket, Key="c", UploadId=ids[4][1])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket, Prefix="c")


def test_a_lifecycle_rule_ends_uploads_at_the_midnight_after_its_days(service):
    s3, bucket = service.client(), service.bucket
    rule = {
        "ID": "clean",
        "Status": "Enabled",
        "Filter": {"Prefix": "lesson-10/"},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    urls = {}
    for key in ("lesson-10/a", "other"):
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        urls[key] = service.presign("list_parts", key, expires=604800, UploadId=upload)
    now = service.now()
    last = now.replace(hour=23, minute=59, second=30, microsecond=0) + timedelta(days=2)
    service.later(seconds=(last - now).total_seconds())
    assert requests.get(urls["lesson-10/a"]).status_code == 200
    service.later(seconds=30)
    assert error_of(requests.get(urls["lesson-10/a"]))[:2] == (404, "NoSuchUpload")
    assert requests.get(urls["other"]).status_code == 200


def test_a_key_that_is_too_long_is_refused_at_the_beginning(service):
    with pytest.raises(ClientError, match="KeyTooLong"):
        service.client().create_multipart_upload(Bucket=service.bucket, Key="k" * 1025)


def test_a_large_object_is_put_together_without_being_held_in_memory(service):
    upload = Begun(service)
    part = b"x" * (32 * 2**20)
    etags = {n: upload.put(n, part) for n in range(1, 5)}
    upload.etags = {}
    process = psutil.Process()
    before = process.memory_info().rss
    upload.complete(*etags, etags=etags)
    assert process.memory_info().rss - before < 16 * 2**20
    assert upload.s3.head_object(**upload.at)["ContentLength"] == 4 * len(part)


def test_an_upload_that_ends_while_it_is_put_together_leaves_nothing(service, monkeypatch):
    upload = Begun(service)
    join = multipart._joined

    def slow(*arguments):
        joined = join(*arguments)
        upload.s3.abort_multipart_upload(**upload.at, UploadId=upload.id)
        return joined

    monkeypatch.setattr(multipart, "_joined", slow)
    assert upload.refused()["Code"] == "NoSuchUpload"


def meanwhile(monkeypatch, action) -> None:
    """`action` is done once, while the next upload's parts are being read."""
    joined = multipart._joined

    def first_that(request, upload, parts):
        monkeypatch.setattr(multipart, "_joined", joined)
        action()
        return joined(request, upload, parts)

    monkeypatch.setattr(multipart, "_joined", first_that)


def test_completed_twice_at_once_both_get_the_object(service, monkeypatch):
    upload, first = Begun(service), []
    meanwhile(monkeypatch, lambda: first.append(upload.complete()))
    second = upload.complete()
    assert second["ETag"] == first[0]["ETag"]
    assert upload.s3.get_object(**upload.at)["Body"].read() == A + B + C


def test_aborted_while_it_is_completed_there_is_no_object(service, monkeypatch):
    upload = Begun(service)
    meanwhile(
        monkeypatch,
        lambda: upload.s3.abort_multipart_upload(**upload.at, UploadId=upload.id),
    )
    assert upload.refused()["Code"] == "NoSuchUpload"


def test_written_while_it_is_completed_the_condition_still_holds(service, monkeypatch):
    upload = Begun(service)
    meanwhile(monkeypatch, lambda: service.put("k", b"another"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        upload.complete(IfNoneMatch="*")
    assert upload.s3.get_object(**upload.at)["Body"].read() == b"another"


def test_a_part_replaced_while_it_is_completed_changes_nothing(service, monkeypatch):
    upload = Begun(service)
    meanwhile(monkeypatch, lambda: upload.put(2, b"short"))
    upload.complete()
    assert upload.s3.get_object(**upload.at)["Body"].read() == A + B + C
    assert upload.s3.get_object(**upload.at, PartNumber=1)["Body"].read() == A
    assert upload.s3.get_object(**upload.at, PartNumber=3)["Body"].read() == C
