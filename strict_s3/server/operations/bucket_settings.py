"""Operations that moto's own app carries out, and what is checked before it may.

What is not named in `CARRIED_OUT` is answered 501: moto would take some of those requests for
others (a GET of ``?metrics`` for a listing, a PUT of ``?renameObject`` for an upload).
"""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from ...rules import cors, tags
from ...rules.errors import (
    AccessControlListNotSupported,
    AccessDenied,
    EntityTooLarge,
    IllegalVersioningConfiguration,
    InvalidRequest,
    MalformedPolicyDocument,
    MalformedXML,
    MissingRequestBodyError,
    NoSuchKey,
    PreconditionFailed,
    S3Error,
)
from ...rules.payload import ChunkSigner, Payload
from ...rules.policy import MalformedPolicy, Policy, Statement, parse_policy
from ...rules.public_access import is_public
from ...rules.request import Request
from ...rules.s3_operations import BUCKET_ACTIONS, OBJECT_ACTIONS
from ..response import Headers, Response
from ..store.store import Store
from .body import Read, receive

_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
MAX_POLICY = 20 * 1024  # bytes
MAX_KEYS = 1000  # in one DeleteObjects
_READ_AND_WRITTEN = (
    "BucketAccelerateConfiguration",
    "BucketAcl",
    "BucketCors",
    "BucketEncryption",
    "BucketLifecycleConfiguration",
    "BucketLogging",
    "BucketNotificationConfiguration",
    "BucketOwnershipControls",
    "BucketPolicy",
    "BucketReplication",
    "BucketTagging",
    "BucketVersioning",
    "BucketWebsite",
    "ObjectAcl",
    "ObjectLegalHold",
    "ObjectLockConfiguration",
    "ObjectTagging",
    "PublicAccessBlock",
)
CARRIED_OUT = frozenset(
    (
        *(f"{verb}{name}" for verb in ("Get", "Put") for name in _READ_AND_WRITTEN),
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateBucket",
        "CreateMultipartUpload",
        "DeleteBucket",
        "DeleteBucketCors",
        "DeleteBucketEncryption",
        "DeleteBucketLifecycle",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPolicy",
        "DeleteBucketReplication",
        "DeleteBucketTagging",
        "DeleteBucketWebsite",
        "DeleteObject",
        "DeleteObjectTagging",
        "DeleteObjects",
        "DeletePublicAccessBlock",
        "GetBucketLocation",
        "GetBucketPolicyStatus",
        "GetObjectAttributes",
        "HeadBucket",
        "ListBuckets",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
        "ListParts",
        "PutObjectRetention",
        "UploadPartCopy",
    )
)
# The root element of each document that is sent ("Request Body" of each operation).
_ROOTS = {
    "CreateBucket": "CreateBucketConfiguration",
    "PutBucketAccelerateConfiguration": "AccelerateConfiguration",
    "PutBucketEncryption": "ServerSideEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "LifecycleConfiguration",
    "PutBucketLogging": "BucketLoggingStatus",
    "PutBucketNotificationConfiguration": "NotificationConfiguration",
    "PutBucketOwnershipControls": "OwnershipControls",
    "PutBucketReplication": "ReplicationConfiguration",
    "PutBucketTagging": "Tagging",
    "PutBucketVersioning": "VersioningConfiguration",
    "PutBucketWebsite": "WebsiteConfiguration",
    "PutObjectLegalHold": "LegalHold",
    "PutObjectLockConfiguration": "ObjectLockConfiguration",
    "PutObjectRetention": "Retention",
    "PutObjectTagging": "Tagging",
    "PutPublicAccessBlock": "PublicAccessBlockConfiguration",
}
# What moto's web app says about itself, not about the object.
_DROPPED = frozenset(("connection", "content-length", "date", "server", "x-amz-request-id"))


def kept_headers(headers: Headers) -> Headers:
    """moto's response headers without those that the server writes itself."""
    return [
        (name, value)
        for name, value in headers
        if name not in _DROPPED and not name.startswith("access-control-")
    ]


def verified_body(
    request: Request, read: Read, payload: Payload, signer: ChunkSigner | None, limit: int
) -> bytes:
    """A configuration's body, verified against all that was declared of it."""
    received = receive(read, request, payload, signer, limit, upload=False)
    with received.file as file:
        file.seek(0)
        return file.read()


def check(store: Store, operation: str, bucket: str, body: bytes, caller: str) -> None:
    """Refuse a document that S3 would refuse, before moto stores it. `caller` is an ARN."""
    if operation == "PutBucketPolicy":
        policy = _bucket_policy(bucket, body)
        if store.public_access_block(bucket).block_public_policy and is_public(policy):
            raise AccessDenied(
                f"User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: "
                f'"arn:aws:s3:::{bucket}" because public policies are prevented by the '
                "BlockPublicPolicy setting in S3 Block Public Access."
            )
    elif operation in ("PutBucketAcl", "PutObjectAcl"):
        # ACLs are off ("Bucket owner enforced"), as in every new bucket since April 2023.
        raise AccessControlListNotSupported()
    elif operation == "PutBucketCors":
        cors.parse_configuration(parse_xml(body))
    elif operation in _ROOTS:
        _check_document(operation, body)


