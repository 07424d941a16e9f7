"""Every lesson as on a real account: it asks first, runs through, and leaves nothing behind.

The account is the local S3 of the tests, reached as `.env` names a real one: no clock to move, no
decisions to read back, and not the notebook's own to do with as it likes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.errors import LabError
from helpers.settings import Settings
from tests.lessons.lesson import LESSONS, Here, as_a_new_kernel, cells, text
from tests.service import Service

SETTINGS = {
    "get_bucket_cors": "CORSRules",
    "get_bucket_policy": "Policy",
    "get_bucket_versioning": "Status",
    "get_bucket_lifecycle_configuration": "Rules",
    "get_public_access_block": "PublicAccessBlockConfiguration",
    "list_object_versions": "Versions",
    "list_multipart_uploads": "Uploads",
}


def state(service: Service) -> dict[str, Any]:
    """All that a lesson could leave in an account."""
    s3, iam = service.client(), service.client("iam")
    found: dict[str, Any] = {
        "users": [user["UserName"] for user in iam.list_users()["Users"]],
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"]],
        "policies": [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]],
        "buckets": [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]],
    }
    for call, name in SETTINGS.items():
        with suppress(ClientError):  # there is no such configuration
            found[name] = getattr(s3, call)(Bucket=service.bucket).get(name)
    return found


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_a_lesson_on_a_real_account(path, service, monkeypatch, tmp_path):
    root, said = service.server.root, ["n"]
    settings = Settings(
        root.access_key, root.secret_key, service.bucket, service.region, None, service.endpoint
    )
    as_a_new_kernel(monkeypatch, settings, tmp_path, said)
    code = [text(cell) for cell in cells(path, "code")]
    before = state(service)
    if any("lab.will_make(" in cell for cell in code):
        with pytest.raises(LabError, match="Nothing was changed"):
            run_all(Here(), code)
        assert state(service) == before
    said.append("y")
    running = Here()
    run_all(running, code)
    assert running.run("print(lab.local)") == "False\n"
    assert state(service) == before


def run_all(running: Here, code: list[str]) -> None:
    for cell in code:
        running.run(cell)


def test_there_are_lessons_that_ask():
    assert (
        sum(any("lab.will_make(" in text(c) for c in cells(path, "code")) for path in LESSONS) >= 2
    )
