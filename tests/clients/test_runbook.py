"""Every command of the run-book page, as it is printed there, and its two queries."""

from __future__ import annotations

import html
import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.files import PROJECT
from strict_s3 import access_log, cloudtrail
from strict_s3.logs import COLUMNS
from tests.clients.conftest import run
from tests.programs import missing, program
from tests.service import Service, allow, document

PAGE = PROJECT / "notebooks" / "RUNBOOK.html"
POLICIES = PROJECT / "notebooks" / "examples" / "policies"
BLOCKS = dict(re.findall(r'<pre id="([\w-]+)">(.*?)</pre>', PAGE.read_text(encoding="utf-8"), re.S))
KEY, ROLE, USER = "reports/q3.pdf", "acme-app", "acme-newsletter"
FIELD = re.compile(r'"[^"]*"|\[[^]]*\]|[^ ]+')
Bash = Callable[..., str]


def command(name: str) -> str:
    return html.unescape(BLOCKS[name])


@pytest.fixture
def bash(service: Service, tmp_path: Path) -> Bash:
    """Runs blocks of the page in a shell, in a folder with the policies; returns what it printed.

    `names` are the variables that the page begins with.
    """
    if sys.platform == "win32":
        pytest.skip("the run-book is for a POSIX shell")
    shell = program("bash", "it comes with the system")
    if run([sys.executable, "-c", "import awscli"]).returncode:
        missing("awscli is not in this environment: python3 -m helpers test makes one that has it")
    for file in POLICIES.glob("incident-*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    root = service.server.root
    variables = {name: value for name, value in os.environ.items() if "AWS" not in name}
    variables |= {
        "AWS_ACCESS_KEY_ID": root.access_key,
        "AWS_SECRET_ACCESS_KEY": root.secret_key,
        "AWS_DEFAULT_REGION": service.region,
        "AWS_ENDPOINT_URL": service.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(PROJECT),
        "PYTHON": sys.executable,
        **{"BUCKET": service.bucket, "KEY": KEY, "ROLE": ROLE, "USER_NAME": USER},
    }
    functions = 'aws() { "$PYTHON" -m awscli "$@"; }; strict-s3() { "$PYTHON" -m strict_s3 "$@"; }'

    def call(*blocks: str, **names: str) -> str:
        script = "\n".join([functions, "set -e", *map(command, blocks)])
        done = run([shell, "-c", script], env=variables | names, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


@pytest.fixture
def signers(service: Service) -> dict[str, Any]:
    """A key of the newsletter's user, a session of the application's role, and how to renew it."""
    service.put(KEY)
    service.put("reports/other.pdf")
    may = document(allow("s3:GetObject", "s3:PutObject"))
    iam = service.client("iam")
    key = service.user(USER, allow("s3:GetObject"))
    machine = service.user("machine", allow("sts:AssumeRole"))
    trust = allow("sts:AssumeRole") | {"Principal": {"AWS": "123456789012"}}
    del trust["Resource"]
    role = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="p", PolicyDocument=may)
    sts = service.client("sts", machine)

    def session() -> dict[str, str]:
        return sts.assume_role(RoleArn=role, RoleSessionName="web-1")["Credentials"]

    service.later(minutes=-10)
    old = session()
    service.later(minutes=10)
    return {"key": key, "session": old, "restart": session}


def link(service: Service, keys: dict[str, str], key: str = KEY) -> str:
    return service.presign("get_object", key, 3600, service.client("s3", keys))


def status(url: str) -> int:
    return requests.get(url).status_code


def test_minute_0_says_what_it_is(bash, service, signers):
    url = link(service, signers["session"])
    said = bash("look", URL=url)
    assert "ASIA" in said and KEY in said
    assert url.partition("Signature=")[2] not in said


def test_minute_1_one_object(bash, service, signers):
    leaked, other = (link(service, signers["key"], k) for k in (KEY, "reports/other.pdf"))
    assert bash("keep", "one", "try", URL=leaked).endswith("403\n")
    assert status(other) == 200
    assert service.client("s3", signers["key"]).get_object(Bucket=service.bucket, Key=KEY)


@pytest.mark.parametrize("before", [False, True])
def test_minute_1_every_link_and_back_again(bash, service, signers, before):
    """With a policy that was there before, and without one."""
    deny = allow("s3:DeleteObject", resource=f"arn:aws:s3:::{service.bucket}/*")
    policy = document(deny | {"Effect": "Deny", "Principal": "*"})
    if before:
        service.client().put_bucket_policy(Bucket=service.bucket, Policy=policy)
    leaked, other = (link(service, signers["key"], k) for k in (KEY, "reports/other.pdf"))
    assert bash("keep", "all", "try", URL=leaked).endswith("403\n")
    assert status(other) == 403
    assert service.client("s3", signers["key"]).get_object(Bucket=service.bucket, Key=KEY)
    # Nothing was done about the signer here, so that the link works again.
    assert bash("back", URL=leaked).endswith("200\n")
    if before:
        found = service.client().get_bucket_policy(Bucket=service.bucket)["Policy"]
        assert "s3:DeleteObject" in found and "s3:authType" not in found


def test_minute_3_a_session(bash, service, signers):
    leaked = link(service, signers["session"])
    assert bash("sessions", "try", URL=leaked).endswith("403\n")
    assert status(link(service, signers["restart"]())) == 200


def test_minute_3_a_key(bash, service, signers, tmp_path):
    leaked = link(service, signers["key"])
    old = signers["key"]["AccessKeyId"]
    said = bash("rotate", "try", URL=leaked, OLD_KEY=old)
    assert old in said and said.endswith("403\n")
    new = json.loads((tmp_path / "new-key.json").read_text())["AccessKey"]
    assert status(link(service, new)) == 200


def test_the_queries_find_the_link(service, signers):
    """In SQLite, whose JSON function has another name than Athena's."""
    for number in range(3):
        agent = {"user-agent": f"curl/{number % 2}"}
        requests.get(link(service, signers["key"]), headers=agent)
    service.client().get_object(Bucket=service.bucket, Key=KEY)
    requests.get(link(service, signers["key"]) + "0")
    decisions = service.decisions()
    with sqlite3.connect(":memory:") as database:
        table = [FIELD.findall(line) for line in access_log(decisions)]
        database.execute(f"CREATE TABLE access_log ({', '.join(COLUMNS)})")
        database.executemany(
            f"INSERT INTO access_log VALUES ({', '.join('?' * len(COLUMNS))})", table
        )
        rows = database.execute(command("access-log")).fetchall()
        assert [(row[1], row[3], row[4]) for row in rows] == [
            ('"curl/0"', 2, 8),
            ('"curl/1"', 1, 4),
        ]
        events = cloudtrail(decisions)
        names = ("eventTime", "sourceIPAddress", "userIdentity", "requestParameters")
        names += ("additionalEventData",)
        database.execute(f"CREATE TABLE cloudtrail_logs ({', '.join(names)})")
        for event in events:
            values = [v if isinstance(v := event[n], str) else json.dumps(v) for n in names]
            database.execute("INSERT INTO cloudtrail_logs VALUES (?, ?, ?, ?, ?)", values)
        query = command("cloudtrail").replace("json_extract_scalar", "json_extract")
        # SQLite needs quotation marks around a name with hyphens.
        rows = database.execute(query.replace("$.X-Amz-Expires", '$."X-Amz-Expires"')).fetchall()
        assert [json.loads(row[2])["userName"] for row in rows] == [USER] * 3
    database.close()


def test_every_block_is_tried():
    tried = "look keep one all sessions rotate try back access-log cloudtrail"
    assert [*BLOCKS] == ["names", *tried.split()]
