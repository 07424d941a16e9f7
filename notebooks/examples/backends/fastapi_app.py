"""Presigned uploads and downloads with FastAPI. Copy this file; replace `signed_in`."""

import os
import re
import uuid
from typing import Annotated, Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

BUCKET = os.environ["UPLOAD_BUCKET"]
MAX_BYTES = 10 * 1024 * 1024
EXPIRES = 300  # seconds; less than the rest of a role's session
TYPES = {"image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf"}
STEPS = {"PUT": "upload_part", "GET": "list_parts", "POST": "complete_multipart_upload"}
STEPS["DELETE"] = "abort_multipart_upload"
# In some regions boto3's defaults are an older signature, and a host that redirects.
HOST = {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"}
s3: Any = boto3.client("s3", config=Config(signature_version="s3v4", s3=HOST))
app = FastAPI()
Answer = dict[str, Any]


class Upload(BaseModel):
    type: str
    size: int = Field(gt=0, strict=True)


class SignRequest(BaseModel):  # what Uppy's signRequest is called with, and contentType
    method: Literal["GET", "PUT", "POST", "DELETE"]
    key: str = ""
    contentType: str = ""
    uploadId: str = Field("", pattern="^[!-~]*$")
    partNumber: int = Field(0, strict=True)


@app.exception_handler(HTTPException)
@app.exception_handler(RequestValidationError)
def refused(_: Request, why: Exception) -> JSONResponse:
    known = why if isinstance(why, HTTPException) else HTTPException(422, "invalid_request")
    return JSONResponse({"error": known.detail}, known.status_code)


def signed_in(authorization: Annotated[str, Header()] = "") -> str:
    """The user's id. Your own sign-in belongs here."""
    if not re.fullmatch(r"Bearer demo-[a-z0-9]+", authorization):
        raise HTTPException(401, "not_signed_in")
    return authorization.removeprefix("Bearer demo-")


User = Annotated[str, Depends(signed_in)]


def key_of(user: str, upload_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}\.[a-z]{3}", upload_id):
        raise HTTPException(404, "no_such_upload")
    return f"incoming/{user}/{upload_id}"


def link(operation: str, key: str, **more: Any) -> Answer:
    parameters = {"Bucket": BUCKET, "Key": key, **more}
    return {"key": key, "url": s3.generate_presigned_url(operation, parameters, EXPIRES)}


def new_upload(user: str, kind: str, in_parts: bool = False) -> Answer:
    if kind not in TYPES:
        raise HTTPException(415, "type_not_allowed")
    upload_id = f"{uuid.uuid4().hex}.{TYPES[kind]}"
    key, typed = key_of(user, upload_id), {"Content-Type": kind}
    if in_parts:
        begun = link("create_multipart_upload", key, ContentType=kind)
        return begun | {"headers": typed}
    rules = [typed, ["content-length-range", 1, MAX_BYTES]]
    form = s3.generate_presigned_post(BUCKET, key, typed, rules, EXPIRES)
    more = {"headers": {}, "expires_in": EXPIRES}
    return {"id": upload_id, "method": "POST", **form, **more}


@app.post("/uploads", status_code=201)
def start(upload: Upload, user: User) -> Answer:
    if upload.size > MAX_BYTES:
        raise HTTPException(413, "too_large")
    return new_upload(user, upload.type)


@app.post("/sign")
def sign(request: SignRequest, user: User) -> Answer:
    if not request.uploadId and request.method in ("PUT", "POST"):
        return new_upload(user, request.contentType, in_parts=request.method == "POST")
    if not request.uploadId:
        raise HTTPException(422, "invalid_request")
    key = key_of(user, request.key.removeprefix(f"incoming/{user}/"))
    number = {"PartNumber": request.partNumber} if request.method == "PUT" else {}
    return link(STEPS[request.method], key, UploadId=request.uploadId, **number)


@app.post("/uploads/{upload_id}/complete")
def complete(upload_id: str, user: User) -> Answer:
    try:  # S3 knows what arrived; the client can only claim it
        head = s3.head_object(Bucket=BUCKET, Key=key_of(user, upload_id))
    except ClientError as why:  # 403 too: this key may not list the bucket
        status = why.response["ResponseMetadata"]["HTTPStatusCode"]
        if status not in (403, 404):
            raise
        raise HTTPException(409, "nothing_arrived") from None
    size, kind = head["ContentLength"], head["ContentType"]
    if size > MAX_BYTES:  # no signature limits the sum of parts
        raise HTTPException(413, "too_large")
    return {"id": upload_id, "size": size, "type": kind}


@app.get("/files/{upload_id}")
def download(upload_id: str, user: User) -> Answer:
    return link("get_object", key_of(user, upload_id), ResponseContentDisposition="attachment")
