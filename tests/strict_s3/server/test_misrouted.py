"""Requests that name no operation or two: the answers that others measured on AWS."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.service import error_of

TYPE = re.compile("<ResourceType>(.*?)</ResourceType>")


def signed(service, method: str, target: str, **secret: str) -> requests.Response:
    """The answer to a presigned request; in `target`, ``{b}`` is the bucket."""
    path, _, query = target.format(b=service.bucket).partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return requests.request(method, service.sign(method, path, query=pairs, **secret))


def sent_with(service, method: str, path: str, headers: dict[str, str]) -> requests.Response:
    """The answer to a request on the bucket, signed in its header, with those headers too."""
    url = f"{service.endpoint}/{service.bucket}{path}"
    request = AWSRequest(method, url, headers)
    root = service.server.root
    keys = Credentials(root.access_key, root.secret_key)
    signer = S3SigV4Auth(keys, "s3", service.region)
    signer.payload = lambda request: headers["x-amz-content-sha256"]
    signer.add_auth(request)
    return requests.request(method, url, headers=dict(request.headers))


# Method, target -> the resource's type, and what Allow names.
NOT_ALLOWED = """
HEAD /{b}?location                  -> LOCATION: GET
HEAD /{b}?uploads                   -> UPLOADS: POST, GET
HEAD /{b}?versioning                -> VERSIONING: GET, PUT
HEAD /{b}?policy                    -> BUCKETPOLICY: DELETE, GET, PUT
HEAD /{b}?versions                  -> BUCKETVERSIONS: GET
HEAD /{b}?torrent                   -> TORRENT:
HEAD /{b}/k?acl                     -> ACL: GET, PUT
HEAD /{b}/k?tagging                 -> OBJECT_TAGGING: DELETE, GET, PUT
HEAD /{b}/k?uploadId=abc            -> UPLOAD: DELETE, POST, GET
HEAD /{b}/k?encryption              -> OBJECT_ENCRYPTION: PUT
HEAD /{b}/k?location                -> LOCATION: GET
HEAD /{b}/k?cors                    -> CORS: DELETE, GET, PUT
GET /{b}?delete                     -> MULTI_OBJECT_DELETE: POST
GET /{b}?restore                    -> RESTORE: POST
GET /{b}?metadataInventoryTable     -> BUCKET_METADATA_INVENTORY_TABLE_CONFIGURATION: PUT
PUT /{b}?metadataTable              -> BUCKET_METADATA_TABLE_CONFIGURATION: DELETE, POST, GET
POST /{b}?logging                   -> LOGGING_STATUS: GET, PUT
PATCH /{b}?intelligent-tiering      -> INTELLIGENT_TIERING: DELETE, GET, PUT
PATCH /{b}?publicAccessBlock        -> PUBLIC_ACCESS_BLOCK: DELETE, GET, PUT
PATCH /{b}?object-lock              -> OBJECT_LOCK_CONFIGURATION: GET, PUT
PATCH /{b}?abac                     -> BUCKET_ABAC: GET, PUT
PATCH /{b}?uploadId=u               -> UPLOAD: DELETE, POST, GET
PATCH /{b}                          -> BUCKET: HEAD, DELETE, POST, GET, PUT
PATCH /{b}/k                        -> OBJECT: HEAD, DELETE, GET, PUT
POST /{b}/k                         -> OBJECT: HEAD, DELETE, GET, PUT
GET /{b}/k?select                   -> SELECT: POST
GET /{b}/k?restore                  -> RESTORE: POST
DELETE /{b}/k?legal-hold            -> OBJECT_LOCK_LEGALHOLD: GET, PUT
DELETE /{b}/k?retention             -> OBJECT_LOCK_RETENTION: GET, PUT
PUT /{b}/k?attributes               -> OBJECT_ATTRIBUTES: GET
PUT /{b}/k?annotation               -> OBJECT_ANNOTATIONS: GET
GET /{b}/k?delete                   -> MULTI_OBJECT_DELETE: POST
POST /{b}/k?policy                  -> BUCKETPOLICY: DELETE, GET, PUT
PUT /{b}/k?uploadId=u               -> UPLOAD: DELETE, POST, GET
GET /{b}/k?partNumber=1&uploadId=u  -> PART: PUT
GET /{b}?partNumber=1&uploadId=u    -> PART: PUT
PUT /                               -> SERVICE: GET
HEAD /                              -> SERVICE: GET
PATCH /?acl                         -> SERVICE: GET
"""


@pytest.mark.parametrize("line", NOT_ALLOWED.strip().splitlines())
def test_a_method_without_an_operation(service, line):
    request, _, expected = line.partition(" -> ")
    method, target = request.split()
    kind, _, allow = expected.partition(":")
    answer = signed(service, method, target)
    assert answer.status_code == 405
    assert answer.headers.get("allow", "") == allow.strip()
    if method != "HEAD":
        assert TYPE.findall(answer.text) == [kind]
        assert f"<Method>{method}</Method>" in answer.text
    # Before the bucket is looked for, and whoever asks; but not with a false signature.
    elsewhere = target.format(b="no-such-bucket")
    assert requests.request(method, service.endpoint + elsewhere).status_code == 405
    assert signed(service, method, target, secret_key="wrong").status_code == 403


def test_get_object_torrent_ended(service):
    service.put()
    answer = signed(service, "GET", "/{b}/k?torrent")
    assert error_of(answer)[:2] == (405, "MethodNotAllowed")
    assert TYPE.findall(answer.text) == ["TORRENT"]


VERSIONLESS = "This operation does not accept a version-id."
REFUSED_AT_ONCE = {
    "GET /{b}?versioning&acl": "Conflicting query string parameters: acl, versioning",
    "GET /{b}?uploads&versioning": "Conflicting query string parameters: uploads, versioning",
    "GET /{b}?restore&location": "Conflicting query string parameters: location, restore",
    "DELETE /{b}/k?tagging&acl": "Conflicting query string parameters: acl, tagging",
    "GET /{b}/k?uploads&acl": "Conflicting query string parameters: acl, uploads",
    "GET /{b}/k?partNumber=1&tagging": "Conflicting query string parameters: partNumber, tagging",
    "PUT /{b}/k?partNumber=1&tagging": "Conflicting query string parameters: partNumber, tagging",
    "GET /{b}/k?policy&location": "Conflicting query string parameters: location, policy",
    "GET /{b}?acl&partNumber=1": "Conflicting query string parameters: acl, partNumber",
    "GET /{b}?partNumber=abc": "Object must have a valid key name.",
    "DELETE /{b}?partNumber=1": "Object must have a valid key name.",
    "GET /{b}/k?annotationName=a": "Unexpected query string parameter",
    "GET /{b}?website=1": "The website parameter must not have a value",
    "GET /{b}/k?website=1": "The website parameter must not have a value",
    "GET /{b}?versionId=x": VERSIONLESS,
    "GET /{b}?list-type=2&versionId=": VERSIONLESS,
    "GET /{b}?versions&versionId=null": VERSIONLESS,
    "DELETE /{b}?versionId=x": VERSIONLESS,
    "PUT /{b}?tagging&versionId=x": VERSIONLESS,
    "GET /{b}?acl&versionId=x": "Invalid version id specified",
    "GET /{b}/k?location&versionId=x": VERSIONLESS,
    "GET /{b}/k?uploadId=u&versionId=x": VERSIONLESS,
    "PUT /{b}/k?partNumber=1&uploadId=u&versionId=x": VERSIONLESS,
    "PUT /{b}/k?versionId=x": VERSIONLESS,
    "PUT /{b}/k?partNumber=1": "This operation does not accept partNumber without uploadId",
    "GET /{b}/k?versionId=": "Version id cannot be the empty string",
    "DELETE /{b}/k?versionId": "Version id cannot be the empty string",
}


@pytest.mark.parametrize("line", REFUSED_AT_ONCE)
def test_a_query_that_contradicts_itself_is_refused_whoever_asks(service, line):
    method, target = line.split()
    for answer in (
        signed(service, method, target),
        signed(service, method, target, secret_key="wrong"),
        requests.request(method, service.endpoint + target.format(b="no-such-bucket")),
    ):
        assert answer.status_code == 400
        assert error_of(answer)[2] == REFUSED_AT_ONCE[line]
    assert signed(service, "HEAD", target).status_code == 400 or method != "GET"


WRONG_PLACE = {
    "GET /{b}/k?logging": "There is no such thing as the ?logging sub-resource for a key",
    "GET /{b}/k?versions": "There is no such thing as the ?versions sub-resource for a key",
    "GET /{b}/k?uploads": "Key is not expected for the GET method ?uploads subresource",
    "GET /{b}?uploadId=u": "A key must be specified",
    "POST /{b}?uploadId=u": "A key must be specified",
    "DELETE /{b}?uploadId=u": "A key must be specified",
    "POST /{b}?restore": "User key must be specified.",
}


@pytest.mark.parametrize("line", WRONG_PLACE)
def test_a_sub_resource_at_the_wrong_address(service, line):
    method, target = line.split()
    status, _, message = error_of(signed(service, method, target))
    assert (status, message) == (400, WRONG_PLACE[line])
    elsewhere = target.format(b="no-such-bucket")
    assert error_of(signed(service, method, elsewhere))[:2] == (404, "NoSuchBucket")


def test_a_key_s_address_shows_the_bucket(service):
    service.put()
    for name in ("location", "versioning", "requestPayment", "accelerate", "cors", "inventory"):
        at_the_bucket = signed(service, "GET", f"/{{b}}?{name}")
        at_the_key = signed(service, "GET", f"/{{b}}/no/such/key?{name}=1")
        assert at_the_key.status_code == at_the_bucket.status_code
        strip = re.compile("<(RequestId|HostId)>.*?<")
        assert strip.sub("", at_the_key.text) == strip.sub("", at_the_bucket.text)
    for name in ("policyStatus", "object-lock", "publicAccessBlock", "Location"):
        assert signed(service, "GET", f"/{{b}}/k?{name}").content == b"body"


@pytest.mark.parametrize("method", ["TRACE", "LINK", "PROPFIND", "get"])
def test_s3_knows_seven_methods(service, method):
    for target in ("/", "/{b}", "/{b}/k"):
        url = service.endpoint + target.format(b=service.bucket)
        prepared = requests.Request("GET", url).prepare()
        prepared.method = method
        answer = requests.Session().send(prepared)
        message = "An error occurred when parsing the HTTP request."
        assert error_of(answer) == (400, "BadRequest", message)
        assert "allow" not in answer.headers


@pytest.mark.parametrize("kind", ["UNSIGNED-PAYLOAD", "AWS4-HMAC-SHA256-PAYLOAD"])
def test_only_an_upload_has_a_trailer(service, kind):
    service.put()
    headers = {"x-amz-content-sha256": f"STREAMING-{kind}-TRAILER"}
    told = (400, "InvalidRequest", "The value of x-amz-content-sha256 header is invalid.")
    for method, path in (("GET", ""), ("GET", "/k"), ("DELETE", "/k"), ("PUT", "/k?tagging")):
        answer = sent_with(service, method, path, headers)
        assert error_of(answer) == told, (method, path)
    assert service.stored() == ["k"]
    assert sent_with(service, "HEAD", "/k", headers).status_code == 400
    assert sent_with(service, "PUT", "/new", headers).status_code == 411  # no decoded length
