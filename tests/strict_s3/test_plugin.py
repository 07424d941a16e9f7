"""pytest's plugin, in projects of its own: fixtures, environment, options, reports."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import strict_s3

from .waiting import gone

pytest_plugins = ["pytester"]
ROOT = str(Path(strict_s3.__file__).parent.parent)
TRANSPORTS = ["process", "in_process"]

APP = """
    import boto3
    at_import = boto3.client("s3")

    def store(key, client=None):
        client = client or boto3.client("s3")
        client.put_object(Bucket="presignedurldemo", Key=key, Body=b"hello")
        return client.generate_presigned_url(
            "get_object", {"Bucket": "presignedurldemo", "Key": key}, 60
        )
"""
TEST = """
    import boto3, os, requests, app

    def keys(server):
        found = server.client().list_objects_v2(Bucket=server.bucket)
        return [item["Key"] for item in found.get("Contents", [])]

    def test_code_that_makes_its_own_client(strict_s3):
        assert requests.get(app.store("own")).text == "hello"
        assert keys(strict_s3) == ["own"]

    def test_each_test_begins_with_an_empty_server_and_the_right_clock(strict_s3):
        assert keys(strict_s3) == []
        assert strict_s3.offset.total_seconds() == 0
        strict_s3.later(minutes=31).__enter__()

    def test_a_client_made_at_import_outlives_resets(strict_s3):
        assert strict_s3.offset.total_seconds() == 0
        assert requests.get(app.store("import", app.at_import)).text == "hello"
        with strict_s3.later(minutes=2):
            assert requests.get(app.store("b", app.at_import)).status_code == 403
        assert keys(strict_s3) == ["b", "import"]

    def test_iam_and_sts_too(strict_s3_server):
        assert boto3.client("sts").get_caller_identity()["Arn"].endswith(":root")
        assert boto3.client("iam").list_users()["Users"] == []
        assert boto3.DEFAULT_SESSION is not None

    def test_asked_for_by_name(request):
        assert "AWS_ENDPOINT_URL_S3" not in os.environ
        server = request.getfixturevalue("strict_s3")
        app.store("named")
        assert keys(server) == ["named"]

    def test_others_have_their_own_environment():
        assert "AWS_ENDPOINT_URL_S3" not in os.environ
        assert os.environ.get("AWS_PROFILE") == "mine"
        assert boto3.DEFAULT_SESSION is None
        boto3.setup_default_session(region_name="us-west-2")

    def test_their_session_is_put_aside(strict_s3):
        app.store("again")
        assert boto3.client("s3").meta.region_name == strict_s3.region

    def test_and_put_back():
        assert boto3.client("s3").meta.region_name == "us-west-2"
        assert "AWS_ENDPOINT_URL_S3" not in os.environ
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A project outside this one, with an application, and a pytest of its own."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "PYTEST_", "COV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONPATH", ROOT)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    config = pytester.path / "aws_config"
    config.write_text("[profile mine]\nregion = sa-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    pytester.makepyfile(app=APP)
    return pytester


def run(project, *arguments, plugins=("strict_s3.pytest_plugin",), **ini):
    project.makeini("\n".join(["[pytest]", "addopts = -W error", *map(" = ".join, ini.items())]))
    loaded = [part for name in plugins for part in ("-p", name)]
    return project.runpytest_subprocess(*loaded, *arguments, timeout=180)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_fixtures_and_environment(project, transport):
    project.makepyfile(TEST)
    result = run(project, strict_s3_transport=transport)
    result.assert_outcomes(passed=8)


def test_with_xdist_each_worker_has_its_own(project):
    project.makepyfile(test_a=TEST, test_b=TEST)
    plugins = ("xdist.plugin", "strict_s3.pytest_plugin")
    result = run(project, "-n2", "--dist=loadfile", plugins=plugins)
    result.assert_outcomes(passed=16)


def test_workers_do_not_inherit_the_environment_of_the_controller(project):
    project.makeconftest("import app\ndef pytest_generate_tests(metafunc): 'strict_s3'")
    project.makepyfile(
        """
        import os
        def test_none():
            assert not [name for name in os.environ if name.startswith("AWS_ENDPOINT")]
        def test_one(strict_s3):
            assert os.environ["AWS_ENDPOINT_URL_S3"] == strict_s3.endpoint_url
        """
    )
    result = run(project, "-n1", plugins=("xdist.plugin", "strict_s3.pytest_plugin"))
    result.assert_outcomes(passed=2)


def test_a_client_made_by_a_conftest_or_under_an_autouse_fixture(project):
    project.makeconftest(
        """
        import app, pytest
        @pytest.fixture(autouse=True)
        def empty(strict_s3): ...
        """
    )
    project.mkdir("deep").joinpath("test_one.py").write_text(
        "import app\ndef test_one():\n    app.store('k', app.at_import)\n"
    )
    run(project, "deep/test_one.py::test_one").assert_outcomes(passed=1)
    run(project, testpaths="deep").assert_outcomes(passed=1)


def test_unittest_and_usefixtures(project):
    project.makepyfile(
        """
        import app, pytest, unittest
        @pytest.mark.usefixtures("strict_s3")
        class TestStore(unittest.TestCase):
            def test_store(self):
                app.store("k")
        """
    )
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_mock_aws_beside_it(project, transport):
    project.makepyfile(
        """
        import app, boto3, os, pytest
        from moto import mock_aws

        @pytest.fixture(scope="session")
        def fake():
            with mock_aws():
                yield boto3.client("s3", region_name="us-east-1")

        def names(client):
            return [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]

        @mock_aws
        def test_moto():
            client = boto3.client("s3", region_name="us-east-1")
            client.create_bucket(Bucket="of-moto")
            assert names(client) == ["of-moto"]

        def test_strict(strict_s3):
            app.store("k")
            assert names(boto3.client("s3")) == [strict_s3.bucket]

        def test_a_session_of_moto(fake):
            fake.create_bucket(Bucket="of-the-session")

        def test_strict_inside_it(strict_s3):
            app.store("k", strict_s3.client())
            app.store("k")
            strict_s3.reset()

        def test_both(fake, strict_s3):
            assert names(strict_s3.client()) == [strict_s3.bucket]
            assert names(fake) == ["of-the-session"]

        def test_moto_is_untouched(fake):
            assert names(fake) == ["of-the-session"]
            assert names(boto3.client("s3", region_name="us-east-1")) == ["of-the-session"]
            assert os.environ["AWS_ACCESS_KEY_ID"] == "FOOBARKEY"
        """
    )
    ini = {"strict_s3_transport": transport, "filterwarnings": "\n  ignore::DeprecationWarning"}
    run(project, **ini).assert_outcomes(passed=6)


def test_a_mock_that_begins_in_a_test_of_ours_keeps_its_keys(project):
    project.makepyfile(
        """
        import boto3, os, pytest
        from moto import mock_aws

        @pytest.fixture(scope="session")
        def fake():
            with mock_aws():
                yield

        def test_both(fake, strict_s3):
            assert boto3.client("s3", region_name="us-east-1", **keys()).list_buckets()

        def test_moto(fake):
            assert os.environ["AWS_ACCESS_KEY_ID"] == "FOOBARKEY"
            assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []

        def keys():
            return {
                "endpoint_url": "https://s3.amazonaws.com",
                "aws_access_key_id": "a",
                "aws_secret_access_key": "b",
            }
        """
    )
    ini = {"strict_s3_transport": "in_process", "filterwarnings": "\n  ignore::DeprecationWarning"}
    run(project, **ini).assert_outcomes(passed=2)


@pytest.mark.parametrize("library", ["freezegun", "time_machine"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_other_libraries_clocks(project, library, transport):
    pytest.importorskip(library)
    freeze = "freezegun.freeze_time" if library == "freezegun" else "time_machine.travel"
    project.makepyfile(
        f"""
        import app, datetime, requests, {library}
        from datetime import UTC, timedelta

        def test_a_frozen_client(strict_s3):
            moment = datetime.datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
            with {freeze}(moment), strict_s3.at(moment):
                url = app.store("k")
                assert "X-Amz-Date=20310504T0302" in url
                assert requests.get(url).text == "hello"
                with strict_s3.later(minutes=2):
                    assert requests.get(url).status_code == 403
                    app.store("k")
                    assert strict_s3.decisions()[0]["status"] == 200
            assert strict_s3.offset == timedelta()

        def test_a_moved_server(strict_s3):
            url = app.store("k")
            with strict_s3.later(days=30):
                app.store("another")
                assert requests.get(url).status_code == 403
        """
    )
    run(project, strict_s3_transport=transport).assert_outcomes(passed=2)


def test_a_failed_test_shows_the_last_decisions(project):
    project.makepyfile(
        """
        import app, pytest, requests
        def test_fails(strict_s3):
            url = app.store("k")
            assert requests.put(url).status_code == 200
        @pytest.fixture
        def broken(strict_s3):
            requests.get(strict_s3.endpoint_url + "/broken")
            raise RuntimeError
        def test_fails_in_its_fixture(broken): ...
        def test_silent(strict_s3): assert False
        def test_other(): assert False
        """
    )
    result = run(project, strict_s3_transport="in_process")
    result.assert_outcomes(failed=3, errors=1)
    text = result.stdout.str()
    assert text.count("strict_s3: the last 5 decisions") == 3
    for line in ("PUT /presignedurldemo/k -> 403", "*✗ signature: *", "GET /broken -> 40*"):
        result.stdout.fnmatch_lines([line])
    assert text.count("The server has had no request.") == 1
    for section in re.findall("the last 5 decisions -+\n(.*?)\n[_=]", text, re.DOTALL):
        assert "AKIA" not in section.replace("AKIA…", "")
        assert not re.search("[0-9a-f]{64}", section)


def test_options(project):
    project.makepyfile(
        """
        import os
        def test_options(strict_s3):
            assert (strict_s3.region, strict_s3.bucket) == ("us-east-1", "demo")
            assert os.environ["AWS_REGION"] == os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
        """
    )
    run(project, strict_s3_region="us-east-1", strict_s3_bucket="demo").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "words"),
    [
        ({"strict_s3_transport": "pigeon"}, "strict_s3_transport is 'pigeon'; it is process or"),
        ({"strict_s3_region": "EU West"}, "strict_s3: region is 'EU West'"),
    ],
)
def test_an_option_that_cannot_be_used(project, ini, words):
    project.makepyfile("def test_one(strict_s3): ...")
    result = run(project, **ini)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{words}*"])
    assert "Traceback" not in result.stderr.str()


def test_a_session_that_does_not_use_it_has_no_server_and_loads_nothing(project):
    project.makepyfile(
        """
        import os, sys
        def test_nothing(request):
            "Nor is the environment touched where strict_s3 is only spoken of."
            assert not {"boto3", "botocore", "moto", "cheroot", "urllib3"} & set(sys.modules)
            assert "strict_s3.process" not in sys.modules
            assert os.environ["AWS_PROFILE"] == "mine"
            assert "AWS_ENDPOINT_URL_S3" not in os.environ
        """
    )
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize("option", ["--collect-only", "--version", "--help"])
def test_where_no_test_runs_no_server_starts(project, option):
    project.makepyfile("import app, sys\ndef test_one(strict_s3): ...\nprint(*sys.modules)")
    result = run(project, option, "-s")
    assert result.ret == 0
    assert "strict_s3.process" not in result.stdout.str()


def test_nothing_is_left_behind(project):
    project.makepyfile(
        "def test_one(strict_s3): print('server:', strict_s3._transport._process.pid, '.')"
    )
    result = run(project, "-s")
    result.assert_outcomes(passed=1)
    (server,) = re.findall(r"server: (\d+)", result.stdout.str())
    assert gone(int(server))


def test_the_fixtures_say_what_they_are(project):
    result = run(project, "--fixtures")
    result.stdout.fnmatch_lines(["strict_s3_server [[]session scope[]]*", "strict_s3 -- *"])


def test_pytest_itself_loads_it_cheaply():
    code = "import sys, strict_s3.pytest_plugin; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"boto3", "botocore", "moto", "cheroot", "urllib3", "strict_s3.handle"}
