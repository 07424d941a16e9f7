"""CreateBucket, DeleteBucket, HeadBucket, ListBuckets, GetBucketLocation.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html and those of the
others beside it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element, SubElement

from ...rules import acls, tags
from ...rules.bucket_errors import BucketAlreadyOwnedByYou, BucketNotEmpty, InvalidBucketName
from ...rules.documents import CREATE_BUCKET, OWNERSHIPS
from ...rules.errors import InvalidArgument, InvalidTag, NotImplementedByS3
from ...rules.limits import MAX_BUCKETS_LISTED, new_bucket_name_problem
from ...rules.listing import number
from ...rules.regions import GLOBAL, REGIONS, check_location
from .. import xml
from ..address import Place
from ..call import Call
from ..response import Headers, Response
from ..store.bucket import Bucket
from ..store.store import Store
from . import pages
from .body import read_document

_LOCK, _OWNERSHIP = "x-amz-bucket-object-lock-enabled", "x-amz-object-ownership"
_NAMESPACE = "x-amz-bucket-namespace"


@dataclass(frozen=True)
class _Wanted:
    """What CreateBucket asks the bucket to be; `location` is its LocationConstraint."""

    location: str
    ownership: str
    object_lock: bool
    tags: dict[str, str]


def create_bucket(store: Store, call: Call) -> Response:
    """CreateBucket. Raises InvalidBucketName, BucketAlreadyOwnedByYou, MalformedXML …"""
    wanted = _wanted(store, call)
    with store.lock:
        existing = store.buckets.get(call.bucket)
        if existing is None:
            bucket = store.create_bucket(call.bucket, wanted.location)
            bucket.settings.ownership = wanted.ownership
            bucket.settings.tags = wanted.tags
            if wanted.object_lock:
                bucket.settings.object_lock, bucket.settings.versioning = True, "Enabled"
        elif not _is_the_same(existing, wanted, store):
            raise BucketAlreadyOwnedByYou(BucketName=call.bucket)
    location = f"/{call.bucket}"
    if wanted.location:  # as always outside us-east-1
        location = call.addresses.url_of(call.request, Place(call.bucket, "", call.place.in_host))
    return Response(200, [("location", location), ("x-amz-bucket-arn", _arn(call.bucket))])


def _wanted(store: Store, call: Call) -> _Wanted:
    if new_bucket_name_problem(call.bucket):
        raise InvalidBucketName(BucketName=call.bucket)
    ownership = call.headers.get(_OWNERSHIP, acls.ENFORCED)
    if ownership not in OWNERSHIPS:
        raise InvalidArgument(f"Invalid {_OWNERSHIP} header: {ownership}", ArgumentName=_OWNERSHIP)
    acls.check_new_bucket_acl(call.headers, ownership)
    if call.headers.get(_NAMESPACE, "global") != "global":
        raise NotImplementedByS3(
            "Buckets in an account's own namespace are not carried out by this local S3",
            Header=_NAMESPACE,
        )
    body = read_document(store.spool, call)
    # An empty document is as good as none.
    root = CREATE_BUCKET.checked(xml.parse(body)) if body else Element(CREATE_BUCKET.name)
    location = root.findtext("LocationConstraint") or ""
    check_location(location, store.region)
    lock = call.headers.get(_LOCK, "false").lower() == "true"
    wanted = _Wanted(location, ownership, lock, _tags(root.find("Tags")))
    if wanted.tags:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging.html
        denied = call.why_not((("s3:TagResource", _arn(call.bucket)),))
        if denied is not None:
            raise denied
    return wanted


def _tags(element: Element | None) -> dict[str, str]:
    if element is None:
        return {}
    if any((key.text or "").startswith("aws:") for key in element.findall("Tag/Key")):
        raise InvalidTag(
            'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system '
            'tags. Remove "aws:" from your tag keys and try again.'
        )
    tagging, element.tag = Element("Tagging"), "TagSet"
    tagging.append(element)
    return tags.from_xml(tagging, "Bucket")


def _is_the_same(bucket: Bucket, wanted: _Wanted, store: Store) -> bool:
    """In us-east-1 creating one's own bucket again is no error, if it would change nothing."""
    settings = bucket.settings
    return (
        store.region == GLOBAL == bucket.region
        and not wanted.location
        and not wanted.tags
        and wanted.ownership == settings.ownership
        and wanted.object_lock == settings.object_lock
    )


