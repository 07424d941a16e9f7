"""The policies that AWS manages, such as AmazonS3ReadOnlyAccess.

moto has collected them, more than 1,500. Its file is read as data when the first is asked for:
moto itself is not imported, so nothing of it can be seen by code that uses moto beside this.
"""

from __future__ import annotations

import importlib.util
import json
from base64 import b32encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from .entities import ManagedPolicy, Version

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
    found = importlib.util.find_spec("moto")
    if found is None or not found.submodule_search_locations:
        return {}
    path = Path(found.submodule_search_locations[0], "iam", "aws_managed_policies.py")
    spec = importlib.util.spec_from_file_location("_aws_managed_policies", path)
    if spec is None or spec.loader is None:
        return {}
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    policies: dict[str, Any] = json.loads(module.aws_managed_policies_data)
    return policies
