"""A CloudFormation or SAM template as a world: its bucket, bucket policy, users and roles.

A resource's identity is called by its logical id. What the template has and this S3 doesn't carry
out is said in a note; so is each statement with a value that can't be known offline.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..errors import ProveError
from ..rules.policy import PolicyKind
from . import sam
from .doubts import ANYTHING, EVERYONE, OF_BUCKET, UNKNOWN, add, add_acl, trust_of
from .intrinsics import NO_VALUE, Unresolved
from .reading import mapping, nearest, read_json, read_yaml, shown
from .settings import access_document, cors_document, lifecycle_document
from .template import PEOPLE, Template
from .world import Document, Note, Person, World

_DOCUMENTS = {"VersioningConfiguration": "versioning", "OwnershipControls": "ownership"}
_ATTACHED = tuple(f"AWS::IAM::{kind}Policy" for kind in ("", "Managed", "Role", "User"))
_HOLDERS = {"AWS::S3::BucketPolicy": OF_BUCKET} | dict.fromkeys(_ATTACHED, EVERYONE)
_SILENT = ("AccessControl", "BucketName", "Tags")  # properties that no request shows


def read_template(text: str, name: str, given: Mapping[str, Any], world: World) -> World:
    """The template's world. `given` are the parameters' values. Raises `ProveError`."""
    value = read_json(text, name) if text.lstrip().startswith("{") else read_yaml(text, name)
    return _Reader(Template(mapping(value, name), name, given, world), world).read()


class _Reader:
    def __init__(self, template: Template, world: World) -> None:
        self._template, self._world, self._name = template, world, template.name
        self._resources, self._resolve = template.resources, template.resolve
        self._kind, self._properties = template.kind, template.properties
        self._given_name = template.given_name

    def read(self) -> World:
        made = [logical for logical in self._resources if self._is_made(logical)]
        self._template.bucket = self._choose_bucket(made)
        self._world.bucket = self._template.bucket_name(self._template.bucket)
        self._read_bucket()
        for logical in made:
            kind = self._kind(logical)
            if "Connectors" in self._resources[logical] or kind.endswith("::Connector"):
                holders = [EVERYONE] if sam.connects_bucket(self._resources, logical) else []
                text = "what its Connectors allow is not proved here"
                self._doubt(logical, text, holders, ANYTHING[:1])
            if kind in PEOPLE and not self._template.has_role(logical):
                self._world.people[logical] = self._person(logical)
            elif kind == "AWS::S3::BucketPolicy":
                self._bucket_policy(logical)
            elif kind == "AWS::S3::Bucket" and logical != self._template.bucket:
                self._note(
                    logical,
                    "is not made; a table is about one bucket, and a second table "
                    f"with bucket: {logical} is about this one",
                )
        for logical in made:
            if self._kind(logical) in _ATTACHED:
                self._attach(logical)
        self._note_others(made)
        for macro in self._template.macros:
            self._doubt(macro, "can change anything, and is not run here", [EVERYONE, OF_BUCKET])
        return self._world

    # What is made.

    def _is_made(self, logical: str) -> bool:
        condition = self._resources[logical].get("Condition")
        try:
            return condition is None or self._resolve.condition(condition)
        except Unresolved as problem:
            holders = [_HOLDERS[kind]] if (kind := self._kind(logical)) in _HOLDERS else []
            self._doubt(logical, f"is not made: {problem}", holders)
            return False

    def _choose_bucket(self, made: list[str]) -> str:
        buckets = [each for each in made if self._kind(each) == "AWS::S3::Bucket"]
        named = self._world.bucket
        if named in buckets:
            self._world.bucket = ""
            return named
        for logical in buckets:
            if named and self._given_name(logical) == named:
                return logical
        if len(buckets) == 1 and not (named and self._given_name(buckets[0])):
            return buckets[0]
        what = f"no bucket {named!r}" if named else f"{len(buckets)} buckets"
        raise ProveError(
            f"{self._name} makes {what}. Write bucket: and the logical id of one: "
            f"{', '.join(buckets) or 'there is none'}."
        )

    # The bucket.

    def _read_bucket(self) -> None:
        properties = self._properties(self._template.bucket)
        for key, value in properties.items():
            if key in _SILENT:
                continue
            try:
                found = self._resolve(value)
            except Unresolved as problem:
                self._note(f"{self._template.bucket}, {key}", f"is not proved: {problem}")
                continue
            if found is not NO_VALUE:
                self._setting(key, found)
        if "AccessControl" in properties:
            self._note(self._template.bucket, "its AccessControl is not proved here")
            acl = self._given_name(self._template.bucket, "AccessControl")
            add_acl(self._world, self._world.notes[-1], acl)

    def _setting(self, key: str, value: Any) -> None:
        name = f"{self._name}: {self._template.bucket}, {key}"
        if key == "CorsConfiguration":
            self._world.cors = cors_document(mapping(value, name), name)
        elif key == "LifecycleConfiguration":
            self._world.lifecycle = lifecycle_document(mapping(value, name), name)
        elif key == "PublicAccessBlockConfiguration":
            self._world.public_access_block = access_document(mapping(value, name), name)
        elif key in _DOCUMENTS:
            setattr(self._world, _DOCUMENTS[key], Document(name, json.dumps(value)))
        else:
            self._note(f"{self._template.bucket}, {key}", "is not proved here")

    def _bucket_policy(self, logical: str) -> None:
        properties = self._properties(logical)
        try:
            bucket = self._resolve(properties.get("Bucket"))
        except Unresolved as problem:
            self._doubt(logical, f"is not proved: {problem}", [OF_BUCKET])
            return
        if bucket != self._world.bucket:
            self._note(logical, f"is the policy of another bucket, {bucket}")
            return
        if self._world.bucket_policy is not None:
            raise ProveError(f"{self._name}: {logical} is a second policy of the bucket {bucket}.")
        raw = properties.get("PolicyDocument")
        self._world.bucket_policy = self._policy(logical, raw, [OF_BUCKET], "resource")

    # Users, roles and their policies.

    def _person(self, logical: str) -> Person:
        properties, kind = self._properties(logical), self._kind(logical)
        person = Person(logical, PEOPLE[kind], iam_name=self._template.iam_name(logical))
        if kind.startswith("AWS::IAM::"):
            person = replace(person, path=self._given_name(logical, "Path") or "/")
            person = replace(person, tags=tuple(self._tags(logical, properties.get("Tags"))))
        policies = self._items(properties.get("Policies"), logical, [logical])
        for number, each in enumerate(policies, 1):
            where = logical if len(policies) == 1 else f"{logical}, policy {number}"
            if not kind.endswith("::Function"):
                each = mapping(each, f"{self._name}: {where}").get("PolicyDocument")
                person = self._with_document(person, self._policy(where, each, [logical]))
            else:
                person = self._with_sam(person, where, each)
        for each in self._items(properties.get("ManagedPolicyArns"), logical, [logical]):
            person = self._with_arn(person, logical, each)
        if "PermissionsBoundary" in properties:
            person = self._with_boundary(person, logical, properties["PermissionsBoundary"])
        if kind == "AWS::IAM::Role":
            person = self._with_trust(person, properties.get("AssumeRolePolicyDocument"))
        elif kind.endswith("::Function"):
            raw = properties.get("AssumeRolePolicyDocument", sam.LAMBDA_TRUST)
            person = self._with_trust(person, raw)
        if properties.get("Groups"):
            self._doubt(logical, "its groups are not proved here", [logical])
        return person

    def _with_trust(self, person: Person, raw: Any) -> Person:
        holders = [trust_of(person.name)]
        trust = self._policy(f"{person.name}, trust", raw, holders, "resource")
        return replace(person, trust=trust)

    def _tags(self, logical: str, raw: Any) -> Iterator[tuple[str, str]]:
        for each in self._items(raw, logical):
            try:
                tag = mapping(self._resolve(each), f"{self._name}: {logical}: Tags")
                yield str(tag.get("Key")), str(tag.get("Value"))
            except Unresolved as problem:
                self._note(logical, f"a tag is not proved: {problem}")

    def _with_sam(self, person: Person, where: str, each: Any) -> Person:
        """An item of a function's Policies: a document, an ARN, a name, or one of SAM's own."""
        if isinstance(each, dict) and "Statement" in each:
            return self._with_document(person, self._policy(where, each, [person.name]))
        name = next(iter(each), "") if isinstance(each, dict) and len(each) == 1 else ""
        if name in sam.POLICIES:
            bucket = mapping(each[name], where).get("BucketName")
            arns = [{"Fn::Sub": [arn, {"Bucket": bucket}]} for arn in sam.ARNS]
            document = {"Version": "2012-10-17", "Statement": [sam.statement(name, arns)]}
            return self._with_document(person, self._policy(where, document, [person.name]))
        if isinstance(each, str) and ":" not in each:
            return self._with_arn(person, where, f"arn:aws:iam::aws:policy/{each}")
        if isinstance(each, str) or name.startswith("Fn::") or name == "Ref":
            return self._with_arn(person, where, each)
        self._note(where, f"{name or shown(each)} is not proved here")
        return person

    def _with_arn(self, person: Person, where: str, each: Any) -> Person:
        try:
            arn = str(self._resolve(each))
        except Unresolved as problem:
            self._doubt(where, f"a managed policy is not proved: {problem}", [person.name])
            return person
        own = self._template.own_managed(arn)
        if own:
            raw = self._properties(own).get("PolicyDocument")
            return self._with_document(person, self._policy(own, raw, [person.name]))
        return replace(person, managed=(*person.managed, arn))

    def _with_boundary(self, person: Person, where: str, each: Any) -> Person:
        try:
            own = self._template.own_managed(str(self._resolve(each)))
        except Unresolved:
            own = ""
        if not own:
            self._note(where, f"its boundary {shown(each)} is not proved here")
            return person
        raw = self._properties(own).get("PolicyDocument")
        return replace(person, boundary=self._policy(own, raw, [person.name], "boundary"))

    def _with_document(self, person: Person, document: Document | None) -> Person:
        if document is None:
            return person
        return replace(person, policies=(*person.policies, document))

    def _attach(self, logical: str) -> None:
        """A policy that names its users and roles, instead of the other way round."""
        properties = self._properties(logical)
        holders: dict[str, Person] = {}
        for key in ("Roles", "Users", "RoleName", "UserName"):
            for each in self._items(properties.get(key), logical, [EVERYONE]):
                try:
                    name = self._resolve(each)
                except Unresolved as problem:
                    self._note(logical, f"one of its {key} is unknown: {problem}")
                    continue
                people = self._world.people.values()
                found = {p.name: p for p in people if p.iam_name == name}
                if not found:
                    known = [p.iam_name for p in people]
                    self._note(logical, f"{name} is not made here. {nearest(str(name), known)}")
                holders |= found
        document = self._policy(logical, properties.get("PolicyDocument"), list(holders))
        for person in holders.values():
            self._world.people[person.name] = self._with_document(person, document)
        if properties.get("Groups"):
            self._note(logical, "its groups are not proved here")

    def _policy(
        self, where: str, raw: Any, holders: Sequence[str], kind: PolicyKind = "identity"
    ) -> Document | None:
        """A policy's document, without the statements that hold an unknown value."""
        name = f"{self._name}: {where}"
        try:
            raw = self._resolve.chosen(raw)
            if raw is None or raw is NO_VALUE:
                raise ProveError(f"{name} needs a policy document.")
            if not isinstance(raw, dict) or "Statement" not in raw:
                return Document(name, json.dumps(self._resolve(raw)))
            rest = self._resolve({key: raw[key] for key in raw if key != "Statement"})
        except Unresolved as problem:
            self._doubt(where, f"is not proved: {problem}", holders, ANYTHING, kind)
            return None
        statements = []
        for number, each in enumerate(self._items(raw["Statement"], where, holders), 1):
            label = each.get("Sid", number) if isinstance(each, dict) else number
            try:
                statements.append(self._resolve(each))
            except Unresolved as problem:
                widest = self._resolve.widest(each, UNKNOWN)
                text = f"was left out: {problem}"
                self._doubt(f"{where}, statement {label}", text, holders, [widest], kind)
        if not statements:
            return None
        return Document(name, json.dumps({**rest, "Statement": statements}))

    def _items(self, raw: Any, where: str, holders: Sequence[str] = ()) -> list[Any]:
        """A list's items; none, with a note, if it can't be known which they are."""
        try:
            return self._resolve.items(raw)
        except Unresolved as problem:
            self._doubt(where, f"a list is not proved: {problem}", holders)
            return []

    # What is not made.

    def _doubt(
        self,
        where: str,
        text: str,
        holders: Sequence[str],
        statements: Iterable[Any] = ANYTHING,
        kind: PolicyKind = "identity",
    ) -> None:
        """A note, and what the unknown could allow or deny to its holders."""
        self._note(where, text)
        add(self._world, self._world.notes[-1], holders, statements, kind)

    def _note(self, where: str, text: str) -> None:
        self._world.notes.append(Note(f"{self._name}: {where}", f"{text.rstrip('.')}."))

    def _note_others(self, made: list[str]) -> None:
        known = {*PEOPLE, *_ATTACHED, "AWS::S3::Bucket", "AWS::S3::BucketPolicy"}
        others = [f"{each} ({self._kind(each)})" for each in made if self._kind(each) not in known]
        if any("AWS::IAM::UserToGroupAddition" in each for each in others):
            self._doubt("Resources", "groups are not proved here", [EVERYONE])
        if others:
            self._note("Resources", f"not made, because this is an S3: {', '.join(others)}")
