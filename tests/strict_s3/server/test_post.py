"""HTML form uploads over HTTP: each condition obeyed and broken, each answer of S3."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from urllib3 import encode_multipart_formdata

from strict_s3.rules import sigv4
from strict_s3.rules.sigv4 import Scope
from tests.service import allow, document, error_of

BODY = b"the file"
NOT = "Invalid according to Policy: "


def form(service, *conditions: Any, fields=None, expires: int = 60, s3=None, key="k", **more):
    """What boto3's generate_presigned_post gives: (url, fields)."""
    made = (s3 or service.client()).generate_presigned_post(
        service.bucket, key, Fields=fields, Conditions=list(conditions) or None, ExpiresIn=expires
    )
    return made["url"], {**made["fields"], **more}


def send(url: str, fields: dict[str, str], body: bytes = BODY, name: str = "cat.jpg"):
    return requests.post(url, data=fields, files={"file": (name, body)}, allow_redirects=False)


def by_hand(service, policy: Any, *, raw: str | None = None, **changes: str) -> dict[str, str]:
    """Fields around any policy at all, correctly signed."""
    root, now = service.server.root, datetime.now(UTC)
    date = sigv4.amz_date(now)
    scope = Scope(date[:8], service.region)
    encoded = raw if raw is not None else base64.b64encode(json.dumps(policy).encode()).decode()
    key = sigv4.signing_key(root.secret_key, scope)
    return {
        "key": "k",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{root.access_key}/{scope}",
        "x-amz-date": date,
        "policy": encoded,
        "x-amz-signature": sigv4.signature(key, encoded),
        **changes,
    }


def policy(service, *conditions: Any, seconds: int = 60) -> dict[str, Any]:
    """A policy that the fields of `by_hand` obey, and further conditions."""
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    free = [["starts-with", f"$x-amz-{name}", ""] for name in ("algorithm", "credential", "date")]
    return {
        "expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "conditions": [{"bucket": service.bucket}, ["starts-with", "$key", ""], *free, *conditions],
    }


def stored(service, key: str = "k") -> bytes | None:
    answer = requests.get(service.presign("get_object", key))
    return answer.content if answer.status_code == 200 else None


def test_the_right_form_is_stored(service):
    answer = send(*form(service))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["etag"]
    assert answer.headers["location"] == f"{service.endpoint}/{service.bucket}/k"
    assert stored(service) == BODY


