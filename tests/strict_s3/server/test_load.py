"""64 clients at once with good and bad requests: never a wrong verdict, never a 500.

A few seconds in the suite; LOAD_SECONDS=60 for a long run.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter

import boto3
import psutil
import pytest
from botocore.config import Config

from helpers.files import PROJECT

CLIENTS = 64
SECONDS = float(os.environ.get("LOAD_SECONDS", "4"))


@pytest.fixture
def process():
    started = subprocess.Popen(
        [sys.executable, "-m", "helpers", "serve", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=PROJECT,
    )
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


def test_no_wrong_verdict_under_load(process):
    ready = json.loads(process.stdout.readline())
    s3 = boto3.client(
        "s3",
        region_name=ready["region"],
        endpoint_url=ready["endpoint"],
        aws_access_key_id=ready["access_key"],
        aws_secret_access_key=ready["secret_key"],
        config=Config(signature_version="s3v4"),
    )
    host = ready["endpoint"].removeprefix("http://")
    wrong: list[object] = []
    seen: Counter[int] = Counter()

    def sign(operation: str, key: str, expires: int = 3600) -> str:
        params = {"Bucket": ready["bucket"], "Key": key}
        url = s3.generate_presigned_url(operation, params, expires)
        return url.removeprefix(ready["endpoint"])

    def client(number: int) -> None:
        dice = random.Random(number)
        key = f"key-{number}"
        body = dice.randbytes(2000)
        put, get, head = (sign(f"{verb}_object", key) for verb in ("put", "get", "head"))
        long_ago = sign("get_object", key, expires=-1)
        plans = [
            ("PUT", put, body, 200),
            ("GET", get, None, 200),
            ("HEAD", head, None, 200),
            ("PUT", get, body, 403),
            ("GET", put, None, 403),
            ("GET", get[:-1] + ("0" if get[-1] != "0" else "1"), None, 403),
            ("GET", get.replace(key, f"key-{number + 1}", 1), None, 403),
            ("GET", get.replace("3600", "604801"), None, 400),
            ("GET", long_ago, None, 400),
            ("GET", get.partition("?")[0], None, 403),
        ]
        wire = http.client.HTTPConnection(host, timeout=30)
        wire.request("PUT", put, body)
        wire.getresponse().read()
        while time.monotonic() < end and not wrong:
            method, target, data, expected = dice.choice(plans)
            wire.request(method, target, data)
            answer = wire.getresponse()
            content = answer.read()
            seen[answer.status] += 1
            if answer.status != expected:
                wrong.append((method, target.partition("?")[0], answer.status, content[:300]))
            elif method == "GET" and expected == 200 and content != body:
                wrong.append("another client's bytes")
        wire.close()

    end = time.monotonic() + SECONDS
    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    memory = psutil.Process(process.pid)
    time.sleep(SECONDS / 2)  # the load goes on; this thread only watches
    half_way = memory.memory_info().rss
    for thread in threads:
        thread.join()
    grown = (memory.memory_info().rss - half_way) / 2**20
    print(f"{sum(seen.values())} requests {dict(seen)}, {grown:+.1f} MiB in the second half")
    assert wrong == []
    assert set(seen) == {200, 400, 403}
    assert grown < 30
    s3.close()
