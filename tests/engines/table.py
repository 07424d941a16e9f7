"""One table of requests for every engine: each rule's refused case and its nearest accepted one.

A case sends one request to a target and says whether S3 accepts it. `code` is AWS's code for a
refusal. Nothing in a case depends on which engine it is sent to.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import requests
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from strict_s3.rules import sigv4
from strict_s3.rules.sigv4 import Scope

BODY = b"the body"
PAGE = "https://page.example"


@dataclass
class Target:
    """An S3 to ask: its own bucket, an object `key` in it."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    bucket: str
    key: str = "witness/k"
    session_token: str | None = None

    def __post_init__(self) -> None:
        self.s3 = boto3.client(
            "s3",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.session_token,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        self.base = self.s3.meta.endpoint_url
        self.host = self.base.partition("://")[2]

    def url(self, operation: str, expires: int = 300, **params: Any) -> str:
        """A URL presigned by boto3."""
        params = {"Bucket": self.bucket, "Key": self.key, **params}
        return str(self.s3.generate_presigned_url(operation, params, expires))

    def signed(self, method: str = "GET", path: str | None = None, **changes: Any) -> str:
        """A URL presigned by hand, with whatever is to be wrong in it."""
        arguments = {
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "region": self.region,
            "now": datetime.now(UTC),
            "expires": 300,
            **changes,
        }
        path = path or f"/{self.bucket}/{self.key}"
        return sigv4.presign(method, self.base, self.host, path, **arguments)

    def form(self, *conditions: Any, fields: dict[str, str] | None = None, expires: int = 300):
        """(url, fields) of a presigned POST."""
        made = self.s3.generate_presigned_post(
            self.bucket, self.key, Fields=fields, Conditions=list(conditions), ExpiresIn=expires
        )
        return made["url"], made["fields"]


@dataclass
class Case:
    """One request. `bucket_wide` ones change the bucket's configuration."""

    name: str
    send: Callable[[Target], requests.Response]
    accepted: bool
    code: str = ""
    bucket_wide: bool = False


def cases() -> Iterator[Case]:
    """The whole table."""
    yield from _methods()
    yield from _changes()
    yield from _times_and_keys()
    yield from _headers_and_bodies()
    yield from _authorization_header()
    yield from _forms()
    yield from _form_signatures()
    yield from _cors()


def _methods() -> Iterator[Case]:
    operations = {
        "GET": "get_object",
        "HEAD": "head_object",
        "PUT": "put_object",
        "DELETE": "delete_object",
    }
    for signed, operation in operations.items():
        for sent in operations:

            def send(t: Target, sent: str = sent, operation: str = operation) -> requests.Response:
                return requests.request(
                    sent, t.url(operation), data=BODY if sent == "PUT" else None
                )

            same = signed == sent
            yield Case(
                f"{sent} on a URL for {signed}", send, same, "" if same else "SignatureDoesNotMatch"
            )


def _changes() -> Iterator[Case]:
    def changed(old: str, new: str, operation: str = "get_object", **params: Any):
        def send(t: Target) -> requests.Response:
            url = t.url(operation, **params)
            assert old in url, (old, url)
            return requests.get(url.replace(old, new, 1))

        return send

    mismatch, parameters = "SignatureDoesNotMatch", "AuthorizationQueryParametersError"
    yield Case("a URL as it was signed", lambda t: requests.get(t.url("get_object")), True)
    override = {"ResponseContentType": "text/csv"}
    yield Case(
        "a signed response-content-type",
        lambda t: requests.get(t.url("get_object", **override)),
        True,
    )
    yield Case("another response-content-type", changed("csv", "html", **override), False, mismatch)
    for old, new, code in [
        ("witness/k?", "witness/other?", mismatch),
        ("witness/k?", "witness//k?", mismatch),
        ("witness/k?", "witness/K?", mismatch),
        ("Expires=300", "Expires=301", mismatch),
        ("Expires=300", "Expires=604801", parameters),
        ("Expires=300", "Expires=-1", parameters),
        ("Expires=300", "Expires=abc", parameters),
        ("X-Amz-Signature=", "X-Amz-Signature=0", mismatch),
        ("X-Amz-Signature=", "x-ignored=", parameters),
        ("X-Amz-Credential=", "x-ignored=", parameters),
        ("X-Amz-Date=", "x-ignored=", parameters),
        ("X-Amz-Expires=", "x-ignored=", parameters),
        ("X-Amz-SignedHeaders=", "x-ignored=", parameters),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", parameters),
        ("SignedHeaders=host", "SignedHeaders=date", "AccessDenied"),
        ("aws4_request", "aws5_request", parameters),
        ("%2Fs3%2F", "%2Fsqs%2F", parameters),
        ("?", "?versionId=null&", mismatch),
        ("?", "?acl&", mismatch),
        ("?", "?response-content-type=text/html&", mismatch),
    ]:
        yield Case(f"{old} made {new}", changed(old, new), False, code)


def _times_and_keys() -> Iterator[Case]:
    def at(expires: int = 300, **shift: float):
        def send(t: Target) -> requests.Response:
            now = datetime.now(UTC) + timedelta(**shift)
            return requests.get(t.signed(now=now, expires=expires))

        return send

    yield Case("signed a minute ago for five", at(minutes=-1), True)
    yield Case("signed six minutes ago for five", at(minutes=-6), False, "AccessDenied")
    yield Case("signed 30 seconds ago for 10", at(10, seconds=-30), False, "AccessDenied")
    yield Case("signed six days ago for seven", at(604800, days=-6), True)
    yield Case("signed eight days ago for seven", at(604800, days=-8), False, "AccessDenied")
    yield Case("signed an hour ahead", at(hours=1), False, "AccessDenied")
    yield Case("seven days", at(604800), True)
    yield Case("seven days and a second", at(604801), False, "AuthorizationQueryParametersError")
    yield Case("zero seconds, a minute ago", at(0, minutes=-1), False, "AccessDenied")
    for name, changes, code in [
        ("an unknown key", {"access_key": "AKIAIOSFODNN7EXAMPLE"}, "InvalidAccessKeyId"),
        ("a wrong secret", {"secret_key": "wrong"}, "SignatureDoesNotMatch"),
        ("a token for a key without one", {"session_token": "x"}, "InvalidToken"),
        ("another region", {"region": "ap-south-1"}, "AuthorizationQueryParametersError"),
        ("another service", {"service": "sqs"}, "AuthorizationQueryParametersError"),
    ]:

        def send(t: Target, changes: dict[str, Any] = changes) -> requests.Response:
            return requests.get(t.signed(**changes))

        yield Case(name, send, False, code)

    def anonymous(t: Target) -> requests.Response:
        return requests.get(f"{t.base}/{t.bucket}/{t.key}")

    yield Case("an anonymous GET", anonymous, False, "AccessDenied")
    yield Case(
        "an anonymous PUT",
        lambda t: requests.put(f"{t.base}/{t.bucket}/{t.key}", data=BODY),
        False,
        "AccessDenied",
    )
    yield Case(
        "a key that is not there",
        lambda t: requests.get(t.url("get_object", Key="witness/none")),
        False,
        "NoSuchKey",
    )


def _headers_and_bodies() -> Iterator[Case]:
    def put(params: dict[str, Any], headers: dict[str, str], body: bytes = BODY):
        return lambda t: requests.put(t.url("put_object", **params), data=body, headers=headers)

    mismatch = "SignatureDoesNotMatch"
    png = {"ContentType": "image/png"}
    md5 = base64.b64encode(hashlib.md5(BODY, usedforsecurity=False).digest()).decode()
    crc = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
    note = {"Metadata": {"note": "a"}}
    for name, params, headers, body, code in [
        ("signed type, sent", png, {"Content-Type": "image/png"}, BODY, ""),
        ("signed type, another sent", png, {"Content-Type": "text/html"}, BODY, mismatch),
        ("signed type, none sent", png, {}, BODY, mismatch),
        ("unsigned type", {}, {"Content-Type": "text/html"}, BODY, ""),
        ("form-encoded type", {}, {"Content-Type": "application/x-www-form-urlencoded"}, BODY, ""),
        ("signed metadata", note, {"x-amz-meta-note": "a"}, BODY, ""),
        ("signed metadata, another value", note, {"x-amz-meta-note": "b"}, BODY, mismatch),
        ("unsigned metadata", {}, {"x-amz-meta-note": "a"}, BODY, "AccessDenied"),
        ("unsigned acl", {}, {"x-amz-acl": "public-read"}, BODY, "AccessDenied"),
        ("signed length", {"ContentLength": len(BODY)}, {}, BODY, ""),
        ("signed length, a longer body", {"ContentLength": len(BODY)}, {}, BODY + b"!", mismatch),
        ("signed MD5", {"ContentMD5": md5}, {"Content-MD5": md5}, BODY, ""),
        (
            "signed MD5 of another body",
            {"ContentMD5": md5},
            {"Content-MD5": md5},
            b"other!!!",
            "BadDigest",
        ),
        ("signed CRC32", {"ChecksumCRC32": crc}, {"x-amz-checksum-crc32": crc}, BODY, ""),
        (
            "signed CRC32 of another body",
            {"ChecksumCRC32": crc},
            {"x-amz-checksum-crc32": crc},
            b"other!!!",
            "BadDigest",
        ),
    ]:
        yield Case(f"PUT: {name}", put(params, headers, body), not code, code)

    def smuggled(t: Target) -> requests.Response:
        source = {"x-amz-copy-source": f"/{t.bucket}/{t.key}"}
        url = t.url("put_object", Key="witness/copy")
        try:
            return requests.put(url, headers=source)
        finally:
            t.s3.delete_object(Bucket=t.bucket, Key="witness/copy")

    yield Case("PUT: unsigned copy source", smuggled, False, "AccessDenied")

    def head(headers: dict[str, str]):
        return lambda t: requests.get(t.url("get_object"), headers=headers)

    yield Case("GET of a range", head({"Range": "bytes=0-1"}), True)
    yield Case("GET of a range past the end", head({"Range": "bytes=99-"}), False, "InvalidRange")
    yield Case("GET if another ETag", head({"If-Match": '"x"'}), False, "PreconditionFailed")
    both = {"Authorization": "AWS4-HMAC-SHA256 Credential=a"}
    yield Case("query and header at once", head(both), False, "InvalidArgument")


def _authorization_header() -> Iterator[Case]:
    def sent(change: Callable[[dict[str, str]], None] | None = None, **keys: str):
        def send(t: Target) -> requests.Response:
            url = f"{t.base}/{t.bucket}/{t.key}"
            request = AWSRequest("GET", url)
            credentials = Credentials(
                keys.get("access", t.access_key), keys.get("secret", t.secret_key), t.session_token
            )
            S3SigV4Auth(credentials, "s3", keys.get("region", t.region)).add_auth(request)
            headers = dict(request.headers.items())
            if change:
                change(headers)
            return requests.get(url, headers=headers)

        return send

    def replace(old: str, new: str) -> Callable[[dict[str, str]], None]:
        def change(headers: dict[str, str]) -> None:
            headers["Authorization"] = headers["Authorization"].replace(old, new)

        return change

    yield Case("header: as it was signed", sent(), True)
    yield Case("header: wrong secret", sent(secret="wrong"), False, "SignatureDoesNotMatch")
    yield Case("header: unknown key", sent(access="AKIAUNKNOWN"), False, "InvalidAccessKeyId")
    yield Case(
        "header: another region", sent(region="ap-south-1"), False, "AuthorizationHeaderMalformed"
    )
    for name, old, new, code in [
        ("no signature", "Signature=", "Sig=", "AuthorizationHeaderMalformed"),
        ("no credential", "Credential=", "Cred=", "AuthorizationHeaderMalformed"),
        ("another scheme", "AWS4-HMAC-SHA256", "Bearer", "InvalidArgument"),
        ("another terminator", "aws4_request", "aws5_request", "AuthorizationHeaderMalformed"),
    ]:
        yield Case(f"header: {name}", sent(replace(old, new)), False, code)
    stale = {"X-Amz-Date": "20200101T000000Z"}
    yield Case("header: of 2020", sent(lambda h: h.update(stale)), False, "RequestTimeTooSkewed")
    late = {"x-amz-meta-late": "1"}
    yield Case(
        "header: unsigned x-amz header", sent(lambda h: h.update(late)), False, "AccessDenied"
    )


def post(t: Target, url: str, fields: dict[str, str], body: bytes = BODY) -> requests.Response:
    files = {"file": ("cat.jpg", body)}
    return requests.post(url, data=fields, files=files, allow_redirects=False)


def _forms() -> Iterator[Case]:
    def form(*conditions: Any, fields=None, changes=None, body: bytes = BODY, expires: int = 300):
        def send(t: Target) -> requests.Response:
            url, made = t.form(*conditions, fields=fields, expires=expires)
            return post(t, url, {**made, **(changes or {})}, body)

        return send

    denied = "AccessDenied"
    yield Case("form: as it was signed", form(), True)
    yield Case("form: expired", form(expires=-60), False, denied)
    yield Case("form: another key", form(changes={"key": "witness/other"}), False, denied)
    yield Case("form: extra field", form(changes={"x-amz-meta-a": "1"}), False, denied)
    yield Case("form: ignored field", form(changes={"x-ignore-a": "1"}), True)
    for status in ("200", "201", "204"):
        field = {"success_action_status": status}
        yield Case(f"form: status {status}", form(field, fields=field), True)
    for operator, value, sent, right in [
        ("eq", "image/png", "image/png", True),
        ("eq", "image/png", "image/gif", False),
        ("eq", "image/png", "image/png ", False),
        ("starts-with", "image/", "image/gif", True),
        ("starts-with", "image/", "text/html", False),
        ("starts-with", "", "anything/at-all", True),
        ("starts-with", "image/", "Image/gif", False),
    ]:
        name = f"form: Content-Type {operator} {value!r}, sent {sent!r}"
        condition, field = [operator, "$Content-Type", value], {"Content-Type": sent}
        yield Case(name, form(condition, fields=field), right, "" if right else denied)
    for value, right in (("1", True), ("2", False), ("", False)):
        name = f"form: metadata eq '1', sent {value!r}"
        condition, field = {"x-amz-meta-a": "1"}, {"x-amz-meta-a": value}
        yield Case(name, form(condition, fields=field), right, "" if right else denied)
    yield Case("form: condition without its field", form({"x-amz-meta-a": "1"}), False, denied)
    for least, most, code in [
        (0, 100, ""),
        (len(BODY), len(BODY), ""),
        (0, len(BODY) - 1, "EntityTooLarge"),
        (len(BODY) + 1, 100, "EntityTooSmall"),
    ]:
        condition = ["content-length-range", least, most]
        yield Case(f"form: {least} to {most} bytes", form(condition), not code, code)
    yield Case(
        "form: an empty file where one byte is asked for",
        form(["content-length-range", 1, 5], body=b""),
        False,
        "EntityTooSmall",
    )

    def key_prefix(sent: str):
        def send(t: Target) -> requests.Response:
            made = t.s3.generate_presigned_post(
                t.bucket,
                "witness/${filename}",
                Conditions=[["starts-with", "$key", "witness/"]],
                ExpiresIn=300,
            )
            return post(t, made["url"], {**made["fields"], "key": sent})

        return send

    yield Case("form: ${filename} under the prefix", key_prefix("witness/${filename}"), True)
    yield Case("form: another key under the prefix", key_prefix("witness/any"), True)
    yield Case("form: a key outside the prefix", key_prefix("other/${filename}"), False, denied)


def _form_signatures() -> Iterator[Case]:
    def broken(changes: dict[str, str | None]):
        def send(t: Target) -> requests.Response:
            url, fields = t.form()
            kept = {k: v for k, v in {**fields, **changes}.items() if v is not None}
            return post(t, url, kept)

        return send

    for name, changes, code in [
        ("wrong signature", {"x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
        ("no signature", {"x-amz-signature": None}, "InvalidArgument"),
        ("no credential", {"x-amz-credential": None}, "InvalidArgument"),
        ("no key", {"key": None}, "InvalidArgument"),
        ("a credential of two parts", {"x-amz-credential": "a/b"}, "InvalidArgument"),
        ("another policy", {"policy": base64.b64encode(b"{}").decode()}, "SignatureDoesNotMatch"),
        ("no policy", {"policy": None}, "InvalidArgument"),
    ]:
        yield Case(f"form: {name}", broken(changes), False, code)

    def by_hand(document: Any):
        def send(t: Target) -> requests.Response:
            date = sigv4.amz_date(datetime.now(UTC))
            scope = Scope(date[:8], t.region)
            text = document if isinstance(document, str) else json.dumps(document(t))
            policy = base64.b64encode(text.encode()).decode()
            fields = {
                "key": t.key,
                "x-amz-algorithm": "AWS4-HMAC-SHA256",
                "x-amz-credential": f"{t.access_key}/{scope}",
                "x-amz-date": date,
                "policy": policy,
                "x-amz-signature": sigv4.signature(sigv4.signing_key(t.secret_key, scope), policy),
            }
            return post(t, f"{t.base}/{t.bucket}", fields)

        return send

    def document(*extra: Any, expiration: str | None = "2100-01-01T00:00:00Z", bucket: str = ""):
        def make(t: Target) -> dict[str, Any]:
            free = [["starts-with", f"$x-amz-{n}", ""] for n in ("algorithm", "credential", "date")]
            conditions = [
                {"bucket": bucket or t.bucket},
                ["starts-with", "$key", ""],
                *free,
                *extra,
            ]
            made: dict[str, Any] = {"conditions": conditions}
            return {**made, "expiration": expiration} if expiration else made

        return make

    bad = "InvalidPolicyDocument"
    yield Case("policy: made by hand", by_hand(document()), True)
    yield Case("policy: no JSON", by_hand("nonsense"), False, bad)
    yield Case("policy: no expiration", by_hand(document(expiration=None)), False, bad)
    yield Case("policy: no date", by_hand(document(expiration="soon")), False, bad)
    yield Case(
        "policy: of 2020",
        by_hand(document(expiration="2020-01-01T00:00:00Z")),
        False,
        "AccessDenied",
    )
    yield Case("policy: another bucket", by_hand(document(bucket="another")), False, "AccessDenied")
    yield Case("policy: two properties", by_hand(document({"a": "1", "b": "2"})), False, bad)
    yield Case("policy: unknown operator", by_hand(document(["like", "$key", "k"])), False, bad)
    yield Case("policy: two elements", by_hand(document(["eq", "$key"])), False, bad)
    yield Case(
        "policy: no conditions", by_hand('{"expiration": "2100-01-01T00:00:00Z"}'), False, bad
    )


def _cors() -> Iterator[Case]:
    def ask(
        rule: dict[str, Any] | None, origin: str = PAGE, method: str = "GET", headers: str = ""
    ):
        def send(t: Target) -> requests.Response:
            if rule is None:
                t.s3.delete_bucket_cors(Bucket=t.bucket)
            else:
                full = {"AllowedOrigins": [PAGE], "AllowedMethods": ["GET"], **rule}
                t.s3.put_bucket_cors(Bucket=t.bucket, CORSConfiguration={"CORSRules": [full]})
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": headers,
            }
            sent = {name: value for name, value in asked.items() if value}
            return requests.options(f"{t.base}/{t.bucket}/{t.key}", headers=sent)

        return send

    no = "AccessForbidden"
    star, anything = {"AllowedOrigins": ["*"]}, {"AllowedHeaders": ["*"]}
    typed, prefixed = {"AllowedHeaders": ["Content-Type"]}, {"AllowedHeaders": ["x-amz-*"]}
    wild = {"AllowedOrigins": ["https://*.example"]}
    for name, send, code in [
        ("no configuration", ask(None), no),
        ("its origin", ask({}), ""),
        ("another origin", ask({}, "https://other.example"), no),
        ("any origin", ask(star, "https://other.example"), ""),
        ("a wildcard origin", ask(wild), ""),
        ("outside the wildcard", ask(wild, "https://page.example.org"), no),
        ("another method", ask({}, method="PUT"), no),
        ("one of its methods", ask({"AllowedMethods": ["GET", "PUT"]}, method="PUT"), ""),
        ("a header that is not allowed", ask({}, headers="content-type"), no),
        ("an allowed header, other case", ask(typed, headers="content-type"), ""),
        ("a header beside an allowed one", ask(typed, headers="content-type,x-a"), no),
        ("any header", ask(anything, headers="x-a,x-b"), ""),
        ("headers of a prefix", ask(prefixed, headers="x-amz-acl"), ""),
        ("headers outside the prefix", ask(prefixed, headers="content-type"), no),
        ("no origin", ask({}, origin=""), "BadRequest"),
        ("no method", ask({}, method=""), "BadRequest"),
    ]:
        yield Case(f"preflight: {name}", send, not code, code, bucket_wide=True)

    def actual(origin: str):
        def send(t: Target) -> requests.Response:
            ask({})(t)
            return requests.get(t.url("get_object"), headers={"Origin": origin})

        return send

    yield Case("GET from its origin", actual(PAGE), True, bucket_wide=True)
    yield Case("GET from another origin", actual("https://other.example"), True, bucket_wide=True)