@pytest.mark.parametrize(
    ("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("999", 204)]
)
def test_success_action_status(service, asked, status):
    field = {"success_action_status": asked}
    answer = send(*form(service, field, fields=field, key="a/b c"))
    assert answer.status_code == status
    if status == 201:
        assert f"<Location>{service.endpoint}/{service.bucket}/a%2Fb%20c</Location>" in answer.text
        assert f"<Bucket>{service.bucket}</Bucket><Key>a/b c</Key><ETag>&quot;" in (
            answer.text.replace('"', "&quot;")
        )
    assert stored(service, "a/b c") == BODY


def test_success_action_redirect(service):
    field = {"success_action_redirect": "http://example.com/done?x=1"}
    answer = send(*form(service, field, fields=field))
    assert answer.status_code == 303
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert told["x"] == ["1"]
    assert (told["bucket"], told["key"]) == ([service.bucket], ["k"])
    assert told["etag"][0].startswith('"')
    nonsense = {"success_action_redirect": "javascript:alert(1)"}
    assert send(*form(service, nonsense, fields=nonsense)).status_code == 204


def test_expired(service):
    url, fields = form(service, expires=60)
    service.later(seconds=62)
    assert error_of(send(url, fields)) == (403, "AccessDenied", f"{NOT}Policy expired.")
    assert stored(service) is None
    service.later(seconds=-10)
    assert send(url, fields).status_code == 204


@pytest.mark.parametrize(
    ("conditions", "fields", "changes", "shown"),
    [
        ([], {}, {"key": "other"}, '["eq", "$key", "k"]'),
        ([{"acl": "private"}], {"acl": "private"}, {"acl": ""}, '["eq", "$acl", "private"]'),
        ([{"acl": "private"}], {}, {}, '["eq", "$acl", "private"]'),
        (
            [["starts-with", "$Content-Type", "image/"]],
            {"Content-Type": "image/png"},
            {"Content-Type": "text/html"},
            '["starts-with", "$Content-Type", "image/"]',
        ),
        (
            [["starts-with", "$Content-Type", "image/"]],
            {"Content-Type": "image/png,image/gif"},
            {"Content-Type": "image/png,text/html"},
            '["starts-with", "$Content-Type", "image/"]',
        ),
        (
            [["eq", "$x-amz-meta-a", "1"]],
            {"x-amz-meta-a": "1"},
            {"x-amz-meta-a": "2"},
            '["eq", "$x-amz-meta-a", "1"]',
        ),
        ([["eq", "acl", "private"]], {"acl": "private"}, {}, '["eq", "acl", "private"]'),
    ],
)
def test_conditions(service, conditions, fields, changes, shown):
    url, right = form(service, *conditions, fields=fields)
    # Where nothing is changed, the form as it stands is the wrong one.
    if changes:
        assert send(url, right).status_code == 204
    before = stored(service)
    answer = send(url, {**right, **changes})
    message = f"{NOT}Policy Condition failed: {shown}"
    assert error_of(answer) == (403, "AccessDenied", message)
    assert stored(service) == before


def test_another_bucket(service):
    service.client().create_bucket(
        Bucket="other-bucket", CreateBucketConfiguration={"LocationConstraint": service.region}
    )
    _, fields = form(service)
    answer = send(f"{service.endpoint}/other-bucket", fields)
    assert error_of(answer)[2].startswith(f'{NOT}Policy Condition failed: ["eq", "$bucket"')


def test_a_policy_must_name_the_bucket(service):
    """Else its form could be sent to any bucket that its signer may write to."""
    url, refused = f"{service.endpoint}/{service.bucket}", f"{NOT}Extra input fields: bucket"
    document = policy(service)
    document["conditions"].remove({"bucket": service.bucket})
    for fields in ({}, {"bucket": service.bucket}):
        answer = send(url, by_hand(service, document, **fields))
        assert error_of(answer) == (403, "AccessDenied", refused)
    document["conditions"].append(["starts-with", "$bucket", service.bucket[:3]])
    assert send(url, by_hand(service, document)).status_code == 204


def test_extra_fields_and_ignored_ones(service):
    url, fields = form(service)
    answer = send(url, {**fields, "x-amz-meta-late": "1"})
    assert error_of(answer) == (403, "AccessDenied", f"{NOT}Extra input fields: x-amz-meta-late")
    assert send(url, {**fields, "x-ignore-anything": "1"}).status_code == 204


@pytest.mark.parametrize(
    ("size", "expected"),
    [(4, (400, "EntityTooSmall")), (5, None), (10, None), (11, (400, "EntityTooLarge"))],
)
def test_content_length_range(service, size, expected):
    url, fields = form(service, ["content-length-range", 5, 10])
    answer = send(url, fields, b"x" * size)
    if expected is None:
        assert answer.status_code == 204
        assert stored(service) == b"x" * size
    else:
        assert error_of(answer)[:2] == expected
        assert f"<ProposedSize>{size}</ProposedSize>" in answer.text
        assert stored(service) is None


def test_too_large_is_refused_before_it_has_all_come(service):
    url, fields = form(service, ["content-length-range", 0, 1000])
    taken = 0

    def endless():
        nonlocal taken
        part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}'
        for name, value in fields.items():
            yield part.format(name, f"{value}\r\n").encode()
        yield part.format("file", "").encode()
        while taken < 2_000_000_000:
            taken += 65536
            yield b"x" * 65536

    request = requests.Request(
        "POST", url, data=endless(), headers={"Content-Type": "multipart/form-data; boundary=b"}
    ).prepare()
    del request.headers["Transfer-Encoding"]
    request.headers["Content-Length"] = "2000000000"
    session = requests.Session()
    try:
        answer = session.send(request, timeout=20)
        assert error_of(answer)[:2] == (400, "EntityTooLarge")
    except requests.ConnectionError:
        pass  # S3 stopped reading while the client was still writing
    session.close()
    assert taken < 500_000_000
    assert stored(service) is None


