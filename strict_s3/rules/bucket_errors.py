"""S3's refusals that concern buckets and their configurations; see `errors` for all others.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and answers recorded
on AWS. Those with a bucket's name carry it as the field BucketName.
"""

from __future__ import annotations

from .errors import S3Error

# The bucket.


class InvalidBucketName(S3Error):
    code, default = "InvalidBucketName", "The specified bucket is not valid."


class BucketAlreadyOwnedByYou(S3Error):
    status, code = 409, "BucketAlreadyOwnedByYou"
    default = "Your previous request to create the named bucket succeeded and you already own it."


class BucketNotEmpty(S3Error):
    status, code = 409, "BucketNotEmpty"
    default = "The bucket you tried to delete is not empty"


class IllegalLocationConstraint(S3Error):
    code = "IllegalLocationConstraintException"
    default = (
        "The unspecified location constraint is incompatible for the region specific endpoint "
        "this request was sent to."
    )


class InvalidLocationConstraint(S3Error):
    code = "InvalidLocationConstraint"
    default = "The specified location-constraint is not valid"


class InvalidBucketState(S3Error):
    status, code = 409, "InvalidBucketState"
    default = "The request is not valid for the current state of the bucket."


# ACLs.


class InvalidBucketAclWithObjectOwnership(S3Error):
    code = "InvalidBucketAclWithObjectOwnership"
    default = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"


class InvalidBucketAclWithBlockPublicAccess(S3Error):
    code = "InvalidBucketAclWithBlockPublicAccessError"
    default = "Bucket cannot have public ACLs set with BlockPublicAccess enabled"


class MalformedAcl(S3Error):
    code = "MalformedACLError"
    default = (
        "The XML you provided was not well-formed or did not validate against our published schema"
    )


class MissingSecurityHeader(S3Error):
    code, default = "MissingSecurityHeader", "Your request was missing a required header"


class UnexpectedContent(S3Error):
    code, default = "UnexpectedContent", "This request does not support content"


# Logging.


class InvalidTargetBucketForLogging(S3Error):
    code = "InvalidTargetBucketForLogging"
    default = "The target bucket for logging does not exist"


class CrossLocationLoggingProhibited(S3Error):
    status, code = 403, "CrossLocationLoggingProhibitted"  # AWS's spelling
    default = "Cross S3 location logging not allowed. "


# What a bucket does not have.


class NoSuchBucketPolicy(S3Error):
    status, code, default = 404, "NoSuchBucketPolicy", "The bucket policy does not exist"


class NoSuchConfiguration(S3Error):
    status, code = 404, "NoSuchConfiguration"
    default = "The specified configuration does not exist."


class NoSuchCorsConfiguration(S3Error):
    status, code = 404, "NoSuchCORSConfiguration"
    default = "The CORS configuration does not exist"


class NoSuchLifecycleConfiguration(S3Error):
    status, code = 404, "NoSuchLifecycleConfiguration"
    default = "The lifecycle configuration does not exist"


class NoSuchPublicAccessBlockConfiguration(S3Error):
    status, code = 404, "NoSuchPublicAccessBlockConfiguration"
    default = "The public access block configuration was not found"


class NoSuchTagSet(S3Error):
    status, code, default = 404, "NoSuchTagSet", "The TagSet does not exist"


class NoSuchWebsiteConfiguration(S3Error):
    status, code = 404, "NoSuchWebsiteConfiguration"
    default = "The specified bucket does not have a website configuration"


class ObjectLockConfigurationNotFound(S3Error):
    status, code = 404, "ObjectLockConfigurationNotFoundError"
    default = "Object Lock configuration does not exist for this bucket"


class OwnershipControlsNotFound(S3Error):
    status, code = 404, "OwnershipControlsNotFoundError"
    default = "The bucket ownership controls were not found"


class ReplicationConfigurationNotFound(S3Error):
    status, code = 404, "ReplicationConfigurationNotFoundError"
    default = "The replication configuration was not found"
