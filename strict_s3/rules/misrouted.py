"""Requests that name no operation, or more than one: what S3 answers to them, and when.

A sub-resource in the query chooses the operation. S3 refuses two of them, and some others, before
it looks at the signature (`contradiction`); a sub-resource in the wrong place after it has found
the bucket (`wrong_place`); and any other method before that (`not_allowed`).

Source: requests to AWS that others measured and published in September 2026,
https://github.com/brekkylab/backlot/issues/267, 312 and 335 and the comments of
backlot/routers/s3.py there; https://github.com/versity/versitygw/issues/1688 and 1597.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from . import listing
from .errors import (
    InvalidArgument,
    InvalidRequest,
    MethodNotAllowed,
    NoLoggingStatusForKey,
    S3Error,
    UserKeyMustBeSpecified,
)
from .operations import subresources
from .request import Request
from .s3_operations import AT_A_KEY, BUCKET, OBJECT, QUALIFIERS, SUBRESOURCES

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS")  # all that S3 knows
_ALLOW = ("HEAD", "DELETE", "POST", "GET", "PUT")  # in the order of S3's Allow header
_PART = ("partNumber", "uploadId")
_LOOKED_AT = SUBRESOURCES | QUALIFIERS.keys() | listing.PARAMETERS | {"versionId"}

# How S3 calls what a sub-resource stands for, where that isn't its name in capitals.
_TYPES = {
    "abac": "BUCKET_ABAC",
    "delete": "MULTI_OBJECT_DELETE",
    "logging": "LOGGING_STATUS",
    "object-lock": "OBJECT_LOCK_CONFIGURATION",
    "policy": "BUCKETPOLICY",
    "uploadId": "UPLOAD",
    "versions": "BUCKETVERSIONS",
}
_TYPES_AT_A_KEY = {
    "annotation": "OBJECT_ANNOTATIONS",
    "attributes": "OBJECT_ATTRIBUTES",
    "encryption": "OBJECT_ENCRYPTION",
    "legal-hold": "OBJECT_LOCK_LEGALHOLD",
    "retention": "OBJECT_LOCK_RETENTION",
    "tagging": "OBJECT_TAGGING",
}
_NO_VERSION = "This operation does not accept a version-id."
_VERSIONLESS = AT_A_KEY | {"torrent", "uploadId", "uploads"}
# The ACL of a bucket and a restore look at it later, and find no such version.
_VERSIONED_AT_A_BUCKET = (("PUT", "acl"), ("POST", "restore"))


def contradiction(request: Request, bucket: str, key: str) -> S3Error | None:
    """What is refused whoever asks; None for most requests. Both are "" where none is named."""
    query = request.parameters
    if _LOOKED_AT.isdisjoint(query):
        return None
    if not bucket:
        return listing.contradiction(query, "SERVICE")
    named = _named(request, key)
    chosen = tuple(name for name in named if name not in ("annotationName", "id"))
    if len(chosen) > 1 and chosen != _PART:
        return _argument(
            "Conflicting query string parameters: " + ", ".join(chosen), "ResourceType", chosen[0]
        )
    if not key and chosen == ("partNumber",):
        return InvalidRequest("Object must have a valid key name.")
    if chosen == ("partNumber",) and request.method == "PUT":
        # As s3err/invalid-argument.go of versity/versitygw has it from AWS.
        return _argument(
            "This operation does not accept partNumber without uploadId",
            "partNumber",
            query["partNumber"],
        )
    if "annotationName" in query and not named and key and request.method in ("GET", "HEAD"):
        return _argument("Unexpected query string parameter", "ResourceType", "annotationName")
    if "website" in chosen and query["website"]:
        return _argument("The website parameter must not have a value", "website", query["website"])
    if request.method in ("GET", "HEAD") and not (key and chosen != ("uploadId",)):
        unreadable = listing.contradiction(query, chosen[0] if chosen else "BUCKET")
        if unreadable is not None:
            return unreadable
    return _version(request, key, chosen) if "versionId" in query else None


def _version(request: Request, key: str, chosen: tuple[str, ...]) -> S3Error | None:
    """A version id where no operation takes one."""
    method, value = request.method, request.parameters["versionId"]
    if not key:
        plain_post = method == "POST" and not chosen
        if plain_post or (method, *chosen) in _VERSIONED_AT_A_BUCKET:
            return None
        read_acl = method in ("GET", "HEAD") and chosen == ("acl",)
        return _argument(
            "Invalid version id specified" if read_acl else _NO_VERSION, "versionId", value
        )
    # Of a plain PUT no measurement was found; other stores that follow S3 closely answer so.
    if not _VERSIONLESS.isdisjoint(chosen) or (method == "PUT" and not chosen):
        return _argument(_NO_VERSION, "versionId", value)
    return None if value else _argument("Version id cannot be the empty string", "versionId", "")


def wrong_place(request: Request, key: str) -> S3Error | None:
    """What S3 answers, after it has found the bucket, to a sub-resource at the wrong address."""
    method, named = request.method, _named(request, key)
    if len(named) != 1:
        return None
    name = named[0]
    if key and method == "GET":
        if name == "logging":
            return NoLoggingStatusForKey()
        if name == "versions":
            return InvalidRequest("There is no such thing as the ?versions sub-resource for a key")
        if name == "uploads":
            return InvalidRequest("Key is not expected for the GET method ?uploads subresource")
    if not key and method in ("GET", "POST", "DELETE") and name == "uploadId":
        return InvalidRequest("A key must be specified")
    if not key and method == "POST" and name in ("restore", "uploads"):
        # Measured of restore; of an upload that begins without a key it is assumed.
        return UserKeyMustBeSpecified()
    return None


def not_allowed(request: Request, bucket: str, key: str) -> MethodNotAllowed:
    """The refusal of a method that has no operation here; its Allow header names those that do."""
    if not bucket:
        return _refused(request, "SERVICE", ("GET",))
    named = _named(request, key)
    if named == _PART:
        return _refused(request, "PART", ("PUT",))
    for name in named:
        if name not in QUALIFIERS:
            return _refused(request, _type(name, key), _methods(name, key))
    plain = {method for method, *names in (OBJECT if key else BUCKET) if not names}
    if key:
        return _refused(request, "OBJECT", plain)
    return _refused(request, "BUCKET", {*plain, "POST"})  # a POST is a form


def _named(request: Request, key: str) -> tuple[str, ...]:
    return subresources(request.method, request.parameters, bool(key))


def _methods(name: str, key: str) -> set[str]:
    """The methods that have an operation for a sub-resource."""
    table = OBJECT if key and name not in AT_A_KEY else BUCKET
    found = {
        method
        for method, *names in table
        if name in names and "partNumber" not in names and "annotationName" not in names
    }
    if name == "uploads":  # at either address S3 names both
        return {"POST", "GET"}
    if not key and not found:  # those of an object, which a bucket's address has too
        return _methods(name, "a key")
    return found - {"GET"} if name == "torrent" else found


def _type(name: str, key: str) -> str:
    if key and name in _TYPES_AT_A_KEY:
        return _TYPES_AT_A_KEY[name]
    words = re.sub("(?=[A-Z])|-", "_", name).upper()
    if name.startswith("metadata"):
        words = f"BUCKET_{words.removesuffix('_CONFIGURATION')}_CONFIGURATION"
    return _TYPES.get(name, words)


def _refused(request: Request, kind: str, methods: Iterable[str]) -> MethodNotAllowed:
    error = MethodNotAllowed(Method=request.method, ResourceType=kind)
    allowed = ", ".join(method for method in _ALLOW if method in methods)
    if allowed:
        error.headers["allow"] = allowed
    return error


def _argument(message: str, name: str, value: str) -> InvalidArgument:
    return InvalidArgument(message, ArgumentName=name, ArgumentValue=value)