def test_filename_is_the_last_part_of_the_name(service):
    url, fields = form(service, key="up/${filename}")
    for name, key in [
        ("cat.jpg", "up/cat.jpg"),
        ("C:\\pictures\\dog.jpg", "up/dog.jpg"),
        ("../../etc/x y+é.png", "up/x y+é.png"),
    ]:
        assert send(url, fields, name.encode(), name).status_code == 204, name
        assert stored(service, key) == name.encode()
    url, fields = form(service, ["starts-with", "$key", "up/"], key="up/${filename}")
    assert send(url, {**fields, "key": "down/${filename}"}).status_code == 403


@pytest.mark.parametrize("mark", [b"%22", b'\\"'])
def test_a_quotation_mark_in_the_name_however_it_is_written(service, mark):
    """As browsers and Python write it, and as older clients do."""
    url, fields = form(service, ["starts-with", "$key", "up/"], key="up/${filename}")
    file = {"file": ("C:\\a%22b.txt", BODY)}
    body, kind = encode_multipart_formdata({**fields, **file})
    body = body.replace(b"%22", mark)
    assert requests.post(url, body, headers={"Content-Type": kind}).status_code == 204
    assert service.stored() == ['up/a"b.txt']


def test_a_file_without_a_name_cannot_be_the_whole_key(service):
    """A form that is sent before a file has been chosen."""
    for key, status in (("${filename}", 400), ("a/${filename}", 204)):
        fields = by_hand(service, policy(service), key=key)
        answer = send(f"{service.endpoint}/{service.bucket}", fields, name="")
        assert answer.status_code == status
    assert service.stored() == ["a/"]


@pytest.mark.parametrize(
    ("scheme", "refusal"),
    [
        ("Bearer abc", (400, "InvalidArgument", "Unsupported Authorization Type")),
        ("Basic abc", (400, "InvalidArgument", "Unsupported Authorization Type")),
        ("AWS4-HMAC-SHA256 Credential=x", (400, "InvalidArgument", "Only one auth mechanism")),
        ("AWS AKIAIOSFODNN7EXAMPLE:abc", (400, "InvalidRequest", "Please use AWS4-HMAC-SHA256")),
    ],
)
def test_a_form_carries_its_signature_in_its_fields_alone(service, scheme, refusal):
    """As reported from AWS of pages that add their own Authorization to every request."""
    url, fields = form(service)
    file = {"file": ("cat.jpg", BODY)}
    answer = requests.post(url, data=fields, files=file, headers={"Authorization": scheme})
    status, code, said = error_of(answer)
    assert (status, code) == refusal[:2]
    assert refusal[2] in said
    assert stored(service) is None


def test_variables_are_filled_in_before_the_conditions(service):
    made = by_hand(
        service, policy(service, ["starts-with", "$key", "up/cat"]), key="up/${filename}"
    )
    url = f"{service.endpoint}/{service.bucket}"
    assert send(url, made).status_code == 204
    assert error_of(send(url, made, name="dog.jpg"))[1] == "AccessDenied"


def test_what_is_stored_beside_the_file(service):
    fields = {
        "Content-Type": "image/png",
        "Cache-Control": "max-age=5",
        "Content-Disposition": "inline",
        "x-amz-meta-Colour": "red",
        "x-amz-storage-class": "STANDARD_IA",
        "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    }
    conditions = [["starts-with", f"${name}", ""] for name in fields]
    assert send(*form(service, *conditions, fields=fields)).status_code == 204
    s3 = service.client()
    head = s3.head_object(Bucket=service.bucket, Key="k")
    assert (head["ContentType"], head["CacheControl"]) == ("image/png", "max-age=5")
    assert (head["Metadata"], head["StorageClass"]) == ({"colour": "red"}, "STANDARD_IA")
    assert head["ServerSideEncryption"] == "AES256"
    tags = s3.get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]
    send(*form(service, key="plain"))
    plain = s3.head_object(Bucket=service.bucket, Key="plain")
    assert plain["ContentType"] == "binary/octet-stream"


