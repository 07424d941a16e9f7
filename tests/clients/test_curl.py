"""curl, as in the lessons: the URL is all it needs."""

from __future__ import annotations

import pytest

from tests.clients.conftest import run
from tests.programs import program


@pytest.fixture
def curl():
    return [program("curl", "install it with your system's packages"), "-sS"]


def test_upload_download_and_refusals(service, curl, tmp_path):
    file = tmp_path / "photo.bin"
    file.write_bytes(bytes(range(256)) * 8192)  # over 1 MiB, so that curl sends Expect
    put = service.presign("put_object", "a b+c/é.bin")
    status = [*curl, "-o", "/dev/null", "-w", "%{http_code}"]
    assert run([*status, "--upload-file", str(file), put]).stdout == "200"
    get = service.presign("get_object", "a b+c/é.bin")
    back = tmp_path / "back.bin"
    run([*curl, "-o", str(back), get])
    assert back.read_bytes() == file.read_bytes()
    assert run([*status, "--upload-file", str(file), get]).stdout == "403"
    assert run([*status, "-I", get]).stdout == "403"
    assert run([*status, get.replace("photo", "other")[:-1]]).stdout == "403"
    assert run([*status, "-H", "x-amz-acl: public-read", get]).stdout == "403"
    assert run([*status, "-r", "0-9", get]).stdout == "206"


def test_curls_own_signatures(service, curl):
    root = service.server.root
    target = f"{service.endpoint}/{service.bucket}/k"
    provider = ["--aws-sigv4", f"aws:amz:{service.region}:s3", "-w", "%{http_code}"]
    # curl 7.88 leaves this header to its user.
    hashed = ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    right = ["--user", f"{root.access_key}:{root.secret_key}"]
    wrong = ["--user", f"{root.access_key}:wrong"]
    service.put()
    assert run([*curl, *provider, *hashed, *right, target]).stdout == "body200"
    assert run([*curl, *provider, *hashed, *wrong, target]).stdout.endswith("403")
