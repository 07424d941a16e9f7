"""Terraform's resources as a world: a bucket with its settings, users and roles.

An identity is called by the name of its resource. What can't be known before ``terraform apply``,
and what this S3 doesn't carry out, is said in a note.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ProveError
from ..rules.identity import ACCOUNT
from .doubts import ANYTHING, EVERYONE, OF_BUCKET, add, add_acl, trust_of
from .intrinsics import Unresolved
from .reading import read_text, shown
from .settings import filter_of, truth, whole
from .terraform_files import UNKNOWN, Resource, attributes, blocks, bucket_name, read_resources
from .world import Document, Note, Person, World

_PEOPLE = {"aws_iam_role": "role", "aws_iam_user": "user"}
_MORE = {  # what else can allow something, and to whom
    "aws_iam_policy_attachment": [EVERYONE],
    "aws_iam_user_group_membership": [EVERYONE],
    "aws_iam_group_membership": [EVERYONE],
}


def read_terraform(
    value: Mapping[str, Any], path: Path, given: Mapping[str, Any], world: World
) -> World:
    """The world of a plan, a state or a configuration. `given` are the variables' values."""

    def read(name: str) -> str:
        return read_text(path.parent / name)

    try:
        resources = read_resources(value, path.name, given, world.region, read)
        return _Terraform(resources, path.name, world).read()
    except (AttributeError, KeyError, TypeError) as problem:  # a list for an object, or so
        raise ProveError(
            f"{path.name} has not the form that terraform show -json or a *.tf.json has "
            f"({type(problem).__name__}: {problem})."
        ) from None


