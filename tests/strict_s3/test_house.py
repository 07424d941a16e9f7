"""What keeps the engine's rooms readable, held by a test instead of by memory."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import strict_s3

ENGINE = Path(strict_s3.__file__).parent
ON_THE_WAY = sorted([*ENGINE.glob("rules/**/*.py"), *ENGINE.glob("server/**/*.py")])
# The rooms and loose modules, layer by layer: each may import those of earlier layers.
LAYERS = (
    {"rules", "errors", "output", "redact", "signals"},
    {"options", "explainer", "logs"},
    {"server", "signing"},
    {"handle", "in_memory"},
    {"process", "inprocess", "recorded"},
    {"proving"},
    {"cli", "pytest_plugin"},
)
# More than five parameters, and not on a request's way.
ALLOWED = {
    "server/server.py": {"serve"},  # starts a server
    "rules/sigv4.py": {"build"},  # signs a URL
}
MAX_LINES, MAX_PARAMETERS = 400, 5


def parameters(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
            names = [name for name in names if name not in ("self", "cls")]
            yield node.name, len(names) + len(node.args.kwonlyargs)


@pytest.mark.parametrize("path", ON_THE_WAY, ids=lambda path: path.relative_to(ENGINE).as_posix())
def test_no_function_on_a_requests_way_has_more_than_five_parameters(path):
    allowed = ALLOWED.get(path.relative_to(ENGINE).as_posix(), set())
    many = {name for name, count in parameters(path) if count > MAX_PARAMETERS}
    assert many == allowed


def test_no_module_is_longer_than_a_few_screens():
    lines = {
        path.relative_to(ENGINE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in ENGINE.rglob("*.py")
    }
    assert len(lines) > 100
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def imported(path: Path) -> Iterator[str]:
    """The rooms of the engine that a module imports; all imports there are relative."""
    inside = path.relative_to(ENGINE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = inside[: len(inside) - node.level + 1]
            name = ".".join([*above, *([node.module] if node.module else [])])
            yield from [name] if name else (alias.name for alias in node.names)


def test_the_rooms_import_one_another_in_one_direction():
    layer = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    seen = set()
    for path in ENGINE.rglob("*.py"):
        room = path.relative_to(ENGINE).parts[0].removesuffix(".py")
        if room.startswith("__"):
            continue
        seen.add(room)
        for name in imported(path):
            other = name.partition(".")[0]
            if other != room and not other.startswith("__"):
                assert layer[other] < layer[room], f"{path}: {name}"
    assert seen == set(layer)
