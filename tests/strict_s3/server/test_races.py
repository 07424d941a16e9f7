"""A check and the write that depends on it are one step, whoever comes in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from strict_s3.rules import sigv4
from strict_s3.rules.request import Request
from strict_s3.server.response import Response


def send(service, method: str, target: str, read: Callable[[int], bytes], **headers) -> Response:
    """One request to the gate, whose body is whatever `read` does."""
    root = service.server.root
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    url = sigv4.presign(
        method,
        service.endpoint,
        service.endpoint.removeprefix("http://"),
        f"/{service.bucket}/{target.partition('?')[0]}",
        query=[tuple(pair.split("=")) for pair in target.partition("?")[2].split("&") if pair],
        access_key=root.access_key,
        secret_key=root.secret_key,
        region=service.region,
        now=datetime.now(UTC),
        expires=60,
    )
    request = Request.build(method, url, names.items())
    return service.server.gate.handle(request, read)


def body(data: bytes, meanwhile: Callable[[], object] = lambda: None) -> Callable[[int], bytes]:
    """A body during which something else happens."""
    pieces = [data]

    def read(_: int) -> bytes:
        if not pieces:
            return b""
        meanwhile()
        return pieces.pop()

    return read


def test_the_first_writer_wins_although_both_began_before_there_was_an_object(service):
    first = {"if_none_match": "*", "content_length": "5"}

    def other() -> None:
        assert send(service, "PUT", "k", body(b"other"), **first).status == 200

    late = send(service, "PUT", "k", body(b"mine!", other), **first)
    assert late.status == 412
    assert service.client().get_object(Bucket=service.bucket, Key="k")["Body"].read() == b"other"


@pytest.mark.parametrize("condition", ["if_match"])
def test_an_object_that_changed_meanwhile_is_not_overwritten(service, condition):
    service.put("k", b"first")
    etag = service.client().head_object(Bucket=service.bucket, Key="k")["ETag"]
    late = send(
        service,
        "PUT",
        "k",
        body(b"mine!", lambda: service.put("k", b"changed")),
        content_length="5",
        **{condition: etag},
    )
    assert late.status == 412
    assert service.client().get_object(Bucket=service.bucket, Key="k")["Body"].read() == b"changed"


def test_a_bucket_that_is_gone_meanwhile_takes_nothing(service):
    def gone() -> None:
        del service.server.store.buckets[service.bucket]

    late = send(service, "PUT", "k", body(b"mine!", gone), content_length="5")
    assert (late.status, b"NoSuchBucket" in late.body) == (404, True)


def test_a_part_of_an_upload_that_is_aborted_meanwhile_is_refused(service):
    s3 = service.client()
    upload = s3.create_multipart_upload(Bucket=service.bucket, Key="k")["UploadId"]

    def abort() -> None:
        s3.abort_multipart_upload(Bucket=service.bucket, Key="k", UploadId=upload)

    target = f"k?partNumber=1&uploadId={upload}"
    late = send(service, "PUT", target, body(b"mine!", abort), content_length="5")
    assert (late.status, b"NoSuchUpload" in late.body) == (404, True)
