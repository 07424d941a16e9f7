"""The benchmark's own figures: ranges, ratios, and errors that are counted."""

from __future__ import annotations

import json
import socket
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tests.benchmarks import copies, load
from tests.benchmarks.peers import MINISTACK, MOTO, OURS, S3RVER, running
from tests.benchmarks.report import Report


def test_ranges_ratios_and_what_went_wrong(tmp_path):
    report = Report([OURS, MOTO, S3RVER, MINISTACK])
    for ours, moto, s3rver, ministack in ((300, 30, 100, 150), (330, 30, 110, 100)):
        report.add("GET", "per second", OURS, ours)
        report.add("GET", "per second", MOTO, moto, Counter({"status 500": 2}))
        report.add("GET", "per second", S3RVER, s3rver)
        report.add("GET", "per second", MINISTACK, ministack)
        report.add("p99", "ms", OURS, 2, less_is_better=True)
        report.add("p99", "ms", S3RVER, 5, less_is_better=True)
    report.failed("ministack, p99", OSError("it has gone\nfor good"))
    heading, _, rates, waits, *notes = report.table().splitlines()
    cells = [cell.strip() for cell in rates.split("|")[1:-1]]
    assert [cell.strip() for cell in heading.split("|")[1:-1]][-2:] == [
        "x moto_server",
        "x best of s3rver and ministack",
    ]
    assert cells[0] == "GET, per second"
    assert cells[1:3] == ["315 (300 to 330)", "30 (30 to 30)"]
    assert cells[-2:] == ["10.5 (10 to 11)", "2.5 (2 to 3)"]  # of each run, not of the medians
    assert [cell.strip() for cell in waits.split("|")[1:-1]][-1] == "2.5 (2.5 to 2.5)"
    assert notes == [
        "errors of moto_server (GET): 4 x status 500",
        "1 x ministack, p99: it has gone",
    ]
    report.save(tmp_path / "figures.json")
    saved = json.loads((tmp_path / "figures.json").read_text())
    assert saved["measures"][0]["values"][OURS] == [300, 330]


@pytest.mark.parametrize(
    ("name", "does"),
    [(OURS, "403 AccessDenied: refused"), (MOTO, "200: copied the other object")],
)
def test_who_copies_on_an_unsigned_word(name, does):
    with running(name) as peer:
        assert copies.outcome(peer) == does


def test_refusals_are_no_answers(service):
    service.put()
    parts = urlsplit(service.endpoint)

    def message(url: str) -> bytes:
        target = url.removeprefix(service.endpoint)
        return f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    url = service.presign("get_object")
    address = (str(parts.hostname), int(parts.port or 0))
    good = load.run(address, [message(url)] * 3, 1.5)
    assert len(good.times) > 3
    assert good.errors == {}
    assert 0 < good.percentile(50) <= good.percentile(99)
    bad = load.run(address, [message(url.replace("k?", "other?"))], 0.1)
    assert (len(bad.times), list(bad.errors)) == (0, ["status 403"])


def test_a_server_that_is_not_there_is_said():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    with pytest.raises(OSError):
        load.run(address, [b"GET / HTTP/1.1\r\n\r\n"], 0.1)
