"""CloudFormation's intrinsic functions: Ref, GetAtt, Sub, Join, If and the others, as values.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html.
What can't be known offline (an export of another stack, a parameter without a value, an attribute
of a resource that is not made here) raises `Unresolved`; nothing is guessed.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import ProveError
from ..rules.identity import ACCOUNT
from .reading import as_list, mapping, nearest, shown

_SUB = re.compile(r"\$\{([^}]*)\}")
_LONGEST = 200_000  # characters of one text, so that no Join or Sub of Subs grows without end
NO_VALUE = object()


class Unresolved(Exception):
    """A value that can't be known here; the message says which and why."""


Resource = Callable[[str], Mapping[str, str]]


class Resolver:
    """Makes plain values of a template's.

    `attributes` gives a resource's: ``""`` for its Ref, ``Arn`` and so on for GetAtt.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        name: str,
        given: Mapping[str, Any],
        region: str,
        attributes: Resource,
    ) -> None:
        self._name, self._attributes = name, attributes
        self._mappings = mapping(template.get("Mappings") or {}, f"{name}: Mappings")
        self._conditions = mapping(template.get("Conditions") or {}, f"{name}: Conditions")
        self._known: set[str] = set(mapping(template.get("Resources"), f"{name}: Resources"))
        self._parameters = self._read_parameters(template, given)
        self._pseudo: dict[str, Any] = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "stack",
            "AWS::StackId": f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/stack/0",
            "AWS::NotificationARNs": [],
            "AWS::NoValue": NO_VALUE,
        }
        self._asked: list[str] = []  # conditions that are being found out

    def _read_parameters(
        self, template: Mapping[str, Any], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        declared = mapping(template.get("Parameters") or {}, f"{self._name}: Parameters")
        for key in given:
            if key not in declared:
                raise ProveError(f"{self._name} has no parameter {key!r}. {nearest(key, declared)}")
        values: dict[str, Any] = {}
        for key, raw in declared.items():
            about = mapping(raw, f"{self._name}: Parameters: {key}")
            kind = str(about.get("Type", "String"))
            stored = kind.startswith("AWS::SSM::")  # its Default is the name of a value
            if key in given or ("Default" in about and not stored):
                value = given[key] if key in given else about["Default"]
                allowed = about.get("AllowedValues")
                if isinstance(allowed, list) and written(value) not in map(written, allowed):
                    raise ProveError(
                        f"{self._name}: parameter {key} is {shown(value)}; allowed: "
                        f"{', '.join(map(str, allowed))}."
                    )
                listed = kind == "CommaDelimitedList" or kind.startswith("List<")
                scalar = isinstance(value, bool | int | float)
                values[key] = _listed(value) if listed else written(value) if scalar else value
            else:
                values[key] = Unresolved(f"parameter {key} has no value; write it under parameters")
        return values

    def condition(self, name: Any) -> bool:
        """A condition of the template. Raises `Unresolved`; `ProveError` if it isn't there."""
        if not isinstance(name, str) or name not in self._conditions:
            raise ProveError(
                f"{self._name}: there is no condition {shown(name)}. "
                f"{nearest(str(name), self._conditions)}"
            )
        if name in self._asked:
            raise ProveError(f"{self._name}: condition {name} depends on itself.")
        self._asked.append(name)
        try:
            return self._true(self._conditions[name])
        finally:
            self._asked.pop()

    def chosen(self, value: Any) -> Any:
        """The branch of an Fn::If, not resolved itself; any other value as it is."""
        while isinstance(value, Mapping) and set(value) == {"Fn::If"}:
            condition, yes, no = _three(value["Fn::If"])
            value = yes if self.condition(condition) else no
        return NO_VALUE if value == {"Ref": "AWS::NoValue"} else value

    def items(self, value: Any) -> list[Any]:
        """A list whose items are chosen, and not resolved. A single value is a list of one."""
        found = [self.chosen(each) for each in as_list(self.chosen(value))]
        return [each for each in found if each is not NO_VALUE]

    def __call__(self, value: Any) -> Any:
        """`value` without intrinsic functions. Raises `Unresolved`."""
        if isinstance(value, list):
            found = [self(each) for each in value]
            return [each for each in found if each is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            (function, argument), *_ = value.items()
            if function == "Ref":
                return self._ref(argument)
            if function == "Condition" and isinstance(argument, str):
                return self.condition(argument)
            if function == "Fn::If":
                branch = self.chosen(value)
                return branch if branch is NO_VALUE else self(branch)
            if isinstance(function, str) and function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        found_pairs = {key: self(each) for key, each in value.items()}
        return {key: each for key, each in found_pairs.items() if each is not NO_VALUE}

    def widest(self, value: Any, unknown: str) -> Any:
        """`value` with `unknown` for what can't be known, in texts for that part alone."""
        try:
            return self(value)
        except Unresolved:
            pass
        if isinstance(value, list):
            return [self.widest(each, unknown) for each in value]
        function, *others = value
        if others or not (function == "Ref" or str(function).startswith("Fn::")):
            return {key: self.widest(each, unknown) for key, each in value.items()}
        argument = value[function]
        pair = isinstance(argument, list) and len(argument) == 2
        if function == "Fn::Join" and pair:
            parts = self.widest(argument[1], unknown)
            if isinstance(argument[0], str) and isinstance(parts, list):
                return argument[0].join(map(str, parts))
        if function == "Fn::Sub" and (pair or isinstance(argument, str)):
            text, own = argument if pair else (argument, {})
            return _SUB.sub(lambda found: self._part([found[0], own], unknown), str(text))
        return unknown

    def _part(self, argument: list[Any], unknown: str) -> str:
        try:
            return self._sub(argument)
        except (Unresolved, TypeError):
            return unknown

    def _call(self, name: str, argument: Any) -> Any:
        function: Callable[[Any], Any] | None = {
            "And": lambda a: all(map(self._true, _list(a))),
            "Base64": lambda a: base64.b64encode(_text(self(a)).encode()).decode(),
            "Equals": self._equals,
            "FindInMap": self._find_in_map,
            "GetAtt": self._get_att,
            "Join": self._join,
            "Not": lambda a: not self._true(_list(a)[0]),
            "Or": lambda a: any(map(self._true, _list(a))),
            "Select": self._select,
            "Split": self._split,
            "Sub": self._sub,
            "ToJsonString": lambda a: json.dumps(self(a)),
        }.get(name)
        if function is None:
            raise Unresolved(f"Fn::{name} {shown(argument)} cannot be known offline")
        try:
            found = function(argument)
        except (IndexError, KeyError, TypeError, ValueError) as problem:
            raise Unresolved(f"Fn::{name} {shown(argument)} cannot be read ({problem})") from None
        if isinstance(found, str) and len(found) > _LONGEST:
            raise Unresolved(f"Fn::{name} makes a text of more than {_LONGEST:,} characters")
        return found

    def _ref(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise ProveError(f"{self._name}: Ref needs a name, and has {shown(name)}.")
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            value = self._parameters[name]
            if isinstance(value, Unresolved):
                raise value
            return value
        return self._attribute(name, "")

    def _get_att(self, argument: Any) -> str:
        if isinstance(argument, str):
            name, _, attribute = argument.partition(".")
        else:
            name, attribute = (_text(self(each)) for each in _list(argument))
        return self._attribute(name, attribute)

    def _attribute(self, name: str, attribute: str) -> str:
        if name not in self._known:
            hint = nearest(name, {*self._known, *self._parameters})
            raise ProveError(
                f"{self._name}: there is neither a resource nor a parameter {name!r}. {hint}"
            )
        found = self._attributes(name)
        if attribute not in found:
            what = f"{name}.{attribute}" if attribute else name
            raise Unresolved(f"{what} is known only when the stack is there")
        return found[attribute]

    def _sub(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else _list(argument)
        names = mapping(own, f"{self._name}: Fn::Sub")

        def value(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in names:
                return _text(self(names[name]))
            return _text(self._get_att(name) if "." in name else self._ref(name))

        return _SUB.sub(value, _text(text))

    def _join(self, argument: Any) -> str:
        between, parts = _list(argument)
        return _text(between).join(_text(each) for each in _list(self(parts)))

    def _select(self, argument: Any) -> Any:
        number, values = _list(argument)
        return _list(self(values))[int(self(number))]

    def _split(self, argument: Any) -> list[str]:
        between, text = _list(argument)
        return _text(self(text)).split(_text(between))

    def _find_in_map(self, argument: Any) -> Any:
        name, first, second, *_ = (_text(self(each)) for each in _list(argument)[:3])
        return self._mappings[name][first][second]  # where no function can be

    def _equals(self, argument: Any) -> bool:
        first, second = _list(self(argument))
        return written(first) == written(second)

    def _true(self, value: Any) -> bool:
        found = self(value)
        if not isinstance(found, bool):
            raise Unresolved(f"{shown(value)} is not a condition")
        return found


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("it needs a list")
    return value


def _three(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) != 3:
        raise Unresolved(f"Fn::If {shown(value)} cannot be read (it needs a list of three)")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise TypeError("it needs text")
    return written(value)


def written(value: Any) -> str:
    """A value as CloudFormation and Terraform write it: true is the text "true"."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value).split(",")
    return [str(each).strip() for each in parts]
