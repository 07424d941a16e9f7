"""Is a bucket policy public? What Block Public Access looks at.

Source: "The meaning of 'public'" in "Blocking public access to your Amazon S3 storage", user guide.
"""

from __future__ import annotations

import ipaddress

from .policy import Policy, Statement

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


def is_public(policy: Policy) -> bool:
    """True if any statement allows something to everybody without narrowing who that is."""
    return any(s.allow and _for_everybody(s) and not _narrowed(s) for s in policy.statements)


def _for_everybody(statement: Statement) -> bool:
    return statement.not_principals or ("AWS", "*") in (statement.principals or ())


def _narrowed(statement: Statement) -> bool:
    return any(
        key.lower() in _NARROWING
        and not operator.negated
        and not operator.is_null
        and all(_fixed(key, value) for value in values)
        for operator, key, values in statement.conditions
    )


def _fixed(key: str, value: str) -> bool:
    if key.lower() == "aws:sourceip":
        # AWS counts very wide address ranges as public.
        network = ipaddress.ip_network(value, strict=False)
        return network.prefixlen >= (8 if network.version == 4 else 32)
    return "*" not in value and "?" not in value and "${" not in value
