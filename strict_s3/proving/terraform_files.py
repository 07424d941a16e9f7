"""Terraform's JSON as a list of resources: a plan, a state, or configuration (``*.tf.json``).

Sources: https://developer.hashicorp.com/terraform/internals/json-format and
https://developer.hashicorp.com/terraform/language/syntax/json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import ProveError
from ..rules.identity import ACCOUNT
from .hcl import ReadFile, fill
from .intrinsics import Unresolved
from .reading import mapping, nearest, shown

MAX_MODULES = 20  # in each other
UNKNOWN = "is known only after terraform apply; prove the state (terraform show -json) then"


@dataclass(frozen=True)
class Resource:
    """A resource with its values. `refers` has what an attribute without a value refers to."""

    address: str
    type: str
    name: str
    values: Mapping[str, Any]
    refers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    value_of: Callable[[Any], Any] = lambda value: value

    def get(self, attribute: str) -> Any:
        """An attribute's value, or None. Raises `Unresolved`."""
        value = self.values.get(attribute)
        if value is None and attribute in self.refers:
            raise Unresolved(f"{self.address}.{attribute} {UNKNOWN}")
        return self.value_of(value)


def read_resources(
    value: Mapping[str, Any], name: str, given: Mapping[str, Any], region: str, read: ReadFile
) -> list[Resource]:
    """All resources of a plan, a state or a configuration. Raises `ProveError`."""
    for key in ("planned_values", "values"):
        if key in value:
            if given:
                raise ProveError(f"{name} is a plan or a state, whose variables have values.")
            root = mapping(
                mapping(value[key], f"{name}: {key}").get("root_module"), f"{name}: {key}"
            )
            configuration = value.get("configuration", {}).get("root_module", {})
            return list(_planned(root, configuration, "", name))
    if "resource" in value:
        return _Configuration(value, name, given, region, read).resources()
    raise ProveError(
        f"{name} is not Terraform's JSON: it has neither planned_values (terraform show -json of a "
        "plan), nor values (of a state), nor resource (a *.tf.json)."
    )


def _planned(
    module: Mapping[str, Any], configuration: Any, prefix: str, name: str
) -> Iterator[Resource]:
    if prefix.count("module.") > MAX_MODULES:
        raise ProveError(f"{name}: more than {MAX_MODULES} modules are inside each other.")
    written = {
        f"{each.get('type')}.{each.get('name')}": each.get("expressions", {})
        for each in (configuration.get("resources", []) if isinstance(configuration, dict) else [])
        if isinstance(each, dict)
    }
    for raw in module.get("resources") or []:
        each = mapping(raw, f"{name}: a resource")
        if each.get("mode") == "data" or not isinstance(each.get("type"), str):
            continue
        own = str(each.get("name"))
        refers = {
            attribute: tuple(f"{prefix}{ref}" for ref in expression.get("references", ()))
            for attribute, expression in written.get(f"{each['type']}.{own}", {}).items()
            if isinstance(expression, dict) and "constant_value" not in expression
        }
        values = mapping(each.get("values") or {}, f"{name}: {each.get('address')}")
        yield Resource(str(each.get("address")), each["type"], own, values, refers)
    calls = configuration.get("module_calls", {}) if isinstance(configuration, dict) else {}
    for raw in module.get("child_modules") or []:
        each = mapping(raw, f"{name}: a module")
        address = str(each.get("address", ""))
        call = calls.get(address.rpartition("module.")[2].partition("[")[0], {})
        yield from _planned(each, call.get("module", {}), f"{address}.", name)


