"""Over HTTP, with URLs that boto3 signed: what is refused, in which words, and what passes."""

from __future__ import annotations

import gc
import http.client
import re
import socket
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from strict_s3.rules import sigv4
from strict_s3.rules.errors import S3Error
from strict_s3.server.http.connection import PATIENCE, State
from strict_s3.server.store.bucket import Bucket
from tests.service import allow, document, error_of

MISMATCH = (403, "SignatureDoesNotMatch")
DENIED = (403, "AccessDenied")


def test_every_method_on_a_url_for_every_method(service):
    service.put()
    operations = {
        "GET": "get_object",
        "HEAD": "head_object",
        "PUT": "put_object",
        "DELETE": "delete_object",
    }
    for signed, operation in operations.items():
        for sent in (*operations, "POST"):
            service.put()
            answer = requests.request(sent, service.presign(operation), data=b"new")
            if sent == signed:
                assert answer.status_code in (200, 204), (signed, sent)
            else:
                assert answer.status_code == 403, (signed, sent)
                assert sent == "HEAD" or error_of(answer)[:2] == MISMATCH
                body = service.client().get_object(Bucket=service.bucket, Key="k")["Body"]
                assert body.read() == b"body"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("/k?", "/other?", MISMATCH),
        ("X-Amz-Expires=60", "X-Amz-Expires=61", MISMATCH),
        ("X-Amz-Expires=60", "X-Amz-Expires=604801", (400, "AuthorizationQueryParametersError")),
        (
            "X-Amz-SignedHeaders=host",
            "X-Amz-SignedHeaders=",
            (400, "AuthorizationQueryParametersError"),
        ),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=date", DENIED),
        ("eu-west-2", "us-east-1", (400, "AuthorizationQueryParametersError")),
        ("%2Fs3%2F", "%2Fsqs%2F", (400, "AuthorizationQueryParametersError")),
        ("X-Amz-Signature=", "X-Amz-Signature=0", MISMATCH),
        ("X-Amz-Signature=", "Signature=", (400, "InvalidArgument")),
        ("?", "?versionId=null&", MISMATCH),
        ("?", "?acl&", MISMATCH),
        ("?", "?response-content-type=text/html&", MISMATCH),
    ],
)
def test_a_changed_url(service, old, new, expected):
    service.put()
    url = service.presign("get_object")
    assert requests.get(url).text == "body"
    assert old in url
    assert error_of(requests.get(url.replace(old, new, 1)))[:2] == expected


def test_expired_and_then_in_time_again(service):
    service.put()
    url = service.presign("get_object", expires=1800)
    service.later(minutes=31)
    assert error_of(requests.get(url)) == (*DENIED, "Request has expired")
    assert service.decision()["checks"][-1][:2] == ["time", False]
    service.later(minutes=-2)
    assert requests.get(url).text == "body"


def test_signed_in_the_future(service):
    service.put()
    url = service.presign("get_object")
    service.later(minutes=-16)
    assert error_of(requests.get(url)) == (*DENIED, "Request is not yet valid")


def test_signature_version_2(service):
    old = service.other_client("s3", region_name="us-east-1")
    message = (
        "The authorization mechanism you have provided is not supported. "
        "Please use AWS4-HMAC-SHA256."
    )
    url = service.presign("get_object", s3=old)
    assert "AWSAccessKeyId" in url
    assert error_of(requests.get(url)) == (400, "InvalidRequest", message)
    with pytest.raises(ClientError, match="AWS4-HMAC-SHA256"):
        old.list_buckets()


def test_two_ways_of_authentication_at_once(service):
    service.put()
    headers = {"Authorization": "Bearer x"}
    answer = requests.get(service.presign("get_object"), headers=headers)
    status, code, message = error_of(answer)
    assert (status, code) == (400, "InvalidArgument")
    assert message.startswith("Only one auth mechanism allowed; ")


def test_anonymous(service):
    service.put()
    plain = f"{service.endpoint}/{service.bucket}/k"
    assert error_of(requests.get(plain)) == (*DENIED, "Access Denied")
    assert error_of(requests.put(plain, data=b"x"))[:2] == DENIED
    assert error_of(requests.get(f"{service.endpoint}/"))[:2] == DENIED
    assert requests.head(plain).content == b""


