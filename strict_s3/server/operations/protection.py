"""What protects a bucket: versioning, Object Lock, public access, ownership, encryption."""

from __future__ import annotations

from typing import Literal, cast
from xml.etree.ElementTree import Element, SubElement

from ...rules.bucket_errors import InvalidBucketState
from ...rules.errors import (
    IllegalVersioningConfiguration,
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    NotImplementedByS3,
)
from ...rules.public_access import PublicAccessBlock
from .. import xml
from ..call import Call
from ..store.bucket import Bucket, DefaultRetention, Versioning
from ..store.objects import SSE_S3, Encryption
from ..store.store import Store

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
MAX_DAYS, MAX_YEARS = 36_500, 100  # of a default retention


def versioning(bucket: Bucket) -> Element:
    """Empty for a bucket that never had it."""
    root = Element("VersioningConfiguration")
    xml.add(root, Status=bucket.settings.versioning or None)
    return root


def put_versioning(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Enabled or Suspended. Raises InvalidBucketState where something needs the versions."""
    status = root.findtext("Status")
    if root.findtext("MfaDelete") == "Enabled":
        raise NotImplementedByS3("MfaDelete Enabled is not carried out by this local S3")
    if status is None:
        raise IllegalVersioningConfiguration()
    if status == "Suspended":
        cannot = "is present on this bucket, so the versioning state cannot be changed."
        if bucket.settings.object_lock:
            raise InvalidBucketState(f"An Object Lock configuration {cannot}")
        if "replication" in bucket.settings.documents:
            raise InvalidBucketState(f"A replication configuration {cannot}")
    bucket.settings.versioning = cast(Versioning, status)


def object_lock(bucket: Bucket) -> Element | None:
    """None for a bucket without Object Lock."""
    settings = bucket.settings
    if not settings.object_lock:
        return None
    root = Element("ObjectLockConfiguration")
    xml.add(root, ObjectLockEnabled="Enabled")
    default = settings.default_retention
    if default is not None:
        retention = SubElement(SubElement(root, "Rule"), "DefaultRetention")
        xml.add(retention, Mode=default.mode)
        xml.add(retention, Days=default.days or None, Years=default.years or None)
    return root


def put_object_lock(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Object Lock, once enabled, stays. Raises InvalidBucketState, InvalidArgument."""
    default = _default_retention(root.find("Rule/DefaultRetention"))
    if bucket.settings.versioning != "Enabled":
        raise InvalidBucketState(
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    bucket.settings.object_lock = True
    bucket.settings.default_retention = default


def _default_retention(element: Element | None) -> DefaultRetention | None:
    if element is None:
        return None
    periods = [(name, element.findtext(name)) for name in ("Days", "Years")]
    given = [(name, text) for name, text in periods if text is not None]
    if len(given) != 1:
        raise MalformedXML()
    name, text = given[0]
    if int(text) < 1:
        raise InvalidArgument(
            "Default retention period must be a positive integer value.", ArgumentName=name
        )
    if int(text) > (MAX_DAYS if name == "Days" else MAX_YEARS):
        raise InvalidArgument("Default retention period too large.", ArgumentName=name)
    mode = cast(Literal["GOVERNANCE", "COMPLIANCE"], element.findtext("Mode"))
    days, years = (int(text), 0) if name == "Days" else (0, int(text))
    return DefaultRetention(mode, days, years)


_SWITCHES = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}


def public_access_block(bucket: Bucket) -> Element | None:
    """All four switches."""
    block = bucket.settings.public_access_block
    if block is None:
        return None
    root = Element("PublicAccessBlockConfiguration")
    xml.add(root, **{name: getattr(block, field) for name, field in _SWITCHES.items()})
    return root


def put_public_access_block(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """A switch that isn't named is off. Raises InvalidRequest if none is named.

    (moto's tests, tests/test_s3/test_s3_config.py and others, quote AWS.)
    """
    if not len(root):
        raise InvalidRequest("Must specify at least one configuration.")
    on = {field: root.findtext(name) == "true" for name, field in _SWITCHES.items()}
    bucket.settings.public_access_block = PublicAccessBlock(**on)


def delete_public_access_block(bucket: Bucket) -> None:
    bucket.settings.public_access_block = None


def ownership(bucket: Bucket) -> Element | None:
    """Who owns new objects; None after DeleteBucketOwnershipControls."""
    if not bucket.settings.ownership:
        return None
    root = Element("OwnershipControls")
    xml.add(SubElement(root, "Rule"), ObjectOwnership=bucket.settings.ownership)
    return root


def put_ownership(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """Whether the bucket takes ACLs (`rules.acls`)."""
    bucket.settings.ownership = root.findtext("Rule/ObjectOwnership") or ""


def delete_ownership(bucket: Bucket) -> None:
    bucket.settings.ownership = ""


def encryption(bucket: Bucket) -> Element:
    """The default encryption; SSE-S3 if none was put."""
    default = bucket.settings.encryption
    root = Element("ServerSideEncryptionConfiguration")
    rule = SubElement(root, "Rule")
    by_default = SubElement(rule, "ApplyServerSideEncryptionByDefault")
    xml.add(by_default, SSEAlgorithm=default.algorithm, KMSMasterKeyID=default.kms_key_id or None)
    xml.add(rule, BucketKeyEnabled=default.bucket_key)
    blocked = "SSE-C" if bucket.settings.sse_c_blocked else "NONE"
    xml.add(SubElement(rule, "BlockedEncryptionTypes"), EncryptionType=blocked)
    return root


def put_encryption(store: Store, bucket: Bucket, root: Element, call: Call) -> None:
    """How new objects are encrypted that don't say it themselves. Raises InvalidArgument."""
    blocked = {element.text for element in root.iter("EncryptionType")}
    rule = root.find("Rule")
    by_default = root.find("Rule/ApplyServerSideEncryptionByDefault")
    if rule is None or len(blocked) > 1 or (by_default is None and not blocked):
        raise MalformedXML()
    algorithm, key_id = SSE_S3.algorithm, ""
    if by_default is not None:
        algorithm = by_default.findtext("SSEAlgorithm") or algorithm
        key_id = by_default.findtext("KMSMasterKeyID") or ""
    if algorithm == "AES256" and key_id:
        raise InvalidArgument(
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
            "aws:kms:dsse",
            ArgumentName="ApplyServerSideEncryptionByDefault",
        )
    bucket_key = rule.findtext("BucketKeyEnabled") == "true"
    bucket.settings.encryption = Encryption(algorithm, key_id, bucket_key)
    # A configuration that does not name any blocked type is taken for the default, as it is in a
    # new bucket; whether AWS does so is not known.
    bucket.settings.sse_c_blocked = blocked != {"NONE"}


def delete_encryption(bucket: Bucket) -> None:
    """Back to what new buckets have: SSE-S3, and SSE-C blocked."""
    bucket.settings.encryption = SSE_S3
    bucket.settings.sse_c_blocked = True
