"""The models of IAM and STS, as botocore has them: what a form can hold, how a result is written.

They are AWS's own, so which parameters there are, which are required, how long they are and which
characters they have is written down nowhere else. A model is read at the first request that needs
it (IAM's takes about 20 ms).

Source: "Query protocol", https://smithy.io/2.0/aws/protocols/aws-query-protocol.html; the messages
are those recorded on AWS in 2025 (STS) and 2026 (IAM).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, Literal, NoReturn

from ..rules.errors import xml_text
from ..rules.query_protocol import QueryError

Params = Mapping[str, Any]
Service = Literal["iam", "sts"]
_XMLNS = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
# What is in every form beside the operation's own parameters.
_COMMON = ("Action", "Version")
_NAME, _PATH = r"[\w+=,.@-]+", r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"
# IAM says these two in words instead of quoting the pattern.
_IN_WORDS = {
    _NAME: "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    _PATH: "It must begin and end with / and contain only alphanumeric characters and/or / "
    "characters.",
}
# Java's \p{Z}, the separators. Python has \w and \d for letters and numbers.
_SEPARATORS = "\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


class QueryModel:
    """One service's operations. Reads its model when it is first asked for something."""

    def __init__(self, service: Service) -> None:
        self.service: Service = service

    @cached_property
    def _model(self) -> Any:
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        # Only what is installed: models in a user's ~/.aws must not change what is refused.
        loader = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
        return ServiceModel(loader.load_service_model(self.service, "service-2"), self.service)

    @cached_property
    def version(self) -> str:
        """The API's version, such as ``2010-05-08``."""
        return str(self._model.api_version)

    @cached_property
    def operations(self) -> frozenset[str]:
        """The names of all operations that the service has."""
        return frozenset(self._model.operation_names)

    def parameters(self, action: str) -> tuple[str, ...]:
        """The names of an operation's parameters, at the top level."""
        shape = self._model.operation_model(action).input_shape
        return tuple(shape.members) if shape else ()

    def read(self, action: str, form: Mapping[str, str]) -> dict[str, Any]:
        """The parameters of a form, as nested values of the model's types.

        Every field of the form is understood or refused. Raises `QueryError`: ValidationError with
        every constraint that is not met, MalformedInput, or NotImplemented for a field that the
        model does not have.
        """
        fields = {name: text for name, text in form.items() if name not in _COMMON}
        shape = self._model.operation_model(action).input_shape
        reader = _Reader(fields)
        params = reader.structure(shape, "") if shape else {}
        if reader.left:
            raise QueryError(
                501,
                "NotImplemented",
                f"{action} has no parameter {min(reader.left)!r} that this local S3 knows.",
            )
        problems = list(self._problems(shape, params, "")) if shape else []
        if problems:
            errors = "error" if len(problems) == 1 else "errors"
            raise QueryError(
                400,
                "ValidationError",
                f"{len(problems)} validation {errors} detected: {'; '.join(problems)}",
            )
        return params

    def write(self, action: str, result: Mapping[str, Any], request_id: str) -> bytes:
        """The XML of a successful call: ``<ActionResponse><ActionResult>…``."""
        shape = self._model.operation_model(action).output_shape
        inside = ""
        if shape is not None:
            inside = f"<{action}Result>{_written(shape, result)}</{action}Result>"
        return (
            f'<{action}Response xmlns="{_XMLNS[self.service]}">{inside}'
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            f"</{action}Response>"
        ).encode()

    def _problems(self, shape: Any, params: Params, path: str) -> Iterator[str]:
        for name, member in shape.members.items():
            where = f"{path}.{_camel(name)}" if path else _camel(name)
            if name not in params:
                if name in shape.required_members:
                    yield self._problem(where, None, "not be null")
                continue
            value = params[name]
            if member.type_name == "list":
                yield from self._problems_of_list(member, value, where)
            elif member.type_name == "structure":
                yield from self._problems(member, value, where)
            else:
                yield from self._problems_of_value(member, value, where)

    def _problems_of_list(self, shape: Any, values: list[Any], where: str) -> Iterator[str]:
        maximum = shape.metadata.get("max")
        if maximum is not None and len(values) > maximum:
            yield self._problem(where, values, f"have length less than or equal to {maximum}")
            return
        if shape.member.type_name == "structure":
            for number, value in enumerate(values, 1):
                yield from self._problems(shape.member, value, f"{where}.{number}.member")
            return
        for value in values:
            if next(self._problems_of_value(shape.member, value, where), None):
                inner = ", ".join(f"Member must {text}" for text in _constraints(shape.member))
                yield self._problem(
                    where, values, f"satisfy constraint: [{inner}, Member must not be null]"
                )
                return

    def _problems_of_value(self, shape: Any, value: Any, where: str) -> Iterator[str]:
        facts = shape.metadata
        minimum, maximum, pattern = facts.get("min"), facts.get("max"), facts.get("pattern")
        what, size = ("value", value) if shape.type_name == "integer" else ("length", 0)
        if shape.type_name == "string":
            size = len(value)
            if pattern and not _matches(pattern, value):
                yield self._mismatch(pattern, value, where)
                return
            allowed = facts.get("enum")
            if allowed and value not in allowed:
                listed = f"[{', '.join(allowed)}]"
                yield self._problem(where, value, f"satisfy enum value set: {listed}")
        if shape.type_name in ("string", "integer"):
            if minimum is not None and size < minimum:
                yield self._problem(where, value, f"have {what} greater than or equal to {minimum}")
            if maximum is not None and size > maximum:
                yield self._problem(where, value, f"have {what} less than or equal to {maximum}")

    def _mismatch(self, pattern: str, value: str, where: str) -> str:
        words = _IN_WORDS.get(pattern) if self.service == "iam" else None
        if words:
            raise QueryError(
                400, "ValidationError", f"The specified value for {where} is invalid. {words}"
            )
        return self._problem(where, value, f"satisfy regular expression pattern: {pattern}")

    def _problem(self, where: str, value: object, must: str) -> str:
        # STS quotes the value; IAM has stopped doing so.
        quoted = "" if self.service == "iam" else "null " if value is None else f"'{value}' "
        return f"Value {quoted}at '{where}' failed to satisfy constraint: Member must {must}"