def test_what_no_policy_can_give_to_anonymous_callers(service):
    """A policy allows them everything, and a signed request carries each of these out."""
    service.put()
    service.settings.public_access_block = None
    everything = [f"arn:aws:s3:::{service.bucket}{path}" for path in ("", "/*")]
    policy = document({**allow("s3:*"), "Resource": everything, "Principal": "*"})
    service.client().put_bucket_policy(Bucket=service.bucket, Policy=policy)
    url = f"{service.endpoint}/{service.bucket}"
    assert requests.get(f"{url}/k").status_code == 200
    please = "Please authenticate."
    source = {"x-amz-copy-source": f"{service.bucket}/k"}
    for method, target, headers, message in (
        ("POST", "/k?uploads", {}, "Anonymous users cannot initiate multipart uploads.  "),
        ("PUT", "/c", source, "Anonymous users cannot copy objects.  "),
        ("PUT", "/c?partNumber=1&uploadId=u", source, "Anonymous users cannot copy objects.  "),
    ):
        answer = requests.request(method, url + target, headers=headers)
        assert error_of(answer) == (403, "AccessDenied", message + please)
    answer = requests.put(f"{service.endpoint}/another-bucket")
    message = f"Anonymous users cannot invoke this API. {please}"
    assert error_of(answer) == (403, "AccessDenied", message)
    for method, verb in (("GET", "Get"), ("PUT", "Put")):
        answer = requests.request(method, f"{url}?ownershipControls")
        message = f"s3:{verb}BucketOwnershipControls does not support Anonymous requests!"
        assert error_of(answer) == (403, "AccessDenied", message)
    for method in ("GET", "PUT", "DELETE"):
        answer = requests.request(method, f"{url}?policy", data=b"{}")
        assert error_of(answer)[:2] == (405, "MethodNotAllowed")
        assert "<ResourceType>BUCKETPOLICY</ResourceType>" in answer.text
    assert service.stored() == ["k"]
    assert service.client().create_multipart_upload(Bucket=service.bucket, Key="k")["UploadId"]


def test_anonymous_reads_what_a_bucket_policy_allows(service):
    service.put("public/a")
    service.put("private/a")
    s3 = service.client()
    public = document(
        allow("s3:GetObject", resource=f"arn:aws:s3:::{service.bucket}/public/*", Principal="*")
    )
    with pytest.raises(ClientError, match=r"User: arn:aws:iam::\d+:root is not.*BlockPublicPolicy"):
        s3.put_bucket_policy(Bucket=service.bucket, Policy=public)
    s3.delete_public_access_block(Bucket=service.bucket)
    s3.put_bucket_policy(Bucket=service.bucket, Policy=public)
    base = f"{service.endpoint}/{service.bucket}"
    assert requests.get(f"{base}/public/a").text == "body"
    assert error_of(requests.get(f"{base}/private/a"))[:2] == DENIED
    assert error_of(requests.put(f"{base}/public/a", data=b"x"))[:2] == DENIED
    for nothing in ("?response-content-type=", "?response-time=1"):
        assert requests.get(f"{base}/public/a{nothing}").status_code == 200
    override = requests.get(f"{base}/public/a?response-content-type=text/html")
    assert error_of(override)[:2] == (400, "InvalidRequest")
    everything = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=service.bucket, PublicAccessBlockConfiguration=everything)
    assert error_of(requests.get(f"{base}/public/a"))[:2] == DENIED


def test_least_privilege_and_the_words_of_a_refusal(service):
    only = f"arn:aws:s3:::{service.bucket}/mine/*"
    ann = service.client(
        keys=service.user("ann", allow("s3:PutObject", "s3:GetObject", resource=only))
    )
    ann.put_object(Bucket=service.bucket, Key="mine/a", Body=b"1")
    assert requests.get(service.presign("get_object", "mine/a", s3=ann)).text == "1"
    service.put("theirs")
    answer = requests.get(service.presign("get_object", "theirs", s3=ann))
    assert error_of(answer) == (
        *DENIED,
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: s3:GetObject on "
        f'resource: "arn:aws:s3:::{service.bucket}/theirs" because no identity-based policy '
        "allows the s3:GetObject action",
    )
    with pytest.raises(ClientError, match="s3:DeleteObject"):
        ann.delete_object(Bucket=service.bucket, Key="mine/a")
    with pytest.raises(ClientError, match="s3:ListBucket"):
        ann.list_objects_v2(Bucket=service.bucket)
    result = ann.delete_objects(
        Bucket=service.bucket, Delete={"Objects": [{"Key": "mine/a"}, {"Key": "theirs"}]}
    )
    assert [e["Code"] for e in result["Errors"]] == ["AccessDenied"] * 2
    assert "Deleted" not in result


