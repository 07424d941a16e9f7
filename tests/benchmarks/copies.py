"""Who copies on an unsigned word: a presigned PUT, sent with an x-amz-copy-source of its own.

The URL allows one upload and signs the host alone. A server that obeys the added header copies any
object to where the holder can read it, with the signer's permissions (the class of CVE-2026-54330).
AWS refuses it: "There were headers present in the request which were not signed".
"""

from __future__ import annotations

import re

import requests

from tests.benchmarks.peers import BUCKET, Failed, Peer, running

SECRET = b"the signer may read this, the holder of the URL may not"


def main(servers: list[str]) -> None:
    """Print what each server does."""
    for name in servers:
        try:
            with running(name) as peer:
                print(f"{name:12} {outcome(peer)}", flush=True)
        except Failed as problem:
            print(f"{name:12} not run: {problem}", flush=True)


def outcome(peer: Peer) -> str:
    """What became of the object that the URL was for."""
    peer.s3.put_object(Bucket=BUCKET, Key="secret", Body=SECRET)
    added = {"x-amz-copy-source": f"/{BUCKET}/secret"}
    answer = requests.put(peer.url("put_object", "mine"), headers=added, timeout=10)
    code = re.search(r"<Code>(\w+)</Code>", answer.text)
    status = f"{answer.status_code} {code[1] if code else ''}".rstrip()
    stored = requests.get(peer.url("get_object", "mine"), timeout=10)
    if stored.content == SECRET:
        return f"{status}: copied the other object"
    if stored.status_code == 200:
        return f"{status}: stored the body, and ignored the header"
    return f"{status}: refused"
