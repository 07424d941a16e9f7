"""The doctor: one line each, a fix with every failure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import settings
from helpers.setup import doctor, environment, handout

GOOD = """\
S3_ACCESS_KEY=AKIAIOSFODNN7EXAMPLE
S3_SECRET_KEY=s
S3_BUCKET=my-bucket
S3_REGION=eu-west-2
"""


def test_all_is_well_in_the_tests_own_environment(capsys):
    assert doctor.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok ", "- ")) for line in lines)
    assert "ok    Jupyter kernel python3 runs this environment's Python" in lines
    assert "ok    a notebook can import helpers" in lines
    assert "ok    S3: the local one (there is no .env)" in lines


def test_a_missing_package_is_named_with_its_fix(capsys, monkeypatch):
    monkeypatch.setattr(environment, "find", lambda: (sys.executable, ""))
    monkeypatch.setattr(
        environment, "differences", lambda: ["boto3 1 is locked, none is installed"]
    )
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "FAIL  packages: boto3 1 is locked, none is installed" in out
    assert "fix: " in out


def test_no_environment_yet(capsys, monkeypatch):
    monkeypatch.setattr(environment, "find", lambda: (None, "x 1 is locked"))
    assert doctor.main() == 1
    out = capsys.readouterr().out
    assert "-     the active environment is not used: x 1 is locked" in out
    assert "environment: not made yet\n      fix: python3 -m helpers lab" in out
    assert "ok    S3: the local one (there is no .env)" in out


def test_it_judges_the_python_that_lab_would_use(monkeypatch):
    asked = []
    monkeypatch.setattr(environment, "find", lambda: ("/elsewhere/python", ""))
    monkeypatch.setattr(environment, "_is_ours", lambda _prefix: False)
    monkeypatch.setattr(doctor.subprocess, "call", lambda command, **_: asked.append(command) or 7)
    assert doctor.main(online=True) == 7
    assert asked == [["/elsewhere/python", "-m", "helpers", "check", "--online"]]


@pytest.mark.parametrize("kernel", ["", str(Path("/gone/bin/python").absolute())])
def test_a_kernel_that_is_not_this_python(kernel, capsys, monkeypatch):
    answer = json.dumps([kernel, "/elsewhere/helpers"])
    monkeypatch.setattr(
        doctor.subprocess,
        "run",
        lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=answer, stderr=""),
    )
    report = doctor.Report()
    doctor.check_kernel(report)
    out = capsys.readouterr().out
    assert report.failures == 2
    assert f"Jupyter kernel python3{f' runs {kernel}' if kernel else ': none'}" in out
    assert "a notebook imports helpers from /elsewhere/helpers" in out


@pytest.mark.parametrize(
    ("ignored", "tracked", "expected"),
    [
        (True, False, "ok    .env is ignored by git"),
        (False, False, "FAIL  .env is not ignored by git"),
        (True, True, "FAIL  .env is in git, so everybody"),
    ],
)
def test_git_and_env(ignored, tracked, expected, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "PROJECT", str(tmp_path))
    file = tmp_path / ".env"
    doctor.check_env_file(doctor.Report(), str(file))
    assert "this isn't a git checkout" in capsys.readouterr().out
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if ignored:
        (tmp_path / ".gitignore").write_text(".env\n")
    if tracked:
        file.write_text(GOOD)
        subprocess.run(["git", "-C", tmp_path, "add", "-f", ".env"], check=True)
    doctor.check_env_file(doctor.Report(), str(file))
    assert expected in capsys.readouterr().out


def test_chromium_where_the_variable_says(tmp_path, capsys, monkeypatch):
    browser = tmp_path / "browser.exe"
    browser.touch(mode=0o755)
    monkeypatch.setenv("CHROME_PATH", str(browser))
    doctor.check_programs(doctor.Report())
    assert f"ok    Chromium: {browser}" in capsys.readouterr().out


def test_old_python(capsys, monkeypatch, tmp_path):
    # Which could not even compare the wheelhouse with the lock.
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path))
    monkeypatch.setattr(handout, "lacks", None)
    monkeypatch.setattr(environment, "MINIMUM", (3, 99))
    assert doctor.main() == 1
    assert "fix: install Python 3.99 or newer" in capsys.readouterr().out


def test_a_wheelhouse_that_cannot_be_read(capsys, monkeypatch, tmp_path):
    pin = environment.locked()[0]
    wheel = tmp_path / f"{pin[0].replace('-', '_')}-{pin[1]}-py3-none-any.whl"
    wheel.mkdir()  # as some programs unpack what is in a zip file, too
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path))
    report = doctor.Report()
    doctor.check_wheelhouse(report)
    assert report.failures == 1
    out = capsys.readouterr().out
    assert (wheel.name in out, "fix: get the zip file again" in out) == (True, True)


def test_a_python_without_pip_cannot_look_at_the_wheelhouse(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "WHEELS", str(tmp_path))
    for name in ("packaging.tags", "pip._vendor.packaging.tags"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it raises ImportError
    report = doctor.Report()
    doctor.check_wheelhouse(report)
    assert report.failures == 0 and "this Python has no pip" in capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_env_file_that_others_can_read(tmp_path, capsys):
    file = tmp_path / ".env"
    file.write_text(GOOD)
    report = doctor.Report()
    file.chmod(0o644)
    doctor.check_env_file(report, str(file))
    assert report.failures >= 1
    assert "fix: chmod 600 .env" in capsys.readouterr().out
    file.chmod(0o600)
    doctor.check_env_file(doctor.Report(), str(file))
    assert "ok    .env is readable by its owner only" in capsys.readouterr().out


def test_git_ignores_env():
    ignored = Path(environment.PROJECT, ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in ignored


def test_which_s3_and_as_whom(tmp_path, capsys, monkeypatch):
    file = tmp_path / ".env"
    file.write_text(GOOD + "S3_ENDPOINT_URL=https://s3.example.com\n")
    monkeypatch.setattr(settings.load_settings, "__defaults__", (file,))
    doctor.check_s3(doctor.Report(), online=False)
    assert capsys.readouterr().out == (
        "ok    S3: https://s3.example.com, region eu-west-2, bucket my-bucket, as AKIA…MPLE\n"
    )
    file.write_text("S3_BUCKET=x\n")
    report = doctor.Report()
    doctor.check_s3(report, online=False)
    out = capsys.readouterr().out
    assert report.failures == 1
    assert "FAIL  .env has no value for S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION" in out
    assert "fix: Fill in all of" in out
