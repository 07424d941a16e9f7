"""What the bench tries: CORS rules as columns, requests as rows, and a word for each outcome."""

from __future__ import annotations

import secrets
from typing import Any

# The article's own rule, for an origin of choice. Titles are those of the table in lesson 07.
METHODS = ["GET", "PUT", "POST"]
HEADERS = ["Authorization"]
MAX_AGE = 3000
OTHER = "https://other.example"
RULES = {
    "none": "no rule",
    "own": "own origin",
    "other": "another",
    "any": "*",
    "own-type": "own origin, and content-type",
}
ROWS = {
    "get": "fetch, GET",
    "put": "fetch, PUT, no Content-Type",
    "put-type": "fetch, PUT with Content-Type: image/png",
    "form": "HTML form, POST",
    "post": "fetch, POST of a FormData",
}
SAME_ORIGIN = (
    "Here S3 has the page's own origin, where a browser doesn't ask for CORS. {who} decides in its "
    "place, by the same rules: it sends the preflight, and holds S3's response back."
)
_SECONDS = 300
_BODY = b"bench"


def cors_rules(rule: str, origin: str) -> list[dict[str, Any]]:
    """The bucket's CORS rules for one column; `origin` is the page's."""
    if rule == "none":
        return []
    allowed = {"other": OTHER, "any": "*"}.get(rule, origin)
    headers = [*HEADERS, "content-type"] if rule == "own-type" else HEADERS
    return [
        {
            "AllowedOrigins": [allowed],
            "AllowedMethods": METHODS,
            "AllowedHeaders": headers,
            "MaxAgeSeconds": MAX_AGE,
        }
    ]


def requests_for(s3: Any, bucket: str, prefix: str) -> dict[str, dict[str, Any]]:
    """The five requests, signed for keys that nothing was asked of before.

    A browser keeps what a preflight answered, for each URL: so no URL is used twice.
    """
    folder = f"{prefix}{secrets.token_hex(8)}/"
    keys = {row: f"{folder}{row}" for row in ROWS}
    s3.put_object(Bucket=bucket, Key=keys["get"], Body=_BODY)

    def url(operation: str, row: str, **more: str) -> str:
        params = {"Bucket": bucket, "Key": keys[row], **more}
        signed: str = s3.generate_presigned_url(operation, params, _SECONDS)
        return signed

    def form(row: str) -> dict[str, Any]:
        status = {"success_action_status": "201"}
        made: dict[str, Any] = s3.generate_presigned_post(
            bucket, keys[row], Fields=status, Conditions=[status], ExpiresIn=_SECONDS
        )
        return made

    typed = "image/png"
    return {
        "get": {"key": keys["get"], "url": url("get_object", "get")},
        "put": {"key": keys["put"], "url": url("put_object", "put")},
        "put-type": {
            "key": keys["put-type"],
            "url": url("put_object", "put-type", ContentType=typed),
            "headers": {"Content-Type": typed},
        },
        "form": {"key": keys["form"], **form("form")},
        "post": {"key": keys["post"], **form("post")},
    }


def outcome(row: str, browser: str, arrived: bool) -> str:
    """One cell of the table.

    `browser` is what the page was told: ``read`` (an answer), ``sent`` (a form: nothing is told),
    or the browser's error. `arrived`: S3 has answered the GET, or has stored the upload.
    """
    if row == "get":
        if browser == "read":
            return "readable"
        return "sent; not readable" if arrived else "not sent"
    if not arrived:
        return "not sent"
    return "stored" if browser in ("read", "sent") else f'stored, "{browser}"'
