"""Every refusal of S3 in words: what was refused, why, and the fix.

There is an entry for each code of `strict_s3.rules.errors` (a test compares the two) and for some
that only AWS answers with. The first entry whose code and pattern match is used, so a pattern comes
before the "" that matches any message of its code. Texts may name elements of S3's XML, such as
{ServerTime}, and groups of the message's pattern, such as {1}.

Source of codes and messages: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..rules.limits import (
    GIB,
    KIB,
    MAX_FORM_FIELDS,
    MAX_KEY,
    MAX_METADATA,
    MAX_PUT,
    MIB,
    MIN_PART,
)
from ..rules.payload import MIN_CHUNK
from ..rules.sigv4 import MAX_EXPIRES
from .bucket_causes import BUCKET_CAUSES
from .words import shown


@dataclass(frozen=True)
class Cause:
    """Why S3 says `code`, if `pattern` is found in its message ("" matches any)."""

    code: str
    pattern: str
    what: str
    why: str
    fix: str


class Facts(dict[str, str]):
    """Values for a text; a value that S3 did not send reads "(not said)"."""

    def __missing__(self, name: str) -> str:
        return "(not said)"


_V4 = 'region_name=… and config=Config(signature_version="s3v4")'
_SIGN_AGAIN = "Copy the whole URL again, or sign a new one. Don't edit a signed URL."
_REGION_FIX = (
    "Sign with the bucket's own region ({Region}): region_name={Region}, and "
    's3={"addressing_style": "virtual"} so that the host names it too.'
)
_CORS_FIX = (
    "Add a rule to the bucket's CORS configuration. CORS only tells browsers what a page is "
    "allowed to do: it protects nothing, and other clients ignore it."
)

CAUSES = (
    # Who, and whether.
    Cause("AccessDenied", "Request has expired", "The URL has expired.",
          "It was valid until {Expires}; S3's clock says {ServerTime}. S3 checks this only when a "
          "request begins, so a download that is under way continues.",
          f"Sign a new URL. ExpiresIn is in seconds, at most {MAX_EXPIRES:,} (7 days)."),
    Cause("AccessDenied", "not yet valid", "The URL is not valid yet.",
          "It was signed for a later time than S3's ({ServerTime}): the signer's clock is more "
          "than 15 minutes ahead.",
          "Set the clock of the computer that signs (NTP does it), then sign again."),
    Cause("AccessDenied", "not signed", "A header was sent that isn't signed: {HeadersNotSigned}.",
          "Host, Content-MD5 and every x-amz-* header change what a request does, so S3 accepts "
          "them only if the signature covers them.",
          "Sign it (give its value when signing, for example ACL=… or Metadata=…), or leave it "
          "out."),
    Cause("AccessDenied", "Policy expired", "The form has expired.",
          "The policy's expiration has passed.",
          "Make a new form: generate_presigned_post(…, ExpiresIn=seconds)."),
    Cause("AccessDenied", r"Policy Condition failed: (.*)",
          "A condition of the form's policy isn't met: {sentence}.",
          "The field has a different value, or isn't in the form at all. A condition only checks a "
          "field; it does not add it. Date and credential must be the signed ones.",
          "Send the field with a value that the condition allows (add it to Fields too), or sign a "
          "different condition."),
    Cause("AccessDenied", r"Extra input fields: (.*)",
          "The form has a field that the policy does not name: {1}.",
          "Every field except file, policy, x-amz-signature and x-ignore-* needs a condition.",
          'Add one when signing (Conditions=[["starts-with", "${1}", ""]] or an exact one), or '
          "leave the field out. boto3 does not turn Fields into conditions."),
    Cause("AccessDenied",
          r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+) with an explicit",
          "{1} is not allowed to perform {2} on {3}: a statement denies it.",
          "The signature is right. A Deny in a policy beats every Allow ({policy}).",
          "Find the Deny and look at its Condition: network, https, age of the signature."),
    Cause("AccessDenied",
          r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+)",
          "{1} is not allowed to perform {2} on {3}.",
          "The signature is right. But a presigned URL can do only what its signer is allowed to "
          "do, and S3 checks that at every use. No policy allows it ({policy}).",
          "Allow {2} on {3} to the signer, or sign with a key that is allowed to. A key that "
          "worked before may have lost the permission since."),
    Cause("AccessDenied", "provide the correct secret key",
          "That isn't the key that the object was stored with.",
          "S3 compares the customer's key (SSE-C) with the one of the upload.",
          "Send the upload's key and its MD5. S3 can't recover a lost key."),
    Cause("AccessDenied", "valid Date", "The request has no time that S3 can read.",
          "Neither x-amz-date nor Date is there in the right format.",
          "Let an SDK sign the request."),
    Cause("AccessDenied", "Query-string authentication requires", "The URL is incomplete.",
          "Signature Version 2 needs Signature, Expires and AWSAccessKeyId.", _SIGN_AGAIN),
    Cause("AccessDenied", "", "Access is denied.",
          "Three causes look alike. The request isn't signed (the query is missing) and the object "
          "is private. Or the signer lacks the permission. Or the key does not exist, and S3 "
          "doesn't say so because the signer isn't allowed to list the bucket.",
          "Check that the whole URL arrived, that the signer's policy allows the action on this "
          "key, and how the key is spelled (upper and lower case differ)."),
    Cause("AllAccessDisabled", "", "All access to this bucket is blocked.",
          "AWS has disabled it, or the bucket isn't yours.", "Check the bucket's name."),
    Cause("InvalidAccessKeyId", "", "S3 does not know the key that signed.",
          "It was deleted or deactivated (which ends all its URLs at once), belongs to another "
          "service or account, or is a temporary key (ASIA…) without its session token.",
          "Sign with an active key. With temporary credentials give all three: key id, secret key "
          "and session token."),
    Cause("InvalidToken", "", "The session token doesn't belong to this key.",
          "A long-term key came with a token, or the token was cut off, changed, or belongs to "
          "another session.",
          "Use key id, secret key and session token from the same credentials. In a URL, the + and "
          "/ of a token must be percent-encoded."),
    Cause("ExpiredToken", "", "The session of the key that signed has ended.",
          "A URL signed with temporary credentials stops working when they do, whatever its "
          "X-Amz-Expires says: after 1 hour for most roles, 12 at most.",
          "Promise no more time than the session has left, sign when the URL is needed, or sign "
          "with a long-term key that has this permission only."),
    Cause("RequestTimeTooSkewed", "", "The client's clock is wrong.",
          "The request says {RequestTime}, S3's clock {ServerTime}; 15 minutes are allowed.",
          "Set the clock (NTP). This concerns signed headers, not the age of a presigned URL."),
    # How it was signed.
    Cause("AuthorizationQueryParametersError", "must be less than a week",
          "The URL promises more than 7 days.",
          f"Signature Version 4 allows {MAX_EXPIRES:,} seconds. boto3 and the JavaScript form "
          "helper sign longer ones without a warning; S3 refuses them from the first second.",
          f"Sign for at most {MAX_EXPIRES} seconds. For longer, publish a link to your own server "
          "that signs a new URL at each click."),
    Cause("AuthorizationQueryParametersError", "X-Amz-Expires (must|should)",
          "X-Amz-Expires is not a valid number.",
          f"It must be whole seconds, from 0 to {MAX_EXPIRES:,}.", _SIGN_AGAIN),
    Cause("AuthorizationQueryParametersError", r"the region '(.*)' is wrong; expecting '(.*)'",
          "Signed for region {1}; the bucket is in {2}.",
          "The region is part of the signature.", _REGION_FIX),
    Cause("AuthorizationQueryParametersError", "requires the X-Amz-Algorithm",
          "The URL is incomplete.",
          "S3 needs six parameters, each once: X-Amz-Algorithm, -Credential, -Date, -Expires, "
          "-SignedHeaders and -Signature. A shell that cuts at &, or HTML that turns & into "
          "&amp;, loses some.",
          "Put the URL in quotes and copy all of it; keep upper and lower case."),
    Cause("AuthorizationQueryParametersError", "Credential|credential date|service|terminal",
          "X-Amz-Credential is malformed.",
          "It must be KEY/YYYYMMDD/REGION/s3/aws4_request, with the day of X-Amz-Date. Encoding "
          "a URL twice (%252F) breaks it too.", _SIGN_AGAIN),
    Cause("AuthorizationQueryParametersError", "", "A signing parameter is malformed.",
          "S3's message names it.", _SIGN_AGAIN),
    Cause("AuthorizationHeaderMalformed", r"the region '(.*)' is wrong; expecting '(.*)'",
          "Signed for region {1}; the bucket is in {2}.",
          "The region is part of the signature.", _REGION_FIX),
    Cause("AuthorizationHeaderMalformed", "", "The Authorization header is malformed.",
          "It holds something other than Signature Version 4, or was changed.",
          "Let an SDK sign. Send no Authorization header at all to a presigned URL."),
    Cause("InvalidRequest", "AWS4-HMAC-SHA256", "Signed with the old Signature Version 2.",
          "Without a configuration, boto3 still signs URLs and forms like this in eight old "
          "regions. Newer regions and buckets accept only Version 4.",
          f"Make the client with {_V4}. The URL then has X-Amz-Algorithm."),
    Cause("InvalidRequest", "response headers", "response-* parameters without a signature.",
          "Only a signed request can change the response's headers.",
          "Give them when signing (ResponseContentDisposition=…)."),
    Cause("InvalidRequest", "stored using a form of Server Side Encryption",
          "The object was stored with a customer's own key (SSE-C).",
          "S3 doesn't keep such a key, so every read has to bring it along.",
          "Send the three x-amz-server-side-encryption-customer-* headers; in a presigned URL, "
          "sign them too."),
    Cause("InvalidRequest", "(?i)checksum|x-amz-trailer", "The declared checksum is invalid.",
          "One checksum is allowed, of an algorithm that S3 knows, with a value of its length.",
          "Let the SDK compute it, or send none."),
    Cause("InvalidRequest", "", "S3 cannot do what the request asks.",
          "Its message says which part.", "Change that part of the request."),
    Cause("InvalidArgument", "must contain a field named '(.*)'",
          "S3 did not find the field {1} before the file.",
          "It is missing, or comes after the file: S3 reads a form up to its file and ignores the "
          "rest.",
          "Append all fields first, and the file last."),
    Cause("InvalidArgument", "exactly one file", "The form has no file, or several.",
          "One field must be called file; its content becomes the object.",
          'Append exactly one, as the last field: form.append("file", file).'),
    Cause("InvalidArgument", "Only one auth mechanism", "The request is signed in two ways.",
          "A presigned URL carries its own signature, and an Authorization header came with it. "
          "HTTP clients add that header from a login, a .netrc file or a default.",
          "Send no Authorization header to a presigned URL."),
    Cause("InvalidArgument", "KMS", "Encrypted with KMS, but signed with Signature Version 2.",
          "Objects under a KMS key accept only Version 4.", f"Sign with {_V4}."),
    Cause("InvalidArgument", "region|credential|Credential", "The form's credential is wrong.",
          "It was signed for another region or day, or isn't of the form "
          "KEY/YYYYMMDD/REGION/s3/aws4_request.",
          "Make the form with the bucket's region, and send its fields unchanged."),
    Cause("InvalidArgument", "", "A value in the request is not allowed.",
          "S3 rejects {ArgumentName}.", "Change or leave out that value."),
    Cause("BadRequest", "", "The OPTIONS request is not a preflight.",
          "A preflight carries Origin and Access-Control-Request-Method.",
          "Let the browser ask; to try it by hand, send both headers."),
    Cause("AccessForbidden", "not enabled", "The bucket has no CORS configuration at all.",
          "A page from {origin} wants to send {asked}. Without a rule the browser gets no "
          "permission.",
          _CORS_FIX),
    Cause("AccessForbidden", "not found", "There is no such bucket.",
          "The browser asked about a bucket that does not exist.", "Check the bucket's name."),
    Cause("AccessForbidden", "", "No CORS rule lets the page do this.",
          "A page from {origin} wants to send {asked}. One rule must allow the origin, the method "
          "and all headers together.",
          f"{_CORS_FIX} Headers that the page sends (content-type, every x-amz-*) must be in "
          "AllowedHeaders."),
    # The body.
    Cause("BadDigest", "", "The body does not match its checksum.",
          "Content-MD5 or an x-amz-checksum-* header holds the value of a different body. "
          "AAAAAA== is the CRC32 of nothing: the JavaScript SDK v3 put it into the URL before it "
          "knew the file, and R2, Garage and others compare it.",
          'Sign with requestChecksumCalculation: "WHEN_REQUIRED", or send the checksum of this '
          "very body."),
    Cause("InvalidDigest", "", "Content-MD5 is not an MD5.",
          "It must be 16 bytes in base64.", "Encode the bytes, not their hexadecimal digits."),
    Cause("XAmzContentSHA256Mismatch", "", "The body is not the one whose hash was signed.",
          "x-amz-content-sha256 fixes the body.",
          "Send exactly that body, or sign UNSIGNED-PAYLOAD."),
    Cause("IncompleteBody", "", "The body is shorter than announced.",
          "The connection broke, or Content-Length is wrong.", "Send it again."),
    Cause("MissingContentLength", "", "The size was not announced.",
          "S3 does not accept a chunked upload without a length.",
          "Send a body whose length is known: a file or bytes, not a generator or stream."),
    Cause("EntityTooLarge", "", "The file is too large.",
          "It has {ProposedSize} bytes or more; the policy allows {MaxSizeAllowed} "
          f"(content-length-range), or S3 itself {MAX_PUT // GIB} GiB in one request.",
          "Send a smaller file, raise the range when signing, or upload in parts (multipart)."),
    Cause("EntityTooSmall", "", "The file is too small.",
          "It has {ProposedSize} bytes; at least {MinSizeAllowed} are required.",
          "Send the whole file, or lower the range when signing. (In a multipart upload every part "
          f"but the last needs {MIN_PART // MIB} MiB.)"),
    Cause("MaxPostPreDataLengthExceeded", "", "The fields before the file are too long.",
          f"They are limited to {MAX_FORM_FIELDS // KIB} KB together. Often the file's field is "
          'not called "file", so it counts as a field.', 'Call the file\'s field "file".'),
    Cause("MalformedPOSTRequest", "", "The body is not a form that S3 can read.",
          "It is not well-formed multipart/form-data, often because a client set the Content-Type "
          "by hand, without its boundary.",
          "Let FormData (or files= in requests) make the body and its Content-Type."),
    Cause("InvalidPolicyDocument", "", "S3 cannot read the form's policy.",
          "Its message says where. A condition is an object with one property or a list of three; "
          "values are strings; lengths are numbers.",
          "Decode the policy (base64) and look at it; strict_s3.inspect_form(fields) does that."),
    Cause("MalformedTrailerError", "", "What follows the body is malformed.",
          "A checksum was announced as a trailer and did not arrive.", "Let an SDK send it."),
    Cause("InvalidChunkSizeError", "", "A chunk of the body is too small.",
          f"Only the last chunk can have less than {MIN_CHUNK // KIB} KiB.", "Let an SDK send it."),
    Cause("MalformedXML", "", "The XML in the body is not what S3 expects.",
          "It is not well-formed, or belongs to another operation.", "Let an SDK write it."),
    Cause("RequestTimeout", "", "The body did not arrive in time.",
          "The connection was idle.", "Send it again; retry with a longer wait."),
    Cause("MissingRequestBodyError", "", "The body is empty.",
          "This operation gets its instructions in its body.", "Let an SDK write it."),
    Cause("RequestHeaderSectionTooLarge", "", "URL and headers are too long.",
          "They are limited to 8 KB together. Metadata, a long session token or cookies fill it.",
          "Send fewer headers; store metadata in the object."),
    # The resource and the server.
    Cause("NoSuchBucket", "", "There is no bucket {BucketName}.",
          "The signature is not at fault. If the host is of one style and the path of the other, "
          "S3 looks for the bucket in the wrong place.",
          "Check the bucket's name and the style of the host."),
    Cause("NoSuchKey", "", "There is no object with this key.",
          "The signature is right: S3 says this only to signers who are allowed to list the "
          "bucket. Signing for a key that doesn't exist yet is fine.",
          "Check the spelling of {Key}: case, slashes, and characters encoded twice."),
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
          "Leave the input out here, and test that part on AWS."),
    Cause("NotImplemented", "", "S3 does not support this.",
          "A header asks for something that S3 doesn't have, often Transfer-Encoding: chunked.",
          "Send the body with a Content-Length."),
    Cause("InvalidPartNumber", "", "The object has no such part.",
          "It has {ActualPartCount}.", "Leave partNumber out to get the whole object."),
    Cause("InvalidObjectState", "", "The object is archived.",
          "An object of storage class {StorageClass} can't be read before it is restored.",
          "Restore it first, or store it as STANDARD."),
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
    Cause("InternalError", "", "S3 failed.", "The request is not at fault.", "Send it again."),
    Cause("SlowDown", "", "Too many requests.", "S3 protects itself.", "Wait, then retry slower."),
    Cause("TemporaryRedirect", "", "S3 sends the request to another host: {Endpoint}.",
          "The global host (without a region in its name) does not know a new bucket's region for "
          "up to a day. The redirected request has a different host from the signed one, so it "
          "ends in SignatureDoesNotMatch.",
          'Sign the regional host: region_name, and s3={"addressing_style": "virtual"}.'),
    Cause("PermanentRedirect", "", "The bucket is in another region: {Endpoint}.",
          "The host names a region that is not the bucket's.", "Sign with the bucket's region."),
    *(Cause(*texts) for texts in BUCKET_CAUSES),
    Cause("IllegalLocationConstraintException", "", "The wrong region for this bucket.",
          "The client talks to one region about a bucket in another.",
          "Give the client the bucket's region."),
)  # fmt: skip


def first_match(code: str, message: str) -> tuple[Cause, re.Match[str]] | None:
    """The first entry for `code` whose pattern is in `message`, and the match."""
    for cause in CAUSES:
        if cause.code == code and (match := re.search(cause.pattern, message, re.S)):
            return cause, match
    return None


def find_cause(code: str, message: str, facts: Facts) -> Cause | None:
    """The entry for `code` and `message`, its texts filled in; None if there is none."""
    match = first_match(code, message)
    if match is None:
        return None
    cause, groups = match[0], match[1].groups()
    values = Facts(facts)
    values |= {str(number): shown(text) for number, text in enumerate(groups, 1) if text}
    texts = (_filled(text, values) for text in (cause.what, cause.why, cause.fix))
    return Cause(code, cause.pattern, *texts)


def _filled(text: str, facts: Facts) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: facts[match[1]], text)
