"""What a room is given: everything it needs, and nothing that is the instructor's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from helpers.errors import EnvironmentProblem
from helpers.setup import environment, handout, wheelhouse

PROJECT = Path(environment.PROJECT)
OWN = [".env", ".venv/bin/python", ".venv-site/x", "work/04.ipynb", "work/.progress.json"]
OWN += ["notebooks/__pycache__/a.pyc", "site/index.html", "slides/web.html", ".git/config"]
OWN += [".env.local", ".env.bak", ".env~", ".envrc", "venv/bin/python", "notebooks/.DS_Store"]
OWN += [".aws/credentials", "notebooks/.progress.json", ".ssh/id_ed25519"]
OWN += ["tests/node_modules/a/b.js", "helpers/setup/site/npm/node_modules/x.js"]
GIVEN = [".env.example", ".gitignore", "README.md", "notebooks/04-share.ipynb", "wheelhouse/a.whl"]
GIVEN += ["helpers/setup/site/site.py", "helpers/a.work.py"]


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    for name in [*OWN, *GIVEN]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    shutil.copy(PROJECT / ".gitignore", folder / ".gitignore")
    monkeypatch.setattr(handout, "PROJECT", str(folder))
    monkeypatch.setattr(environment, "WHEELS", str(folder / "wheelhouse"))
    return folder


def test_the_zip_has_the_project_and_its_wheels_alone(project, tmp_path):
    assert handout.pack(str(project / "room.zip")) == 0
    with zipfile.ZipFile(project / "room.zip") as file:
        names = {name.removeprefix(f"{handout.FOLDER}/") for name in file.namelist()}
    assert names == set(GIVEN)
    # The one that is there is no part of the next one.
    handout.pack(str(project / "room.zip"))
    with zipfile.ZipFile(project / "room.zip") as file:
        assert len(file.namelist()) == len(GIVEN)


@pytest.mark.skipif(not (PROJECT / ".git").exists(), reason="no checkout of git")
@pytest.mark.parametrize("git", [True, False], ids=["with git", "as a downloaded folder"])
def test_it_gives_what_git_tracks(git, monkeypatch):
    if not git:
        monkeypatch.setattr(handout, "_tracked", set)
    command = ["git", "ls-files", *([] if git else ["--cached", "--others", "--exclude-standard"])]
    known = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    there = {name for name in known.stdout.splitlines() if (PROJECT / name).is_file()}
    assert {name for name in handout.files() if not name.startswith("wheelhouse/")} == there


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_files_that_git_does_not_track_are_yours(project, tmp_path, capsys):
    shutil.rmtree(project / ".git")
    tracked = [name for name in GIVEN if not name.startswith("wheelhouse/")]
    for command in (["init", "-q"], ["add", *tracked]):
        subprocess.run(["git", *command], cwd=project, check=True)
    for name in ("key.pem", "notes.txt", "notebooks/mine.ipynb"):
        (project / name).write_text("mine")
    assert {*handout.files()} == {*GIVEN}
    assert handout.pack(str(tmp_path / "room.zip")) == 0
    assert "without the files that git does not track" in capsys.readouterr().err


def test_without_a_wheelhouse_it_says_what_to_do(project):
    shutil.rmtree(project / "wheelhouse")
    with pytest.raises(EnvironmentProblem, match="no folder wheelhouse"):
        handout.pack(str(project / "room.zip"))
    assert not (project / "room.zip").exists()


def test_a_place_where_nothing_can_be_written_is_named(project):
    with pytest.raises(EnvironmentProblem, match=r"room\.zip can't be written"):
        handout.pack(str(project / "no" / "room.zip"))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps links and pipes for administrators")
def test_neither_links_nor_pipes_are_packed(project, tmp_path):
    (tmp_path / "credentials").write_text("secret")
    (project / "notes.txt").symlink_to(tmp_path / "credentials")
    (project / ".#README.md").symlink_to("somebody@computer.1234")  # Emacs' lock
    os.mkfifo(project / "pipe")
    assert {*handout.files()} == {*GIVEN}
    assert handout.pack(str(tmp_path / "room.zip")) == 0


def test_files_from_before_zip_was_made_are_packed(project, tmp_path):
    os.utime(project / "README.md", (0, 0))
    assert handout.pack(str(tmp_path / "room.zip")) == 0
    with zipfile.ZipFile(tmp_path / "room.zip") as file:
        assert file.getinfo(f"{handout.FOLDER}/README.md").date_time[0] == 1980


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_name_that_is_no_text_is_one_sentence(project, tmp_path):
    (project / os.fsdecode(b"\xff.md")).write_text("x")
    with pytest.raises(EnvironmentProblem, match=r"room\.zip can't be written: "):
        handout.pack(str(tmp_path / "room.zip"))
    assert not (tmp_path / "room.zip").exists()


def test_the_wheelhouse_is_compared_with_what_this_computer_needs(project, monkeypatch):
    wheel = project / "wheelhouse" / "some_thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"good")
    digest = handout._digest(wheel.name)
    lines = f"some-thing==1.0 \\\n    --hash=sha256:{digest}\n"
    monkeypatch.setattr(wheelhouse, "requirements", lambda computer, python: lines)
    assert handout.lacks() == []
    wheel.write_bytes(b"changed")
    assert handout.lacks() == ["some-thing==1.0"]
    # Another computer's file is of no use.
    os.rename(wheel, wheel.with_name("some_thing-1.0-cp311-cp311-other_99_x86_64.whl"))
    wheel.with_name("some_thing-1.0-cp311-cp311-other_99_x86_64.whl").write_bytes(b"good")
    assert handout.lacks() == ["some-thing==1.0"]