class _Terraform:
    def __init__(self, resources: list[Resource], name: str, world: World) -> None:
        self._resources, self._name, self._world = resources, name, world
        self._used: set[str] = set()

    def read(self) -> World:
        bucket = self._choose_bucket()
        self._world.bucket = self._names(bucket)["bucket"]
        self._used.add(bucket.address)
        people = [each for each in self._resources if each.type in _PEOPLE]
        for each in people:
            who = self._called(each, people)
            self._world.people[who] = self._person(each)
            self._managed(each, who)
        settings: dict[str, tuple[str, Callable[[Resource], Any]]] = {
            "aws_s3_bucket_policy": ("bucket_policy", lambda each: each.get("policy")),
            "aws_s3_bucket_cors_configuration": ("cors", _cors),
            "aws_s3_bucket_lifecycle_configuration": ("lifecycle", _lifecycle),
            "aws_s3_bucket_public_access_block": ("public_access_block", _block),
            "aws_s3_bucket_versioning": ("versioning", _versioning),
            "aws_s3_bucket_ownership_controls": ("ownership", _ownership),
        }
        for each in self._resources:
            if each.type in settings:
                self._setting(each, bucket, *settings[each.type])
            elif each.type in ("aws_iam_role_policy", "aws_iam_user_policy"):
                self._inline(each)
            elif each.type in ("aws_iam_role_policy_attachment", "aws_iam_user_policy_attachment"):
                self._attachment(each)
        self._inline_settings(bucket)
        self._note_others()
        return self._world

    # Who is who.

    def _names(self, each: Resource) -> dict[str, str]:
        given = {}
        for key in ("bucket", "name", "path"):
            try:
                given[key] = each.get(key)
            except Unresolved:
                given[key] = None
        if each.type == "aws_s3_bucket" and not given["bucket"]:
            given["bucket"] = self._world.bucket or bucket_name(each.name)
        return attributes(each.type, each.name, given, self._world.region)

    def _choose_bucket(self) -> Resource:
        buckets = [each for each in self._resources if each.type == "aws_s3_bucket"]
        named = self._world.bucket
        chosen = [each for each in buckets if named in (each.name, each.address)]
        if chosen:
            self._world.bucket = ""
        chosen = chosen or [each for each in buckets if self._names(each)["bucket"] == named]
        chosen = chosen or ([] if named else buckets)
        if len(chosen) != 1:
            raise ProveError(
                f"{self._name} makes {len(buckets)} buckets"
                + (f", and {named!r} is none of them" if named else "")
                + f". Write bucket: and one of: {', '.join(each.name for each in buckets)}."
            )
        return chosen[0]

    def _called(self, each: Resource, people: list[Resource]) -> str:
        alone = sum(other.name.lower() == each.name.lower() for other in people) == 1
        return each.name if alone else each.address

    def _target(self, each: Resource, attribute: str, kind: str) -> Resource | None:
        """The resource of a type that an attribute names, or refers to. Raises `Unresolved`."""
        of_kind = [other for other in self._resources if other.type == kind]
        referred = each.refers.get(attribute, ())
        if each.values.get(attribute) is None and referred:
            return next((other for other in of_kind if other.address in referred), None)
        value = each.get(attribute)
        return next((other for other in of_kind if value in self._names(other).values()), None)

    # The bucket.

    def _setting(
        self, each: Resource, bucket: Resource, name: str, read: Callable[[Resource], Any]
    ) -> None:
        try:
            if self._target(each, "bucket", "aws_s3_bucket") is not bucket:
                self._note(each, "belongs to another bucket")
                return
            found = read(each)
        except Unresolved as problem:
            holders = [OF_BUCKET] if name == "bucket_policy" else []
            self._doubt(each, f"is not proved: {problem}", holders)
            return
        self._used.add(each.address)
        setattr(self._world, name, self._document(each, found))

    def _inline_settings(self, bucket: Resource) -> None:
        """What older configurations write into the bucket; a state repeats it there."""
        try:
            if self._world.bucket_policy is None and (policy := bucket.get("policy")):
                self._world.bucket_policy = self._document(bucket, policy)
        except Unresolved as problem:
            self._doubt(bucket, f"its policy is not proved: {problem}", [OF_BUCKET])
        if acl := bucket.values.get("acl"):
            self._note(bucket, "its acl is not proved here")
            add_acl(self._world, self._world.notes[-1], str(acl))
        for old, name in (("cors_rule", "cors"), ("lifecycle_rule", "lifecycle")):
            if bucket.values.get(old) and getattr(self._world, name) is None:
                self._note(bucket, f"its {old} is not proved; use a resource of its own")

    def _document(self, each: Resource, value: Any) -> Document:
        text = value if isinstance(value, str) else json.dumps(value)
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            raise ProveError(f"{self._name}: {each.address}: {shown(value)} is not JSON.") from None
        return Document(f"{self._name}: {each.address}", text)

    # Users, roles and their policies.

    def _person(self, each: Resource) -> Person:
        self._used.add(each.address)
        name = self._names(each)["name"]
        kind = "role" if each.type == "aws_iam_role" else "user"
        who = self._called(each, [r for r in self._resources if r.type in _PEOPLE])
        path = each.values.get("path") or "/"
        person = Person(who, kind, iam_name=name, path=path)  # type: ignore[arg-type]
        try:
            tags = each.get("tags") or {}
            person = replace(person, tags=tuple((str(k), str(v)) for k, v in tags.items()))
        except Unresolved as problem:
            self._note(each, f"its tags are not proved: {problem}")
        try:
            if trust := each.get("assume_role_policy"):
                person = replace(person, trust=self._document(each, trust))
        except Unresolved as problem:
            self._doubt(each, f"its trust policy is not proved: {problem}", [trust_of(who)])
        try:
            for inline in blocks(each.get("inline_policy") or []):
                if inline.get("policy"):
                    document = self._document(each, inline["policy"])
                    person = replace(person, policies=(*person.policies, document))
                elif inline.get("name"):  # in a state an empty one has no name either
                    raise Unresolved(f"{inline['name']} {UNKNOWN}")
        except Unresolved as problem:
            self._doubt(each, f"its inline policies are not proved: {problem}", [who])
        if each.values.get("permissions_boundary"):
            self._note(each, "its permissions boundary is not proved here")
        return person

    def _holder(self, each: Resource) -> str:
        """The identity that a policy or an attachment belongs to; "" with a note if unknown."""
        attribute = "role" if "_role_" in each.type else "user"
        try:
            target = self._target(each, attribute, f"aws_iam_{attribute}")
        except Unresolved as problem:
            self._doubt(each, f"is not proved: {problem}", [EVERYONE])
            return ""
        if target is None:
            self._note(each, f"belongs to a {attribute} that is not made here")
            return ""
        people = [other for other in self._resources if other.type in _PEOPLE]
        return self._called(target, people)

    def _inline(self, each: Resource) -> None:
        who = self._holder(each)
        if not who:
            return
        try:
            self._give(who, self._document(each, each.get("policy")))
            self._used.add(each.address)
        except Unresolved as problem:
            self._doubt(each, f"is not proved: {problem}", [who])

    def _attachment(self, each: Resource) -> None:
        who = self._holder(each)
        if not who:
            return
        try:
            own = self._target(each, "policy_arn", "aws_iam_policy")
            self._attach(who, own, "" if own else str(each.get("policy_arn")))
            self._used.add(each.address)
        except Unresolved as problem:
            self._doubt(each, f"is not proved: {problem}", [who])

    def _managed(self, each: Resource, who: str) -> None:
        """A role's own list; in a state it repeats what attachments say."""
        own = {self._names(r)["arn"]: r for r in self._resources if r.type == "aws_iam_policy"}
        try:
            for arn in each.get("managed_policy_arns") or []:
                self._attach(who, own.get(arn), str(arn))
        except Unresolved as problem:
            self._doubt(each, f"its managed_policy_arns are not proved: {problem}", [who])

    def _attach(self, who: str, own: Resource | None, arn: str) -> None:
        """Give a managed policy, once. Raises `Unresolved`."""
        person = self._world.people[who]
        if own is not None:
            self._used.add(own.address)
            document = self._document(own, own.get("policy"))
            if document not in person.policies:
                self._give(who, document)
        elif not arn.startswith("arn:aws:iam::aws:") and f":{ACCOUNT}:" not in arn:
            raise Unresolved(f"{arn} is a policy of another account")
        elif arn not in person.managed:
            self._world.people[who] = replace(person, managed=(*person.managed, arn))

    def _give(self, who: str, document: Document) -> None:
        person = self._world.people[who]
        self._world.people[who] = replace(person, policies=(*person.policies, document))

    # What is not made.

    def _note(self, each: Resource, text: str) -> None:
        self._used.add(each.address)
        self._world.notes.append(Note(f"{self._name}: {each.address}", f"{text.rstrip('.')}."))

    def _doubt(self, each: Resource, text: str, holders: Sequence[str]) -> None:
        """A note, and that the unknown could allow or deny anything to its holders."""
        self._note(each, text)
        add(self._world, self._world.notes[-1], holders, ANYTHING, "identity")

    def _note_others(self) -> None:
        for each in self._resources:
            if each.type in _MORE and each.address not in self._used:
                self._doubt(each, "is not proved here", _MORE[each.type])
            elif each.type == "aws_s3_bucket_acl":
                self._note(each, "is not proved here")
                add_acl(self._world, self._world.notes[-1], str(each.values.get("acl")))
        others = [each.address for each in self._resources if each.address not in self._used]
        if others:
            text = f"not made here: {', '.join(others)}."
            self._world.notes.append(Note(f"{self._name}: resources", text))


