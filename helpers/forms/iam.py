"""IAM: the model of the form that writes a policy and asks which statement decides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import FormProblem
from helpers.forms import code, fields
from helpers.forms.fields import Field
from helpers.forms.model import FormModel, RowModel
from helpers.forms.sending import Answer, presigned, send
from helpers.lab import Lab
from strict_s3.explainer import AccessReport, inspect_access
from strict_s3.rules.policy import MalformedPolicy, parse_policy
from strict_s3.rules.s3_actions import misplaced
from strict_s3.rules.s3_operations import BUCKET, OBJECT

POLICY_NAME = "from-the-form"
ON_REAL = (
    "Trying it makes a user and a key for a moment, which this form does on the local S3 only. "
    "On a real account copy the call; the verdict above is by the same rules."
)
# What can be asked: the action, and the operation of boto3 that needs it.
ASKED = {
    "s3:GetObject": "get_object",
    "s3:PutObject": "put_object",
    "s3:DeleteObject": "delete_object",
    "s3:ListBucket": "list_objects_v2",
}
_ACTIONS = [action for table in (OBJECT, BUCKET) for _, action in table.values() if action]
_ACCOUNT = "123456789012"
# Guardrails: (operator, condition key), with the value that makes them hold for a presigned URL.
_CONDITIONS = {
    "": ("no condition", None),
    "age": ("the signature is older than, in minutes", ("NumericGreaterThan", "s3:signatureAge")),
    "ip": ("it comes from the address", ("IpAddress", "aws:SourceIp")),
    "not-ip": ("it comes from elsewhere than", ("NotIpAddress", "aws:SourceIp")),
    "presigned": ("it is presigned", ("StringEquals", "s3:authType")),
    "http": ("it is not encrypted", ("Bool", "aws:SecureTransport")),
}
_WEEK = 7 * 24 * 60  # minutes
_FIXED = {"presigned": "REST-QUERY-STRING", "http": "false"}


class StatementRow(RowModel):
    """A statement of the policy."""

    own = (
        Field("kind", "Effect", "Allow", choices=(("Allow", "Allow"), ("Deny", "Deny")), room=10),
        Field("actions", "actions", "s3:GetObject", placeholder="s3:GetObject", room=30),
        Field("resource", "on", "*", placeholder="lesson-02/*", room=18),
        Field(
            "condition",
            "if",
            choices=tuple((name, label) for name, (label, _) in _CONDITIONS.items()),
            room=38,
        ),
        Field("value", "value"),
    )

    def labels(self) -> dict[str, str]:
        found = {"kind": "Effect", "actions": "actions", "resource": "on keys", "condition": "if"}
        if self["condition"] and self["condition"] not in _FIXED:
            found["value"] = "minutes" if self["condition"] == "age" else "address"
        return found

    def statement(self, number: int, bucket: str) -> dict[str, Any]:
        """As it stands in the policy document."""
        actions, resources = self.listed("actions"), self._resources(bucket)
        found: dict[str, Any] = {
            "Sid": f"Row{number}",
            "Effect": self["kind"],
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": resources[0] if len(resources) == 1 else resources,
        }
        condition = _CONDITIONS[self["condition"]][1]
        if condition:
            operator, key = condition
            found["Condition"] = {operator: {key: self._compared()}}
        return found

    def _resources(self, bucket: str) -> list[str]:
        arn = f"arn:aws:s3:::{bucket}"
        lists = any(re.fullmatch(r"s3:(List.*|\*)|\*", name) for name in self.listed("actions"))
        keys = self["resource"].strip()
        return [keys if keys.startswith("arn:") else f"{arn}/{keys}", *([arn] if lists else [])]

    def _compared(self) -> str:
        kind, value = self["condition"], self["value"]
        if kind == "age":
            return str(int(value) * 60_000)  # s3:signatureAge is in milliseconds
        return _FIXED.get(kind, value.strip())

    def problem(self) -> str:
        if wrong := super().problem():
            return wrong
        if not self["actions"].strip(", "):
            return (
                "actions: a statement needs an action: write s3:GetObject, or several with commas."
            )
        if not self["resource"].strip():
            return "on keys: a statement needs a resource: write * for every key of the bucket."
        if self["condition"] == "age" and (wrong := _minutes(self["value"])):
            return f"minutes: {wrong}"
        try:
            # IAM's own reading, the one that the server uses.
            document = {"Version": "2012-10-17", "Statement": [self.statement(1, "bucket")]}
            parse_policy(document, name="policy", kind="identity")
        except MalformedPolicy as problem:
            return str(problem).replace('Statement "Row1"', "This statement")
        return ""

    def hint(self) -> str:
        if re.search(r"(?:^|,)\s*(?:s3:)?\*", self["actions"]) and self["kind"] == "Allow":
            return "Every action, deleting the bucket included: more than an application needs."
        for action in misplaced(self.listed("actions"), self._resources("bucket")):
            close = [] if action in _ACTIONS else get_close_matches(action, _ACTIONS, 1, 0.8)
            return (
                f"{fields.shorten(action)} does not apply to any resource in this statement: "
                f"it gives nothing.{f' Did you mean {close[0]}?' if close else ''}"
            )
        return fields.key_note(self["resource"].strip())


def _minutes(value: str) -> str:
    """The age of a signature."""
    if wrong := fields.whole_number(value, "minutes", "15"):
        return wrong
    if not fields.more_than(value, 0):
        return "0 minutes would deny every request: write at least 1."
    if fields.more_than(value, _WEEK):
        return f"no presigned URL gets older than seven days: write {_WEEK} or less."
    return ""


class IamModel(FormModel):
    """A policy in rows, and a question about it."""

    title = "Write a policy, and see which statement decides"
    noun = "statement"
    needed = "a policy needs at least one: add a statement."
    row_type = StatementRow
    own = (
        Field("action", "May they", "s3:GetObject", choices=tuple((a, a) for a in ASKED)),
        Field("Key", "on the key", "lesson-02/report.txt", check=fields.key),
    )

    def __init__(
        self,
        lab: Lab,
        rows: Iterable[RowModel] | None = None,
        *,
        user: str = "form-user",
        **values: str,
    ) -> None:
        super().__init__(lab, rows, **values)
        self.user = user

    @staticmethod
    def usual() -> list[RowModel]:
        """The article's policy (reading and writing), on one lesson's keys, with one guardrail."""
        return [
            StatementRow(actions="s3:GetObject, s3:PutObject", resource="lesson-02/*"),
            StatementRow(kind="Deny", actions="s3:*", resource="*", condition="age", value="15"),
        ]

    def policy(self) -> dict[str, Any]:
        statements = [row.statement(n, self.lab.bucket) for n, row in enumerate(self.rows, 1)]
        return {"Version": "2012-10-17", "Statement": statements}

    def code(self) -> str:
        made = code.call(
            "",
            "iam.put_user_policy",
            UserName=self.user,
            PolicyName=POLICY_NAME,
            PolicyDocument=code.Name("json.dumps(policy)"),
        )
        policy = code.assign("policy", self.policy())
        return f"import json\n\n{code.IAM_CLIENT}\n{policy}\n{made}\n"

    def verdict(self) -> AccessReport:
        """What the rules say, without a request. Raises FormProblem."""
        self.check()
        arn = f"arn:aws:s3:::{self.lab.bucket}"
        action = self.fields["action"]
        resource = arn if action == "s3:ListBucket" else f"{arn}/{self.fields['Key']}"
        context = {
            "aws:SourceIp": "127.0.0.1",
            "aws:SecureTransport": "false" if self.lab.local else "true",
            "s3:authType": "REST-QUERY-STRING",
            "s3:signatureversion": "AWS4-HMAC-SHA256",
            "s3:signatureAge": "0",
        }
        return inspect_access(
            f"arn:aws:iam::{_ACCOUNT}:user/{self.user}",
            action,
            resource,
            identity_policies=self.policy(),
            context=context,
        )

    def try_it(self, minutes: int = 0) -> Answer:
        """A user with this policy presigns the request that was asked about, and it is sent.

        It is sent `minutes` after it was signed, by the local S3's clock. The user is made for it
        and deleted after it. Local S3 only. Raises FormProblem.
        """
        self.check()
        if not self.lab.local:
            raise FormProblem(ON_REAL)
        iam, name = self.lab.client("iam"), self.user
        try:
            iam.create_user(UserName=name)
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
            raise FormProblem(
                f"There is a user {name!r} already, and this form makes and deletes its own: "
                "give it another name, IamForm(lab, user=…)."
            ) from None
        try:
            code.run(self.code(), self.lab)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            try:
                with self._object():
                    return self._ask(self.lab.with_key(key), minutes)
            finally:
                iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        finally:
            for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
                iam.delete_user_policy(UserName=name, PolicyName=policy)
            iam.delete_user(UserName=name)
            iam.close()

    @contextmanager
    def _object(self) -> Iterator[None]:
        """There is an object of that key meanwhile: else the answer would be about its absence."""
        s3, where = self.lab.client(), {"Bucket": self.lab.bucket, "Key": self.fields["Key"]}
        found = s3.list_objects_v2(Bucket=where["Bucket"], Prefix=where["Key"], MaxKeys=1)
        made = where["Key"] not in [item["Key"] for item in found.get("Contents", [])]
        if made:
            s3.put_object(**where, Body=b"From the form")
        try:
            yield
        finally:
            if made:
                s3.delete_object(**where)
            s3.close()

    def _ask(self, theirs: Lab, minutes: int) -> Answer:
        operation = ASKED[self.fields["action"]]
        key = {} if operation == "list_objects_v2" else {"Key": self.fields["Key"]}
        body = b"x" if operation == "put_object" else None
        request = presigned(theirs, operation, body, **key)
        if minutes:
            request = replace(request, at=datetime.now(UTC) + timedelta(minutes=minutes))
        return send(self.lab, request)
