"""Documents in which every element that S3 knows has its effect; those of one operation together.

An element that is 501 by itself (`schema.missing`) is in none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from strict_s3.rules import documents
from strict_s3.rules.checksums import LENGTHS
from strict_s3.rules.identity import ACCOUNT
from strict_s3.rules.ownership import canonical_id
from strict_s3.rules.schema import Shape
from tests.strict_s3.inputs.samples import LATER, REGION
from tests.strict_s3.inputs.world import World, completion

SHAPES = {
    "CompleteMultipartUpload": documents.COMPLETE_MULTIPART_UPLOAD,
    "CreateBucket": documents.CREATE_BUCKET,
    "DeleteObjects": documents.DELETE,
    "PutBucketAccelerateConfiguration": documents.ACCELERATE,
    "PutBucketAcl": documents.ACCESS_CONTROL_POLICY,
    "PutBucketCors": documents.CORS,
    "PutBucketEncryption": documents.ENCRYPTION,
    "PutBucketLifecycleConfiguration": documents.LIFECYCLE,
    "PutBucketLogging": documents.LOGGING,
    "PutBucketNotificationConfiguration": documents.NOTIFICATION,
    "PutBucketOwnershipControls": documents.OWNERSHIP_CONTROLS,
    "PutBucketReplication": documents.REPLICATION,
    "PutBucketRequestPayment": documents.REQUEST_PAYMENT,
    "PutBucketTagging": documents.TAGGING,
    "PutBucketVersioning": documents.VERSIONING,
    "PutBucketWebsite": documents.WEBSITE,
    "PutObjectAcl": documents.ACCESS_CONTROL_POLICY,
    "PutObjectLegalHold": documents.LEGAL_HOLD,
    "PutObjectLockConfiguration": documents.OBJECT_LOCK,
    "PutObjectRetention": documents.RETENTION,
    "PutObjectTagging": documents.TAGGING,
    "PutPublicAccessBlock": documents.PUBLIC_ACCESS_BLOCK,
}

_TAG = "<Tag><Key>b</Key><Value>2</Value></Tag>"
_LARGER = "<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>"
_SMALLER = "<ObjectSizeLessThan>9</ObjectSizeLessThan>"
_OWNER = f"<Owner><ID>{canonical_id(ACCOUNT)}</ID><DisplayName>me</DisplayName></Owner>"
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_PERMISSION = "<Permission>FULL_CONTROL</Permission>"
_SOME_TAGS = f"<TagSet>{_TAG}</TagSet>"
_EXCEPT_MANY = f"<Not><Or><Prefix>z</Prefix>{_TAG}</Or></Not>"


def _acl(kind: str, grantee: str) -> str:
    return (
        f'{_OWNER}<AccessControlList><Grant><Grantee {_XSI} xsi:type="{kind}">{grantee}</Grantee>'
        f"{_PERMISSION}</Grant></AccessControlList>"
    )


_ACLS = (
    _acl("CanonicalUser", f"<ID>{canonical_id(ACCOUNT)}</ID><DisplayName>me</DisplayName>"),
    _acl("Group", f"<URI>{_ALL_USERS}</URI>"),
    _acl("AmazonCustomerByEmail", "<EmailAddress>a@example.com</EmailAddress>"),
)


def _rule(which: str, actions: str) -> str:
    return f"<Rule><ID>r</ID>{which}<Status>Enabled</Status>{actions}</Rule>"


_MOVES = (
    "<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>",
    "<NoncurrentVersionTransition><NoncurrentDays>30</NoncurrentDays><NewerNoncurrentVersions>2"
    "</NewerNoncurrentVersions><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>",
    "<NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays><NewerNoncurrentVersions>2"
    "</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
)
_AT = "<Date>2027-01-01T00:00:00Z</Date>"
_IN_A_YEAR = "<Expiration><Days>365</Days></Expiration>"
_LIFECYCLES = (
    _rule(
        f"<Filter><And><Prefix>x</Prefix>{_TAG}{_LARGER}{_SMALLER}</And></Filter>", "".join(_MOVES)
    ),
    _rule("<Filter><Prefix>x</Prefix></Filter>", f"<Expiration>{_AT}</Expiration>"),
    _rule(f"<Filter>{_TAG}</Filter>", _IN_A_YEAR),
    _rule(f"<Filter>{_LARGER}</Filter>", _IN_A_YEAR),
    _rule(f"<Filter>{_SMALLER}</Filter>", _IN_A_YEAR),
    _rule(
        "<Prefix>x</Prefix>",
        f"<Transition>{_AT}<StorageClass>GLACIER</StorageClass></Transition>"
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
        "</AbortIncompleteMultipartUpload>",
    ),
    _rule(
        "<Prefix>x</Prefix>",
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
    ),
)
_DISABLED = "<Status>Disabled</Status>"
_DESTINATION = f"""<Destination><Bucket>arn:aws:s3:::plain</Bucket><Account>{ACCOUNT}</Account>
<StorageClass>STANDARD_IA</StorageClass>
<AccessControlTranslation><Owner>Destination</Owner></AccessControlTranslation>
<EncryptionConfiguration><ReplicaKmsKeyID>k</ReplicaKmsKeyID>
<UseSourceMultiRegionKey>{_DISABLED}</UseSourceMultiRegionKey></EncryptionConfiguration>
<ReplicationTime>{_DISABLED}<Time><Minutes>15</Minutes></Time></ReplicationTime>
<Metrics>{_DISABLED}<EventThreshold><Minutes>15</Minutes></EventThreshold></Metrics></Destination>"""


def _replica(which: str) -> str:
    return f"""<Role>role</Role><Rule><ID>r</ID><Priority>1</Priority>{which}{_DISABLED}
