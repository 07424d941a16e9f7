"""Make a world in a strict S3, with the requests that a deployment sends."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import ProveError
from ..handle import Server
from ..rules.identity import ACCOUNT, ANONYMOUS
from ..rules.policy import Policy, PolicyKind, parse_policy
from ..rules.public_access import is_public
from ..signing.presigner import Credentials
from .doubts import Doubt, held_by
from .grid import SESSION, Subject, session_of, user_named
from .reading import shown
from .world import Checked, Document, Note, Person, World, check_policy

_SETUP = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        }
    ],
}
_ASSUME_ANY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
}


@dataclass
class Built:
    """A world that was made: keys by identity, and each identity's policies for the grid."""

    world: World
    server: Server
    root: Any = field(repr=False)  # a client; to make one takes longer than most requests
    bucket_policy: Checked | None = None
    keys: dict[str, Credentials | None] = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    doubts: dict[str, tuple[Doubt, ...]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # by the policy's name in S3 or IAM
    notes: list[Note] = field(default_factory=list)
    faults: list[Note] = field(default_factory=list)

    @contextmanager
    def without_bucket_policy(self) -> Iterator[Any]:
        """The root's client, whom no bucket policy stops meanwhile."""
        policy = self.bucket_policy.text if self.bucket_policy else ""
        try:
            if policy:
                self.root.delete_bucket_policy(Bucket=self.world.bucket)
            yield self.root
        finally:
            if policy:
                self.root.put_bucket_policy(Bucket=self.world.bucket, Policy=policy)


def build(world: World, server: Server, root: Any) -> Built:
    """Make everything with the client `root`.

    Raises `ProveError` with AWS's words for what AWS would refuse.
    """
    built = Built(world, server, root)
    with server.at(world.now):
        _settings(built)
        for person in world.people.values():
            _person(built, person)
        # A policy can name a user or role only once it is there.
        for person in world.people.values():
            _trust(built, person)
        _bucket_policy(built)
    built.keys |= {"anonymous": None, "root": Credentials(server.access_key, server.secret_key)}
    resource = built.subjects["anonymous"].resource
    for name, subject in built.subjects.items():
        if name != "anonymous":
            built.subjects[name] = replace(subject, resource=resource)
    if resource and _restricted(world) and is_public(resource[0]):
        built.subjects["anonymous"] = Subject(ANONYMOUS, world.bucket)
    for name in built.subjects:
        built.doubts[name] = held_by(world, name, not _restricted(world))
    return built


def _restricted(world: World) -> bool:
    """Does Block Public Access keep a public policy from strangers? New buckets have it all."""
    if world.public_access_block is None:
        return True
    return bool(world.public_access_block.value.get("RestrictPublicBuckets"))


def _settings(built: Built) -> None:
    world, bucket, s3 = built.world, built.world.bucket, built.root
    if world.ownership is not None:
        _make(world.ownership, s3.put_bucket_ownership_controls, bucket, "OwnershipControls")
    if world.public_access_block is not None:
        name = "PublicAccessBlockConfiguration"
        _make(world.public_access_block, s3.put_public_access_block, bucket, name)
    if world.versioning is not None:
        _make(world.versioning, s3.put_bucket_versioning, bucket, "VersioningConfiguration")
    if world.cors is not None:
        value = world.cors.value
        if isinstance(value, list):  # as the console has it
            world.cors = Document(world.cors.name, json.dumps({"CORSRules": value}))
        _make(world.cors, s3.put_bucket_cors, bucket, "CORSConfiguration")
    if world.lifecycle is not None:
        put = s3.put_bucket_lifecycle_configuration
        _make(world.lifecycle, put, bucket, "LifecycleConfiguration")


def _make(document: Document, put: Callable[..., Any], bucket: str, argument: str) -> None:
    from botocore.exceptions import ParamValidationError

    value = document.value
    if not isinstance(value, dict):
        raise ProveError(f"{document.name} holds {shown(value)}; it must be an object.")
    try:
        with said_by("S3", document.name):
            put(Bucket=bucket, **{argument: value})
    except ParamValidationError as problem:
        lines = [line.strip() for line in str(problem).splitlines()[1:]]
        raise ProveError(f"{document.name} is not a {argument}: {' '.join(lines)}") from None


@contextmanager
def said_by(service: str, what: str) -> Iterator[None]:
    """Turn a refusal of what is made into a `ProveError` in AWS's words."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as problem:
        error = problem.response["Error"]
        more = f" ({error['Detail']})" if error.get("Detail") else ""
        raise ProveError(
            f"{what}: {service} refuses it with {error['Code']}: "
            f"{error['Message'].rstrip('.')}{more}."
        ) from None


def _bucket_policy(built: Built) -> None:
    world, document = built.world, built.world.bucket_policy
    resource: tuple[Policy, ...] = ()
    if document is not None:
        checked = _checked(built, document, "resource")
        s3 = built.root
        with said_by("S3", document.name):
            s3.put_bucket_policy(Bucket=world.bucket, Policy=document.text)
            if not checked.text:
                s3.delete_bucket_policy(Bucket=world.bucket)
            elif checked.text != document.text:
                s3.put_bucket_policy(Bucket=world.bucket, Policy=checked.text)
        built.bucket_policy, resource = checked, (checked.policy,)
        built.files[world.bucket] = document.name
    built.subjects["anonymous"] = Subject(ANONYMOUS, world.bucket, resource=resource)


def _checked(built: Built, document: Document, kind: PolicyKind) -> Checked:
    checked = check_policy(document, kind)
    if checked is None:  # AWS says why when it is made
        empty = parse_policy(json.dumps(_ASSUME_ANY), name=document.name, kind="identity")
        return Checked(document.text, empty)
    built.notes += [note for note in checked.notes if note not in built.notes]
    built.faults += [fault for fault in checked.faults if fault not in built.faults]
    return checked


def _person(built: Built, person: Person) -> None:
    name, kind = _iam_name(person), person.kind
    with closing(built.server.client("iam")) as iam:
        with said_by("IAM", person.name):
            tags = [{"Key": key, "Value": value} for key, value in person.tags]
            more: dict[str, Any] = {"Path": person.path, "Tags": tags}
            if kind == "role":
                trust = json.dumps(_SETUP)
                more |= {"AssumeRolePolicyDocument": trust, "MaxSessionDuration": 43200}
            _call(iam, person, "create_{}", **more)
        policies = [_inline(built, iam, person, document) for document in person.policies]
        policies += [_attached(iam, person, arn) for arn in person.managed]
        boundary = _boundary(built, iam, person)
        if kind == "user":
            key = iam.create_access_key(UserName=name)["AccessKey"]
            built.keys[person.name] = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        else:
            built.keys[person.name] = _session(built, person, name)
    who = user_named(name, person.path) if kind == "user" else session_of(name, person.path)
    built.subjects[person.name] = Subject(
        who, built.world.bucket, tuple(policies), boundary=boundary, tags=person.tags
    )


def _iam_name(person: Person) -> str:
    return person.iam_name or person.name


def _call(iam: Any, person: Person, call: str, **more: Any) -> None:
    """A call that IAM has for users and for roles: ``put_{}_policy``."""
    holder = {f"{person.kind.capitalize()}Name": _iam_name(person)}
    getattr(iam, call.format(person.kind))(**holder, **more)


def _inline(built: Built, iam: Any, person: Person, document: Document) -> Policy:
    checked, name = _checked(built, document, "identity"), _policy_name(built, document)
    with said_by("IAM", document.name):
        _call(iam, person, "put_{}_policy", PolicyName=name, PolicyDocument=document.text)
        if not checked.text:
            _call(iam, person, "delete_{}_policy", PolicyName=name)
        elif checked.text != document.text:
            _call(iam, person, "put_{}_policy", PolicyName=name, PolicyDocument=checked.text)
    return checked.policy


def _trust(built: Built, person: Person) -> None:
    """The role's own trust policy, after its session was issued."""
    if person.trust is None:
        return
    _checked(built, person.trust, "trust")
    with said_by("IAM", person.trust.name), closing(built.server.client("iam")) as iam:
        iam.update_assume_role_policy(RoleName=_iam_name(person), PolicyDocument=person.trust.text)


def _attached(iam: Any, person: Person, arn: str) -> Policy:
    with said_by("IAM", arn):
        _call(iam, person, "attach_{}_policy", PolicyArn=arn)
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    return parse_policy(json.dumps(found["Document"]), name=arn, kind="identity")


def _boundary(built: Built, iam: Any, person: Person) -> Policy | None:
    if person.boundary is None:
        return None
    checked = _checked(built, person.boundary, "boundary")
    with said_by("IAM", person.boundary.name):
        made = iam.create_policy(
            PolicyName=_policy_name(built, person.boundary),
            PolicyDocument=checked.text or person.boundary.text,
        )
        arn = made["Policy"]["Arn"]
        _call(iam, person, "put_{}_permissions_boundary", PermissionsBoundary=arn)
    return checked.policy


def _session(built: Built, person: Person, name: str) -> Credentials:
    """A session of the role, issued when the table says so.

    It is assumed by a user of this account before the role gets its own trust policy, because the
    services that such policies name (Lambda, ECS) are not here.
    """
    server, moment = built.server, built.world.now + person.issued
    with server.at(moment), closing(server.client("sts", server.user(_ASSUME_ANY))) as sts:
        found = sts.assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role{person.path}{name}",
            RoleSessionName=SESSION,
            DurationSeconds=int(person.lasts.total_seconds()),
        )["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def _policy_name(built: Built, document: Document) -> str:
    """A name for IAM that leads back to the file."""
    plain = re.sub(r"[^\w+=,.@-]", "_", document.name, flags=re.ASCII)[:110] or "policy"
    name, number = plain, 2
    while built.files.get(name, document.name) != document.name:
        name, number = f"{plain}-{number}", number + 1
    built.files[name] = document.name
    return name
