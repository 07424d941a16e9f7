"""Presigned uploads and downloads: Django and django-storages, in one file."""

import json
import os
import re
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from django.conf import settings
from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

MAX_BYTES = 10 * 1024 * 1024
EXPIRES = 300  # seconds; less than the rest of a role's session
TYPES = {"image/png": "png", "image/jpeg": "jpg", "application/pdf": "pdf"}
STEPS = {"PUT": "upload_part", "GET": "list_parts", "POST": "complete_multipart_upload"}
STEPS["DELETE"] = "abort_multipart_upload"
OPTIONS = {
    "bucket_name": os.environ["UPLOAD_BUCKET"],
    "signature_version": "s3v4",  # in some regions boto3's default is an older one
    "addressing_style": "virtual",
}
STORAGE = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": OPTIONS}
settings.configure(ROOT_URLCONF=__name__, STORAGES={"default": STORAGE})  # your settings.py
storage: Any = storages["default"]
s3 = storage.connection.meta.client
Sent = dict[str, Any]


class Refused(Exception):
    """Its arguments are the status and the code."""


def endpoint(view: Callable[..., Sent], status: int = 200) -> Callable[..., HttpResponse]:
    def respond(request: HttpRequest, **named: str) -> JsonResponse:
        try:
            user, sent = signed_in(request), json.loads(request.body or b"{}")
            return JsonResponse(view(user, sent, **named), status=status)
        except Refused as why:
            return JsonResponse({"error": why.args[1]}, status=why.args[0])
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):  # what was sent
            return JsonResponse({"error": "invalid_request"}, status=422)

    return respond


def signed_in(request: HttpRequest) -> str:
    """The user's id. In your project ask `request.user`, and keep Django's CSRF check."""
    match = re.fullmatch(r"Bearer demo-([a-z0-9]+)", request.headers.get("Authorization", ""))
    if not match:
        raise Refused(401, "not_signed_in")
    return match[1]


def whole(number: object) -> int:
    if type(number) is not int or number < 1:  # True and 5.0 equal whole numbers
        raise ValueError("no whole number")
    return number


def key_of(user: str, upload_id: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}\.[a-z]{3}", upload_id):
        raise Refused(404, "no_such_upload")
    return f"incoming/{user}/{upload_id}"


def link(operation: str, key: str, **more: Any) -> Sent:
    parameters = {"Bucket": storage.bucket_name, "Key": key, **more}
    return {"key": key, "url": s3.generate_presigned_url(operation, parameters, EXPIRES)}


def new_upload(user: str, kind: str, in_parts: bool = False) -> Sent:
    if kind not in TYPES:
        raise Refused(415, "type_not_allowed")
    upload_id = f"{uuid.uuid4().hex}.{TYPES[kind]}"
    key, typed = key_of(user, upload_id), {"Content-Type": kind}
    if in_parts:
        return link("create_multipart_upload", key, ContentType=kind) | {"headers": typed}
    rules = [typed, ["content-length-range", 1, MAX_BYTES]]
    form = s3.generate_presigned_post(storage.bucket_name, key, typed, rules, EXPIRES)
    return {"id": upload_id, "method": "POST", "headers": {}, **form, "expires_in": EXPIRES}


def start(user: str, sent: Sent) -> Sent:
    if whole(sent["size"]) > MAX_BYTES:
        raise Refused(413, "too_large")
    return new_upload(user, sent["type"])


def sign(user: str, sent: Sent) -> Sent:
    method, upload_id = sent["method"], sent.get("uploadId")
    if not upload_id and method in ("PUT", "POST"):
        return new_upload(user, sent["contentType"], in_parts=method == "POST")
    key = key_of(user, sent["key"].removeprefix(f"incoming/{user}/"))
    more = {"PartNumber": whole(sent["partNumber"])} if method == "PUT" else {}
    return link(STEPS[method if upload_id else ""], key, UploadId=str(upload_id), **more)


def complete(user: str, _: Sent, upload_id: str) -> Sent:
    try:  # S3 knows what arrived; the client can only claim it
        head = s3.head_object(Bucket=storage.bucket_name, Key=key_of(user, upload_id))
    except ClientError as why:  # 403 too: this key may not list the bucket
        if why.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
            raise
        raise Refused(409, "nothing_arrived") from None
    if head["ContentLength"] > MAX_BYTES:  # nothing signed limits a sum
        raise Refused(413, "too_large")
    return {"id": upload_id, "size": head["ContentLength"], "type": head["ContentType"]}


def download(user: str, _: Sent, upload_id: str) -> Sent:
    saved = {"ResponseContentDisposition": "attachment"}
    return {"url": storage.url(key_of(user, upload_id), saved, EXPIRES)}


urlpatterns = [
    path("uploads", require_POST(endpoint(start, 201))),
    path("sign", require_POST(endpoint(sign))),
    path("uploads/<upload_id>/complete", require_POST(endpoint(complete))),
    path("files/<upload_id>", require_GET(endpoint(download))),
]
