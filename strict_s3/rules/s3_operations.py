"""The table of S3's operations: by method and sub-resources, the API name and the IAM action.

A key is (method, sub-resource, …) with the sub-resources in alphabetical order. Two of them make a
key only if S3 has such an operation, so that no combination can pass for a weaker one. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html.
"""

from __future__ import annotations

Table = dict[tuple[str, ...], tuple[str, str]]

# Bucket configurations: sub-resource -> (API name, action's name, methods).
_CONFIGURATIONS = {
    "accelerate": ("BucketAccelerateConfiguration", "AccelerateConfiguration", "GP"),
    "acl": ("BucketAcl", "BucketAcl", "GP"),
    "abac": ("BucketAbac", "BucketAbac", "GP"),
    "cors": ("BucketCors", "BucketCORS", "GPD"),
    "encryption": ("BucketEncryption", "EncryptionConfiguration", "GPD"),
    "lifecycle": ("BucketLifecycleConfiguration", "LifecycleConfiguration", "GPD"),
    "location": ("BucketLocation", "BucketLocation", "G"),
    "logging": ("BucketLogging", "BucketLogging", "GP"),
    "notification": ("BucketNotificationConfiguration", "BucketNotification", "GP"),
    "object-lock": ("ObjectLockConfiguration", "BucketObjectLockConfiguration", "GP"),
    "ownershipControls": ("BucketOwnershipControls", "BucketOwnershipControls", "GPD"),
    "policy": ("BucketPolicy", "BucketPolicy", "GPD"),
    "policyStatus": ("BucketPolicyStatus", "BucketPolicyStatus", "G"),
    "publicAccessBlock": ("PublicAccessBlock", "BucketPublicAccessBlock", "GPD"),
    "replication": ("BucketReplication", "ReplicationConfiguration", "GPD"),
    "requestPayment": ("BucketRequestPayment", "BucketRequestPayment", "GP"),
    "tagging": ("BucketTagging", "BucketTagging", "GPD"),
    "versioning": ("BucketVersioning", "BucketVersioning", "GP"),
    "website": ("BucketWebsite", "BucketWebsite", "GPD"),
}
# A bucket can have many of each: "id" names one, and a GET without it lists them.
NUMBERED = {
    "analytics": "AnalyticsConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "inventory": "InventoryConfiguration",
    "metrics": "MetricsConfiguration",
}
_VERBS = {"G": ("GET", "Get"), "P": ("PUT", "Put"), "D": ("DELETE", "Delete")}
# Most configurations are deleted with the action that writes them; these two have their own.
_OWN_DELETE = ("policy", "website")
_METADATA = {
    "metadataConfiguration": "BucketMetadataConfiguration",
    "metadataTable": "BucketMetadataTableConfiguration",
}
_METADATA_UPDATES = {
    "metadataAnnotationTable": "UpdateBucketMetadataAnnotationTableConfiguration",
    "metadataInventoryTable": "UpdateBucketMetadataInventoryTableConfiguration",
    "metadataJournalTable": "UpdateBucketMetadataJournalTableConfiguration",
}

BUCKET: Table = {
    ("HEAD",): ("HeadBucket", "s3:ListBucket"),
    ("GET",): ("ListObjects", "s3:ListBucket"),
    ("GET", "versions"): ("ListObjectVersions", "s3:ListBucketVersions"),
    ("GET", "uploads"): ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("PUT",): ("CreateBucket", "s3:CreateBucket"),
    ("DELETE",): ("DeleteBucket", "s3:DeleteBucket"),
    # The keys are in the body, and each is authorised on its own.
    ("POST", "delete"): ("DeleteObjects", ""),
}
for _sub, (_name, _action, _methods) in _CONFIGURATIONS.items():
    for _letter in _methods:
        _method, _verb = _VERBS[_letter]
        _needed = _verb if _letter != "D" or _sub in _OWN_DELETE else "Put"
        BUCKET[_method, _sub] = (f"{_verb}{_name}", f"s3:{_needed}{_action}")
BUCKET["DELETE", "lifecycle"] = ("DeleteBucketLifecycle", "s3:PutLifecycleConfiguration")
for _sub, _name in NUMBERED.items():
    BUCKET["GET", _sub] = (f"ListBucket{_name}s", f"s3:Get{_name}")
    BUCKET["GET", "id", _sub] = (f"GetBucket{_name}", f"s3:Get{_name}")
    BUCKET["PUT", "id", _sub] = (f"PutBucket{_name}", f"s3:Put{_name}")
    BUCKET["DELETE", "id", _sub] = (f"DeleteBucket{_name}", f"s3:Put{_name}")
for _sub, _name in _METADATA.items():
    # The second version of this API kept the actions of the first.
    for _method, _verb in (("POST", "Create"), ("GET", "Get"), ("DELETE", "Delete")):
        _action = f"s3:{_verb}BucketMetadataTableConfiguration"
        BUCKET[_method, _sub] = (f"{_verb}{_name}", _action)
for _sub, _name in _METADATA_UPDATES.items():
    BUCKET["PUT", _sub] = (_name, f"s3:{_name}")
# Alphabetical order, also where "id" comes after its sub-resource.
BUCKET = {(key[0], *sorted(key[1:])): value for key, value in BUCKET.items()}

