"""A file is written whole or not at all; one without notes is read as none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from helpers.files import read_notes, replacing, write_whole


def test_what_was_there_is_replaced(tmp_path):
    path = tmp_path / "work" / "notes.json"
    write_whole(path, "ä\n")
    write_whole(path, "ö\n")
    assert path.read_bytes() == "ö\n".encode()  # not \r\n: a copy is compared with its lesson
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "notes.json"
    write_whole(path, "old")

    def full(beside, text, **_):
        with beside.open("w") as file:
            file.write(text[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_in_between_leaves_nothing(tmp_path):
    with (
        pytest.raises(ValueError, match="stop"),
        replacing(tmp_path / "a.zip") as beside,
        zipfile.ZipFile(beside, "w") as file,
    ):
        file.writestr("a", "a")
        raise ValueError("stop")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", [None, "", "{", "[]", "null", b"\xff"])
def test_a_file_without_notes_has_none(text, tmp_path):
    path = tmp_path / "notes.json"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert read_notes(path) == read_notes(None) == {}
    write_whole(path, '{"a": [1]}')
    assert read_notes(path) == {"a": [1]}
