"""What is said about encryption: kept and told again, or refused as S3 refuses it."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest
import requests
from botocore.exceptions import ClientError

from strict_s3.server.store.objects import Encryption
from tests.service import error_of

KEY = "11111111-2222-3333-4444-555555555555"
SECRET = b"k" * 32
PREFIX = "x-amz-server-side-encryption-customer-"
NOT_APPLICABLE = "The encryption parameters are not applicable to this object."


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def customer(prefix=PREFIX, **changes) -> dict[str, str]:
    headers = {
        "algorithm": "AES256",
        "key": base64_of(SECRET),
        "key-md5": base64_of(hashlib.md5(SECRET).digest()),
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {prefix + name: value for name, value in headers.items() if value is not None}


def send(service, method, headers, query=(), key="k", body=b""):
    url = service.sign(method, f"/{service.bucket}/{key}", headers=headers, query=list(query))
    return requests.request(method, url, headers=headers, data=body)


def refused(call, **more) -> dict:
    with pytest.raises(ClientError) as caught:
        call(**more)
    return caught.value.response["Error"]


def writes(service):
    """Every write that can ask for encryption: a function that sends it with headers."""
    service.put("source")
    copy = {"x-amz-copy-source": f"{service.bucket}/source"}
    return {
        "PUT": lambda headers: send(service, "PUT", headers, body=b"x"),
        "copy": lambda headers: send(service, "PUT", headers | copy),
        "create": lambda headers: send(service, "POST", headers, [("uploads", "")]),
    }


@pytest.mark.parametrize("kind", ["PUT", "copy", "create"])
def test_a_customers_key_is_blocked(service, kind):
    assert error_of(writes(service)[kind](customer())) == (403, "AccessDenied", "Access Denied")
    assert service.stored() == ["source"]


WITH_KEYS = "Requests specifying Server Side Encryption with Customer provided keys must provide "


@pytest.mark.parametrize("kind", ["PUT", "copy", "create"])
@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        (
            customer() | {"x-amz-server-side-encryption": "AES256"},
            "InvalidArgument",
            "Server Side Encryption with Customer provided key is incompatible with the encryption "
            "method specified",
        ),
        (
            customer(algorithm="KMS"),
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
        ),
        (
            customer(algorithm=None),
            "InvalidArgument",
            f"{WITH_KEYS}a valid encryption algorithm.",
        ),
        (customer(key=None), "InvalidArgument", f"{WITH_KEYS}an appropriate secret key."),
        (
            customer(key=None, key_md5=None),
            "InvalidArgument",
            f"{WITH_KEYS}an appropriate secret key.",
        ),
        (
            customer(key_md5=None),
            "InvalidArgument",
            "The secret key was invalid for the specified algorithm.",
        ),
        (
            customer(key=base64_of(b"short")),
            "InvalidArgument",
            "The secret key was invalid for the specified algorithm.",
        ),
        (
            customer(key_md5=base64_of(hashlib.md5(b"other").digest())),
            "InvalidArgument",
            "The calculated MD5 hash of the key did not match the hash that was provided.",
        ),
    ],
)
def test_customers_keys_that_are_none(service, kind, headers, code, message):
    answer = writes(service)[kind](headers)
    assert error_of(answer) == (400, code, message)
    assert "<ArgumentName>x-amz-server-side-encryption</ArgumentName>" in answer.text


OF_SOURCE = "x-amz-copy-source-server-side-encryption-customer-"
KEY_IS_WRONG = (
    403,
    "AccessDenied",
    "Requests specifying Server Side Encryption with Customer provided keys must provide the "
    "correct secret key.",
)
KEY_IS_MISSING = (
    400,
    "InvalidRequest",
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object.",
)
OTHER = b"o" * 32
OTHER_KEY = {"key": base64_of(OTHER), "key_md5": base64_of(hashlib.md5(OTHER).digest())}


def allow_customers_keys(service) -> None:
    rule = {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}
    service.client().put_bucket_encryption(
        Bucket=service.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def read(service, how, headers, key="k"):
    """GetObject, GetObjectAttributes, or the copy of an object, with the headers of a key."""
    if how == "copy":
        headers = {name.replace(PREFIX, OF_SOURCE): value for name, value in headers.items()}
        headers |= {"x-amz-copy-source": f"{service.bucket}/{key}"}
        return send(service, "PUT", headers, key="copy")
    query = [("attributes", "")] if how == "attributes" else []
    return send(service, "GET", headers | {"x-amz-object-attributes": "ObjectSize"}, query, key)


@pytest.mark.parametrize("kind", ["PUT", "copy", "create"])
def test_a_customers_key_is_kept_to_once_it_is_allowed(service, kind):
    allow_customers_keys(service)
    answer = writes(service)[kind](customer())
    assert answer.status_code == 200
    assert answer.headers[PREFIX + "algorithm"] == "AES256"
    assert answer.headers[PREFIX + "key-md5"] == customer()[PREFIX + "key-md5"]
    assert "x-amz-server-side-encryption" not in answer.headers
    assert base64_of(SECRET) not in answer.text + str(answer.headers)


@pytest.mark.parametrize("how", ["get", "attributes", "copy"])
def test_an_object_with_a_customers_key_is_read_with_it_alone(service, how):
    allow_customers_keys(service)
    stored = send(service, "PUT", customer(), body=b"x")
    assert stored.headers["etag"] != f'"{hashlib.md5(b"x").hexdigest()}"'
    assert read(service, how, customer()).status_code == 200
    assert error_of(read(service, how, {})) == KEY_IS_MISSING
    for wrong in (OTHER_KEY, {"key": base64_of(b"short")}, {"key_md5": None}, {"key": "*"}):
        assert error_of(read(service, how, customer(**wrong))) == KEY_IS_WRONG
    assert error_of(read(service, how, customer(algorithm="KMS")))[1] == (
        "InvalidEncryptionAlgorithmError"
    )
    # What is blocked later can still be read.
    service.client().delete_bucket_encryption(Bucket=service.bucket)
    assert read(service, how, customer()).status_code == 200
    assert error_of(send(service, "PUT", customer()))[1] == "AccessDenied"


def test_a_head_of_an_object_with_a_customers_key(service):
    allow_customers_keys(service)
    send(service, "PUT", customer(), body=b"x")
    statuses = [
        send(service, "HEAD", headers).status_code
        for headers in (customer(), {}, customer(**OTHER_KEY))
    ]
    assert statuses == [200, 400, 403]


def test_each_version_has_its_own_key(service):
    allow_customers_keys(service)
    service.settings.versioning = "Enabled"
    first = send(service, "PUT", customer(), body=b"1").headers["x-amz-version-id"]
    send(service, "PUT", customer(**OTHER_KEY), body=b"2")
    query = [("versionId", first)]
    assert send(service, "GET", customer(), query).text == "1"
    assert error_of(send(service, "GET", customer(**OTHER_KEY), query)) == KEY_IS_WRONG
    assert send(service, "GET", customer(**OTHER_KEY)).text == "2"


def test_the_key_of_an_object_is_changed_by_a_copy_onto_itself(service):
    allow_customers_keys(service)
    send(service, "PUT", customer(), body=b"x")
    source = customer(OF_SOURCE) | {"x-amz-copy-source": f"{service.bucket}/k"}
    assert send(service, "PUT", source | customer(**OTHER_KEY)).status_code == 200
    assert read(service, "get", customer(**OTHER_KEY)).text == "x"


def test_the_parts_of_an_upload_have_the_key_it_began_with(service):
    allow_customers_keys(service)
    service.put("source")
    created = send(service, "POST", customer(), [("uploads", "")])
    upload = created.text.partition("<UploadId>")[2].partition("<")[0]
    part = [("partNumber", "1"), ("uploadId", upload)]
    copy = {"x-amz-copy-source": f"{service.bucket}/source"}
    for more in ({}, copy):
        assert error_of(send(service, "PUT", more, part)) == (
            400,
            "InvalidRequest",
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters.",
        )
        other_than_begun = (
            400,
            "InvalidRequest",
            "The provided encryption parameters did not match the ones used originally.",
        )
        assert error_of(send(service, "PUT", customer(**OTHER_KEY) | more, part)) == (
            other_than_begun
        )
        stored = send(service, "PUT", customer() | more, part, body=b"" if more else b"x")
        assert stored.headers[PREFIX + "algorithm"] == "AES256"
    etag = send(service, "PUT", customer(), part, body=b"x").headers["etag"]
    body = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    complete = f"{body}</CompleteMultipartUpload>".encode()
    assert send(service, "GET", {}, part[1:]).status_code == 200
    for method in ("GET", "POST"):
        answer = send(service, method, customer(**OTHER_KEY), part[1:], body=complete)
        assert error_of(answer) == other_than_begun
    # Neither needs the key, and no checksum is kept that was not asked for.
    assert send(service, "POST", {}, part[1:], body=complete).status_code == 200
    got = send(service, "GET", customer() | {"x-amz-checksum-mode": "ENABLED"})
    assert (got.text, "x-amz-checksum-crc64nvme" in got.headers) == ("x", False)
    assert error_of(read(service, "get", {})) == KEY_IS_MISSING


def test_an_upload_with_checksums_is_listed_and_completed_with_its_key(service):
    allow_customers_keys(service)
    algorithm = {"x-amz-checksum-algorithm": "CRC32"}
    created = send(service, "POST", customer() | algorithm, [("uploads", "")])
    query = [("uploadId", created.text.partition("<UploadId>")[2].partition("<")[0])]
    crc = {"x-amz-checksum-crc32": base64_of(zlib.crc32(b"x").to_bytes(4, "big"))}
    part = send(service, "PUT", customer() | crc, [("partNumber", "1"), *query], body=b"x")
    body = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part.headers['etag']}"
        f"</ETag><ChecksumCRC32>{crc['x-amz-checksum-crc32']}</ChecksumCRC32></Part>"
        "</CompleteMultipartUpload>"
    ).encode()
    for method in ("GET", "POST"):
        assert error_of(send(service, method, {}, query, body=body))[1] == "InvalidRequest"
        assert send(service, method, customer(), query, body=body).status_code == 200


def test_a_form_brings_a_customers_key(service):
    allow_customers_keys(service)
    fields = customer()
    form = service.client().generate_presigned_post(
        service.bucket, "k", dict(fields), [{name: value} for name, value in fields.items()]
    )
    answer = requests.post(form["url"], data=form["fields"], files={"file": b"x"})
    assert answer.status_code == 204, answer.text
    assert answer.headers[PREFIX + "algorithm"] == "AES256"


def test_an_object_is_read_without_a_key(service):
    service.put()
    for method, query in [("GET", ()), ("GET", [("attributes", "")])]:
        headers = customer() | {"x-amz-object-attributes": "ETag"}
        assert error_of(send(service, method, headers, query)) == (
            400,
            "InvalidRequest",
            NOT_APPLICABLE,
        )
        wrong = customer(algorithm="KMS") | {"x-amz-object-attributes": "ETag"}
        assert error_of(send(service, method, wrong, query))[1] == (
            "InvalidEncryptionAlgorithmError"
        )
    assert send(service, "HEAD", customer()).status_code == 400


def test_the_source_of_a_copy_is_read_without_a_key(service):
    service.put("source")
    headers = customer(OF_SOURCE) | {"x-amz-copy-source": f"{service.bucket}/source"}
    assert error_of(send(service, "PUT", headers)) == (400, "InvalidRequest", NOT_APPLICABLE)


@pytest.mark.parametrize("name", ["x-amz-server-side-encryption", f"{PREFIX}algorithm"])
def test_encryption_is_no_business_of_a_part(service, name):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    service.put("source")
    upload = s3.create_multipart_upload(**at)["UploadId"]
    headers = customer() if name.startswith(PREFIX) else {name: "AES256"}
    code, message = (
        (
            "InvalidRequest",
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters.",
        )
        if name.startswith(PREFIX)
        else ("InvalidArgument", f"{name} header is not supported for this operation.")
    )
    part = [("partNumber", "1"), ("uploadId", upload)]
    copy = {"x-amz-copy-source": f"{service.bucket}/source"}
    assert error_of(send(service, "PUT", headers, part, body=b"x")) == (400, code, message)
    assert error_of(send(service, "PUT", headers | copy, part)) == (400, code, message)
    answer = send(service, "POST", headers, part[1:], body=b"<CompleteMultipartUpload/>")
    assert error_of(answer) == (400, code, message)
    assert "Parts" not in s3.list_parts(**at, UploadId=upload)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "name", ["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"]
)
def test_a_read_asks_for_no_encryption(service, method, name):
    service.put()
    assert send(service, method, {name: "AES256"}).status_code == 400
    if method == "GET":
        answer = send(service, method, {name: "AES256"})
        message = f"{name} header is not supported for this operation."
        assert error_of(answer) == (400, "InvalidArgument", message)
        assert f"<ArgumentName>{name}</ArgumentName>" in answer.text


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_a_kms_key_is_told_as_an_arn(service, algorithm):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    account = "123456789012"
    own = f"arn:aws:kms:{service.region}:{account}:key/{KEY}"
    asked = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": KEY, "BucketKeyEnabled": True}
    for told in (service.put(**asked), s3.head_object(**at), s3.get_object(**at)):
        assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == (algorithm, own)
        assert told["BucketKeyEnabled"] is True
    told = s3.create_multipart_upload(**at, **asked)
    assert told["SSEKMSKeyId"] == own
    part = s3.upload_part(**at, UploadId=told["UploadId"], PartNumber=1, Body=b"body")
    assert part["SSEKMSKeyId"] == own
    md5 = f'"{hashlib.md5(b"body").hexdigest()}"'
    assert part["ETag"] != md5
    assert s3.head_object(**at)["ETag"] != md5
    assert service.put(**asked | {"SSEKMSKeyId": own})["SSEKMSKeyId"] == own
    plain = service.put(ServerSideEncryption=algorithm)
    assert plain["SSEKMSKeyId"].startswith(f"arn:aws:kms:{service.region}:{account}:key/")
    assert plain["SSEKMSKeyId"] != own
    assert service.put(ServerSideEncryption=algorithm)["SSEKMSKeyId"] == plain["SSEKMSKeyId"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("fake-key-id", "Invalid keyId 'fake-key-id'"),
        (f"arn:aws:kms:eu-central-9:123456789012:key/{KEY}", "Invalid arn eu-central-9"),
        ("alias/", "Invalid keyId 'alias/'"),
    ],
)
def test_kms_keys_that_are_none(service, key, message):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "k"}
    asked = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    service.put("source")
    copy = {"CopySource": f"{service.bucket}/source"}
    for call, more in (
        (s3.put_object, {}),
        (s3.create_multipart_upload, {}),
        (s3.copy_object, copy),
    ):
        error = refused(call, **at, **asked, **more)
        assert (error["Code"], error["Message"]) == ("KMS.NotFoundException", message)
    for right in ("alias/mine", "mrk-" + "a" * 32):
        service.put(ServerSideEncryption="aws:kms", SSEKMSKeyId=right)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-server-side-encryption-aws-kms-key-id": KEY},
        {
            "x-amz-server-side-encryption": "AES256",
            "x-amz-server-side-encryption-aws-kms-key-id": KEY,
        },
        {"x-amz-server-side-encryption-context": "e30="},
    ],
)
def test_what_is_for_kms_needs_kms(service, headers):
    assert error_of(send(service, "PUT", headers)) == (
        400,
        "InvalidArgument",
        "Server Side Encryption with AWS KMS managed key requires HTTP header "
        "x-amz-server-side-encryption : aws:kms",
    )


def test_the_context_of_kms(service):
    context = base64_of(b'{"a":"b"}')
    told = service.put(ServerSideEncryption="aws:kms", SSEKMSEncryptionContext=context)
    assert told["SSEKMSEncryptionContext"] == context
    for wrong in ("a", base64_of(b"[]"), base64_of(b'{"a":1}'), base64_of(b"\xff")):
        headers = {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-context": wrong,
        }
        assert error_of(send(service, "PUT", headers))[:2] == (400, "InvalidArgument")


def test_methods_that_are_none(service):
    answer = send(service, "PUT", {"x-amz-server-side-encryption": "AES512"})
    message = "The encryption method specified is not supported"
    assert error_of(answer) == (400, "InvalidArgument", message)
    assert "<ArgumentValue>AES512</ArgumentValue>" in answer.text


def test_the_buckets_default_is_for_what_asks_for_nothing(service):
    s3, at = service.client(), {"Bucket": service.bucket, "Key": "c"}
    service.put()
    service.settings.encryption = Encryption("aws:kms", KEY, bucket_key=True)
    arn = f"arn:aws:kms:{service.region}:123456789012:key/{KEY}"
    for told in (
        service.put("new"),
        s3.copy_object(**at, CopySource=f"{service.bucket}/k"),
        s3.create_multipart_upload(**at),
    ):
        assert (told["ServerSideEncryption"], told["SSEKMSKeyId"]) == ("aws:kms", arn)
        assert told["BucketKeyEnabled"] is True
    told = service.put("own", ServerSideEncryption="AES256")
    assert (told["ServerSideEncryption"], "SSEKMSKeyId" in told) == ("AES256", False)
    assert service.put("own", ServerSideEncryption="aws:kms")["SSEKMSKeyId"] != arn


def test_a_redirect_is_a_path_or_a_url(service):
    for right in ("/there", "http://a.example/", "https://a.example/"):
        service.put(WebsiteRedirectLocation=right)
        told = service.client().head_object(Bucket=service.bucket, Key="k")
        assert told["WebsiteRedirectLocation"] == right
    headers = {"x-amz-website-redirect-location": "there"}
    assert error_of(send(service, "PUT", headers)) == (
        400,
        "InvalidRedirectLocation",
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    )
