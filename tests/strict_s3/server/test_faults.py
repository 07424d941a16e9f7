"""What goes wrong around a server: an error in words, soon, and nothing is left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import requests

from strict_s3.server import log
from strict_s3.server.call import Call
from tests.own_process import PROJECT, OwnProcess, exchange

posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX signal, limit or shell")
SERVE = [sys.executable, "-m", "strict_s3", "serve"]
LARGE = os.urandom(300_000)  # does not stay in memory


@posix
def test_a_server_that_is_killed_while_20_clients_write(tmp_path):
    place = {"TMPDIR": str(tmp_path)}
    ended: list[object] = []
    writing = threading.Barrier(21, timeout=30)

    def write(server: OwnProcess, number: int) -> None:
        head = server.request("PUT", str(number), len(LARGE))
        try:
            with server.wire() as wire:
                assert exchange(wire, head, LARGE)[0] == 200
                writing.wait()
                while True:
                    assert exchange(wire, head, LARGE)[0] == 200
        except OSError as problem:  # refused, reset or ended: no half an answer
            ended.append(problem)

    with OwnProcess(env=place) as server:
        threads = [threading.Thread(target=write, args=(server, n)) for n in range(20)]
        for thread in threads:
            thread.start()
        writing.wait()
        server.process.send_signal(signal.SIGKILL)
        began = time.monotonic()
        for thread in threads:
            thread.join(10)
    assert len(ended) == 20
    assert time.monotonic() - began < 5
    assert list(tmp_path.iterdir()) == []
    with OwnProcess(env=place) as server, server.wire() as wire:
        assert server.client().list_objects_v2(Bucket=server.bucket)["KeyCount"] == 0
        assert exchange(wire, server.request("PUT", "k", len(LARGE)), LARGE)[0] == 200


@posix
def test_a_full_disk(tmp_path):
    with (
        open(tmp_path / "log", "w") as out,
        OwnProcess(["prlimit", f"--fsize={2**20}"], stderr=out, quiet=False) as server,
    ):

        def send(method: str, key: str, body: bytes = b"") -> tuple[int, bytes]:
            with server.wire() as wire:
                return exchange(wire, server.request(method, key, len(body)), body)

        assert send("PUT", "k", LARGE) == (200, b"")
        status, body = send("PUT", "k", os.urandom(2 * 2**20))
        assert (status, b"<Code>InternalError</Code>" in body) == (500, True)
        # What was there is there, nothing is half stored, and its room is free again.
        assert send("GET", "k") == (200, LARGE)
        assert send("PUT", "other", LARGE) == (200, b"")
        server.process.terminate()
        server.process.wait(10)
    assert "File too large" in (tmp_path / "log").read_text()


def test_the_decision_says_that_there_is_no_place_for_a_body(service, monkeypatch):
    def nowhere(**_: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryFile", nowhere)
    # Its file may have been made by another test.
    monkeypatch.setattr(service.server.store.spool, "_file", None)
    assert requests.put(service.presign("put_object"), LARGE).status_code == 500
    assert "No usable temporary directory found" in service.decision()["message"]
    assert requests.put(service.presign("put_object"), b"small").status_code == 200


@posix
@pytest.mark.parametrize("redirect", ["> /dev/full", "| true"])
@pytest.mark.parametrize("flag", ["", "--json"])
def test_an_endpoint_that_nobody_can_be_told_is_said(redirect, flag):
    command = f"exec 3>&2; {' '.join(SERVE)} {flag} {redirect}"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, timeout=20, cwd=PROJECT, text=True, check=False
    )
    assert "The endpoint could not be written to standard output" in done.stderr
    assert "Traceback" not in done.stderr


@posix
@pytest.mark.parametrize("redirect", ["2>&-", "2> /dev/full"])
def test_a_log_that_cannot_be_written_is_no_trouble(redirect):
    command = f"exec {' '.join(SERVE)} {redirect}"
    with subprocess.Popen(
        ["sh", "-c", command], stdout=subprocess.PIPE, cwd=PROJECT, text=True
    ) as process:
        try:
            endpoint = process.stdout.readline().split('"')[3]
            for _ in range(3):
                assert requests.get(f"{endpoint}/_strict_s3/health", timeout=5).ok
                assert requests.get(endpoint, timeout=5).status_code == 403
        finally:
            process.terminate()
    assert process.returncode == 0


def test_a_log_that_nobody_reads_holds_nobody_up():
    with OwnProcess(stderr=subprocess.PIPE, quiet=False) as server, server.wire() as wire:
        head = server.request("GET", "k")
        began = time.monotonic()
        for _ in range(3000):  # a pipe holds the lines of about 600
            assert exchange(wire, head)[0] == 404
        assert time.monotonic() - began < 30
        assert server.process.stderr is not None
        lines = (server.process.stderr.readline() for _ in range(100_000))
        missing = next(line for line in lines if "are missing here" in line)
        assert int(missing.split()[0]) + 3 > 3000 - 600 - log.MAX_LINES - 600


def test_a_request_leaves_no_circles_of_references(service):
    # Circles would hold its body until Python looks for them, which a server does seldom.
    service.put()
    urls = [service.presign("get_object"), service.presign("get_object", "missing")]
    gc.collect()
    gc.disable()
    try:
        for url in [*urls, urls[0] + "0"]:
            requests.get(url)
            requests.put(service.presign("put_object", "new"), LARGE)
        kept = [one for one in gc.get_objects() if isinstance(one, Call)]
    finally:
        gc.enable()
    assert kept == []


@posix
@pytest.mark.parametrize("delay", [0.1, 0.2, 0.3, 0.4])
def test_an_interrupt_during_the_start_of_serve_ends_it(delay):
    process = subprocess.Popen(
        [*SERVE, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROJECT
    )
    time.sleep(delay)  # whatever it does then, and be it Python's own start
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    process.communicate(timeout=20)
    assert time.monotonic() - began < 5
