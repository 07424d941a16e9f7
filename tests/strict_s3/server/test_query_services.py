"""IAM and STS forms: one reading is authorised and carried out."""

from __future__ import annotations

import gzip
from urllib.parse import urlencode

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.service import allow

FORM = "application/x-www-form-urlencoded"


def signed(
    service, api, form, *, keys=None, query=None, method="POST", path="/", headers=None
) -> requests.Response:
    """Send a form (or bytes) as it is, correctly signed."""
    root = service.server.root
    keys = keys or {"AccessKeyId": root.access_key, "SecretAccessKey": root.secret_key}
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    url = f"{service.endpoint}{path}" + (f"?{urlencode(query)}" if query else "")
    request = AWSRequest(method, url, data=body, headers={"Content-Type": FORM, **(headers or {})})
    signer = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"))
    SigV4Auth(signer, api, "us-east-1").add_auth(request)
    return requests.request(method, url, data=body, headers=dict(request.headers.items()))


@pytest.fixture
def low(service):
    """A user who can do nothing but look at users."""
    return service.user("low", allow("iam:GetUser"))


def users(service) -> set[str]:
    return {user["UserName"] for user in service.client("iam").list_users()["Users"]}


MAKE = [("Action", "CreateUser"), ("UserName", "made")]
LOOK = [("Action", "GetUser"), ("UserName", "low")]
PARTS = (
    b'--B\r\nContent-Disposition: form-data; name="Action"\r\n\r\nCreateUser\r\n'
    b'--B\r\nContent-Disposition: form-data; name="UserName"\r\n\r\nmade\r\n'
    b'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\n&Action=GetUser&\r\n--B--\r\n'
)


@pytest.mark.parametrize(
    ("form", "more"),
    [
        (MAKE, {}),
        # A field that is there twice.
        ([*MAKE, *LOOK], {}),
        ([*LOOK, *MAKE], {}),
        ([*MAKE, ("Action", "GetUser")], {}),
        ([("Action", "GetUser"), *MAKE], {}),
        # One in the query and one in the body.
        (LOOK[:1], {"query": MAKE}),
        (MAKE, {"query": LOOK[:1]}),
        (LOOK[:1], {"query": MAKE, "headers": {"Content-Type": "application/octet-stream"}}),
        # Names in another case, or with what another reader would strip.
        ([("action", "CreateUser"), ("username", "made"), *LOOK], {}),
        ([("Action ", "CreateUser"), ("UserName\0", "made"), *LOOK], {}),
        ([("\ufeffAction", "CreateUser"), *LOOK], {}),
        ([("Action[]", "CreateUser"), *LOOK], {}),
        # A body that is no plain form.
        (PARTS, {"headers": {"Content-Type": "multipart/form-data; boundary=B"}}),
        (
            gzip.compress(urlencode(MAKE).encode(), mtime=0),
            {"headers": {"Content-Encoding": "gzip"}},
        ),
        (urlencode(MAKE).encode("utf-16"), {}),
        (
            urlencode(MAKE).encode("utf-16"),
            {"headers": {"Content-Type": f"{FORM}; charset=utf-16"}},
        ),
        (b"Action=GetUser;Action=CreateUser;UserName=made", {}),
        (b"Action=GetUser&UserName=low;&Action=CreateUser&UserName=made", {}),
        (b"Action=GetUser&UserName=low\r\nAction=CreateUser&UserName=made", {}),
        (b"Action=GetUser&%41ction=CreateUser&UserName=made", {}),
        (b"Action=GetUser&Action%00=CreateUser&UserName=made", {}),
        (b"Action=GetUser&UserName=%ff", {}),
        (b'{"Action": "CreateUser", "UserName": "made"}', {}),
        # Other methods, paths and versions.
        (MAKE, {"method": "PUT"}),
        (MAKE, {"method": "DELETE"}),
        (MAKE, {"path": "/x"}),
        (MAKE, {"headers": {"X-HTTP-Method-Override": "GET"}}),
        ([*MAKE, ("Version", "2010-05-08")], {}),
        ([*MAKE, ("Version", "2011-06-15")], {}),
        (b"", {"method": "GET", "query": MAKE}),
        (b"", {"method": "GET", "query": [*LOOK, *MAKE]}),
        (LOOK, {"method": "GET", "query": MAKE}),
    ],
)
def test_no_reading_of_a_form_makes_a_user(service, low, form, more):
    answer = signed(service, "iam", form, keys=low, **more)
    assert 400 <= answer.status_code < 500 or answer.status_code == 501, answer.text
    assert users(service) == {"low"}
    assert answer.text.startswith("<ErrorResponse><Error>")


def test_the_controls_work(service, low):
    assert signed(service, "iam", LOOK, keys=low).status_code == 200
    assert signed(service, "iam", MAKE).status_code == 200
    assert users(service) == {"low", "made"}


def test_a_query_is_a_form_too(service, low):
    for more in (
        {"method": "GET", "query": LOOK, "form": b""},
        {"method": "POST", "query": LOOK[:1], "form": LOOK[1:]},
        {"method": "POST", "query": LOOK, "form": b""},
    ):
        answer = signed(service, "iam", more.pop("form"), keys=low, **more)
        assert (answer.status_code, "<UserName>low</UserName>" in answer.text) == (200, True)


