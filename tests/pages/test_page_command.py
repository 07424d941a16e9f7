"""``python3 -m helpers page``: its address, its end, and what it asks on a real S3."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys

import psutil
import pytest
import requests

from helpers.pages import cors
from helpers.pages.upload_page import lifecycle
from helpers.setup import commands, environment
from tests.setup.test_commands import POSIX

NOT_ONE = "file is not a database"
# The command with another S3 in .env's place.
REAL = """
import json, sys
from helpers.lab import Lab
from helpers.pages.upload_page import run
lab = Lab(**json.load(open(sys.argv[1])), local=False)
run.connect = lambda: lab
sys.exit(run.main(0))
"""


def start(*command: str, **more) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=environment.PROJECT,
        stdin=subprocess.PIPE,
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
        **more,
    )


def read_until(page: subprocess.Popen[str], pattern: str) -> str:
    """What the command has printed up to a line with that pattern."""
    said = ""
    for line in page.stdout or ():
        said += line
        if re.search(pattern, line):
            return said
    raise AssertionError(said + (page.stderr.read() if page.stderr else ""))


def sign_in(said: str) -> requests.Response:
    url = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
    code = re.search(r"this code:\s+(\S+)", said)[1]
    return requests.post(
        f"{url}sign-in", json={"user": "ann", "code": code}, headers={"Origin": url[:-1]}
    )


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_its_address_and_ends_cleanly(number, tmp_path):
    store = tmp_path / "page.sqlite"
    options = ("--port=0", "--max-mib=3", f"--store={store}")
    with start("-m", "helpers", "page", *options) as page:
        said = read_until(page, "Ctrl-C")
        assert sign_in(said).status_code == 200
        assert f"Sign-ins and limits: {store} (SQLite)" in said
        url = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
        assert requests.get(f"{url}session").json()["max_bytes"] == 3 * 1024 * 1024
        family = psutil.Process(page.pid).children(recursive=True)
        assert family, "the local S3"
        page.send_signal(number)
        rest, errors = page.communicate(timeout=20)
        assert page.returncode == 0
        assert rest == "Stopped. The local S3 and what was uploaded are gone.\n"
        code = re.search(r"this code:\s+(\S+)", said)[1]
        assert "POST /sign-in 200" in errors
        assert code not in errors
        assert "Traceback" not in errors
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not alive


@POSIX
def test_it_ends_cleanly_when_its_local_s3_has_ended_first():
    with start("-m", "helpers", "page", "--port=0") as page:
        read_until(page, "Ctrl-C")
        family = psutil.Process(page.pid).children(recursive=True)
        servers = [one for one in family if "strict_s3" in one.cmdline()]
        for server in servers:
            server.kill()
        assert len(servers) == 1
        page.send_signal(signal.SIGTERM)
        _, errors = page.communicate(timeout=20)
        assert (page.returncode, "Traceback" in errors) == (0, False)


def test_a_port_that_is_taken_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start("-m", "helpers", "page", f"--port={port}") as page:
            out, errors = page.communicate(timeout=30)
    assert page.returncode == 1
    assert out == ""
    assert errors.startswith(f"Port {port} on 127.0.0.1 cannot be used (")
    assert errors.count("\n") == 1


def test_a_store_that_cannot_be_used_is_one_sentence(tmp_path):
    (tmp_path / "text").write_text("no database at all, " * 99)
    with start("-m", "helpers", "page", "--port=0", f"--store={tmp_path / 'text'}") as page:
        _, errors = page.communicate(timeout=30)
    assert page.returncode == 1
    assert errors == f"{tmp_path / 'text'} cannot be used as the page's store: {NOT_ONE}.\n"


def test_a_store_in_no_folder_is_no_matter_of_the_port(tmp_path):
    store = tmp_path / "no" / "store"
    with start("-m", "helpers", "page", "--port=0", f"--store={store}") as page:
        _, errors = page.communicate(timeout=30)
    assert page.returncode == 1
    assert errors.startswith(f"{store} cannot be used as the page's store: ")
    assert errors.count("\n") == 1


@pytest.mark.parametrize("size", ["0", "5121", "-1", "1.5", "x"])
def test_a_size_is_a_size(size, capsys):
    with pytest.raises(SystemExit):
        commands.main(["page", "--max-mib", size])
    assert "MiB from 1 to 5120" in capsys.readouterr().err


@POSIX
@pytest.mark.parametrize(("answer", "let_in"), [("y\n", True), ("n\n", False), ("", False)])
def test_on_a_real_s3_it_says_what_it_needs_and_asks(service, lab, tmp_path, answer, let_in):
    settings = tmp_path / "settings.json"
    names = ("bucket", "region", "access_key", "secret_key", "endpoint_url")
    settings.write_text(json.dumps({name: getattr(lab, name) for name in names}))
    with start("-c", REAL, str(settings)) as page:
        page.stdin.write(answer)
        page.stdin.close()
        said = read_until(page, "Ctrl-C")
        assert '"AllowedOrigins": [' in said
        assert '"AbortIncompleteMultipartUpload": {' in said
        assert "Requests may cost money" in said
        assert ("Not added." in said) is not let_in
        s3 = service.client()
        assert bool(cors.rules_of(s3, service.bucket)) is let_in
        assert lifecycle.is_covered(s3, service.bucket, "uploads/") is let_in
        assert sign_in(said).status_code == 200
        page.send_signal(signal.SIGTERM)
        assert page.wait(20) == 0
        page.stdin = None
    assert cors.rules_of(service.client(), service.bucket) == []


@POSIX
def test_ctrl_c_instead_of_an_answer(service, lab, tmp_path):
    settings = tmp_path / "settings.json"
    names = ("bucket", "region", "access_key", "secret_key", "endpoint_url")
    settings.write_text(json.dumps({name: getattr(lab, name) for name in names}))
    with start("-c", REAL, str(settings)) as page:
        read_until(page, "The CORS rule goes")
        page.send_signal(signal.SIGINT)
        _, errors = page.communicate(timeout=20)
    assert page.returncode == 0
    assert "Traceback" not in errors
    assert cors.rules_of(service.client(), service.bucket) == []