<SourceSelectionCriteria><SseKmsEncryptedObjects>{_DISABLED}</SseKmsEncryptedObjects>
<ReplicaModifications>{_DISABLED}</ReplicaModifications></SourceSelectionCriteria>
<ExistingObjectReplication>{_DISABLED}</ExistingObjectReplication>{_DESTINATION}
<DeleteMarkerReplication>{_DISABLED}</DeleteMarkerReplication></Rule>"""


def _filters() -> Iterator[str]:
    yield "<Prefix>x</Prefix>"
    exceptions = ("<Not><Prefix>z</Prefix></Not>", f"<Not>{_TAG}</Not>", _EXCEPT_MANY)
    for one in ("<Prefix>x</Prefix>", _TAG, *exceptions):
        yield f"<Filter>{one}</Filter>"
    for one in exceptions:
        yield f"<Filter><And><Prefix>x</Prefix>{_TAG}{one}</And></Filter>"


_FILTER = (
    "<Filter><S3Key><FilterRule><Name>prefix</Name><Value>x</Value></FilterRule></S3Key></Filter>"
)
_NOTIFIED = {"Topic": "Topic", "Queue": "Queue", "CloudFunction": "CloudFunction"}
_REDIRECT = """<Redirect><Protocol>https</Protocol><HostName>example.com</HostName>
<{0}>y</{0}><HttpRedirectCode>302</HttpRedirectCode></Redirect>"""
_WEBSITES = tuple(
    f"""<IndexDocument><Suffix>index.html</Suffix></IndexDocument>
