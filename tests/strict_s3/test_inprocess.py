"""The S3 in this very process: what urllib3's clients send reaches it, and nothing else changes."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import socket
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import boto3
import pytest
import requests
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from urllib3 import HTTPConnectionPool
from urllib3.util.retry import Retry

import strict_s3
from strict_s3 import inprocess
from strict_s3.inprocess import handler, mount
from strict_s3.rules.request import Request
from strict_s3.server.response import Response

KEYS = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEX"}
ROOT = Path(strict_s3.__file__).parent.parent
URLOPEN = HTTPConnectionPool.urlopen
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def untouched():
    """Whatever a test opens is closed at its end, and urllib3 is as it was."""
    yield
    left = list(inprocess._open_services), HTTPConnectionPool.urlopen
    inprocess._open_services.clear()
    HTTPConnectionPool.urlopen = URLOPEN
    assert left == ([], URLOPEN)


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def s3(no_sockets):
    with strict_s3.in_process() as server:
        yield server


def presigned(s3, operation, key="k", expires=60, **params):
    params = {"Bucket": s3.bucket, "Key": key, **params}
    return s3.client().generate_presigned_url(operation, params, expires)


def stored(s3, key="k"):
    return s3.client().get_object(Bucket=s3.bucket, Key=key)["Body"].read()


def names(client):
    return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


# Clients.


def test_a_head_can_be_as_long_as_on_a_socket(s3):
    url = s3.client().generate_presigned_url("put_object", {"Bucket": s3.bucket, "Key": "k"})
    assert requests.put(url, headers={"a": "x" * 7000}).status_code == 200
    answer = requests.put(url, headers={"a": "x" * 8192})
    assert answer.status_code == 400
    assert "<Code>RequestHeaderSectionTooLarge</Code>" in answer.text
    assert "<MaxSizeAllowed>8192</MaxSizeAllowed>" in answer.text
    assert answer.headers["x-amz-request-id"] in answer.text
    # The line before the headers is not one of them, as long as all is not too much.
    assert requests.get(f"{s3.endpoint_url}/{s3.bucket}/{'k/' * 5000}").status_code == 403
    assert requests.get(f"{s3.endpoint_url}/{s3.bucket}/{'k/' * 40000}").status_code == 400


def test_boto3_and_its_transfers(s3, tmp_path):
    client, big = s3.client(), tmp_path / "big"
    big.write_bytes(bytes(range(256)) * 4096 * 12)  # 12 MiB: in parts, in threads
    client.upload_file(str(big), s3.bucket, "big")
    assert client.head_object(Bucket=s3.bucket, Key="big")["ContentLength"] == 12 * MIB
    client.download_file(s3.bucket, "big", str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == big.read_bytes()
    client.upload_fileobj(io.BytesIO(b"small"), s3.bucket, "small")
    found = client.get_object(Bucket=s3.bucket, Key="small", Range="bytes=1-3")
    assert (found["Body"].read(), found["ContentRange"]) == (b"mal", "bytes 1-3/5")
    assert client.list_objects_v2(Bucket=s3.bucket)["KeyCount"] == 2
    client.delete_object(Bucket=s3.bucket, Key="small")
    with pytest.raises(ClientError, match="NoSuchKey"):
        client.get_object(Bucket=s3.bucket, Key="small")


def test_requests_and_a_form(s3):
    assert requests.put(presigned(s3, "put_object"), data=b"hello").status_code == 200
    answer = requests.get(presigned(s3, "get_object"))
    assert (answer.text, answer.headers["Server"]) == ("hello", "AmazonS3")
    post = s3.client().generate_presigned_post(s3.bucket, "form", ExpiresIn=60)
    sent = requests.post(post["url"], data=post["fields"], files={"file": b"from a form"})
    assert (sent.status_code, stored(s3, "form")) == (204, b"from a form")
    head = requests.head(presigned(s3, "head_object"))
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "5", b"")
    unchanged = requests.get(
        presigned(s3, "get_object"), headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert requests.get(f"{s3.endpoint_url}/_strict_s3/health").json() == {"status": "ok"}


def test_urllib3_itself(s3):
    http = urllib3.PoolManager()
    assert http.request("PUT", presigned(s3, "put_object"), body="text").status == 200
    answer = http.request("GET", presigned(s3, "get_object"), preload_content=False)
    assert b"".join(answer.stream(2)) == b"text"
    pool = urllib3.connection_from_url(s3.endpoint_url)
    assert pool.request("GET", f"/{s3.bucket}/k").status == 403


def test_a_bucket_in_the_host(s3):
    requests.put(presigned(s3, "put_object"), data=b"hello")
    port = s3.endpoint_url.rpartition(":")[2]
    assert requests.get(f"http://{s3.bucket}.localhost:{port}/k").status_code == 403
    assert s3.decisions()[0]["resource"].endswith(f"{s3.bucket}/k")
    assert requests.get(f"http://localhost:{port}/{s3.bucket}/k").status_code == 403


def test_a_proxy_for_the_internet_is_not_asked(s3, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.invalid:3128")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    own = boto3.client("s3", **s3.boto3_args, config=Config(signature_version="s3v4"))
    own.put_object(Bucket=s3.bucket, Key="k", Body=b"hello")
    assert requests.get(presigned(s3, "get_object")).text == "hello"
    with pytest.raises(AssertionError, match="a socket was used"):
        requests.get("http://elsewhere.example/")


# Bodies.


@pytest.mark.parametrize(
    "body",
    [b"", b"bytes", bytearray(b"array"), "text, ü", io.BytesIO(b"file"), memoryview(b"view")],
    ids=lambda body: type(body).__name__,
)
def test_bodies(s3, body):
    expected = (
        body.encode() if isinstance(body, str) else bytes(getattr(body, "getvalue", lambda: body)())
    )
    http = urllib3.PoolManager()
    answer = http.request(
        "PUT",
        presigned(s3, "put_object"),
        body=body,
        headers={"Content-Length": str(len(expected))},
    )
    assert answer.status == 200, answer.data
    assert stored(s3) == expected


def test_a_generator_is_sent_in_chunks_as_over_a_socket(s3):
    url = presigned(s3, "put_object")
    assert requests.put(url, data=iter([b"a", b"b"])).status_code in (411, 501)
    length = {"Content-Length": "4"}
    answer = urllib3.PoolManager().request(
        "PUT", url, body=iter([b"a", "bc", b"", b"d"]), headers=length
    )
    assert (answer.status, stored(s3)) == (200, b"abcd")


def test_a_body_that_is_shorter_or_longer_than_it_says(s3):
    http, url = urllib3.PoolManager(), presigned(s3, "put_object")
    short = http.request("PUT", url, body=b"abc", headers={"Content-Length": "4"})
    assert (short.status, b"IncompleteBody" in short.data) == (400, True)
    assert http.request("PUT", url, body=b"abcd", headers={"Content-Length": "3"}).status == 200
    assert stored(s3) == b"abc"


class Broken(Exception):
    pass


@pytest.mark.parametrize("problem", [Broken, KeyboardInterrupt])
def test_a_body_that_fails_fails_for_the_client_and_stores_nothing(s3, problem):
    def body():
        yield b"a" * 100_000
        raise problem

    length = {"Content-Length": "200000"}
    with pytest.raises(problem):
        urllib3.PoolManager().request(
            "PUT", presigned(s3, "put_object"), body=body(), headers=length
        )
    assert s3.decisions()[0]["error"] == "IncompleteBody"
    with pytest.raises(ClientError, match="NoSuchKey"):
        stored(s3)


def test_a_refused_body_is_not_read(s3):
    body = io.BytesIO(b"x" * 10)
    answer = requests.put(f"{s3.endpoint_url}/{s3.bucket}/k", data=body)
    assert (answer.status_code, body.tell()) == (403, 0)


def test_large_bodies_are_never_whole_in_memory(s3, tmp_path):
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.truncate(64 * MIB)
    put, get = presigned(s3, "put_object"), presigned(s3, "get_object")
    tracemalloc.start()
    try:
        with big.open("rb") as file:
            assert requests.put(put, data=file).status_code == 200
        with requests.get(get, stream=True) as answer:
            size = sum(map(len, answer.iter_content(MIB)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 64 * MIB
    assert peak < 16 * MIB


def test_a_response_that_is_not_read_to_its_end(s3):
    s3.client().put_object(Bucket=s3.bucket, Key="k", Body=b"x" * MIB)
    with requests.Session() as session:
        for _ in range(3):
            with session.get(presigned(s3, "get_object"), stream=True) as answer:
                assert next(answer.iter_content(10)) == b"x" * 10
        assert session.get(presigned(s3, "get_object")).content == b"x" * MIB


# What urllib3 does around a request.


def test_redirects_are_followed(s3):
    s3.client().put_object(Bucket=s3.bucket, Key="thanks", Body=b"thank you")
    thanks = presigned(s3, "get_object", "thanks")
    fields = {"success_action_redirect": thanks}
    post = s3.client().generate_presigned_post(
        s3.bucket, "form", fields, [["starts-with", "$success_action_redirect", "http"]], 60
    )
    answer = requests.post(
        post["url"], data=post["fields"], files={"file": b"x"}, allow_redirects=False
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(s3.endpoint_url)


def test_retries_send_a_file_again_from_where_it_was(s3):
    file = io.BytesIO(b"--hello")
    file.seek(2)
    retries = Retry(3, status_forcelist=[403], allowed_methods=None, raise_on_status=False)
    answer = urllib3.PoolManager(retries=retries).request(
        "PUT", f"{s3.endpoint_url}/{s3.bucket}/k", body=file, headers={"Content-Length": "5"}
    )
    assert answer.status == 403
    assert [decision["status"] for decision in s3.decisions(10)] == [403] * 4
    assert file.tell() == 2


def test_time_outs_do_no_harm(s3):
    requests.put(presigned(s3, "put_object"), data=b"hello", timeout=0.001)
    assert requests.get(presigned(s3, "get_object"), timeout=(0.001, 0.001)).text == "hello"


@pytest.mark.parametrize(
    ("header", "problem"),
    [({"X-A": "a\nb"}, ValueError), ({"X-A": "\u2713"}, UnicodeError), ({"X A": "b"}, None)],
)
def test_headers_that_http_does_not_allow(s3, header, problem):
    url = f"{s3.endpoint_url}/{s3.bucket}/k"
    if problem is None:
        assert urllib3.PoolManager().request("GET", url, headers=header).status == 400
    else:
        with pytest.raises((problem, urllib3.exceptions.HTTPError)):
            urllib3.PoolManager().request("GET", url, headers=header)


REQUESTS = {
    "anonymous": ("GET", "/b/k", {}, None),
    "a list": ("GET", "/", {}, None),
    "HEAD": ("HEAD", "/b/k", {}, None),
    "no such bucket": ("GET", "/nobody-has-it/k", {}, None),
    "a preflight": ("OPTIONS", "/b/k", {"Origin": "http://a.example"}, None),
    "a PUT": ("PUT", "/b/k", {}, b"body"),
    "two lengths": ("PUT", "/b/k", {"Content-Length": "4", "Transfer-Encoding": "chunked"}, None),
    "another coding": ("PUT", "/b/k", {"Transfer-Encoding": "gzip"}, None),
    "no number": ("PUT", "/b/k", {"Content-Length": "+4"}, b"body"),
    "100-continue": ("PUT", "/b/k", {"Expect": "100-continue"}, b"body"),
    "another method": ("PROPFIND", "/b/k", {}, None),
    "a fragment": ("GET", "/b/k#part", {}, None),
    "beyond ASCII": ("GET", "/b/\u00fc?x=\u00fc", {}, None),
    "// and dots": ("GET", "/b//../k", {}, None),
    "half a presigned URL": ("GET", "/b/k?X-Amz-Signature=1", {}, None),
    "a header signed badly": ("GET", "/b/k", {"Authorization": "AWS4-HMAC-SHA256 x"}, None),
    "version 2": ("GET", "/b/k", {"Authorization": "AWS a:b"}, None),
    "a form that is none": ("POST", "/b", {}, b"body"),
    "a form beyond its length": (
        "POST",
        "/b",
        {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "5"},
        b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x--\r\n',
    ),
    "latin-1": ("GET", "/b/k", {"User-Agent": "caf\u00e9"}, None),
    "health": ("GET", "/_strict_s3/health", {}, None),
}


@pytest.fixture(scope="module")
def both():
    with strict_s3.start(bucket="bbb", **KEYS) as outside:
        yield outside


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_the_same_as_over_a_socket(both, name):
    method, path, headers, body = REQUESTS[name]
    answers = []
    with strict_s3.in_process(bucket="bbb", **KEYS) as inside:
        for server in (both, inside):
            url = server.endpoint_url + path.replace("/b", "/bbb", 1)
            found = urllib3.PoolManager().request(
                method, url, body=body, headers=headers, retries=False
            )
            ids = {"x-amz-request-id", "x-amz-id-2", "date", "connection"}
            kept = {k.lower(): v for k, v in found.headers.items() if k.lower() not in ids}
            text = re.sub(rb"[0-9A-F]{16}|<HostId>[^<]+|127\.0\.0\.1:\d+", b"", found.data)
            answers.append((found.status, found.reason, kept, text))
    assert answers[0] == answers[1]


# Others beside it.


def test_two_of_them_share_nothing():
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    with (
        strict_s3.in_process() as one,
        strict_s3.in_process(bucket="two", region="us-east-1") as two,
    ):
        one.client().put_object(Bucket=one.bucket, Key="k", Body=b"one")
        ann = one.user(policy)
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            two.client(ann).list_buckets()
        with pytest.raises(ClientError, match="InvalidAccessKeyId"):
            boto3.client(
                "s3", **{**two.boto3_args, "aws_access_key_id": one.access_key}
            ).list_buckets()
        assert (names(one.client()), names(two.client())) == ([one.bucket], ["two"])
        assert two.client("iam").list_users()["Users"] == []
        with one.later(days=1):
            assert two.offset.total_seconds() == 0
        two.reset()
        assert stored(one) == b"one"
        assert len(two.decisions(100)) == 0
        assert len(one.decisions(100)) > 0


def test_crossed_exits():
    one, two, three = (strict_s3.in_process() for _ in range(3))
    one.stop()
    assert names(two.client()) == names(three.client()) == [two.bucket]
    three.stop()
    assert names(two.client()) == [two.bucket]
    with strict_s3.in_process() as four:
        two.stop()
        assert names(four.client()) == [four.bucket]


def test_it_is_put_back_after_an_exception():
    with pytest.raises(Broken), strict_s3.in_process() as s3:
        assert HTTPConnectionPool.urlopen is not URLOPEN
        raise Broken
    assert HTTPConnectionPool.urlopen is URLOPEN
    assert not s3.alive


def test_a_service_that_cannot_begin_leaves_nothing_open():
    with strict_s3.in_process(public_url="http://s3.example"):
        with pytest.raises(strict_s3.OptionError, match="which another S3 in this process has"):
            strict_s3.in_process(public_url="http://s3.example:80/path")
        assert len(inprocess._open_services) == 2


def test_when_it_is_closed_its_address_is_an_ordinary_one():
    with strict_s3.in_process() as s3:
        url = presigned(s3, "get_object")
    with strict_s3.in_process(), pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url)
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(url)


def test_somebody_elses_patch_is_left_alone():
    seen = []

    def others(pool, method, url, *rest, **more):
        seen.append(method)
        return before(pool, method, url, *rest, **more)

    def patch():
        nonlocal before
        before = HTTPConnectionPool.urlopen
        HTTPConnectionPool.urlopen = others

    before = None
    s3 = strict_s3.in_process()
    patch()  # inside, and it stays longer
    requests.get(s3.endpoint_url)
    s3.stop()
    assert HTTPConnectionPool.urlopen is others
    with strict_s3.in_process() as again:
        assert requests.get(again.endpoint_url).status_code == 403
    HTTPConnectionPool.urlopen = before
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(s3.endpoint_url)
    assert seen == ["GET", "GET"]
    HTTPConnectionPool.urlopen = URLOPEN
    patch()  # outside, and it ends first
    with strict_s3.in_process() as s3:
        assert requests.get(s3.endpoint_url).status_code == 403
    assert HTTPConnectionPool.urlopen is others
    HTTPConnectionPool.urlopen = URLOPEN


def enter_and_leave(*events):
    """Enter ("+m", "+s") and leave ("-m", "-s") mock_aws and a strict S3; use both each time."""
    mock, strict, clients = None, None, {}
    for event in events:
        match event:
            case "+m":
                mock = mock_aws()
                mock.start()
                clients["m"] = boto3.client("s3", region_name="us-east-1")
                clients["m"].create_bucket(Bucket="of-moto")
            case "-m":
                del clients["m"]
                mock.stop()
            case "+s":
                strict = strict_s3.in_process(bucket="strict")
                clients["s"] = strict.client()
                clients["s"].put_object(Bucket="strict", Key="k", Body=b"x")
            case "-s":
                del clients["s"]
                strict.stop()
            case "reset":
                strict.reset()
        if "m" in clients:
            assert names(clients["m"]) == ["of-moto"]
            assert names(boto3.client("s3", region_name="us-east-1")) == ["of-moto"]
            clients["m"].put_object(Bucket="of-moto", Key="k", Body=b"x")
            found = clients["m"].list_objects_v2(Bucket="of-moto")["Contents"]
            assert [item["Key"] for item in found] == ["k"]
            boto3.client("iam").list_users()
        if "s" in clients:
            assert names(clients["s"]) == ["strict"]
            assert requests.get(strict.endpoint_url).status_code == 403
            assert len(strict.client("iam").list_users()["Users"]) == 0
            with pytest.raises(ClientError, match="InvalidAccessKeyId"):
                boto3.client(
                    "s3",
                    region_name=strict.region,
                    endpoint_url=strict.endpoint_url,
                    aws_access_key_id="FOOBARKEY",
                    aws_secret_access_key="FOOBARSECRET",
                ).list_buckets()
    assert not clients


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "events",
    [
        "+m -m +s -s",
        "+s -s +m -m",
        "+m +s -s -m",
        "+s +m -m -s",
        "+m +s -m -s",
        "+s +m -s -m",
        "+s +m reset -m reset -s",
        "+m +s reset -s +s -m -s",
        "+m +s -m +m -s -m",
    ],
)
def test_motos_mock_before_after_inside_around_and_across(monkeypatch, events):
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    enter_and_leave(*events.split())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "order", list(itertools.permutations(["one", "two", "mock"])), ids="-".join
)
def test_contexts_left_in_any_order(order):
    stacks = {name: contextlib.ExitStack() for name in ("one", "two", "mock")}
    one = stacks["one"].enter_context(strict_s3.in_process())
    stacks["mock"].enter_context(mock_aws())
    two = stacks["two"].enter_context(strict_s3.in_process())
    for name in order:
        for server in (one, two):
            if server.alive:
                assert names(server.client()) == [server.bucket]
        stacks[name].close()


def test_threads(s3):
    problems = []

    def work(number):
        try:
            client = s3.client()
            for turn in range(10):
                key = f"{number}/{turn}"
                client.put_object(Bucket=s3.bucket, Key=key, Body=key.encode() * 1000)
                assert requests.get(presigned(s3, "get_object", key)).content == key.encode() * 1000
                with strict_s3.in_process() as other:
                    assert requests.get(other.endpoint_url).status_code == 403
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert s3.client().list_objects_v2(Bucket=s3.bucket)["KeyCount"] == 80


def test_addresses_do_not_run_out_silently():
    with contextlib.ExitStack() as stack:
        for _ in inprocess._PORTS:
            stack.enter_context(strict_s3.in_process())
        assert len(inprocess._open_services) == len(inprocess._PORTS)
        with pytest.raises(strict_s3.ServerError, match="348 local S3s are open"):
            strict_s3.in_process()


def test_as_in_pyodide_where_urllib3_asks_the_browser_and_anycrc_is_missing():
    code = """if True:
        import sys, urllib3, urllib3.connection
        sys.modules["anycrc"] = None
        class Browser:
            def __init__(self, *rest, **more): raise RuntimeError("asked the browser")
        urllib3.HTTPConnectionPool.ConnectionCls = urllib3.connection.HTTPConnection = Browser
        import requests, strict_s3
        with strict_s3.in_process() as s3:
            client = s3.client()
            client.put_object(Bucket=s3.bucket, Key="k", Body=b"hello")
            params = {"Bucket": s3.bucket, "Key": "k"}
            print(requests.get(client.generate_presigned_url("get_object", params)).text)
            assert sys.modules["threading"].active_count() == 1
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout == "hello\n", done.stderr


