"""What a bucket does by itself or for others: CORS, lifecycle, tags, website and the like.

Some settings change nothing that this S3 answers, as on AWS: a website configuration is for the
website endpoint alone, acceleration for the accelerate endpoint. They are kept. Others would have
to send or copy something; those are 501.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from ...rules import cors, tags, website
from ...rules.bucket_errors import CrossLocationLoggingProhibited, InvalidTargetBucketForLogging
from ...rules.errors import (
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    MaxMessageLengthExceeded,
    NotImplementedByS3,
)
from ...rules.lifecycle_document import MINIMUM_SIZES, parse_lifecycle
from ...rules.regions import GLOBAL
from .. import xml
from ..call import Call
from ..response import Headers
from ..store.bucket import Bucket
from ..store.store import Store
from .body import read_document

_MINIMUM_SIZE = "x-amz-transition-default-minimum-object-size"
_BUCKET_ARN = "arn:aws:s3:::"


def kept(name: str) -> Callable[[Bucket], Element | None]:
    """Reads a configuration that is kept as a document; None if there is none."""

    def read(bucket: Bucket) -> Element | None:
        document = bucket.settings.documents.get(name)
        # What is kept was written here, not by a client.
        return None if document is None else fromstring(document)

    return read


def forget(name: str) -> Callable[[Bucket], None]:
    """Deletes a configuration that is kept as a document."""

    def clear(bucket: Bucket) -> None:
        bucket.settings.documents.pop(name, None)

    return clear


def _keep(bucket: Bucket, name: str, root: Element) -> None:
    bucket.settings.documents[name] = tostring(root)


def put_cors(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Which pages a browser lets in. Raises what `cors.parse_configuration` raises.

    AWS's code for a document beyond the limit is not known: this is the one for every document.
    """
    if len(read_document(store.spool, call)) > cors.MAX_DOCUMENT:
        raise MaxMessageLengthExceeded(MaxMessageLengthBytes=cors.MAX_DOCUMENT)
    bucket.settings.cors = cors.parse_configuration(root)
    _keep(bucket, "cors", root)


def delete_cors(bucket: Bucket) -> None:
    bucket.settings.cors = ()
    forget("cors")(bucket)


def put_lifecycle(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """What ends as time goes by. Raises what `parse_lifecycle` raises."""
    minimum = call.headers.get(_MINIMUM_SIZE, MINIMUM_SIZES[0])
    lifecycle = parse_lifecycle(root, minimum)
    settings = bucket.settings
    settings.lifecycle, settings.lifecycle_minimum = lifecycle.rules, minimum
    _keep(bucket, "lifecycle", lifecycle.document)
    # New rules, too, are carried out from the next midnight on.
    bucket.aged = store.clock.now().date()


def delete_lifecycle(bucket: Bucket) -> None:
    bucket.settings.lifecycle = ()
    forget("lifecycle")(bucket)


def lifecycle_headers(bucket: Bucket) -> Headers:
    return [(_MINIMUM_SIZE, bucket.settings.lifecycle_minimum)]


def tag_set(bucket: Bucket) -> Element | None:
    """None for a bucket without tags, also after an empty set was put."""
    if not bucket.settings.tags:
        return None
    root = Element("Tagging")
    listed = SubElement(root, "TagSet")
    for key, value in bucket.settings.tags.items():
        xml.add(SubElement(listed, "Tag"), Key=key, Value=value)
    return root


def put_tags(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Raises what `tags.from_xml` raises."""
    bucket.settings.tags = tags.from_xml(root, "Bucket")


def delete_tags(bucket: Bucket) -> None:
    bucket.settings.tags = {}


def put_website(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Kept. Raises what `website.check` raises."""
    website.check(root)
    _keep(bucket, "website", root)


def put_acceleration(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Kept. Raises InvalidRequest for a bucket with a dot in its name, MalformedXML."""
    if "." in bucket.name:
        raise InvalidRequest(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        )
    if root.findtext("Status") not in ("Enabled", "Suspended"):
        raise MalformedXML()
    _keep(bucket, "accelerate", root)


def request_payment(bucket: Bucket) -> Element:
    """Who pays for requests."""
    root = Element("RequestPaymentConfiguration")
    xml.add(root, Payer="Requester" if bucket.settings.requester_pays else "BucketOwner")
    return root


def put_request_payment(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Where the requester pays, nobody is served who could not be charged: no anonymous caller.

    All others are of the account that owns the bucket, which pays as before.
    """
    bucket.settings.requester_pays = root.findtext("Payer") == "Requester"


def put_logging(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Only what turns logging off. Raises InvalidTargetBucketForLogging and the like first."""
    name = root.findtext("LoggingEnabled/TargetBucket")
    if name is None:
        return
    target = store.buckets.get(name)
    if target is None:
        raise InvalidTargetBucketForLogging(TargetBucket=name)
    if target.region != bucket.region:
        source = {} if bucket.region == GLOBAL else {"SourceBucketLocation": bucket.region}
        raise CrossLocationLoggingProhibited(**source, TargetBucketLocation=target.region)
    raise NotImplementedByS3("LoggingEnabled: no access logs are delivered by this local S3")


def put_notification(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Only what turns notifications off. Raises InvalidArgument for a filter first."""
    for name in root.iter("Name"):
        if (name.text or "").lower() not in ("prefix", "suffix"):
            raise InvalidArgument(
                "filter rule name must be either prefix or suffix",
                ArgumentName="FilterRule.Name",
                ArgumentValue=name.text or "",
            )
    if len(root):
        raise NotImplementedByS3(f"{root[0].tag}: no notifications are sent by this local S3")


def put_replication(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Rules that are disabled are kept; a rule that copies is 501. Raises InvalidRequest."""
    if bucket.settings.versioning != "Enabled":
        raise InvalidRequest(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    rules = root.findall("Rule")
    for rule in rules:
        name = (rule.findtext("Destination/Bucket") or "").removeprefix(_BUCKET_ARN)
        target = store.buckets.get(name)
        if target is None or target.settings.versioning != "Enabled":
            raise InvalidRequest("Destination bucket must have versioning enabled.")
    if any(rule.findtext("Status") == "Enabled" for rule in rules):
        raise NotImplementedByS3("Status Enabled: nothing is replicated by this local S3")
    for rule in rules:
        if rule.find("ID") is None:
            rule.insert(0, Element("ID"))
            rule[0].text = base64.b64encode(str(uuid.uuid4()).encode()).decode()
    _keep(bucket, "replication", root)
