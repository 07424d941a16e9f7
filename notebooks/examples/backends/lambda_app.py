"""Presigned uploads and downloads: AWS Lambda behind an HTTP API, with Powertools."""

import os
import re
import uuid
from typing import Any, Literal

import boto3
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import BaseModel, Field

BUCKET = os.environ["UPLOAD_BUCKET"]
MAX_BYTES = 10 * 1024 * 1024
EXPIRES = 300  # seconds; less than the rest of the function's session
TYPES = {"image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf"}
STEPS = {"PUT": "upload_part", "GET": "list_parts", "POST": "complete_multipart_upload"}
STEPS["DELETE"] = "abort_multipart_upload"
# In some regions boto3's defaults are an older signature, and a host that redirects.
HOST = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
s3: Any = boto3.client("s3", config=Config(signature_version="s3v4", s3=HOST))
app = APIGatewayHttpResolver(enable_validation=True)


class Upload(BaseModel):
    type: str
    size: int = Field(gt=0, strict=True)


class SignRequest(BaseModel):  # what Uppy's signRequest is called with, and contentType
    method: Literal["GET", "PUT", "POST", "DELETE"]
    key: str = ""
    contentType: str = ""
    uploadId: str = Field("", pattern="^[!-~]*$")
    partNumber: int = Field(0, strict=True)


@app.exception_handler([ServiceError, RequestValidationError])
def refused(why: Exception) -> Response[dict[str, str]]:
    known = why if isinstance(why, ServiceError) else ServiceError(422, "invalid_request")
    return Response(known.status_code, "application/json", {"error": str(known.msg)})


def signed_in() -> str:
    """The user's id, from the token that the HTTP API's JWT authorizer has checked."""
    authorizer = app.current_event.request_context.authorizer
    user = str(((authorizer and authorizer.jwt_claim) or {}).get("sub", ""))
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", user):
        raise ServiceError(401, "not_signed_in")
    return user


def key_of(user: str, upload_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}\.[a-z]{3}", upload_id):
        raise ServiceError(404, "no_such_upload")
    return f"incoming/{user}/{upload_id}"


def link(operation: str, key: str, **more: Any) -> dict[str, Any]:
    parameters = {"Bucket": BUCKET, "Key": key, **more}
    return {"key": key, "url": s3.generate_presigned_url(operation, parameters, EXPIRES)}


def new_upload(user: str, kind: str, in_parts: bool = False) -> dict[str, Any]:
    if kind not in TYPES:
        raise ServiceError(415, "type_not_allowed")
    upload_id = f"{uuid.uuid4().hex}.{TYPES[kind]}"
    key, typed = key_of(user, upload_id), {"Content-Type": kind}
    if in_parts:
        return link("create_multipart_upload", key, ContentType=kind) | {"headers": typed}
    rules = [typed, ["content-length-range", 1, MAX_BYTES]]
    form = s3.generate_presigned_post(BUCKET, key, typed, rules, EXPIRES)
    return {"id": upload_id, "method": "POST", "headers": {}, **form, "expires_in": EXPIRES}


@app.post("/uploads")
def start(upload: Upload) -> tuple[dict[str, Any], int]:
    user = signed_in()
    if upload.size > MAX_BYTES:
        raise ServiceError(413, "too_large")
    return new_upload(user, upload.type), 201


@app.post("/sign")
def sign(request: SignRequest) -> dict[str, Any]:
    user = signed_in()
    if not request.uploadId and request.method in ("PUT", "POST"):
        return new_upload(user, request.contentType, in_parts=request.method == "POST")
    if not request.uploadId:
        raise ServiceError(422, "invalid_request")
    key = key_of(user, request.key.removeprefix(f"incoming/{user}/"))
    number = {"PartNumber": request.partNumber} if request.method == "PUT" else {}
    return link(STEPS[request.method], key, UploadId=request.uploadId, **number)


@app.post("/uploads/<upload_id>/complete")
def complete(upload_id: str) -> dict[str, Any]:
    try:  # S3 knows what arrived; the client can only claim it
        head = s3.head_object(Bucket=BUCKET, Key=key_of(signed_in(), upload_id))
    except ClientError as why:  # 403 too: this key may not list the bucket
        if why.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        raise ServiceError(409, "nothing_arrived") from None
    if head["ContentLength"] > MAX_BYTES:  # nothing signed limits a sum
        raise ServiceError(413, "too_large")
    return {"id": upload_id, "size": head["ContentLength"], "type": head["ContentType"]}


@app.get("/files/<upload_id>")
def download(upload_id: str) -> dict[str, Any]:
    saved = {"ResponseContentDisposition": "attachment"}
    return link("get_object", key_of(signed_in(), upload_id), **saved)


handler = app.resolve
