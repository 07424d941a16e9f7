"""An uploader to be killed: python -m tests.strict_s3.signing.uploader ENDPOINT FILE KEY

The keys come in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: arguments are seen by everybody who
has an account on the computer (`ps`).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import boto3
from botocore.config import Config

from strict_s3.errors import UploadError
from strict_s3.rules.limits import MIN_PART
from strict_s3.signing import upload_in_parts as multipart
from strict_s3.signing.presigner import Credentials, Presigner
from strict_s3.signing.upload_in_parts import upload

BUCKET, REGION = "presignedurldemo", "eu-west-2"


def client(endpoint: str, access_key: str, secret_key: str):
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(signature_version="s3v4", read_timeout=10, retries={"total_max_attempts": 2}),
    )


def main(endpoint: str, file: str, key: str) -> int:
    keys = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    s3 = client(endpoint, *keys)
    signer = Presigner(Credentials(*keys), REGION, BUCKET, endpoint)
    multipart._MAX_PAUSE = 0.05  # the test need not wait
    print("ready", flush=True)
    try:
        done = upload(s3, signer, file, key, part_size=MIN_PART, attempts=4)
    except UploadError as problem:
        print(json.dumps({"error": str(problem)}), flush=True)
        return 1
    print(json.dumps(asdict(done)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
