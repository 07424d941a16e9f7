"""Every refusal of S3 in words: what was refused, why, and the fix.

One entry for each code of `strict_s3.rules.errors` (a test compares the two) and for some that only
AWS answers with. Where a code means several things, its message tells them apart. Texts may name
elements of S3's XML as {ServerTime}, and groups of the message's pattern as {1}.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    """Values for a text; what S3 did not say is said to be so."""

    def __missing__(self, name: str) -> str:
        return "(not said)"


_V4 = 'region_name=… and config=Config(signature_version="s3v4")'
_SIGN_AGAIN = "Copy the whole URL again, or sign a new one; do not edit a signed URL."
_REGION_FIX = (
    "Sign with the bucket's own region ({Region}): region_name={Region}, and "
    's3={"addressing_style": "virtual"} so that the host names it too.'
)
_CORS_FIX = (
    "Add a rule to the bucket's CORS configuration. CORS only tells browsers what a page may do: "
    "it protects nothing, and other clients do not ask."
)

_ALL = (
    # Who, and whether.
    Cause("AccessDenied", "Request has expired", "The URL's time is over.",
          "It was good until {Expires}; S3's clock says {ServerTime}. S3 looks at the start of a "
          "request only, so a download under way goes on.",
          "Sign a new URL. ExpiresIn is in seconds, at most 604,800 (7 days)."),
    Cause("AccessDenied", "not yet valid", "The URL's time has not come yet.",
          "It was signed for a later time than S3's ({ServerTime}): the signer's clock is over "
          "15 minutes ahead.",
          "Set the clock of the computer that signs (NTP does it), then sign again."),
    Cause("AccessDenied", "not signed", "A header was sent that nobody signed: {HeadersNotSigned}.",
          "Host, Content-MD5 and every x-amz-* header change what a request does, so S3 takes them "
          "only if the signature covers them.",
          "Sign it (give the value when signing, for example ACL=… or Metadata=…), or let the "
          "client not send it."),
    Cause("AccessDenied", "Policy expired", "The form's time is over.",
          "The policy's expiration has passed.",
          "Make a new form: generate_presigned_post(…, ExpiresIn=seconds)."),
    Cause("AccessDenied", r"Policy Condition failed: (.*)", "A condition of the form's policy does "
          "not hold: {sentence}.",
          "The field has another value, or is not in the form at all. A condition is a demand on "
          "a field: it does not make the field. Dates and credential must be the signed ones.",
          "Send the field with a value that the condition allows (put it into Fields too), or sign "
          "another condition."),
    Cause("AccessDenied", r"Extra input fields: (.*)",
          "The form has a field that the policy does not name: {1}.",
          "Every field but file, policy, x-amz-signature and x-ignore-* needs a condition.",
          'Add one when signing (Conditions=[["starts-with", "${1}", ""]] or an exact one), or '
          "leave the field out. boto3 makes no conditions from Fields."),
    Cause("AccessDenied",
          r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+) with an explicit",
          "{1} may not do {2} on {3}: a statement denies it.",
          "The signature is right. A Deny in a policy beats every Allow ({policy}).",
          "Find the Deny, and what its Condition asks for: network, https, age of the signature."),
    Cause("AccessDenied",
          r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+)",
          "{1} may not do {2} on {3}.",
          "The signature is right; but a presigned URL can do only what its signer may do, and S3 "
          "asks at every use. No policy allows it ({policy}).",
          "Allow {2} on {3} to the signer, or sign with a key that may. A key that was allowed "
          "before may have lost the permission since."),
    Cause("AccessDenied", "valid Date", "The request carries no time that S3 can read.",
          "Neither x-amz-date nor Date is there in the right form.",
          "Let an SDK sign the request."),
    Cause("AccessDenied", "Query-string authentication requires", "The URL is not complete.",
          "Signature Version 2 needs Signature, Expires and AWSAccessKeyId.", _SIGN_AGAIN),
    Cause("AccessDenied", "", "Not allowed.",
          "Three causes look alike. Nobody signed the request (the query is missing), and the "
          "object is private. Or the signer may not do it. Or the key does not exist and the "
          "signer may not list the bucket, so S3 does not tell.",
          "Check that the whole URL arrived, that the signer's policy allows the action on this "
          "key, and the key's spelling (upper and lower case count)."),
    Cause("AllAccessDisabled", "", "Everything in this bucket is blocked.",
          "AWS has disabled it, or the name is not yours.", "Check the bucket's name."),
    Cause("InvalidAccessKeyId", "", "S3 does not know the key that signed.",
          "It was deleted or deactivated (which ends all its URLs at once), belongs to another "
          "service or account, or is a temporary key (ASIA…) without its session token.",
          "Sign with an active key. With temporary credentials give all three: key id, secret key "
          "and session token."),
    Cause("InvalidToken", "", "The session token is not this key's.",
          "A long-lived key was given a token, or the token is cut off, changed, or of another "
          "session.",
          "Take key id, secret key and session token from the same credentials; a token's + and / "
          "have to be percent-encoded in a URL."),
    Cause("ExpiredToken", "", "The session of the key that signed has ended.",
          "A URL signed with temporary credentials dies with them, whatever its X-Amz-Expires "
          "says: after 1 hour for most roles, 12 at most.",
          "Promise less than the session has left, sign when the URL is asked for, or sign with a "
          "long-lived key that may do only this."),
    Cause("RequestTimeTooSkewed", "", "The client's clock is wrong.",
          "The request says {RequestTime}, S3's clock {ServerTime}; 15 minutes are allowed.",
          "Set the clock (NTP). This is about signed headers, not about a presigned URL's age."),
    # How it was signed.
    Cause("AuthorizationQueryParametersError", "must be less than a week",
          "The URL promises more than 7 days.",
          "Signature Version 4 allows 604,800 seconds. boto3 and the JavaScript form helper sign "
          "longer ones without a word; S3 refuses them from the first second.",
          "Sign for at most 604800. For longer, give out a link to your own server that signs a "
          "new URL at each click."),
    Cause("AuthorizationQueryParametersError", "X-Amz-Expires (must|should)",
          "X-Amz-Expires is no good number.",
          "It has to be whole seconds, from 0 to 604,800.", _SIGN_AGAIN),
    Cause("AuthorizationQueryParametersError", r"the region '(.*)' is wrong; expecting '(.*)'",
          "Signed for region {1}; the bucket is in {2}.",
          "The region is part of the signature.", _REGION_FIX),
    Cause("AuthorizationQueryParametersError", "requires the X-Amz-Algorithm",
          "The URL is not complete.",
          "S3 needs six parameters, each once: X-Amz-Algorithm, -Credential, -Date, -Expires, "
          "-SignedHeaders and -Signature. A shell that cuts at &, or HTML that turns & into "
          "&amp;, loses some.",
          "Put the URL in quotes and copy it whole; do not change upper and lower case."),
    Cause("AuthorizationQueryParametersError", "Credential|credential date|service|terminal",
          "X-Amz-Credential is not in its form.",
          "It has to be KEY/YYYYMMDD/REGION/s3/aws4_request, with the day of X-Amz-Date; encoding "
          "a URL twice (%252F) breaks it too.", _SIGN_AGAIN),
    Cause("AuthorizationQueryParametersError", "", "A signing parameter is not in its form.",
          "S3's message names it.", _SIGN_AGAIN),
    Cause("AuthorizationHeaderMalformed", r"the region '(.*)' is wrong; expecting '(.*)'",
          "Signed for region {1}; the bucket is in {2}.",
          "The region is part of the signature.", _REGION_FIX),
    Cause("AuthorizationHeaderMalformed", "", "The Authorization header is not in its form.",
          "Something else than Signature Version 4 is in it, or it was changed.",
          "Let an SDK sign. To a presigned URL send no Authorization header at all."),
    Cause("InvalidRequest", "AWS4-HMAC-SHA256", "Signed with the old Signature Version 2.",
          "boto3 without a configuration still signs URLs and forms so in eight old regions. Newer "
          "regions and buckets take only Version 4.",
          f"Make the client with {_V4}. The URL then says X-Amz-Algorithm."),
    Cause("InvalidRequest", "response headers", "response-* parameters without a signature.",
          "Only a signed request may change the answer's headers.",
          "Give them when signing (ResponseContentDisposition=…)."),
    Cause("InvalidRequest", "(?i)checksum|x-amz-trailer", "The declared checksum is no good.",
          "One checksum may be sent, of an algorithm that S3 knows, with a value of its length.",
          "Let the SDK compute it, or send none."),
    Cause("InvalidRequest", "", "S3 cannot do what the request asks.",
          "Its message says which part.", "Change that part of the request."),
    Cause("InvalidArgument", "must contain a field named '(.*)'",
          "S3 did not find the field {1} before the file.",
          "It is missing, or stands after the file: S3 reads a form up to its file and ignores "
          "what follows.",
          "Append all fields first, and the file last."),
    Cause("InvalidArgument", "exactly one file", "The form has no file, or several.",
          "One field has to be called file; its content becomes the object.",
          'Append exactly one, as the last field: form.append("file", file).'),
    Cause("InvalidArgument", "Only one auth mechanism", "The request is signed in two ways.",
          "A presigned URL carries its own signature, and an Authorization header came with it. "
          "HTTP clients add the header from a login, a .netrc file or a default.",
          "Send no Authorization header to a presigned URL."),
    Cause("InvalidArgument", "KMS", "Encrypted with KMS, but signed with Signature Version 2.",
          "Objects under a KMS key take only Version 4.", f"Sign with {_V4}."),
    Cause("InvalidArgument", "region|credential|Credential", "The form's credential is not right.",
          "Signed for another region or day, or not in the form "
          "KEY/YYYYMMDD/REGION/s3/aws4_request.",
          "Make the form with the bucket's region, and send its fields unchanged."),
    Cause("InvalidArgument", "", "A value in the request is not allowed.",
          "{ArgumentName} is what S3 stumbles over.", "Change or leave out that value."),
    Cause("BadRequest", "", "An OPTIONS request that is no browser's question.",
          "A preflight carries Origin and Access-Control-Request-Method.",
          "Let the browser ask; to try it by hand, send both headers."),
    Cause("AccessForbidden", "not enabled", "The bucket has no CORS configuration at all.",
          "A page of {origin} asks to send {asked}. Without a rule the browser gets no permission.",
          _CORS_FIX),
    Cause("AccessForbidden", "not found", "There is no such bucket.",
          "The browser asked about a bucket that is not there.", "Check the bucket's name."),
    Cause("AccessForbidden", "", "No CORS rule lets the page do this.",
          "A page of {origin} asks to send {asked}. One rule has to allow origin, method and "
          "all headers together.",
          f"{_CORS_FIX} Headers that the page sends (content-type, every x-amz-*) have to be in "
          "AllowedHeaders."),
    # The body.
    Cause("BadDigest", "", "The body is not the one that the checksum was made of.",
          "Content-MD5 or an x-amz-checksum-* header was sent with another body's value. "
          "AAAAAA== is the CRC32 of nothing: the JavaScript SDK v3 put it into the URL before it "
          "knew the file, and R2, Garage and others compare it.",
          'Sign with requestChecksumCalculation: "WHEN_REQUIRED", or send the checksum of this '
          "very body."),
    Cause("InvalidDigest", "", "Content-MD5 is not an MD5.",
          "It has to be the base64 of 16 bytes.", "Make it from the bytes, not from hexadecimal."),
    Cause("XAmzContentSHA256Mismatch", "", "The body is not the one whose hash was signed.",
          "x-amz-content-sha256 fixes the body.",
          "Send exactly that body, or sign UNSIGNED-PAYLOAD."),
    Cause("IncompleteBody", "", "The body ended before its announced length.",
          "The connection broke, or Content-Length is wrong.", "Send it again."),
    Cause("MissingContentLength", "", "The size was not announced.",
          "S3 takes no chunked upload without a length.",
          "Send a body whose length is known: a file or bytes, not a generator or stream."),
    Cause("EntityTooLarge", "", "The file is too large.",
          "It has {ProposedSize} bytes or more; the policy allows {MaxSizeAllowed} "
          "(content-length-range), or S3 itself 5 GB in one request.",
          "Send a smaller file, raise the range when signing, or upload in parts (multipart)."),
    Cause("EntityTooSmall", "", "The file is too small.",
          "It has {ProposedSize} bytes; at least {MinSizeAllowed} are asked for.",
          "Send the whole file, or lower the range when signing. (In a multipart upload every part "
          "but the last needs 5 MiB.)"),
    Cause("MaxPostPreDataLengthExceeded", "", "The fields before the file are too long.",
          "Together they may have 20 KB. Often the file is not called \"file\", and so counts as a "
          "field.", 'Call the file\'s field "file".'),
    Cause("MalformedPOSTRequest", "", "The body is not a form that S3 can read.",
          "It is no well-formed multipart/form-data, often because a client set the Content-Type "
          "by hand, without its boundary.",
          "Let FormData (or files= in requests) make the body and its Content-Type."),
    Cause("InvalidPolicyDocument", "", "S3 cannot read the form's policy.",
          "Its message says where. A condition is an object with one property or a list of three; "
          "values are strings; lengths are numbers.",
          "Decode the policy (base64) and look; strict_s3.explainer.inspect_form(fields) does it."),
    Cause("MalformedTrailerError", "", "What follows the body is not in its form.",
          "A checksum was announced as a trailer and did not come so.", "Let an SDK send it."),
    Cause("InvalidChunkSizeError", "", "A chunk of the body is too small.",
          "Only the last one may have less than 8 KiB.", "Let an SDK send it."),
    Cause("MalformedXML", "", "The XML in the body is not what S3 expects.",
          "It is not well-formed, or not of this operation.", "Let an SDK write it."),
    Cause("RequestTimeout", "", "The body did not come in time.",
          "The connection was idle.", "Send it again; retry with a longer wait."),
    Cause("MissingRequestBodyError", "", "The body is empty.",
          "This operation is told in its body what to do.", "Let an SDK write it."),
    Cause("RequestHeaderSectionTooLarge", "", "URL and headers are too long.",
          "Together they may have 8 KB. Metadata, a long session token or cookies fill it.",
          "Send fewer headers; store metadata in the object."),
    # The resource and the server.
    Cause("NoSuchBucket", "", "There is no bucket {BucketName}.",
          "The signature is not at fault. With a host of one style and a path of the other, S3 "
          "takes the wrong part for the bucket.", "Check the bucket's name and the host's form."),
    Cause("NoSuchKey", "", "There is no object with this key.",
          "The signature is right: S3 says so only to signers who may list the bucket. Nothing is "
          "wrong with signing for a key that is not there yet.",
          "Check the spelling of {Key}: case, slashes, and characters encoded twice."),
    Cause("NoSuchVersion", "", "There is no such version of the object.",
          "versionId names one that was deleted or never was.", "List the versions."),
    Cause("NoSuchUpload", "", "There is no such multipart upload.",
          "It was completed, aborted, or cleaned up by a lifecycle rule.", "Start a new one."),
    Cause("InvalidPart", "", "A part of the multipart upload is not there.",
          "A part was not uploaded, or its ETag in the list is another one.",
          "List the parts, and complete with exactly their numbers and ETags. (A page reads ETag "
          "only if CORS has ExposeHeaders: ETag.)"),
    Cause("InvalidPartOrder", "", "The list of parts is not in order.",
          "CompleteMultipartUpload takes them by rising part number.", "Sort them."),
    Cause("MethodNotAllowed", "", "This cannot be asked of this resource.",
          "S3 has no operation for the method {Method} here; POST for forms goes to the bucket, "
          "not to a key.", "Use the method and URL of the operation that is meant."),
    Cause("PreconditionFailed", "", "A condition of the request does not hold: {Condition}.",
          "If-None-Match: * asks that the key does not exist yet, If-Match that it is unchanged. "
          "For a form the condition is that it comes as multipart/form-data.",
          "If it must not be overwritten, that is the answer wanted. For a form, send FormData."),
    Cause("ConditionalRequestConflict", "", "Another write to the key was under way.",
          "A conditional write met it.", "Ask for the object, then try again."),
    Cause("InvalidRange", "", "The object has no such bytes.",
          "Range begins after its end ({ActualObjectSize} bytes).", "Ask for a smaller offset."),
    Cause("InvalidURI", "", "S3 cannot decode the path.",
          "Its percent-encoding is not UTF-8.", "Encode the key as UTF-8, once."),
    Cause("AccessControlListNotSupported", "", "The bucket takes no ACLs.",
          "Buckets made since April 2023 have ACLs disabled (bucket owner enforced); some value "
          "such as public-read or private is in the request or in the signature.",
          "Leave the ACL out, in signing and in sending. To make objects public use a bucket "
          "policy, on purpose."),
    Cause("KeyTooLongError", "", "The key is too long.",
          "1,024 bytes of UTF-8 are the most.", "Choose a shorter key."),
    Cause("InvalidStorageClass", "", "There is no such storage class.",
          "x-amz-storage-class names it.", "STANDARD is the default: leave it out."),
    Cause("InvalidEncryptionAlgorithmError", "", "There is no such encryption.",
          "x-amz-server-side-encryption is AES256 or aws:kms.",
          "Leave it out: every object is encrypted anyway."),
    Cause("MetadataTooLarge", "", "Too much metadata.",
          "All x-amz-meta-* together may have 2 KB.", "Store it elsewhere, or in the object."),
    Cause("InvalidTag", "", "A tag is not valid.",
          "Keys have 1 to 128 characters, values up to 256; each key once; none begins with aws:. "
          "A presigned x-amz-tagging is encoded as in a query (a=b&c=d).", "Change that tag."),
    Cause("IllegalVersioningConfigurationException", "", "Versioning is told no state.",
          "Its configuration needs a Status: Enabled or Suspended.", "Give one."),
    Cause("MalformedPolicy", "", "S3 does not take this bucket policy.",
          "Its message says why.", "Change that element."),
    Cause("NotImplemented", "", "S3 does not do this.",
          "A header asks for something that is not there, often Transfer-Encoding: chunked.",
          "Send the body with a Content-Length."),
    Cause("InternalError", "", "S3 failed.", "The request is not at fault.", "Send it again."),
    Cause("SlowDown", "", "Too many requests.", "S3 protects itself.", "Wait, then retry slower."),
    Cause("TemporaryRedirect", "", "S3 sends the request to another host: {Endpoint}.",
          "The global host (no region in its name) does not know a new bucket's region yet, for up "
          "to a day. The redirected request has another host than the one signed, so it ends in "
          "SignatureDoesNotMatch.",
          'Sign the regional host: region_name, and s3={"addressing_style": "virtual"}.'),
    Cause("PermanentRedirect", "", "The bucket is in another region: {Endpoint}.",
          "The host names a region that is not the bucket's.", "Sign with the bucket's region."),
    Cause("IllegalLocationConstraintException", "", "The wrong region for this bucket.",
          "The client speaks to one region about a bucket of another.",
          "Give the client the bucket's region."),
)  # fmt: skip


def find_cause(code: str, message: str, facts: Facts) -> Cause | None:
    """The first entry for `code` whose pattern is in `message`, its texts filled in."""
    for cause in _ALL:
        if cause.code == code and (found := re.search(cause.pattern, message, re.S)):
            filled = Facts(facts)
            filled |= {str(n): shown(text) for n, text in enumerate(found.groups(), 1) if text}
            texts = (_filled(text, filled) for text in (cause.what, cause.why, cause.fix))
            return Cause(code, cause.pattern, *texts)
    return None


def _filled(text: str, facts: Facts) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: facts[found[1]], text)


def known_codes() -> frozenset[str]:
    """Every code that has an entry."""
    return frozenset(cause.code for cause in _ALL)
