"""Four backends, one contract: it holds in two regions, and notices eight typical mistakes."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.examples.conftest import BACKENDS, EXAMPLES, REGIONS, contract, npm_packages
from tests.own_process import PROJECT

MAX_LINES = 125
NOTICED_BY = {
    "no_size_range": "test_s3_refuses_the_size",
    "type_not_locked": "test_s3_refuses_another",
    "lasts_an_hour": "test_all_ends_after_five_minutes",
    "key_without_user": "test_users_do_not_meet",
    "believes_the_client": "test_complete_asks_s3",
    "no_sign_in": "test_nobody_without_sign_in",
    "acl_added": "test_a_file_goes_up_and_comes_back",
    "old_signature": "test_a_file_goes_up_and_comes_back",
}


@pytest.fixture(params=BACKENDS, ids=[app.stem for app in BACKENDS])
def app(request):
    if request.param.suffix == ".ts":
        npm_packages()
    return request.param


@pytest.fixture
def mistakes(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    import mistakes

    return mistakes


def test_four_backends_of_one_page_each():
    names = ["django_app.py", "fastapi_app.py", "lambda_app.py", "node_app.ts"]
    assert [app.name for app in BACKENDS] == names
    for app in BACKENDS:
        assert len(app.read_text(encoding="utf-8").splitlines()) <= MAX_LINES, app.name
        assert not re.search(r"strict_s3|helpers|endpoint_url", app.read_text(encoding="utf-8"))


@pytest.mark.parametrize("region", REGIONS)
def test_the_contract(app, region):
    """With a user's key and with a role's session."""
    outcome = contract(region, "--app", app)
    assert outcome.failed == {}, outcome.text
    assert (outcome.passed, outcome.skipped) == (64, 0), outcome.text


def test_each_mistake_is_noticed(app, mistakes, tmp_path):
    """All but the old signature in either region: that one passes where boto3's default is new."""
    planted = mistakes.plant(app, tmp_path)
    apps = [part for file in planted.values() for part in ("--app", file)]
    noticed = contract("us-east-1", "--signer", "user", *apps)
    assert set(noticed.failed) == set(planted), noticed.text
    assert noticed.skipped == 0
    missed = {name for name in planted if NOTICED_BY[name] not in noticed.failed[name]}
    assert missed == set(), noticed.failed


def test_the_old_signature_needs_a_test_in_us_east_1(mistakes, tmp_path):
    (app,) = [app for app in BACKENDS if app.stem == "fastapi_app"]
    broken = mistakes.plant(app, tmp_path)
    apps = [part for file in broken.values() for part in ("--app", file)]
    noticed = contract("eu-west-2", "--signer", "user", *apps)
    assert set(noticed.failed) == set(broken) - {"old_signature"}, noticed.text


def test_an_edit_that_does_not_apply_is_an_error(mistakes, tmp_path):
    changed = tmp_path / "fastapi_app.py"
    changed.write_text("EXPIRES = 300\n", encoding="utf-8")
    with pytest.raises(ValueError, match="0 times, not once"):
        mistakes.plant(changed, tmp_path)


def test_all_eight_are_planted_wherever_they_exist(mistakes):
    everywhere = [set(edits) for edits in mistakes.EDITS.values()]
    assert set(mistakes.EDITS) == {app.name for app in BACKENDS}
    assert [len(names) for names in everywhere] == [8, 8, 8, 7]
    assert everywhere[0] - everywhere[3] == {"old_signature"}


def test_typescript_finds_nothing_wrong():
    tsc = npm_packages() / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        ["node", str(tsc), "-p", "tests/clients/js"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
