"""What `helpers` and its rooms give to a lesson, and what importing them costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module

import pytest

from helpers.files import PROJECT


@pytest.mark.parametrize("room", ["helpers", "helpers.forms", "helpers.pages"])
def test_every_name_is_there(room):
    package = import_module(room)
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match=f"'{room}' has no attribute 'nonsense'"):
        _ = package.nonsense


def test_nothing_is_imported_before_it_is_asked_for():
    code = "import sys, helpers.forms, helpers.pages; print(*sys.modules)"
    # -S: as on a computer where nothing is installed.
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if name.startswith(("helpers", "strict_s3"))}
    assert loaded == {"helpers", "helpers.forms", "helpers.pages"}


# The rooms and loose modules of helpers, each with those that it may import.
MAY_IMPORT = {
    "errors": set(),
    "files": set(),
    "settings": {"errors", "files"},
    "clean_up": {"errors", "files"},
    "address": {"errors"},
    "lab": {"errors", "settings", "clean_up", "address"},
    "forms": {"errors", "lab"},
    "pages": {"errors", "lab", "clean_up", "address"},
    "flags": {"errors", "files"},
    "exercises": {"errors", "files", "lab", "clean_up", "forms", "pages", "flags"},
    "setup": {"errors", "files", "settings", "pages", "exercises"},
}


def test_the_rooms_import_one_another_in_one_direction():
    helpers = PROJECT / "helpers"
    # A room is a folder with modules: an update may leave an empty one, or compiled files, behind.
    rooms = {path.parent.name for path in helpers.glob("*/*.py")}
    rooms |= {path.stem for path in helpers.glob("*.py")}
    assert {room for room in rooms if not room.startswith("__")} == set(MAY_IMPORT)
    looked_at = 0
    for path in helpers.rglob("*.py"):
        room = path.relative_to(helpers).parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):
            continue
        looked_at += 1
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [name.name for name in getattr(node, "names", ()) if hasattr(name, "name")]
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{name}" for name in names]
            elif not isinstance(node, ast.Import):
                continue
            for name in names:
                top, _, rest = name.partition(".")
                imported = rest.partition(".")[0]
                if top == "helpers" and imported in MAY_IMPORT and imported != room:
                    assert imported in MAY_IMPORT[room], f"{path}: {name}"
    assert looked_at > 50
