"""The parameters of listings: numbers and markers, and which are refused whoever asks.

Source: requests to AWS that others measured and published in September 2026, in the comments of
https://github.com/brekkylab/backlot, backlot/routers/s3.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .errors import InvalidArgument

MAX_INTEGER = 2**31 - 1
_DIGITS = re.compile("-?[0-9]+").fullmatch
# Where each listing is, and its numbers. (HEAD reads those of a bucket, too.)
_NUMBERS = {
    "SERVICE": ("max-buckets",),
    "BUCKET": ("max-keys",),
    "versions": ("max-keys",),
    "uploads": ("max-uploads",),
    "uploadId": ("max-parts", "part-number-marker"),
}
_TEXTS = ("continuation-token", "marker", "start-after", "version-id-marker")
PARAMETERS = frozenset((*_TEXTS, *(name for names in _NUMBERS.values() for name in names)))
_OF_VERSION_1 = (("marker", "Marker unsupported with REST.GET.BUCKET in list-type=2"),)
_OF_VERSION_2 = (
    ("continuation-token", "continuation-token only supported in REST.GET.BUCKET with list-type=2"),
    ("start-after", "startAfter only supported in REST.GET.BUCKET with list-type=2"),
)


def number(text: str) -> int | None:
    """The whole number in `text`, with S3's limits of 32 bits; None for anything else.

    >>> number("-05"), number("5.0"), number("2147483648")
    (-5, None, None)
    """
    if not _DIGITS(text):
        return None
    digits = text.lstrip("-").lstrip("0") or "0"  # int() takes no 4,301 digits
    value = int(digits[:11]) * (-1 if text.startswith("-") else 1)
    return value if -MAX_INTEGER - 1 <= value <= MAX_INTEGER else None


def contradiction(query: Mapping[str, str], kind: str) -> InvalidArgument | None:
    """What S3 refuses before it looks for the bucket; None for nothing.

    `kind` is SERVICE or BUCKET for the listing of buckets or of objects, or else a sub-resource.
    """
    for name in _NUMBERS.get(kind, ()):
        text = query.get(name)
        if text and number(text) is None:
            return InvalidArgument(
                f"Provided {name} not an integer or within integer range",
                ArgumentName=name,
                ArgumentValue=text,
            )
    if kind == "BUCKET":
        version_2 = query.get("list-type") == "2"
        for name, message in _OF_VERSION_1 if version_2 else _OF_VERSION_2:
            if name in query:
                return InvalidArgument(message, ArgumentName=name)
    return _version_marker(query) if kind == "versions" else None


def _version_marker(query: Mapping[str, str]) -> InvalidArgument | None:
    marker = query.get("version-id-marker")
    if marker is None:
        return None
    message = ""
    if "key-marker" not in query:
        message = "A version-id marker cannot be specified without a key marker."
    elif not marker:
        message = "A version-id marker cannot be empty."
    name = "version-id-marker"
    return InvalidArgument(message, ArgumentName=name, ArgumentValue=marker) if message else None
