"""`upload`: what happened, what is sent again or gone on with, and what is said if it fails."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from urllib.parse import urlsplit

import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.errors import PresignError, UploadError
from strict_s3.rules.limits import MIN_PART
from strict_s3.signing import upload_in_parts as multipart
from strict_s3.signing.presigner import Credentials, Presigner
from strict_s3.signing.upload_in_parts import abort, crc64nvme, part_size_for, upload
from tests.service import allow
from tests.strict_s3.signing.network import Network
from tests.strict_s3.signing.uploader import client

SIZE = 3 * MIN_PART + 12345  # four parts


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(multipart.random, "uniform", lambda *_: 0)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "film.mp4"
    path.write_bytes(random.Random(10).randbytes(SIZE))
    return path


def signer_for(service, endpoint=None, keys=None) -> Presigner:
    root = service.server.root
    keys = keys or {"AccessKeyId": root.access_key, "SecretAccessKey": root.secret_key}
    credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])
    return Presigner(credentials, service.region, service.bucket, endpoint or service.endpoint)


def send(service, path, **more):
    options = {"part_size": MIN_PART, "progress": False} | more
    s3 = options.pop("s3", None) or service.client()
    signer = options.pop("signer", None) or signer_for(service)
    return upload(s3, signer, path, "films/ä b.mp4", **options)


def stored(service) -> bytes:
    got = service.client().get_object(Bucket=service.bucket, Key="films/ä b.mp4")
    return got["Body"].read()


def absent(service) -> bool:
    found = service.client().list_objects_v2(Bucket=service.bucket)
    return found["KeyCount"] == 0


def unfinished(service) -> list[dict]:
    found = service.client().list_multipart_uploads(Bucket=service.bucket)
    return found.get("Uploads", [])


def begin(service, path, *numbers: int) -> str:
    """An upload of the file with some parts stored, as a killed kernel leaves it."""
    at = {"Bucket": service.bucket, "Key": "films/ä b.mp4"}
    s3, data = service.client(), path.read_bytes()
    upload_id = s3.create_multipart_upload(
        **at, ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT"
    )["UploadId"]
    for number in numbers:
        body = data[(number - 1) * MIN_PART : number * MIN_PART]
        # boto3 would send a CRC32, which does not go with this upload.
        checksum = {"ChecksumCRC64NVME": crc64nvme(body)}
        s3.upload_part(**at, UploadId=upload_id, PartNumber=number, Body=body, **checksum)
    return upload_id


def test_the_whole_file_arrives_and_what_happened_is_told(service, file):
    done = send(service, file)
    assert stored(service) == file.read_bytes()
    assert (done.key, done.size, done.parts) == ("films/ä b.mp4", SIZE, 4)
    assert (done.sent, done.found, done.retries) == (4, 0, 0)
    head = service.client().head_object(Bucket=service.bucket, Key=done.key, ChecksumMode="ENABLED")
    assert (head["ChecksumCRC64NVME"], head["ETag"]) == (done.checksum, done.etag)
    assert unfinished(service) == []


def test_a_file_of_one_part(service, tmp_path):
    (tmp_path / "small").write_bytes(b"small")
    assert send(service, tmp_path / "small").parts == 1
    assert stored(service) == b"small"


def test_parts_go_by_presigned_urls_that_are_good_for_their_bytes_alone(service, file, monkeypatch):
    sent = []
    put = requests.Session.put

    def watch(self, url, **more):
        sent.append((url, more))
        return put(self, url, **more)

    monkeypatch.setattr(requests.Session, "put", watch)
    send(service, file)
    assert Counter("content-md5" in urlsplit(url).query for url, _ in sent) == {True: 4}
    url, more = sent[0]
    other = requests.put(url, b"x" * MIN_PART, headers=more["headers"])
    assert other.status_code in (400, 404)  # BadDigest, or the upload is over


def test_an_interrupted_upload_goes_on(service, file):
    upload_id = begin(service, file, 1, 3)
    done = send(service, file)
    assert (done.sent, done.found) == (2, 2)
    assert stored(service) == file.read_bytes()
    assert upload_id not in [one["UploadId"] for one in unfinished(service)]


def test_one_that_only_had_to_be_completed(service, file):
    begin(service, file, 1, 2, 3, 4)
    assert send(service, file).sent == 0
    assert stored(service) == file.read_bytes()


def test_another_files_upload_is_left_alone(service, file, tmp_path):
    (tmp_path / "other").write_bytes(b"y" * SIZE)
    other = begin(service, tmp_path / "other", 2)
    assert send(service, file).found == 0
    assert stored(service) == file.read_bytes()
    assert [one["UploadId"] for one in unfinished(service)] == [other]


def test_a_longer_keys_upload_is_another(service, file):
    service.client().create_multipart_upload(Bucket=service.bucket, Key="films/ä b.mp4.bak")
    send(service, file)
    assert [one["Key"] for one in unfinished(service)] == ["films/ä b.mp4.bak"]


def through(service, cuts):
    return Network(int(service.endpoint.rpartition(":")[2]), cuts)


def test_a_connection_that_breaks_is_tried_again(service, file):
    root = service.server.root
    # The first connection is boto3's own.
    with through(service, [-1, 0, 100, MIN_PART // 2, MIN_PART + 500]) as network:
        s3 = client(network.endpoint, root.access_key, root.secret_key)
        done = send(service, file, s3=s3, signer=signer_for(service, network.endpoint))
        s3.close()
    assert network.cut >= 3
    assert done.retries >= 3
    assert stored(service) == file.read_bytes()


def test_without_a_network_there_is_one_clear_error_and_nothing_is_lost(service, file):
    root = service.server.root
    with through(service, [-1, *[2000] * 40]) as network:
        s3 = client(network.endpoint, root.access_key, root.secret_key)
        with pytest.raises(UploadError, match=r"Part \d was not sent: S3 does not answer") as told:
            send(service, file, s3=s3, signer=signer_for(service, network.endpoint), attempts=3)
        s3.close()
    assert "call upload again" in str(told.value)
    assert absent(service)
    assert send(service, file).parts == 4


class Lying:
    """A client whose CompleteMultipartUpload works as it is told."""

    def __init__(self, s3, complete) -> None:
        self._s3, self.complete_multipart_upload = s3, complete

    def __getattr__(self, name):
        return getattr(self._s3, name)


def no_such_upload(s3):
    error = {"Error": {"Code": "NoSuchUpload", "Message": ""}}
    return s3.exceptions.NoSuchUpload(error, "CompleteMultipartUpload")


def test_an_answer_that_was_lost_is_looked_for_in_the_object(service, file):
    s3 = service.client()

    def complete(**more):
        s3.complete_multipart_upload(**more)
        raise no_such_upload(s3)

    assert send(service, file, s3=Lying(s3, complete)).sent == 4
    assert stored(service) == file.read_bytes()


def test_an_upload_that_somebody_aborted_is_said_to_be_so(service, file):
    s3 = service.client()

    def complete(**more):
        assert abort(s3, service.bucket, "films/ä b.mp4") == 1
        s3.complete_multipart_upload(**more)

    with pytest.raises(UploadError, match="aborted it, or a lifecycle rule"):
        send(service, file, s3=Lying(s3, complete))
    assert absent(service)
    assert send(service, file).sent == 4


def test_another_object_in_its_place_is_not_taken_for_it(service, file):
    s3 = service.client()

    def complete(**more):
        s3.complete_multipart_upload(**more)
        s3.put_object(Bucket=service.bucket, Key="films/ä b.mp4", Body=b"another")

    with pytest.raises(UploadError, match="is not this file"):
        send(service, file, s3=Lying(s3, complete))


def test_a_wrong_whole_is_no_object(service, file, monkeypatch):
    monkeypatch.setattr(multipart, "hasher", lambda _: multipart.hashlib.blake2b(digest_size=8))
    with pytest.raises(UploadError, match="no object was made"):
        send(service, file)
    assert absent(service)


def test_an_s3_without_crc64nvme_is_checked_by_the_etag(service, file, monkeypatch):
    s3 = service.client()

    class Old(Lying):
        def head_object(self, **more):
            answer = s3.head_object(**more)
            del answer["ChecksumCRC64NVME"]
            return answer

    def complete(**more):
        s3.complete_multipart_upload(**{n: v for n, v in more.items() if "Checksum" not in n})

    assert send(service, file, s3=Old(s3, complete)).etag.endswith('-4"')

    def complete_less(**more):
        del more["MultipartUpload"]["Parts"][-1], more["MpuObjectSize"]
        complete(**more)

    with pytest.raises(UploadError, match="is not this file"):
        send(service, file, s3=Old(s3, complete_less))


def test_a_file_that_changes_on_the_way_is_not_uploaded(service, file, tmp_path, monkeypatch):
    path = tmp_path / "changing"
    path.write_bytes(file.read_bytes())
    created = multipart._created

    def change(*arguments):
        path.write_bytes(b"z" * SIZE)
        return created(*arguments)

    monkeypatch.setattr(multipart, "_created", change)
    with pytest.raises(UploadError, match="has changed during"):
        send(service, path)
    assert absent(service)
    assert abort(service.client(), service.bucket, "films/ä b.mp4") == 1


def test_a_file_that_is_removed_on_the_way_is_one_clear_error(service, tmp_path, monkeypatch):
    path, created = tmp_path / "gone", multipart._created
    path.write_bytes(b"x" * SIZE)

    def remove(*arguments):
        path.unlink()
        return created(*arguments)

    monkeypatch.setattr(multipart, "_created", remove)
    with pytest.raises(UploadError, match=r"gone can no longer be read \(No such file"):
        send(service, path)
    assert absent(service)


@pytest.mark.parametrize(
    ("key", "options", "error"),
    [
        ("", {}, PresignError),
        ("x" * 1025, {}, PresignError),
        ("\ud800", {}, PresignError),
        ("k", {"expires": 0}, PresignError),
        ("k", {"workers": 0}, UploadError),
        ("k", {"attempts": 0}, UploadError),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_begun(service, file, key, options, error):
    with pytest.raises(error):
        upload(service.client(), signer_for(service), file, key, progress=False, **options)
    assert unfinished(service) == []


def test_an_s3_that_takes_every_abort_is_not_asked_for_ever(service, file):
    class Kind(Lying):
        aborts = 0

        def abort_multipart_upload(self, **_):
            self.aborts += 1
            assert self.aborts < 100

    begin(service, file)
    assert abort(Kind(service.client(), None), service.bucket, "films/ä b.mp4") == 1


def test_of_several_that_would_do_the_newest_goes_on(service, file):
    older = begin(service, file, 1)
    service.later(seconds=2)
    begin(service, file, 1, 2, 3)
    assert send(service, file).found == 3
    assert [one["UploadId"] for one in unfinished(service)] == [older]


def test_an_upload_that_was_created_without_a_checksum_goes_on_without_one(service, file):
    """S3 then refuses ChecksumType; the object's own checksum proves that it is the file."""
    at = {"Bucket": service.bucket, "Key": "films/ä b.mp4"}
    s3, body = service.client(), file.read_bytes()[MIN_PART : 2 * MIN_PART]
    upload_id = s3.create_multipart_upload(**at)["UploadId"]
    s3.upload_part(**at, UploadId=upload_id, PartNumber=2, Body=body)
    assert (send(service, file).found, stored(service)) == (1, file.read_bytes())


