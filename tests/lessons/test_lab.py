"""The lab of a notebook: its S3, its clock, its decisions, and what it cannot do on a real one."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from helpers import Lab, LabError, connect
from strict_s3 import OptionError


@pytest.fixture
def lab() -> Lab:
    lab = connect()
    lab.reset()
    return lab


def url(lab: Lab, key: str = "k", expires: int = 60) -> str:
    s3 = lab.client()
    s3.put_object(Bucket=lab.bucket, Key=key, Body=b"body")
    return s3.generate_presigned_url("get_object", {"Bucket": lab.bucket, "Key": key}, expires)


def test_connect_is_local_without_env(lab):
    assert lab.local
    assert lab.endpoint_url.startswith("http://127.0.0.1:")
    assert requests.get(url(lab)).text == "body"
    assert connect() is lab


def test_later_moves_the_clock_and_back_again(lab):
    signed = url(lab)
    with lab.later(minutes=2):
        assert requests.get(signed).status_code == 403
        with lab.later(days=400):
            assert "not yet valid" not in requests.get(signed).text
    assert requests.get(signed).text == "body"


def test_objects_are_dated_by_the_clock(lab):
    s3 = lab.client()
    with lab.later(minutes=10):
        ahead = s3.put_object(Bucket=lab.bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"]
    stored = s3.head_object(Bucket=lab.bucket, Key="k")["LastModified"]
    assert 500 < stored.timestamp() - time.time() < 700, ahead


def test_decisions_can_be_read_back(lab, capsys):
    signed = url(lab)
    requests.put(signed)
    (decision,) = lab.decisions()
    assert (decision["method"], decision["status"]) == ("PUT", 403)
    assert [name for name, passed, _ in decision["checks"] if not passed] == ["signature"]
    lab.why()
    shown = capsys.readouterr().out
    assert "✗ signature" in shown
    assert lab.access_key not in shown
    for _ in range(5):
        requests.get(signed)
    assert [d["method"] for d in lab.decisions(6)] == ["PUT", *["GET"] * 5]


def test_reset_forgets_everything(lab):
    signed = url(lab)
    lab.client("iam").create_user(UserName="ann")
    lab.reset()
    assert requests.get(signed).status_code == 404
    assert lab.client("iam").list_users()["Users"] == []


def test_the_repr_of_a_lab_holds_no_secret(lab):
    assert lab.secret_key not in repr(lab) + str(lab)


def test_at_sets_the_clock_and_puts_it_back(lab):
    signed = url(lab)
    with lab.at(datetime.now(UTC) + timedelta(minutes=2)):
        assert requests.get(signed).status_code == 403
    assert requests.get(signed).text == "body"


def test_what_only_a_local_s3_can_do_is_said_in_one_sentence():
    real = Lab("bucket", "eu-west-2", "key", "secret", local=False)
    for use, words in (
        (lambda: real.later(minutes=31).__enter__(), "On a real S3, wait 31 minutes and run"),
        (lambda: real.at(datetime.now(UTC)).__enter__(), "On a real S3, wait until 20"),
        (real.decisions, "A real S3 does not say"),
        (real.why, "A real S3 does not say"),
        (real.reset, "Only the local S3 can be emptied"),
    ):
        with pytest.raises(LabError, match=words):
            use()
    real.close()  # harmless


def test_a_length_of_time_that_is_none_is_one_sentence(lab):
    with pytest.raises(OptionError, match=r"later\(minuts=3\): say how long"), lab.later(minuts=3):
        pass