def test_it_is_ready_without_what_only_a_server_needs():
    code = "import strict_s3, sys; strict_s3.in_process(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"boto3", "botocore", "cheroot", "flask", "moto", "requests"}


# The address that people use.


def test_what_is_mounted_answers_below_its_path_alone(no_sockets):
    with strict_s3.in_process(public_url="http://s3.example/s3") as s3:
        end = mount("http://s3.example/page/", lambda request, read: Response(200, [], b"a page"))
        assert requests.get("http://s3.example/page/any").text == "a page"
        assert "AccessDenied" in requests.get(f"http://s3.example/s3/{s3.bucket}/k").text
        request = Request.build("GET", f"http://s3.example/s3/{s3.bucket}/k")
        assert handler(s3)(request, io.BytesIO(b"").read).status == 403
        end()
        assert requests.get("http://s3.example/page/any").status_code == 404


@pytest.mark.parametrize(
    "public",
    [
        "https://s3.example",
        "http://s3.example:8080/some/path",
        "http://localhost:8080/some/path",
        "http://127.0.0.1:8080/some/path",
    ],
)
def test_a_public_url_reaches_it_too(no_sockets, public):
    with strict_s3.in_process(public_url=public) as s3:
        args = {**s3.boto3_args, "endpoint_url": public}
        client = boto3.client(
            "s3", **args, config=Config(signature_version="s3v4", s3={"addressing_style": "path"})
        )
        client.put_object(Bucket=s3.bucket, Key="k", Body=b"hello")
        url = client.generate_presigned_url("get_object", {"Bucket": s3.bucket, "Key": "k"}, 60)
        assert url.startswith(public + "/")
        assert requests.get(url).text == "hello"
        assert requests.get(presigned(s3, "get_object")).text == "hello"
        with pytest.raises(AssertionError, match="a socket was used"):
            requests.get("http://third.example/")
