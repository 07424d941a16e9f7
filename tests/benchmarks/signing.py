"""Presigned GET URLs a second, beside other signers: python3 -m tests.benchmarks.signing [--quick]

One process each, in URLs for a second of processor time (so that other programs on the computer
count less); rounds of all are interleaved, figures are medians. Before a signer is timed its URL
is verified by the rules of the local S3: one that signs something else than it was asked for is
marked. The others are installed for this alone: pip install --group bench
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psutil

from helpers.files import PROJECT
from strict_s3.rules import query_auth
from strict_s3.rules.authentication import Endpoint, Verifier
from strict_s3.rules.decision import Decision
from strict_s3.rules.errors import S3Error
from strict_s3.rules.identity import Credential, Identity
from strict_s3.rules.request import Request
from strict_s3.signing.presigner import Credentials, Presigner

ACCESS, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
BUCKET, REGION, EXPIRES = "presignedurldemo", "eu-west-2", 900
ENDPOINT = f"s3.{REGION}.amazonaws.com"
INSTALL = "pip install --group bench"
OURS, BOTO3 = "strict_s3.signing.presigner", "boto3"
Signer = Callable[[Iterable[str]], Iterator[str]]


def ours() -> Signer:
    signer = Presigner(Credentials(ACCESS, SECRET), REGION, BUCKET)
    return lambda keys: signer.urls("GET", keys, expires=EXPIRES)


def boto3s() -> Signer:
    import boto3
    from botocore.config import Config

    s3 = boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    sign = s3.generate_presigned_url
    return lambda keys: (sign("get_object", {"Bucket": BUCKET, "Key": k}, EXPIRES) for k in keys)


def botocores() -> Signer:
    from urllib.parse import quote

    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Keys

    auth = S3SigV4QueryAuth(Keys(ACCESS, SECRET), "s3", REGION, expires=EXPIRES)

    def sign(key: str) -> str:
        request = AWSRequest("GET", f"https://{BUCKET}.{ENDPOINT}/{quote(key, safe='/~')}")
        auth.add_auth(request)
        return request.url

    return lambda keys: map(sign, keys)


def minios() -> Signer:
    from minio import Minio

    client = Minio(ENDPOINT, access_key=ACCESS, secret_key=SECRET, region=REGION)
    sign, life = client.presigned_get_object, timedelta(seconds=EXPIRES)
    return lambda keys: (sign(BUCKET, key, expires=life) for key in keys)


def signurlaritys() -> Signer:
    from signurlarity import Client

    client = Client(f"https://{ENDPOINT}", ACCESS, SECRET)
    sign = client.generate_presigned_url
    return lambda keys: (
        sign("get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=EXPIRES) for key in keys
    )


def asigv4s() -> Signer:
    from asigv4.signer import presign_url

    fixed = {"method": "GET", "host": f"{BUCKET}.{ENDPOINT}", "region": REGION}
    fixed |= {"access_key_id": ACCESS, "secret_key": SECRET}
    return lambda keys: (presign_url(path=f"/{key}", expires=EXPIRES, **fixed) for key in keys)


def obstores() -> Signer:
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        BUCKET,
        region=REGION,
        access_key_id=ACCESS,
        secret_access_key=SECRET,
        virtual_hosted_style_request=True,
    )
    life = timedelta(seconds=EXPIRES)

    def sign(keys: Iterable[str]) -> Iterator[str]:
        # Its quickest way: lists, which it signs without Python.
        rest = iter(keys)
        while some := list(islice(rest, 1000)):
            yield from obstore.sign(store, "GET", some, life)

    return sign


def libpresigns() -> Signer:
    import libpresign

    fixed = {"bucket": BUCKET, "region": REGION, "expires": EXPIRES}
    fixed |= {"access_key_id": ACCESS, "secret_access_key": SECRET}
    return lambda keys: (libpresign.get(key=key, **fixed) for key in keys)


# Name, module that it needs, how it signs, whether it is compiled.
SIGNERS: dict[str, tuple[str, Callable[[], Signer], bool]] = {
    OURS: ("helpers", ours, False),
    BOTO3: ("boto3", boto3s, False),
    "botocore's signer": ("botocore", botocores, False),
    "minio-py": ("minio", minios, False),
    "signurlarity": ("signurlarity", signurlaritys, False),
    "asigv4": ("asigv4", asigv4s, False),
    "obstore (Rust)": ("obstore", obstores, True),
    "libpresign (C++)": ("libpresign", libpresigns, True),
}


def keys(count: int) -> Iterator[str]:
    return (f"gallery/2026/11/photo-{number:07}.jpg" for number in range(count))


def verdict(sign: Signer) -> str:
    """What is wrong with what it signs; empty if nothing is."""
    told = []
    for key in ("gallery/2026/11/photo-0000001.jpg", "a b/ä+c&d='~.jpg"):
        try:
            (url,) = sign([key])
            parts = urlsplit(url)
            decision = Decision("GET", parts.path)
            lookup = {ACCESS: Credential(ACCESS, SECRET, Identity("root"))}.get
            verifier = Verifier(Endpoint(REGION), lookup, datetime.now(UTC))
            query_auth.authenticate(Request.build("GET", url), decision, verifier)
        except S3Error as problem:
            told.append(f"{problem.code} for {key!r}")
            continue
        except Exception as problem:
            told.append(f"{type(problem).__name__} for {key!r}")
            continue
        styles = {f"{BUCKET}.{ENDPOINT}": f"/{key}", ENDPOINT: f"/{BUCKET}/{key}"}
        if parts.netloc not in styles:
            told.append(f"host {parts.netloc}")
        elif unquote(parts.path) != styles[parts.netloc]:
            told.append(f"path {parts.path}")
    return "; ".join(dict.fromkeys(told))


def timed(sign: Signer, count: int) -> float:
    """URLs for a second of processor time."""
    wanted = list(keys(count))
    gc.collect()
    begun = time.process_time()
    for _ in sign(wanted):
        pass
    return count / (time.process_time() - begun)


def large(name: str, count: int) -> tuple[float, float]:
    """(URLs for a second, MiB that the process has grown by), for a generator of keys."""
    sign, process = SIGNERS[name][1](), psutil.Process()
    for _ in sign(keys(2000)):
        pass
    gc.collect()
    before, peak = process.memory_info().rss, 0
    begun = time.process_time()
    for number, _ in enumerate(sign(keys(count))):
        if number % 50_000 == 0:
            peak = max(peak, process.memory_info().rss)
    rate = count / (time.process_time() - begun)
    return rate, (max(peak, process.memory_info().rss) - before) / 2**20


def commands(files: list[Path], workers: int) -> float:
    """Seconds by the clock for as many commands at once, each with its file of keys."""
    options = ["--bucket", BUCKET, "--region", REGION, "--workers", str(workers)]
    begun = time.perf_counter()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "helpers", "presign", "get", *options, "--keys", str(file)],
            stdout=subprocess.DEVNULL,
            env=os.environ | {"S3_ACCESS_KEY": ACCESS, "S3_SECRET_KEY": SECRET},
            cwd=PROJECT,
        )
        for file in files
    ]
    statuses = [one.wait() for one in running]
    if any(statuses):
        raise RuntimeError("the command presign has failed")
    return time.perf_counter() - begun


def workers(count: int, rounds: int) -> None:
    """One and two workers, beside two commands that have half of the keys each and share nothing:
    twice as quick as one is what this computer can do at best."""
    with tempfile.TemporaryDirectory() as folder:
        every, *halves = (Path(folder) / name for name in ("all", "first", "second"))
        lines = [f"{key}\n" for key in keys(count)]
        every.write_text("".join(lines), encoding="utf-8")
        halves[0].write_text("".join(lines[: count // 2]), encoding="utf-8")
        halves[1].write_text("".join(lines[count // 2 :]), encoding="utf-8")
        ways: dict[str, tuple[list[Path], int]] = {
            "1 worker": ([every], 1),
            "2 workers": ([every], 2),
            "2 commands, half of the keys each": (halves, 1),
        }
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (files, team) in ways.items():
                found[name].append(commands(files, team))
    print(f"\nthe command presign, {count:,} keys, s by the clock ({os.cpu_count()} processors)")
    middle = {name: statistics.median(measured) for name, measured in found.items()}
    for name, seconds in middle.items():
        print(f"  {name:34} {seconds:6.2f} {middle['1 worker'] / seconds:6.2f} times")


def main(count: int = 20_000, many: int = 1_000_000, rounds: int = 5) -> None:
    here = {n: make() for n, (module, make, _) in SIGNERS.items() if find_spec(module)}
    for name in SIGNERS.keys() - here.keys():
        print(f"without {name}: {INSTALL}", file=sys.stderr)
    wrong = {name: verdict(sign) for name, sign in here.items()}
    rates: dict[str, list[float]] = {name: [] for name in here}
    for _ in range(rounds):
        for name, sign in here.items():
            rates[name].append(timed(sign, count))
    middle = {name: statistics.median(found) for name, found in rates.items()}
    table(f"{count:,} keys, URLs for a second of processor time, median of {rounds}", middle, wrong)

    found = {}
    for name in here:
        with get_context("spawn").Pool(1) as pool:  # a process of its own, for its memory
            found[name] = pool.apply(large, (name, many))
    extra = {name: f"{grown:+7.1f} MiB" for name, (_, grown) in found.items()}
    table(f"{many:,} keys", {name: rate for name, (rate, _) in found.items()}, wrong, extra)

    workers(many, rounds)


def table(
    title: str,
    rates: dict[str, float],
    wrong: dict[str, str],
    extra: dict[str, str] | None = None,
) -> None:
    print(f"\n{title}")
    for name, rate in rates.items():
        ratio = "" if name == OURS else f"{rates[OURS] / rate:7.1f} times"
        note = f"   signs something else: {wrong[name]}" if wrong[name] else ""
        print(f"  {name:20} {rate:11,.0f} {(extra or {}).get(name, ''):>13} {ratio:>14}{note}")
    compiled = [rates[name] for name in rates if SIGNERS[name][2]]
    told = f"  {rates[OURS] / rates[BOTO3]:.0f} times boto3"
    if compiled:
        told += f", {rates[OURS] / max(compiled):.1f} times the fastest compiled one"
    print(told, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python3 -m tests.benchmarks.signing")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work at all?")
    if parser.parse_args().quick:
        main(2_000, 50_000, 1)
    else:
        main()