def test_a_missing_key_looks_forbidden_to_whoever_may_not_list(service):
    keys = service.user("ann", allow("s3:GetObject"))
    url = service.presign("get_object", "none", s3=service.client(keys=keys))
    assert error_of(requests.get(url))[:2] == DENIED
    service.client("iam").put_user_policy(
        UserName="ann", PolicyName="list", PolicyDocument=document(allow("s3:ListBucket"))
    )
    assert error_of(requests.get(url)) == (
        404,
        "NoSuchKey",
        "The specified key does not exist.",
    )


def test_a_url_dies_with_its_signers_permission_key_and_user(service):
    service.put()
    iam = service.client("iam")
    keys = service.user("ann", allow("s3:GetObject"))
    url = service.presign("get_object", s3=service.client(keys=keys))
    one = {"UserName": "ann", "AccessKeyId": keys["AccessKeyId"]}
    assert requests.get(url).status_code == 200

    iam.delete_user_policy(UserName="ann", PolicyName="p")
    assert error_of(requests.get(url))[:2] == DENIED
    iam.put_user_policy(
        UserName="ann", PolicyName="p", PolicyDocument=document(allow("s3:GetObject"))
    )
    assert requests.get(url).status_code == 200

    iam.update_access_key(**one, Status="Inactive")
    assert error_of(requests.get(url))[:2] == (403, "InvalidAccessKeyId")
    iam.update_access_key(**one, Status="Active")
    assert requests.get(url).status_code == 200

    iam.delete_access_key(**one)
    iam.delete_user_policy(UserName="ann", PolicyName="p")
    iam.delete_user(UserName="ann")
    assert error_of(requests.get(url))[:2] == (403, "InvalidAccessKeyId")


def test_permissions_through_groups_managed_policies_and_roles(service):
    iam = service.client("iam")
    service.put()
    keys = service.user("ann")
    ann = service.client(keys=keys)
    url = service.presign("get_object", s3=ann)
    assert requests.get(url).status_code == 403
    arn = iam.create_policy(PolicyName="read", PolicyDocument=document(allow("s3:GetObject")))[
        "Policy"
    ]["Arn"]
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn=arn)
    iam.add_user_to_group(GroupName="readers", UserName="ann")
    assert requests.get(url).status_code == 200
    iam.remove_user_from_group(GroupName="readers", UserName="ann")
    assert requests.get(url).status_code == 403
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    assert requests.get(url).status_code == 200


def role(service, name: str, principal: str, *statements) -> str:
    iam = service.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return arn


def test_a_url_signed_in_a_session_ends_with_the_session(service):
    service.put()
    keys = service.user("ann")
    ann = "arn:aws:iam::123456789012:user/ann"
    arn = role(service, "app", ann, allow("s3:*"))
    sts = service.client("sts", keys)
    session = sts.assume_role(RoleArn=arn, RoleSessionName="s1", DurationSeconds=900)["Credentials"]
    s3 = service.client(keys=session)
    assert (
        service.client("sts", session).get_caller_identity()["Arn"].endswith("assumed-role/app/s1")
    )
    url = service.presign("get_object", expires=7200, s3=s3)
    assert requests.get(url).text == "body"
    no_token = {k: v for k, v in session.items() if k != "SessionToken"}
    without = service.presign("get_object", s3=service.client(keys=no_token))
    assert error_of(requests.get(without))[:2] == (403, "InvalidAccessKeyId")
    wrong = service.presign("get_object", s3=service.client(keys={**session, "SessionToken": "x"}))
    assert error_of(requests.get(wrong))[:2] == (400, "InvalidToken")
    service.later(minutes=14, seconds=50)
    assert requests.get(url).status_code == 200
    service.later(seconds=11)
    assert error_of(requests.get(url)) == (400, "ExpiredToken", "The provided token has expired.")


