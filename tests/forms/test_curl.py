"""The curl commands that can be copied, run by the real curl."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from helpers.forms.fields import sha256_of
from helpers.forms.post import Condition, PostModel
from helpers.forms.signed_url import GetModel, PutModel
from tests.programs import program


@pytest.fixture
def curl(tmp_path):
    found = program("curl", "Debian: apt install curl")
    (tmp_path / "FILE").write_bytes(b"Hello from the form")

    def run(command: str) -> tuple[str, int]:
        words = shlex.split(command)
        assert words[0] == "curl"
        done = subprocess.run(
            [found, "-sS", "-w", "\n%{http_code}", *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            check=True,
            text=True,
        )
        body, _, status = done.stdout.rpartition("\n")
        return body, int(status)

    return run


def test_get_and_head(lab, curl):
    lab.client().put_object(Bucket=lab.bucket, Key="a'b c.txt", Body=b"body")
    assert curl(GetModel(lab, Key="a'b c.txt").sign().curl()) == ("body", 200)
    head = GetModel(lab, Key="a'b c.txt", operation="head_object").sign().curl()
    assert curl(head)[1] == 200


def test_put(lab, curl):
    form = PutModel(lab, Key="k", ContentType="text/x-a", ContentLength="19", IfNoneMatch="*")
    command = form.sign().curl()
    assert curl(command)[1] == 200
    assert curl(command)[1] == 412
    stored = lab.client().get_object(Bucket=lab.bucket, Key="k")
    assert (stored["ContentType"], stored["Body"].read()) == ("text/x-a", b"Hello from the form")


def test_put_with_a_checksum(lab, curl, tmp_path):
    command = PutModel(lab, Key="k", ChecksumSHA256=sha256_of(b"Hello from the form")).sign().curl()
    assert curl(command)[1] == 200
    (tmp_path / "FILE").write_bytes(b"Hello from the forM")
    body, status = curl(command)
    assert (status, "<Code>BadDigest</Code>" in body) == (400, True)


def test_post(lab, curl):
    rows = [
        Condition(field="x-amz-meta-note", first='@it\'s;<"$HOME"'),
        Condition(kind="content-length-range", first="19", second="19"),
    ]
    assert curl(PostModel(lab, rows, Key="u/${filename}").sign().curl())[1] == 204
    stored = lab.client().head_object(Bucket=lab.bucket, Key="u/FILE")
    assert stored["Metadata"] == {"note": '@it\'s;<"$HOME"'}
