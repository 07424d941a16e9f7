"""curl, as in the lessons: the URL is all it needs."""

from __future__ import annotations

import os

import pytest

from tests.clients.conftest import run
from tests.programs import program


@pytest.fixture
def curl():
    """Run curl. The options named, a URL or a password, go in by standard input and not as
    arguments, which everybody on the computer can see.
    """
    path = program("curl", "install it with your system's packages")

    def call(*arguments: str, **options: str) -> str:
        config = "".join(f'{name} = "{value}"\n' for name, value in options.items())
        return run([path, "-sS", "--config", "-", *arguments], input=config).stdout

    return call


def test_upload_download_and_refusals(service, curl, tmp_path):
    file = tmp_path / "photo.bin"
    file.write_bytes(bytes(range(256)) * 8192)  # over 1 MiB, so that curl sends Expect
    put = service.presign("put_object", "a b+c/é.bin")
    status = ("-o", os.devnull, "-w", "%{http_code}")
    assert curl(*status, "--upload-file", str(file), url=put) == "200"
    get = service.presign("get_object", "a b+c/é.bin")
    back = tmp_path / "back.bin"
    curl("-o", str(back), url=get)
    assert back.read_bytes() == file.read_bytes()
    assert curl(*status, "--upload-file", str(file), url=get) == "403"
    assert curl(*status, "-I", url=get) == "403"
    assert curl(*status, url=get.replace("photo", "other")[:-1]) == "403"
    assert curl(*status, "-H", "x-amz-acl: public-read", url=get) == "403"
    assert curl(*status, "-r", "0-9", url=get) == "206"


def test_curls_own_signatures(service, curl):
    root = service.server.root
    target = f"{service.endpoint}/{service.bucket}/k"
    provider = ("--aws-sigv4", f"aws:amz:{service.region}:s3", "-w", "%{http_code}")
    # curl 7.88 leaves this header to its user.
    hashed = ("-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD")
    right, wrong = (f"{root.access_key}:{secret}" for secret in (root.secret_key, "wrong"))
    service.put()
    assert curl(*provider, *hashed, target, user=right) == "body200"
    assert curl(*provider, *hashed, target, user=wrong).endswith("403")
