"""What services other than Amazon S3 answer: CloudFront, Google, R2, B2, Ceph, MinIO, STS."""

from __future__ import annotations

from .cause import Cause

_CLOUDFRONT_DOC = (
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/"
    "private-content-signed-urls.html"
)

OTHERS = (
    # CloudFront. Its own errors have no RequestId.
    Cause("MalformedPolicy", r"^Malformed Policy$", "CloudFront can't read the policy of the URL.",
          "This is CloudFront's answer, not S3's. Most often Expires is in milliseconds (13 "
          "digits) and CloudFront wants seconds; or the policy isn't valid JSON, or its base64 has "
          "+ / =.",
          "Sign with Expires in seconds since 1970 (in JavaScript: Math.floor(Date.now() / 1000) + "
          "3600).", "Malformed Policy", source="https://github.com/aws/aws-sdk-js/issues/2236"),
    Cause("MissingKey", "", "CloudFront misses the Key-Pair-Id of a signed URL.",
          "This is CloudFront's answer: the behaviour wants signed URLs, and the URL has no "
          "Key-Pair-Id: it isn't signed for CloudFront, or a shell cut it at &. A presigned URL of "
          "S3 has none.",
          "Sign with CloudFront's signer, and put the URL in quotes.",
          "Missing Key-Pair-Id query parameter or cookie value",
          source="https://github.com/jasonsims/aws-cloudfront-sign/issues/74"),
    Cause("InvalidKey", "", "CloudFront does not know the key that signed.",
          "This is CloudFront's answer: the Key-Pair-Id is not a public key in one of the "
          "distribution's trusted key groups (or was given as an access key id of IAM).",
          "Add the public key to a key group that the behaviour trusts, and sign with its id.",
          "Unknown Key", source="https://github.com/aws/aws-sdk-php/issues/1228"),
    Cause("InvalidSignature", "Signature (?:expired|not yet current)", "The client's clock is "
                                                                      "wrong.",
          "This is the answer of another AWS service, such as STS: the request was signed more "
          "than 5 to 15 minutes from its own time.",
          "Set the clock (NTP).",
          "Signature expired: 20261126T100000Z is now earlier than 20261126T112500Z",
          source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html"),
    Cause("InvalidSignature", "", "The signature is not valid.",
          "CloudFront and Supabase answer so: the signature does not fit the URL, or was changed "
          "(CloudFront's base64 has - _ ~ in place of + = /).",
          "Sign again with the right private key, for exactly this URL; copy it whole.",
          "Invalid Signature", source=_CLOUDFRONT_DOC),
    Cause("AccessDenied", r"^Access denied$", "CloudFront denies access.",
          "CloudFront writes its own refusal so, with a small d: its signed URL has expired, is "
          "not valid yet, or does not fit (another path or address than its policy allows).",
          "Sign a new CloudFront URL for exactly this path; look at Expires and at the policy's "
          "Resource.", "Access denied", source=_CLOUDFRONT_DOC),
    # Google Cloud Storage: https://cloud.google.com/storage/docs/xml-api/reference-status
    Cause("MalformedSecurityHeader", "base64", "Google Cloud Storage can't read the signature: it "
                                               "is not base64.",
          "This is Google's answer. The signature was cut off, or decoded once too often (+ became "
          "a space).",
          "Copy the whole URL again, in quotes; percent-encode the signature once.",
          "Your request has a malformed header.",
          (("ParameterName", "signature"), ("Details", "Signature was not base64 encoded")),
          "https://github.com/googleapis/google-cloud-go/issues/1062"),
    Cause("MalformedSecurityHeader", "", "Google Cloud Storage can't read a signing parameter.",
          "This is Google's answer: {Details}",
          "Copy the whole URL again, or sign a new one.", "Your request has a malformed header.",
          (("Details", "X-Goog-Expires must be less than 604800"),),
          "https://cloud.google.com/storage/docs/xml-api/reference-status"),
    Cause("SignatureDoesNotMatch", "Google secret key", "The signature does not match the request "
                                                        "that arrived.",
          "This is Google Cloud Storage's answer. Often a Content-Type was signed that the client "
          "doesn't send (a browser's GET sends none), or the other way round; the method, the host "
          "or the key that signed can differ too, and a key that was rotated.",
          "Sign without a content type for downloads; for uploads send exactly the signed one. "
          "Compare Google's StringToSign with yours.",
          "The request signature we calculated does not match the signature you provided. Check "
          "your Google secret key and signing method.",
          source="https://github.com/googleapis/google-cloud-node/issues/1976"),
    Cause("ExpiredToken", r"Request signature expired(?: at: (\S+))?",
          "The signed URL has expired.",
          "It was valid until {1}. This is Google Cloud Storage's answer. Google says ExpiredToken "
          "of a URL whose own time is over; no session is involved.",
          "Sign a new URL; Google allows at most 7 days.", "The provided token has expired.",
          (("Details", "Request signature expired at: 2021-06-01T00:00:00+00:00"),),
          "https://github.com/floci-io/floci-gcp/pull/33"),
    Cause("AccessDenied", "Anonymous caller", "Google Cloud Storage saw a request without a "
                                              "signature.",
          "This is Google's answer: the query was cut off, usually at & by a shell.",
          "Put the URL in quotes and copy all of it.", "Access denied.",
          (("Details", "Anonymous caller does not have storage.objects.get access to a/b"),),
          "https://github.com/googleapis/google-cloud-go/issues/1062"),
    Cause("AccessDenied", "does not have storage", "Google Cloud Storage does not allow the "
                                                   "signer to do this.",
          "This is Google's answer: the service account that signed lacks the permission. "
          "{Details}",
          "Give it a role such as Storage Object Viewer on the bucket.", "Access denied.",
          (("Details", "signer@project.iam.gserviceaccount.com does not have storage.objects.get "
                       "access"),),
          "https://cloud.google.com/storage/docs/xml-api/reference-status"),
    Cause("MissingSecurityHeader", "Authorization", "A signing parameter or header is missing.",
          "Google Cloud Storage and others answer so if the request has no date or signature.",
          "Copy the whole URL again.", "Your request was missing a required header.",
          (("Details", "Authorization"),),
          "https://cloud.google.com/storage/docs/xml-api/reference-status"),
    Cause("InvalidPolicyDocument", "does not meet the conditions",
          "A condition of the form's policy isn't met.",
          "This is Google Cloud Storage's answer. {Details}",
          "Send the field with a value that the condition allows, or sign another condition.",
          "The content of the form does not meet the conditions specified in the policy document.",
          (("Details", 'Failed condition: ["eq","$key","a"]'),),
          "https://cloud.google.com/storage/docs/xml-api/reference-status"),
    Cause("InvalidArgument", "X-Goog-", "A signing parameter of the URL is wrong.",
          "This is Google Cloud Storage's answer: {Details}",
          "Sign a new URL with the right value; it is valid for at most 7 days.",
          "Invalid argument.", (("Details", "X-Goog-Expires must be less than 604800"),),
          "https://cloud.google.com/storage/docs/xml-api/reference-status"),
    Cause("AuthenticationRequired", "", "Google Cloud Storage saw a request without a signature.",
          "This is Google's answer: the query was cut off, usually at & by a shell, or a header is "
          "missing.",
          "Put the URL in quotes and copy all of it.", "Authentication required.",
          source="https://cloud.google.com/storage/docs/xml-api/reference-status"),
    Cause("UserProjectMissing", "", "The bucket makes the requester pay.",
          "This is Google Cloud Storage's answer: the request names no project that pays.",
          "Sign with userProject, or ask the bucket's owner.",
          "Bucket is a requester pays bucket but no user project provided.",
          source="https://cloud.google.com/storage/docs/requester-pays"),
    # Cloudflare R2
    Cause("Unauthorized", "SigV2", "Signed with the old Signature Version 2.",
          "Cloudflare R2 accepts only Version 4.",
          'Sign with Config(signature_version="s3v4") and region auto (s3cmd: signature_v2 = '
          "False).",
          "SigV2 authorization is not supported. Please use SigV4 instead.",
          source="https://github.com/iesahin/xvc/issues/8"),
    Cause("Unauthorized", "", "R2 does not accept the key that signed.",
          "Cloudflare R2 answers so: the access key id is unknown in this account, its API token "
          "was deleted or has no permission, or the host is another account's.",
          "Create an R2 API token for this account and bucket, and sign with its access key id and "
          "secret for https://ACCOUNT.r2.cloudflarestorage.com and region auto.",
          "Unauthorized", source="https://github.com/durch/rust-s3/issues/271"),
    Cause("NotImplemented", "PostObject", "The server takes no POST forms.",
          "It has no operation PostObject: Cloudflare R2 answers so.",
          "Use a presigned PUT: sign put_object and send the file as the body.",
          "PostObject not implemented", source="https://developers.cloudflare.com/r2/api/s3/api/"),
    Cause("NotImplemented", r"^(?!A header)(?:[Hh]eader ')?([\w-]+)'?(?: with .*)? not implemented",
          "The server has not implemented this: {1}.",
          "Cloudflare R2 answers so to headers and operations of S3 that it doesn't have, such as "
          "ACLs and streaming signatures.",
          "Leave it out when signing and sending.",
          "Header 'x-amz-acl' with value 'public-read' not implemented",
          source="https://developers.cloudflare.com/r2/api/s3/api/"),
    Cause("ExpiredRequest", "", "The URL has expired.",
          "Cloudflare R2 says this of a presigned URL or signature whose time is over.",
          "Sign a new URL, for at most 7 days.", "Request has expired",
          source="https://github.com/cloudflare/cloudflare-docs/pull/32436"),
    Cause("InvalidArgument", r"access key has length (\d+), should be (\d+)",
          "The access key id has the wrong length: {1} characters instead of {2}.",
          "Cloudflare R2 answers so: a secret, an AWS key or an API token stands where the access "
          "key id belongs.",
          "Use the access key id that R2 showed with its secret: it has {2} characters.",
          "Credential access key has length 20, should be 32",
          source="https://github.com/cloudflare/cloudflare-docs/pull/9557"),
    Cause("InvalidRegionName", "", "There is no such region.",
          "Cloudflare R2 knows its own regions only.", 'Sign with region "auto".',
          "The region name 'eu-west-1' is not valid. Must be one of: wnam, enam, weur, eeur, "
          "apac, auto",
          source="https://developers.cloudflare.com/r2/api/s3/api/"),
    # Backblaze B2
    Cause("UnauthorizedAccess", "", "Backblaze B2 refuses: the key may not use this bucket, or "
                                    "the URL is signed with Version 2.",
          "B2 answers so. An application key can be limited to other buckets or lack a capability; "
          "and B2 accepts Signature Version 4 only (a URL with AWSAccessKeyId is Version 2).",
          'Sign with Config(signature_version="s3v4"), the region of the host, and an application '
          'key '
          "that is allowed for the bucket.",
          "bucket is not authorized: films",
          source="https://github.com/Backblaze/b2-sdk-python/issues/136"),
    Cause("SignatureDoesNotMatch", "^Signature validation failed", "The signature does not match "
                                                                   "the request that arrived.",
          "Backblaze B2 writes it so, and gives no canonical request to compare. The host, the "
          "path or the bucket's place in it, a header, the region or the secret differs.",
          "Compare the signed host (bucket in the host or in the path?) with the one that was "
          "asked, and check the application key.",
          "Signature validation failed",
          source="https://github.com/quarfie/s3presignedUrl_FMFunction/issues/5"),
    Cause("InvalidAccessKeyId", "(?i)malformed access key|not valid", "The key id isn't one of "
                                                                      "this service's.",
          "Backblaze B2 and others answer so: a key of another service, a master key, or a name in "
          "place of the id.",
          "Sign with an application key's id and secret.", "Malformed Access Key Id",
          source="https://www.backblaze.com/docs/cloud-storage-s3-compatible-api"),
    # Alibaba
    Cause("SignatureDoesNotMatch", r"HostId: [^\n]*aliyuncs",
          "The signature does not match the request that arrived.",
          "This is the answer of Alibaba Cloud OSS. The host, the method, a header or the secret "
          "differs; its StringToSign says what OSS saw.",
          "Compare OSS's StringToSign with yours, and check the AccessKeySecret.",
          "The request signature we calculated does not match the signature you provided. Check "
          "your key and signing method.", (("HostId", "films.oss-eu-central-1.aliyuncs.com"),),
          "https://www.alibabacloud.com/help/en/oss/developer-reference/ddd-signatures-to-urls"),
    # Ceph's gateway, which DigitalOcean and others run. Its request ids begin with tx.
    Cause("SignatureDoesNotMatch", r"\A\s*(?:HostId: [^\n]*\n)?(?:RequestId: tx|HostId: "
                                   r"[^\n]+-[a-z]{3}\d[a-z]?-)",
          "The signature does not match the request that arrived.",
          "This is not AWS's answer: Ceph's gateway (DigitalOcean Spaces and others run it) gives "
          "no details. The host, the secret, the region or service (s3) in the scope, or a header "
          "differs.",
          "Compare the signed host with the one that was asked, and check the secret key and the "
          "scope KEY/DAY/REGION/s3/aws4_request.",
          " ", (("RequestId", "tx0000012"), ("HostId", "1a2b3-nyc3a-nyc")),
          "https://docs.ceph.com/en/latest/radosgw/s3/"),
    # Garage, Wasabi
    Cause("AccessDenied", r"^Forbidden: (.+)", "The server refuses: {1}.",
          "Garage writes its refusals so: the signature doesn't fit, the key is unknown, or it may "
          "not use this bucket.",
          "Check the key's permission on the bucket (garage bucket allow), the host and the "
          "secret.",
          "Forbidden: Invalid signature",
          source="https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility/"),
    Cause("AccessDenied", "Public use of objects is not allowed", "Wasabi blocks public access.",
          "The request is not signed: the query with the signature did not arrive, or was never "
          "there.",
          "Use the whole presigned URL; Wasabi allows public objects only to accounts that asked "
          "for it.",
          "Public use of objects is not allowed by default. Please contact Wasabi Customer Support "
          "for more "
          "information", source="https://docs.wasabi.com/docs/change-to-creating-public-buckets"),
    # MinIO
    Cause("XMinioStorageFull", "", "The MinIO server's disks are full.", "Nothing is wrong with "
                                                                         "the URL.",
          "Free space on the server.", "Storage backend has reached its minimum free drive "
                                       "threshold.",
          source="https://min.io/docs/minio/linux/operations/concepts/availability-and-resiliency.html"),
    Cause("XMinioServerNotInitialized", "", "The MinIO server is still starting.",
          "Nothing is wrong with the URL.", "Try again when it is up.",
          "Server not initialized, please try again.",
          source="https://min.io/docs/minio/linux/operations/troubleshooting.html"),
    # AWS's Security Token Service
    Cause("InvalidClientTokenId", "", "STS does not know the key.",
          "This is the answer of AWS's Security Token Service, not of S3: the key id is wrong, was "
          "deleted, or belongs to another service. R2, MinIO behind other names and others have "
          "no STS.",
          "Check the key id and the account, and with another service point the client at its own "
          "endpoint.", "The security token included in the request is invalid.",
          source="https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"),
    Cause("UnrecognizedClientException", "", "AWS does not know the key.",
          "The key id is wrong, was deleted, or its session token is missing.",
          "Check the credentials: all three parts of a temporary key.",
          "The security token included in the request is invalid.",
          source="https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html"),
    # Supabase
    Cause("InvalidJWT", "", "Supabase Storage can't accept the token of this URL.",
          "It is Supabase's own signed URL (not S3's), whose token has expired or was changed.",
          "Create a new one: storage.from(bucket).createSignedUrl(path, seconds).",
          '"exp" claim timestamp check failed',
          source="https://supabase.com/docs/guides/storage/debugging/error-codes"),
    # IAM
    Cause("MalformedPolicyDocument", "", "IAM does not accept this policy.",
          "Its message says why.", "Correct that element; inspect_access reads a policy too.",
          "Syntax errors in policy.",
          source="https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html"),
)  # fmt: skip
