"""S3's refusals, each with the status, code, message and fields that AWS answers with.

    S3Error
     ├─ who and whether: AccessDenied, SignatureDoesNotMatch, InvalidAccessKeyId, ExpiredToken …
     ├─ how it was signed: AuthorizationQueryParametersError, AuthorizationHeaderMalformed …
     ├─ the body: BadDigest, XAmzContentSHA256Mismatch, IncompleteBody, EntityTooLarge …
     └─ the resource: NoSuchBucket, NoSuchKey, PreconditionFailed, InvalidRange …

Messages are AWS's own, from https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
from answers recorded on AWS. If a message depends on the case, the rule that raises it passes it
in. Facts are passed as `fields`: by the name of their XML element, they appear between Message and
RequestId, in the order of the arguments.
"""

from __future__ import annotations

import re
from html import escape
from typing import ClassVar

# What S3 says of a request that is no HTTP, or of a method that it does not know.
NOT_HTTP = "An error occurred when parsing the HTTP request."
# Characters that XML 1.0 cannot have, not even escaped.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class S3Error(Exception):
    """A refusal. Subclasses have the code; `message` and `fields` say what is particular to it."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "InvalidRequest"
    default: ClassVar[str] = ""
    has_body: ClassVar[bool] = True

    def __init__(self, message: str | None = None, /, **fields: object) -> None:
        self.message = self.default if message is None else message
        self.fields: dict[str, str] = {name: str(value) for name, value in fields.items()}
        self.headers: dict[str, str] = {}  # of the answer, by lower-case name
        super().__init__(f"{self.status} {self.code}: {self.message}")

    def to_xml(self, request_id: str = "", host_id: str = "") -> bytes:
        """The error as S3's XML document (UTF-8)."""
        items = {"Code": self.code, "Message": self.message, **self.fields}
        items |= {"RequestId": request_id, "HostId": host_id}
        body = "".join(f"<{name}>{xml_text(value)}</{name}>" for name, value in items.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{body}</Error>'.encode()


def xml_text(value: str) -> str:
    """`value` as XML text: escaped, and without characters that XML cannot have.

    A carriage return would be read as the end of a line.
    """
    return escape(readable_xml(value), quote=False).replace("\r", "&#13;")


def readable_xml(text: str) -> str:
    """`text` without characters that XML cannot have."""
    return NOT_XML.sub("\ufffd", text)


# Who, and whether.


class AccessDenied(S3Error):
    status, code, default = 403, "AccessDenied", "Access Denied"


class SignatureDoesNotMatch(S3Error):
    status, code = 403, "SignatureDoesNotMatch"
    default = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )


class InvalidAccessKeyId(S3Error):
    status, code = 403, "InvalidAccessKeyId"
    default = "The AWS Access Key Id you provided does not exist in our records."


class InvalidToken(S3Error):
    code, default = "InvalidToken", "The provided token is malformed or otherwise invalid."


class ExpiredToken(S3Error):
    code, default = "ExpiredToken", "The provided token has expired."


class AccessForbidden(S3Error):
    status, code, default = 403, "AccessForbidden", "Access forbidden"


class RequestTimeTooSkewed(S3Error):
    status, code = 403, "RequestTimeTooSkewed"
    default = "The difference between the request time and the current time is too large."


# How it was signed.


class AuthorizationQueryParametersError(S3Error):
    code = "AuthorizationQueryParametersError"
    default = (
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    )


class AuthorizationHeaderMalformed(S3Error):
    code = "AuthorizationHeaderMalformed"
    default = "The authorization header that you provided is not valid."


class InvalidRequest(S3Error):
    code, default = "InvalidRequest", "Invalid Request"


class BadRequest(S3Error):
    code, default = "BadRequest", "Bad Request"


class InvalidArgument(S3Error):
    code, default = "InvalidArgument", "Invalid Argument"


# The body.


class BadDigest(S3Error):
    code = "BadDigest"
    default = "The Content-MD5 you specified did not match what we received."


class InvalidDigest(S3Error):
    code, default = "InvalidDigest", "The Content-MD5 you specified was invalid."


class XAmzContentSHA256Mismatch(S3Error):
    code = "XAmzContentSHA256Mismatch"
    default = "The provided 'x-amz-content-sha256' header does not match what was computed."


class IncompleteBody(S3Error):
    code = "IncompleteBody"
    default = "You did not provide the number of bytes specified by the Content-Length HTTP header."


class MissingContentLength(S3Error):
    status, code = 411, "MissingContentLength"
    default = "You must provide the Content-Length HTTP header."


class EntityTooLarge(S3Error):
    code = "EntityTooLarge"
    default = "Your proposed upload exceeds the maximum allowed size"


class EntityTooSmall(S3Error):
    code = "EntityTooSmall"
    default = "Your proposed upload is smaller than the minimum allowed size"


class MaxMessageLengthExceeded(S3Error):
    code, default = "MaxMessageLengthExceeded", "Your request was too big."


class MaxPostPreDataLengthExceeded(S3Error):
    code = "MaxPostPreDataLengthExceeded"
    default = "Your POST request fields preceding the upload file were too large."


class MalformedPOSTRequest(S3Error):
    code = "MalformedPOSTRequest"
    default = "The body of your POST request is not well-formed multipart/form-data."


class InvalidPolicyDocument(S3Error):
    code, default = "InvalidPolicyDocument", "Invalid Policy"


