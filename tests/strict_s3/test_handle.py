"""`Server`: one object, the same for a child process and in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta, timezone

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

import strict_s3

READ = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*/*"}],
}
STARTS = {"process": strict_s3.start, "in_process": strict_s3.in_process}


@pytest.fixture(scope="module", params=STARTS)
def running(request):
    with STARTS[request.param]() as server:
        yield server


@pytest.fixture
def s3(running):
    running.reset()
    return running


def put(s3, key="a.txt", body=b"hello"):
    client = s3.client()
    client.put_object(Bucket=s3.bucket, Key=key, Body=body)
    return client


def url(s3, expires=60, key="a.txt"):
    params = {"Bucket": s3.bucket, "Key": key}
    return put(s3, key).generate_presigned_url("get_object", params, expires)


def test_it_says_where_it_is_and_how_to_sign(s3):
    assert s3.endpoint_url.startswith("http://127.0.0.1:")
    assert (s3.region, s3.bucket) == ("eu-west-2", "presignedurldemo")
    assert len(s3.access_key) == 20
    assert len(s3.secret_key) == 40
    assert s3.secret_key not in repr(s3) + str(s3)
    assert s3.endpoint_url in repr(s3)


def test_clients(s3):
    assert requests.get(url(s3)).text == "hello"
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url(s3)
    assert s3.client("iam").list_users()["Users"] == []
    assert s3.client("sts").get_caller_identity()["Arn"].endswith(":root")
    with pytest.raises(strict_s3.OptionError, match=r"no service 'sqs' here: s3, iam, sts"):
        s3.client("sqs")


def test_clients_heed_no_profile_no_configuration_and_no_proxy(s3, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("no configuration")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another key")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    s3._session = None
    assert put(s3).get_object(Bucket=s3.bucket, Key="a.txt")["Body"].read() == b"hello"


def test_boto3_args_are_boto3s(s3):
    put(s3)
    resource = boto3.resource("s3", **s3.boto3_args)
    assert [item.key for item in resource.Bucket(s3.bucket).objects.all()] == ["a.txt"]


def test_later_moves_the_clock_and_puts_it_back(s3):
    signed = url(s3)
    with s3.later(minutes=2):
        assert requests.get(signed).status_code == 403
        assert s3.offset == timedelta(minutes=2)
        with pytest.raises(RuntimeError), s3.later(days=400):
            assert s3.offset == timedelta(days=400, minutes=2)
            raise RuntimeError
        assert s3.offset == timedelta(minutes=2)
    assert s3.offset == timedelta()
    assert requests.get(signed).text == "hello"


def test_at_sets_the_clock_and_puts_it_back(s3):
    signed = url(s3, 3600)
    new_year = datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    with s3.later(days=1), s3.at(new_year):
        s3.client().put_object(Bucket=s3.bucket, Key="b.txt")
        assert requests.get(signed).status_code == 403
    assert s3.offset == timedelta()
    stored = s3.client().head_object(Bucket=s3.bucket, Key="b.txt")["LastModified"]
    assert timedelta() <= stored - new_year.astimezone(UTC) < timedelta(minutes=1)


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_header_signatures_are_fresh_by_either_clock_unless_that_is_strict(start):
    with start() as lenient, lenient.later(minutes=31):
        put(lenient)
    with start(strict_skew=True) as strict:
        with strict.later(minutes=14):
            put(strict)
        with strict.later(minutes=16), pytest.raises(ClientError, match="RequestTimeTooSkewed"):
            put(strict)
        put(strict)


def test_a_public_url_is_another_address_of_the_same():
    with strict_s3.start(public_url="https://hub.example/user/ann", bucket="demo") as s3:
        put(s3)
        params = {"Bucket": "demo", "Key": "a.txt"}
        public = boto3.client(
            "s3",
            **s3.boto3_args | {"endpoint_url": "https://hub.example/user/ann"},
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
        )
        url = public.generate_presigned_url("get_object", params)
        here = url.replace("https://hub.example", s3.endpoint_url)
        stripped = url.replace("https://hub.example/user/ann", s3.endpoint_url)
        for way in (here, stripped):  # as a proxy passes it on, with its path or without
            assert requests.get(way, headers={"Host": "hub.example"}).text == "hello"
            assert requests.get(way, headers={"Host": "third.example"}).status_code == 403
        assert (
            requests.get(s3.client().generate_presigned_url("get_object", params)).text == "hello"
        )


def test_a_clock_moved_while_the_server_stops_is_no_error():
    with strict_s3.start() as s3, s3.later(minutes=1):
        s3.stop()


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        ({}, r"later\(\): say how long, such as minutes=31"),
        ({"minute": 31}, r"later\(minute=31\): say how long, such as minutes=31"),
        ({"minutes": "31"}, r"later\(minutes='31'\) is not a length of time"),
        ({"days": float("nan")}, r"later\(days=nan\) is not a length of time"),
        ({"days": 10**20}, "is not a length of time"),
        ({"days": 3_000_000}, r"cannot be moved by 3000000 days, 0:00:00: .* 1970 to 9998"),
        ({"days": -800_000}, r"cannot be moved by -800000 days, 0:00:00"),
    ],
)
def test_nonsense_for_later_is_refused_and_moves_nothing(s3, duration, words):
    with pytest.raises(strict_s3.OptionError, match=words) as problem, s3.later(**duration):
        pass
    assert "\n" not in str(problem.value)
    assert s3.offset == timedelta()
    assert put(s3)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2030, 1, 1), "without a time zone"),
        (date(2030, 1, 1), "needs a datetime and was given date"),
        ("2030-01-01T00:00:00Z", "needs a datetime and was given str"),
        (datetime(1960, 1, 1, tzinfo=UTC), "1970 to 9998"),
        (datetime.max.replace(tzinfo=UTC), "1970 to 9998"),
    ],
)
def test_nonsense_for_at_is_refused_and_moves_nothing(s3, moment, words):
    with pytest.raises(strict_s3.OptionError, match=words), s3.at(moment):
        pass
    assert s3.offset == timedelta()


def test_decisions_and_why(s3):
    signed = url(s3)
    with pytest.raises(strict_s3.InspectError, match="not had a request yet"):
        s3.reset(), s3.why()
    requests.put(signed)
    (decision,) = s3.decisions()
    assert (decision["method"], decision["status"]) == ("PUT", 403)
    assert decision["checks"][-1][:2] == ["signature", False]
    decision.clear()  # it is a copy
    assert "✗ signature" in str(s3.why())
    assert s3.access_key not in str(s3.why())
    with requests.Session() as session:
        for _ in range(1005):
            session.get(s3.endpoint_url)
    assert len(s3.decisions(10**6)) == 1000
    assert s3.decisions(0) == []


@pytest.mark.parametrize("last", [-1, "5", 1.5, True, None])
def test_nonsense_for_decisions(s3, last):
    with pytest.raises(strict_s3.OptionError, match="say how many"):
        s3.decisions(last)


def test_reset_forgets_all_but_the_keys_and_the_bucket(s3):
    client, ann = s3.client(), s3.user(READ)
    url(s3)
    client.create_bucket(
        Bucket="another", CreateBucketConfiguration={"LocationConstraint": s3.region}
    )
    with s3.later(days=8):
        s3.reset()
        assert s3.offset == timedelta()
    assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]] == [s3.bucket]
    assert client.list_objects_v2(Bucket=s3.bucket)["KeyCount"] == 0
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        s3.client(ann).get_object(Bucket=s3.bucket, Key="a.txt")


@pytest.mark.parametrize("kind", ["user", "session"])
@pytest.mark.parametrize("policy", [READ, json.dumps(READ)], ids=["dict", "text"])
def test_users_and_sessions_may_do_what_their_policy_says(s3, kind, policy):
    put(s3)
    one, two = (getattr(s3, kind)(policy) for _ in range(2))
    assert one != two
    client = s3.client(one)
    assert client.get_object(Bucket=s3.bucket, Key="a.txt")["Body"].read() == b"hello"
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_object(Bucket=s3.bucket, Key="b.txt")
    who = s3.client("sts", credentials=one).get_caller_identity()["Arn"]
    assert ("assumed-role" in who) is (kind == "session")
    assert bool(one.session_token) is (kind == "session")
    assert one.secret_key not in repr(one)


def test_a_session_ends_after_an_hour(s3):
    put(s3)
    client = s3.client(s3.session(READ))
    with s3.later(minutes=59):
        client.get_object(Bucket=s3.bucket, Key="a.txt")
    with s3.later(minutes=61), pytest.raises(ClientError, match="ExpiredToken"):
        client.get_object(Bucket=s3.bucket, Key="a.txt")


@pytest.mark.parametrize("kind", ["user", "session"])
@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"Statement": [{"Effect": "Perhaps"}]}, r"IAM refuses this policy \(MalformedPolicy"),
        ("{", r"IAM refuses this policy \(MalformedPolicy"),
        ({"Statement": object()}, "A policy is a dict with Version and Statement"),
        (["s3:GetObject"], "A policy is a dict with Version and Statement"),
        (7, "A policy is a dict with Version and Statement"),
    ],
)
def test_a_policy_that_iam_refuses(s3, kind, policy, words):
    with pytest.raises(strict_s3.OptionError, match=words):
        getattr(s3, kind)(policy)


def test_env_is_what_a_program_needs(s3, monkeypatch):
    monkeypatch.setattr("urllib.request.getproxies", dict)
    variables = s3.env()
    assert set(variables) == {
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    }
    assert variables["AWS_ENDPOINT_URL_S3"] == s3.endpoint_url
    assert variables["AWS_SECRET_ACCESS_KEY"] == s3.secret_key
    session = s3.session(READ)
    assert s3.env(session)["AWS_SESSION_TOKEN"] == session.session_token
    monkeypatch.setattr("urllib.request.getproxies", lambda: {"http": "http://proxy:3128"})
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert s3.env()["NO_PROXY"] == "intranet,127.0.0.1,localhost"


def test_env_is_enough_for_a_program():
    code = (
        "import boto3; s3 = boto3.client('s3'); s3.put_object(Bucket='demo', Key='k');"
        "print(boto3.client('sts').get_caller_identity()['Arn'], boto3.client('iam').list_users())"
    )
    with strict_s3.start(bucket="demo") as s3:
        around = {**os.environ, "AWS_SESSION_TOKEN": "of another key", **s3.env()}
        done = subprocess.run(
            [sys.executable, "-c", code], env=around, capture_output=True, text=True, check=False
        )
        assert ":root" in done.stdout, done.stderr
        assert s3.decisions()[0]["action"] == "ListUsers"


def test_many_threads_may_ask(s3):
    put(s3)
    seen: list[object] = []

    def ask() -> None:
        for _ in range(20):
            seen.append(s3.offset)
            seen.append(len(s3.decisions()))
            seen.append(s3.client("sts").meta.region_name)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {timedelta(), 1, s3.region}
    assert len(seen) == 480


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_after_stop_everything_says_so(start):
    s3 = start()
    assert s3.alive
    s3.stop()
    s3.stop()
    assert not s3.alive
    assert "stopped" in repr(s3)
    users = (lambda: s3.user(READ), lambda: s3.session(READ))
    for use in (s3.decisions, s3.reset, s3.why, lambda: s3.offset, s3.__enter__, *users):
        with pytest.raises(strict_s3.ServerError, match="has stopped"):
            use()


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_own_keys_region_and_bucket(start):
    own = {"region": "us-east-1", "bucket": "mine", "access_key": "minio", "secret_key": "s/+= 1"}
    with pytest.raises(strict_s3.OptionError, match="without blanks"):
        start(**own)
    own["secret_key"] = "s/+=1"
    with start(**own) as s3:
        assert {name: getattr(s3, name) for name in own} == own
        put(s3).create_bucket(Bucket="second")
        s3.reset()
        assert put(s3).list_buckets()["Buckets"][0]["Name"] == "mine"


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("region", "EU West", "region is 'EU West'; name it as AWS does"),
        ("region", None, "region is of type NoneType; it must be text"),
        ("bucket", "My_Bucket", "bucket is 'My_Bucket'; S3 creates no such bucket"),
        ("access_key", "AKIA", "an access_key without a secret_key"),
        ("secret_key", "secret", "a secret_key without an access_key"),
        ("public_url", "s3.example", "public_url is 's3.example'; write http:// or https://"),
        ("public_url", "https://u:p@s3.example", "'https://…s3.example'; write http:// or https"),
        ("public_url", "https://s3.example:port", "write http:// or https://"),
        ("public_url", "https://s3.example/?a=b", r"'https://s3.example/\?…'; write http://"),
        ("strict_skew", 1, "strict_skew is of type int; it must be True or False"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_sentence(start, option, value, words):
    with pytest.raises(strict_s3.OptionError, match=words) as problem:
        start(**{option: value})
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("key", ["ab", "a/b/c", "a,b", "a=b", "a b c", "ASIAIOSFODNN7EXAMPLE"])
def test_an_access_key_that_cannot_be_used(key):
    with pytest.raises(strict_s3.OptionError, match="access_key") as problem:
        strict_s3.start(access_key=key, secret_key="secret")
    assert key not in str(problem.value)
