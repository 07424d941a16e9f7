"""The local S3 beside an engine that nobody here wrote: who accepts and who refuses what.

AWS's documents come first: `CEPH_DIFFERS` lists each case in which Ceph is known to differ from
them, with the reason. `python3 -m helpers test --s3 env` sends the same table to the S3 of .env.
"""

from __future__ import annotations

import re

import pytest
import requests

from helpers.settings import load_settings
from strict_s3.server.server import DEFAULT_BUCKET
from tests.engines.table import BODY, Case, Target, cases

TABLE = list(cases())
_SCOPE = "Ceph takes any region and service in the scope; AWS refuses them (recorded answers)"
_UNSIGNED = "Ceph takes unsigned x-amz-* headers; AWS: HeadersNotSigned (recorded answer)"
CEPH_DIFFERS = {
    "another region": _SCOPE,
    "another service": _SCOPE,
    "header: another region": _SCOPE,
    "PUT: unsigned metadata": _UNSIGNED,
    "PUT: unsigned acl": _UNSIGNED,
    "PUT: unsigned copy source": f"{_UNSIGNED}; Ceph copies: CVE-2026-54330, mended since",
    "header: unsigned x-amz header": _UNSIGNED,
    "signed an hour ahead": "Ceph looks at the end only; AWS: Request is not yet valid (recorded)",
    "a token for a key without one": "Ceph ignores it; AWS: InvalidToken (error responses)",
    "PUT: signed CRC32 of another body": "Ceph 16 does not compare it; AWS: BadDigest (user guide, "
    "Checking object integrity)",
    "form: Content-Type eq 'image/png', sent 'image/png '": "Ceph trims the value; AWS: exact "
    "matches (Creating a POST Policy)",
}


def answer(case: Case, target: Target) -> tuple[bool, int, str]:
    """(accepted, status, code) of one case, its object in place."""
    target.s3.put_object(Bucket=target.bucket, Key=target.key, Body=BODY)
    response: requests.Response = case.send(target)
    code = re.search(r"<Code>(\w+)</Code>", response.text)
    return response.status_code < 400, response.status_code, code[1] if code else ""


@pytest.fixture
def local(service):
    root = service.server.root
    return Target(
        service.endpoint, service.region, root.access_key, root.secret_key, DEFAULT_BUCKET
    )


def test_the_table_is_large_and_its_names_are_unique():
    names = [case.name for case in TABLE]
    assert len(names) == len(set(names)) >= 120
    assert set(CEPH_DIFFERS) <= set(names)


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_the_local_s3_decides_as_aws_does(case, local):
    accepted, status, code = answer(case, local)
    assert accepted is case.accepted, (status, code)
    # HEAD has no body, and so no code.
    assert code == case.code or case.name.startswith("HEAD "), (status, code)


@pytest.mark.engine
@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_ceph_agrees(case, ceph):
    accepted, status, code = answer(case, ceph)
    if case.name in CEPH_DIFFERS:
        assert accepted is not case.accepted, "Ceph has changed: take it off the list"
    else:
        assert accepted is case.accepted, (status, code)


@pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])
def test_the_s3_of_env_agrees(case, request):
    if request.config.getoption("--s3") != "env":
        pytest.skip("opt-in: --s3 env sends the table to the bucket named in .env")
    if case.bucket_wide:
        pytest.skip("this case would change the configuration of your bucket")
    settings = load_settings()
    assert settings is not None, "there is no .env"
    endpoint = settings.endpoint_url or f"https://s3.{settings.region}.amazonaws.com"
    target = Target(
        endpoint,
        settings.region,
        settings.access_key,
        settings.secret_key,
        settings.bucket,
        session_token=settings.session_token,
    )
    try:
        accepted, status, code = answer(case, target)
    finally:
        target.s3.delete_object(Bucket=target.bucket, Key=target.key)
        target.s3.close()
    assert accepted is case.accepted, (status, code)
