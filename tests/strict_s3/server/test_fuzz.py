"""Malformed requests, forms, policies and configurations: answered 4xx in XML, never 500.

A few thousand in the suite, always the same ones: the same seed makes the same requests, with the
same keys and at the same time. FUZZ_REQUESTS=200000 for a long run, FUZZ_SEED=… for another one.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import random
import socket
import time
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import ParseError, fromstring

import psutil
import pytest
import requests

from strict_s3.rules import sigv4
from strict_s3.rules.identity import ACCOUNT, Credential, root_of
from strict_s3.rules.request import Request, has_broken_escape
from strict_s3.rules.s3_operations import SUBRESOURCES
from strict_s3.rules.sigv4 import Scope
from strict_s3.server.clock import Clock
from strict_s3.server.gate import Gate
from strict_s3.server.response import Response
from strict_s3.server.server import DEFAULT_BUCKET, DEFAULT_REGION
from strict_s3.server.store.store import Store

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "4000"))
SEED = int(os.environ.get("FUZZ_SEED", "20261124"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SLOW = 2  # seconds of CPU for one request
SILENT = 20  # seconds until a connection without an answer counts as hanging
HOST = "127.0.0.1:9"
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]
WORDS = [
    *(
        "",
        "a",
        "0",
        "-1",
        "1e99",
        "99999999999999999999",
        "9" * 5000,
        "\u0661",
        "null",
        "*",
        "../..",
        "%",
        "%zz",
        "%ff",
    ),
    *(
        "\x00",
        "\r\n",
        "é",
        "🎈",
        "<a>",
        "&amp;",
        '"',
        "${filename}",
        "A" * 3000,
        "true",
        "[]",
        "{}",
    ),
]
DOCUMENTS = [
    "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
    "<MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>",
    "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    "<Delete><Object><Key>k</Key></Object></Delete>",
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
    "</CompleteMultipartUpload>",
    "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix/></Filter>"
    "<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
    "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>"
    "</PublicAccessBlockConfiguration>",
    "<AccessControlPolicy><Owner><ID>a</ID></Owner></AccessControlPolicy>",
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
    '"Resource":"arn:aws:s3:::presignedurldemo/*","Condition":{"IpAddress":{"aws:SourceIp":"::1"}}}]}',
    '{"expiration":"2100-01-01T00:00:00Z","conditions":[{"bucket":"presignedurldemo"},'
    '["starts-with","$key",""],["content-length-range",0,10]]}',
    "Action=CreateUser&Version=2010-05-08&UserName=a",
    "Action=PutUserPolicy&UserName=a&PolicyName=p&PolicyDocument=%7B%7D",
    "Action=AssumeRole&RoleArn=a&RoleSessionName=bb&DurationSeconds=900",
    "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument=%7B%7D",
]


class StoppedClock(Clock):
    """Always says the same, so that the same requests are made and judged."""

    @staticmethod
    def wall() -> datetime:
        return NOW


ROOT = Credential(
    "AKIAIOSFODNN7EXAMPLE",
    "not-a-secret",
    root_of(ACCOUNT),
)


class Target:
    """A gate with nothing random in it and no sockets around it."""

    def __init__(self) -> None:
        clock = StoppedClock()
        self.store = Store(DEFAULT_REGION, clock, ROOT)
        self.gate = Gate(self.store, clock)
        self.empty()

    def empty(self) -> None:
        self.store.reset()
        self.gate.sts.reset()
        self.store.create_bucket(DEFAULT_BUCKET)


@pytest.fixture
def target():
    return Target()


class Fuzzer:
    """Makes requests, most of them signed correctly so that they get past the signature."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.root, self.region, self.bucket = ROOT, DEFAULT_REGION, DEFAULT_BUCKET

    def mutated(self, text: str) -> str:
        """`text` with up to three random changes."""
        for _ in range(self.dice.randrange(4)):
            at = self.dice.randrange(len(text) + 1)
            word = self.dice.choice([*WORDS, *text.split(">")[:4]])
            text = text[:at] + word + text[at + self.dice.randrange(12) :]
        return text

    def request(self) -> tuple[Request, bytes]:
        kind = self.dice.choice(["query", "header", "form", "service", "raw"])
        return getattr(self, f"_{kind}")()

    def _target(self) -> tuple[str, list[tuple[str, str]]]:
        path = self.dice.choice(
            ["/", f"/{self.bucket}", f"/{self.bucket}/k", f"/{self.bucket}/{self.mutated('a/b')}"]
        )
        names = [
            *sorted(SUBRESOURCES),
            "partNumber",
            "versionId",
            "max-keys",
            "list-type",
            "prefix",
            "id",
        ]
        names += ["encoding-type", "continuation-token", "part-number-marker", "max-uploads"]
        chosen = self.dice.sample(names, self.dice.choice([0, 0, 1, 1, 1, 2]))
        return path, [(name, self.dice.choice(WORDS)) for name in chosen]

    def _extra(self) -> dict[str, str]:
        names = ["range", "if-match", "if-none-match", "x-amz-checksum-crc32", "content-md5"]
        names += [
            "x-amz-copy-source",
            "x-amz-tagging",
            "x-amz-storage-class",
            "x-amz-acl",
            "origin",
        ]
        names += [
            "x-amz-object-attributes",
            "content-encoding",
            "if-modified-since",
            "x-amz-trailer",
        ]
        names += ["x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "expect"]
        names += ["x-amz-server-side-encryption", "x-amz-metadata-directive", "x-amz-meta-a"]
        chosen = self.dice.sample(names, self.dice.choice([0, 0, 1, 2]))
        return {name: self.dice.choice(WORDS) for name in chosen}

    def _body(self) -> bytes:
        return self.mutated(self.dice.choice(DOCUMENTS)).encode("utf-8", "replace")

    def _query(self) -> tuple[Request, bytes]:
        path, query = self._target()
        method, extra, body = self.dice.choice(METHODS), self._extra(), self._body()
        url = sigv4.presign(
            method,
            "",
            HOST,
            path,
            access_key=self.root.access_key,
            secret_key=self.root.secret_key,
            region=self.region,
            now=NOW,
            expires=60,
            headers=extra,
            query=query,
        )
        if self.dice.random() < 0.2:
            url = quote(self.mutated(url), safe="/?&=%")
        return self._made(method, url, extra, body)

    def _made(self, method: str, url: str, headers: dict[str, str], body: bytes):
        sent = {"host": HOST, "content-length": str(len(body)), **headers}
        return Request.build(method, url, sent.items()), body

    def _header(self) -> tuple[Request, bytes]:
        path, query = self._target()
        body = self._body()
        declared = ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "x", "0" * 64]
        declared += ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
        headers = {"x-amz-content-sha256": self.dice.choice(declared), **self._extra()}
        headers["x-amz-decoded-content-length"] = self.dice.choice(["1", "x", "99"])
        return self._signed("s3", self.dice.choice(METHODS), path, query, headers, body)

    def _service(self) -> tuple[Request, bytes]:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        service = self.dice.choice(["iam", "sts"])
        return self._signed(service, "POST", "/", [], headers, self._body())

    def _signed(self, service, method, path, query, headers, body) -> tuple[Request, bytes]:
        date = sigv4.amz_date(NOW)
        scope = Scope(date[:8], self.region, service)
        signed = {"host": HOST, "x-amz-date": date, **headers}
        payload = headers.get("x-amz-content-sha256") or hashlib.sha256(body).hexdigest()
        names = sorted(signed)
        target = f"{sigv4.canonical_uri(path)}?{sigv4.canonical_query(query)}"
        request = Request.build(method, target, signed.items())
        canonical = sigv4.canonical_request(request, names, payload)
        mark = sigv4.signature(
            sigv4.signing_key(self.root.secret_key, scope),
            sigv4.string_to_sign(date, scope, canonical),
        )
        signed["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.root.access_key}/{scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={mark}"
        )
        return self._made(method, target, signed, body)

    def _form(self) -> tuple[Request, bytes]:
        date = sigv4.amz_date(NOW)
        scope = Scope(date[:8], self.region)
        policy = base64.b64encode(self._body()).decode()
        fields = {
            "key": self.dice.choice(WORDS),
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{self.root.access_key}/{scope}",
            "x-amz-date": date,
            "policy": policy,
            "x-amz-signature": sigv4.signature(
                sigv4.signing_key(self.root.secret_key, scope), policy
            ),
        }
        if self.dice.random() < 0.3:
            fields[self.dice.choice(list(fields))] = self.dice.choice(WORDS)
        part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        text = "".join(part.format(name, value) for name, value in fields.items())
        text += part.format("file", "x" * self.dice.randrange(20)) + "--b--\r\n"
        if self.dice.random() < 0.3:
            text = self.mutated(text)
        headers = {
            "content-type": self.dice.choice(["multipart/form-data; boundary=b"] * 300 + WORDS)
        }
        return self._made("POST", f"/{self.bucket}", headers, text.encode("utf-8", "replace"))

    def _raw(self) -> tuple[Request, bytes]:
        query = urlencode([(self.dice.choice(WORDS), self.dice.choice(WORDS)) for _ in range(3)])
        headers = {"authorization": self.dice.choice(WORDS), **self._extra()}
        if self.dice.random() < 0.5:
            del headers["authorization"]
            query += "&X-Amz-Signature=" + self.dice.choice(WORDS).replace("#", "")
        path = quote(self.dice.choice(WORDS), safe="/%")
        return self._made(self.dice.choice(METHODS), f"/{path}?{query}", headers, self._body())


