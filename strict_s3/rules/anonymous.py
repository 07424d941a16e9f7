"""What S3 refuses to callers who sign nothing, whatever a policy allows them.

Sources: reports that quote AWS, https://github.com/aws/aws-sdk-cpp/issues/1575 and
https://github.com/scylladb/scylladb/issues/13425 for multipart uploads, s3err/s3err.go of
versity/versitygw for copies and ownership, brekkylab/backlot for buckets; for policies
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html.
"""

from __future__ import annotations

from .errors import AccessDenied, InvalidRequest, MethodNotAllowed
from .metadata import OVERRIDES
from .request import Request

_COPY = "Anonymous users cannot copy objects.  Please authenticate."
_OWNERSHIP = "s3:{}BucketOwnershipControls does not support Anonymous requests!"
_REFUSED = {
    "CopyObject": _COPY,
    "CreateBucket": "Anonymous users cannot invoke this API. Please authenticate.",
    "CreateMultipartUpload": (
        "Anonymous users cannot initiate multipart uploads.  Please authenticate."
    ),
    "GetBucketOwnershipControls": _OWNERSHIP.format("Get"),
    "PutBucketOwnershipControls": _OWNERSHIP.format("Put"),
    "UploadPartCopy": _COPY,
}
_OF_THE_OWNER = ("DeleteBucketPolicy", "GetBucketPolicy", "PutBucketPolicy")


def check_operation(operation: str) -> None:
    """Raises AccessDenied for one that needs a signature. Before permissions are looked at.

    >>> check_operation("GetObject")
    >>> check_operation("CreateMultipartUpload")
    Traceback (most recent call last):
    strict_s3.rules.errors.AccessDenied: 403 AccessDenied: Anonymous users cannot initiate \
multipart uploads.  Please authenticate.
    """
    if operation in _REFUSED:
        raise AccessDenied(_REFUSED[operation])


def check_allowed(request: Request, operation: str) -> None:
    """What a policy cannot give away. Raises MethodNotAllowed, InvalidRequest.

    "If you have the correct permissions, but you're not using an identity that belongs to the
    bucket owner's account, Amazon S3 returns a 405 Method Not Allowed error."
    """
    if operation in _OF_THE_OWNER:
        raise MethodNotAllowed(Method=request.method, ResourceType="BUCKETPOLICY")
    reads = operation in ("GetObject", "HeadObject")
    if reads and any(request.parameters.get(name) for name in OVERRIDES):
        raise InvalidRequest(
            "Request specific response headers cannot be used for anonymous GET requests."
        )
