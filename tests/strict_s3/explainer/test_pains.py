"""The 22 pains that people write most about, provoked for real, and explained.

Each test makes the mistake against the local S3 and reads the explanation. Where the local S3
cannot make AWS's answer (3: its redirect; 4: KMS), the answer recorded on AWS is explained too.
"""

from __future__ import annotations

import base64

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import create_backend_app

from strict_s3.explainer import explain, inspect_cors, inspect_form, inspect_url
from tests.service import allow, document

PAGE = "https://page.example"
FORM_TYPE = "application/x-www-form-urlencoded"


def words(explanation) -> str:
    """The explanation in one line, so that a sentence can be looked for."""
    return " ".join(str(explanation).split())


def post(service, fields=None, conditions=(), key="user1/a.png", **more):
    return service.client().generate_presigned_post(
        service.bucket, key, fields, list(conditions), ExpiresIn=60, **more
    )


def send(form, body=b"x", **fields):
    return requests.post(form["url"], data={**form["fields"], **fields}, files={"file": body})


def cors(service, **rule):
    full = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], **rule}
    service.client().put_bucket_cors(Bucket=service.bucket, CORSConfiguration={"CORSRules": [full]})
    return {"CORSRules": [full]}


def test_01_content_type_differs(service):
    url = service.presign("put_object", ContentType="image/png")
    headers = {"Content-Type": FORM_TYPE}
    answer = requests.put(url, data=b"x", headers=headers)
    meant = {"method": "PUT", "url": url, "headers": {"Content-Type": "image/png"}}
    found = explain(answer, meant)
    assert (found.status, found.code) == (403, "SignatureDoesNotMatch")
    assert f"Signed content-type:image/png, sent {FORM_TYPE}" in found.why
    assert [one.what for one in found.differences] == ["content-type"]
    # Not knowing what was meant, it still shows the suspect; and none sent is said to be so.
    assert f"S3 saw content-type:{FORM_TYPE}; is that what was signed?" in words(explain(answer))
    other_method = words(explain(requests.get(url)))
    assert "GET was sent instead of PUT" in other_method
    silent = explain(requests.put(url, data=b"x"), meant)
    assert "Signed content-type:image/png, sent none" in silent.why


def test_02_browser_cors_error(service):
    configuration = cors(service, AllowedMethods=["GET"])
    url = f"{service.endpoint}/{service.bucket}/k"
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    found = explain(requests.options(url, headers=asked))
    assert found.code == "AccessForbidden"
    assert f"A page from {PAGE} wants to send PUT with content-type" in found.why
    assert "AllowedHeaders" in found.fix
    played = inspect_cors(configuration, PAGE, "PUT", {"Content-Type": "image/png"})
    assert played.reasons == ("rule 1: method PUT is not in GET",)
    assert not played.sent
    service.client().delete_bucket_cors(Bucket=service.bucket)
    assert "no CORS configuration at all" in explain(requests.options(url, headers=asked)).what


def test_03_another_region(service):
    client = service.other_client(region_name="us-east-1")
    found = explain(requests.get(service.presign("get_object", s3=client)))
    assert found.what == "Signed for region us-east-1; the bucket is in eu-west-2."
    assert "region_name=eu-west-2" in found.fix
    recorded = explain(
        "<Error><Code>TemporaryRedirect</Code><Message>Please re-send this request to the "
        "specified temporary endpoint. Continue to use the original request endpoint for future "
        "requests.</Message><Endpoint>b.s3.eu-west-2.amazonaws.com</Endpoint><Bucket>b</Bucket>"
        "</Error>"
    )
    assert "b.s3.eu-west-2.amazonaws.com" in recorded.what
    assert "global host" in recorded.why and "SignatureDoesNotMatch" in recorded.why
    assert any("does not name a region" in warning for warning in _global_url().warnings)


