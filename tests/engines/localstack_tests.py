"""LocalStack's AWS-validated S3 tests against the local S3, from a checkout that you have.

    git clone https://github.com/localstack/localstack
    python3.13 -m venv ls
    ls/bin/pip install "localstack-core[runtime,test]==2026.3.0" pytest-xdist
    python3 -m tests.engines.localstack_tests --checkout localstack --python ls/bin/python

Each test sends requests to AWS and compares the answers with what AWS answered when the test was
recorded. Here only the address is another one. The result is sorted; ``--verbose`` shows what
differs. Nothing of LocalStack is imported or started but its tests and their fixtures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from strict_s3.options import Options
from strict_s3.server.server import LocalS3

SUITES = ("test_s3.py", "test_s3_api.py", "test_s3_cors.py", "test_s3_list_operations.py")
SUITES += ("test_s3_preconditions.py",)
# Wrong in a request that AWS answers; the first that a test has is where it is counted.
KINDS = (
    "accepted that AWS refuses",
    "refused that AWS accepts",
    "other status or code",
    "501 NotImplemented",
    "assertion of the test",
    "other message",
    "other elements",
    "identical",
    "needs SigV2, KMS or another service, account or region",
    "skipped by the suite",
)
_OTHER = ("kms_", "sqs_", "sns_", "lambda", "firehose", "secondary_", "events_", "logs_", "acm_")
# A form or URL signed with Signature Version 2, and what the local S3 says to other services.
_SIGV2 = ("[s3-", "[s3]", "_sig_s3", "Please use AWS4-HMAC-SHA256")
# What needs a second region: the local S3 has one.
_REGIONS = ("[eu-west-1-", "[us-west-1]", "[eu-central-1-", "_by_bucket_region")
_REGIONS += ("_different_location_", "_eu_location_", "_outside_us_east_1")
# Website endpoints are another service; the rest needs minutes.
_NOT_RUN = "not StaticWebsite and not 1000_items and not big_file and not Notification"


def main(arguments: list[str] | None = None) -> int:
    """Run the tests and print the sorted result; returns 1 if a decision differs from AWS's."""
    name = "python3 -m tests.engines.localstack_tests"
    top = argparse.ArgumentParser(prog=name, description=__doc__)
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.add_argument("--checkout", type=Path, required=True, help="LocalStack's repository")
    top.add_argument("--python", required=True, help="a Python that has localstack-core[test]")
    top.add_argument("-k", default=_NOT_RUN, help="pytest's -k (default: %(default)s)")
    top.add_argument("--workers", type=int, default=2, help="pytest-xdist processes (default 2)")
    top.add_argument("--verbose", action="store_true", help="show what differs, test by test")
    options = top.parse_args(arguments)
    local = LocalS3(Options(region="us-east-1"))
    local.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder, "results.jsonl")
            _run(options, local, results)
            lines = results.read_text("utf-8").splitlines() if results.exists() else []
    finally:
        local.stop()
    return _report([json.loads(line) for line in lines], options.verbose)


def _run(options: argparse.Namespace, local: LocalS3, results: Path) -> None:
    place = local.describe()
    access_key, secret_key = _tester(local)
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": place["endpoint"].replace("127.0.0.1", "localhost"),
        "NO_PROXY": "localhost,.localhost,127.0.0.1",
        "PYTHONPATH": str(Path(__file__).parent / "plugins"),
        "STRICT_S3_RESULTS": str(results),
        "TEST_SKIP_LOCALSTACK_START": "1",
        "TEST_TARGET": "AWS_CLOUD",
    }
    folder = "tests/aws/services/s3"
    command = [options.python, "-m", "pytest", "-p", "localstack_redirect", "-q", "--tb=no", "-W"]
    command += ["ignore", "-k", options.k, *[f"{folder}/{suite}" for suite in SUITES]]
    if options.workers > 1:
        command += ["-n", str(options.workers)]
    subprocess.run(command, cwd=options.checkout, env=environment, check=False)