class _Reader:
    """Takes a form apart by a model. `left` are the fields that no parameter has taken."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.left = dict(fields)

    def structure(self, shape: Any, prefix: str) -> dict[str, Any]:
        params = {}
        for name, member in shape.members.items():
            value = self._value(member, f"{prefix}{name}")
            if value is not None:
                params[name] = value
        return params

    def _value(self, shape: Any, name: str) -> Any:
        if shape.type_name == "structure":
            return self.structure(shape, f"{name}.") or None
        if shape.type_name == "list":
            return self._list(shape, name)
        text = self.left.pop(name, None)
        if text is None or shape.type_name == "string":
            return text
        if shape.type_name == "boolean":
            return _boolean(name, text)
        if shape.type_name == "integer":
            return _integer(name, text)
        self.left[name] = text  # no operation that is carried out has any other type
        return None

    def _list(self, shape: Any, name: str) -> list[Any] | None:
        if self.left.get(name) == "":  # how clients write an empty list
            del self.left[name]
            return []
        start = f"{name}.member."
        numbers = {
            int(number)
            for field in self.left
            if field.startswith(start)
            and re.fullmatch("[1-9][0-9]{0,3}", number := field[len(start) :].partition(".")[0])
        }
        if not numbers:
            return None
        items = [self._value(shape.member, f"{start}{number}") for number in sorted(numbers)]
        return [item for item in items if item is not None]


def _boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        _malformed(name, text, "true or false")
    return text == "true"


def _integer(name: str, text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,10}", text):
        _malformed(name, text, "a whole number")
    return int(text)


def _malformed(name: str, text: str, expected: str) -> NoReturn:
    raise QueryError(400, "MalformedInput", f"{name} must be {expected}, not {text!r}.")


def _constraints(shape: Any) -> Iterator[str]:
    facts = shape.metadata
    if "max" in facts:
        yield f"have length less than or equal to {facts['max']}"
    if "min" in facts:
        yield f"have length greater than or equal to {facts['min']}"
    if "pattern" in facts:
        yield f"satisfy regular expression pattern: {facts['pattern']}"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is written for Java, where ``\\w`` and ``\\d`` are ASCII."""
    letters = r"[\p{L}\p{Z}\p{N}"  # how the patterns of tags begin
    if not pattern.startswith(letters):
        return re.compile(pattern, re.ASCII)
    more, _, repeated = pattern.removeprefix(letters).rpartition("]")
    return re.compile(rf"(?:[^\W_]|[{_SEPARATORS}{more}]){repeated}")


def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


def _camel(name: str) -> str:
    """A parameter as AWS's messages write it: ``userName`` for UserName."""
    return name[:1].lower() + name[1:]


def _written(shape: Any, value: Any) -> str:
    """A value as XML; members in the model's order, those that are not there left out."""
    if shape.type_name == "structure":
        text = ""
        for name, member in shape.members.items():
            if value.get(name) is not None:
                text += f"<{name}>{_written(member, value[name])}</{name}>"
        return text
    if shape.type_name == "list":
        return "".join(f"<member>{_written(shape.member, item)}</member>" for item in value)
    if shape.type_name == "map":
        return "".join(
            f"<entry><key>{xml_text(str(key))}</key><value>{xml_text(str(item))}</value></entry>"
            for key, item in value.items()
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return xml_text(str(value))
