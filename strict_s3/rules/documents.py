"""The shapes of the XML documents that clients send.

Source: the "Request syntax" of each operation, from
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html to
API_PutPublicAccessBlock; a test compares them with botocore's model. Each element that S3 knows is
here, those that are `missing` with the reason.
"""

from __future__ import annotations

from .checksums import LENGTHS, NOT_COMPUTED
from .lifecycle import TIERS
from .limits import MAX_DELETE
from .schema import Child, Shape, boolean, choice, long, many, maybe, missing, need, number, part

_ON_OFF = choice("Enabled", "Disabled")
_STATUS = part(need("Status", _ON_OFF))
_RETENTION_MODE = choice("GOVERNANCE", "COMPLIANCE")
_TAG = part(need("Key"), need("Value"))

MAX_RULES = 1000  # of lifecycle and of replication
_TIER = choice(*TIERS)

CREATE_BUCKET = Shape(
    "CreateBucketConfiguration",
    maybe("LocationConstraint"),
    missing("Location", "it makes a directory bucket"),
    missing("Bucket", "it makes a directory bucket"),
    maybe("Tags", part(many("Tag", _TAG))),
)
VERSIONING = Shape(
    "VersioningConfiguration",
    maybe("Status", choice("Enabled", "Suspended")),
    maybe("MfaDelete", _ON_OFF),
)
PUBLIC_ACCESS_BLOCK = Shape(
    "PublicAccessBlockConfiguration",
    maybe("BlockPublicAcls", boolean),
    maybe("IgnorePublicAcls", boolean),
    maybe("BlockPublicPolicy", boolean),
    maybe("RestrictPublicBuckets", boolean),
)
OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
OWNERSHIP_CONTROLS = Shape(
    "OwnershipControls",
    many("Rule", part(need("ObjectOwnership", choice(*OWNERSHIPS))), least=1, most=1),
)
ENCRYPTION = Shape(
    "ServerSideEncryptionConfiguration",
    many(
        "Rule",
        part(
            maybe(
                "ApplyServerSideEncryptionByDefault",
                part(
                    # aws:fsx and aws:backup belong to access points of those services.
                    need("SSEAlgorithm", choice("AES256", "aws:kms", "aws:kms:dsse")),
                    maybe("KMSMasterKeyID"),
                ),
            ),
            maybe("BucketKeyEnabled", boolean),
            maybe(
                "BlockedEncryptionTypes",
                part(many("EncryptionType", choice("NONE", "SSE-C"), least=1)),
            ),
        ),
        least=1,
        most=1,
    ),
)
OBJECT_LOCK = Shape(
    "ObjectLockConfiguration",
    need("ObjectLockEnabled", choice("Enabled")),
    maybe(
        "Rule",
        part(
            need(
                "DefaultRetention",
                part(
                    need("Mode", _RETENTION_MODE),
                    maybe("Days", number),
                    maybe("Years", number),
                    missing("DefaultEventHold", "there are no event holds"),
                ),
            )
        ),
    ),
)
RETENTION = Shape(
    "Retention",
    maybe("Mode", _RETENTION_MODE),
    maybe("RetainUntilDate"),
    missing("EventHold", "there are no event holds"),
    missing("EventHoldDuration", "there are no event holds"),
)
LEGAL_HOLD = Shape("LegalHold", need("Status", choice("ON", "OFF")))
_OF_DIRECTORIES = "only directory buckets compare it"
DELETE = Shape(
    "Delete",
    many(
        "Object",
        part(
            need("Key"),
            maybe("VersionId"),
            maybe("ETag"),
            missing("LastModifiedTime", _OF_DIRECTORIES),
            missing("Size", _OF_DIRECTORIES),
        ),
        least=1,
        most=MAX_DELETE,
    ),
    maybe("Quiet"),
)
COMPLETE_MULTIPART_UPLOAD = Shape(
    "CompleteMultipartUpload",
    many(
        "Part",
        part(
            need("PartNumber", number),
            need("ETag"),
            *(maybe(f"Checksum{name}") for name in LENGTHS),
            *(missing(f"Checksum{name}", "it is not computed") for name in NOT_COMPUTED),
        ),
    ),
)
TAGGING = Shape("Tagging", maybe("TagSet", part(many("Tag", _TAG))))
CORS = Shape(
    "CORSConfiguration",
    many(
        "CORSRule",
        part(
            maybe("ID"),
            many("AllowedHeader"),
            many("AllowedMethod", least=1),
            many("AllowedOrigin", least=1),
            many("ExposeHeader"),
            maybe("MaxAgeSeconds", number),
        ),
        least=1,
    ),
)
_PREDICATES = (
    maybe("Prefix"),
    many("Tag", _TAG),
    maybe("ObjectSizeGreaterThan", long),
    maybe("ObjectSizeLessThan", long),
)
_NONCURRENT = (need("NoncurrentDays", number), maybe("NewerNoncurrentVersions", number))
LIFECYCLE = Shape(
    "LifecycleConfiguration",
    many(
        "Rule",
        part(
            maybe("ID"),
            maybe(
                "Filter",
                part(
                    maybe("Prefix"),
                    maybe("Tag", _TAG),
                    *_PREDICATES[2:],
                    maybe("And", part(*_PREDICATES)),
                ),
            ),
            maybe("Prefix"),
            need("Status", _ON_OFF),
            many(
                "Transition",
                part(maybe("Date"), maybe("Days", number), need("StorageClass", _TIER)),
            ),
            maybe(
                "Expiration",
                part(
                    maybe("Date"),
                    maybe("Days", number),
                    maybe("ExpiredObjectDeleteMarker", boolean),
                ),
            ),
            many("NoncurrentVersionTransition", part(*_NONCURRENT, need("StorageClass", _TIER))),
            maybe("NoncurrentVersionExpiration", part(*_NONCURRENT)),
            maybe("AbortIncompleteMultipartUpload", part(need("DaysAfterInitiation", number))),
        ),
        least=1,
        most=MAX_RULES,
    ),
)
_MINUTES = part(need("Minutes", number))
_EXCEPT = maybe(
    "Not",
    part(maybe("Prefix"), maybe("Tag", _TAG), maybe("Or", part(many("Prefix"), many("Tag", _TAG)))),
)
REPLICATION = Shape(
    "ReplicationConfiguration",
    need("Role"),
    many(
        "Rule",
        part(
            maybe("ID"),
            maybe("Priority", number),
            maybe("Prefix"),
            maybe(
                "Filter",
                part(
                    maybe("Prefix"),
                    maybe("Tag", _TAG),
                    maybe("And", part(maybe("Prefix"), many("Tag", _TAG), _EXCEPT)),
                    _EXCEPT,
                ),
            ),
            need("Status", _ON_OFF),
            maybe(
                "SourceSelectionCriteria",
                part(
                    maybe("SseKmsEncryptedObjects", _STATUS), maybe("ReplicaModifications", _STATUS)
                ),
            ),
            maybe("ExistingObjectReplication", _STATUS),
            need(
                "Destination",
                part(
                    need("Bucket"),
                    maybe("Account"),
                    maybe("StorageClass", _TIER),
                    maybe("AccessControlTranslation", part(need("Owner", choice("Destination")))),
                    maybe(
                        "EncryptionConfiguration",
                        part(maybe("ReplicaKmsKeyID"), maybe("UseSourceMultiRegionKey", _STATUS)),
                    ),
                    maybe(
                        "ReplicationTime",
                        part(need("Status", _ON_OFF), need("Time", _MINUTES)),
                    ),
                    maybe(
                        "Metrics",
                        part(need("Status", _ON_OFF), maybe("EventThreshold", _MINUTES)),
                    ),
                ),
            ),
            maybe("DeleteMarkerReplication", part(maybe("Status", _ON_OFF))),
        ),
        least=1,
        most=MAX_RULES,
    ),
)
WEBSITE = Shape(
    "WebsiteConfiguration",
    maybe("RedirectAllRequestsTo", part(need("HostName"), maybe("Protocol"))),
    maybe("IndexDocument", part(need("Suffix"))),
    maybe("ErrorDocument", part(need("Key"))),
    maybe(
        "RoutingRules",
        part(
            many(
                "RoutingRule",
                part(
                    maybe(
                        "Condition",
                        part(maybe("KeyPrefixEquals"), maybe("HttpErrorCodeReturnedEquals")),
                    ),
                    need(
                        "Redirect",
                        part(
                            maybe("Protocol"),
                            maybe("HostName"),
                            maybe("ReplaceKeyPrefixWith"),
                            maybe("ReplaceKeyWith"),
                            maybe("HttpRedirectCode"),
                        ),
                    ),
                ),
                least=1,
            )
        ),
    ),
)
# Its Status is checked after the bucket's name, as on S3.
ACCELERATE = Shape("AccelerateConfiguration", maybe("Status"))
REQUEST_PAYMENT = Shape(
    "RequestPaymentConfiguration", need("Payer", choice("BucketOwner", "Requester"))
)
_GRANT = part(
    need("Grantee", part(maybe("ID"), maybe("DisplayName"), maybe("EmailAddress"), maybe("URI"))),
    need("Permission", choice("FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP")),
)
_OWNER = part(need("ID"), maybe("DisplayName"))
ACCESS_CONTROL_POLICY = Shape(
    "AccessControlPolicy",
    need("Owner", _OWNER),
    need("AccessControlList", part(many("Grant", _GRANT))),
)
LOGGING = Shape(
    "BucketLoggingStatus",
    maybe(
        "LoggingEnabled",
        part(
            need("TargetBucket"),
            need("TargetPrefix"),
            maybe("TargetGrants", part(many("Grant", _GRANT))),
            maybe(
                "TargetObjectKeyFormat",
                part(
                    maybe("SimplePrefix", part()),
                    maybe(
                        "PartitionedPrefix",
                        part(maybe("PartitionDateSource", choice("EventTime", "DeliveryTime"))),
                    ),
                ),
            ),
        ),
    ),
)


def _notified(kind: str, destination: str) -> Child:
    rule = part(need("Name"), need("Value"))
    return many(
        kind,
        part(
            maybe("Id"),
            need(destination),
            many("Event", least=1),
            maybe("Filter", part(maybe("S3Key", part(many("FilterRule", rule))))),
        ),
    )


NOTIFICATION = Shape(
    "NotificationConfiguration",
    _notified("TopicConfiguration", "Topic"),
    _notified("QueueConfiguration", "Queue"),
    _notified("CloudFunctionConfiguration", "CloudFunction"),
    maybe("EventBridgeConfiguration", part()),
)
