"""Small requests to every server: part of python3 -m tests.benchmarks

Start and memory, then 1 KiB presigned GET and PUT with 1, 8 and 64 clients, each with a key of its
own. Rounds of the servers are interleaved, and the figure of a run is the median of its rounds.
"""

from __future__ import annotations

import statistics
from collections import Counter
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from tests.benchmarks import load
from tests.benchmarks.peers import BUCKET, Peer
from tests.benchmarks.report import Report

CLIENTS = (1, 8, 64)
BODY = b"x" * 1024
_TROUBLE = (OSError, RuntimeError, BotoCoreError, ClientError)


def main(report: Report, rounds: int, seconds: float) -> None:
    """One run: every server is started anew."""
    peers = _started(report, rounds)
    try:
        for operation in ("get_object", "put_object"):
            for clients in CLIENTS:
                _compare(report, peers, operation, clients, rounds, seconds)
        for peer in peers:
            report.add("memory after these", "MiB", peer.name, peer.memory, less_is_better=True)
    finally:
        for peer in peers:
            peer.stop()


def _started(report: Report, rounds: int) -> list[Peer]:
    """The servers, with the objects that are asked for; the start is measured on the way."""
    starts: dict[str, list[float]] = {}
    idle: dict[str, list[float]] = {}
    peers: dict[str, Peer] = {}
    for _ in range(rounds):
        for name in report.servers:
            if name in peers:
                peers.pop(name).stop()
            try:
                peer = peers[name] = Peer(name)
                for number in range(max(CLIENTS)):
                    peer.s3.put_object(Bucket=BUCKET, Key=f"key-{number}", Body=BODY)
            except _TROUBLE as problem:
                report.failed(name, problem)
                continue
            starts.setdefault(name, []).append(peer.first_put)
            idle.setdefault(name, []).append(peer.idle)
    for name, values in starts.items():
        first_put = statistics.median(values)
        report.add("start to first PUT", "s", name, first_put, less_is_better=True)
    for name, values in idle.items():
        memory = statistics.median(values)
        report.add("memory at rest after it", "MiB", name, memory, less_is_better=True)
    return list(peers.values())


def _compare(
    report: Report, peers: list[Peer], operation: str, clients: int, rounds: int, seconds: float
) -> None:
    found: dict[str, list[load.Result]] = {peer.name: [] for peer in peers}
    spent: dict[str, list[float]] = {peer.name: [] for peer in peers}
    messages = {peer.name: _messages(peer, operation, clients) for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            before = peer.cpu
            try:
                result = load.run(peer.address, messages[peer.name], seconds)
            except _TROUBLE as problem:
                report.failed(f"{peer.name}, {operation}, {clients} clients", problem)
                continue
            found[peer.name].append(result)
            # The warm-up costs too, at the same rate.
            answered = result.rate * (seconds + load.WARM_UP_SECONDS)
            if answered:
                spent[peer.name].append((peer.cpu - before) / answered * 1e6)
    verb = operation.partition("_")[0].upper()
    what = f"{verb}, {clients} client{'s' if clients > 1 else ''}"
    for name, results in found.items():
        if not results:
            continue
        errors = sum((result.errors for result in results), Counter[str]())
        rate = statistics.median(result.rate for result in results)
        report.add(what, "per second", name, rate, errors)
        for percent in (50, 99):
            waited = statistics.median(result.percentile(percent) for result in results)
            report.add(f"{what}, p{percent}", "ms", name, waited, less_is_better=True)
        if spent[name]:
            cost = statistics.median(spent[name])
            report.add(f"{what}, processor", "µs", name, cost, less_is_better=True)


def _messages(peer: Peer, operation: str, clients: int) -> list[bytes]:
    """A whole request for each client."""
    body = BODY if operation == "put_object" else b""
    made = []
    for number in range(clients):
        parts = urlsplit(peer.url(operation, f"key-{number}"))
        method = operation.partition("_")[0].upper()
        head = f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        made.append(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return made
