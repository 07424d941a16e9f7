"""Refusals that concern the object, and what S3 itself says."""

from __future__ import annotations

from ...rules.limits import KIB, MAX_KEY, MAX_METADATA
from .cause import Cause

RESOURCES = (
    Cause("NoSuchBucket", "", "There is no bucket {BucketName}.",
          "The signature is not at fault. If the host is of one style and the path of the other, "
          "S3 looks for the bucket in the wrong place.",
          "Check the bucket's name and the style of the host."),
    Cause("NoSuchKey", "", "There is no object with this key.",
          "The signature is right: S3 says this only to signers who are allowed to list the "
          "bucket. Signing for a key that doesn't exist yet is fine.",
          "Check the spelling of the key {Key}: case, slashes, and characters encoded twice."),
    Cause("NoSuchVersion", "", "There is no such version of the object.",
          "versionId names a version that was deleted or never existed.", "List the versions."),
    Cause("NoSuchUpload", "", "There is no such multipart upload.",
          "It was completed, aborted, or cleaned up by a lifecycle rule.", "Start a new one."),
    Cause("InvalidPart", "", "A part of the multipart upload is missing.",
          "A part was not uploaded, or the list has a different ETag for it.",
          "List the parts, and complete with exactly their numbers and ETags. (A page can read "
          "ETag only if CORS has ExposeHeaders: ETag.)"),
    Cause("InvalidPartOrder", "", "The list of parts is not in order.",
          "CompleteMultipartUpload needs them by ascending part number.", "Sort them."),
    Cause("MethodNotAllowed", "", "This method is not allowed here.",
          "S3 has no operation for {Method} on this resource; a POST of a form goes to the bucket, "
          "not to a key.", "Use the method and URL of the operation that you mean."),
    Cause("NoLoggingStatusForKey", "", "Logging belongs to a bucket, and the path has a key.",
          "The query has ?logging, which asks for the settings of a bucket's access log.",
          "Ask it of the bucket, or leave the parameter out."),
    Cause("PreconditionFailed", "", "A condition of the request isn't met: {Condition}.",
          "If-None-Match: * demands that the key does not exist yet, If-Match that the object is "
          "unchanged. For a form the condition is that it comes as multipart/form-data.",
          "If nothing must be overwritten, this is the intended answer. For a form, send "
          "FormData."),
    Cause("ConditionalRequestConflict", "", "Another write to the key was under way.",
          "A conditional write met it.", "Read the object, then try again."),
    Cause("InvalidRange", "", "The object has no such bytes.",
          "Range begins after its end ({ActualObjectSize} bytes).", "Ask for a smaller offset."),
    Cause("InvalidURI", "", "S3 cannot decode the path.",
          "Its percent-encoding is not UTF-8.", "Encode the key as UTF-8, once."),
    Cause("AccessControlListNotSupported", "", "The bucket does not accept ACLs.",
          "Buckets made since April 2023 have ACLs disabled (bucket owner enforced); the request "
          "or the signature has a value such as public-read or private.",
          "Leave the ACL out, in signing and in sending. To make objects public on purpose, use a "
          "bucket policy."),
    Cause("KeyTooLongError", "", "The key is too long.",
          f"A key has at most {MAX_KEY:,} bytes of UTF-8.", "Choose a shorter key."),
    Cause("InvalidStorageClass", "", "There is no such storage class.",
          "x-amz-storage-class names it.", "Leave it out; the default is STANDARD."),
    Cause("InvalidEncryptionAlgorithmError", "", "There is no such encryption.",
          "x-amz-server-side-encryption is AES256 or aws:kms.",
          "Leave it out: every object is encrypted anyway."),
    Cause("MetadataTooLarge", "", "Too much metadata.",
          f"All x-amz-meta-* together are limited to {MAX_METADATA // KIB} KB.",
          "Store it elsewhere, or in the object."),
    Cause("InvalidTag", "", "A tag is not valid.",
          "Keys have 1 to 128 characters, values up to 256; each key once; none begins with aws:. "
          "A presigned x-amz-tagging is encoded like a query (a=b&c=d).", "Change that tag."),
    Cause("IllegalVersioningConfigurationException", "", "The versioning status is missing.",
          "The configuration needs a Status: Enabled or Suspended.", "Add it."),
    Cause("MalformedPolicy", "", "S3 does not accept this bucket policy.",
          "Its message says why.", "Change that element."),
    Cause("NotImplemented", "this local S3", "The local S3 does not carry this out.",
          "Its message names the input. An answer of 200 would promise what was not done, so it "
          "refuses what it would have to ignore. AWS can answer otherwise.",
          "Leave the input out here, and test that part on AWS.",
          "x-amz-mfa is not carried out by this local S3: there are no MFA devices"),
    Cause("NotImplemented", r"Header: (.*If-.*)|provided value of (If-\S+)", "S3 does not support "
                                                                             "this condition on a "
                                                                             "write.",
          "A write accepts If-None-Match with * alone, or If-Match with an ETag, and not both.",
          "Use If-None-Match: * (only if the key is free) or If-Match: ETAG.",
          "A header you provided implies functionality that is not implemented",
          (("Header", "If-None-Match"),), "https://github.com/aws/aws-sdk-ruby/issues/3144"),
    Cause("NotImplemented", r"Header: (x-amz-trailer|x-amz-sdk-checksum\S*)",
          "The server does not support the checksums that newer SDKs add by themselves: {1}.",
          "Since January 2025 AWS's SDKs send a checksum after the body of every upload. Some "
          "other S3s don't read it.",
          'Make the client with request_checksum_calculation="when_required" (JavaScript: '
          'requestChecksumCalculation: "WHEN_REQUIRED").',
          "A header you provided implies functionality that is not implemented",
          (("Header", "x-amz-trailer"),),
          "https://docs.aws.amazon.com/sdkref/latest/guide/feature-dataintegrity.html"),
    Cause("NotImplemented", "Header: (?!Transfer-Encoding)(.+)", "S3 does not support this "
                                                                 "header: {1}.",
          "It implies something that S3 doesn't have, at least not in this operation.",
          "Leave it out, when signing too.",
          "A header you provided implies functionality that is not implemented",
          (("Header", "x-amz-tagging"),),
          "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("NotImplemented", "", "S3 does not support this.",
          "A header asks for something that S3 doesn't have, often Transfer-Encoding: chunked.",
          "Send the body with a Content-Length."),
    Cause("InvalidPartNumber", "", "The object has no such part.",
          "It has {ActualPartCount}.", "Leave partNumber out to get the whole object."),
    Cause("NoSuchObjectLockConfiguration", "", "This version has no lock.",
          "Neither retention nor a legal hold was ever set on it.",
          "Set one, or treat this code as none."),
    Cause("InvalidBucketOwnerAWSAccountID", "", "That isn't an account id.",
          "x-amz-expected-bucket-owner takes the 12 digits of an AWS account.",
          "Give those, or leave the header out."),
    Cause("InvalidRedirectLocation", "", "The redirect leads nowhere.",
          "x-amz-website-redirect-location is neither a path nor a URL.",
          "Begin it with /, http:// or https://."),
    Cause("KMS.NotFoundException", "", "There is no such KMS key.",
          "The key id isn't a key of this account and region.",
          "Give the key's ARN, or leave it out for the account's own key."),
    Cause("Redirect", "", "The bucket is asked at another host: {Endpoint}.",
          "S3 redirects while a new bucket's name spreads; the signature covers the first host.",
          "Sign the regional host.", "Temporary redirect.",
          (("Endpoint", "b.s3.eu-west-2.amazonaws.com"),),
          "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("ServiceUnavailable", "", "S3 can't answer at the moment.", "The request is not at "
                                                                      "fault.",
          "Send it again, more slowly.", "Service is unable to handle request.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("OperationAborted", "", "Another operation on the bucket is under way.",
          "Creating and deleting buckets takes a moment.", "Try again after a minute.",
          "A conflicting conditional operation is currently in progress against this resource. Try "
          "again.", source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("BucketAlreadyExists", "", "Somebody has a bucket of this name.",
          "Names are shared by all accounts of a partition.", "Choose a different name.",
          "The requested bucket name is not available.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("InternalError", "", "S3 failed.", "The request is not at fault.", "Send it again."),
    Cause("SlowDown", "", "Too many requests.", "S3 protects itself.", "Wait, then retry slower."),
    Cause("TemporaryRedirect", "", "S3 sends the request to another host: {Endpoint}.",
          "The global host (without a region in its name) does not know a new bucket's region for "
          "up to a day. The redirected request has a different host from the signed one, so it "
          "ends in SignatureDoesNotMatch.",
          'Sign the regional host: region_name, and s3={"addressing_style": "virtual"}.'),
    Cause("PermanentRedirect", r"to this endpoint: ([\w.-]+\w)", "The bucket is in another region: "
                                                                "{1}.",
          "The host names a region that is not the bucket's.",
          "Sign with the bucket's region, which that host names.",
          "The bucket you are attempting to access must be addressed using the specified endpoint. "
          "Please send all future requests to this endpoint: films.s3.us-east-2.amazonaws.com.",
          source="https://github.com/red-hat-storage/ocs-ci/issues/4010"),
    Cause("PermanentRedirect", "", "The bucket is in another region: {Endpoint}.",
          "The host names a region that is not the bucket's.", "Sign with the bucket's region."),
)  # fmt: skip