<ErrorDocument><Key>error.html</Key></ErrorDocument><RoutingRules><RoutingRule><Condition>
<KeyPrefixEquals>x</KeyPrefixEquals><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals>
</Condition>{_REDIRECT.format(name)}</RoutingRule></RoutingRules>"""
    for name in ("ReplaceKeyPrefixWith", "ReplaceKeyWith")
)
_LOGGED = """<LoggingEnabled><TargetBucket>plain</TargetBucket><TargetPrefix>logs/</TargetPrefix>
<TargetGrants><Grant><Grantee><ID>i</ID><DisplayName>d</DisplayName><EmailAddress>e</EmailAddress>
<URI>u</URI></Grantee><Permission>READ</Permission></Grant></TargetGrants><TargetObjectKeyFormat>
<SimplePrefix/><PartitionedPrefix><PartitionDateSource>EventTime</PartitionDateSource>
</PartitionedPrefix></TargetObjectKeyFormat></LoggingEnabled>"""


def _encryption(rule: str) -> str:
    return f"<Rule>{rule}</Rule>"


def _lock(period: str) -> str:
    retention = f"<DefaultRetention><Mode>GOVERNANCE</Mode>{period}</DefaultRetention>"
    return f"<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>{retention}</Rule>"


def documents_of(operation: str, world: World) -> list[str]:
    """The documents, without their roots."""
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    location = f"<LocationConstraint>{REGION}</LocationConstraint>"
    inner = {
        "CreateBucket": [f"{location}<Tags>{_TAG}</Tags>"],
        "DeleteObjects": [
            f"<Object><Key>locked</Key><VersionId>{world.locked}</VersionId></Object>"
            "<Object><Key>k</Key><ETag>other</ETag></Object>",
            f"<Object><Key>k</Key><ETag>{hashlib.md5(b'k').hexdigest()}</ETag></Object>",
            "<Object><Key>k</Key></Object><Quiet>true</Quiet>",
        ],
        "PutBucketAccelerateConfiguration": ["<Status>Enabled</Status>"],
        "PutBucketAcl": _ACLS,
        "PutBucketCors": [
            "<CORSRule><ID>r</ID><AllowedHeader>a</AllowedHeader><AllowedMethod>GET</AllowedMethod>"
            "<AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader>"
            "<MaxAgeSeconds>9</MaxAgeSeconds></CORSRule>"
        ],
        "PutBucketEncryption": [
            _encryption(
                "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
                "<KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>"
                "<BucketKeyEnabled>true</BucketKeyEnabled>"
            ),
            _encryption(
                "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType>"
                "</BlockedEncryptionTypes>"
            ),
        ],
        "PutBucketLifecycleConfiguration": _LIFECYCLES,
        "PutBucketLogging": [_LOGGED],
        "PutBucketNotificationConfiguration": [
            "<EventBridgeConfiguration/>",
            *(
                f"<{kind}Configuration><Id>i</Id><{name}>arn</{name}><Event>s3:ObjectCreated:*"
                f"</Event>{_FILTER}</{kind}Configuration>"
                for kind, name in _NOTIFIED.items()
            ),
        ],
        "PutBucketOwnershipControls": [
            "<Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule>"
        ],
        "PutBucketReplication": [_replica(which) for which in _filters()],
        "PutBucketRequestPayment": ["<Payer>Requester</Payer>"],
        "PutBucketTagging": [_SOME_TAGS],
        "PutBucketVersioning": ["<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>"],
        "PutBucketWebsite": [
            "<RedirectAllRequestsTo><HostName>example.com</HostName><Protocol>https</Protocol>"
            "</RedirectAllRequestsTo>",
            *_WEBSITES,
        ],
        "PutObjectAcl": _ACLS,
        "PutObjectLegalHold": ["<Status>ON</Status>"],
        "PutObjectLockConfiguration": [_lock("<Days>1</Days>"), _lock("<Years>1</Years>")],
        "PutObjectRetention": [
            f"<Mode>GOVERNANCE</Mode><RetainUntilDate>{LATER}</RetainUntilDate>"
        ],
        "PutObjectTagging": [_SOME_TAGS],
        "PutPublicAccessBlock": ["".join(f"<{name}>true</{name}>" for name in switches)],
    }
    if operation == "CompleteMultipartUpload":
        others = [name for name in LENGTHS if name != "SHA256"]
        texts = [completion(f"<Checksum{name}>-</Checksum{name}>").decode() for name in others]
        return [completion().decode(), *texts]
    root = SHAPES[operation].name
    return [f"<{root}>{text}</{root}>".replace("\n", "") for text in inner[operation]]


def paths_of(shape: Shape) -> dict[str, bool]:
    """The paths of the elements of a shape, and whether each is 501."""
    paths: dict[str, bool] = {}
    for child in shape.children:
        paths[child.name] = not isinstance(child.content, Shape) and not callable(child.content)
        if isinstance(child.content, Shape):
            deeper = paths_of(child.content).items()
            paths |= {f"{child.name}/{path}": missing for path, missing in deeper}
    return paths
