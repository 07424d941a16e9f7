"""Refusals that concern KMS keys, customers' keys, archived objects and who pays."""

from __future__ import annotations

from .cause import Cause

_SSE_C = (
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html"
)
_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html"
_ARN = "arn:aws:kms:eu-west-2:111122223333:key/1234 "

ENCRYPTION = (
    Cause("KMS.DisabledException", "", "The KMS key is disabled.",
          "The object is encrypted with it, so S3 can neither read nor write until it is enabled.",
          "Enable the KMS key in its region, or store the object under another key.",
          f"{_ARN}is disabled.", source=_KMS),
    Cause("KMS.KMSInvalidStateException", "", "The KMS key can't be used: it is being deleted, or "
                                              "has no material.",
          "A key that is pending deletion encrypts and decrypts nothing.",
          "Cancel the deletion (then enable the key), or store the object under another KMS key.",
          f"{_ARN}is pending deletion.", source="https://github.com/localstack/localstack/pull/8423"),
    Cause("KMS.UnrecognizedClientException", "", "KMS does not know who asks.",
          "KMS checks the caller itself: an anonymous request, or one of CloudFront's origin "
          "access identity, can't decrypt.",
          "Use CloudFront's origin access control, or a presigned URL of a principal that has "
          "kms:Decrypt.", "No account found for the given parameters",
          source="https://github.com/aws/aws-sdk-php/issues/1718"),
    Cause("KMS.KeyUnavailableException", "", "The KMS key is not available.",
          "KMS can't reach it at this moment.", "Try again.", f"{_ARN}is "
                                                              f"unavailable.", source=_KMS),
    Cause("InvalidArgument", r"(?i)Requests specifying Server Side Encryption with AWS KMS|KMS "
                             r"managed keys require",
          "Encrypted with KMS, but signed with Signature Version 2.",
          "Objects under a KMS key accept only Version 4.",
          'Sign with region_name=… and config=Config(signature_version="s3v4").',
          "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS "
          "Signature Version 4.", source="https://github.com/aws-amplify/amplify-js/issues/2378"),
    Cause("InvalidArgument", "(?i)KMS", "The request's KMS parameter is not allowed here.",
          "x-amz-server-side-encryption-aws-kms-key-id and its context go with "
          "x-amz-server-side-encryption: aws:kms alone.",
          "Give both when signing and send both, or neither.",
          "Server Side Encryption with AWS KMS managed key requires HTTP header "
          "x-amz-server-side-encryption : aws:kms",
          source="https://github.com/boto/botocore/issues/1226"),
    Cause("AccessDenied", r"(kms:\w+)(?!.*explicit deny)",
          "The signer is not allowed to use the KMS key: {1} is missing.",
          "The object is encrypted with a KMS key. Reading it needs kms:Decrypt on that key, "
          "writing kms:GenerateDataKey, from the signer's policy and the key's own.",
          "Allow {1} on the KMS key to the signer.",
          "User: arn:aws:iam::111122223333:user/signer is not authorized to perform: kms:Decrypt "
          f"on resource: {_ARN}because no identity-based policy allows the kms:Decrypt action",
          source="https://repost.aws/knowledge-center/s3-bucket-access-default-encryption"),
    Cause("InvalidRequest", "(?i)object was stored using a form of Server Side Encryption",
          "The object was stored with a customer's own key (SSE-C), and the request does not "
          "bring it.",
          "The three headers x-amz-server-side-encryption-customer-algorithm, -key and -key-MD5 "
          "must be signed and sent; a browser's address bar sends none, so such an object needs a "
          "program.",
          "Sign with SSECustomerAlgorithm and SSECustomerKey, and send those headers.",
          "The object was stored using a form of Server Side Encryption. The correct parameters "
          "must be provided to retrieve the "
          "object.", source="https://github.com/aws/aws-sdk-js/issues/896"),
    Cause("InvalidRequest", "(?i)encryption parameters are not applicable|not encrypted with the",
          "The request brings a customer's key (SSE-C), but the object is not stored with one.",
          "S3 refuses the headers x-amz-server-side-encryption-customer-* for such an object.",
          "Leave them out, when signing too.",
          "The encryption parameters are not applicable to this object.",
          source="https://github.com/boto/boto3/issues/982"),
    Cause("InvalidArgument", r"(?i)SSE-C|customer-(?:provided|key|algorithm)|calculated MD5 hash "
                             r"of the key|secret key was invalid",
          "The customer's key (SSE-C) is incomplete or wrong.",
          "Algorithm AES256, the key (32 bytes in base64) and the MD5 of the key (base64) go "
          "together.",
          "Send all three headers, with the values that were signed.",
          "The calculated MD5 hash of the key did not match the hash that was "
          "provided.", source=_SSE_C),
    Cause("AccessDenied", "provide the correct secret key",
          "That isn't the key that the object was stored with.",
          "S3 compares the customer's key (SSE-C) with the one of the upload.",
          "Send the upload's key and its MD5. S3 can't recover a lost key.",
          "Requests specifying Server Side Encryption with Customer provided keys must provide the "
          "correct secret key.", source=_SSE_C),
    Cause("AccessDenied", "(?i)customer-provided key|SSE-C|blocked encryption",
          "The bucket blocks customers' keys (SSE-C).",
          "Buckets made since April 2026 refuse SSE-C unless their encryption configuration "
          "allows it.",
          "Use SSE-S3 or KMS, or change BlockedEncryptionTypes of the bucket.",
          "Requests specifying server-side encryption with customer-provided keys (SSE-C) are not "
          "allowed for this bucket", source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
          "blocking-unblocking-s3-c-encryption-gpb.html"),
    # Archives: https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
    Cause("InvalidObjectState", "", "The object is archived ({StorageClass}).",
          "An object in Glacier, Deep Archive or an archive tier can't be read before it is "
          "restored; the URL is not at fault.",
          "Restore it first (restore_object), and wait until that has finished.",
          source="https://github.com/scality/cloudserver/issues/2977"),
    # Transfer Acceleration
    Cause("InvalidRequest", "Transfer Acceleration is not "
                            "(?:configured|enabled|supported)|Transfer Acceleration is "
                            "disabled|S3 Transfer Acceleration",
          "Transfer Acceleration is not enabled on this bucket.",
          "The host is s3-accelerate's. Buckets with dots in their names can't have it.",
          "Enable Transfer Acceleration on the bucket (and wait some minutes), or sign the plain "
          "host without accelerate.", "S3 Transfer Acceleration is not configured on this bucket",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("InvalidRequest", "Object Lock", "The bucket has Object Lock: the upload needs a "
                                           "checksum.",
          "An upload with Object Lock must carry Content-MD5 or an x-amz-checksum-* header.",
          "Give ContentMD5 or ChecksumSHA256 when signing, so that it is signed, and send that "
          "header.",
          "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
          "Object Lock parameters",
          source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html"),
)  # fmt: skip
