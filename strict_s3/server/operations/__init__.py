"""The operations that are carried out, by their names in the Amazon S3 API reference.

Each takes the store and the call, which has been authorised, and returns the answer. What is not
in the table is answered 501.
"""

from __future__ import annotations

from collections.abc import Callable

from ..call import Call
from ..response import Response
from ..store.store import Store
from . import (
    acl,
    attributes,
    bucket_policy,
    buckets,
    configuration,
    copy,
    delete,
    listing,
    multipart,
    numbered,
    object_lock,
    objects,
    post_object,
    put_object,
    tagging,
    uploads_listed,
)

CarryOut = Callable[[Store, Call], Response]

CARRIED_OUT: dict[str, CarryOut] = {
    "AbortMultipartUpload": multipart.abort_upload,
    "CompleteMultipartUpload": multipart.complete_upload,
    "CopyObject": copy.copy_object,
    "CreateBucket": buckets.create_bucket,
    "CreateMultipartUpload": multipart.create_upload,
    "DeleteBucket": buckets.delete_bucket,
    "DeleteBucketPolicy": bucket_policy.delete_policy,
    "DeleteObject": delete.delete_object,
    "DeleteObjects": delete.delete_objects,
    "DeleteObjectTagging": tagging.delete_object_tagging,
    "GetBucketAcl": acl.get_bucket_acl,
    "GetBucketLocation": buckets.bucket_location,
    "GetBucketPolicy": bucket_policy.get_policy,
    "GetBucketPolicyStatus": bucket_policy.policy_status,
    "GetObject": objects.get_object,
    "GetObjectAcl": acl.get_object_acl,
    "GetObjectAttributes": attributes.get_object_attributes,
    "GetObjectLegalHold": object_lock.get_object_legal_hold,
    "GetObjectRetention": object_lock.get_object_retention,
    "GetObjectTagging": tagging.get_object_tagging,
    "HeadBucket": buckets.head_bucket,
    "HeadObject": objects.get_object,
    "ListBuckets": buckets.list_buckets,
    "ListMultipartUploads": uploads_listed.list_uploads,
    "ListObjectVersions": listing.list_versions,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListParts": uploads_listed.list_parts,
    "PostObject": post_object.post_object,
    "PutBucketAcl": acl.put_bucket_acl,
    "PutBucketPolicy": bucket_policy.put_policy,
    "PutObject": put_object.put_object,
    "PutObjectAcl": acl.put_object_acl,
    "PutObjectLegalHold": object_lock.put_object_legal_hold,
    "PutObjectRetention": object_lock.put_object_retention,
    "PutObjectTagging": tagging.put_object_tagging,
    "UploadPart": put_object.upload_part,
    "UploadPartCopy": copy.upload_part_copy,
    **dict(configuration.operations()),
    **dict(numbered.operations()),
}
