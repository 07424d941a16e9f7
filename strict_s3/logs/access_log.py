"""S3's server access log.

Sources: "Amazon S3 server access log format" in the S3 user guide
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html); that the signature is
replaced: "Logging interactions and mitigations" in the prescriptive guidance for presigned URLs
(https://docs.aws.amazon.com/prescriptive-guidance/latest/presigned-url-best-practices/logging-interactions.html);
that keys are encoded twice: https://engineeringblog.yelp.com/2025/09/s3-server-access-logs-at-scale.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..rules.identity import ACCOUNT
from ..rules.ownership import canonical_id

# The fields by the names that they have in AWS's own table for Athena, and the last, newer one
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html).
COLUMNS = (
    *("bucketowner", "bucket_name", "requestdatetime", "remoteip", "requester", "requestid"),
    *("operation", "key", "request_uri", "httpstatus", "errorcode", "bytessent", "objectsize"),
    *("totaltime", "turnaroundtime", "referrer", "useragent", "versionid", "hostid", "sigv"),
    *("ciphersuite", "authtype", "endpoint", "tlsversion", "accesspointarn", "aclrequired"),
    "sourceregion",
)
_SAFE_IN_KEYS = "/-_.~!*'()"
# The months as the log has them, whatever language this computer speaks.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What the log calls the thing that an operation is about, where that is not simply an object.
_RESOURCES = {
    "AbortMultipartUpload": "UPLOAD",
    "CopyObject": "OBJECT",
    "CompleteMultipartUpload": "UPLOAD",
    "CreateMultipartUpload": "UPLOADS",
    "DeleteBucketPolicy": "BUCKETPOLICY",
    "DeleteObjects": "MULTI_OBJECT_DELETE",
    "GetBucketLogging": "LOGGING_STATUS",
    "GetBucketPolicy": "BUCKETPOLICY",
    "GetObjectAcl": "ACL",
    "ListMultipartUploads": "UPLOADS",
    "ListObjectVersions": "BUCKETVERSIONS",
    "ListParts": "UPLOAD",
    "PutBucketLogging": "LOGGING_STATUS",
    "PutBucketPolicy": "BUCKETPOLICY",
    "PutObjectAcl": "ACL",
    "UploadPart": "PART",
    "UploadPartCopy": "PART",
}
_COPIES = ("CopyObject", "UploadPartCopy")
_OF_BUCKETS = ("CreateBucket", "DeleteBucket", "HeadBucket", "ListObjects", "ListObjectsV2")
_VERBS = re.compile("^(Get|Put|Delete|List|Head|Create|Update|Post)(?:Bucket)?(?=[A-Z])")
_WORDS = re.compile("(?<=[a-z])(?=[A-Z])")


def access_log(decisions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The lines of the server access log for `Server.decisions`, in their order.

    Fields are separated by one space, in AWS's order, up to the source region; ``-`` is a value
    that isn't there. Only requests for a bucket that exists have a line. As in S3, keys are
    URL-encoded twice and the signature is replaced by X. Unlike S3, quotation marks inside a
    quoted field are encoded, so that no client can forge fields; the time until the first byte
    and what TLS was spoken are not known; a copy and a DeleteObjects have one line each.

        lines = strict_s3.access_log(s3.decisions(100))
        links = [line for line in lines if " QueryString " in line]
    """
    return [
        _line(decision)
        for decision in decisions
        if decision["bucket"] and decision["error"] != "NoSuchBucket"
    ]


def _line(seen: Mapping[str, Any]) -> str:
    target = f"{seen['method']} {seen['target']} HTTP/1.1"
    fields = (
        canonical_id(ACCOUNT),
        _word(seen["bucket"]),
        _time(seen["time"]),
        _word(seen["source_ip"]),
        _word(_requester(seen["principal"])),
        seen["request_id"],
        _operation(seen),
        quote(quote(seen["key"], safe=_SAFE_IN_KEYS), safe=_SAFE_IN_KEYS) or "-",
        _quoted(target),
        seen["status"],
        _word(seen["error"]),
        seen["bytes_sent"] or "-",
        "-" if seen["object_size"] is None else seen["object_size"],
        seen["milliseconds"],
        "-",  # turn-around time
        _quoted(seen["referer"]),
        _quoted(seen["user_agent"]),
        _word(seen["version_id"]),
        seen["host_id"],
        seen["signature_version"] or "-",
        "-",  # cipher suite
        seen["authentication"] or "-",
        _word(seen["host"]),
        "-",  # TLS version
        "-",  # access point
        "-",  # whether an ACL was needed
        seen["region"],
    )
    return " ".join(map(str, fields))


def _time(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"[{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000]"


def _requester(principal: Mapping[str, Any]) -> str | None:
    """The root by the account's canonical id, anybody else by ARN."""
    if principal["kind"] == "root":
        return canonical_id(principal["account"])
    return principal["arn"] or None


def _operation(seen: Mapping[str, Any]) -> str:
    """Such as REST.GET.OBJECT."""
    action = seen["action"]
    if seen["method"] == "OPTIONS":
        return "REST.OPTIONS.PREFLIGHT"
    if action in _OF_BUCKETS or not (action or seen["key"]):
        resource = "BUCKET"
    else:
        name = action.removesuffix("Configuration") if "Bucket" in action else action
        words = _WORDS.sub("_", _VERBS.sub("", name)).upper()
        resource = _RESOURCES.get(action, words or "OBJECT")
    return f"REST.{'COPY' if action in _COPIES else _word(seen['method'])}.{resource}"


def _word(text: str | None) -> str:
    """A value for a field without quotation marks: no space and no bracket, and never empty."""
    return quote(text, safe=":/@!$&'()*+,;=?-._~") if text else "-"


def _quoted(text: str | None) -> str:
    """A value for a field in quotation marks: none inside it, and no control characters."""
    return f'"{quote(text, safe=_VISIBLE)}"' if text else '"-"'


# All of ASCII that can be seen, and the space, but not the quotation mark.
_VISIBLE = "".join(chr(code) for code in range(32, 127) if chr(code) != '"')
