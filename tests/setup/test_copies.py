"""Working copies: made without outputs, refreshed, and never written over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from helpers.errors import EnvironmentProblem
from helpers.files import FLAGS, ROOM
from helpers.setup import commands, copies

LESSON = "06-upload-with-post.ipynb"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project's folder of its own, with two lessons."""
    published = tmp_path / "notebooks"
    (published / "images").mkdir(parents=True)
    for name in (copies.FIRST, LESSON):
        shutil.copy(copies.NOTEBOOKS / name, published)
    (published / "images" / "x.svg").write_text("<svg/>")
    (published / copies.ARTICLE).write_text("# The article")
    (published / copies.RUNBOOK).write_text("<h1>Run-book</h1>")
    (published / copies.EXAMPLES).mkdir()
    monkeypatch.setattr(copies, "PROJECT", tmp_path)
    monkeypatch.setattr(copies, "NOTEBOOKS", published)
    monkeypatch.setattr(copies, "WORK", tmp_path / "work")
    monkeypatch.setattr(copies, "WITH_OUTPUTS", tmp_path / "work-with-outputs")
    monkeypatch.setattr(copies, "PROGRESS", tmp_path / "work" / ".progress.json")
    return tmp_path


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write_in(copy: Path, text: str = "# mine\n") -> None:
    notebook = read(copy)
    notebook["cells"][2]["source"] = [text]
    copy.write_text(json.dumps(notebook), encoding="utf-8")


def run(copy: Path) -> None:
    """What running its cells leaves in a copy."""
    notebook = read(copy)
    for count, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = count
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["ran"]}]
    copy.write_text(json.dumps(notebook), encoding="utf-8")


def publish(project: Path, name: str = LESSON) -> None:
    """A newer version of a lesson arrives."""
    path = project / "notebooks" / name
    notebook = read(path)
    notebook["cells"][0]["source"] = ["# The second edition"]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_a_copy_has_every_cell_and_no_output(project):
    published = read(project / "notebooks" / LESSON)
    assert any(cell.get("outputs") for cell in published["cells"])
    folder = copies.prepare()
    copy = read(folder / LESSON)
    for cell, original in zip(copy["cells"], published["cells"], strict=True):
        assert cell["source"] == original["source"]
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert "widgets" not in copy["metadata"]
    assert (folder / "images" / "x.svg").exists()
    assert (folder / copies.ARTICLE).exists()


def test_with_outputs_for_readers(project):
    folder = copies.prepare(with_outputs=True)
    assert folder.name == "work-with-outputs"
    assert read(folder / LESSON) == read(project / "notebooks" / LESSON)
    assert not (project / "work").exists()


@pytest.mark.parametrize("leave", [lambda copy: None, run, Path.unlink])
def test_an_update_refreshes_what_nobody_wrote_in(project, leave, capsys):
    copy = copies.prepare() / LESSON
    leave(copy)
    publish(project)
    copies.prepare()
    assert read(copy)["cells"][0]["source"] == ["# The second edition"]
    assert capsys.readouterr().err == ""


def test_another_start_leaves_what_has_run(project):
    copy = copies.prepare() / LESSON
    run(copy)
    before = copy.read_bytes()
    copies.prepare()
    assert copy.read_bytes() == before


@pytest.mark.parametrize(
    "change", [write_in, lambda copy: copy.write_text("no notebook"), lambda c: c.write_text("{}")]
)
def test_an_update_keeps_what_was_written(project, change, capsys):
    copy = copies.prepare() / LESSON
    change(copy)
    before = copy.read_bytes()
    copies.prepare()
    assert capsys.readouterr().err == ""
    publish(project)
    copies.prepare()
    assert copy.read_bytes() == before
    assert "python3 -m helpers reset 06" in capsys.readouterr().err
    (copy.parent / copies.HANDED_OUT).unlink()  # and if it is not known what was handed out
    copies.prepare()
    assert copy.read_bytes() == before


def test_reset_keeps_the_old_copy_beside_the_new_one(project, capsys):
    copy = copies.prepare() / LESSON
    for number in (1, 2):
        write_in(copy, f"# {number}")
        assert copies.reset(["6"]) == [copy]
        assert read(copy) == copies.without_outputs(read(project / "notebooks" / LESSON))
        kept = copy.with_suffix(f".before-{number}.ipynb")
        assert read(kept)["cells"][2]["source"] == [f"# {number}"]
        assert kept.name in capsys.readouterr().err
    copies.reset(["06"])  # nothing was done in it: nothing to keep
    assert len(list(copy.parent.glob("06-*.ipynb"))) == 3


def test_reset_all_and_progress(project):
    copies.prepare()
    copies.PROGRESS.write_text('{"00": [1], "06": [1, 2]}')
    joined = copies.PROGRESS.with_name(ROOM)
    joined.touch()
    assert {copy.name for copy in copies.reset(["06", "all"])} == {copies.FIRST, LESSON}
    assert json.loads(copies.PROGRESS.read_text()) == {}
    assert not joined.exists()
    joined.touch()
    copies.PROGRESS.write_text('{"00": [1], "06": [1, 2]}')
    copies.reset(["06"])
    assert joined.exists()
    assert json.loads(copies.PROGRESS.read_text()) == {"00": [1]}


@pytest.mark.parametrize("name", ["77", "", "6x"])
def test_reset_of_no_lesson_changes_nothing(name, project, capsys):
    copy = copies.prepare() / LESSON
    write_in(copy)
    before = copy.read_bytes()
    assert commands.main(["reset", "06", name]) == 1
    assert (
        f"There is no lesson {name!r}. The lessons are 00, 06, or 'all'." in capsys.readouterr().err
    )
    assert copy.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_sentence(project):
    (project / "work").write_text("a file")
    with pytest.raises(EnvironmentProblem, match="working copies cannot be made"):
        copies.prepare()


def test_a_full_disk_leaves_the_copies_whole(project, monkeypatch):
    copy = copies.prepare() / LESSON
    before = copy.read_bytes()
    publish(project)

    def full(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(EnvironmentProblem, match="No space left"):
        copies.prepare()
    assert copy.read_bytes() == before
    assert not list(copy.parent.glob(".*.ipynb.*"))


def test_reset_of_the_flags_forgets_what_was_captured(project, monkeypatch):
    monkeypatch.setattr(copies, "WITH_FLAGS", "06")
    copies.prepare()
    notes = copies.PROGRESS.with_name(FLAGS)
    notes.write_text("{}")
    copies.reset(["00"])
    assert notes.exists()
    copies.reset(["06"])
    assert not notes.exists()


def test_examples_are_copied_and_kept_once_they_are_changed(project):
    backends = project / "notebooks" / "examples" / "backends"
    (backends / "__pycache__").mkdir(parents=True)
    (backends / "__pycache__" / "app.pyc").write_text("")
    for name in ("app.py", "other.py"):
        (backends / name).write_text("A = 1\n")
    copies.prepare()
    work = project / "work" / "examples" / "backends"
    assert sorted(path.name for path in work.iterdir()) == ["app.py", "other.py"]
    (work / "app.py").write_text("A = 'mine'\n")
    for name in ("app.py", "other.py"):
        (backends / name).write_text("A = 2\n")
    copies.prepare()
    assert (work / "app.py").read_text() == "A = 'mine'\n"
    assert (work / "other.py").read_text() == "A = 2\n"
