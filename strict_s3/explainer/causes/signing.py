"""Refusals that concern how a request or a form was signed, and CORS."""

from __future__ import annotations

from ...rules.sigv4 import MAX_EXPIRES
from .cause import Cause
from .fixes import CORS_FIX, REGION_FIX, SIGN_AGAIN, V4

SIGNING = (
    Cause("AuthorizationQueryParametersError", "must be less than a week",
          "The URL promises more than 7 days.",
          f"Signature Version 4 allows {MAX_EXPIRES:,} seconds. boto3 and the JavaScript form "
          "helper sign longer ones without a warning; S3 refuses them from the first second.",
          f"Sign for at most {MAX_EXPIRES} seconds. For longer, publish a link to your own server "
          "that signs a new URL at each click.",
          "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-"
          "Expires must be less than 604800 seconds"),
    Cause("AuthorizationQueryParametersError", "X-Amz-Expires (must|should)",
          "X-Amz-Expires is not a valid number.",
          f"It must be whole seconds, from 0 to {MAX_EXPIRES:,}.", SIGN_AGAIN,
          "X-Amz-Expires should be a number"),
    Cause("AuthorizationQueryParametersError", r"the region '(.*)' is wrong; expecting '(.*)'",
          "Signed for region {1}; the bucket is in {2}.",
          "The region is part of the signature.", REGION_FIX,
          "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; "
          "expecting 'ap-south-1'"),
    Cause("AuthorizationQueryParametersError", r'incorrect service "(.*?)"\. This endpoint '
                                               r'belongs to "(.*?)"',
          "Signed for the service {1}; this host belongs to {2}.",
          "The scope of X-Amz-Credential has to name the service {2} here.",
          "Let the SDK sign for the access point's ARN as the bucket: it then signs for {2}.",
          'Error parsing the X-Amz-Credential parameter; incorrect service "s3". This endpoint '
          'belongs '
          'to "s3-object-lambda".', source="https://github.com/boto/boto3/issues/3678"),
    Cause("AuthorizationQueryParametersError", "requires the X-Amz-Algorithm",
          "The URL is incomplete.",
          "S3 needs six parameters, each once: X-Amz-Algorithm, -Credential, -Date, -Expires, "
          "-SignedHeaders and -Signature. A shell that cuts at &, or HTML that turns & into "
          "&amp;, loses some.",
          "Put the URL in quotes and copy all of it; keep upper and lower case."),
    Cause("AuthorizationQueryParametersError", "Credential|credential date|service|terminal",
          "X-Amz-Credential is malformed.",
          "It must be KEY/YYYYMMDD/REGION/s3/aws4_request, with the day of X-Amz-Date. Encoding "
          "a URL twice (%252F) breaks it too.", SIGN_AGAIN,
          "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
          'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
    Cause("AuthorizationQueryParametersError", "", "A signing parameter is malformed.",
          "S3's message names it.", SIGN_AGAIN,
          "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
    Cause("AuthorizationHeaderMalformed", r"the region '(.*)' is wrong; expecting '(.*)'",
          "Signed for region {1}; the bucket is in {2}.",
          "The region is part of the signature.", REGION_FIX,
          "The authorization header is malformed; the region 'us-east-1' is wrong; "
          "expecting 'eu-west-2'"),
    Cause("AuthorizationHeaderMalformed", r'incorrect service "(.*?)"\. This endpoint belongs to '
                                          r'"(.*?)"',
          "Signed for the service {1}; this host belongs to {2}.",
          "The scope has to name the service {2} here.", "Sign for {2}.",
          'The authorization header is malformed; incorrect service "s3". This endpoint belongs to '
          '"s3-outposts".', source="https://github.com/boto/boto3/issues/3678"),
    Cause("AuthorizationHeaderMalformed", "", "The Authorization header is malformed.",
          "It holds something other than Signature Version 4, or was changed.",
          "Let an SDK sign. Send no Authorization header at all to a presigned URL."),
    Cause("InvalidRequest", "AWS4-HMAC-SHA256", "Signed with the old Signature Version 2.",
          "Without a configuration, boto3 still signs URLs and forms like this in eight old "
          "regions. Newer regions and buckets accept only Version 4.",
          f"Make the client with {V4}. The URL then has X-Amz-Algorithm.",
          "The authorization mechanism you have provided is not supported. Please use "
          "AWS4-HMAC-SHA256."),
    Cause("InvalidRequest", "response headers", "response-* parameters without a signature.",
          "Only a signed request can change the response's headers.",
          "Give them when signing (ResponseContentDisposition=…).",
          "Request specific response headers cannot be used for anonymous GET requests."),
    Cause("InvalidRequest", r"Checksum Type mismatch occurred, expected checksum Type: (\w+), "
                            r"actual checksum Type: (\w+)",
          "The part's checksum is of another algorithm than the upload's: {2} instead of {1}.",
          "The upload was created for {1} (or for none), and every part must use the same.",
          "Give ChecksumAlgorithm in create_multipart_upload, and the same one for each part.",
          "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: "
          "crc32",
          source="https://github.com/boto/botocore/issues/3216"),
    Cause("InvalidRequest", "must include the checksum for each part",
          "The list of parts lacks their checksums.",
          "The upload was created with a checksum algorithm, so each part's own belongs in the "
          "list.",
          "Keep what upload_part answers (ChecksumSHA256 …) and give it with the part's ETag.",
          "The upload was created using a sha256 checksum. The complete request must include the "
          "checksum for each part.", source="https://github.com/apache/opendal/issues/4580"),
    Cause("InvalidRequest", "(?i)checksum|x-amz-trailer", "The declared checksum is invalid.",
          "One checksum is allowed, of an algorithm that S3 knows, with a value of its length.",
          "Let the SDK compute it, or leave it out.",
          "Value for x-amz-checksum-crc32 header is invalid."),
    Cause("InvalidRequest", r"unsupported HTTP method in CORS config\. Unsupported method is (\S+)",
          "A CORS rule can't name the method {1}.",
          "AllowedMethods knows GET, PUT, POST, DELETE and HEAD. S3 answers OPTIONS (a preflight) "
          "by itself.", "Leave {1} out of AllowedMethods.",
          "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS",
          source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html"),
    Cause("InvalidRequest", "", "S3 cannot do what the request asks.",
          "Its message says which part.", "Change that part of the request."),
    Cause("InvalidArgument", "must contain a field named '(.*)'",
          "S3 did not find the field {1} before the file.",
          "It is missing, or comes after the file: S3 reads a form up to its file and ignores the "
          "rest.",
          "Append all fields first, and the file last.",
          "Bucket POST must contain a field named 'key'.  If it is specified, please check "
          "the order of the fields."),
    Cause("InvalidArgument", "exactly one file", "The form has no file, or several.",
          "One field must be called file; its content becomes the object.",
          'Append exactly one, as the last field: form.append("file", file).',
          "POST requires exactly one file upload per request."),
    Cause("InvalidArgument", "Only one auth mechanism", "The request is signed in two ways.",
          "A presigned URL carries its own signature, and an Authorization header came with it. "
          "HTTP clients add that header from a login, a .netrc file or a default; and if "
          "CloudFront is in front of the bucket, its origin access control signs too.",
          "Send no Authorization header to a presigned URL. Behind CloudFront, use its own signed "
          "URLs, and don't forward the viewer's signature to the bucket.",
          "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
          "Signature query string parameter or the Authorization header should be specified"),
    Cause("InvalidArgument", "Unsupported Authorization Type",
          "An Authorization header that is not AWS's came with the request.",
          "A page or its HTTP library adds it to every request (Bearer or Basic, from a login). S3 "
          "looks at it also where a form or nobody signs.",
          "Send S3 no Authorization header: leave it out for this request, or use fetch or a "
          "client of its own.",
          "Unsupported Authorization Type",
          source="https://github.com/danialfarid/ng-file-upload/issues/382"),
    Cause("InvalidArgument", "ISO-8859-1", "A response-* value has letters that a header can't "
                                           "carry.",
          "Header values are ISO-8859-1; S3 refuses other letters in response-content-disposition.",
          "Write the name for it as filename*=UTF-8\'\'… with percent-encoded UTF-8.",
          "Header value cannot be represented using ISO-8859-1.",
          source="https://github.com/IQSS/dataverse/issues/4524"),
    Cause("InvalidArgument", "(?i)unsupported signature|signature version", "The signature's "
                                                                            "version isn't "
                                                                            "accepted here.",
          "The server accepts another version than the one that signed.", f"Sign with {V4}.",
          "Unsupported signature version",
          source="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"),
    Cause("InvalidArgument", "region|credential|Credential", "The form's credential is wrong.",
          "It was signed for another region or day, or isn't of the form "
          "KEY/YYYYMMDD/REGION/s3/aws4_request.",
          "Make the form with the bucket's region, and send its fields unchanged.",
          "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; "
          "expecting 'eu-west-2'"),
    Cause("InvalidArgument", "", "A value in the request is not allowed.",
          "S3 rejects {ArgumentName}.", "Change or leave out that value."),
    Cause("BadRequest", "", "The OPTIONS request is not a preflight.",
          "A preflight carries Origin and Access-Control-Request-Method.",
          "Let the browser ask; to try it by hand, send both headers."),
    Cause("AccessForbidden", "not enabled", "The bucket has no CORS configuration at all.",
          "A page from {origin} wants to send {asked}. Without a rule the browser gets no "
          "permission.",
          CORS_FIX,
          "CORSResponse: CORS is not enabled for this bucket."),
    Cause("AccessForbidden", "not found", "There is no such bucket.",
          "The browser asked about a bucket that does not exist.", "Check the bucket's name.",
          "CORSResponse: Bucket not found"),
    Cause("AccessForbidden", "", "No CORS rule lets the page do this.",
          "A page from {origin} wants to send {asked}. One rule must allow the origin, the method "
          "and all headers together.",
          f"{CORS_FIX} Headers that the page sends (content-type, every x-amz-*) must be in "
          "AllowedHeaders."),
)  # fmt: skip
