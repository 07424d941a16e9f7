"""Every input of the operations that are carried out: which rule obeys it, or that none does.

An input is a header, a query parameter (``?name``) or a form's field, by the name in which it
travels. Each is in `RULES`, beside the module that obeys it or refuses its values as S3 does (the
source is there), or in `NOT_CARRIED_OUT` and answered 501 by name. Nothing is ignored silently.
For the elements of XML documents `documents` is the same.

A test compares the tables with botocore's model of S3 and sends each input, so that an input of a
newer S3 is found, and one that only seems to be obeyed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .errors import NotImplementedByS3

_RULES = {
    "rules.acls": """
        x-amz-acl x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp x-amz-grant-write
        x-amz-grant-write-acp""",
    "rules.checksums": """
        content-md5 x-amz-sdk-checksum-algorithm x-amz-checksum-crc32 x-amz-checksum-crc32c
        x-amz-checksum-crc64nvme x-amz-checksum-sha1 x-amz-checksum-sha256 x-amz-checksum-md5
        x-amz-checksum-sha512 x-amz-checksum-xxhash64 x-amz-checksum-xxhash3
        x-amz-checksum-xxhash128""",
    "rules.conditions": """
        if-match if-none-match if-modified-since if-unmodified-since x-amz-copy-source-if-match
        x-amz-copy-source-if-none-match x-amz-copy-source-if-modified-since
        x-amz-copy-source-if-unmodified-since""",
    "rules.copying": """
        x-amz-copy-source x-amz-copy-source-range x-amz-metadata-directive
        x-amz-tagging-directive""",
    "rules.encryption": """
        x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id
        x-amz-server-side-encryption-bucket-key-enabled x-amz-server-side-encryption-context
        x-amz-server-side-encryption-customer-algorithm
        x-amz-server-side-encryption-customer-key x-amz-server-side-encryption-customer-key-md5
        x-amz-copy-source-server-side-encryption-customer-algorithm
        x-amz-copy-source-server-side-encryption-customer-key
        x-amz-copy-source-server-side-encryption-customer-key-md5""",
    "rules.lifecycle_document": "x-amz-transition-default-minimum-object-size",
    "rules.metadata": """
        x-amz-meta- ?response-cache-control ?response-content-disposition
        ?response-content-encoding ?response-content-language ?response-content-type
        ?response-expires""",
    "rules.object_lock": """
        x-amz-object-lock-mode x-amz-object-lock-retain-until-date x-amz-object-lock-legal-hold
        x-amz-bypass-governance-retention""",
    "rules.ownership": "x-amz-expected-bucket-owner x-amz-source-expected-bucket-owner",
    "rules.tags": "x-amz-tagging",
    "rules.uploads": """
        cache-control content-disposition content-encoding content-language content-type expires
        x-amz-storage-class x-amz-website-redirect-location x-amz-checksum-algorithm
        x-amz-checksum-type ?partNumber""",
    "server.operations.attributes": """
        x-amz-object-attributes x-amz-max-parts x-amz-part-number-marker""",
    # Whoever pays is of the account that owns the bucket, and need not confirm it; others, who
    # would have to, are anonymous and refused.
    "server.authorise": "x-amz-request-payer",
    "server.operations.body": "content-length",
    "server.operations.buckets": """
        x-amz-bucket-object-lock-enabled x-amz-object-ownership x-amz-bucket-namespace
        ?bucket-region ?max-buckets""",
    "server.operations.listing": """
        x-amz-optional-object-attributes ?continuation-token ?fetch-owner ?key-marker ?marker
        ?max-keys ?start-after ?version-id-marker""",
    "server.operations.multipart": "x-amz-mp-object-size",
    "server.operations.numbered": "?id",
    "server.operations.objects": "range x-amz-checksum-mode ?versionId",
    "server.operations.pages": "?delimiter ?encoding-type ?prefix",
    "server.operations.put_object": "?uploadId",
    "server.operations.uploads_listed": """
        ?max-parts ?max-uploads ?part-number-marker ?upload-id-marker""",
}
RULES = {name: rule for rule, names in _RULES.items() for name in names.split()}


@dataclass(frozen=True)
class NotCarriedOut:
    """An input that `operations` have and that no rule here obeys; `why` ends the sentence.

    Without a `why` it is S3 itself that answers 501, in its own words. The value `harmless` asks
    for nothing, and is accepted.
    """

    operations: str
    why: str = ""
    harmless: str = ""

    def concerns(self, operation: str) -> bool:
        return operation in self.operations.split()


_WRITES = "CopyObject CreateMultipartUpload PutObject"
_EVENT_HOLD = NotCarriedOut(_WRITES, "event holds are not carried out")
_TOKEN = NotCarriedOut(
    "PutBucketReplication PutObjectLockConfiguration",
    "AWS Support gives such tokens out, and none is needed",
)
NOT_CARRIED_OUT = {
    # These are for directory buckets (S3 Express One Zone) alone; the third is recorded on AWS.
    "x-amz-write-offset-bytes": NotCarriedOut("PutObject"),
    "x-amz-if-match-initiated-time": NotCarriedOut("AbortMultipartUpload"),
    "x-amz-if-match-last-modified-time": NotCarriedOut("DeleteObject"),
    "x-amz-if-match-size": NotCarriedOut("DeleteObject"),
    # S3 has these, and this S3 does not.
    "x-amz-bucket-object-lock-token": _TOKEN,
    "x-amz-confirm-remove-self-bucket-access": NotCarriedOut(
        "PutBucketPolicy", "a policy cannot take the bucket from its owner", "false"
    ),
    "x-amz-mfa": NotCarriedOut(
        "DeleteObject DeleteObjects PutBucketVersioning", "there are no MFA devices"
    ),
    "x-amz-object-annotation-directive": NotCarriedOut("CopyObject", "objects have no annotations"),
    "x-amz-object-lock-event-hold": _EVENT_HOLD,
    "x-amz-object-lock-event-hold-duration-days": _EVENT_HOLD,
    "x-amz-object-lock-event-hold-duration-years": _EVENT_HOLD,
    "x-amz-skip-destination-validation": NotCarriedOut(
        "PutBucketNotificationConfiguration", "no notifications are sent", "false"
    ),
}

# "Parameters that are passed to PUT through HTTP headers are instead passed as form fields to
# POST" (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).
_OF_A_PUT = tuple(
    name
    for rule in ("acls", "checksums", "encryption", "object_lock", "ownership", "tags", "uploads")
    for name in _RULES[f"rules.{rule}"].split()
    if not name.startswith(("?", "x-amz-bypass-", "x-amz-copy-source-", "x-amz-source-"))
    and name != "x-amz-checksum-type"
)
FORM_FIELDS = frozenset(
    (
        *_OF_A_PUT,
        *("acl", "key", "policy", "tagging", "x-amz-request-payer"),
        *("redirect", "success_action_redirect", "success_action_status"),
        *("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"),
        *("x-amz-security-token", "awsaccesskeyid", "signature"),
        # Reported of AWS: any value is accepted (aws/aws-sdk-js#2649).
        "x-amz-content-sha256",
    )
)


def check(operation: str, inputs: Mapping[str, str]) -> None:
    """Refuse what is not carried out. Raises NotImplementedByS3, which names it.

    `inputs` are the headers of a request, those of a presigned URL's query included, or the
    fields of a form, by lower-case name.

    >>> check("GetObject", {"x-amz-mfa": "123456"})  # GetObject has no such input
    >>> check("DeleteObject", {"x-amz-mfa": "123456"})
    Traceback (most recent call last):
    strict_s3.rules.errors.NotImplementedByS3: 501 NotImplemented: x-amz-mfa is not carried out \
by this local S3: there are no MFA devices
    """
    if operation == "PostObject":
        _check_form(inputs)
        return
    if NOT_CARRIED_OUT.keys().isdisjoint(inputs):
        return
    for name, missing in NOT_CARRIED_OUT.items():  # of several, S3 names the first
        asked = inputs.get(name, missing.harmless).lower()
        if asked != missing.harmless and missing.concerns(operation):
            raise _refused(name, missing.why)


def _check_form(fields: Mapping[str, str]) -> None:
    """Other fields than S3's (a form's own, such as a button) are ignored by S3 too."""
    for name in fields:
        foreign = name.startswith(("x-amz-", "if-")) and not name.startswith("x-amz-meta-")
        if foreign and name not in FORM_FIELDS:
            raise _refused(name, "S3 documents no such field of a form")


def _refused(name: str, why: str) -> NotImplementedByS3:
    message = f"{name} is not carried out by this local S3: {why}" if why else None
    return NotImplementedByS3(message, Header=name)
