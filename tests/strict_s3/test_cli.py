"""``strict-s3``: what it takes, what it prints, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config

import strict_s3
from strict_s3.cli import main, parser

ROOT = Path(strict_s3.__file__).parent.parent
FIELDS = {"endpoint", "region", "access_key", "secret_key", "bucket"}


@contextlib.contextmanager
def serving(*arguments: str, **variables: str):
    """A running ``strict-s3 serve`` and its first line."""
    around = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "strict_s3", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=around | variables,
    )
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def client(ready, **keys):
    return boto3.client(
        "s3",
        endpoint_url=ready["endpoint"],
        region_name=ready["region"],
        aws_access_key_id=keys.get("access_key", ready["access_key"]),
        aws_secret_access_key=keys.get("secret_key", ready["secret_key"]),
        config=Config(signature_version="s3v4", retries={"total_max_attempts": 1}),
    )


def stop(process, name="SIGTERM") -> tuple[str, str]:
    process.send_signal(getattr(signal, name))
    return process.communicate(timeout=20)


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers no SIGTERM to a child")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_with_json_one_line_is_all_that_is_ever_printed(name):
    with serving("--json") as (process, ready):
        assert set(ready) == FIELDS
        client(ready).put_object(Bucket=ready["bucket"], Key="k", Body=b"x")
        for _ in range(700):  # a pipe that nobody reads holds about as many lines of a log
            requests.get(ready["endpoint"])
        begun = time.monotonic()
        assert stop(process, name) == ("", "")
        assert process.returncode == 0
        assert time.monotonic() - begun < 5


def test_every_option():
    options = {
        "region": "us-east-1",
        "bucket": "demo",
        "access_key": "minioadmin",
        "secret_key": "minio/+secret",
    }
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    with serving("--host=0.0.0.0", "--json", *arguments) as (_, ready):
        assert {name: ready[name] for name in options} == options
        assert ready["endpoint"].startswith("http://127.0.0.1:")
        client(ready).put_object(Bucket="demo", Key="k")


def test_the_same_from_the_environment_and_the_command_line_counts_first():
    variables = {
        "STRICT_S3_REGION": "us-east-1",
        "STRICT_S3_BUCKET": "demo",
        "STRICT_S3_ACCESS_KEY": "somebody",
        "STRICT_S3_SECRET_KEY": "secret",
        "STRICT_S3_PORT": "",
        "STRICT_S3_JSON": "1",
        "MINIO_ROOT_USER": "not-taken",
        "MINIO_ROOT_PASSWORD": "not-taken",
    }
    with serving("--bucket=another", **variables) as (process, ready):
        assert (ready["region"], ready["bucket"]) == ("us-east-1", "another")
        assert (ready["access_key"], ready["secret_key"]) == ("somebody", "secret")
        client(ready).put_object(Bucket="another", Key="k")
        if os.name != "nt":
            assert stop(process)[1] == ""


def test_minios_variables_are_for_those_who_move():
    variables = {"MINIO_ROOT_USER": "minioadmin", "MINIO_ROOT_PASSWORD": "minioadmin"}
    with serving("--json", **variables) as (_, ready):
        assert (ready["access_key"], ready["secret_key"]) == ("minioadmin", "minioadmin")


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers no SIGTERM to a child")
def test_aws_keys_are_taken_only_if_asked_and_never_printed():
    keys = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "wJalrXUtnFEMI/EXAMPLEKEY"}
    variables = {
        "AWS_ACCESS_KEY_ID": keys["access_key"],
        "AWS_SECRET_ACCESS_KEY": keys["secret_key"],
    }
    with serving(**variables) as (_, ready):
        assert ready["access_key"] != keys["access_key"]
    with serving("--keys-from-env", **variables) as (process, ready):
        assert ready["access_key"] is ready["secret_key"] is None
        client(ready, **keys).put_object(Bucket=ready["bucket"], Key="k")
        requests.get(f"{ready['endpoint']}/?X-Amz-Credential={keys['access_key']}/x")
        out, log = stop(process)
    assert "PutObject" in log or "PUT /presignedurldemo/k 200" in log
    assert out == ""
    for key in keys.values():
        assert key not in log


def test_health_and_control():
    token = "correct-horse-battery-staple"
    with serving("--control", "--json", STRICT_S3_CONTROL_TOKEN=token) as (_, ready):
        base, bearer = f"{ready['endpoint']}/_strict_s3", {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{base}/health").json() == {"status": "ok"}
        assert requests.get(f"{base}/clock").status_code == 401
        client(ready).put_object(Bucket=ready["bucket"], Key="k", Body=b"x")
        url = client(ready).generate_presigned_url(
            "get_object", {"Bucket": ready["bucket"], "Key": "k"}, 60
        )
        moved = requests.put(f"{base}/clock", json={"offset": 120}, headers=bearer).json()
        assert moved["offset"] == 120
        assert requests.get(url).status_code == 403
        (decision,) = requests.get(f"{base}/decisions", headers=bearer).json()
        assert decision["checks"][-1][:2] == ["time", False]
        assert requests.post(f"{base}/reset", headers=bearer).json() == "done"
        assert requests.get(url).status_code == 404
        host = {"Host": f"{ready['bucket']}.localhost", **bearer}
        assert requests.get(f"{base}/clock", headers=host).status_code != 200
        preflight = requests.options(
            f"{base}/reset", headers={"Origin": "http://evil.example", **bearer}
        )
        assert preflight.status_code == 405
        assert "access-control-allow-origin" not in preflight.headers


def test_without_control_there_is_health_alone():
    with serving("--json", STRICT_S3_CONTROL_TOKEN="token") as (_, ready):
        assert requests.get(f"{ready['endpoint']}/_strict_s3/health").status_code == 200
        bearer = {"Authorization": "Bearer token"}
        assert (
            requests.get(f"{ready['endpoint']}/_strict_s3/clock", headers=bearer).status_code == 404
        )


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers no SIGTERM to a child")
@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("localhost", False)])
def test_another_host_than_loopback_is_one_warning(host, warned):
    with serving("--host", host) as (process, ready):
        assert requests.get(ready["endpoint"]).status_code == 403
        lines = stop(process)[1].splitlines()
    assert lines[0].startswith("Listening on 0.0.0.0: whoever") is warned
    assert len([line for line in lines if "Listening" in line]) == warned


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["--port", "x"], {}, "--port: 'x' is not a port"),
        (["--port", "65536"], {}, "--port: '65536' is not a port"),
        ([], {"STRICT_S3_PORT": "-1"}, "STRICT_S3_PORT: '-1' is not a port"),
        ([], {"STRICT_S3_JSON": "perhaps"}, "STRICT_S3_JSON is 'perhaps'; it is 1 or 0."),
        (["--host", ""], {}, "--host: it is empty; write an address"),
        (["--region", "EU West"], {}, "region is 'EU West'"),
        (["--bucket", "My_Bucket"], {}, "bucket is 'My_Bucket'"),
        (["--access-key", "abc"], {}, "an access_key without a secret_key"),
        ([], {"MINIO_ROOT_USER": "abc"}, "an access_key without a secret_key"),
        (["--public-url", "s3.example"], {}, "public_url is 's3.example'"),
        (["--control"], {}, "--control needs a token"),
        (["--control"], {"STRICT_S3_CONTROL_TOKEN": "a b"}, "--control needs a token"),
        ([], {"STRICT_S3_CONTROL": "yes"}, "--control needs a token"),
        (["--keys-from-env"], {}, "--keys-from-env needs AWS_ACCESS_KEY_ID"),
        (["--keys-from-env", "--access-key=abc"], {}, "Choose one of them"),
        (["--prot", "80"], {}, "unrecognized arguments: --prot 80"),
        (["--port"], {}, "argument --port: expected one argument"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_sentence_and_status_2(
    monkeypatch, capsys, arguments, variables, words
):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert main(["serve", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_a_port_that_is_taken_and_a_host_that_is_not_here(capsys):
    with strict_s3.start() as s3:
        port = s3.endpoint_url.rpartition(":")[2]
        assert main(["serve", "--port", port]) == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in capsys.readouterr().err
    assert main(["serve", "--json", "--host", "no.such.host.invalid"]) == 1
    assert "no.such.host.invalid is no address of this computer" in capsys.readouterr().err


def test_help_and_version(capsys):
    assert main([]) == 0
    assert "serve" in capsys.readouterr().out
    assert main(["serve", "--help"]) == 0
    assert "--public-url" in capsys.readouterr().out
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"strict-s3 {strict_s3.__version__}\n"
    assert main(["dance"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_inspect(capsys):
    assert main(["inspect", "https://demo.s3.eu-west-2.amazonaws.com/a?X-Amz-Signature=abc"]) == 1
    out = capsys.readouterr().out
    assert "eu-west-2" in out
    assert "abc" not in out
    assert main(["inspect", "nothing at all"]) == 2


def test_presign(capfd, monkeypatch, tmp_path):
    keys = tmp_path / "keys.txt"
    keys.write_text("a.txt\nb.txt\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/EXAMPLEKEY")
    place = ["--bucket=demo", "--region=eu-west-2"]
    assert main(["presign", "get", "--keys", str(keys), *place]) == 0
    urls = capfd.readouterr().out.split()
    assert [url.partition("?")[0].rpartition("/")[2] for url in urls] == ["a.txt", "b.txt"]


def test_the_old_command_prints_the_same_line():
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers", "serve", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    line = process.stdout.readline()
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert set(json.loads(line)) == FIELDS
    assert (out, err) == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit of this kind")
def test_a_computer_without_memory_says_so_and_the_command_ends():
    code = (
        "import resource, sys; from strict_s3.cli import main; import strict_s3.server.server;"
        "import threading; threading.stack_size(64 * 2**20);"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 48 * 2**20,) * 2);"
        "sys.exit(main(['serve', '--json']))"
    )
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs Linux's /proc")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert "The local S3 cannot start here (can't start new thread)" in done.stderr


def test_the_dockerfile_runs_a_command_that_exists_and_asks_for_its_health():
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    entry, command = (
        json.loads(re.search(rf"^{word} (\[.*\])$", text, re.M)[1])
        for word in ("ENTRYPOINT", "CMD")
    )
    assert entry == ["strict-s3"]
    health = json.loads(re.search(r"^HEALTHCHECK .*\\\n +(\[.*\])$", text, re.M)[1])
    port = free_port()
    command[command.index("--port") + 1] = port
    with serving(*command[1:]) as (process, ready):
        assert ready["endpoint"] == f"http://127.0.0.1:{port}"
        ask = [sys.executable, *(part.replace("9000", port) for part in health[1:])]
        assert subprocess.run(ask, check=False).returncode == 0
        process.kill()
        process.wait()
        assert subprocess.run(ask, check=False, stderr=subprocess.DEVNULL).returncode == 1
    for name in re.findall(r"^# +STRICT_S3_(\w+):", text, re.M):
        assert f"--{name.lower().replace('_', '-')}" in help_text() or name == "CONTROL_TOKEN"


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def help_text() -> str:
    return parser()._subparsers._group_actions[0].choices["serve"].format_help()


@pytest.mark.parametrize("within_a_class", [False, True])
def test_an_interrupt_ends_a_command_without_a_word(monkeypatch, capsys, within_a_class):
    def interrupted(_: object) -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as problem:
            if within_a_class:  # as Python 3.11 does while a module is imported
                raise RuntimeError("Error calling __set_name__") from problem
            raise

    monkeypatch.setattr("strict_s3.cli._run", interrupted)
    assert main(["serve"]) == 130
    assert capsys.readouterr() == ("", "")