def _code(xml: bytes) -> str | None:
    try:
        return fromstring(xml).findtext(".//{*}Code")
    except ParseError:
        return None


def _text_of(answer: Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)


def test_the_same_seed_makes_the_same_requests():
    one, other = (Fuzzer(SEED) for _ in range(2))
    assert [one.request() for _ in range(300)] == [other.request() for _ in range(300)]


def test_never_a_500(target, caplog):
    caplog.set_level("ERROR")
    fuzzer = Fuzzer(SEED)
    memory = psutil.Process()
    seen: Counter[int] = Counter()
    half_way, slowest = 0, 0.0
    for number in range(REQUESTS):
        request, body = fuzzer.request()
        begun = time.thread_time()  # the computer may have other things to do
        answer = target.gate.handle(request, io.BytesIO(body).read)
        slowest = max(slowest, time.thread_time() - begun)
        seen[answer.status] += 1
        told = _text_of(answer)
        shown = (number, request, body[:400], told[:400], caplog.text[-400:])
        assert answer.status < 500 or answer.status == 501, shown
        if answer.status >= 400 and request.method != "HEAD":
            # Where dots lead out of the bucket, or a % escapes nothing, there is no document.
            silent = "/.." in request.path or has_broken_escape(request.path)
            assert _code(told) or silent, shown
        if number % 2000 == 1999:
            target.empty()
        if number == REQUESTS // 2:
            half_way = memory.memory_info().rss
    grown = (memory.memory_info().rss - half_way) / 2**20
    print(
        f"{REQUESTS} requests: {json.dumps(dict(sorted(seen.items())))}, "
        f"slowest {slowest:.2f} s, {grown:+.1f} MiB in the second half"
    )
    # Most are refused, and enough get through to have reached the store (404 is its answer too).
    assert seen[200] + seen[204] + seen[404] > REQUESTS / 60
    assert seen[200] and seen[204]
    assert slowest < SLOW
    assert grown < 60