def _tester(local: LocalS3) -> tuple[str, str]:
    """The keys of a user who may do everything: roots can't assume roles."""
    iam = boto3.client(
        "iam",
        endpoint_url=local.endpoint,
        region_name="us-east-1",
        aws_access_key_id=local.root.access_key,
        aws_secret_access_key=local.root.secret_key,
    )
    user = {"UserName": "tester"}
    iam.create_user(**user)
    iam.attach_user_policy(**user, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    made = iam.create_access_key(**user)["AccessKey"]
    iam.close()
    return made["AccessKeyId"], made["SecretAccessKey"]


def _report(results: list[dict[str, Any]], verbose: bool) -> int:
    if not results:
        print("No test ran; pytest has said why.", file=sys.stderr)
        return 2
    sorted_results = [(kind_of(result), result) for result in results]
    if verbose:
        for kind, result in sorted(sorted_results, key=lambda pair: KINDS.index(pair[0])):
            if kind not in ("identical", KINDS[-1]):
                _show(kind, result)
    count = Counter(kind for kind, _ in sorted_results)
    for kind in KINDS:
        print(f"{count[kind]:5}  {kind}")
    print(f"{len(results):5}  in all")
    return int(bool(count[KINDS[0]] or count[KINDS[1]]))


def _show(kind: str, result: dict[str, Any]) -> None:
    print(f"{kind}: {result['test'].rpartition('/')[2]}")
    if result["problem"] and not result["problem"].startswith("SnapshotAssertionError"):
        print(f"    {result['problem'][:300]}")
    for snapshot in result["snapshots"]:
        for line in differences(snapshot["recorded"], snapshot["answered"]):
            print(f"    {snapshot['key']}{line}")


def kind_of(result: dict[str, Any]) -> str:
    """Where a test belongs in `KINDS`."""
    if result["skipped"]:
        return "skipped by the suite"
    problem = result["problem"]
    needs = any(part in name for name in result["fixtures"] for part in _OTHER)
    marks = (*_SIGV2, *_REGIONS)
    if problem and (needs or any(mark in result["test"] + problem for mark in marks)):
        return "needs SigV2, KMS or another service, account or region"
    snapshots = result["snapshots"]
    kinds = {kind for snapshot in snapshots for kind in _compared(snapshot)}
    if problem and not problem.startswith("SnapshotAssertionError"):
        kinds.add(_of_problem(problem, result["refusal"]))
    return min(kinds, key=KINDS.index) if kinds else "identical"


def _of_problem(problem: str, refusal: dict[str, Any] | None) -> str:
    if "DID NOT RAISE" in problem:
        return "accepted that AWS refuses"
    if refusal:
        unknown = refusal.get("Code") in ("NotImplemented", "501")
        return "501 NotImplemented" if unknown else "refused that AWS accepts"
    return "assertion of the test"


def _compared(snapshot: dict[str, Any]) -> Iterator[str]:
    recorded, answered = snapshot["recorded"], snapshot["answered"]
    if recorded == answered or recorded is None:
        return
    here, there = _facts(answered), _facts(recorded)
    if there["status"] and here["status"] != there["status"]:
        if here["status"] == 501:
            yield "501 NotImplemented"
        elif here["status"] < 400 <= there["status"]:
            yield "accepted that AWS refuses"
        elif there["status"] < 400 <= here["status"]:
            yield "refused that AWS accepts"
        else:
            yield "other status or code"
    elif here["code"] != there["code"]:
        yield "other status or code"
    elif here["message"] != there["message"]:
        yield "other message"
    else:
        yield "other elements"


def _facts(value: Any) -> dict[str, Any]:
    """Status, code and message somewhere in a recording."""
    found: dict[str, Any] = {"status": 0, "code": "", "message": ""}
    for name, item in _leaves(value):
        last = name.rpartition(".")[2]
        if last.lower() in ("httpstatuscode", "statuscode", "status_code", "status"):
            found["status"] = item if isinstance(item, int) else found["status"]
        if last in ("Code", "Message") and not found[last.lower()]:
            found[last.lower()] = item
    return found


def differences(recorded: Any, answered: Any) -> Iterator[str]:
    """A line for each value that is there on one side alone, or differs."""
    there, here = dict(_leaves(recorded)), dict(_leaves(answered))
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            absent = "(none)"
            yield f"{name}: AWS {there.get(name, absent)!r}, here {here.get(name, absent)!r}"


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{name}[{index}]")
    else:
        yield name, value


if __name__ == "__main__":
    sys.exit(main())