OBJECT: Table = {
    ("HEAD",): ("HeadObject", "s3:GetObject"),
    ("GET",): ("GetObject", "s3:GetObject"),
    ("GET", "acl"): ("GetObjectAcl", "s3:GetObjectAcl"),
    ("GET", "annotation"): ("ListObjectAnnotations", "s3:ListObjectAnnotations"),
    ("GET", "annotation", "annotationName"): ("GetObjectAnnotation", "s3:GetObjectAnnotation"),
    ("GET", "attributes"): ("GetObjectAttributes", "s3:GetObjectAttributes"),
    ("GET", "legal-hold"): ("GetObjectLegalHold", "s3:GetObjectLegalHold"),
    ("GET", "retention"): ("GetObjectRetention", "s3:GetObjectRetention"),
    ("GET", "tagging"): ("GetObjectTagging", "s3:GetObjectTagging"),
    ("GET", "torrent"): ("GetObjectTorrent", "s3:GetObjectTorrent"),
    ("GET", "uploadId"): ("ListParts", "s3:ListMultipartUploadParts"),
    ("PUT",): ("PutObject", "s3:PutObject"),
    ("PUT", "acl"): ("PutObjectAcl", "s3:PutObjectAcl"),
    ("PUT", "annotation", "annotationName"): ("PutObjectAnnotation", "s3:PutObjectAnnotation"),
    ("PUT", "encryption"): ("UpdateObjectEncryption", "s3:UpdateObjectEncryption"),
    ("PUT", "legal-hold"): ("PutObjectLegalHold", "s3:PutObjectLegalHold"),
    ("PUT", "partNumber", "uploadId"): ("UploadPart", "s3:PutObject"),
    ("PUT", "retention"): ("PutObjectRetention", "s3:PutObjectRetention"),
    ("PUT", "tagging"): ("PutObjectTagging", "s3:PutObjectTagging"),
    ("DELETE",): ("DeleteObject", "s3:DeleteObject"),
    ("DELETE", "annotation", "annotationName"): (
        "DeleteObjectAnnotation",
        "s3:DeleteObjectAnnotation",
    ),
    ("DELETE", "tagging"): ("DeleteObjectTagging", "s3:DeleteObjectTagging"),
    ("DELETE", "uploadId"): ("AbortMultipartUpload", "s3:AbortMultipartUpload"),
    ("POST", "restore"): ("RestoreObject", "s3:RestoreObject"),
    ("POST", "select"): ("SelectObjectContent", "s3:GetObject"),
    ("POST", "uploadId"): ("CompleteMultipartUpload", "s3:PutObject"),
    ("POST", "uploads"): ("CreateMultipartUpload", "s3:PutObject"),
}

# The action that a request with a versionId needs instead of the operation's own.
VERSION_ACTIONS = {
    "GetObject": "s3:GetObjectVersion",
    "HeadObject": "s3:GetObjectVersion",
    "GetObjectAcl": "s3:GetObjectVersionAcl",
    "GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "GetObjectTagging": "s3:GetObjectVersionTagging",
    "GetObjectTorrent": "s3:GetObjectVersionTorrent",
    "PutObjectAcl": "s3:PutObjectVersionAcl",
    "PutObjectTagging": "s3:PutObjectVersionTagging",
    "DeleteObject": "s3:DeleteObjectVersion",
    "DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
}

# Operations that boto3 can send and this S3 refuses.
REFUSED = {
    "CreateSession": "only for directory buckets (S3 Express One Zone)",
    "RenameObject": "only for directory buckets; it would delete what x-amz-rename-source names",
    "WriteGetObjectResponse": "only for S3 Object Lambda, on a host of its own",
}

# Names that are sub-resources only together with another one; alone they are parameters.
QUALIFIERS = {
    "annotationName": ("annotation",),
    "id": tuple(NUMBERED),
    "partNumber": ("uploadId",),
}

# Sub-resources of a bucket that S3 also finds in the address of a key: they are the bucket's, and
# the key says nothing. Measured on AWS (brekkylab/backlot, backlot/routers/s3.py, September 2026).
_AT_A_KEY = """
    accelerate cors delete inventory lifecycle location logging notification policy replication
    requestPayment versioning versions website"""
AT_A_KEY = frozenset(_AT_A_KEY.split())

# What reads ignore: GET and HEAD of a key are those of the object, of a bucket those of the bucket.
# Measured as above. With other methods the answer is not known, and they are refused.
_IGNORED_AT_A_KEY = """
    abac analytics intelligent-tiering metadataConfiguration metadataTable metrics object-lock
    ownershipControls policyStatus publicAccessBlock"""
IGNORED_AT_A_KEY = frozenset(_IGNORED_AT_A_KEY.split())
IGNORED_AT_A_BUCKET = frozenset({"annotation", "attributes", "legal-hold", "retention", "select"})

# Every query name that changes the operation. S3 ignores other names, and so do we. "session" and
# "renameObject" belong to REFUSED (S3 ignores "session" in a read of other buckets).
SUBRESOURCES = frozenset(
    {name for key in (*BUCKET, *OBJECT) for name in key[1:]} | {"renameObject", "session"}
) - frozenset(QUALIFIERS)
