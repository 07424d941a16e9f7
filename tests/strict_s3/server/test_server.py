"""The server as a process: its commands, its clock, and that it never outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import psutil
import pytest
import requests

from helpers.errors import LabError
from helpers.lab import Lab, connect
from helpers.settings import PROJECT


@pytest.fixture
def lab() -> Lab:
    lab = connect()
    lab.reset()
    return lab


def url(lab: Lab, key: str = "k", expires: int = 60) -> str:
    s3 = lab.client()
    s3.put_object(Bucket=lab.bucket, Key=key, Body=b"body")
    return s3.generate_presigned_url("get_object", {"Bucket": lab.bucket, "Key": key}, expires)


def wait_until(condition, seconds: float = 10) -> bool:
    """Poll for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_connect_is_local_without_env(lab):
    assert lab.local
    assert lab.endpoint_url.startswith("http://127.0.0.1:")
    assert requests.get(url(lab)).text == "body"
    assert connect() is lab


def test_later_moves_the_clock_and_back_again(lab):
    signed = url(lab)
    with lab.later(minutes=2):
        assert requests.get(signed).status_code == 403
        with lab.later(days=400):
            assert "not yet valid" not in requests.get(signed).text
    assert requests.get(signed).text == "body"


def test_objects_are_dated_by_the_clock(lab):
    s3 = lab.client()
    with lab.later(minutes=10):
        ahead = s3.put_object(Bucket=lab.bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"]
    stored = s3.head_object(Bucket=lab.bucket, Key="k")["LastModified"]
    assert 500 < stored.timestamp() - time.time() < 700, ahead


def test_decisions_can_be_read_back(lab, capsys):
    signed = url(lab)
    requests.put(signed)
    (decision,) = lab.decisions()
    assert (decision["method"], decision["status"]) == ("PUT", 403)
    assert [name for name, passed, _ in decision["checks"] if not passed] == ["signature"]
    lab.why()
    shown = capsys.readouterr().out
    assert "✗ signature" in shown
    assert lab.access_key not in shown
    for _ in range(105):
        requests.get(signed)
    assert len(lab.decisions(1000)) == 100


def test_reset_forgets_everything(lab):
    signed = url(lab)
    lab.client("iam").create_user(UserName="ann")
    lab.reset()
    assert requests.get(signed).status_code == 404
    assert lab.client("iam").list_users()["Users"] == []


def test_clean_up_needs_a_prefix(lab):
    url(lab, "lesson/a")
    url(lab, "other/a")
    with pytest.raises(LabError, match="needs a prefix"):
        lab.clean_up("")
    assert lab.clean_up("lesson/") == 1
    assert requests.get(url(lab, "other/a")).status_code == 200


def test_the_repr_of_a_lab_holds_no_secret(lab):
    assert lab.secret_key not in repr(lab) + str(lab)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_it_ends_with_its_parent_even_after_kill_9():
    code = """
        import sys, time
        from helpers.lab import connect
        lab = connect()
        print(lab._server._process.pid, flush=True)
        time.sleep(60)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=PROJECT
    )
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not psutil.pid_exists(child))


def start_serve() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "helpers", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers no SIGTERM to a child")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_serve_prints_one_line_of_json_and_stops_in_two_seconds(name):
    process = start_serve()
    ready = json.loads(process.stdout.readline())
    assert set(ready) == {"endpoint", "region", "access_key", "secret_key", "bucket"}
    plain = f"{ready['endpoint']}/{ready['bucket']}/k"
    assert requests.get(f"{plain}?X-Amz-Signature={'0' * 64}").status_code == 400
    assert requests.get(plain).status_code == 403
    begun = time.monotonic()
    process.send_signal(getattr(signal, name))
    out, log = process.communicate(timeout=10)
    assert time.monotonic() - begun < 2
    assert (process.returncode, out) == (0, "")
    assert "GET /presignedurldemo/k 403 AccessDenied" in log
    assert "0" * 64 not in log
    assert ready["secret_key"] not in log


def test_a_port_that_is_taken_is_one_clear_line(lab, capsys):
    from strict_s3.server.server import serve

    port = int(lab.endpoint_url.rpartition(":")[2])
    assert serve(port) == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in capsys.readouterr().err
