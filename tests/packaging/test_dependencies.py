"""What is declared in pyproject.toml is what is imported."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.setup import environment

PROJECT = Path(environment.PROJECT)
# Programs, plugins, what only a lesson imports, and what is pinned for others' sake.
RUN = {"argon2-cffi-bindings", "cryptography", "jsonschema", "jupyterlab", "moto", "nbval"}
RUN |= {"fastapi", "jupyter-server-proxy", "pytest"}
# What no distribution has: type stubs, and the modules of a Python in a browser.
BUILT_IN = {"_typeshed", "js", "pyodide"}


def imported(room: str) -> set[str]:
    """The distributions whose modules are imported below a folder."""
    owners = packages_distributions()
    names = {
        name.partition(".")[0]
        for path in (PROJECT / room).rglob("*.py")
        for name in _imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    names -= {*sys.stdlib_module_names, *BUILT_IN, "strict_s3", "helpers", "pip"}
    return {canonicalize_name(owners[name][0]) for name in names}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)


def declared(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def project() -> tuple[set[str], set[str]]:
    """What strict_s3 needs, and what the lessons need on top."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    own = declared(found["project"]["dependencies"])
    return own, declared(found["dependency-groups"]["lessons"])


def test_what_strict_s3_imports_is_what_its_wheel_asks_for():
    # pytest is there where its plugin is loaded.
    assert imported("strict_s3") - {"pytest"} == project()[0]


def test_what_helpers_imports_is_what_a_learner_installs():
    own, lessons = project()
    assert lessons & own == set()
    assert imported("helpers") - own == lessons - RUN