def test_who_may_assume_a_role_and_how_a_session_policy_narrows_it(service):
    service.put("a/1")
    service.put("b/1")
    keys = service.user("ann")
    service.user("bob")
    arn = role(service, "app", "arn:aws:iam::123456789012:user/bob", allow("s3:*"))
    sts = service.client("sts", keys)
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole"):
        sts.assume_role(RoleArn=arn, RoleSessionName="s1")
    mine = role(service, "mine", "arn:aws:iam::123456789012:user/ann", allow("s3:GetObject"))
    only_a = document(allow("s3:*", resource=f"arn:aws:s3:::{service.bucket}/a/*"))
    session = sts.assume_role(RoleArn=mine, RoleSessionName="s1", Policy=only_a)["Credentials"]
    s3 = service.client(keys=session)
    assert requests.get(service.presign("get_object", "a/1", s3=s3)).status_code == 200
    _, code, message = error_of(requests.get(service.presign("get_object", "b/1", s3=s3)))
    assert code == "AccessDenied"
    assert message.endswith("because no session policy allows the s3:GetObject action")
    with pytest.raises(ClientError, match="DurationSeconds"):
        sts.assume_role(RoleArn=mine, RoleSessionName="s1", DurationSeconds=3601)


def test_session_tokens_of_users_and_federation(service):
    service.put()
    keys = service.user("ann", allow("s3:GetObject", "sts:GetFederationToken"))
    sts = service.client("sts", keys)
    session = sts.get_session_token()["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
    again = sts.get_session_token()["Credentials"]
    assert session["AccessKeyId"] != again["AccessKeyId"]
    url = service.presign("get_object", s3=service.client(keys=session))
    assert requests.get(url).text == "body"
    narrowed = sts.get_federation_token(Name="guest", Policy=document(allow("s3:GetObject")))
    fed = service.client(keys=narrowed["Credentials"])
    assert requests.get(service.presign("get_object", s3=fed)).status_code == 200
    nothing = service.client(keys=sts.get_federation_token(Name="guest")["Credentials"])
    assert requests.get(service.presign("get_object", s3=nothing)).status_code == 403


@pytest.mark.parametrize(
    ("actions", "resources", "taken"),
    [
        (["s3:GetObject"], [""], False),
        (["s3:getobject", "s3:ListBucket"], [""], False),
        (["s3:GetObject", "s3:ListBucket"], ["/*"], False),
        (["s3:ListBucket"], ["/*"], False),
        (["s3:GetObject"], ["/*"], True),
        (["s3:ListBucket"], [""], True),
        (["s3:GetObject", "s3:ListBucket"], ["", "/*"], True),
        (["s3:GetObject", "s3:ListBucket"], ["*"], True),
        (["s3:*"], [""], True),
    ],
)
def test_an_action_needs_a_resource_of_its_sort(service, actions, resources, taken):
    own = f"arn:aws:s3:::{service.bucket}"
    account = service.server.root.identity.account
    statement = allow(*actions, resource=[own + end for end in resources])
    policy = document(statement | {"Principal": {"AWS": account}})
    answer = nullcontext() if taken else pytest.raises(ClientError, match="Action does not apply")
    with answer:
        service.client().put_bucket_policy(Bucket=service.bucket, Policy=policy)


def test_guardrails_in_a_bucket_policy(service):
    service.put()
    s3 = service.client()
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    own = f"arn:aws:s3:::{service.bucket}/*"
    s3.put_bucket_policy(
        Bucket=service.bucket,
        Policy=document(
            {
                **deny,
                "Resource": own,
                "Condition": {"NumericGreaterThan": {"s3:signatureAge": "600000"}},
            }
        ),
    )
    url = service.presign("get_object", expires=3600)
    assert requests.get(url).status_code == 200
    service.later(minutes=11)
    status, code, message = error_of(requests.get(url))
    assert (status, code) == DENIED
    assert message.endswith("with an explicit deny in a resource-based policy")
    service.later(minutes=-11)
    for condition, refused in (
        ({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}, True),
        ({"StringEquals": {"s3:authType": "REST-HEADER"}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}, True),
        ({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, True),
    ):
        s3.put_bucket_policy(
            Bucket=service.bucket,
            Policy=document({**deny, "Resource": own, "Condition": condition}),
        )
        assert (requests.get(url).status_code == 403) is refused, condition
        s3.delete_bucket_policy(Bucket=service.bucket)
    assert requests.get(url).status_code == 200


def test_iam_and_sts_are_guarded_too(service):
    keys = service.user("ann")
    with pytest.raises(ClientError) as caught:
        service.client("iam", keys).create_user(UserName="eve")
    assert caught.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: iam:CreateUser on "
        "resource: arn:aws:iam::123456789012:user/eve because no identity-based policy allows the "
        "iam:CreateUser action"
    )
    bad = {"AccessKeyId": keys["AccessKeyId"], "SecretAccessKey": "wrong"}
    for api, code in (("iam", "SignatureDoesNotMatch"), ("sts", "SignatureDoesNotMatch")):
        with pytest.raises(ClientError, match=code):
            getattr(
                service.client(api, bad), "get_user" if api == "iam" else "get_caller_identity"
            )()
    unknown = {"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "x"}
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        service.client("sts", unknown).get_caller_identity()
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        service.client("iam").put_user_policy(
            UserName="ann", PolicyName="p", PolicyDocument='{"Statement": "no"}'
        )


@pytest.mark.parametrize("path", ["/moto-api/reset", "/moto-api/data.json", "/moto-api/"])
def test_motos_control_pages_are_out_of_reach(service, path):
    for method in ("GET", "POST", "DELETE"):
        status, code, _ = error_of(requests.request(method, service.endpoint + path))
        assert (status, code) in ((404, "NoSuchBucket"), (405, "MethodNotAllowed"))


def test_operations_that_are_not_carried_out_say_so(service):
    s3 = service.client()
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.put_bucket_metrics_configuration(
            Bucket=service.bucket, Id="x", MetricsConfiguration={"Id": "x"}
        )
    with pytest.raises(ClientError, match="NotImplemented"):
        s3.restore_object(Bucket=service.bucket, Key="k", RestoreRequest={"Days": 1})
    url = service.presign("get_object", "k").replace("X-Amz", "x")
    assert error_of(requests.patch(url))[:2] == (405, "MethodNotAllowed")


def raw(service, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", service.server.http.port), timeout=10) as wire:
        wire.sendall(data)
        out = b""
        while piece := wire.recv(65536):
            out += piece
        return out


@pytest.mark.parametrize(
    "data",
    [
        b"GET  HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET http://127.0.0.1/x HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: five\r\n\r\n",
        b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 70000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: first line\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA : space before the colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: bare line feed\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nA: \x00\r\n\r\n",
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\n",
        b"GET /%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET /?a=%ff HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
def test_malformed_http_gets_s3s_xml(service, data):
    answer = raw(service, data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 "), head  # not 403 or 404: it was not even looked at
    assert body.startswith(b"<?xml"), body[:200]
    assert requests.get(service.presign("get_object")).status_code == 404


LINE, HOST = b"GET /none HTTP/1.1\r\n", b"Host: h\r\n"


# What one reader of HTTP takes in another way than the next, beside the nearest that all take.
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (LINE + HOST, LINE),
        (LINE + HOST, LINE + HOST + HOST),
        (LINE + HOST, LINE + HOST + b"Host: other\r\n"),
        (b"GET /none HTTP/1.0\r\n", b"GET /none HTTP/1.0\r\n" + HOST + HOST),
        (LINE + HOST, b"GET /none HTTP/1.1\n" + HOST),
        (LINE + HOST, b" GET /none HTTP/1.1\r\n" + HOST),
        (LINE + HOST, b"GET /none HTTP/1.1\x0b\r\n" + HOST),
        (LINE + HOST, b"G\x01T /none HTTP/1.1\r\n" + HOST),
        (LINE + HOST, b"GET /no\rne HTTP/1.1\r\n" + HOST),
        (LINE + HOST, b"GET /no\tne HTTP/1.1\r\n" + HOST),
        (b"GET /none/%C3%A4 HTTP/1.1\r\n" + HOST, b"GET /none/\x7f HTTP/1.1\r\n" + HOST),
        ("GET /none/ä HTTP/1.1\r\n".encode() + HOST, b"GET /none/\x00 HTTP/1.1\r\n" + HOST),
        (
            LINE + HOST + b"Content-Length: \t0 \r\n",
            LINE + HOST + b"Content-Length: \x0b0\r\n",
        ),
        (
            LINE + HOST + b"Transfer-Encoding: chunked \r\n",
            LINE + HOST + b"Transfer-Encoding: chunked\x0c\r\n",
        ),
        (LINE + HOST + b"A: b\r\n", LINE + HOST + b"A: b\r\r\n"),
    ],
)
def test_http_is_read_strictly(service, good, bad):
    end = b"Connection: close\r\n\r\n"
    assert raw(service, good + end).startswith(b"HTTP/1.1 404 "), "no such bucket"
    assert re.match(rb"HTTP/1.1 (400|501) ", raw(service, bad + end))


def test_a_refused_upload_is_never_asked_for(service):
    # Expect: 100-continue lets S3 refuse before the body is sent.
    url = service.presign("get_object")
    target = url.removeprefix(service.endpoint)
    request = (
        f"PUT {target} HTTP/1.1\r\nHost: {service.endpoint.removeprefix('http://')}\r\n"
        "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    )
    answer = raw(service, request.encode())
    assert answer.startswith(b"HTTP/1.1 403"), answer[:100]

    good = service.presign("put_object").removeprefix(service.endpoint)
    with socket.create_connection(("127.0.0.1", service.server.http.port), timeout=10) as wire:
        wire.sendall(request.replace(target, good).replace("1000000", "5").encode())
        assert wire.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        wire.sendall(b"hello")
        assert wire.recv(1000).startswith(b"HTTP/1.1 200")


def test_the_rest_of_a_refused_upload_is_read_so_that_the_answer_arrives(service):
    target = service.presign("get_object").removeprefix(service.endpoint)
    head = f"PUT {target} HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n"
    for _ in range(5):  # to close at once would destroy some of them
        assert raw(service, head.encode() + b"x" * 20_000_000).startswith(b"HTTP/1.1 403")


def test_but_not_for_ever(service, monkeypatch):
    monkeypatch.setitem(PATIENCE, State.DRAINING, 0.3)
    head = b"PUT /none/k HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n"
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", service.server.http.port)) as wire:
        wire.sendall(head)
        with pytest.raises(OSError):  # the server has closed it
            while time.monotonic() - begun < 5:
                wire.sendall(b"x")
                time.sleep(0.02)
    assert time.monotonic() - begun < 2


def test_a_failure_inside_is_s3s_500_and_the_server_lives_on(service, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("secret detail")

    service.put()
    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "object", broken)
        answer = requests.get(service.presign("get_object"))
    status, code, message = error_of(answer)
    assert (status, code) == (500, "InternalError")
    assert message == "We encountered an internal error. Please try again."
    assert "secret detail" not in answer.text
    assert answer.headers["x-amz-request-id"] in caplog.text
    assert requests.get(service.presign("get_object")).text == "body"


def test_no_signature_or_secret_in_logs_and_decisions(service, caplog):
    caplog.set_level("DEBUG", "strict_s3")
    url = service.presign("get_object")
    requests.get(url)
    requests.put(url)
    signature = url.rpartition("=")[2]
    lines = [r.getMessage() for r in caplog.records if r.name.startswith("strict_s3")]
    assert len(lines) == 2
    shown = "".join(lines) + repr(service.decisions())
    assert signature not in shown
    assert service.server.root.secret_key not in shown


def test_a_client_that_signs_by_its_own_clock_is_fresh_while_the_servers_is_moved(service):
    s3 = service.client()
    service.later(days=8)
    assert s3.list_buckets()["Buckets"]
    # A URL is judged by the moved clock alone.
    assert error_of(requests.get(service.presign("get_object")))[2] == "Request has expired"


def test_with_strict_skew_the_client_may_be_15_minutes_off(service, monkeypatch):
    monkeypatch.setattr(service.server.gate, "_strict_skew", True)
    s3 = service.client()
    service.later(minutes=14, seconds=50)
    assert s3.list_buckets()["Buckets"]
    service.later(seconds=20)
    with pytest.raises(ClientError, match="RequestTimeTooSkewed"):
        s3.list_buckets()


def test_virtual_hosted_style(service):
    service.put("a/b")
    host = f"{service.bucket}.localhost:{service.server.http.port}"
    root = service.server.root
    url = sigv4.presign(
        "GET",
        service.endpoint,
        host,
        "/a/b",
        access_key=root.access_key,
        secret_key=root.secret_key,
        region=service.region,
        now=datetime.now(UTC) - timedelta(seconds=1),
        expires=60,
    )
    assert requests.get(url, headers={"Host": host}).text == "body"
    other = f"other.localhost:{service.server.http.port}"
    assert error_of(requests.get(url, headers={"Host": other}))[:2] == MISMATCH


def test_everything_works_where_the_host_names_the_bucket(service, monkeypatch):
    """Also what has several keys in its body, or answers with the object's URL."""
    # Names under localhost are this computer, but not every resolver knows it (RFC 6761).
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **also: real("127.0.0.1", *more, **also)
    )
    root = service.server.root
    s3 = boto3.client(
        "s3",
        region_name=service.region,
        endpoint_url=f"http://localhost:{service.server.http.port}",
        aws_access_key_id=root.access_key,
        aws_secret_access_key=root.secret_key,
        config=Config(s3={"addressing_style": "virtual"}, retries={"total_max_attempts": 1}),
    )
    at = {"Bucket": service.bucket, "Key": "a b/ü"}
    url = f"http://{service.bucket}.localhost:{service.server.http.port}/a%20b%2F%C3%BC"
    upload = s3.create_multipart_upload(**at)["UploadId"]
    part = s3.upload_part(**at, UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = s3.complete_multipart_upload(**at, UploadId=upload, MultipartUpload=parts)
    assert done["Location"] == url
    assert s3.get_object(**at)["Body"].read() == b"x"
    made = s3.generate_presigned_post(*at.values())
    assert made["url"].startswith(f"http://{service.bucket}.localhost")
    form = requests.post(made["url"], data=made["fields"], files={"file": ("x", b"form")})
    assert (form.status_code, form.headers["location"]) == (204, url)
    deleted = s3.delete_objects(Bucket=service.bucket, Delete={"Objects": [{"Key": at["Key"]}]})
    assert [item["Key"] for item in deleted["Deleted"]] == [at["Key"]]
    s3.close()


def test_an_idle_connection_does_not_hold_a_worker(service):
    idle = [
        http.client.HTTPConnection("127.0.0.1", service.server.http.port, timeout=5)
        for _ in range(40)
    ]
    for connection in idle:
        connection.connect()
    service.put()
    begun = time.monotonic()
    assert requests.get(service.presign("get_object")).text == "body"
    assert time.monotonic() - begun < 5
    for connection in idle:
        connection.close()


def test_a_refusal_does_not_keep_what_was_sent(service):
    url = service.presign("put_object", expires=60)
    gc.collect()
    gc.disable()
    try:
        wrong = {"x-amz-checksum-sha256": "x"}
        assert requests.put(url, b"body", headers=wrong).status_code == 403
        service.later(minutes=2)
        assert requests.put(url, b"body").status_code == 403
        kept = [one for one in gc.get_objects() if isinstance(one, S3Error)]
    finally:
        gc.enable()
    assert kept == []


def test_the_two_ids_of_an_answer_differ_and_are_those_of_its_error(service):
    answer = requests.get(service.presign("get_object", "missing"))
    ids = answer.headers["x-amz-request-id"], answer.headers["x-amz-id-2"]
    assert re.fullmatch("[0-9A-F]{16}", ids[0]) and re.fullmatch(r"[A-Za-z0-9+/]{75}=", ids[1])
    assert f"<RequestId>{ids[0]}</RequestId><HostId>{ids[1]}</HostId>" in answer.text
    again = requests.get(service.presign("get_object", "missing"))
    assert again.headers["x-amz-id-2"] != ids[1]