class _Configuration:
    """A ``*.tf.json``, with its references filled in as far as that goes."""

    def __init__(
        self,
        value: Mapping[str, Any],
        name: str,
        given: Mapping[str, Any],
        region: str,
        read: ReadFile,
    ) -> None:
        self._name, self._region, self._read = name, region, read
        self._resources = _labelled(value.get("resource"), f"{name}: resource")
        self._data = _labelled(value.get("data", {}), f"{name}: data")
        self._locals = {k: v for each in blocks(value.get("locals", {})) for k, v in each.items()}
        self._variables = self._read_variables(value.get("variable", {}), given)
        self._asked: list[str] = []

    def _read_variables(self, raw: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        declared = {k: v for each in blocks(raw) for k, v in each.items()}
        for key in given:
            if key not in declared:
                raise ProveError(f"{self._name} has no variable {key!r}. {nearest(key, declared)}")
        found = {}
        for key, about in declared.items():
            first = (blocks(about) or [{}])[0]
            if key in given or "default" in first:
                found[key] = given.get(key, first.get("default"))
        return found

    def resources(self) -> list[Resource]:
        return [
            Resource(f"{kind}.{name}", kind, name, values, value_of=self._fill)
            for (kind, name), values in self._resources.items()
            if self._is_made(f"{kind}.{name}", values)
        ]

    def _is_made(self, address: str, values: Mapping[str, Any]) -> bool:
        """Is it made once? Raises `ProveError` if that can't be known, or if it is made often."""
        if "for_each" not in values and "count" not in values:
            return True
        try:
            count = str(self._fill(values.get("count")))
        except Unresolved as problem:
            count = str(problem)
        if "for_each" in values or count not in ("0", "1"):
            what = "for_each" if "for_each" in values else f"count ({count})"
            raise ProveError(
                f"{self._name}: {address} has {what}, which is not carried out here. Prove the "
                "plan instead: terraform show -json."
            )
        return count == "1"

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            return fill(value, self._lookup, self._read) if "{" in value else value
        if isinstance(value, list):
            return [self._fill(each) for each in value]
        if isinstance(value, Mapping):
            return {key: self._fill(each) for key, each in value.items()}
        return value

    def _lookup(self, name: str) -> Any:
        if name in self._asked:
            raise ProveError(f"{self._name}: {name} depends on itself.")
        self._asked.append(name)
        try:
            return self._value(name)
        finally:
            self._asked.pop()

    def _value(self, name: str) -> Any:
        first, _, rest = name.partition(".")
        if first == "var":
            if rest not in self._variables:
                raise Unresolved(f"variable {rest} has no value; write it under variables")
            return self._variables[rest]
        if first == "local" and rest in self._locals:
            return self._fill(self._locals[rest])
        if name in ("true", "false"):
            return name == "true"
        if name in ("path.module", "path.root"):
            return "."
        if first == "data":
            return self._data_value(name)
        kind, own, attribute = (*name.split(".", 2), "", "")[:3]
        values = self._resources.get((kind, own))
        if values is None:
            hint = nearest(f"{kind}.{own}", [".".join(each) for each in self._resources])
            raise Unresolved(f"{name} is not in this file. {hint}")
        found = attributes(kind, own, self._fill(_named(kind, values)), self._region)
        if attribute not in found:
            raise Unresolved(f"{name} {UNKNOWN}")
        return found[attribute]

    def _data_value(self, name: str) -> Any:
        _, kind, own, attribute = (*name.split(".", 3), "", "")[:4]
        known = {
            "data.aws_caller_identity.account_id": ACCOUNT,
            "data.aws_region.name": self._region,
            "data.aws_region.region": self._region,
            "data.aws_partition.partition": "aws",
        }
        if f"data.{kind}.{attribute}" in known:
            return known[f"data.{kind}.{attribute}"]
        values = self._data.get((kind, own))
        if kind != "aws_iam_policy_document" or values is None or attribute != "json":
            raise Unresolved(f"{name} is not known offline")
        return json.dumps(policy_document(self._fill(values), f"{self._name}: data.{kind}.{own}"))


def _named(kind: str, values: Mapping[str, Any]) -> Any:
    """The attributes of a resource that make its name."""
    return {key: values[key] for key in _NAMES if key in values and kind in _NAMED}


_NAMES = ("bucket", "name", "path")
_NAMED = ("aws_s3_bucket", "aws_iam_role", "aws_iam_user", "aws_iam_policy")


def attributes(kind: str, own: str, values: Mapping[str, Any], region: str) -> dict[str, str]:
    """What others can refer to of a resource, by attribute."""
    if kind == "aws_s3_bucket":
        name = str(values.get("bucket") or bucket_name(own))
        host = f"{name}.s3.{region}.amazonaws.com"
        arn = f"arn:aws:s3:::{name}"
        return {"id": name, "bucket": name, "arn": arn, "bucket_regional_domain_name": host}
    path = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_policy": "policy"}.get(kind)
    if path is None:
        return {}
    name = str(values.get("name") or own)
    arn = f"arn:aws:iam::{ACCOUNT}:{path}{values.get('path') or '/'}{name}"
    return {"id": arn if path == "policy" else name, "name": name, "arn": arn}


def bucket_name(own: str) -> str:
    """A name for a bucket that Terraform would name itself."""
    return f"{own.lower().replace('_', '-')[:40]}-of-terraform"


def policy_document(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What the data source aws_iam_policy_document makes. Raises `Unresolved`."""
    for key in values:
        if key not in ("statement", "version", "policy_id"):
            raise Unresolved(f"{where}: {key} is not carried out here")
    statements = [_statement(each) for each in blocks(values.get("statement", []))]
    return {"Version": values.get("version", "2012-10-17"), "Statement": statements}


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Effect": given.get("effect", "Allow")}
    names = {"sid": "Sid", "actions": "Action", "not_actions": "NotAction"}
    names |= {"resources": "Resource", "not_resources": "NotResource"}
    found |= {new: given[old] for old, new in names.items() if given.get(old)}
    for old, new in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        for each in blocks(given.get(old, [])):
            names_of = each.get("identifiers", [])
            if each.get("type") == "*" or (each.get("type") == "AWS" and names_of == ["*"]):
                found[new] = "*"
            else:
                found.setdefault(new, {})[each.get("type")] = names_of
    for each in blocks(given.get("condition", [])):
        tests = found.setdefault("Condition", {}).setdefault(each.get("test"), {})
        tests.setdefault(each.get("variable"), []).extend(each.get("values", []))
    return found


def blocks(value: Any) -> list[dict[str, Any]]:
    """A block, or several: JSON has them as an object or as a list of objects."""
    listed: Sequence[Any] = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, dict)]


def _labelled(value: Any, where: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Resources by type and name."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in blocks(value):
        for kind, named in each.items():
            for by_name in blocks(named):
                for name, body in by_name.items():
                    values = blocks(body)
                    if len(values) != 1:
                        raise ProveError(
                            f"{where}: {kind}.{name} is {shown(body)}; it is an object."
                        )
                    found[kind, name] = values[0]
    if not blocks(value) and value not in ({}, []):
        raise ProveError(f"{where} is {shown(value)}; it must be an object.")
    return found
