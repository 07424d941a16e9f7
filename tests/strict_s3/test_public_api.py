"""What `strict_s3` offers, what it costs to import, and that it knows nothing of the lessons."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import strict_s3

PACKAGE = Path(strict_s3.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN = {
    "IPython",
    "anywidget",
    "dotenv",
    "helpers",
    "ipywidgets",
    "jupyter_client",
    "jupyterlab",
    "nbclient",
    "nbformat",
    "notebook",
    "tests",
}


def loaded_by(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    return set(done.stdout.split())


def imported(module: Path) -> set[str]:
    """The top packages that a module imports, anywhere in it; "" for strict_s3's own."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("" if node.level else (node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_the_lessons_or_jupyter(module):
    assert not imported(module) & FORBIDDEN


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_import_each_other_relatively(module):
    assert "strict_s3" not in imported(module)


@pytest.mark.parametrize("name", strict_s3.__all__)
def test_every_name_is_there_and_has_a_docstring_with_an_example(name):
    value = getattr(strict_s3, name)
    assert value is getattr(strict_s3, name)
    assert (value.__doc__ or "").strip(), name
    if not name.endswith("Error"):
        assert "\n    " in inspect.getdoc(value), f"{name} has no example"
    assert name in dir(strict_s3)


def test_the_readme_lists_the_public_names():
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    section = text.partition("## All public names")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"`(\w+)`", section)) == sorted(strict_s3.__all__)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match=r"module 'strict_s3' has no attribute 'strat'"):
        _ = strict_s3.strat  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="cannot import name 'strat'"):
        exec("from strict_s3 import strat")


def test_all_can_be_imported_at_once():
    names: dict[str, object] = {}
    exec("from strict_s3 import *", names)
    assert set(strict_s3.__all__) <= set(names)


def test_an_import_alone_loads_nothing_big():
    heavy = {"boto3", "botocore", "cheroot", "moto", "requests", "urllib3", "werkzeug", "logging"}
    assert not loaded_by("import strict_s3") & heavy


@pytest.mark.parametrize(
    "name", ["start", "Server", "Presigner", "explain", "prove", "ServerError"]
)
def test_neither_boto3_nor_moto_is_loaded_before_a_client_is_made(name):
    assert not loaded_by(f"import strict_s3; strict_s3.{name}") & {"boto3", "moto", "cheroot"}


def test_in_process_needs_no_http_server():
    code = "import strict_s3; strict_s3.in_process().stop()"
    assert "cheroot" not in loaded_by(code)


def test_the_version_is_the_projects():
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert strict_s3.__version__ == project["project"]["version"]


def test_types_are_declared():
    assert (PACKAGE / "py.typed").exists()