def test_a_key_is_made_for_the_user_that_was_authorised(service):
    service.user("victim")
    arn = "arn:aws:iam::123456789012:user/own"
    own = service.user("own", allow("iam:CreateAccessKey", resource=arn))
    make = ("Action", "CreateAccessKey")
    for form in (
        [make, ("UserName", "victim")],
        [make, ("UserName", "victim"), ("UserName", "own")],
        [make, ("UserName", "own"), ("UserName", "victim")],
        [make, ("username", "victim")],
        [make, ("UserName", "")],
    ):
        assert signed(service, "iam", form, keys=own).status_code >= 400, form
    listed = service.client("iam").list_access_keys(UserName="victim")["AccessKeyMetadata"]
    assert len(listed) == 1
    answer = signed(service, "iam", [make, ("UserName", "OWN")], keys=own)
    assert "<UserName>own</UserName>" in answer.text


def test_paths_of_users_count(service):
    iam = service.client("iam")
    iam.create_user(UserName="boss", Path="/chiefs/")
    ann = service.user(
        "ann", allow("iam:*", resource="arn:aws:iam::123456789012:user/*"),
        {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:iam::123456789012:user/chiefs/*"},
    )  # fmt: skip
    mine = service.client("iam", ann)
    assert mine.get_user(UserName="ann")
    for call, params in (
        (mine.get_user, {"UserName": "boss"}),
        (mine.get_user, {"UserName": "BOSS"}),
        (mine.create_access_key, {"UserName": "boss"}),
        (mine.update_user, {"UserName": "ann", "NewPath": "/chiefs/"}),
    ):
        with pytest.raises(ClientError, match="with an explicit deny"):
            call(**params)


def test_tags_and_boundaries_in_conditions(service):
    iam = service.client("iam")
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=READ)["Policy"]["Arn"]
    only = {"StringEquals": {"iam:PermissionsBoundary": limit}}
    chief = service.user("chief", allow("iam:CreateUser", "iam:AttachUserPolicy", Condition=only))
    mine = service.client("iam", chief)
    assert mine.create_user(UserName="a", PermissionsBoundary=limit)
    reads = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    assert mine.attach_user_policy(UserName="a", PolicyArn=reads)
    service.user("free")
    for call, params in (
        (mine.create_user, {"UserName": "b"}),
        (mine.attach_user_policy, {"UserName": "free", "PolicyArn": reads}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(**params)
    one = {"ArnEquals": {"iam:PolicyARN": reads}}
    attacher = service.user("attacher", allow("iam:AttachUserPolicy", Condition=one))
    service.client("iam", attacher).attach_user_policy(UserName="free", PolicyArn=reads)
    with pytest.raises(ClientError, match="AccessDenied"):
        service.client("iam", attacher).attach_user_policy(UserName="free", PolicyArn=limit)


READ = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'


@pytest.mark.parametrize(
    ("form", "status", "code", "message"),
    [
        ([], 400, "MissingAction", "The request is missing an action"),
        ([("Action", "Nonsense")], 400, "InvalidAction", "Could not find operation Nonsense for"),
        (
            [("Action", "GetUser"), ("Version", "2011-06-15")],
            404,
            "InvalidAction",
            "Could not find operation GetUser for version 2011-06-15",
        ),
        ([("Action", "CreateSAMLProvider")], 400, "ValidationError", "2 validation errors"),
        ([("Action", "ListSAMLProviders")], 501, "NotImplemented", "ListSAMLProviders is an IAM"),
    ],
)
def test_actions_that_there_are_not(service, form, status, code, message):
    answer = signed(service, "iam", form)
    assert answer.status_code == status
    assert f"<Code>{code}</Code><Message>{message}" in answer.text


def test_a_form_is_half_a_megabyte_at_most(service):
    answer = signed(service, "iam", b"Action=GetUser&UserName=" + b"a" * 524288)
    assert answer.status_code == 413


def test_a_chunked_form(service):
    url, body = f"{service.endpoint}/", b"Action=GetUser"
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": FORM})
    root = service.server.root
    SigV4Auth(Credentials(root.access_key, root.secret_key), "iam", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    assert requests.post(url, data=iter([body[:6], body[6:]]), headers=headers).status_code == 200
    answer = requests.post(url, data=iter([body, b"&UserName=x"]), headers=headers)
    assert "SignatureDoesNotMatch" in answer.text


def test_refusals_are_in_the_decision(service, low):
    signed(service, "iam", MAKE, keys=low)
    decision = service.decision()
    assert (decision["action"], decision["error"]) == ("CreateUser", "AccessDenied")
    assert decision["checks"][-1][0] == "permission"
    signed(service, "iam", [("Action", "GetUser"), ("UserName", "none")])
    assert service.decision()["checks"][-1] == [
        "NoSuchEntity",
        False,
        "The user with name none cannot be found.",
    ]