def _global_url():
    client = boto3.client(
        "s3",
        region_name="eu-west-2",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="s",
        config=Config(signature_version="s3v4"),
    )
    return inspect_url(client.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"}))


def test_04_signature_version_2(service):
    old = service.other_client(None, region_name="us-east-1")
    url = service.presign("get_object", s3=old)
    found = explain(requests.get(url))
    assert found.what == "Signed with the old Signature Version 2."
    assert "s3v4" in found.fix
    assert any("s3v4" in warning for warning in inspect_url(url).warnings)
    form = old.generate_presigned_post(service.bucket, "k")
    assert explain(send(form)).what == found.what
    recorded = explain(
        "<Error><Code>InvalidArgument</Code><Message>Requests specifying Server Side Encryption "
        "with AWS KMS managed keys require AWS Signature Version 4.</Message></Error>"
    )
    assert "KMS" in recorded.what and "s3v4" in recorded.fix


def test_05_the_session_ended(service):
    ann = service.user("ann", allow("s3:*", "sts:*"))
    session = service.client("sts", ann).get_session_token(DurationSeconds=900)["Credentials"]
    service.put()
    url = service.presign("get_object", expires=7200, s3=service.client(keys=session))
    assert any("ends with the session" in warning for warning in inspect_url(url).warnings)
    service.later(minutes=16)
    found = explain(requests.get(url), url)
    assert found.code == "ExpiredToken"
    assert "session" in found.what and "whatever its X-Amz-Expires says" in found.why
    assert session["SessionToken"] not in str(found) + repr(vars(found))


def test_06_the_size_of_a_put(service):
    url = service.presign("put_object")
    assert requests.put(url, data=b"x" * 200_000).status_code == 200
    assert any("size is not limited" in warning for warning in inspect_url(url).warnings)
    exact = service.presign("put_object", ContentLength=5)
    assert not any("size is not limited" in warning for warning in inspect_url(exact).warnings)
    meant = {"method": "PUT", "url": exact, "headers": {"content-length": "5"}}
    found = explain(requests.put(exact, data=b"123456"), meant)
    assert "Signed content-length:5, sent 6" in found.why
    form = post(service, conditions=[["content-length-range", 0, 100_000]])
    assert inspect_form(form).lengths == (0, 100_000)
    large = explain(send(form, b"x" * 100_001))
    assert large.what == "The file is too large."
    assert "allows 100000" in large.why
    small = explain(send(post(service, conditions=[["content-length-range", 9, 10]])))
    assert small.what == "The file is too small." and "at least 9" in small.why


def test_07_docker_and_proxies_change_the_host(service):
    service.put()
    inside = service.other_client(endpoint_url="http://minio:9000")
    url = service.presign("get_object", s3=inside)
    outside = url.replace("http://minio:9000", service.endpoint)
    found = explain(requests.get(outside), url)
    assert [one.what for one in found.differences] == ["host"]
    assert f"Signed for the host minio:9000, but S3 saw {service.endpoint[7:]}" in found.why
    assert "endpoint_url set to the public address" in found.fix


def test_08_the_checksum_of_nothing(service):
    # As the JavaScript SDK v3 signs it: in the query.
    client = service.client()
    url = _with_query(service, "x-amz-checksum-crc32=AAAAAA%3D%3D")
    assert requests.put(url, data=b"123456").status_code == 200  # AWS ignores it there
    assert any("checksum of nothing" in warning for warning in inspect_url(url).warnings)
    edited = url.replace("AAAAAA", "NSRBwg")
    found = explain(requests.put(edited, data=b"123456"), {"method": "PUT", "url": url})
    assert found.differences[0].what == "parameter x-amz-checksum-crc32"
    as_header = client.generate_presigned_url(
        "put_object", {"Bucket": service.bucket, "Key": "k", "ChecksumCRC32": "AAAAAA=="}
    )
    refused = requests.put(as_header, b"123456", headers={"x-amz-checksum-crc32": "AAAAAA=="})
    found = explain(refused)
    assert found.code == "BadDigest"
    assert "AAAAAA==" in found.why and "WHEN_REQUIRED" in found.fix


def _with_query(service, query):
    name, _, value = query.replace("%3D", "=").partition("=")
    return service.sign("PUT", f"/{service.bucket}/k", query=[(name, value)])


def test_09_extra_input_fields(service):
    form = post(service, fields={"acl": "private"})
    report = inspect_form(form)
    assert report.extra == ("acl",)
    found = explain(send(form))
    assert found.what == "The form has a field that the policy does not name: acl."
    assert report.refusal == f"{found.status} {found.code}: {found.message}"
    fine = post(service, fields={"Content-Type": "a/b"}, conditions=[{"Content-Type": "a/b"}])
    assert inspect_form(fine).extra == ()
    assert send(fine).status_code == 204


def test_10_policy_condition_failed(service):
    form = post(service, conditions=[{"success_action_status": "201"}])
    assert "the field is missing" in inspect_form(form).missing[0]
    found = explain(send(form), form)
    assert "success_action_status must be exactly `201`" in found.what
    assert any("has no field success_action_status" in more for more in found.also)
    other = post(service, key="user1/a", conditions=[["starts-with", "$key", "user1/"]])
    found = explain(send(other, key="user2/a"), other)
    assert "key must start with `user1/`" in found.what
    assert "In the intended form, key is `user1/a`." in found.also
    by_hand = explain(send(other, **{"x-amz-date": "20200101T000000Z"}))
    assert by_hand.code in ("InvalidArgument", "AccessDenied")
    assert "day" in by_hand.why or "Dates" in by_hand.why


def test_11_the_file_is_not_last(service):
    form = post(service)
    parts = [("file", ("f", b"x"))] + [(name, (None, v)) for name, v in form["fields"].items()]
    found = explain(requests.post(form["url"], files=parts))
    assert found.status == 400
    assert found.what == "S3 did not find the field key before the file."
    assert "the file last" in found.fix


def test_12_an_unsigned_header(service):
    url = service.presign("put_object")
    found = explain(requests.put(url, data=b"x", headers={"x-amz-acl": "private"}))
    assert found.what == "A header was sent that isn't signed: x-amz-acl."
    assert "Sign it" in found.fix


def test_13_the_content_type_is_not_signed(service):
    url = service.presign("put_object")
    answer = requests.put(url, data=b"<script>", headers={"Content-Type": "text/html"})
    assert answer.status_code == 200
    assert not explain(answer).refused
    assert any("signableHeaders" in warning for warning in inspect_url(url).warnings)
    signed = service.presign("put_object", ContentType="image/png")
    assert not any("signableHeaders" in warning for warning in inspect_url(signed).warnings)


def test_14_head_on_a_get_url(service):
    service.put()
    url = service.presign("get_object")
    answer = requests.head(url)
    assert answer.status_code == 403
    found = explain(answer, url)
    assert "with a URL for GET, HEAD gets 403" in found.why
    assert "head_object" in found.fix
    with pytest.raises(ClientError) as refused:
        service.client(keys=service.user("ann")).head_object(Bucket=service.bucket, Key="k")
    assert "has no body" in explain(refused.value).what


def test_15_the_etag_cannot_be_read(service):
    configuration = cors(service)
    service.put()
    answer = requests.get(service.presign("get_object"), headers={"Origin": PAGE})
    assert "access-control-expose-headers" not in answer.headers
    played = inspect_cors(configuration, PAGE, "GET")
    assert played.visible and "etag" not in played.readable
    assert any("ExposeHeaders" in note for note in played.notes)
    exposing = inspect_cors(cors(service, ExposeHeaders=["ETag"]), PAGE, "GET")
    assert "etag" in exposing.readable and not any("ETag" in note for note in exposing.notes)
    answer = requests.get(service.presign("get_object"), headers={"Origin": PAGE})
    assert answer.headers["access-control-expose-headers"] == "ETag"


def test_16_more_than_seven_days(service):
    url = service.presign("get_object", expires=604_801)
    found = explain(requests.get(url))
    assert found.what == "The URL promises more than 7 days."
    assert "604800" in found.fix
    report = inspect_url(url)
    assert any("more than S3 allows" in warning for warning in report.warnings)
    assert report.refusal.startswith(f"{found.status} {found.code}: {found.message}")


def test_17_the_object_is_a_form(service):
    answer = requests.put(service.presign("put_object"), files={"file": b"picture"})
    assert answer.status_code == 200
    stored = service.client().get_object(Bucket=service.bucket, Key="k")["Body"].read()
    assert b"Content-Disposition: form-data" in stored
    found = explain(answer)
    assert not found.refused
    assert "PUT with a form as its body" in found.also[0]
    signed = service.presign("put_object", ContentType="image/png")
    refused = explain(requests.put(signed, files={"file": b"picture"}))
    assert "PUT with a form as its body" in words(refused)


@pytest.mark.parametrize(
    ("key", "old", "new", "expected"),
    [
        ("a b", "a%20b", "a+b", "A space in the key was sent as +"),
        ("a+b", "a%2Bb", "a%20b", "A plus sign in the key was sent as a space"),
        ("a b", "a%20b", "a%2520b", "percent-encoded a second time"),
        ("Photo", "Photo", "photo", "upper and lower case"),
        ("a b", "a%20b", "other", "for another key"),
    ],
)
def test_18_encoding_of_keys(service, key, old, new, expected):
    service.put(key)
    url = service.presign("get_object", key)
    assert requests.get(url).status_code == 200
    found = explain(requests.get(url.replace(old, new)), {"method": "GET", "url": url})
    assert [one.what for one in found.differences] == ["path"]
    assert expected in found.why


def test_18_keys_with_brackets_and_equal_signs_pass(service):
    for key in ("a=b", "a[1]", "a b+c", "ü/é"):
        service.put(key)
        url = service.presign("get_object", key)
        assert requests.get(url).status_code == 200
        assert inspect_url(url).key == key


def test_19_the_bucket_takes_no_acls(service):
    url = service.presign("put_object", ACL="public-read")
    found = explain(requests.put(url, data=b"x", headers={"x-amz-acl": "public-read"}))
    assert found.what == "The bucket does not accept ACLs."
    assert "Leave the ACL out" in found.fix
    assert any("An ACL is signed" in warning for warning in inspect_url(url).warnings)


def test_20_passes_on_a_stand_in(service):
    """The same tampered URL: moto by itself serves it, this S3 refuses it and says why."""
    service.put("secret", b"body")
    url = service.presign("get_object", "k").replace("/k?", "/secret?")
    path = url.removeprefix(service.endpoint)
    lax = create_backend_app("s3").test_client().get(path, base_url="http://s3.amazonaws.com")
    assert lax.status_code != 403
    found = explain(requests.get(url), service.presign("get_object", "k"))
    assert found.code == "SignatureDoesNotMatch"
    assert "path" in [one.what for one in found.differences]
    assert any("A success here does not prove" in warning for warning in inspect_url(url).warnings)


def test_21_a_domain_of_ones_own(service):
    service.put()
    url = service.presign("get_object")
    found = explain(requests.get(url, headers={"Host": "files.example.com"}), url)
    assert [one.what for one in found.differences] == ["host"]
    assert "your own domain changed it" in found.why
    report = inspect_url(url.replace(service.endpoint, "https://files.example.com"))
    assert any("S3 sees another host" in warning for warning in report.warnings)


def test_22_used_again_and_taken_back(service):
    ann = service.user("ann", allow("s3:GetObject"))
    service.put()
    url = service.presign("get_object", s3=service.client(keys=ann))
    assert [requests.get(url).status_code for _ in range(3)] == [200] * 3
    assert any("any number of times" in warning for warning in inspect_url(url).warnings)
    iam = service.client("iam")
    iam.put_user_policy(
        UserName="ann",
        PolicyName="deny",
        PolicyDocument=document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
    )
    denied = explain(requests.get(url))
    assert "a statement denies it" in denied.what
    assert "user/ann" in denied.what and "s3:GetObject" in denied.what
    iam.delete_user_policy(UserName="ann", PolicyName="deny")
    iam.delete_user_policy(UserName="ann", PolicyName="p")
    unallowed = explain(requests.get(url))
    assert "No policy allows it (no identity-based policy)" in unallowed.why
    iam.update_access_key(UserName="ann", AccessKeyId=ann["AccessKeyId"], Status="Inactive")
    ended = explain(requests.get(url))
    assert ended.code == "InvalidAccessKeyId"
    assert "ends all its URLs at once" in ended.why


def test_other_refusals(service):
    service.put()
    url = service.presign("get_object")
    service.later(minutes=2)
    expired = explain(requests.get(url))
    assert expired.what == "The URL has expired."
    assert inspect_url(url, service.now()).refusal.startswith(
        f"{expired.status} {expired.code}: {expired.message}"
    )
    service.later(minutes=-20)
    assert "clock is more than 15 minutes ahead" in words(explain(requests.get(url)))
    service.later(minutes=18)
    with pytest.raises(ClientError) as missing:
        service.client().get_object(Bucket=service.bucket, Key="none")
    assert explain(missing.value).what == "There is no object with this key."
    both = requests.get(url, headers={"Authorization": "Bearer x"})
    assert explain(both).what == "The request is signed in two ways."
    no_query = explain(requests.get(url.partition("?")[0]))
    assert "The request isn't signed" in no_query.why
    wrong = explain(requests.put(url, data=b""), {"method": "GET", "url": url})
    assert "signed for GET, but PUT was sent" in wrong.why
    last = url[-1:]
    changed = url[:-1] + ("0" if last != "0" else "1")
    found = explain(requests.get(changed), {"method": "GET", "url": url})
    assert [one.what for one in found.differences] == ["signature"]
    assert "cut off" in words(explain(requests.get(url[:-3]), url))
    more = explain(requests.get(url.replace("?", "?versionId=null&")), url)
    assert "The parameter versionId was added after signing." in more.why


def test_a_wrong_secret_key(service):
    root = service.server.root
    keys = {"AccessKeyId": root.access_key, "SecretAccessKey": root.secret_key + "\n"}
    client = service.client(keys=keys)
    url = service.presign("get_object", s3=client)
    found = explain(requests.get(url), {"method": "GET", "url": url})
    assert found.differences == ()
    assert "a secret key other than" in found.why
    form = client.generate_presigned_post(service.bucket, "k")
    assert "a secret key other than" in explain(send(form), form).why
    changed = dict(form["fields"], policy=base64.b64encode(b"{}").decode())
    altered = explain(requests.post(form["url"], changed, files={"file": b"x"}), form)
    assert "is not the one that was signed" in altered.why
    with pytest.raises(ClientError) as refused:
        client.get_object(Bucket=service.bucket, Key="k")
    assert "The SDK signed this request itself" in explain(refused.value).why
