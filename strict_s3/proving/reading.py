"""Files from outside: YAML and JSON, read once, within limits, with a place in every error.

CloudFormation reads YAML 1.1 without aliases, merges and timestamps
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html), and so do
we: an alias is refused, so no small file can become a huge value. YAML would let the last of two
equal keys win; here the second one is refused.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ..errors import ProveError

MAX_FILE = 1_000_000  # bytes: what CloudFormation takes of a template (1 MB)
MAX_DEPTH = 60  # of lists and mappings in each other; policies and templates need about 12

MAX_LISTED = 25  # names in an error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain values, CloudFormation's short forms (``!Ref Name``), and no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be text; put quotes around it", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
            seen.add(key)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return found


def _short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    """``!GetAtt Bucket.Arn`` as ``{"Fn::GetAtt": "Bucket.Arn"}``."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
# A date is text, as in CloudFormation: the Version of a policy is 2012-10-17.
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_text(path: Path) -> str:
    """A file's text. Raises `ProveError` if it can't be read, is too big, or is not UTF-8."""
    if path.is_dir():
        raise ProveError(f"{path} is a folder, and a file is needed.")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise ProveError(f"{path} cannot be read ({why}). Check its name and folder.") from None
    if len(data) > MAX_FILE:
        raise ProveError(f"{path} has more than {MAX_FILE:,} bytes, the most that is read.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ProveError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None


def read_yaml(text: str, name: str) -> Any:
    """The value of one YAML document (JSON is YAML too). `name` is the file's, for errors."""
    try:
        _check_events(text, name)
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None) or getattr(problem, "context_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        what = getattr(problem, "problem", None) or str(problem).partition("\n")[0]
        raise ProveError(f"{name}{where}: this is not valid YAML: {what}.") from None
    except ProveError:
        raise
    except (ValueError, OverflowError) as problem:  # a number with thousands of digits
        why = str(problem).partition(";")[0]
        raise ProveError(f"{name}: a value cannot be read: {why}.") from None
    except RecursionError:
        raise too_deep(name) from None


def _check_events(text: str, name: str) -> None:
    """Refuse aliases and deep nesting before anything is made of them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            line = f", line {event.start_mark.line + 1}" if event.start_mark else ""
            raise ProveError(
                f"{name}{line}: *{event.anchor} is an alias, which CloudFormation does not "
                "read either. Write the value out."
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise too_deep(name)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def too_deep(name: str) -> ProveError:
    """The error for a file with lists in lists in lists."""
    return ProveError(f"{name}: more than {MAX_DEPTH} lists and mappings are inside each other.")


def read_json(text: str, name: str) -> Any:
    """The value of a JSON text. Raises `ProveError` with the place of a fault."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise ProveError(
            f"{name}, line {problem.lineno}, column {problem.colno}: this is not valid JSON: "
            f"{problem.msg}."
        ) from None
    except RecursionError:
        raise too_deep(name) from None
    except ValueError as problem:
        why = str(problem).partition(";")[0]
        raise ProveError(f"{name}: a value cannot be read: {why}.") from None


def mapping(value: Any, where: str) -> dict[str, Any]:
    """`value`, if it is a mapping whose keys are text. Raises `ProveError`."""
    if not isinstance(value, Mapping):
        raise ProveError(f"{where} is {shown(value)}; it must be a mapping (name: value).")
    for key in value:
        if not isinstance(key, str):
            raise ProveError(f"{where}: the key {shown(key)} is not text; put quotes around it.")
    return dict(value)


def as_list(value: Any) -> list[Any]:
    """A list as it is, nothing as an empty one, and anything else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def check_keys(value: Mapping[str, Any], known: Collection[str], where: str) -> None:
    """Refuse a key that nobody knows, by name, with the nearest one that is known."""
    for key in value:
        if key not in known:
            raise ProveError(f"{where}: there is no key {key!r} here. {nearest(key, known)}")


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name, as a sentence.

    >>> nearest("exspect", ["bucket", "expect"])
    'Did you mean expect?'
    """
    listed = sorted(known)
    lower = {each.lower(): each for each in listed}
    found = difflib.get_close_matches(name.lower()[:100], lower, n=1)
    if found:
        return f"Did you mean {lower[found[0]]}?"
    if not listed:
        return "There is none."
    return f"Known: {', '.join(listed)}." if len(listed) <= MAX_LISTED else ""


def shown(value: Any) -> str:
    """A value for an error message: on one line and short."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}…"
