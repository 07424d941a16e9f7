"""Which backends test_contract.py asks, and with whose key they sign.

    python3 -m pytest -p strict_s3.pytest_plugin --app backends/fastapi_app.py
    python3 -m pytest -p strict_s3.pytest_plugin -o strict_s3_region=us-east-1

(Where the package strict-s3 is installed, pytest finds the plugin by itself.)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import strict_s3
from drivers import Call, drive

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--app", action="append", help="a backend's file (default: all of backends/)")
    parser.addoption("--signer", choices=["user", "session"], help="who signs (default: both)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "call" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    apps = [Path(name) for name in option("--app") or sorted(HERE.glob("backends/*_app.*"))]
    signers = [option("--signer")] if option("--signer") else ["user", "session"]
    pairs = [(app, signer) for app in apps for signer in signers]
    ids = [f"{app.stem}-{signer}" for app, signer in pairs]
    metafunc.parametrize("call", pairs, ids=ids, indirect=True, scope="module")


@pytest.fixture(scope="module")
def call(request: pytest.FixtureRequest, strict_s3_server: strict_s3.Server) -> Iterator[Call]:
    """A backend that runs, with a key that may do what policies/signer-multipart.json allows."""
    app, signer = request.param
    policy = (HERE / "policies" / "signer-multipart.json").read_text(encoding="utf-8")
    policy = policy.replace("amzn-s3-demo-bucket", strict_s3_server.bucket)
    make = strict_s3_server.user if signer == "user" else strict_s3_server.session
    variables = strict_s3_server.env(make(json.loads(policy)))
    with drive(app, variables | {"UPLOAD_BUCKET": strict_s3_server.bucket}) as made:
        yield made
