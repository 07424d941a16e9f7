"""Where the command ``presign`` finds its keys: AWS's places, and those of the lessons."""

from __future__ import annotations

import pytest

from helpers.errors import SettingsError
from helpers.settings import Settings
from helpers.setup import keys
from strict_s3.errors import PresignError
from strict_s3.signing import command
from strict_s3.signing.source import from_aws

CONFIG = """
[default]
region = eu-west-1
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = secret

[profile work]
region = eu-west-2
aws_access_key_id = AKIAWORK
aws_secret_access_key = secret
endpoint_url = http://127.0.0.1:9000

[profile empty]
region = eu-west-2

[profile broken]
role_arn = arn:aws:iam::123456789012:role/r
source_profile = nobody
"""


@pytest.fixture(autouse=True)
def only_this_configuration(monkeypatch, tmp_path):
    for name in (*command_variables(), "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def command_variables() -> list[str]:
    aws = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "REGION", "DEFAULT_REGION")
    s3 = ("ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "BUCKET", "REGION", "ENDPOINT_URL")
    return [f"AWS_{name}" for name in aws] + [f"S3_{name}" for name in s3]


def keys_of(source) -> tuple[str, str, str | None]:
    key = source.credentials.get_frozen_credentials()
    return key.access_key, key.secret_key, key.token


def test_the_default_profile_and_a_named_one():
    default, work = from_aws(), from_aws("work")
    assert keys_of(default) == ("AKIADEFAULT", "secret", None)
    assert (default.region, default.endpoint, default.bucket) == ("eu-west-1", "", "")
    assert keys_of(work) == ("AKIAWORK", "secret", None)
    assert (work.region, work.endpoint) == ("eu-west-2", "http://127.0.0.1:9000")
    assert "secret" not in repr(default) + repr(work)


def test_the_environment_comes_first_as_for_boto3(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "ASIAENVIRONMENT",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-3",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    source = from_aws()
    assert keys_of(source) == ("ASIAENVIRONMENT", "hush", "token")
    assert (source.region, source.endpoint) == ("eu-west-3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert from_aws().endpoint == ""


@pytest.mark.parametrize(("profile", "words"), [("nobody", "nobody"), ("broken", "nobody")])
def test_a_profile_that_cannot_be_used_is_one_sentence(profile, words):
    with pytest.raises(PresignError, match=f"There are no keys to sign with: .*{words}"):
        from_aws(profile)


def test_a_profile_without_keys_has_none():
    assert from_aws("empty") is None


def test_the_option_profile_signs_with_it(capsysbinary, tmp_path):
    (tmp_path / "keys.txt").write_bytes(b"a\n")
    options = ["get", f"--keys={tmp_path / 'keys.txt'}", "--bucket=demo-bucket"]
    assert command.main([*options, "--profile=work"]) == 0
    out = capsysbinary.readouterr().out
    assert out.startswith(b"http://127.0.0.1:9000/demo-bucket/a?")
    assert b"Credential=AKIAWORK%2F" in out
    assert command.main(options) == 0
    assert b"Credential=AKIADEFAULT%2F" in capsysbinary.readouterr().out
    assert command.main([*options, "--profile=nobody"]) == 1
    assert capsysbinary.readouterr().out == b""


def test_the_lessons_have_s3_variables_or_env(monkeypatch, tmp_path):
    monkeypatch.setattr(keys, "load_settings", lambda: None)
    assert keys.presign_source() is None
    found = Settings("AKIAENV", "hush", "b-env", "eu-west-2", None, "http://h")
    monkeypatch.setattr(keys, "load_settings", lambda: found)
    source = keys.presign_source()
    assert (source.name, source.credentials.access_key) == (".env", "AKIAENV")
    assert (source.bucket, source.region, source.endpoint) == ("b-env", "eu-west-2", "http://h")
    monkeypatch.setenv("S3_ACCESS_KEY", "AKIAVARIABLE")
    monkeypatch.setenv("S3_SECRET_KEY", "hush")
    monkeypatch.setenv("S3_BUCKET", "b-variable")
    source = keys.presign_source()  # nothing of it from .env
    assert (source.name, source.credentials.access_key) == ("the environment", "AKIAVARIABLE")
    assert (source.bucket, source.region, source.endpoint) == ("b-variable", "", "")


def test_a_broken_env_is_one_sentence(monkeypatch):
    def broken():
        raise SettingsError("S3_REGION in .env is wrong.")

    monkeypatch.setattr(keys, "load_settings", broken)
    with pytest.raises(PresignError, match=r"S3_REGION in \.env is wrong"):
        keys.presign_source()
