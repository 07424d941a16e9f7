"""What makes a bucket or an object public, as Block Public Access sees it.

Source: "The meaning of 'public'" on
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html.
Canned ACLs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from .iam_conditions import Operator
from .policy import Policy, Statement

# The canned ACLs that let others than the bucket's owner in.
PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
# A condition on one of these keys with fixed values makes a statement for everybody non-public.
_NARROWING = frozenset(
    (
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    )
)


@dataclass(frozen=True, slots=True)
class PublicAccessBlock:
    """The four switches of Block Public Access. (With ACLs disabled two of them change nothing.)"""

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


ALL_BLOCKED = PublicAccessBlock(True, True, True, True)  # every new bucket since April 2023
NOT_BLOCKED = PublicAccessBlock()  # a bucket whose configuration has been deleted


def is_public(policy: Policy) -> bool:
    """Does any statement allow something to everybody, without a condition on who that is?"""
    return any(s.allow and _for_everybody(s) and not _narrowed(s) for s in policy.statements)


def _for_everybody(statement: Statement) -> bool:
    return statement.not_principals or ("AWS", "*") in (statement.principals or ())


def _narrowed(statement: Statement) -> bool:
    return any(
        key.lower() in _NARROWING
        and _compares(operator)
        and all(_fixed(operator, key.lower(), value) for value in values)
        for operator, key, values in statement.conditions
    )


def _compares(operator: Operator) -> bool:
    """False for a condition met without the key, or by all values but some: it narrows nothing."""
    return not (operator.is_null or operator.negated or operator.without_values())


def _fixed(operator: Operator, key: str, value: str) -> bool:
    if key == "aws:sourceip":
        # Only IpAddress compares addresses; to other operators they are text.
        return operator.compares_addresses and _is_narrow(value)
    if key == "s3:dataaccesspointarn":
        # "this value can contain a wildcard for the access point name without rendering the policy
        # public, as long as the account ID is fixed"
        value = value.rpartition("/")[0]
    return "*" not in value and "?" not in value and "${" not in value


def _is_narrow(addresses: str) -> bool:
    """Very wide ranges count as public: wider than /8 for IPv4, than /32 for IPv6."""
    try:
        network = ipaddress.ip_network(addresses, strict=False)
    except ValueError:  # a variable
        return False
    return network.prefixlen >= (8 if network.version == 4 else 32)
