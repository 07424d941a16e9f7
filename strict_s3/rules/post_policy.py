"""HTML form uploads: the policy document, and whether a form obeys it.

Source: "Creating a POST Policy" and "Authenticating Requests in Browser-Based Uploads Using POST"
in the Amazon S3 API reference; answers as recorded on AWS where there is a record, or as people who
test a gateway against AWS write them (s3err/post-object.go of versity/versitygw).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import sigv4
from .authentication import (
    Authentication,
    Verifier,
    check_scope_date,
    find_credential,
    hex_bytes,
    iso,
    parse_credential,
    same_signature,
)
from .decision import Decision
from .errors import (
    AccessDenied,
    EntityTooLarge,
    EntityTooSmall,
    InvalidArgument,
    InvalidPolicyDocument,
    InvalidRequest,
    SignatureDoesNotMatch,
)
from .header_auth import SIGNED_WITH_VERSION_2, sigv2_refused
from .request import whole_number

# Fields that need no condition in the policy.
_FREE = ("x-amz-signature", "file", "policy")
_SIGNED = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
# As S3 spells the fields that it misses.
_SPELLED = {name: "-".join(part.capitalize() for part in name.split("-")) for name in _SIGNED}
_LENGTH = "content-length-range"
_EXPIRATION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)
_NOT_ACCORDING = "Invalid according to Policy: "


@dataclass(frozen=True)
class Condition:
    """``eq`` or ``starts-with`` on a field; `shown` is how S3 prints it."""

    operator: str
    field: str
    value: str
    shown: str


@dataclass(frozen=True)
class PostPolicy:
    """A policy document. `lengths` are (minimum, maximum) of each content-length-range, in bytes.

    `unfit` are conditions that no form can meet, as S3 prints them.
    """

    expiration: datetime
    conditions: tuple[Condition, ...]
    lengths: tuple[tuple[int, int], ...]
    unfit: tuple[str, ...] = ()

    def check_length(self, size: int, *, whole: bool) -> None:
        """`size` bytes have come; `whole` if that is all. Raises EntityTooLarge, EntityTooSmall."""
        for minimum, maximum in self.lengths:
            if size > maximum:
                raise EntityTooLarge(ProposedSize=size, MaxSizeAllowed=maximum)
            if whole and size < minimum:
                raise EntityTooSmall(ProposedSize=size, MinSizeAllowed=minimum)


def parse_post_policy(encoded: str) -> PostPolicy:
    """The policy in a form's base64 text. Raises InvalidPolicyDocument."""
    try:
        data = base64.b64decode(encoded)
    except ValueError:
        raise _invalid("invalid Base64 encoding.") from None
    if not data.strip():
        raise _invalid("Expecting '{' but found End-of-Input")
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    if "expiration" not in document:
        raise _invalid("Policy missing expiration.")
    conditions = document.get("conditions")
    if conditions is None:
        raise _invalid("Policy missing conditions.")
    if not isinstance(conditions, list):
        raise _invalid("Invalid 'conditions' value: must be a List.")
    unexpected = [name for name in document if name not in ("expiration", "conditions")]
    if unexpected:
        raise _invalid(f'Unexpected: "{unexpected[0]}"')
    lengths: list[tuple[int, int]] = []
    parsed: list[Condition] = []
    unfit: list[str] = []
    for item in conditions:
        if not (isinstance(item, list) and item and str(item[0]).lower() == _LENGTH):
            parsed.append(_condition(item))
        elif (span := _range(item)) is not None:
            lengths.append(span)
        else:
            unfit.append(json.dumps([_LENGTH, *item[1:]], ensure_ascii=False))
    moment = _moment(document["expiration"])
    return PostPolicy(moment, tuple(parsed), tuple(lengths), tuple(unfit))


def _moment(value: Any) -> datetime:
    """An expiration: ISO 8601 in UTC, with Z (other forms that Python reads are refused)."""
    try:
        if not _EXPIRATION.fullmatch(value):
            raise ValueError
        return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise _invalid(f"Invalid 'expiration' value: '{value}'") from None


def _range(item: list[Any]) -> tuple[int, int] | None:
    """A content-length-range's two numbers; None if they are no numbers, which no size meets.

    AWS's answer to a range with a negative number, or with its numbers swapped, is not known to
    us; it is refused as malformed.
    """
    if len(item) != 3:
        raise _invalid(f"Invalid {_LENGTH}: wrong number of arguments.")
    minimum, maximum = (_size(value) for value in item[1:])
    if minimum is None or maximum is None:
        return None
    if not 0 <= minimum <= maximum:
        raise _invalid(f"Invalid {_LENGTH}.")
    return minimum, maximum


