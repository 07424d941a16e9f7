"""Refusals that concern the body of a request."""

from __future__ import annotations

from ...rules.limits import GIB, KIB, MAX_FORM_FIELDS, MAX_PUT, MIB, MIN_PART
from ...rules.payload import MIN_CHUNK
from .cause import Cause

BODY = (
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
    Cause("MaxMessageLengthExceeded", "", "The document is too long.",
          "S3 reads at most {MaxMessageLengthBytes} bytes of a configuration or a list of keys.",
          "Send fewer rules, or fewer keys at a time."),
    Cause("MaxPostPreDataLengthExceeded", "", "The fields before the file are too long.",
          f"They are limited to {MAX_FORM_FIELDS // KIB} KB together. Often the file's field is "
          'not called "file", so it counts as a field.', 'Call the file\'s field "file".'),
    Cause("UserKeyMustBeSpecified", "", "The form has no field key.",
          "S3 does not know where to store the file: key is missing, or comes after the file.",
          "Append key before the file.",
          "The bucket POST must contain the specified field name. If it is specified, please check "
          "the order of the fields.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("IncorrectNumberOfFilesInPostRequest", "", "The form has no file, or several.",
          "One field must be called file.", "Append exactly one, as the last field.",
          "POST requires exactly one file upload per request.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("RequestIsNotMultiPartContent", "", "The form was not sent as multipart/form-data.",
          "A form upload must have this enclosure type.",
          'Send FormData, or <form enctype="multipart/form-data">; set no Content-Type by hand.',
          "Bucket POST must be of the enclosure-type multipart/form-data.",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("MalformedPOSTRequest", "", "The body is not a form that S3 can read.",
          "It is not well-formed multipart/form-data, often because a client set the Content-Type "
          "by hand, without its boundary.",
          "Let FormData (or files= in requests) make the body and its Content-Type."),
    Cause("InvalidPolicyDocument", "expiration", "S3 cannot read the expiration of the form's "
                                                 "policy.",
          "It must be ISO 8601 in UTC, with a T and a Z.",
          "Write it like 2026-11-26T12:00:00.000Z.",
          "Invalid Policy: Invalid 'expiration' value: '2026-11-26 12:00:00 UTC'",
          source="https://github.com/dwilkie/carrierwave_direct/issues/20"),
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
)  # fmt: skip
