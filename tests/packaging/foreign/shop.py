"""What is tested: it knows nothing of the tests, and makes its client when it is imported."""

from __future__ import annotations

import boto3
from botocore.config import Config

BUCKET = "shop"
s3 = boto3.client("s3", config=Config(signature_version="s3v4"))


def put(key: str, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def link(key: str) -> str:
    """Whoever has this URL can read the object for half an hour."""
    return s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, 1800)