def _size(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return whole_number(value) if isinstance(value, str) else None


def _condition(item: Any) -> Condition:
    parts = _parts(item)
    operator = str(parts[0]).lower()
    if operator not in ("eq", "starts-with"):
        raise _invalid(f"Invalid Condition: unknown operation '{parts[0]}'.")
    if len(parts) != 3:
        raise _invalid(f"Invalid {operator}: wrong number of arguments.")
    if not all(isinstance(part, str) for part in parts):
        raise _invalid("Invalid Condition: values must be strings.")
    shown = json.dumps([operator, *parts[1:]], ensure_ascii=False)
    return Condition(operator, parts[1].lower(), parts[2], shown)


def _parts(item: Any) -> list[Any]:
    """Operator, field and value; of an object the operator is ``eq``."""
    if isinstance(item, list):
        if not item:
            raise _invalid("Invalid Condition: missing operation identifier.")
        return item
    if not isinstance(item, dict):
        raise _invalid("Invalid condition test: must be a List or Object.")
    if len(item) != 1:
        raise _invalid(
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
        )
    ((name, value),) = item.items()
    if not isinstance(value, str):
        raise _invalid("Invalid Simple-Condition: value must be a string.")
    return ["eq", f"${name}", value]


def _invalid(problem: str) -> InvalidPolicyDocument:
    return InvalidPolicyDocument(f"Invalid Policy: {problem}")


def authenticate(
    fields: Mapping[str, str], decision: Decision, verifier: Verifier
) -> Authentication:
    """Who signed the form's policy. `fields` are by lower-case name.

    A form without a policy is anonymous. Raises the S3Error of the first failing check.
    """
    if "awsaccesskeyid" in fields or ("signature" in fields and "policy" in fields):
        decision.refuse("form", sigv2_refused(), SIGNED_WITH_VERSION_2)
    if "policy" not in fields:
        if "x-amz-signature" in fields:
            decision.refuse("form", missing_field("policy"))
        decision.passed("authentication", "none: the form has no policy, it is anonymous")
        return Authentication()
    _check_fields(fields, decision)
    access_key, scope = parse_credential(
        decision,
        fields["x-amz-credential"],
        verifier.endpoint,
        InvalidArgument,
        "Error parsing the X-Amz-Credential parameter",
    )
    date = fields["x-amz-date"]
    try:
        signed_at = sigv4.parse_amz_date(date)
    except ValueError:
        decision.refuse(
            "date", InvalidArgument("X-Amz-Date must be formated via ISO8601 Long format")
        )
    check_scope_date(decision, scope, date, InvalidArgument)
    token = fields.get("x-amz-security-token")
    credential = find_credential(decision, verifier, access_key, token)
    key = sigv4.signing_key(credential.secret_key, scope)
    text = fields["policy"]
    if not same_signature(sigv4.signature(key, text), fields["x-amz-signature"]):
        decision.refuse(
            "signature",
            SignatureDoesNotMatch(
                AWSAccessKeyId=access_key,
                StringToSign=text,
                SignatureProvided=fields["x-amz-signature"],
                StringToSignBytes=hex_bytes(text),
            ),
            "not the one that S3 calculates from the policy",
        )
    decision.passed("signature", "the same as S3 calculates from the policy")
    return Authentication(
        credential.identity, "POST", sigv4.ALGORITHM, signed_at, access_key, scope
    )


def _check_fields(fields: Mapping[str, str], decision: Decision) -> None:
    """Does the form have all that a signature of Version 4 is made of?"""
    if not any(fields.get(name) for name in _SIGNED):
        decision.refuse("form", AccessDenied(), "the policy is signed by nobody")
    for name in _SIGNED:
        if not fields.get(name):
            decision.refuse("form", missing_field(_SPELLED[name]))
    if fields["x-amz-algorithm"] != sigv4.ALGORITHM:
        decision.refuse(
            "form", InvalidRequest(f'x-amz-algorithm only supports "{sigv4.ALGORITHM}"')
        )


def check(
    policy: PostPolicy, fields: Mapping[str, str], bucket: str, decision: Decision, now: datetime
) -> None:
    """Does the form obey the policy? `fields` after ${filename}. Raises AccessDenied."""
    if now > policy.expiration:
        decision.refuse(
            "policy",
            AccessDenied(f"{_NOT_ACCORDING}Policy expired."),
            f"good until {iso(policy.expiration)}; the server's time is {iso(now)}",
        )
    failed = [c.shown for c in policy.conditions if not holds(c, fields, bucket)]
    for shown in (*failed, *policy.unfit):
        error = AccessDenied(f"{_NOT_ACCORDING}Policy Condition failed: {shown}")
        decision.refuse("condition", error)
    extra = extra_fields(policy, fields)
    if extra:
        decision.refuse(
            "fields", AccessDenied(f"{_NOT_ACCORDING}Extra input fields: {', '.join(extra)}")
        )
    decision.passed("policy", f"all {len(policy.conditions)} conditions hold, no extra field")


def extra_fields(policy: PostPolicy, fields: Mapping[str, str]) -> list[str]:
    """The fields that no condition names.

    Every form has the bucket that it is sent to, so that a policy must name one. Reproduced on AWS:
    https://github.com/aws/aws-sdk-php/issues/3292.
    """
    named = {condition.field.removeprefix("$") for condition in policy.conditions}
    return [
        name
        for name in {**fields, "bucket": ""}
        if name not in named and name not in _FREE and not name.startswith("x-ignore-")
    ]


def holds(condition: Condition, fields: Mapping[str, str], bucket: str) -> bool:
    """Does a form that is sent to `bucket` meet the condition?"""
    if not condition.field.startswith("$"):
        return False
    name = condition.field[1:]
    value = bucket if name == "bucket" else fields.get(name)
    if value is None:
        return False  # whatever the condition: also ["starts-with", "$Content-Type", ""]
    if condition.operator == "eq":
        return value == condition.value
    if name == "content-type":
        # A list of types: each of them.
        return all(kind.strip().startswith(condition.value) for kind in value.split(","))
    return value.startswith(condition.value)


def missing_field(name: str) -> InvalidArgument:
    """S3's answer to a form that lacks a field before its file (two spaces as recorded)."""
    return InvalidArgument(
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the "
        "order of the fields.",
        ArgumentName=name,
        ArgumentValue="",
    )


def with_filename(value: str, filename: str) -> str:
    """${filename} filled in: what stands after the last slash or backslash of the file's name."""
    return value.replace("${filename}", filename.replace("\\", "/").rpartition("/")[2])