def test_an_upload_with_another_checksum_is_left_alone(service, file):
    at = {"Bucket": service.bucket, "Key": "films/ä b.mp4"}
    other = service.client().create_multipart_upload(**at, ChecksumAlgorithm="SHA256")["UploadId"]
    assert send(service, file).found == 0
    assert [one["UploadId"] for one in unfinished(service)] == [other]


def answering(monkeypatch, status: int, body: bytes = b"", **headers: str):
    """The first part sent is answered like this, the others by S3."""
    put, seen = requests.Session.put, []

    def first(self, url, **more):
        answer = put(self, url, **more)
        if not seen:
            answer.status_code, answer._content = status, body
            answer.headers.clear()
            answer.headers.update(headers)
        seen.append(more)
        return answer

    monkeypatch.setattr(requests.Session, "put", first)
    return seen


@pytest.mark.parametrize("code", ["BadDigest", "IncompleteBody", "RequestTimeout", "SlowDown"])
def test_what_was_spoilt_on_the_way_is_sent_again(service, file, monkeypatch, code):
    answering(monkeypatch, 400, f"<Error><Code>{code}</Code></Error>".encode())
    assert send(service, file).retries == 1
    assert stored(service) == file.read_bytes()


def test_a_redirect_is_not_followed(service, file, monkeypatch):
    seen = answering(monkeypatch, 307, b"<Error><Code>TemporaryRedirect</Code></Error>")
    with pytest.raises(UploadError, match="S3 answered 307 TemporaryRedirect"):
        send(service, file)
    assert not any(more["allow_redirects"] for more in seen)


