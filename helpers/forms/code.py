"""The code that a form shows: the same text is run, so the two cannot differ."""

from __future__ import annotations

from typing import Any

_WIDTH = 72  # columns: what fits beside a file browser, 800 pixels wide

CLIENT = """\
import boto3
from botocore.config import Config

s3 = boto3.client(
    "s3",
    **lab.boto3_args,
    config=Config(
        signature_version="s3v4", s3={"addressing_style": "virtual"}
    ),
)
"""
IAM_CLIENT = """\
import boto3

iam = boto3.client("iam", **lab.boto3_args)
"""


class Name(str):
    """A piece of Python that stands in the code as it is, such as ``lab.bucket``."""

    def __repr__(self) -> str:
        return str(self)


def literal(value: Any) -> str:
    """`value` (text, numbers, lists, dicts) as Python, in double quotes where that is plainer."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text and "\\'" not in text:
        return f'"{text[1:-1]}"'
    return text


def call(target: str, function: str, *arguments: Any, **named: Any) -> str:
    """``target = function(…)``, an argument a line."""
    lines = [f"{target}{function}("]
    for value in arguments:
        lines += _lines("", value, 1)
    for name, value in named.items():
        lines += _lines(f"{name}=", value, 1)
    return "\n".join([*lines, ")"])


def assign(name: str, value: Any) -> str:
    """``name = value``, in as many lines as it takes."""
    return "\n".join(_lines(f"{name} = ", value, 0)).removesuffix(",")


def _lines(before: str, value: Any, depth: int) -> list[str]:
    indent = "    " * depth
    line = f"{indent}{before}{literal(value)},"
    if len(line) <= _WIDTH or not value or not isinstance(value, (dict, list)):
        return [line]
    if isinstance(value, dict):
        inner = [_lines(f"{literal(k)}: ", v, depth + 1) for k, v in value.items()]
        brackets = "{}"
    else:
        inner = [_lines("", item, depth + 1) for item in value]
        brackets = "[]"
    first, last = f"{indent}{before}{brackets[0]}", f"{indent}{brackets[1]},"
    return [first, *(line for lines in inner for line in lines), last]


def for_aws(code: str, lab: Any) -> str:
    """The code without `lab`, for AWS: the credentials of a profile or a role, and the region."""
    client = f'region_name="{lab.region}",  # credentials: AWS_PROFILE, or the role it runs as'
    return (
        code.replace("**lab.boto3_args,\n", f"{client}\n")
        .replace('"iam", **lab.boto3_args', '"iam"')
        .replace("lab.bucket", literal(lab.bucket))
    )


def run(code: str, lab: Any) -> dict[str, Any]:
    """Run the code as shown, with `lab`; returns its names. Its clients are closed."""
    names: dict[str, Any] = {"lab": lab}
    exec(compile(code, "<form>", "exec"), names)
    for client in ("s3", "iam"):
        if client in names:
            names[client].close()
    return names
