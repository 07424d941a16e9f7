"""Who owns the buckets: the account that a request expects, and the ids that listings show.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from .errors import AccessDenied, InvalidBucketOwnerAWSAccountID

# The bucket of the request, and the bucket that a copy reads.
EXPECTED_OWNERS = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")


def check_expected_owner(headers: Mapping[str, str], account: str) -> None:
    """The bucket owner condition: `account` owns every bucket of this S3.

    `headers` are by lower-case name, those of a presigned URL's query included. Raises
    InvalidBucketOwnerAWSAccountID for a value that is not 12 digits, AccessDenied for another
    account's id.
    """
    for name in EXPECTED_OWNERS:
        expected = headers.get(name)
        if expected is None:
            continue
        if not (len(expected) == 12 and expected.isascii() and expected.isdecimal()):
            raise InvalidBucketOwnerAWSAccountID(
                "The value of the expected bucket owner parameter must be an AWS Account ID... "
                f"[{expected}]"
            )
        if expected != account:
            raise AccessDenied()


@lru_cache(maxsize=16)
def canonical_id(account: str) -> str:
    """The account's canonical user id, as Owner elements show it: 64 hexadecimal digits.

    AWS gives each account a random one; this one follows from the account's number.
    """
    return hashlib.sha256(f"canonical user of {account}".encode()).hexdigest()