def test_acl_field(service):
    public = {"acl": "public-read"}
    answer = send(*form(service, public, fields=public))
    assert error_of(answer)[:2] == (400, "AccessControlListNotSupported")
    private = {"acl": "private"}
    assert send(*form(service, private, fields=private)).status_code == 204


def test_the_signer_needs_permission_when_the_form_is_used(service):
    keys = service.user("ann", allow("s3:PutObject"))
    ann = service.client(keys=keys)
    url, fields = form(service, s3=ann)
    assert send(url, fields).status_code == 204
    service.client("iam").put_user_policy(
        UserName="ann",
        PolicyName="p",
        PolicyDocument=document(
            allow("s3:PutObject"),
            {
                "Effect": "Deny",
                "Action": "s3:*",
                "Resource": "*",
                "Condition": {"StringEquals": {"s3:authType": "POST"}},
            },
        ),
    )
    assert error_of(send(url, fields))[2].endswith(
        "with an explicit deny in an identity-based policy"
    )
    assert requests.put(service.presign("put_object", s3=ann), data=b"x").status_code == 200
    service.client("iam").delete_user_policy(UserName="ann", PolicyName="p")
    assert error_of(send(url, fields))[1] == "AccessDenied"


def test_a_form_without_a_policy_is_anonymous(service):
    url = f"{service.endpoint}/{service.bucket}"
    assert error_of(send(url, {"key": "k"})) == (403, "AccessDenied", "Access Denied")
    s3 = service.client()
    s3.delete_public_access_block(Bucket=service.bucket)
    everybody = allow("s3:PutObject", resource=f"arn:aws:s3:::{service.bucket}/in/*", Principal="*")
    s3.put_bucket_policy(Bucket=service.bucket, Policy=document(everybody))
    assert send(url, {"key": "in/k"}).status_code == 204
    assert send(url, {"key": "out/k"}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ({"x-amz-signature": ""}, (400, "InvalidArgument")),
        ({"x-amz-credential": ""}, (400, "InvalidArgument")),
        ({"x-amz-credential": "a/b"}, (400, "InvalidArgument")),
        ({"x-amz-credential": "A/20260101/us-east-1/s3/aws4_request"}, (400, "InvalidArgument")),
        ({"x-amz-algorithm": "AWS4-HMAC-SHA1"}, (400, "InvalidRequest")),
        ({"x-amz-date": "today"}, (400, "InvalidArgument")),
        ({"x-amz-security-token": "x"}, (400, "InvalidToken")),
        ({"key": ""}, (400, "InvalidArgument")),
        ({"AWSAccessKeyId": "A", "signature": "x"}, (400, "InvalidRequest")),
    ],
)
def test_authentication_of_a_form(service, changes, expected):
    url, fields = form(service)
    assert error_of(send(url, {**fields, **changes}))[:2] == expected
    assert stored(service) is None


