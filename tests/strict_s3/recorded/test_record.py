"""``strict-s3 record``: what it asks, makes, removes, writes down and never writes down."""

from __future__ import annotations

import re
import sys

import pytest

from helpers.setup import commands as helpers
from helpers.setup import environment
from strict_s3.cli import main as strict_s3
from strict_s3.recorded import record
from strict_s3.recorded.compare import IDENTICAL
from strict_s3.recorded.exchange import Signer, Target
from strict_s3.recorded.play import play, who_am_i
from strict_s3.recorded.scenarios import load
from strict_s3.recorded.wire import send

# A kind of each: URLs, forms, users and their sessions.
ONLY = ["--only", "presigned/a URL", "--only", "forms/the size", "--only", "iam/assume"]


@pytest.fixture
def command(service, monkeypatch, tmp_path):
    """The command, against the local S3 with its root key."""
    root = service.server.root
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", root.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", root.secret_key)
    monkeypatch.setenv("AWS_REGION", service.region)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(record, "_UNDER_WAY", 0)

    def run(*arguments: str) -> int:
        out = ["--out", str(tmp_path / "out")] if "--out" not in arguments else []
        return strict_s3(["record", "--endpoint-url", service.endpoint, *out, *arguments])

    return run


def left(service) -> list[str]:
    """What is there besides the first bucket."""
    iam = service.client("iam")
    return [
        *(item["Name"] for item in service.client().list_buckets()["Buckets"][1:]),
        *(item["UserName"] for item in iam.list_users()["Users"]),
        *(item["RoleName"] for item in iam.list_roles()["Roles"]),
    ]


def test_it_writes_the_table_of_what_was_answered(command, service, tmp_path, capsys):
    assert command("--yes", *ONLY) == 0
    out = capsys.readouterr().out
    written = load(tmp_path / "out")
    assert {scenario.kind for scenario in written} == {"presigned", "forms", "iam"}
    rows = sum(len(scenario.rows) for scenario in written)
    assert re.search(rf"{rows}  answers in all", out)
    assert all(scenario.region == service.region for scenario in written)

    root = service.server.root
    signer = Signer(root.access_key, root.secret_key, service.region)
    target = Target(dict.fromkeys(("s3", "iam", "sts"), service.endpoint), signer, send)
    for number, scenario in enumerate(written):
        values = who_am_i(target)
        values |= {"bucket": f"again-{number}", "user": f"again-{number}"}
        for outcome in play(scenario, target, values):
            assert outcome.kind == IDENTICAL, (scenario.name, outcome.differences)


def test_nothing_of_it_is_left_and_nothing_secret_is_written(command, service, tmp_path, capsys):
    assert command("--yes", *ONLY) == 0
    assert left(service) == []
    text = "".join(file.read_text("utf-8") for file in (tmp_path / "out").iterdir())
    text += "".join(capsys.readouterr())
    root = service.server.root
    for secret in (root.access_key, root.secret_key, "123456789012"):
        assert secret not in text
    assert not re.search(r"\b[0-9a-f]{64}\b", text)  # a signature
    assert "ASIA" not in text.replace("ASIAIOSFODNN7EXAMPLE", "")


def test_it_says_first_what_it_makes_and_sends_nothing_without_consent(
    command, service, monkeypatch, capsys
):
    monkeypatch.setattr(record, "send", None)  # fails if it is called
    monkeypatch.setattr(record, "_agreed", lambda: False)
    assert command("--only", "presigned/") == 1
    said = capsys.readouterr().out
    for words in (
        "answers in",
        "buckets named strict-s3-record-",
        "US dollars",
        "Nothing was sent.",
    ):
        assert words in said
    assert left(service) == []


def test_helpers_records_with_the_keys_of_its_own_settings(service, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(environment, "ensure", lambda tests: sys.executable)
    monkeypatch.setenv("S3_ACCESS_KEY", service.server.root.access_key)
    monkeypatch.setenv("S3_SECRET_KEY", service.server.root.secret_key)
    monkeypatch.setenv("S3_REGION", service.region)
    monkeypatch.setenv("S3_ENDPOINT_URL", service.endpoint)
    only = ["--only", "presigned/a URL", "--out", str(tmp_path / "out")]
    assert helpers.main(["record", "--yes", *only]) == 0
    assert load(tmp_path / "out")
    with pytest.raises(SystemExit):
        helpers.main(["record", "--help"])
    assert ".env" in capsys.readouterr().out


def test_without_a_terminal_there_is_no_consent(command, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    assert command("--only", "presigned/") == 1
    assert "Add --yes" in capsys.readouterr().err


@pytest.mark.parametrize("during", ["a request", "the clean-up"])
def test_ctrl_c_leaves_nothing_and_keeps_what_was_recorded(
    during, command, service, monkeypatch, tmp_path, capsys
):
    sent = 0

    def interrupted(request):
        nonlocal sent
        sent += 1
        listing = request.target.startswith("/?max-buckets")
        if sent > 40 and listing == (during == "the clean-up"):
            sent = -10_000  # once
            raise KeyboardInterrupt
        return send(request)

    monkeypatch.setattr(record, "send", interrupted)
    assert command("--yes", "--only", "presigned/") == 130
    assert left(service) == []
    assert "Stopping" in capsys.readouterr().err
    scenarios = load(tmp_path / "out")
    assert 0 < len(scenarios) < len([item for item in load() if item.kind == "presigned"])


def test_what_cannot_be_removed_is_named(command, service, monkeypatch, capsys):
    def no_deletions(request):
        if request.method == "DELETE" and request.target.count("/") == 1:
            raise OSError("no")
        return send(request)

    monkeypatch.setattr(record, "send", no_deletions)
    assert command("--yes", "--only", "presigned/an expired") == 1
    assert re.search(r"left, delete it yourself: .*strict-s3-record-", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bucket-prefix", "A_b"], "--bucket-prefix is 'A_b'"),
        (["--only", "no such"], "No scenario of"),
        (["--endpoint-url", "here"], "--endpoint-url is 'here'"),
        (["--endpoint-url", "http://127.0.0.1:9", "--yes"], "can't be reached"),
    ],
)
def test_a_mistake_is_one_sentence(command, capsys, arguments, said):
    assert command(*arguments) == 1
    err = capsys.readouterr().err
    assert said in err and "Traceback" not in err


def test_a_key_that_is_not_known_is_said(command, monkeypatch, capsys):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    assert command("--yes") == 1
    assert "doesn't list buckets for this key" in capsys.readouterr().err


def test_it_writes_into_an_empty_folder_only(command, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    assert command("--yes") == 1
    assert "isn't empty" in capsys.readouterr().err


def test_scenarios_of_a_different_region_are_left_out(command, capsys, monkeypatch):
    monkeypatch.setattr(record, "_agreed", lambda: False)
    assert command("--only", "make a bucket") == 1
    assert "No scenario of eu-west-2" in capsys.readouterr().err