def _wire_format(request: Request, body: bytes) -> bytes:
    """The request as a client would send it; what cannot be sent is left out."""
    query = f"?{request.query_string}" if request.query_string else ""
    lines = [f"{request.method} {request.path}{query} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body


def _answer_to(address: tuple[str, int], sent: bytes) -> bytes:
    """Everything that the server says until it closes. Raises TimeoutError if it says nothing."""
    with socket.create_connection(address, timeout=SILENT) as wire:
        wire.sendall(sent)
        wire.shutdown(socket.SHUT_WR)
        told = b""
        while piece := wire.recv(65536):
            told += piece
    return told


def test_broken_http_gets_an_answer_and_the_server_lives_on(service):
    """Bytes that are no HTTP any more: refused in XML or cut off, and never a 500 or a hang."""
    fuzzer = Fuzzer(SEED)
    dice = random.Random(SEED)
    address = ("127.0.0.1", service.server.http.port)
    seen: Counter[str] = Counter()
    for number in range(REQUESTS // 10):
        sent = bytearray(_wire_format(*fuzzer.request()))
        for _ in range(dice.randrange(4)):
            at = dice.randrange(min(len(sent), 200))
            noise = dice.choice(
                [b"\r\n", b"\n", b" ", b":", b"\x00", b"\xff", b"%", dice.randbytes(3)]
            )
            sent[at : at + dice.randrange(3)] = noise
        try:
            told = _answer_to(address, bytes(sent))
        except TimeoutError:
            raise AssertionError(f"no answer to {number}: {bytes(sent)!r}") from None
        except OSError:  # closed before all was sent
            seen["closed"] += 1
            continue
        head, _, rest = told.partition(b"\r\n\r\n")
        status = head[9:12].decode("latin-1")
        seen[status or "closed"] += 1
        assert status < "500" or status == "501", (number, bytes(sent), told[:400])
        if status >= "400" and rest and not sent.startswith(b"HEAD"):
            assert b"<Code>" in rest, (number, bytes(sent), told[:400])
    print(dict(sorted(seen.items())))
    service.put("k", b"still here")
    assert requests.get(service.presign("get_object")).content == b"still here"
    assert len(seen) > 3
