"""A rule that nobody asks guards nothing: each is called, and each permission by the server."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import strict_s3

ENGINE = Path(strict_s3.__file__).parent
TREES = {
    path.relative_to(ENGINE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in ENGINE.rglob("*.py")
}
RULES = {
    (room, function.name): function
    for room, tree in TREES.items()
    if room.startswith("rules/")
    for function in tree.body
    if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
}
NEEDS = {
    name: function
    for name, function in RULES.items()
    if function.returns is not None and "Needs" in ast.unparse(function.returns)
}


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def named(tree: ast.AST) -> dict[str, int]:
    """How often each name is read in a tree, with or without its module's name before it."""
    counts: defaultdict[str, int] = defaultdict(int)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            counts[name_of(node)] += 1
    return counts


USED = {room: named(tree) for room, tree in TREES.items()}


@pytest.mark.parametrize(("room", "name"), RULES, ids=lambda part: part)
def test_a_rule_is_asked_by_somebody(room, name):
    assert any(counts.get(name) for counts in USED.values())


def test_permissions_are_found():
    assert {name for _, name in NEEDS} >= {"put_object_needs", "delete_object_needs"}


@pytest.mark.parametrize(("room", "name"), NEEDS, ids=lambda part: part)
def test_what_an_operation_needs_is_asked_by_the_server_with_all_it_looks_at(room, name):
    parameters = NEEDS[room, name].args
    names = [one.arg for one in (*parameters.args, *parameters.kwonlyargs)]
    given: set[str] = set()
    for where, tree in TREES.items():
        for node in ast.walk(tree) if where.startswith("server/") else ():
            if isinstance(node, ast.Call) and name_of(node.func) == name:
                given |= {*names[: len(node.args)], *(keyword.arg for keyword in node.keywords)}
    assert given == set(names)