class MalformedTrailerError(S3Error):
    code = "MalformedTrailerError"
    default = (
        "The request contained trailing data that was not well-formed or did not conform to "
        "our published schema."
    )


class MalformedXML(S3Error):
    code = "MalformedXML"
    default = (
        "The XML you provided was not well-formed or did not validate against our published schema"
    )


class MissingRequestBodyError(S3Error):
    code, default = "MissingRequestBodyError", "Request Body is empty"


class IllegalVersioningConfiguration(S3Error):
    code = "IllegalVersioningConfigurationException"
    default = "The Versioning element must be specified"


class RequestHeaderSectionTooLarge(S3Error):
    code = "RequestHeaderSectionTooLarge"
    default = "Your request header section exceeds the maximum allowed size."


class SlowDown(S3Error):
    status, code, default = 503, "SlowDown", "Please reduce your request rate."


class RequestTimeout(S3Error):
    code = "RequestTimeout"
    default = (
        "Your socket connection to the server was not read from or written to within the "
        "timeout period. Idle connections will be closed."
    )


# The resource and the server.


class NoSuchBucket(S3Error):
    status, code, default = 404, "NoSuchBucket", "The specified bucket does not exist"


class NoSuchKey(S3Error):
    status, code, default = 404, "NoSuchKey", "The specified key does not exist."


class NoLoggingStatusForKey(S3Error):
    code = "NoLoggingStatusForKey"
    default = "There is no such thing as the ?logging sub-resource for a key"


class UserKeyMustBeSpecified(S3Error):
    code, default = "UserKeyMustBeSpecified", "User key must be specified."


class NoSuchVersion(S3Error):
    status, code, default = 404, "NoSuchVersion", "The specified version does not exist."


class NoSuchUpload(S3Error):
    status, code = 404, "NoSuchUpload"
    default = (
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed."
    )


class InvalidPart(S3Error):
    code = "InvalidPart"
    default = (
        "One or more of the specified parts could not be found.  The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag."
    )


class InvalidPartOrder(S3Error):
    code = "InvalidPartOrder"
    default = "The list of parts was not in ascending order. Parts must be ordered by part number."


class MethodNotAllowed(S3Error):
    status, code = 405, "MethodNotAllowed"
    default = "The specified method is not allowed against this resource."


class PreconditionFailed(S3Error):
    status, code = 412, "PreconditionFailed"
    default = "At least one of the pre-conditions you specified did not hold"


class ConditionalRequestConflict(S3Error):
    status, code = 409, "ConditionalRequestConflict"
    default = (
        "The conditional request cannot succeed due to a conflicting operation against this "
        "resource."
    )


class InvalidRange(S3Error):
    status, code, default = 416, "InvalidRange", "The requested range is not satisfiable"


class InvalidPartNumber(S3Error):
    status, code = 416, "InvalidPartNumber"
    default = "The requested partnumber is not satisfiable"


class InvalidObjectState(S3Error):
    status, code = 403, "InvalidObjectState"
    default = "The operation is not valid for the object's storage class"


class NoSuchObjectLockConfiguration(S3Error):
    status, code = 404, "NoSuchObjectLockConfiguration"
    default = "The specified object does not have a ObjectLock configuration"


class InvalidBucketOwnerAWSAccountID(S3Error):
    code = "InvalidBucketOwnerAWSAccountID"


class InvalidRedirectLocation(S3Error):
    code = "InvalidRedirectLocation"
    default = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."


class KMSNotFound(S3Error):
    """A KMS key that cannot be; the message says which."""

    code = "KMS.NotFoundException"


class InvalidURI(S3Error):
    code, default = "InvalidURI", "Couldn't parse the specified URI."


class UnacceptableAddress(S3Error):
    """An address that S3's front turns away: the answer has no document.

    Recorded for keys that begin with ../ (https://github.com/floci-io/floci/pull/1325), and for a
    path with a broken escape (https://github.com/versity/versitygw/issues/2070; of such a query
    string the answer is not known).
    """

    code, default, has_body = "BadRequest", "The key's .. lead out of its bucket.", False


class AccessControlListNotSupported(S3Error):
    code, default = "AccessControlListNotSupported", "The bucket does not allow ACLs"


class KeyTooLongError(S3Error):
    code, default = "KeyTooLongError", "Your key is too long"


class InvalidTag(S3Error):
    code, default = "InvalidTag", "The tag provided was not a valid tag"


class InvalidStorageClass(S3Error):
    code, default = "InvalidStorageClass", "The storage class you specified is not valid"


class InvalidEncryptionAlgorithmError(S3Error):
    code = "InvalidEncryptionAlgorithmError"
    default = "The Encryption request you specified is not valid. Supported value: AES256."


class MetadataTooLarge(S3Error):
    code = "MetadataTooLarge"
    default = "Your metadata headers exceed the maximum allowed metadata size"


class MalformedPolicyDocument(S3Error):
    """A bucket policy that S3 does not accept; the message says why."""

    code, default = "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'"


class PolicyTooLarge(S3Error):
    code, default = "PolicyTooLarge", "Policy exceeds the maximum allowed document size."


class NotImplementedByS3(S3Error):
    status, code = 501, "NotImplemented"
    default = "A header you provided implies functionality that is not implemented"


class InternalError(S3Error):
    status, code = 500, "InternalError"
    default = "We encountered an internal error. Please try again."
