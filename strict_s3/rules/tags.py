"""Tags of objects and buckets: which ones S3 accepts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html; the messages are
those that others report from AWS.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from .documents import TAGGING
from .errors import BadRequest, InvalidArgument, InvalidTag

Kind = Literal["Object", "Bucket"]
MAX_TAGS: dict[Kind, int] = {"Object": 10, "Bucket": 50}
MAX_KEY, MAX_VALUE = 128, 256  # characters
# Letters and digits of any script, white space, and these signs.
_ALLOWED = re.compile(r"[\w\s+\-=._:/@]*")
_HEADER = "x-amz-tagging"

_SYSTEM_TAG: dict[Kind, str] = {
    "Object": "Your TagKey cannot be prefixed with aws:",
    "Bucket": "System tags cannot be added/updated by requester",
}


def from_header(text: str) -> dict[str, str]:
    """The tags of an ``x-amz-tagging`` header: ``a=1&b=2``, URL-encoded.

    Raises InvalidArgument, BadRequest (too many).
    """
    if not text:
        return {}
    pairs = parse_qsl(text, keep_blank_values=True)
    tags = dict(pairs)
    if len(tags) < len(pairs) or not all(_is_tag(key, value) for key, value in pairs):
        raise InvalidArgument(
            f"The header '{_HEADER}' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates.",
            ArgumentName=_HEADER,
            ArgumentValue=text,
        )
    return _counted(tags, "Object")


def from_xml(root: Element, kind: Kind = "Object") -> dict[str, str]:
    """The tags of a ``<Tagging>`` document for an object or a bucket.

    Without a TagSet it holds none, as recorded. Raises MalformedXML, InvalidTag, BadRequest (too
    many).
    """
    tags: dict[str, str] = {}
    for tag in TAGGING.checked(root).findall("TagSet/Tag"):
        key, value = tag.findtext("Key") or "", tag.findtext("Value") or ""
        if key.startswith("aws:"):
            raise InvalidTag(_SYSTEM_TAG[kind], TagKey=key)
        if not _is_tag(key, ""):
            raise InvalidTag("The TagKey you have provided is invalid", TagKey=key)
        if not _is_tag(key, value):
            raise InvalidTag(
                "The TagValue you have provided is invalid", TagKey=key, TagValue=value
            )
        if key in tags:
            raise InvalidTag("Cannot provide multiple Tags with the same key", TagKey=key)
        tags[key] = value
    return _counted(tags, kind)


def _is_tag(key: str, value: str) -> bool:
    return (
        0 < len(key) <= MAX_KEY
        and len(value) <= MAX_VALUE
        and not key.startswith("aws:")
        and _ALLOWED.fullmatch(key) is not None
        and _ALLOWED.fullmatch(value) is not None
    )


def _counted(tags: dict[str, str], kind: Kind) -> dict[str, str]:
    if len(tags) > MAX_TAGS[kind]:
        raise BadRequest(f"{kind} tags cannot be greater than {MAX_TAGS[kind]}")
    return tags
