"""``python3 -m helpers serve``: what it prints, and that it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from helpers.files import PROJECT


def start_serve(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "helpers", "serve", *options],
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


def test_a_port_that_is_taken_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start_serve(f"--port={port}")
        out, log = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert f"Port {port} on 127.0.0.1 cannot be used" in log
    assert log.count("\n") == 1
