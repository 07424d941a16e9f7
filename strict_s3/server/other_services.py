"""The answer to a request for a service that is not here: 501, as its client reads errors."""

from __future__ import annotations

import json

from ..rules.errors import NotImplementedByS3, xml_text
from ..rules.services import protocol_of
from .call import Call
from .response import Response

_CODE = "NotImplemented"


def not_here(service: str, call: Call) -> Response:
    """501 NotImplemented for a request that is signed for another service."""
    message = f"This S3 has s3, iam and sts; this request was signed for '{service}'."
    call.decision.ended(NotImplementedByS3(message))
    protocol, request_id = protocol_of(service, call.request), call.ids.request_id
    headers = [("x-amzn-requestid", request_id)]
    if protocol == "cbor":
        headers += [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        return Response(501, headers, _cbor({"__type": _CODE, "message": message}))
    if protocol in ("json", "rest-json"):
        kind = "application/x-amz-json-1.0" if protocol == "json" else "application/json"
        headers += [("content-type", kind), ("x-amzn-errortype", _CODE)]
        return Response(501, headers, json.dumps({"__type": _CODE, "message": message}).encode())
    error = f"<Error><Code>{_CODE}</Code><Message>{xml_text(message)}</Message></Error>"
    if protocol == "ec2":
        body = f"<Response><Errors>{error}</Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        body = f"<ErrorResponse>{error}<RequestId>{request_id}</RequestId></ErrorResponse>"
    return Response(501, [*headers, ("content-type", "text/xml")], body.encode())


def _cbor(fields: dict[str, str]) -> bytes:
    """A map of short texts in CBOR (RFC 8949: 0xA0 + n is a map of n, 0x78 a text of one byte's
    length)."""
    encoded = bytes([0xA0 + len(fields)])
    for text in (part for pair in fields.items() for part in pair):
        data = text.encode()
        encoded += bytes([0x78, len(data)]) + data
    return encoded
