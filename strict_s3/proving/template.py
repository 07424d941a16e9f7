"""A CloudFormation or SAM template: its resources, and the names and ARNs that they will have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from ..errors import ProveError
from ..rules.identity import ACCOUNT
from . import sam
from .intrinsics import NO_VALUE, Resolver, Unresolved
from .reading import mapping
from .settings import bucket_attributes
from .world import World

PEOPLE: dict[str, Literal["user", "role"]] = {
    "AWS::IAM::Role": "role",
    "AWS::IAM::User": "user",
    "AWS::Serverless::Function": "role",
}


class Template:
    """A template's resources by logical id, and what others can refer to of them.

    `bucket` is the logical id of the world's bucket, once it is chosen.
    """

    def __init__(
        self, template: dict[str, Any], name: str, given: Mapping[str, Any], world: World
    ) -> None:
        self.name, self._world = name, world
        raw = mapping(template.get("Resources"), f"{name}: Resources")
        self.resources = {
            logical: mapping(each, f"{name}: Resources: {logical}") for logical, each in raw.items()
        }
        for logical, each in self.resources.items():
            if not isinstance(each.get("Type"), str):
                raise ProveError(
                    f"{name}: Resources: {logical} needs a Type, such as AWS::S3::Bucket."
                )
        self.macros = sam.unknown_macros({**template, "Resources": self.resources})
        self._naming: list[str] = []  # whose names are being found out
        of_all = mapping(template.get("Globals") or {}, f"{name}: Globals").get("Function") or {}
        self._of_functions = mapping(of_all, f"{name}: Globals: Function")
        # The role that SAM makes for each function that brings none, by its logical id.
        self._made_roles = {
            f"{logical}Role": logical
            for logical in self.resources
            if self.kind(logical).endswith("::Function") and not self.has_role(logical)
        }
        known = {**template, "Resources": {**raw, **self._made_roles}}
        self.resolve = Resolver(known, name, given, world.region, self._attributes)
        self.bucket = ""

    def kind(self, logical: str) -> str:
        """A resource's type, such as ``AWS::S3::Bucket``."""
        return str(self.resources[logical]["Type"])

    def properties(self, logical: str) -> dict[str, Any]:
        """Its properties, not resolved; a function's with those of Globals."""
        where = f"{self.name}: {logical}: Properties"
        own = mapping(self.resources[logical].get("Properties") or {}, where)
        is_function = self.kind(logical) == "AWS::Serverless::Function"
        return {**self._of_functions, **own} if is_function else own

    def has_role(self, logical: str) -> bool:
        """True for a function that brings a role, so that SAM makes none for it."""
        return self.kind(logical).endswith("::Function") and "Role" in self.properties(logical)

    def given_name(self, logical: str, key: str = "BucketName") -> str:
        """A property that is text; "" without one, and for one that can't be known offline."""
        if logical in self._naming:
            raise ProveError(f"{self.name}: the name of {logical} depends on itself.")
        self._naming.append(logical)
        try:
            found = self.resolve(self.properties(logical).get(key, ""))
            return "" if found is NO_VALUE else str(found)
        except Unresolved:
            return ""
        finally:
            self._naming.pop()

    def bucket_name(self, logical: str) -> str:
        """The bucket's name, made up if CloudFormation would choose it."""
        made_up = re.sub("[^a-z0-9-]", "-", logical.lower())[:40] + "-of-the-stack"
        given = self.given_name(logical)
        own = self._world.bucket if logical == self.bucket else ""
        return given or own or made_up

    def iam_name(self, logical: str) -> str:
        """A user's or role's name in IAM."""
        kind = "UserName" if PEOPLE.get(self.kind(logical)) == "user" else "RoleName"
        return self.given_name(logical, kind) or logical

    def own_managed(self, arn: str) -> str:
        """The logical id of the template's own managed policy with that ARN, or ""."""
        name = arn.removeprefix(f"arn:aws:iam::{ACCOUNT}:policy/")
        is_own = name in self.resources and self.kind(name) == "AWS::IAM::ManagedPolicy"
        return name if is_own else ""

    def _attributes(self, logical: str) -> Mapping[str, str]:
        if logical in self._made_roles:
            name = self._made_roles[logical]
            return {"": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
        if (kind := self.kind(logical)) == "AWS::S3::Bucket":
            return bucket_attributes(self.bucket_name(logical), self._world.region)
        if kind in ("AWS::IAM::Role", "AWS::IAM::User"):
            name, path = self.iam_name(logical), self.given_name(logical, "Path") or "/"
            return {"": name, "Arn": f"arn:aws:iam::{ACCOUNT}:{PEOPLE[kind]}{path}{name}"}
        if kind == "AWS::IAM::ManagedPolicy":
            arn = f"arn:aws:iam::{ACCOUNT}:policy/{logical}"
            return {"": arn, "PolicyArn": arn}
        return {}
