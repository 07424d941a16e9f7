"""The AWS CLI, from its package: copies, multipart copies, presigned URLs."""

from __future__ import annotations

import os
import sys

import pytest
import requests

from tests.clients.conftest import run
from tests.programs import missing


@pytest.fixture
def aws(service):
    """Run the CLI against the service; `secret` may be a wrong one."""
    if run([sys.executable, "-c", "import awscli"]).returncode:
        missing("awscli is not in this environment: python3 -m helpers test makes one that has it")
    root = service.server.root

    def call(*arguments: str, secret: str = root.secret_key):
        variables = {name: value for name, value in os.environ.items() if "AWS" not in name}
        variables |= {
            "AWS_ACCESS_KEY_ID": root.access_key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": service.region,
            "AWS_ENDPOINT_URL": service.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
        }
        return run([sys.executable, "-m", "awscli", *arguments], env=variables)

    return call


def test_copy_list_and_remove(aws, service, tmp_path):
    small, large = tmp_path / "small.txt", tmp_path / "large.bin"
    small.write_text("small")
    large.write_bytes(os.urandom(17 * 1024 * 1024))  # multipart
    base = f"s3://{service.bucket}"
    for file in (small, large):
        done = aws("s3", "cp", str(file), f"{base}/cli/{file.name}")
        assert done.returncode == 0, done.stderr
    assert "large.bin" in aws("s3", "ls", f"{base}/cli/").stdout
    back = tmp_path / "back.bin"
    assert aws("s3", "cp", f"{base}/cli/large.bin", str(back)).returncode == 0
    assert back.read_bytes() == large.read_bytes()
    assert aws("s3", "rm", f"{base}/cli/", "--recursive").returncode == 0
    assert aws("s3", "ls", f"{base}/cli/").stdout == ""


def test_presign(aws, service):
    service.put()
    url = aws("s3", "presign", f"s3://{service.bucket}/k", "--expires-in", "60").stdout.strip()
    assert requests.get(url).text == "body"
    assert requests.put(url, data=b"x").status_code == 403
    service.later(seconds=62)
    assert "Request has expired" in requests.get(url).text


def test_a_wrong_secret_is_refused(aws, service):
    done = aws("s3", "ls", secret="wrong")
    assert done.returncode != 0
    assert "SignatureDoesNotMatch" in done.stderr