def delete_bucket(store: Store, call: Call) -> Response:
    """DeleteBucket. Raises BucketNotEmpty; uploads that are under way end with the bucket."""
    with store.lock:
        bucket = store.bucket(call.bucket)
        if bucket.versions:
            message = BucketNotEmpty.default
            if bucket.settings.versioning:
                message += ". You must delete all versions in the bucket."
            raise BucketNotEmpty(message, BucketName=call.bucket)
        del store.buckets[call.bucket]
    return Response(204)


def head_bucket(store: Store, call: Call) -> Response:
    """HeadBucket: where the bucket is. It reads a listing's parameters. Raises InvalidArgument."""
    bucket = store.bucket(call.bucket)
    pages.encoding(call)
    token = call.parameter("continuation-token")
    if token is not None:
        pages.token_value(token)
    headers: Headers = [
        ("content-type", "application/xml"),
        ("x-amz-bucket-arn", _arn(bucket.name)),
        ("x-amz-bucket-region", bucket.region),
        ("x-amz-access-point-alias", "false"),
    ]
    return Response(200, headers)


def bucket_location(store: Store, call: Call) -> Response:
    """GetBucketLocation: empty for us-east-1."""
    root = xml.result("LocationConstraint")
    root.text = store.bucket(call.bucket).location
    return xml.document(root)


def list_buckets(store: Store, call: Call) -> Response:
    """ListBuckets, by name. Raises InvalidArgument."""
    asked = {name: call.parameter(name) for name in _LISTING}
    prefix, after = asked["prefix"] or "", _after(asked["continuation-token"])
    region, size = asked["bucket-region"], _size(asked["max-buckets"])
    region = region and region.lower()
    if region is not None and region not in REGIONS and region != store.region:
        raise InvalidArgument(
            f"Argument value {asked['bucket-region']} is not a valid AWS Region",
            ArgumentName="bucket-region",
        )
    if region not in (None, store.region) and store.region != GLOBAL:
        raise InvalidArgument(
            "Requests with bucket-region specified must be made to the corresponding regional "
            "endpoint",
            ArgumentName="bucket-region",
        )
    with store.lock:
        found = (store.buckets[name] for name in _names(store, prefix, after))
        matching = [*islice((each for each in found if region in (None, each.region)), size + 1)]
    shown = matching[:size]
    root = xml.result("ListAllMyBucketsResult")
    xml.owner(root, store.account)
    listed = SubElement(root, "Buckets")
    for bucket in shown:
        item = SubElement(listed, "Bucket")
        xml.add(item, Name=bucket.name, CreationDate=xml.instant(bucket.created))
        # S3 names the region only where it is asked to list a part of the buckets.
        if any(value is not None for value in asked.values()):
            xml.add(item, BucketRegion=bucket.region)
        xml.add(item, BucketArn=_arn(bucket.name))
    xml.add(root, Prefix=asked["prefix"])
    if len(matching) > len(shown):
        xml.add(root, ContinuationToken=_token(shown[-1].name))
    return xml.document(root)


_LISTING = ("prefix", "max-buckets", "continuation-token", "bucket-region")


def _names(store: Store, prefix: str, after: str) -> Iterator[str]:
    """The names of buckets that begin with `prefix` and are behind `after`, in order."""
    for name in store.buckets.irange(minimum=max(prefix, after)):
        if not name.startswith(prefix):
            return
        if name > after:
            yield name


def _size(text: str | None) -> int:
    size = number(text or str(MAX_BUCKETS_LISTED)) or 0
    if not 1 <= size <= MAX_BUCKETS_LISTED:
        raise InvalidArgument(
            f"Argument max-buckets must be an integer between 1 and {MAX_BUCKETS_LISTED}",
            ArgumentName="max-buckets",
            ArgumentValue=size,
        )
    return size


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _after(token: str | None) -> str:
    """The name after which the listing goes on; an empty token begins it."""
    try:
        return base64.b64decode(token or "", b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidArgument(
            "The continuation token provided is incorrect",
            ArgumentName="continuation-token",
        ) from None


def _arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"
