"""The policies that AWS manages, such as AmazonS3ReadOnlyAccess: more than 1,500.

`aws_policies.json.gz` is the collection that moto keeps (Apache License 2.0; its text is beside
it), packed. It is read when the first policy is asked for. A test compares it with the moto that is
installed, and says how to write it again.
"""

from __future__ import annotations

import gzip
import json
from base64 import b32encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from .entities import ManagedPolicy, Version

COLLECTION = Path(__file__).with_name("aws_policies.json.gz")
_PREFIX = "arn:aws:iam::aws:policy"


class AwsPolicy(ManagedPolicy):
    """A policy of AWS's own: its account is ``aws``."""


def aws_policy(arn: str) -> AwsPolicy | None:
    """The policy that AWS manages under that ARN, or None."""
    if not arn.startswith(f"{_PREFIX}/"):
        return None
    name = arn.rpartition("/")[2]
    facts = _collected().get(name)
    if facts is None or arn != f"{_PREFIX}{facts['Path']}{name}":
        return None
    return _policy(name)


def aws_policies() -> Iterator[AwsPolicy]:
    """All of them, ordered by name."""
    return map(_policy, sorted(_collected(), key=str.lower))


@cache
def _policy(name: str) -> AwsPolicy:
    facts = _collected()[name]
    created = datetime.fromisoformat(facts["CreateDate"])
    policy = AwsPolicy("aws", name, facts["Path"], created, id=_id(name))
    policy.updated = datetime.fromisoformat(facts["UpdateDate"])
    policy.default = facts["DefaultVersionId"]
    document = json.dumps(facts["Document"])
    policy.versions = {policy.default: Version(policy.default, document, policy.updated)}
    return policy


def _id(name: str) -> str:
    """An identifier that is the same each time. (AWS's own is not in the collection.)"""
    return AwsPolicy.prefix + b32encode(sha256(name.encode()).digest()).decode()[:17]


@cache
def _collected() -> Mapping[str, Any]:
    policies: dict[str, Any] = json.loads(gzip.decompress(COLLECTION.read_bytes()))
    return policies
