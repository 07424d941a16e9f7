"""Version ids: 32 characters that say nothing to a client, and their order to this S3.

S3 tells an id that it could have made from one that it could not, and a listing goes on after a
version that has been deleted meanwhile. Both take ids that carry something: here their number, and
a digest under a key that this process has drawn. Source of the form: ids recorded on AWS.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from hashlib import blake2b
from itertools import count

_KEY = secrets.token_bytes(32)
_NUMBERS = count(secrets.randbits(32))
_NUMBER, _DIGEST = 8, 16  # bytes


def new() -> str:
    """An id that is later than every id before it."""
    number = next(_NUMBERS).to_bytes(_NUMBER, "big")
    digest = _digest(number)
    return b64encode(_masked(number, digest) + digest, b"._").decode()


def number(version_id: str) -> int | None:
    """The place of an id in the order of all ids; None if this S3 has not made it.

    ``null`` has none: what was written without versioning can be older or newer than others.
    """
    if len(version_id) != 32 or not version_id.isascii():
        return None
    try:
        data = b64decode(version_id, b"._", validate=True)
    except ValueError:
        return None
    masked, digest = data[:_NUMBER], data[_NUMBER:]
    made = _masked(masked, digest)
    return int.from_bytes(made, "big") if secrets.compare_digest(_digest(made), digest) else None


def _digest(data: bytes) -> bytes:
    return blake2b(data, key=_KEY, digest_size=_DIGEST).digest()


def _masked(data: bytes, digest: bytes) -> bytes:
    mask = blake2b(digest, key=_KEY, digest_size=_NUMBER).digest()
    return bytes(one ^ other for one, other in zip(data, mask, strict=True))
