"""The .env file: one message for each way in which it can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from helpers import lab as lab_module
from helpers.errors import LabError, SettingsError
from helpers.lab import connect
from helpers.settings import load_settings

GOOD = {
    "S3_ACCESS_KEY": "AKIAIOSFODNN7EXAMPLE",
    "S3_SECRET_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "S3_BUCKET": "my-bucket",
    "S3_REGION": "eu-west-2",
}


def write(folder: Path, **changes: str | None) -> Path:
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    file = folder / ".env"
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return file


def test_no_file_means_the_local_s3(tmp_path):
    assert load_settings(tmp_path / ".env") is None


def test_a_good_file(tmp_path):
    file = write(tmp_path, S3_SESSION_TOKEN="t", S3_ENDPOINT_URL="http://127.0.0.1:9000")
    found = load_settings(file)
    assert (found.bucket, found.region) == ("my-bucket", "eu-west-2")
    assert (found.session_token, found.endpoint_url) == ("t", "http://127.0.0.1:9000")
    assert GOOD["S3_SECRET_KEY"] not in repr(found)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())  # as Windows' Notepad saves it
    assert load_settings(file) == found


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"S3_REGION": None}, "no value for S3_REGION"),
        ({"S3_SECRET_KEY": ""}, "no value for S3_SECRET_KEY"),
        ({"S3_ACCESS_KEY": "anaccesskeyishere"}, "still has the value of .env.example"),
        ({"S3_SECRET_KEY": "two words"}, "S3_SECRET_KEY in .env has a space"),
        ({"S3_SESSION_TOKEN": "cut off"}, "S3_SESSION_TOKEN in .env has a space"),
        ({"S3_BUCKET": "s3://my-bucket"}, "S3_BUCKET in .env is 's3://my-bucket'"),
        ({"S3_BUCKET": "Upper"}, "S3_BUCKET in .env is 'Upper'"),
        ({"S3_REGION": "Ireland (eu-west-1)"}, "S3_REGION in .env is"),
        ({"S3_ACCESS_KEY": "ASIAIOSFODNN7EXAMPLE"}, "S3_SESSION_TOKEN"),
        ({"S3_ENDPOINT_URL": "s3.example.com"}, "S3_ENDPOINT_URL in .env is"),
    ],
)
def test_a_wrong_file_is_one_clear_message(tmp_path, monkeypatch, changes, says):
    file = write(tmp_path, **changes)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert GOOD["S3_SECRET_KEY"] not in str(caught.value)
    monkeypatch.setattr(lab_module, "load_settings", lambda: load_settings(file))
    with pytest.raises(LabError) as shown:
        connect()
    assert shown.value._render_traceback_() == [f"SettingsError: {caught.value}"]


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00S3")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / ".env")


@pytest.fixture
def real(tmp_path, monkeypatch):
    """A .env that names a real S3: here, the local one of another lab."""
    local = connect()
    local.reset()

    def use(**changes):
        own = {
            "S3_ACCESS_KEY": local.access_key,
            "S3_SECRET_KEY": local.secret_key,
            "S3_ENDPOINT_URL": local.endpoint_url,
            "S3_BUCKET": local.bucket,
        }
        file = write(tmp_path, **{**own, **changes})
        monkeypatch.setattr(lab_module, "load_settings", lambda: load_settings(file))
        return connect()

    use.local = local
    return use


def test_a_real_s3_is_used_as_it_is(real):
    lab = real()
    assert not lab.local
    assert lab.client().list_objects_v2(Bucket=lab.bucket)["KeyCount"] == 0
    assert "Requests may cost money" in str(lab)
    for call in (lambda: lab.later(minutes=1).__enter__(), lab.reset, lab.decisions):
        with pytest.raises(LabError):
            call()


def test_nothing_is_created_unasked(real, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda _: "n")
    with pytest.raises(LabError, match="Nothing was created"):
        real(S3_BUCKET="brand-new")
    assert "This would create it in eu-west-2" in capsys.readouterr().out

    def nobody(_):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    with pytest.raises(LabError, match="Nothing was created"):
        real(S3_BUCKET="brand-new")
    with pytest.raises(ClientError, match="404"):
        real.local.client().head_bucket(Bucket="brand-new")
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert real(S3_BUCKET="brand-new").bucket == "brand-new"


def test_wrong_keys_and_unreachable_hosts_are_one_message(real):
    with pytest.raises(LabError, match="answers 403"):
        real(S3_SECRET_KEY="wrong")
    with pytest.raises(LabError, match="cannot be reached"):
        real(S3_ENDPOINT_URL="http://127.0.0.1:1")