def test_a_session_signs_forms_with_its_token(service):
    keys = service.user("ann", allow("s3:PutObject"))
    session = service.client("sts", keys).get_session_token(DurationSeconds=900)["Credentials"]
    url, fields = form(service, s3=service.client(keys=session), expires=3600)
    assert "x-amz-security-token" in fields
    assert send(url, fields).status_code == 204
    service.later(seconds=901)
    assert error_of(send(url, fields))[:2] == (400, "ExpiredToken")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("not base64!", "Invalid Policy: invalid Base64 encoding."),
        (base64.b64encode(b" ").decode(), "Invalid Policy: Expecting '{' but found End-of-Input"),
        (base64.b64encode(b"\xff\xfe").decode(), "Invalid JSON"),
        (base64.b64encode(b"{").decode(), "Invalid JSON"),
        (base64.b64encode(b"[]").decode(), "Invalid JSON"),
        ({"conditions": []}, "Policy missing expiration"),
        ({"expiration": "2100-01-01T00:00:00Z"}, "Policy missing conditions"),
        ({"expiration": "soon", "conditions": []}, "Invalid 'expiration' value: 'soon'"),
        ([{"a": "1", "b": "2"}], "Simple-Conditions must have exactly one property specified."),
        (
            {"expiration": "2100-01-01T00:00:00Z", "conditions": {}},
            "Invalid Policy: Invalid 'conditions' value: must be a List.",
        ),
        (
            {"expiration": "2100-01-01T00:00:00Z", "conditions": [], "Version": "2012-10-17"},
            'Invalid Policy: Unexpected: "Version"',
        ),
        ([["like", "$key", "k"]], "Invalid Policy: Invalid Condition: unknown operation 'like'."),
        ([["eq", "$key"]], "Invalid Policy: Invalid eq: wrong number of arguments."),
        ([[]], "Invalid Policy: Invalid Condition: missing operation identifier."),
        ([["eq", "$key", 5]], "values must be strings"),
        ([{"key": 5}], "Invalid Policy: Invalid Simple-Condition: value must be a string."),
        ([["content-length-range", 5]], "content-length-range: wrong number of arguments."),
        ([["content-length-range", 5, 1]], "content-length-range"),
        ([["content-length-range", -1, 5]], "content-length-range"),
        ({"expiration": "2100-01-01 00:00:00+00:00", "conditions": []}, "Invalid 'expiration'"),
        ({"expiration": "2100-01-01T00:00:00+00:00", "conditions": []}, "Invalid 'expiration'"),
        ({"expiration": "2100-01-01T00:00:00", "conditions": []}, "Invalid 'expiration'"),
        ({"expiration": "2100-01-01", "conditions": []}, "Invalid 'expiration'"),
        ({"expiration": "21000101T000000Z", "conditions": []}, "Invalid 'expiration'"),
        ({"expiration": 4102444800, "conditions": []}, "Invalid 'expiration'"),
        ([5], "Invalid Policy: Invalid condition test: must be a List or Object."),
    ],
)
def test_malformed_policies(service, broken, message):
    if isinstance(broken, str):
        fields = by_hand(service, None, raw=broken)
    else:
        fields = by_hand(service, policy(service, *broken) if isinstance(broken, list) else broken)
    status, code, said = error_of(send(f"{service.endpoint}/{service.bucket}", fields))
    assert (status, code) == (400, "InvalidPolicyDocument")
    assert message in said


def test_fields_after_the_file_are_ignored(service):
    url, fields = form(service)
    parts = [(name, (None, value)) for name, value in fields.items()]
    file = ("file", ("cat.jpg", BODY))
    late = [*parts, file, ("x-amz-meta-late", (None, "1"))]
    assert requests.post(url, files=late).status_code == 204
    assert stored(service) == BODY
    first = requests.post(url, files=[file, *parts])
    assert error_of(first)[:2] == (403, "AccessDenied") or error_of(first)[0] == 400


def test_field_names_in_any_case_with_or_without_filename(service):
    url, fields = form(service)
    shouted = {name.upper(): value for name, value in fields.items()}
    assert send(url, shouted).status_code == 204
    as_files = [(name, (f"{name}.txt", value)) for name, value in fields.items()]
    assert requests.post(url, files=[*as_files, ("file", BODY)]).status_code == 204
    plain = [(name, (None, value)) for name, value in [*fields.items(), ("file", "as text")]]
    assert requests.post(url, files=plain).status_code == 204
    assert stored(service) == b"as text"


def test_forms_that_are_no_forms(service):
    url, fields = form(service)
    not_multipart = requests.post(url, data=fields)
    assert error_of(not_multipart)[:2] == (412, "PreconditionFailed")
    assert "Bucket POST must be of the enclosure-type multipart/form-data" in not_multipart.text
    no_file = requests.post(url, files={name: (None, value) for name, value in fields.items()})
    assert error_of(no_file) == (
        400,
        "InvalidArgument",
        "POST requires exactly one file upload per request.",
    )
    alone = requests.post(url, data=b"--x--", headers={"Content-Type": "multipart/form-data"})
    assert error_of(alone)[:2] == (400, "MalformedPOSTRequest")  # whoever sets it forgets boundary=
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"", b"nonsense", b"--x\r\n\r\n", b"--x\r\nContent-Disposition: form-data\r\n"):
        assert error_of(requests.post(url, data=body, headers=headers))[0] == 400, body
    cut = (
        b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'
    )
    assert error_of(requests.post(url, data=cut, headers=headers))[0] in (400, 403)
    assert stored(service) is None


