"""Tags of objects and buckets: what S3 takes as one.

Source: "Categorizing your storage using tags" in the Amazon S3 user guide; the messages are the
ones that others report from AWS.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from .errors import BadRequest, InvalidArgument, InvalidTag, MalformedXML

MAX_OBJECT_TAGS, MAX_BUCKET_TAGS = 10, 50
MAX_KEY, MAX_VALUE = 128, 256  # characters
# Letters and digits of any script, white space, and these signs.
_ALLOWED = re.compile(r"[\w\s+\-=._:/@]*")
_HEADER = "x-amz-tagging"


def from_header(text: str) -> dict[str, str]:
    """The tags of an ``x-amz-tagging`` header: ``a=1&b=2``, URL-encoded.

    Raises InvalidArgument, BadRequest (too many).
    """
    pairs = parse_qsl(text, keep_blank_values=True)
    tags = dict(pairs)
    if len(tags) < len(pairs) or not all(_is_tag(key, value) for key, value in pairs):
        raise InvalidArgument(
            f"The header '{_HEADER}' shall be encoded as UTF-8 then URLEncoded URL query "
            "parameters without tag name duplicates.",
            ArgumentName=_HEADER,
            ArgumentValue=text,
        )
    return _counted(tags, MAX_OBJECT_TAGS, "Object")


def from_xml(root: Element, most: int = MAX_OBJECT_TAGS) -> dict[str, str]:
    """The tags of a ``<Tagging>`` document, at most `most`.

    Raises MalformedXML, InvalidTag, BadRequest (too many).
    """
    if root.tag.rpartition("}")[2] != "Tagging" or root.find("{*}TagSet") is None:
        raise MalformedXML()
    tags: dict[str, str] = {}
    for tag in root.findall("{*}TagSet/{*}Tag"):
        key, value = tag.findtext("{*}Key"), tag.findtext("{*}Value")
        if key is None or value is None:
            raise MalformedXML()
        if key.startswith("aws:"):
            raise InvalidTag("System tags cannot be added/updated by requester", TagKey=key)
        if not _is_tag(key, ""):
            raise InvalidTag("The TagKey you have provided is invalid", TagKey=key)
        if not _is_tag(key, value):
            raise InvalidTag(
                "The TagValue you have provided is invalid", TagKey=key, TagValue=value
            )
        if key in tags:
            raise InvalidTag("Cannot provide multiple Tags with the same key", TagKey=key)
        tags[key] = value
    return _counted(tags, most, "Object" if most == MAX_OBJECT_TAGS else "Bucket")


def _is_tag(key: str, value: str) -> bool:
    return (
        0 < len(key) <= MAX_KEY
        and len(value) <= MAX_VALUE
        and not key.startswith("aws:")
        and _ALLOWED.fullmatch(key) is not None
        and _ALLOWED.fullmatch(value) is not None
    )


def _counted(tags: dict[str, str], most: int, what: str) -> dict[str, str]:
    if len(tags) > most:
        raise BadRequest(f"{what} tags cannot be greater than {most}")
    return tags
