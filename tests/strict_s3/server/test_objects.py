"""Objects over HTTP: bytes and keys exactly as sent, and bodies that are not what they claim."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import socket
import struct
import threading
import time
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import requests
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strict_s3.rules.limits import leaves_the_bucket
from strict_s3.server.http.connection import PATIENCE, State
from tests.service import allow, document, error_of

KEYS = [
    "a b",
    "a+b",
    "a%b",
    "a%2Fb",
    "a//b",
    "//a",
    "a/",
    "./a",
    "a/../b",
    "videos/2014/../../video1.wmv",
    "a/./b",
    ".",
    "é ü/日本語/🎈",
    "~!*'()$&,;=:@[]{}^`|<>\"\\",
    "?query=1&x#fragment",
    "x" * 1024,
    "%00",
    "tab\there",
]


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_kept_byte_for_byte(service, key):
    s3, bucket = service.client(), service.bucket
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    listed = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == [key]
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(key.encode())
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == key.encode()
    s3.delete_object(Bucket=bucket, Key=key)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=bucket, Key=key)


@pytest.mark.parametrize("key", ["..", "../a", "./../a", "a/../../b", "videos/../../video1.wmv"])
def test_a_key_whose_dots_leave_the_bucket_is_no_address(service, key):
    """As recorded on AWS, however it is encoded: 400, and no document."""
    service.put("a")
    for operation, method in (("get_object", "GET"), ("put_object", "PUT")):
        path = service.presign(operation, key).removeprefix(service.endpoint)
        for target in (path, path.replace("..", "%2E%2e")):
            wire = http.client.HTTPConnection("127.0.0.1", service.server.http.port, timeout=10)
            wire.request(method, target)
            answer = wire.getresponse()
            assert (answer.status, answer.read()) == (400, b"")
            assert answer.headers["x-amz-request-id"]
            wire.close()
    s3 = service.client()
    for ask in (s3.delete_object, s3.head_object, s3.create_multipart_upload):
        with pytest.raises(ClientError, match=r"\(400\).* Bad Request"):
            ask(Bucket=service.bucket, Key=key)
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=service.bucket)["Contents"]] == ["a"]


@pytest.mark.parametrize("path", ["100%", "100%.txt", "%zz", "%4", "a%2", "%%41"])
def test_a_percent_sign_that_escapes_nothing_is_no_address(service, path):
    """As reported from AWS, whoever asks: 400, and no document."""
    wire = http.client.HTTPConnection("127.0.0.1", service.server.http.port, timeout=10)
    wire.request("GET", f"/{service.bucket}/{path}")
    answer = wire.getresponse()
    assert (answer.status, answer.read()) == (400, b"")
    wire.close()
    assert "write it as %25" in str(service.decisions()[-1])


def test_a_key_with_a_null_character_is_no_address(service):
    with pytest.raises(ClientError, match="InvalidURI"):
        service.put("a\0b")
    service.put("a\1b")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40
    ).filter(lambda key: not leaves_the_bucket(key))
)
def test_any_key_through_presigned_urls(service, key):
    # Clients resolve "." and ".." in a URL's path; a key of such parts needs a client that sends
    # it as it is, which the test above has.
    path = service.presign("put_object", key).removeprefix(service.endpoint)
    wire = http.client.HTTPConnection("127.0.0.1", service.server.http.port, timeout=10)
    wire.request("PUT", path, body=b"1")
    assert wire.getresponse().read() == b""
    wire.request("GET", service.presign("get_object", key).removeprefix(service.endpoint))
    answer = wire.getresponse()
    assert (answer.status, answer.read()) == (200, b"1")
    wire.close()


def test_metadata_and_content_headers_come_back(service):
    service.put(
        ContentType="image/png",
        CacheControl="max-age=60",
        ContentDisposition='attachment; filename="é.png"',
        ContentEncoding="identity",
        ContentLanguage="en",
        Metadata={"colour": "red", "my_key": "1", "my-key": "2"},
    )
    answer = requests.get(service.presign("get_object"))
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "max-age=60"
    assert answer.headers["content-language"] == "en"
    assert answer.headers["x-amz-meta-colour"] == "red"
    assert answer.headers["x-amz-meta-my_key"] == "1"
    assert answer.headers["x-amz-meta-my-key"] == "2"
    assert answer.headers["x-amz-server-side-encryption"] == "AES256"
    assert answer.headers["etag"] == f'"{hashlib.md5(b"body").hexdigest()}"'
    head = requests.head(service.presign("head_object"))
    skip = {"date", "x-amz-request-id", "x-amz-id-2"}
    assert {k: v for k, v in head.headers.items() if k.lower() not in skip} == {
        k: v for k, v in answer.headers.items() if k.lower() not in skip
    }


def test_metadata_that_a_signer_moved_into_the_query(service):
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    root = service.server.root
    url = f"{service.endpoint}/{service.bucket}/k?x-amz-meta-note=moved"
    request = AWSRequest("PUT", url)
    keys = Credentials(root.access_key, root.secret_key)
    S3SigV4QueryAuth(keys, "s3", service.region, expires=60).add_auth(request)
    assert requests.put(request.url, data=b"x").status_code == 200
    changed = request.url.replace("moved", "other")
    assert error_of(requests.put(changed, data=b"x"))[1] == "SignatureDoesNotMatch"
    assert service.client().head_object(Bucket=service.bucket, Key="k")["Metadata"] == {
        "note": "moved"
    }


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("aws-chunked", None),
        ("gzip, aws-chunked", "gzip"),
        ("AWS-Chunked,gzip,br", "gzip,br"),
        ("gzip", "gzip"),
        ("x-aws-chunked", "x-aws-chunked"),
    ],
)
def test_how_a_body_travels_is_not_how_the_object_is_encoded(service, sent, kept):
    url = service.presign("put_object", ContentEncoding=sent)
    assert requests.put(url, b"x", headers={"Content-Encoding": sent}).status_code == 200
    head = service.client().head_object(Bucket=service.bucket, Key="k")
    assert head.get("ContentEncoding") == kept


def test_chunks_are_not_an_unsigned_payload(service):
    headers = {"content-encoding": "gzip, aws-chunked", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    url = service.sign("PUT", f"/{service.bucket}/k", headers=headers)
    assert error_of(requests.put(url, b"x", headers=headers))[1:] == (
        "InvalidArgument",
        "aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is "
        "supplied.",
    )
    assert service.stored() == []


def test_signed_response_headers(service):
    service.put(ContentType="text/plain")
    url = service.presign(
        "get_object",
        ResponseContentType="text/csv",
        ResponseContentDisposition='attachment; filename="a b.csv"',
        ResponseCacheControl="no-store",
    )
    headers = requests.get(url).headers
    assert headers["content-type"] == "text/csv"
    assert headers["content-disposition"] == 'attachment; filename="a b.csv"'
    assert headers["cache-control"] == "no-store"
    empty = requests.get(service.presign("get_object", ResponseContentType="")).headers
    assert empty["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=0-0", 206, b"0", "bytes 0-0/10"),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=0-1,3-4", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
        ("nonsense", 200, b"0123456789", None),
    ],
)
def test_ranges(service, asked, status, body, content_range):
    service.put(body=b"0123456789")
    answer = requests.get(service.presign("get_object"), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("content-range") == content_range


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=-0"])
def test_a_range_that_is_not_there(service, asked):
    service.put(body=b"0123456789")
    answer = requests.get(service.presign("get_object"), headers={"Range": asked})
    assert error_of(answer)[:2] == (416, "InvalidRange")
    assert "<ActualObjectSize>10</ActualObjectSize>" in answer.text


def test_a_range_of_another_state_of_the_object(service):
    """If-Range: a download that goes on gets the whole of what has changed meanwhile."""
    etag = service.put("r", b"0123456789")["ETag"]
    url = service.presign("get_object", "r")
    modified = requests.head(service.presign("head_object", "r")).headers["Last-Modified"]
    other = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    for named, status in (
        *((etag, 206), (modified, 206)),
        *(('"another"', 200), (f"W/{etag}", 200), (other, 200), ("", 200)),
    ):
        answer = requests.get(url, headers={"Range": "bytes=2-4", "If-Range": named})
        assert (answer.status_code, named) == (status, named)
        assert answer.content == (b"234" if status == 206 else b"0123456789")
    assert requests.get(url, headers={"If-Range": '"another"'}).status_code == 200


def test_conditional_reads(service):
    service.put()
    url = service.presign("get_object")
    etag = requests.get(url).headers["etag"]
    past = format_datetime(datetime(2000, 1, 1, tzinfo=UTC), usegmt=True)
    future = format_datetime(datetime(2100, 1, 1, tzinfo=UTC), usegmt=True)
    for header, value, status in [
        ("If-Match", etag, 200),
        ("If-Match", '"other"', 412),
        ("If-None-Match", etag, 304),
        ("If-None-Match", '"other"', 200),
        ("If-Modified-Since", format_datetime(datetime.now(UTC), usegmt=True), 304),
        ("If-Modified-Since", future, 200),  # which is no valid date for this header
        ("If-Modified-Since", past, 200),
        ("If-Unmodified-Since", future, 200),
        ("If-Unmodified-Since", past, 412),
    ]:
        answer = requests.get(url, headers={header: value})
        assert answer.status_code == status, (header, value)
        assert status != 304 or answer.content == b""


def test_conditional_writes(service):
    s3 = service.client()
    url = service.presign("put_object", IfNoneMatch="*")
    headers = {"If-None-Match": "*"}
    assert requests.put(url, data=b"first", headers=headers).status_code == 200
    second = requests.put(url, data=b"second", headers=headers)
    assert error_of(second)[:2] == (412, "PreconditionFailed")
    assert "<Condition>If-None-Match</Condition>" in second.text
    # The header is signed: leaving it out is no way round.
    assert error_of(requests.put(url, data=b"second"))[1] == "SignatureDoesNotMatch"
    etag = s3.head_object(Bucket=service.bucket, Key="k")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=service.bucket, Key="k", Body=b"x", IfMatch='"other"')
    s3.put_object(Bucket=service.bucket, Key="k", Body=b"third", IfMatch=etag)
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.put_object(Bucket=service.bucket, Key="none", Body=b"x", IfMatch=etag)


def test_who_compares_an_etag_must_be_allowed_to_read(service):
    """If-Match on a write asks for s3:GetObject, too."""
    writer = service.client(keys=service.user("writer", allow("s3:PutObject")))
    at = {"Bucket": service.bucket, "Key": "k"}
    etag = writer.put_object(**at, Body=b"x", IfNoneMatch="*")["ETag"]
    upload = {**at, "UploadId": writer.create_multipart_upload(**at)["UploadId"]}
    part = writer.upload_part(**upload, PartNumber=1, Body=b"x")
    upload["MultipartUpload"] = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    with pytest.raises(ClientError, match="perform: s3:GetObject"):
        writer.put_object(**at, Body=b"y", IfMatch=etag)
    with pytest.raises(ClientError, match="perform: s3:GetObject"):
        writer.complete_multipart_upload(**upload, IfMatch=etag)
    url = service.presign("put_object", s3=writer, IfMatch=etag)
    assert requests.put(url, b"y", headers={"If-Match": etag}).status_code == 403
    writer.complete_multipart_upload(**upload)


@pytest.mark.parametrize("in_query", [False, True])
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"if-none-match": "*"}, (412, "PreconditionFailed")),
        ({"if-match": '"other"'}, (412, "PreconditionFailed")),
        ({"if-match": "*"}, (501, "NotImplemented")),
        ({"if-none-match": "ETAG"}, (501, "NotImplemented")),
        ({"if-match": "ETAG", "if-none-match": "*"}, (501, "NotImplemented")),
        ({"if-match": "ETAG"}, None),
    ],
)
def test_conditions_of_a_write_in_a_header_or_the_query(service, in_query, condition, expected):
    """Signers may move them into the query of a presigned URL: they hold there too."""
    etag = service.put()["ETag"]
    condition = {name: value.replace("ETAG", etag) for name, value in condition.items()}
    if in_query:
        url = service.sign("PUT", f"/{service.bucket}/k", query=list(condition.items()))
        answer = requests.put(url, data=b"new")
    else:
        url = service.sign("PUT", f"/{service.bucket}/k", headers=condition)
        answer = requests.put(url, data=b"new", headers=condition)
    if expected is None:
        assert answer.status_code == 200
    else:
        assert error_of(answer)[:2] == expected
    stored = requests.get(service.presign("get_object")).content
    assert stored == (b"body" if expected else b"new")


def test_only_one_of_many_first_writers_wins(service):
    url = service.presign("put_object", IfNoneMatch="*")
    results: list[int] = []

    def write(number: int) -> None:
        answer = requests.put(url, data=str(number), headers={"If-None-Match": "*"})
        results.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [200] + [412] * 11


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


BODY = b"the body"
CRC = b64(zlib.crc32(BODY).to_bytes(4, "big"))


@pytest.mark.parametrize(
    ("params", "headers", "code", "message"),
    [
        (
            {"ContentMD5": b64(hashlib.md5(b"other").digest())},
            {"Content-MD5": b64(hashlib.md5(b"other").digest())},
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
        ),
        (
            {"ContentMD5": "nonsense"},
            {"Content-MD5": "nonsense"},
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
        ),
        (
            {"ChecksumCRC32": "AAAAAA=="},
            {"x-amz-checksum-crc32": "AAAAAA=="},
            "BadDigest",
            "The CRC32 you specified did not match the calculated checksum.",
        ),
        (
            {"ChecksumSHA256": "nonsense"},
            {"x-amz-checksum-sha256": "nonsense"},
            "InvalidRequest",
            "Value for x-amz-checksum-sha256 header is invalid.",
        ),
    ],
)
def test_bodies_that_are_not_what_was_declared(service, params, headers, code, message):
    url = service.presign("put_object", **params)
    assert error_of(requests.put(url, data=BODY, headers=headers)) == (400, code, message)
    assert requests.get(service.presign("get_object")).status_code == 404


def test_bodies_that_are_what_was_declared(service):
    for params, headers in [
        (
            {"ContentMD5": b64(hashlib.md5(BODY).digest())},
            {"Content-MD5": b64(hashlib.md5(BODY).digest())},
        ),
        ({"ChecksumCRC32": CRC}, {"x-amz-checksum-crc32": CRC}),
        ({"ContentLength": len(BODY)}, {}),
        ({}, {"Content-Type": "application/x-www-form-urlencoded"}),
    ]:
        url = service.presign("put_object", **params)
        answer = requests.put(url, data=BODY, headers=headers)
        assert answer.status_code == 200, (params, answer.text)
        assert requests.get(service.presign("get_object")).content == BODY
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    assert answer.headers["x-amz-checksum-crc64nvme"]


def test_exact_length_by_signing_content_length(service):
    url = service.presign("put_object", ContentLength=4)
    assert requests.put(url, data=b"1234").status_code == 200
    assert error_of(requests.put(url, data=b"12345"))[1] == "SignatureDoesNotMatch"


def test_the_sha256_of_a_signed_upload_is_verified(service):
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    root = service.server.root
    keys = Credentials(root.access_key, root.secret_key)

    def send(signed: bytes, sent: bytes) -> requests.Response:
        url = f"{service.endpoint}/{service.bucket}/k"
        request = AWSRequest("PUT", url, data=signed)
        request.context["payload_signing_enabled"] = True
        S3SigV4Auth(keys, "s3", service.region).add_auth(request)
        return requests.put(url, data=sent, headers=dict(request.headers))

    answer = send(b"1234", b"4321")
    assert error_of(answer)[:2] == (400, "XAmzContentSHA256Mismatch")
    assert f"<S3ComputedContentSHA256>{hashlib.sha256(b'4321').hexdigest()}<" in answer.text
    assert send(b"1234", b"1234").status_code == 200


def send_raw(
    service, target: str, headers: dict[str, str], body: bytes
) -> http.client.HTTPResponse:
    wire = http.client.HTTPConnection("127.0.0.1", service.server.http.port, timeout=10)
    wire.putrequest("PUT", target)
    for name, value in headers.items():
        wire.putheader(name, value)
    wire.endheaders()
    wire.send(body)
    wire.sock.shutdown(socket.SHUT_WR)
    answer = wire.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    wire.close()
    return answer


def test_bodies_without_or_short_of_their_length(service):
    target = service.presign("put_object").removeprefix(service.endpoint)
    none = send_raw(service, target, {}, b"")
    assert (none.status, "MissingContentLength" in none.text) == (411, True)
    chunked = send_raw(service, target, {"Transfer-Encoding": "chunked"}, b"1\r\na\r\n0\r\n\r\n")
    assert (chunked.status, "<Header>Transfer-Encoding<" in chunked.text) == (501, True)
    short = send_raw(service, target, {"Content-Length": "10"}, b"12345")
    assert (short.status, "IncompleteBody" in short.text) == (400, True)
    too_large = send_raw(service, target, {"Content-Length": str(6 * 1024**3)}, b"")
    assert (too_large.status, "EntityTooLarge" in too_large.text) == (400, True)
    assert requests.get(service.presign("get_object")).status_code == 404


CHUNKED = {
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "10",
    "Transfer-Encoding": "chunked",
}


@pytest.mark.parametrize(
    ("headers", "half"),
    [({"Content-Length": "1000000"}, b"12345"), (CHUNKED, b"a\r\na\r\n123")],
    ids=["with its length", "in chunks"],
)
@pytest.mark.parametrize("how", ["silent", "reset"])
def test_a_client_that_stops_in_its_body_is_no_failure_of_the_server(
    service, monkeypatch, caplog, headers, half, how
):
    monkeypatch.setitem(PATIENCE, State.BODY, 0.2 if how == "silent" else 60)
    wire = http.client.HTTPConnection("127.0.0.1", service.server.http.port, timeout=10)
    # (The hash of a payload in chunks would have to be signed, so this one comes from nobody.)
    service.client().delete_public_access_block(Bucket=service.bucket)
    anybody = allow("s3:PutObject", Principal="*", resource=f"arn:aws:s3:::{service.bucket}/*")
    service.client().put_bucket_policy(Bucket=service.bucket, Policy=document(anybody))
    before = len(service.decisions())
    wire.putrequest("PUT", f"/{service.bucket}/k")
    for name, value in headers.items():
        wire.putheader(name, value)
    wire.endheaders(half)
    if how == "silent":
        answer = wire.getresponse()
        assert (answer.status, b"<Code>RequestTimeout</Code>" in answer.read()) == (400, True)
    else:
        # Closed in this way, a connection is reset: what was sent last may not even arrive.
        wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()
    until = time.monotonic() + 5
    while len(service.decisions()) == before and time.monotonic() < until:
        time.sleep(0.01)
    assert service.decision()["status"] == 400
    assert caplog.records == []
    assert service.stored() == []


def test_limits_of_keys_and_metadata(service):
    at_most, too_long = "\N{EURO SIGN}" * 341 + "k", "\N{EURO SIGN}" * 341 + "kk"
    assert requests.put(service.presign("put_object", at_most), data=b"").status_code == 200
    assert requests.get(service.presign("get_object", at_most)).status_code == 200
    long = requests.put(service.presign("put_object", too_long), data=b"")
    assert error_of(long)[:2] == (400, "KeyTooLongError")
    sought = requests.get(service.presign("get_object", too_long))
    assert error_of(sought)[:2] == (400, "KeyTooLongError")
    assert "<Size>1025</Size><MaxSizeAllowed>1024</MaxSizeAllowed>" in sought.text
    assert requests.head(service.presign("head_object", too_long)).status_code == 400
    big = {"note": "x" * 2045}
    with pytest.raises(ClientError, match="MetadataTooLarge"):
        service.put(Metadata=big)
    service.put(Metadata={"note": "x" * 2044})


def test_acls_are_off(service):
    s3 = service.client()
    for acl in ("public-read", "authenticated-read"):
        with pytest.raises(ClientError, match="The bucket does not allow ACLs"):
            s3.put_object(Bucket=service.bucket, Key="k", ACL=acl)
    service.put("k")
    for name, more in (("object", {"Key": "k"}), ("bucket", {})):
        with pytest.raises(ClientError, match="The bucket does not allow ACLs"):
            getattr(s3, f"put_{name}_acl")(Bucket=service.bucket, ACL="public-read", **more)
    for acl in ("bucket-owner-full-control", "private"):
        s3.put_object(Bucket=service.bucket, Key="k", ACL=acl)


def test_multipart_upload_through_presigned_parts(service):
    s3, bucket = service.client(), service.bucket
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts, whole = [], b""
    for number in (1, 2, 3):
        data = os.urandom(5 * 1024 * 1024 if number < 3 else 100)
        whole += data
        url = service.presign("upload_part", UploadId=upload, PartNumber=number)
        swapped = url.replace(f"partNumber={number}", f"partNumber={number + 1}")
        assert error_of(requests.put(swapped, data=b"x"))[1] == "SignatureDoesNotMatch"
        answer = requests.put(url, data=data)
        parts.append({"PartNumber": number, "ETag": answer.headers["etag"]})
    assert len(s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]) == 3
    s3.complete_multipart_upload(
        Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert requests.get(service.presign("get_object")).content == whole
    first = requests.get(service.presign("get_object", PartNumber=1))
    assert (first.status_code, len(first.content)) == (206, 5 * 1024 * 1024)
    assert first.headers["x-amz-mp-parts-count"] == "3"
    gone = service.presign("upload_part", UploadId=upload, PartNumber=1)
    assert error_of(requests.put(gone, data=b"x"))[:2] == (404, "NoSuchUpload")
    out_of_range = service.presign("upload_part", UploadId=upload, PartNumber=10001)
    assert error_of(requests.put(out_of_range, data=b"x"))[:2] == (400, "InvalidArgument")


def put_plainly(service):
    service.put("k")


def put_in_parts(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    at["UploadId"] = s3.create_multipart_upload(**at)["UploadId"]
    etag = s3.upload_part(**at, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    s3.complete_multipart_upload(**at, MultipartUpload=parts)


def put_by_form(service):
    form = service.client().generate_presigned_post(service.bucket, "k")
    assert requests.post(form["url"], form["fields"], files={"file": b"x"}).status_code == 204


def put_by_copy(service):
    service.put("other")
    at = {"Bucket": service.bucket, "Key": "k"}
    service.client().copy_object(**at, CopySource=f"{service.bucket}/other")


@pytest.mark.parametrize("put", [put_plainly, put_in_parts, put_by_form, put_by_copy])
@pytest.mark.parametrize("deleted", [False, True], ids=["replaced", "deleted"])
def test_a_new_object_has_none_of_the_old_ones_tags(service, put, deleted):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    service.put("k", Tagging="secret=yes")
    if deleted:
        s3.delete_object(**at)
    put(service)
    assert s3.get_object_tagging(**at)["TagSet"] == []
    service.put("k", Tagging="a=1")
    onto_itself = {"CopySource": f"{service.bucket}/k", "MetadataDirective": "REPLACE"}
    s3.copy_object(**at, **onto_itself)
    assert s3.get_object_tagging(**at)["TagSet"] == [{"Key": "a", "Value": "1"}]


def test_versions(service):
    s3, bucket = service.client(), service.bucket
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert requests.get(service.presign("get_object", VersionId=first)).text == "1"
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert error_of(requests.get(service.presign("get_object")))[:2] == (404, "NoSuchKey")
    on_marker = requests.get(service.presign("get_object", VersionId=marker))
    assert error_of(on_marker)[:2] == (405, "MethodNotAllowed")
    reader = service.client(keys=service.user("ann", allow("s3:GetObject")))
    old = service.presign("get_object", VersionId=first, s3=reader)
    assert "s3:GetObjectVersion" in error_of(requests.get(old))[2]


def test_a_reader_is_not_disturbed_by_a_writer(service):
    old, new = b"o" * 3_000_000, b"n" * 3_000_000
    service.put(body=old)
    with requests.get(service.presign("get_object"), stream=True) as answer:
        begun = answer.raw.read(1000)
        service.put(body=new)
        service.client().delete_object(Bucket=service.bucket, Key="k")
        rest = answer.raw.read()
    assert begun + rest == old