def _cors(each: Resource) -> Any:
    names = {
        "allowed_headers": "AllowedHeaders",
        "allowed_methods": "AllowedMethods",
        "allowed_origins": "AllowedOrigins",
        "expose_headers": "ExposeHeaders",
        "id": "ID",
        "max_age_seconds": "MaxAgeSeconds",
    }
    rules = [
        {names[key]: value for key, value in rule.items() if key in names and value is not None}
        for rule in blocks(each.get("cors_rule"))
    ]
    return {"CORSRules": rules}


def _block(each: Resource) -> Any:
    names = {
        "block_public_acls": "BlockPublicAcls",
        "ignore_public_acls": "IgnorePublicAcls",
        "block_public_policy": "BlockPublicPolicy",
        "restrict_public_buckets": "RestrictPublicBuckets",
    }
    return {new: truth(each.get(old) or False, each.address) for old, new in names.items()}


def _versioning(each: Resource) -> Any:
    (configuration, *_) = blocks(each.get("versioning_configuration")) or [{}]
    return {"Status": configuration.get("status")}


def _ownership(each: Resource) -> Any:
    rules = blocks(each.get("rule"))
    return {"Rules": [{"ObjectOwnership": rule.get("object_ownership")} for rule in rules]}


def _lifecycle(each: Resource) -> Any:
    return {"Rules": [_rule(rule, each.address) for rule in blocks(each.get("rule"))]}


def _rule(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"Status": given.get("status"), "Filter": _filter(given, where)}
    if given.get("id"):
        rule["ID"] = given["id"]
    numbers = {
        "days": "Days",
        "noncurrent_days": "NoncurrentDays",
        "newer_noncurrent_versions": "NewerNoncurrentVersions",
        "days_after_initiation": "DaysAfterInitiation",
    }
    others = {"date": "Date", "storage_class": "StorageClass"}
    parts = {
        "abort_incomplete_multipart_upload": "AbortIncompleteMultipartUpload",
        "expiration": "Expiration",
        "noncurrent_version_expiration": "NoncurrentVersionExpiration",
        "transition": "Transitions",
        "noncurrent_version_transition": "NoncurrentVersionTransitions",
    }
    for old, new in parts.items():
        found = []
        for block in blocks(given.get(old, [])):
            each = {numbers[k]: whole(v, where) for k, v in block.items() if k in numbers and v}
            each |= {others[k]: v for k, v in block.items() if k in others and v}
            if block.get("expired_object_delete_marker"):
                each["ExpiredObjectDeleteMarker"] = True
            found.append(each)
        if found:
            rule[new] = found if new.endswith("s") else found[0]
    return rule


def _filter(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    block = (blocks(given.get("filter", [])) or [{}])[0]
    if given.get("prefix"):
        return {"Prefix": given["prefix"]}
    inner = (blocks(block.get("and", [])) or [{}])[0]
    tests: dict[str, Any] = {}
    for source in (block, inner):
        if source.get("prefix"):
            tests["Prefix"] = source["prefix"]
        for old, new in (
            ("object_size_greater_than", "ObjectSizeGreaterThan"),
            ("object_size_less_than", "ObjectSizeLessThan"),
        ):
            if source.get(old):
                tests[new] = whole(source[old], where)
    tags = [{"Key": tag["key"], "Value": tag["value"]} for tag in blocks(block.get("tag", []))]
    tags += [{"Key": key, "Value": value} for key, value in (inner.get("tags") or {}).items()]
    return filter_of(tests, tags)
