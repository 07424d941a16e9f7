"""ceph/s3-tests against the local S3, from a checkout that you have.

    git clone https://github.com/ceph/s3-tests
    python3 -m venv s3 && s3/bin/pip install -r s3-tests/requirements.txt
    python3 -m tests.engines.s3_tests --checkout s3-tests --python s3/bin/python

The suite tests Ceph, so some of it isn't as AWS documents. `s3_tests_expected.toml` lists each test
that fails, by reason, and each reason has a kind. A failure that isn't there, or a test there that
passes, is printed, and the exit status is 1; so it is if more than 20 differ from AWS.
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
from strict_s3.rules.ownership import canonical_id
from strict_s3.server.server import LocalS3

EXPECTED = Path(__file__).with_name("s3_tests_expected.toml")
REGION = "us-east-1"
# The suite is Ceph's in this; this S3 says that it has no such thing; this S3 differs from AWS.
KINDS = ("ceph", "not carried out", "differs")
MOST = 20  # that differ
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
    text["s3 main"]["user_id"] = canonical_id(local.root.identity.account)
    # As S3 names keys in its answers. (Ceph repeats whatever it was given.)
    arn = f"arn:aws:kms:{REGION}:{local.root.identity.account}:key/"
    text["s3 main"]["kms_keyid"] = f"{arn}11111111-2222-3333-4444-555555555555"
    text["s3 main"]["kms_keyid2"] = f"{arn}22222222-3333-4444-5555-666666666666"
    out: list[str] = []
    for section in ("DEFAULT", *text.sections()):
        out.append(f"[{section}]")
        own = text[section]
        out += [f"{name} = {own[name]}" for name in own]
    return "\n".join(out) + "\n"


def expected() -> dict[str, dict[str, Any]]:
    """By reason: its `kind`, and the `tests` that are expected to fail for it."""
    return tomllib.loads(EXPECTED.read_text("utf-8")) if EXPECTED.exists() else {}


def report(results: list[dict[str, Any]], options: argparse.Namespace) -> int:
    """Print what isn't as expected, and how many tests each reason and each kind has."""
    reasons = expected()
    known = {test for reason in reasons.values() for test in reason["tests"]}
    unexpected = list(_unexpected(results, known))
    for line in unexpected:
        print(line)
    failed = {r["test"] for r in results if r["outcome"] == "failed"}
    kinds = dict.fromkeys(KINDS, 0)
    for name, reason in reasons.items():
        count = len(failed.intersection(reason["tests"]))
        kinds[reason["kind"]] += count
        print(f"{count:5}  {name} ({reason['kind']})")
    print()
    for kind, count in kinds.items():
        print(f"{count:5}  failed: {kind}")
    passed = sum(r["outcome"] == "passed" for r in results)
    skipped = sum(r["outcome"] == "skipped" for r in results)
    print(f"{passed:5}  passed\n{skipped:5}  skipped\n{len(unexpected):5}  not as expected")
    if kinds["differs"] > MOST:
        print(f"{kinds['differs']} tests fail because this S3 differs from AWS; {MOST} may.")
    if options.write:
        _write_new(failed - known)
    return int(bool(unexpected) or kinds["differs"] > MOST)


def _write_new(tests: set[str]) -> None:
    """Add failures to the list, for somebody to say why."""
    with EXPECTED.open("a", encoding="utf-8") as file:
        file.write(f'\n["TODO"]\nkind = "differs"\ntests = {json.dumps(sorted(tests), indent=4)}\n')


def _unexpected(results: list[dict[str, Any]], known: set[str]) -> Iterator[str]:
    for result in sorted(results, key=lambda result: str(result["test"])):
        test, failed = result["test"], result["outcome"] == "failed"
        if failed and test not in known:
            problem = re.sub(r"\s+", " ", result["problem"])
            yield f"fails: {test}: {problem[:220]}"
        elif result["outcome"] == "passed" and test in known:
            yield f"passes, take it off the list: {test}"


if __name__ == "__main__":
    sys.exit(main())