def test_twenty_kilobytes_of_fields(service):
    url, fields = form(service)
    used = sum(len(name) + len(value) for name, value in fields.items())
    name = "x-ignore-a"
    fits = {**fields, name: "a" * (20 * 1024 - used - len(name))}
    assert send(url, fits).status_code == 204
    too_many = {**fields, name: fits[name] + "a"}
    assert error_of(send(url, too_many))[:2] == (400, "MaxPostPreDataLengthExceeded")
    endless = {f"x-ignore-{n}": "" for n in range(3000)}
    assert error_of(send(url, {**endless, **fields}))[:2] == (400, "MaxPostPreDataLengthExceeded")


def test_checksum_field(service):
    right = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
    field = {"x-amz-checksum-crc32": right}
    assert send(*form(service, field, fields=field)).status_code == 204
    wrong = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert error_of(send(*form(service, wrong, fields=wrong)))[:2] == (400, "BadDigest")


def test_content_md5_field(service):
    """ "POST Object": S3 checks the file against the form field Content-MD5."""
    right = {"Content-MD5": base64.b64encode(hashlib.md5(BODY).digest()).decode()}
    assert send(*form(service, right, fields=right)).status_code == 204
    other = {"Content-MD5": base64.b64encode(hashlib.md5(b"another").digest()).decode()}
    refused = send(*form(service, other, fields=other, key="refused"))
    assert error_of(refused)[:2] == (400, "BadDigest")
    malformed = {"Content-MD5": "no digest"}
    refused = send(*form(service, malformed, fields=malformed, key="refused"))
    assert error_of(refused)[:2] == (400, "InvalidDigest")
    assert stored(service, "refused") is None
    # A header of that name would be about the whole form. It is not looked at.
    url, fields = form(service)
    file = {"file": ("cat.jpg", BODY)}
    answer = requests.post(url, data=fields, files=file, headers=other)
    assert answer.status_code == 204


def test_no_such_bucket(service):
    _, fields = form(service)
    assert error_of(send(f"{service.endpoint}/no-such-bucket", fields))[:2] == (404, "NoSuchBucket")


@pytest.mark.parametrize(
    "condition",
    [["starts-with", "$Content-Type", ""], ["starts-with", "$utf8", ""], ["eq", "$utf8", ""]],
)
def test_a_condition_on_a_field_that_is_not_there_fails(service, condition):
    """The best-known form bug: the policy lets the field be anything, but the form must have it."""
    url, fields = form(service, condition)
    shown = json.dumps(condition)
    refused = f"{NOT}Policy Condition failed: {shown}"
    assert error_of(send(url, fields)) == (403, "AccessDenied", refused)
    assert send(url, {**fields, condition[1].removeprefix("$"): ""}).status_code == 204


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (["test", "10"], '["content-length-range", "test", "10"]'),
        ([True, 10], '["content-length-range", true, 10]'),
        ([0.9, 10], '["content-length-range", 0.9, 10]'),
        (["1_0", 10], '["content-length-range", "1_0", 10]'),
        (["\u0661", 10], '["content-length-range", "\u0661", 10]'),
    ],
)
def test_a_range_of_no_numbers_is_met_by_no_size(service, span, shown):
    fields = by_hand(service, policy(service, ["content-length-range", *span]))
    refused = send(f"{service.endpoint}/{service.bucket}", fields)
    assert error_of(refused) == (403, "AccessDenied", f"{NOT}Policy Condition failed: {shown}")
    assert stored(service) is None


def test_a_range_may_be_written_in_digits(service):
    fields = by_hand(service, policy(service, ["content-length-range", "1", "10"]))
    assert send(f"{service.endpoint}/{service.bucket}", fields).status_code == 204


@pytest.mark.parametrize("expiration", ["2100-01-01T00:00:00Z", "2100-01-01T00:00:00.000Z"])
def test_an_expiration_is_iso_8601_with_z(service, expiration):
    made = policy(service) | {"expiration": expiration}
    fields = by_hand(service, made)
    assert send(f"{service.endpoint}/{service.bucket}", fields).status_code == 204


