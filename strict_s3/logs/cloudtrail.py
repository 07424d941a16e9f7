"""CloudTrail's data events for S3.

Sources: "CloudTrail record contents" and "userIdentity element" in the CloudTrail user guide
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html),
"Amazon S3 CloudTrail events" in the S3 user guide
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html), and for
what it leaves out "Logging options for Amazon S3"
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/logging-with-S3.html).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ..rules.identity import ACCOUNT

_VERSION = "1.11"
_MAX_BYTES = 1024  # of userAgent and errorMessage; CloudTrail cuts them there
_NAMES = {"ListObjectsV2": "ListObjects"}
# Operations on a bucket that are data events too.
_ON_BUCKETS = ("DeleteObjects", "HeadBucket", "ListObjects", "ListObjectVersions")
_READS = ("Get", "Head", "List", "Select")


def cloudtrail(decisions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """CloudTrail's data events for `Server.decisions`: the ``Records`` of a log file.

    As on AWS, there is an event for every request about objects whose signature was right, or
    that had none, also if it was then denied; there is none if authentication failed (an expired
    link, a key that is inactive): those are in `access_log` alone. Neither the signature nor the
    credential is among the request's parameters. Management events (IAM, STS, the bucket's
    configuration) are not written.

        for event in strict_s3.cloudtrail(s3.decisions(100)):
            if event["additionalEventData"].get("AuthenticationMethod") == "QueryString":
                print(event["eventTime"], event["sourceIPAddress"], event["requestParameters"])
    """
    return [_event(decision) for decision in decisions if _is_data_event(decision)]


def _is_data_event(seen: Mapping[str, Any]) -> bool:
    # Of a request whose authentication failed, the action (of a form, the key) is never known.
    if not (seen["bucket"] and seen["action"]) or seen["error"] == "NoSuchBucket":
        return False
    return bool(seen["key"]) or _name(seen) in _ON_BUCKETS


def _event(seen: Mapping[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = {
        "eventVersion": _VERSION,
        "userIdentity": _user_identity(seen),
        "eventTime": f"{seen['time'][:19]}Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": _name(seen),
        "awsRegion": seen["region"],
        "sourceIPAddress": seen["source_ip"],
        "userAgent": f"[{_cut(seen['user_agent'])}]",
    }
    if seen["error"]:
        event |= {"errorCode": seen["error"], "errorMessage": _cut(seen["message"] or "")}
    return event | {
        "requestParameters": _request_parameters(seen),
        "responseElements": None,
        "additionalEventData": _additional(seen),
        "requestID": seen["request_id"],
        # One event has one id, whenever it is asked for.
        "eventID": str(uuid.uuid5(uuid.NAMESPACE_OID, seen["request_id"] + seen["host_id"])),
        "readOnly": seen["action"].startswith(_READS),
        "resources": _resources(seen),
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Data",
    }


def _name(seen: Mapping[str, Any]) -> str:
    action: str = seen["action"]
    return _NAMES.get(action, action)


def _user_identity(seen: Mapping[str, Any]) -> dict[str, Any]:
    who = seen["principal"]
    if who["kind"] == "anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    found = {
        "type": _TYPES[who["kind"]],
        "principalId": who["user_id"],
        "arn": who["arn"],
        "accountId": who["account"],
        "accessKeyId": seen["access_key"],
    }
    if who["kind"] == "user":
        found["userName"] = who["user_name"]
    return found | _session(who)


_TYPES = {
    "root": "Root",
    "user": "IAMUser",
    "assumed-role": "AssumedRole",
    "federated-user": "FederatedUser",
}


def _session(who: Mapping[str, Any]) -> dict[str, Any]:
    """``sessionContext``, for temporary credentials."""
    if not who["session_issued_at"]:
        return {}
    context: dict[str, Any] = {
        "attributes": {"creationDate": who["session_issued_at"], "mfaAuthenticated": "false"}
    }
    if who["kind"] == "assumed-role":
        context["sessionIssuer"] = {
            "type": "Role",
            "principalId": who["user_id"].partition(":")[0],
            "arn": who["role_arn"],
            "accountId": who["account"],
            "userName": who["role_arn"].rpartition("/")[2],
        }
    if who["source_identity"]:
        context["sourceIdentity"] = who["source_identity"]
    return {"sessionContext": context}


def _request_parameters(seen: Mapping[str, Any]) -> dict[str, str]:
    found = {**seen["parameters"], "bucketName": seen["bucket"], "Host": seen["host"]}
    if seen["key"]:
        found["key"] = seen["key"]
    return found


def _additional(seen: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "bytesTransferredIn": seen["bytes_received"],
        "bytesTransferredOut": seen["bytes_sent"],
        "x-amz-id-2": seen["host_id"],
    }
    if seen["authentication"]:
        found["SignatureVersion"] = seen["signature_version"]
        found["AuthenticationMethod"] = seen["authentication"]
    return found


def _resources(seen: Mapping[str, Any]) -> list[dict[str, str]]:
    bucket = f"arn:aws:s3:::{seen['bucket']}"
    name = "ARN" if seen["key"] else "ARNPrefix"
    return [
        {"type": "AWS::S3::Object", name: f"{bucket}/{seen['key']}"},
        {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": bucket},
    ]


def _cut(text: str) -> str:
    data = text.encode()
    return text if len(data) <= _MAX_BYTES else data[:_MAX_BYTES].decode(errors="ignore")
