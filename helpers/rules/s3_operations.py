"""The table of S3's operations: by method and sub-resource, the API name and the IAM action.

A key is (method, sub-resource, …) with the sub-resources in the order of `SUBRESOURCES`; two of
them at once are a key only where S3 has such an operation, so that no combination can pass for
a weaker one. Source: the Amazon S3 API reference, and its table of required permissions.
"""

from __future__ import annotations

Table = dict[tuple[str, ...], tuple[str, str]]

# Bucket configurations: sub-resource -> (API name, action's name, methods).
_CONFIGURATIONS = {
    "accelerate": ("BucketAccelerateConfiguration", "AccelerateConfiguration", "GP"),
    "acl": ("BucketAcl", "BucketAcl", "GP"),
    "abac": ("BucketAbac", "BucketAbac", "GP"),
    "analytics": ("BucketAnalyticsConfiguration", "AnalyticsConfiguration", "GPD"),
    "cors": ("BucketCors", "BucketCORS", "GPD"),
    "encryption": ("BucketEncryption", "EncryptionConfiguration", "GPD"),
    "intelligent-tiering": (
        "BucketIntelligentTieringConfiguration",
        "IntelligentTieringConfiguration",
        "GPD",
    ),
    "inventory": ("BucketInventoryConfiguration", "InventoryConfiguration", "GPD"),
    "lifecycle": ("BucketLifecycleConfiguration", "LifecycleConfiguration", "GPD"),
    "location": ("BucketLocation", "BucketLocation", "G"),
    "logging": ("BucketLogging", "BucketLogging", "GP"),
    "metrics": ("BucketMetricsConfiguration", "MetricsConfiguration", "GPD"),
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
_VERBS = {"G": ("GET", "Get"), "P": ("PUT", "Put"), "D": ("DELETE", "Delete")}
# Deleting most configurations needs the action that writes them; these two have their own.
_OWN_DELETE = ("policy", "website")

BUCKET: Table = {
    ("HEAD",): ("HeadBucket", "s3:ListBucket"),
    ("GET",): ("ListObjects", "s3:ListBucket"),
    ("GET", "versions"): ("ListObjectVersions", "s3:ListBucketVersions"),
    ("GET", "uploads"): ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("PUT",): ("CreateBucket", "s3:CreateBucket"),
    ("DELETE",): ("DeleteBucket", "s3:DeleteBucket"),
    # The keys stand in the body: each one is asked for on its own.
    ("POST", "delete"): ("DeleteObjects", ""),
    # An HTML form upload: the key stands in the form.
    ("POST",): ("PostObject", ""),
    ("POST", "metadataConfiguration"): (
        "CreateBucketMetadataConfiguration",
        "s3:CreateBucketMetadataTableConfiguration",
    ),
    ("POST", "metadataTable"): (
        "CreateBucketMetadataTableConfiguration",
        "s3:CreateBucketMetadataTableConfiguration",
    ),
    ("GET", "metadataConfiguration"): (
        "GetBucketMetadataConfiguration",
        "s3:GetBucketMetadataTableConfiguration",
    ),
    ("GET", "metadataTable"): (
        "GetBucketMetadataTableConfiguration",
        "s3:GetBucketMetadataTableConfiguration",
    ),
    ("DELETE", "metadataConfiguration"): (
        "DeleteBucketMetadataConfiguration",
        "s3:DeleteBucketMetadataTableConfiguration",
    ),
    ("DELETE", "metadataTable"): (
        "DeleteBucketMetadataTableConfiguration",
        "s3:DeleteBucketMetadataTableConfiguration",
    ),
    ("PUT", "metadataAnnotationTable"): (
        "UpdateBucketMetadataAnnotationTableConfiguration",
        "s3:UpdateBucketMetadataAnnotationTableConfiguration",
    ),
    ("PUT", "metadataInventoryTable"): (
        "UpdateBucketMetadataInventoryTableConfiguration",
        "s3:UpdateBucketMetadataInventoryTableConfiguration",
    ),
    ("PUT", "metadataJournalTable"): (
        "UpdateBucketMetadataJournalTableConfiguration",
        "s3:UpdateBucketMetadataJournalTableConfiguration",
    ),
}
for _sub, (_name, _action, _methods) in _CONFIGURATIONS.items():
    for _letter in _methods:
        _method, _verb = _VERBS[_letter]
        _needed = _verb if _letter != "D" or _sub in _OWN_DELETE else "Put"
        BUCKET[_method, _sub] = (f"{_verb}{_name}", f"s3:{_needed}{_action}")
BUCKET["DELETE", "lifecycle"] = ("DeleteBucketLifecycle", "s3:PutLifecycleConfiguration")

OBJECT: Table = {
    ("HEAD",): ("HeadObject", "s3:GetObject"),
    ("GET",): ("GetObject", "s3:GetObject"),
    ("GET", "acl"): ("GetObjectAcl", "s3:GetObjectAcl"),
    ("GET", "annotation"): ("GetObjectAnnotation", "s3:GetObjectAnnotation"),
    ("GET", "attributes"): ("GetObjectAttributes", "s3:GetObjectAttributes"),
    ("GET", "legal-hold"): ("GetObjectLegalHold", "s3:GetObjectLegalHold"),
    ("GET", "retention"): ("GetObjectRetention", "s3:GetObjectRetention"),
    ("GET", "tagging"): ("GetObjectTagging", "s3:GetObjectTagging"),
    ("GET", "torrent"): ("GetObjectTorrent", "s3:GetObjectTorrent"),
    ("GET", "uploadId"): ("ListParts", "s3:ListMultipartUploadParts"),
    ("PUT",): ("PutObject", "s3:PutObject"),
    ("PUT", "acl"): ("PutObjectAcl", "s3:PutObjectAcl"),
    ("PUT", "annotation"): ("PutObjectAnnotation", "s3:PutObjectAnnotation"),
    ("PUT", "encryption"): ("UpdateObjectEncryption", "s3:UpdateObjectEncryption"),
    ("PUT", "legal-hold"): ("PutObjectLegalHold", "s3:PutObjectLegalHold"),
    ("PUT", "renameObject"): ("RenameObject", "s3:PutObject"),
    ("PUT", "retention"): ("PutObjectRetention", "s3:PutObjectRetention"),
    ("PUT", "tagging"): ("PutObjectTagging", "s3:PutObjectTagging"),
    ("PUT", "uploadId", "partNumber"): ("UploadPart", "s3:PutObject"),
    ("DELETE",): ("DeleteObject", "s3:DeleteObject"),
    ("DELETE", "annotation"): ("DeleteObjectAnnotation", "s3:DeleteObjectAnnotation"),
    ("DELETE", "tagging"): ("DeleteObjectTagging", "s3:DeleteObjectTagging"),
    ("DELETE", "uploadId"): ("AbortMultipartUpload", "s3:AbortMultipartUpload"),
    ("POST", "restore"): ("RestoreObject", "s3:RestoreObject"),
    ("POST", "select"): ("SelectObjectContent", "s3:GetObject"),
    ("POST", "uploadId"): ("CompleteMultipartUpload", "s3:PutObject"),
    ("POST", "uploads"): ("CreateMultipartUpload", "s3:PutObject"),
}

# Every query name that makes a request another operation, "partNumber" apart (it also selects a
# part of a GET). A name that is not here changes nothing.
SUBRESOURCES = tuple(
    sorted(
        {name for key in (*BUCKET, *OBJECT) for name in key[1:]} - {"partNumber"}
        | {"session", "retention", "requestPayment"}
    )
)