def test_the_variable_stays_where_the_file_has_no_name(service):
    url, fields = form(service, key="up/${filename}")
    parts = [(name, (None, value)) for name, value in fields.items()]
    assert requests.post(url, files=[*parts, ("file", (None, b"a field"))]).status_code == 204
    assert service.stored() == ["up/${filename}"]
    assert requests.post(url, files=[*parts, ("file", ("a/b.txt", b"a file"))]).status_code == 204
    assert service.stored() == ["up/${filename}", "up/b.txt"]


def test_a_policy_that_nobody_signed_gives_nothing(service):
    url, fields = form(service)
    unsigned = {name: value for name, value in fields.items() if not name.startswith("x-amz-")}
    assert error_of(send(url, unsigned)) == (403, "AccessDenied", "Access Denied")


@pytest.mark.parametrize(
    ("field", "spelled"),
    [
        ("x-amz-algorithm", "X-Amz-Algorithm"),
        ("x-amz-credential", "X-Amz-Credential"),
        ("x-amz-date", "X-Amz-Date"),
        ("x-amz-signature", "X-Amz-Signature"),
    ],
)
def test_missing_fields_are_named_as_aws_spells_them(service, field, spelled):
    url, fields = form(service)
    del fields[field]
    status, code, message = error_of(send(url, fields))
    assert (status, code) == (400, "InvalidArgument")
    assert f"must contain a field named '{spelled}'.  If it" in message


def test_tags_in_a_form(service):
    tagged = {
        "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
    }
    assert send(*form(service, tagged, fields=tagged)).status_code == 204
    tags = service.client().get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]
    other_kind = {"tagging": "<InvalidXmlTagging></InvalidXmlTagging>"}
    assert send(*form(service, other_kind, fields=other_kind)).status_code == 204
    assert not service.client().get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"]
    no_xml = {"tagging": "not xml"}
    refused = send(*form(service, no_xml, fields=no_xml, key="refused"))
    assert error_of(refused)[:2] == (400, "MalformedXML")
    assert stored(service, "refused") is None


def test_the_header_for_tags_is_no_field_for_tags(service):
    header = {"x-amz-tagging": "a=b"}
    s3 = service.client(keys=service.user("ann", allow("s3:PutObject")))
    assert send(*form(service, header, fields=header, s3=s3)).status_code == 204
    assert not service.client().get_object_tagging(Bucket=service.bucket, Key="k")["TagSet"]
    # It needs its condition all the same.
    refused = send(*form(service, fields=header))
    assert error_of(refused)[:2] == (403, "AccessDenied")


def test_a_redirect_that_is_no_url_changes_nothing(service):
    field = {"success_action_redirect": "http://[bad"}
    answer = send(*form(service, field, fields=field))
    assert (answer.status_code, stored(service)) == (204, BODY)


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("https://example.org/fertig/é?von=日本", "fertig/%C3%A9?von=%E6%97%A5%E6%9C%AC&bucket="),
        ("https://example.org/a%20b/\r\nSet-Cookie: a=b", "a%20b/%0D%0ASet-Cookie:%20a=b?bucket="),
    ],
)
def test_a_redirect_is_sent_in_ascii(service, to, location):
    field = {"success_action_redirect": to}
    answer = send(*form(service, field, fields=field))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"https://example.org/{location}")


def test_headers_around_the_form_are_not_its_fields(service):
    """Only what the policy covers counts: the HTTP headers of the request are signed by nobody."""
    service.client().put_bucket_policy(
        Bucket=service.bucket,
        Policy=document(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{service.bucket}/*",
                "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
            }
        ),
    )
    url, fields = form(service)
    file = {"file": ("cat.jpg", BODY)}
    kms = {"x-amz-server-side-encryption": "aws:kms"}
    for more in ({}, {"headers": kms}, {"params": kms}):
        assert requests.post(url, data=fields, files=file, **more).status_code == 403, more
    assert send(*form(service, kms, fields=kms)).status_code == 204
