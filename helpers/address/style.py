"""Buckets in the path, for an S3 that shares its host name with other things."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote, urlsplit

import boto3


def path_style() -> None:
    """Have every client of boto3's default session put the bucket into the path.

    The lessons ask for ``addressing_style="virtual"``, as AWS wants it. Behind the name of a hub or
    a web site that would be the host ``bucket.hub.example``, which nobody has.
    """
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    event = "before-endpoint-resolution.s3"
    boto3.DEFAULT_SESSION.events.register(event, _by_path, unique_id="s3-lessons-path-style")


def _by_path(builtins: dict[str, Any], model: Any, **_: Any) -> None:
    builtins["AWS::S3::ForcePathStyle"] = True
    # Before a bucket's name boto3 encodes the endpoint's path, though it is encoded; by itself it
    # signs it as it is, and a proxy would answer with a redirect to the path with a slash.
    if endpoint := builtins["SDK::Endpoint"]:
        parts = urlsplit(endpoint)
        path = unquote(parts.path)
        if "Bucket" not in model.input_shape.members:
            path = f"{quote(path)}/"
        builtins["SDK::Endpoint"] = parts._replace(path=path).geturl()