def _check_document(operation: str, body: bytes) -> None:
    """The right kind of document. Raises MissingRequestBodyError, MalformedXML …"""
    if not body:
        if operation == "CreateBucket":
            return
        raise MissingRequestBodyError()
    root = parse_xml(body)
    if root.tag.rpartition("}")[2] != _ROOTS[operation]:
        raise MalformedXML()
    if operation in ("PutObjectTagging", "PutBucketTagging"):
        of_object = operation == "PutObjectTagging"
        tags.from_xml(root, "Object" if of_object else "Bucket")
    if operation == "PutBucketVersioning":
        status = root.findtext("{*}Status")
        if status is None:
            raise IllegalVersioningConfiguration()
        if status not in ("Enabled", "Suspended"):
            raise MalformedXML()


def refusal(status: int, answer: bytes) -> S3Error | None:
    """S3's words for a refusal by moto that has none of its own; None if it has."""
    if b"<Code>" in answer:
        return None
    if status == 404:
        return NoSuchKey()
    if status == 412:
        return PreconditionFailed()
    return InvalidRequest("The request cannot be carried out as it stands.")


def _bucket_policy(bucket: str, body: bytes) -> Policy:
    if len(body) > MAX_POLICY:
        raise EntityTooLarge(ProposedSize=len(body), MaxSizeAllowed=MAX_POLICY)
    if not body.startswith(b"{"):
        raise MalformedPolicyDocument()
    try:
        policy = parse_policy(body, name=bucket, kind="resource")
    except MalformedPolicy as problem:
        raise MalformedPolicyDocument(str(problem)) from None
    own = f"arn:aws:s3:::{bucket}"
    for statement in policy.statements:
        for resource in statement.resources:
            if resource != own and not resource.startswith(f"{own}/") and resource != f"{own}*":
                raise MalformedPolicyDocument("Policy has invalid resource", Detail=resource)
        if not statement.not_actions and not statement.not_resources:
            _check_levels(statement, own)
    return policy


def _check_levels(statement: Statement, own: str) -> None:
    """Every action needs a resource of its sort: objects, or the bucket itself."""
    sorts = [
        (OBJECT_ACTIONS, all(resource == own for resource in statement.resources)),
        (BUCKET_ACTIONS, all(resource.startswith(f"{own}/") for resource in statement.resources)),
    ]
    for actions, none in sorts:
        if none and any(action.lower() in actions for action in statement.actions):
            # Found by many who leave out the "/*"; the sentence is AWS's.
            raise MalformedPolicyDocument("Action does not apply to any resource(s) in statement")


def parse_xml(body: bytes) -> Element:
    """A client's XML document. Raises MalformedXML, also for one that defines entities."""
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise MalformedXML() from None
    return root


def delete_objects(
    store: Store,
    request: Request,
    body: bytes,
    why_not: Callable[[str, str | None], AccessDenied | None],
    access_key: str,
) -> Response:
    """DeleteObjects: each key is asked for; the answer lists the deleted and the refused."""
    root = parse_xml(body)
    allowed = Element("Delete", xmlns=_XMLNS)
    refused = ""
    items = root.findall("{*}Object")
    if not 1 <= len(items) <= MAX_KEYS:
        raise MalformedXML()
    for item in items:
        key, version = item.findtext("{*}Key"), item.findtext("{*}VersionId")
        if not key:
            raise MalformedXML()
        error = why_not(key, version)
        if error is None:
            wanted = SubElement(allowed, "Object")
            SubElement(wanted, "Key").text = key
            if version:
                SubElement(wanted, "VersionId").text = version
        else:
            refused += (
                f"<Error><Key>{escape(key)}</Key><Code>{error.code}</Code>"
                f"<Message>{escape(error.message)}</Message></Error>"
            )
    quiet = (root.findtext("{*}Quiet") or "").strip().lower()
    if quiet == "true":
        SubElement(allowed, "Quiet").text = "true"
    answer = f'<?xml version="1.0" encoding="UTF-8"?><DeleteResult xmlns="{_XMLNS}"></DeleteResult>'
    if len(allowed.findall("Object")):
        _, _, raw = store.forward("s3", request, tostring(allowed), access_key)
        answer = raw.decode()
    end = answer.rindex("</DeleteResult>")
    done = answer[:end] + refused + answer[end:]
    return Response(200, [("content-type", "application/xml")], done.encode())
