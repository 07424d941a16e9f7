"""Every lesson as on a real account: it asks first, runs through, and leaves nothing behind.

The account is the local S3 of the tests, reached as `.env` names a real one: no clock to move, no
decisions to read back, and not the notebook's own to do with as it likes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from helpers.lab import SETTLE_SECONDS
from tests.lessons.lesson import LESSONS, Kernel, cells, kernel, text
from tests.service import Service

ACCOUNT = """
import time
from helpers import lab as _lab
from helpers.settings import Settings

_answer, _sleep = "n", time.sleep
import helpers.clean_up as _clean_up
from pathlib import Path
_clean_up.FILE = Path({file!r})
_lab.load_settings = lambda *path: Settings({access_key!r}, {secret_key!r}, {bucket!r}, {region!r},
                                            None, {endpoint!r})

def _wait(seconds):
    if seconds != {settle}:
        _sleep(seconds)

# The kernel sets builtins.input anew for each cell; a module's own name goes before it.
_lab.input, time.sleep = lambda question: _answer, _wait
"""
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
def test_a_lesson_on_a_real_account(path, service, tmp_path):
    code = [text(cell) for cell in cells(path, "code")]
    root, before = service.server.root, state(service)
    with kernel() as running:
        running.run(
            ACCOUNT.format(
                access_key=root.access_key,
                secret_key=root.secret_key,
                bucket=service.bucket,
                region=service.region,
                endpoint=service.endpoint,
                settle=SETTLE_SECONDS,
                file=str(tmp_path / "made.json"),
            )
        )
        if any("lab.will_make(" in cell for cell in code):
            with pytest.raises(AssertionError, match="Nothing was changed"):
                run_all(running, code)
            assert state(service) == before
        running.run("_answer = 'y'")
        run_all(running, code)
        assert running.run("print(lab.local)") == "False\n"
    assert state(service) == before


def run_all(running: Kernel, code: list[str]) -> None:
    for cell in code:
        running.run(cell)


def test_there_are_lessons_that_ask():
    assert (
        sum(any("lab.will_make(" in text(c) for c in cells(path, "code")) for path in LESSONS) >= 2
    )
