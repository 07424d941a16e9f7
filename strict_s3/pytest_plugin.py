"""pytest's plugin: a strict S3 for tests, and an environment in which code under test finds it.

    def test_a_link_expires(strict_s3):
        client = strict_s3.client()
        client.put_object(Bucket=strict_s3.bucket, Key="a.txt", Body=b"hello")
        url = client.generate_presigned_url(
            "get_object", {"Bucket": strict_s3.bucket, "Key": "a.txt"}, ExpiresIn=1800
        )
        with strict_s3.later(minutes=31):
            assert requests.get(url).status_code == 403

Fixtures: `strict_s3_server` is one `strict_s3.Server` for the session; `strict_s3` is the same,
emptied for each test, its clock right. In tests that use either, directly or through another
fixture, the AWS_… variables say where it is and how to sign, and boto3 has a default session of
its own, so that a client which the code under test makes reaches it. In all other tests the
environment is as it was: moto's ``mock_aws`` works there as ever.

A client made while a module is imported reaches it too: if a conftest.py or a test module that
pytest is going to collect names one of the fixtures, the server starts first, and the variables
are set while pytest collects. (With pytest-xdist each worker has a server of its own.)

When a test fails, its report has the server's last decisions in a section of their own.

A table of expectations (`strict_s3.prove`) is collected if it is named on the command line, and
all files called ``*.prove.yaml`` are with the option ``strict_s3_prove``: each row is a test.

Options in pytest's configuration: ``strict_s3_region`` (eu-west-2), ``strict_s3_bucket``
(presignedurldemo), ``strict_s3_transport``: ``process``, or ``in_process`` for no port and no
process, if the code under test uses nothing but boto3, requests and urllib3; ``strict_s3_prove``
(false).
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Generator, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .errors import StrictS3Error
from .options import BUCKET, REGION

if TYPE_CHECKING:
    from .handle import Server

_FIXTURES = {"strict_s3", "strict_s3_server"}
# Where a module names one: as an argument, or as text for usefixtures and getfixturevalue.
_NAMED = re.compile(rb"""\bstrict_s3(_server)?\b(?=\s*[,):]|["'])""").search
_SHOWN = 5  # decisions in the report of a failed test
# They would lead a client elsewhere, or send the token of another key.
_REMOVED = (
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("strict_s3_region", f"region of the strict S3 (default {REGION})", default=REGION)
    parser.addini("strict_s3_bucket", f"its first bucket (default {BUCKET})", default=BUCKET)
    parser.addini("strict_s3_transport", "process (the default) or in_process", default="process")
    parser.addini(
        "strict_s3_prove", "collect all *.prove.yaml (default false)", "bool", default=False
    )


@pytest.fixture(scope="session")
def strict_s3_server(request: pytest.FixtureRequest) -> Server:
    """One `strict_s3.Server` for the session, which the environment leads to."""
    server = _session(request.config).open()
    _session(request.config).environment.enter()  # for a test that asks by getfixturevalue
    return server


@pytest.fixture
def strict_s3(request: pytest.FixtureRequest, strict_s3_server: Server) -> Server:
    """The session's `strict_s3.Server`, emptied, its clock right; keys and bucket stay."""
    _session(request.config).environment.enter()  # as above
    strict_s3_server.reset()
    return strict_s3_server


class _Environment:
    """The AWS_… variables and boto3's default session, entered and left any number of times."""

    def __init__(self) -> None:
        self._variables: dict[str, str] = {}
        self._before: dict[str, str | None] = {}
        self._own_session: Any = None
        self._their_session: Any = None
        self._entered = False

    def lead_to(self, variables: dict[str, str]) -> None:
        """What to set from the next `enter` on."""
        self.leave()
        self._variables = {name: text for name, text in variables.items() if text}

    def enter(self) -> None:
        """Lead every client that is made from now on to the server."""
        if self._entered or not self._variables:
            return
        self._entered = True
        self._before = {name: os.environ.get(name) for name in (*self._variables, *_REMOVED)}
        os.environ.update(self._variables)
        for name in _REMOVED:
            os.environ.pop(name, None)
        self._their_session = _default_session(self._own_session)

    def leave(self) -> None:
        """As it was, save for what somebody else has changed meanwhile and still needs."""
        if not self._entered:
            return
        self._entered = False
        for name, value in self._before.items():
            if os.environ.get(name) == self._variables.get(name):
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
        self._own_session = _default_session(self._their_session)


def _default_session(new: Any) -> Any:
    """boto3's default session until now, replaced by `new`; None while boto3 is not in use."""
    boto3: Any = sys.modules.get("boto3")
    if boto3 is None:
        return None
    old = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = new
    return old


class _Session:
    """What the plugin keeps for one run of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.environment = _Environment()
        self.server: Server | None = None

    def prepare(self) -> None:
        """Before anything is imported: is there a test here that will want the server?"""
        options = self._config.known_args_namespace
        if options.help or options.version or not _mentioned(self._config):
            return
        worker = "PYTEST_XDIST_WORKER" in os.environ
        spread = getattr(options, "numprocesses", None) or getattr(options, "tx", None)
        if getattr(options, "collectonly", False) or (spread and not worker):
            # No test runs in this process. A client made at import gets an address of nobody.
            self.environment.lead_to(_nowhere(self._config.getini("strict_s3_region")))
        else:
            self.open()
        self.environment.enter()

    def open(self) -> Server:
        """The server, started at the first call. Raises `pytest.UsageError`."""
        if self.server is None:
            self.server = _start(self._config)
            self.environment.lead_to(self.server.env())
        return self.server

    def close(self) -> None:
        self.environment.leave()
        if self.server is not None:
            self.server.stop()


_KEY = pytest.StashKey[_Session]()


def _session(config: pytest.Config) -> _Session:
    return config.stash.setdefault(_KEY, _Session(config))


def _start(config: pytest.Config) -> Server:
    transport = config.getini("strict_s3_transport")
    options = {name: config.getini(f"strict_s3_{name}") for name in ("region", "bucket")}
    try:
        if transport == "process":
            from .process import start

            return start(**options)
        if transport == "in_process":
            from .inprocess import in_process

            return in_process(**options)
    except StrictS3Error as problem:
        raise pytest.UsageError(f"strict_s3: {problem}") from None
    raise pytest.UsageError(f"strict_s3_transport is {transport!r}; it is process or in_process.")


def _nowhere(region: str) -> dict[str, str]:
    """Variables for clients that are made and never used; port 9 discards what it gets."""
    from .handle import variables

    return variables("http://127.0.0.1:9", region, ("AKIAIOSFODNN7EXAMPLE", "none", None))


def _mentioned(config: pytest.Config) -> bool:
    """True if a conftest.py or a test module that is about to be collected names a fixture."""
    here, root = config.invocation_params.dir, config.rootpath
    named = config.known_args_namespace.file_or_dir
    if named:
        places = [here / str(name).partition("::")[0] for name in named]
    else:
        patterns = config.getini("testpaths") if here == root else []
        places = [path for pattern in patterns for path in root.glob(pattern)] or [here]
    above = {parent / "conftest.py" for place in places for parent in place.parents}
    files = {path for path in above if path.is_relative_to(root)}
    for place in places:
        files.update(_modules(config, place) if place.is_dir() else [place])
    return any(_mentions(path) for path in files)


def _modules(config: pytest.Config, place: Path) -> Iterator[Path]:
    """The conftest.py files and test modules below a folder."""
    skipped = config.getini("norecursedirs")
    names = ["conftest.py", *config.getini("python_files")]
    for folder, folders, files in os.walk(place):
        folders[:] = [
            name
            for name in folders
            if not any(fnmatch(name, pattern) for pattern in (*skipped, "__pycache__"))
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        ]
        for name in files:
            if any(fnmatch(name, pattern) for pattern in names):
                yield Path(folder, name)


def _mentions(path: Path) -> bool:
    try:
        return path.suffix == ".py" and bool(_NAMED(path.read_bytes()))
    except OSError:
        return False


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    if not file_path.name.endswith(".prove.yaml"):
        return None
    if not parent.config.getini("strict_s3_prove") and not parent.session.isinitpath(file_path):
        return None
    from .proving.collect import TableFile

    return TableFile.from_parent(parent, path=file_path)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    session = _session(early_config)
    session.prepare()
    try:
        return (yield)
    finally:
        # Not while pytest-xdist starts its workers, which would inherit it.
        session.environment.leave()


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, Any, Any]:
    own = _session(session.config)
    own.environment.enter()
    try:
        return (yield)
    finally:
        own.environment.leave()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    environment = _session(item.config).environment
    if _uses(item):
        with contextlib.suppress(pytest.UsageError):  # which the fixture will raise again
            _session(item.config).open()
        environment.enter()
    try:
        return (yield)
    finally:
        environment.leave()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    server = _session(item.config).server
    if report.failed and report.when != "teardown" and server is not None and _uses(item):
        report.sections.append((f"strict_s3: the last {_SHOWN} decisions", _decisions(server)))
    return report


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    _session(config).close()


def _uses(item: pytest.Item) -> bool:
    return not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def _decisions(server: Server) -> str:
    """The last decisions as text, oldest first, without signatures and keys."""
    from .explainer.decisions import read_decision

    try:
        found = [read_decision(decision) for decision in server.decisions(_SHOWN)]
    except StrictS3Error as problem:
        return str(problem)
    texts = (str(each).replace(" ->", f" {each.path} ->", 1) for each in found)
    return "\n".join(texts) or "The server has had no request."
