"""ceph/s3-tests against the local S3, from a checkout that you have.

    git clone https://github.com/ceph/s3-tests
    python3 -m venv s3 && s3/bin/pip install -r s3-tests/requirements.txt
    python3 -m tests.engines.s3_tests --checkout s3-tests --python s3/bin/python

The suite tests Ceph, so some of it isn't as AWS documents. `s3_tests_expected.toml` lists each test
that fails, by reason; a failure that isn't there, or a test there that passes, is printed, and the
exit status is 1.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from strict_s3.options import Options
from strict_s3.server.server import LocalS3

EXPECTED = Path(__file__).with_name("s3_tests_expected.toml")
REGION = "us-east-1"
# Ceph's own extensions, other services, what the suite itself says that AWS does otherwise, and
# what waits for minutes.
_NOT_RUN = (
    "appendobject or auth_aws2 or bucket_logging or bucket_logging_cleanup or cloud_restore or "
    "cloud_transition or fails_on_aws or lifecycle_expiration or lifecycle_transition or s3select "
    "or s3website or s3website_redirect_location or s3website_routing_rules or sns or "
    "target_by_bucket or webidentity_test"
)
FILES = ("test_s3.py", "test_headers.py", "test_sts.py", "test_iam.py")
_SECTIONS = ("s3 main", "s3 alt", "s3 tenant", "iam", "iam root", "iam alt root")


def main(arguments: list[str] | None = None) -> int:
    """Run the suite; returns 0 if exactly the expected tests fail."""
    name = "python3 -m tests.engines.s3_tests"
    top = argparse.ArgumentParser(prog=name, description=__doc__)
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.add_argument("--checkout", type=Path, required=True, help="the suite's repository")
    top.add_argument("--python", required=True, help="a Python that has its requirements")
    top.add_argument("-k", default="", help="pytest's -k")
    top.add_argument("--write", action="store_true", help="add new failures to the list, as TODO")
    options = top.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        results = run(options, Path(folder))
    if not results:
        print("No test ran; pytest has said why.", file=sys.stderr)
        return 2
    return report(results, options)


def run(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Each test's outcome, from a local S3 of its own."""
    local = LocalS3(Options(region=REGION))
    local.start()
    try:
        keys = _people(local)
        (folder / "s3tests.conf").write_text(_configuration(local, keys), "utf-8")
        results = folder / "results.jsonl"
        environment = {
            **os.environ,
            "AWS_DEFAULT_REGION": REGION,
            "NO_PROXY": "localhost,127.0.0.1",
            "PYTHONPATH": str(Path(__file__).parent / "plugins"),
            "S3TEST_CONF": str(folder / "s3tests.conf"),
            "STRICT_S3_KEYS": json.dumps(dict(keys.values())),
            "STRICT_S3_RESULTS": str(results),
        }
        command = [options.python, "-m", "pytest", "-p", "s3_tests_as_on_aws", "-q", "--tb=no"]
        command += ["-W", "ignore", "-m", f"not ({_NOT_RUN})"]
        command += [f"s3tests/functional/{file}" for file in FILES]
        command += ["-k", options.k] if options.k else []
        subprocess.run(command, cwd=options.checkout, env=environment, check=False)
    finally:
        local.stop()
    lines = results.read_text("utf-8").splitlines() if results.exists() else []
    return [json.loads(line) for line in lines]


def _people(local: LocalS3) -> dict[str, tuple[str, str]]:
    """Access and secret key by section of the configuration: root, and a user for each stranger."""
    root = (local.root.access_key, local.root.secret_key)
    iam = boto3.client(
        "iam",
        endpoint_url=local.endpoint,
        region_name=REGION,
        aws_access_key_id=root[0],
        aws_secret_access_key=root[1],
    )
    own = ("CreateBucket", "ListAllMyBuckets")  # and the two that open a new bucket
    own += ("PutBucketOwnershipControls", "PutBucketPublicAccessBlock")
    allowed = {"Effect": "Allow", "Action": [f"s3:{name}" for name in own], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    keys = dict.fromkeys(_SECTIONS, root)
    for section in ("s3 alt", "s3 tenant", "iam alt root"):
        user = section.replace(" ", "-")
        iam.create_user(UserName=user)
        document = json.dumps(policy)
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document)
        made = iam.create_access_key(UserName=user)["AccessKey"]
        keys[section] = (made["AccessKeyId"], made["SecretAccessKey"])
    iam.close()
    return keys


def _configuration(local: LocalS3, keys: dict[str, tuple[str, str]]) -> str:
    text = configparser.RawConfigParser()
    host, _, port = local.endpoint.removeprefix("http://").partition(":")
    text["DEFAULT"] = {
        "host": "localhost" if host == "127.0.0.1" else host,
        "port": port,
        "is_secure": "False",
        "ssl_verify": "False",
    }
    text["fixtures"] = {"bucket prefix": "s3-tests-{random}-"}
    for section, (access_key, secret_key) in keys.items():
        text[section] = {
            "access_key": access_key,
            "secret_key": secret_key,
            "display_name": section,
            "user_id": section.replace(" ", "-"),
            "email": f"{section.replace(' ', '-')}@example.com",
            "api_name": "",
            "tenant": "tenant",
        }
    out: list[str] = []
    for section in ("DEFAULT", *text.sections()):
        out.append(f"[{section}]")
        own = text[section]
        out += [f"{name} = {own[name]}" for name in own]
    return "\n".join(out) + "\n"


def expected() -> dict[str, str]:
    """The reason of each failure that is expected, by test."""
    document = tomllib.loads(EXPECTED.read_text("utf-8")) if EXPECTED.exists() else {}
    return {test: reason for reason, tests in document.items() for test in tests}


def report(results: list[dict[str, Any]], options: argparse.Namespace) -> int:
    """Print what isn't as expected, and how many tests each reason has."""
    reasons, unexpected = expected(), list(_unexpected(results))
    for line in unexpected:
        print(line)
    failed = [r["test"] for r in results if r["outcome"] == "failed"]
    passed = sum(r["outcome"] == "passed" for r in results)
    skipped = sum(r["outcome"] == "skipped" for r in results)
    for reason in dict.fromkeys(reasons.values()):
        print(f"{sum(reasons.get(test) == reason for test in failed):5}  {reason}")
    print(f"{passed:5}  passed\n{skipped:5}  skipped\n{len(unexpected):5}  not as expected")
    if options.write:
        new = [test for test in failed if test not in reasons]
        with EXPECTED.open("a", encoding="utf-8") as file:
            file.write(f'"TODO" = {json.dumps(sorted(new), indent=4)}\n')
    return int(bool(unexpected))


def _unexpected(results: list[dict[str, Any]]) -> Iterator[str]:
    reasons = expected()
    for result in sorted(results, key=lambda result: str(result["test"])):
        test, failed = result["test"], result["outcome"] == "failed"
        if failed and test not in reasons:
            problem = re.sub(r"\s+", " ", result["problem"])
            yield f"fails: {test}: {problem[:220]}"
        elif result["outcome"] == "passed" and test in reasons:
            yield f"passes, take it off the list: {test}"


if __name__ == "__main__":
    sys.exit(main())
