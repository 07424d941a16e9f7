"""The whole files under "Take it to work": each copied, run as it says, and its result used.

A file is run as at work: no lab, no key in it. Credentials come from a profile, or from a role's
environment; only the endpoint is that of the tests' S3 (``AWS_ENDPOINT_URL``).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from strict_s3.redact import redact
from tests.lessons.lesson import LESSONS, cells, text
from tests.service import Service

TAUGHT = {"04": "share.py", "05": "put.py", "06": "form.py", "07": "cors.py"}


def files(path) -> list[str]:
    """The Python files in a lesson's box."""
    prose = "\n\n".join(text(cell) for cell in cells(path, "markdown"))
    box = re.search(r"^## Take it to work\n(.*?)(?=^## )", prose, re.M | re.S)
    return re.findall(r"^```python\n(.*?)^```$", box[1], re.M | re.S) if box else []


FILES = {path.name[:2]: files(path) for path in LESSONS}


class Work:
    """A folder with a lesson's file in it, and the credentials of somebody at work."""

    def __init__(self, service: Service, folder) -> None:
        self.service, self.folder = service, folder
        root = service.server.root
        keys = folder / "credentials"
        keys.write_text(
            f"[work]\naws_access_key_id = {root.access_key}\n"
            f"aws_secret_access_key = {root.secret_key}\n"
        )
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "PYTHON"))}
        self.around = kept | {
            "AWS_ENDPOINT_URL": service.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": str(keys),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONIOENCODING": "utf-8",
        }
        self.profile = {"AWS_PROFILE": "work"}

    def run(self, lesson: str, *arguments: str, **variables: str) -> Any:
        """The JSON that the lesson's file prints."""
        done = self._start(lesson, arguments, variables or self.profile)
        assert done.returncode == 0, redact(done.stderr)
        return json.loads(done.stdout)

    def _start(
        self, lesson: str, arguments: tuple[str, ...], variables: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        (code,) = FILES[lesson]
        (self.folder / TAUGHT[lesson]).write_text(code, encoding="utf-8")
        return subprocess.run(
            [sys.executable, TAUGHT[lesson], *arguments],
            cwd=self.folder,
            env=self.around | variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )

    def refused(self, lesson: str, *arguments: str) -> str:
        """The one sentence with which the file refuses its arguments."""
        done = self._start(lesson, arguments, self.profile)
        assert done.returncode == 1 and not done.stdout
        (line,) = done.stderr.splitlines()
        return line

    def lasts(self, made: dict[str, Any], seconds: int) -> None:
        """`expires` is that long from now, in UTC."""
        left = datetime.fromisoformat(made["expires"]) - self.service.now()
        assert timedelta(seconds=seconds - 15) < left <= timedelta(seconds=seconds)


@pytest.fixture
def work(service, tmp_path) -> Work:
    return Work(service, tmp_path)


def test_each_file_stands_alone():
    assert {lesson for lesson, found in FILES.items() if found} == set(TAUGHT)
    for lesson, name in TAUGHT.items():
        (code,) = FILES[lesson]
        assert code.startswith(f'"""{name}: ')
        assert f"    python3 {name} " in code
        assert 'signature_version="s3v4"' in code and "region_name=REGION" in code
        assert not re.search(r"\blab\b|helpers|strict_s3|endpoint|AKIA|secret", code)
        assert max(map(len, code.splitlines())) <= 77


def test_share(work, service):
    service.put("lesson-04/report.txt", b"report")
    made = work.run("04", "lesson-04/report.txt", "Отчёт; Q3/Q4.txt")
    answer = requests.request(made["method"], made["url"], headers=made["headers"])
    assert (answer.status_code, answer.content) == (200, b"report")
    saved = "attachment; filename*=UTF-8''%D0%9E%D1%82%D1%87%D1%91%D1%82%3B%20Q3%2FQ4.txt"
    assert answer.headers["content-disposition"] == saved
    assert requests.put(made["url"], data=b"x").status_code == 403
    work.lasts(made, 300)


def test_share_as_a_role(work, service):
    service.put("lesson-04/report.txt", b"report")
    session = service.client("sts").get_session_token()["Credentials"]
    made = work.run(
        "04",
        "lesson-04/report.txt",
        "a.txt",
        AWS_ACCESS_KEY_ID=session["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=session["SecretAccessKey"],
        AWS_SESSION_TOKEN=session["SessionToken"],
    )
    assert "X-Amz-Security-Token" in made["url"]
    assert requests.get(made["url"]).content == b"report"


def test_put(work, service):
    made = work.run("05", "image/png", "2048")
    assert re.fullmatch(r"uploads/[0-9a-f-]{36}\.png", made["key"])
    work.lasts(made, 600)

    def upload(size: int = 2048, **changed: str | None) -> int:
        headers = {n: v for n, v in (made["headers"] | changed).items() if v is not None}
        return requests.put(made["url"], data=bytes(size), headers=headers).status_code

    other = [upload(2047), upload(2049), upload(**{"If-None-Match": None})]
    other += [upload(**{"Content-Type": kind}) for kind in ("text/html", None)]
    assert other == [403] * 5
    assert [upload(), upload()] == [200, 412]
    stored = service.client().head_object(Bucket=service.bucket, Key=made["key"])
    assert (stored["ContentType"], stored["ContentLength"]) == ("image/png", 2048)
    assert work.run("05", "image/jpeg", "1")["key"] != made["key"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("text/html", "10"), "type: one of image/png, image/jpeg"),
        (("image/png", "0"), "size: 1 to 10000000 bytes"),
        (("image/png", "10000001"), "size: 1 to 10000000 bytes"),
    ],
)
def test_put_refuses(arguments, line, work):
    assert work.refused("05", *arguments) == line


def test_form(work, service):
    made = work.run("06", "ann")
    assert re.fullmatch(r"uploads/ann/[0-9a-f-]{36}", made["key"])
    work.lasts(made, 600)

    def post(size: int = 100, **changed: str) -> int:
        fields = {**made["fields"], "Content-Type": "image/png", **changed}
        return requests.post(made["url"], fields, files={"file": bytes(size)}).status_code

    assert [post(0), post(10_000_001)] == [400, 400]
    refused = [{"Content-Type": "text/html"}, {"key": "uploads/bob/x"}, {"acl": "private"}]
    assert [post(**changed) for changed in refused] == [403] * 3
    assert post() == 201
    stored = service.client().head_object(Bucket=service.bucket, Key=made["key"])
    assert (stored["ContentType"], stored["ContentLength"]) == ("image/png", 100)
    assert work.refused("06", "../bob") == "user: letters and digits only"


def test_cors(work, service):
    s3, mine = service.client(), "https://page.example"
    other = {"ID": "other", "AllowedOrigins": ["https://b.example"], "AllowedMethods": ["GET"]}
    for rules in ([], [other]):
        if rules:
            s3.put_bucket_cors(Bucket=service.bucket, CORSConfiguration={"CORSRules": rules})
        for _ in range(2):
            told = work.run("07", mine)
            assert told["status"] == 200
            assert told["allowed"]["access-control-allow-origin"] == mine
        kept = s3.get_bucket_cors(Bucket=service.bucket)["CORSRules"]
        assert [rule["ID"] for rule in kept] == ["presigned-urls", *(r["ID"] for r in rules)]
    assert kept[1] == other
    for origin in ("https://page.example/", "page.example", "https://*.example"):
        assert work.refused("07", origin) == "origin: as https://page.example, without a path"
