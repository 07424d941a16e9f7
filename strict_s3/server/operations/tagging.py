"""GetObjectTagging, PutObjectTagging and DeleteObjectTagging.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

from xml.etree.ElementTree import SubElement

from ...rules import tags
from ...rules.errors import NoSuchKey
from .. import xml
from ..call import Call
from ..response import Response
from ..store.bucket import Bucket
from ..store.objects import ObjectVersion
from ..store.store import Store
from .body import read_document
from .objects import find_version


def get_object_tagging(store: Store, call: Call) -> Response:
    """GetObjectTagging: the tags in the order of their keys."""
    bucket = store.bucket(call.bucket)
    try:
        found = find_version(bucket, call)
    except NoSuchKey:  # recorded: here, and here alone, with the bucket
        raise NoSuchKey(Key=f"{call.bucket}/{call.key}") from None
    root = xml.result("Tagging")
    tag_set = SubElement(root, "TagSet")
    for key, value in sorted(found.tags.items()):
        xml.add(SubElement(tag_set, "Tag"), Key=key, Value=value)
    answer = xml.document(root)
    _say_version(answer, bucket, found)
    return answer


def put_object_tagging(store: Store, call: Call) -> Response:
    """PutObjectTagging: these tags in place of the old ones. Raises what `tags.from_xml` raises."""
    new = tags.from_xml(xml.parse(read_document(store.spool, call)))
    return _replaced(store, call, new, 200)


def delete_object_tagging(store: Store, call: Call) -> Response:
    """DeleteObjectTagging."""
    return _replaced(store, call, {}, 204)


def _replaced(store: Store, call: Call, new: dict[str, str], status: int) -> Response:
    bucket = store.bucket(call.bucket)
    with store.lock:
        found = find_version(bucket, call)
        found.tags = new
    answer = Response(status)
    _say_version(answer, bucket, found)
    return answer


def _say_version(answer: Response, bucket: Bucket, found: ObjectVersion) -> None:
    if bucket.settings.versioning:
        answer.headers.append(("x-amz-version-id", found.version_id))