def test_a_password_in_netrc_is_not_sent_along(service, file, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ann password hush")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert send(service, file).retries == 0
    assert stored(service) == file.read_bytes()


def test_a_500_at_the_last_look_is_not_taken_for_an_abort(service, file):
    class Busy(Lying):
        def head_object(self, **_):
            answer = {"Error": {"Code": "500", "Message": ""}}
            answer["ResponseMetadata"] = {"HTTPStatusCode": 500}
            raise ClientError(answer, "HeadObject")

    s3 = service.client()
    with pytest.raises(UploadError, match="S3 does not answer"):
        send(service, file, s3=Busy(s3, s3.complete_multipart_upload))


def test_a_refusal_is_told_in_s3s_words_and_not_tried_again(service, file):
    ann = service.user("ann", allow("s3:ListBucketMultipartUploads"))
    with pytest.raises(UploadError, match="S3 refused CreateMultipartUpload: AccessDenied"):
        send(service, file, s3=service.client(keys=ann))
    with pytest.raises(UploadError, match=r"Part \d was not sent: S3 answered 403 AccessDenied: "):
        send(service, file, signer=signer_for(service, keys=ann))


def test_what_cannot_be_uploaded(service, tmp_path):
    with pytest.raises(UploadError, match=r"none cannot be read \(No such file"):
        send(service, tmp_path / "none")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(UploadError, match="empty: upload it with one presigned PUT"):
        send(service, tmp_path / "empty")
    with pytest.raises(UploadError, match="A part must have 5,242,880 to"):
        send(service, tmp_path, part_size=MIN_PART - 1)


@pytest.mark.parametrize(
    ("size", "wanted", "found"),
    [
        (1, None, 8 * 2**20),
        (80_000 * 2**20, None, 8 * 2**20),
        (80_000 * 2**20 + 1, None, 9 * 2**20),
        (50_000 * 2**20, MIN_PART, MIN_PART),
    ],
)
def test_part_sizes(size, wanted, found):
    assert part_size_for(size, wanted) == found
    assert -(-size // found) <= 10_000


def test_part_sizes_that_will_not_do():
    with pytest.raises(UploadError, match=r"more than 10,000 parts. Use parts of at least"):
        part_size_for(50_001 * 2**20, MIN_PART)
    with pytest.raises(UploadError, match="not 5,368,709,121"):
        part_size_for(1, 5 * 2**30 + 1)


def test_abort_gives_up_every_upload_of_that_key_alone(service, file):
    begin(service, file, 1)
    begin(service, file)
    service.client().create_multipart_upload(Bucket=service.bucket, Key="films")
    assert abort(service.client(), service.bucket, "films/ä b.mp4") == 2
    assert abort(service.client(), service.bucket, "films/ä b.mp4") == 0
    assert [one["Key"] for one in unfinished(service)] == ["films"]
    with pytest.raises(ClientError, match="NoSuchBucket"):
        abort(service.client(), "no-such-bucket", "k")


def test_the_etag_is_the_parts_md5s(service, file):
    data = file.read_bytes()
    md5s = [hashlib.md5(data[n : n + MIN_PART]).digest() for n in range(0, SIZE, MIN_PART)]
    assert send(service, file).etag == f'"{hashlib.md5(b"".join(md5s)).hexdigest()}-4"'


def test_an_answer_whose_headers_were_cut_off_is_not_believed(service, file, monkeypatch):
    put, cut = requests.Session.put, []

    def cut_off(self, url, **more):
        answer = put(self, url, **more)
        if len(cut) < 3:
            # What is left of the ETag: all but its end, or nothing.
            answer.headers["ETag"] = answer.headers["ETag"][: len(cut) * 10]
            cut.append(url)
        return answer

    monkeypatch.setattr(requests.Session, "put", cut_off)
    assert send(service, file).retries == 3
    assert stored(service) == file.read_bytes()


def test_a_beginning_whose_answer_was_cut_off_is_one_clear_error(service, file):
    class Begin(Lying):
        def create_multipart_upload(self, **more):
            self._s3.create_multipart_upload(**more)
            return {}

    s3 = service.client()
    with pytest.raises(UploadError, match="its answer was cut off"):
        send(service, file, s3=Begin(s3, None))
    assert send(service, file).found == 0  # goes on with the one that was begun
    assert unfinished(service) == []


def test_a_list_whose_xml_was_cut_off_is_not_an_empty_list(service, file):
    s3 = service.client()

    def cut(response_dict, **_: object) -> None:
        response_dict["body"] = response_dict["body"][:-20]

    s3.meta.events.register("before-parse.s3.ListMultipartUploads", cut)
    try:
        with pytest.raises(UploadError, match="S3 does not answer"):
            send(service, file, s3=s3)
    finally:
        s3.meta.events.unregister("before-parse.s3.ListMultipartUploads", cut)
    assert send(service, file).sent == 4


def test_a_500_is_to_be_tried_later(service, file):
    class Busy(Lying):
        def create_multipart_upload(self, **_):
            error = {"Code": "500", "Message": "Internal Server Error"}
            answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 500}}
            raise ClientError(answer, "CreateMultipartUpload")

    with pytest.raises(UploadError, match=r"S3 does not answer \(CreateMultipartUpload: 500"):
        send(service, file, s3=Busy(service.client(), None))


def test_the_object_is_looked_at_again_if_that_answer_was_cut_off(service, file):
    class Look(Lying):
        looks = 0

        def head_object(self, **more):
            self.looks += 1
            return self._s3.head_object(**more) if self.looks == 3 else {"ContentLength": 15}

    s3 = service.client()
    look = Look(s3, s3.complete_multipart_upload)
    assert send(service, file, s3=look).sent == 4
    assert look.looks == 3
