"""Sentences that several causes share."""

from __future__ import annotations

V4 = 'region_name=… and config=Config(signature_version="s3v4")'
SIGN_AGAIN = "Copy the whole URL again, or sign a new one. Don't edit a signed URL."
REGION_FIX = (
    "Sign with the bucket's own region ({Region}): region_name={Region}, and "
    's3={"addressing_style": "virtual"} so that the host names it too.'
)
CORS_FIX = (
    "Add a rule to the bucket's CORS configuration. CORS only tells browsers what a page is "
    "allowed to do: it protects nothing, and other clients ignore it."
)
