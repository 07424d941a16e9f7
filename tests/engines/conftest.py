"""A real engine for the tests that are marked so: one Ceph for all tests of a process."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.engines.ceph import INSTALL, Ceph, missing_programs
from tests.engines.table import Target
from tests.programs import missing


@pytest.fixture(scope="session")
def ceph():
    absent = missing_programs()
    if absent:
        missing(f"{', '.join(absent)} not installed: {INSTALL}")
    # A short path: Unix sockets live in it.
    folder = Path(tempfile.mkdtemp(prefix="rgw-", dir="/tmp"))
    cluster = None
    try:
        cluster = Ceph(folder)
        target = Target(
            cluster.endpoint, "us-east-1", cluster.access_key, cluster.secret_key, "witness"
        )
        target.s3.create_bucket(Bucket=target.bucket)
        yield target
        target.s3.close()
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
