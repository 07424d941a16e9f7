"""What IAM keeps: users, groups, roles, managed policies, access keys."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from sortedcontainers import SortedDict

# "Unique identifiers": the prefix says the kind
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
_ID_CHARACTERS = string.ascii_uppercase + "234567"


def new_id(prefix: str) -> str:
    """A unique identifier such as ``AIDA2QWERTYUIOPASDFGH``."""
    return prefix + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(17))


@dataclass(eq=False)
class Entity:
    """Anything with a name and a path, and so with an ARN. `created` is UTC."""

    kind: ClassVar[str]
    prefix: ClassVar[str]

    account: str
    name: str
    path: str
    created: datetime
    tags: dict[str, str] = field(default_factory=dict)
    id: str = ""

    def __post_init__(self) -> None:
        self.id = self.id or new_id(self.prefix)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:{self.kind}{self.path}{self.name}"


@dataclass(eq=False)
class Holder(Entity):
    """An entity that policies are given to: inline ones by name, attached ones by ARN.

    `boundary` is the ARN of its permissions boundary. (A group can have none.)
    """

    inline: dict[str, str] = field(default_factory=dict)
    attached: dict[str, None] = field(default_factory=dict)
    boundary: str | None = None


@dataclass(eq=False)
class AccessKey:
    """A long-term key; `status` is Active or Inactive."""

    id: str
    secret: str = field(repr=False)
    created: datetime = field(repr=False)
    owner: User | None = None  # None: the account's root
    status: str = "Active"


@dataclass(eq=False)
class User(Holder):
    kind, prefix = "user", "AIDA"
    keys: dict[str, AccessKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)  # by id


@dataclass(eq=False)
class Group(Holder):
    kind, prefix = "group", "AGPA"
    users: dict[str, User] = field(default_factory=dict)  # by id


@dataclass(eq=False)
class Role(Holder):
    """`max_session_duration` is in seconds."""

    kind, prefix = "role", "AROA"
    assume_role_policy_document: str = ""
    description: str | None = None
    max_session_duration: int = 3600


@dataclass(frozen=True)
class Version:
    """One version of a managed policy's document."""

    id: str
    document: str
    created: datetime


@dataclass(eq=False)
class ManagedPolicy(Entity):
    """A policy with up to five versions, of which one, `default`, is in force."""

    kind, prefix = "policy", "ANPA"
    description: str | None = None
    versions: dict[str, Version] = field(default_factory=dict)
    default: str = "v1"
    made: int = 0  # versions so far, also those that have been deleted
    updated: datetime | None = None

    @property
    def document(self) -> str:
        return self.versions[self.default].document

    def add_version(self, document: str, created: datetime) -> Version:
        """A new version, which is not the default one."""
        self.made += 1
        version = Version(f"v{self.made}", document, created)
        self.versions[version.id] = version
        self.updated = created
        return version


_E = TypeVar("_E", bound=Entity)


class Names(Generic[_E]):
    """Entities of one kind by name. "Names are not distinguished by case." (API reference)"""

    def __init__(self) -> None:
        self._found: SortedDict[str, _E] = SortedDict()
        self._by_id: dict[str, _E] = {}

    def get(self, name: str) -> _E | None:
        found: _E | None = self._found.get(name.lower())
        return found

    def by_id(self, unique_id: str) -> _E | None:
        """By the identifier that outlives a change of name."""
        return self._by_id.get(unique_id)

    def add(self, entity: _E) -> None:
        self._found[entity.name.lower()] = self._by_id[entity.id] = entity

    def remove(self, entity: _E) -> None:
        del self._found[entity.name.lower()], self._by_id[entity.id]

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[_E]:
        """All of them, ordered by name without regard to case, as IAM lists them."""
        return self.starting_at("")

    def starting_at(self, name: str) -> Iterator[_E]:
        """Those from that name on, in the same order."""
        return (self._found[found] for found in self._found.irange(minimum=name.lower()))
